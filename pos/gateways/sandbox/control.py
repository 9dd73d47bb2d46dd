"""`/_control`: choose what payments play, decide them, move the time; and the page for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pos.gateways.sandbox.callbacks import is_on_this_machine
from pos.gateways.sandbox.core import CHOICES, SETTLE_S, Core
from pos.gateways.sandbox.money import decimal_of, plain
from pos.gateways.sandbox.page import payments_page
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import (
    DECLINED,
    SCENARIOS,
    VARIANTS,
    Breaks,
    Order,
    Outcome,
    Scenario,
    named_scenario,
)
from pos.gateways.sandbox.wire import HTML, Answer, BadBodyError, Request, json_answer

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")
TIMES_MAX = 1_000_000
NUMBER_MAX = 1_000_000_000
"""No time is moved or waited for longer than so many seconds, which is thirty years."""
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_SECONDS = ("after_s", "stall_s", "hidden_s", "skew_s")


class ControlError(Exception):
    """A command that cannot be done; the text says why."""


class Control:
    """The commands of `/_control`, each a JSON object or a form with the member `action`."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._actions: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "play": self._play,
            "approve": self._approve,
            "refuse": self._refuse,
            "expire": self._expire,
            "reverse": self._reverse,
            "delay": self._delay,
            "resend": self._resend,
            "advance": self._advance,
            "callbacks": self._callbacks,
            "set": self._set,
            "renew_airtel_key": self._renew_key,
            "reset": self._reset,
        }

    def answer(self, request: Request) -> Answer:
        """Answer everything that is no provider's path."""
        if request.parts not in ((), ("_control",)):
            return json_answer(
                404, {"error": "There are /mtn, /airtel, /paystack, /vtpass/api and /_control."}
            )
        if not _is_from_here(request):
            return json_answer(403, {"error": "Only this machine may control the sandbox."})
        if request.method in ("GET", "HEAD"):
            is_page = not request.parts or "text/html" in request.header("accept")
            return Answer(200, _encoded(payments_page(self._core)), HTML) if is_page else self._show()
        if request.method != "POST" or not request.parts:
            return json_answer(405, {"error": "Commands are sent by POST to /_control."})
        return self._command(request)

    def _command(self, request: Request) -> Answer:
        try:
            fields = request.fields()
            action = self._actions.get(str(fields.get("action") or "play"))
            if action is None:
                raise ControlError(f"action is one of: {', '.join(self._actions)}.")
            result = action(fields)
        except BadBodyError:
            return json_answer(400, {"error": "The body is a JSON object or a form."})
        except ControlError as error:
            if request.is_form():
                return Answer(400, _encoded(payments_page(self._core, trouble=str(error))), HTML)
            return json_answer(400, {"error": str(error)})
        if request.is_form():
            return Answer(303, headers=(("Location", "/"),))
        return json_answer(200, {"ok": True, "result": result})

    def _show(self) -> Answer:
        core = self._core
        return json_answer(
            200,
            {
                "now": core.timeline.now().isoformat(),
                "settings": asdict(core.settings),
                "callbacks": core.callback_urls,
                "scenarios": {str(number): one.title for number, one in SCENARIOS.items()}
                | {name: one.title for name, one in VARIANTS.items()},
                "payments": [_shown(one) for one in core.book.newest_first()],
                "sent": [
                    {
                        "at": one.at.isoformat(),
                        "provider": one.provider,
                        "reference": one.reference,
                        "result": one.result,
                    }
                    for one in core.sent.newest_first()
                ],
            },
        )

    def _play(self, fields: Mapping[str, Any]) -> object:
        provider = str(fields.get("provider") or "")
        if provider not in ("", *self._core.providers):
            raise ControlError(f"provider is one of: {', '.join(self._core.providers)}.")
        scenario = self._scenario(fields, provider)
        times = _number(fields, "times", 1)
        if not 1 <= times <= TIMES_MAX:
            raise ControlError("times is at least 1.")
        reference, number = str(fields.get("reference") or ""), str(fields.get("number") or "")
        self._core.orders.add(Order(scenario, provider, reference, number, int(times)))
        return {"scenario": scenario.number, "title": scenario.title}

    def _scenario(self, fields: Mapping[str, Any], provider: str) -> Scenario:
        if code := str(fields.get("code") or ""):
            return self._coded(code, provider)
        scenario = named_scenario(str(fields.get("scenario") or ""))
        if scenario is None:
            raise ControlError(f"scenario is 1 to 14 or one of: {', '.join(VARIANTS)}.")
        changes: dict[str, Any] = {name: _number(fields, name, 0) for name in _SECONDS if name in fields}
        if "after_asks" in fields:
            changes["after_asks"] = int(_number(fields, "after_asks", 0))
        if "reason" in fields:
            changes["reason"] = str(fields["reason"])
        return replace(scenario, **changes)

    def _coded(self, code: str, provider: str) -> Scenario:
        if not provider:
            raise ControlError("A code needs its provider.")
        is_doubtful = self._core.providers[provider].is_doubtful(code)
        breaks = Breaks.DOUBTFUL if is_doubtful else Breaks.REFUSED
        return Scenario(0, f"answers with {code}", breaks=breaks, code=code, after_s=5)

    def _found(self, fields: Mapping[str, Any]) -> Payment:
        reference, provider = str(fields.get("reference") or ""), str(fields.get("provider") or "")
        payment = self._core.book.find_any(reference, provider)
        if payment is None:
            raise ControlError("There is no payment with this reference.")
        return payment

    def _finish(self, fields: Mapping[str, Any], outcome: Outcome, reason: str = "") -> object:
        payment = self._found(fields)
        if not self._core.book.finish(payment, outcome, str(fields.get("reason") or reason)):
            raise ControlError("This payment is final already.")
        return _shown(payment)

    def _approve(self, fields: Mapping[str, Any]) -> object:
        return self._finish(fields, Outcome.PAID)

    def _refuse(self, fields: Mapping[str, Any]) -> object:
        return self._finish(fields, Outcome.FAILED, DECLINED)

    def _expire(self, fields: Mapping[str, Any]) -> object:
        return self._finish(fields, Outcome.EXPIRED, "expired")

    def _reverse(self, fields: Mapping[str, Any]) -> object:
        if self._found(fields).outcome is not Outcome.PAID:
            raise ControlError("Only a paid one can be reversed.")
        return self._finish(fields, Outcome.REVERSED)

    def _delay(self, fields: Mapping[str, Any]) -> object:
        payment, seconds = self._found(fields), _number(fields, "seconds", 60)
        if payment.outcome is not None:
            raise ControlError("This payment is final already.")
        self._core.providers[payment.provider].delay(payment, seconds)
        return _shown(payment)

    def _resend(self, fields: Mapping[str, Any]) -> object:
        payment = self._found(fields)
        if (letter := self._core.providers[payment.provider].say(payment)) is not None:
            letter.is_over.wait(SETTLE_S)
        return _shown(payment)

    def _advance(self, fields: Mapping[str, Any]) -> object:
        seconds = _number(fields, "seconds", 0)
        if self._core.timeline.now() > LATEST - timedelta(seconds=seconds):
            raise ControlError("So far the time cannot be moved. A reset brings it back.")
        self._core.timeline.advance(seconds)
        self._core.settle()
        return {"now": self._core.timeline.now().isoformat()}

    def _callbacks(self, fields: Mapping[str, Any]) -> object:
        for provider in self._core.providers:
            if provider not in fields:
                continue
            url = str(fields[provider] or "")
            if url and not is_on_this_machine(url):
                raise ControlError("A callback goes to http on this machine only.")
            self._core.callback_urls[provider] = url
        return self._core.callback_urls

    def _set(self, fields: Mapping[str, Any]) -> object:
        for name, choices in CHOICES.items():
            if name not in fields:
                continue
            if fields[name] not in choices:
                raise ControlError(f"{name} is one of: {', '.join(map(str, choices))}.")
            setattr(self._core.settings, name, fields[name])
        return asdict(self._core.settings)

    def _renew_key(self, _fields: Mapping[str, Any]) -> object:
        self._core.providers["airtel"].renew_keys()
        return "The clients must fetch the encryption key again."

    def _reset(self, _fields: Mapping[str, Any]) -> object:
        self._core.clear()
        return "All payments are forgotten, and that the time was moved."


def _shown(payment: Payment) -> dict[str, Any]:
    return {
        "provider": payment.provider,
        "kind": payment.kind,
        "reference": payment.reference,
        "amount": plain(payment.amount),
        "currency": payment.currency,
        "payer": payment.payer,
        "scenario": payment.scenario.number,
        "title": payment.scenario.title,
        "made_at": payment.made_at.isoformat(),
        "outcome": payment.outcome,
        "reason": payment.reason,
        "asks": payment.asks,
        "trail": [{"at": at.isoformat(), "text": text} for at, text in payment.trail],
    }


def _number(fields: Mapping[str, Any], name: str, otherwise: float) -> float:
    if fields.get(name) in (None, ""):
        return otherwise
    value = decimal_of(fields[name])
    if value is None or not 0 <= value <= NUMBER_MAX:
        raise ControlError(f"{name} is a number from 0 to {NUMBER_MAX}.")
    return float(value)


def _encoded(page: str) -> bytes:
    return page.encode("utf-8", "replace")


def _is_from_here(request: Request) -> bool:
    """Say whether host and origin are of this machine; other web pages must not control the sandbox."""
    names = [request.header("host")]
    if origin := request.header("origin"):
        names.append(urlsplit(origin).netloc)
    return all((urlsplit(f"//{name}").hostname or "") in LOOPBACK_NAMES for name in names)
