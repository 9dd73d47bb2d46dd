"""Transactions: made by other programs, read by people, moved on by those whose role allows it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from central.deps import ClockDep, DatabaseDep, Principal, require
from central.etags import cacheable, json_bytes, version_wanted
from central.routes.answers import problems
from central.schemas import (
    PRINTABLE,
    StateIn,
    TransactionEventOut,
    TransactionEventsOut,
    TransactionIn,
    TransactionOut,
    TransactionsOut,
)
from central.services import transactions
from central.services.transaction_rows import (
    Sort,
    Transaction,
    TransactionFilter,
    find_transaction,
    list_transactions,
)
from central.services.transaction_search import TEXT_LENGTH_MIN
from central.services.transactions import MOVE_PERMISSIONS, NewTransaction
from pos.domain.permissions import Permission
from pos.domain.states import SaleState

plain = APIRouter(tags=["transactions"])
"""Served as they stand and under /v1."""
router = APIRouter(tags=["transactions"])

Reader = Annotated[Principal, Depends(require(Permission.SALE_VIEW_ALL, Permission.SALE_VIEW_OWN))]
Maker = Annotated[Principal, Depends(require(Permission.SALE_CREATE))]
Mover = Annotated[Principal, Depends(require(*MOVE_PERMISSIONS.values()))]
Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2199, 12, 31))]


@plain.post(
    "/transactions/",
    status_code=201,
    summary="Make a transaction",
    response_model=TransactionOut,
    responses=problems(403, 409),
)
def create_transaction(
    body: TransactionIn,
    who: Maker,
    database: DatabaseDep,
    clock: ClockDep,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Your own id of this request. Sent again, it gets the first answer.",
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
        ),
    ] = None,
) -> Response:
    """It is of origin `api` and begins as `draft` or `awaiting_payment`."""
    new = NewTransaction(**body.model_dump())
    answer = transactions.create_transaction(database, who, new, key=idempotency_key, now=clock.now())
    headers = {"ETag": answer.etag, "Location": answer.location}
    if answer.is_repeated:
        headers["Idempotent-Replayed"] = "true"
    return Response(answer.body, answer.status, headers, media_type="application/json")


@plain.get(
    "/transactions/", summary="List transactions", response_model=TransactionsOut, responses=problems(403)
)
def read_transactions(
    request: Request,
    who: Reader,
    database: DatabaseDep,
    first_day: Day = None,
    last_day: Day = None,
    type: Annotated[
        Literal["token", "voucher", "account", "bill", "goods", "policy", "mixed"] | None, Query()
    ] = None,
    status: Annotated[SaleState | None, Query()] = None,
    origin: Annotated[Literal["till", "api"] | None, Query()] = None,
    till: Annotated[str | None, Query(pattern=r"^[A-Z0-9]{1,8}$", description="The till's code.")] = None,
    cashier: UUID | None = None,
    meter: Annotated[str | None, Query(pattern=r"^(?:[0-9]{11}|[0-9]{13})$")] = None,
    text: Annotated[
        str | None,
        Query(
            min_length=TEXT_LENGTH_MIN,
            max_length=64,
            pattern=PRINTABLE,
            description="The beginning of a receipt number, meter number or reference. Where very many begin "
            "so, a page may hold fewer than `limit`, even none: go on while there is a `next_cursor`.",
        ),
    ] = None,
    flagged: Annotated[
        bool | None, Query(description="Only those that were flagged, or only others.")
    ] = None,
    sort: Annotated[
        Sort, Query(description="By money only within at most 31 days (`first_day`, `last_day`).")
    ] = Sort.NEWEST,
    cursor: Annotated[
        str | None, Query(max_length=400, pattern=PRINTABLE, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Newest first, 20 a page. What comes in meanwhile neither repeats a row nor hides one.

    Cashiers see their own, auditors of an institution those of its meters.
    """
    wanted = TransactionFilter(
        first_day=first_day,
        last_day=last_day,
        type=type,
        state=status,
        origin=origin,
        till=till,
        cashier=cashier,
        drn=meter,
        text=text,
        is_flagged=flagged,
        sort=sort,
    )
    with database.read() as connection:
        page = list_transactions(connection, who, wanted, cursor=cursor, limit=limit)
    content = {"items": [item.as_json() for item in page.items], "next_cursor": page.next_cursor}
    headers = {"Link": _next_link(request, page.next_cursor)} if page.next_cursor else {}
    return Response(json_bytes(content), media_type="application/json", headers=headers)


@plain.get(
    "/transactions/{transaction_id}",
    summary="Read a transaction",
    response_model=TransactionOut,
    responses=problems(304, 403, 404),
)
def read_transaction(request: Request, transaction_id: UUID, who: Reader, database: DatabaseDep) -> Response:
    """With the ETag that a change must name."""
    with database.read() as connection:
        found = find_transaction(connection, who, transaction_id)
    return _answer(request, found)


@plain.put(
    "/transactions/{transaction_id}",
    summary="Move a transaction on",
    response_model=TransactionOut,
    responses=problems(403, 404, 409, 412, 428),
)
def change_transaction(
    transaction_id: UUID,
    body: StateIn,
    who: Mover,
    database: DatabaseDep,
    clock: ClockDep,
    if_match: Annotated[
        str | None, Header(description='The ETag of what you read, such as `"1"`.', pattern=PRINTABLE)
    ] = None,
) -> Response:
    """Only steps that a sale can take, only by a role that may, and only for transactions of origin `api`.

    A till's row answers 409 `transaction.owned_by_till`. Each step leaves an event with who, when and why.
    """
    with database.read() as connection:
        transactions.refuse_tills_own(find_transaction(connection, who, transaction_id))
    moved = transactions.change_state(
        database,
        who,
        transaction_id,
        body.state,
        reason=body.reason,
        version=version_wanted(if_match),
        now=clock.now(),
    )
    return Response(moved.as_bytes(), media_type="application/json", headers={"ETag": f'"{moved.version}"'})


@router.get(
    "/v1/transactions/{transaction_id}/events",
    summary="What became of a transaction",
    response_model=TransactionEventsOut,
    responses=problems(403, 404),
)
def read_events(transaction_id: UUID, who: Reader, database: DatabaseDep) -> TransactionEventsOut:
    """Oldest first."""
    with database.read() as connection:
        found = transactions.list_events(connection, who, transaction_id)
    return TransactionEventsOut(items=[TransactionEventOut.model_validate(event) for event in found])


def _answer(request: Request, transaction: Transaction) -> Response:
    return cacheable(request, transaction.as_bytes(), tag=f'"{transaction.version}"')


def _next_link(request: Request, cursor: str) -> str:
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
