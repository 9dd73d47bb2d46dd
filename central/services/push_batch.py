"""A push as it came: unpacked within bounds, its header, its lines, its chain and signature."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from central.errors import Problem
from central.services.push_lines import PushedLine, read_pushed_line
from central.services.till_sessions import is_signed
from pos.contracts.push import PushHeader
from pos.contracts.wire import LINES_MAX, PUSH_BYTES_MAX, PUSH_BYTES_PACKED_MAX
from pos.domain.canonical import JsonError, parse_canonical
from pos.domain.journal import JournalError, head_message, parse_instant

_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class PushBatch:
    """A push whose lines follow each other and end in the head its header names."""

    header: PushHeader
    signed_at: datetime
    lines: list[PushedLine]

    @property
    def till(self) -> UUID:
        """The till whose book this is."""
        return self.header.till

    @property
    def first_seq(self) -> int:
        """The seq of the first line."""
        return self.header.first_seq

    @property
    def last_seq(self) -> int:
        """The seq of the last line."""
        return self.header.first_seq + self.header.count - 1


def read_push(packed: bytes) -> PushBatch:
    """Read a push.

    Raises:
        Problem: `sync.too_large` 413, `sync.format` 400, `sync.bad_hash` 409.
    """
    first, _, rest = unpack(packed).partition(b"\n")
    header, signed_at = _header(first)
    data = rest.removesuffix(b"\n").split(b"\n") if rest else []
    if len(data) != header.count:
        raise _format(f"The header says {header.count} lines, there are {len(data)}.")
    try:
        lines = [read_pushed_line(line) for line in data]
    except (JsonError, JournalError) as error:
        raise _format(f"A line is not of our form ({error.code}): {error.text}") from error
    _check_chain(header, lines)
    return PushBatch(header, signed_at, lines)


def check_signature(batch: PushBatch, public_key: bytes) -> None:
    """Refuse a push whose head is not signed by the key.

    Raises:
        Problem: `sync.bad_signature` 409.
    """
    header = batch.header
    message = head_message(
        at=batch.signed_at, line_hash_hex=header.head, seq=batch.last_seq, till=header.till
    )
    if not is_signed(public_key, bytes.fromhex(header.sig), message):
        raise Problem("sync.bad_signature", "The signature over these lines is not this till's.", status=409)


def unpack(packed: bytes) -> bytes:
    """Unpack gzip, never past the limit, and nothing behind its end.

    Raises:
        Problem: `sync.too_large` 413, `sync.format` 400.
    """
    if len(packed) > PUSH_BYTES_PACKED_MAX:
        raise too_large()
    unpacker = zlib.decompressobj(_GZIP)
    try:
        data = unpacker.decompress(packed, PUSH_BYTES_MAX + 1)
    except zlib.error as error:
        raise _format("The body is not gzip.") from error
    if len(data) > PUSH_BYTES_MAX:
        raise too_large()
    if not unpacker.eof or unpacker.unused_data:
        raise _format("The gzip data is cut off, or something stands behind it.")
    return data


def too_large() -> Problem:
    """Return the refusal of a push beyond its limits."""
    return Problem("sync.too_large", "This push is too large: send fewer lines at once.", status=413)


def _header(line: bytes) -> tuple[PushHeader, datetime]:
    try:
        header = PushHeader.model_validate(parse_canonical(line))
        signed_at = parse_instant(header.at)
    except (JsonError, ValidationError, ValueError) as error:
        raise _format("The first line is no header of a push.") from error
    if header.v != 1 or header.first_seq < 1 or header.count < 1:
        raise _format("The header has a value outside its range.")
    if header.count > LINES_MAX:
        raise too_large()
    return header, signed_at


def _check_chain(header: PushHeader, lines: list[PushedLine]) -> None:
    """Each line names the till, the next seq and the hash before it; the last has the hash of the header."""
    till, before = str(header.till), lines[0].prev
    for seq, line in enumerate(lines, header.first_seq):
        if line.value["till"] != till or line.seq != seq:
            raise _format(f"Line {seq} is of another till or has another seq.")
        if line.prev != before:
            raise _bad_hash(f"Line {seq} does not follow the one before it.")
        before = line.hash.hex()
    if header.head != before:
        raise _bad_hash("The head is not the hash of the last line.")


def _bad_hash(text: str) -> Problem:
    return Problem("sync.bad_hash", text, status=409)


def _format(text: str) -> Problem:
    return Problem("sync.format", text, status=400)


__all__ = ["PushBatch", "check_signature", "read_push", "too_large", "unpack"]
