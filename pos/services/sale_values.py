"""What goes into a sale and what comes out of it, as plain values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from pos.domain.canonical import canonical_bytes


class SaleKind(StrEnum):
    """What the customer pays for."""

    ENERGY = "energy"
    ARREARS = "arrears"
    """A payment on what is owed, without a token."""


ITEM_KINDS = {SaleKind.ENERGY: "token", SaleKind.ARREARS: "account"}
"""The journal's item kind of each (docs/formats.md §4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRequest:
    """One sale to one meter for cash, as the cashier means it; `sale_id` exists since the first keystroke.

    Exactly one of `money_minor` and `units_milli` is given. `tendered_minor` None means the exact money.
    """

    sale_id: UUID
    drn: str
    money_minor: int | None = None
    units_milli: int | None = None
    tendered_minor: int | None = None
    kind: SaleKind = SaleKind.ENERGY
    language: str | None = None
    is_another_wanted: bool = False
    """Set when the cashier has seen the earlier token of this meter and the customer wants another."""

    def fingerprint(self) -> bytes:
        """Return eight bytes that differ when the same sale id asks for something else."""
        asked: dict[str, Any] = {"drn": self.drn, "kind": self.kind.value}
        for name in ("money_minor", "units_milli", "tendered_minor"):
            value = getattr(self, name)
            if value is not None:
                asked[name] = value
        return hashlib.sha256(canonical_bytes(asked)).digest()[:8]


@dataclass(frozen=True, slots=True)
class SaleResult:
    """A finished sale: the `sale` object of its journal line (docs/formats.md §4) and where it stands."""

    place: int
    seq: int
    sale: dict[str, Any]
    is_repeat: bool
    print_job: int | None = None

    @property
    def sale_uuid(self) -> UUID:
        """The id of the sale."""
        return UUID(self.sale["sale_id"])

    @property
    def item(self) -> dict[str, Any]:
        """The only item of a sale to one meter."""
        item: dict[str, Any] = self.sale["items"][0]
        return item

    @property
    def credit_token(self) -> dict[str, Any] | None:
        """The credit token, the last of the item's tokens; None for a sale without one."""
        tokens: list[dict[str, Any]] = self.item.get("tokens", [])
        return tokens[-1] if tokens else None
