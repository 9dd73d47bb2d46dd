"""Proposals as they are kept until head office has its final word; the journal has their hash."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.models.meters import proposal

_PERSON = ("name", "phone", "address", "area")


@dataclass(frozen=True, slots=True)
class About:
    """What a proposal is about: one meter or one customer, by its key here."""

    meter_key: int | None = None
    customer_key: int | None = None

    @property
    def resource(self) -> str:
        """The resource it belongs to."""
        return "customer" if self.meter_key is None else "meter"


def keep_proposal(
    connection: Connection, about: About, *, proposal_id: UUID, record: JsonObject
) -> JsonObject:
    """Keep a record and return the body of its line `record_proposed`: the journal gets the hash only."""
    data = canonical_bytes(record)
    connection.execute(
        proposal.insert().values(
            id=proposal_id,
            resource=about.resource,
            meter_key=about.meter_key,
            customer_key=about.customer_key,
            record=data,
        )
    )
    return {
        "proposal_id": str(proposal_id),
        "resource": about.resource,
        "record_sha256": sha256(data).hexdigest(),
    }


def customer_record(connection: Connection, key: int) -> JsonObject:
    """Return a customer as he is proposed: as he is here now."""
    row: Any = connection.exec_driver_sql(
        f"SELECT id, {', '.join(_PERSON)} FROM customer WHERE key = ?",  # noqa: S608 - our own columns
        (key,),
    ).one()
    given: JsonObject = {
        name: value for name, value in zip(_PERSON, row[1:], strict=True) if value is not None
    }
    return given | {"customer_id": str(UUID(bytes=row[0]))}


def ask_again(connection: Connection) -> None:
    """Let head office be asked anew about all it has decided: it was restored, and may know nothing of it.

    Until it answers, what was proposed stays here as if it was made now.
    """
    connection.exec_driver_sql(
        "UPDATE proposal SET state = 'waiting', reason = NULL, sent_at = NULL "
        "WHERE state <> 'waiting' AND record IS NOT NULL"
    )
