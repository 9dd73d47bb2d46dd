"""Payments of tills that have no keys of a provider (docs/payments.md)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from central.head_office import HeadOfficeDep
from central.routes.answers import problems
from central.till_auth import CurrentTill
from pos.contracts.payments import (
    HINTS_WAIT_S_MAX,
    BalanceAnswer,
    BanksAnswer,
    HintsAnswer,
    PayAnswer,
    PayerAnswer,
    PayerRequest,
    PayRefund,
    PayRequest,
    PayStep,
    ProvidersAnswer,
)

router = APIRouter(prefix="/v1/payments", tags=["payments"])

Provider = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Reference = Annotated[str, Path(pattern=r"^[A-Za-z0-9._=-]{1,64}$")]


@router.get("/providers", summary="What a till may offer", response_model=ProvidersAnswer)
def providers(who: CurrentTill, office: HeadOfficeDep) -> ProvidersAnswer:
    """The providers of the till's organisation, with pace and bounds."""
    return office.payments.providers(who)


@router.get("/hints", summary="Wait for callbacks about this till's payments", response_model=HintsAnswer)
async def hints(
    who: CurrentTill,
    office: HeadOfficeDep,
    after: Annotated[int, Query(ge=-1, le=2**53 - 1)] = -1,
    wait_s: Annotated[int, Query(ge=0, le=HINTS_WAIT_S_MAX)] = HINTS_WAIT_S_MAX,
) -> HintsAnswer:
    """Answers as soon as one comes, at the latest after `wait_s`. `after` -1 asks where to begin."""
    return await office.hint_board.wait(who.till_id, after=after, seconds=wait_s)


@router.post(
    "/{provider}/requests",
    summary="Ask a payer for money",
    response_model=PayAnswer,
    responses=problems(404, 409),
)
def request(provider: Provider, body: PayRequest, who: CurrentTill, office: HeadOfficeDep) -> PayAnswer:
    """Repeated with the same reference it never charges twice: the provider knows the reference."""
    return office.payments.request(who, provider, body)


@router.get(
    "/{provider}/requests/{reference}",
    summary="Ask what became of a payment",
    response_model=PayAnswer,
    responses=problems(404, 409),
)
def status(provider: Provider, reference: Reference, who: CurrentTill, office: HeadOfficeDep) -> PayAnswer:
    """The provider is asked each time; the server remembers no answer."""
    return office.payments.status(who, provider, reference)


@router.post(
    "/{provider}/requests/{reference}/step",
    summary="Hand over what the payer gave",
    response_model=PayAnswer,
    responses=problems(404, 409),
)
def step(
    provider: Provider, reference: Reference, body: PayStep, who: CurrentTill, office: HeadOfficeDep
) -> PayAnswer:
    """A PIN, an OTP, a birthday: passed on, never kept."""
    return office.payments.step(who, provider, reference, message=body)


@router.post(
    "/{provider}/refunds",
    summary="Give a payment back",
    response_model=PayAnswer,
    responses=problems(404, 409),
)
def refund(provider: Provider, body: PayRefund, who: CurrentTill, office: HeadOfficeDep) -> PayAnswer:
    """A refund has a reference of its own, made and stored by the till before it asks."""
    return office.payments.refund(who, provider, body)


@router.post(
    "/{provider}/refunds/status",
    summary="Ask what became of a refund",
    response_model=PayAnswer,
    responses=problems(404, 409),
)
def refund_status(provider: Provider, body: PayRefund, who: CurrentTill, office: HeadOfficeDep) -> PayAnswer:
    """With the refund as it was sent: some providers know it only by the payment it belongs to."""
    return office.payments.refund_status(who, provider, body)


@router.get(
    "/{provider}/balance",
    summary="Ask for the shop's money at a provider",
    response_model=BalanceAnswer,
    responses=problems(404, 503),
)
def balance(provider: Provider, who: CurrentTill, office: HeadOfficeDep) -> BalanceAnswer:
    """As the provider says it now."""
    return office.payments.balance(who, provider)


@router.get(
    "/{provider}/banks",
    summary="List the banks whose accounts a provider charges",
    response_model=BanksAnswer,
    responses=problems(404, 503),
)
def banks(provider: Provider, who: CurrentTill, office: HeadOfficeDep) -> BanksAnswer:
    """As the provider said at `at`; it is asked at most once a day."""
    return office.payments.banks(who, provider)


@router.post(
    "/{provider}/payers",
    summary="Ask whose phone this is",
    response_model=PayerAnswer,
    responses=problems(404, 503),
)
def payer(provider: Provider, body: PayerRequest, who: CurrentTill, office: HeadOfficeDep) -> PayerAnswer:
    """The number is in the body: addresses stand in logs."""
    return office.payments.payer(who, provider, body.phone)
