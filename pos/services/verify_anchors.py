"""Witnesses of the journal's head outside the database (docs/formats.md §3)."""

from __future__ import annotations

import json
from pathlib import Path

from pos.domain.journal import line_hash
from pos.models.ledger_book import read_head
from pos.models.uow import Units
from pos.system.secret_names import JOURNAL_HEAD
from pos.system.secrets import SecretStore
from pos.tokens.secret import Secret


class MirrorAnchor:
    """The mirror file in the back-up folder."""

    name = "mirror"

    def __init__(self, path: Path) -> None:
        """Look at the mirror at `path`, which need not be there."""
        self._path = path

    def head(self) -> tuple[int, bytes] | None:
        """Return seq and hash of the mirror's last whole line, None without a mirror."""
        try:
            with self._path.open("rb") as file:
                last = b""
                for line in file:
                    if line.endswith(b"\n"):
                        last = line
        except OSError:
            return None
        if not last:
            return None
        data = last[:-1]
        return json.loads(data)["seq"], line_hash(data)


class KeyringAnchor:
    """The entry beside the till's secrets: it is there when neither mirror nor server is (docs/adr/0006)."""

    name = "keyring"

    def __init__(self, units: Units, secrets: SecretStore) -> None:
        """Vouch for the book of `units`."""
        self._units = units
        self._secrets = secrets

    def head(self) -> tuple[int, bytes] | None:
        """Return seq and hash of the line last noted of this very book, None if none was.

        Raises:
            MachineFault: `secrets.*`.
        """
        stored = self._secrets.get(JOURNAL_HEAD)
        if stored is None:
            return None
        noted = json.loads(stored.reveal())
        with self._units.read() as connection:
            if noted["till_id"] != str(read_head(connection).till_id):
                return None
        return noted["seq"], bytes.fromhex(noted["hash"])

    def note(self) -> None:
        """Note the journal's head. What contradicts the journal stays as it is: it is the proof of that.

        Raises:
            MachineFault: `secrets.*`, `disk.*`.
        """
        known = self.head()
        with self._units.read() as connection:
            head = read_head(connection)
            if known is not None:
                query = "SELECT hash FROM journal WHERE seq = ?"
                if connection.exec_driver_sql(query, (known[0],)).scalar() != known[1]:
                    return
        if head.head_seq == 0 or (known is not None and known[0] == head.head_seq):
            return
        noted = {"till_id": str(head.till_id), "seq": head.head_seq, "hash": head.head_hash.hex()}
        self._secrets.set(JOURNAL_HEAD, Secret(json.dumps(noted).encode()))
