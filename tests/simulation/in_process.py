"""Calls an ASGI application in the thread at hand: no socket, no other thread, the same order every time.

A test client hands each request over to other threads and back, which costs more than the request itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from fastapi import FastAPI

from pos.sync.transport import Response


class InProcess:
    """An application that is started, asked, and stopped."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._lifespan = app.router.lifespan_context(app)

    def start(self) -> None:
        self._loop.run_until_complete(self._lifespan.__aenter__())

    def stop(self) -> None:
        self._loop.run_until_complete(self._lifespan.__aexit__(None, None, None))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        return self._loop.run_until_complete(self._request(method, path, headers, body))

    async def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": bare,
            "raw_path": bare.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            + [(b"host", b"office.test"), (b"content-length", str(len(body)).encode())],
            "client": ("127.0.0.1", 1),
            "server": ("office.test", 80),
            "state": {},
        }
        sent: list[dict[str, Any]] = []
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return left.pop() if left else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts are messages
        names = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return Response(sent[0]["status"], names, b"".join(one.get("body", b"") for one in sent[1:]))


def stay_in_thread(patch: pytest.MonkeyPatch) -> None:
    """Let endpoints run where they are called: the framework would give each to a thread of its own."""

    async def run_sync(call: Callable[..., Any], *arguments: Any, **_: Any) -> Any:
        return call(*arguments)

    patch.setattr("anyio.to_thread.run_sync", run_sync)
