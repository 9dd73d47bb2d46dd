"""The mirror: every line of the journal a second time, on another disk (docs/backup.md §4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pos.domain.canonical import JsonError
from pos.domain.journal import JournalError, read_line
from pos.errors import KilotillError, MachineFault, Unavailable
from pos.models.ledger_book import BookHead, read_head
from pos.models.packing import unpack_line
from pos.models.uow import Units
from pos.system.mirror_file import MirrorFile, mirror_name

BATCH_LINES = 500
RETRY_S = 30.0
_NOTED_EVERY = 1_000


class Mirror:
    """Keeps the mirror of the open book. Hand it to `Book` as `mirror`, and start it.

    A sale only rings the bell. The lines themselves are read from the database: what was committed while the
    stick was out, or before a power cut, is found in the same way as the newest line.
    """

    def __init__(self, units: Units, folder: Callable[[], Path]) -> None:
        """Write into `folder()`, asked each time; it must exist: a missing stick is not made up for."""
        self._units = units
        self._folder = folder
        self._bell = threading.Event()
        self._is_ending = False
        self._thread: threading.Thread | None = None
        self._file: MirrorFile | None = None
        self._position = 0
        self._noted = 0
        self._trouble: KilotillError | None = None

    def __call__(self, _seq: int, _data: bytes) -> None:
        """Take note that a line is durable; returns at once."""
        self._bell.set()

    @property
    def trouble(self) -> KilotillError | None:
        """Return what keeps the mirror from being whole, None if nothing does.

        `mirror.unavailable` passes by itself. With `mirror.ahead` or `mirror.fork` (MachineFault) this
        database is not the one the mirror belongs to, or an old copy of it: selling on would make two books.
        """
        return self._trouble

    @property
    def position(self) -> int:
        """Return the seq of the last line that is in the mirror, as far as is known."""
        return self._position

    def catch_up(self) -> KilotillError | None:
        """Write every line that the mirror lacks, and return `trouble`."""
        try:
            self._write_missing()
            self._trouble = None
        except OSError as error:
            self._file = None
            self._trouble = Unavailable(
                "mirror.unavailable",
                f"The second copy of the book cannot be written ({error.strerror}): plug the back-up disk "
                "in. Selling goes on; the copy catches up by itself.",
            )
        except (MachineFault, Unavailable) as trouble:
            self._file = None
            self._trouble = trouble
        return self._trouble

    def start(self) -> None:
        """Begin to write in the background."""
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        self._bell.set()
        self._thread.start()

    def stop(self) -> None:
        """Write what is left and end; waits for it."""
        self._is_ending = True
        self._bell.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._is_ending:
            self._bell.wait(None if self._trouble is None else RETRY_S)
            self._bell.clear()
            self.catch_up()
        self.catch_up()
        with suppress(MachineFault):
            # What the database knows of the mirror only saves work; the mirror itself says how far it goes.
            self._note_position()

    def _write_missing(self) -> None:
        file = self._ready_file()
        while lines := self._lines_after(self._position):
            file.append(lines)
            self._position += len(lines)
            if self._position - self._noted >= _NOTED_EVERY:
                self._note_position()

    def _ready_file(self) -> MirrorFile:
        with self._units.read() as connection:
            head = read_head(connection)
        folder = self._folder()
        if not folder.is_dir():
            raise Unavailable(
                "mirror.unavailable",
                f"The folder {folder} of the second copy of the book is not there: plug the back-up disk in. "
                "Selling goes on; the copy catches up by itself.",
            )
        path = folder / mirror_name(head.till_code, head.till_id)
        if self._file is None or self._file.path != path or not self._file.is_as_left():
            self._file = None
            found = MirrorFile(path)
            self._position = self._checked_position(found.last_line(), head)
            self._file = found
        return self._file

    def _checked_position(self, last: bytes | None, head: BookHead) -> int:
        """Return the seq of the mirror's last line, once it is proven to be a line of this book."""
        if last is None:
            return 0
        try:
            seq = read_line(last)[0].seq
        except (JournalError, JsonError):
            seq = 0
        if seq > head.head_seq:
            raise MachineFault(
                "mirror.ahead",
                f"The second copy of the book goes to line {seq}, this database only to {head.head_seq}: it "
                "is an old copy. Stop selling and restore from the back-up and its mirror.",
            )
        # The line names the hash of the one before it, so equal last lines mean equal books.
        if self._lines_after(seq - 1)[:1] != [last]:
            raise MachineFault(
                "mirror.fork",
                f"Line {seq} of the second copy of the book is another one than here: two books have been "
                "written under one till. Stop selling and call the office.",
            )
        return seq

    def _lines_after(self, seq: int) -> list[bytes]:
        with self._units.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT line FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, BATCH_LINES)
            )
            return [unpack_line(row[0]) for row in rows]

    def _note_position(self) -> None:
        """Tell the database, seldom: a write unit for each line would keep the counter waiting."""
        if self._position == self._noted or self._trouble is not None:
            return
        with self._units.write() as unit:
            unit.connection.exec_driver_sql("UPDATE book SET mirrored_seq = ?", (self._position,))
        self._noted = self._position
