"""`kilotill shift`: open, look, close by blind count."""

from __future__ import annotations

import json
from typing import Any

import click

from pos.bootstrap import Access
from pos.cli.context import CommandContext, count_option, money_option, pass_command
from pos.cli.paper_files import print_waiting
from pos.cli.safety import back_up, show_alarms
from pos.domain.money import format_major
from pos.domain.permissions import Permission
from pos.domain.shift import ShiftReport, cash_count
from pos.errors import ApprovalNeeded
from pos.printing.layout import plain_text


@click.group()
def shift() -> None:
    """Open and close shifts, and see what is in them."""


@shift.command(name="open")
@click.option("--operator", required=True, metavar="NAME", help="Whose shift it is.")
@click.option("--float", "float_text", required=True, metavar="MONEY|COUNT", help="50000, or 5000x3,1000x12.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def open_shift(
    command: CommandContext, operator: str, float_text: str, *, pin_stdin: bool, as_json: bool
) -> int:
    """Open a shift with the counted float."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        currency = till.shop.currency
        if "x" in float_text:
            count = count_option(float_text, currency, "--float")
        else:
            count = cash_count([], typed_minor=money_option(float_text, currency, "--float"))
        opened = till.shifts.open_shift(actor, count)
        till.payments.desk.deliver_waiting()
        show_alarms(till)
    answer = {"shift": str(opened.shift.id), "float_minor": count.total_minor, "waiting": len(opened.waiting)}
    text = f"Shift of {operator} is open with {format_major(count.total_minor, currency)} {currency}."
    click.echo(json.dumps(answer) if as_json else text)
    return 0


@shift.command(name="status")
@click.option("--operator", required=True, metavar="NAME", help="Who looks.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def status(command: CommandContext, operator: str, *, pin_stdin: bool, as_json: bool) -> int:
    """Write the X report of the open shift: running figures, nothing is closed."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        report = till.shifts.x_report(actor)
        text = plain_text(till.shift_papers.document(report))
    click.echo(json.dumps(report_json(report)) if as_json else text)
    return 0


@shift.command(name="close")
@click.option("--operator", required=True, metavar="NAME", help="Whose shift it is, or a supervisor.")
@click.option(
    "--count", "count_text", required=True, metavar="COUNT", help="What is in the drawer: 5000x3,1000x12."
)
@click.option("--approved-by", metavar="NAME", help="Who stands for a difference outside the limit.")
@click.option("--pin-stdin", is_flag=True, help="Read PINs from standard input, one a line, in order.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def close(command: CommandContext, /, *, as_json: bool, **options: Any) -> int:
    """Close the shift: count first, then see what should have been there. Writes the Z report."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, options["operator"], pin_from_stdin=options["pin_stdin"])
        count = count_option(options["count_text"], till.shop.currency, "--count")
        try:
            report = till.shifts.close_shift(actor, count)
        except ApprovalNeeded as needed:
            if options["approved_by"] is None:
                raise
            approval = till.approver.approve(
                Permission(needed.permission),
                getattr(needed, "subject", None),
                approver=options["approved_by"],
                pin=command.secret_line(f"PIN of {options['approved_by']}", from_stdin=options["pin_stdin"]),
            )
            report = till.shifts.close_shift(actor, count, approval=approval)
        print_waiting(till)
        back_up(till)
        text = plain_text(till.shift_papers.document(report))
    click.echo(json.dumps(report_json(report)) if as_json else text)
    return 0


def report_json(report: ShiftReport) -> dict[str, Any]:
    """Return what a machine reads of an X or Z report."""
    answer: dict[str, Any] = {
        "shift": str(report.shift_id),
        "z_number": report.z_number or None,
        "opened_by": report.opened_by,
        "business_day": report.business_day,
        "totals": report.totals_json(),
        "unresolved": [one.to_json() for one in report.unresolved],
        "journal_seq": report.proof.seq,
        "journal_head": report.proof.head_hash,
        "unsent": report.proof.unsent,
    }
    if report.compared is not None:
        answer |= {
            "counted_minor": report.compared.count.total_minor,
            "expected_minor": report.compared.expected_minor,
            "difference_minor": report.compared.difference_minor,
        }
    return answer
