"""`serve`: checks everything once, then lets the worker processes answer."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from central.cli.context import CLOCK, Command, command_of
from central.db import Database
from central.demo import DEMO_PASSWORD, DEMO_PEOPLE, has_organisation, make_demo, settle_kind
from central.file_lock import only_server
from central.history import make_ready
from central.logs import prepare_loggers, start_logs
from central.metrics import SHARED_FOLDER
from central.passwords import Passwords
from central.settings import Settings
from pos.errors import UserError

STOP_WITHIN_S = 30


@click.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    command = command_of(context)
    settings = command.settings()
    with ExitStack() as stack:
        if settings.is_sqlite:
            stack.enter_context(only_server(settings.data_folder))
        _prepare(settings)
        if settings.workers > 1:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="kilotill-metrics-"))
            os.environ[SHARED_FOLDER] = folder
        if command.is_demo:
            os.environ["KILOTILL_DEMO"] = "1"
        _say_hello(settings, command)
        # uvicorn finishes what is under way, then raises the signal again: being asked to stop is no failure.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _answer(settings, stack.enter_context(_listening(settings)))


def _answer(settings: Settings, listening: socket.socket) -> None:
    config = uvicorn.Config(
        "central.app:from_environment",
        factory=True,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        timeout_keep_alive=75,
    )
    # Ctrl-C at a terminal is a way to stop, too.
    with suppress(KeyboardInterrupt):
        if settings.workers == 1:
            uvicorn.Server(config).run(sockets=[listening])
        else:
            Multiprocess(config, sockets=[listening]).run()


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Open the address. Raises UserError `server.address`.

    uvicorn's own socket does not name its protocol, so asyncio leaves Nagle's algorithm on, and every second
    answer on a kept connection waits 40 ms. Ours names it.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        if os.name != "nt":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((settings.host, settings.port))
        except OSError as error:
            raise UserError(
                "server.address", f"{settings.host}:{settings.port} cannot be served: {error.strerror}."
            ) from error
        listening.set_inheritable(True)
        yield listening


def _prepare(settings: Settings) -> None:
    """Bring the database to this program's version; fill a new demo."""
    prepare_loggers()
    start_logs(settings.log_level)
    database = Database(settings.database_url, pool_size=2)
    try:
        make_ready(database)
        if settle_kind(database, is_demo=settings.is_demo) and settings.is_demo:
            make_demo(database, Passwords(settings.password_cost), now=CLOCK.now())
        with database.read() as connection:
            is_new = not has_organisation(connection)
    finally:
        database.close()
    if is_new:
        click.echo("Nobody is served yet: run 'python -m central create-organisation', then", err=True)
        click.echo("'python -m central create-administrator'. The server sees them at once.", err=True)


def _say_hello(settings: Settings, command: Command) -> None:
    where = Path(settings.data_folder) if settings.is_sqlite else "PostgreSQL"
    click.echo(f"Kilotill head office on http://{settings.host}:{settings.port} ({where})", err=True)
    click.echo(f"Try it at http://{settings.host}:{settings.port}/docs", err=True)
    if command.is_demo:
        names = ", ".join(DEMO_PEOPLE)
        click.echo(f"Demo people: {names}; everybody's password: {DEMO_PASSWORD}", err=True)
