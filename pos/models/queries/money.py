"""The ledger as reports ask for it: balances, a supplier's movements by place, a month from running totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.domain.ledger import supplier_account
from pos.models.ledger_book import read_head
from pos.models.places import book_number_of, place_of
from pos.models.queries.shifts import PLACE_MAX, SeldomLine, seldom_lines
from pos.models.stored import milliseconds_of


def balance_minor(connection: Connection, account: str) -> int:
    """Return the balance of an account, 0 for one that nothing was posted to."""
    return connection.exec_driver_sql(
        "SELECT balance_minor FROM account WHERE name = ?", (account,)
    ).scalar() or 0


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """A supplier and where its account stands; `left_minor` is what may still be sold (docs/formats.md §5)."""

    code: str
    name: str
    credit_limit_minor: int
    balance_minor: int
    reserved_minor: int

    @property
    def left_minor(self) -> int:
        """Balance plus credit limit less what open quotes reserve."""
        return self.balance_minor + self.credit_limit_minor - self.reserved_minor


def list_suppliers(connection: Connection) -> tuple[SupplierRow, ...]:
    """Return all suppliers by code."""
    rows = connection.exec_driver_sql(
        "SELECT code, supplier.name, credit_limit_minor, coalesce(account.balance_minor, 0), "
        "coalesce((SELECT sum(supplier_minor) FROM reservation WHERE reservation.supplier = code), 0) "
        "FROM supplier LEFT JOIN account ON account.name = 'supplier:' || code ORDER BY code"
    )
    return tuple(SupplierRow(*row) for row in rows)


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
    rows: Any = connection.exec_driver_sql(
        "SELECT place, amount_minor FROM posting WHERE place > ? AND place <= ? "
        "AND account_key = (SELECT key FROM account WHERE name = ?)",
        (stretch.after_place, stretch.until_place, supplier_account(supplier)),
    )
    amounts = _without(rows, frozenset(moved))
    sold = [amount for amount in amounts if amount < 0]
    return SupplierSales(len(sold), -sum(sold), sum(amounts) - sum(sold))


def _without(rows: Any, places: frozenset[int]) -> list[int]:
    return [amount for place, amount in rows if place not in places]


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
    return FloatMove(
        found.place, at, body["kind"], body["amount_minor"], body["reference"], body["reason"]
    )


def posted_minor(connection: Connection, account: str, stretch: Stretch) -> int:
    """Return the sum of an account's postings in a stretch."""
    return int(
        connection.exec_driver_sql(
            "SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE place > ? AND place <= ? "
            "AND account_key = (SELECT key FROM account WHERE name = ?)",
            (stretch.after_place, stretch.until_place, account),
        ).scalar_one()
    )


def last_place_before(connection: Connection, instant: datetime) -> int:
    """Return the place of the last line before an instant; the place before the first line if there is none.

    A line's id begins with the milliseconds of its instant, and instants never go back from line to line: two
    look-ups in the index of ids find the place.
    """
    number = read_head(connection).number
    for former in range(number):
        found = _first_from(connection, "former_journal", "place", instant, _whole_book(former))
        if found is not None:
            return found - 1
    found = _first_from(connection, "journal", "seq", instant, (b"", b"\xff" * 16))
    return PLACE_MAX if found is None else place_of(number, found) - 1


def _whole_book(_number: int) -> tuple[bytes, bytes]:
    return b"", b"\xff" * 16


def _first_from(
    connection: Connection, table: str, column: str, instant: datetime, _range: tuple[bytes, bytes]
) -> int | None:
    raise NotImplementedError
