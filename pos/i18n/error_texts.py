"""What a cashier reads when the till refuses: the codes of docs/formats.md §14 in every language.

Each text says what happened, what was and was not charged and, in quotes, what to tell the customer; the next
action fits two lines of paper. The English text is the key in `errors.po`, as for papers
(docs/translations.md). A refusal is about the act tried now; what was paid before stays paid, so the texts
say "now".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from pos.i18n.catalogue import catalogue


class ErrorKind(StrEnum):
    """How a refusal is shown: at its field, as a wait, as a question for a person, or on the whole sale."""

    FIX_IT = "fix_it"
    WAIT = "wait"
    SUPERVISOR = "supervisor"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The sentence and the next action of one code in one language.

    `fault` is the name that XMLVend 2.1 gives to this refusal; empty where it has none.
    """

    kind: ErrorKind
    sentence: str
    next_action: str
    fault: str = ""


def explain_error(code: str, language: str) -> ErrorText | None:
    """Give the text of an error code in a language (`en`, `fr`, `rw`, `sw`); None for a code without one.

    Raises `language.unknown` for any other language.
    """
    source = ERROR_TEXTS.get(code)
    if source is None:
        return None
    say = catalogue(language).say
    return ErrorText(source.kind, say(source.sentence), say(source.next_action), source.fault)


_XMLVEND = {
    "arrears.refused": ErrorText(
        ErrorKind.FIX_IT,
        "The arrears of this meter do not allow this payment. Nothing is charged now. "
        'Say: "You owe less than that."',
        "Type at most what the meter owes.",
        "DebtEx",
    ),
    "shift.report_missing": ErrorText(
        ErrorKind.FIX_IT,
        "No shift was closed with this Z number.",
        "Read the number on the Z report and type it again.",
        "ReprintEndBatchEx",
    ),
    "meter.blocked": ErrorText(
        ErrorKind.FIX_IT,
        "The meter is blocked or not in use. Nothing is charged now, no token is made. "
        'Say: "The office must open this meter first."',
        "Send the customer to the office, or sell to another meter.",
        "BlockedMeterEx",
    ),
    "sale.below_charges": ErrorText(
        ErrorKind.FIX_IT,
        "The money is less than the charges and the smallest token. Nothing is charged now. "
        'Say: "This amount is too small."',
        "Ask for the smallest amount, or do not sell.",
        "ServiceChrgEx",
    ),
    "cash.slip_missing": ErrorText(
        ErrorKind.FIX_IT,
        "The number of the deposit slip is missing. Nothing is booked.",
        "Type the number as the bank printed it on the slip.",
        "ReprintDepositSlipEx",
    ),
    "meter.check_digit": ErrorText(
        ErrorKind.FIX_IT,
        "The check digit does not fit: a digit of the meter number is mistyped. Nothing is charged now. "
        'Say: "Please read me the meter number again."',
        "Compare with the meter or card. Type the number again.",
        "MSNOCheckDigitEx",
    ),
    "free.not_due": ErrorText(
        ErrorKind.FIX_IT,
        "The meter has no free units left this month. No token is made. "
        'Say: "The free units of this month are used."',
        "Sell units, or wait for next month.",
        "FBEEx",
    ),
    "sale.not_cancellable": ErrorText(
        ErrorKind.FIX_IT,
        "This sale can no longer be voided. Nothing was changed: "
        "what is paid stays paid, a token stays good.",
        "Wrong meter: open a case. Payment not final: wait for it.",
        "CancelEx",
    ),
    "key_change.unknown_meter": ErrorText(
        ErrorKind.FIX_IT,
        "The meter is not known at this till. No key change is made.",
        "Check the number, or have the meter registered.",
        "UnknownMeterUpdateMtrKeyEx",
    ),
    "token.not_verified": ErrorText(
        ErrorKind.FIX_IT,
        "This is no token of this meter, or a digit is mistyped. Nothing was changed. "
        'Say: "Please read me the 20 digits again."',
        "Type the token again. Then check the meter number.",
        "VerifyTokenEx",
    ),
    "cash.total_differs": ErrorText(
        ErrorKind.FIX_IT,
        "The typed total is not the sum of the notes and coins. Nothing is booked.",
        "Count again. Type how many there are of each.",
        "CheckBatchTotalEx",
    ),
    "sale.nothing_to_reprint": ErrorText(
        ErrorKind.FIX_IT,
        "There is no token or receipt of this sale to print again. Nothing is charged now.",
        "Look at this sale in the list of sales.",
        "ReprintEx",
    ),
    "meter.card_required": ErrorText(
        ErrorKind.FIX_IT,
        "Selling to this meter needs its card. Nothing is charged now, no token is made. "
        'Say: "Please give me the card of the meter."',
        "Swipe the card of the meter, then begin again.",
        "RequireMeterCardEx",
    ),
    "till.not_authorised": ErrorText(
        ErrorKind.STOP,
        "The office does not allow this till to sell. Nothing is charged now, no token is made. "
        'Say: "This till cannot sell now."',
        "Stop selling and call the office.",
        "ClientIDAuthorisationEx",
    ),
    "meter.unknown": ErrorText(
        ErrorKind.FIX_IT,
        "The meter is not known at this till. Nothing is charged now, no token is made. "
        'Say: "Please show me an old receipt or the meter card."',
        "Check the number, or have the meter registered.",
        "UnknownMeterEx",
    ),
    "key_change.same_key": ErrorText(
        ErrorKind.FIX_IT,
        "This key is in use already. No key change is made.",
        "Nothing to do. Sell as usual.",
        "UpdateMtrKeySameEx",
    ),
    "float.empty": ErrorText(
        ErrorKind.STOP,
        "The float with the supplier does not cover this sale. Nothing is charged now, no token is made. "
        'Say: "We cannot sell this now. Please come back later."',
        "Call a supervisor to top up the float, or sell less.",
        "VendorCreditEx",
    ),
    "meter.incomplete": ErrorText(
        ErrorKind.FIX_IT,
        "The data of the meter are not complete. Nothing is charged now, no token is made. "
        'Say: "We must complete the data of your meter first."',
        "Ask a supervisor to complete the data of the meter.",
        "InsufficientMeterDataEx",
    ),
    "key.newer_revision": ErrorText(
        ErrorKind.STOP,
        "The meter has a newer key than this till. Nothing is charged now, no token is made. "
        'Say: "This till cannot make a token for your meter yet."',
        "Ask an administrator to load the newer key.",
        "LatestKRNEx",
    ),
    "shift.cannot_close": ErrorText(
        ErrorKind.FIX_IT,
        "No shift is open at this till, so none can be closed.",
        "Nothing to do. Open a shift before you sell.",
        "EndBatchEx",
    ),
    "permission.denied": ErrorText(
        ErrorKind.SUPERVISOR,
        "This role does not allow it. Nothing was changed.",
        "Ask a supervisor or an administrator.",
        "RequestAuthorisationEx",
    ),
    "meter.no_owner": ErrorText(
        ErrorKind.FIX_IT,
        "No owner is known for this meter, so nobody can be confirmed. Nothing is charged now. "
        'Say: "Who is the owner of this meter?"',
        "Check the number, or have the owner registered.",
        "ConfirmCustomerEx",
    ),
    "token.data": ErrorText(
        ErrorKind.FIX_IT,
        "The data of the meter do not fit, so no token is made. Nothing is charged now. "
        'Say: "The data of your meter must be checked first."',
        "Ask an administrator to check the meter's group and key.",
        "STSDataEx",
    ),
    "shift.cannot_open": ErrorText(
        ErrorKind.FIX_IT,
        "No shift is open yet, or one is open already. Nothing is charged now.",
        "Close the open shift, or open one with a counted float.",
        "StartBatchEx",
    ),
    "key.group_not_allowed": ErrorText(
        ErrorKind.STOP,
        "This till may not make tokens for the supply group of this meter. Nothing is charged now. "
        'Say: "This till cannot sell to your meter."',
        "Send the customer to another till, or call the office.",
        "SGCAuthorisationEx",
    ),
}
"""In the order of docs/formats.md §14."""

_OWN = {
    "envelope.money": ErrorText(
        ErrorKind.STOP,
        "The envelope has too little money left for this sale. Nothing is charged now, no token is made. "
        'Say: "We can sell again when the office answers."',
        "Connect to the office, or have the envelope renewed.",
    ),
    "envelope.units": ErrorText(
        ErrorKind.STOP,
        "The envelope has too few units left for this sale. Nothing is charged now, no token is made. "
        'Say: "We can sell again when the office answers."',
        "Connect to the office, or have the envelope renewed.",
    ),
    "envelope.expired": ErrorText(
        ErrorKind.STOP,
        "The time of the envelope is over. Nothing is charged now, no token is made. "
        'Say: "We can sell again when the office answers."',
        "Connect to the office, or have the envelope renewed.",
    ),
    "clock.back": ErrorText(
        ErrorKind.STOP,
        "The clock is behind the last record. Nothing is charged now, no token is made. "
        'Earlier tokens stay good. Say: "The clock must be set first."',
        "Set the clock right. Selling then goes on by itself.",
    ),
    "clock.confirm": ErrorText(
        ErrorKind.SUPERVISOR,
        "The clock is more than a week ahead of the last record. Nothing is charged now, no token is made. "
        'Say: "We must check the date first."',
        "Call a supervisor to check and type today's date.",
    ),
    "clock.off": ErrorText(
        ErrorKind.STOP,
        "The clock differs from that of the office. Nothing is charged now, no token is made. "
        'Say: "The clock must be set first."',
        "Set the clock right, then try again.",
    ),
    "tid.lead": ErrorText(
        ErrorKind.STOP,
        "The last token of this meter is more than a day ahead of the clock. "
        'Nothing is charged now, no token is made. Say: "This meter must be checked first."',
        "Check the clock, then call an administrator.",
    ),
    "tid.exhausted": ErrorText(
        ErrorKind.STOP,
        "The time of this meter's key is used up. Nothing is charged now, no token is made. "
        'Say: "Your meter needs a new key first."',
        "Call an administrator: the meter needs the next base date.",
    ),
    "key.expired": ErrorText(
        ErrorKind.STOP,
        "The key of this meter has expired. Nothing is charged now, no token is made. "
        'Say: "Your meter needs a new key first."',
        "Call an administrator: the meter needs a newer key.",
    ),
    "vault.locked": ErrorText(
        ErrorKind.STOP,
        "The vault is locked. Nothing is charged now, no token is made. "
        'Say: "One moment, we must open the vault first."',
        "Open the vault with the till's opening phrase.",
    ),
    "sale.id_conflict": ErrorText(
        ErrorKind.FIX_IT,
        "This sale exists already and stays as it is. Nothing is charged again.",
        "Look in the list of sales, then begin a new sale.",
    ),
    "till.in_use": ErrorText(
        ErrorKind.WAIT,
        'Another window or command is using this till. Nothing was changed. Say: "One moment."',
        "Wait until it ends, or close the other window.",
    ),
    "disk.full": ErrorText(
        ErrorKind.STOP,
        "The disk is full. Earlier sales are safe. Nothing is charged now, no token is made. "
        'Say: "The till must be repaired first."',
        "Make room on the disk, then try again.",
    ),
}

ERROR_TEXTS: Mapping[str, ErrorText] = MappingProxyType(_XMLVEND | _OWN)
"""The English texts by code."""
