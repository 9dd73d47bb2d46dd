"""MTN Mobile Money: Collections, and refunds through Disbursement (docs/payments.md)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pos.domain.payment_reports import Outcome
from pos.errors import UserError
from pos.gateways.answers import (
    ACCEPTED,
    OK,
    inside,
    major_of_minor,
    minor_of_major,
    no_bearer,
    not_done,
    raw_of,
    silent,
    text_of,
    unclear,
    unreadable,
    whole_number,
)
from pos.gateways.base import (
    Answer,
    Balance,
    BankList,
    ByPhone,
    Limits,
    Means,
    NextStep,
    PayerInfo,
    PaymentRequest,
    Profile,
    RawAnswer,
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.bearer import Bearer, Bearers, NoBearer, call_with_bearer
from pos.gateways.breaker import BreakerState
from pos.gateways.http import Call, Line, Reply, Result, Silence, json_body
from pos.gateways.mtn_words import (
    ABSENT,
    DUPLICATE,
    ENVIRONMENTS,
    REASONS,
    REFUSALS,
    REFUSED_STATUS,
    SCHEDULE,
)
from pos.gateways.reasons import Reason
from pos.gateways.requests_check import check_request, plain_text

CODE = "mtn_momo"
_TEXT_MAX = 160


@dataclass(frozen=True, slots=True)
class MtnProduct:
    """The keys of one product: subscription key, and the API user with its key."""

    subscription_key: str = field(repr=False)
    user_id: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MtnAccount:
    """Where and as whom a shop speaks to MTN. Without `disbursement` there are no refunds."""

    base_url: str
    target_environment: str
    collection: MtnProduct
    disbursement: MtnProduct | None = None
    callback_url: str = ""


class MtnMomo:
    """The payment port for MTN Mobile Money."""

    def __init__(self, account: MtnAccount, line: Line) -> None:
        if account.target_environment not in ENVIRONMENTS:
            raise UserError(
                "provider.environment", f"MTN has no target environment {account.target_environment!r}."
            )
        self._account = account
        self._clock = line.clock
        self._http = line.client(account.base_url, _is_healthy)
        self._bearers = {
            product: Bearers(lambda product=product, keys=keys: self._fetch(product, keys), line.clock)  # type: ignore[misc]
            for product, keys in (("collection", account.collection), ("disbursement", account.disbursement))
            if keys is not None
        }
        country, self._currency = ENVIRONMENTS[account.target_environment]
        self._profile = Profile(
            code=CODE,
            label="MTN MoMo",
            tender="momo",
            currencies=frozenset({self._currency}),
            countries=frozenset({country} if country else ()),
            means=frozenset({Means.PHONE}),
            schedule=SCHEDULE,
            can_refund_part=True,
            can_name_payer=True,
        )

    @property
    def profile(self) -> Profile:
        return self._profile

    @property
    def breaker(self) -> BreakerState:
        return self._http.breaker.state()

    def limits(self, currency: str) -> Limits:
        del currency
        return Limits()

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        """Give our id (UUID version 7) marked as version 4, which MTN insists on: two never become one."""
        del at
        return str(UUID(int=payment_id.int & ~(0xF << 76) | 4 << 76))

    def request_payment(self, request: PaymentRequest) -> Answer:
        check_request(request, self._profile)
        assert isinstance(request.pay_by, ByPhone)
        body = {
            "amount": format(major_of_minor(request.amount_minor, request.currency), "f"),
            "currency": request.currency,
            "externalId": request.reference,
            "payer": {"partyIdType": "MSISDN", "partyId": request.pay_by.phone.removeprefix("+")},
            "payerMessage": plain_text(request.payer_text, _TEXT_MAX),
            "payeeNote": plain_text(request.note, _TEXT_MAX),
        }
        call = self._post("/collection/v1_0/requesttopay", "mtn request", request.reference, body)
        return self._sent(call, "collection", StepKind.APPROVE_ON_PHONE)

    def ask_payment(self, reference: str) -> Answer:
        call = self._get(f"/collection/v1_0/requesttopay/{reference}", "mtn status")
        return self._asked(call, "collection", reference)

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        del reference, given
        raise UserError("provider.not_offered", "MTN asks for no further steps.")

    def refund(self, request: RefundRequest) -> Answer:
        if self._account.disbursement is None:
            # Nothing leaves: the money stays due, and a person gives it back in another way.
            return self._without_refunds("mtn refund", Outcome.FAILED)
        body = {
            "amount": format(major_of_minor(request.amount_minor, request.currency), "f"),
            "currency": request.currency,
            "externalId": request.reference,
            "payerMessage": plain_text(request.note, _TEXT_MAX),
            "payeeNote": plain_text(request.note, _TEXT_MAX),
            "referenceIdToRefund": request.payment_reference,
        }
        call = self._post("/disbursement/v1_0/refund", "mtn refund", request.reference, body)
        return self._sent(call, "disbursement", None)

    def ask_refund(self, request: RefundRequest) -> Answer:
        if self._account.disbursement is None:
            return self._without_refunds("mtn refund status", Outcome.UNKNOWN)
        call = self._get(f"/disbursement/v1_0/refund/{request.reference}", "mtn refund status")
        return self._asked(call, "disbursement", request.reference)

    def _without_refunds(self, name: str, outcome: Outcome) -> Answer:
        """Give the answer about a refund of an account that makes none; it may have had the keys before."""
        raw = RawAnswer(self._clock.now(), name, None, "")
        return Answer(outcome, Reason.SET_UP, raw, is_silent=outcome is Outcome.UNKNOWN)

    def balance(self) -> Balance:
        result = self._call(self._get("/collection/v1_0/account/balance", "mtn balance"), "collection")
        if not isinstance(result, Reply) or result.status != OK:
            raise not_done(result)
        data = result.json()
        currency = inside(data, "currency")
        amount_minor = minor_of_major(inside(data, "availableBalance"), currency)
        if amount_minor is None:
            raise unreadable()
        return Balance(amount_minor, currency, result.at)

    def banks(self) -> BankList:
        raise UserError("provider.not_offered", "MTN MoMo charges no bank accounts.")

    def verify_payer(self, phone: str) -> PayerInfo:
        holder = f"/collection/v1_0/accountholder/msisdn/{phone.removeprefix('+')}"
        result = self._call(self._get(f"{holder}/active", "mtn payer"), "collection")
        if isinstance(result, Reply) and result.status == 404:
            return PayerInfo(is_active=False)
        if not isinstance(result, Reply) or result.status != OK:
            raise not_done(result)
        if inside(result.json(), "result") is not True:
            return PayerInfo(is_active=False)
        return PayerInfo(is_active=True, name=self._name(holder))

    def _name(self, holder: str) -> str:
        """Give the payer's name; empty where MTN does not tell it, which hinders nothing."""
        result = self._call(self._get(f"{holder}/basicuserinfo", "mtn payer name"), "collection")
        data = result.json() if isinstance(result, Reply) and result.status == OK else None
        return " ".join(filter(None, (text_of(inside(data, key)) for key in ("given_name", "family_name"))))

    def _sent(self, call: Call, product: str, step: StepKind | None) -> Answer:
        result = self._call(call, product)
        if isinstance(result, NoBearer):
            return no_bearer(call, result)
        if isinstance(result, Silence):
            return silent(call, result)
        raw = raw_of(call, result)
        if result.status == ACCEPTED:
            next_step = NextStep(step) if step is not None else None
            return Answer(Outcome.SENT, Reason.WAITING_FOR_PAYER, raw, "202", step=next_step)
        code = text_of(inside(result.json(), "code"))
        if result.status == 409 or code == DUPLICATE:
            return Answer(Outcome.UNKNOWN, Reason.DUPLICATE, raw, code)
        if code in REFUSALS:
            return Answer(Outcome.FAILED, REASONS[code], raw, code)
        refusal = REFUSED_STATUS.get(result.status)
        if refusal is not None and result.json() is not None:
            return Answer(Outcome.FAILED, refusal, raw, code)
        return unclear(call, result, code)

    def _asked(self, call: Call, product: str, reference: str) -> Answer:
        result = self._call(call, product)
        if isinstance(result, NoBearer):
            return no_bearer(call, result)
        if isinstance(result, Silence):
            return silent(call, result)
        data = result.json()
        code = text_of(inside(data, "code"))
        if result.status == 404 and code in ABSENT:
            return Answer(Outcome.NOT_FOUND, Reason.NOT_FOUND, raw_of(call, result), code)
        if result.status != OK or not isinstance(data, dict):
            return unclear(call, result, code)
        return _status_answer(call, result, data, reference)

    def _call(self, call: Call, product: str) -> Result | NoBearer:
        return call_with_bearer(self._http, self._bearers[product], call)

    def _post(self, path: str, name: str, reference: str, body: dict[str, Any]) -> Call:
        headers = {**self._headers(path), "X-Reference-Id": reference, "Content-Type": "application/json"}
        if self._account.callback_url:
            headers["X-Callback-Url"] = self._account.callback_url
        return Call(name, "POST", path, headers, json_body(body))

    def _get(self, path: str, name: str) -> Call:
        return Call(name, "GET", path, self._headers(path), attempts=2)

    def _headers(self, path: str) -> dict[str, str]:
        is_refund = path.startswith("/disbursement") and self._account.disbursement is not None
        keys = self._account.disbursement if is_refund else self._account.collection
        assert keys is not None
        return {
            "X-Target-Environment": self._account.target_environment,
            "Ocp-Apim-Subscription-Key": keys.subscription_key,
        }

    def _fetch(self, product: str, keys: MtnProduct) -> Bearer | Result:
        basic = base64.b64encode(f"{keys.user_id}:{keys.api_key}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Ocp-Apim-Subscription-Key": keys.subscription_key}
        result = self._http.call(Call("mtn token", "POST", f"/{product}/token/", headers, attempts=3))
        if not isinstance(result, Reply) or result.status != OK:
            return result
        data = result.json()
        token, holds_s = inside(data, "access_token"), whole_number(inside(data, "expires_in"))
        return Bearer(token, holds_s) if isinstance(token, str) and holds_s is not None else result


def _status_answer(call: Call, reply: Reply, data: dict[str, Any], reference: str) -> Answer:
    raw = raw_of(call, reply)
    word = text_of(data.get("status"))
    echoed = text_of(data.get("externalId")) or None
    currency = text_of(data.get("currency")) or None
    amount_minor = minor_of_major(data.get("amount"), currency)
    if word == "SUCCESSFUL":
        if amount_minor is None or currency is None:
            return Answer(Outcome.UNKNOWN, Reason.UNREADABLE, raw, word)
        return Answer(
            Outcome.SUCCEEDED,
            Reason.PAID,
            raw,
            word,
            amount_minor,
            currency,
            reference=echoed or reference,
            provider_reference=text_of(data.get("financialTransactionId")),
        )
    if word == "FAILED":
        code = _reason_code(data.get("reason"))
        reason = REASONS.get(code, Reason.REFUSED)
        return Answer(Outcome.FAILED, reason, raw, code, amount_minor, currency, reference=echoed)
    if word in ("PENDING", "CREATED"):
        return Answer(Outcome.SENT, Reason.WAITING_FOR_PAYER, raw, word, amount_minor, currency, echoed)
    return Answer(Outcome.UNKNOWN, Reason.UNKNOWN_WORD, raw, word)


def _reason_code(reason: object) -> str:
    """Read the reason of a failure: a bare word from the live sandbox, an object in the documents."""
    return text_of(inside(reason, "code") if isinstance(reason, dict) else reason)


def _is_healthy(reply: Reply) -> bool:
    """Say whether MTN works: its business refusals come as HTTP 500 too."""
    return reply.status < 500 or text_of(inside(reply.json(), "code")) in REFUSALS
