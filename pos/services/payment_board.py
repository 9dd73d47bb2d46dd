"""Payments under way as a glance needs them: who waits, what is ready, and the trail of one sale."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission, holds
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.models.queries.meters import get_meter
from pos.models.queries.payments import (
    AnswerRow,
    PendingRow,
    answers_of,
    find_pending,
    list_pending,
    parts_of,
)
from pos.models.queries.selling import find_sale
from pos.models.queries.shifts import seldom_lines
from pos.models.stored import instant_of
from pos.models.uow import Units
from pos.services.approval import require, require_any
from pos.services.payment_settling import paid_minor_of
from pos.services.payment_store import ProviderPayment, payments_of_sale
from pos.services.payment_views import SaleView, sale_view
from pos.system.clock import Clock

ROWS_SHOWN = 12
TRAIL_LINES_MOST = 20_000
"""So many lines are looked through for a trail; an old sale whose payments never ended may have more."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A sale that waits for money or for its token, in one line of a list.

    `amount_minor` is what is asked for, what a refused part left open (`is_refused`: nobody is asked for it),
    or the whole sale; `state` the sale's. `is_unknown`: nobody knows what became of a payment.
    `needs_person`: somebody must look at it.
    """

    sale_id: UUID
    name: str
    drn: str
    tender: str
    phone_last3: str
    amount_minor: int
    begun_at: datetime
    state: SaleState
    is_parked: bool
    is_unknown: bool
    needs_person: bool
    trouble: str
    is_refused: bool = False


@dataclass(frozen=True, slots=True)
class ReadyRow:
    """What came of a sale nobody was waiting for: `delivered`, `failed` or `refund_due`.

    Of a sale that came to nothing only the last digits of the payer's phone are known.
    """

    key: int
    sale_id: UUID
    what: str
    at: datetime
    name: str
    drn: str
    money_minor: int
    phone_last3: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """What waits, the oldest first and only so many, how many there are, and what nobody has seen yet."""

    waiting: tuple[WaitingRow, ...] = ()
    count: int = 0
    ready: tuple[ReadyRow, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingSale:
    """A sale as the counter takes it up again: where it is, and its frozen item while there is one."""

    view: SaleView
    item: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class TrailStep:
    """One step of a payment as the journal has it."""

    payment_id: UUID
    at: datetime
    before: str
    after: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trail:
    """A sale's payments with their steps; the raw answers only for who may see them."""

    view: SaleView
    steps: tuple[TrailStep, ...]
    answers: tuple[tuple[UUID, AnswerRow], ...] = ()


class PaymentBoard:
    """Answers the counter's questions about payments; changes nothing and asks no provider."""

    def __init__(self, units: Units, clock: Clock) -> None:
        """Read from `units`."""
        self._units = units
        self._clock = clock

    def read(self, actor: Actor, *, limit: int = ROWS_SHOWN) -> Board:
        """Return what waits and what is ready; however much waits, it costs the same.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            count: int = connection.exec_driver_sql("SELECT count(*) FROM pending_sale").scalar_one()
            waiting = tuple(
                row
                for pending in list_pending(connection, limit=limit)
                if (row := _waiting(connection, pending)) is not None
            )
            return Board(waiting, count, _ready(connection, limit))

    def look(self, actor: Actor, sale_id: UUID) -> WaitingSale:
        """Return where a sale is.

        Raises:
            UserError: `permission.denied`, `sale.unknown`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            view = sale_view(connection, sale_id, self._clock.now())
            pending = find_pending(connection, sale_id)
        if view is None:
            raise UserError("sale.unknown", "This till knows no such sale.")
        return WaitingSale(view, None if pending is None else pending.quote["items"][0])

    def trail(self, actor: Actor, sale_id: UUID) -> Trail:
        """Return the payments of a sale with all their steps.

        Raises:
            UserError: `permission.denied`, `sale.unknown`.
        """
        require_any(actor, Permission.PAYMENT_REQUERY, Permission.SALE_VIEW_ALL)
        with self._units.read() as connection:
            view = sale_view(connection, sale_id, self._clock.now())
            if view is None:
                raise UserError("sale.unknown", "This till knows no such sale.")
            steps = _steps(connection, view)
            answers: tuple[tuple[UUID, AnswerRow], ...] = ()
            if may_see_answers(actor):
                answers = tuple(
                    (part.id, one)
                    for part in view.parts
                    if part.provider
                    for one in answers_of(connection, part.id)
                )
            return Trail(view, steps, answers)


def may_see_answers(actor: Actor) -> bool:
    """Say whether a person may read what a provider answered, word by word."""
    return holds(actor.role, Permission.PAYMENT_RESOLVE) or holds(actor.role, Permission.AUDIT_VIEW)


def _waiting(connection: Connection, pending: PendingRow) -> WaitingRow | None:
    known = find_sale(connection, pending.sale_id)
    if known is None:
        return None
    payments = payments_of_sale(connection, pending.sale_id)
    drn = str(pending.quote["items"][0]["meter"]["drn"])
    asked = [one for one in payments if one.recovery.is_open]
    lead: ProviderPayment | None = next(iter(asked or payments), None)
    amount_minor = sum(one.amount_minor for one in asked) or pending.money_minor
    is_refused = known.state == SaleState.AWAITING_PAYMENT and not asked and not pending.is_ready
    if is_refused:
        amount_minor -= paid_minor_of(parts_of(connection, pending.sale_id))
    return WaitingRow(
        sale_id=pending.sale_id,
        name=_name(connection, drn),
        drn=drn,
        tender="" if lead is None else lead.tender,
        phone_last3="" if lead is None else lead.phone[-3:],
        amount_minor=amount_minor,
        begun_at=pending.begun_at,
        state=SaleState(known.state),
        is_parked=pending.parked_at is not None,
        is_unknown=any(one.state is PaymentState.UNKNOWN for one in asked),
        needs_person=any(one.attention - {PaymentCase.REVERSED} for one in payments),
        trouble=pending.trouble or "",
        is_refused=is_refused,
    )


def _ready(connection: Connection, limit: int) -> tuple[ReadyRow, ...]:
    rows: Any = connection.exec_driver_sql(
        "SELECT announcement.key, sale.id, what, announcement.at, sale.money_minor, coalesce(meter.drn, "
        "(SELECT meter.drn FROM reservation JOIN meter ON meter.key = meter_key "
        "WHERE reservation.sale_id = sale.id), '') FROM announcement "
        "JOIN sale ON sale.id = announcement.sale_id "
        "LEFT JOIN sale_item ON sale_place = sale.place AND n = 1 "
        "LEFT JOIN meter ON meter.key = sale_item.meter_key "
        "WHERE seen_at IS NULL ORDER BY announcement.key LIMIT ?",
        (limit,),
    ).all()
    return tuple(
        ReadyRow(
            key=row[0],
            sale_id=UUID(bytes=row[1]),
            what=row[2],
            at=instant_of(row[3]),
            name=_name(connection, row[5]),
            drn=row[5],
            money_minor=row[4],
            phone_last3=_phone_last3(connection, UUID(bytes=row[1])),
        )
        for row in rows
    )


def _phone_last3(connection: Connection, sale_id: UUID) -> str:
    return next((one.phone[-3:] for one in payments_of_sale(connection, sale_id) if one.phone), "")


def _name(connection: Connection, drn: str) -> str:
    meter = get_meter(connection, drn) if drn else None
    return "" if meter is None else meter.name or ""


def _steps(connection: Connection, view: SaleView) -> tuple[TrailStep, ...]:
    """Follow the lines of a sale's payments until each of them stands where it stands now."""
    known = find_sale(connection, view.sale_id)
    assert known is not None, "it was found"
    wanted = {part.id: part.state.value for part in view.parts}
    reached: dict[UUID, str] = {}
    found: list[TrailStep] = []
    sale_text = str(view.sale_id)
    lines = seldom_lines(connection, "payment_changed", after_place=known.place - 1)
    for n, line in enumerate(lines):
        is_whole = reached == wanted and not view.is_waiting
        if is_whole or n > TRAIL_LINES_MOST:
            break
        body = line.body
        if body["sale_id"] != sale_text:
            continue
        payment_id = UUID(body["payment_id"])
        reached[payment_id] = body["to"]
        found.append(
            TrailStep(
                payment_id,
                datetime.fromisoformat(line.line["at"]),
                body["from"],
                body["to"],
                body["source"],
                body.get("reason", ""),
            )
        )
    return tuple(found)


def pretty_answer(body: str) -> str:
    """Write a JSON answer on several lines; anything else as it came."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


__all__ = [
    "AnswerRow",
    "Board",
    "PaymentBoard",
    "ReadyRow",
    "Trail",
    "TrailStep",
    "WaitingRow",
    "WaitingSale",
    "may_see_answers",
    "pretty_answer",
]
