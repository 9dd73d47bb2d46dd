"""Journal entries, flags and refusals in the words of the shop; the screen translates them."""

from __future__ import annotations

from typing import Any

from pos.i18n.wording import Wording
from pos.services.report_paper import tender_name
from pos.services.uploads_desk import Entry, FlaggedEntry, RefusedEntry

KIND_WORDS = {
    "till_enrolled": "Till enrolled",
    "book_restored": "Book restored",
    "shift_opened": "Shift opened",
    "shift_closed": "Shift closed",
    "cash_moved": "Cash moved",
    "sale_paid": "Sale paid, token to come",
    "sale_closed": "Sale ended without a token",
    "payment_changed": "Payment changed",
    "tokens_issued": "Token issued",
    "token_handed_over": "Token handed over",
    "voucher_batch_made": "Vouchers made",
    "voucher_changed": "Voucher changed",
    "record_proposed": "Change of a meter or customer",
    "meter_changed_here": "Meter changed",
    "reading_taken": "Meter read",
    "case_changed": "Case changed",
    "arrears_changed": "Old debt changed",
    "float_moved": "Float changed",
    "envelope_taken": "New envelope",
    "clock_noted": "Clock noted",
    "privileged_act": "Act of the office",
}
CLOSED_WORDS = {
    "voided": "Sale cancelled",
    "failed": "Payment failed",
    "expired": "Payment came too late",
    "refund_due": "Money to give back",
    "refunded": "Money given back",
}
CAUSE_WORDS = {
    "free": "Free units issued",
    "engineering": "Meter token issued",
    "key_change": "Key change issued",
    "replacement": "Replacement token issued",
    "transfer": "Token moved to the right meter",
    "voucher": "Token for a voucher",
    "bulk_item": "Bulk token issued",
}
PAYMENT_WORDS = {
    "created": "Phone payment asked",
    "sent": "Phone payment asked",
    "succeeded": "Phone payment came in",
    "failed": "Phone payment failed",
    "unknown": "Phone payment not final",
    "refund_pending": "Phone payment goes back",
    "refunded": "Phone payment went back",
    "reversed": "Phone payment taken back",
}
SERVICE_WORDS = {0: "electricity", 1: "water", 2: "gas"}
FLAG_WORDS = {
    "price": "Price differs",
    "tariff_unknown": "Tariff not known",
    "block": "Other block",
    "charge_twice": "Charged twice",
    "arrears_over": "Debt taken twice",
    "tid_collision": "Token twice",
    "envelope_overrun": "Over envelope",
    "clock": "Clock differs",
    "duplicate_meter": "Meter twice",
    "revoked_till": "Till revoked",
    "key_revision": "Old key",
    "receipt_gap": "Receipt missing",
    "voucher_twice": "Voucher twice",
    "unknown_kind": "Not read yet",
    "fraud": "Looks unusual",
    "fork": "Has a question",
}
FLAG_SENTENCES = {
    "price": "Head office adds up otherwise.",
    "tariff_unknown": "Head office does not know this tariff.",
    "block": "Another till sold to this meter too this month.",
    "charge_twice": "Another till took the monthly charge too.",
    "arrears_over": "Another till took the old debt too.",
    "tid_collision": "The meter will refuse one of two tokens.",
    "envelope_overrun": "More was sold than the envelope allowed.",
    "clock": "The time of this entry is doubtful.",
    "duplicate_meter": "The meter is known under two records.",
    "revoked_till": "It came after this till was revoked.",
    "key_revision": "The meter already has a newer key.",
    "receipt_gap": "A receipt number before this one is missing.",
    "voucher_twice": "The voucher was used before.",
    "unknown_kind": "Head office keeps it and reads it after its upgrade.",
    "fraud": "A rule of head office wants it looked at.",
    "fork": "A copy of this till sold too. Kept here.",
}
REFUSAL_SENTENCES = {
    "sync.fork": "A copy of this till sold too. Kept here.",
    "sync.gap": "Head office lacks an entry before it. Kept here.",
    "sync.bad_hash": "It does not fit the entry before it there. Kept here.",
    "sync.bad_signature": "The signature of this till did not fit. Kept here.",
    "sync.too_large": "Too large for head office. Kept here.",
    "sync.not_taken": "Head office gave no reason. Kept here.",
}
SUM_WORDS = {
    "arrears": "Old debt",
    "charge": "Charges",
    "levy": "Levies",
    "tax": "Tax",
    "energy": "Energy",
    "free": "Free units",
    "rounding": "Rounding",
    "cash_rounding": "Cash rounding",
    "fee": "Fee",
    "voucher": "Voucher",
    "goods": "Goods",
    "discount": "Discount",
    "credit": "Credit",
}


def title_of(entry: Entry, wording: Wording) -> str:
    """Name an entry: `Sale K2-004412`, `Reprint, COPY 1 of K2-004408`."""
    say, body = wording.say, entry.body
    number = "" if entry.sale is None else entry.sale.number
    if entry.kind == "sale_delivered":
        return say("Sale {number}", number=number or body["sale"].get("receipt_number", ""))
    if entry.kind == "token_handed_over" and body.get("copy"):
        return say("Reprint, COPY {n} of {number}", n=body["copy"], number=number)
    if entry.kind == "payment_changed":
        return say(PAYMENT_WORDS.get(body.get("to", ""), KIND_WORDS[entry.kind]))
    if entry.kind == "sale_closed":
        word = say(CLOSED_WORDS.get(body.get("state", ""), KIND_WORDS[entry.kind]))
    elif entry.kind == "tokens_issued":
        word = say(CAUSE_WORDS.get(body.get("cause", ""), KIND_WORDS[entry.kind]))
    else:
        known = KIND_WORDS.get(entry.kind)
        word = entry.kind.replace("_", " ").capitalize() if known is None else say(known)
    return f"{word}, {number}" if number else word


def detail_of(entry: Entry, wording: Wording) -> str:
    """Say whose it is and how it was paid: `HABIMANA Eric, electricity, cash`."""
    say, body = wording.say, entry.body
    name = entry.meter_name if entry.sale is None else entry.sale.customer
    parts = [name] if name else []
    sale = body.get("sale") or body.get("quote")
    if sale is not None:
        parts += [say(SERVICE_WORDS[one]) for one in _services(sale)]
        parts += [
            _paid_with(one["tender"], wording) for one in sale.get("payments", body.get("payments", ()))
        ]
    elif entry.kind == "payment_changed":
        parts.append(_paid_with(body["tender"], wording))
        if body.get("to") in ("created", "sent", "unknown"):
            parts.append(say("not final"))
    elif body.get("drn"):
        parts.append(body["drn"])
    elif entry.kind in ("cash_moved", "float_moved", "privileged_act") and body.get("reason"):
        parts.append(body["reason"])
    return ", ".join(dict.fromkeys(parts))


def amount_of(entry: Entry) -> int | None:
    """Return the money an entry speaks of, None where it speaks of none."""
    body = entry.body
    sale = body.get("sale") or body.get("quote")
    if sale is not None:
        return int(sale["money_minor"])
    for key in ("amount_minor", "counted_minor", "float_minor"):
        if isinstance(body.get(key), int):
            return int(body[key])
    return None


def flag_of(reason: str) -> str:
    """Return the flag of a reason; those of rules (`fraud:night`) share one."""
    return reason.partition(":")[0]


def flag_word(flagged: FlaggedEntry, wording: Wording) -> str:
    """Say in a badge what is asked about an entry; more than one ends in how many more."""
    first = FLAG_WORDS.get(flag_of(flagged.reasons[0]), "Has a question")
    more = len(flagged.reasons) - 1
    return wording.say(first) + (f" +{more}" if more else "")


def flagged_detail(flagged: FlaggedEntry, wording: Wording) -> str:
    """Say whose it is and what head office says."""
    sale = flagged.entry.sale
    name = flagged.entry.meter_name if sale is None else sale.customer
    sentences = [
        wording.say(FLAG_SENTENCES[flag])
        for one in flagged.reasons
        if (flag := flag_of(one)) in FLAG_SENTENCES
    ]
    return " ".join([f"{name}." if name else "", *sentences]).strip()


def refused_title(refused: RefusedEntry, wording: Wording) -> str:
    """Name what was not taken, with its day where that is not today's business."""
    entry = refused.entry
    if entry is None:
        return wording.say("Change of meter {meter}", meter=refused.drn)
    return f"{title_of(entry, wording)}, {wording.short_day(entry.at)}"


def refused_detail(refused: RefusedEntry, wording: Wording) -> str:
    """Say whose it is and why it was not taken."""
    if refused.entry is None:
        return refused.reason or wording.say("Head office did not accept it.")
    sale = refused.entry.sale
    name = refused.entry.meter_name if sale is None else sale.customer
    sentence = wording.say(REFUSAL_SENTENCES.get(refused.code, "Kept here."))
    return f"{name}. {sentence}" if name else sentence


def _services(sale: dict[str, Any]) -> list[int]:
    found = {
        token["subclass"]
        for item in sale.get("items", ())
        for token in item.get("tokens", ())
        if token.get("token_class") == 0 and token.get("subclass") in SERVICE_WORDS
    }
    return sorted(found)


def _paid_with(tender: str, wording: Wording) -> str:
    name = tender_name(tender, wording)
    # Within a line a plain word is small; the name of a provider keeps its own letters.
    return name.lower() if tender in ("cash", "voucher", "card") else name
