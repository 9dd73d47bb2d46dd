"""`GET /v1/sync/pull?resource&cursor&limit` (docs/formats.md §10).

An empty or missing cursor begins anew. Unknown cursor: 410 `sync.cursor`. `mapping` names the shape of the
rows: where it is not the one of the last page, the resource is pulled anew. `deleted` holds ids as rows have
them. `rows` are the models of `pos.contracts.resources`.
"""

from __future__ import annotations

from typing import Any

from pos.contracts.wire import Message


class PullPage(Message):
    rows: tuple[dict[str, Any], ...]
    deleted: tuple[str, ...] = ()
    cursor: str
    more: bool
    mapping: str
