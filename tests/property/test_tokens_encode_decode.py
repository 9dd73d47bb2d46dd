"""Every kind of token over its whole range, under both ciphers: what was written is what is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.tokens.amount import CurrencyField, decode_amount, decode_currency
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import DecodedToken, decode_token
from pos.tokens.display import control_of_test, display_token
from pos.tokens.explain import explain
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import (
    REGISTERS,
    extended_flag,
    extended_value,
    management_token,
    value_field_of,
)
from pos.tokens.names import BaseDate, EncryptionAlgorithm, TokenClass
from pos.tokens.numbers import make_drn
from pos.tokens.virtual_meter import Entry, ResultCode, VirtualMeter

STA, MISTY1 = EncryptionAlgorithm.STA, EncryptionAlgorithm.MISTY1
nibbles, fields, tids = st.integers(0, 15), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFF)
ciphers = st.binary(min_size=8, max_size=8).map(lambda key: cipher_for(STA, key)) | st.binary(
    min_size=16, max_size=16
).map(lambda key: cipher_for(MISTY1, key))
keys = st.builds(
    KeyAttributes,
    sgc=st.integers(0, 999_999).map("{:06d}".format),
    ti=st.integers(0, 99).map("{:02d}".format),
    krn=st.integers(1, 9),
    kt=st.integers(0, 3),
    ken=st.integers(0, 255),
)


@pytest.mark.parametrize("subclass", range(4))
@given(cipher=ciphers, rnd=nibbles, tid=tids, amount_field=fields)
def test_credit_token_of_any_service_decoded_gives_its_fields_back(
    subclass: int, cipher: BlockCipher, rnd: int, tid: int, amount_field: int
) -> None:
    digits = credit_token(cipher, subclass=subclass, rnd=rnd, tid=tid, amount_field=amount_field)

    token = _read(digits, cipher, TokenClass.CREDIT, subclass, tid)
    assert token.fields == {
        "rnd": rnd,
        "tid": tid,
        "amount_field": amount_field,
        "units": decode_amount(amount_field),
    }


@pytest.mark.parametrize("subclass", range(4, 8))
@given(cipher=ciphers, s_and_e=nibbles, tid=tids, amount_field=fields)
def test_currency_token_of_any_service_decoded_gives_its_fields_back(
    subclass: int, cipher: BlockCipher, s_and_e: int, tid: int, amount_field: int
) -> None:
    field = CurrencyField(s_and_e=s_and_e, amount_field=amount_field)
    digits = currency_token(cipher, subclass=subclass, tid=tid, field=field)

    token = _read(digits, cipher, TokenClass.CREDIT, subclass, tid)
    assert (token.fields["s_and_e"], token.fields["amount_field"]) == (s_and_e, amount_field)
    assert token.fields["sign"] == s_and_e >> 3
    assert token.fields["amount_steps"] == decode_currency(field)


@pytest.mark.parametrize(("subclass", "control_bits", "code_max"), [(0, 36, 99), (1, 28, 9999), (2, 36, 99)])
@given(data=st.data())
def test_display_token_of_any_layout_decoded_gives_its_fields_back(
    subclass: int, control_bits: int, code_max: int, data: st.DataObject
) -> None:
    control = data.draw(st.integers(0, (1 << control_bits) - 1))
    code = data.draw(st.integers(0, code_max))
    digits = display_token(subclass=subclass, manufacturer_code=code, control=control)

    token = _read(digits, None, TokenClass.DISPLAY, subclass, None)
    assert token.fields["control_hex"] == f"{control:x}"
    assert token.fields["mfr_code"] == code
    if subclass == 2:
        assert token.fields["index"] == control >> 30
    else:
        asked = [control_of_test(subclass, test) for test in token.fields["tests"]]
        assert sum(asked) == control


@pytest.mark.parametrize("subclass", [0, 2, 6, 7, 10])
@given(cipher=ciphers, rnd=nibbles, tid=tids, value_field=fields)
def test_management_token_with_a_value_decoded_gives_its_fields_back(
    subclass: int, cipher: BlockCipher, rnd: int, tid: int, value_field: int
) -> None:
    fields_read = _managed(subclass, cipher, rnd, tid, value_field)

    assert value_field_of(subclass, fields_read["value"]) == value_field


@given(cipher=ciphers, rnd=nibbles, tid=tids, register=st.sampled_from(sorted(REGISTERS)))
def test_clear_credit_token_decoded_gives_its_register_back(
    cipher: BlockCipher, rnd: int, tid: int, register: int
) -> None:
    assert _managed(1, cipher, rnd, tid, register)["register"] == register


@given(cipher=ciphers, rnd=nibbles, tid=tids)
def test_clear_tamper_token_decoded_gives_its_fields_back(cipher: BlockCipher, rnd: int, tid: int) -> None:
    assert _managed(5, cipher, rnd, tid, 0)["value"] == 0


@given(cipher=ciphers, rnd=nibbles, tid=tids, index=st.integers(0, 62), control=st.integers(0, 1023))
def test_extended_token_with_a_value_decoded_gives_index_and_control_back(
    cipher: BlockCipher, rnd: int, tid: int, index: int, control: int
) -> None:
    fields_read = _managed(10, cipher, rnd, tid, extended_value(index, control))

    assert (fields_read["index"], fields_read["control"]) == (index, control)


@given(cipher=ciphers, rnd=nibbles, tid=tids, flag=st.integers(0, 511), is_set=st.booleans())
def test_extended_token_with_a_flag_decoded_gives_flag_and_value_back(
    *, cipher: BlockCipher, rnd: int, tid: int, flag: int, is_set: bool
) -> None:
    fields_read = _managed(10, cipher, rnd, tid, extended_flag(flag, is_set=is_set))

    assert (fields_read["index"], fields_read["flag"], fields_read["flag_value"]) == (63, flag, is_set)


@given(
    old_key=st.binary(min_size=8, max_size=8),
    new_key=st.binary(min_size=8, max_size=8),
    new=keys,
    is_rollover=st.booleans(),
    with_supply_group=st.booleans(),
)
def test_key_change_of_64_bits_decoded_and_joined_gives_key_and_attributes_back(
    *, old_key: bytes, new_key: bytes, new: KeyAttributes, is_rollover: bool, with_supply_group: bool
) -> None:
    cipher = cipher_for(STA, old_key)
    tokens = key_change_tokens(
        cipher,
        new_key=new_key,
        attributes=new,
        is_rollover=is_rollover,
        with_supply_group=with_supply_group,
    )

    first, second, *third = _sections(tokens, cipher, (3, 4, 8))
    assert _common(first, second) == (new.ken, new.krn, new.kt, new.ti, is_rollover)
    assert f"{first['key_part_hex']}{second['key_part_hex']}" == new_key.hex()
    assert first["three_kct"] == with_supply_group
    assert third == ([{"section": 3, "sgc": new.sgc, "pad": 0}] if with_supply_group else [])
    _check_taken_over(cipher, tokens, new_key, new, has_supply_group=with_supply_group)


@given(
    old_key=st.binary(min_size=16, max_size=16),
    new_key=st.binary(min_size=16, max_size=16),
    new=keys,
    is_rollover=st.booleans(),
)
def test_key_change_of_128_bits_decoded_and_joined_gives_key_and_attributes_back(
    *, old_key: bytes, new_key: bytes, new: KeyAttributes, is_rollover: bool
) -> None:
    cipher = cipher_for(MISTY1, old_key)
    tokens = key_change_tokens(
        cipher, new_key=new_key, attributes=new, is_rollover=is_rollover, with_supply_group=False
    )

    first, second, third, fourth = _sections(tokens, cipher, (3, 4, 8, 9))
    assert _common(first, second) == (new.ken, new.krn, new.kt, new.ti, is_rollover)
    assert "".join(part["key_part_hex"] for part in (first, third, fourth, second)) == new_key.hex()
    assert fourth["sgc_part"] << 12 | third["sgc_part"] == int(new.sgc)
    assert first["three_kct"] == 0
    _check_taken_over(cipher, tokens, new_key, new, has_supply_group=True)


def _read(
    digits: str, cipher: BlockCipher | None, token_class: TokenClass, subclass: int, tid: int | None
) -> DecodedToken:
    token = decode_token(digits, cipher)
    assert (token.token_class, token.subclass, token.tid) == (token_class, subclass, tid)
    assert all(explain(token, BaseDate.Y2014))
    return token


def _managed(subclass: int, cipher: BlockCipher, rnd: int, tid: int, value_field: int) -> dict[str, int]:
    digits = management_token(cipher, subclass=subclass, rnd=rnd, tid=tid, value_field=value_field)
    found = _read(digits, cipher, TokenClass.MANAGEMENT, subclass, tid).fields
    assert (found["rnd"], found["tid"], found["value_field"]) == (rnd, tid, value_field)
    return dict(found)


def _sections(tokens: list[str], cipher: BlockCipher, subclasses: tuple[int, ...]) -> list[dict[str, object]]:
    return [
        dict(_read(digits, cipher, TokenClass.MANAGEMENT, subclass, None).fields)
        for digits, subclass in zip(tokens, subclasses, strict=False)
    ]


def _common(first: dict[str, int], second: dict[str, int]) -> tuple[int, int, int, str, bool]:
    ken = first["ken_ho"] << 4 | second["ken_lo"]
    return ken, first["krn"], first["kt"], f"{second['ti']:02d}", first["ro"] == 1


def _check_taken_over(
    cipher: BlockCipher, tokens: list[str], new_key: bytes, new: KeyAttributes, *, has_supply_group: bool
) -> None:
    """A meter under its first key may take any type, and has then what was sent."""
    old = KeyAttributes(sgc="000000", ti="01", krn=1, kt=0, ken=255)
    meter = VirtualMeter(make_drn("04", "12345678"), cipher, old)
    *_, last = [meter.enter(digits) for digits in tokens]
    assert last.is_accepted
    assert (meter.key.ti, meter.key.krn, meter.key.kt, meter.key.ken) == (new.ti, new.krn, new.kt, new.ken)
    assert meter.key.sgc == (new.sgc if has_supply_group else old.sgc)
    assert _tamper(meter, cipher_for(cipher.ea, new_key), new.ken).is_accepted


def _tamper(meter: VirtualMeter, cipher: BlockCipher, ken: int) -> Entry:
    """A token under the new key: class 2, which every key type may carry."""
    digits = management_token(cipher, subclass=5, rnd=0, tid=(ken << 16) + 1, value_field=0)
    entry = meter.enter(digits)
    assert entry.result is ResultCode.ACCEPT
    return entry
