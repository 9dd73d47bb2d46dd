"""The review list: facts that were flagged, and who bears the difference."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.routes.answers import problems
from central.schemas import Body, Instant, Reason
from central.services import review
from central.services.review import Bearer, ReviewFilter
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1/review", tags=["review"])

Reader = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE, Permission.AUDIT_VIEW))]
Decider = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE))]


class FlagOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    flag: str
    till_id: UUID
    till_code: str
    seq: int
    kind: str
    at: Instant
    sale_id: UUID | None
    meter_id: UUID | None
    money_minor: int
    detail: dict[str, Any]
    state: Literal["open", "decided", "cleared"]
    bearer: Bearer | None
    reason: str | None
    decided_by: UUID | None
    decided_at: Instant | None


class FlagDetailOut(FlagOut):
    """With the line as the till wrote it."""

    line: dict[str, Any]


class FlagsOut(BaseModel):
    items: list[FlagOut]
    next_cursor: UUID | None = None


class DecisionIn(Body):
    bearer: Bearer
    reason: Reason


@router.get("", summary="List flags", response_model=FlagsOut, responses=problems(403))
def list_flags(
    who: Reader,
    database: DatabaseDep,
    state: Literal["open", "decided", "cleared"] | None = "open",
    flag: Annotated[str | None, Query(max_length=64, pattern=r"^[a-z_]+(:[\x21-\x7e]+)?$")] = None,
    till: UUID | None = None,
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> FlagsOut:
    """Oldest first; an auditor of an institution sees those of its meters."""
    wanted = ReviewFilter(institution=who.institution, state=state, flag=flag, till_id=till)
    with database.read() as connection:
        found = review.list_flags(connection, who.organisation_id, wanted, after=cursor, limit=limit + 1)
    items = [FlagOut.model_validate(row) for row in found[:limit]]
    return FlagsOut(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{flag_id}", summary="Read a flag", response_model=FlagDetailOut, responses=problems(403, 404))
def read_flag(flag_id: UUID, who: Reader, database: DatabaseDep) -> FlagDetailOut:
    """What was found, and the line it was found in."""
    with database.read() as connection:
        row = review.get_flag(connection, who.organisation_id, flag_id, institution=who.institution)
        line = review.line_of(connection, row)
    return FlagDetailOut.model_validate({**row._mapping, "line": line})


@router.post(
    "/{flag_id}/decide",
    summary="Say who bears the difference",
    response_model=FlagOut,
    responses=problems(403, 404, 409),
)
def decide(flag_id: UUID, body: DecisionIn, who: Decider, database: DatabaseDep, clock: ClockDep) -> FlagOut:
    """The fact itself stays as it was booked."""
    with database.write() as connection:
        row = review.decide(
            connection,
            who.organisation_id,
            flag_id,
            bearer=body.bearer,
            reason=body.reason,
            by=who.user_id,
            now=clock.now(),
        )
    return FlagOut.model_validate(row)
