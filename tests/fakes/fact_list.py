"""A book that keeps facts in a list; like the real one, what a failed write unit stated is not there."""

from dataclasses import dataclass
from uuid import UUID

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.journal import KINDS
from pos.models.uow import WriteUnit


@dataclass(frozen=True)
class StatedFact:
    kind: str
    body: JsonObject
    actor: UUID
    approved_by: UUID | None


class FactList:
    def __init__(self) -> None:
        self.facts: list[StatedFact] = []

    def record(
        self,
        unit: WriteUnit,
        kind: str,
        body: JsonObject,
        *,
        actor: UUID,
        approved_by: UUID | None = None,
    ) -> StatedFact:
        assert kind in KINDS
        canonical_bytes(body)  # a body no journal line could hold is refused here too
        fact = StatedFact(kind, body, actor, approved_by)
        unit.after_commit(lambda: self.facts.append(fact))
        return fact
