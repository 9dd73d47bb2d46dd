"""Customers from the command line."""

from __future__ import annotations

from uuid import UUID

import click

from central.cli.context import CLOCK, command_of
from central.services.customer_merging import merge_customers
from central.services.feed import Feed
from central.services.meter_changes import Author
from central.services.organisations import find_organisation


@click.command("merge-customers")
@click.argument("kept", type=click.UUID)
@click.argument("duplicate", type=click.UUID)
@click.option("--reason", required=True, help="Why; it stands with both customers.")
@click.option("--organisation", metavar="SLUG", help="Needed where there are several.")
@click.pass_context
def merge_customers_command(
    context: click.Context, kept: UUID, duplicate: UUID, reason: str, organisation: str | None
) -> int:
    """Let the customer of the id DUPLICATE be the customer KEPT from now on; this cannot be undone.

    The duplicate's meters are KEPT's, and what is not known of KEPT comes from the duplicate.
    """
    with command_of(context).database() as database, database.write() as connection:
        organisation_id = find_organisation(connection, organisation)
        author = Author(organisation_id, None, "command line", CLOCK.now())
        merge_customers(connection, Feed(database), author, kept=kept, duplicate=duplicate, reason=reason)
    return 0
