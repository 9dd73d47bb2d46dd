"""Looking at past sales: who may see which (docs/formats.md §13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pos.domain.permissions import Actor, Permission, holds
from pos.errors import UserError
from pos.models.ledger_book import read_head
from pos.models.places import place_of, seq_of
from pos.models.queries.counter import PaperState, paper_state
from pos.models.queries.meters import get_meter
from pos.models.queries.people import list_people
from pos.models.queries.sales import (
    PAGE_ROWS,
    ExportRow,
    SaleDetail,
    SaleRow,
    SalesFilter,
    count_sales,
    export_sales,
    find_sale_detail,
    list_sales,
    recent_sales_of,
    used_tenders,
)
from pos.models.queries.shifts import find_open_shift, list_closed_shifts
from pos.models.uow import Units
from pos.services.approval import require, require_any

COUNTED_MOST = 10_000
"""A list is counted no further: more than that is "10,000 or more" to a person."""

_SHIFTS_SHOWN = 14


@dataclass(frozen=True, slots=True)
class ShiftSpan:
    """A shift as a stretch of places; `to_place` None while it is open."""

    number: int
    operator: str
    opened_at: datetime
    from_place: int
    to_place: int | None


@dataclass(frozen=True, slots=True)
class SalesChoices:
    """What a list can be limited to: ways of paying, people by key (only for who sees all), shifts."""

    tenders: tuple[str, ...]
    cashiers: tuple[tuple[int, str], ...]
    shifts: tuple[ShiftSpan, ...]


@dataclass(frozen=True, slots=True)
class SaleFacts:
    """What is known beside the sale itself: its place in the journal, its paper, its shift, its meter's home.

    `paper_place` is where its paper stands, None for a sale without one; `shift_number` is that of its Z.
    """

    seq: int
    is_sent: bool
    paper_place: int | None
    paper: PaperState | None
    is_shown: bool
    shift_number: int | None
    area: str


class PastSales:
    """Lists sales: a cashier's own, or all."""

    def __init__(self, units: Units) -> None:
        """Read from `units`."""
        self._units = units

    def page(
        self, actor: Actor, wanted: SalesFilter, *, before: int | None = None, limit: int = PAGE_ROWS
    ) -> list[SaleRow]:
        """Return a page, newest first; `before` is the place of the last row of the page before.

        Raises:
            UserError: `permission.denied`.
        """
        seen = _seen(actor, wanted)
        with self._units.read() as connection:
            return list_sales(connection, seen, before=before, limit=limit)

    def detail(self, actor: Actor, sale_id: UUID) -> SaleDetail:
        """Return one sale with all its lines.

        Raises:
            UserError: `permission.denied`, `sale.unknown` (not there, or not for this person).
        """
        seen = _seen(actor, SalesFilter())
        with self._units.read() as connection:
            found = find_sale_detail(connection, sale_id)
            # The list decides who sees what; the detail of a sale outside it does not exist.
            if found is not None and found.row not in list_sales(
                connection, seen, before=found.row.place + 1, limit=1
            ):
                found = None
        if found is None:
            raise UserError("sale.unknown", "This till knows no such sale.")
        return found

    def count(self, actor: Actor, wanted: SalesFilter) -> int:
        """Count the sales of a filter; `COUNTED_MOST` + 1 stands for more.

        Raises:
            UserError: `permission.denied`.
        """
        seen = _seen(actor, wanted)
        with self._units.read() as connection:
            return count_sales(connection, seen, limit=COUNTED_MOST + 1)

    def choices(self, actor: Actor) -> SalesChoices:
        """Return what the lists of a person can be limited to.

        Raises:
            UserError: `permission.denied`.
        """
        require_any(actor, Permission.SALE_VIEW_ALL, Permission.SALE_VIEW_OWN)
        with self._units.read() as connection:
            head, opened = read_head(connection), find_open_shift(connection)
            people = list_people(connection) if holds(actor.role, Permission.SALE_VIEW_ALL) else ()
            spans = [
                ShiftSpan(
                    shift.z_number or 0, shift.operator, shift.opened_at, shift.place, shift.closed_place
                )
                for shift in list_closed_shifts(connection, limit=_SHIFTS_SHOWN)
            ]
            if opened is not None:
                now = ShiftSpan(head.z_last + 1, opened.operator, opened.opened_at, opened.place, None)
                spans.insert(0, now)
            tenders = used_tenders(connection)
        sellers = tuple(
            (one.actor.key, one.actor.name) for one in people if holds(one.actor.role, Permission.SALE_CREATE)
        )
        return SalesChoices(tuple(tenders), sellers, tuple(spans))

    def facts(self, actor: Actor, sale_id: UUID) -> SaleFacts:
        """Return what is known beside one sale.

        Raises:
            UserError: as `detail`.
        """
        row = self.detail(actor, sale_id).row
        with self._units.read() as connection:
            found: Any = connection.exec_driver_sql(
                "SELECT delivered_place, is_handed_over, shift_place FROM sale WHERE id = ?", (sale_id.bytes,)
            ).one()
            place = row.place if found[0] is None else found[0]
            head, opened = read_head(connection), find_open_shift(connection)
            number: int | None = connection.exec_driver_sql(
                "SELECT z_number FROM shift WHERE place = ?", (found[2],)
            ).scalar()
            if opened is not None and opened.place == found[2]:
                number = head.z_last + 1
            meter = None if row.drn is None else get_meter(connection, row.drn)
            return SaleFacts(
                seq=seq_of(place),
                is_sent=place <= place_of(head.number, head.acked_seq),
                paper_place=found[0],
                paper=None if found[0] is None else paper_state(connection, found[0]),
                is_shown=bool(found[1]),
                shift_number=number,
                area="" if meter is None else meter.area or "",
            )

    def recent(self, actor: Actor, meter_key: int, *, limit: int = 10) -> list[SaleRow]:
        """Return the latest sales to a meter, whoever made them: the duplicate guard shows them to anybody.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            return recent_sales_of(connection, meter_key, limit=limit)

    def export(self, actor: Actor, wanted: SalesFilter) -> Iterator[ExportRow]:
        """Give all sales of a filter, newest first, from one snapshot.

        Raises:
            UserError: `permission.denied`, before the first row.
        """
        require(actor, Permission.REPORT_EXPORT)
        return self._rows(_seen(actor, wanted))

    def _rows(self, wanted: SalesFilter) -> Iterator[ExportRow]:
        with self._units.read() as connection:
            yield from export_sales(connection, wanted)


def _seen(actor: Actor, wanted: SalesFilter) -> SalesFilter:
    """Limit a filter to what the person may see."""
    require_any(actor, Permission.SALE_VIEW_ALL, Permission.SALE_VIEW_OWN)
    if not holds(actor.role, Permission.SALE_VIEW_ALL):
        return replace(wanted, operator_key=actor.key)
    return wanted if actor.institution is None else replace(wanted, institution=actor.institution)


__all__ = [
    "COUNTED_MOST",
    "PAGE_ROWS",
    "ExportRow",
    "PaperState",
    "PastSales",
    "SaleDetail",
    "SaleFacts",
    "SaleRow",
    "SalesChoices",
    "SalesFilter",
    "ShiftSpan",
]
