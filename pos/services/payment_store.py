"""Payments to providers between memory and table: what was stored before a request left, and what came."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.payment_reports import StoredPayment
from pos.domain.poll_schedule import PollSchedule
from pos.domain.recovery_values import Delivery, PaymentCase, Recovery
from pos.domain.refund_recovery import RefundRecovery
from pos.domain.states import PaymentState
from pos.errors import UserError
from pos.gateways.base import (
    Answer,
    ByCard,
    NextStep,
    PayBy,
    PaymentRequest,
    RefundRequest,
    StepKind,
)
from pos.models.stored import instant_of, milliseconds_of
from pos.services.payment_parts import PAY_BYS


@dataclass(frozen=True, slots=True)
class RefundBy:
    """Who lets a refund be made, and why."""

    actor: UUID
    approved_by: UUID | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderPayment:
    """One payment through a provider as the till keeps it."""

    id: UUID
    sale_id: UUID
    provider: str
    tender: str
    reference: str
    amount_minor: int
    currency: str
    begun_at: datetime
    fee_minor: int = 0
    pay_by: PayBy | None = field(default=None, repr=False)
    payer_email: str = field(default="", repr=False)
    provider_reference: str = ""
    recovery: Recovery = field(default_factory=Recovery)
    refund: RefundRecovery | None = None
    refund_reference: str | None = None
    refund_by: RefundBy | None = None
    step: NextStep | None = None
    reason: str = ""
    code: str = ""
    ask_at: datetime | None = None
    attention: frozenset[PaymentCase] = frozenset()

    @property
    def stored(self) -> StoredPayment:
        """What answers are compared with."""
        return StoredPayment(self.reference, self.amount_minor, self.currency)

    @property
    def state(self) -> PaymentState:
        """Where it is."""
        return self.recovery.state

    @property
    def phone(self) -> str:
        """The payer's phone, empty where it is paid otherwise."""
        return getattr(self.pay_by, "phone", "")

    def request(self, *, note: str = "") -> PaymentRequest | None:
        """Return the request as it is sent, None where its payer is not kept."""
        if self.pay_by is None:
            return None
        return PaymentRequest(
            self.reference,
            self.amount_minor,
            self.currency,
            self.pay_by,
            payer_email=self.payer_email,
            note=note,
        )

    def refund_request(self) -> RefundRequest:
        """Return the refund as it is sent; it has its own reference by then."""
        assert self.refund_reference is not None, "stored before the refund leaves"
        return RefundRequest(
            self.refund_reference,
            self.reference,
            self.provider_reference,
            self.amount_minor,
            self.currency,
        )

    def with_answer(self, answer: Answer) -> ProviderPayment:
        """Return it with what an answer says beside its outcome."""
        return replace(
            self,
            provider_reference=answer.provider_reference or self.provider_reference,
            step=answer.step or self.step,
            reason=answer.reason.value,
            code=answer.code,
        )


_COLUMNS = (
    "id, sale_id, provider, tender, reference, amount_minor, currency, begun_at, fee_minor, pay_by, "
    "provider_reference, recovery, refund, refund_reference, refund_by, step, reason, code, ask_at, attention"
)


def find_payment(connection: Connection, payment_id: UUID) -> ProviderPayment | None:
    """Return a payment, None if there is none of that id."""
    row: Any = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM provider_payment WHERE id = ?",  # noqa: S608 - our own names
        (payment_id.bytes,),
    ).one_or_none()
    return None if row is None else _payment(row)


def get_payment(connection: Connection, payment_id: UUID) -> ProviderPayment:
    """Return a payment that a person or a task named. Raises UserError `payment.unknown`."""
    payment = find_payment(connection, payment_id)
    if payment is None:
        raise UserError("payment.unknown", "This till knows no such payment.")
    return payment


def payments_of_sale(connection: Connection, sale_id: UUID) -> list[ProviderPayment]:
    """Return the payments of a sale, in the order they were begun."""
    rows: Any = connection.exec_driver_sql(
        f"SELECT {_COLUMNS} FROM provider_payment WHERE sale_id = ? ORDER BY begun_at, id",  # noqa: S608 - ours
        (sale_id.bytes,),
    ).all()
    return [_payment(row) for row in rows]


def save_payment(connection: Connection, payment: ProviderPayment) -> None:
    """Write a payment, new or known."""
    values = (
        payment.id.bytes,
        payment.sale_id.bytes,
        payment.provider,
        payment.tender,
        payment.reference,
        payment.amount_minor,
        payment.currency,
        milliseconds_of(payment.begun_at),
        payment.fee_minor,
        _pay_by_text(payment.pay_by, payment.payer_email),
        payment.provider_reference,
        json.dumps(_plain(asdict(payment.recovery))),
        None if payment.refund is None else json.dumps(_plain(asdict(payment.refund))),
        payment.refund_reference,
        None if payment.refund_by is None else json.dumps(_plain(asdict(payment.refund_by))),
        None if payment.step is None else json.dumps(_plain(asdict(payment.step))),
        payment.reason,
        payment.code,
        None if payment.ask_at is None else milliseconds_of(payment.ask_at),
        "\n".join(sorted(payment.attention)),
    )
    marks = ", ".join("?" * len(values))
    connection.exec_driver_sql(
        f"INSERT OR REPLACE INTO provider_payment ({_COLUMNS}) VALUES ({marks})",  # noqa: S608 - our own names
        values,
    )


def put_off(
    connection: Connection, payment_id: UUID, schedule: Callable[[str], PollSchedule], now: datetime
) -> None:
    """Let a payment be asked about later at its provider's pace; marked for a person once it is old.

    Only single columns are read: what is wrong may be the rest of the row.
    """
    row: Any = connection.exec_driver_sql(
        "SELECT provider, begun_at, attention FROM provider_payment WHERE id = ?", (payment_id.bytes,)
    ).one()
    pace, age = schedule(row[0]), now - instant_of(row[1])
    marks = {word for word in row[2].split("\n") if word}
    if age >= pace.alarm_after:
        marks.add(PaymentCase.UNRESOLVED)
    connection.exec_driver_sql(
        "UPDATE provider_payment SET ask_at = ?, attention = ? WHERE id = ?",
        (milliseconds_of(now + pace.every(age)), "\n".join(sorted(marks)), payment_id.bytes),
    )


def keep_answer(connection: Connection, payment_id: UUID, answer: Answer) -> None:
    """Keep a raw answer whole; the gateway has taken secrets and phones out of it."""
    raw = answer.raw
    connection.exec_driver_sql(
        "INSERT INTO provider_answer (payment_id, at, call, http_status, outcome, body) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            payment_id.bytes,
            milliseconds_of(raw.at),
            raw.call,
            raw.http_status,
            answer.outcome.value,
            raw.body,
        ),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in values.items() if value is not None}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return milliseconds_of(value)
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if isinstance(value, UUID) else value


def _payment(row: Any) -> ProviderPayment:
    pay_by, email = _pay_by(row[9])
    return ProviderPayment(
        id=UUID(bytes=row[0]),
        sale_id=UUID(bytes=row[1]),
        provider=row[2],
        tender=row[3],
        reference=row[4],
        amount_minor=row[5],
        currency=row[6],
        begun_at=instant_of(row[7]),
        fee_minor=row[8],
        pay_by=pay_by,
        payer_email=email,
        provider_reference=row[10],
        recovery=_recovery(json.loads(row[11])),
        refund=None if row[12] is None else RefundRecovery(**_instants(json.loads(row[12]))),
        refund_reference=row[13],
        refund_by=_refund_by(row[14]),
        step=_step(row[15]),
        reason=row[16],
        code=row[17],
        ask_at=None if row[18] is None else instant_of(row[18]),
        attention=frozenset(PaymentCase(word) for word in row[19].split("\n") if word),
    )


def _recovery(stored: dict[str, Any]) -> Recovery:
    values = _instants(stored)
    values["state"] = PaymentState(values["state"])
    values["delivery"] = Delivery(values["delivery"])
    values["cases"] = frozenset(PaymentCase(word) for word in values["cases"])
    return Recovery(**values)


def _instants(values: dict[str, Any]) -> dict[str, Any]:
    return {name: instant_of(value) if name.endswith("_at") else value for name, value in values.items()}


def _refund_by(text: str | None) -> RefundBy | None:
    if text is None:
        return None
    values = json.loads(text)
    approver = values.get("approved_by")
    return RefundBy(UUID(values["actor"]), None if approver is None else UUID(approver), values["reason"])


def _step(text: str | None) -> NextStep | None:
    if text is None:
        return None
    values = json.loads(text)
    return NextStep(**(values | {"kind": StepKind(values["kind"])}))


def _pay_by_text(pay_by: PayBy | None, email: str) -> str | None:
    """A card's number is never kept: such a request cannot be sent again."""
    if pay_by is None or isinstance(pay_by, ByCard):
        return None
    word = next(word for word, kind in PAY_BYS.items() if kind is type(pay_by))
    return json.dumps({"by": word, "email": email} | asdict(pay_by))


def _pay_by(text: str | None) -> tuple[PayBy | None, str]:
    if text is None:
        return None, ""
    values = json.loads(text)
    kind, email = PAY_BYS[values.pop("by")], values.pop("email")
    names = {one.name for one in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names}), email
