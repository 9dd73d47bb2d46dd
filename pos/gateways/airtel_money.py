"""Airtel Money (Africa): collections by prompt, v1 plain and v2 signed (docs/payments.md)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from pos.domain.payment_reports import Outcome
from pos.errors import UserError
from pos.gateways.airtel_signing import read_key, signature_headers
from pos.gateways.airtel_words import (
    ABSENT,
    AMBIGUOUS,
    BAD_SIGNATURE,
    CODES,
    COUNTRIES,
    DUPLICATES,
    ESB_FAILED,
    ESB_SUCCESS,
    FAILED_REASONS,
    IN_PROCESS,
    PAID,
    REFUSALS,
    SCHEDULE,
)
from pos.gateways.answers import (
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
    RefundRequest,
    StepInput,
    StepKind,
)
from pos.gateways.bearer import Bearer, Bearers, NoBearer, call_with_bearer
from pos.gateways.breaker import BreakerState
from pos.gateways.http import Call, Line, Reply, Result, Silence, json_body
from pos.gateways.reasons import Reason
from pos.gateways.requests_check import check_country, check_request, national_digits, plain_text

CODE = "airtel_money"
_PAID_MESSAGE = re.compile(r"Paid ([A-Z]{3}) ?([0-9][0-9,]*(?:\.[0-9]+)?) to\b")
_TEXT_MAX = 40


class ApiVersion(StrEnum):
    """The two generations of the API; in v2 every request that changes something is signed."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class AirtelAccount:
    """Where and as whom a shop speaks to Airtel, in one country and currency."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    country: str
    currency: str
    version: ApiVersion = ApiVersion.V2


class AirtelMoney:
    """The payment port for Airtel Money."""

    def __init__(self, account: AirtelAccount, line: Line) -> None:
        if account.country not in COUNTRIES:
            raise UserError("provider.environment", f"Airtel Money has no API in {account.country!r}.")
        self._account = account
        self._http = line.client(account.base_url, _is_healthy)
        self._bearers = Bearers(self._fetch, line.clock)
        self._key_lock = threading.Lock()
        self._key: RSAPublicKey | None = None
        self._profile = Profile(
            code=CODE,
            label="Airtel Money",
            tender="airtel",
            currencies=frozenset({account.currency}),
            countries=frozenset({account.country}),
            means=frozenset({Means.PHONE}),
            schedule=SCHEDULE,
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
        del at
        return str(payment_id)

    def request_payment(self, request: PaymentRequest) -> Answer:
        check_request(request, self._profile)
        assert isinstance(request.pay_by, ByPhone)
        place = {"country": self._account.country, "currency": request.currency}
        body = {
            "reference": plain_text(request.payer_text, _TEXT_MAX) or "Payment",
            "subscriber": {**place, "msisdn": national_digits(request.pay_by.phone)},
            "transaction": {
                "amount": major_of_minor(request.amount_minor, request.currency),
                **place,
                "id": request.reference,
            },
        }
        call = self._post(f"/merchant/{self._account.version.value}/payments/", "airtel request", body)
        return self._changed(call, lambda reply: _request_answer(call, reply))

    def ask_payment(self, reference: str) -> Answer:
        path = f"/standard/v1/payments/{quote(reference, safe='')}"
        call = self._get(path, "airtel enquiry")
        result = self._call(call)
        trouble = _trouble(call, result)
        return trouble or _enquiry_answer(call, _replied(result), self._account.currency)

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        del reference, given
        raise UserError("provider.not_offered", "Airtel asks for no further steps.")

    def refund(self, request: RefundRequest) -> Answer:
        """Give a payment back, always the whole of it: Airtel knows nothing else."""
        money_id = request.provider_reference
        if not money_id:
            payment = self.ask_payment(request.payment_reference)
            money_id = payment.provider_reference
            if not money_id:
                # Airtel knows a refund by its own number of the payment only: nothing has left.
                return replace(payment, outcome=Outcome.NOT_SENT, step=None)
        body = {"transaction": {"airtel_money_id": money_id}}
        path = f"/standard/{self._account.version.value}/payments/refund"
        call = self._post(path, "airtel refund", body)
        return self._changed(call, lambda reply: _refund_answer(call, reply))

    def ask_refund(self, request: RefundRequest) -> Answer:
        """Ask about the payment: *reversed* means refunded, and *paid* does not mean that it was not."""
        answer = self.ask_payment(request.payment_reference)
        if answer.outcome is Outcome.REVERSED:
            return replace(answer, outcome=Outcome.SUCCEEDED)
        if answer.outcome is Outcome.NOT_SENT:
            return answer
        return replace(answer, outcome=Outcome.UNKNOWN, reason=Reason.AMBIGUOUS)

    def balance(self) -> Balance:
        result = self._call(self._get("/standard/v1/users/balance", "airtel balance"))
        if not isinstance(result, Reply) or result.status != OK:
            raise not_done(result)
        data = inside(result.json(), "data")
        currency = text_of(inside(data, "currency")) or self._account.currency
        amount_minor = minor_of_major(inside(data, "balance"), currency)
        if amount_minor is None:
            raise unreadable()
        return Balance(amount_minor, currency, result.at)

    def banks(self) -> BankList:
        raise UserError("provider.not_offered", "Airtel Money charges no bank accounts.")

    def verify_payer(self, phone: str) -> PayerInfo:
        check_country(phone, self._profile)
        call = self._get(f"/standard/v1/users/{national_digits(phone)}", "airtel payer")
        result = self._call(call)
        if isinstance(result, NoBearer | Silence) or result.status >= 500:
            raise not_done(result)
        envelope = result.json()
        data = inside(envelope, "data")
        if not isinstance(data, dict) or inside(envelope, "status", "success") is not True:
            if not isinstance(envelope, dict) or result.status == 401:
                raise not_done(result)
            return PayerInfo(is_active=False)
        name = " ".join(filter(None, (text_of(data.get(key)) for key in ("first_name", "last_name"))))
        return PayerInfo(is_active=str(data.get("is_barred", False)).lower() != "true", name=name)

    def _changed(self, call: Call, read: Any) -> Answer:
        """Make a call that changes something, signed in v2; once more with a new key where it was refused."""
        for attempt in (1, 2):
            signed = self._signed(call)
            if isinstance(signed, NoBearer):
                return no_bearer(call, signed)
            result = self._call(signed)
            trouble = _trouble(call, result)
            answer: Answer = trouble or read(_replied(result))
            is_key_old = answer.code == BAD_SIGNATURE and self._account.version is ApiVersion.V2
            if not is_key_old or attempt == 2:
                break
            with self._key_lock:
                self._key = None
        return answer

    def _signed(self, call: Call) -> Call | NoBearer:
        if self._account.version is ApiVersion.V1:
            return call
        key = self._public_key()
        if isinstance(key, NoBearer):
            return key
        assert call.body is not None
        return replace(call, headers={**call.headers, **signature_headers(call.body, key)})

    def _public_key(self) -> RSAPublicKey | NoBearer:
        with self._key_lock:
            if self._key is None:
                result = self._call(self._get("/v1/rsa/encryption-keys", "airtel key"))
                if isinstance(result, NoBearer):
                    return result
                data = result.json() if isinstance(result, Reply) and result.status == OK else None
                key = read_key(text_of(inside(data, "data", "key")))
                if key is None:
                    return NoBearer(result)
                self._key = key
            return self._key

    def _call(self, call: Call) -> Result | NoBearer:
        return call_with_bearer(self._http, self._bearers, call)

    def _post(self, path: str, name: str, body: dict[str, Any]) -> Call:
        headers = {**self._headers(), "Content-Type": "application/json"}
        return Call(name, "POST", path, headers, json_body(body))

    def _get(self, path: str, name: str) -> Call:
        return Call(name, "GET", path, self._headers(), attempts=2)

    def _headers(self) -> dict[str, str]:
        return {"X-Country": self._account.country, "X-Currency": self._account.currency}

    def _fetch(self) -> Bearer | Result:
        account = self._account
        body = json_body(
            {
                "client_id": account.client_id,
                "client_secret": account.client_secret,
                "grant_type": "client_credentials",
            }
        )
        headers = {"Content-Type": "application/json"}
        result = self._http.call(
            Call("airtel token", "POST", "/auth/oauth2/token", headers, body, attempts=3)
        )
        if not isinstance(result, Reply) or result.status != OK:
            return result
        data = result.json()
        token, holds_s = inside(data, "access_token"), whole_number(inside(data, "expires_in"))
        return Bearer(token, holds_s) if isinstance(token, str) and holds_s is not None else result


def _trouble(call: Call, result: Result | NoBearer) -> Answer | None:
    if isinstance(result, NoBearer):
        return no_bearer(call, result)
    return silent(call, result) if isinstance(result, Silence) else None


def _replied(result: Result | NoBearer) -> Reply:
    assert isinstance(result, Reply)
    return result


def _request_answer(call: Call, reply: Reply) -> Answer:
    envelope = reply.json()
    raw = raw_of(call, reply)
    status = inside(envelope, "status")
    code = _code(status)
    is_success = inside(status, "success") is True
    if is_success and reply.status == OK and code in (IN_PROCESS, PAID, ESB_SUCCESS):
        # However it sounds, this only says that the prompt went to the phone.
        step = NextStep(StepKind.APPROVE_ON_PHONE)
        return Answer(Outcome.SENT, Reason.WAITING_FOR_PAYER, raw, code, step=step)
    if code in DUPLICATES:
        return Answer(Outcome.UNKNOWN, Reason.DUPLICATE, raw, code)
    if code in AMBIGUOUS or code in ABSENT:
        return Answer(Outcome.UNKNOWN, Reason.AMBIGUOUS, raw, code)
    if code in REFUSALS and not is_success:
        return Answer(Outcome.FAILED, REFUSALS[code], raw, code)
    if reply.status in _REFUSED_STATUS and isinstance(envelope, dict):
        return Answer(Outcome.FAILED, _REFUSED_STATUS[reply.status], raw, code)
    if reply.status == OK and isinstance(status, dict):
        return Answer(Outcome.UNKNOWN, Reason.UNKNOWN_WORD, raw, code)
    return unclear(call, reply, code)


_REFUSED_STATUS = {
    400: Reason.BAD_REQUEST,
    401: Reason.CREDENTIALS,
    403: Reason.SET_UP,
    405: Reason.BAD_REQUEST,
}


def _enquiry_answer(call: Call, reply: Reply, currency: str) -> Answer:
    envelope = reply.json()
    raw = raw_of(call, reply)
    code = _code(inside(envelope, "status"))
    transaction = inside(envelope, "data", "transaction")
    word = text_of(inside(transaction, "status"))
    if not word or reply.status >= 500:
        if code in ABSENT:
            return Answer(Outcome.NOT_FOUND, Reason.NOT_FOUND, raw, code)
        if code in AMBIGUOUS:
            return Answer(Outcome.UNKNOWN, Reason.AMBIGUOUS, raw, code)
        return unclear(call, reply, code)
    outcome, reason = _WORDS.get(word, (Outcome.UNKNOWN, Reason.UNKNOWN_WORD))
    if word == "TF":
        reason = FAILED_REASONS.get(code, Reason.REFUSED)
    stated = _stated_money(transaction, currency)
    if stated is None:
        return Answer(Outcome.UNKNOWN, Reason.UNREADABLE, raw, word)
    stated_currency, amount_minor = stated
    return Answer(
        outcome,
        reason,
        raw,
        word if outcome is not Outcome.FAILED else code or word,
        amount_minor,
        stated_currency,
        reference=text_of(transaction.get("id")) or None,
        provider_reference=text_of(transaction.get("airtel_money_id")),
    )


_WORDS = {
    "TS": (Outcome.SUCCEEDED, Reason.PAID),
    "TF": (Outcome.FAILED, Reason.REFUSED),
    "TE": (Outcome.FAILED, Reason.EXPIRED),
    "TIP": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
    "TI": (Outcome.SENT, Reason.WAITING_FOR_PAYER),
    "TA": (Outcome.UNKNOWN, Reason.AMBIGUOUS),
    "TR": (Outcome.REVERSED, Reason.REVERSED),
}


def _stated_money(transaction: dict[str, Any], currency: str) -> tuple[str | None, int | None] | None:
    """Give currency and amount where the enquiry states them, as members or in its known sentence.

    None for an amount that cannot be read: it must not pass as one that was not stated.
    """
    stated = text_of(transaction.get("currency")) or None
    amount: object = transaction.get("amount")
    if amount is None and (match := _PAID_MESSAGE.match(text_of(transaction.get("message")))):
        stated, amount = match[1], match[2].replace(",", "")
    if amount is None:
        return stated, None
    amount_minor = minor_of_major(amount, stated or currency)
    return None if amount_minor is None else (stated, amount_minor)


def _refund_answer(call: Call, reply: Reply) -> Answer:
    envelope = reply.json()
    code = _code(inside(envelope, "status"))
    is_success = inside(envelope, "status", "success") is True
    transaction = inside(envelope, "data", "transaction")
    is_done = text_of(inside(transaction, "status")).rstrip(".").upper() == "SUCCESS"
    refund_id = text_of(inside(transaction, "airtel_money_id"))
    if reply.status == OK and is_success and is_done:
        raw = raw_of(call, reply)
        return Answer(Outcome.SUCCEEDED, Reason.REVERSED, raw, code, provider_reference=refund_id)
    if is_done:
        return Answer(Outcome.UNKNOWN, Reason.AMBIGUOUS, raw_of(call, reply), code)
    return _request_answer(call, reply)


def _code(status: object) -> str:
    """Give the code that counts: the newer one, where it is one we know, else the older ones.

    The older "failed" says nothing beside a newer code that we do not know: that one may say *ambiguous*.
    """
    found = [text_of(inside(status, key)) for key in ("response_code", "result_code", "code")]
    if found[0] and found[0] not in CODES and found[1] == ESB_FAILED:
        return found[0]
    return next((code for code in found if code in CODES), next(filter(None, found), ""))


def _is_healthy(reply: Reply) -> bool:
    return reply.status < 500 or isinstance(inside(reply.json(), "status"), dict)
