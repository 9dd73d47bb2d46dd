"""VTpass in the sandbox: login, catalogue, merchant-verify, pay, requery, balance."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar

from pos.gateways.sandbox import vtpass_data as data
from pos.gateways.sandbox import vtpass_results as results
from pos.gateways.sandbox.callbacks import Callback, Sent
from pos.gateways.sandbox.core import Core, Provider, Tale, http_status, is_bad_secret
from pos.gateways.sandbox.money import decimal_of, number
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import (
    Breaks,
    Outcome,
    Scenario,
    scenario_of_ending,
)
from pos.gateways.sandbox.wire import Answer, Request, Route, json_answer

LAGOS = timezone(timedelta(hours=1))
"""Africa/Lagos has no summer time."""
OPENING_BALANCE = Decimal("5000000.5")
REPEAT_WITHIN_S = 30
ORDER = "order"

DELIVERED = Scenario(0, "delivered at once")
FAILED = Scenario(0, "fails", outcome=Outcome.FAILED, reason="016")
PENDING = Scenario(0, "pending until a person decides", is_endless=True)
SILENT = Scenario(0, "no response", is_endless=True, breaks=Breaks.CUT)
SLOW = Scenario(0, "time-out", stall_s=60)
_PHONE_PLANS = {"pending": PENDING, "unexpected": DELIVERED, "silent": SILENT, "slow": SLOW}

Handler = Callable[[Request], Answer]


class Vtpass(Provider):
    """`/vtpass/api`: the gateway of VTpass."""

    name: ClassVar[str] = "vtpass"
    doubtful_codes: ClassVar[frozenset[str]] = data.DOUBTFUL_CODES
    repeats_max: ClassVar[int] = 4
    repeats_after_s: ClassVar[float] = 60

    def __init__(self, core: Core) -> None:
        self._last: dict[tuple[str, str], datetime] = {}
        super().__init__(core)

    def routes(self) -> tuple[Route, ...]:
        paths: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "balance", self._balance),
            ("GET", "service-categories", self._categories),
            ("GET", "services", self._services),
            ("GET", "service-variations", self._variations),
            ("GET", "options", self._options),
            ("POST", "merchant-verify", self._verify),
            ("POST", "merchant-verify/smile/email", self._verify_smile),
            ("POST", "pay", self._pay),
            ("POST", "requery", self._requery),
            ("GET", "universal-insurance/options/{list}", self._insurance),
            ("GET", "universal-insurance/options/{list}/{code}", self._insurance),
        )
        return tuple(Route(method, f"api/{path}", self._inside(handler)) for method, path, handler in paths)

    def no_such_path(self, *, is_wrong_method: bool) -> Answer:
        return json_answer(405 if is_wrong_method else 404, {"message": "The requested path does not exist."})

    def forget(self) -> None:
        self._last.clear()

    def bad_body(self) -> Answer:
        return refused("011")

    def refusal(self, code: str) -> Answer:
        if (status := http_status(code)) is not None:
            return json_answer(status, {"message": HTTPStatus(status).phrase})
        return refused(code or "016")

    def _inside(self, handler: Handler) -> Handler:
        """Return a handler that first asks for the keys, or for the old login."""

        def checked(request: Request) -> Answer:
            if not _is_known(request):
                return refused("087", self.core.settings.vtpass_refusal_status)
            return handler(request)

        return checked

    def _balance(self, _request: Request) -> Answer:
        return json_answer(200, {"code": 1, "contents": {"balance": number(self._wallet())}})

    def _wallet(self) -> Decimal:
        held = (Outcome.PAID, None)
        orders = self.core.book.newest_first(self.name, ORDER)
        return OPENING_BALANCE - sum((results.total(one) for one in orders if one.outcome in held), Decimal())

    def _categories(self, _request: Request) -> Answer:
        content = [{"identifier": code, "name": name} for code, name in data.CATEGORIES]
        return _content(content)

    def _services(self, request: Request) -> Answer:
        wanted = request.query.get("identifier", "")
        if wanted not in [code for code, _ in data.CATEGORIES]:
            return refused("011")
        content = [results.service_view(one) for one in data.SERVICES.values() if one.category == wanted]
        return _content(content)

    def _variations(self, request: Request) -> Answer:
        service = _asked_service(request)
        return refused(service) if isinstance(service, str) else _content(results.variations_view(service))

    def _options(self, request: Request) -> Answer:
        service = _asked_service(request)
        if isinstance(service, str):
            return refused(service)
        if not request.query.get("name"):
            return refused("011")
        return _content([{"code": code, "name": name} for code, name, _ in data.variations(service)])

    def _insurance(self, request: Request) -> Answer:
        found = data.INSURANCE_LISTS.get(request.named["list"])
        needs_code = request.named["list"] in ("lga", "model")
        if found is None or needs_code != ("code" in request.named):
            return refused("011")
        stem, rows = found
        return _content([{f"{stem}Code": code, f"{stem}Name": name} for code, name in rows])

    def _verify(self, request: Request) -> Answer:
        fields = request.fields()
        biller, service = (
            str(fields.get("billersCode") or ""),
            data.SERVICES.get(str(fields.get("serviceID") or "")),
        )
        if not biller or not fields.get("serviceID"):
            return refused("011")
        if service is None:
            return refused("012")
        content = results.verified(service, biller, str(fields.get("type") or ""), self.core.timeline.now())
        return refused("011") if content is None else json_answer(200, {"code": "000", "content": content})

    def _verify_smile(self, request: Request) -> Answer:
        email = str(request.fields().get("billersCode") or "")
        if not email:
            return refused("011")
        if email.lower() != data.SMILE_EMAIL:
            return json_answer(200, {"code": "000", "content": results.wrong_biller()})
        accounts = {
            "Account": [{"AccountId": "1402000567", "FriendlyName": "ADA SANDBOX"}],
            "NumberOfAccounts": 1,
        }
        return json_answer(
            200, {"code": "000", "content": {"Customer_Name": "ADA SANDBOX", "AccountList": accounts}}
        )

    def _pay(self, request: Request) -> Answer:
        fields = request.fields()
        request_id = str(fields.get("request_id") or "")
        service = data.SERVICES.get(str(fields.get("serviceID") or ""))
        if not request_id or not fields.get("serviceID"):
            return refused("011")
        phone, biller = str(fields.get("phone") or ""), str(fields.get("billersCode") or "")
        kind = str(fields.get("variation_code") or "")
        plan = self._plan(request_id, phone=phone, biller=biller, service=service, kind=kind)
        if self.core.book.find(self.name, ORDER, request_id) is not None:
            return refused("014")
        if not self._is_today(request_id, plan):
            return replace(refused("085"), skew_s=plan.skew_s)
        if service is None:
            return refused("012")
        wrong = _wrong_field(service, fields)
        if wrong:
            return refused(wrong)
        return self._order(request_id, service, fields, plan)

    def _order(
        self, request_id: str, service: data.Service, fields: Mapping[str, Any], plan: Scenario
    ) -> Answer:
        amount, quantity = _price(service, fields), _quantity(fields)
        if quantity < 1:
            return refused("031")
        if quantity > data.QUANTITY_MAX:
            return refused("032")
        if service.maximum and not service.minimum <= amount <= service.maximum:
            return refused("013" if amount < service.minimum else "017")
        amount *= quantity
        phone = str(fields.get("phone") or "")
        payment = self.new_payment(
            ORDER, request_id, amount=amount, currency="NGN", payer=phone, scenario=plan
        )
        payment.facts = {
            "service": service,
            "fields": fields,
            "quantity": quantity,
            "number": f"{int(payment.made_at.timestamp())}{self.core.dice.digits(10)}",
            "token": self.core.dice.digits(20),
        }
        if self._wallet() < results.total(payment):
            return refused("018")
        if self._is_repeat(service, fields):
            return refused("019")
        answer = self.accept(
            payment,
            reply=lambda: self._shown(payment, is_new=True),
            duplicate=lambda: refused("014"),
        )
        if self.core.book.find(self.name, ORDER, request_id) is payment:
            self._last[_buyer(service, fields)] = payment.made_at
        return _unexpected() if data.PHONES.get(phone) == "unexpected" else answer

    def _is_repeat(self, service: data.Service, fields: Mapping[str, Any]) -> bool:
        """Say whether the same biller bought the same within half a minute."""
        last = self._last.get(_buyer(service, fields))
        if last is None or not self.core.settings.vtpass_repeat_rule:
            return False
        return self.core.timeline.now() - last < timedelta(seconds=REPEAT_WITHIN_S)

    def _plan(
        self, request_id: str, *, phone: str, biller: str, service: data.Service | None, kind: str
    ) -> Scenario:
        known = _PHONE_PLANS.get(data.PHONES.get(phone, ""))
        if known is None:
            known = DELIVERED if phone == data.GOOD_PHONE else FAILED
            if phone.startswith(data.SCENARIO_PREFIX) and len(phone) == 11:
                known = scenario_of_ending(phone) or FAILED
            elif service is not None and service.has_number:
                known = known if results.is_known(service, biller, kind) else FAILED
        return self.scenario_for(reference=request_id, number=phone or biller, otherwise=known)

    def _is_today(self, request_id: str, plan: Scenario) -> bool:
        now = (self.core.timeline.now() + timedelta(seconds=plan.skew_s)).astimezone(LAGOS)
        has_form = re.fullmatch(r"\d{12}[A-Za-z0-9]*", request_id) is not None
        return has_form and request_id[:8] == f"{now:%Y%m%d}" and _is_minute(request_id[8:12])

    def _requery(self, request: Request) -> Answer:
        request_id = str(request.fields().get("request_id") or "")
        if not request_id:
            return refused("011")
        payment = self.found(ORDER, request_id)
        if payment is None:
            return refused("015")
        if payment.scenario.revokes_token and self.core.book.take_fault(payment):
            return refused("087", self.core.settings.vtpass_refusal_status)
        if (fault := self.status_fault(payment)) is not None:
            return fault
        self.core.book.ask(payment)
        return self._shown(payment)

    def _shown(self, payment: Payment, *, is_new: bool = False) -> Answer:
        view = results.order_view(payment, is_new=is_new)
        return replace(json_answer(200, view), skew_s=payment.scenario.skew_s)

    def callback(self, payment: Payment, tale: Tale) -> Callback | None:
        """Return the update of an order that was pending; one that was settled at once has none."""
        url = self.core.callback_urls.get(self.name, "")
        if not url:
            return None
        view = results.order_view(payment, claims=_CLAIMS.get(tale))
        body = json.dumps({"type": "transaction-update", "data": view}).encode()
        return Callback(url, body, (("Content-Type", "application/json"),))

    def became_final(self, payment: Payment) -> None:
        if payment.scenario.is_at_once() and payment.outcome is not Outcome.REVERSED and not payment.is_held:
            return
        super().became_final(payment)

    def is_taken(self, sent: Sent) -> bool:
        """Say whether the receiver answered {"response":"success"}."""
        try:
            answer = json.loads(sent.answer)
        except ValueError:
            return False
        return isinstance(answer, dict) and answer.get("response") == "success"


def refused(code: str, status: int = 200) -> Answer:
    text = data.TEXTS.get(code, "UNKNOWN RESPONSE")
    return json_answer(status, {"code": code, "response_description": text, "content": {"errors": text}})


def _content(content: object) -> Answer:
    return json_answer(200, {"response_description": "000", "content": content})


def _asked_service(request: Request) -> data.Service | str:
    """Return the service that a query names, or the code of what is wrong with it."""
    code = request.query.get("serviceID", "")
    return data.SERVICES.get(code) or ("012" if code else "011")


def _is_known(request: Request) -> bool:
    scheme, _, text = request.header("authorization").partition(" ")
    if scheme.lower() == "basic":
        return _is_login(text)
    second, prefix = ("public-key", "PK_") if request.method == "GET" else ("secret-key", "SK_")
    key = request.header(second)
    return not is_bad_secret(request.header("api-key")) and key.startswith(prefix) and not is_bad_secret(key)


def _is_login(text: str) -> bool:
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return False
    return "@" in name and not is_bad_secret(password)


def _buyer(service: data.Service, fields: Mapping[str, Any]) -> tuple[str, str]:
    return service.code, str(fields.get("billersCode") or fields.get("phone") or "")


def _wrong_field(service: data.Service, fields: Mapping[str, Any]) -> str:
    """Return the code of what is wrong with an order, empty if nothing is."""
    if any(fields.get(name) in (None, "") for name in service.fields):
        return "011"
    if service.code in ("dstv", "gotv"):
        return _wrong_bouquet(service, fields)
    if "amount" in service.fields and (decimal_of(fields["amount"]) or 0) <= 0:
        return "011"
    if "variation_code" in service.fields and _variation(service, fields) is None:
        return "010"
    return ""


def _wrong_bouquet(service: data.Service, fields: Mapping[str, Any]) -> str:
    kind = fields.get("subscription_type")
    if kind == "renew":
        return "" if (decimal_of(fields.get("amount")) or 0) > 0 else "011"
    if kind != "change" or not fields.get("variation_code"):
        return "011"
    return "" if _variation(service, fields) is not None else "010"


def _variation(service: data.Service, fields: Mapping[str, Any]) -> tuple[str, str, str] | None:
    code = str(fields.get("variation_code") or "")
    code = data.ALIASES.get(code, code)
    return next((one for one in data.variations(service) if one[0] == code), None)


def _price(service: data.Service, fields: Mapping[str, Any]) -> Decimal:
    """Return the price: that of the variation where it is fixed, else what was asked."""
    variation = _variation(service, fields)
    if variation is not None and variation[2]:
        return Decimal(variation[2])
    return decimal_of(fields.get("amount")) or Decimal()


def _quantity(fields: Mapping[str, Any]) -> int:
    wanted = fields.get("quantity")
    value = decimal_of(1 if wanted in (None, "") else wanted)
    return int(value) if value is not None else 0


def _is_minute(text: str) -> bool:
    return int(text[:2]) < 24 and int(text[2:]) < 60


def _unexpected() -> Answer:
    return json_answer(200, ["unexpected", {"state": "??"}])


_CLAIMS = {Tale.FORGED: "delivered", Tale.STALE: "pending"}
