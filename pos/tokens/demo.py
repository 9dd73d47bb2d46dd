"""The vending keys of the demo: public sample values, worth nothing (docs/formats.md §15)."""

from __future__ import annotations

from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.secret import Secret
from pos.tokens.vending_key import GroupKey, VendingKey

DEMO_TARIFF_INDEX = "01"

_SAMPLE_64 = bytes.fromhex("ABABABABABABABAB")
_SAMPLE_160 = bytes.fromhex("ABABABABABABABAB949494949494949401234567")


def demo_keys() -> tuple[VendingKey, ...]:
    """Return the keys of the demo groups 123456 (DKGA02), 201457 (DKGA04, EA07), 201458 (DKGA04, EA11)."""
    return (
        _demo_key("123456", KeyMethod.DKGA02, EncryptionAlgorithm.STA, _SAMPLE_64),
        _demo_key("201457", KeyMethod.DKGA04, EncryptionAlgorithm.STA, _SAMPLE_160),
        _demo_key("201458", KeyMethod.DKGA04, EncryptionAlgorithm.MISTY1, _SAMPLE_160),
    )


def _demo_key(sgc: str, method: KeyMethod, ea: EncryptionAlgorithm, value: bytes) -> VendingKey:
    return VendingKey(GroupKey(sgc=sgc, krn=1, method=method, ea=ea, base_date=BaseDate.Y2014), Secret(value))
