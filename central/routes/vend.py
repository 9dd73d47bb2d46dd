"""The server as a key holder (docs/formats.md §6, §10)."""

from __future__ import annotations

from fastapi import APIRouter

from central.deps import DatabaseDep
from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.services.former_lines import refuse_forked
from central.till_auth import CurrentTill
from pos.contracts.vend import VendAnswer, VendRequest

router = APIRouter(prefix="/v1", tags=["vend"])


@router.post(
    "/vend",
    summary="Ask for the token of a paid sale",
    response_model=VendAnswer,
    response_model_exclude_none=False,
    responses={202: {"description": "Not yet: ask again with the same request."}, **problems(403, 404, 409)},
)
def vend(body: VendRequest, who: CurrentTill, database: DatabaseDep, office: HeadOfficeDep) -> VendAnswer:
    """Idempotent by `sale_id`. A problem with `final` true is the final no: the sale is never served here."""
    with database.read() as connection:
        refuse_forked(connection, who)
    vended = office.vending.vend(who, body)
    return VendAnswer.model_validate({"sale_id": body.sale_id, **vended})
