"""The offline envelope: how much a till may still sell by itself (docs/formats.md §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.journal import instant_text
from pos.errors import UserError

ENVELOPE_PREFIX = b"kilotill-envelope-v1\n"


class EnvelopeError(UserError):
    """The envelope is used up or has ended (`envelope.*`): a Stop that a new envelope ends."""


@dataclass(frozen=True, slots=True)
class EnvelopeLeft:
    """What is left of an envelope: money in minor units, units in milli, and when it ends (None: never)."""

    money_minor: int
    units_milli: int
    expires_at: datetime | None

    def check(self, *, money_minor: int, units_milli: int, at: datetime) -> None:
        """Refuse an issue that the envelope no longer covers.

        Raises:
            EnvelopeError: `envelope.expired`, `envelope.money`, `envelope.units`.
        """
        if self.expires_at is not None and at > self.expires_at:
            raise EnvelopeError("envelope.expired", "The offline limit has ended: connect to head office.")
        if money_minor > self.money_minor:
            raise EnvelopeError(
                "envelope.money", "The offline limit in money is used up: connect to head office or renew it."
            )
        if units_milli > self.units_milli:
            raise EnvelopeError(
                "envelope.units", "The offline limit in units is used up: connect to head office or renew it."
            )


def local_envelope(
    *,
    sequence: int,
    as_of_seq: int,
    money_minor: int,
    units_milli: int,
    currency: str,
    till: str,
    key_id: str,
    issued_at: datetime,
    groups: list[JsonObject],
) -> JsonObject:
    """Return the envelope a stand-alone till gives itself (docs/formats.md §9, issuer `local`)."""
    return {
        "as_of_seq": as_of_seq,
        "currency": currency,
        "expires_at": None,
        "groups": list(groups),
        "issued_at": instant_text(issued_at),
        "issuer": "local",
        "key_id": key_id,
        "money_minor": money_minor,
        "sequence": sequence,
        "till": till,
        "units_milli": units_milli,
        "v": 1,
    }


def envelope_message(envelope: JsonObject) -> bytes:
    """Return the bytes that are signed over an envelope."""
    return ENVELOPE_PREFIX + canonical_bytes(envelope)
