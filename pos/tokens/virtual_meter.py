"""A meter in software: judges every token the way a real decoder does (docs/sts.md §3, §6)."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.decode import DecodedToken, FieldValue, decode_token
from pos.tokens.errors import TokenDataError
from pos.tokens.key_change import KeyAttributes
from pos.tokens.management import FLAG_INDEX, REGISTERS
from pos.tokens.names import (
    ALL_REGISTERS,
    KEY_CHANGE_SECTIONS,
    EncryptionAlgorithm,
    KeyType,
    Management,
    Service,
    TokenClass,
)
from pos.tokens.numbers import Drn


class ResultCode(IntEnum):
    """What a meter answers (docs/sts.md §3); 17 and 18 are ours: third and fourth key change token."""

    ACCEPT = 1
    FIRST_KCT = 2
    SECOND_KCT = 3
    OVERFLOW = 4
    KEY_TYPE = 5
    FORMAT = 6
    RANGE = 7
    FUNCTION = 8
    OLD = 9
    USED = 10
    KEY_EXPIRED = 11
    DDTK = 12
    CRC = 13
    MFR_CODE = 14
    LOCKOUT = 15
    NOT_READY = 16
    THIRD_KCT = 17
    FOURTH_KCT = 18


_SECTION_RESULTS = {
    1: ResultCode.FIRST_KCT,
    2: ResultCode.SECOND_KCT,
    3: ResultCode.THIRD_KCT,
    4: ResultCode.FOURTH_KCT,
}

_NO_TID = -1
"""Fills an emptied store: below TID 0, which is a good one."""

# docs/sts.md §6: which key type may load which.
_KEY_TYPE_CHANGES = {
    KeyType.DITK: frozenset(KeyType),
    KeyType.DDTK: frozenset({KeyType.DDTK, KeyType.DUTK, KeyType.DCTK}),
    KeyType.DUTK: frozenset({KeyType.DUTK, KeyType.DDTK}),
    KeyType.DCTK: frozenset({KeyType.DDTK, KeyType.DCTK}),
}


@dataclass(frozen=True, slots=True)
class MeterMake:
    """What a type of meter can do; the defaults are a generous modern one.

    `register_max` is in tenths, `currency_register_max` in steps of 0.00001; `lockout_after` wrong entries in
    a row lock the keypad (0: never).
    """

    services: frozenset[Service] = frozenset(Service)
    tid_store_size: int = 50
    register_max: int = 99_999_999
    currency_register_max: int = 10**15
    power_limit_max_watts: int = 18_201_624
    has_expiry: bool = True
    lockout_after: int = 0

    def __post_init__(self) -> None:
        if self.tid_store_size < 1:
            raise ValueError("a TID store has at least one place")


@dataclass(frozen=True, slots=True)
class Entry:
    """The meter's answer to one entered token, and what it read, if it could read it."""

    result: ResultCode
    token: DecodedToken | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the token did its work (a part of a key change counts only when the set is whole)."""
        return self.result is ResultCode.ACCEPT


class TidStore:
    """The meter's memory of used TIDs: a fixed number of values, the smallest given up first (docs/sts.md
    §3).
    """

    __slots__ = ("_heap", "_known")

    def __init__(self, size: int, filled_with: int) -> None:
        self._heap = [filled_with] * size
        self._known = {filled_with}

    @property
    def smallest(self) -> int:
        """The oldest value remembered; anything below is too old to judge."""
        return self._heap[0]

    def __contains__(self, tid: int) -> bool:
        return tid in self._known

    def add(self, tid: int) -> None:
        """Remember `tid` in place of the smallest value."""
        given_up = heapq.heapreplace(self._heap, tid)
        self._known.add(tid)
        if self._heap[0] != given_up:
            self._known.discard(given_up)

    def clear(self) -> None:
        """Forget everything, as a rollover asks: every TID from 0 on is new again."""
        self._heap = [_NO_TID] * len(self._heap)
        self._known = {_NO_TID}


class VirtualMeter:
    """One meter: enter tokens, read its registers.

    `registers` are numbered as in the standard: 0-3 by service in tenths, 4-7 the same in steps of 0.00001
    currency.
    """

    def __init__(
        self,
        drn: Drn,
        cipher: BlockCipher,
        key: KeyAttributes,
        *,
        make: MeterMake | None = None,
        manufactured_tid: int = 0,
    ) -> None:
        self.drn = drn
        self.key = key
        self.make = make or MeterMake()
        self.registers = dict.fromkeys(sorted(REGISTERS - {ALL_REGISTERS}), 0)
        self.power_limit_watts: int | None = None
        self.phase_unbalance_limit_watts: int | None = None
        self.tariff_rate = 0
        self.water_factor = 0
        self.extended: dict[int, int] = {}
        self.flags: dict[int, bool] = {}
        self.is_tampered = False
        self.is_ready = True
        self._cipher = cipher
        self._tids = TidStore(self.make.tid_store_size, manufactured_tid)
        self._sections: dict[int, Mapping[str, FieldValue]] = {}
        self._wrong_entries = 0

    def enter(self, text: str) -> Entry:
        """Judge 20 digits as a keypad entry: never raises, whatever is typed."""
        if not self.is_ready:
            return Entry(ResultCode.NOT_READY)
        if self.make.lockout_after and self._wrong_entries >= self.make.lockout_after:
            return Entry(ResultCode.LOCKOUT)
        try:
            token = decode_token(text, self._cipher)
        except TokenDataError as error:
            self._wrong_entries += 1
            return Entry(ResultCode.CRC if error.code == "token.crc" else ResultCode.FORMAT)
        self._wrong_entries = 0
        return Entry(self._judge(token), token)

    def end_lockout(self) -> None:
        """What time does on a real meter: the keypad takes entries again."""
        self._wrong_entries = 0

    def forget_key_change(self) -> None:
        """What time does on a real meter: a half-entered key change set is dropped."""
        self._sections.clear()

    def _judge(self, token: DecodedToken) -> ResultCode:
        if token.token_class is TokenClass.DISPLAY:
            return self._show(token)
        if token.token_class is TokenClass.MANAGEMENT and token.subclass in KEY_CHANGE_SECTIONS:
            return self._collect(token)
        return self._refusal(token) or self._act(token)

    def _refusal(self, token: DecodedToken) -> ResultCode | None:
        """The checks of docs/sts.md §3 in their order, steps 2 to 5."""
        if token.token_class is TokenClass.CREDIT and self.key.kt == KeyType.DDTK:
            return ResultCode.DDTK
        if token.tid is None:
            return ResultCode.FUNCTION
        if self.make.has_expiry and token.tid >> 16 > self.key.ken:
            return ResultCode.KEY_EXPIRED
        if token.tid in self._tids:
            return ResultCode.USED
        if token.tid < self._tids.smallest:
            return ResultCode.OLD
        return None

    def _act(self, token: DecodedToken) -> ResultCode:
        assert token.tid is not None
        result = self._credit(token) if token.token_class is TokenClass.CREDIT else self._manage(token)
        if result is ResultCode.ACCEPT:
            self._tids.add(token.tid)
        return result

    def _credit(self, token: DecodedToken) -> ResultCode:
        if Service(token.subclass & 3) not in self.make.services:
            return ResultCode.FUNCTION
        if token.subclass <= 3:
            credit, limit = _number(token, "units"), self.make.register_max
        else:
            credit, limit = _number(token, "amount_steps"), self.make.currency_register_max
        if abs(self.registers[token.subclass] + credit) > limit:
            return ResultCode.OVERFLOW
        self.registers[token.subclass] += credit
        return ResultCode.ACCEPT

    def _manage(self, token: DecodedToken) -> ResultCode:
        kind, value = Management(token.subclass), _number(token, "value")
        if kind is Management.SET_MAXIMUM_POWER_LIMIT:
            if value > self.make.power_limit_max_watts:
                return ResultCode.RANGE
            self.power_limit_watts = value
        elif kind is Management.SET_MAXIMUM_PHASE_POWER_UNBALANCE_LIMIT:
            if value > self.make.power_limit_max_watts:
                return ResultCode.RANGE
            self.phase_unbalance_limit_watts = value
        elif kind is Management.CLEAR_CREDIT:
            return self._clear_credit(value)
        elif kind is Management.SET_TARIFF_RATE:
            self.tariff_rate = value
        elif kind is Management.CLEAR_TAMPER_CONDITION:
            self.is_tampered = False
        elif kind is Management.SET_WATER_METER_FACTOR:
            return self._set_water_factor(value)
        else:
            self._set_extended(token)
        return ResultCode.ACCEPT

    def _clear_credit(self, register: int) -> ResultCode:
        if register not in REGISTERS:
            return ResultCode.RANGE
        if register == ALL_REGISTERS:
            self.registers = dict.fromkeys(self.registers, 0)
            return ResultCode.ACCEPT
        if Service(register & 3) not in self.make.services:
            return ResultCode.FUNCTION
        self.registers[register] = 0
        return ResultCode.ACCEPT

    def _set_water_factor(self, factor: int) -> ResultCode:
        if Service.WATER not in self.make.services:
            return ResultCode.FUNCTION
        self.water_factor = factor
        return ResultCode.ACCEPT

    def _set_extended(self, token: DecodedToken) -> None:
        index = _number(token, "index")
        if index == FLAG_INDEX:
            self.flags[_number(token, "flag")] = _number(token, "flag_value") == 1
        else:
            self.extended[index] = _number(token, "control")

    def _show(self, token: DecodedToken) -> ResultCode:
        make = token.fields.get("mfr_code")
        if make is None:
            return ResultCode.FUNCTION
        # Code 00 is for every make (docs/sts.md §2.2).
        return ResultCode.ACCEPT if make in (0, int(self.drn.manufacturer)) else ResultCode.MFR_CODE

    def _collect(self, token: DecodedToken) -> ResultCode:
        """Keep a part of a key change; when the set is whole, check the key type and take the new key."""
        section = _number(token, "section")
        if section == 4 and self._cipher.ea is EncryptionAlgorithm.STA:
            return ResultCode.FUNCTION
        if token.fields.get("pad"):
            return ResultCode.FORMAT
        self._sections[section] = token.fields
        if not self._is_set_whole():
            return _SECTION_RESULTS[section]
        sections, self._sections = self._sections, {}
        return self._take_key(sections)

    def _is_set_whole(self) -> bool:
        if self._cipher.ea is EncryptionAlgorithm.MISTY1:
            return len(self._sections) == 4
        if not {1, 2} <= self._sections.keys():
            return False
        return 3 in self._sections or not self._sections[1]["three_kct"]

    def _take_key(self, sections: Mapping[int, Mapping[str, FieldValue]]) -> ResultCode:
        first, second = sections[1], sections[2]
        supply_group = self._new_supply_group(sections)
        if not 1 <= _value(first, "krn") <= 9 or _value(second, "ti") > 99 or len(supply_group) > 6:
            return ResultCode.RANGE
        new_type = KeyType(_value(first, "kt"))
        if new_type not in _KEY_TYPE_CHANGES[KeyType(self.key.kt)]:
            return ResultCode.KEY_TYPE
        self._cipher = cipher_for(self._cipher.ea, self._new_key(sections))
        self.key = KeyAttributes(
            sgc=supply_group,
            ti=f"{_value(second, 'ti'):02d}",
            krn=_value(first, "krn"),
            kt=new_type,
            ken=_value(first, "ken_ho") << 4 | _value(second, "ken_lo"),
        )
        if first["ro"]:
            self._tids.clear()
        return ResultCode.ACCEPT

    def _new_key(self, sections: Mapping[int, Mapping[str, FieldValue]]) -> bytes:
        order = (1, 2) if self._cipher.ea is EncryptionAlgorithm.STA else (1, 3, 4, 2)
        return bytes.fromhex("".join(str(sections[section]["key_part_hex"]) for section in order))

    def _new_supply_group(self, sections: Mapping[int, Mapping[str, FieldValue]]) -> str:
        if self._cipher.ea is EncryptionAlgorithm.MISTY1:
            return f"{_value(sections[4], 'sgc_part') << 12 | _value(sections[3], 'sgc_part'):06d}"
        if sections[1]["three_kct"]:
            return str(sections[3]["sgc"])
        return self.key.sgc


def _number(token: DecodedToken, name: str) -> int:
    return _value(token.fields, name)


def _value(fields: Mapping[str, FieldValue], name: str) -> int:
    value = fields[name]
    assert isinstance(value, int)
    return value
