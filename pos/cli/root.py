"""The top of the command line: without a sub-command one demo sale; errors become exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pos.cli.context import make_context
from pos.cli.demo import demo, show_demo_sale
from pos.cli.people import people
from pos.cli.records import cases, receipt, resume, sales, verify_command
from pos.cli.refusals import refusal_text
from pos.cli.registers import meters, tariff
from pos.cli.safety import backup, restore
from pos.cli.selling import sell
from pos.cli.shifts import shift
from pos.cli.shop import init, keys
from pos.cli.sts import sts
from pos.errors import KilotillError, MachineFault
from pos.system.paths import DataFolder


@click.group(invoke_without_command=True)
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
@click.pass_context
def kilotill(context: click.Context, data: Path | None, *, passphrase_stdin: bool) -> int:
    """Kilotill sells prepaid electricity and water as 20-digit STS tokens, with or without a network.

    Without a sub-command it makes one sale in the demo shop, in the terminal.
    """
    command = context.obj = make_context(data, reads_passphrase=passphrase_stdin)
    if context.invoked_subcommand is None:
        return show_demo_sale(DataFolder(command.folder.root / "demo") if data is None else command.folder)
    return 0


for one in (init, demo, keys, meters, tariff, shift, sell, sales, receipt, cases, resume, verify_command):
    kilotill.add_command(one)
for one in (backup, restore, people, sts):
    kilotill.add_command(one)


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
