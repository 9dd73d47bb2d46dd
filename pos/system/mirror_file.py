"""The mirror of a book: its journal lines in a file on another disk (docs/backup.md §4)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import UUID

_BLOCK_BYTES = 1 << 16


def mirror_name(till_code: str, till_id: UUID) -> str:
    """Return the name of a book's mirror; the id tells apart two tills that were given the same code."""
    return f"kilotill-{till_code}-{till_id.hex[-12:]}.ndjson"


class MirrorFile:
    """Appends whole lines. It keeps no file open between two writes: a stick may be pulled at any moment.

    Every method lets OSError through.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = 0

    def last_line(self) -> bytes | None:
        """Return the last whole line without its line feed, None if there is none.

        What a power cut left of a line behind it is cut off; `append` goes on from here.
        """
        try:
            file = self.path.open("r+b")
        except FileNotFoundError:
            self._size = 0
            return None
        with file:
            end = _end_of_lines(file.fileno())
            file.truncate(end)
            self._size = end
            return _line_before(file.fileno(), end) if end else None

    def is_as_left(self) -> bool:
        """Say whether the file still is as long as the last call left it."""
        try:
            return self.path.stat().st_size == self._size
        except FileNotFoundError:
            return self._size == 0

    def append(self, lines: Iterable[bytes]) -> None:
        """Write lines behind the last one; they are on disk when this returns."""
        data = b"".join(line + b"\n" for line in lines)
        with self.path.open("ab") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self._size += len(data)


def read_mirror(path: Path) -> Iterator[bytes]:
    """Give the whole lines of a mirror without their line feeds, in order. Lets OSError through."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def _end_of_lines(descriptor: int) -> int:
    """Return where the last line feed ends, 0 if there is none."""
    return _after_line_feed(descriptor, os.fstat(descriptor).st_size)


def _line_before(descriptor: int, end: int) -> bytes:
    start = _after_line_feed(descriptor, end - 1)
    os.lseek(descriptor, start, os.SEEK_SET)
    line = bytearray()
    while len(line) < end - 1 - start:
        line += os.read(descriptor, end - 1 - start - len(line))
    return bytes(line)


def _after_line_feed(descriptor: int, before: int) -> int:
    """Return the position behind the last line feed that stands before `before`, 0 if there is none."""
    while before > 0:
        begin = max(0, before - _BLOCK_BYTES)
        os.lseek(descriptor, begin, os.SEEK_SET)
        block = os.read(descriptor, before - begin)
        found = block.rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        before = begin
    return 0
