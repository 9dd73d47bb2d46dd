"""States, sources and reasons of payments in a person's language: for screens and files."""

from __future__ import annotations

from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState
from pos.gateways.reasons import Reason
from pos.i18n.wording import Wording


def state_word(state: str, wording: Wording) -> str:
    """Return the word for where a payment is."""
    say = wording.say
    words = {
        PaymentState.CREATED: say("Made"),
        PaymentState.SENT: say("Asked"),
        PaymentState.UNKNOWN: say("Not known yet"),
        PaymentState.SUCCEEDED: say("Paid"),
        PaymentState.FAILED: say("Not paid"),
        PaymentState.REFUND_PENDING: say("Going back"),
        PaymentState.REFUNDED: say("Given back"),
        PaymentState.REVERSED: say("Taken back by the provider"),
    }
    return words[PaymentState(state)]


def state_tone(state: PaymentState) -> str:
    """Return the tone of a state's badge."""
    tones = {
        PaymentState.SUCCEEDED: "ok",
        PaymentState.FAILED: "bad",
        PaymentState.REVERSED: "bad",
        PaymentState.REFUNDED: "neutral",
        PaymentState.UNKNOWN: "warn",
    }
    return tones.get(state, "info")


def source_word(source: str, wording: Wording) -> str:
    """Return who said it."""
    say = wording.say
    words = {
        "reply": say("answer to the request"),
        "poll": say("asked"),
        "hint": say("callback"),
        "statement": say("statement"),
        "person": say("person"),
    }
    return words.get(source, source)


def reason_words(reason: str, wording: Wording) -> str:
    """Say in a few words why a payment is where it is; what a person wrote stands as it is."""
    try:
        return wording.say(Reason(reason).text)
    except ValueError:
        return reason


def case_word(case: PaymentCase, wording: Wording) -> str:
    """Return why a person must look at a payment."""
    say = wording.say
    words = {
        PaymentCase.AMOUNT_DIFFERS: say("The provider names another amount."),
        PaymentCase.CURRENCY_DIFFERS: say("The provider names another currency."),
        PaymentCase.REFERENCE_DIFFERS: say("The provider answered about another payment."),
        PaymentCase.REVERSED: say("The provider took the payment back."),
        PaymentCase.PAID_AFTER_FAILED: say("Paid after the provider had said it failed."),
        PaymentCase.CONTRADICTION: say("The provider contradicts its final word."),
        PaymentCase.UNRESOLVED: say("Open for too long: ask the provider by telephone."),
        PaymentCase.REFUND_FAILED: say("The provider did not give the money back."),
        PaymentCase.REFUND_DIFFERS: say("The provider gave another amount back."),
    }
    return words[case]
