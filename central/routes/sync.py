"""What tills exchange: push, pull, lines of a replaced till, envelopes, books (docs/formats.md §9, §10)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from central.deps import ClockDep, DatabaseDep
from central.errors import Problem
from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.services import books, former_lines
from central.services.pull import PullPlace
from central.services.push_batch import too_large
from central.till_auth import CurrentTill, DrainingTill
from pos.contracts.books import DayBook
from pos.contracts.envelope import SignedEnvelope
from pos.contracts.pull import PullPage
from pos.contracts.push import PushAnswer
from pos.contracts.wire import LINES_MAX, NDJSON, PULL_ROWS_MAX, PUSH_BYTES_PACKED_MAX

router = APIRouter(prefix="/v1", tags=["sync"])

_GZIPPED_LINES = {
    "requestBody": {
        "required": True,
        "description": "Gzip: one header line, then journal lines (docs/formats.md §10).",
        "content": {NDJSON: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    "/sync/push",
    summary="Send journal lines",
    response_model=PushAnswer,
    responses=problems(403, 409),
    openapi_extra=_GZIPPED_LINES,
)
async def push(request: Request, who: DrainingTill, office: HeadOfficeDep) -> Response:
    """Lines are stored as they are, then booked. A batch is refused whole or not at all."""
    packed = await _body(request)
    answer = await run_in_threadpool(office.push.take, packed, sender=who.till_id, min_app=who.min_app)
    return Response(answer, media_type="application/json")


@router.get("/sync/pull", summary="Pull changes", response_model=PullPage, responses=problems(403, 404, 410))
def pull(
    who: CurrentTill,
    office: HeadOfficeDep,
    clock: ClockDep,
    resource: Annotated[str, Query(max_length=40)],
    cursor: Annotated[str, Query(max_length=40)] = "",
    limit: Annotated[int, Query(ge=1, le=PULL_ROWS_MAX)] = PULL_ROWS_MAX,
) -> Response:
    """In the order of their numbers, from after the cursor on. An unknown cursor: 410, begin anew."""
    page = office.pull.page(who, PullPlace(resource, cursor, limit), clock.now())
    return Response(page, media_type="application/json")


@router.get(
    "/sync/lines",
    summary="Fetch lines of the replaced till",
    response_class=Response,
    responses={200: {"content": {NDJSON: {}}}, **problems(403)},
)
def lines(
    who: CurrentTill,
    database: DatabaseDep,
    till: UUID,
    after: Annotated[int, Query(ge=0, le=2**40)] = 0,
    limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = LINES_MAX,
) -> Response:
    """As they were stored, in order; none when there are no more."""
    with database.read() as connection:
        found = former_lines.read_lines(connection, who, till, after=after, limit=limit)
    return Response(b"".join(line + b"\n" for line in found), media_type=NDJSON)


@router.get(
    "/sync/envelope",
    summary="Ask for a newer envelope",
    response_model=SignedEnvelope,
    responses={204: {"description": "The one in force stands."}, **problems(403, 409)},
)
def envelope(
    who: CurrentTill,
    database: DatabaseDep,
    office: HeadOfficeDep,
    clock: ClockDep,
    sequence: Annotated[int, Query(ge=0, le=2**40)] = 0,
) -> Response:
    """`sequence` is of the envelope in force, 0 for none."""
    with database.write(lock=f"float:{who.organisation_id}") as connection:
        former_lines.refuse_forked(connection, who)
        granted = office.envelopes.renew(connection, who.till_id, in_force=sequence, now=clock.now())
    if granted is None:
        return Response(status_code=204)
    return Response(granted.model_dump_json(), media_type="application/json")


@router.get(
    "/books/{till}/{day}",
    summary="Compare a business day",
    response_model=DayBook,
    responses=problems(403, 404),
)
def day_book(
    till: UUID,
    day: Annotated[str, Path(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")],
    who: CurrentTill,
    database: DatabaseDep,
) -> DayBook:
    """What the server has of one till's business day: the till's own, or of the one it replaced."""
    with database.read() as connection:
        former_lines.check_own(connection, who, till)
        return books.day_book(connection, till, day)


async def _body(request: Request) -> bytes:
    """Read the body, never more than a push may have."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > PUSH_BYTES_PACKED_MAX:
            raise too_large()
    if not data:
        raise Problem("sync.format", "The body is empty.", status=400)
    return bytes(data)
