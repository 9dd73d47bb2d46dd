"""Vending keys that the server holds: sealed under its vault key, one row each, opened for one request."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from central.models.master import server_vending_key, supply_group
from central.services.bulk import upsert_rows
from pos.tokens.sealing import open_keys, seal_keys
from pos.tokens.secret import Secret
from pos.tokens.vault import SoftwareVault
from pos.tokens.vending_key import VendingKey

_HEADER = b"kilotill-server-keys-v1\n"


class ServerVault:
    """Seals keys into the database and opens those of one group."""

    def __init__(self, vault_key: bytes) -> None:
        self._key = Secret(vault_key)

    def put(
        self, connection: Connection, organisation: UUID, key: VendingKey, *, by: str, now: datetime
    ) -> None:
        """Keep a key, in place of another of the same group and revision."""
        group = key.group
        sealed = seal_keys([key], self._key, header=_header(organisation, group.sgc, group.krn))
        upsert_rows(
            connection,
            server_vending_key,
            ("organisation_id", "sgc", "krn", "sealed", "check_value", "loaded_by", "loaded_at"),
            [(organisation, group.sgc, group.krn, sealed, key.check_value, by[:200], now)],
            key=("organisation_id", "sgc", "krn"),
            on_conflict="DO UPDATE SET sealed = excluded.sealed, check_value = excluded.check_value, "
            "loaded_by = excluded.loaded_by, loaded_at = excluded.loaded_at",
        )

    def open_group(self, connection: Connection, organisation: UUID, sgc: str) -> SoftwareVault:
        """Return an open vault with all keys of a group, if any. Raises MachineFault `vault.damaged`."""
        table = server_vending_key
        query = select(table.c.krn, table.c.sealed).where(
            table.c.organisation_id == organisation, table.c.sgc == sgc
        )
        keys = [
            key
            for row in connection.execute(query)
            for key in open_keys(row.sealed, self._key, header=_header(organisation, sgc, row.krn))
        ]
        vault = SoftwareVault()
        vault.unlock(keys, lambda _keys: None)
        return vault


def is_group_known(connection: Connection, organisation: UUID, sgc: str) -> bool:
    """Say whether an organisation has a supply group."""
    query = select(supply_group.c.sgc).where(
        supply_group.c.organisation_id == organisation, supply_group.c.sgc == sgc
    )
    return connection.execute(query).first() is not None


def _header(organisation: UUID, sgc: str, krn: int) -> bytes:
    return _HEADER + f"{organisation}/{sgc}/{krn}".encode()
