"""Sending callbacks, to this machine only."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import socket
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

ANSWER_WITHIN_S = 5
KEPT = 500
"""So many of the last callbacks are remembered."""


@dataclass(frozen=True, slots=True)
class Callback:
    """A message that is ready to go."""

    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a callback: the status of the answer, or why there is none."""

    at: datetime
    provider: str
    reference: str
    result: str
    answer: bytes = b""

    def is_taken(self) -> bool:
        return self.result.startswith("2")


class SentList:
    """The last callbacks, the newest first."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque(maxlen=KEPT)

    def add(self, sent: Sent) -> None:
        self._sent.appendleft(sent)

    def newest_first(self) -> list[Sent]:
        return list(self._sent)

    def clear(self) -> None:
        self._sent.clear()


def is_on_this_machine(url: str) -> bool:
    """Say whether a URL is plain HTTP to a loopback address; nothing else is ever called."""
    try:
        address = urlsplit(url)
        host = address.hostname or ""
        _ = address.port
    except ValueError:
        return False
    if address.scheme != "http":
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Delivery:
    """The sending of one callback; another thread can break it off."""

    def __init__(self, callback: Callback) -> None:
        self._callback = callback
        self._connection: http.client.HTTPConnection | None = None
        self._is_cut = False

    def send(self) -> tuple[str, bytes]:
        """Send it and return the status of the answer and its body, or why there is none."""
        callback = self._callback
        if not is_on_this_machine(callback.url):
            return "not sent: the address is not http on this machine", b""
        address = urlsplit(callback.url)
        host = "127.0.0.1" if address.hostname == "localhost" else address.hostname or ""
        connection = http.client.HTTPConnection(host, address.port or 80, timeout=ANSWER_WITHIN_S)
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        try:
            self._connect(connection)
            connection.request(callback.method, target, callback.body, dict(callback.headers))
            answer = connection.getresponse()
            return str(answer.status), answer.read(65_536)
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {type(error).__name__}", b""
        finally:
            connection.close()

    def cut(self) -> None:
        """Break the connection off, or never let it come about."""
        self._is_cut = True
        line = None if self._connection is None else self._connection.sock
        if line is None:
            return
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            logger.debug("The connection of a callback was gone already: %s", error)

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        connection.connect()
        self._connection = connection
        if self._is_cut:
            raise ConnectionAbortedError


def send(callback: Callback) -> tuple[str, bytes]:
    """Send a callback at once and return the status of the answer and its body, or why there is none."""
    return Delivery(callback).send()
