"""Paystack's charges: cards, banks, mobile money and the rest, and the steps until each is decided."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox import paystack_views as views
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.paystack_answers import done, from_text, invalid, missing, no_reference, refused
from pos.gateways.sandbox.scenarios import Outcome, Scenario, scenario_of_ending
from pos.gateways.sandbox.wire import Answer, Request, Route, json_answer

if TYPE_CHECKING:
    from pos.gateways.sandbox.paystack import Paystack

ATTEMPTED = "Charge attempted"
STAGES = {
    "pin": "send_pin",
    "otp": "send_otp",
    "phone": "send_phone",
    "birthday": "send_birthday",
    "address": "send_address",
    "url": "open_url",
}
MONTHS = 12
ADDRESS_FIELDS = ("address", "city", "state")


@dataclass(frozen=True, slots=True)
class Way:
    """How a payer pays: what is asked for step by step, what is shown, how it ends."""

    channel: str
    ordinary: Scenario
    number: str = ""
    steps: tuple[tuple[str, str], ...] = ()
    shows: Mapping[str, Any] = field(default_factory=dict)
    authorization: Mapping[str, Any] = field(default_factory=dict)
    refund: str = "processed"
    currency: str = ""


class Charges:
    """`/charge`, and `/transaction/charge_authorization` with `/partial_debit`."""

    def __init__(self, paystack: Paystack) -> None:
        self._paystack = paystack
        self._authorizations: dict[str, dict[str, Any]] = {}

    def routes(self) -> tuple[Route, ...]:
        submits = tuple(
            Route("POST", f"charge/submit_{step}", partial(self._submit, step))
            for step in STAGES
            if step != "url"
        )
        return (
            *submits,
            Route("POST", "charge", self._charge),
            Route("GET", "charge/{reference}", self._check),
            Route("POST", "transaction/charge_authorization", self._charge_authorization),
            Route("POST", "transaction/partial_debit", self._partial_debit),
        )

    def card_token(self, number: str, brand: str) -> dict[str, Any]:
        """Make an authorization, that is a card that can be charged again."""
        dice = self._paystack.core.dice
        code = f"AUTH_{dice.word(10)}"
        token = {
            "authorization_code": code,
            "bin": number[:6],
            "last4": number[-4:],
            "exp_month": "12",
            "exp_year": "2030",
            "channel": "card",
            "card_type": brand,
            "bank": "TEST BANK",
            "country_code": "NG",
            "brand": brand,
            "reusable": True,
            "signature": f"SIG_{dice.word(20)}",
            "account_name": None,
            "receiver_bank_account_number": None,
            "receiver_bank": None,
        }
        self._authorizations[code] = token
        return token

    def _charge(self, request: Request) -> Answer:
        fields = request.fields()
        way = self._way(fields)
        if isinstance(way, Answer):
            return way
        if way.currency and not fields.get("currency"):
            fields = fields | {"currency": way.currency}
        return self._attempt(request, fields, way, views.charge)

    def _attempt(
        self, request: Request, fields: Mapping[str, Any], way: Way, view: Callable[[Payment], dict[str, Any]]
    ) -> Answer:
        payment = self._paystack.begin(request, fields, ordinary=way.ordinary, number=way.number)
        if isinstance(payment, Answer):
            return payment
        payment.facts |= {
            "channel": way.channel,
            "steps": list(way.steps),
            "authorization": dict(way.authorization),
            "refund": way.refund,
            **way.shows,
        }
        if "qr_code" in way.shows:
            payment.facts["qr_code"] = payment.facts["page"]
        if way.steps:
            payment.facts["is_waiting"] = True
            payment.facts["then"] = payment.scenario
            payment.scenario = _paused(payment.scenario)
            self._next_step(payment)
        else:
            payment.facts["stage"] = "pay_offline" if way.shows else "pending"
        return self._paystack.keep(payment, lambda: done(ATTEMPTED, view(payment)))

    def _way(self, fields: Mapping[str, Any]) -> Way | Answer:
        if fields.get("authorization_code"):
            return self._token_way(str(fields["authorization_code"]))
        ways: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Way | Answer]] = {
            "mobile_money": _mobile_way,
            "card": self._card_way,
            "bank": self._bank_way,
            "ussd": self._ussd_way,
            "bank_transfer": self._transfer_way,
        }
        for name, way in ways.items():
            if isinstance(value := from_text(fields.get(name)), dict):
                return way(value, fields)
        for name in ("qr", "eft", "capitec_pay"):
            if isinstance(from_text(fields.get(name)), dict):
                return self._other_way(name)
        return missing("One of card, bank, mobile_money, ussd, bank_transfer, qr, eft or authorization_code")

    def _token_way(self, code: str) -> Way | Answer:
        token = self._authorizations.get(code)
        if token is None:
            return invalid("Authorization code is invalid")
        return Way("card", data.PAID, authorization=token)

    def _card_way(self, card: Mapping[str, Any], fields: Mapping[str, Any]) -> Way | Answer:
        number = re.sub(r"\D", "", str(card.get("number", "")))
        names = ("number", "cvv", "expiry_month", "expiry_year")
        lacking = next((name for name in names if card.get(name) in (None, "")), "")
        if lacking:
            return missing(f"card.{lacking}")
        known = data.CARDS.get(number)
        token = self.card_token(number, known.brand if known else "visa")
        if known is None or str(card["cvv"]) != known.cvv:
            return Way("card", data.WRONG_CVV if known else data.OTHER_CARD, authorization=token)
        if not _is_in_future(card, self._paystack.core.timeline.now()):
            return Way("card", data.EXPIRED_CARD, authorization=token)
        steps = known.steps
        if steps and steps[0][0] == "pin" and str(fields.get("pin", "")) == steps[0][1]:
            steps = steps[1:]
        return Way("card", known.ending, steps=steps, authorization=token, refund=known.refund)

    def _bank_way(self, bank: Mapping[str, Any], fields: Mapping[str, Any]) -> Way | Answer:
        code = str(bank.get("code", ""))
        if code == data.KUDA:
            is_right = str(bank.get("token", "")) == data.OTP
            return Way(
                "bank",
                data.PAID if is_right else data.WRONG_TOKEN,
                authorization=self._bank_token("Kuda Bank"),
            )
        account = str(bank.get("account_number", ""))
        if not code or not account:
            return missing("bank.code and bank.account_number")
        if (code, account) != (data.ZENITH, data.BANK_ACCOUNT):
            return Way("bank", data.OTHER_CARD, authorization=self._bank_token("Test Bank"))
        token = self._bank_token("Zenith Bank")
        steps: tuple[tuple[str, str], ...] = (("birthday", ""), ("otp", data.OTP))
        if str(fields.get("birthday", "")) in data.BIRTHDAYS:
            steps = steps[1:]
        return Way("bank", data.PAID, steps=steps, authorization=token)

    def _bank_token(self, bank: str) -> dict[str, Any]:
        token = self.card_token("000000XXX0000", "")
        token |= {"channel": "bank", "bank": bank, "card_type": "", "brand": bank, "reusable": False}
        return token

    def _transfer_way(self, transfer: Mapping[str, Any], _fields: Mapping[str, Any]) -> Way | Answer:
        shows = {
            "display_text": "Please make a transfer to the account",
            "account_number": self._paystack.core.dice.digits(10),
            "account_name": "KILOTILL SANDBOX",
            "bank": {"slug": "test-bank", "name": "Test Bank", "id": 24},
            "account_expires_at": transfer.get("account_expires_at"),
        }
        return Way("bank_transfer", data.PROMPTED, shows=shows, authorization=self._bank_token("Test Bank"))

    def _other_way(self, channel: str) -> Way:
        token = self._bank_token("Test Bank")
        if channel == "eft":
            return Way("eft", data.PAID, steps=(("url", ""),), authorization=token)
        shows = {"display_text": "Confirm the payment in your bank's app"}
        if channel == "qr":
            shows["qr_code"] = ""
        return Way(channel, data.PROMPTED, shows=shows, authorization=token)

    def _ussd_way(self, ussd: Mapping[str, Any], _fields: Mapping[str, Any]) -> Way | Answer:
        code = str(ussd.get("type", ""))
        if code not in data.USSD_CODES:
            return invalid("USSD type is not supported")
        dial = f"*{code}*33*4*18791#"
        shows = {
            "display_text": f"Please dial {dial} on your mobile phone to complete the payment",
            "ussd_code": dial,
        }
        return Way("ussd", data.PROMPTED, shows=shows, authorization=self._bank_token("Test Bank"))

    def _next_step(self, payment: Payment) -> None:
        step = payment.facts["steps"][0][0]
        payment.facts["stage"] = STAGES[step]
        payment.facts["display_text"] = data.DISPLAY_TEXTS.get(step, "")
        if step == "pin":
            payment.facts.pop("display_text")
        if step == "url":
            payment.facts["url"] = payment.facts["page"]

    def _submit(self, step: str, request: Request) -> Answer:
        fields = request.fields()
        payment = self._paystack.own(request, str(fields.get("reference") or ""))
        if payment is None:
            return no_reference()
        steps = payment.facts["steps"]
        if payment.outcome is not None or not steps or steps[0][0] != step:
            return invalid("Charge is not waiting for this step")
        name = {"address": "address"}.get(step, step)
        value = str(fields.get(name) or "")
        if not value:
            return missing(name)
        wrong = _wrong_step(step, steps[0][1], value, fields)
        if wrong:
            return self._wrong(payment, step, wrong)
        return self._pass(payment)

    def _wrong(self, payment: Payment, step: str, message: str) -> Answer:
        self._paystack.core.book.finish(payment, Outcome.FAILED, message)
        view = views.charge(payment)
        if step == "address":
            return json_answer(200, {"status": False, "message": message, "data": view})
        return done(ATTEMPTED, view)

    def _pass(self, payment: Payment) -> Answer:
        payment.facts["steps"].pop(0)
        if payment.facts["steps"]:
            self._next_step(payment)
        else:
            self.decide(payment)
        return done(ATTEMPTED, views.charge(payment))

    def decide(self, payment: Payment) -> None:
        """Let the plan of a payment begin that waited for the payer's steps."""
        plan: Scenario = payment.facts.get("then", data.PAID)
        payment.facts |= {"steps": [], "stage": "pending", "is_waiting": False}
        payment.scenario = plan
        if plan.is_at_once():
            self._paystack.core.book.finish(payment, plan.outcome, plan.reason)
        elif plan.after_s is not None and not plan.is_endless:
            self._paystack.delay(payment, plan.after_s)

    def _check(self, request: Request) -> Answer:
        payment = self._paystack.own(request, request.named["reference"])
        if payment is None:
            return no_reference()
        return self._paystack.asked(payment) or done("Reference check successful", views.charge(payment))

    def _charge_authorization(self, request: Request) -> Answer:
        fields = request.fields()
        if not fields.get("authorization_code"):
            return missing("Authorization code")
        way = self._token_way(str(fields["authorization_code"]))
        return way if isinstance(way, Answer) else self._attempt(request, fields, way, _repeated)

    def _partial_debit(self, request: Request) -> Answer:
        fields = request.fields()
        for name in ("authorization_code", "currency", "amount", "email"):
            if not fields.get(name):
                return missing(name)
        way = self._token_way(str(fields["authorization_code"]))
        return way if isinstance(way, Answer) else self._attempt(request, fields, way, _partly)


def _repeated(payment: Payment) -> dict[str, Any]:
    """Return the charge of a stored card: here metadata is a text."""
    view = views.transaction(payment)
    return view | {"metadata": "", "fees": view["fees"] or 0}


def _partly(payment: Payment) -> dict[str, Any]:
    """Return a partial debit: here the plan is a number too."""
    return _repeated(payment) | {"plan": 0}


def _paused(plan: Scenario) -> Scenario:
    """Return the plan of a payment that waits for the payer's steps: its faults stay, nothing is decided."""
    return replace(plan, outcome=Outcome.PAID, reason="", after_s=None, after_asks=None, is_endless=True)


def _wrong_step(step: str, wanted: str, value: str, fields: Mapping[str, Any]) -> str:
    """Return why a submitted value does not do, empty if it does."""
    if step == "address":
        has_zip = fields.get("zip_code") or fields.get("zipcode")
        is_whole = has_zip and all(fields.get(name) for name in ADDRESS_FIELDS)
        return "" if is_whole else "Address verification failed"
    if step == "birthday":
        return "" if _is_date(value) and value in data.BIRTHDAYS else "Incorrect birthday"
    if step == "phone":
        return "" if re.fullmatch(r"\+?\d{7,15}", value) else "Incorrect phone number"
    return "" if value == wanted else f"Incorrect {step.upper()}"


def _is_in_future(card: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a card still holds this month; its year has two digits or four."""
    month, year = str(card["expiry_month"]), str(card["expiry_year"])
    if not month.isdecimal() or not year.isdecimal() or not 1 <= int(month) <= MONTHS:
        return False
    century = 2000 if len(year) == 2 else 0
    return (int(year) + century, int(month)) >= (now.year, now.month)


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _mobile_way(mobile: Mapping[str, Any], fields: Mapping[str, Any]) -> Way | Answer:
    provider, number = (
        str(mobile.get("provider", "")).lower(),
        str(mobile.get("phone") or mobile.get("account") or ""),
    )
    currencies = data.MOBILE_PROVIDERS.get(provider)
    if currencies is None:
        return invalid("Mobile money provider is not supported")
    if not number:
        return missing("mobile_money.phone")
    if re.fullmatch(r"\+?\d{6,15}", number) is None:
        return invalid("Mobile money phone number is invalid")
    currency = str(fields.get("currency") or currencies[0])
    if currency not in currencies:
        return refused(400, "Currency does not fit the mobile money provider", "invalid_params")
    steps: tuple[tuple[str, str], ...] = ()
    if provider in ("vod", "orange") and not mobile.get("otp"):
        steps = (("otp", data.OTP if provider == "vod" else data.ORANGE_OTP),)
    shows = {"display_text": "Please complete authorisation process on your mobile phone"}
    return Way(
        "mobile_money",
        scenario_of_ending(number) or data.PROMPTED,
        number=number,
        steps=steps,
        shows={} if steps else shows,
        authorization=_mobile_authorization(provider, number),
        currency=currency,
    )


def _mobile_authorization(provider: str, number: str) -> dict[str, Any]:
    return {
        "authorization_code": f"AUTH_{provider}{number[-4:]}",
        "bin": f"{number[:3]}XXX",
        "last4": f"X{number[-3:]}",
        "exp_month": "12",
        "exp_year": "9999",
        "channel": "mobile_money",
        "card_type": "",
        "bank": provider.upper(),
        "country_code": "GH",
        "brand": provider.capitalize(),
        "reusable": False,
        "signature": "",
        "account_name": None,
        "mobile_money_number": number,
        "receiver_bank_account_number": None,
        "receiver_bank": None,
    }
