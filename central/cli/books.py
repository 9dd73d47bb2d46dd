"""The books from the command line: verify them against the raw lines, export lines and transactions."""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from central.cli.context import CLOCK, command_of
from central.models.journal import journal_line
from central.models.tills import till
from central.models.transactions import transactions
from central.services.feed import jump_after_restore
from central.services.organisations import find_organisation
from central.services.verify import tills_of, verify_till
from pos.domain.journal import instant_text
from pos.errors import UserError

_ORGANISATION = click.option("--organisation", metavar="SLUG", help="Needed where there are several.")


@click.command()
@click.option("--till", "code", help="Only this one.")
@_ORGANISATION
@click.pass_context
def verify(context: click.Context, code: str | None, organisation: str | None) -> int:
    """Book every till's lines anew into an empty database beside, and compare every column."""
    found = 0
    with command_of(context).database() as database:
        with database.read() as connection:
            rows = tills_of(connection, find_organisation(connection, organisation))
        wanted = [row for row in rows if code in (None, row.code)]
        if code is not None and not wanted:
            raise UserError("till.unknown", f"There is no till {code!r}.")
        for row in wanted:
            finding = verify_till(database, CLOCK, row.id)
            found += finding is not None
            click.echo(f"{row.code}\t{'right' if finding is None else finding.what}")
    return 1 if found else 0


@click.command("export-lines")
@click.argument("code")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_ORGANISATION
@click.pass_context
def export_lines(context: click.Context, code: str, file: Path, organisation: str | None) -> int:
    """Write a till's journal lines as they came, one a line."""
    with command_of(context).database() as database, database.read_at_length() as connection:
        organisation_id = find_organisation(connection, organisation)
        till_id = connection.execute(
            select(till.c.id).where(till.c.organisation_id == organisation_id, till.c.code == code)
        ).scalar()
        if till_id is None:
            raise UserError("till.unknown", f"There is no till {code!r}.")
        query = select(journal_line.c.line).where(journal_line.c.till_id == till_id)
        lines = connection.execution_options(yield_per=1_000).execute(query.order_by(journal_line.c.seq))
        with file.open("wb") as out:
            for (line,) in lines:
                out.write(line + b"\n")
    return 0


_COLUMNS = (
    "id",
    "origin",
    "till_code",
    "type",
    "state",
    "business_day",
    "at",
    "money_minor",
    "currency",
    "units_milli",
    "cashier_name",
    "drn",
    "receipt_number",
    "reference",
    "is_flagged",
)


@click.command("export-transactions")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), required=True)
@_ORGANISATION
@click.pass_context
def export_transactions(
    context: click.Context, first: datetime, last: datetime, organisation: str | None
) -> int:
    """Write the transactions of some business days as CSV to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_COLUMNS)
    with command_of(context).database() as database, database.read_at_length() as connection:
        query = (
            select(*(transactions.c[name] for name in _COLUMNS))
            .where(
                transactions.c.organisation_id == find_organisation(connection, organisation),
                transactions.c.business_day.between(first.date(), last.date()),
            )
            .order_by(transactions.c.at, transactions.c.id)
        )
        for row in connection.execution_options(yield_per=1_000).execute(query):
            values = dict(row._mapping) | {"at": instant_text(row.at)}
            writer.writerow([_cell(value) for value in values.values()])
    return 0


def _cell(value: Any) -> Any:
    """Return what stands in a cell: a text that a spreadsheet would compute gets a quote before it."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


@click.command("after-restore")
@click.pass_context
def after_restore(context: click.Context) -> int:
    """Run once after a back-up of the database was restored: tills then pull anew what it had not."""
    with command_of(context).database() as database, database.write() as connection:
        jump_after_restore(connection, CLOCK.now())
    click.echo("Done. Tills send again what is missing by themselves.")
    return 0
