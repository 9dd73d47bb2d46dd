"""The top of the command line: without a sub-command one demo sale; errors become exit codes."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pos.cli.refusals import refusal_text
from pos.errors import KilotillError, MachineFault

_COMMANDS = {
    "init": "pos.cli.shop:init",
    "demo": "pos.cli.demo:demo",
    "people": "pos.cli.people:people",
    "keys": "pos.cli.shop:keys",
    "vault": "pos.cli.stops:vault",
    "clock": "pos.cli.stops:clock",
    "float": "pos.cli.limits:float_group",
    "envelope": "pos.cli.limits:envelope",
    "meters": "pos.cli.registers:meters",
    "tariff": "pos.cli.registers:tariff",
    "shift": "pos.cli.shifts:shift",
    "sell": "pos.cli.selling:sell",
    "pay": "pos.cli.payments:pay",
    "sales": "pos.cli.records:sales",
    "receipt": "pos.cli.records:receipt",
    "cases": "pos.cli.records:cases",
    "resume": "pos.cli.records:resume",
    "verify": "pos.cli.records:verify_command",
    "backup": "pos.cli.safety:backup",
    "restore": "pos.cli.safety:restore",
    "sandbox": "pos.cli.sandbox:sandbox",
    "enrol": "pos.cli.office:enrol",
    "sync": "pos.cli.office:sync",
    "books": "pos.cli.office:books",
    "sts": "pos.cli.sts:sts",
}


class LazyGroup(click.Group):
    """Imports a sub-command when it is asked for: `kilotill sts` needs no database, `find` no printer."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's form
        """Name the sub-commands in the order a newcomer meets them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - its form
        """Import and return a sub-command, None for a name that is none."""
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(package_name="kilotill", prog_name="kilotill")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="The till's data folder; without it, the usual one of your account.",
)
@click.option(
    "--passphrase-stdin",
    is_flag=True,
    help="Where the machine has no key store: read the passphrase as the first line of standard input.",
)
@click.option(
    "--demo", "wants_demo", is_flag=True, help="Open the demo shop's window, making the shop first."
)
@click.pass_context
def kilotill(context: click.Context, data: Path | None, *, passphrase_stdin: bool, wants_demo: bool) -> int:
    """Kilotill sells prepaid electricity and water as 20-digit STS tokens, with or without a network.

    Without a sub-command it opens the till's window; a first start sets the till up. Without a display it
    makes one sale in the demo shop, in the terminal.
    """
    if context.invoked_subcommand in ("sts", "sandbox"):
        return 0
    # Imported here for the same reason as the sub-commands: together these take most of a second.
    from pos.cli.context import make_context

    command = context.obj = make_context(data, reads_passphrase=passphrase_stdin)
    if context.invoked_subcommand is None:
        from pos.cli.desktop import show_program

        return show_program(command, is_usual_folder=data is None, wants_demo=wants_demo)
    return 0


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused or found wrong, 2 bad usage."""
    try:
        result = kilotill.main(arguments, prog_name="kilotill", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Stopped.", err=True)
        return 1
    except KilotillError as error:
        return _refuse(error)
    except OSError as error:
        # Such as a full disk behind the output; click itself ends quietly when the reader of a pipe has left.
        with contextlib.suppress(OSError):
            _refuse(MachineFault("machine.io", f"Reading or writing failed: {error.strerror or error}."))
        # What could not be written is still waiting, and the end of the program would try it once more.
        sys.stdout = io.StringIO()
        return 1
    return result if isinstance(result, int) else 0


def _refuse(error: KilotillError) -> int:
    click.echo(refusal_text(error, os.environ), err=True)
    return 1
