"""Who can make a token besides the till's own vault: the port, and what a holder may answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

VAULT = "vault"
"""The till's own vault, as a group's list of holders names it."""


class HolderVerdict(StrEnum):
    """What an answer means (docs/formats.md §6)."""

    TOKENS = "tokens"
    FINAL_NO = "final_no"
    UNKNOWN = "unknown"
    """No answer, or not yet: ask again with the same request."""


@dataclass(frozen=True, slots=True)
class HolderAnswer:
    """A holder's answer: with `TOKENS` the tokens as the journal has them, else why not.

    `key` are the fields of the item's meter that name the key they were made with, where the holder says so.
    """

    verdict: HolderVerdict
    tokens: tuple[dict[str, Any], ...] = ()
    reason: str = ""
    key: Mapping[str, Any] = field(default_factory=dict)


class RemoteHolder(Protocol):
    """A key holder behind a network: head office or a provider. Idempotent by sale id."""

    def is_reachable(self) -> bool:
        """Return whether it is worth asking now; a guess, made without waiting."""
        ...

    def vend(self, request: str) -> HolderAnswer:
        """Send the stored request (canonical JSON) and return the answer; a time-out is `UNKNOWN`."""
        ...
