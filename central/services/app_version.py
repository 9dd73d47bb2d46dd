"""The oldest till program that is still served: one fact of the database, set by the operator."""

from __future__ import annotations

from sqlalchemy import Connection, Label, select

from central.errors import Problem
from central.models.identity import server_fact

MIN_APP = "min_app"


def oldest_app() -> Label[str | None]:
    """Return the oldest version as a column `min_app` of another query."""
    query = select(server_fact.c.value).where(server_fact.c.name == MIN_APP)
    return query.scalar_subquery().label("min_app")


def min_app(connection: Connection) -> str:
    """Return the oldest version that is served, empty for any."""
    query = select(server_fact.c.value).where(server_fact.c.name == MIN_APP)
    return connection.execute(query).scalar() or ""


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
