"""The guards that conftest puts around every test."""

import ipaddress
import logging
import re
import socket
from collections.abc import Sequence
from typing import Any, Self

import pytest


class NetworkForbidden(BaseException):
    """Not an `Exception`, so that no retry and no offline mode takes it for a bad line."""


class LogGuard(logging.Handler):
    """Keeps what is logged at warning or above while it is entered."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._messages: list[str] = []

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def complaint(self, expected: Sequence[str]) -> str:
        unexpected = [message for message in self._messages if not any(text in message for text in expected)]
        missing = [text for text in expected if not any(text in message for message in self._messages)]
        return "\n".join(
            [f"Unexpected log: {message}" for message in unexpected]
            + [f"Expected in the log, and not there: {text}" for text in missing]
        )


_TOKEN = r"(?<![\d.])\d{4}(?:[ -]?\d{4}){4}(?!\d)"
_PHONE = r"\+[1-9]\d{8,14}(?!\d)"
_KEYS = r"\bsk_(?:test|live)_\w+|\b(?:c011ec7|d15b|5a4db0c5|4e3177a)[0-9a-f-]{8,}"
_PIN = r"\b(?:PIN|Pin|pin)\W{1,3}\d{4,8}\b"
SECRETS = re.compile("|".join((_TOKEN, _PHONE, _KEYS, _PIN)))
"""What stands in no log, not even before the last net (pos.domain.redaction) has hidden it."""

_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
"""Ids of ours are no secret, and one in a few thousand has twenty digits in a row."""

OURS = ("pos", "central")


class LeakGuard(logging.Handler):
    """Reads everything our own loggers say, down to the smallest level, and what others say at info."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._leaks: list[str] = []
        self._levels: dict[str, int] = {}

    def __enter__(self) -> Self:
        for name in OURS:
            logger = logging.getLogger(name)
            self._levels[name] = logger.level
            logger.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        found = SECRETS.search(_ID.sub("", record.getMessage()))
        if found is not None:
            self._leaks.append(f"{record.name} line {record.lineno}: {found.group()[:4]}…")

    def complaint(self) -> str:
        return "\n".join(f"A secret in a log: {leak}" for leak in self._leaks)


def forbid_network(patch: pytest.MonkeyPatch) -> None:
    for name in ("connect", "connect_ex"):
        patch.setattr(socket.socket, name, _on_loopback(getattr(socket.socket, name)))
    look_up = socket.getaddrinfo

    def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
        _check_host(host)
        return look_up(host, *arguments, **options)

    patch.setattr(socket, "getaddrinfo", look_up_here)


def _on_loopback(method: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family != getattr(socket, "AF_UNIX", None):
            _check_host(address[0])
        return method(self, address)

    return checked


def _check_host(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name not in (None, "", "localhost") and not _is_loopback(name):
        raise NetworkForbidden(f"A test tried to reach {name}; tests reach this machine only.")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
