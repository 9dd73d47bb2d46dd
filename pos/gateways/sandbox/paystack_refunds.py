"""Paystack's refunds: queued, then processed, failed or in need of the customer's account."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox import paystack_views as views
from pos.gateways.sandbox.money import decimal_of
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.paystack_answers import done, invalid, missing, not_found, page, refused
from pos.gateways.sandbox.scenarios import Outcome, Scenario
from pos.gateways.sandbox.wire import Answer, Request, Route

if TYPE_CHECKING:
    from pos.gateways.sandbox.paystack import Paystack

REFUND = "refund"
QUEUED = Scenario(0, "queued, processed after some seconds", is_endless=True)
STEP_S = 10
OPEN_STATES = ("pending", "processing", "processed", "needs-attention")


class Refunds:
    """`/refund`."""

    def __init__(self, paystack: Paystack) -> None:
        self._paystack = paystack
        self._numbers = itertools.count(5_000_033)

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "refund", self._create),
            Route("GET", "refund", self._list),
            Route("POST", "refund/retry_with_customer_details/{id}", self._retry),
            Route("GET", "refund/{id}", self._fetch),
        )

    def _create(self, request: Request) -> Answer:
        fields = request.fields()
        wanted = fields.get("transaction")
        if wanted in (None, ""):
            return missing("Transaction")
        paid = self._paystack.by_id(request, str(wanted))
        if paid is None:
            return refused(404, "Transaction not found", "transaction_not_found")
        if paid.outcome not in (Outcome.PAID, Outcome.REVERSED):
            return invalid("Transaction has not been paid")
        amount = self._amount(fields, paid)
        if isinstance(amount, Answer):
            return amount
        refund = self._new(paid, amount, fields)
        answer = done("Refund has been queued for processing", self._created(refund, paid))
        reply = self._paystack.accept(refund, reply=lambda: answer, duplicate=lambda: answer)
        if self._paystack.core.book.find("paystack", REFUND, refund.reference) is refund:
            self._begin(refund)
        return reply

    def _amount(self, fields: Mapping[str, Any], paid: Payment) -> int | Answer:
        left = views.minor(paid) - sum(
            int(one.amount) for one in self._of(paid) if one.facts["status"] in OPEN_STATES
        )
        value = left if fields.get("amount") in (None, "") else decimal_of(fields["amount"])
        if value is None or value <= 0 or value != int(value):
            return (
                refused(400, "Transaction has been fully reversed", "invalid_params")
                if left <= 0
                else invalid("Invalid Amount Sent")
            )
        if value > left:
            return invalid("Refund amount cannot be greater than what is left of the transaction")
        if fields.get("currency") not in (None, "", paid.currency):
            return invalid("Refund currency must be that of the transaction")
        return int(value)

    def _new(self, paid: Payment, amount: int, fields: Mapping[str, Any]) -> Payment:
        number = next(self._numbers)
        plan = self._paystack.scenario_for(reference=f"refund {paid.reference}", number="", otherwise=QUEUED)
        refund = self._paystack.new_payment(
            REFUND,
            str(number),
            amount=Decimal(amount),
            currency=paid.currency,
            payer=paid.payer,
            scenario=replace(plan, is_endless=True, after_s=None, after_asks=None),
        )
        refund.facts = {
            "id": number,
            "paid": paid,
            "status": "pending",
            "updated_at": refund.made_at,
            "customer_note": str(fields.get("customer_note") or f"Refund for transaction {paid.reference}"),
            "merchant_note": str(fields.get("merchant_note") or f"Refund for transaction {paid.reference}"),
        }
        return refund

    def _begin(self, refund: Payment) -> None:
        """Let a refund that was accepted go through its states."""
        timeline = self._paystack.core.timeline
        ending = refund.facts["paid"].facts.get("refund", "processed")
        for step, status in enumerate(("pending", "processing", ending)):
            at = timeline.now() + timedelta(seconds=step * STEP_S)
            timeline.call_at(at, partial(self._move, refund, status))

    def _move(self, refund: Payment, status: str) -> None:
        """Take a refund to its next state, mark the transaction and tell the merchant."""
        refund.facts |= {"status": status, "updated_at": self._paystack.core.timeline.now()}
        book, paid = self._paystack.core.book, refund.facts["paid"]
        if status == "processed":
            book.finish(refund, Outcome.PAID)
            if self._refunded(paid) >= views.minor(paid):
                book.finish(paid, Outcome.REVERSED)
        elif status == "failed":
            book.finish(refund, Outcome.FAILED, "failed")
        book.note(refund, status)
        callback = self._paystack.webhook(f"refund.{status}", _event(refund), secret=paid.facts["secret"])
        if callback is not None:
            self._paystack.core.post.put(callback, lambda result, _: book.note(refund, f"callback: {result}"))

    def _refunded(self, paid: Payment) -> int:
        return sum(int(one.amount) for one in self._of(paid) if one.facts["status"] == "processed")

    def _of(self, paid: Payment) -> list[Payment]:
        return [one for one in self._all() if one.facts["paid"] is paid]

    def _all(self) -> list[Payment]:
        return self._paystack.core.book.newest_first("paystack", REFUND)

    def _find(self, request: Request, number: str) -> Payment | None:
        return next((one for one in self._visible(request) if number == one.reference), None)

    def _visible(self, request: Request) -> list[Payment]:
        domain = "live" if request.bearer().startswith("sk_live_") else "test"
        return [one for one in self._all() if one.facts["paid"].facts["domain"] == domain]

    def _list(self, request: Request) -> Answer:
        wanted = request.query.get("transaction") or request.query.get("reference") or ""
        rows = [
            one
            for one in self._visible(request)
            if wanted in ("", str(one.facts["paid"].facts["id"]), one.facts["paid"].reference)
            and request.query.get("currency", "") in ("", one.currency)
        ]
        failed = sum(one.facts["status"] == "failed" for one in rows)
        return page(request, rows, "Refunds retrieved", _listed, failedRefundCount=failed, has_text_size=True)

    def _fetch(self, request: Request) -> Answer:
        refund = self._find(request, request.named["id"])
        return not_found("Refund") if refund is None else done("Refund retrieved", _listed(refund))

    def _retry(self, request: Request) -> Answer:
        refund = self._find(request, request.named["id"])
        if refund is None:
            return not_found("Refund")
        details = request.fields().get("refund_account_details")
        names = ("currency", "account_number", "bank_id")
        if not isinstance(details, dict) or not all(details.get(name) for name in names):
            return missing("refund_account_details with currency, account_number and bank_id")
        if refund.facts["status"] != "needs-attention":
            return invalid("Refund is not in a state that needs attention", 422)
        ending = data.REFUND_ACCOUNTS.get(str(details["account_number"]), "processed")
        self._move(refund, "processing")
        at = self._paystack.core.timeline.now() + timedelta(seconds=STEP_S)
        self._paystack.core.timeline.call_at(at, lambda: self._move(refund, ending))
        return done("Refund retried and has been queued for processing", _retried(refund))

    def _created(self, refund: Payment, paid: Payment) -> dict[str, Any]:
        view = views.fetched(paid)
        transaction = {
            "id": view["id"],
            "domain": view["domain"],
            "reference": view["reference"],
            "receipt_number": None,
            "amount": view["amount"],
            "paid_at": view["paid_at"],
            "channel": view["channel"],
            "currency": view["currency"],
            "authorization": {"exp_month": None, "exp_year": None, "account_name": None},
            "customer": {"international_format_phone": None},
            "plan": {},
            "subaccount": {"currency": None},
            "split": {},
            "order_id": None,
            "paidAt": view["paid_at"],
            "pos_transaction_data": None,
            "source": None,
            "fees_breakdown": None,
        }
        made_at = views.stamp(refund.made_at)
        return {
            "transaction": transaction,
            "integration": views.INTEGRATION,
            "deducted_amount": 0,
            "channel": None,
            "merchant_note": refund.facts["merchant_note"],
            "customer_note": refund.facts["customer_note"],
            "status": refund.facts["status"],
            "refunded_by": "ops@example.com",
            "expected_at": views.stamp(refund.made_at + timedelta(days=9)),
            "currency": refund.currency,
            "domain": view["domain"],
            "amount": int(refund.amount),
            "fully_deducted": False,
            "id": refund.facts["id"],
            "createdAt": made_at,
            "updatedAt": made_at,
        }


def _listed(refund: Payment) -> dict[str, Any]:
    paid, facts = refund.facts["paid"], refund.facts
    is_processed = facts["status"] == "processed"
    return {
        "integration": views.INTEGRATION,
        "transaction": paid.facts["id"],
        "dispute": None,
        "settlement": None,
        "id": facts["id"],
        "domain": paid.facts["domain"],
        "currency": refund.currency,
        "amount": int(refund.amount),
        "status": facts["status"],
        "refunded_at": views.stamp(facts["updated_at"]) if is_processed else None,
        "refunded_by": "ops@example.com",
        "customer_note": facts["customer_note"],
        "merchant_note": facts["merchant_note"],
        "deducted_amount": int(refund.amount) if is_processed else 0,
        "fully_deducted": 1 if is_processed else 0,
        "createdAt": views.stamp(refund.made_at),
        "bank_reference": None,
        "transaction_reference": paid.reference,
        "reason": "",
        "customer": views.filled(paid.facts["customer"]) | {"metadata": ""},
        "refund_type": "full" if int(refund.amount) == views.minor(paid) else "partial",
        "transaction_amount": views.minor(paid),
        "initiated_by": "ops@example.com",
        "refund_channel": "",
        "session_id": None,
        "collect_account_number": facts["status"] == "needs-attention",
    }


def _retried(refund: Payment) -> dict[str, Any]:
    view = _listed(refund)
    view |= {"dispute": {}, "settlement": {}, "fully_deducted": False, "channel": "api"}
    return view | {"expected_at": views.stamp(refund.made_at + timedelta(days=9)), "reversed_at": None}


def _event(refund: Payment) -> dict[str, Any]:
    """Return a refund as webhooks show it: the amount is a text, the reference has another name."""
    paid = refund.facts["paid"]
    return {
        "status": refund.facts["status"],
        "transaction_reference": paid.reference,
        "refund_reference": None,
        "amount": str(int(refund.amount)),
        "currency": refund.currency,
        "processor": "sandbox",
        "customer": {name: paid.facts["customer"][name] for name in ("first_name", "last_name", "email")},
        "integration": views.INTEGRATION,
        "domain": paid.facts["domain"],
        "id": refund.facts["id"],
    }
