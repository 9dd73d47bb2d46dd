"""Looking at past sales: who may see which (docs/formats.md §13)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from pos.domain.permissions import Actor, Permission, holds
from pos.errors import UserError
from pos.models.queries.sales import (
    PAGE_ROWS,
    ExportRow,
    SaleDetail,
    SaleRow,
    SalesFilter,
    export_sales,
    find_sale_detail,
    list_sales,
    recent_sales_of,
)
from pos.models.uow import Units
from pos.services.approval import require, require_any


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
