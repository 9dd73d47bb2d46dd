"""Vending keys of the server: loaded by two people, each typing one component (docs/formats.md §15)."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select, update

from central.cli.context import CLOCK, command_of
from central.models.master import server_vending_key, supply_group
from central.services.feed import Feed
from central.services.key_changes import publish_group
from central.services.organisations import find_organisation
from central.services.security_log import SecurityKind, note
from central.services.server_vault import ServerVault
from central.source import COMMAND_LINE
from pos.errors import UserError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.vending_key import GroupKey, load_key, read_component

_ORGANISATION = click.option("--organisation", metavar="SLUG", help="Needed where there are several.")


@click.command("load-key")
@click.argument("sgc")
@click.option("--first", required=True, help="Who types the first component.")
@click.option("--second", required=True, help="Who types the second one; somebody else.")
@click.option("--krn", type=click.IntRange(1, 9), help="Key revision; the group's, or the announced one.")
@click.option("--check-value", help="Six hex digits on the key letter.")
@click.option("--components-stdin", is_flag=True, help="Read the components as two lines of standard input.")
@_ORGANISATION
@click.pass_context
def load_key_command(
    context: click.Context,
    sgc: str,
    first: str,
    second: str,
    krn: int | None,
    check_value: str | None,
    organisation: str | None,
    *,
    components_stdin: bool,
) -> int:
    """Load a vending key into the server, sealed under its vault key."""
    if first.strip().lower() == second.strip().lower():
        raise UserError("key.custodians", "Two different people load a key.")
    command = command_of(context)
    with command.database() as database:
        with database.read() as connection:
            organisation_id = find_organisation(connection, organisation)
            row = connection.execute(
                select(supply_group).where(
                    supply_group.c.organisation_id == organisation_id, supply_group.c.sgc == sgc
                )
            ).one_or_none()
        if row is None:
            raise UserError("supply_group.unknown", f"There is no supply group {sgc!r}.")
        announced = row.next_key if row.next_key and krn == row.next_key["krn"] else None
        method = KeyMethod(row.key_method)
        group = GroupKey(
            sgc=sgc,
            krn=krn or row.krn,
            method=method,
            ea=EncryptionAlgorithm(row.algorithm),
            base_date=BaseDate(announced["base_date"] if announced else row.base_date),
            kt=KeyType(announced["kt"] if announced else row.kt),
            ken=announced["ken"] if announced else row.ken,
        )
        texts = [_component(name, from_stdin=components_stdin) for name in (first, second)]
        key = load_key(
            group,
            read_component(texts[0], method, custodian=first),
            read_component(texts[1], method, custodian=second),
            expected_check_value=check_value,
        )
        with database.write() as connection:
            vault = ServerVault(command.settings().vault_key)
            vault.put(connection, organisation_id, key, by=f"{first} and {second}", now=CLOCK.now())
            if group.krn == row.krn:
                connection.execute(
                    update(supply_group)
                    .where(supply_group.c.organisation_id == organisation_id, supply_group.c.sgc == sgc)
                    .values(check_value=key.check_value)
                )
                publish_group(Feed(database), connection, organisation_id, sgc)
            note(
                connection,
                SecurityKind.KEY_LOADED,
                now=CLOCK.now(),
                source=COMMAND_LINE,
                organisation_id=organisation_id,
                detail={"sgc": sgc, "krn": group.krn, "by": f"{first} and {second}"},
            )
    click.echo(f"{sgc} revision {group.krn}: check value {key.check_value}")
    return 0


@click.command("keys")
@_ORGANISATION
@click.pass_context
def keys_command(context: click.Context, organisation: str | None) -> int:
    """List the vending keys the server holds: group, revision, check value, who loaded it and when."""
    with command_of(context).database() as database, database.read() as connection:
        table = server_vending_key
        query = select(table).where(table.c.organisation_id == find_organisation(connection, organisation))
        for row in connection.execute(query.order_by(table.c.sgc, table.c.krn)):
            click.echo(f"{row.sgc}\t{row.krn}\t{row.check_value}\t{row.loaded_by}\t{row.loaded_at:%Y-%m-%d}")
    return 0


def _component(name: str, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(f"Component of {name}", hide_input=True))
