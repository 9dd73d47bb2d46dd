"""Every published vector through the engine: made, read back, and refused under another key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files

import pytest

from pos.tokens.amount import (
    CurrencyField,
    decode_amount,
    encode_amount,
    encode_currency,
    parse_currency,
)
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.crc import block_crc, block_crc_currency
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token
from pos.tokens.decoder_key import des_encrypt, dkga02, dkga04
from pos.tokens.digits import token_digits
from pos.tokens.display import display_token
from pos.tokens.errors import NumberError, TidError, TokenDataError
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import management_token, value_field_of
from pos.tokens.misty1 import Misty1
from pos.tokens.names import BaseDate, EncryptionAlgorithm
from pos.tokens.numbers import luhn_digit, parse_drn
from pos.tokens.sta import Sta
from pos.tokens.sta_tables import PRODUCTION, SAMPLE
from pos.tokens.tid import check_not_expired, instant_of, tid_at
from tests.reference.plain_sts import (
    plain_amounts,
    plain_crc,
    plain_digits,
    plain_luhn,
    plain_sta_encrypt,
)
from tests.reference.vectors import NOTES, VECTORS, Reading, Vector, of_kind, readings

DERIVATIONS = [
    (vector["id"], vector[notes], vector[key_name])
    for vector in VECTORS
    for notes, key_name in (
        ("derive", "dk_hex"),
        ("old_derive", "old_dk_hex"),
        ("new_derive", "new_dk_hex"),
    )
    if notes in vector
]
READINGS = readings()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_engine_given_a_published_vector_agrees(vector: Vector) -> None:
    CHECKS[vector["kind"]](vector)


@pytest.mark.parametrize(("_id", "derivation", "dk_hex"), DERIVATIONS, ids=[case[0] for case in DERIVATIONS])
def test_decoder_key_of_a_published_token_derived_again_is_the_same(
    _id: str, derivation: Vector, dk_hex: str
) -> None:
    assert _derive(derivation) == dk_hex


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.id)
def test_decode_of_a_published_token_gives_its_fields_back(reading: Reading) -> None:
    token = decode_token(reading.token, reading.cipher())

    assert (token.token_class, token.subclass) == (reading.token_class, reading.subclass)
    assert {name: token.fields[name] for name in reading.fields} == reading.fields
    assert token.tid == reading.fields.get("tid")


@pytest.mark.parametrize(
    "reading", [reading for reading in READINGS if reading.ea], ids=lambda reading: reading.id
)
def test_decode_of_a_published_token_with_another_key_is_a_crc_error(reading: Reading) -> None:
    with pytest.raises(TokenDataError) as refusal:
        decode_token(reading.token, reading.cipher(reading.other_key()))

    assert refusal.value.code == "token.crc"


def test_vectors_packed_with_the_program_are_those_of_the_tests() -> None:
    packed = json.loads(files("pos.tokens").joinpath("vectors.json").read_text(encoding="utf-8"))

    assert len(packed) == 311
    assert packed == [
        {name: value for name, value in vector.items() if name not in NOTES} for vector in VECTORS
    ]


@pytest.mark.parametrize("vector", of_kind("crc"), ids=lambda vector: vector["id"])
def test_plain_crc_given_a_published_vector_agrees(vector: Vector) -> None:
    crc = plain_crc(vector["token_class"], int(vector["data56_hex"], 16), currency=vector["currency"])

    assert f"{crc:04x}" == vector["crc_hex"]


@pytest.mark.parametrize("vector", of_kind("luhn"), ids=lambda vector: vector["id"])
def test_plain_luhn_given_a_published_vector_agrees(vector: Vector) -> None:
    assert plain_luhn(vector["payload"]) == vector["check_digit"]


def test_plain_sta_given_the_worked_example_agrees() -> None:
    (vector,) = of_kind("sta_token_sample_tables")

    cipher = plain_sta_encrypt(int(vector["key_hex"], 16), int(vector["plain_hex"], 16), SAMPLE)

    assert plain_digits(vector["token_class"], cipher) == vector["token"]


@pytest.mark.parametrize(
    "vector", [v for v in of_kind("token_class0") if v["ea"] == "07"][::6], ids=lambda vector: vector["id"]
)
def test_plain_token_given_a_published_vector_agrees(vector: Vector) -> None:
    upper48 = vector["subclass"] << 44 | vector["rnd"] << 40 | vector["tid"] << 16 | vector["amount_field"]
    block = upper48 << 16 | plain_crc(0, upper48)

    cipher = plain_sta_encrypt(int(vector["dk_hex"], 16), block, PRODUCTION)

    assert plain_digits(0, cipher) == vector["token"]


def _amount(v: Vector) -> None:
    assert encode_amount(v["units"]) == v["field"]
    assert decode_amount(v["field"]) == v["decoded"] == plain_amounts()[v["field"]]


def _crc(v: Vector) -> None:
    data56 = v["token_class"] << 48 | int(v["data56_hex"], 16)
    assert f"{(block_crc_currency if v['currency'] else block_crc)(data56):04x}" == v["crc_hex"]


def _des_block(v: Vector) -> None:
    assert des_encrypt(bytes.fromhex(v["key_hex"]), bytes.fromhex(v["plain_hex"])).hex() == v["cipher_hex"]


def _misty1_block(v: Vector) -> None:
    cipher = Misty1(bytes.fromhex(v["key_hex"]))
    assert f"{cipher.encrypt(int(v['plain_hex'], 16)):016x}" == v["cipher_hex"]
    assert f"{cipher.decrypt(int(v['cipher_hex'], 16)):016x}" == v["plain_hex"]


def _sta_sample(v: Vector) -> None:
    cipher = Sta(bytes.fromhex(v["key_hex"]), SAMPLE)
    block = cipher.encrypt(int(v["plain_hex"], 16))
    assert token_digits(v["token_class"], block) == v["token"]
    assert int(v["token"]) == int(v["token66_hex"], 16)
    assert f"{cipher.decrypt(block):016x}" == v["plain_hex"]


def _luhn(v: Vector) -> None:
    assert luhn_digit(v["payload"]) == v["check_digit"]


def _luhn_invalid(v: Vector) -> None:
    with pytest.raises(NumberError) as refusal:
        parse_drn(v["drn"])
    assert refusal.value.code == "meter.check_digit"


def _tid(v: Vector) -> None:
    assert tid_at(BaseDate(v["base_date"]), _instant(v)) == v["tid"]


def _key_expired(v: Vector) -> None:
    _tid(v)
    assert v["tid"] >> 16 == v["tid_high8"]
    with pytest.raises(TidError) as refusal:
        check_not_expired(v["tid"], v["ken"])
    assert refusal.value.code == "key.expired"


def _dkga(v: Vector) -> None:
    assert _derive({"dkga": v["kind"].removeprefix("dkga"), **v}) == v["dk_hex"]


def _class0(v: Vector) -> None:
    if "units" in v:
        assert encode_amount(v["units"]) == v["amount_field"]
    if "units_decoded" in v:
        assert decode_amount(v["amount_field"]) == v["units_decoded"]
    _check_issued(v)
    token = credit_token(
        _cipher(v), subclass=v["subclass"], rnd=v["rnd"], tid=v["tid"], amount_field=v["amount_field"]
    )
    assert token == v["token"]


def _currency(v: Vector) -> None:
    field = CurrencyField(s_and_e=v["s_and_e"], amount_field=v["amount_field"])
    if "amount" in v:
        assert encode_currency(parse_currency(v["amount"])) == field
    assert (int(field.is_negative), field.exponent, field.mantissa) == (
        v["sign"],
        v["exponent"],
        v["mantissa"],
    )
    _check_issued(v)
    assert currency_token(_cipher(v), subclass=v["subclass"], tid=v["tid"], field=field) == v["token"]


def _class1(v: Vector) -> None:
    control = int(v["control_hex"], 16)
    token = display_token(subclass=v["subclass"], manufacturer_code=v["mfr_code"], control=control)
    assert token == v["token"]


def _class2(v: Vector) -> None:
    if "value" in v:
        assert value_field_of(v["subclass"], v["value"]) == v["value_field"]
    _check_issued(v)
    token = management_token(
        _cipher(v), subclass=v["subclass"], rnd=v["rnd"], tid=v["tid"], value_field=v["value_field"]
    )
    assert token == v["token"]


def _kct(v: Vector) -> None:
    tokens = key_change_tokens(
        cipher_for(EncryptionAlgorithm(v["ea"]), bytes.fromhex(v["old_dk_hex"])),
        new_key=bytes.fromhex(v["new_dk_hex"]),
        attributes=KeyAttributes(
            sgc=v["new_sgc"], ti=v["new_ti"], krn=v["new_krn"], kt=v["new_kt"], ken=v["new_ken"]
        ),
        is_rollover=v["ro"] == 1,
        with_supply_group=v["three_token"],
    )
    assert tokens == v["tokens"]


def _kct_section(v: Vector) -> None:
    """A single section has no whole set to be made from: its block is built from its fields."""
    key_part = int(v["key_part_hex"], 16)
    upper = {
        1: lambda: v["ken_ho"] << 8 | v["krn"] << 4 | v["ro"] << 3 | v["three_kct"] << 2 | v["kt"],
        2: lambda: v["ken_lo"] << 8 | v["ti"],
        3: lambda: v["sgc_part"],
        4: lambda: v["sgc_part"],
    }[v["section"]]()
    upper48 = (3, 4, 8, 9)[v["section"] - 1] << 44 | upper << 32 | key_part
    block = _cipher(v).encrypt(upper48 << 16 | plain_crc(2, upper48))
    assert plain_digits(2, block) == v["token"]


CHECKS: dict[str, Callable[[Vector], None]] = {
    "amount": _amount,
    "crc": _crc,
    "des_block": _des_block,
    "dkga02": _dkga,
    "dkga04": _dkga,
    "kct": _kct,
    "kct_section": _kct_section,
    "luhn": _luhn,
    "luhn_invalid": _luhn_invalid,
    "misty1_block": _misty1_block,
    "reject_key_expired": _key_expired,
    "sta_token_sample_tables": _sta_sample,
    "tid": _tid,
    "token_class0": _class0,
    "token_class1": _class1,
    "token_class2": _class2,
    "token_currency": _currency,
}


def _cipher(v: Vector) -> BlockCipher:
    return cipher_for(EncryptionAlgorithm(v["ea"]), bytes.fromhex(v["dk_hex"]))


def _instant(v: Vector) -> datetime:
    return datetime.strptime(v["issued"], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _check_issued(v: Vector) -> None:
    """Where a vector tells the minute, the TID is that minute or (several in one minute) a later one."""
    if "issued" in v:
        base_date = BaseDate(v["base_date"])
        assert 0 <= v["tid"] - tid_at(base_date, _instant(v)) <= 2
        assert instant_of(base_date, v["tid"]) >= _instant(v)


def _derive(d: Vector) -> str:
    vk = bytes.fromhex(d["vk_hex"])
    group = {name: d[name] for name in ("pan", "kt", "sgc", "ti", "krn")}
    if d["dkga"] == "02":
        return dkga02(vk, **group).hex()
    ea, base_date = EncryptionAlgorithm(d["ea"]), BaseDate(d["base_date"])
    return dkga04(vk, base_date=base_date, ea=ea, **group).hex()
