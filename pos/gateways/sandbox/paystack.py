"""Paystack in the sandbox: who may call, transactions, and the webhook."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox import paystack_views as views
from pos.gateways.sandbox.callbacks import Callback
from pos.gateways.sandbox.core import Core, Provider, Tale, http_status, is_bad_secret
from pos.gateways.sandbox.money import decimal_of
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.paystack_answers import done, from_text, invalid, missing, not_found, page, refused
from pos.gateways.sandbox.paystack_charges import Charges
from pos.gateways.sandbox.paystack_checkout import Checkout
from pos.gateways.sandbox.paystack_people import People
from pos.gateways.sandbox.paystack_plans import Plans
from pos.gateways.sandbox.paystack_refunds import REFUND, Refunds
from pos.gateways.sandbox.scenarios import ENDINGS, Outcome, Scenario
from pos.gateways.sandbox.wire import Answer, Request, Route, json_answer

TRANSACTION = "transaction"
_KEY = re.compile(r"sk_(test|live)_\w+")
_REFERENCE = re.compile(r"[A-Za-z0-9.=-]{1,200}")
_TAG = re.compile(r"\+(\d\d)@")
"""Two digits before the @ of an e-mail address choose a scenario, as the last two digits of a number do."""

Handler = Callable[[Request], Answer]


class Paystack(Provider):
    """`/paystack`: the gateway of Paystack."""

    name: ClassVar[str] = "paystack"
    repeats_max: ClassVar[int] = 10
    repeats_after_s: ClassVar[float] = 3600

    def __init__(self, core: Core) -> None:
        self.numbers = itertools.count(7_001_000_021)
        self.people = People(self)
        self.plans = Plans(self)
        self.refunds = Refunds(self)
        self.charges = Charges(self)
        self.checkout = Checkout(self)
        super().__init__(core)

    def routes(self) -> tuple[Route, ...]:
        inside = self.inside
        own = (
            Route("POST", "transaction/initialize", inside(self._initialize)),
            Route("GET", "transaction/verify/{reference}", inside(self._verify)),
            Route("GET", "transaction", inside(self._list)),
            Route("GET", "transaction/totals", inside(self._totals)),
            Route("GET", "transaction/export", inside(self._export)),
            Route("GET", "transaction/timeline/{id}", inside(self._timeline)),
            Route("GET", "transaction/{id}", inside(self._fetch)),
            Route("GET", "exports/transactions.csv", self._exported),
            Route("GET", "balance", inside(self._balance)),
        )
        parts = (self.charges, self.refunds, self.people, self.plans)
        inner = tuple(
            replace(route, handler=inside(route.handler)) for part in parts for route in part.routes()
        )
        return own + inner + self.checkout.routes()

    def inside(self, handler: Handler) -> Handler:
        """Return a handler that first asks for the secret key."""

        def checked(request: Request) -> Answer:
            key = request.bearer()
            if _KEY.fullmatch(key) is None or is_bad_secret(key):
                return bad_key()
            return handler(request)

        return checked

    def no_such_path(self, *, is_wrong_method: bool) -> Answer:  # noqa: ARG002 - Paystack makes no difference
        return json_answer(404, {"status": False, "message": "Requested endpoint does not exist"})

    def bad_body(self) -> Answer:
        return refused(400, "Unexpected token in JSON", "invalid_params")

    def refusal(self, code: str) -> Answer:
        if (status := http_status(code)) is not None:
            return json_answer(status, {"status": False, "message": HTTPStatus(status).phrase})
        return refused(400, "The payment was refused", code or "invalid_params", kind="processor_error")

    def begin(
        self, request: Request, fields: Mapping[str, Any], *, ordinary: Scenario, number: str = ""
    ) -> Payment | Answer:
        """Return a new payment made of checked fields, or the refusal; it is not kept yet."""
        email, reference = fields.get("email"), fields.get("reference") or self.core.dice.word(15)
        if not isinstance(email, str) or not email:
            return refused(
                400, "Email is required", "missing_params", step="Provide a customer email address"
            )
        if "@" not in email:
            return invalid("Invalid Email Address Passed")
        amount, currency = (
            self._amount(fields),
            str(fields.get("currency") or self.core.settings.paystack_currency),
        )
        if isinstance(amount, Answer):
            return amount
        if currency not in data.CURRENCIES:
            return refused(403, "Currency not supported by merchant", "unsupported_currency")
        if amount < data.CURRENCIES[currency]:
            return invalid("Amount is below the smallest amount of the currency")
        if not isinstance(reference, str) or _REFERENCE.fullmatch(reference) is None:
            return invalid("Transaction reference contains characters that are not allowed")
        metadata = _metadata(fields.get("metadata"))
        if isinstance(metadata, Answer):
            return metadata
        if self.core.book.find(self.name, TRANSACTION, reference) is not None:
            return duplicate()
        plan = self.scenario_for(reference=reference, number=number, otherwise=_tagged(email) or ordinary)
        payment = self.new_payment(
            TRANSACTION,
            reference,
            amount=Decimal(amount),
            currency=currency,
            payer=number or email,
            scenario=plan,
        )
        payment.facts = self._facts(request, fields, email, metadata)
        return payment

    def _amount(self, fields: Mapping[str, Any]) -> int | Answer:
        if (plan := self.plans.find(str(fields.get("plan") or ""))) is not None:
            return int(plan["amount"])
        value = fields.get("amount")
        if value in (None, ""):
            return missing("Amount")
        amount = decimal_of(value)
        if amount is None or amount <= 0 or amount != amount.to_integral_value():
            return invalid("Invalid Amount Sent")
        return int(amount)

    def _facts(
        self, request: Request, fields: Mapping[str, Any], email: str, metadata: object
    ) -> dict[str, Any]:
        code = self.core.dice.word(15)
        return {
            "id": next(self.numbers),
            "domain": _domain(request),
            "secret": request.bearer(),
            "access_code": code,
            "page": f"{request.base_url}/checkout/{code}",
            "stage": "open",
            "channel": "card",
            "metadata": metadata,
            "callback_url": str(fields.get("callback_url") or ""),
            "customer": self.people.of_email(email, _domain(request)),
            "plan": fields.get("plan") or None,
            "authorization": {},
            "steps": [],
        }

    def keep(self, payment: Payment, reply: Callable[[], Answer]) -> Answer:
        """Keep a new payment and answer it as its scenario wants."""
        skew_s = payment.scenario.skew_s
        return self.accept(payment, reply=lambda: replace(reply(), skew_s=skew_s), duplicate=duplicate)

    def _initialize(self, request: Request) -> Answer:
        fields = request.fields()
        payment = self.begin(request, fields, ordinary=data.WAITING)
        if isinstance(payment, Answer):
            return payment
        payment.facts["authorization"] = self.charges.card_token("4084084084084081", "visa")
        value = {
            "authorization_url": payment.facts["page"],
            "access_code": payment.facts["access_code"],
            "reference": payment.reference,
        }
        return self.keep(payment, lambda: done("Authorization URL created", value))

    def _verify(self, request: Request) -> Answer:
        payment = self.own(request, request.named["reference"])
        if payment is None:
            step = "Ensure that you're passing the reference of a transaction that exists on this integration"
            return refused(400, "Transaction reference not found", "transaction_not_found", step=step)
        return self.asked(payment) or replace(
            done("Verification successful", views.transaction(payment)), skew_s=payment.scenario.skew_s
        )

    def own(self, request: Request, reference: str) -> Payment | None:
        """Return a transaction that the caller's key may see: a live key sees none of the tests."""
        payment = self.found(TRANSACTION, reference)
        is_own = payment is not None and payment.facts["domain"] == _domain(request)
        return payment if is_own else None

    def asked(self, payment: Payment) -> Answer | None:
        """Count a status call; return the trouble that the scenario has for it, None if there is none."""
        if payment.scenario.revokes_token and self.core.book.take_fault(payment):
            return bad_key()
        if (fault := self.status_fault(payment)) is not None:
            return fault
        self.core.book.ask(payment)
        return None

    def transactions(self, request: Request) -> list[Payment]:
        """Return what the provider admits to, the newest first, of the domain of the key."""
        return [
            one
            for one in self.core.book.newest_first(self.name, TRANSACTION)
            if one.facts["domain"] == _domain(request) and not self.core.book.is_hidden(one)
        ]

    def by_id(self, request: Request, text: str) -> Payment | None:
        """Return a transaction by its number or its reference."""
        return next(
            (one for one in self.transactions(request) if text in (str(one.facts["id"]), one.reference)), None
        )

    def _list(self, request: Request) -> Answer:
        rows = [one for one in self.transactions(request) if _is_wanted(one, request.query)]
        volume = sum(views.minor(one) for one in rows)
        return page(request, rows, "Transactions retrieved", views.listed, total_volume=volume)

    def _fetch(self, request: Request) -> Answer:
        payment = self.by_id(request, request.named["id"])
        if payment is None:
            return refused(404, "Transaction ID is invalid", "transaction_not_found")
        return done("Transaction retrieved", views.fetched(payment))

    def _timeline(self, request: Request) -> Answer:
        payment = self.by_id(request, request.named["id"])
        return not_found("Transaction") if payment is None else done("Timeline retrieved", views.log(payment))

    def _totals(self, request: Request) -> Answer:
        rows = [
            one
            for one in self.transactions(request)
            if one.outcome is Outcome.PAID and _is_wanted(one, request.query)
        ]
        by_currency = [
            {
                "currency": currency,
                "amount": sum(views.minor(one) for one in rows if one.currency == currency),
            }
            for currency in sorted({one.currency for one in rows})
        ]
        value = {
            "total_transactions": len(rows),
            "total_volume": sum(views.minor(one) for one in rows),
            "total_volume_by_currency": by_currency,
            "pending_transfers": 0,
            "pending_transfers_by_currency": [],
        }
        return done("Transaction totals", value)

    def _export(self, request: Request) -> Answer:
        until = views.stamp(self.core.timeline.now())
        return done(
            "Export successful", {"path": f"{request.base_url}/exports/transactions.csv", "expiresAt": until}
        )

    def _exported(self, _request: Request) -> Answer:
        """Return the file behind the link of export; the link is its own permission, as with Paystack."""
        rows = self.core.book.newest_first(self.name, TRANSACTION)
        lines = [
            f"{one.reference},{views.status_word(one)},{views.minor(one)},{one.currency}" for one in rows
        ]
        return Answer(200, "\n".join(["reference,status,amount,currency", *lines]).encode(), "text/csv")

    def _balance(self, request: Request) -> Answer:
        paid = [one for one in self.transactions(request) if one.outcome is Outcome.PAID]
        value = [
            {
                "currency": currency,
                "balance": sum(views.minor(one) for one in paid if one.currency == currency),
            }
            for currency in sorted({one.currency for one in paid} | {self.core.settings.paystack_currency})
        ]
        return done("Balances retrieved", value)

    def became_final(self, payment: Payment) -> None:
        if payment.kind == REFUND or (payment.outcome is not Outcome.PAID and not _tells_lies(payment)):
            return
        super().became_final(payment)

    def callback(self, payment: Payment, tale: Tale) -> Callback | None:
        """Return `charge.success`: there is no event for a failed payment."""
        if payment.kind == REFUND or (tale is Tale.TRUE and payment.outcome is not Outcome.PAID):
            return None
        value = views.transaction(payment)
        if tale is Tale.FORGED:
            value |= {"status": "success", "gateway_response": "Successful"}
        event = "charge.success"
        if tale is Tale.STALE:
            event, value = "paymentrequest.pending", value | {"status": "pending"}
        return self.webhook(event, value, secret=payment.facts["secret"], is_forged=tale is Tale.FORGED)

    def webhook(self, event: str, value: object, *, secret: str, is_forged: bool = False) -> Callback | None:
        """Return an event signed with the secret key; a forged one is signed with another."""
        url = self.core.callback_urls.get(self.name, "")
        if not url:
            return None
        body = json.dumps({"event": event, "data": value}, separators=(",", ":")).encode()
        key = secret[::-1] if is_forged else secret
        signature = hmac.new(key.encode(), body, hashlib.sha512).hexdigest()
        return Callback(
            url, body, (("Content-Type", "application/json"), ("x-paystack-signature", signature))
        )


def bad_key() -> Answer:
    return json_answer(401, {"status": False, "message": "Invalid key"})


def duplicate() -> Answer:
    step = "Use a unique reference for each transaction"
    return refused(400, "Duplicate Transaction Reference", "duplicate_reference", step=step)


def _domain(request: Request) -> str:
    return "live" if request.bearer().startswith("sk_live_") else "test"


def _tells_lies(payment: Payment) -> bool:
    return payment.scenario.says == "forged"


def _tagged(email: str) -> Scenario | None:
    tag = _TAG.search(email)
    return ENDINGS.get(tag.group(1)) if tag else None


def _metadata(value: object) -> object:
    """Return metadata as an object; it may come as JSON in a text."""
    if value in (None, ""):
        return {"custom_fields": []}
    if not isinstance(value, str):
        return value if isinstance(value, dict) else invalid("Invalid metadata")
    return from_text(value)


def _is_wanted(payment: Payment, query: Mapping[str, str]) -> bool:
    facts = payment.facts
    wishes = {
        "status": views.status_word(payment),
        "amount": str(views.minor(payment)),
        "currency": payment.currency,
        "channel": facts["channel"],
        "customer": str(facts["customer"]["id"]),
        "customer_code": facts["customer"]["customer_code"],
        "reference": payment.reference,
    }
    if any(query.get(name) not in (None, "", value) for name, value in wishes.items()):
        return False
    if query.get("terminalid") or query.get("terminal_id"):
        return False
    made_at = payment.provider_time(payment.made_at)
    start, end = _instant(query.get("from", "")), _instant(query.get("to", ""))
    return (start is None or start <= made_at) and (end is None or made_at <= end)


def _instant(text: str) -> datetime | None:
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
