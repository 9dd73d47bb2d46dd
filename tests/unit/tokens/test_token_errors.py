"""Bad input of every kind to the token engine is refused with its class and its stable code."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pos.errors import KilotillError, UserError
from pos.tokens.amount import (
    AMOUNT_MAX,
    CURRENCY_MAX,
    CurrencyField,
    decode_amount,
    decode_currency,
    encode_amount,
    encode_currency,
    largest_amount_not_above,
    largest_currency_not_above,
    parse_currency,
)
from pos.tokens.cipher import check_supported, cipher_for
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token
from pos.tokens.decoder_key import (
    check_key_attributes,
    check_method_supported,
    dkga02,
    dkga04,
)
from pos.tokens.digits import parse_token
from pos.tokens.display import control_of_test, display_token
from pos.tokens.errors import (
    AmountError,
    FieldError,
    KeyDataError,
    NumberError,
    TidError,
    TokenDataError,
    TokenError,
    UnsupportedError,
)
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import (
    extended_flag,
    extended_value,
    management_token,
    value_field_of,
)
from pos.tokens.misty1 import Misty1
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.numbers import luhn_digit, make_drn, parse_drn, parse_meter_number, parse_pan
from pos.tokens.sta import Sta
from pos.tokens.tid import check_not_expired, minute_of, next_tid

STA, DEA, MISTY1 = EncryptionAlgorithm
CIPHER = cipher_for(STA, bytes(8))
CIPHER_128 = cipher_for(MISTY1, bytes(16))
VK_64 = bytes.fromhex("abababababababab")
VK_160 = bytes(20)
PAN = "600727000000000009"
GROUP = {"pan": PAN, "kt": 2, "sgc": "123456", "ti": "01", "krn": 1}
Action = Callable[[], object]


def _credit(*, subclass: int = 0, rnd: int = 0, tid: int = 0, amount_field: int = 0) -> Action:
    return lambda: credit_token(CIPHER, subclass=subclass, rnd=rnd, tid=tid, amount_field=amount_field)


def _currency(*, subclass: int = 4, tid: int = 0, s_and_e: int = 0, amount_field: int = 0) -> Action:
    field = CurrencyField(s_and_e=s_and_e, amount_field=amount_field)
    return lambda: currency_token(CIPHER, subclass=subclass, tid=tid, field=field)


def _display(*, subclass: int = 0, code: int = 0, control: int = 0) -> Action:
    return lambda: display_token(subclass=subclass, manufacturer_code=code, control=control)


def _management(*, subclass: int = 0, rnd: int = 0, tid: int = 0, value_field: int = 0) -> Action:
    return lambda: management_token(CIPHER, subclass=subclass, rnd=rnd, tid=tid, value_field=value_field)


def _key_change(
    *,
    cipher=CIPHER,
    key: bytes = bytes(8),
    sgc: str = "123456",
    ti: str = "01",
    krn: int = 1,
    kt: int = 2,
    ken: int = 255,
    third: bool = False,
) -> Action:
    attributes = KeyAttributes(sgc=sgc, ti=ti, krn=krn, kt=kt, ken=ken)
    return lambda: key_change_tokens(
        cipher, new_key=key, attributes=attributes, is_rollover=False, with_supply_group=third
    )


def _dkga02(vk: bytes = VK_64, **changes: object) -> Action:
    return lambda: dkga02(vk, **{**GROUP, **changes})


def _dkga04(vk: bytes = VK_160, ea: EncryptionAlgorithm = STA, **changes: object) -> Action:
    return lambda: dkga04(vk, base_date=BaseDate.Y2014, ea=ea, **{**GROUP, **changes})


def _at(year: int) -> Action:
    return lambda: minute_of(BaseDate.Y2014, datetime(year, 1, 1, tzinfo=UTC))


CASES: list[tuple[str, type[KilotillError], Action]] = [
    ("amount.range", AmountError, lambda: encode_amount(-1)),
    ("amount.range", AmountError, lambda: encode_amount(AMOUNT_MAX + 1)),
    ("amount.range", AmountError, lambda: largest_amount_not_above(-1)),
    ("amount.range", AmountError, lambda: encode_currency(CURRENCY_MAX + 1)),
    ("amount.range", AmountError, lambda: encode_currency(-CURRENCY_MAX - 1)),
    ("amount.range", AmountError, lambda: largest_currency_not_above(-CURRENCY_MAX - 1)),
    ("amount.range", AmountError, lambda: parse_currency("1e999")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("1,5")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("NaN")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("Infinity")),
    ("amount.not_decimal", AmountError, lambda: parse_currency(".")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("\u0661")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("1e")),
    ("amount.range", AmountError, lambda: parse_currency("1" * 41)),
    ("amount.range", AmountError, lambda: parse_currency("1e9999")),
    ("amount.range", AmountError, lambda: parse_currency("-1e" + "9" * 97)),
    ("amount.too_long", AmountError, lambda: parse_currency("1" * 101)),
    ("amount.not_decimal", AmountError, lambda: parse_currency("1_000")),
    ("amount.not_decimal", AmountError, lambda: parse_currency(" 1")),
    ("amount.not_decimal", AmountError, lambda: parse_currency("1\n")),
    ("field.amount", FieldError, lambda: decode_amount(-1)),
    ("field.amount", FieldError, lambda: decode_amount(0x10000)),
    ("field.amount", FieldError, lambda: decode_currency(CurrencyField(0, 0x10000))),
    ("field.s_and_e", FieldError, lambda: decode_currency(CurrencyField(16, 0))),
    ("field.subclass", FieldError, _credit(subclass=4)),
    ("field.subclass", FieldError, _credit(subclass=-1)),
    ("field.range", FieldError, _credit(rnd=16)),
    ("field.range", FieldError, _credit(tid=1 << 24)),
    ("field.range", FieldError, _credit(tid=-1)),
    ("field.range", FieldError, _credit(amount_field=1 << 16)),
    ("field.subclass", FieldError, _currency(subclass=3)),
    ("field.subclass", FieldError, _currency(subclass=8)),
    ("field.range", FieldError, _currency(tid=1 << 24)),
    ("field.range", FieldError, _currency(s_and_e=16)),
    ("field.range", FieldError, _currency(amount_field=1 << 16)),
    ("field.subclass", FieldError, _display(subclass=3)),
    ("field.range", FieldError, _display(code=100)),
    ("field.range", FieldError, _display(subclass=1, code=10_000)),
    ("field.range", FieldError, _display(control=1 << 36)),
    ("field.range", FieldError, _display(subclass=1, control=1 << 28)),
    ("field.subclass", FieldError, lambda: control_of_test(2, 1)),
    ("field.range", FieldError, lambda: control_of_test(0, 37)),
    ("field.range", FieldError, lambda: control_of_test(1, 29)),
    *[("field.subclass", FieldError, _management(subclass=subclass)) for subclass in (3, 4, 8, 9, 11, -1)],
    ("field.range", FieldError, _management(rnd=16)),
    ("field.range", FieldError, _management(tid=1 << 24)),
    ("field.range", FieldError, _management(value_field=1 << 16)),
    ("field.register", FieldError, _management(subclass=1, value_field=8)),
    ("field.pad", FieldError, _management(subclass=5, value_field=1)),
    ("amount.range", AmountError, lambda: value_field_of(0, AMOUNT_MAX + 1)),
    ("field.range", FieldError, lambda: value_field_of(2, 0x10000)),
    ("field.range", FieldError, lambda: extended_value(63, 0)),
    ("field.range", FieldError, lambda: extended_value(0, 1024)),
    ("field.range", FieldError, lambda: extended_flag(512, is_set=True)),
    ("key.length", KeyDataError, _key_change(key=bytes(16))),
    ("key.length", KeyDataError, _key_change(cipher=CIPHER_128, key=bytes(8))),
    ("field.three_token", FieldError, _key_change(cipher=CIPHER_128, key=bytes(16), third=True)),
    ("field.range", FieldError, _key_change(ken=256)),
    ("key.kt", KeyDataError, _key_change(kt=4)),
    ("key.sgc", KeyDataError, _key_change(sgc="12345")),
    ("key.ti", KeyDataError, _key_change(ti="1")),
    ("key.krn", KeyDataError, _key_change(krn=0)),
    ("key.length", KeyDataError, lambda: cipher_for(STA, bytes(16))),
    ("key.length", KeyDataError, lambda: cipher_for(MISTY1, bytes(8))),
    ("unsupported.ea09", UnsupportedError, lambda: cipher_for(DEA, bytes(8))),
    ("unsupported.ea09", UnsupportedError, lambda: check_supported(DEA)),
    ("unsupported.ea09", UnsupportedError, _dkga04(ea=DEA)),
    ("unsupported.dkga01", UnsupportedError, lambda: check_method_supported(KeyMethod.DKGA01)),
    ("unsupported.dkga03", UnsupportedError, lambda: check_method_supported(KeyMethod.DKGA03)),
    ("key.length", KeyDataError, _dkga02(bytes(20))),
    ("key.length", KeyDataError, _dkga04(VK_64)),
    ("key.parity", KeyDataError, _dkga02(bytes(8))),
    ("key.parity", KeyDataError, _dkga02(VK_64[:7] + b"\xaa")),
    *[("key.kt", KeyDataError, _dkga02(kt=kt)) for kt in (-1, 4)],
    *[("key.sgc", KeyDataError, _dkga02(sgc=sgc)) for sgc in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦")],
    *[("key.ti", KeyDataError, _dkga04(ti=ti)) for ti in ("", "1", "001", "0x", "²²")],
    *[("key.krn", KeyDataError, _dkga04(krn=krn)) for krn in (0, 10)],
    ("key.krn", KeyDataError, lambda: check_key_attributes(kt=0, sgc="000000", ti="00", krn=-1)),
    ("pan.length", NumberError, _dkga02(pan="6007270000000000")),
    ("pan.check_digit", NumberError, _dkga04(pan="600727000000000008")),
    ("meter.not_digits", NumberError, lambda: luhn_digit("")),
    ("meter.not_digits", NumberError, lambda: luhn_digit("12a")),
    ("meter.not_digits", NumberError, lambda: parse_drn("0000000000x")),
    ("meter.not_digits", NumberError, lambda: parse_drn("\u0661" * 11)),
    ("meter.length", NumberError, lambda: parse_drn("123456789012")),
    ("meter.check_digit", NumberError, lambda: parse_drn("12345678904")),
    ("meter.check_digit", NumberError, lambda: parse_drn("11111111113")),
    ("meter.not_digits", NumberError, lambda: make_drn("0x", "12345678")),
    ("meter.length", NumberError, lambda: make_drn("123", "12345678")),
    ("meter.length", NumberError, lambda: make_drn("12", "1234567")),
    ("meter.length", NumberError, lambda: parse_meter_number("1234")),
    ("meter.length", NumberError, lambda: parse_meter_number("²" * 12)),
    ("meter.not_digits", NumberError, lambda: parse_meter_number("")),
    ("meter.check_digit", NumberError, lambda: parse_meter_number("12345678904")),
    ("pan.not_digits", NumberError, lambda: parse_pan("60072700000000000x")),
    ("pan.not_digits", NumberError, lambda: parse_meter_number("x" * 18)),
    ("pan.length", NumberError, lambda: parse_pan("60072700000000000")),
    ("pan.issuer", NumberError, lambda: parse_pan("123456000000000009")),
    ("pan.check_digit", NumberError, lambda: parse_pan("600727000000000008")),
    ("meter.check_digit", NumberError, lambda: parse_pan("600727000000000109")),
    ("tid.before_base_date", TidError, _at(2013)),
    ("tid.exhausted", TidError, _at(2046)),
    ("tid.lane", TidError, lambda: next_tid(BaseDate.Y2014, 1, last=None, lanes=3)),
    ("tid.lead", TidError, lambda: next_tid(BaseDate.Y2014, 1, last=9999)),
    ("key.expired", TidError, lambda: check_not_expired(86 << 16, 85)),
    ("token.not_digits", TokenDataError, lambda: parse_token("")),
    ("token.not_digits", TokenDataError, lambda: parse_token("1234567890123456789x")),
    ("token.not_digits", TokenDataError, lambda: parse_token("\u0661" * 20)),
    ("token.not_digits", TokenDataError, lambda: parse_token("1234567890123456789\n")),
    ("token.length", TokenDataError, lambda: parse_token("1" * 19)),
    ("token.length", TokenDataError, lambda: parse_token("1" * 21)),
    ("token.range", TokenDataError, lambda: parse_token(str(1 << 66))),
    ("token.range", TokenDataError, lambda: parse_token("9" * 20)),
    ("token.class", TokenDataError, lambda: parse_token(f"{3 << 27:020d}")),
    ("token.key_needed", TokenDataError, lambda: decode_token("0" * 20)),
    ("token.crc", TokenDataError, lambda: decode_token("0" * 20, CIPHER)),
    ("token.crc", TokenDataError, lambda: decode_token("56493153725450313470")),
]


@pytest.mark.parametrize(
    ("code", "kind", "action"), CASES, ids=[f"{number}-{case[0]}" for number, case in enumerate(CASES)]
)
def test_token_engine_given_bad_input_refuses_with_class_code_and_sentence(
    code: str, kind: type[KilotillError], action: Action
) -> None:
    with pytest.raises(kind) as refusal:
        action()

    assert refusal.value.code == code
    assert isinstance(refusal.value, TokenError | UserError)
    assert len(refusal.value.text.split()) > 4
    assert refusal.value.text.endswith(".")
    assert str(refusal.value) == refusal.value.text


@pytest.mark.parametrize("cipher", [Sta, Misty1])
def test_cipher_given_a_key_of_wrong_length_is_our_mistake(cipher: type[Sta] | type[Misty1]) -> None:
    with pytest.raises(ValueError, match="bytes"):
        cipher(bytes(7))
