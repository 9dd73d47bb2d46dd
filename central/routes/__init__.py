"""The server's addresses; each module has a `router`."""

from fastapi import APIRouter

from central.routes import (
    auth,
    devices,
    master,
    me,
    meters,
    ops,
    organisation,
    proposals,
    reports,
    review,
    security,
    sessions,
    sync,
    tills,
    transactions,
    users,
    vend,
)

PLAIN: tuple[APIRouter, ...] = (auth.plain, me.plain, users.plain, transactions.plain)
"""The addresses that have no version; they are also served under /v1."""

ROUTERS: list[APIRouter] = [
    ops.router,
    auth.router,
    me.router,
    users.router,
    sessions.router,
    security.router,
    organisation.router,
    transactions.router,
    reports.router,
    tills.router,
    sync.router,
    devices.router,
    proposals.router,
    review.router,
    vend.router,
    master.router,
    meters.router,
]
