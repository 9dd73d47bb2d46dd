"""Takes facts down instead of writing them into a journal."""

from uuid import UUID

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.journal import KINDS
from pos.models.uow import WriteUnit


class FakeFacts:
    def __init__(self) -> None:
        self.facts: list[tuple[str, JsonObject]] = []
        self.approvers: list[UUID | None] = []

    def record(
        self,
        unit: WriteUnit,
        kind: str,
        body: JsonObject,
        *,
        actor: UUID,
        approved_by: UUID | None = None,
    ) -> None:
        assert unit.connection.in_transaction()
        assert kind in KINDS
        canonical_bytes(body)
        self.facts.append((kind, body))
        self.approvers.append(approved_by)

    def bodies(self, kind: str) -> list[JsonObject]:
        return [body for one, body in self.facts if one == kind]
