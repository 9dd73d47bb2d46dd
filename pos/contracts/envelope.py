"""Offline envelopes (docs/formats.md §9).

`GET /v1/sync/envelope?sequence=<in force, 0 for none>`: 200 with a newer one, 204 when the one in force
stands. The server grants as of the last seq it has of the till. Codes: `till.not_authorised` in drain.
"""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from pos.contracts.wire import Currency, InstantText, Message, Sgc, Signature, Whole


class EnvelopeGroup(Message):
    sgc: Sgc
    base_date: str
    lane: int = Field(ge=0)
    lanes: Literal[1, 4, 16, 60]
    holders: tuple[str, ...]

    @model_validator(mode="after")
    def _has_its_lane(self) -> Self:
        if self.lane >= self.lanes:
            raise ValueError("the lane is beyond the lanes")
        return self


class Envelope(Message):
    """The signed part. Its canonical JSON has exactly these keys; `expires_at` may be null."""

    as_of_seq: Whole
    currency: Currency
    expires_at: InstantText | None
    groups: tuple[EnvelopeGroup, ...]
    issued_at: InstantText
    issuer: Literal["server", "local"]
    key_id: str
    money_minor: Whole
    sequence: Whole
    till: UUID
    units_milli: Whole
    v: Literal[1] = 1


class SignedEnvelope(Message):
    """An envelope as it came: `envelope` stays plain JSON, because its very bytes are signed."""

    envelope: dict[str, object]
    sig: Signature
