"""Free basic units as an act of their own: what the tariff gives a meter this month and no sale has given."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.domain.priced_item import LineKind, PricedItem, PriceLine
from pos.domain.pricing import TOKEN_STEP_MILLI
from pos.errors import UserError
from pos.models.queries.selling import find_tariff, month_figures
from pos.models.uow import Units
from pos.services.approval import Approval, require
from pos.services.issuing import Cause, IssueResult, Issuing, issued_item
from pos.services.quoting import Quote, Quoting
from pos.services.token_vending import TokenVending
from pos.tokens.amount import largest_amount_not_above


@dataclass(frozen=True, slots=True)
class FreeUnits:
    """What a meter may still get this month; `token_tenths` is what a token now would carry."""

    drn: str
    month: str
    free_milli: int
    token_tenths: int


class FreeIssues:
    """Gives free units."""

    def __init__(
        self, units: Units, issuing: Issuing, vending: TokenVending, *, quoting: Quoting, time_zone: tzinfo
    ) -> None:
        """Wire the parts; the month is that of the organisation's `time_zone`."""
        self._units = units
        self._issuing = issuing
        self._vending = vending
        self._quoting = quoting
        self._time_zone = time_zone

    def due(self, actor: Actor, drn: str) -> FreeUnits:
        """Return what the meter may still get this month, perhaps nothing.

        Raises:
            UserError: `permission.denied`, `meter.unknown`, `meter.blocked`, `tariff.unknown`, `clock.*`.
        """
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            quote = self._quote(connection, drn, self._issuing.instant(connection))
        return FreeUnits(quote.meter.drn, quote.month, quote.item.free_milli, quote.item.token_units_tenths)

    def issue(self, drn: str, actor: Actor, *, approval: Approval | None = None) -> IssueResult:
        """Give the meter all free units that are left this month, as one token.

        An approval is for the meter's number (11 or 13 digits).

        Raises:
            UserError: `free.not_due`, `permission.denied`, `approval.*`, and as `due`; EnvelopeError
                `envelope.*`; VaultError, TidError `vault.locked`, `key.*`, `tid.*`.
            ApprovalNeeded: `permission.approval_needed`.
            MachineFault: `clock.back`, `disk.*`.
        """
        with self._units.write() as unit:
            connection = unit.connection
            at = self._issuing.instant(connection)
            quote = self._quote(connection, drn, at)
            tenths = quote.item.token_units_tenths
            if quote.item.free_milli == 0 or tenths == 0:
                raise UserError("free.not_due", "This meter has no free units left this month.")
            charge_minor = self._issuing.charge(connection, quote.meter, tenths=tenths, at=at)
            issued = self._vending.credit(connection, quote.meter, tenths=tenths, at=at)
            approved_by = require(
                actor, Permission.SALE_FREE_ISSUE, approval=approval, subject=quote.meter.drn
            )
            item = issued_item(quote.meter, issued, **quote.item.to_json(), basis=quote.basis_json())
            return self._issuing.record(
                unit,
                item,
                cause=Cause(word="free"),
                actor=actor,
                approved_by=approved_by,
                charge_minor=charge_minor,
            )

    def _quote(self, connection: Connection, drn: str, at: datetime) -> Quote:
        meter = self._quoting.selling_meter(connection, drn)
        row = find_tariff(connection, meter.tariff_code, at)
        if row is None:
            raise UserError("tariff.unknown", f"No tariff {meter.tariff_code!r} is in force for this meter.")
        month = f"{at.astimezone(self._time_zone):%Y-%m}"
        figures = month_figures(connection, meter, month)
        free_milli = max(0, json.loads(row.body)["free_milli"] - figures.basis.free_before_milli)
        return Quote(meter, row, month, figures, _free_item(free_milli, figures.carry_milli))


def _free_item(free_milli: int, carry_milli: int) -> PricedItem:
    """Return an item without money; with nothing free the carry stays where it is."""
    on_token_milli = free_milli + carry_milli if free_milli else 0
    tenths = largest_amount_not_above(on_token_milli // TOKEN_STEP_MILLI)
    line = PriceLine(1, LineKind.FREE, "free", 0, free_milli)
    carry_out_milli = free_milli + carry_milli - TOKEN_STEP_MILLI * tenths
    return PricedItem(0, (line,), 0, free_milli, carry_milli, carry_out_milli, tenths)
