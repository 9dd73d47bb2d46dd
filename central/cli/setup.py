"""Setting a server up: keys, database, organisations, the first administrator, maintenance."""

from __future__ import annotations

import os

import click
from sqlalchemy import select

from central.cli.context import CLOCK, command_of, read_password
from central.db import Database
from central.demo import settle_kind
from central.history import newest_version, upgrade
from central.models.identity import users
from central.services.organisations import (
    NewOrganisation,
    begin_maintenance,
    create_organisation,
    end_maintenance,
    find_organisation,
    list_organisations,
)
from central.services.users import NewUser, create_user, set_password
from central.settings import KEYS_FILE, default_data_folder, make_keys
from central.source import COMMAND_LINE
from pos.domain.permissions import Role
from pos.errors import UserError

_ORGANISATION = click.option("--organisation", metavar="SLUG", help="Needed where there are several.")
_PASSWORD_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read it as one line of standard input."
)


@click.command()
@click.pass_context
def init(context: click.Context) -> int:
    """Make the server's keys into its data folder; those that are there stay."""
    folder = default_data_folder(os.environ, is_demo=command_of(context).is_demo)
    if make_keys(folder):
        click.echo(
            f"Made {folder / KEYS_FILE}. Keep a copy in a safe place: without it sealed secrets are lost."
        )
    else:
        click.echo(f"{folder / KEYS_FILE} is there already: nothing was changed.")
    return 0


@click.command()
@click.pass_context
def migrate(context: click.Context) -> int:
    """Bring the database to this program's version; make a back-up before."""
    settings = command_of(context).settings()
    database = Database(settings.database_url, pool_size=2)
    try:
        upgrade(database)
        settle_kind(database, is_demo=settings.is_demo)
    finally:
        database.close()
    click.echo(f"The database is of version {newest_version()}.")
    return 0


@click.command("create-organisation")
@click.argument("slug")
@click.option("--name", required=True, help="As it stands on papers.")
@click.option(
    "--time-zone", default="Africa/Kigali", show_default=True, help="IANA name; it makes the business day."
)
@click.option("--currency", default="RWF", show_default=True)
@click.option("--tin", help="The tax number on receipts.")
@click.pass_context
def create_organisation_command(
    context: click.Context, slug: str, name: str, time_zone: str, currency: str, tin: str | None
) -> int:
    """Make an organisation: a tenant with its own people, tills and books."""
    new = NewOrganisation(slug=slug, name=name, time_zone=time_zone, currency=currency, tin=tin)
    with command_of(context).database() as database:
        made = create_organisation(database, new, now=CLOCK.now(), source=COMMAND_LINE)
    click.echo(str(made))
    return 0


@click.command("organisations")
@click.pass_context
def organisations_command(context: click.Context) -> int:
    """List the organisations."""
    with command_of(context).database() as database, database.read() as connection:
        for row in list_organisations(connection):
            click.echo(f"{row.slug}\t{row.id}\t{row.currency}\t{row.time_zone}\t{row.name}")
    return 0


@click.command("create-administrator")
@click.argument("username")
@click.option("--name", required=True, help="The person's name.")
@_ORGANISATION
@_PASSWORD_STDIN
@click.pass_context
def create_administrator(
    context: click.Context, username: str, name: str, organisation: str | None, *, password_stdin: bool
) -> int:
    """Make an administrator, who makes everybody else."""
    command = command_of(context)
    with command.database() as database:
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
        password = read_password(from_stdin=password_stdin)
        made = create_user(
            database,
            command.passwords(),
            organisation_id,
            NewUser(username=username, full_name=name, role=Role.ADMINISTRATOR, password=password),
            actor_id=None,
            now=CLOCK.now(),
            source=COMMAND_LINE,
        )
    click.echo(str(made.id))
    return 0


@click.command("set-password")
@click.argument("username")
@_ORGANISATION
@_PASSWORD_STDIN
@click.pass_context
def set_password_command(
    context: click.Context, username: str, organisation: str | None, *, password_stdin: bool
) -> int:
    """Give somebody a new password: the way back in for the last administrator. Their sessions end."""
    command = command_of(context)
    with command.database() as database:
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            query = select(users.c.id).where(
                users.c.organisation_id == organisation_id, users.c.username == username
            )
            user_id = connection.execute(query).scalar_one_or_none()
        if user_id is None:
            raise UserError("user.unknown", f"Nobody there has the name '{username}'.")
        set_password(
            database,
            command.passwords(),
            organisation_id,
            user_id,
            read_password(from_stdin=password_stdin),
            actor_id=None,
            now=CLOCK.now(),
            source=COMMAND_LINE,
        )
    click.echo("Done.")
    return 0


@click.command()
@click.argument("what", type=click.Choice(["on", "off"]))
@click.option("--minutes", type=click.IntRange(1, 7 * 24 * 60), default=30, show_default=True)
@click.option("--note", help="What people read meanwhile.")
@_ORGANISATION
@click.pass_context
def maintenance(
    context: click.Context, what: str, minutes: int, note: str | None, organisation: str | None
) -> int:
    """Serve only administrators for a while; without --organisation this holds for all of them."""
    with command_of(context).database() as database:
        with database.read() as connection:
            all_of_them = [row.id for row in list_organisations(connection)]
            chosen = [find_organisation(connection, organisation)] if organisation else all_of_them
        for organisation_id in chosen:
            if what == "on":
                until = begin_maintenance(
                    database,
                    organisation_id,
                    minutes=minutes,
                    reason=note,
                    actor_id=None,
                    now=CLOCK.now(),
                    source=COMMAND_LINE,
                )
                click.echo(f"Until {until:%Y-%m-%d %H:%M} UTC.")
            else:
                end_maintenance(
                    database, organisation_id, actor_id=None, now=CLOCK.now(), source=COMMAND_LINE
                )
    return 0
