"""`kilotill float` and `envelope`: what lets a till go on selling."""

from __future__ import annotations

import json

import click

from pos.bootstrap import Access
from pos.cli.context import CommandContext, money_option, pass_command, units_option
from pos.domain.money import format_major, format_scaled

OPERATOR = click.option("--operator", required=True, metavar="NAME", help="Who does it.")
PIN = click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")


@click.group(name="float")
def float_group() -> None:
    """See and top up the money held with suppliers."""


@float_group.command(name="list")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def list_floats(command: CommandContext, operator: str, *, pin_stdin: bool, as_json: bool) -> int:
    """Show what may still be sold for each supplier."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        floats = till.floats.list_floats(actor)
        currency = till.shop.currency
    rows = [{"supplier": one.supplier.code, "left_minor": one.supplier.left_minor} for one in floats]
    if as_json:
        click.echo(json.dumps({"floats": rows}))
    else:
        for one in floats:
            click.echo(
                f"{one.supplier.code:<20}{format_major(one.supplier.left_minor, currency):>16} {currency}"
            )
    return 0


@float_group.command(name="top-up")
@click.option("--supplier", required=True, metavar="CODE", help="The supplier, as in shop.json.")
@click.option("--amount", required=True, metavar="MONEY", help="Money in whole units.")
@click.option("--reference", required=True, help="The reference of the bank transfer.")
@OPERATOR
@PIN
@pass_command
def top_up(
    command: CommandContext,
    supplier: str,
    amount: str,
    reference: str,
    operator: str,
    *,
    pin_stdin: bool,
) -> int:
    """State that money went from the bank to a supplier: the till may sell that much more."""
    with command.till(Access.WRITES) as till:
        amount_minor = money_option(amount, till.shop.currency, "--amount")
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        till.floats.top_up(actor, supplier, amount_minor=amount_minor, reference=reference)
    click.echo(f"The float with {supplier} is topped up.")
    return 0


@click.group()
def envelope() -> None:
    """See and renew what this till may sell without head office."""


@envelope.command(name="show")
@OPERATOR
@PIN
@AS_JSON
@pass_command
def show(command: CommandContext, operator: str, *, pin_stdin: bool, as_json: bool) -> int:
    """Show what is left of the offline limit."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        state = till.envelopes.state(actor)
        currency = till.shop.currency
    if state is None:
        click.echo(json.dumps({"sequence": None}) if as_json else "This till has no offline limit yet.")
        return 1
    answer = {
        "sequence": state.sequence,
        "money_left_minor": state.left_money_minor,
        "units_left_milli": state.left_units_milli,
    }
    money, units = format_major(state.left_money_minor, currency), format_scaled(state.left_units_milli, 3)
    click.echo(json.dumps(answer) if as_json else f"Left: {money} {currency} and {units} units.")
    return 0


@envelope.command(name="renew")
@click.option("--money", required=True, metavar="MONEY", help="The new limit in whole units of money.")
@click.option("--units", required=True, metavar="UNITS", help="The new limit in units.")
@OPERATOR
@PIN
@pass_command
def renew(command: CommandContext, money: str, units: str, operator: str, *, pin_stdin: bool) -> int:
    """Give a stand-alone till a new offline limit in place of the old one."""
    with command.till(Access.WRITES) as till:
        money_minor = money_option(money, till.shop.currency, "--money")
        units_milli = units_option(units)
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        till.envelopes.renew_local_envelope(actor, money_minor, units_milli=units_milli)
    click.echo("The offline limit is renewed.")
    return 0
