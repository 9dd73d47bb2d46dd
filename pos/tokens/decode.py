"""Twenty digits back into the fields of the token they are (docs/sts.md §2, §6, §7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pos.tokens.amount import CurrencyField, decode_amount, decode_currency, format_currency
from pos.tokens.cipher import BlockCipher
from pos.tokens.crc import block_crc, block_crc_currency
from pos.tokens.digits import parse_token
from pos.tokens.display import LAYOUTS, tests_of_control
from pos.tokens.errors import TokenDataError
from pos.tokens.management import AMOUNT_CODED, FLAG_INDEX
from pos.tokens.names import (
    KEY_CHANGE_SECTIONS,
    MANAGEMENT_SUBCLASSES,
    EncryptionAlgorithm,
    Management,
    Service,
    TokenClass,
)

FieldValue = int | str | list[int]
"""What a decoded field may hold."""


@dataclass(frozen=True, slots=True)
class DecodedToken:
    """What a token says; `fields` may hold a part of a key (key change), so it stays out of the repr."""

    token_class: TokenClass
    subclass: int
    name: str
    tid: int | None
    fields: Mapping[str, FieldValue] = field(repr=False)


def is_encrypted(text: str) -> bool:
    """Return whether the token can be read only with its meter's cipher: class 0 and 2.

    Raises TokenDataError `token.length`, `token.not_digits`, `token.range`, `token.class`.
    """
    return parse_token(text)[0] is not TokenClass.DISPLAY


def decode_token(text: str, cipher: BlockCipher | None = None) -> DecodedToken:
    """Read a token of any class; class 0 and 2 need the meter's cipher, class 1 none.

    Raises TokenDataError `token.length`, `token.not_digits`, `token.range`, `token.class`, `token.crc`
    (mistyped, or made for another key) and `token.key_needed`.
    """
    token_class, block = parse_token(text)
    if token_class is not TokenClass.DISPLAY:
        if cipher is None:
            raise TokenDataError(
                "token.key_needed", "This token is encrypted: it can be read only with the key of its meter."
            )
        block = cipher.decrypt(block)
    subclass = block >> 60
    _check_crc(token_class, subclass, block)
    content = block >> 16 & (1 << 44) - 1
    if token_class is TokenClass.CREDIT:
        return _credit(subclass, content)
    if token_class is TokenClass.DISPLAY:
        return _display(subclass, content)
    assert cipher is not None
    return _management(subclass, content, cipher.ea)


def _check_crc(token_class: TokenClass, subclass: int, block: int) -> None:
    is_currency = token_class is TokenClass.CREDIT and 4 <= subclass <= 7
    data56 = token_class << 48 | block >> 16
    if block & 0xFFFF != (block_crc_currency(data56) if is_currency else block_crc(data56)):
        raise TokenDataError(
            "token.crc",
            "The checksum does not fit: a digit is mistyped, or the token is for another meter or key.",
        )


def _credit(subclass: int, content: int) -> DecodedToken:
    nibble, tid, low = content >> 40, content >> 16 & 0xFFFFFF, content & 0xFFFF
    fields: dict[str, FieldValue]
    if subclass <= 3:
        name = f"{Service(subclass).name.lower()} credit"
        fields = {"rnd": nibble, "tid": tid, "amount_field": low, "units": decode_amount(low)}
    elif subclass <= 7:
        name = f"{Service(subclass - 4).name.lower()} currency credit"
        fields = _currency_fields(nibble, tid, low)
    else:
        return _unknown(TokenClass.CREDIT, subclass, content)
    return DecodedToken(TokenClass.CREDIT, subclass, name, tid, fields)


def _currency_fields(nibble: int, tid: int, low: int) -> dict[str, FieldValue]:
    amount = CurrencyField(s_and_e=nibble, amount_field=low)
    steps = decode_currency(amount)
    return {
        "s_and_e": nibble,
        "tid": tid,
        "amount_field": low,
        "sign": int(amount.is_negative),
        "exponent": amount.exponent,
        "mantissa": amount.mantissa,
        "amount_steps": steps,
        "amount": format_currency(steps),
    }


def _display(subclass: int, content: int) -> DecodedToken:
    if subclass not in LAYOUTS:
        return _unknown(TokenClass.DISPLAY, subclass, content)
    layout = LAYOUTS[subclass]
    control = content >> layout.manufacturer_bits
    fields: dict[str, FieldValue] = {
        "control_hex": f"{control:x}",
        "mfr_code": content & (1 << layout.manufacturer_bits) - 1,
    }
    if subclass == 2:
        index = control >> layout.control_bits - 6
        return DecodedToken(TokenClass.DISPLAY, subclass, "extended read", None, {**fields, "index": index})
    fields["tests"] = tests_of_control(subclass, control)
    return DecodedToken(TokenClass.DISPLAY, subclass, "meter test or display", None, fields)


def _management(subclass: int, content: int, ea: EncryptionAlgorithm) -> DecodedToken:
    if subclass not in MANAGEMENT_SUBCLASSES:
        return _unknown(TokenClass.MANAGEMENT, subclass, content)
    kind = Management(subclass)
    name = kind.name.lower().replace("_", " ")
    if kind in KEY_CHANGE_SECTIONS:
        section = KEY_CHANGE_SECTIONS[kind]
        return DecodedToken(
            TokenClass.MANAGEMENT, subclass, name, None, _section_fields(section, content, ea)
        )
    tid, value_field = content >> 16 & 0xFFFFFF, content & 0xFFFF
    fields: dict[str, FieldValue] = {"rnd": content >> 40, "tid": tid, "value_field": value_field}
    fields["value"] = decode_amount(value_field) if kind in AMOUNT_CODED else value_field
    if kind is Management.CLEAR_CREDIT:
        fields["register"] = value_field
    if kind is Management.EXTENDED_TOKEN_SET:
        fields |= _extended_fields(value_field)
    return DecodedToken(TokenClass.MANAGEMENT, subclass, name, tid, fields)


def _extended_fields(value_field: int) -> dict[str, FieldValue]:
    index, control = value_field >> 10, value_field & 0x3FF
    if index == FLAG_INDEX:
        return {"index": index, "flag": control >> 1, "flag_value": control & 1}
    return {"index": index, "control": control}


def _section_fields(section: int, content: int, ea: EncryptionAlgorithm) -> dict[str, FieldValue]:
    key_part = f"{content & 0xFFFFFFFF:08x}"
    upper = content >> 32
    if section == 1:
        return {
            "section": 1,
            "ken_ho": upper >> 8,
            "krn": upper >> 4 & 0xF,
            "ro": upper >> 3 & 1,
            "three_kct": upper >> 2 & 1,
            "kt": upper & 3,
            "key_part_hex": key_part,
        }
    if section == 2:
        return {"section": 2, "ken_lo": upper >> 8, "ti": upper & 0xFF, "key_part_hex": key_part}
    if ea is EncryptionAlgorithm.STA and section == 3:
        return {"section": 3, "sgc": f"{content >> 20:06d}", "pad": content & 0xFFFFF}
    return {"section": section, "sgc_part": upper, "key_part_hex": key_part}


def _unknown(token_class: TokenClass, subclass: int, content: int) -> DecodedToken:
    return DecodedToken(
        token_class, subclass, "reserved or proprietary", None, {"content_hex": f"{content:011x}"}
    )
