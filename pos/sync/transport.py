"""The way to the server: one request, one answer; tests put an in-process one in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: header names in lower case, the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport(Protocol):
    """Sends one request and waits, within its time-outs, for the whole answer."""

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Send `body` as it is; `path` begins with a slash and holds the query.

        Raises:
            Unavailable: `sync.unreachable`, `sync.time_out`, `sync.tls`, `sync.answer_too_large`: no whole
                answer. Whether the server did what was asked is then unknown.
        """
        ...
