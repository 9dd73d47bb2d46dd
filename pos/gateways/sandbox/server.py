"""The sandbox's HTTP server on loopback: sockets on one side, the providers on the other."""

from __future__ import annotations

import logging
import os
import socket
import struct
import sys
import threading
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pos.gateways.sandbox.airtel import Airtel
from pos.gateways.sandbox.control import Control
from pos.gateways.sandbox.core import Core, make_core
from pos.gateways.sandbox.mtn import Mtn
from pos.gateways.sandbox.paystack import Paystack
from pos.gateways.sandbox.timeline import MachineTime, TimeSource
from pos.gateways.sandbox.vtpass import Vtpass
from pos.gateways.sandbox.wire import Answer, Request, json_answer

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
BODY_BYTES_MAX = 1_000_000
IDLE_S = 300
STOP_POLL_S = 0.1
_RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Closing a socket that lingers for no time resets the connection."""


class Sandbox:
    """All four providers on one port; `port` 0 takes a free one."""

    def __init__(self, port: int = 0, *, seed: int = 0, clock: TimeSource | None = None) -> None:
        self.core: Core = make_core(clock or MachineTime(), seed)
        for provider in (Mtn(self.core), Airtel(self.core), Paystack(self.core), Vtpass(self.core)):
            self.core.providers[provider.name] = provider
        self._control = Control(self.core)
        self._server = _Server((HOST, port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_POLL_S,), name="sandbox", daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}"

    def start(self) -> Sandbox:
        self.core.timeline.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the server, its connections and its thread."""
        self.core.timeline.stop()
        self.core.post.stop()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward and do what has become due."""
        self.core.timeline.advance(seconds)
        self.core.settle()

    def answer(self, request: Request) -> Answer:
        provider = self.core.providers.get(request.parts[0]) if request.parts else None
        if provider is None:
            return self._control.answer(request)
        return provider.answer(
            Request(
                request.method,
                request.parts[1:],
                request.query,
                request.headers,
                request.body,
                f"{self.base_url}/{provider.name}",
            )
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The usual one asks the name service for the machine's name.
        if os.name != "nt":  # there it would let two programs share the port
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as error:
                logger.debug("A connection of the sandbox was gone already: %s", error)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's form
        if isinstance(sys.exception(), OSError):
            logger.debug("A client of the sandbox left in the middle.", exc_info=True)
        else:
            logger.exception("The sandbox failed at a connection.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = IDLE_S
    server: _Server

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            self.close_connection = True
            self._write(json_answer(413, {"message": "The body is too long or its length is not a number."}))
            return
        try:
            address = urlsplit(self.path)
        except ValueError:
            self._write(json_answer(400, {"message": "The address of the request is none."}))
            return
        request = Request(
            self.command,
            tuple(unquote(part) for part in address.path.split("/") if part),
            dict(parse_qsl(address.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
        try:
            answer = self.server.sandbox.answer(request)
        except Exception:
            logger.exception("The sandbox failed at a request.")
            answer = json_answer(500, {"message": "The sandbox itself failed. This is a mistake of ours."})
        self._write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the library's names
    do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the library's names

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunked_body()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            return None
        return self.rfile.read(int(length))

    def _chunked_body(self) -> bytes | None:
        body = b""
        while True:
            try:
                size = int(self.rfile.readline(100).split(b";")[0], 16)
            except ValueError:
                return None
            if not 0 <= size <= BODY_BYTES_MAX - len(body):
                return None
            if size == 0:
                while self.rfile.readline(BODY_BYTES_MAX).strip():
                    pass
                return body
            body += self.rfile.read(size)
            self.rfile.readline(3)

    def _write(self, answer: Answer) -> None:
        if answer.is_cut:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.close_connection = True
            return
        now = self.server.sandbox.core.timeline.now() + timedelta(seconds=answer.skew_s)
        self.send_response_only(answer.status)
        self.send_header("Date", format_datetime(now, usegmt=True))
        self.send_header("Content-Length", str(len(answer.body)))
        if answer.content_type:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: paths hold phone numbers."""
