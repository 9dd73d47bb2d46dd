"""What tills propose, from the command line: the list, and one decision for many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import click
from sqlalchemy import Row

from central.cli.context import CLOCK, command_of
from central.db import Database
from central.errors import Problem
from central.services.feed import Feed
from central.services.organisations import find_organisation
from central.services.proposals import Proposals
from central.services.till_list import list_tills
from pos.errors import UserError

_PAGE = 100


@click.command("proposals")
@click.option("--till", "till_code", metavar="CODE", help="Only of this till.")
@click.option("--accept", "decision", flag_value="accept", help="Take all of them.")
@click.option("--refuse", "decision", flag_value="refuse", help="Refuse all of them.")
@click.option("--reason", default="", help="Needed for a decision; tills are told.")
@click.option("--organisation", metavar="SLUG", help="Needed where there are several.")
@click.pass_context
def proposals_command(
    context: click.Context,
    till_code: str | None,
    decision: str | None,
    reason: str,
    organisation: str | None,
) -> int:
    """List the meters and customers that tills propose, or decide on all of them.

    The register of a shop that enrols comes as proposals. One that cannot be taken is named and goes on
    waiting.
    """
    if decision is not None and len(reason) < 3:
        raise UserError("proposal.reason", "Say why, in at least three letters: --reason.")
    with command_of(context).database() as database:
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            codes = {row.id: row.code for row in list_tills(connection, organisation_id)}
        desk = Proposals(database, Feed(database))
        rows = (
            row
            for row in _waiting(database, desk, organisation_id)
            if till_code in (None, codes.get(row.till_id))
        )
        if decision is None:
            for row in rows:
                click.echo(f"{row.id}\t{codes.get(row.till_id, '')}\t{row.resource}\t{_name(row)}")
            return 0
        return _decide_all(database, desk, rows, is_accepted=decision == "accept", reason=reason)


def _decide_all(
    database: Database, desk: Proposals, rows: Iterator[Row[Any]], *, is_accepted: bool, reason: str
) -> int:
    done = left = 0
    for row in rows:
        try:
            with database.write(lock=f"proposal:{row.id}") as connection:
                desk.decide(
                    connection,
                    row.organisation_id,
                    row.id,
                    is_accepted=is_accepted,
                    reason=reason,
                    by=None,
                    now=CLOCK.now(),
                )
            done += 1
        except (Problem, UserError) as refusal:
            left += 1
            click.echo(f"{row.resource} {_name(row)}: {refusal.text} [{refusal.code}]", err=True)
    click.echo(f"{'accepted' if is_accepted else 'refused'} {done}, left {left}")
    return 1 if left else 0


def _waiting(database: Database, desk: Proposals, organisation_id: UUID) -> Iterator[Row[Any]]:
    after: UUID | None = None
    while True:
        with database.read() as connection:
            rows = desk.list_some(connection, organisation_id, state="waiting", after=after, limit=_PAGE)
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def _name(row: Row[Any]) -> str:
    """What people call it by; a customer's name stays out of the list."""
    record = row.record
    return str(record.get("meter_number") or record.get("drn") or record.get("customer_id", ""))
