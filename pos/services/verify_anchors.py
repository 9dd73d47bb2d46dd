"""Witnesses of the journal's head outside the database (docs/formats.md §3)."""

from __future__ import annotations

import json
from pathlib import Path

from pos.domain.journal import line_hash


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
