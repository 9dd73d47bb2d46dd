"""Paystack's customers, banks and countries."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox import paystack_views as views
from pos.gateways.sandbox.paystack_answers import done, invalid, missing, not_found, numbered, page
from pos.gateways.sandbox.wire import Answer, Request, Route

if TYPE_CHECKING:
    from pos.gateways.sandbox.paystack import Paystack

FIELDS = ("first_name", "last_name", "phone", "metadata")


class People:
    """Customers by e-mail address, one list for test and one for live keys."""

    def __init__(self, paystack: Paystack) -> None:
        self._paystack = paystack
        self._numbers = itertools.count(9_000_417)
        self._lock = threading.Lock()
        self._customers: dict[tuple[str, str], dict[str, Any]] = {}
        self._more: dict[int, dict[str, Any]] = {}

    def routes(self) -> tuple[Route, ...]:
        return (
            Route("POST", "customer", self._create),
            Route("GET", "customer", self._list),
            Route("POST", "customer/set_risk_action", self._set_risk),
            Route("GET", "customer/{code}", self._fetch),
            Route("PUT", "customer/{code}", self._update),
            Route("GET", "bank", self._banks),
            Route("GET", "bank/resolve", self._resolve),
            Route("GET", "country", self._countries),
        )

    def of_email(self, email: str, domain: str) -> dict[str, Any]:
        """Return the customer of an address, made at the first payment."""
        with self._lock:
            known = self._customers.get((domain, email.lower()))
            if known is not None:
                return known
            number = next(self._numbers)
            customer: dict[str, Any] = {
                "id": number,
                "first_name": None,
                "last_name": None,
                "email": email,
                "customer_code": f"CUS_{self._paystack.core.dice.word(15)}",
                "phone": None,
                "metadata": None,
                "risk_action": "default",
                "international_format_phone": None,
            }
            now = views.stamp(self._paystack.core.timeline.now())
            self._more[number] = {"domain": domain, "createdAt": now, "updatedAt": now}
            self._customers[(domain, email.lower())] = customer
            return customer

    def find(self, text: str, domain: str) -> dict[str, Any] | None:
        """Return a customer by code, e-mail address or number."""
        for (where, _), one in list(self._customers.items()):
            names = (one["customer_code"], one["email"].lower(), str(one["id"]))
            if where == domain and text.lower() in [name.lower() for name in names]:
                return one
        return None

    def view(self, customer: Mapping[str, Any]) -> dict[str, Any]:
        more = {"integration": views.INTEGRATION, "identified": False, "identifications": None}
        return views.filled(customer) | self._more[customer["id"]] | more

    def _whole(self, customer: Mapping[str, Any]) -> dict[str, Any]:
        view = self.view(customer)
        view |= {"transactions": [], "subscriptions": [], "authorizations": []}
        view |= {"created_at": view["createdAt"], "updated_at": view["updatedAt"]}
        payments = self._paystack.core.book.newest_first("paystack", "transaction")
        count = sum(one.facts["customer"]["id"] == customer["id"] for one in payments)
        view |= {"total_transactions": count, "total_transaction_value": []}
        return view | {"dedicated_account": None, "dedicated_accounts": []}

    def _create(self, request: Request) -> Answer:
        fields = request.fields()
        email = fields.get("email")
        if not isinstance(email, str) or not email:
            return missing("Email")
        if "@" not in email:
            return invalid("Invalid Email Address Passed")
        customer = self.of_email(email, domain(request))
        self._set(customer, fields)
        return done("Customer created", self._whole(customer))

    def _set(self, customer: dict[str, Any], fields: Mapping[str, Any]) -> None:
        customer |= {name: fields[name] for name in FIELDS if name in fields}
        customer["international_format_phone"] = customer["phone"]
        self._more[customer["id"]]["updatedAt"] = views.stamp(self._paystack.core.timeline.now())

    def _list(self, request: Request) -> Answer:
        rows = [
            one for (where, _), one in reversed(list(self._customers.items())) if where == domain(request)
        ]
        return page(request, rows, "Customers retrieved", self.view)

    def _fetch(self, request: Request) -> Answer:
        customer = self.find(request.named["code"], domain(request))
        return (
            not_found("Customer") if customer is None else done("Customer retrieved", self._whole(customer))
        )

    def _update(self, request: Request) -> Answer:
        customer = self.find(request.named["code"], domain(request))
        if customer is None:
            return not_found("Customer")
        self._set(customer, request.fields())
        return done("Customer updated", self.view(customer))

    def _set_risk(self, request: Request) -> Answer:
        fields = request.fields()
        customer = self.find(str(fields.get("customer") or ""), domain(request))
        action = fields.get("risk_action", "default")
        if customer is None:
            return not_found("Customer")
        if action not in ("default", "allow", "deny"):
            return invalid("risk_action is default, allow or deny")
        customer["risk_action"] = action
        return done("Customer updated", self._whole(customer))

    def _banks(self, request: Request) -> Answer:
        """List the banks: all of them, a page by number, or a page by cursor."""
        query, message = request.query, "Banks retrieved"
        rows: Sequence[data.Bank] = [one for one in data.BANKS if _is_wanted_bank(one, query)]
        view = partial(_bank, has_sort_code=_is_true(query, "include_nip_sort_code"))
        if _is_true(query, "use_cursor"):
            return page(request, rows, message, view)
        if "page" in query or "perPage" in query:
            rows = numbered(request, rows)
        return done(message, [view(one) for one in rows])

    def _resolve(self, request: Request) -> Answer:
        number, code = request.query.get("account_number", ""), request.query.get("bank_code", "")
        bank = next((one for one in data.BANKS if one.code == code), None)
        if bank is None:
            return invalid("Unknown bank code")
        if not number.isdecimal() or len(number) != 10:
            return invalid("Could not resolve account name. Check parameters or try again.", 422)
        value = {"account_number": number, "account_name": "ADA SANDBOX", "bank_id": bank.id}
        return done("Account number resolved", value)

    def _countries(self, _request: Request) -> Answer:
        return done("Countries retrieved", [_country(*one) for one in COUNTRIES])


GATEWAYS = {data.ZENITH: "emandate", data.KUDA: "digitalbankmandate"}
COUNTRIES = (
    (1, "Nigeria", "NG", "NGN", "+234"),
    (2, "Ghana", "GH", "GHS", "+233"),
    (3, "Kenya", "KE", "KES", "+254"),
    (4, "South Africa", "ZA", "ZAR", "+27"),
    (5, "Côte d’Ivoire", "CI", "XOF", "+225"),
)


def domain(request: Request) -> str:
    return "live" if request.bearer().startswith("sk_live_") else "test"


def _is_true(query: Mapping[str, str], name: str) -> bool:
    return query.get(name, "").lower() in ("true", "1")


def _is_wanted_bank(bank: data.Bank, query: Mapping[str, str]) -> bool:
    """Say whether a bank passes the filters; a filter that is not there lets all pass."""
    texts = {
        "country": bank.country,
        "currency": bank.currency,
        "type": bank.type,
        "gateway": GATEWAYS.get(bank.code, ""),
    }
    flags = {
        "pay_with_bank": bank.pays,
        "pay_with_bank_transfer": bank.currency == "NGN",
        "enabled_for_verification": bank.currency == "ZAR",
    }
    has_texts = all(query.get(name, "").lower() in ("", text.lower()) for name, text in texts.items())
    return has_texts and all(has_it or not _is_true(query, name) for name, has_it in flags.items())


def _bank(bank: data.Bank, *, has_sort_code: bool = False) -> dict[str, Any]:
    row = {
        "id": bank.id,
        "name": bank.name,
        "slug": re.sub(r"[^a-z0-9]+", "-", bank.name.lower()).strip("-"),
        "code": bank.code,
        "longcode": bank.code,
        "gateway": GATEWAYS.get(bank.code),
        "pay_with_bank": bank.pays,
        "supports_transfer": True,
        "available_for_direct_debit": False,
        "active": True,
        "is_deleted": False,
        "country": bank.country,
        "currency": bank.currency,
        "type": bank.type,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
    }
    return row | ({"nip_sort_code": f"000{bank.id:03d}"} if has_sort_code else {})


def _country(number: int, name: str, code: str, currency: str, calling_code: str) -> dict[str, Any]:
    return {
        "id": number,
        "active_for_dashboard_onboarding": True,
        "name": name,
        "iso_code": code,
        "default_currency_code": currency,
        "integration_defaults": {},
        "calling_code": calling_code,
        "pilot_mode": False,
        "relationships": {
            "currency": {"type": "currency", "data": [currency]},
            "integration_feature": {"type": "integration_feature", "data": []},
            "integration_type": {"type": "integration_type", "data": ["ITYPE_001"]},
            "payment_method": {"type": "payment_method", "data": list(data.CHANNELS)},
        },
    }
