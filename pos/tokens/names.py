"""The standard's small closed sets: algorithms, key types, classes, sub-classes (docs/sts.md §0, §2)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class EncryptionAlgorithm(StrEnum):
    """EA code of a meter (docs/sts.md §0): how its tokens are encrypted."""

    STA = "07"
    DEA = "09"
    MISTY1 = "11"


class KeyMethod(StrEnum):
    """DKGA code (docs/sts.md §5): how a decoder key is derived from a vending key."""

    DKGA01 = "01"
    DKGA02 = "02"
    DKGA03 = "03"
    DKGA04 = "04"


class BaseDate(StrEnum):
    """BDT code (docs/sts.md §0): the 1 January 00:00 from which a group counts its minutes."""

    Y1993 = "93"
    Y2014 = "14"
    Y2035 = "35"

    @property
    def year(self) -> int:
        """The calendar year of the base date."""
        return int("20" + self.value) if self.value < "50" else int("19" + self.value)


class KeyType(IntEnum):
    """KT (docs/sts.md §0): what a decoder key may be used for."""

    DITK = 0
    DDTK = 1
    DUTK = 2
    DCTK = 3


class TokenClass(IntEnum):
    """The two class bits (docs/sts.md §2); 3 is reserved and never a token."""

    CREDIT = 0
    DISPLAY = 1
    MANAGEMENT = 2


class Service(IntEnum):
    """What a meter measures; credit sub-class = service, or service + 4 in currency (docs/sts.md §2.1)."""

    ELECTRICITY = 0
    WATER = 1
    GAS = 2
    TIME = 3


class Management(IntEnum):
    """Sub-classes of class 2 (docs/sts.md §2.3)."""

    SET_MAXIMUM_POWER_LIMIT = 0
    CLEAR_CREDIT = 1
    SET_TARIFF_RATE = 2
    SET_1ST_SECTION_DECODER_KEY = 3
    SET_2ND_SECTION_DECODER_KEY = 4
    CLEAR_TAMPER_CONDITION = 5
    SET_MAXIMUM_PHASE_POWER_UNBALANCE_LIMIT = 6
    SET_WATER_METER_FACTOR = 7
    SET_3RD_SECTION_DECODER_KEY = 8
    SET_4TH_SECTION_DECODER_KEY = 9
    EXTENDED_TOKEN_SET = 10


MANAGEMENT_SUBCLASSES = frozenset(Management)
"""For asking whether a number is a defined sub-class: before Python 3.12 an enum class cannot be asked."""

KEY_CHANGE_SECTIONS = {
    Management.SET_1ST_SECTION_DECODER_KEY: 1,
    Management.SET_2ND_SECTION_DECODER_KEY: 2,
    Management.SET_3RD_SECTION_DECODER_KEY: 3,
    Management.SET_4TH_SECTION_DECODER_KEY: 4,
}

ALL_REGISTERS = 0xFFFF
"""The register number that clears every credit register at once (docs/sts.md §2.3)."""

SERVICE_UNITS = {
    Service.ELECTRICITY: "kWh",
    Service.WATER: "m³",
    Service.GAS: "m³",
    Service.TIME: "min",
}

TEST_NAMES = {
    0: "all supported tests",
    1: "load switch",
    2: "information display and output devices",
    3: "cumulative usage register",
    4: "key revision number",
    5: "tariff index",
    6: "token reader or keypad",
    7: "maximum power limit",
    8: "tamper status",
    9: "power consumption",
    10: "software version",
    11: "phase power unbalance limit",
    12: "water meter factor",
    13: "tariff rate",
    14: "encryption algorithm",
    15: "number of key change tokens supported",
    16: "supply group code",
    17: "key expiry number",
    18: "meter number",
}
"""Test numbers of class 1 tokens (docs/sts.md §2.2; names above 13 are not confirmed there)."""


def standard_name(token_class: TokenClass, subclass: int) -> str | None:
    """Return the token's name as the standard spells it, such as `TransferCredit`; None where it has none."""
    if token_class is TokenClass.CREDIT and subclass <= 7:
        return "TransferCredit"
    if token_class is TokenClass.DISPLAY and subclass <= 1:
        return "InitiateMeterTest"
    if token_class is TokenClass.MANAGEMENT and subclass in MANAGEMENT_SUBCLASSES:
        return "".join(word.capitalize() for word in Management(subclass).name.split("_"))
    return None
