"""Key change token sets of two, three or four tokens, encrypted with the old key (docs/sts.md §6)."""

from __future__ import annotations

from dataclasses import dataclass

from pos.tokens.block import check_field, encrypted_token
from pos.tokens.cipher import KEY_LENGTHS, BlockCipher
from pos.tokens.decoder_key import check_key_attributes
from pos.tokens.errors import FieldError, KeyDataError
from pos.tokens.names import EncryptionAlgorithm, Management, TokenClass


@dataclass(frozen=True, slots=True)
class KeyAttributes:
    """What a meter knows of its key beside the key itself: those of the *new* key travel in the set."""

    sgc: str
    ti: str
    krn: int
    kt: int
    ken: int


def key_change_tokens(
    old_cipher: BlockCipher,
    *,
    new_key: bytes,
    attributes: KeyAttributes,
    is_rollover: bool,
    with_supply_group: bool,
) -> list[str]:
    """Return the tokens of a key change in order: EA07 two (three `with_supply_group`), EA11 always four.

    `is_rollover` makes the meter clear its TID store: set when the base date changes. `with_supply_group`
    (3KCT) adds the third token of a 64-bit set; a 128-bit set carries the supply group anyway. Raises
    KeyDataError `key.length`, `key.kt`, `key.sgc`, `key.ti`, `key.krn`; FieldError `field.range`,
    `field.three_token`.
    """
    ea = old_cipher.ea
    _check(ea, new_key, attributes, with_supply_group=with_supply_group)
    if ea is EncryptionAlgorithm.STA:
        sections = _sections_64(
            new_key, attributes, is_rollover=is_rollover, with_supply_group=with_supply_group
        )
    else:
        sections = _sections_128(new_key, attributes, is_rollover=is_rollover)
    return [
        encrypted_token(old_cipher, TokenClass.MANAGEMENT, subclass << 44 | content)
        for subclass, content in sections
    ]


def _sections_64(
    key: bytes, new: KeyAttributes, *, is_rollover: bool, with_supply_group: bool
) -> list[tuple[Management, int]]:
    high, low = (int.from_bytes(key[start : start + 4], "big") for start in (0, 4))
    sections = [
        (
            Management.SET_1ST_SECTION_DECODER_KEY,
            _first(new, high, is_rollover=is_rollover, has_third=with_supply_group),
        ),
        (Management.SET_2ND_SECTION_DECODER_KEY, _second(new, low)),
    ]
    if with_supply_group:
        sections.append((Management.SET_3RD_SECTION_DECODER_KEY, int(new.sgc) << 20))
    return sections


def _sections_128(key: bytes, new: KeyAttributes, *, is_rollover: bool) -> list[tuple[Management, int]]:
    # docs/sts.md §6: DK = NKHO | NKMO2 | NKMO1 | NKLO; the third token carries bits 95..64, the fourth
    # 63..32.
    high, middle2, middle1, low = (int.from_bytes(key[start : start + 4], "big") for start in (0, 4, 8, 12))
    sgc = int(new.sgc)
    return [
        (Management.SET_1ST_SECTION_DECODER_KEY, _first(new, high, is_rollover=is_rollover, has_third=False)),
        (Management.SET_2ND_SECTION_DECODER_KEY, _second(new, low)),
        (Management.SET_3RD_SECTION_DECODER_KEY, (sgc & 0xFFF) << 32 | middle2),
        (Management.SET_4TH_SECTION_DECODER_KEY, (sgc >> 12) << 32 | middle1),
    ]


def _first(new: KeyAttributes, key_high: int, *, is_rollover: bool, has_third: bool) -> int:
    flags = int(is_rollover) << 3 | int(has_third) << 2 | new.kt
    return (new.ken >> 4) << 40 | new.krn << 36 | flags << 32 | key_high


def _second(new: KeyAttributes, key_low: int) -> int:
    return (new.ken & 0xF) << 40 | int(new.ti) << 32 | key_low


def _check(ea: EncryptionAlgorithm, key: bytes, new: KeyAttributes, *, with_supply_group: bool) -> None:
    if len(key) != KEY_LENGTHS[ea]:
        raise KeyDataError(
            "key.length",
            f"A decoder key for EA{ea.value} has {KEY_LENGTHS[ea]} bytes; the new key has {len(key)}.",
        )
    check_key_attributes(kt=new.kt, sgc=new.sgc, ti=new.ti, krn=new.krn)
    check_field("ken", new.ken, 0xFF)
    if with_supply_group and ea is not EncryptionAlgorithm.STA:
        raise FieldError(
            "field.three_token", "A 128-bit key always travels in four tokens; three is for EA07 only."
        )
