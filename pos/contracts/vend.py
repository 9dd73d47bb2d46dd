"""`POST /v1/vend`: the server makes the token of a paid sale (docs/formats.md §6, §10).

Idempotent by `sale_id`; the same id with another quote: 409 `sale.id_conflict`. `quote` is the `sale` of the
line `sale_paid`, without tokens. 200 `VendAnswer`; 202: ask again with the same request; 404 problem: not
known here, a final no only with `final` true, ten minutes after the first request; 409 problem: final no.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pos.contracts.wire import Drn, Message


class VendRequest(Message):
    sale_id: UUID
    drn: Drn
    quote: dict[str, Any]


class VendToken(Message):
    """A token as an item of the journal has it."""

    n: int
    token_class: int
    subclass: int
    tid: int | None
    digits: str
    tenths: int | None = None


class VendKey(Message):
    """The key fields the tokens were made with: it may have changed since the quote was frozen."""

    krn: int
    ti: str
    kt: int
    base_date: str


class VendAnswer(Message):
    sale_id: UUID
    tokens: tuple[VendToken, ...]
    key: VendKey
