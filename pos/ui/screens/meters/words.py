"""Words of the meter screens: numbers in groups, states, units, key attributes."""

from __future__ import annotations

from collections.abc import Callable

from pos.errors import KilotillError
from pos.i18n.error_texts import explain_error
from pos.i18n.wording import Wording
from pos.services.meters import MeterDetail, MeterRow
from pos.ui.refusal_words import plain_sentence

_GROUPS = {11: (4, 4, 3), 13: (4, 4, 5), 18: (4, 4, 4, 6)}
WATER = 1
GAS = 2
TIME = 3


def spaced(drn: str) -> str:
    """Write a meter number in groups: `0142 0998 716`."""
    groups, at = [], 0
    for length in _GROUPS.get(len(drn), (len(drn),)):
        groups.append(drn[at : at + length])
        at += length
    return " ".join(groups)


def spaced_group(sgc: str) -> str:
    """Write a supply group: `600 713`."""
    return f"{sgc[:3]} {sgc[3:]}" if len(sgc) == 6 else sgc


def plain_digits(text: str) -> str:
    """Return a typed or scanned number without what stands between its digits."""
    return "".join(text.replace("-", " ").split())


def unit_of_service(service: int) -> str:
    """Return the unit of what a meter measures."""
    return {WATER: "m\u00b3", GAS: "m\u00b3", TIME: "h"}.get(service, "kWh")


def status_word(status: str, wording: Wording) -> str:
    """Return a status as a person reads it."""
    say = wording.say
    words: dict[str, Callable[[], str]] = {
        "active": lambda: say("Active"),
        "inactive": lambda: say("Inactive"),
        "suspended": lambda: say("Suspended"),
        "blocked": lambda: say("Blocked"),
    }
    return words[status]() if status in words else status


def status_tone(status: str) -> str:
    """Return the tone of a status's badge."""
    return {"active": "ok", "blocked": "bad", "suspended": "warn"}.get(status, "neutral")


def service_word(service: int, wording: Wording) -> str:
    """Return what a meter measures."""
    say = wording.say
    return (say("Electricity"), say("Water"), say("Gas"), say("Time"))[service]


def owner_name(row: MeterRow, wording: Wording) -> str:
    """Return the name of the owner, or that there is none."""
    return row.name or wording.say("No owner")


def place_of_meter(row: MeterRow) -> str:
    """Return where the meter is, in one line."""
    parts = [row.area or "", row.address or ""]
    if row.institution:
        parts.insert(0, row.institution)
    return " · ".join(part for part in parts if part)


def key_type_word(kt: int, wording: Wording) -> str:
    """Return the name of an STS key type."""
    say = wording.say
    words = (say("Initialisation"), say("Default"), say("Unique"), say("Common"))
    return f"{kt}, {words[kt]}" if 0 <= kt < len(words) else str(kt)


def algorithm_word(detail: MeterDetail, wording: Wording) -> str:
    """Return algorithm and key method as technicians call them."""
    name = {"07": "STA", "11": "MISTY1"}.get(detail.algorithm, "")
    return wording.say(
        "{algorithm} {name}, key method {method}",
        algorithm=detail.algorithm,
        name=name,
        method=detail.key_method,
    )


def sentence(error: BaseException, wording: Wording) -> str:
    """Return what an error says, for a line in a form."""
    if not isinstance(error, KilotillError):
        return wording.say("Something went wrong here. Nothing was changed.")
    explained = explain_error(error.code, wording.language)
    # Of a longer text the head says what is wrong; the rest is about a sale.
    return (
        plain_sentence(error, wording) if explained is None else explained.sentence.partition(". ")[0] + "."
    )


def tender_word(code: str, wording: Wording) -> str:
    """Return a way to pay; providers are called by their own names."""
    names = {"mtn_momo": "MTN MoMo", "airtel_money": "Airtel Money"}
    if code == "cash":
        return wording.say("Cash")
    return names.get(code, code.replace("_", " ").capitalize())
