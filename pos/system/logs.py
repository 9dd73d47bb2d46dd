"""The log files: bounded, in UTC, and without what must not be in them (docs/secrets.md §7)."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import time
from pathlib import Path

from pos.domain.redaction import redact

__all__ = ["FILE_BYTES_MAX", "LOG_NAME", "OLD_FILES", "Logs", "RedactingFormatter", "redact", "start_logs"]

LOG_NAME = "kilotill.log"
FILE_BYTES_MAX = 2_000_000
OLD_FILES = 4

_FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s %(threadName)s %(name)s: %(message)s"


class RedactingFormatter(logging.Formatter):
    """Writes a record in one form, UTC, with its traceback, and then hides what must not be seen."""

    def __init__(self) -> None:
        super().__init__(_FORM, "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class Logs:
    """The running log: loggers put records into a queue, one thread writes them."""

    def __init__(self, handler: logging.Handler) -> None:
        records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        self._entrance = logging.handlers.QueueHandler(records)
        self._listener = logging.handlers.QueueListener(records, handler)
        self._handler = handler

    def start(self, level: int) -> None:
        """Take everything at `level` and above from now on."""
        self._listener.start()
        root = logging.getLogger()
        root.addHandler(self._entrance)
        root.setLevel(level)

    def stop(self) -> None:
        """Write what is queued and close the file."""
        logging.getLogger().removeHandler(self._entrance)
        self._listener.stop()
        self._handler.close()


def start_logs(folder: Path, level: int = logging.INFO) -> Logs:
    """Log into `kilotill.log` of a folder, which is made: at most five files of 2 MB. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / LOG_NAME, maxBytes=FILE_BYTES_MAX, backupCount=OLD_FILES, encoding="utf-8"
    )
    handler.setFormatter(RedactingFormatter())
    logs = Logs(handler)
    logs.start(level)
    return logs
