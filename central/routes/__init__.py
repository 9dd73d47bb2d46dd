"""The server's addresses; each module has a `router`."""

from fastapi import APIRouter

from central.routes import (
    auth,
    customers,
    devices,
    docs,
    master,
    me,
    meters,
    ops,
    organisation,
    payments,
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
    webhooks,
)

PLAIN: tuple[APIRouter, ...] = (auth.plain, me.plain, users.plain, transactions.plain)
"""The addresses that have no version; they are also served under /v1."""

ROUTERS: list[APIRouter] = [
    ops.router,
    docs.router,
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
    payments.router,
    webhooks.router,
    master.router,
    meters.router,
    customers.router,
]
