"""Reports of head office."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from central.deps import DatabaseDep, Principal, require
from central.routes.answers import problems
from central.schemas import ReportOut, ReportRowOut
from central.services.reports import By, days_of_month, report_between
from pos.domain.permissions import Permission
from pos.domain.states import SaleState

router = APIRouter(prefix="/v1/reports", tags=["reports"])

Reader = Annotated[Principal, Depends(require(Permission.REPORT_VIEW))]


@router.get("/month", summary="A month's sales", response_model=ReportOut, responses=problems(403))
def read_month(
    who: Reader,
    database: DatabaseDep,
    month: Annotated[str, Query(pattern=r"^2[0-9]{3}-(?:0[1-9]|1[0-2])$", examples=["2026-11"])],
    by: By = By.TYPE,
    state: Annotated[
        SaleState | None, Query(description="`delivered` unless said; with `by=state` all of them.")
    ] = None,
) -> ReportOut:
    """From running totals. Facility managers and auditors of an institution see only its meters' sales."""
    first, last = days_of_month(month)
    counted = state or (None if by is By.STATE else SaleState.DELIVERED)
    with database.read() as connection:
        rows = report_between(connection, who, first, last, by=by, state=counted)
    return ReportOut(
        first_day=first,
        last_day=last,
        by=by,
        state=counted,
        rows=[ReportRowOut.model_validate(row) for row in rows],
    )
