"""The port through which services state facts, and the fact of a privileged act (docs/formats.md §4)."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Permission
from pos.models.uow import WriteUnit


class RecordFact(Protocol):
    """What writes facts into the journal: the `Book`."""

    def record(
        self,
        unit: WriteUnit,
        kind: str,
        body: JsonObject,
        *,
        actor: UUID,
        approved_by: UUID | None = None,
    ) -> object:
        """Write one fact with its projections inside the write unit at hand."""
        ...


def privileged_act(
    act: Permission,
    target_kind: str,
    target_id: str,
    *,
    reason: str,
    before: JsonObject | None = None,
    after: JsonObject | None = None,
) -> JsonObject:
    """Give the body of a `privileged_act`; `before` and `after` hold neither names nor secrets."""
    body: JsonObject = {
        "act": act.value,
        "target_kind": target_kind,
        "target_id": target_id,
        "reason": reason,
    }
    if before is not None:
        body["before"] = before
    if after is not None:
        body["after"] = after
    return body
