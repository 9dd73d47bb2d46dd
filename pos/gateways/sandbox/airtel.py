"""Airtel Money in the sandbox: tokens, collections, enquiry, refund, disbursements, users, balance."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from pos.gateways.sandbox import airtel_data as data
from pos.gateways.sandbox.airtel_signing import KeyPair, callback_hash
from pos.gateways.sandbox.callbacks import Callback
from pos.gateways.sandbox.core import Core, Provider, Tale, http_status, is_bad_secret
from pos.gateways.sandbox.credentials import AIRTEL_CALLBACK_KEY
from pos.gateways.sandbox.money import decimal_of, plain
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import Outcome, Scenario, scenario_of_ending
from pos.gateways.sandbox.tokens import Tokens
from pos.gateways.sandbox.wire import Answer, BadBodyError, Request, Route, json_answer

TOKEN_LIFETIME_S = 180
OPENING_BALANCE = 250_000
KEY_LIFETIME = timedelta(days=365)
UNKNOWN_ENDING, BARRED_ENDING = "07", "08"
PIN = "1234"

COLLECTION, DISBURSEMENT, REFUND = "collection", "disbursement", "refund"
_SIGNATURE_CODES = {DISBURSEMENT: "DP00900001016"}
_DONE = Scenario(0, "done at once")


@dataclass(frozen=True, slots=True)
class Place:
    """The country and currency a request is for."""

    country: str
    currency: str


class Airtel(Provider):
    """`/airtel`: the gateway of Airtel Money."""

    name: ClassVar[str] = "airtel"
    doubtful_codes: ClassVar[frozenset[str]] = data.DOUBTFUL_CODES

    def __init__(self, core: Core) -> None:
        self._tokens = Tokens(core.timeline.now, lifetime_s=TOKEN_LIFETIME_S)
        self.keys = KeyPair()
        super().__init__(core)

    def routes(self) -> tuple[Route, ...]:
        inside = self._inside
        routes = [
            Route("POST", "auth/oauth2/token", self._make_token),
            Route("GET", "v1/rsa/encryption-keys", inside(self._encryption_key)),
        ]
        for version in ("v1", "v2", "v3"):
            is_signed = version != "v1"
            collect = inside(self._collect, COLLECTION, is_signed=is_signed)
            refund = inside(self._refund, REFUND, is_signed=is_signed)
            disburse = inside(self._disburse, DISBURSEMENT, is_signed=is_signed)
            base = f"standard/{version}"
            routes += [
                Route("POST", f"merchant/{version}/payments", collect),
                Route("POST", f"{base}/payments/refund", refund),
                Route("POST", f"{base}/disbursements", disburse),
                Route("GET", f"{base}/payments/{{id}}", inside(self._enquire, COLLECTION)),
                Route("GET", f"{base}/disbursements/{{id}}", inside(self._enquire_disbursement)),
                Route("GET", f"{base}/users/balance", inside(self._balance)),
                Route("GET", f"{base}/users/{{msisdn}}", inside(self._user)),
            ]
        return tuple(routes)

    def no_such_path(self, *, is_wrong_method: bool) -> Answer:
        return plain_error(405 if is_wrong_method else 404)

    def renew_keys(self) -> None:
        self.keys.renew()

    def bad_body(self) -> Answer:
        return refused("ROUTER003", 400)

    def refusal(self, code: str) -> Answer:
        if (status := http_status(code)) is not None:
            return plain_error(status)
        return refused(code or data.REFUSED_CODE)

    def _inside(
        self,
        handler: Callable[[Place, Request], Answer],
        kind: str = COLLECTION,
        *,
        is_signed: bool = False,
    ) -> Callable[[Request], Answer]:
        """Return a handler that first asks for token, country, currency and, where it must be, signature."""

        def checked(request: Request) -> Answer:
            if self._tokens.find(request.bearer()) is None:
                return _bad_token()
            place = _place(request)
            if isinstance(place, Answer):
                return place
            if (is_signed or request.header("x-signature")) and not self._has_signature(request):
                return refused(_SIGNATURE_CODES.get(kind, data.WRONG_SIGNATURE), 403)
            return handler(place, request)

        return checked

    def _has_signature(self, request: Request) -> bool:
        signature, key = request.header("x-signature"), request.header("x-key")
        return self.keys.is_signed(request.body, signature=signature, key=key)

    def _make_token(self, request: Request) -> Answer:
        try:
            fields = request.fields()
        except BadBodyError:
            about = "The request is not valid"
            return json_answer(400, {"error": "invalid_request", "error_description": about})
        if fields.get("grant_type") != "client_credentials":
            about = "The grant type is missing or not supported"
            return json_answer(400, {"error": "unsupported_grant_type", "error_description": about})
        owner, secret = fields.get("client_id"), fields.get("client_secret")
        if is_bad_secret(str(owner or "")) or is_bad_secret(str(secret or "")):
            about = "Invalid client authentication"
            return json_answer(401, {"error": "invalid_client", "error_description": about})
        token = self._tokens.issue(self.core.dice.word(32), owner=str(owner))
        answer = {"access_token": token, "expires_in": str(TOKEN_LIFETIME_S), "token_type": "bearer"}
        return json_answer(200, answer)

    def _encryption_key(self, _place: Place, _request: Request) -> Answer:
        key = self.keys.public_text(self.core.settings.airtel_key_bits)
        until = self.core.timeline.now() + KEY_LIFETIME
        value = {"key_id": self.keys.number, "key": key, "valid_upto": f"{until:%d-%m-%Y %H:%M:%S}"}
        return granted(value, "DP02010001001")

    def _collect(self, place: Place, request: Request) -> Answer:
        fields = request.fields()
        subscriber, transaction = fields.get("subscriber"), fields.get("transaction")
        if not isinstance(subscriber, dict) or not isinstance(transaction, dict):
            return refused("ROUTER003", 400)
        wrong = (
            _missing(fields.get("reference"), subscriber.get("msisdn"), transaction.get("id"))
            or _wrong_place(place, subscriber)
            or _wrong_place(place, transaction)
            or _wrong_number(place, subscriber["msisdn"])
        )
        if wrong is not None:
            return wrong
        amount = decimal_of(transaction.get("amount"))
        if amount is None or amount <= 0:
            return refused("DP00800001004")
        return self._begin(place, str(transaction["id"]), amount=amount, number=str(subscriber["msisdn"]))

    def _begin(self, place: Place, reference: str, *, amount: Decimal, number: str) -> Answer:
        if self.core.book.find(self.name, COLLECTION, reference) is not None:
            return refused("ESB000041")
        ordinary = scenario_of_ending(number) or data.AFTER_THREE_ASKS
        plan = self.scenario_for(reference=reference, number=number, otherwise=ordinary)
        payment = self.new_payment(
            COLLECTION, reference, amount=amount, currency=place.currency, payer=number, scenario=plan
        )
        payment.facts = {"receipt": self._receipt("MP", plan.skew_s)}
        answer = granted({"transaction": {"id": reference, "status": "SUCCESS"}}, data.IN_PROCESS)
        return self.accept(
            payment,
            reply=lambda: replace(answer, skew_s=plan.skew_s),
            duplicate=lambda: refused("ESB000041"),
        )

    def _receipt(self, prefix: str, skew_s: float) -> str:
        now = self.core.timeline.now() + timedelta(seconds=skew_s)
        return f"{prefix}{now:%y%m%d.%H%M}.A{self.core.dice.digits(5)}"

    def _enquire(self, _place: Place, request: Request) -> Answer:
        payment = self.found(COLLECTION, request.named["id"])
        if payment is None:
            return refused("ESB000045", response_code=data.NOT_FOUND)
        if payment.scenario.revokes_token and self.core.book.take_fault(payment):
            self._tokens.revoke(request.bearer())
            return _bad_token()
        if (fault := self.status_fault(payment)) is not None:
            return fault
        self.core.book.ask(payment)
        return replace(_shown(payment), skew_s=payment.scenario.skew_s)

    def callback(self, payment: Payment, tale: Tale) -> Callback | None:
        url = self.core.callback_urls.get(self.name, "")
        if not url or payment.kind != COLLECTION:
            return None
        is_paid = tale is Tale.FORGED or (payment.outcome is Outcome.PAID and tale is Tale.TRUE)
        transaction: dict[str, Any] = {
            "id": payment.reference,
            "message": _message(payment) if is_paid else "Transaction failed",
            "status_code": "TS" if is_paid else "TF",
        }
        if is_paid:
            transaction["airtel_money_id"] = payment.facts["receipt"]
        return Callback(url, self._hashed(transaction, tale), (("Content-Type", "application/json"),))

    def _hashed(self, transaction: Mapping[str, Any], tale: Tale) -> bytes:
        body: dict[str, Any] = {"transaction": transaction}
        key = AIRTEL_CALLBACK_KEY[::-1] if tale is Tale.FORGED else AIRTEL_CALLBACK_KEY
        form = self.core.settings.airtel_callback_hash
        if form != "none":
            body["hash"] = callback_hash(_compact(transaction if form == "transaction" else body), key)
        return _compact(body)

    def _refund(self, _place: Place, request: Request) -> Answer:
        transaction = request.fields().get("transaction")
        receipt = transaction.get("airtel_money_id") if isinstance(transaction, dict) else None
        if not isinstance(receipt, str) or not receipt:
            return refused("ROUTER003", 400)
        paid = next(
            (
                one
                for one in self.core.book.newest_first(self.name, COLLECTION)
                if one.facts["receipt"] == receipt
            ),
            None,
        )
        if paid is None or paid.outcome is not Outcome.PAID:
            return refused("ESB000045", response_code=data.NOT_FOUND)
        plan = self.scenario_for(reference=receipt, number="", otherwise=_DONE)
        refund = self.new_payment(
            REFUND, receipt, amount=paid.amount, currency=paid.currency, payer=paid.payer, scenario=plan
        )
        answer = granted(
            {"transaction": {"airtel_money_id": self._receipt("CI", 0), "status": "SUCCESS"}}, data.SUCCESS
        )
        return self.accept(refund, reply=lambda: answer, duplicate=lambda: refused("ESB000011"))

    def _disburse(self, place: Place, request: Request) -> Answer:
        fields = request.fields()
        payee, transaction = fields.get("payee"), fields.get("transaction")
        if not isinstance(payee, dict) or not isinstance(transaction, dict):
            return refused("ROUTER003", 400)
        wrong = _missing(
            fields.get("reference"), fields.get("pin"), payee.get("msisdn"), transaction.get("id")
        ) or _wrong_number(place, payee["msisdn"])
        if wrong is not None:
            return wrong
        amount, reference = decimal_of(transaction.get("amount")), str(transaction["id"])
        if amount is None or amount <= 0:
            return refused("DP00900001004")
        if self.keys.opened_pin(str(fields["pin"])) != PIN:
            return refused("ROUTER116", 400)
        plan = self.scenario_for(reference=reference, number=str(payee["msisdn"]), otherwise=_DONE)
        payment = self.new_payment(
            DISBURSEMENT,
            reference,
            amount=amount,
            currency=place.currency,
            payer=str(payee["msisdn"]),
            scenario=plan,
        )
        payment.facts = {"receipt": self._receipt("CI", plan.skew_s)}
        return self.accept(
            payment,
            reply=lambda: granted({"transaction": _disbursed(payment) | {"status": "TS"}}, "DP00900001001"),
            duplicate=lambda: refused("ESB000041", response_code="DP00900001017"),
        )

    def _enquire_disbursement(self, _place: Place, request: Request) -> Answer:
        payment = self.found(DISBURSEMENT, request.named["id"])
        if payment is None:
            return refused("ESB000045", response_code="DP00900001015")
        if (fault := self.status_fault(payment)) is not None:
            return fault
        outcome = self.core.book.ask(payment)
        word = "TIP" if outcome is None else "TS" if outcome is Outcome.PAID else "TF"
        code = {"TIP": "DP00900001006", "TS": "DP00900001001", "TF": "DP00900001005"}[word]
        return envelope(
            {"transaction": _disbursed(payment) | {"status": word}}, code, is_success=word != "TF"
        )

    def _balance(self, place: Place, _request: Request) -> Answer:
        total = Decimal(OPENING_BALANCE)
        for one in self.core.book.newest_first(self.name):
            if one.outcome is Outcome.PAID and one.currency == place.currency:
                total += one.amount if one.kind == COLLECTION else -one.amount
        value = {"balance": plain(total), "currency": place.currency, "account_status": "Active"}
        return granted(value, "DP02100000001")

    def _user(self, place: Place, request: Request) -> Answer:
        number = request.named["msisdn"]
        if (wrong := _wrong_number(place, number)) is not None:
            return wrong
        if number.endswith(UNKNOWN_ENDING):
            return refused("ESB000036", response_code="DP02200000002")
        value = {
            "first_name": "ADA",
            "last_name": "SANDBOX",
            "msisdn": number,
            "grade": "SUBS",
            "is_barred": number.endswith(BARRED_ENDING),
            "is_pin_set": True,
            "registration": {"id": number, "status": "Y"},
        }
        return granted(value, "DP02200000001")


def envelope(value: Mapping[str, Any] | None, code: str, *, is_success: bool) -> Answer:
    status = {
        "code": "200",
        "message": "SUCCESS" if is_success else data.MESSAGES.get(code, "Failed"),
        "result_code": "ESB000010" if is_success else "ESB000011",
        "response_code": code,
        "success": is_success,
    }
    return json_answer(200, {"data": value, "status": status} if value is not None else {"status": status})


def granted(value: Mapping[str, Any], code: str) -> Answer:
    return envelope(value, code, is_success=True)


def refused(code: str, http_status: int = 200, *, response_code: str = "") -> Answer:
    """Return a refusal: its envelope has no data, and HTTP may still say 200."""
    status = {
        "code": str(http_status),
        "message": data.MESSAGES.get(code, "Failed"),
        "result_code": "ESB000011" if code.startswith("DP") else code,
        "response_code": response_code or code,
        "success": False,
    }
    return json_answer(http_status, {"status": status})


def plain_error(status: int) -> Answer:
    """Return an error of HTTP itself: its envelope has no code of Airtel's."""
    message = HTTPStatus(status).phrase
    return json_answer(status, {"status": {"code": str(status), "message": message, "success": False}})


def _shown(payment: Payment) -> Answer:
    word, code = _word(payment)
    transaction = {"id": payment.reference, "message": data.MESSAGES.get(code, "Pending"), "status": word}
    if word == "TS":
        transaction = {
            "airtel_money_id": payment.facts["receipt"],
            **transaction,
            "message": _message(payment),
        }
    is_success = word not in ("TF", "TE", "TR")
    return envelope({"transaction": transaction}, code, is_success=is_success)


def _word(payment: Payment) -> tuple[str, str]:
    if payment.shows_unknown_words:
        return "TX", data.UNKNOWN_CODE
    if payment.is_ambiguous or payment.outcome is Outcome.AMBIGUOUS:
        return "TA", data.AMBIGUOUS
    if payment.outcome is None:
        return "TIP", data.IN_PROCESS
    if payment.outcome is Outcome.PAID:
        return "TS", data.SUCCESS
    code = data.REASONS.get(payment.reason, payment.reason) or data.GENERAL_FAILURE
    return {Outcome.EXPIRED: "TE", Outcome.REVERSED: "TR"}.get(payment.outcome, "TF"), code


def _message(payment: Payment) -> str:
    amount = f"{Decimal(plain(payment.shown_amount)):,f}"
    return f"Paid {payment.currency} {amount} to TEST SHOP"


def _disbursed(payment: Payment) -> dict[str, str]:
    return {
        "reference_id": payment.facts["receipt"],
        "airtel_money_id": payment.facts["receipt"],
        "id": payment.reference,
    }


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _bad_token() -> Answer:
    about = "The access token is invalid or has expired"
    return json_answer(401, {"error": "invalid_token", "error_description": about})


def _place(request: Request) -> Place | Answer:
    country, currency = request.header("x-country").upper(), request.header("x-currency").upper()
    if not country:
        return refused("ROUTER003", 400)
    if country not in data.CURRENCIES:
        return refused("ROUTER006", 400)
    if not currency:
        return refused("ROUTER119", 400)
    return Place(country, currency) if currency in data.CURRENCIES[country] else refused("ROUTER112", 400)


def _missing(*values: object) -> Answer | None:
    is_there = all(
        isinstance(value, str | int) and value != "" and not isinstance(value, bool) for value in values
    )
    return None if is_there else refused("ROUTER003", 400)


def _wrong_place(place: Place, part: Mapping[str, Any]) -> Answer | None:
    if str(part.get("country") or place.country).upper() != place.country:
        return refused("ESB000034")
    is_right = str(part.get("currency") or place.currency).upper() == place.currency
    return None if is_right else refused("ESB000035")


def _wrong_number(place: Place, number: object) -> Answer | None:
    """Refuse a number with the zero that is dialled at home, but not where it is a part of the number."""
    text = str(number).removeprefix("0" if place.country in data.ZERO_BELONGS else "")
    if re.fullmatch(r"[1-9]\d*", text) is None:
        return refused("ESB000036")
    return None if len(text) in data.NUMBER_LENGTHS else refused("ESB000033")
