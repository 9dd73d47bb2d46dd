"""`kilotill enrol`, `sync` and `books`: this till and its head office."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from pos.bootstrap import Access, Till
from pos.cli.context import LOCAL_READER, CommandContext, pass_command, show
from pos.errors import Rejected, Unavailable, UserError
from pos.services.enrol_values import Enrolled, EnrolWish

if TYPE_CHECKING:
    from pos.sync.engine import SyncEngine, SyncProgress, SyncReport

DAYS_SHOWN = 31


@click.command()
@click.option("--server", required=True, metavar="URL", help="The address of head office: https://…")
@click.option("--code", required=True, help="The ten characters head office gave; good once, for 15 minutes.")
@click.option("--operator", required=True, metavar="NAME", help="The administrator of this till who does it.")
@click.option("--pin-stdin", is_flag=True, help="Read the administrator's PIN from standard input.")
@click.option("--replace", is_flag=True, help="This till was restored and takes the place of the one it was.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def enrol(
    command: CommandContext,
    /,
    *,
    server: str,
    code: str,
    operator: str,
    pin_stdin: bool,
    replace: bool,
    as_json: bool,
) -> int:
    """Make this till one of head office's, and exchange everything with it once."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        enrolled = till.office.enrol(actor, EnrolWish(server, code, replaces=replace), progress=_tell_fetched)
        report = _first_cycle(till)
    answer = _enrolled_json(enrolled) | {"sync": None if report is None else _report_json(report)}
    show(answer, as_json=as_json, text=_enrolled_text(enrolled, report))
    return 1 if enrolled.replaced is not None and enrolled.replaced.missing else 0


@click.command()
@click.option("--once", is_flag=True, help="One cycle, then end; without it, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a cycle.")
@pass_command
def sync(command: CommandContext, /, *, once: bool, as_json: bool) -> int:
    """Send what is not sent yet, fetch what head office decides, compare both books."""
    with command.till(Access.WRITES) as till:
        engine = _engine(till)
        if once:
            _show_cycle(engine.run_once(_tell), as_json=as_json)
            return 0
        while True:
            _cycle_for_ever(engine, as_json=as_json)
            time.sleep(engine.next_delay())


@click.command()
@click.option("--days", default=DAYS_SHOWN, show_default=True, help="How many days back.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def books(command: CommandContext, /, *, days: int, as_json: bool) -> int:
    """Show the books of each day beside head office's: grey, green or red, and what differs."""
    with command.till(Access.READS) as till:
        last = till.books_desk.today()
        first = date.fromisoformat(last) - timedelta(days=max(0, days - 1))
        listed = till.books_desk.list_days(LOCAL_READER, first_day=first.isoformat(), last_day=last)
        if not listed.is_enrolled:
            raise UserError("sync.not_enrolled", "This till stands alone: `kilotill enrol` joins it.")
    rows = [
        {
            "day": day.day,
            "till": day.till_code,
            "colour": day.colour.value,
            "unsent": day.unsent,
            "sales": day.here.sales,
            "money_minor": day.here.money_minor,
            "head_office": None
            if day.there is None
            else {"sales": day.there.sales, "money_minor": day.there.money_minor},
            "differences": [[one.name, one.here, one.there] for one in day.differences],
        }
        for day in listed.days
    ]
    show({"days": rows}, as_json=as_json, text="\n".join(_day_text(row) for row in rows) or "No days yet.")
    return 1 if any(row["colour"] == "red" for row in rows) else 0


def _engine(till: Till) -> SyncEngine:
    if till.sync is None:
        raise UserError("sync.not_enrolled", "This till stands alone: `kilotill enrol` joins it.")
    return till.sync


def _first_cycle(till: Till) -> SyncReport | None:
    """The till is enrolled whatever becomes of its first cycle: trouble is named, and tried again later."""
    try:
        return _engine(till).run_once(_tell)
    except (Unavailable, Rejected) as trouble:
        click.echo(f"{trouble.text} [{trouble.code}]", err=True)
        return None


def _cycle_for_ever(engine: SyncEngine, *, as_json: bool) -> None:
    try:
        _show_cycle(engine.run_once(_tell), as_json=as_json)
    except Unavailable as trouble:
        click.echo(f"{trouble.text} [{trouble.code}] Again in {engine.next_delay():.0f} s.", err=True)


def _tell(progress: SyncProgress) -> None:
    if progress.step == "pull":
        click.echo(f"{progress.what}: {progress.done}", err=True)
    elif progress.of:
        click.echo(f"sent {progress.done} of {progress.of}", err=True)


def _tell_fetched(count: int) -> None:
    click.echo(f"fetched {count} records of the replaced till", err=True)


def _show_cycle(report: SyncReport, *, as_json: bool) -> None:
    show(_report_json(report), as_json=as_json, text=_report_text(report))


def _report_json(report: SyncReport) -> dict[str, Any]:
    return {
        "scope": report.scope,
        "pushed": report.pushed,
        "flagged": report.flagged,
        "pulled": {name: rows for name, rows in report.pulled.items() if rows},
        "troubles": report.troubles,
        "proposed": report.proposed,
        "days_compared": report.days_compared,
        "red_days": list(report.red_days),
        "envelope_sequence": report.envelope_sequence,
    }


def _report_text(report: SyncReport) -> str:
    lines = [
        f"Sent {report.pushed} records" + (f", {report.flagged} with questions." if report.flagged else ".")
    ]
    if report.scope == "drain":
        lines.append("Head office has taken this till out of use: it takes its records and gives nothing.")
    lines += [f"Fetched {rows} {name}." for name, rows in report.pulled.items() if rows]
    lines += [text for texts in report.troubles.values() for text in texts]
    if report.proposed:
        lines.append(f"Proposed {report.proposed} meters and customers that head office does not know.")
    if report.days_compared:
        red = ", ".join(report.red_days)
        lines.append(
            f"Compared {report.days_compared} days" + (f"; different: {red}." if red else ", all equal.")
        )
    return "\n".join(lines)


def _enrolled_json(enrolled: Enrolled) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "till_code": enrolled.till_code,
        "organisation": enrolled.organisation,
        "sales_point": enrolled.sales_point,
    }
    one = enrolled.replaced
    if one is not None:
        answer["replaced"] = {
            "till_code": one.former_code,
            "restored_seq": one.restored_seq,
            "server_seq": one.server_seq,
            "fetched": one.fetched,
            "to_send": one.to_send,
            "missing": list(one.missing),
        }
    return answer


def _enrolled_text(enrolled: Enrolled, report: SyncReport | None) -> str:
    lines = [f"Till {enrolled.till_code} is now one of {enrolled.organisation}, {enrolled.sales_point}."]
    one = enrolled.replaced
    if one is not None:
        lines.append(
            f"It takes the place of {one.former_code}: restored to record {one.restored_seq}, "
            f"head office had {one.server_seq}. Fetched {one.fetched}, to send {one.to_send}."
        )
        lines.append(
            f"MISSING here, but in head office's books: {', '.join(one.missing)}."
            if one.missing
            else "Nothing is missing."
        )
    if report is not None:
        lines.append(_report_text(report))
    return "\n".join(lines)


def _day_text(row: dict[str, Any]) -> str:
    differences = "; ".join(f"{name}: here {here}, there {there}" for name, here, there in row["differences"])
    unsent = f", {row['unsent']} not sent" if row["unsent"] else ""
    return f"{row['day']} {row['till']} {row['colour']:5} {row['sales']} sales{unsent}" + (
        f" ({differences})" if differences else ""
    )
