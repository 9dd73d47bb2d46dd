"""What is made or changed here and is head office's to decide: kept as it will be sent (docs/sync.md)."""

from __future__ import annotations

from uuid import UUID

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor
from pos.models.office_link import find_link
from pos.models.proposals import About, customer_record, keep_proposal
from pos.models.queries.office import is_meter_of_office
from pos.models.uow import WriteUnit
from pos.services.facts import RecordFact
from pos.system.clock import Clock
from pos.system.ids import new_id


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
        proposal_id = new_id(self._clock.now())
        body = keep_proposal(unit.connection, about, proposal_id=proposal_id, record=record)
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
            self.keep(unit, actor, about, record=customer_record(unit.connection, customer_key))


__all__ = ["About", "Proposing"]
