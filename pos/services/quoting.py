"""What a sale to a meter would cost or give: the same figures for trial vend and sale."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from hashlib import sha256

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.price_terms import Adjustment, Terms
from pos.domain.priced_item import LineKind, PricedItem, PriceLine
from pos.domain.pricing import price_by_money, price_by_units
from pos.domain.tariff import Tariff
from pos.domain.tariff_json import tariff_from_json
from pos.errors import MachineFault, UserError
from pos.models.queries.selling import (
    MonthFigures,
    SellingMeter,
    TariffRow,
    credit_left_minor,
    find_selling_meter,
    find_tariff,
    month_cursor,
    month_figures,
)
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.unknown_meters import not_in_register
from pos.tokens.amount import largest_amount_not_above
from pos.tokens.numbers import parse_meter_number


@dataclass(frozen=True, slots=True)
class Quote:
    """A priced item for one meter and everything the price came from."""

    meter: SellingMeter
    tariff_row: TariffRow
    month: str
    figures: MonthFigures
    item: PricedItem
    meter_cursor: int = 0

    def basis_json(self) -> JsonObject:
        """Return the item's `basis` (docs/formats.md §4)."""
        basis = self.figures.basis
        return {
            "tariff_id": str(self.tariff_row.id),
            "tariff_version": self.tariff_row.version,
            "tariff_sha256": self.tariff_row.sha256.hex(),
            "month": self.month,
            "bought_before_milli": basis.bought_before_milli,
            "charges_taken": list(basis.charges_taken),
            "free_before_milli": basis.free_before_milli,
            "arrears_before_minor": basis.arrears_before_minor,
            "meter_cursor": self.meter_cursor,
        }


class Quoting:
    """Prices sales from the database; tariffs are kept parsed, as a stored version never changes."""

    def __init__(
        self,
        time_zone: tzinfo,
        *,
        may_give_free: Callable[[SellingMeter], bool] = lambda _: True,
    ) -> None:
        """`may_give_free` says whether this till may give a meter's free units now (formats §7.7)."""
        self._time_zone = time_zone
        self._may_give_free = may_give_free
        # By content: a pull may take a version away and give its key to another.
        self._tariffs: dict[bytes, Tariff] = {}

    def quote(
        self,
        connection: Connection,
        request: SaleRequest,
        *,
        at: datetime,
        smallest_coin_minor: int = 1,
        adjustments: Sequence[Adjustment] = (),
    ) -> Quote:
        """Price a request at `at` (aware).

        Raises:
            UserError: `meter.blocked`, `tariff.unknown`; as `not_in_register`; NumberError for the number.
            PricingError: `sale.*`.
        """
        meter = _in_its_group(self.selling_meter(connection, request.drn), at)
        row = find_tariff(connection, meter.tariff_code, at)
        if row is None:
            raise UserError("tariff.unknown", f"No tariff {meter.tariff_code!r} is in force for this meter.")
        month = f"{at.astimezone(self._time_zone):%Y-%m}"
        figures = month_figures(connection, meter, month, without=request.sale_id)
        terms = Terms(
            self._tariff(row),
            figures.basis,
            figures.carry_milli,
            self._may_give_free(meter),
            tuple(adjustments),
        )
        credit_minor = credit_left_minor(connection, meter.key, without=request.sale_id)
        item = _price(_with_credit(terms, request, credit_minor), request, smallest_coin_minor)
        return Quote(meter, row, month, figures, item, month_cursor(connection))

    def selling_meter(self, connection: Connection, number: str) -> SellingMeter:
        """Return the meter that may be sold to.

        Raises:
            UserError: `meter.blocked`; as `not_in_register`; NumberError as `parse_meter_number`.
        """
        drn = parse_meter_number(number).drn.digits
        meter = find_selling_meter(connection, drn)
        if meter is None:
            raise not_in_register(connection, drn)
        if meter.status != "active":
            reason = f": {meter.block_reason}" if meter.block_reason else ""
            raise UserError("meter.blocked", f"Meter {drn} is {meter.status}{reason}. Nothing can be sold.")
        return meter

    def _tariff(self, row: TariffRow) -> Tariff:
        tariff = self._tariffs.get(row.sha256)
        if tariff is None:
            if sha256(row.body.encode()).digest() != row.sha256:
                raise MachineFault(
                    "tariff.damaged", f"The stored tariff {row.code} was changed by hand: import it again."
                )
            tariff = self._tariffs[row.sha256] = tariff_from_json(json.loads(row.body))
        return tariff


def _in_its_group(meter: SellingMeter, at: datetime) -> SellingMeter:
    """Let holders and supplier be those of the group a meter has moved to (docs/formats.md §8)."""
    following = meter.following
    if following is None or not meter.moves_at(at):
        return meter
    return replace(meter, holders=following.holders, supplier=following.supplier)


def _with_credit(terms: Terms, request: SaleRequest, credit_minor: int) -> Terms:
    """Take what the customer gets back off this sale: it buys more, or the units asked for cost less."""
    if not credit_minor or request.kind is SaleKind.ARREARS:
        return terms
    if request.units_milli is not None:
        # Something is always paid: no sale of nothing.
        whole = _price(terms, request, 1).money_minor
        credit_minor = min(credit_minor, whole - max(terms.tariff.min_minor, 1))
    if credit_minor <= 0:
        return terms
    credit = Adjustment(LineKind.CREDIT, "credit", credit_minor)
    return replace(terms, adjustments=(*terms.adjustments, credit))


def _price(terms: Terms, request: SaleRequest, smallest_coin_minor: int) -> PricedItem:
    if (request.money_minor is None) == (request.units_milli is None):
        raise UserError("sale.amount", "Give either an amount of money or a number of units.")
    if request.kind is SaleKind.ARREARS:
        return _arrears_only(terms, request)
    if request.money_minor is not None:
        return price_by_money(terms, request.money_minor, representable_tenths=largest_amount_not_above)
    assert request.units_milli is not None
    return price_by_units(
        terms,
        request.units_milli,
        representable_tenths=largest_amount_not_above,
        smallest_coin_minor=smallest_coin_minor,
    )


def _arrears_only(terms: Terms, request: SaleRequest) -> PricedItem:
    """A payment on arrears alone: one line, no units; never above what is due."""
    due_minor, money_minor = terms.basis.arrears_before_minor, request.money_minor
    if money_minor is None or money_minor <= 0:
        raise UserError("sale.amount", "Enter how much of the arrears is paid.")
    if due_minor == 0:
        raise UserError("arrears.refused", "This meter has no arrears.")
    if money_minor > due_minor:
        raise UserError("arrears.refused", "That is more than the arrears of this meter.")
    line = PriceLine(1, LineKind.ARREARS, "arrears", money_minor, tax_code=terms.tariff.arrears.tax_code)
    carry = terms.carry_in_milli
    return PricedItem(money_minor, (line,), 0, 0, carry, carry, 0)
