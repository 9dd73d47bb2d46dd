"""Whose lines and books a till may see: its own, and those of the tills it carries on."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, select

from central.errors import Problem
from central.models.journal import journal_line
from central.models.tills import till
from central.services.till_sessions import TillPrincipal


def check_own(connection: Connection, who: TillPrincipal, wanted: UUID) -> None:
    """Refuse a till that asks for another one's book.

    Raises:
        Problem: `till.not_authorised`, 403.
    """
    if wanted not in succession_of(connection, who.till_id):
        raise Problem("till.not_authorised", "This is another till's book.", status=403)


def succession_of(connection: Connection, till_id: UUID) -> tuple[UUID, ...]:
    """Return a till and those before it whose books it carries on, the newest first."""
    found = [till_id]
    while True:
        query = select(till.c.replaces).where(till.c.id == found[-1])
        before: UUID | None = connection.execute(query).scalar()
        if before is None or before in found:
            return tuple(found)
        found.append(before)


def read_lines(
    connection: Connection, who: TillPrincipal, wanted: UUID, *, after: int, limit: int
) -> list[bytes]:
    """Return stored lines after a seq. Raises as `check_own`."""
    check_own(connection, who, wanted)
    query = (
        select(journal_line.c.line)
        .where(journal_line.c.till_id == wanted, journal_line.c.seq > after)
        .order_by(journal_line.c.seq)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def refuse_forked(connection: Connection, who: TillPrincipal) -> None:
    """Give nothing to a till whose book exists twice.

    Raises:
        Problem: `sync.fork`, 409.
    """
    row = connection.execute(select(till.c.forked_at, till.c.fork_seq).where(till.c.id == who.till_id)).one()
    if row.forked_at is not None:
        known = connection.execute(
            select(journal_line.c.hash).where(
                journal_line.c.till_id == who.till_id, journal_line.c.seq == row.fork_seq
            )
        ).scalar()
        raise Problem(
            "sync.fork",
            "This till's book exists twice: it must be replaced.",
            status=409,
            # `final`: who asks for a token learns nothing here about what became of the sale.
            extra={"seq": row.fork_seq, "hash": (known or bytes(32)).hex(), "final": False},
        )
