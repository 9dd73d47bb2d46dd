"""Callbacks of providers: who may have sent one, and which payment to ask about (docs/payments.md).

A callback is never a proof, even when its signature is right: it says *ask now*. All functions are pure, so
that the server and the tests share them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import Any

from pos.errors import UserError
from pos.gateways.answers import inside, text_of
from pos.gateways.masking import masked_body

BYTES_MAX = 65_536
_REFERENCE = re.compile(r"[A-Za-z0-9._=-]{1,64}")
_WORD = re.compile(r"[A-Za-z0-9._-]{1,60}")
_BLANKS = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Hint:
    """A payment to ask about. `event_id` is the same when the same callback comes again.

    `signed_by` names the form of signature that fitted; empty where the provider signs nothing.
    """

    provider: str
    reference: str
    event: str
    event_id: str
    signed_by: str
    kept_body: str


def read_paystack(body: bytes, signature: str, secret_key: str) -> Hint:
    """Check and read a Paystack webhook: HMAC-SHA512 over the bytes as received, in hexadecimal.

    Raises:
        UserError: `webhook.signature`, `webhook.unreadable`, `webhook.no_reference`, `webhook.too_long`.
    """
    _check_length(body)
    wanted = hmac.new(secret_key.encode(), body, hashlib.sha512).hexdigest()
    if not secret_key or not hmac.compare_digest(wanted.encode(), signature.strip().encode()):
        raise UserError("webhook.signature", "The signature does not fit this message.")
    message = _object(body)
    data = inside(message, "data")
    places = (("transaction_reference",), ("reference",), ("transaction", "reference"))
    reference = next(filter(None, (text_of(inside(data, *place)) for place in places)), "")
    event = text_of(message.get("event"))
    parts = (event, text_of(inside(data, "id")), text_of(inside(data, "status")))
    return _hint("paystack", reference, event=event, parts=parts, signed_by="sha512", body=body)


def read_airtel(body: bytes, hash_header: str = "", *, keys: tuple[str, ...] = ()) -> Hint:
    """Check and read an Airtel callback.

    With callback authentication on, `keys` holds the keys it may be made with (its private key, the client
    secret): then one of the documented forms must fit. Without keys nothing can be checked.

    Raises:
        UserError: as `read_paystack`.
    """
    _check_length(body)
    message = _object(body)
    transaction = message.get("transaction")
    signed_by = ""
    if keys:
        given = hash_header.strip() or text_of(message.get("hash"))
        signed_by = _airtel_form(body, given, keys)
    status = text_of(inside(transaction, "status_code"))
    parts = (status, text_of(inside(transaction, "airtel_money_id")))
    reference = text_of(inside(transaction, "id"))
    return _hint("airtel_money", reference, event=status, parts=parts, signed_by=signed_by, body=body)


def read_mtn(body: bytes, reference_header: str = "") -> Hint:
    """Read an MTN callback, which is not signed: all its protection is the secret part of its address.

    Raises:
        UserError: as `read_paystack`.
    """
    _check_length(body)
    message = _object(body)
    status = text_of(message.get("status"))
    reference = text_of(message.get("externalId")) or reference_header.strip()
    parts = (status, text_of(message.get("financialTransactionId")))
    return _hint("mtn_momo", reference, event=status, parts=parts, signed_by="", body=body)


def read_vtpass(body: bytes) -> Hint:
    """Read a VTpass callback about a purchase, which is not signed.

    Raises:
        UserError: as `read_paystack`; `webhook.no_reference` also for a change of its catalogue.
    """
    _check_length(body)
    message = _object(body)
    data = message.get("data")
    code = text_of(inside(data, "code"))
    status = text_of(inside(data, "content", "transactions", "status"))
    reference = text_of(inside(data, "requestId"))
    event = text_of(message.get("type"))
    return _hint("vtpass", reference, event=event, parts=(event, code, status), signed_by="", body=body)


def _airtel_form(body: bytes, given: str, keys: tuple[str, ...]) -> str:
    """Find the form and key of an Airtel hash; the documents do not say what exactly is hashed."""
    try:
        wanted = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        wanted = b""
    try:
        forms = _airtel_forms(body)
    except RecursionError:
        forms = []
    for form, signed in forms:
        for number, key in enumerate(keys):
            made = hmac.new(key.encode(), signed, hashlib.sha256).digest()
            if key and hmac.compare_digest(made, wanted):
                return f"{form}:{number}"
    raise UserError("webhook.signature", "The signature does not fit this message.")


def _airtel_forms(body: bytes) -> list[tuple[str, bytes]]:
    """Give the byte strings that may have been hashed: the member as received, and the body without hash."""
    text = body.decode("utf-8")
    spans = _spans(text)
    forms = [("body", body)]
    if (span := spans.get("transaction")) is not None:
        member = text[span.value_start : span.end]
        forms.insert(0, ("transaction", member.encode()))
        compact = json.dumps(json.loads(member), separators=(",", ":"), ensure_ascii=False)
        forms.append(("transaction_compact", compact.encode("utf-8", "replace")))
    forms.append(("body_without_hash", _without(text, spans, "hash").encode()))
    return forms


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a member of the outermost object stands: from its name to the end of its value."""

    start: int
    value_start: int
    end: int


def _spans(text: str) -> dict[str, _Span]:
    """Find the outermost members as they were received: key order and blanks count for the hash.

    Only these: the same name further inside may be a signed part of some older message.
    """
    decoder = json.JSONDecoder()
    spans: dict[str, _Span] = {}
    at = _past_blanks(text, text.index("{") + 1)
    while text[at] != "}":
        start = at
        name, at = decoder.raw_decode(text, start)
        value_start = _past_blanks(text, _past_blanks(text, at) + 1)
        _, end = decoder.raw_decode(text, value_start)
        spans[name] = _Span(start, value_start, end)
        at = _past_blanks(text, end)
        if text[at] == ",":
            at = _past_blanks(text, at + 1)
    return spans


def _past_blanks(text: str, at: int) -> int:
    match = _BLANKS.match(text, at)
    assert match is not None
    return match.end()


def _without(text: str, spans: dict[str, _Span], name: str) -> str:
    """Give the text without a member and its comma."""
    names = list(spans)
    if name not in spans:
        return text
    place = names.index(name)
    if place > 0:
        return text[: spans[names[place - 1]].end] + text[spans[name].end :]
    next_start = spans[names[1]].start if len(names) > 1 else spans[name].end
    return text[: spans[name].start] + text[next_start:]


def _hint(
    provider: str, reference: str, *, event: str, parts: tuple[str, ...], signed_by: str, body: bytes
) -> Hint:
    if not _REFERENCE.fullmatch(reference):
        raise UserError("webhook.no_reference", "This message names no payment of ours.")
    words = "\n".join((provider, reference, *parts))
    event_id = hashlib.sha256(words.encode()).hexdigest()[:32]
    word = event if _WORD.fullmatch(event) else ""
    return Hint(provider, reference, word, event_id, signed_by, masked_body(body))


def _check_length(body: bytes) -> None:
    if len(body) > BYTES_MAX:
        raise UserError("webhook.too_long", "This message is longer than any of a provider's.")


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_members)
        # Half a surrogate pair is no text: it could be neither hashed nor kept.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UserError("webhook.unreadable", "This message is no JSON object.")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a member that stands twice: one could be signed and the other read."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("A member stands twice.")
    return members
