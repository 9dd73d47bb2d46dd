"""The shifts of a till: money from running totals, counts from the shift's own stretch of rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.journal import parse_instant
from pos.domain.shift import KindTotal, Movement, MovementKind, TenderTotal, Unresolved
from pos.models.ledger_book import read_head
from pos.models.packing import unpack_line
from pos.models.places import book_number_of, place_of, seq_of
from pos.models.queries.selling import read_line_at
from pos.models.stored import instant_of

PLACE_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift and who opened it; the fields of its close are None while it is open."""

    place: int
    id: UUID
    operator_key: int
    operator_id: UUID
    operator: str
    drawer: str
    opened_at: datetime
    business_day: str
    float_minor: int
    closed_place: int | None
    closed_at: datetime | None
    z_number: int | None
    counted_minor: int | None
    expected_minor: int | None
    difference_minor: int | None


_SHIFT = (
    "SELECT shift.place, shift.id, operator_key, operator.id, operator.name, drawer, opened_at, "
    "business_day, float_minor, closed_place, closed_at, z_number, counted_minor, expected_minor, "
    "difference_minor "
    "FROM shift JOIN operator ON operator.key = operator_key WHERE "
)


def find_open_shift(connection: Connection) -> ShiftRow | None:
    """Return the open shift of this till, None if there is none."""
    return next(_shifts(connection, "closed_place IS NULL"), None)


def find_closed_shift(connection: Connection, z_number: int) -> ShiftRow | None:
    """Return the shift that was closed with this Z number, None if there is none."""
    return next(_shifts(connection, "z_number = ?", z_number), None)


def list_closed_shifts(
    connection: Connection, *, before_z_number: int | None = None, limit: int = 50
) -> tuple[ShiftRow, ...]:
    """Return closed shifts, the newest first; `before_z_number` asks for the page after that one."""
    before = PLACE_MAX if before_z_number is None else before_z_number
    return tuple(_shifts(connection, "z_number < ? ORDER BY z_number DESC LIMIT ?", before, limit))


def _shifts(connection: Connection, condition: str, *values: int) -> Iterator[ShiftRow]:
    for row in connection.exec_driver_sql(_SHIFT + condition, values):
        fields: list[Any] = list(row)
        fields[1], fields[3] = UUID(bytes=row[1]), UUID(bytes=row[3])
        fields[6] = instant_of(row[6])
        fields[10] = None if row[10] is None else instant_of(row[10])
        yield ShiftRow(*fields)


def tender_totals(connection: Connection, shift_place: int) -> tuple[TenderTotal, ...]:
    """Return what each tender brought in a shift, from the running totals."""
    rows = connection.exec_driver_sql(
        "SELECT tender, sum(pieces), sum(amount_minor) FROM total_tender WHERE shift_place = ? "
        "GROUP BY tender ORDER BY tender",
        (shift_place,),
    )
    return tuple(TenderTotal(row[0], "sale", row[1], row[2]) for row in rows)


def line_totals(connection: Connection, shift_place: int) -> tuple[KindTotal, ...]:
    """Return what each kind of line brought in a shift, from the running totals."""
    rows = connection.exec_driver_sql(
        "SELECT kind, sum(pieces), sum(amount_minor), sum(units_milli) FROM total_line WHERE shift_place = ? "
        "GROUP BY kind ORDER BY kind",
        (shift_place,),
    )
    return tuple(KindTotal(*row) for row in rows)


# A sale that was begun before the shift and delivered in it counts too; an index holds only those.
_DELIVERED = (
    "(SELECT place, receipt_number, receipt_book, copies FROM sale WHERE place > ?1 "
    "AND delivered_place IS NOT NULL "
    "UNION ALL SELECT place, receipt_number, receipt_book, copies FROM sale "
    "WHERE shift_place > place AND shift_place = ?1)"
)


def item_totals(connection: Connection, shift_place: int) -> tuple[KindTotal, ...]:
    """Return what each kind of item brought in the open shift."""
    rows = connection.exec_driver_sql(
        "SELECT item_kind, count(*), sum(money_minor), sum(units_milli) FROM sale_item "  # noqa: S608 - our own words
        f"JOIN {_DELIVERED} AS sold ON sold.place = sale_place GROUP BY item_kind ORDER BY item_kind",
        (shift_place,),
    )
    return tuple(KindTotal(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class SaleCounts:
    """Counts of the open shift: receipt numbers (None without any), copies printed of its receipts, voids."""

    first_receipt: int | None
    last_receipt: int | None
    copies: int
    voided: KindTotal


def sale_counts(connection: Connection, shift_place: int) -> SaleCounts:
    """Return the counts of the open shift."""
    sold: Any = connection.exec_driver_sql(
        "SELECT min(receipt_number) FILTER (WHERE receipt_book = number), "  # noqa: S608 - our own words
        "max(receipt_number) FILTER (WHERE receipt_book = number), coalesce(sum(max(copies - 1, 0)), 0) "
        f"FROM {_DELIVERED} AS sold, book",
        (shift_place,),
    ).one()
    voided: Any = connection.exec_driver_sql(
        "SELECT count(*), coalesce(sum(money_minor), 0) FROM sale "
        "WHERE state <> 'delivered' AND state = 'voided' AND place > ?",
        (shift_place,),
    ).one()
    return SaleCounts(sold[0], sold[1], sold[2], KindTotal("voided", voided[0], voided[1]))


def change_given_minor(connection: Connection, shift_place: int) -> int:
    """Return the change given back for cash since the shift was opened."""
    return int(
        connection.exec_driver_sql(
            "SELECT coalesce(sum(change_minor), 0) FROM payment WHERE sale_place > ? AND tender = 'cash'",
            (shift_place,),
        ).scalar_one()
    )


def list_movements(connection: Connection, shift_place: int) -> tuple[Movement, ...]:
    """Return the cash movements of a shift, in order."""
    rows = connection.exec_driver_sql(
        "SELECT kind, amount_minor, reason, slip_number FROM cash_movement WHERE shift_place = ? "
        "ORDER BY place",
        (shift_place,),
    )
    return tuple(Movement(MovementKind(row[0]), *row[1:]) for row in rows)


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A cash movement as the list of the shift shows it; `place` is its line's."""

    place: int
    at: datetime
    kind: MovementKind
    amount_minor: int
    reason: str
    slip_number: str


def list_movement_rows(connection: Connection, shift_place: int) -> tuple[MovementRow, ...]:
    """Return the cash movements of a shift with their times, in order; they are few."""
    rows = connection.exec_driver_sql(
        "SELECT place, kind, amount_minor, reason, slip_number FROM cash_movement WHERE shift_place = ? "
        "ORDER BY place",
        (shift_place,),
    )
    return tuple(
        MovementRow(
            place=row[0],
            at=parse_instant(json.loads(read_line_at(connection, row[0]))["at"]),
            kind=MovementKind(row[1]),
            amount_minor=row[2],
            reason=row[3],
            slip_number=row[4] or "",
        )
        for row in rows.all()
    )


def count_sales(connection: Connection, shift_place: int) -> int:
    """Count the sales delivered in the open shift."""
    return int(
        connection.exec_driver_sql(
            f"SELECT count(*) FROM {_DELIVERED} AS sold",  # noqa: S608 - our own words
            (shift_place,),
        ).scalar_one()
    )


def customer_name(connection: Connection, sale_id: UUID) -> str:
    """Return whose meter a sale is for, empty where nobody is known."""
    found = connection.exec_driver_sql(
        "SELECT customer.name FROM sale JOIN sale_item ON sale_place = sale.place AND n = 1 "
        "JOIN meter ON meter.key = meter_key JOIN customer ON customer.key = meter.customer_key "
        "WHERE sale.id = ?1 UNION ALL "
        # A sale that was not delivered knows the meter its payment was asked for.
        "SELECT customer.name FROM sale JOIN meter ON drn = asked_drn "
        "JOIN customer ON customer.key = meter.customer_key WHERE sale.id = ?1 LIMIT 1",
        (sale_id.bytes,),
    ).scalar()
    return str(found or "")


def list_unresolved(connection: Connection) -> tuple[Unresolved, ...]:
    """Return every sale that is paid and not delivered, waits for its payment, or owes money back.

    And every payment of another sale that a person must look at.
    """
    rows = connection.exec_driver_sql(
        "SELECT sale.id, sale.state, coalesce(payment.tender, ''), "
        "coalesce(payment.amount_minor, sale.money_minor), operator.id, operator.name, sale.at, "
        "coalesce(payment.provider_reference, payment.reference, ''), coalesce(payment.state, ''), "
        "coalesce(attention, ''), EXISTS (SELECT 1 FROM payment AS part WHERE part.sale_place = sale.place "
        "AND part.state IN ('sent', 'unknown')), coalesce(is_ready, 0) "
        "FROM sale JOIN operator ON operator.key = sale.operator_key "
        "LEFT JOIN payment ON payment.sale_place = sale.place "
        "AND payment.state NOT IN ('failed', 'refunded') "
        "LEFT JOIN provider_payment ON provider_payment.id = payment.id "
        "LEFT JOIN pending_sale ON pending_sale.sale_id = sale.id "
        "WHERE sale.state <> 'delivered' AND sale.state IN ('awaiting_payment', 'paid', 'refund_due') "
        "UNION ALL SELECT sale.id, sale.state, tender, amount_minor, operator.id, operator.name, sale.at, "
        "coalesce(nullif(provider_reference, ''), reference), '', attention, 0, 0 "
        # What a provider says against its own word belongs to somebody, though the sale is over.
        "FROM provider_payment INDEXED BY ix_provider_payment_attention "
        "JOIN sale ON sale.id = provider_payment.sale_id JOIN operator ON operator.key = sale.operator_key "
        "WHERE attention <> '' AND sale.state NOT IN ('awaiting_payment', 'paid', 'refund_due') "
        "ORDER BY 7, 1, 3"
    )
    return tuple(
        Unresolved(
            sale_id=UUID(bytes=row[0]),
            state=row[1],
            tender=row[2],
            amount_minor=row[3],
            owner_id=UUID(bytes=row[4]),
            owner=row[5],
            since=instant_of(row[6]),
            reference=row[7],
            payment=row[8],
            attention=tuple(row[9].split()),
            is_asked=bool(row[10]),
            is_ready=bool(row[11]),
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class SeldomLine:
    """A journal line of a kind that is written now and then; see the index of the journal."""

    place: int
    line: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """The event's body."""
        body: dict[str, Any] = self.line["body"]
        return body


def seldom_lines(
    connection: Connection, kind: str, *, after_place: int, until_place: int = PLACE_MAX
) -> Iterator[SeldomLine]:
    """Yield the lines of a kind after one place and up to another, in order, over all books of the till."""
    number = read_head(connection).number
    former = connection.exec_driver_sql(
        "SELECT place, line FROM former_journal WHERE kind = ? AND place > ? AND place <= ? ORDER BY place",
        (kind, after_place, until_place),
    )
    yield from (_seldom(row[0], row[1]) for row in former)
    if book_number_of(until_place) < number:
        return
    after_seq = seq_of(after_place) if book_number_of(after_place) == number else 0
    # SQLite takes a partial index only where its words are repeated.
    rows = connection.exec_driver_sql(
        "SELECT seq, line FROM journal WHERE kind NOT IN ('sale_delivered', 'token_handed_over') "
        "AND kind = ? AND seq > ? ORDER BY seq",
        (kind, after_seq),
    )
    for row in rows:
        place = place_of(number, row[0])
        if place > until_place:
            return
        yield _seldom(place, row[1])


def _seldom(place: int, packed: bytes) -> SeldomLine:
    return SeldomLine(place, json.loads(unpack_line(packed)))


def was_count_refused(connection: Connection, shift: ShiftRow) -> bool:
    """Return whether a count of this shift was already found outside the limit."""
    return any(
        found.body["act"] == "shift.difference" and found.body["target_id"] == str(shift.id)
        for found in seldom_lines(connection, "privileged_act", after_place=shift.place)
    )
