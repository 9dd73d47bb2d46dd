"""Words of the Sales screen: states, ways of paying, meters, cases, days."""

from __future__ import annotations

from datetime import date, datetime, time

from pos.domain.states import CaseKind, CaseState
from pos.errors import KilotillError
from pos.i18n.wording import Wording
from pos.services.past_sales import SaleRow
from pos.services.payment_lines import CASE_TEXTS
from pos.services.payment_words import case_word
from pos.services.sales_export import state_word
from pos.ui.refusal_words import plain_sentence

NONE = "–"

_STATE_TONES = {
    "delivered": "ok",
    "awaiting_payment": "info",
    "paid": "info",
    "failed": "bad",
    "refund_due": "warn",
}


def state_badge(row: SaleRow, wording: Wording) -> tuple[str, str]:
    """Return the word of a sale's state and the tone of its badge; an open case goes before."""
    if row.case_state == CaseState.OPEN:
        return case_kind_word(row.case_kind, wording), "warn"
    if row.case_state in (CaseState.REALLOCATED, CaseState.GOODWILL, CaseState.REPLACED):
        return wording.say("Token replaced"), "neutral"
    return state_word(row.state, wording), _STATE_TONES.get(row.state, "neutral")


def case_kind_word(kind: str, wording: Wording) -> str:
    """Return what a case is about."""
    say = wording.say
    words = {
        CaseKind.WRONG_METER: say("Wrong meter"),
        CaseKind.TOKEN_REFUSED: say("Token refused"),
        CaseKind.FAULT: say("Fault"),
        CaseKind.METER_SWAP: say("Meter swap"),
    }
    return words[CaseKind(kind)]


def case_reason(reason: str, wording: Wording) -> str:
    """Return why a case was opened: of a payment in the reader's language, else as it was typed."""
    reference, _, text = reason.removeprefix("payment ").partition(": ")
    case = next((case for case, said in CASE_TEXTS.items() if said == text), None)
    if case is None or not reason.startswith("payment "):
        return reason
    return f"{case_word(case, wording)} ({reference})"


def case_state_word(state: CaseState, wording: Wording) -> str:
    """Return where a case is, or how it ended."""
    say = wording.say
    words = {
        CaseState.NONE: NONE,
        CaseState.OPEN: say("Open"),
        CaseState.REFUSED: say("Refused"),
        CaseState.REALLOCATED: say("Moved to the right meter"),
        CaseState.GOODWILL: say("Given as goodwill"),
        CaseState.REPLACED: say("Replaced"),
        CaseState.CLOSED: say("Closed"),
    }
    return words[state]


def case_tone(state: CaseState) -> str:
    """Return the tone of a case's badge."""
    tones = {CaseState.OPEN: "warn", CaseState.REFUSED: "neutral", CaseState.CLOSED: "neutral"}
    return tones.get(state, "ok")


def tender_word(tender: str, wording: Wording) -> str:
    """Return the word for a way of paying."""
    say = wording.say
    words = {
        "cash": say("Cash"),
        "bank": say("Bank"),
        "account": say("Account"),
        "momo": "MTN MoMo",
        "airtel": "Airtel Money",
    }
    return words.get(tender) or tender.replace("_", " ").title()


def tenders_text(row: SaleRow, wording: Wording) -> str:
    """Return how a sale was paid, in one word."""
    tenders = [one for one in row.tenders.split(",") if one]
    if not tenders:
        return NONE
    return wording.say("Split") if len(tenders) > 1 else tender_word(tenders[0], wording)


def meter_text(drn: str | None) -> str:
    """Write a meter number in groups: `0142 0998 716`."""
    return NONE if not drn else " ".join(part for part in (drn[:4], drn[4:8], drn[8:]) if part)


def time_text(row: SaleRow, today: str, wording: Wording) -> str:
    """Write when a sale was begun: the time, and the day before it where that is not today."""
    if row.business_day == today:
        return wording.time(row.at)
    return f"{wording.short_day(row.at)} {wording.time(row.at)}"


def noon(day: date, wording: Wording) -> datetime:
    """Return an instant of a day, to write the day with."""
    return datetime.combine(day, time(12), wording.time_zone)


def sentence_of(error: BaseException, wording: Wording) -> str:
    """Return what an error of our own says, for a line under a field."""
    if not isinstance(error, KilotillError):
        raise error
    return plain_sentence(error, wording)
