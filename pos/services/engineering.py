"""Engineering tokens: limits, clearing, rates, the extended set; each with its reason (docs/sts.md §2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.errors import UserError
from pos.models.ledger_book import Book
from pos.models.queries.selling import SellingMeter, find_selling_meter
from pos.models.uow import Units
from pos.services.approval import Approval, require
from pos.services.facts import privileged_act
from pos.services.issuing import Cause, IssueResult, Issuing, issued_item
from pos.services.token_vending import TokenVending
from pos.services.unknown_meters import not_in_register
from pos.tokens.management import extended_flag, extended_value, value_field_of
from pos.tokens.names import Management
from pos.tokens.numbers import parse_meter_number


class EngineeringKind(StrEnum):
    """What an engineering token does; the words stand in the journal."""

    CLEAR_CREDIT = "clear_credit"
    CLEAR_TAMPER = "clear_tamper"
    POWER_LIMIT = "power_limit"
    PHASE_UNBALANCE = "phase_unbalance"
    WATER_FACTOR = "water_factor"
    TARIFF_RATE = "tariff_rate"
    EXTENDED = "extended"
    EXTENDED_FLAG = "extended_flag"


_SUBCLASSES = {
    EngineeringKind.CLEAR_CREDIT: Management.CLEAR_CREDIT,
    EngineeringKind.CLEAR_TAMPER: Management.CLEAR_TAMPER_CONDITION,
    EngineeringKind.POWER_LIMIT: Management.SET_MAXIMUM_POWER_LIMIT,
    EngineeringKind.PHASE_UNBALANCE: Management.SET_MAXIMUM_PHASE_POWER_UNBALANCE_LIMIT,
    EngineeringKind.WATER_FACTOR: Management.SET_WATER_METER_FACTOR,
    EngineeringKind.TARIFF_RATE: Management.SET_TARIFF_RATE,
    EngineeringKind.EXTENDED: Management.EXTENDED_TOKEN_SET,
    EngineeringKind.EXTENDED_FLAG: Management.EXTENDED_TOKEN_SET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineeringRequest:
    """One engineering token for one meter.

    `value`: the register (65535: all) to clear, watts of a limit, the factor or rate, the index of an
    extended value (0-62) or the number of a flag (0-511). `control` (10 bits) belongs to an extended value,
    `is_set` to a flag. A clear tamper token has none of them.
    """

    drn: str
    kind: EngineeringKind
    reason: str
    value: int = 0
    control: int = 0
    is_set: bool = False

    def value_field(self) -> int:
        """Return the 16 bits as the token carries them. Raises FieldError `field.*`, AmountError."""
        if self.kind is EngineeringKind.EXTENDED:
            return extended_value(self.value, self.control)
        if self.kind is EngineeringKind.EXTENDED_FLAG:
            return extended_flag(self.value, is_set=self.is_set)
        return value_field_of(_SUBCLASSES[self.kind], self.value)


class EngineeringTokens:
    """Issues engineering tokens."""

    def __init__(self, units: Units, book: Book, issuing: Issuing, *, vending: TokenVending) -> None:
        """Wire the parts."""
        self._units = units
        self._book = book
        self._issuing = issuing
        self._vending = vending

    def issue(
        self, request: EngineeringRequest, actor: Actor, *, approval: Approval | None = None
    ) -> IssueResult:
        """Issue the token; a blocked meter gets it too, for that is when a technician needs it.

        An approval is for the meter's number.

        Raises:
            UserError: `token.reason_missing`, `meter.unknown`, `permission.denied`, `approval.*`,
                `clock.confirm`; FieldError, AmountError `field.*`, `amount.range`; VaultError, TidError.
            ApprovalNeeded: `permission.approval_needed`.
            MachineFault: `clock.back`, `disk.*`.
        """
        reason = request.reason.strip()
        if not reason:
            raise UserError("token.reason_missing", "Say why this token is needed.")
        with self._units.write() as unit:
            connection = unit.connection
            meter = needed_meter(connection, request.drn)
            issued = self._vending.management(
                connection,
                meter,
                _SUBCLASSES[request.kind],
                value_field=request.value_field(),
                at=self._issuing.instant(connection),
            )
            approved_by = require(actor, Permission.TOKEN_ENGINEERING, approval=approval, subject=meter.drn)
            act = privileged_act(
                Permission.TOKEN_ENGINEERING,
                "meter",
                str(meter.id),
                reason=reason,
                after={"kind": request.kind.value, "value_field": request.value_field()},
            )
            self._book.record(unit, "privileged_act", act, actor=actor.id, approved_by=approved_by)
            return self._issuing.record(
                unit,
                issued_item(meter, issued),
                cause=Cause(word="engineering"),
                actor=actor,
                approved_by=approved_by,
            )


def needed_meter(connection: Connection, number: str) -> SellingMeter:
    """Return a meter whatever its status.

    Raises:
        UserError: as `not_in_register`; NumberError as `parse_meter_number`.
    """
    drn = parse_meter_number(number).drn.digits
    meter = find_selling_meter(connection, drn)
    if meter is None:
        raise not_in_register(connection, drn)
    return meter
