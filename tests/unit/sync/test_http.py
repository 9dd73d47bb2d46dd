"""The real transport against a small server on this machine, on good and bad days."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from pos.errors import Unavailable
from pos.sync.http import Bounds, RequestsTransport, unpacked


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = gzip.compress(b"x" * 100_000)
        if self.path == "/cut":
            body = body[:-8]
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/whole")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/hang":
            self.server.hang.wait(10)  # type: ignore[attr-defined]
        if self.path == "/who":
            body = gzip.compress(str(self.headers["Authorization"]).encode())
        if self.path in ("/torn", "/drip"):
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            with suppress(OSError):
                while self.path == "/drip" and not self.server.hang.wait(0.02):  # type: ignore[attr-defined]
                    self.wfile.write(b"x")
                    self.wfile.flush()
            return
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.headers["X-Request-Id"].encode() + b" " + body
        self.send_response(201)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.hang = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.hang.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


def code_of(transport: RequestsTransport, path: str) -> str:
    with pytest.raises(Unavailable) as trouble:
        transport.send("GET", path)
    return trouble.value.code


def test_send_when_all_is_well_unpacks_the_answer_and_sends_headers_and_body(url: str) -> None:
    transport = RequestsTransport(url + "/")

    assert transport.send("GET", "/whole").body == b"x" * 100_000
    answer = transport.send("POST", "/echo", {"X-Request-Id": "r1"}, b"\x00body")
    assert (answer.status, answer.body) == (201, b"r1 \x00body")


def test_send_when_the_answer_is_too_large_packed_or_unpacked_is_refused(url: str) -> None:
    assert (
        code_of(RequestsTransport(url, bounds=Bounds(bytes_max=99_999)), "/whole") == "sync.answer_too_large"
    )
    assert (
        code_of(RequestsTransport(url, bounds=Bounds(packed_bytes_max=10)), "/whole")
        == "sync.answer_too_large"
    )


def test_send_when_the_answer_is_cut_off_is_no_answer(url: str) -> None:
    assert code_of(RequestsTransport(url), "/cut") == "sync.unreachable"


def test_send_when_the_line_breaks_amid_the_answer_is_no_answer(url: str) -> None:
    assert code_of(RequestsTransport(url), "/torn") == "sync.unreachable"


def test_send_when_the_answer_only_drips_in_is_given_up(url: str) -> None:
    assert code_of(RequestsTransport(url, bounds=Bounds(whole_s=0.2)), "/drip") == "sync.time_out"


def test_send_when_this_machine_has_a_password_file_the_bearer_still_goes_out(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))

    answer = RequestsTransport(url).send("GET", "/who", {"Authorization": "Bearer till"})

    assert answer.body == b"Bearer till"


def test_send_when_the_answer_points_elsewhere_does_not_follow(url: str) -> None:
    assert RequestsTransport(url).send("GET", "/moved").status == 302


def test_send_when_nothing_comes_in_time_is_a_time_out(url: str) -> None:
    assert code_of(RequestsTransport(url, bounds=Bounds(read_s=0.05)), "/hang") == "sync.time_out"


def test_send_when_nobody_listens_is_unreachable() -> None:
    assert code_of(RequestsTransport("http://127.0.0.1:1"), "/") == "sync.unreachable"


@responses.activate
def test_send_when_the_certificate_is_not_trusted_says_so() -> None:
    responses.get("https://office.test/x", body=requests.exceptions.SSLError("self-signed"))

    assert code_of(RequestsTransport("https://office.test"), "/x") == "sync.tls"


def test_unpacked_when_the_bytes_are_damaged_is_no_answer() -> None:
    with pytest.raises(Unavailable) as trouble:
        unpacked(b"no gzip at all", 100)

    assert trouble.value.code == "sync.unreachable"
