"""The oldest till program that is still served: one fact of the database, set by the operator."""

from __future__ import annotations

import re
from datetime import datetime
from importlib.metadata import version as version_of_package

from sqlalchemy import Connection, Label, delete, insert, select

from central.errors import Problem
from central.models.identity import server_fact
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.errors import UserError

MIN_APP = "min_app"
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){1,3}")


def oldest_app() -> Label[str | None]:
    """Return the oldest version as a column `min_app` of another query."""
    query = select(server_fact.c.value).where(server_fact.c.name == MIN_APP)
    return query.scalar_subquery().label("min_app")


def min_app(connection: Connection) -> str:
    """Return the oldest version that is served, empty for any."""
    query = select(server_fact.c.value).where(server_fact.c.name == MIN_APP)
    return connection.execute(query).scalar() or ""


def set_min_app(connection: Connection, oldest: str | None, *, now: datetime, source: Source) -> None:
    """Serve only tills of this version or later, None: any. It holds from their next request on.

    Raises UserError `min_app.form`, `min_app.newer`: no till could have it.
    """
    if oldest is not None and not _VERSION.fullmatch(oldest):
        raise UserError("min_app.form", "A version is written like 0.5.0.")
    own = version_of_package("kilotill")
    if oldest is not None and version_key(oldest) > version_key(own):
        raise UserError("min_app.newer", f"This server is of version {own}: no till has a later one.")
    connection.execute(delete(server_fact).where(server_fact.c.name == MIN_APP))
    if oldest is not None:
        connection.execute(insert(server_fact).values(name=MIN_APP, value=oldest))
    note(
        connection,
        SecurityKind.MIN_APP_SET,
        now=now,
        source=source,
        organisation_id=None,
        detail={"version": oldest},
    )


def refuse_too_old(app: str, oldest: str) -> None:
    """Refuse a till whose program is too old for this server.

    Raises:
        Problem: `sync.app_too_old`, 426, with the oldest version that would do.
    """
    if oldest and app and version_key(app) < version_key(oldest):
        raise Problem(
            "sync.app_too_old",
            f"This till's program is too old for head office: install version {oldest} or later.",
            status=426,
            extra={"min_app": oldest},
        )


def version_key(version: str) -> tuple[int, ...]:
    """Return what versions compare by: the numbers before the first word (`1.4.0rc1` is 1.4.0)."""
    numbers = []
    for part in version.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)
