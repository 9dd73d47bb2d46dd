"""The real way to the server: one `requests` session, bounded in time and size."""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from pos.errors import Unavailable, UserError
from pos.sync.transport import Response

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|\[?::1\]?")
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long to wait and how much to take, the answer as it came and unpacked."""

    connect_s: float = 5.0
    read_s: float = 30.0
    whole_s: float = 120.0
    """For a whole answer: one that drips in must not hold a till for ever."""
    packed_bytes_max: int = 16 * 1024 * 1024
    bytes_max: int = 64 * 1024 * 1024


def checked_url(url: str) -> str:
    """Return a server's address without a slash at its end.

    Raises:
        UserError: `sync.url`; only https goes over a network, plain http stays on this machine.
    """
    parts = urlsplit(url.strip())
    is_plain_here = parts.scheme == "http" and _LOOPBACK.fullmatch(parts.hostname or "") is not None
    is_whole = bool(parts.hostname) and not parts.query and not parts.fragment and not parts.username
    if not is_whole or not (parts.scheme == "https" or is_plain_here):
        raise UserError(
            "sync.url", "The server's address begins with https://, for example https://office.example.com."
        )
    return url.strip().rstrip("/")


class RequestsTransport:
    """Sends over HTTPS with the machine's certificates; thread-safe, one session a thread."""

    def __init__(self, url: str, *, bounds: Bounds | None = None) -> None:
        self._url = checked_url(url)
        self._bounds = bounds or Bounds()
        self._local = threading.local()

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        bounds = self._bounds
        try:
            with self._session().request(
                method,
                self._url + path,
                data=body or None,
                headers={"Accept-Encoding": "gzip", **(headers or {})},
                timeout=(bounds.connect_s, bounds.read_s),
                # A redirect could carry the bearer to another host.
                allow_redirects=False,
                stream=True,
            ) as answer:
                names = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, names, self._body(answer))
        except requests.exceptions.SSLError as error:
            raise Unavailable(
                "sync.tls", "The server's certificate is not trusted: tell your administrator."
            ) from error
        except requests.exceptions.Timeout as error:
            raise Unavailable(
                "sync.time_out", "Head office did not answer in time; it is tried again."
            ) from error
        # What breaks in the middle of a body comes from the library below.
        except (requests.exceptions.RequestException, HTTPError, OSError) as error:
            raise Unavailable(
                "sync.unreachable", "Head office cannot be reached; it is tried again."
            ) from error

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            # Without it a .netrc of this machine would take the place of the bearer.
            session.auth = _as_it_is
            # Repeats are the engine's: they must survive a restart.
            session.mount("https://", HTTPAdapter(max_retries=0))
            session.mount("http://", HTTPAdapter(max_retries=0))
        return session

    def _body(self, answer: requests.Response) -> bytes:
        """Read and unpack the answer ourselves, so that a small packed one cannot fill the memory."""
        packed = bytearray()
        ends = time.monotonic() + self._bounds.whole_s
        while chunk := answer.raw.read1(_CHUNK_BYTES, decode_content=False):
            packed += chunk
            if len(packed) > self._bounds.packed_bytes_max:
                raise _too_large()
            if time.monotonic() > ends:
                raise requests.exceptions.Timeout
        if answer.headers.get("Content-Encoding", "").lower() != "gzip":
            return bytes(packed)
        return unpacked(bytes(packed), self._bounds.bytes_max)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def unpacked(packed: bytes, bytes_max: int) -> bytes:
    """Unpack gzip bytes. Raises Unavailable `sync.answer_too_large`, `sync.unreachable` for a cut answer."""
    unpacker: Any = zlib.decompressobj(wbits=31)
    try:
        data: bytes = unpacker.decompress(packed, bytes_max)
    except zlib.error as error:
        raise Unavailable(
            "sync.unreachable", "Head office's answer came damaged; it is tried again."
        ) from error
    if unpacker.unconsumed_tail:
        raise _too_large()
    if not unpacker.eof:
        raise Unavailable("sync.unreachable", "Head office's answer was cut off; it is tried again.")
    return data


def _too_large() -> Unavailable:
    return Unavailable("sync.answer_too_large", "Head office's answer is too large; tell your administrator.")
