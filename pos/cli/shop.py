"""`kilotill init`, `demo` and `keys`: making a till and giving it its vending keys."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pos.bootstrap import Access, set_up_shop
from pos.cli.context import CommandContext, pass_command
from pos.config import SINGLE_CUSTODIAN
from pos.services.key_loading import TypedComponents
from pos.services.shop_file import read_shop_file
from pos.services.shop_rows import BookKind


@click.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), required=True, help="The shop.json to set up from."
)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def init(command: CommandContext, source: Path, *, as_json: bool) -> int:
    """Set up a new till in an empty data folder.

    The opening phrase (12 characters or more) of its vault is taken from KILOTILL_OPENING_PHRASE or asked
    for. The recovery code it writes is shown this once: keep it on paper.
    """
    plan = read_shop_file(source)
    made = set_up_shop(
        command.folder,
        plan,
        BookKind.LIVE,
        passphrase=command.passphrase(),
        ask_passphrase=command.ask_passphrase,
        opening_phrase=command.opening_phrase(is_new=True),
    )
    answer = {"till": str(made.till_id), "till_code": made.till_code, "recovery_code": made.recovery_code}
    text = (
        f"Till {made.till_code} is set up in {command.folder.root}.\n"
        f"Recovery code, shown only now: {made.recovery_code}"
    )
    for name in plan.ignored:
        click.echo(f"shop.json: {name} means nothing here and was skipped.", err=True)
    click.echo(json.dumps(answer) if as_json else text)
    return 0


@click.group()
def keys() -> None:
    """Load vending keys and list what the vault holds."""


@keys.command(name="load")
@click.option("--group", "sgc", required=True, metavar="SGC", help="The supply group, 6 digits.")
@click.option("--operator", "first", required=True, metavar="NAME", help="Who types the first component.")
@click.option("--second", required=True, metavar="NAME", help="Who types the second component.")
@click.option(
    "--pin-stdin",
    is_flag=True,
    help="Read from standard input: both PINs, then both components, one a line.",
)
@pass_command
def load_key_command(command: CommandContext, sgc: str, first: str, second: str, *, pin_stdin: bool) -> int:
    """Load the vending key of a supply group: two people, two components, one check value."""
    with command.till(Access.WRITES) as till:
        one = command.sign_in(till, first, pin_from_stdin=pin_stdin)
        other = command.sign_in(till, second, pin_from_stdin=pin_stdin)
        components = TypedComponents(
            command.secret_line(f"Component of {first}", from_stdin=pin_stdin),
            command.secret_line(f"Component of {second}", from_stdin=pin_stdin),
        )
        loaded = till.keys.load(
            sgc,
            components,
            first=one,
            second=other,
            is_single_custodian=till.settings.values()[SINGLE_CUSTODIAN],
        )
    click.echo(f"Key of group {sgc}, revision {loaded.group.krn}: check value {loaded.check_value}.")
    return 0


@keys.command(name="list")
@click.option("--operator", required=True, metavar="NAME", help="Who looks.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object.")
@pass_command
def list_keys_command(command: CommandContext, operator: str, *, pin_stdin: bool, as_json: bool) -> int:
    """List the keys in the vault with their check values; a key itself is never shown."""
    with command.till(Access.WRITES) as till:
        actor = command.sign_in(till, operator, pin_from_stdin=pin_stdin)
        held = till.keys.list_keys(actor)
    rows = [
        {
            "group": one.group.sgc,
            "krn": one.group.krn,
            "key_method": one.group.method.value,
            "algorithm": one.group.ea.value,
            "base_date": one.group.base_date.value,
            "check_value": one.check_value,
        }
        for one in held
    ]
    if as_json:
        click.echo(json.dumps({"keys": rows}))
    else:
        for row in rows:
            click.echo("  ".join(f"{name} {value}" for name, value in row.items()))
    return 0
