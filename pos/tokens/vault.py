"""The port to whatever holds vending keys, and the vault in software that serves it (docs/secrets.md §3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pos.tokens.cipher import BlockCipher, check_supported, cipher_for
from pos.tokens.decoder_key import check_key_attributes, check_method_supported, dkga02, dkga04
from pos.tokens.errors import KeyDataError, UnsupportedError, VaultError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.numbers import parse_pan
from pos.tokens.secret import Secret
from pos.tokens.vending_key import GroupKey, VendingKey


class VaultStatus(StrEnum):
    """Whether a vault can make tokens now."""

    LOCKED = "locked"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterKey:
    """Which decoder key a meter holds (docs/sts.md §0): `pan` 18 digits, `sgc` 6, `ti` 2, `krn` 1-9.

    Building one raises KeyDataError `key.sgc`, `key.ti`, `key.krn`, `key.kt`; NumberError as `parse_pan`;
    UnsupportedError `unsupported.dkga01`, `unsupported.dkga03`, `unsupported.ea09`.
    """

    pan: str
    sgc: str
    ti: str
    krn: int
    method: KeyMethod
    ea: EncryptionAlgorithm
    base_date: BaseDate
    kt: KeyType = KeyType.DUTK

    def __post_init__(self) -> None:
        check_method_supported(self.method)
        check_supported(self.ea)
        check_key_attributes(kt=self.kt, sgc=self.sgc, ti=self.ti, krn=self.krn)
        parse_pan(self.pan)

    @classmethod
    def of_record(
        cls, drn: str, pan: int, *, sgc: str, ti: str, krn: int, method: str, ea: str, base_date: str, kt: int
    ) -> MeterKey:
        """Return the key that a stored record of a meter names; it may know newer forms than this program.

        Raises:
            KeyDataError: `token.data`, no token can be made from this record.
        """
        try:
            return cls(
                pan=f"{pan:018d}",
                sgc=sgc,
                ti=ti,
                krn=krn,
                method=KeyMethod(method),
                ea=EncryptionAlgorithm(ea),
                base_date=BaseDate(base_date),
                kt=KeyType(kt),
            )
        except (KeyDataError, UnsupportedError, ValueError) as error:
            raise KeyDataError(
                "token.data",
                f"The data of meter {drn} do not fit those of a token: have its group, tariff index and "
                "key checked.",
            ) from error


@dataclass(frozen=True, slots=True)
class DecoderKey:
    """A meter's key, hidden, with its attributes; `ken` is its expiry number (docs/sts.md §3)."""

    meter: MeterKey
    ken: int
    secret: Secret

    def cipher(self) -> BlockCipher:
        """Return the cipher of the meter under this key, for the encoders and decoders of `pos.tokens`."""
        return cipher_for(self.meter.ea, self.secret.reveal())


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """What a vault says of a key it holds: public attributes and check value (6 upper hex digits)."""

    group: GroupKey
    check_value: str


class Vault(Protocol):
    """A holder of vending keys: the vault in software, or a security module with the same face."""

    @property
    def status(self) -> VaultStatus:
        """Return whether the vault is open."""
        ...

    def groups(self) -> tuple[KeyDescription, ...]:
        """Return what is held, by group and revision. Raises VaultError `vault.locked`."""
        ...

    def decoder_key(self, meter: MeterKey, *, at: datetime) -> DecoderKey:
        """Return the key for tokens made at `at` (aware).

        Raises VaultError `vault.locked`, `key.unknown_group`, `key.newer_revision`, `key.unknown_revision`,
        `key.algorithm`, `key.base_date`, `key.type`, `key.expired`.
        """
        ...

    def decoder_key_even_expired(self, meter: MeterKey) -> DecoderKey:
        """Return the key, whatever its age: to read tokens, and to encrypt a key change away from it.

        An expired old key may still encrypt a key change (docs/sts.md §3). Raises as `decoder_key` without
        `key.expired`.
        """
        ...


SaveKeys = Callable[[tuple[VendingKey, ...]], None]
"""Stores all keys of a vault after a change; raises to refuse the change."""


@dataclass(frozen=True, slots=True)
class _Opened:
    keys: dict[tuple[str, int], VendingKey]
    save: SaveKeys


class SoftwareVault:
    """Vending keys in memory while open, and nothing while locked; starts locked.

    Every change is given to the `save` of `unlock` first and taken over only when that returns. Each change
    replaces the whole table, so a reader on another thread sees the state before or after it; changes
    themselves come from one thread at a time.
    """

    __slots__ = ("_opened",)

    def __init__(self) -> None:
        self._opened: _Opened | None = None

    def __repr__(self) -> str:
        return f"SoftwareVault({self.status.value})"

    @property
    def status(self) -> VaultStatus:
        """Return whether the vault is open."""
        return VaultStatus.LOCKED if self._opened is None else VaultStatus.OPEN

    def unlock(self, keys: Iterable[VendingKey], save: SaveKeys) -> None:
        """Open with `keys`; `save` is called with all keys at every change."""
        self._opened = _Opened({_place(key.group): key for key in keys}, save)

    def lock(self) -> None:
        """Forget every key. Locking a locked vault changes nothing."""
        self._opened = None

    def groups(self) -> tuple[KeyDescription, ...]:
        """Return what is held, by group and revision. Raises VaultError `vault.locked`."""
        keys = self._held().keys
        return tuple(KeyDescription(keys[place].group, keys[place].check_value) for place in sorted(keys))

    def add(self, key: VendingKey) -> None:
        """Add a key. Raises VaultError `vault.locked`, `key.exists` (remove the other first)."""
        if _place(key.group) in self._held().keys:
            raise VaultError(
                "key.exists",
                f"Revision {key.group.krn} of group {key.group.sgc} is already loaded: remove it first.",
            )
        self._replace(self._held().keys | {_place(key.group): key})

    def retire(self, sgc: str, krn: int, *, at: datetime) -> None:
        """End a key at `at` (aware, UTC): no more credit, but reading and key change still work.

        Raises VaultError `vault.locked`, `key.unknown_group`, `key.unknown_revision`, `key.newer_revision`;
        KeyDataError `key.valid_until`.
        """
        key = self._find(sgc, krn)
        retired = replace(key, group=replace(key.group, valid_until=at))
        self._replace(self._held().keys | {(sgc, krn): retired})

    def remove(self, sgc: str, krn: int) -> None:
        """Forget a key for good. Raises as `retire`, without `key.valid_until`."""
        self._find(sgc, krn)
        self._replace({place: key for place, key in self._held().keys.items() if place != (sgc, krn)})

    def decoder_key(self, meter: MeterKey, *, at: datetime) -> DecoderKey:
        """Return the key for tokens made at `at` (aware); errors as `Vault.decoder_key`."""
        key = self._find_for(meter)
        end = key.group.valid_until
        if end is not None and at > end:
            raise VaultError(
                "key.expired",
                f"The key of group {meter.sgc}, revision {meter.krn}, ended {end:%Y-%m-%d %H:%M} UTC.",
            )
        return _derive(key, meter)

    def decoder_key_even_expired(self, meter: MeterKey) -> DecoderKey:
        """Return the key, whatever its age; errors as `Vault.decoder_key_even_expired`."""
        return _derive(self._find_for(meter), meter)

    def _held(self) -> _Opened:
        if self._opened is None:
            raise VaultError("vault.locked", "The vault is locked: open it with the till's opening phrase.")
        return self._opened

    def _replace(self, keys: dict[tuple[str, int], VendingKey]) -> None:
        before = self._held()
        before.save(tuple(keys.values()))
        if self._opened is before:  # else the vault was locked meanwhile, and stays so
            self._opened = _Opened(keys, before.save)

    def _find(self, sgc: str, krn: int) -> VendingKey:
        keys = self._held().keys
        if (sgc, krn) in keys:
            return keys[sgc, krn]
        held = [revision for group, revision in keys if group == sgc]
        if not held:
            raise VaultError(
                "key.unknown_group", f"No vending key of supply group {sgc} is loaded on this till."
            )
        if krn > max(held):
            raise VaultError(
                "key.newer_revision",
                f"The meter asks for revision {krn} of the key of {sgc}; the newest loaded is {max(held)}.",
            )
        raise VaultError(
            "key.unknown_revision",
            f"Revision {krn} of the key of {sgc} is not loaded; loaded: {', '.join(map(str, sorted(held)))}.",
        )

    def _find_for(self, meter: MeterKey) -> VendingKey:
        key = self._find(meter.sgc, meter.krn)
        _check_fits(key.group, meter)
        return key


def _place(group: GroupKey) -> tuple[str, int]:
    return group.sgc, group.krn


def _check_fits(group: GroupKey, meter: MeterKey) -> None:
    """A key used with other attributes than its own gives a token that the meter refuses."""
    if (group.method, group.ea) != (meter.method, meter.ea):
        raise VaultError(
            "key.algorithm",
            f"The key of group {group.sgc} is for DKGA{group.method.value} with EA{group.ea.value}; "
            f"the meter is recorded with DKGA{meter.method.value} and EA{meter.ea.value}.",
        )
    if group.base_date != meter.base_date:
        raise VaultError(
            "key.base_date",
            f"The key of group {group.sgc}, revision {group.krn}, counts from {group.base_date.year}; the "
            f"meter is recorded with {meter.base_date.year}.",
        )
    if group.kt != meter.kt:
        raise VaultError(
            "key.type",
            f"The key of group {group.sgc} has type {group.kt:d}; the meter is recorded with {meter.kt:d}.",
        )


def _derive(key: VendingKey, meter: MeterKey) -> DecoderKey:
    vk = key.secret.reveal()
    if meter.method is KeyMethod.DKGA02:
        dk = dkga02(vk, pan=meter.pan, kt=meter.kt, sgc=meter.sgc, ti=meter.ti, krn=meter.krn)
    else:
        dk = dkga04(
            vk,
            base_date=meter.base_date,
            ea=meter.ea,
            pan=meter.pan,
            kt=meter.kt,
            sgc=meter.sgc,
            ti=meter.ti,
            krn=meter.krn,
        )
    return DecoderKey(meter, key.group.ken, Secret(dk))
