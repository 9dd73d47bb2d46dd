"""The words of the Shift place that depend on what they are about."""

from __future__ import annotations

from pos.domain.shift import MovementKind
from pos.errors import KilotillError
from pos.i18n.wording import Wording
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
