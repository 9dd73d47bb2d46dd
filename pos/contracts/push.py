"""`POST /v1/sync/push` and `GET /v1/sync/lines` (docs/formats.md §10).

A push is gzipped NDJSON: one header line (canonical JSON), then `count` journal lines as they are stored.
`head` is the hash of the last line, `sig` the till's over `pos.domain.journal.head_message` of it with
`at`, `till` and `seq = first_seq + count - 1` of the header.

A till that replaced another may push lines of the replaced one that the server lacks: `till` is then the
replaced till, and `sig` is made with the key of the new one.

Whole batch refused, 409: `sync.gap` (`expected_seq`), `sync.bad_hash`, `sync.bad_signature`, `sync.fork`
(`seq`, `hash`). 413 `sync.too_large`.

`GET /v1/sync/lines?till=<replaced till>&after=<seq>&limit=200` gives a till that replaced another the lines
of that one: `application/x-ndjson`, the stored bytes, in order, none when there are no more.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pos.contracts.wire import Hash, InstantText, Message, Signature

Result = Literal["accepted", "duplicate", "accepted_flagged"]


class PushHeader(Message):
    at: InstantText
    count: int
    first_seq: int
    head: Hash
    sig: Signature
    till: UUID
    v: int = 1


class LineResult(Message):
    """What became of one line; `reasons` are the flags of docs/formats.md §10."""

    seq: int
    id: UUID
    result: Result
    reasons: tuple[str, ...] = ()


class PushAnswer(Message):
    """`acked_seq` is the last seq the server has of this till, without a gap."""

    acked_seq: int
    results: tuple[LineResult, ...]
    server_time: InstantText
    min_app: str = ""
