"""The top of the server's command line: without a sub-command it serves."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from central.cli.context import Command
from pos.errors import KilotillError

COMMANDS = {
    "serve": "central.cli.serve:serve",
    "init": "central.cli.setup:init",
    "migrate": "central.cli.setup:migrate",
    "create-organisation": "central.cli.setup:create_organisation_command",
    "organisations": "central.cli.setup:organisations_command",
    "create-administrator": "central.cli.setup:create_administrator",
    "set-password": "central.cli.setup:set_password_command",
    "maintenance": "central.cli.setup:maintenance",
    "sales-point": "central.cli.master:sales_point_command",
    "supplier": "central.cli.master:supplier_command",
    "supply-group": "central.cli.master:supply_group_command",
    "import-tariffs": "central.cli.master:import_tariffs",
    "import-meters": "central.cli.master:import_meters",
    "import-staff": "central.cli.master:import_staff",
    "merge-customers": "central.cli.customers:merge_customers_command",
    "merge-meters": "central.cli.meters:merge_meters_command",
    "proposals": "central.cli.proposals:proposals_command",
    "load-key": "central.cli.keys:load_key_command",
    "keys": "central.cli.keys:keys_command",
    "enrol-code": "central.cli.tills:enrol_code",
    "tills": "central.cli.tills:tills_command",
    "revoke-till": "central.cli.tills:revoke_till",
    "min-app": "central.cli.tills:min_app_command",
    "verify": "central.cli.books:verify",
    "after-restore": "central.cli.books:after_restore",
    "export-lines": "central.cli.books:export_lines",
    "export-transactions": "central.cli.books:export_transactions",
}
"""Each is imported when it is asked for."""


class LazyGroup(click.Group):
    """Finds sub-commands in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's form
        """Name the sub-commands in the order one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - its form
        """Import and return a sub-command, None for a name that is none."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.version_option(package_name="kilotill", prog_name="kilotill-central")
@click.option("--demo", is_flag=True, help="A demo with public keys and passwords, in a database of its own.")
@click.pass_context
def central(context: click.Context, *, demo: bool) -> None:
    """Head office of Kilotill: tills send it their journals, people look at them.

    Without a sub-command it serves. Settings are environment variables: docs/operations.md.
    """
    context.obj = Command(is_demo=demo)
    if context.invoked_subcommand is None:
        from central.cli.serve import serve

        context.invoke(serve)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 refused or found wrong, 2 bad usage."""
    try:
        result = central.main(arguments, prog_name="python -m central", standalone_mode=False)
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
