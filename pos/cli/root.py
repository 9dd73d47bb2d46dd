"""The top of the command line: without a sub-command one demo token; errors become exit codes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pos.cli.demo_token import show_demo_token
from pos.cli.sts import sts
from pos.errors import KilotillError


@click.group(invoke_without_command=True)
@click.version_option(package_name="kilotill", prog_name="kilotill")
@click.pass_context
def kilotill(context: click.Context) -> None:
    """Kilotill sells prepaid electricity and water as 20-digit STS tokens, with or without a network.

    Without a sub-command it makes one demo token and explains it.
    """
    if context.invoked_subcommand is None:
        show_demo_token()


kilotill.add_command(sts)


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
        click.echo(f"{error.text} [{error.code}]", err=True)
        return 1
    return result if isinstance(result, int) else 0
