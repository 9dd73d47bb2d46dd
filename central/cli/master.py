"""Master data from the command line: sales points, suppliers, groups, and imports from CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from central.cli.context import CLOCK, command_of
from central.services import master_lists
from central.services.enrolment import Enrolment
from central.services.envelopes import ServerSigner
from central.services.feed import Feed
from central.services.imported import Imported
from central.services.imports import Imports
from central.services.key_changes import check_zone
from central.services.master import Master
from central.services.organisations import find_organisation
from pos.domain.ids import new_id
from pos.errors import UserError

_ORGANISATION = click.option("--organisation", metavar="SLUG", help="Needed where there are several.")
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_ERRORS = click.option(
    "--errors", type=click.Path(dir_okay=False, path_type=Path), help="Where refused rows are written."
)


@click.command("sales-point")
@click.argument("name")
@click.option("--currency", default="RWF", show_default=True)
@click.option("--language", type=click.Choice(["en", "fr", "rw", "sw"]), default="en", show_default=True)
@click.option("--address")
@click.option("--phone", help="With its country: +250788123456.")
@_ORGANISATION
@click.pass_context
def sales_point_command(
    context: click.Context,
    name: str,
    currency: str,
    language: str,
    address: str | None,
    phone: str | None,
    organisation: str | None,
) -> int:
    """Make a sales point: a place where tills stand."""
    values = {"name": name, "currency": currency, "language": language, "address": address, "phone": phone}
    with command_of(context).database() as database, database.write() as connection:
        made = Master(Feed(database)).put_sales_point(
            connection,
            find_organisation(connection, organisation),
            {"id": new_id(CLOCK.now()), "is_active": True, **values},
        )
    click.echo(str(made))
    return 0


@click.command("supplier")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--credit-limit", "limit_minor", type=click.IntRange(0), default=0, show_default=True)
@click.option("--float-elsewhere", is_flag=True, help="Its float is kept elsewhere and bounds nothing here.")
@_ORGANISATION
@click.pass_context
def supplier_command(
    context: click.Context,
    code: str,
    name: str,
    limit_minor: int,
    organisation: str | None,
    *,
    float_elsewhere: bool,
) -> int:
    """Make or change a supplier."""
    values = {
        "code": code,
        "name": name,
        "credit_limit_minor": limit_minor,
        "is_float_kept": not float_elsewhere,
    }
    with command_of(context).database() as database, database.write() as connection:
        Master(Feed(database)).put_supplier(connection, find_organisation(connection, organisation), values)
    return 0


@click.command("supply-group")
@click.argument("sgc")
@click.option("--supplier", required=True)
@click.option("--key-method", type=click.Choice(["02", "04"]), required=True)
@click.option("--algorithm", type=click.Choice(["07", "11"]), default="07", show_default=True)
@click.option("--base-date", type=click.Choice(["93", "14", "35"]), default="14", show_default=True)
@click.option("--ti", default="01", show_default=True, help="Tariff index.")
@click.option("--krn", type=click.IntRange(1, 9), default=1, show_default=True, help="Key revision.")
@click.option("--kt", type=click.IntRange(0, 3), default=2, show_default=True, help="Key type.")
@click.option("--ken", type=click.IntRange(0, 255), default=255, show_default=True, help="Key expiry.")
@click.option("--holders", default="central,vault", show_default=True, help="Key holders in their order.")
@click.option("--tid-zone", default="UTC", show_default=True)
@click.option("--check-value", help="Six hex digits.")
@_ORGANISATION
@click.pass_context
def supply_group_command(
    context: click.Context,
    /,
    sgc: str,
    organisation: str | None,
    holders: str,
    tid_zone: str,
    **values: str | int | None,
) -> int:
    """Make a supply group, or change what may change of it."""
    if len(sgc) != 6 or not sgc.isascii() or not sgc.isdigit():
        raise UserError("key.sgc", "A supply group code has six digits.")
    check_zone(tid_zone)
    command = command_of(context)
    settings = command.settings()
    with command.database() as database:
        enrolment = Enrolment(database, ServerSigner(settings.signing_key), is_demo=settings.is_demo)
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            groups = {row.sgc: row for row in master_lists.groups(connection, organisation_id)}
        known = groups.get(sgc)
        lanes = 16 if known is None else known.lanes
        whole = {
            **values,
            "sgc": sgc,
            "lanes": lanes,
            "tid_zone": tid_zone,
            "holders": [one.strip() for one in holders.split(",") if one.strip()],
        }
        with database.write(lock=enrolment.lock_name(organisation_id)) as connection:
            Master(Feed(database)).put_group(connection, organisation_id, whole, now=CLOCK.now())
    return 0


@click.command("import-tariffs")
@_FILE
@_ERRORS
@_ORGANISATION
@click.pass_context
def import_tariffs(context: click.Context, file: Path, errors: Path | None, organisation: str | None) -> int:
    """Import tariffs from CSV (docs/formats.md §12)."""
    return _import(
        context, file, errors, organisation, lambda imports, text: imports.tariffs(text, now=CLOCK.now())
    )


@click.command("import-meters")
@_FILE
@_ERRORS
@_ORGANISATION
@click.pass_context
def import_meters(context: click.Context, file: Path, errors: Path | None, organisation: str | None) -> int:
    """Import meters and their customers from CSV (docs/formats.md §12)."""
    return _import(
        context,
        file,
        errors,
        organisation,
        lambda imports, text: imports.meters(text, sales_point_id=None, now=CLOCK.now()),
    )


@click.command("import-staff")
@_FILE
@_ERRORS
@_ORGANISATION
@click.pass_context
def import_staff(context: click.Context, file: Path, errors: Path | None, organisation: str | None) -> int:
    """Import the people of the tills from CSV: name, role (C S F A U), active (yes, no), institution, id.

    A row without an id is the person of that name; what a row leaves blank stays.
    """
    return _import(
        context,
        file,
        errors,
        organisation,
        lambda imports, text: imports.staff(text, by=None, now=CLOCK.now()),
    )


def _import(
    context: click.Context,
    file: Path,
    errors: Path | None,
    organisation: str | None,
    run: Callable[[Imports, str], Imported],
) -> int:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("csv.encoding", f"{file.name} is not UTF-8.") from error
    with command_of(context).database() as database:
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
        done = run(Imports(database, Feed(database), organisation_id), text)
    counts = f"added {done.added}, changed {done.changed}, unchanged {done.unchanged}"
    click.echo(f"{counts}, refused {len(done.errors)}")
    for row in done.errors[:20]:
        click.echo(f"line {row.line} {row.column}: {row.error_text} [{row.error_code}]", err=True)
    if errors is not None and done.errors:
        errors.write_text(done.errors_file(), encoding="utf-8")
    return 1 if done.errors else 0
