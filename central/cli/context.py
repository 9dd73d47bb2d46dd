"""What the commands share: settings, and the database they work on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click

from central.clock import SystemClock
from central.db import Database
from central.history import make_ready
from central.passwords import Passwords
from central.settings import Settings, load_settings, make_keys
from pos.errors import UserError


@dataclass(frozen=True, slots=True)
class Command:
    """How a command was called."""

    is_demo: bool

    def settings(self) -> Settings:
        """Read the settings. A shop's own server on SQLite gets its keys the first time it is started.

        Raises UserError `settings.*`.
        """
        settings = load_settings(_with_keys(self.is_demo), is_demo=self.is_demo)
        settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return settings

    @contextmanager
    def database(self) -> Iterator[Database]:
        """Open the database, which is made or upgraded where that may happen by itself."""
        database = Database(self.settings().database_url, pool_size=2)
        try:
            make_ready(database)
            yield database
        finally:
            database.close()

    def passwords(self) -> Passwords:
        """Return what makes hashes."""
        return Passwords(self.settings().password_cost)


CLOCK = SystemClock()


def command_of(context: click.Context) -> Command:
    """Return how the program was called."""
    command = context.find_object(Command)
    assert command is not None, "the root makes it"
    return command


def read_password(*, from_stdin: bool) -> str:
    """Read a new password: typed twice without being shown, or as one line of standard input.

    Raises UserError `password.no_terminal`.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError("password.no_terminal", "Nobody can type here: send it with --password-stdin.")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _with_keys(is_demo: bool) -> dict[str, str]:  # noqa: FBT001 - private, and named where it is called
    environment = dict(os.environ)
    if not is_demo and not environment.get("KILOTILL_DATABASE_URL"):
        from central.settings import default_data_folder

        if make_keys(default_data_folder(environment, is_demo=False)):
            click.echo("Made the server's keys. Keep a copy of keys.json in a safe place.", err=True)
    return environment
