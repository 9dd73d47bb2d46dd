"""Journal lines: canonical bytes, hash chain, head signature (docs/formats.md §3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from pos.domain.canonical import JsonObject, canonical_bytes, parse_canonical
from pos.errors import UserError

GENESIS_HASH = bytes(32)
"""What stands before the first line of a book."""

LINE_VERSION = 1
HEAD_PREFIX = b"kilotill-head-v1\n"

KINDS = frozenset(
    {
        "till_enrolled",
        "book_restored",
        "shift_opened",
        "cash_moved",
        "shift_closed",
        "payment_changed",
        "sale_paid",
        "sale_delivered",
        "sale_closed",
        "tokens_issued",
        "token_handed_over",
        "voucher_batch_made",
        "voucher_changed",
        "record_proposed",
        "meter_changed_here",
        "reading_taken",
        "case_changed",
        "arrears_changed",
        "float_moved",
        "envelope_taken",
        "clock_noted",
        "privileged_act",
    }
)
"""The event kinds of docs/formats.md §4."""

LINE_KEYS = frozenset(
    "actor app approved_by at body business_day id kind kind_version prev seq shift till v".split()  # noqa: SIM905
)


class JournalError(UserError):
    """A line that is not one of ours, or does not follow the one before (`journal.*`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact before it has its place: everything of a line but `seq` and `prev`."""

    id: UUID
    kind: str
    body: JsonObject
    at: datetime
    business_day: str
    till: UUID
    actor: UUID
    app: str
    shift: UUID | None = None
    approved_by: UUID | None = None
    kind_version: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A fact in its place: the exact bytes that are stored, sent and hashed."""

    event: Event
    seq: int
    data: bytes
    hash: bytes


def write_line(event: Event, seq: int, prev: bytes) -> Line:
    """Write `event` as line `seq` after the line whose hash is `prev` (32 bytes).

    Raises:
        JournalError: `journal.kind` for a kind not in docs/formats.md §4.
        JsonError: the body holds something canonical JSON forbids.
    """
    if event.kind not in KINDS:
        raise JournalError("journal.kind", f"There is no event kind {event.kind[:40]!r}.")
    data = canonical_bytes(
        {
            "actor": str(event.actor),
            "app": event.app,
            "approved_by": None if event.approved_by is None else str(event.approved_by),
            "at": instant_text(event.at),
            "body": event.body,
            "business_day": event.business_day,
            "id": str(event.id),
            "kind": event.kind,
            "kind_version": event.kind_version,
            "prev": prev.hex(),
            "seq": seq,
            "shift": None if event.shift is None else str(event.shift),
            "till": str(event.till),
            "v": LINE_VERSION,
        }
    )
    return Line(event, seq, data, line_hash(data))


def line_hash(data: bytes) -> bytes:
    """Return the SHA-256 of a line, 32 bytes."""
    return hashlib.sha256(data).digest()


def read_line(data: bytes) -> tuple[Line, bytes]:
    """Read a line back; returns it and the hash (32 bytes) of the line it follows.

    Raises:
        JournalError: `journal.form` for bytes that are no line of ours.
        JsonError: bytes that are not canonical JSON.
    """
    value = parse_canonical(data)
    if not isinstance(value, dict) or value.keys() != LINE_KEYS or value["v"] != LINE_VERSION:
        raise JournalError("journal.form", "These bytes are not a journal line.")
    try:
        return Line(event_of(value), _integer(value["seq"]), data, line_hash(data)), bytes.fromhex(
            str(value["prev"])
        )
    except (ValueError, TypeError) as error:
        raise JournalError("journal.form", "A journal line has a value of the wrong form.") from error


def event_of(value: JsonObject) -> Event:
    """Return the event of a parsed line. Raises ValueError or TypeError for a value of the wrong form."""
    shift, approved_by, body = value["shift"], value["approved_by"], value["body"]
    if not isinstance(body, dict):
        raise TypeError("body")
    return Event(
        id=UUID(str(value["id"])),
        kind=str(value["kind"]),
        body=body,
        at=parse_instant(str(value["at"])),
        business_day=str(value["business_day"]),
        till=UUID(str(value["till"])),
        actor=UUID(str(value["actor"])),
        app=str(value["app"]),
        shift=None if shift is None else UUID(str(shift)),
        approved_by=None if approved_by is None else UUID(str(approved_by)),
        kind_version=_integer(value["kind_version"]),
    )


def head_message(*, at: datetime, line_hash_hex: str, seq: int, till: UUID) -> bytes:
    """Return the bytes a till signs to vouch for its head (docs/formats.md §3)."""
    return HEAD_PREFIX + canonical_bytes(
        {"at": instant_text(at), "hash": line_hash_hex, "seq": seq, "till": str(till)}
    )


def instant_text(at: datetime) -> str:
    """Return an aware instant as docs/formats.md §1 writes it: UTC, exactly three decimals."""
    if at.tzinfo is None:
        raise TypeError("an instant needs its zone")
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def parse_instant(text: str) -> datetime:
    """Read what `instant_text` writes. Raises ValueError for anything else."""
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    if len(text) != 24:
        raise ValueError("an instant has exactly three decimals")
    return at


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("not a whole number")
    return value
