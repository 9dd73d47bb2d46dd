"""Paystack's plans and subscriptions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox import paystack_views as views
from pos.gateways.sandbox.money import decimal_of
from pos.gateways.sandbox.paystack_answers import done, invalid, missing, not_found, page, refused
from pos.gateways.sandbox.paystack_people import domain
from pos.gateways.sandbox.scenarios import Outcome
from pos.gateways.sandbox.wire import Answer, Request, Route

if TYPE_CHECKING:
    from pos.gateways.sandbox.paystack import Paystack

OPTIONAL = ("description", "send_invoices", "send_sms", "invoice_limit", "currency")


class Plans:
    """`/plan` and `/subscription`."""

    def __init__(self, paystack: Paystack) -> None:
        self._paystack = paystack
        self._numbers = itertools.count(28)
        self._plans: dict[str, dict[str, Any]] = {}
        self._subscriptions: dict[str, dict[str, Any]] = {}

    def routes(self) -> tuple[Route, ...]:
        turn_on = partial(self._turn, "active", "enabled")
        turn_off = partial(self._turn, "non-renewing", "disabled")
        return (
            Route("POST", "plan", self._create_plan),
            Route("GET", "plan", self._list_plans),
            Route("GET", "plan/{code}", self._fetch_plan),
            Route("PUT", "plan/{code}", self._update_plan),
            Route("POST", "subscription", self._subscribe),
            Route("GET", "subscription", self._list_subscriptions),
            Route("POST", "subscription/enable", turn_on),
            Route("POST", "subscription/disable", turn_off),
            Route("GET", "subscription/{code}", self._fetch_subscription),
            Route("GET", "subscription/{code}/manage/link", self._manage_link),
            Route("POST", "subscription/{code}/manage/email", self._manage_email),
        )

    def find(self, code: str) -> dict[str, Any] | None:
        """Return a plan by its code or number."""
        plans = list(self._plans.values())
        return next((one for one in plans if code in (one["plan_code"], str(one["id"]))), None)

    def _create_plan(self, request: Request) -> Answer:
        fields = request.fields()
        for name in ("name", "amount", "interval"):
            if fields.get(name) in (None, ""):
                return missing(name.capitalize())
        amount, limit = _whole(fields["amount"]), _whole(fields.get("invoice_limit") or 0)
        if not amount:
            return invalid("Invalid Amount Sent")
        if limit is None:
            return invalid("Invoice limit must be a number")
        if fields["interval"] not in data.INTERVALS:
            return invalid("Interval is not supported")
        now = views.stamp(self._paystack.core.timeline.now())
        plan = {
            "name": str(fields["name"]),
            "amount": amount,
            "interval": fields["interval"],
            "integration": views.INTEGRATION,
            "domain": domain(request),
            "plan_code": f"PLN_{self._paystack.core.dice.word(15)}",
            "description": fields.get("description"),
            "invoice_limit": limit,
            "send_invoices": bool(fields.get("send_invoices", True)),
            "send_sms": bool(fields.get("send_sms", True)),
            "hosted_page": False,
            "currency": str(fields.get("currency") or self._paystack.core.settings.paystack_currency),
            "migrate": False,
            "is_archived": False,
            "id": next(self._numbers),
            "createdAt": now,
            "updatedAt": now,
        }
        self._plans[plan["plan_code"]] = plan
        return done("Plan created", plan)

    def _list_plans(self, request: Request) -> Answer:
        query = request.query
        rows = [
            one
            for one in reversed(list(self._plans.values()))
            if one["domain"] == domain(request)
            and query.get("interval", "") in ("", one["interval"])
            and query.get("amount", "") in ("", str(one["amount"]))
        ]
        return page(request, rows, "Plans retrieved", self._listed_plan)

    def _listed_plan(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        subscriptions = self._of(plan)
        active = sum(one["status"] == "active" for one in subscriptions)
        return {
            **plan,
            "subscriptions": [],
            "pages": [],
            "hosted_page_url": None,
            "hosted_page_summary": None,
            "is_deleted": False,
            "total_subscriptions": len(subscriptions),
            "active_subscriptions": active,
            "total_subscriptions_revenue": 0,
        }

    def _of(self, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [one for one in list(self._subscriptions.values()) if one["plan"]["id"] == plan["id"]]

    def _fetch_plan(self, request: Request) -> Answer:
        plan = self.find(request.named["code"])
        if plan is None:
            return not_found("Plan")
        view = self._listed_plan(plan)
        more = {
            "pages_count": 0,
            "subscribers_count": len({one["customer"]["id"] for one in self._of(plan)}),
            "subscriptions_count": view["total_subscriptions"],
            "active_subscriptions_count": view["active_subscriptions"],
            "total_revenue": 0,
            "subscribers": [],
        }
        return done("Plan retrieved", view | more)

    def _update_plan(self, request: Request) -> Answer:
        plan, fields = self.find(request.named["code"]), request.fields()
        if plan is None:
            return not_found("Plan")
        if "interval" in fields and fields["interval"] not in data.INTERVALS:
            return invalid("Interval is not supported")
        plan |= {name: fields[name] for name in ("name", "interval", *OPTIONAL) if name in fields}
        if amount := _whole(fields.get("amount")):
            plan["amount"] = amount
        return done(f"Plan updated. {len(self._of(plan))} subscription(s) affected")

    def _subscribe(self, request: Request) -> Answer:
        fields = request.fields()
        for name in ("customer", "plan"):
            if not fields.get(name):
                return missing(name.capitalize())
        customer = self._paystack.people.find(str(fields["customer"]), domain(request))
        plan = self.find(str(fields["plan"]))
        if customer is None or plan is None:
            return not_found("Customer" if customer is None else "Plan")
        authorization = self._authorization(request, customer, str(fields.get("authorization") or ""))
        if authorization is None:
            return refused(404, "The customer specified has no saved authorizations", "not_found")
        subscription = self._new(customer, plan, authorization)
        self._subscriptions[subscription["subscription_code"]] = subscription
        numbers = {"customer": customer["id"], "plan": plan["id"], "authorization": 79_234}
        return done("Subscription successfully created", _without(subscription, "invoices") | numbers)

    def _authorization(
        self, request: Request, customer: Mapping[str, Any], code: str
    ) -> dict[str, Any] | None:
        for one in self._paystack.transactions(request):
            token: dict[str, Any] = one.facts["authorization"]
            is_own = one.facts["customer"]["id"] == customer["id"] and one.outcome is Outcome.PAID
            if is_own and token.get("reusable") and code in ("", token["authorization_code"]):
                return token
        return None

    def _new(
        self, customer: dict[str, Any], plan: dict[str, Any], authorization: dict[str, Any]
    ) -> dict[str, Any]:
        now, dice = self._paystack.core.timeline.now(), self._paystack.core.dice
        return {
            "customer": customer,
            "plan": plan,
            "authorization": authorization,
            "integration": views.INTEGRATION,
            "domain": plan["domain"],
            "start": int(now.timestamp()),
            "status": "active",
            "quantity": 1,
            "amount": plan["amount"],
            "invoice_limit": plan["invoice_limit"],
            "split_code": None,
            "subscription_code": f"SUB_{dice.word(15)}",
            "email_token": dice.word(15),
            "id": next(self._numbers),
            "cancelledAt": None,
            "createdAt": views.stamp(now),
            "updatedAt": views.stamp(now),
            "cron_expression": "0 0 28 * *",
            "next_payment_date": views.stamp(now + timedelta(days=28)),
            "easy_cron_id": None,
            "open_invoice": None,
            "metadata": None,
            "invoices": [],
        }

    def _list_subscriptions(self, request: Request) -> Answer:
        query = request.query
        rows = [
            one
            for one in reversed(list(self._subscriptions.values()))
            if one["domain"] == domain(request)
            and query.get("customer", "") in ("", str(one["customer"]["id"]))
            and query.get("plan", "") in ("", str(one["plan"]["id"]))
        ]
        return page(request, rows, "Subscriptions retrieved", _listed)

    def _with(self, code: str, act: Callable[[dict[str, Any]], Answer]) -> Answer:
        found = next(
            (
                one
                for one in list(self._subscriptions.values())
                if code in (one["subscription_code"], str(one["id"]))
            ),
            None,
        )
        return not_found("Subscription") if found is None else act(found)

    def _fetch_subscription(self, request: Request) -> Answer:
        return self._with(request.named["code"], lambda one: done("Subscription retrieved", _fetched(one)))

    def _turn(self, status: str, word: str, request: Request) -> Answer:
        fields = request.fields()
        if not fields.get("code") or not fields.get("token"):
            return missing("Code and token")

        def act(subscription: dict[str, Any]) -> Answer:
            if fields["token"] != subscription["email_token"]:
                return invalid("Subscription with code and token not found", 404)
            subscription["status"] = status
            return done(f"Subscription {word} successfully")

        return self._with(str(fields["code"]), act)

    def _manage_link(self, request: Request) -> Answer:
        link = f"{request.base_url}/manage/{request.named['code']}"
        return self._with(request.named["code"], lambda _: done("Link generated", {"link": link}))

    def _manage_email(self, request: Request) -> Answer:
        return self._with(request.named["code"], lambda _: done("Email successfully sent"))


def _without(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key != name}


def _listed(subscription: Mapping[str, Any]) -> dict[str, Any]:
    more = {"payments_count": 0, "most_recent_invoice": None}
    customer = views.filled(subscription["customer"]) | {"metadata": ""}
    authorization = subscription["authorization"] | {"reusable": 1}
    return {
        **_without(subscription, "invoices"),
        **more,
        "customer": customer,
        "authorization": authorization,
    }


def _fetched(subscription: Mapping[str, Any]) -> dict[str, Any]:
    more: dict[str, Any] = {"payments_count": 0, "most_recent_invoice": None, "invoices_history": []}
    return {**subscription, **more, "customer": views.filled(subscription["customer"])}


def _whole(value: object) -> int | None:
    """Return a whole number that is not negative, as a number or a text; None for anything else."""
    number = decimal_of(value)
    is_whole = number is not None and number >= 0 and number == number.to_integral_value()
    return int(number) if number is not None and is_whole else None
