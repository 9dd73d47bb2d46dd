"""Tills: enrolment, login, and what administrators do with them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.schemas import INT_MAX, PRINTABLE, Body, Instant
from central.services import envelopes, till_list
from central.services.app_version import min_app
from central.services.enrolment import CODE_LIFETIME, Limits, make_code
from central.services.security_log import SecurityKind
from central.services.till_sessions import make_nonce, open_session
from central.source import source_of
from pos.contracts.enrol import EnrolAnswer, EnrolRequest
from pos.contracts.till_session import ChallengeAnswer, ChallengeRequest, TokenAnswer, TokenRequest
from pos.domain.journal import instant_text
from pos.domain.permissions import Permission

router = APIRouter(prefix="/v1/tills", tags=["tills"])

Enroller = Annotated[Principal, Depends(require(Permission.TILL_ENROL))]
Revoker = Annotated[Principal, Depends(require(Permission.TILL_REVOKE))]
Reader = Annotated[
    Principal, Depends(require(Permission.TILL_ENROL, Permission.SALE_VIEW_ALL, Permission.AUDIT_VIEW))
]
Reason = Annotated[str, StringConstraints(min_length=3, max_length=200, pattern=PRINTABLE)]


class CodeIn(Body):
    """For which sales point a till may enrol, and how much it may then sell offline."""

    sales_point_id: UUID
    limit_money_minor: int = Field(default=500_000, ge=0, le=10**13)
    limit_units_milli: int = Field(default=2_000_000, ge=0, le=10**13)


class CodeOut(BaseModel):
    code: str = Field(examples=["K7QZ2M4AXW"])
    expires_at: Instant


class TillOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    sales_point_id: UUID
    machine: str
    state: Literal["enrolled", "revoked", "replaced", "lost"]
    enrolled_at: Instant
    ended_at: Instant | None
    ended_reason: str | None
    replaces: UUID | None
    limit_money_minor: int
    limit_units_milli: int
    head_seq: int
    booked_seq: int
    pushed_at: Instant | None
    forked_at: Instant | None


class TillsOut(BaseModel):
    items: list[TillOut]


class EndIn(Body):
    """Why a till ends; `lost`: nobody expects it to send what it has."""

    reason: Reason
    is_lost: bool = False


class LimitsIn(Body):
    limit_money_minor: int = Field(ge=0, le=10**13)
    limit_units_milli: int = Field(ge=0, le=10**13)


class WrittenOffOut(BaseModel):
    money_minor: int = Field(le=INT_MAX)


@router.post(
    "/enrol",
    summary="Enrol a till",
    response_model=EnrolAnswer,
    responses=problems(403, 409),
)
def enrol(request: Request, body: EnrolRequest, office: HeadOfficeDep, clock: ClockDep) -> EnrolAnswer:
    """With a code of ten letters that an administrator has made. Sent again it gives the same answer."""
    return office.enrolment.enrol(body, source=source_of(request), now=clock.now())


@router.post("/challenge", summary="Ask for a nonce", response_model=ChallengeAnswer, responses=problems(403))
def challenge(body: ChallengeRequest, database: DatabaseDep, clock: ClockDep) -> ChallengeAnswer:
    """Good for two minutes and one try."""
    now = clock.now()
    return ChallengeAnswer(nonce=make_nonce(database, body.till, now), server_time=instant_text(now))


@router.post("/token", summary="Log a till in", response_model=TokenAnswer, responses=problems(403))
def token(body: TokenRequest, database: DatabaseDep, office: HeadOfficeDep, clock: ClockDep) -> TokenAnswer:
    """A signature over the nonce gives an opaque bearer for 30 minutes; a revoked till may only drain."""
    now = clock.now()
    opened = open_session(
        database, body.till, nonce=body.nonce, signature=bytes.fromhex(body.signature), now=now
    )
    with database.read() as connection:
        oldest = min_app(connection)
        seen = till_list.tills_seen(connection, body.till, now=now)
    return TokenAnswer(
        token=opened.token,
        scope=opened.scope,
        server_keys=office.signer.public_keys(),
        server_time=instant_text(now),
        min_app=oldest,
        tills=seen,
        head_seq=opened.head_seq,
    )


@router.post(
    "/codes",
    status_code=201,
    summary="Make an enrolment code",
    response_model=CodeOut,
    responses=problems(403, 404),
)
def make_enrolment_code(
    request: Request, body: CodeIn, who: Enroller, database: DatabaseDep, clock: ClockDep
) -> CodeOut:
    """Good for 15 minutes and one till. It is told once; only its hash is kept."""
    now = clock.now()
    with database.write() as connection:
        code = make_code(
            connection,
            who.organisation_id,
            body.sales_point_id,
            limits=Limits(body.limit_money_minor, body.limit_units_milli),
            by=who.user_id,
            now=now,
        )
        till_list.note_till(
            *(connection, who, None),
            kind=SecurityKind.TILL_CODE_MADE,
            now=now,
            source=source_of(request),
            detail={"sales_point_id": str(body.sales_point_id)},
        )
    return CodeOut(code=code, expires_at=now + CODE_LIFETIME)


@router.get("", summary="List tills", response_model=TillsOut, responses=problems(403))
def list_tills(
    who: Reader,
    database: DatabaseDep,
    state: Annotated[Literal["enrolled", "revoked", "replaced", "lost"] | None, Query()] = None,
) -> TillsOut:
    """By code; all that ever were."""
    with database.read() as connection:
        rows = till_list.list_tills(connection, who.organisation_id, state=state)
    return TillsOut(items=[TillOut.model_validate(row) for row in rows])


@router.get("/{till_id}", summary="Read a till", response_model=TillOut, responses=problems(403, 404))
def read_till(till_id: UUID, who: Reader, database: DatabaseDep) -> TillOut:
    """Where it is, how far it has pushed, whether its book was seen twice."""
    with database.read() as connection:
        return TillOut.model_validate(till_list.get_till(connection, who.organisation_id, till_id))


@router.post(
    "/{till_id}/revoke", summary="Revoke a till", response_model=TillOut, responses=problems(403, 404)
)
def revoke(
    request: Request,
    till_id: UUID,
    body: EndIn,
    who: Revoker,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
) -> TillOut:
    """It may still send what it has (drain), and gets nothing any more."""
    with database.write(lock=office.enrolment.lock_name(who.organisation_id)) as connection:
        office.enrolment.end(
            connection,
            who.organisation_id,
            till_id,
            state="lost" if body.is_lost else "revoked",
            reason=body.reason,
            now=clock.now(),
        )
        till_list.note_till(
            *(connection, who, till_id),
            kind=SecurityKind.TILL_REVOKED,
            now=clock.now(),
            source=source_of(request),
            detail={"reason": body.reason, "is_lost": body.is_lost},
        )
        return TillOut.model_validate(till_list.get_till(connection, who.organisation_id, till_id))


@router.put(
    "/{till_id}/limits",
    summary="Change how much a till may sell offline",
    response_model=TillOut,
    responses=problems(403, 404),
)
def change_limits(
    request: Request, till_id: UUID, body: LimitsIn, who: Enroller, database: DatabaseDep, clock: ClockDep
) -> TillOut:
    """It counts from the next envelope on."""
    with database.write() as connection:
        till_list.set_limits(
            connection,
            who.organisation_id,
            till_id,
            limits=Limits(body.limit_money_minor, body.limit_units_milli),
        )
        till_list.note_till(
            *(connection, who, till_id),
            kind=SecurityKind.TILL_LIMITS_SET,
            now=clock.now(),
            source=source_of(request),
            detail=body.model_dump(),
        )
        return TillOut.model_validate(till_list.get_till(connection, who.organisation_id, till_id))


@router.post(
    "/{till_id}/write-off",
    summary="Write off what an ended till never sent",
    response_model=WrittenOffOut,
    responses=problems(403, 404, 409),
)
def write_off(
    request: Request, till_id: UUID, who: Revoker, database: DatabaseDep, clock: ClockDep
) -> WrittenOffOut:
    """Its envelope no longer counts as spent; the float is free again."""
    with database.write(lock=f"float:{who.organisation_id}") as connection:
        rest = envelopes.write_off(connection, who.organisation_id, till_id, by=who.user_id, now=clock.now())
        till_list.note_till(
            *(connection, who, till_id),
            kind=SecurityKind.ENVELOPE_WRITTEN_OFF,
            now=clock.now(),
            source=source_of(request),
            detail={"money_minor": rest},
        )
    return WrittenOffOut(money_minor=rest)
