"""The acts on head office: their words, their fields, for which rows they are, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pos.domain.money import minor_digits, parse_scaled
from pos.domain.permissions import Actor, Role
from pos.errors import UserError
from pos.services.office import (
    OfficeAdmin,
    OfficeFlag,
    OfficePerson,
    OfficeProposal,
    OfficeSession,
    OfficeTill,
)
from pos.services.office_master import OfficeMaster, OfficeMeter, OfficeTariff
from pos.ui.context import Context

TILLS, PEOPLE, TARIFFS, METERS = "tills", "people", "tariffs", "meters"
REVIEW, PROPOSALS, SESSIONS = "review", "proposals", "sessions"
BEARERS = {
    "nobody": "Nobody: there is no difference",
    "vendor": "The shop",
    "cashier": "The cashier",
    "customer": "The customer",
    "supplier": "The supplier",
}
STATUSES = ("active", "inactive", "suspended", "blocked")
UNIT_DIGITS = 3
SECRET_FIELDS = frozenset({"password", "old_password"})

Row = OfficeTill | OfficePerson | OfficeTariff | OfficeMeter | OfficeFlag | OfficeProposal | OfficeSession


@dataclass(frozen=True, slots=True)
class OfficeAct:
    """One act: the tab it belongs to, its word, its button, its fields in reading order, and for which rows.

    `is_for` None: it needs no row.
    """

    key: str
    tab: str
    word: str
    button: str
    fields: tuple[str, ...]
    help: str
    is_for: Callable[[Row], bool] | None = None


def _is_live(row: Row) -> bool:
    return isinstance(row, OfficeTill) and row.state == "enrolled"


def _is_active(row: Row) -> bool:
    return isinstance(row, OfficePerson) and row.is_active


def _is_inactive(row: Row) -> bool:
    return isinstance(row, OfficePerson) and not row.is_active


def _is_other_active(row: Row) -> bool:
    return isinstance(row, OfficePerson) and row.is_active and not row.is_me


def _is_me(row: Row) -> bool:
    return isinstance(row, OfficePerson) and row.is_me


def _has_second_factor(row: Row) -> bool:
    return isinstance(row, OfficePerson) and row.has_second_factor and not row.is_me


def _is_meter(row: Row) -> bool:
    return isinstance(row, OfficeMeter)


def _is_flag(row: Row) -> bool:
    return isinstance(row, OfficeFlag)


def _is_proposal(row: Row) -> bool:
    return isinstance(row, OfficeProposal)


def _is_other_session(row: Row) -> bool:
    return isinstance(row, OfficeSession) and not row.is_this


ACTS = (
    OfficeAct(
        "code",
        TILLS,
        "Code for a new till",
        "Make a code",
        ("sales_point", "money", "units"),
        "Good for 15 minutes and one till. It is shown once.",
    ),
    OfficeAct(
        "limits",
        TILLS,
        "Change the offline limit",
        "Change the limit",
        ("money", "units"),
        "What the till may sell without head office. It counts from the next envelope on.",
        _is_live,
    ),
    OfficeAct(
        "revoke",
        TILLS,
        "Take out of use",
        "Take out of use",
        ("reason",),
        "It stops selling. What it sold may still be sent.",
        _is_live,
    ),
    OfficeAct(
        "lost",
        TILLS,
        "Stolen or lost",
        "It is lost",
        ("reason",),
        "It stops selling, and nothing more is expected from it.",
        _is_live,
    ),
    OfficeAct(
        "add",
        PEOPLE,
        "Add a person",
        "Add",
        ("username", "full_name", "role", "password"),
        "The name to sign in with cannot be changed later.",
    ),
    OfficeAct(
        "reset",
        PEOPLE,
        "New password",
        "Set the password",
        ("password",),
        "All sessions of the person end; a lock ends too.",
        _is_other_active,
    ),
    OfficeAct(
        "own_password",
        PEOPLE,
        "New password",
        "Change my password",
        ("old_password", "password"),
        "Your other sessions end.",
        _is_me,
    ),
    OfficeAct("deactivate", PEOPLE, "Let in no longer", "Let in no longer", (), "At once.", _is_active),
    OfficeAct(
        "activate",
        PEOPLE,
        "Let in again",
        "Let in again",
        (),
        "With the password the person had.",
        _is_inactive,
    ),
    OfficeAct(
        "second_factor",
        PEOPLE,
        "Take the second factor away",
        "Take it away",
        (),
        "For somebody who lost phone and recovery codes.",
        _has_second_factor,
    ),
    OfficeAct(
        "import_tariffs",
        TARIFFS,
        "Import versions from a file",
        "Import",
        ("file",),
        "A CSV file. A version never changes: a new price is a new version. Every till pulls it.",
    ),
    OfficeAct(
        "meter_status",
        METERS,
        "Change the status",
        "Change the status",
        ("status", "block_reason"),
        "Only an active meter is sold to. The reason is shown at every till.",
        _is_meter,
    ),
    OfficeAct(
        "meter_tariff",
        METERS,
        "Change the tariff",
        "Change the tariff",
        ("tariff",),
        "It counts from the next pull of each till on.",
        _is_meter,
    ),
    OfficeAct(
        "meter_debt",
        METERS,
        "Change the old debt",
        "Change the debt",
        ("money", "reason"),
        "All that the meter owes now, not the difference.",
        _is_meter,
    ),
    OfficeAct(
        "merge",
        METERS,
        "Merge duplicates into it",
        "Merge",
        ("number", "reason"),
        "Meters of this number that tills propose become this one. This cannot be undone.",
        _is_meter,
    ),
    OfficeAct(
        "merge_number",
        METERS,
        "Merge another number into it",
        "Merge",
        ("duplicate", "reason"),
        "For one meter with two numbers. What was bought and paid under the other one counts here. "
        "This cannot be undone.",
        _is_meter,
    ),
    OfficeAct(
        "import_meters",
        METERS,
        "Import meters from a file",
        "Import",
        ("sales_point", "file"),
        "A CSV file. Meters that are known are changed. The place is where their customers belong.",
    ),
    OfficeAct(
        "decide",
        REVIEW,
        "Decide who bears it",
        "Decide",
        ("bearer", "reason"),
        "The fact stays as it was booked.",
        _is_flag,
    ),
    OfficeAct(
        "accept",
        PROPOSALS,
        "Accept",
        "Accept",
        ("reason",),
        "It becomes head office's and goes to every till.",
        _is_proposal,
    ),
    OfficeAct(
        "refuse",
        PROPOSALS,
        "Refuse",
        "Refuse",
        ("reason",),
        "The till that proposed it is told why.",
        _is_proposal,
    ),
    OfficeAct(
        "end",
        SESSIONS,
        "End a session",
        "End the session",
        (),
        "Whoever uses it must sign in again.",
        _is_other_session,
    ),
)


def act_of(key: str) -> OfficeAct:
    """Return an act by its key."""
    return next(act for act in ACTS if act.key == key)


def acts_for(tab: str, row: Row | None) -> tuple[OfficeAct, ...]:
    """Return the acts of a tab that can be done now."""
    return tuple(
        act
        for act in ACTS
        if act.tab == tab and (act.is_for is None or (row is not None and act.is_for(row)))
    )


@dataclass(frozen=True, slots=True)
class OfficeForm:
    """What is typed for one act. Nothing of it is kept once it is done."""

    key: str
    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the text of a field, without blanks around it; a password as it was typed."""
        text = self.texts.get(name, "")
        return text if name in SECRET_FIELDS else text.strip()


WRONG_FIELDS = {
    "password.wrong": "old_password",
    "password.weak": "password",
    "user.exists": "username",
    "user.name": "username",
    "till.unknown": "reason",
    "limits.size": "money",
    "meter.unknown_tariff": "tariff",
    "office.no_duplicate": "number",
    "office.no_meter": "duplicate",
    "meter.same": "duplicate",
    "meter.length": "duplicate",
    "meter.not_digits": "duplicate",
    "meter.check_digit": "duplicate",
    "pan.check_digit": "duplicate",
    "pan.issuer": "duplicate",
    "csv.encoding": "file",
    "csv.too_large": "file",
    "tariff.version_exists": "file",
}
CONFLICTS = frozenset(
    {
        "request.stale",
        "meter.merged",
        "proposal.decided",
        "proposal.unknown",
        "record.unknown",
        "review.decided",
        "review.unknown",
    }
)
"""What was shown is not so any more: it is said, and the list is read again."""


NEEDED = {
    "sales_point": "Choose the place.",
    "username": "Type a name to sign in with.",
    "full_name": "Type the whole name.",
    "reason": "Say why.",
    "password": "At least 12 letters.",
    "old_password": "Type the password you have now.",
    "file": "Choose a file.",
    "block_reason": "Say why.",
    "number": "Type the number of this meter once more: merging cannot be undone.",
    "duplicate": "Type the number of the duplicate.",
}
Work = Callable[[], object]


def make_work(form: OfficeForm, row: Row | None, context: Context) -> tuple[Work, dict[str, str]]:
    """Return what the act does, and what is wrong with its fields; it may be done where nothing is."""
    reader = _Reader(form, context)
    return _WORKS[form.key](reader, row), reader.wrong


def _code(reader: _Reader, _row: Row | None) -> Work:
    money_minor, units_milli = reader.money("money"), reader.units("units")
    place = reader.needed("sales_point")
    return lambda: reader.office.make_code(
        reader.actor, place, money_minor=money_minor, units_milli=units_milli
    )


def _limits(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeTill)
    money_minor, units_milli = reader.money("money"), reader.units("units")
    return lambda: reader.office.set_limits(
        reader.actor, row.id, money_minor=money_minor, units_milli=units_milli
    )


def _end_till(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeTill)
    reason, is_lost = reader.reason(), reader.form.key == "lost"
    return lambda: reader.office.revoke_till(reader.actor, row.id, reason=reason, is_lost=is_lost)


def _add(reader: _Reader, _row: Row | None) -> Work:
    name = reader.needed("username")
    full_name = reader.needed("full_name")
    password, role = reader.password(), reader.form.text("role") or Role.CASHIER.value
    return lambda: reader.office.add_person(
        reader.actor, name, full_name=full_name, role=role, password=password
    )


def _reset(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficePerson)
    password = reader.password()
    return lambda: reader.office.reset_password(reader.actor, row, password=password)


def _own_password(reader: _Reader, _row: Row | None) -> Work:
    old, password = reader.needed("old_password"), reader.password()
    return lambda: reader.office.change_own_password(reader.actor, old_password=old, password=password)


def _let_in(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficePerson)
    is_active = reader.form.key == "activate"
    return lambda: reader.office.set_active(reader.actor, row, is_active=is_active)


def _second_factor(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficePerson)
    return lambda: reader.office.remove_second_factor(reader.actor, row)


def _import_tariffs(reader: _Reader, _row: Row | None) -> Work:
    path = Path(reader.needed("file"))
    return lambda: reader.master.import_tariffs(reader.actor, path)


def _import_meters(reader: _Reader, _row: Row | None) -> Work:
    path, place = Path(reader.needed("file")), reader.form.text("sales_point")
    return lambda: reader.master.import_meters(reader.actor, path, sales_point=place)


def _meter_status(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeMeter)
    status = reader.form.text("status") or row.status
    # Out of use says all there is; whoever is refused at the counter is told why.
    is_told = status in ("blocked", "suspended")
    reason = reader.needed("block_reason", least=3) if is_told else ""
    return lambda: reader.master.set_status(reader.actor, row, status=status, reason=reason)


def _meter_tariff(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeMeter)
    code = reader.form.text("tariff") or row.tariff_code
    return lambda: reader.master.set_tariff(reader.actor, row, code=code)


def _meter_debt(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeMeter)
    arrears_minor, reason = reader.money("money"), reader.reason()
    return lambda: reader.master.set_debt(reader.actor, row, arrears_minor=arrears_minor, reason=reason)


def _merge(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeMeter)
    reason = reader.reason()
    if reader.form.text("number").replace(" ", "") != row.drn:
        reader.wrong["number"] = reader.context.say(NEEDED["number"])
    return lambda: reader.master.merge_duplicates(reader.actor, row, reason=reason)


def _merge_number(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeMeter)
    number, reason = reader.needed("duplicate"), reader.reason()
    return lambda: reader.master.merge_number(reader.actor, row, number=number, reason=reason)


def _decide(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeFlag)
    reason, bearer = reader.reason(), reader.form.text("bearer") or next(iter(BEARERS))
    return lambda: reader.office.decide_flag(reader.actor, row.id, bearer=bearer, reason=reason)


def _answer(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeProposal)
    reason, is_accepted = reader.reason(), reader.form.key == "accept"
    return lambda: reader.office.decide_proposal(reader.actor, row.id, is_accepted=is_accepted, reason=reason)


def _end_session(reader: _Reader, row: Row | None) -> Work:
    assert isinstance(row, OfficeSession)
    return lambda: reader.office.end_session(reader.actor, row.id)


_WORKS: Mapping[str, Callable[[_Reader, Row | None], Work]] = {
    "code": _code,
    "limits": _limits,
    "revoke": _end_till,
    "lost": _end_till,
    "add": _add,
    "reset": _reset,
    "own_password": _own_password,
    "deactivate": _let_in,
    "activate": _let_in,
    "second_factor": _second_factor,
    "import_tariffs": _import_tariffs,
    "meter_status": _meter_status,
    "meter_tariff": _meter_tariff,
    "meter_debt": _meter_debt,
    "merge": _merge,
    "merge_number": _merge_number,
    "import_meters": _import_meters,
    "decide": _decide,
    "accept": _answer,
    "refuse": _answer,
    "end": _end_session,
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads fields; a wrong one ends in `wrong`."""

    form: OfficeForm
    context: Context
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def office(self) -> OfficeAdmin:
        return self.context.desk.office_admin

    @property
    def master(self) -> OfficeMaster:
        return self.office.master

    @property
    def actor(self) -> Actor:
        return self.context.actor

    def reason(self) -> str:
        return self.needed("reason", least=3)

    def password(self) -> str:
        return self.needed("password", least=12)

    def needed(self, name: str, *, least: int = 1) -> str:
        text = self.form.text(name)
        if len(text) < least:
            self.wrong[name] = self.context.say(NEEDED[name])
        return text

    def money(self, name: str) -> int:
        return self._number(name, minor_digits(self.context.wording.currency))

    def units(self, name: str) -> int:
        return self._number(name, UNIT_DIGITS)

    def _number(self, name: str, digits: int) -> int:
        try:
            return parse_scaled(self.form.text(name), digits)
        except UserError:
            self.wrong[name] = self.context.say("Write a number, with a dot: 12.5")
            return 0
