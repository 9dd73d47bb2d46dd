"""The acts on a float and on the offline limit: their fields, how each is read, what each does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from pos.domain.money import minor_digits, parse_scaled
from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.ui.desk import Desk

TOP_UP, COMMISSION_PAID, CORRECTION = "top_up", "commission_paid", "correction"
LIMIT, SHARE, ENVELOPE = "limit", "share", "envelope"

PERCENT_DIGITS = 4
UNIT_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Act:
    """One act: its word, the permission it needs, its fields in reading order."""

    key: str
    word: str
    button: str
    permission: Permission
    fields: tuple[str, ...]
    help: str


ACTS = (
    Act(
        TOP_UP,
        "Top up",
        "Top up the float",
        Permission.FLOAT_TOP_UP,
        ("amount", "reference", "reason"),
        "Money that went from the bank to the supplier.",
    ),
    Act(
        COMMISSION_PAID,
        "Commission received",
        "Add the commission",
        Permission.FLOAT_TOP_UP,
        ("amount", "reference", "reason"),
        "Paid by the supplier beside the share of each sale.",
    ),
    Act(
        CORRECTION,
        "Correct the account",
        "Correct the account",
        Permission.FLOAT_TOP_UP,
        ("signed", "reference", "needed_reason"),
        "Brings the account to what the supplier's books say. Minus takes away.",
    ),
    Act(
        LIMIT,
        "Credit limit",
        "Set the credit limit",
        Permission.SETTING_EDIT,
        ("limit", "reason"),
        "How far the account may go below zero.",
    ),
    Act(
        SHARE,
        "Commission share",
        "Set the share",
        Permission.SETTING_EDIT,
        ("percent", "valid_from", "reason"),
        "Of each sale from that day on. What was sold keeps its share.",
    ),
    Act(
        ENVELOPE,
        "Offline limit",
        "Renew the offline limit",
        Permission.SETTING_EDIT,
        ("money", "units"),
        "What this till may sell before head office must answer. It starts anew.",
    ),
)


def act_of(key: str) -> Act:
    """Return an act by its key."""
    return next(one for one in ACTS if one.key == key)


@dataclass(frozen=True, slots=True)
class ActForm:
    """What is typed for one act."""

    key: str = TOP_UP
    texts: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the text of a field, without blanks around it."""
        return self.texts.get(name, "").strip()


FIELDS_OF_CODES = {
    "float.amount": ("amount", "signed", "limit"),
    "float.reference": ("reference",),
    "float.reason": ("reason", "needed_reason"),
    "float.commission": ("percent",),
    "float.commission_past": ("valid_from",),
    "envelope.size": ("money",),
}
"""Where a service's refusal belongs: the first of these that the act has."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads an act's fields; a wrong one ends in `wrong`."""

    form: ActForm
    currency: str
    say: Callable[..., str]
    wrong: dict[str, str] = field(default_factory=dict)

    def money(self, name: str) -> int:
        """Read an amount in whole units."""
        return self._number(name, minor_digits(self.currency))

    def signed_money(self, name: str) -> int:
        """Read an amount that may have a minus before it."""
        text = self.form.text(name).replace("\u2212", "-")
        amount = self._number(name, minor_digits(self.currency), text.removeprefix("-"))
        return -amount if text.startswith("-") else amount

    def percent(self, name: str) -> int:
        """Read a percentage as parts per million."""
        return self._number(name, PERCENT_DIGITS)

    def units(self, name: str) -> int:
        """Read units as thousandths."""
        return self._number(name, UNIT_DIGITS)

    def day(self, name: str) -> date | None:
        """Read a day, None for an empty field."""
        text = self.form.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.wrong[name] = self.say("Write the day like 2026-12-01.")
            return None

    def _number(self, name: str, digits: int, text: str | None = None) -> int:
        text = self.form.text(name) if text is None else text
        try:
            return parse_scaled(text, digits)
        except UserError as error:
            sentences = {
                "money.digits": "This has too many digits after the dot.",
                "money.range": "This number is too large.",
            }
            self.wrong[name] = self.say(sentences.get(error.code, "Write a number, with a dot: 12.5"))
            return 0


def make_work(form: ActForm, reader: Reader, desk: Desk, supplier: str) -> Callable[[Desk, Actor], object]:
    """Return what the act does, from its fields as read; look at `reader.wrong` before it is done."""
    reference, reason = form.text("reference"), form.text("reason") or form.text("needed_reason")
    if form.key in (TOP_UP, COMMISSION_PAID):
        amount_minor = reader.money("amount")
        if form.key == TOP_UP:
            return lambda desk, actor: desk.floats.top_up(
                actor, supplier, amount_minor=amount_minor, reference=reference, reason=reason
            )
        return lambda desk, actor: desk.floats.add_commission(
            actor, supplier, amount_minor=amount_minor, reference=reference, reason=reason
        )
    if form.key == CORRECTION:
        signed_minor = reader.signed_money("signed")
        return lambda desk, actor: desk.floats.correct(
            actor, supplier, amount_minor=signed_minor, reference=reference, reason=reason
        )
    if form.key == LIMIT:
        limit_minor = reader.money("limit")
        return lambda desk, actor: desk.floats.set_credit_limit(
            actor, supplier, limit_minor=limit_minor, reason=reason
        )
    if form.key == SHARE:
        ppm, day = reader.percent("percent"), reader.day("valid_from")
        valid_from = None if day is None else datetime.combine(day, time(), desk.shop.time_zone)
        return lambda desk, actor: desk.floats.set_commission(
            actor, supplier, ppm=ppm, valid_from=valid_from, reason=reason
        )
    money_minor, units_milli = reader.money("money"), reader.units("units")
    return lambda desk, actor: desk.envelopes.renew_local_envelope(
        actor, money_minor, units_milli=units_milli
    )
