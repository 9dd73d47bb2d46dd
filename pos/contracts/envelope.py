"""Offline envelopes (docs/formats.md §9).

`GET /v1/sync/envelope?sequence=<in force, 0 for none>`: 200 with a newer one, 204 when the one in force
stands. The server grants as of the last seq it has of the till. Codes: `till.not_authorised` in drain.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pos.contracts.wire import Currency, InstantText, Message, Sgc, Signature


class EnvelopeGroup(Message):
    sgc: Sgc
    base_date: str
    lane: int
    lanes: int
    holders: tuple[str, ...]


class Envelope(Message):
    """The signed part. Its canonical JSON has exactly these keys; `expires_at` may be null."""

    as_of_seq: int
    currency: Currency
    expires_at: InstantText | None
    groups: tuple[EnvelopeGroup, ...]
    issued_at: InstantText
    issuer: Literal["server", "local"]
    key_id: str
    money_minor: int
    sequence: int
    till: UUID
    units_milli: int
    v: int = 1


class SignedEnvelope(Message):
    """An envelope as it came: `envelope` stays plain JSON, because its very bytes are signed."""

    envelope: dict[str, object]
    sig: Signature
