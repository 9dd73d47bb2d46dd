"""What verify found wrong: one finding names a place, what should stand there and what does."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `code` is stable (docs/errors.md); `text` is an English sentence. `key` names the row, such as
    `place=17, n=1`; `column`, `expected` and `found` are None where the whole row is meant.
    """

    code: str
    text: str
    table: str
    key: str = ""
    column: str | None = None
    expected: str | None = None
    found: str | None = None


@dataclass(frozen=True, slots=True)
class AnchorResult:
    """One witness of the journal's head, and what it said (docs/formats.md §3).

    `outcome` is `agrees`, `differs` or `absent`; `seq` is the line it vouches for.
    """

    name: str
    outcome: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome of a verify run: the findings, the first thing that is wrong first, and what was looked at.

    `checked` counts lines, documents and rows by table. Nothing about projections is counted when the journal
    itself is wrong: what follows from a wrong line proves nothing.
    """

    findings: tuple[Finding, ...]
    checked: dict[str, int]
    anchors: tuple[AnchorResult, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {"clean": self.is_clean, **asdict(self)}


class Anchor(Protocol):
    """Something outside the database that remembers the journal's head: keyring, mirror file, server."""

    @property
    def name(self) -> str:
        """How a person calls it."""
        ...

    def head(self) -> tuple[int, bytes] | None:
        """Return seq and hash (32 bytes) of the last line it knows of this book, None if it knows none."""
        ...


def shown(value: object) -> str | None:
    """Return a stored value as a person reads it; None stays None."""
    if value is None:
        return None
    if isinstance(value, bytes):
        text = str(UUID(bytes=value)) if len(value) == 16 else value.hex()
    elif isinstance(value, datetime):
        text = value.isoformat()
    else:
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"
