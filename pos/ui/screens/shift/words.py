"""The words of the Shift place that depend on what they are about."""

from __future__ import annotations

from pos.domain.recovery_values import HOLDING_CASES, PaymentCase
from pos.domain.shift import MovementKind, Unresolved
from pos.errors import KilotillError
from pos.i18n.wording import Wording
from pos.services.payment_words import case_word
from pos.services.shift_desk import MovementRow
from pos.ui.refusal_words import plain_sentence
from pos.ui.screens.shift.state import MoveKind

MINUS = "\N{EN DASH}"


def movement_word(kind: MovementKind, wording: Wording) -> str:
    """Name a kind of cash movement."""
    say = wording.say
    return {
        MovementKind.IN: say("Cash in"),
        MovementKind.OUT: say("Cash out"),
        MovementKind.SAFE_DROP: say("Safe drop"),
        MovementKind.BANKING: say("Banking"),
        MovementKind.NO_SALE_OPEN: say("Opened without a sale"),
    }[kind]


def movement_line(row: MovementRow, wording: Wording) -> str:
    """Say a movement in one line: what, when, its bag, slip or reason."""
    parts = (movement_word(row.kind, wording), wording.time(row.at), row.slip_number, row.reason)
    return ", ".join(part for part in parts if part)


def move_title(kind: MoveKind, wording: Wording) -> str:
    """Name a form."""
    say = wording.say
    return {
        MoveKind.CASH: say("Cash in or out"),
        MoveKind.SAFE_DROP: say("Safe drop"),
        MoveKind.BANKING: say("Banking"),
        MoveKind.NO_SALE: say("Open the drawer without a sale"),
    }[kind]


def tender_word(tender: str, wording: Wording) -> str:
    """Name a way to pay."""
    say = wording.say
    names = {
        "cash": say("Cash"),
        "momo": say("MTN MoMo"),
        "mtn": say("MTN MoMo"),
        "mtn_momo": say("MTN MoMo"),
        "airtel": say("Airtel Money"),
        "airtel_money": say("Airtel Money"),
        "card": say("Card"),
        "voucher": say("Voucher"),
        "account": say("On account"),
    }
    return names.get(tender, tender.replace("_", " ").capitalize())


def standing_words(one: Unresolved, wording: Wording) -> tuple[str, str]:
    """Say where a payment without its end stands, and why where a person must look at it."""
    say = wording.say
    cases = [PaymentCase(word) for word in one.attention]
    why = " ".join(case_word(case, wording) for case in cases)
    if HOLDING_CASES.intersection(cases) or PaymentCase.REFUND_DIFFERS in cases:
        # Nobody asks the provider any more.
        return say("held, a person is needed"), why
    if cases:
        return say("a person is needed"), why
    return _quiet_standing(one, wording), ""


def _quiet_standing(one: Unresolved, wording: Wording) -> str:
    say = wording.say
    if one.state == "paid" or one.is_ready:
        return say("paid, the token is missing")
    if one.payment == "refund_pending":
        return say("the money is on its way back")
    if one.state == "refund_due":
        return say("money is due back")
    if one.payment in ("sent", "unknown"):
        return say("the payment is being asked about")
    if one.tender == "cash":
        return (
            say("in the drawer, the rest is being asked about")
            if one.is_asked
            else say("in the drawer, the rest is still to pay")
        )
    return (
        say("paid, the rest is being asked about") if one.is_asked else say("paid, the rest is still to pay")
    )


def signed(amount_minor: int, wording: Wording) -> str:
    """Write money into or out of the drawer with its sign: `+ 398,000`."""
    if not amount_minor:
        return wording.amount(0)
    sign = "+" if amount_minor > 0 else MINUS
    return f"{sign} {wording.amount(abs(amount_minor))}"


def difference(amount_minor: int, wording: Wording) -> str:
    """Write a difference: `–500`, `0`, `+20`."""
    if not amount_minor:
        return wording.amount(0)
    return ("+" if amount_minor > 0 else MINUS) + wording.amount(abs(amount_minor))


def sentence_of(error: KilotillError, wording: Wording) -> str:
    """Return what happened in one sentence, for the line under a field."""
    return plain_sentence(error, wording)
