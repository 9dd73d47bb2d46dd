"""The words for what people did to a meter at head office."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pos.i18n.wording import Wording
from pos.services.office_events import OfficeChange, OfficeEvent
from pos.ui.screens.meters.words import status_word

FIELD_WORDS = {
    "status": "Status",
    "block_reason": "Why it is blocked",
    "tariff_code": "Tariff",
    "arrears_minor": "Old debt (arrears)",
    "sgc": "Supply group",
    "account_number": "Account",
    "site": "Site",
    "building": "Building",
    "department": "Department",
    "note": "Note",
}
"""What is shown with both values; of other fields only that they were changed."""

OTHER_WORDS = {
    "customer_id": "Another customer",
    "institution_id": "Another institution",
    "home_till": "Another home till",
    "duplicate": "A duplicate was merged into it",
    "merged_into": "It was merged into another meter",
}


def event_lines(events: tuple[OfficeEvent, ...], wording: Wording) -> Iterator[tuple[str, str]]:
    """Yield for each event when and who, and what and why."""
    for event in events:
        what = list(dict.fromkeys(_change(one, wording) for one in event.changes))
        if event.reason:
            what.append(wording.say("Why: {reason}", reason=event.reason))
        yield f"{wording.day_time(event.at)} · {event.who}", "\n".join(what)


def _change(change: OfficeChange, wording: Wording) -> str:
    if change.field in OTHER_WORDS:
        return wording.say(OTHER_WORDS[change.field])
    if change.field not in FIELD_WORDS:
        return wording.say("Data of its key")
    old, new = (_value(change.field, value, wording) for value in (change.old, change.new))
    return wording.say(
        "{what}: {new}, before {old}", what=wording.say(FIELD_WORDS[change.field]), old=old, new=new
    )


def _value(field: str, value: object, wording: Wording) -> str:
    shown: dict[str, Callable[[], str]] = {
        "status": lambda: status_word(str(value), wording),
        "arrears_minor": lambda: wording.money(int(str(value))),
    }
    if value in (None, ""):
        return "–"
    return shown[field]() if field in shown else str(value)
