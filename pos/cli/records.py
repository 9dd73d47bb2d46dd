"""`kilotill sales`, `receipt`, `cases`, `resume`, `verify`: what the book says."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from pos.bootstrap import Access, Till
from pos.cli.context import LOCAL_READER, CommandContext, pass_command
from pos.domain.money import format_major
from pos.domain.states import SaleState
from pos.errors import UserError
from pos.models.queries.sales import SaleRow, SalesFilter
from pos.printing.layout import plain_text
from pos.printing.pdf import Sheet, render_pdf
from pos.printing.thermal import ThermalPaper, render_thermal
from pos.services.papers import StoredPapers
from pos.services.resume import resume_list
from pos.services.sales_export import EXPORT_COLUMNS, export_cells
from pos.services.verify import verify
from pos.system.files import write_atomically

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
_ALL = 1_000_000


@click.group()
def sales() -> None:
    """List and export sales."""


def _filter(options: dict[str, Any]) -> SalesFilter:
    days = (None if day is None else f"{day:%Y-%m-%d}" for day in (options["from_day"], options["to_day"]))
    from_day, to_day = days
    return SalesFilter(from_day=from_day, to_day=to_day, state=options["state"], text=options["text"])


_DAY = click.DateTime(["%Y-%m-%d"])
_FILTERS = (
    click.option("--from", "from_day", metavar="DAY", type=_DAY, help="First business day, YYYY-MM-DD."),
    click.option("--to", "to_day", metavar="DAY", type=_DAY, help="Last business day, YYYY-MM-DD."),
    click.option(
        "--state",
        metavar="STATE",
        type=click.Choice([state.value for state in SaleState]),
        help="Only sales in this state, such as delivered.",
    ),
    click.option("--text", default="", help="A receipt number, its digits, or a meter number."),
)


def _with_filters(command: Any) -> Any:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@sales.command(name="list")
@_with_filters
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, newest first."
)
@AS_JSON
@pass_command
def list_sales(command: CommandContext, /, *, limit: int, as_json: bool, **options: Any) -> int:
    """List sales, newest first."""
    with command.till(Access.READS) as till:
        rows = till.past_sales.page(LOCAL_READER, _filter(options), limit=limit)
    if as_json:
        click.echo(json.dumps({"sales": [_sale_row(row) for row in rows]}))
        return 0
    for row in rows:
        amount = format_major(row.money_minor, till.shop.currency)
        number, drn = row.receipt_number or "-", row.drn or "-"
        click.echo(f"{number:<14}{row.at:%Y-%m-%d %H:%M}  {drn:<14}{amount:>12}  {row.state}")
    return 0


@sales.command(name="export")
@_with_filters
@pass_command
def export_sales(command: CommandContext, /, **options: Any) -> int:
    """Write sales as CSV to standard output."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(EXPORT_COLUMNS)
    with command.till(Access.READS) as till:
        for one in till.past_sales.export(LOCAL_READER, _filter(options)):
            writer.writerow(export_cells(one, till.shop.currency))
    return 0


@click.command()
@click.argument("sale")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write it as PDF.")
@click.option(
    "--sheet",
    type=click.Choice(list(Sheet)),
    default=Sheet.ROLL_80,
    show_default=True,
    help="Paper of the PDF.",
)
@click.option("--escpos", type=click.Path(dir_okay=False, path_type=Path), help="Write printer bytes.")
@click.option("--text", "as_text", is_flag=True, help="Write it as text (the default).")
@pass_command
def receipt(
    command: CommandContext,
    /,
    *,
    sale: str,
    pdf: Path | None,
    sheet: Sheet,
    escpos: Path | None,
    as_text: bool,
) -> int:
    """Write the stored receipt of SALE: a sale id, a receipt number, or a meter number for its newest.

    Nothing is printed, and no copy is counted.
    """
    with command.till(Access.READS) as till:
        document = StoredPapers(till.units).find(_delivered_place(till, sale), 0)
        logos = till.logos()
    if pdf is not None:
        write_atomically(pdf, render_pdf(document, Sheet(sheet), logos=logos))
    if escpos is not None:
        write_atomically(escpos, render_thermal(document, ThermalPaper(logos=logos)))
    if as_text or (pdf is None and escpos is None):
        click.echo(plain_text(document), nl=False)
    return 0


@click.command()
@AS_JSON
@pass_command
def cases(command: CommandContext, *, as_json: bool) -> int:
    """List wrong-meter, refused-token and fault cases, newest first."""
    with command.till(Access.READS) as till, till.units.read() as connection:
        rows: Any = connection.exec_driver_sql(
            "SELECT id, number, case_kind, state, wrong_drn, right_drn, reason FROM case_record "
            "ORDER BY place DESC"
        ).all()
    names = ("case_id", "number", "kind", "state", "wrong_drn", "right_drn", "reason")
    found = [dict(zip(names, (str(UUID(bytes=row[0])), *row[1:]), strict=True)) for row in rows]
    if as_json:
        click.echo(json.dumps({"cases": found}))
    else:
        for one in found:
            click.echo(f"{one['number']:>6}  {one['kind']:<14}{one['state']:<14}{one['reason']}")
    return 0


@click.command()
@AS_JSON
@pass_command
def resume(command: CommandContext, *, as_json: bool) -> int:
    """List what is unfinished: taken and not issued, issued and not handed over, not printed."""
    with command.till(Access.READS) as till, till.units.read() as connection:
        found = resume_list(connection, datetime.now(UTC))
    if as_json:
        items = [
            {
                **{name: value for name, value in asdict(item).items() if name not in ("at", "age")},
                "at": item.at.isoformat(),
                "age_seconds": int(item.age.total_seconds()),
            }
            for item in found.items
        ]
        click.echo(json.dumps({"items": items, "is_cut": found.is_cut}, default=str))
    elif found.is_empty:
        click.echo("Nothing is unfinished.")
    else:
        for item in found.items:
            click.echo(
                f"{item.at:%Y-%m-%d %H:%M}  {item.what.value:<24}next: {item.action.value}  {item.id or ''}"
            )
    return 0


@click.command(name="verify")
@AS_JSON
@pass_command
def verify_command(command: CommandContext, *, as_json: bool) -> int:
    """Rebuild everything from the journal and compare it; names the first thing that is wrong, exit 1."""
    with command.till(Access.READS) as till:
        report = verify(till.units, till.anchors())
    if as_json:
        click.echo(json.dumps(report.to_json()))
    else:
        for finding in report.findings:
            click.echo(f"WRONG {finding.text} [{finding.code}]")
        lines = report.checked.get("lines", 0)
        anchors = ", ".join(f"{one.name} {one.outcome}" for one in report.anchors) or "none"
        click.echo(f"{lines} journal lines checked; witnesses of the tail: {anchors}.")
        if not report.findings:
            click.echo("Everything agrees.")
    return 1 if report.findings else 0


def _delivered_place(till: Till, sale: str) -> int:
    with till.units.read() as connection:
        try:
            query, value = "SELECT delivered_place FROM sale WHERE id = ?", UUID(sale).bytes
        except ValueError:
            # Before and after a restore the same digits stand behind two till codes: a whole number decides.
            rows = till.past_sales.page(LOCAL_READER, SalesFilter(text=sale))
            fitting = [row for row in rows if "-" not in sale or row.receipt_number == sale]
            if not fitting:
                raise UserError("sale.unknown", "This till knows no such sale.") from None
            query, value = "SELECT delivered_place FROM sale WHERE id = ?", fitting[0].sale_id.bytes
        place: int | None = connection.exec_driver_sql(query, (value,)).scalar()
    if place is None:
        raise UserError("sale.nothing_to_reprint", "There is no receipt of this sale.")
    return place


def _sale_row(row: SaleRow) -> dict[str, Any]:
    return {
        "sale_id": str(row.sale_id),
        "receipt_number": row.receipt_number,
        "state": row.state,
        "at": row.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "business_day": row.business_day,
        "meter": row.drn,
        "money_minor": row.money_minor,
        "units_milli": row.units_milli,
        "cashier": row.cashier,
        "tenders": row.tenders,
        "copies": row.copies,
    }
