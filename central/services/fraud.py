"""Fraud rules: data that head office keeps, looked at for every line that is booked (docs/formats.md §10).

The till applies what it can before a sale; here all of them are applied afterwards, over all tills. A rule
that speaks flags the line `fraud:<rule>`, unless one that allows speaks too, as at the till. Whatever they
say, the line is booked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_

from central.models.journal import payment, sale_item
from central.models.master import customer, verification_level
from central.models.master import meter as meter_table
from central.models.transactions import transactions
from central.services.book_read import Mentions
from central.services.bulk import rows_where
from central.services.organisation_facts import OrganisationFacts
from central.services.push_lines import PushedLine
from pos.domain.day_figures import DayTally
from pos.domain.recompute import UNREADABLE

Body = Mapping[str, Any]

WINDOW_MAX = timedelta(days=31)
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Rule:
    """One active rule."""

    id: str
    kind: str
    action: str
    params: Mapping[str, int]

    def number(self, name: str, default: int) -> int:
        """Return a parameter."""
        value = self.params.get(name, default)
        return value if isinstance(value, int) else default

    @property
    def window(self) -> timedelta:
        """How far back the rule looks."""
        return min(timedelta(minutes=max(0, self.number("minutes", 30))), WINDOW_MAX)


@dataclass(frozen=True, slots=True)
class Event:
    """One line as rules see it."""

    kind: str
    body: Body
    at: datetime
    actor: str
    tally: DayTally
    extra: Counter[str]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limited:
    """The customer of a meter, and what his level of verification allows; None: as much as he likes."""

    customer: UUID
    sale_max_minor: int | None
    day_max_minor: int | None
    month_max_minor: int | None


class FraudCheck:
    """The rules of one organisation and what happened before the lines at hand."""

    def __init__(self, rules: list[Rule], zone: ZoneInfo) -> None:
        self._rules = rules
        self._zone = zone
        self.meters: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        self.cashiers: dict[str, list[datetime]] = defaultdict(list)
        self.phones: dict[str, list[datetime]] = defaultdict(list)
        self.limited: dict[str, Limited] = {}
        self.bought: Counter[tuple[UUID, date]] = Counter()

    @property
    def has_rules(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._rules)

    def check(self, event: Event) -> list[str]:
        """Return the ids of the rules that speak, none where one speaks that allows; remember the event."""
        if not self._rules:
            return []
        try:
            speaking = [rule for rule in self._rules if _CHECKS[rule.kind](self, rule, event)]
            self._remember(event)
        except UNREADABLE:
            return []
        is_allowed = any(rule.action == "allow" for rule in speaking)
        return [] if is_allowed else [rule.id for rule in speaking]

    def _remember(self, event: Event) -> None:
        if event.kind == "sale_delivered":
            self.cashiers[event.actor].append(event.at)
            for meter, money_minor in _sold(event):
                self.meters[meter].append((event.at, money_minor))
                self.count_bought(meter, event.at, money_minor)
        elif _phone(event) is not None:
            self.phones[event.body["phone_mac"]].append(event.at)

    def velocity_meter(self, rule: Rule, event: Event) -> bool:
        """More than `count` sales to a meter in `minutes`."""
        since = event.at - rule.window
        return any(
            1 + sum(since < at <= event.at for at, _ in self.meters[meter]) > rule.number("count", 5)
            for meter, _ in _sold(event)
        )

    def repeated_amount(self, rule: Rule, event: Event) -> bool:
        """The same amount to the meter `count` times in `minutes`."""
        since = event.at - rule.window
        return any(
            1 + sum(since < at <= event.at and minor == money for at, minor in self.meters[meter])
            >= rule.number("count", 3)
            for meter, money in _sold(event)
        )

    def velocity_cashier(self, rule: Rule, event: Event) -> bool:
        """More than `count` sales of a cashier in `minutes`."""
        if event.kind != "sale_delivered":
            return False
        since = event.at - rule.window
        before = sum(since < at <= event.at for at in self.cashiers[event.actor])
        return 1 + before > rule.number("count", 60)

    def velocity_phone(self, rule: Rule, event: Event) -> bool:
        """More than `count` payments from a phone in `minutes`."""
        phone = _phone(event)
        if phone is None:
            return False
        since = event.at - rule.window
        return 1 + sum(since < at <= event.at for at in self.phones[phone]) > rule.number("count", 5)

    def out_of_hours(self, rule: Rule, event: Event) -> bool:
        """Outside `from_hour`..`to_hour` local time."""
        if event.kind != "sale_delivered":
            return False
        hour = event.at.astimezone(self._zone).hour
        begin, end = rule.number("from_hour", 0), rule.number("to_hour", 24)
        return not (begin <= hour < end if begin <= end else hour >= begin or hour < end)

    def amount_above(self, rule: Rule, event: Event) -> bool:
        """A sale of more than `amount_minor`."""
        return event.kind == "sale_delivered" and event.body["sale"]["money_minor"] > rule.number(
            "amount_minor", 2**53
        )

    def customer_limit(self, _rule: Rule, event: Event) -> bool:
        """A customer bought more than his level of verification allows, over all his meters and all tills."""
        return any(self._is_over(meter, event.at, money_minor) for meter, money_minor in _sold(event))

    def count_bought(self, meter: str, at: datetime, money_minor: int) -> None:
        """Count what a customer with limits paid for one of his meters."""
        if (limited := self.limited.get(meter)) is not None:
            self.bought[limited.customer, at.astimezone(self._zone).date()] += money_minor

    def _is_over(self, meter: str, at: datetime, money_minor: int) -> bool:
        limited = self.limited.get(meter)
        if limited is None:
            return False
        day = at.astimezone(self._zone).date()
        of_month = sum(
            minor
            for (customer, one), minor in self.bought.items()
            if customer == limited.customer and (one.year, one.month) == (day.year, day.month)
        )
        paid = (
            (money_minor, limited.sale_max_minor),
            (money_minor + self.bought[limited.customer, day], limited.day_max_minor),
            (money_minor + of_month, limited.month_max_minor),
        )
        return any(most is not None and minor > most for minor, most in paid)

    def clock_back(self, _rule: Rule, event: Event) -> bool:
        """The clock was set back."""
        said = event.kind == "clock_noted" and event.body.get("what") == "back"
        return said or "clock" in event.flags

    def sequence_gap(self, _rule: Rule, event: Event) -> bool:
        """Receipt numbers that do not follow each other."""
        return "receipt_gap" in event.flags

    def void_ratio(self, rule: Rule, event: Event) -> bool:
        """More than `ppm` of a till's sales of the day voided, from `least` on."""
        is_void = event.kind == "sale_closed" and event.body.get("state") == "voided"
        return is_void and _is_above(rule, event, event.extra["voids"])

    def reprint_ratio(self, rule: Rule, event: Event) -> bool:
        """More than `ppm` of a till's sales of the day reprinted, from `least` on."""
        is_copy = event.kind == "token_handed_over" and event.body.get("copy", 0) > 0
        return is_copy and _is_above(rule, event, event.extra["reprints"])


def load_fraud_check(
    connection: Connection,
    organisation_id: UUID,
    mentions: Mentions,
    *,
    lines: Iterable[PushedLine],
    facts: OrganisationFacts,
) -> FraudCheck:
    """Return the rules and what they look back at; without rules nothing is looked up."""
    rules = _rules(facts)
    check = FraudCheck(rules, facts.zone)
    if not rules:
        return check
    kinds = {rule.kind for rule in rules}
    since = min(line.at for line in lines) - max(rule.window for rule in rules)
    if kinds & {"velocity_meter", "repeated_amount"}:
        _load_meters(connection, check, organisation_id, mentions=mentions, since=since)
    if "velocity_cashier" in kinds:
        _load_cashiers(connection, check, organisation_id, mentions=mentions, since=since)
    if "customer_limit" in kinds:
        earliest = min(line.at for line in lines).astimezone(facts.zone)
        first = earliest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        _load_customers(connection, check, organisation_id, mentions=mentions, since=first)
    if "velocity_phone" in kinds:
        _load_phones(connection, check, organisation_id, mentions=mentions, since=since)
    return check


def _rules(facts: OrganisationFacts) -> list[Rule]:
    return [
        Rule(body["id"], body["kind"], body["action"], body.get("params", {}))
        for body in facts.fraud_rules
        if body.get("is_active", True) and body["kind"] in _CHECKS
    ]


def _load_meters(
    connection: Connection, check: FraudCheck, organisation_id: UUID, *, mentions: Mentions, since: datetime
) -> None:
    columns = (sale_item.c.meter_id, sale_item.c.at, sale_item.c.money_minor)
    own = sale_item.c.organisation_id == organisation_id
    more = (own, sale_item.c.at > since, sale_item.c.cause == "sale")
    for row in rows_where(connection, columns, sale_item.c.meter_id, sorted(mentions.meters), more=more):
        check.meters[str(row.meter_id)].append((row.at, row.money_minor))


def _load_customers(
    connection: Connection, check: FraudCheck, organisation_id: UUID, *, mentions: Mentions, since: datetime
) -> None:
    levels = [verification_level.c[name] for name in ("sale_max_minor", "day_max_minor", "month_max_minor")]
    joined = (
        meter_table.c.organisation_id == organisation_id,
        customer.c.id == meter_table.c.customer_id,
        verification_level.c.organisation_id == organisation_id,
        verification_level.c.level == customer.c.verification,
        # A meter that was merged is the customer's of the one that is kept, whomever it once belonged to.
        meter_table.c.merged_into.is_(None),
        # Whoever may buy as much as he likes may have thousands of meters.
        or_(*(one.is_not(None) for one in levels)),
    )
    columns = (meter_table.c.id, meter_table.c.customer_id, *levels)
    mentioned = rows_where(connection, columns, meter_table.c.id, sorted(mentions.meters), more=joined)
    people = sorted({row.customer_id for row in mentioned})
    for row in rows_where(connection, columns, meter_table.c.customer_id, people, more=joined):
        check.limited[str(row.id)] = Limited(
            row.customer_id, row.sale_max_minor, row.day_max_minor, row.month_max_minor
        )
    own = (meter_table.c.organisation_id == organisation_id,)
    merged = (meter_table.c.id, meter_table.c.merged_into)
    for row in rows_where(connection, merged, meter_table.c.merged_into, sorted(check.limited), more=own):
        check.limited[str(row.id)] = check.limited[str(row.merged_into)]
    sold = (sale_item.c.meter_id, sale_item.c.at, sale_item.c.money_minor)
    more = (
        sale_item.c.organisation_id == organisation_id,
        sale_item.c.at >= since,
        sale_item.c.cause == "sale",
    )
    for item in rows_where(connection, sold, sale_item.c.meter_id, sorted(check.limited), more=more):
        check.count_bought(str(item.meter_id), item.at, item.money_minor)


def _load_cashiers(
    connection: Connection, check: FraudCheck, organisation_id: UUID, *, mentions: Mentions, since: datetime
) -> None:
    columns = (transactions.c.cashier_id, transactions.c.at)
    more = (transactions.c.organisation_id == organisation_id, transactions.c.at > since)
    for row in rows_where(connection, columns, transactions.c.cashier_id, sorted(mentions.actors), more=more):
        check.cashiers[str(row.cashier_id)].append(row.at)


def _load_phones(
    connection: Connection, check: FraudCheck, organisation_id: UUID, *, mentions: Mentions, since: datetime
) -> None:
    columns = (payment.c.phone_mac, payment.c.at)
    more = (payment.c.organisation_id == organisation_id, payment.c.at > since)
    for row in rows_where(connection, columns, payment.c.phone_mac, sorted(mentions.phones), more=more):
        check.phones[row.phone_mac].append(row.at)


def _sold(event: Event) -> list[tuple[str, int]]:
    if event.kind != "sale_delivered":
        return []
    return [
        (item["meter"]["meter_id"], item["money_minor"])
        for item in event.body["sale"]["items"]
        if "meter" in item
    ]


def _phone(event: Event) -> str | None:
    """The phone of a payment that is new or has just succeeded: counted once, when it leaves or comes."""
    is_new = event.kind == "payment_changed" and event.body.get("from") == "created"
    return event.body.get("phone_mac") if is_new else None


def _is_above(rule: Rule, event: Event, pieces: int) -> bool:
    of = event.tally.pieces["sale_delivered"] + event.extra["voids"]
    return of >= rule.number("least", 10) and pieces * PPM > rule.number("ppm", 200_000) * of


_CHECKS: Mapping[str, Callable[[FraudCheck, Rule, Event], bool]] = {
    "velocity_meter": FraudCheck.velocity_meter,
    "velocity_phone": FraudCheck.velocity_phone,
    "velocity_cashier": FraudCheck.velocity_cashier,
    "repeated_amount": FraudCheck.repeated_amount,
    "out_of_hours": FraudCheck.out_of_hours,
    "amount_above": FraudCheck.amount_above,
    "customer_limit": FraudCheck.customer_limit,
    "clock_back": FraudCheck.clock_back,
    "void_ratio": FraudCheck.void_ratio,
    "reprint_ratio": FraudCheck.reprint_ratio,
    "sequence_gap": FraudCheck.sequence_gap,
}
