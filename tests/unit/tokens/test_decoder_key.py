"""Decoder keys: what changes them, and the common key that no vector covers (docs/sts.md §5)."""

import pytest

from pos.tokens.decoder_key import des_encrypt, dkga02, dkga04, has_odd_parity
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import make_drn, pan_of

VK_64 = bytes.fromhex("abababababababab")
VK_160 = bytes.fromhex("abababababababab949494949494949401234567")
SHORT, LONG = pan_of(make_drn("04", "12345678")).digits, pan_of(make_drn("0004", "12345678")).digits
GROUP = {"pan": SHORT, "kt": 2, "sgc": "201457", "ti": "01", "krn": 1}
CHANGES = [{"pan": LONG}, {"kt": 1}, {"sgc": "201458"}, {"ti": "02"}, {"krn": 2}]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_decoder_key_when_one_attribute_changes_is_another(change: dict[str, object]) -> None:
    assert dkga02(VK_64, **GROUP) != dkga02(VK_64, **{**GROUP, **change})
    assert _dkga04() != _dkga04(**change)


def test_dkga04_for_another_base_date_or_cipher_is_another_key() -> None:
    keys = {
        (base_date, ea): _dkga04(base_date=base_date, ea=ea)
        for base_date in BaseDate
        for ea in (EncryptionAlgorithm.STA, EncryptionAlgorithm.MISTY1)
    }

    assert len({key[:8] for key in keys.values()}) == 6
    assert {(ea, len(key)) for (_, ea), key in keys.items()} == {("07", 8), ("11", 16)}


def test_dkga02_of_a_common_key_is_the_same_for_every_meter_of_an_issuer() -> None:
    other = pan_of(make_drn("04", "87654321")).digits

    common = dkga02(VK_64, **{**GROUP, "kt": 3})

    assert dkga02(VK_64, **{**GROUP, "kt": 3, "pan": other}) == common
    assert dkga02(VK_64, **{**GROUP, "kt": 3, "pan": LONG}) != common


@pytest.mark.parametrize(("pan", "block"), [(SHORT, "0072700000000000"), (LONG, "0000000000000000")])
def test_dkga02_of_a_common_key_has_zeros_for_the_meter_number(pan: str, block: str) -> None:
    x = int(block, 16) ^ int("3201457011FFFFFF", 16)

    key = dkga02(VK_64, **{**GROUP, "kt": 3, "pan": pan})

    encrypted = int.from_bytes(des_encrypt(VK_64, x.to_bytes(8, "big")), "big")
    assert int.from_bytes(key, "big") == encrypted ^ x ^ int.from_bytes(VK_64, "big")


def test_has_odd_parity_looks_at_every_byte() -> None:
    assert has_odd_parity(VK_64)
    assert not any(has_odd_parity(VK_64[:place] + b"\xaa" + VK_64[place + 1 :]) for place in range(8))


def _dkga04(
    *,
    base_date: BaseDate = BaseDate.Y2014,
    ea: EncryptionAlgorithm = EncryptionAlgorithm.STA,
    **change: object,
) -> bytes:
    return dkga04(VK_160, base_date=base_date, ea=ea, **{**GROUP, **change})
