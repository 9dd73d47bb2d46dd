"""Vending keys: their public attributes, check values and loading by two people (docs/secrets.md §4)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from pos.tokens.cipher import check_supported
from pos.tokens.decoder_key import (
    VENDING_KEY_LENGTHS,
    check_key_attributes,
    check_method_supported,
    has_odd_parity,
)
from pos.tokens.errors import KeyDataError, VaultError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.secret import Secret
from pos.tokens.tid import KEN_NEVER

CHECK_VALUE_BYTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKey:
    """What may be shown of a vending key (docs/sts.md §0).

    `sgc` 6 digits; `krn` 1-9; `ken` 0-255 (255 never expires); `valid_until` the last instant (aware, UTC) at
    which tokens are made with it, or None. Building one raises KeyDataError `key.sgc`, `key.krn`, `key.kt`,
    `key.ken`, `key.valid_until`, `key.algorithm` (DKGA02 with EA11) and UnsupportedError
    `unsupported.dkga01`, `unsupported.dkga03`, `unsupported.ea09`.
    """

    sgc: str
    krn: int
    method: KeyMethod
    ea: EncryptionAlgorithm
    base_date: BaseDate
    kt: KeyType = KeyType.DUTK
    ken: int = KEN_NEVER
    valid_until: datetime | None = None

    def __post_init__(self) -> None:
        check_method_supported(self.method)
        check_supported(self.ea)
        check_key_attributes(kt=self.kt, sgc=self.sgc, ti="00", krn=self.krn)
        if self.kt == KeyType.DITK:
            raise KeyDataError("key.kt", "A vending key has key type 1, 2 or 3; 0 is the maker's own key.")
        if not 0 <= self.ken <= KEN_NEVER:
            raise KeyDataError("key.ken", f"A key expiry number is 0 to 255, not {self.ken}.")
        if self.method is KeyMethod.DKGA02 and self.ea is not EncryptionAlgorithm.STA:
            raise KeyDataError("key.algorithm", "DKGA02 makes 64-bit decoder keys: they serve EA07 only.")
        if self.valid_until is not None and self.valid_until.utcoffset() != timedelta(0):
            raise KeyDataError("key.valid_until", "The end of a key's validity is an instant in UTC.")


@dataclass(frozen=True, slots=True)
class VendingKey:
    """A vending key of one group and revision: public attributes and the hidden bytes.

    Building one raises KeyDataError `key.length` (8 bytes for DKGA02, 20 for DKGA04) and `key.parity`
    (DKGA02: odd parity in every byte, docs/sts.md §5.3).
    """

    group: GroupKey
    secret: Secret

    def __post_init__(self) -> None:
        _check_length(self.secret, self.group.method)
        if self.group.method is KeyMethod.DKGA02 and not has_odd_parity(self.secret.reveal()):
            raise KeyDataError(
                "key.parity",
                "A DKGA02 key has an odd number of ones in every byte; these components do not make one.",
            )

    @property
    def check_value(self) -> str:
        """Six hex digits by which people compare the key without seeing it."""
        return check_value(self.secret)


@dataclass(frozen=True, slots=True)
class Component:
    """One of the two halves of a key, and the user id of the person who typed it."""

    custodian: str
    secret: Secret

    @property
    def check_value(self) -> str:
        """Six hex digits by which the typist checks his own typing."""
        return check_value(self.secret)


def check_value(secret: Secret) -> str:
    """Return the check value of a key or component: HMAC-SHA-256(key, `KCV`), first 3 bytes, upper hex."""
    return hmac.digest(secret.reveal(), b"KCV", "sha256")[:CHECK_VALUE_BYTES].hex().upper()


def read_component(text: str, method: KeyMethod, *, custodian: str) -> Component:
    """Read a typed component: 16 hex digits for DKGA02, 40 for DKGA04; blanks and dashes are ignored.

    Raises KeyDataError `key.hex`, `key.length` (never quoting what was typed); UnsupportedError
    `unsupported.dkga01`, `unsupported.dkga03`.
    """
    check_method_supported(method)
    try:
        secret = Secret(bytes.fromhex("".join(text.split()).replace("-", "")))
    except ValueError:
        raise KeyDataError("key.hex", "A component is an even number of digits 0-9 and A-F.") from None
    _check_length(secret, method)
    return Component(custodian, secret)


def combine_components(first: Secret, second: Secret) -> Secret:
    """Return the key of two components, their XOR.

    Raises KeyDataError `key.length` (different lengths), `key.components_equal` (the key would be all zeros).
    """
    if len(first) != len(second):
        raise KeyDataError("key.length", f"The components have {len(first)} and {len(second)} bytes.")
    if first == second:
        raise KeyDataError("key.components_equal", "Both components are the same: one was typed twice.")
    return Secret(bytes(a ^ b for a, b in zip(first.reveal(), second.reveal(), strict=True)))


def load_key(
    group: GroupKey,
    first: Component,
    second: Component,
    *,
    expected_check_value: str | None,
    is_single_custodian: bool = False,
) -> VendingKey:
    """Return the vending key two people have typed (docs/formats.md §15).

    `expected_check_value` is the six hex digits that came with the components, None if none came: show the
    result's own then. `is_single_custodian` lets one person type both. Raises VaultError
    `key.same_custodian`; KeyDataError `key.check_value` and those of `combine_components` and `VendingKey`.
    """
    if first.custodian == second.custodian and not is_single_custodian:
        raise VaultError("key.same_custodian", "The two components must be typed by two different people.")
    secret = combine_components(first.secret, second.secret)
    found = check_value(secret)
    if expected_check_value is not None and found != expected_check_value.strip().upper():
        raise KeyDataError(
            "key.check_value",
            f"The check value of this key is {found}, not the expected one: a component is mistyped, or "
            "these components belong to another key.",
        )
    return VendingKey(group, secret)


def _check_length(secret: Secret, method: KeyMethod) -> None:
    length = VENDING_KEY_LENGTHS[method]
    if len(secret) != length:
        raise KeyDataError(
            "key.length", f"A key or component for DKGA{method.value} has {length} bytes, not {len(secret)}."
        )
