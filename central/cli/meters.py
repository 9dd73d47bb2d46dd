"""Meters from the command line."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import Connection, select

from central.cli.context import CLOCK, command_of
from central.models.master import meter
from central.services.feed import Feed
from central.services.merging import merge_meters
from central.services.meter_changes import Author
from central.services.organisations import find_organisation
from pos.errors import UserError


@click.command("merge-meters")
@click.argument("kept")
@click.argument("duplicate")
@click.option("--reason", required=True, help="Why; it stands with both meters.")
@click.option("--organisation", metavar="SLUG", help="Needed where there are several.")
@click.pass_context
def merge_meters_command(
    context: click.Context, kept: str, duplicate: str, reason: str, organisation: str | None
) -> int:
    """Let the meter number DUPLICATE be the meter KEPT from now on; this cannot be undone.

    What was bought, charged and paid under either counts for KEPT; what was taken twice comes back as credit.
    """
    with command_of(context).database() as database, database.write() as connection:
        organisation_id = find_organisation(connection, organisation)
        author = Author(organisation_id, None, "command line", CLOCK.now())
        ids = [_meter(connection, organisation_id, number) for number in (kept, duplicate)]
        merge_meters(connection, Feed(database), author, kept=ids[0], duplicate=ids[1], reason=reason)
    return 0


def _meter(connection: Connection, organisation_id: UUID, number: str) -> UUID:
    """Return the meter of a number, of several the one that is kept. Raises UserError `meter.unknown`."""
    query = select(meter.c.id).where(meter.c.organisation_id == organisation_id, meter.c.drn == number)
    found: UUID | None = connection.execute(
        query.order_by(meter.c.merged_into.is_not(None)).limit(1)
    ).scalar()
    if found is None:
        raise UserError("meter.unknown", f"Head office has no meter {number}.")
    return found
