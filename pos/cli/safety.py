"""`kilotill backup` and `restore`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pos.bootstrap import Access, Till, restore_till
from pos.cli.context import CommandContext, pass_command
from pos.cli.demo_shop import renew_demo_pins
from pos.errors import KilotillError
from pos.services.restore import RestoreRequest


def back_up(till: Till) -> None:
    """Make a back-up after what must not be lost; trouble is named on stderr and stops nothing."""
    try:
        till.backups.begin().run()
    except KilotillError as trouble:
        click.echo(f"No back-up was made. {trouble.text} [{trouble.code}]", err=True)


def show_alarms(till: Till) -> None:
    """Name on stderr what will soon need a person: little room on the disk, an overdue back-up."""
    for alarm in till.backups.alarms(till.shop.till_code):
        click.echo(f"{alarm.text} [{alarm.code}]", err=True)


@click.command()
@click.option(
    "--passphrase-prompt",
    is_flag=True,
    help="Ask for the recovery passphrase first: it opens sealed back-ups from now on.",
)
@click.option(
    "--if-due", is_flag=True, help="Only when the last one is older than the setting says; for a timer."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def backup(command: CommandContext, *, passphrase_prompt: bool, if_due: bool, as_json: bool) -> int:
    """Make a back-up now, open it again and check it. Selling goes on meanwhile."""
    with command.till(Access.READS) as till:
        if passphrase_prompt:
            till.backups.set_passphrase(
                click.prompt("Recovery passphrase", hide_input=True, confirmation_prompt=True)
            )
        if if_due and not till.backups.is_due(till.shop.till_code):
            click.echo(json.dumps({"file": None}) if as_json else "No back-up is due yet.")
            return 0
        made = till.backups.begin().run()
    if made is None:
        click.echo("The back-up was cancelled.", err=True)
        return 1
    answer = {
        "file": str(made.path),
        "seq": made.head.head_seq,
        "size_bytes": made.size_bytes,
        "is_sealed": made.is_sealed,
    }
    text = f"{made.path} ({made.size_bytes} bytes), up to journal line {made.head.head_seq}, checked."
    click.echo(json.dumps(answer) if as_json else text)
    return 0


@click.command()
@click.argument("backup_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--administrator", required=True, metavar="NAME", help="In whose name; someone in the back-up.")
@click.option("--reason", required=True, help="Why; it goes into the journal.")
@click.option(
    "--mirror",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The mirror file that lay beside the back-up.",
)
@click.option("--last-receipt", metavar="NUMBER", help="The number on the last paper receipt.")
@click.option("--sealed", is_flag=True, help="The back-up is sealed: ask for the recovery passphrase.")
@pass_command
def restore(command: CommandContext, /, **options: Any) -> int:
    """Restore a till into an empty data folder; it begins a new book with a new code.

    Says by name what could not be brought back. Exit 1 when receipts are missing.
    """
    passphrase = None
    if options["sealed"]:
        passphrase = command.secret_line("Recovery passphrase", from_stdin=False)
    report = restore_till(
        command.folder,
        RestoreRequest(
            backup=options["backup_file"],
            administrator=options["administrator"],
            reason=options["reason"],
            mirror=options["mirror"],
            passphrase=passphrase,
            last_receipt=options["last_receipt"],
        ),
        passphrase=command.passphrase(),
        ask_passphrase=command.ask_passphrase,
    )
    for sentence in report.sentences():
        click.echo(sentence)
    if not renew_demo_pins(command.folder, options["administrator"]):
        click.echo(
            "Every PIN must be set again: first `people recover` with the recovery code, then `set-pin`."
        )
    return 1 if report.missing is not None else 0
