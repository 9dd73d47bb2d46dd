"""Proposals: sent by tills, decided by people."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.errors import Problem
from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.schemas import Body, Instant, Reason
from central.till_auth import CurrentTill
from pos.contracts.proposals import PROPOSALS_MAX, ProposalsAnswer, ProposalsRequest
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1", tags=["proposals"])

Reader = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE, Permission.AUDIT_VIEW))]
Decider = Annotated[Principal, Depends(require(Permission.REVIEW_DECIDE))]
State = Literal["waiting", "accepted", "merged", "refused"]


class ProposalOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    till_id: UUID
    resource: Literal["meter", "customer", "change"]
    record: dict[str, Any]
    state: State
    reason: str
    received_at: Instant
    decided_by: UUID | None
    decided_at: Instant | None


class ProposalsOut(BaseModel):
    items: list[ProposalOut]
    next_cursor: UUID | None = None


class DecisionIn(Body):
    """`accepted`: the record becomes head office's; `refused` needs a reason as well."""

    decision: Literal["accepted", "refused"]
    reason: Reason


@router.post(
    "/proposals", summary="Send proposals", response_model=ProposalsAnswer, responses=problems(403, 409)
)
def send_proposals(
    body: ProposalsRequest, who: CurrentTill, office: HeadOfficeDep, clock: ClockDep
) -> ProposalsAnswer:
    """Idempotent by `proposal_id`; sent again it tells the state as it is now."""
    if len(body.proposals) > PROPOSALS_MAX:
        raise Problem("proposal.too_many", f"At most {PROPOSALS_MAX} at once.", status=413)
    return ProposalsAnswer(
        results=tuple(office.proposals.take(who, one, clock.now()) for one in body.proposals)
    )


@router.get("/proposals", summary="List proposals", response_model=ProposalsOut, responses=problems(403))
def list_proposals(
    who: Reader,
    database: DatabaseDep,
    office: HeadOfficeDep,
    state: State = "waiting",
    cursor: Annotated[UUID | None, Query(description="The last id of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ProposalsOut:
    """Oldest first; an auditor of an institution sees none: they name people of others."""
    if who.institution is not None:
        return ProposalsOut(items=[])
    with database.read() as connection:
        found = office.proposals.list_some(
            connection, who.organisation_id, state=state, after=cursor, limit=limit + 1
        )
    items = [ProposalOut.model_validate(row) for row in found[:limit]]
    return ProposalsOut(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.post(
    "/proposals/{proposal_id}/decide",
    summary="Accept or refuse a proposal",
    response_model=ProposalOut,
    responses=problems(403, 404, 409),
)
def decide(
    proposal_id: UUID,
    body: DecisionIn,
    who: Decider,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
) -> ProposalOut:
    """A meter whose number is known becomes `merged`: its id points to the one that is kept."""
    with database.write(lock=f"proposal:{proposal_id}") as connection:
        row = office.proposals.decide(
            connection,
            who.organisation_id,
            proposal_id,
            is_accepted=body.decision == "accepted",
            reason=body.reason,
            by=who.user_id,
            now=clock.now(),
        )
    return ProposalOut.model_validate(row)
