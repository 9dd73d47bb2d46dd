"""What keys do: every act that has a key, its usual key, and the keys a shop has chosen instead."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum


class Act(StrEnum):
    """Something a key does. The words are stored with a shop's own keys and never change."""

    HELP = "help"
    FIND = "find"
    TRIAL = "trial"
    RECENT = "recent"
    PLACE_5 = "place_5"
    PLACE_6 = "place_6"
    PLACE_7 = "place_7"
    MAIN = "main"
    REPRINT = "reprint"
    HOLD = "hold"
    CASH = "cash"
    LOCK = "lock"
    TENDER_1 = "tender_1"
    TENDER_2 = "tender_2"
    TENDER_3 = "tender_3"
    TENDER_4 = "tender_4"
    TENDER_5 = "tender_5"
    ADD_PART = "add_part"
    READY = "ready"
    STOP_WAITING = "stop_waiting"
    ARREARS = "arrears"
    CHECK_TOKEN = "check_token"  # noqa: S105 - an act, not a password
    OTHER_METER = "other_meter"
    EXPORT = "export"
    COPY = "copy"
    EDIT = "edit"
    CHART_TABLE = "chart_table"
    REFRESH = "refresh"
    NOTICES = "notices"


USUAL_KEYS: Mapping[Act, str] = {
    Act.HELP: "F1",
    Act.FIND: "F2",
    Act.TRIAL: "F3",
    Act.RECENT: "F4",
    Act.PLACE_5: "F5",
    Act.PLACE_6: "F6",
    Act.PLACE_7: "F7",
    Act.MAIN: "F8",
    Act.REPRINT: "F9",
    Act.HOLD: "F10",
    Act.CASH: "F11",
    Act.LOCK: "F12",
    Act.TENDER_1: "Ctrl+1",
    Act.TENDER_2: "Ctrl+2",
    Act.TENDER_3: "Ctrl+3",
    Act.TENDER_4: "Ctrl+4",
    Act.TENDER_5: "Ctrl+5",
    Act.ADD_PART: "Ctrl++",
    Act.READY: "Ctrl+J",
    Act.STOP_WAITING: "Ctrl+Del",
    Act.ARREARS: "Ctrl+D",
    Act.CHECK_TOKEN: "Ctrl+T",
    Act.OTHER_METER: "Ctrl+M",
    Act.EXPORT: "Ctrl+E",
    Act.COPY: "Ctrl+C",
    Act.EDIT: "Ctrl+I",
    Act.CHART_TABLE: "Ctrl+Shift+T",
    Act.REFRESH: "Ctrl+R",
    Act.NOTICES: "Ctrl+B",
}

BAR_ACTS = (
    Act.HELP,
    Act.FIND,
    Act.TRIAL,
    Act.RECENT,
    Act.PLACE_5,
    Act.PLACE_6,
    Act.PLACE_7,
    Act.MAIN,
    Act.REPRINT,
    Act.HOLD,
    Act.CASH,
    Act.LOCK,
)
"""The twelve places of the bar, from left to right; a place never moves."""


class KeyMapError(ValueError):
    """Keys that cannot be: an act nobody knows, or one key for two acts."""


class KeyMap:
    """Which key does what in this shop."""

    def __init__(self, chosen: Mapping[Act, str] | None = None) -> None:
        """Take the usual keys, with `chosen` ones instead. Raises KeyMapError."""
        self._keys = {**USUAL_KEYS, **(chosen or {})}
        self._acts: dict[str, Act] = {}
        for act, key in self._keys.items():
            if key in self._acts:
                raise KeyMapError(f"{key} cannot do two things: {self._acts[key]} and {act}.")
            self._acts[key] = act

    def key_of(self, act: Act) -> str:
        """Return the key of an act, such as `Ctrl+E`."""
        return self._keys[act]

    def cap_of(self, act: Act) -> str:
        """Return what stands on the key cap of an act: `Ctrl E`, `Ctrl +`."""
        return cap_text(self._keys[act])

    def act_of(self, key: str) -> Act | None:
        """Return what a key does, None for one that does nothing here."""
        return self._acts.get(key)

    def to_text(self) -> str:
        """Return the keys that are not the usual ones as the setting stores them."""
        own = {act.value: key for act, key in self._keys.items() if USUAL_KEYS[act] != key}
        return json.dumps(own, sort_keys=True) if own else ""


def cap_text(key: str) -> str:
    """Return what stands on the cap of a key: `Ctrl E` for `Ctrl+E`, `Ctrl +` for `Ctrl++`."""
    return re.sub(r"\+(?=.)", " ", key)


def read_keymap(text: str) -> KeyMap:
    """Read the setting. Raises KeyMapError for anything it could not have written."""
    if not text:
        return KeyMap()
    try:
        own = json.loads(text)
        return KeyMap({Act(act): str(key) for act, key in own.items()})
    except (ValueError, AttributeError) as error:
        raise KeyMapError(str(error)) from None
