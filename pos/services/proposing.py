"""What is made or changed here and is head office's to decide: kept as it will be sent (docs/sync.md)."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.permissions import Actor
from pos.models.meters import proposal
from pos.models.office_link import find_link
from pos.models.queries.office import is_meter_of_office
from pos.models.uow import WriteUnit
from pos.services.facts import RecordFact
from pos.system.clock import Clock
from pos.system.ids import new_id

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


class Proposing:
    """Keeps proposals inside the write unit of the change; the journal gets the hash only."""

    def __init__(self, facts: RecordFact, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock

    def keep(
        self,
        unit: WriteUnit,
        actor: Actor,
        about: About,
        *,
        record: JsonObject,
        approved_by: UUID | None = None,
    ) -> None:
        """Keep a record until head office has its final word on it."""
        data = canonical_bytes(record)
        proposal_id = new_id(self._clock.now())
        unit.connection.execute(
            proposal.insert().values(
                id=proposal_id,
                resource=about.resource,
                meter_key=about.meter_key,
                customer_key=about.customer_key,
                record=data,
            )
        )
        body: JsonObject = {
            "proposal_id": str(proposal_id),
            "resource": about.resource,
            "record_sha256": sha256(data).hexdigest(),
        }
        self._facts.record(unit, "record_proposed", body, actor=actor.id, approved_by=approved_by)

    def change_of_meter(self, unit: WriteUnit, actor: Actor, meter_key: int, *, changed: JsonObject) -> None:
        """Ask for a change of head office's meter; `changed` is the body of `meter_changed_here`."""
        if not is_meter_of_office(unit.connection, meter_key):
            return
        # The line is what head office decides on; with the very same record it is asked what became of it.
        self.keep(unit, actor, About(meter_key=meter_key), record=changed)

    def customer(self, unit: WriteUnit, actor: Actor, customer_key: int) -> None:
        """Propose a customer as he is here now; on a till that stands alone there is nobody to ask."""
        if find_link(unit.connection) is not None:
            about = About(customer_key=customer_key)
            self.keep(unit, actor, about, record=_customer_record(unit.connection, customer_key))


def _customer_record(connection: Connection, key: int) -> JsonObject:
    row: Any = connection.exec_driver_sql(
        f"SELECT id, {', '.join(_PERSON)} FROM customer WHERE key = ?",  # noqa: S608 - our own columns
        (key,),
    ).one()
    given: JsonObject = {
        name: value for name, value in zip(_PERSON, row[1:], strict=True) if value is not None
    }
    return given | {"customer_id": str(UUID(bytes=row[0]))}
