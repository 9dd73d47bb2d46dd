"""What a cashier sees around a sale: the owner card, recent meters, the last token, who may approve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from pos.domain.permissions import Actor, Permission, holds, sees_institution
from pos.domain.tariff import Tariff
from pos.errors import UserError
from pos.models.ledger_book import read_head
from pos.models.queries.counter import (
    PaperState,
    RecentMeter,
    count_own_sales,
    delivered_at,
    has_unfinished,
    latest_sale,
    paper_state,
    recent_meters,
)
from pos.models.queries.meters import MeterRow, get_meter, meters_of_customer
from pos.models.queries.people import list_people
from pos.models.queries.sales import SaleRow, find_sale_detail, recent_sales_of
from pos.models.queries.selling import find_selling_meter, find_tariff, month_figures, open_shift
from pos.models.queries.tariffs import find_version
from pos.models.uow import Units
from pos.services.approval import require
from pos.services.unknown_meters import not_in_register
from pos.system.clock import Clock
from pos.tokens.numbers import parse_meter_number

LAST_PURCHASES = 3


@dataclass(frozen=True, slots=True)
class OwnerCard:
    """A meter as the cashier confirms it with the customer. Units in 0.001, money in minor units.

    `tariff` None: no version is in force. `arrears_minor` is what is owed now, without reservations.
    """

    meter: MeterRow
    tariff: Tariff | None
    tariff_name: str
    bought_month_milli: int
    arrears_minor: int
    purchases: tuple[SaleRow, ...]
    others: tuple[MeterRow, ...]


@dataclass(frozen=True, slots=True)
class ShownSale:
    """A delivered sale as the counter shows it again: its line, owner, paper, and when it was delivered."""

    row: SaleRow
    sale: dict[str, Any]
    name: str
    area: str
    paper: PaperState | None
    is_shown: bool
    delivered_at: datetime

    @property
    def item(self) -> dict[str, Any]:
        """The first item."""
        item: dict[str, Any] = self.sale["items"][0]
        return item

    @property
    def digits(self) -> str:
        """The credit token, the last of the item; empty where there is none."""
        tokens = self.item.get("tokens") or []
        return str(tokens[-1]["digits"]) if tokens else ""


class Counter:
    """Answers the questions of the Sell screen; changes nothing."""

    def __init__(self, units: Units, clock: Clock, time_zone: tzinfo) -> None:
        """Wire the parts."""
        self._units = units
        self._clock = clock
        self._time_zone = time_zone

    def recent(self, actor: Actor, *, limit: int = 10) -> list[RecentMeter]:
        """Return the meters this till delivered to last.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            return recent_meters(connection, limit=limit)

    def card(self, actor: Actor, number: str) -> OwnerCard:
        """Return the owner card of a meter number (11, 13 or 18 digits).

        Raises:
            UserError: `permission.denied`, `meter.unknown`; as `not_in_register`; NumberError `meter.*`.
        """
        require(actor, Permission.METER_VIEW)
        drn = parse_meter_number(number).drn.digits
        with self._units.read() as connection:
            meter = get_meter(connection, drn)
            if meter is None:
                raise not_in_register(connection, drn)
            if not sees_institution(actor, meter.institution):
                raise UserError("meter.unknown", f"Meter {drn} is not known at this till.")
            selling = find_selling_meter(connection, drn)
            assert selling is not None, "every meter has its selling columns"
            at = max(self._clock.now(), read_head(connection).trusted_at)
            figures = month_figures(connection, selling, f"{at.astimezone(self._time_zone):%Y-%m}")
            row = find_tariff(connection, selling.tariff_code, at)
            version = None if row is None else find_version(connection, row.code, row.version)
            others = [] if meter.customer_key is None else meters_of_customer(connection, meter.customer_key)
            return OwnerCard(
                meter=meter,
                tariff=None if version is None else version.tariff(),
                tariff_name=meter.tariff_code if version is None else version.name or version.code,
                bought_month_milli=figures.basis.bought_before_milli + figures.basis.free_before_milli,
                arrears_minor=figures.basis.arrears_before_minor,
                purchases=tuple(recent_sales_of(connection, meter.key, limit=LAST_PURCHASES)),
                others=tuple(other for other in others if other.key != meter.key),
            )

    def last_sale(self, actor: Actor) -> ShownSale | None:
        """Return the sale this till delivered last, for "Last token"; None before the first.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            # A cashier sees his own last token, not that of the shift before.
            own = None if holds(actor.role, Permission.SALE_VIEW_ALL) else actor.key
            latest = latest_sale(connection, operator_key=own)
        return None if latest is None else self.shown_sale(actor, latest)

    def shown_sale(self, actor: Actor, sale_id: UUID) -> ShownSale:
        """Return a delivered sale with its paper and its owner.

        Raises:
            UserError: `permission.denied`, `sale.unknown`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            detail = find_sale_detail(connection, sale_id)
            if detail is None or detail.sale is None:
                raise UserError("sale.unknown", "This till knows no such sale.")
            found: Any = connection.exec_driver_sql(
                "SELECT delivered_place, is_handed_over FROM sale WHERE id = ?", (sale_id.bytes,)
            ).one()
            meter = None if detail.row.drn is None else get_meter(connection, detail.row.drn)
            return ShownSale(
                detail.row,
                detail.sale,
                "" if meter is None else meter.name or "",
                "" if meter is None else meter.area or "",
                None if found[0] is None else paper_state(connection, found[0]),
                bool(found[1]),
                delivered_at(connection, detail.row.place, found[0], begun_at=detail.row.at),
            )

    def tariff_version(self, sale: dict[str, Any]) -> Tariff | None:
        """Return the tariff a sale's first item was priced with, None for an item without one."""
        item = sale["items"][0]
        basis = item.get("basis")
        if basis is None:
            return None
        with self._units.read() as connection:
            row: Any = connection.exec_driver_sql(
                "SELECT code, version FROM tariff WHERE id = ?", (UUID(basis["tariff_id"]).bytes,)
            ).one_or_none()
            version = None if row is None else find_version(connection, row[0], row[1])
        return None if version is None else version.tariff()

    def own_count(self, actor: Actor) -> int:
        """Count what a person sold in the open shift; 0 without one."""
        with self._units.read() as connection:
            shift = open_shift(connection)
            return 0 if shift is None else count_own_sales(connection, shift.place, actor.key)

    def has_unfinished(self, actor: Actor, *, with_drafts: bool = True) -> bool:
        """Say whether anything waits for a person: money, tokens, papers, and drafts where they count.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            return has_unfinished(connection, with_drafts=with_drafts)

    def known_near(self, actor: Actor, number: str) -> str:
        """Return the known meter whose number is this one with two neighbours swapped, "" for none.

        The last digits are tried first: that is where eyes slip.
        """
        digits = "".join(number.split()).replace("-", "")
        with self._units.read() as connection:
            for n in range(len(digits) - 2, -1, -1):
                swapped = digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :]
                if swapped == digits:
                    continue
                meter = get_meter(connection, swapped)
                if meter is not None and sees_institution(actor, meter.institution):
                    return meter.drn
        return ""

    def tariffs_and_groups(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the codes of the tariffs and the numbers of the supply groups, for a meter added by hand."""
        with self._units.read() as connection:
            tariffs = connection.exec_driver_sql("SELECT DISTINCT code FROM tariff ORDER BY code")
            groups = connection.exec_driver_sql("SELECT sgc FROM supply_group ORDER BY sgc")
            return tuple(row[0] for row in tariffs), tuple(row[0] for row in groups)

    def who_holds(self, permission: Permission) -> tuple[str, ...]:
        """Return the names of the active people who may approve an act."""
        with self._units.read() as connection:
            people = list_people(connection)
        return tuple(one.actor.name for one in people if one.is_active and holds(one.actor.role, permission))


__all__ = ["Counter", "MeterRow", "OwnerCard", "PaperState", "RecentMeter", "SaleRow", "ShownSale"]
