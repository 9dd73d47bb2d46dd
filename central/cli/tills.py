"""Tills from the command line: enrolment codes, revocation, the list."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import Connection, select

from central.cli.context import CLOCK, command_of
from central.models.master import sales_point
from central.models.tills import till
from central.services.app_version import min_app, set_min_app
from central.services.enrolment import CODE_LIFETIME, Enrolment, Limits, make_code
from central.services.envelopes import ServerSigner
from central.services.organisations import find_organisation
from central.services.security_log import SecurityKind, note
from central.services.till_list import list_tills
from central.source import COMMAND_LINE
from pos.errors import UserError

_ORGANISATION = click.option("--organisation", metavar="SLUG", help="Needed where there are several.")


@click.command("enrol-code")
@click.option("--sales-point", metavar="NAME", help="Needed where there are several.")
@click.option("--limit-money", "limit_minor", type=click.IntRange(0), default=500_000, show_default=True)
@click.option("--limit-units", "limit_milli", type=click.IntRange(0), default=2_000_000, show_default=True)
@_ORGANISATION
@click.pass_context
def enrol_code(
    context: click.Context,
    sales_point: str | None,
    limit_minor: int,
    limit_milli: int,
    organisation: str | None,
) -> int:
    """Make an enrolment code for one till: ten letters, good for 15 minutes.

    The limits are what the till may sell offline: money in minor units, units in thousandths.
    """
    with command_of(context).database() as database, database.write() as connection:
        organisation_id = find_organisation(connection, organisation)
        place = _sales_point(connection, organisation_id, sales_point)
        limits = Limits(limit_minor, limit_milli)
        now = CLOCK.now()
        code = make_code(connection, organisation_id, place, limits=limits, by=None, now=now)
        note(
            connection,
            SecurityKind.TILL_CODE_MADE,
            now=now,
            source=COMMAND_LINE,
            organisation_id=organisation_id,
            detail={"sales_point_id": str(place)},
        )
    click.echo(code)
    click.echo(f"Good until {now + CODE_LIFETIME:%H:%M} UTC, for one till.", err=True)
    return 0


@click.command("tills")
@_ORGANISATION
@click.pass_context
def tills_command(context: click.Context, organisation: str | None) -> int:
    """List the tills: code, state, last line stored, last line booked, last push, id."""
    with command_of(context).database() as database, database.read() as connection:
        for row in list_tills(connection, find_organisation(connection, organisation)):
            pushed = "-" if row.pushed_at is None else f"{row.pushed_at:%Y-%m-%dT%H:%M:%SZ}"
            forked = "\tFORKED" if row.forked_at is not None else ""
            click.echo(
                f"{row.code}\t{row.state}\t{row.head_seq}\t{row.booked_seq}\t{pushed}\t{row.id}{forked}"
            )
    return 0


@click.command("revoke-till")
@click.argument("code")
@click.option("--reason", required=True, help="Why; it is told to the other tills.")
@click.option("--lost", is_flag=True, help="Nobody expects it to send what it still has.")
@_ORGANISATION
@click.pass_context
def revoke_till(
    context: click.Context, code: str, reason: str, organisation: str | None, *, lost: bool
) -> int:
    """Revoke a till: it may still send what it has, and gets nothing any more."""
    command = command_of(context)
    with command.database() as database:
        settings = command.settings()
        enrolment = Enrolment(database, ServerSigner(settings.signing_key), is_demo=settings.is_demo)
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            till_id = _till(connection, organisation_id, code)
        with database.write(lock=enrolment.lock_name(organisation_id)) as connection:
            enrolment.end(
                *(connection, organisation_id, till_id),
                state="lost" if lost else "revoked",
                reason=reason,
                now=CLOCK.now(),
            )
            note(
                connection,
                SecurityKind.TILL_REVOKED,
                now=CLOCK.now(),
                source=COMMAND_LINE,
                organisation_id=organisation_id,
                subject_id=till_id,
                detail={"reason": reason, "is_lost": lost},
            )
    click.echo(f"{code} is revoked.")
    return 0


@click.command("min-app")
@click.argument("version", required=False)
@click.option("--any", "is_any", is_flag=True, help="Serve tills of every version again.")
@click.pass_context
def min_app_command(context: click.Context, version: str | None, *, is_any: bool) -> int:
    """Say the oldest version of tills that are served, or set it; older ones are told to be upgraded.

    They go on selling, and send what they have afterwards.
    """
    if version is not None and is_any:
        raise click.UsageError("Give a version or --any.")
    with command_of(context).database() as database:
        if version is not None or is_any:
            with database.write() as connection:
                set_min_app(connection, version, now=CLOCK.now(), source=COMMAND_LINE)
        with database.read() as connection:
            click.echo(min_app(connection) or "any")
    return 0


def _till(connection: Connection, organisation: UUID, code: str) -> UUID:
    query = select(till.c.id).where(till.c.organisation_id == organisation, till.c.code == code)
    till_id: UUID | None = connection.execute(query).scalar()
    if till_id is None:
        raise UserError("till.unknown", f"There is no till {code!r}.")
    return till_id


def _sales_point(connection: Connection, organisation: UUID, name: str | None) -> UUID:
    query = select(sales_point.c.id, sales_point.c.name).where(
        sales_point.c.organisation_id == organisation, sales_point.c.is_active
    )
    rows = [row for row in connection.execute(query) if name in (None, row.name)]
    if len(rows) != 1:
        there_is_one = connection.execute(query.limit(1)).first() is not None
        text = (
            "Name one sales point: --sales-point."
            if there_is_one
            else "Make a sales point first: sales-point."
        )
        raise UserError("sales_point.unknown", text)
    place: UUID = rows[0].id
    return place
