"""The guards that conftest puts around every test."""

import ipaddress
import logging
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
