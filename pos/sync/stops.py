"""The Stop of a till that exists twice (docs/formats.md §10)."""

from __future__ import annotations

from pos.errors import MachineFault


class ForkedError(MachineFault):
    """The server has another line at a seq of this book (`sync.fork`): a copy of this till sold too."""


def forked() -> ForkedError:
    """Return the Stop of a till that exists twice."""
    return ForkedError(
        "sync.fork",
        "Head office has other records under this till's name: a copy of it sold too. Stop selling here; an "
        "administrator must replace this till.",
    )
