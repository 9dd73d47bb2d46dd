"""`kilotill clock` and `vault`: what ends a Stop."""

from __future__ import annotations

from datetime import date, datetime

import click

from pos.bootstrap import Access, VaultUse
from pos.cli.context import CommandContext, pass_command
from pos.domain.permissions import Permission
from pos.services.approval import require
from pos.services.vault_anew import begin_vault_anew


@click.group()
def clock() -> None:
    """Confirm the date after a long pause, or bring a wrongly high record back."""


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date as a person types it
    except ValueError:
        raise click.BadParameter("a date is written YYYY-MM-DD", param_hint="--today") from None


@clock.command(name="confirm")
@click.option("--today", required=True, metavar="DAY", help="Today's date, YYYY-MM-DD, from a calendar.")
@click.option("--operator", required=True, metavar="NAME", help="A supervisor or administrator.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@pass_command
def confirm(command: CommandContext, today: str, operator: str, *, pin_stdin: bool) -> int:
    """Confirm the date of this computer, when the last record is over a week old."""
    day = _day(today)
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        till.clock_acts.confirm(actor, day)
    click.echo(f"The date {day} is confirmed.")
    return 0


@clock.command(name="reset")
@click.option("--today", required=True, metavar="DAY", help="Today's date, YYYY-MM-DD, from a calendar.")
@click.option("--operator", required=True, metavar="NAME", help="A supervisor or administrator.")
@click.option("--approved-by", required=True, metavar="NAME", help="The second person.")
@click.option("--pin-stdin", is_flag=True, help="Read both PINs from standard input, one a line.")
@pass_command
def reset(command: CommandContext, today: str, operator: str, approved_by: str, *, pin_stdin: bool) -> int:
    """Bring a record that is wrongly in the future back to this computer's clock; two people."""
    day = _day(today)
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        pin = command.secret_line(f"PIN of {approved_by}", from_stdin=pin_stdin)
        approval = till.approver.approve(Permission.USER_UNLOCK, "clock", approver=approved_by, pin=pin)
        till.clock_acts.reset(actor, day, approval=approval)
    click.echo("The record's time is that of this computer again.")
    return 0


@click.group()
def vault() -> None:
    """Prepare for, and recover from, the loss of the machine that holds the vault."""


@vault.command(name="set-recovery")
@click.option("--operator", required=True, metavar="NAME", help="The administrator who does it.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the PIN, then the recovery passphrase.")
@pass_command
def set_recovery(command: CommandContext, operator: str, *, from_stdin: bool) -> int:
    """Set the recovery passphrase: it opens the vault and the sealed back-ups on another machine."""
    with command.till(Access.WRITES, VaultUse.LEFT_SHUT) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=from_stdin)
        require(actor, Permission.KEY_LOAD)
        passphrase = command.secret_line("Recovery passphrase", from_stdin=from_stdin)
        till.vault_file().open(command.opening_phrase() or "").set_recovery(passphrase)
        till.backups.set_passphrase(passphrase)
    click.echo("The recovery passphrase is set. Keep it away from this machine.")
    return 0


@vault.command(name="recover")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the recovery passphrase, then a new phrase.")
@pass_command
def recover(command: CommandContext, *, from_stdin: bool) -> int:
    """Open the vault of a restored till by its recovery passphrase, and give it a new opening phrase."""
    with command.till(Access.WRITES, VaultUse.LEFT_SHUT) as till:
        passphrase = command.secret_line("Recovery passphrase", from_stdin=from_stdin)
        phrase = command.secret_line("New opening phrase", from_stdin=from_stdin)
        held = till.vault_file().recover(passphrase, new_phrase=phrase).keys
    click.echo(f"The vault opens with the new phrase; it holds {len(held)} keys.")
    return 0


@vault.command(name="new")
@click.option("--operator", required=True, metavar="NAME", help="The administrator who does it.")
@click.option("--reason", required=True, help="Why nobody can open the old one.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the PIN, then the new opening phrase.")
@pass_command
def begin_anew(command: CommandContext, operator: str, reason: str, *, from_stdin: bool) -> int:
    """Begin an empty vault where nobody can open the old one, which is kept aside. Load the keys after it."""
    with command.till(Access.WRITES, VaultUse.LEFT_SHUT) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=from_stdin)
        phrase = command.secret_line("New opening phrase", from_stdin=from_stdin)
        file = till.vault_file()
        aside = begin_vault_anew(till.units, till.book, file, actor=actor, phrase=phrase, reason=reason)
    kept = "" if aside is None else f" The old one is kept as {aside.name}."
    click.echo(f"The vault is empty and opens with the new phrase.{kept}")
    click.echo("Load the keys again: kilotill keys load.")
    return 0
