"""What a sale costs once a refused part took its fee with it, and whether what is paid covers it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import canonical_bytes
from pos.domain.ledger import supplier_share_minor
from pos.domain.price_terms import Adjustment
from pos.domain.states import PaymentState
from pos.errors import KilotillError
from pos.models.queries.payments import PendingRow, find_pending
from pos.services.payment_pending import request_of
from pos.services.payment_store import payments_of_sale
from pos.services.quoting import Quote
from pos.services.remote_delivery import reserve
from pos.services.sale_preparation import SalePreparation
from pos.system.clock import Clock

logger = logging.getLogger(__name__)


class Fees(Protocol):
    """Gives what a customer pays for a tender."""

    def fee(
        self, connection: Connection, tender: str, amount_minor: int, *, at: datetime
    ) -> Adjustment | None:
        """Return the fee line of a tender for an amount at an instant, None for none."""
        ...


class RestPricing:
    """Prices a sale that waits for its rest anew, and freezes the new price in place of the old one."""

    def __init__(self, preparation: SalePreparation, fees: Fees, clock: Clock) -> None:
        """Wire the parts."""
        self._preparation = preparation
        self._fees = fees
        self._clock = clock

    def kept_fees(self, connection: Connection, sale_id: UUID) -> tuple[Adjustment, ...]:
        """Return the fees of the parts that succeeded, by the rules of their time."""
        found = (
            self._fees.fee(connection, one.tender, one.amount_minor, at=one.begun_at)
            for one in payments_of_sale(connection, sale_id)
            if one.state is PaymentState.SUCCEEDED
        )
        return tuple(fee for fee in found if fee is not None)

    def cover(self, connection: Connection, pending: PendingRow, paid_minor: int) -> PendingRow | None:
        """Freeze a sale at what is paid, if that buys all that was asked for; None where more is to be paid.

        Only a sale by units can cost less than it did: a refused part took its fee with it. What is paid
        above the price buys more units: nothing of it was for anything else.
        """
        if pending.request.get("units_milli") is None:
            return None
        fees = self.kept_fees(connection, pending.sale_id)
        try:
            quote = self._quote_for(connection, pending, fees, paid_minor=paid_minor)
            if quote is None:
                return None
            self.freeze(connection, pending, quote)
        except KilotillError as refusal:
            # It was frozen at a price, and cannot be priced now: a person takes the rest or gives it up.
            logger.info("A sale whose part was refused cannot be priced anew: %s", refusal.code)
            return None
        return find_pending(connection, pending.sale_id)

    def freeze(self, connection: Connection, pending: PendingRow, quote: Quote) -> None:
        """Put a new quote, and what it reserves, in the place of the one a sale was frozen at.

        Raises:
            UserError: `key.group_not_allowed`; then nothing is changed.
        """
        sale_id, request = pending.sale_id, request_of(pending)
        holder = str(pending.quote["holder"])
        sale = self._preparation.frozen(request, quote, at=self._clock.now(), holder=holder)
        supplier_minor = supplier_share_minor([line.to_json() for line in quote.item.lines])
        connection.exec_driver_sql("DELETE FROM reservation WHERE sale_id = ?", (sale_id.bytes,))
        reserve(connection, quote, sale_id, supplier_minor=supplier_minor)
        connection.exec_driver_sql(
            "UPDATE pending_sale SET quote = ? WHERE sale_id = ?",
            (canonical_bytes(sale).decode(), sale_id.bytes),
        )

    def _quote_for(
        self,
        connection: Connection,
        pending: PendingRow,
        fees: Sequence[Adjustment],
        *,
        paid_minor: int,
    ) -> Quote | None:
        request = request_of(pending)
        quote = self._preparation.trial(connection, request, fees)
        if quote.item.money_minor >= paid_minor:
            return quote if quote.item.money_minor == paid_minor else None
        by_money = replace(request, units_milli=None, money_minor=paid_minor)
        return self._preparation.trial(connection, by_money, fees)
