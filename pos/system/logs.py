"""The log files: bounded, in UTC, and without what must not be in them (docs/secrets.md §7)."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import re
import time
from pathlib import Path

LOG_NAME = "kilotill.log"
FILE_BYTES_MAX = 2_000_000
OLD_FILES = 4

_FORM = "%(asctime)s.%(msecs)03dZ %(levelname)s %(threadName)s %(name)s: %(message)s"
_HIDDEN = "[hidden]"

_SECRETS = (
    # A token or a voucher: 20 or 16 digits, in groups or not.
    re.compile(r"(?<!\d)(?<!\d[ -])\d(?:[ -]?\d){19}(?![ -]?\d)"),
    re.compile(r"(?<!\d)(?<!\d[ -])\d{4}(?:[ -]?\d{4}){3}(?![ -]?\d)"),
    # A key, a hash, anything in hexadecimal of 8 bytes or more, in groups of four or not.
    re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{16,}(?![0-9A-Fa-f])"),
    re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{4}(?:[ -][0-9A-Fa-f]{4}){3,}(?![0-9A-Fa-f])"),
    # A stored secret: base 64 of 16 bytes or more.
    re.compile(r"(?<![\w+/])[A-Za-z0-9+/_-]{22,}={1,2}"),
    # The recovery code: five groups of five.
    re.compile(r"(?<!\w)[A-Z2-9]{5}(?:-[A-Z2-9]{5}){4}(?!\w)"),
    # A phone number: international, or 9, 10 or 12 digits, or 11 from 07. Meter numbers have 11 or 13.
    re.compile(r"\+\d(?:[ .()-]{0,2}\d){6,14}"),
    re.compile(r"(?<![\d.])(?:\d{9,10}|\d{12}|0[789]\d{9})(?![\d.]*\d)"),
)
_PIN = re.compile(r"(?i)(\b(?:\w*_)?pins?\b[^0-9\n]{0,20}?)\d{4,8}(?!\d)")


def redact(text: str) -> str:
    """Return the text without tokens, keys, PINs, recovery codes and phone numbers.

    It is the last net, not the rule: nothing that is secret is ever passed to a logger.
    """
    for pattern in _SECRETS:
        text = pattern.sub(_HIDDEN, text)
    return _PIN.sub(rf"\1{_HIDDEN}", text)


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
