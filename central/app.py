"""Builds the application: one function, no global state."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.metadata import version

from anyio import to_thread
from fastapi import FastAPI

from central.clock import Clock, SystemClock
from central.db import Database
from central.garbage import spare_what_stays
from central.head_office import build_head_office
from central.jobs import JOBS
from central.jobs.runner import JobContext, JobRunner
from central.limits import Limiter
from central.logs import prepare_loggers, start_logs
from central.metrics import Metrics
from central.middleware import RequestMiddleware
from central.openapi import openapi_of
from central.passwords import Passwords
from central.problems import add_handlers
from central.routes import PLAIN, ROUTERS
from central.security import AccessTokens
from central.services.sign_in import SignIn
from central.services.two_factor import TwoFactor
from central.settings import Settings, load_settings

_FOR_JOBS = 3
"""Connections besides those of the threads that answer requests."""


def create_app(
    settings: Settings, *, clock: Clock | None = None, database: Database | None = None
) -> FastAPI:
    """Return the server's application; the database is of this program's version already."""
    prepare_loggers()
    app = FastAPI(
        title="Kilotill head office",
        version=version("kilotill"),
        lifespan=_lifespan,
        # The pages of the framework fetch scripts from the internet; ours is `central.routes.docs`.
        docs_url=None,
        redoc_url=None,
    )
    _give_state(app, settings, clock or SystemClock(), database)
    for router in PLAIN:
        app.include_router(router)
        app.include_router(router, prefix="/v1")
    for router in ROUTERS:
        app.include_router(router)
    add_handlers(app)
    app.add_middleware(RequestMiddleware, owner=app)
    app.openapi = lambda: openapi_of(app)  # type: ignore[method-assign]
    return app


def from_environment() -> FastAPI:
    """Return the application of a worker process; the first process has checked and prepared everything."""
    settings = load_settings(os.environ, is_demo=bool(os.environ.get("KILOTILL_DEMO")))
    start_logs(settings.log_level)
    app = create_app(settings)
    spare_what_stays()
    return app


def _give_state(app: FastAPI, settings: Settings, clock: Clock, database: Database | None) -> None:
    state = app.state
    state.settings = settings
    state.clock = clock
    state.database = database or Database(settings.database_url, pool_size=settings.threads + _FOR_JOBS)
    state.limiter = Limiter(settings.rates)
    state.metrics = Metrics()
    state.passwords = Passwords(settings.password_cost)
    state.access_tokens = AccessTokens(settings.secret_key, timedelta(minutes=settings.access_minutes))
    state.head_office = build_head_office(settings, state.database, state.clock)
    state.two_factor = TwoFactor(settings.secret_key)
    state.sign_in = SignIn(
        state.database,
        state.passwords,
        state.two_factor,
        secret_key=settings.secret_key,
        lifetime=settings.refresh_lifetime,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    # As many threads as connections: nobody waits for a connection while holding a thread.
    state = app.state
    to_thread.current_default_thread_limiter().total_tokens = state.settings.threads
    context = JobContext(state.database, state.settings, state.clock)
    jobs = JobRunner(JOBS if state.settings.runs_jobs else [], context)
    jobs.start()
    yield
    jobs.stop()
    await state.head_office.hint_board.stop()
    state.database.close()
