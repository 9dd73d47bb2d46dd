"""The ledger as reports ask for it: balances, a supplier's movements, a month from running totals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.domain.ledger import supplier_account
from pos.models.book_facts import LiveFacts
from pos.models.ledger_book import read_head
from pos.models.places import place_of
from pos.models.queries.shifts import PLACE_MAX, SeldomLine, seldom_lines
from pos.models.stored import milliseconds_of


def balance_minor(connection: Connection, account: str) -> int:
    """Return the balance of an account, 0 for one that nothing was posted to."""
    return (
        connection.exec_driver_sql("SELECT balance_minor FROM account WHERE name = ?", (account,)).scalar()
        or 0
    )


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """A supplier and where its account stands."""

    code: str
    name: str
    credit_limit_minor: int
    balance_minor: int
    reserved_minor: int

    @property
    def left_minor(self) -> int:
        """What may still be sold: balance + credit limit - reservations (docs/formats.md §5)."""
        return self.balance_minor + self.credit_limit_minor - self.reserved_minor


def list_suppliers(connection: Connection) -> tuple[SupplierRow, ...]:
    """Return all suppliers by code."""
    rows = connection.exec_driver_sql(
        "SELECT code, supplier.name, credit_limit_minor, coalesce(account.balance_minor, 0), "
        "coalesce((SELECT sum(supplier_minor) FROM reservation WHERE reservation.supplier = code), 0) "
        "FROM supplier LEFT JOIN account ON account.name = 'supplier:' || code ORDER BY code"
    )
    return tuple(SupplierRow(*row) for row in rows)


def commission_ppm(connection: Connection, supplier: str, at: datetime) -> int:
    """Return the commission share of a supplier in force at an instant, in parts per million."""
    return LiveFacts(connection, at).commission_ppm(supplier)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The places after one and up to another."""

    after_place: int
    until_place: int = PLACE_MAX


@dataclass(frozen=True, slots=True)
class SupplierSales:
    """What selling did to a supplier's account: `sold_minor` and `commission_minor` are not below zero."""

    pieces: int
    sold_minor: int
    commission_minor: int


def supplier_sales(connection: Connection, supplier: str, stretch: Stretch) -> SupplierSales:
    """Add up the postings of sales to a supplier's account; those of `float_moved` are left out."""
    moved = [move.place for move in float_moves(connection, supplier, stretch)]
    # A sale takes from the account what it sold and adds the commission: the sign tells which is which.
    row: Any = connection.exec_driver_sql(
        "SELECT count(*) FILTER (WHERE amount_minor < 0), "
        "coalesce(-sum(amount_minor) FILTER (WHERE amount_minor < 0), 0), "
        "coalesce(sum(amount_minor) FILTER (WHERE amount_minor > 0), 0) FROM posting "
        "WHERE place > ? AND place <= ? AND account_key = (SELECT key FROM account WHERE name = ?) "
        "AND place NOT IN (SELECT value FROM json_each(?))",
        (stretch.after_place, stretch.until_place, supplier_account(supplier), json.dumps(moved)),
    ).one()
    return SupplierSales(*row)


@dataclass(frozen=True, slots=True)
class FloatMove:
    """A top-up, commission or correction of a supplier's account."""

    place: int
    at: datetime
    kind: str
    amount_minor: int
    reference: str
    reason: str


def float_moves(connection: Connection, supplier: str, stretch: Stretch) -> Iterator[FloatMove]:
    """Yield what was moved on a supplier's account beside sales, in order."""
    lines = seldom_lines(
        connection, "float_moved", after_place=stretch.after_place, until_place=stretch.until_place
    )
    account = supplier_account(supplier)
    return (_float_move(found) for found in lines if found.body["account"] == account)


def _float_move(found: SeldomLine) -> FloatMove:
    body = found.body
    at = parse_instant(found.line["at"])
    return FloatMove(found.place, at, body["kind"], body["amount_minor"], body["reference"], body["reason"])


def posted_minor(connection: Connection, account: str, stretch: Stretch) -> int:
    """Return the sum of an account's postings in a stretch."""
    return int(
        connection.exec_driver_sql(
            "SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE place > ? AND place <= ? "
            "AND account_key = (SELECT key FROM account WHERE name = ?)",
            (stretch.after_place, stretch.until_place, account),
        ).scalar_one()
    )


@dataclass(frozen=True, slots=True)
class Refunds:
    """Cash given back for sales; `amount_minor` is not below zero."""

    pieces: int
    amount_minor: int


def cash_refunds(connection: Connection, drawer: str, stretch: Stretch) -> Refunds:
    """Add up what `sale_closed` lines took out of a drawer's account."""
    closed = seldom_lines(
        connection, "sale_closed", after_place=stretch.after_place, until_place=stretch.until_place
    )
    places = [found.place for found in closed if found.body["state"] == "refunded"]
    row: Any = connection.exec_driver_sql(
        "SELECT count(*), coalesce(-sum(amount_minor), 0) FROM posting "
        "WHERE place IN (SELECT value FROM json_each(?)) "
        "AND account_key = (SELECT key FROM account WHERE name = ?)",
        (json.dumps(places), drawer),
    ).one()
    return Refunds(*row)


def last_place_before(connection: Connection, instant: datetime) -> int:
    """Return the place of the last line before an instant, one less than the first place if there is none.

    A line's id begins with the milliseconds of its instant, and instants never go back from line to line: two
    look-ups in the index of ids find the place.
    """
    former = _first_from(connection, "SELECT place, id FROM former_journal", instant)
    if former is not None:
        return former - 1
    found = _first_from(connection, "SELECT seq, id FROM journal", instant)
    head = read_head(connection)
    return place_of(head.number, head.head_seq if found is None else found - 1)


def _first_from(connection: Connection, rows: str, instant: datetime) -> int | None:
    """Return the first column of the first line at or after an instant."""
    later: Any = connection.exec_driver_sql(
        f"{rows} WHERE id >= ? ORDER BY id LIMIT 1", (_least_id(milliseconds_of(instant)),)
    ).one_or_none()
    if later is None:
        return None
    # Ids of one millisecond are in no order: the first line of that millisecond is the lowest of them all.
    milliseconds = int.from_bytes(later[1][:6])
    lines = connection.exec_driver_sql(
        f"{rows} WHERE id >= ? AND id < ?", (_least_id(milliseconds), _least_id(milliseconds + 1))
    )
    return min(int(line[0]) for line in lines)


def _least_id(milliseconds: int) -> bytes:
    return milliseconds.to_bytes(6) + bytes(10)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """What one cashier sold on one day of one kind of line under one tariff version.

    `tariff` and `tariff_version` are empty and 0 where no tariff stands behind the line.
    """

    business_day: str
    cashier: str
    tariff: str
    tariff_version: int
    kind: str
    pieces: int
    amount_minor: int
    units_milli: int


@dataclass(frozen=True, slots=True)
class MonthTender:
    """What one cashier took on one day with one tender."""

    business_day: str
    cashier: str
    tender: str
    pieces: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month (YYYY-MM) by day, cashier, tariff and line kind, and by tender: the same money twice."""

    month: str
    lines: tuple[MonthLine, ...]
    tenders: tuple[MonthTender, ...]

    @property
    def amount_minor(self) -> int:
        """The money of the month."""
        return sum(line.amount_minor for line in self.lines)


def month_report(connection: Connection, month: str) -> MonthReport:
    """Read a month (YYYY-MM) from the running totals; it costs the same however many sales there were."""
    days = (f"{month}-01", f"{month}-31")
    lines = connection.exec_driver_sql(
        "SELECT business_day, operator.name, coalesce(tariff.code, ''), coalesce(tariff.version, 0), kind, "
        "sum(pieces), sum(amount_minor), sum(units_milli) FROM total_line "
        "JOIN operator ON operator.key = operator_key LEFT JOIN tariff ON tariff.key = tariff_key "
        "WHERE business_day BETWEEN ? AND ? GROUP BY business_day, operator_key, tariff_key, kind",
        days,
    )
    tenders = connection.exec_driver_sql(
        "SELECT business_day, operator.name, tender, sum(pieces), sum(amount_minor) FROM total_tender "
        "JOIN operator ON operator.key = operator_key "
        "WHERE business_day BETWEEN ? AND ? GROUP BY business_day, operator_key, tender",
        days,
    )
    return MonthReport(
        month, tuple(MonthLine(*row) for row in lines), tuple(MonthTender(*row) for row in tenders)
    )
