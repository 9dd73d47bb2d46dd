"""Why a payment is where it is: one short list of reasons for all providers, each with plain words."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a provider's many codes come down to; the value is stable, the words may change."""

    PAID = "paid"
    WAITING_FOR_PAYER = "waiting_for_payer"
    STEP_NEEDED = "step_needed"
    REVERSED = "reversed"
    REFUSED_BY_PAYER = "refused_by_payer"
    NOT_ENOUGH_MONEY = "not_enough_money"
    LIMIT_REACHED = "limit_reached"
    WRONG_PIN = "wrong_pin"
    EXPIRED = "expired"
    PAYER_UNKNOWN = "payer_unknown"
    PAYER_NOT_ACTIVE = "payer_not_active"
    NOT_ALLOWED = "not_allowed"
    REFUSED = "refused"
    BAD_REQUEST = "bad_request"
    AMOUNT = "amount"
    SET_UP = "set_up"
    CREDENTIALS = "credentials"
    SIGNATURE = "signature"
    CLOCK = "clock"
    SHOP_BALANCE = "shop_balance"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    TIME_OUT = "time_out"
    NO_CONNECTION = "no_connection"
    BREAKER_OPEN = "breaker_open"
    SERVER_TROUBLE = "server_trouble"
    TOO_MANY = "too_many"
    UNREADABLE = "unreadable"
    UNKNOWN_WORD = "unknown_word"

    @property
    def text(self) -> str:
        """Say it in plain English."""
        return _TEXTS[self]


_TEXTS = {
    Reason.PAID: "The payment succeeded.",
    Reason.WAITING_FOR_PAYER: "Waiting for the payer to approve.",
    Reason.STEP_NEEDED: "The payer must give something more before the payment goes on.",
    Reason.REVERSED: "The provider took the payment back.",
    Reason.REFUSED_BY_PAYER: "The payer refused.",
    Reason.NOT_ENOUGH_MONEY: "The payer has not enough money.",
    Reason.LIMIT_REACHED: "A limit of the payer is reached.",
    Reason.WRONG_PIN: "The payer typed a wrong PIN.",
    Reason.EXPIRED: "The payer did not approve in time.",
    Reason.PAYER_UNKNOWN: "The provider does not know this payer.",
    Reason.PAYER_NOT_ACTIVE: "The payer's account is not active.",
    Reason.NOT_ALLOWED: "The provider does not allow this payment.",
    Reason.REFUSED: "The provider refused the payment.",
    Reason.BAD_REQUEST: "The provider refused the request as not well formed.",
    Reason.AMOUNT: "The provider does not take this amount.",
    Reason.SET_UP: "The shop's account at the provider is not set up for this.",
    Reason.CREDENTIALS: "The provider refused the shop's credentials.",
    Reason.SIGNATURE: "The provider did not accept the signature of the request.",
    Reason.CLOCK: "The provider has another date than this machine; check the clock.",
    Reason.SHOP_BALANCE: "The shop's account at the provider has not enough money.",
    Reason.DUPLICATE: "The provider has this reference already.",
    Reason.NOT_FOUND: "The provider does not know this payment.",
    Reason.AMBIGUOUS: "The provider cannot say yet what became of the payment.",
    Reason.TIME_OUT: "The provider did not answer in time.",
    Reason.NO_CONNECTION: "The provider cannot be reached.",
    Reason.BREAKER_OPEN: "The provider did not answer several times and is left alone for a while.",
    Reason.SERVER_TROUBLE: "The provider has trouble.",
    Reason.TOO_MANY: "The provider was asked too often.",
    Reason.UNREADABLE: "The provider's answer cannot be read.",
    Reason.UNKNOWN_WORD: "The provider's answer is not in its documents.",
}
