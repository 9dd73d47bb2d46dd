"""`kilotill meters` and `kilotill tariff`: the register of meters, and prices."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pos.bootstrap import Access
from pos.cli.context import LOCAL_READER, CommandContext, money_option, pass_command, units_option
from pos.cli.safety import back_up
from pos.cli.selling import price_row
from pos.domain.money import format_major, format_scaled
from pos.errors import UserError
from pos.models.queries.meters import find_meters
from pos.services.meter_import_values import ImportProgress, Preview
from pos.services.tariffs import TariffTrial

OPERATOR = click.option("--operator", required=True, metavar="NAME", help="Who does it.")
PIN = click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")


@click.group()
def meters() -> None:
    """Import, find and export meters."""


@meters.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@OPERATOR
@PIN
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows go; without it, beside FILE.",
)
@click.option("--preview", is_flag=True, help="Only show the first rows as they would be taken.")
@AS_JSON
@pass_command
def import_meters(
    command: CommandContext, /, *, file: Path, errors: Path | None, preview: bool, **options: Any
) -> int:
    """Take meters from a CSV or XLSX file; a refused row does not stop the others."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        if preview:
            return _show_preview(till.imports.preview(actor, file))
        result = till.imports.run(
            actor,
            file,
            errors_path=errors or file.with_name(f"{file.stem}-errors.csv"),
            progress=_show_progress,
        )
    counts = result.counts
    answer = {
        "import": str(result.id),
        "state": result.state,
        "added": counts.added,
        "changed": counts.changed,
        "unchanged": counts.unchanged,
        "refused": counts.refused,
        "errors_file": None if result.errors_path is None else str(result.errors_path),
    }
    text = (
        f"{counts.added} added, {counts.changed} changed, {counts.unchanged} as before, "
        f"{counts.refused} refused"
    )
    if result.errors_path is not None:
        text += f" (see {result.errors_path})"
    click.echo(json.dumps(answer) if options["as_json"] else text)
    return 1 if counts.refused else 0


@meters.command(name="find")
@click.argument("words", metavar="TEXT...", nargs=-1, required=True)
@AS_JSON
@pass_command
def find(command: CommandContext, words: tuple[str, ...], *, as_json: bool) -> int:
    """Find meters by number (whole or last digits), name words or phone; newest first, at most 50."""
    with command.till(Access.READS) as till, till.units.read() as connection:
        rows = find_meters(connection, " ".join(words))
    if as_json:
        click.echo(json.dumps({"meters": [asdict(row) for row in rows]}, default=str))
    else:
        for row in rows:
            click.echo("  ".join(str(value) for value in (row.drn, row.name or "", row.status)))
        if not rows:
            click.echo("No meter fits.", err=True)
    return 0


@meters.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@OPERATOR
@PIN
@pass_command
def export(command: CommandContext, file: Path, operator: str, *, pin_stdin: bool) -> int:
    """Write all meters with their customers as CSV; personal data leaves the till, so it is recorded."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        count = till.meters.export(actor, file)
    click.echo(f"{count} meters written to {file}.")
    return 0


@meters.command(name="undo")
@click.argument("import_id", type=click.UUID)
@OPERATOR
@PIN
@pass_command
def undo(command: CommandContext, /, *, import_id: Any, operator: str, pin_stdin: bool) -> int:
    """Take a whole import back; meters sold to since then stay and are named."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        result = till.imports.undo(actor, import_id)
    for kept in result.kept:
        click.echo(f"kept: {kept.drn}")
    click.echo("The import is taken back.")
    return 0


@click.group()
def tariff() -> None:
    """Try, import and export tariffs."""


@tariff.command(name="trial")
@click.option("--code", required=True, help="The tariff code.")
@click.option("--amount", metavar="MONEY", help="Money in whole units.")
@click.option("--units", metavar="UNITS", help="Units instead, such as 12.5.")
@AS_JSON
@pass_command
def trial(command: CommandContext, /, *, as_json: bool, **options: Any) -> int:
    """Price an amount or a number of units for a meter that bought nothing this month."""
    if (options["amount"] is None) == (options["units"] is None):
        raise click.UsageError("Give either --amount or --units.")
    with command.till(Access.READS) as till:
        currency = till.shop.currency
        amount, units = options["amount"], options["units"]
        wanted = TariffTrial(
            code=options["code"],
            money_minor=None if amount is None else money_option(amount, currency, "--amount"),
            units_milli=None if units is None else units_option(units),
        )
        item = till.tariffs.trial(LOCAL_READER, wanted)
    if as_json:
        click.echo(json.dumps(item.to_json()))
        return 0
    for line in item.lines:
        click.echo(price_row(line.code, line.amount_minor, line.units_milli, currency))
    click.echo(f"{'money':<16}{format_major(item.money_minor, currency):>14} {currency}")
    click.echo(f"{'units':<16}{format_scaled(item.units_milli, 3):>14}")
    return 0


@tariff.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@OPERATOR
@PIN
@click.option("--reason", default="", help="Why; it goes into the journal.")
@pass_command
def import_tariffs(
    command: CommandContext, file: Path, operator: str, reason: str, *, pin_stdin: bool
) -> int:
    """Store the tariffs of a CSV file as new versions, all or none."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError("csv.encoding", f"The file {file.name} is not UTF-8: save it as UTF-8.") from error
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        result = till.tariffs.import_csv(actor, text, reason=reason)
        # Without it a restore could not price the sales that follow.
        back_up(till)
    click.echo(f"{len(result.added)} new versions, {result.unchanged} were here already.")
    return 0


@tariff.command(name="export")
@pass_command
def export_tariffs(command: CommandContext) -> int:
    """Write all tariffs as CSV to standard output."""
    with command.till(Access.READS) as till:
        click.echo(till.tariffs.export_csv(LOCAL_READER), nl=False)
    return 0


def _show_preview(shown: Preview) -> int:
    for error in shown.errors:
        click.echo(f"{error.column}: {error.error_text}")
    for row in shown.rows:
        wrong = "; ".join(error.error_text for error in row.errors)
        click.echo(f"{row.line}: {wrong or 'ok'}")
    return 1 if shown.errors or any(row.errors for row in shown.rows) else 0


def _show_progress(counts: ImportProgress) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{counts.lines_read} rows", nl=False, err=True)
