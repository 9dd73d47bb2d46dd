"""MTN MoMo in the sandbox: payments and all that follows the same pattern, account holders, balance."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pos.gateways.sandbox.callbacks import Callback
from pos.gateways.sandbox.core import Core, Provider, Tale, http_status
from pos.gateways.sandbox.money import decimal_of, plain
from pos.gateways.sandbox.mtn_access import Access, Caller
from pos.gateways.sandbox.mtn_answers import error, gateway_error, is_uuid, reference_of
from pos.gateways.sandbox.mtn_data import (
    AFTER_A_MOMENT,
    AT_ONCE,
    CURRENCIES,
    DELAYED,
    HOLDERS,
    HTTP_500_NUMBERS,
    MESSAGES,
    PAYMENT_AMOUNTS,
    REASONS,
    SANDBOX,
    TEST_NUMBERS,
    USER_INFO,
)
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import Outcome, Scenario, scenario_of_ending
from pos.gateways.sandbox.wire import Answer, Request, Route, empty_answer, json_answer

PARTY_TYPES = ("MSISDN", "EMAIL", "PARTY_CODE")
TEXT_LENGTH_MAX = 160
OPENING_BALANCE = 50_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One family of calls: where it is posted and what its body must have."""

    name: str
    product: str
    versions: tuple[str, ...]
    party: str = "payer"


KINDS = (
    Kind("requesttopay", "collection", ("v1_0",)),
    Kind("requesttowithdraw", "collection", ("v1_0", "v2_0")),
    Kind("payment", "collection", ("v2_0",), party=""),
    Kind("invoice", "collection", ("v2_0",), party="intendedPayer"),
    Kind("preapproval", "collection", ("v1_0", "v2_0")),
    Kind("refund", "disbursement", ("v1_0", "v2_0"), party=""),
    Kind("transfer", "disbursement", ("v1_0",), party="payee"),
    Kind("deposit", "disbursement", ("v1_0", "v2_0"), party="payee"),
    Kind("transfer", "remittance", ("v1_0",), party="payee"),
)


class Mtn(Provider):
    """`/mtn`: the gateway of MTN MoMo."""

    name: ClassVar[str] = "mtn"
    doubtful_codes: ClassVar[frozenset[str]] = frozenset({"SERVICE_UNAVAILABLE", "RESOURCE_ALREADY_EXIST"})

    def __init__(self, core: Core) -> None:
        self._access = Access(core)
        super().__init__(core)

    def routes(self) -> tuple[Route, ...]:
        routes = [*self._access.routes()]
        for product in ("collection", "disbursement", "remittance"):
            base = f"{product}/v1_0"
            holder = f"{base}/accountholder"
            routes += [
                Route("GET", f"{base}/account/balance", partial(self._balance, product)),
                Route("GET", f"{base}/account/balance/{{currency}}", partial(self._balance, product)),
                Route("GET", f"{base}/preapprovals/{{type}}/{{id}}", partial(self._preapprovals, product)),
                Route("GET", f"{holder}/{{type}}/{{id}}/active", partial(self._is_active, product)),
                Route("GET", f"{holder}/{{type}}/{{id}}/basicuserinfo", partial(self._user_info, product)),
                Route(
                    "POST",
                    f"{base}/{{kind}}/{{reference}}/deliverynotification",
                    partial(self._notify, product),
                ),
            ]
        for kind in KINDS:
            for version in ("v1_0", "v2_0"):
                path = f"{kind.product}/{version}/{kind.name}"
                routes.append(Route("GET", f"{path}/{{reference}}", partial(self._status, kind)))
                if version in kind.versions:
                    routes.append(Route("POST", path, partial(self._make, kind)))
                    routes.append(Route("DELETE", f"{path}/{{reference}}", partial(self._withdraw, kind)))
        return tuple(routes)

    def no_such_path(self, *, is_wrong_method: bool) -> Answer:
        status, message = (405, "Method not allowed") if is_wrong_method else (404, "Resource not found")
        return json_answer(status, {"statusCode": status, "message": message})

    def refusal(self, code: str) -> Answer:
        if (status := http_status(code)) is not None:
            return gateway_error(status, HTTPStatus(status).phrase)
        return error(503 if code == "SERVICE_UNAVAILABLE" else 500, code or "PAYER_NOT_FOUND")

    def bad_body(self) -> Answer:
        return error(400, "BAD_REQUEST")

    def _make(self, kind: Kind, request: Request) -> Answer:
        caller = self._access.caller(kind.product, request)
        if isinstance(caller, Answer):
            return caller
        reference = reference_of(request)
        if not is_uuid(reference):
            return error(400, "BAD_REQUEST", "X-Reference-Id must be a UUID.")
        fields = request.fields()
        wrong = _wrong_field(kind, fields) or self._wrong_callback(caller, request)
        if wrong is not None:
            return wrong
        amount, currency = _money(kind, fields)
        if currency not in CURRENCIES[caller.environment]:
            return error(500, "INVALID_CURRENCY")
        if self.core.book.find(self.name, _stored(kind), reference) is not None:
            return error(409, "RESOURCE_ALREADY_EXIST")
        return self._accept(kind, caller, request, fields, Decimal(amount), currency)

    def _accept(
        self,
        kind: Kind,
        caller: Caller,
        request: Request,
        fields: dict[str, Any],
        amount: Decimal,
        currency: str,
    ) -> Answer:
        reference, payer = reference_of(request), _payer(kind, fields)
        plan = self._plan(kind, caller, amount, payer, reference)
        if payer in HTTP_500_NUMBERS and self.core.settings.mtn_refusals == "http_500":
            return self.refusal(plan.reason)
        payment = self.new_payment(
            _stored(kind), reference, amount=amount, currency=currency, payer=payer, scenario=plan
        )
        payment.facts = {
            "fields": fields,
            "url": request.header("x-callback-url"),
            "number": self.core.dice.digits(9),
            "owner": caller.user,
        }
        if kind.name == "refund":
            self._judge_refund(payment, fields)
        return self.accept(
            payment,
            reply=lambda: Answer(202, content_type="", skew_s=plan.skew_s),
            duplicate=lambda: error(409, "RESOURCE_ALREADY_EXIST"),
        )

    def _plan(self, kind: Kind, caller: Caller, amount: Decimal, payer: str, reference: str) -> Scenario:
        is_sandbox = caller.environment == SANDBOX
        ordinary = AT_ONCE if is_sandbox or kind.name != "requesttopay" else AFTER_A_MOMENT
        plan = TEST_NUMBERS.get(payer)
        if plan is None and kind.name == "payment":
            plan = PAYMENT_AMOUNTS.get(plain(amount))
        if plan is None and not is_sandbox:
            plan = scenario_of_ending(payer)
        return self.scenario_for(reference=reference, number=payer, otherwise=plan or ordinary)

    def _judge_refund(self, refund: Payment, fields: Mapping[str, Any]) -> None:
        """Refuse a refund of nothing, of more than is left, or of a payment that was not made."""
        paid = self.found("requesttopay", str(fields["referenceIdToRefund"]).lower())
        reason = ""
        if paid is None or paid.outcome is not Outcome.PAID:
            reason = "TRANSACTION_NOT_FOUND"
        elif refund.currency != paid.currency:
            reason = "INVALID_CURRENCY"
        elif self._refunded(paid.reference) + refund.amount > paid.amount:
            reason = "NOT_ALLOWED"
        if reason:
            refund.scenario = Scenario(0, f"fails: {reason}", outcome=Outcome.FAILED, reason=reason)

    def _refunded(self, reference: str) -> Decimal:
        refunds = self.core.book.newest_first(self.name, "refund")
        return sum(
            (
                one.amount
                for one in refunds
                if str(one.facts["fields"]["referenceIdToRefund"]).lower() == reference
                and one.scenario.outcome is Outcome.PAID
            ),
            Decimal(),
        )

    def _status(self, kind: Kind, request: Request) -> Answer:
        caller = self._access.caller(kind.product, request)
        if isinstance(caller, Answer):
            return caller
        payment = self.found(_stored(kind), request.named["reference"].lower())
        if payment is None:
            return error(404, "RESOURCE_NOT_FOUND")
        if payment.scenario.revokes_token and self.core.book.take_fault(payment):
            self._access.revoke(request)
            return json_answer(401, {"error": "invalid_token"})
        if (fault := self.status_fault(payment)) is not None:
            return fault
        self.core.book.ask(payment)
        body = json.dumps(self._view(payment)).encode()
        return Answer(200, body, skew_s=payment.scenario.skew_s)

    def _view(self, payment: Payment, tale: Tale = Tale.TRUE) -> dict[str, Any]:
        fields = payment.facts["fields"]
        word = "SUCCESSFUL" if tale is Tale.FORGED else _word(payment)
        view: dict[str, Any] = {}
        if word == "SUCCESSFUL":
            view["financialTransactionId"] = payment.facts["number"]
        if payment.kind.startswith(("payment", "invoice")):
            view["referenceId"] = payment.reference
        view |= _echo(payment, fields)
        view["status"] = "PENDING" if tale is Tale.STALE else word
        if view["status"] == "FAILED":
            view["reason"] = self._reason(payment)
        return view

    def _reason(self, payment: Payment) -> str | dict[str, str]:
        code = REASONS.get(payment.reason, payment.reason) or "INTERNAL_PROCESSING_ERROR"
        if self.core.settings.mtn_reason == "text":
            return code
        return {"code": code, "message": MESSAGES.get(code, code.replace("_", " ").capitalize())}

    def callback(self, payment: Payment, tale: Tale) -> Callback | None:
        if not payment.facts["url"]:
            return None
        body = json.dumps(self._view(payment, tale)).encode()
        headers = (("Content-Type", "application/json"), ("X-Reference-Id", payment.reference))
        return Callback(payment.facts["url"], body, headers, self.core.settings.mtn_callback_method)

    def _wrong_callback(self, caller: Caller, request: Request) -> Answer | None:
        url = request.headers.get("x-callback-url")
        if url is None:
            return None
        if not url.strip():
            return error(400, "BAD_REQUEST", "X-Callback-Url must not be empty.")
        return None if _host(url) in caller.callback_hosts else error(500, "INVALID_CALLBACK_URL_HOST")

    def _withdraw(self, kind: Kind, request: Request) -> Answer:
        caller = self._access.caller(kind.product, request)
        if isinstance(caller, Answer):
            return caller
        payment = self.found(_stored(kind), request.named["reference"].lower())
        if payment is None:
            return error(404, "RESOURCE_NOT_FOUND")
        if kind.name not in ("invoice", "preapproval"):
            return error(500, "NOT_ALLOWED")
        self.core.book.finish(payment, Outcome.FAILED, "TRANSACTION_CANCELED")
        return empty_answer(200)

    def _preapprovals(self, product: str, request: Request) -> Answer:
        caller = self._access.caller(product, request)
        if isinstance(caller, Answer):
            return caller
        found = self.core.book.newest_first(self.name, "preapproval")
        views = [
            {"preApprovalId": one.reference, "status": _word(one)} | _echo(one, one.facts["fields"])
            for one in found
            if one.payer == request.named["id"]
        ]
        return json_answer(200, views)

    def _balance(self, product: str, request: Request) -> Answer:
        caller = self._access.caller(product, request)
        if isinstance(caller, Answer):
            return caller
        currency = request.named.get("currency", CURRENCIES[caller.environment][0])
        if currency not in CURRENCIES[caller.environment]:
            return error(500, "INVALID_CURRENCY")
        total = Decimal(OPENING_BALANCE)
        for one in self.core.book.newest_first(self.name):
            if one.outcome is Outcome.PAID and one.currency == currency:
                total += one.amount if one.kind == "requesttopay" else -one.amount
        return json_answer(200, {"availableBalance": plain(total), "currency": currency})

    def _is_active(self, product: str, request: Request) -> Answer:
        return self._holder(product, request) or json_answer(200, {"result": True})

    def _user_info(self, product: str, request: Request) -> Answer:
        wrong = self._holder(product, request)
        if wrong is not None and wrong.status != 200:
            return wrong
        return json_answer(200, USER_INFO | {"status": "ACTIVE" if wrong is None else "INACTIVE"})

    def _holder(self, product: str, request: Request) -> Answer | None:
        """Return the answer about a holder who is not simply there."""
        caller = self._access.caller(product, request)
        if isinstance(caller, Answer):
            return caller
        if request.named["type"] not in ("msisdn", "email", "party_code"):
            return error(400, "BAD_REQUEST", "The type of the account holder is written in lower case.")
        trouble = HOLDERS.get(request.named["id"].lower(), "")
        if trouble == "not_found":
            return error(404, "RESOURCE_NOT_FOUND")
        if trouble == "not_active":
            return json_answer(200, {"result": False})
        return error(503 if trouble == "SERVICE_UNAVAILABLE" else 500, trouble) if trouble else None

    def _notify(self, product: str, request: Request) -> Answer:
        caller = self._access.caller(product, request)
        if isinstance(caller, Answer):
            return caller
        payment = self.found(f"{request.named['kind']}", request.named["reference"].lower())
        if payment is None:
            return error(404, "RESOURCE_NOT_FOUND")
        text = request.fields().get("notificationMessage") or request.header("notificationmessage")
        if not isinstance(text, str) or not 0 < len(text) <= TEXT_LENGTH_MAX:
            return error(400, "BAD_REQUEST", "notificationMessage has 1 to 160 characters.")
        if payment.outcome is not Outcome.PAID:
            return error(500, "NOT_ALLOWED")
        self.core.book.note(payment, "delivery notification sent to the payer")
        return empty_answer(200)


def _stored(kind: Kind) -> str:
    return kind.name if kind.product != "remittance" else f"remittance {kind.name}"


def _word(payment: Payment) -> str:
    if payment.shows_unknown_words:
        return "ESCALATED"
    if payment.outcome is None:
        is_new = payment.scenario is DELAYED and payment.asks <= 1
        return "CREATED" if is_new else "PENDING"
    return "SUCCESSFUL" if payment.outcome in (Outcome.PAID, Outcome.REVERSED) else "FAILED"


def _echo(payment: Payment, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the request as the status shows them, with the amount in its shortest form."""
    if payment.kind == "preapproval":
        return {name: fields[name] for name in ("payer", "payerCurrency", "payerMessage") if name in fields}
    names = ("externalId", "externalTransactionId")
    view: dict[str, Any] = {name: fields[name] for name in names if name in fields}
    view |= {"amount": plain(payment.shown_amount), "currency": payment.currency}
    for name in ("payer", "payee", "intendedPayer"):
        if isinstance(party := fields.get(name), dict):
            view[name] = party | {"partyId": str(party.get("partyId", ""))}
    texts = ("payerMessage", "payeeNote", "description", "customerReference")
    return view | {name: fields[name] for name in texts if name in fields}


def _wrong_field(kind: Kind, fields: Mapping[str, Any]) -> Answer | None:
    amount, currency = _money(kind, fields)
    if kind.name != "preapproval" and not _is_amount(amount):
        return error(400, "BAD_REQUEST", "amount is a positive decimal number in a string.")
    if not isinstance(currency, str) or not currency:
        return error(400, "BAD_REQUEST", "currency is an ISO 4217 code.")
    if kind.party and not _is_party(fields.get(kind.party)):
        return error(400, "BAD_REQUEST", f"{kind.party} has a partyIdType and a partyId that fits it.")
    if kind.name == "refund" and not is_uuid(str(fields.get("referenceIdToRefund", ""))):
        return error(400, "BAD_REQUEST", "referenceIdToRefund is the UUID of the payment.")
    for name in ("payerMessage", "payeeNote"):
        if not _is_text(fields.get(name) or ""):
            return error(400, "BAD_REQUEST", f"{name} has at most 160 plain characters.")
    return None


def _money(kind: Kind, fields: Mapping[str, Any]) -> tuple[str, Any]:
    if kind.name == "preapproval":
        return "0", fields.get("payerCurrency")
    money = fields.get("money", fields) if kind.name == "payment" else fields
    if not isinstance(money, dict):
        return "", None
    amount = money.get("amount")
    return "" if isinstance(amount, bool) or amount is None else str(amount), money.get("currency")


def _is_amount(text: str) -> bool:
    value = decimal_of(text)
    return value is not None and value > 0 and re.fullmatch(r"\d{1,18}(\.\d{1,6})?", text) is not None


def _is_party(party: object) -> bool:
    if not isinstance(party, dict) or party.get("partyIdType") not in PARTY_TYPES:
        return False
    number = party.get("partyId")
    if isinstance(number, bool) or not isinstance(number, str | int) or not str(number):
        return False
    return party["partyIdType"] != "MSISDN" or re.fullmatch(r"\d{5,15}", str(number)) is not None


def _is_text(text: object) -> bool:
    return isinstance(text, str) and len(text) <= TEXT_LENGTH_MAX and "'" not in text and text.isprintable()


def _payer(kind: Kind, fields: Mapping[str, Any]) -> str:
    return str(fields[kind.party]["partyId"]) if kind.party else ""


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
