"""E-mail over a real SMTP conversation on loopback."""

import socketserver
import threading
from collections.abc import Iterator

import pytest

from pos.errors import KilotillError
from pos.gateways.messages import Message, SmtpMessages


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail for everybody but `nobody@`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[str] = []


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, MailServer)
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                server.mails.append(self._data())
                self._say("250 taken")
            elif word == "RCPT" and "nobody@" in line:
                self._say("550 no such person")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _data(self) -> str:
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return "".join(lines)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def way(server: MailServer) -> SmtpMessages:
    return SmtpMessages(f"127.0.0.1:{server.server_address[1]}", "till@example.com")


def test_mail_when_sent_has_address_subject_and_text(server: MailServer) -> None:
    way(server).send(Message("17", "email", "uwase@example.com", "Shop", "your token"))

    (mail,) = server.mails
    assert "To: uwase@example.com" in mail
    assert "Message-ID: <17@kilotill>" in mail
    assert "your token" in mail


def test_mail_when_the_address_is_unknown_is_refused_for_good(server: MailServer) -> None:
    with pytest.raises(KilotillError) as caught:
        way(server).send(Message("17", "email", "nobody@example.com", "Shop", "your token"))

    assert caught.value.code == "message.refused"


def test_mail_when_the_server_is_away_is_tried_later(server: MailServer) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(KilotillError) as caught:
        way(server).send(Message("17", "email", "uwase@example.com", "Shop", "your token"))

    assert caught.value.code == "message.no_server"
