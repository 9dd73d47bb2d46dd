"""`kilotill people`: the way back in after a restore or a forgotten PIN."""

from __future__ import annotations

import click

from pos.bootstrap import Access
from pos.cli.context import CommandContext, pass_command
from pos.errors import UserError
from pos.models.queries.people import find_person


@click.group()
def people() -> None:
    """Give people new PINs."""


@people.command(name="recover")
@click.option("--operator", required=True, metavar="NAME", help="An administrator who cannot sign in.")
@click.option(
    "--stdin", "from_stdin", is_flag=True, help="Read the recovery code, then the new PIN, one a line."
)
@pass_command
def recover(command: CommandContext, operator: str, *, from_stdin: bool) -> int:
    """Give an administrator a new PIN by the recovery code, which is used up: the next one is shown once."""
    with command.till(Access.WRITES) as till:
        code = command.secret_line("Recovery code", from_stdin=from_stdin)
        new_pin = command.secret_line(f"New PIN of {operator}", from_stdin=from_stdin)
        next_code = till.recovery.recover(operator, code, new_pin=new_pin)
    click.echo(f"{operator} has a new PIN.")
    click.echo(f"Next recovery code, shown only now: {next_code}")
    return 0


@people.command(name="set-pin")
@click.argument("name")
@click.option("--operator", required=True, metavar="NAME", help="The administrator who does it.")
@click.option("--reason", required=True, help="Why; it goes into the journal.")
@click.option("--pin-stdin", is_flag=True, help="Read the administrator's PIN, then the new PIN, one a line.")
@pass_command
def set_pin(command: CommandContext, /, *, name: str, operator: str, reason: str, pin_stdin: bool) -> int:
    """Give NAME a new PIN and end any lock."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        with till.units.read() as connection:
            person = find_person(connection, name)
        if person is None:
            raise UserError("operator.unknown", f"Nobody here is called {name!r}.")
        pin = command.secret_line(f"New PIN of {name}", from_stdin=pin_stdin)
        till.operators.reset_pin(actor, person.actor.id, pin=pin, reason=reason)
    click.echo(f"{name} has a new PIN.")
    return 0
