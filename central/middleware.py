"""What surrounds every request: its id, log line, figures and limits, and the last net for mistakes."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, clear_contextvars

from central.errors import Problem
from central.limits import Verdict, address_of, network_of, too_many
from central.logs import logger
from central.problems import problem_response
from pos.domain.ids import new_id

BODY_BYTES_MAX = 2 * 1024 * 1024
_OWN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_UNLIMITED = frozenset({"/health", "/ready", "/metrics"})
_SIGN_IN = frozenset({"/token", "/v1/token", "/v1/auth/refresh"})
_TILL_LOGIN = frozenset({"/v1/tills/enrol", "/v1/tills/challenge", "/v1/tills/token"})
_CALLBACKS = "/v1/webhooks/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_log = logger("central.access")


class RequestMiddleware:
    """Pure ASGI, so that bodies are neither read nor buffered here."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app = app
        self._owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(self._app, self._owner, scope, receive, send).run()


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, owner: FastAPI, scope: Scope, receive: Receive, send: Send) -> None:
        self._app = app
        self._state = owner.state
        self._scope = scope
        self._receive = receive
        self._send = send
        self._status = 0
        self._read_bytes = 0
        self._is_too_large = False
        scope["app"] = owner
        scope.setdefault("state", {})
        self._request = Request(scope)
        self._own = self._request.state

    async def run(self) -> None:
        begun = time.perf_counter()
        self._own.request_id = _request_id(self._request.headers, self._state)
        self._own.verdict = None
        clear_contextvars()
        bind_contextvars(request_id=self._own.request_id)
        metrics = self._state.metrics
        metrics.running.inc()
        try:
            await self._answer()
            if self._is_too_large:
                await self._refuse(_too_large())
        finally:
            metrics.running.dec()
            self._note(time.perf_counter() - begun)

    async def _answer(self) -> None:
        try:
            self._check_length()
            self._charge_strangers()
            await self._app(self._scope, self._limited_receive, self._send_unless_too_large)
        except Problem as problem:
            await self._refuse(problem)
        except Exception:
            if self._is_too_large:
                return
            # The last net: whatever it is, the client gets an answer and the log says what happened.
            _log.exception("failed", method=self._scope["method"], path=_loggable(self._scope["path"]))
            text = f"Something went wrong here. Tell support the number {self._own.request_id}."
            await self._refuse(Problem("server.fault", text, status=500))

    async def _send_unless_too_large(self, message: Message) -> None:
        if not self._is_too_large:
            await self._send_with_headers(message)

    async def _refuse(self, problem: Problem) -> None:
        if not self._status:
            response = problem_response(problem, self._own.request_id)
            await response(self._scope, self._receive, self._send_with_headers)

    def _check_length(self) -> None:
        length = self._request.headers.get("content-length", "0")
        if length.isascii() and length.isdigit() and int(length) > BODY_BYTES_MAX:
            raise _too_large()

    async def _limited_receive(self) -> Message:
        message = await self._receive()
        self._read_bytes += len(message.get("body", b""))
        if self._read_bytes > BODY_BYTES_MAX:
            # Whoever reads the body takes an error for bad JSON; so what they answer is dropped, too.
            self._is_too_large = True
            return {"type": "http.disconnect"}
        return message

    def _charge_strangers(self) -> None:
        """Count those who do not say who they are against the address; others count when they are known."""
        kind = self._kind_of_stranger()
        if kind is None:
            return
        verdict: Verdict = self._state.limiter.take(kind, network_of(address_of(self._request)))
        self._own.verdict = verdict
        if not verdict.is_allowed:
            raise too_many(verdict)

    def _kind_of_stranger(self) -> str | None:
        """Return the limit of a request of nobody known; None where its token will say who it is.

        Where no token is asked for, one that is sent changes nothing: it would be a way around the limit.
        """
        path = self._scope["path"]
        if path in _UNLIMITED:
            return None
        if path.startswith(_CALLBACKS):
            return "callback"
        if path in _TILL_LOGIN:
            return "till_login"
        is_open = path in _SIGN_IN or "authorization" not in self._request.headers
        return "address" if is_open else None

    async def _send_with_headers(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._own.request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
            if self._own.verdict is not None:
                headers.update(self._own.verdict.headers())
        await self._send(message)

    def _note(self, seconds: float) -> None:
        method, route = self._scope["method"], _route(self._scope)
        metrics = self._state.metrics
        # Anybody may invent methods; figures of each would never end.
        counted = method if method in _METHODS else "other"
        metrics.requests.labels(counted, route, str(self._status)).inc()
        metrics.seconds.labels(counted, route).observe(seconds)
        if self._status == 429:
            metrics.refused.labels(route).inc()
        _log.info(
            "request",
            method=method,
            route=route,
            status=self._status,
            duration_ms=round(seconds * 1000, 1),
            address=address_of(self._request),
        )


def _request_id(headers: Headers, state: Any) -> str:
    """Take the client's id where it is a decent one, so that both logs can be read side by side."""
    given = headers.get("x-request-id", "")
    return given if _OWN_ID.fullmatch(given) else str(new_id(state.clock.now()))


def _loggable(path: str) -> str:
    """Return a path without the hidden part of an address for callbacks."""
    start, callbacks, rest = path.partition(_CALLBACKS)
    return f"{start}{callbacks}{rest.partition('/')[0]}"


def _route(scope: Mapping[str, Any]) -> str:
    """Return the address as it is declared; the ids in it would make endless figures."""
    route = scope.get("route")
    return getattr(route, "path", None) or "none"


def _too_large() -> Problem:
    return Problem("request.too_large", f"A request has at most {BODY_BYTES_MAX} bytes.", status=413)
