"""Reading a mirror behind a back-up: which lines follow, where the chain ends, what stands beyond it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pos.domain.canonical import JsonError
from pos.domain.journal import GENESIS_HASH, JournalError, Line, line_hash, read_line
from pos.domain.receipt_number import number_of
from pos.errors import MachineFault, UserError
from pos.system.mirror_file import read_mirror


class MirrorReader:
    """Reads a mirror once, from front to back; never holds it in memory."""

    def __init__(self, path: Path) -> None:
        """Read `path`; nothing is read before `lines_after`."""
        self._path = path
        self.last_seq = 0
        """The greatest seq in the file, also of lines that could not be used."""
        self.last_receipt = 0
        """The greatest receipt number in lines that could not be used."""
        self.broken_after: int | None = None
        """The last seq before the place where the chain breaks; None where it does not."""

    def lines_after(self, seq: int, head_hash: bytes) -> Iterator[Line]:
        """Give the lines that follow line `seq`, each proven to follow the one before.

        A mirror that ends earlier gives none. What stands beyond a break is only looked at.

        Raises:
            UserError: `restore.other_mirror`, the mirror is of another book.
            MachineFault: `disk.read`.
        """
        try:
            lines = read_mirror(self._path)
            if seq and not self._find(lines, seq, head_hash):
                return
            yield from self._chained(lines, seq, head_hash if seq else GENESIS_HASH)
        except OSError as error:
            raise MachineFault("disk.read", f"{self._path.name} cannot be read: {error.strerror}.") from error

    def _find(self, lines: Iterator[bytes], seq: int, head_hash: bytes) -> bool:
        """Read up to the line with this hash; False where the mirror ends before it."""
        last = b""
        for data in lines:
            if line_hash(data) == head_hash:
                self.last_seq = seq
                return True
            last = data
        self._look_at(last)
        if self.last_seq >= seq:
            raise UserError(
                "restore.other_mirror",
                "This mirror and this back-up are of different books: take the mirror that lay beside it.",
            )
        return False

    def _chained(self, lines: Iterator[bytes], seq: int, prev: bytes) -> Iterator[Line]:
        for data in lines:
            line = None if self.broken_after is not None else _following(data, seq, prev)
            if line is None:
                self.broken_after = seq
                self._look_at(data)
                continue
            seq, prev = line.seq, line.hash
            self.last_seq = seq
            yield line

    def _look_at(self, data: bytes) -> None:
        """Note how far a line went that cannot be used: that tells what is missing."""
        try:
            event = read_line(data)[0]
        except (JournalError, JsonError):
            return
        self.last_seq = max(self.last_seq, event.seq)
        self.last_receipt = max(self.last_receipt, _receipt_in(event.event.body))


def _following(data: bytes, seq: int, prev: bytes) -> Line | None:
    try:
        line, said_prev = read_line(data)
    except (JournalError, JsonError):
        return None
    return line if line.seq == seq + 1 and said_prev == prev else None


def _receipt_in(body: Any) -> int:
    text = body.get("document_number") or body.get("sale", {}).get("receipt_number")
    return 0 if text is None else number_of(text)
