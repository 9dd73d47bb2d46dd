from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import MachineFault
from pos.tokens.demo import demo_keys
from pos.tokens.names import BaseDate, KeyType
from pos.tokens.sealing import new_sealing_key, open_keys, seal, seal_keys, unseal
from pos.tokens.secret import Secret
from tests.unit.tokens.spellings import shows

KEY = Secret(bytes(range(32)))


@given(st.binary(), st.binary())
def test_seal_when_opened_with_the_same_key_and_header_then_gives_the_bytes_back(
    plain: bytes, header: bytes
) -> None:
    assert unseal(seal(plain, KEY, header=header), KEY, header=header) == plain


@given(st.data())
def test_unseal_when_any_bit_is_changed_or_the_end_is_missing_then_raises(data: st.DataObject) -> None:
    sealed = seal(b"four words", KEY, header=b"head")
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = (int.from_bytes(sealed, "big") ^ 1 << bit).to_bytes(len(sealed), "big")
    shorter = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for broken in (flipped, shorter):
        with pytest.raises(InvalidTag):
            unseal(broken, KEY, header=b"head")


def test_unseal_when_key_or_header_is_another_then_raises() -> None:
    sealed = seal(b"plain", KEY, header=b"head")
    with pytest.raises(InvalidTag):
        unseal(sealed, new_sealing_key(), header=b"head")
    with pytest.raises(InvalidTag):
        unseal(sealed, KEY, header=b"Head")


def test_seal_when_done_twice_then_differs() -> None:
    assert seal(b"plain", KEY, header=b"") != seal(b"plain", KEY, header=b"")


def test_keys_when_sealed_and_opened_then_are_the_same_keys() -> None:
    demo = demo_keys()
    end = datetime(2027, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    group = replace(demo[1].group, krn=9, ken=85, kt=KeyType.DCTK, base_date=BaseDate.Y2035, valid_until=end)
    keys = (*demo, replace(demo[1], group=group))
    sealed = seal_keys(keys, KEY, header=b"head")
    assert open_keys(sealed, KEY, header=b"head") == keys
    assert open_keys(seal_keys((), KEY, header=b""), KEY, header=b"") == ()


def test_keys_when_sealed_then_show_nothing() -> None:
    sealed = seal_keys(demo_keys(), KEY, header=b"head")
    for key in demo_keys():
        assert key.secret.reveal() not in sealed
        assert not shows(sealed.decode("latin-1"), key.secret.reveal())


def test_open_keys_when_damaged_then_says_so() -> None:
    sealed = seal_keys(demo_keys(), KEY, header=b"head")
    with pytest.raises(MachineFault) as caught:
        open_keys(sealed[:-1], KEY, header=b"head")
    assert caught.value.code == "vault.damaged"
    with pytest.raises(MachineFault):
        open_keys(sealed, KEY, header=b"other")
