"""The values of the status strip from what the till says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from pos.domain.permissions import Actor, Role
from pos.services.till_status import LastBackup, TillsSeen, TillStatus
from pos.ui.look import Look
from pos.ui.role_words import ROLE_WORDS
from pos.ui.widgets.status_strip import StripItem

UNSENT_LATE = timedelta(minutes=10)
"""How long entries may wait for head office before the strip says so."""


_AT_THE_COUNTER = frozenset({Role.CASHIER, Role.SUPERVISOR})


def strip_items(
    status: TillStatus, actor: Actor, look: Look, now: datetime
) -> tuple[StripItem, tuple[StripItem, ...]]:
    """Return the till at the left and the values at the right."""
    say = look.say
    place = StripItem("till", say("Till"), f"{status.till_code} {status.sales_point}")
    items = [StripItem("cashier", say(ROLE_WORDS[actor.role]), actor.name)]
    if not status.has_office or actor.role in _AT_THE_COUNTER or status.shift_number is not None:
        items += [_shift(status, look, now), _drawer(status, look)]
    if status.has_office and actor.role is Role.ADMINISTRATOR and status.shift_number is None:
        return place, (*items, *_of_the_office(status, look, now))
    if status.has_office and actor.role not in _AT_THE_COUNTER:
        items.append(_office(status, look, now))
    if status.envelope_left_minor is not None:
        share = status.envelope_left_minor / max(1, status.envelope_whole_minor)
        value = look.wording.money(max(0, status.envelope_left_minor))
        items.append(StripItem("envelope", say("Envelope left"), value, share=share))
    items += [_unsent(status, look, now), _printer(status, look), _clock(status, look, now)]
    return place, tuple(items)


def _of_the_office(status: TillStatus, look: Look, now: datetime) -> Iterator[StripItem]:
    """For an administrator who sells nothing here: the other tills, and what would be lost with this one."""
    if status.tills is not None:
        yield _tills(status.tills, look)
    yield from (_office(status, look, now), _unsent(status, look, now))
    if status.backup is not None:
        yield _backup(status.backup, look, now)
    yield _clock(status, look, now)


def _tills(tills: TillsSeen, look: Look) -> StripItem:
    value = look.say("{seen} of {all} seen today", seen=tills.seen, all=tills.enrolled)
    return StripItem("tills", look.say("Tills"), value, "ok" if tills.seen >= tills.enrolled else "warn")


def _backup(backup: LastBackup, look: Look, now: datetime) -> StripItem:
    """Each back-up is read back and opened before it counts as made."""
    say, wording = look.say, look.wording
    caption = say("Back-up")
    if backup.at is None or backup.fresh_until is None:
        return StripItem("backup", caption, say("None"), "bad")
    is_of_today = wording.day(backup.at) == wording.day(now)
    when = wording.time(backup.at) if is_of_today else wording.day_time(backup.at)
    value = say("{time}, checked", time=when)
    return StripItem("backup", caption, value, "warn" if now > backup.fresh_until else "ok")


def _drawer(status: TillStatus, look: Look) -> StripItem:
    value = look.say("Open") if status.is_drawer_open else look.say("Closed")
    return StripItem("drawer", look.say("Drawer"), value, "warn" if status.is_drawer_open else "ok")


def _office(status: TillStatus, look: Look, now: datetime) -> StripItem:
    """For whom does not stand at the counter: how long ago head office was reached."""
    say = look.say
    caption = say("Head office")
    if status.office != "enrolled":
        return StripItem(
            "office", caption, say("Revoked") if status.office == "revoked" else say("Copy"), "bad"
        )
    if status.synced_at is None:
        return StripItem("office", caption, say("Not yet"), "off")
    age = now - status.synced_at
    value = look.wording.age(_seconds(age))
    return StripItem("office", caption, value, "warn" if age > UNSENT_LATE else "ok")


def _shift(status: TillStatus, look: Look, now: datetime) -> StripItem:
    if status.shift_number is None or status.shift_opened_at is None:
        return StripItem("shift", look.say("Shift"), look.say("Not open"), "off")
    length = look.wording.age(_seconds(now - status.shift_opened_at))
    return StripItem("shift", look.say("Shift"), f"{status.shift_number} · {length}")


def _unsent(status: TillStatus, look: Look, now: datetime) -> StripItem:
    if not status.unsent or status.unsent_since is None:
        return StripItem("unsent", look.say("Unsent"), "0", "ok")
    age = now - status.unsent_since
    value = f"{look.wording.count(status.unsent)} · {look.wording.age(_seconds(age))}"
    # A till that stands alone never sends: its lines are not late.
    is_late = status.has_office and age > UNSENT_LATE
    return StripItem("unsent", look.say("Unsent"), value, "warn" if is_late else "off")


def _printer(status: TillStatus, look: Look) -> StripItem:
    say = look.say
    caption = say("Printer")
    if not status.printer:
        return StripItem("printer", caption, say("None"), "off")
    if status.jobs_unknown:
        return StripItem("printer", caption, say("Look at paper"), "warn")
    if status.printer_error:
        names = {
            "printer.paper_out": say("Paper out"),
            "printer.cover_open": say("Cover open"),
        }
        return StripItem("printer", caption, names.get(status.printer_error, say("Not there")), "bad")
    if status.jobs_waiting:
        return StripItem("printer", caption, say("Printing"), "ok")
    return StripItem("printer", caption, say("Ready"), "ok")


def _clock(status: TillStatus, look: Look, now: datetime) -> StripItem:
    lights = {"ok": "ok", "back": "bad", "off": "bad", "confirm": "warn"}
    return StripItem("clock", look.say("Clock"), look.wording.time(now), lights[status.clock])


def _seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))
