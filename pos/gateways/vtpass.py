"""VTpass (Nigeria): airtime, data, television, electricity, education and insurance (docs/payments.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pos.domain.payment_reports import Outcome
from pos.errors import Rejected, UserError
from pos.gateways.answers import (
    OK,
    inside,
    major_of_minor,
    minor_of_major,
    not_done,
    raw_of,
    silent,
    text_of,
    unclear,
    unreadable,
)
from pos.gateways.base import Answer, Balance
from pos.gateways.bills import (
    BillAnswer,
    BillCustomer,
    BillProfile,
    Category,
    Purchase,
    Service,
    Variation,
)
from pos.gateways.breaker import BreakerState
from pos.gateways.http import Call, Line, Reply, Silence, json_body
from pos.gateways.reasons import Reason
from pos.gateways.vtpass_words import (
    ABSENT,
    AMBIGUOUS,
    CURRENCY,
    DUPLICATES,
    FAILED,
    PENDING,
    READ_STATUS,
    REFUSALS,
    REVERSED,
    SCHEDULE,
    STATUSES,
    goods_of,
)

CODE = "vtpass"
LAGOS = timezone(timedelta(hours=1))
"""Nigeria's time: one hour before UTC all year. VTpass refuses a reference of another day."""
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"
_NAME_KEYS = ("Customer_Name", "customer_name", "Name", "name")
_ADDRESS_KEYS = ("Address", "address", "Customer_Address")


@dataclass(frozen=True, slots=True)
class VtpassAccount:
    """Where and as whom a shop speaks to VTpass; the base ends with `/api`."""

    base_url: str
    api_key: str = field(repr=False)
    public_key: str = field(repr=False)
    secret_key: str = field(repr=False)


class Vtpass:
    """The bill port for VTpass."""

    def __init__(self, account: VtpassAccount, line: Line) -> None:
        self._account = account
        self._http = line.client(account.base_url)
        self._profile = BillProfile(CODE, "VTpass", CURRENCY, frozenset({"NG"}), SCHEDULE)

    @property
    def profile(self) -> BillProfile:
        return self._profile

    @property
    def breaker(self) -> BreakerState:
        return self._http.breaker.state()

    def reference_for(self, payment_id: UUID, at: datetime) -> str:
        """Give Lagos time to the minute and the whole id: two purchases never share a reference."""
        return at.astimezone(LAGOS).strftime("%Y%m%d%H%M") + _base_36(payment_id.int)

    def balance(self) -> Balance:
        reply = self._read("/balance", "vtpass balance")
        amount_minor = minor_of_major(inside(reply.json(), "contents", "balance"), CURRENCY)
        if amount_minor is None:
            raise _unreadable(reply)
        return Balance(amount_minor, CURRENCY, reply.at)

    def categories(self) -> tuple[Category, ...]:
        entries = self._list("/service-categories", "vtpass categories")
        return tuple(
            Category(text_of(entry.get("identifier")), text_of(entry.get("name"))) for entry in entries
        )

    def services(self, category: str) -> tuple[Service, ...]:
        path = f"/services?{urlencode({'identifier': category})}"
        return tuple(_service(entry) for entry in self._list(path, "vtpass services"))

    def variations(self, service: str) -> tuple[Variation, ...]:
        path = f"/service-variations?{urlencode({'serviceID': service})}"
        reply = self._read(path, "vtpass variations")
        content = inside(reply.json(), "content")
        # The live API misspells the name of its list.
        listed = inside(content, "varations") or inside(content, "variations")
        if not isinstance(listed, list):
            raise _unreadable(reply)
        return tuple(_variation(entry, reply) for entry in listed)

    def verify_customer(self, service: str, number: str, *, kind: str = "") -> BillCustomer:
        body = {"billersCode": number, "serviceID": service, **({"type": kind} if kind else {})}
        call = self._post("/merchant-verify", "vtpass verify", body, attempts=2)
        result = self._http.call(call)
        if not isinstance(result, Reply) or result.status >= 500:
            raise not_done(result)
        envelope = result.json()
        code, content = text_of(inside(envelope, "code")), inside(envelope, "content")
        if code in ("087", "021", "022", "023", "024", "027", "028"):
            raise Rejected("provider.refused", f"VTpass refused this (code {code}).")
        if code not in ("000", "011", "012", "020"):
            raise not_done(result) if result.status >= 400 else unreadable()
        return _customer(content)

    def buy(self, purchase: Purchase) -> BillAnswer:
        if purchase.currency != CURRENCY:
            raise UserError("provider.currency", "VTpass takes NGN only.")
        body = {
            "request_id": purchase.reference,
            "serviceID": purchase.service,
            "amount": major_of_minor(purchase.amount_minor, CURRENCY),
            "phone": purchase.phone,
            "billersCode": purchase.biller_code,
            "variation_code": purchase.variation,
            **purchase.more,
        }
        filled = {key: value for key, value in body.items() if value != ""}
        return self._about_purchase(self._post("/pay", "vtpass pay", filled), is_pay=True)

    def ask_purchase(self, reference: str) -> BillAnswer:
        call = self._post("/requery", "vtpass requery", {"request_id": reference}, attempts=2)
        return self._about_purchase(call, is_pay=False)

    def _about_purchase(self, call: Call, *, is_pay: bool) -> BillAnswer:
        result = self._http.call(call)
        if isinstance(result, Silence):
            return BillAnswer(silent(call, result))
        envelope = result.json()
        code = text_of(inside(envelope, "code"))
        if not isinstance(envelope, dict) or not code or result.status >= 500:
            return BillAnswer(unclear(call, result, code))
        if code in READ_STATUS:
            answer = _by_status(call, result, envelope)
            return BillAnswer(answer, goods_of(envelope))
        outcome, reason = _by_code(code, is_pay=is_pay)
        return BillAnswer(Answer(outcome, reason, raw_of(call, result), code, reference=_echoed(envelope)))

    def _list(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        reply = self._read(path, name)
        listed = inside(reply.json(), "content")
        if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
            raise _unreadable(reply)
        return iter(listed)

    def _read(self, path: str, name: str) -> Reply:
        keys = {"api-key": self._account.api_key, "public-key": self._account.public_key}
        result = self._http.call(Call(name, "GET", path, keys, attempts=3))
        if not isinstance(result, Reply) or result.status != OK:
            raise not_done(result)
        return result

    def _post(self, path: str, name: str, body: dict[str, Any], *, attempts: int = 1) -> Call:
        headers = {
            "api-key": self._account.api_key,
            "secret-key": self._account.secret_key,
            "Content-Type": "application/json",
        }
        return Call(name, "POST", path, headers, json_body(body), attempts)


def _by_status(call: Call, reply: Reply, envelope: dict[str, Any]) -> Answer:
    """Read the transaction's own status: code 000 only says that the call was processed."""
    transaction = inside(envelope, "content", "transactions")
    word = text_of(inside(transaction, "status"))
    outcome, reason = STATUSES.get(word, (Outcome.UNKNOWN, Reason.UNKNOWN_WORD))
    amount = envelope.get("amount")
    amount_minor = minor_of_major(amount if amount is not None else inside(transaction, "amount"), CURRENCY)
    if outcome is Outcome.SUCCEEDED and amount_minor is None:
        outcome, reason = Outcome.UNKNOWN, Reason.UNREADABLE
    return Answer(
        outcome,
        reason,
        raw_of(call, reply),
        word,
        amount_minor,
        reference=_echoed(envelope),
        provider_reference=text_of(inside(transaction, "transactionId")),
    )


def _by_code(code: str, *, is_pay: bool) -> tuple[Outcome, Reason]:
    if code == ABSENT:
        return (Outcome.UNKNOWN if is_pay else Outcome.NOT_FOUND), Reason.NOT_FOUND
    if code in DUPLICATES:
        return Outcome.UNKNOWN, Reason.DUPLICATE
    if code in AMBIGUOUS:
        return Outcome.UNKNOWN, Reason.AMBIGUOUS
    if code in PENDING:
        return Outcome.SENT, Reason.WAITING_FOR_PAYER
    if code == REVERSED:
        return Outcome.REVERSED, Reason.REVERSED
    if code == FAILED:
        return Outcome.FAILED, Reason.REFUSED
    # A refused question says nothing about the purchase that was asked about.
    if code in REFUSALS and is_pay:
        return Outcome.FAILED, REFUSALS[code]
    return Outcome.UNKNOWN, REFUSALS.get(code, Reason.UNKNOWN_WORD)


def _echoed(envelope: dict[str, Any]) -> str | None:
    return text_of(envelope.get("requestId")) or text_of(envelope.get("request_id")) or None


def _service(entry: dict[str, Any]) -> Service:
    return Service(
        code=text_of(entry.get("serviceID")),
        name=text_of(entry.get("name")),
        least_minor=minor_of_major(entry.get("minimium_amount"), CURRENCY),
        most_minor=minor_of_major(entry.get("maximum_amount"), CURRENCY),
        fee_minor=minor_of_major(entry.get("convinience_fee"), CURRENCY),
        has_fixed_prices=text_of(entry.get("product_type")).lower() == "fix",
    )


def _variation(entry: object, reply: Reply) -> Variation:
    price_minor = minor_of_major(inside(entry, "variation_amount"), CURRENCY)
    if price_minor is None:
        raise _unreadable(reply)
    return Variation(
        code=text_of(inside(entry, "variation_code")),
        name=text_of(inside(entry, "name")),
        price_minor=price_minor,
        has_fixed_price=text_of(inside(entry, "fixedPrice")).lower() == "yes",
    )


def _customer(content: object) -> BillCustomer:
    """Read a verified number; code 000 alone proves nothing, a wrong number has it too."""
    name = next(filter(None, (text_of(inside(content, key)) for key in _NAME_KEYS)), "")
    is_wrong = inside(content, "error") or inside(content, "WrongBillersCode") in (True, "true", "True")
    if not isinstance(content, dict) or is_wrong or not name:
        return BillCustomer(is_found=False)
    address = next(filter(None, (text_of(content.get(key)) for key in _ADDRESS_KEYS)), "")
    details = {str(key): text_of(value) for key, value in content.items() if text_of(value)}
    return BillCustomer(is_found=True, name=name, address=address, details=details)


def _unreadable(reply: Reply) -> Exception:
    """Give the error for a list that is none: a refusal where a code says so."""
    code = text_of(inside(reply.json(), "code"))
    if code in REFUSALS:
        return Rejected("provider.refused", f"VTpass refused this (code {code}).")
    return unreadable()


def _base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits.rjust(25, "0")
