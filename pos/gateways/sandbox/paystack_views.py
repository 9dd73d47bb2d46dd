"""Paystack's objects as each answer shows them; the answers do not agree with each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pos.gateways.sandbox import paystack_data as data
from pos.gateways.sandbox.payments import Payment
from pos.gateways.sandbox.scenarios import Outcome

INTEGRATION = 100_001
NOT_COMPLETED = "The transaction was not completed"


def stamp(instant: datetime) -> str:
    """Return an instant in Paystack's form, with milliseconds."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z"


def minor(payment: Payment) -> int:
    return int(payment.shown_amount)


def status_word(payment: Payment) -> str:
    """Return the status of the payment itself."""
    if payment.shows_unknown_words:
        return "reviewing"
    if payment.outcome is None:
        if payment.is_ambiguous:
            return "processing"
        return {"open": "abandoned", "pending": "pending"}.get(payment.facts["stage"], "ongoing")
    words = {Outcome.PAID: "success", Outcome.REVERSED: "reversed"}
    return words.get(payment.outcome, "failed")


def step_word(payment: Payment) -> str:
    """Return the next step of a charge, or its end."""
    if payment.shows_unknown_words:
        return "reviewing"
    if payment.outcome is None:
        return "timeout" if payment.is_ambiguous else str(payment.facts["stage"])
    return "success" if payment.outcome in (Outcome.PAID, Outcome.REVERSED) else "failed"


def failure(payment: Payment) -> str:
    return data.MESSAGES.get(payment.reason, payment.reason) or "Declined"


def gateway_response(payment: Payment) -> str:
    if payment.outcome in (Outcome.PAID, Outcome.REVERSED):
        return "Successful"
    if payment.outcome is not None:
        return failure(payment)
    return NOT_COMPLETED if payment.facts["stage"] == "open" else "Pending"


def transaction(payment: Payment) -> dict[str, Any]:
    """Return a transaction as verify shows it."""
    facts = payment.facts
    made_at = stamp(payment.provider_time(payment.made_at))
    is_paid = payment.outcome in (Outcome.PAID, Outcome.REVERSED)
    final_at = payment.final_at if is_paid else None
    paid_at = stamp(payment.provider_time(final_at)) if final_at else None
    is_failed = payment.outcome is not None and not is_paid
    return {
        "id": facts["id"],
        "domain": facts["domain"],
        "status": status_word(payment),
        "reference": payment.reference,
        "receipt_number": None,
        "amount": minor(payment),
        "message": failure(payment) if is_failed else None,
        "gateway_response": gateway_response(payment),
        "paid_at": paid_at,
        "created_at": made_at,
        "channel": facts["channel"],
        "currency": payment.currency,
        "ip_address": "127.0.0.1",
        "metadata": facts["metadata"],
        "log": log(payment),
        "fees": data.fees(minor(payment), payment.currency) if is_paid else None,
        "fees_split": None,
        "authorization": _authorization(payment, is_paid=is_paid),
        "customer": facts["customer"],
        "plan": facts["plan"],
        "split": {},
        "order_id": None,
        "paidAt": paid_at,
        "createdAt": made_at,
        "requested_amount": int(payment.amount),
        "pos_transaction_data": None,
        "source": None,
        "fees_breakdown": None,
        "connect": None,
        "transaction_date": made_at,
        "plan_object": {},
        "subaccount": {},
    }


def _authorization(payment: Payment, *, is_paid: bool) -> dict[str, Any]:
    """Return the card or phone of a payment; only a paid one can be charged again."""
    token: dict[str, Any] = payment.facts["authorization"]
    if is_paid or not token:
        return token
    is_attempted = payment.facts["stage"] != "open" or payment.outcome is not None
    return {**token, "authorization_code": None} if is_attempted else {}


def log(payment: Payment) -> dict[str, Any]:
    """Return what the payer did, as the timeline shows it."""
    is_paid = payment.outcome in (Outcome.PAID, Outcome.REVERSED)
    channel = payment.facts["channel"]
    history = []
    if payment.facts["stage"] != "open" or payment.outcome is not None:
        history.append({"type": "action", "message": f"Attempted to pay with {channel}", "time": 3})
    if is_paid:
        history.append({"type": "success", "message": f"Successfully paid with {channel}", "time": 4})
    return {
        "start_time": int(payment.provider_time(payment.made_at).timestamp()),
        "time_spent": 4,
        "attempts": 1 if history else 0,
        "errors": 0 if is_paid or payment.outcome is None else 1,
        "success": is_paid,
        "mobile": False,
        "input": [],
        "history": history,
    }


def fetched(payment: Payment) -> dict[str, Any]:
    """Return a transaction as fetch shows it: objects where verify has null."""
    view = transaction(payment)
    view |= {"plan": {}, "customer": filled(view["customer"]), "source": _source(), "helpdesk_link": None}
    return view


def listed(payment: Payment) -> dict[str, Any]:
    """Return a transaction as a list shows it."""
    view = transaction(payment)
    metadata = view["metadata"] if isinstance(view["metadata"], dict) else None
    view |= {
        "plan": {},
        "message": None,
        "metadata": metadata,
        "authorization": _EMPTY_AUTHORIZATION | view["authorization"],
        "source": _source(),
    }
    return view


def charge(payment: Payment) -> dict[str, Any]:
    """Return a charge: its next step, and around it the transaction."""
    view = transaction(payment) | {"customer": filled(payment.facts["customer"]), "redirect_url": None}
    view["status"] = step_word(payment)
    view["fees"] = data.fees(minor(payment), payment.currency)
    for name in ("display_text", "url", "ussd_code", "account_number", "account_name", "bank", "qr_code"):
        if payment.outcome is None and name in payment.facts:
            view[name] = payment.facts[name]
    return view


def filled(customer: Mapping[str, Any]) -> dict[str, Any]:
    """Return a customer with empty texts where some answers have null."""
    texts = ("first_name", "last_name", "phone", "international_format_phone")
    return {
        **customer,
        **{name: customer[name] or "" for name in texts},
        "metadata": customer["metadata"] or {},
    }


def _source() -> dict[str, Any]:
    return {
        "type": "api",
        "source": "merchant_api",
        "identifier": None,
        "entry_point": "transaction_initialize",
    }


_EMPTY_AUTHORIZATION: dict[str, Any] = {
    "authorization_code": None,
    "bin": None,
    "last4": None,
    "exp_month": None,
    "exp_year": None,
    "channel": None,
    "card_type": None,
    "bank": None,
    "country_code": None,
    "brand": None,
    "reusable": False,
    "signature": None,
    "account_name": None,
}
