"""What the wait says: what happened, the money, the token, what to tell the customer, the next act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.gateways.base import StepKind
from pos.i18n.wording import Wording
from pos.services.payment_views import PaymentView, SaleView
from pos.services.payment_words import reason_words
from pos.ui.refusal_words import code_words
from pos.ui.screens.sell.state import SellState, Wait, Way
from pos.ui.screens.sell.step_words import SECRET, StepAsk, step_ask

WARNED = frozenset({PaymentCase.AMOUNT_DIFFERS, PaymentCase.CURRENCY_DIFFERS, PaymentCase.REFERENCE_DIFFERS})


@dataclass(frozen=True, slots=True)
class Step:
    """One line of how far it is: `light` ok, wait, bad or off."""

    light: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class WaitView:
    """Everything the card of a wait says. `kind`: info, warn, bad. An empty caption: no such button.

    `left_s` counts down to the end of the request, of `whole_s`; None without an end. `link` is what the
    customer opens; `ask` what is to be typed; `code` is what support asks for.
    """

    kind: str
    icon: str
    title: str
    badge: str = ""
    left_s: int | None = None
    whole_s: int = 1
    steps: tuple[Step, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    note: str = ""
    link: str = ""
    code: str = ""
    ask: StepAsk | None = None
    main: str = ""
    can_ask: bool = False
    can_stop: bool = False


def wait_view(state: SellState, wait: Wait, wording: Wording, *, may_pay_again: bool) -> WaitView:
    """Return what the card says of a wait."""
    view = wait.view
    if view.state is SaleState.FAILED or view.state in (SaleState.VOIDED, SaleState.EXPIRED):
        return _failed(view, state, wording, may_pay_again=may_pay_again)
    if view.state in (SaleState.REFUND_DUE, SaleState.REFUNDED):
        return _going_back(view, wording)
    if view.is_refused:
        return _rest(view, state, wording)
    if not view.is_waiting:
        return _paid(view, wording)
    asked = [part for part in view.parts if part.is_under_way]
    ask = step_ask(view, wording.say)
    if ask is not None:
        return _step(wait, asked, state, ask=ask, wording=wording)
    if any(part.attention & WARNED for part in asked):
        return _for_a_person(asked, state, wording)
    if any(part.state is PaymentState.UNKNOWN for part in asked):
        return _unknown(wait, asked, state, wording=wording)
    return _waiting(wait, asked, state, wording=wording)


def provider_name(part: PaymentView, state: SellState) -> str:
    """Return the name of a part's provider, as far as it is still offered here."""
    way = _way(part, state)
    return part.tender.replace("_", " ").title() if way is None else way.label


def _way(part: PaymentView, state: SellState) -> Way | None:
    return next((way for way in state.ways if way.code == part.provider), None)


def _names(parts: list[PaymentView], state: SellState) -> str:
    return ", ".join(dict.fromkeys(provider_name(part, state) for part in parts))


def _sum(parts: list[PaymentView]) -> int:
    return sum(part.amount_minor for part in parts)


def _waiting(wait: Wait, asked: list[PaymentView], state: SellState, *, wording: Wording) -> WaitView:
    say = wording.say
    steps = _cash_steps(wait.view, wording)
    for part in wait.view.parts:
        if part.provider:
            steps += _steps_of(part, wait, state, wording=wording)
    steps.append(Step("off", say("The token comes by itself"), say("with sound, and on the list")))
    ends, whole_s = _end_of(asked, state)
    left_s = None if ends is None else max(0, ceil((ends - wait.now).total_seconds()))
    link = next((part.step.url for part in asked if part.step is not None and part.step.url), "")
    return WaitView(
        "info",
        "hourglass",
        say("Waiting for {provider}", provider=_names(asked, state)),
        badge=say("Nothing taken yet"),
        left_s=left_s,
        whole_s=whole_s,
        steps=tuple(steps),
        note=say("Do not send it again. The same request can never charge twice."),
        link=link,
        main=say("Serve the next customer"),
        can_ask=True,
        can_stop=True,
    )


def _step(
    wait: Wait, asked: list[PaymentView], state: SellState, *, ask: StepAsk, wording: Wording
) -> WaitView:
    """The provider waits for something that is typed here."""
    say = wording.say
    ends, whole_s = _end_of(asked, state)
    note = say("Ask the customer. It goes to the provider and is kept nowhere.")
    if ask.kind in SECRET:
        note = say("Let the customer type it. It goes to the provider and is kept nowhere.")
    name = next((provider_name(part, state) for part in asked if part.id == ask.payment_id), "")
    return WaitView(
        "info",
        "hourglass",
        say("{provider} asks for something", provider=name),
        badge=say("Nothing taken yet"),
        left_s=None if ends is None else max(0, ceil((ends - wait.now).total_seconds())),
        whole_s=whole_s,
        steps=tuple(_cash_steps(wait.view, wording)),
        note=note,
        ask=ask,
        main=say("Hand over"),
        can_ask=True,
        can_stop=True,
    )


def _cash_steps(view: SaleView, wording: Wording) -> list[Step]:
    """What goes back of the cash now: the customer does not wait for it."""
    change_minor = _change_minor(view)
    if not change_minor:
        return []
    say, money = wording.say, wording.money
    cash_minor = sum(part.amount_minor for part in view.parts if not part.provider)
    text = say("{money} received in cash", money=money(cash_minor + change_minor))
    return [Step("ok", say("Give {money} change", money=money(change_minor)), text)]


def _change_row(view: SaleView, wording: Wording) -> list[tuple[str, str]]:
    """The change of cash that is kept, where there is some."""
    change_minor = _change_minor(view)
    return [(wording.say("Change"), wording.money(change_minor))] if change_minor else []


def _change_minor(view: SaleView) -> int:
    return sum(part.change_minor for part in view.parts if not part.provider)


def _steps_of(part: PaymentView, wait: Wait, state: SellState, *, wording: Wording) -> list[Step]:
    say = wording.say
    name, money = provider_name(part, state), wording.money(part.amount_minor)
    if part.state is PaymentState.SUCCEEDED:
        return [Step("ok", say("{provider}: paid", provider=name), money)]
    if not part.is_under_way:
        return [Step("bad", f"{name}: {reason_words(part.reason, wording)}", money)]
    payer = dict(wait.payers).get(part.provider, "") or (
        f"··· {part.phone_last3}" if part.phone_last3 else ""
    )
    is_link = part.step is not None and part.step.kind is StepKind.OPEN_LINK
    sent = say("Request sent to {payer}", payer=payer) if payer and not is_link else say("Request sent")
    ref = say("{money} · ref {reference}", money=money, reference=part.reference[-12:])
    does = say("The customer types the PIN on the phone")
    if is_link:
        does = say("The customer scans the code or opens the link")
    elif part.step is not None and part.step.ussd_code:
        does = say("The customer dials {code}", code=part.step.ussd_code)
    return [Step("ok", sent, ref), Step("wait", does, asked_text(part, wait.now, wording))]


def asked_text(part: PaymentView, now: datetime, wording: Wording, *, is_named: bool = False) -> str:
    """Say when the provider was asked last, and when it is asked again. `is_named`: "Asked" stands before."""
    say, age = wording.say, wording.age
    asked = part.asked_at or part.sent_at
    texts = []
    if asked is not None:
        since = age(max(0, int((now - asked).total_seconds())))
        texts.append(say("{age} ago", age=since) if is_named else say("asked {age} ago", age=since))
    if part.ask_at is not None:
        left_s = int((part.ask_at - now).total_seconds())
        texts.append(say("again in {age}", age=age(left_s)) if left_s > 0 else say("asking now"))
    return ", ".join(texts)


def _end_of(asked: list[PaymentView], state: SellState) -> tuple[datetime | None, int]:
    """The end of the request that ends last: nobody approves it on the phone any more."""
    found: list[tuple[datetime, int]] = []
    for part in asked:
        way = _way(part, state)
        if way is not None and part.begun_at is not None:
            lasts: timedelta = way.profile.schedule.resend_until
            found.append((part.begun_at + lasts, int(lasts.total_seconds())))
    return max(found) if found else (None, 1)


def _unknown(wait: Wait, asked: list[PaymentView], state: SellState, *, wording: Wording) -> WaitView:
    say = wording.say
    name, money = _names(asked, state), wording.money(_sum(asked))
    rows = [
        (say("Money"), say("Not known yet. It may have left the customer's phone.")),
        (say("Token"), say("None yet. It comes by itself when {provider} says paid.", provider=name)),
        (
            say("Tell them"),
            say("“Your payment is being checked. You will get a token or keep your money.”"),
        ),
        (say("Asked"), asked_text(asked[0], wait.now, wording, is_named=True) or "–"),
    ]
    rows += _change_row(wait.view, wording)
    reason = reason_words(asked[0].reason, wording)
    return WaitView(
        "info",
        "hourglass",
        say("We are asking {provider} about {money}", provider=name, money=money),
        rows=tuple(rows),
        note=" ".join(
            part
            for part in (reason, say("Do not send it again. The same request can never charge twice."))
            if part
        ),
        code=asked[0].reference,
        main=say("Serve the next customer"),
        can_ask=True,
        can_stop=True,
    )


def _for_a_person(asked: list[PaymentView], state: SellState, wording: Wording) -> WaitView:
    say = wording.say
    name = _names(asked, state)
    return WaitView(
        "warn",
        "light-warn",
        say("{provider} speaks of other money than we asked for", provider=name),
        rows=(
            (say("Money"), say("We asked for {money}.", money=wording.money(_sum(asked)))),
            (say("Token"), say("None. A supervisor looks at the payment first.")),
            (
                say("Tell them"),
                say("“Your payment is being checked. You will get a token or keep your money.”"),
            ),
            (say("To go on"), say("A supervisor decides it under Sales.")),
        ),
        code=asked[0].reference,
        main=say("Serve the next customer"),
        can_ask=True,
    )


def _failed(view: SaleView, state: SellState, wording: Wording, *, may_pay_again: bool) -> WaitView:
    say = wording.say
    failed = [part for part in view.parts if part.provider]
    reason = reason_words(failed[-1].reason, wording) if failed else ""
    main = say("Ask again") if may_pay_again else say("Serve the next customer")
    return WaitView(
        "bad",
        "light-bad",
        say("{provider}: not paid", provider=_names(failed, state)) if failed else say("Not paid"),
        rows=(
            (say("Why"), reason or "–"),
            (say("Money"), say("Nothing was taken.")),
            (say("Token"), say("None was made.")),
            (
                say("Tell them"),
                say("“The payment did not go through. Nothing was taken. Shall we try again?”"),
            ),
        ),
        code=failed[-1].reference if failed else "",
        main=main,
    )


def _rest(view: SaleView, state: SellState, wording: Wording) -> WaitView:
    say = wording.say
    failed = [part for part in view.parts if part.state is PaymentState.FAILED]
    reason = reason_words(failed[-1].reason, wording) if failed else ""
    paid, rest = wording.money(view.paid_minor), wording.money(view.rest_minor)
    return WaitView(
        "warn",
        "light-warn",
        say("{money} is still to pay", money=rest),
        rows=(
            (say("Why"), f"{_names(failed[-1:], state)}: {reason}" if failed else "–"),
            (say("Money"), say("{money} is paid and stays.", money=paid)),
            (say("Token"), say("None yet. It comes when the rest is paid.")),
            (
                say("Tell them"),
                say("“A part is still missing: {money}. How do you want to pay it?”", money=rest),
            ),
            *_change_row(view, wording),
        ),
        code=failed[-1].reference if failed else "",
        main=say("Ask for the rest"),
        can_stop=True,
    )


def _paid(view: SaleView, wording: Wording) -> WaitView:
    say = wording.say
    trouble = code_words(view.trouble, wording) if view.trouble else ""
    return WaitView(
        "info",
        "hourglass",
        say("Paid. The token is on its way"),
        rows=(
            (say("Money"), say("{money} is paid and safe.", money=wording.money(view.paid_minor))),
            (say("Token"), say("None yet. It comes by itself.")),
            (say("Why"), trouble or "–"),
            (say("Tell them"), say("“Your payment has arrived. The token comes in a moment.”")),
            *_change_row(view, wording),
        ),
        code=view.trouble,
        main=say("Serve the next customer"),
        can_ask=True,
    )


def _going_back(view: SaleView, wording: Wording) -> WaitView:
    say = wording.say
    is_done = view.state is SaleState.REFUNDED
    return WaitView(
        "warn",
        "light-warn",
        say("The money went back") if is_done else say("The money is due back"),
        rows=(
            (say("Money"), wording.money(view.paid_minor)),
            (say("Token"), say("None was made.")),
            (say("To go on"), "–" if is_done else say("A supervisor gives it back under Sales.")),
        ),
        main=say("Serve the next customer"),
    )
