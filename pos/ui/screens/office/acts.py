"""The acts on head office: their words, their fields, for which rows they are, and what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pos.domain.money import minor_digits, parse_scaled
from pos.errors import UserError
from pos.services.office import OfficePerson, OfficeSession, OfficeTill
from pos.ui.context import Context

TILLS, PEOPLE, SESSIONS = "tills", "people", "sessions"
UNIT_DIGITS = 3

Row = OfficeTill | OfficePerson | OfficeSession


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


def _has_second_factor(row: Row) -> bool:
    return isinstance(row, OfficePerson) and row.has_second_factor


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
        _is_active,
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
        return text if name == "password" else text.strip()


WRONG_FIELDS = {
    "user.exists": "username",
    "user.name": "username",
    "till.unknown": "reason",
    "limits.size": "money",
}


def make_work(
    form: OfficeForm, row: Row | None, context: Context
) -> tuple[Callable[[], object], dict[str, str]]:
    """Return what the act does, and what is wrong with its fields; it may be done where nothing is."""
    reader = _Reader(form, context)
    office, actor = context.desk.office_admin, context.actor
    text = form.text
    if form.key in ("code", "limits"):
        money_minor, units_milli = reader.money("money"), reader.units("units")
        if form.key == "code":
            place = reader.needed("sales_point", "Choose the place.")
            work: Callable[[], object] = lambda: office.make_code(  # noqa: E731 - one of many of a kind
                actor, place, money_minor=money_minor, units_milli=units_milli
            )
            return work, reader.wrong
        assert isinstance(row, OfficeTill)
        till = row.id
        return (
            lambda: office.set_limits(actor, till, money_minor=money_minor, units_milli=units_milli)
        ), reader.wrong
    if form.key in ("revoke", "lost"):
        assert isinstance(row, OfficeTill)
        till, reason = row.id, reader.needed("reason", "Say why.", least=3)
        is_lost = form.key == "lost"
        return (lambda: office.revoke_till(actor, till, reason=reason, is_lost=is_lost)), reader.wrong
    if form.key == "add":
        name = reader.needed("username", "Type a name to sign in with.")
        full_name = reader.needed("full_name", "Type the whole name.")
        password = reader.needed("password", "At least 12 letters.", least=12)
        role = text("role") or "C"
        return (
            lambda: office.add_person(actor, name, full_name=full_name, role=role, password=password)
        ), reader.wrong
    if form.key == "end":
        assert isinstance(row, OfficeSession)
        session = row.id
        return (lambda: office.end_session(actor, session)), reader.wrong
    assert isinstance(row, OfficePerson)
    return _person_work(form.key, row, context, reader), reader.wrong


def _person_work(key: str, person: OfficePerson, context: Context, reader: _Reader) -> Callable[[], object]:
    office, actor = context.desk.office_admin, context.actor
    if key == "reset":
        password = reader.needed("password", "At least 12 letters.", least=12)
        return lambda: office.reset_password(actor, person, password=password)
    if key == "second_factor":
        return lambda: office.remove_second_factor(actor, person)
    is_active = key == "activate"
    return lambda: office.set_active(actor, person, is_active=is_active)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads fields; a wrong one ends in `wrong`."""

    form: OfficeForm
    context: Context
    wrong: dict[str, str] = field(default_factory=dict)

    def needed(self, name: str, sentence: str, *, least: int = 1) -> str:
        text = self.form.text(name)
        if len(text) < least:
            self.wrong[name] = self.context.say(sentence)
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
