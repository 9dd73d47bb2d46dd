"""Paystack: a link with its QR code, charges of phones, banks and cards by steps (docs/payments.md)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from pos.domain.money import MINOR_DIGITS, half_up, minor_digits
from pos.domain.payment_reports import Outcome
from pos.errors import UserError
from pos.gateways.answers import (
    OK,
    TOO_MANY,
    UNAUTHORISED,
    inside,
    not_done,
    raw_of,
    silent,
    text_of,
    unclear,
    unreadable,
    whole_number,
)
from pos.gateways.base import (
    Address,
    Answer,
    Balance,
    BankList,
    ByBank,
    ByCard,
    ByLink,
    ByPhone,
    BySavedCard,
    ByUssd,
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
from pos.gateways.breaker import BreakerState
from pos.gateways.http import Call, Line, Reply, Silence, json_body
from pos.gateways.paystack_banks import read_banks
from pos.gateways.paystack_words import (
    COUNTRIES,
    FAILURES,
    LEAST_MINOR,
    NETWORKS,
    ONGOING,
    REFUND_STATUSES,
    SCHEDULE,
    STATUSES,
    STEPS,
    SUBMITS,
    WIRE_DIGITS,
)
from pos.gateways.reasons import Reason
from pos.gateways.requests_check import check_request, country_of, national_digits

CODE = "paystack"


@dataclass(frozen=True, slots=True)
class PaystackAccount:
    """Where and as whom a shop speaks to Paystack.

    Paystack wants an e-mail address with every payment; `shop_email` is the shop's own, for payers who give
    none. `countries` is where the account may be used; empty for anywhere.
    """

    base_url: str
    secret_key: str = field(repr=False)
    currency: str
    shop_email: str
    countries: frozenset[str] = frozenset()
    callback_url: str = ""
    takes_typed_cards: bool = False


class Paystack:
    """The payment port for Paystack."""

    def __init__(self, account: PaystackAccount, line: Line) -> None:
        if account.currency not in LEAST_MINOR:
            raise UserError("provider.environment", f"Paystack has no accounts in {account.currency!r}.")
        self._account = account
        self._http = line.client(account.base_url)
        means = {Means.LINK, Means.BANK, Means.USSD, Means.SAVED_CARD}
        if account.currency in NETWORKS:
            means.add(Means.PHONE)
        if account.takes_typed_cards:
            means.add(Means.CARD)
        self._profile = Profile(
            code=CODE,
            label="Paystack",
            tender=CODE,
            currencies=frozenset({account.currency}),
            countries=account.countries,
            means=frozenset(means),
            schedule=SCHEDULE,
            can_refund_part=True,
        )

    @property
    def profile(self) -> Profile:
        return self._profile

    @property
    def breaker(self) -> BreakerState:
        return self._http.breaker.state()

    def limits(self, currency: str) -> Limits:
        return Limits(least_minor=LEAST_MINOR.get(currency, 1))

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        del at
        return str(payment_id)

    def request_payment(self, request: PaymentRequest) -> Answer:
        check_request(request, self._profile)
        body: dict[str, Any] = {
            "email": request.payer_email or self._account.shop_email,
            "amount": _wire_amount(request.amount_minor, request.currency),
            "currency": request.currency,
            "reference": request.reference,
        }
        by = request.pay_by
        if isinstance(by, ByLink):
            back = {"callback_url": self._account.callback_url} if self._account.callback_url else {}
            return self._changed(self._post("/transaction/initialize", "paystack link", {**body, **back}))
        if isinstance(by, BySavedCard):
            body["authorization_code"] = by.authorization_code
            return self._changed(self._post("/transaction/charge_authorization", "paystack card", body))
        return self._changed(self._post("/charge", "paystack charge", {**body, **_channel(by, request)}))

    def ask_payment(self, reference: str) -> Answer:
        call = self._get(f"/transaction/verify/{quote(reference, safe='')}", "paystack verify")
        result = self._http.call(call)
        if isinstance(result, Silence):
            return silent(call, result)
        envelope = result.json()
        if result.status in (400, 404) and _is_not_found(envelope):
            return Answer(
                Outcome.NOT_FOUND, Reason.NOT_FOUND, raw_of(call, result), text_of(envelope.get("code"))
            )
        data = inside(envelope, "data")
        if result.status != OK or inside(envelope, "status") is not True or not isinstance(data, dict):
            return unclear(call, result, text_of(inside(envelope, "code")))
        answer = _transaction_answer(call, result, data)
        is_money_stated = answer.amount_minor is not None and answer.currency and answer.reference
        if answer.outcome is Outcome.SUCCEEDED and not is_money_stated:
            return Answer(Outcome.UNKNOWN, Reason.UNREADABLE, answer.raw, answer.code)
        return self._with_step(answer, reference) if answer.code == ONGOING else answer

    def _with_step(self, answer: Answer, reference: str) -> Answer:
        """Learn what the payer is asked for: the reply that said it may have been lost."""
        result = self._http.call(self._get(f"/charge/{quote(reference, safe='')}", "paystack step"))
        data = inside(result.json(), "data") if isinstance(result, Reply) and result.status == OK else None
        step = _step(text_of(data.get("status")), data, "") if isinstance(data, dict) else None
        return answer if step is None else replace(answer, step=step, reason=Reason.STEP_NEEDED)

    def continue_payment(self, reference: str, given: StepInput) -> Answer:
        word = SUBMITS.get(given.kind)
        if word is None:
            raise UserError("provider.not_offered", "Nothing is handed over in this step.")
        body = {**_submitted(word, given.value), "reference": reference}
        return self._changed(self._post(f"/charge/submit_{word}", f"paystack {word}", body), is_step=True)

    def refund(self, request: RefundRequest) -> Answer:
        """Give money back, after a look whether this refund is there already: Paystack would pay twice."""
        earlier = self.ask_refund(request)
        if earlier.outcome is not Outcome.NOT_FOUND:
            return earlier
        body = {
            "transaction": request.payment_reference,
            "amount": _wire_amount(request.amount_minor, request.currency),
            "currency": request.currency,
            "merchant_note": _refund_note(request),
        }
        call = self._post("/refund", "paystack refund", body)
        result = self._http.call(call)
        if isinstance(result, Silence):
            return silent(call, result)
        data = inside(result.json(), "data")
        if result.status in (OK, 201) and isinstance(data, dict):
            return _refund_answer(call, result, data, request)
        return _refusal(call, result)

    def ask_refund(self, request: RefundRequest) -> Answer:
        """Look for the refund among those of the payment, by the note that carries our reference."""
        of = request.provider_reference or request.payment_reference
        call = self._get(f"/refund?{urlencode({'transaction': of, 'perPage': 100})}", "paystack refunds")
        result = self._http.call(call)
        if isinstance(result, Silence):
            return silent(call, result)
        listed = inside(result.json(), "data")
        if result.status != OK or not isinstance(listed, list):
            return unclear(call, result)
        for entry in listed:
            if request.reference in text_of(inside(entry, "merchant_note")).split():
                return _refund_answer(call, result, entry, request)
        return Answer(Outcome.NOT_FOUND, Reason.NOT_FOUND, raw_of(call, result))

    def balance(self) -> Balance:
        result = self._http.call(self._get("/balance", "paystack balance"))
        if not isinstance(result, Reply) or result.status != OK:
            raise not_done(result)
        listed = inside(result.json(), "data")
        for entry in listed if isinstance(listed, list) else ():
            amount_minor = _our_amount(inside(entry, "balance"), self._account.currency)
            if inside(entry, "currency") == self._account.currency and amount_minor is not None:
                return Balance(amount_minor, self._account.currency, result.at)
        raise unreadable()

    def banks(self) -> BankList:
        return read_banks(
            lambda path: self._http.call(self._get(path, "paystack banks")), self._account.currency
        )

    def verify_payer(self, phone: str) -> PayerInfo:
        del phone
        raise UserError("provider.not_offered", "Paystack does not tell who owns a telephone number.")

    def _changed(self, call: Call, *, is_step: bool = False) -> Answer:
        result = self._http.call(call)
        if isinstance(result, Silence):
            return silent(call, result)
        envelope = result.json()
        data = inside(envelope, "data")
        if result.status in (OK, 201) and inside(envelope, "status") is True and isinstance(data, dict):
            return _transaction_answer(call, result, data)
        if is_step or result.status == OK:
            # A refused step says nothing about the payment: the payer may try again, or it has gone on.
            return Answer(
                Outcome.UNKNOWN, Reason.STEP_NEEDED, raw_of(call, result), text_of(inside(envelope, "code"))
            )
        return _refusal(call, result)

    def _post(self, path: str, name: str, body: dict[str, Any]) -> Call:
        headers = {**self._headers(), "Content-Type": "application/json"}
        return Call(name, "POST", path, headers, json_body(body))

    def _get(self, path: str, name: str) -> Call:
        return Call(name, "GET", path, self._headers(), attempts=2)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._account.secret_key}"}


def _channel(by: ByPhone | ByBank | ByUssd | ByCard, request: PaymentRequest) -> dict[str, Any]:
    match by:
        case ByPhone():
            return {"mobile_money": {"phone": _phone(by, request.currency), "provider": by.network}}
        case ByBank():
            return {"bank": {"code": by.bank_code, "account_number": by.account_number}}
        case ByUssd():
            return {"ussd": {"type": by.bank_code}}
        case ByCard():
            return {
                "card": {
                    "number": by.number,
                    "cvv": by.cvv,
                    "expiry_month": by.expiry_month,
                    "expiry_year": by.expiry_year,
                }
            }


def _phone(by: ByPhone, currency: str) -> str:
    """Give a phone as Paystack writes it: as dialled at home, but in Kenya with the country code."""
    country = COUNTRIES[currency]
    if country_of(by.phone) != country:
        raise UserError("provider.country", f"Paystack pays {currency} from phones of {country} only.")
    if by.network not in NETWORKS[currency]:
        raise UserError("provider.network", f"Choose the network: {', '.join(sorted(NETWORKS[currency]))}.")
    if country == "KE":
        return by.phone
    # Ivorian numbers begin with their zero; a Ghanaian zero is only dialled.
    return national_digits(by.phone) if country == "CI" else "0" + national_digits(by.phone)


def _submitted(word: str, value: str | date | Address) -> dict[str, str]:
    if isinstance(value, Address):
        return {
            "address": value.street,
            "city": value.city,
            "state": value.state,
            "zip_code": value.zip_code,
        }
    return {word: value.isoformat() if isinstance(value, date) else value}


def _transaction_answer(call: Call, reply: Reply, data: dict[str, Any]) -> Answer:
    """Read a transaction, a charge or a started page: its own status counts, never the envelope's."""
    raw = raw_of(call, reply)
    word = text_of(data.get("status"))
    url = text_of(data.get("authorization_url")) or text_of(data.get("url"))
    if not word and url:
        word = "open_url"
    outcome, reason = STATUSES.get(word, (Outcome.UNKNOWN, Reason.UNKNOWN_WORD))
    if outcome is Outcome.FAILED:
        reason = _failure(data)
    currency = text_of(data.get("currency")) or None
    return Answer(
        outcome,
        reason,
        raw,
        word,
        _our_amount(data.get("amount"), currency),
        currency,
        text_of(data.get("reference")) or None,
        provider_reference=text_of(data.get("id")),
        fee_minor=_our_fee(data.get("fees"), currency),
        step=_step(word, data, url),
    )


def _step(word: str, data: dict[str, Any], url: str) -> NextStep | None:
    kind = STEPS.get(word)
    if kind is None:
        return None
    return NextStep(
        kind,
        text=text_of(data.get("display_text")),
        url=url if kind is StepKind.OPEN_LINK else "",
        ussd_code=text_of(data.get("ussd_code")),
        account_number=text_of(data.get("account_number")),
    )


def _failure(data: dict[str, Any]) -> Reason:
    said = f"{text_of(data.get('gateway_response'))} {text_of(data.get('message'))}".lower()
    return next((reason for word, reason in FAILURES if word in said), Reason.REFUSED)


def _refusal(call: Call, reply: Reply) -> Answer:
    """Read an error: final where Paystack refused the request as such, else unknown."""
    envelope = reply.json()
    code = text_of(inside(envelope, "code"))
    said = text_of(inside(envelope, "message")).lower()
    if code == "duplicate_reference" or ("duplicate" in said and "reference" in said):
        return Answer(Outcome.UNKNOWN, Reason.DUPLICATE, raw_of(call, reply), code)
    if text_of(inside(envelope, "data", "status")) not in ("", "failed"):
        # The call was refused, and yet there is a payment that goes on.
        return unclear(call, reply, code)
    is_client_error = 400 <= reply.status < 500 and reply.status != TOO_MANY
    is_refused = inside(envelope, "type") not in ("api_error", "processor_error")
    if is_client_error and is_refused and inside(envelope, "status") is False:
        reason = Reason.CREDENTIALS if reply.status == UNAUTHORISED else Reason.BAD_REQUEST
        return Answer(Outcome.FAILED, reason, raw_of(call, reply), code)
    return unclear(call, reply, code)


def _refund_answer(call: Call, reply: Reply, data: dict[str, Any], request: RefundRequest) -> Answer:
    word = text_of(data.get("status"))
    outcome, reason = REFUND_STATUSES.get(word, (Outcome.UNKNOWN, Reason.UNKNOWN_WORD))
    currency = text_of(data.get("currency")) or None
    return Answer(
        outcome,
        reason,
        raw_of(call, reply),
        word,
        _our_amount(data.get("amount"), currency),
        currency,
        request.reference,
        provider_reference=text_of(data.get("id")),
    )


def _is_not_found(envelope: object) -> bool:
    code = text_of(inside(envelope, "code"))
    said = text_of(inside(envelope, "message")).lower()
    return code == "transaction_not_found" or "reference not found" in said


def _refund_note(request: RefundRequest) -> str:
    return f"{request.reference} {request.note}".strip()


def _wire_amount(amount_minor: int, currency: str) -> int:
    return int(amount_minor * 10 ** (WIRE_DIGITS - minor_digits(currency)))


def _our_amount(value: object, currency: object) -> int | None:
    """Give a wire amount in minor units; None where it is none, or finer than the currency."""
    hundredths = whole_number(value)
    if hundredths is None or not isinstance(currency, str) or currency not in MINOR_DIGITS:
        return None
    step = 10 ** (WIRE_DIGITS - MINOR_DIGITS[currency]) if MINOR_DIGITS[currency] <= WIRE_DIGITS else 0
    return hundredths // step if step and hundredths % step == 0 else None


def _our_fee(value: object, currency: str | None) -> int | None:
    hundredths = whole_number(value)
    digits = MINOR_DIGITS.get(currency or "", WIRE_DIGITS)
    return None if hundredths is None else half_up(hundredths, 10 ** max(WIRE_DIGITS - digits, 0))
