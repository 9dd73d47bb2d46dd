"""The port for messages to customers, and its ways: into a file, by a mail server (docs/payments.md)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol

from pos.errors import Rejected, Unavailable, UserError

TIME_OUT_S = 20
SMTP_PORT = 587
_TLS_PORT = 465


@dataclass(frozen=True, slots=True)
class Message:
    """One text to one address, which a person gave; `id` is the same when it is sent again."""

    id: str
    channel: str
    address: str = field(repr=False)
    subject: str = ""
    body: str = field(default="", repr=False)


class MessageWay(Protocol):
    """A way to send messages of one channel."""

    def send(self, message: Message) -> None:
        """Send it; sent again it does no harm. Raises Unavailable, Rejected."""
        ...


class FileMessages:
    """Writes each message into a folder, for a program that sends them, and for tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> None:
        """Write `<id>.txt`: address, an empty line, the text. Raises Unavailable `message.folder`."""
        parts = [message.address, message.subject, "", message.body]
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = self._folder / f".{message.id}.new"
            made.write_text("\n".join(parts) + "\n", encoding="utf-8")
            made.replace(self._folder / f"{message.channel}-{message.id}.txt")
        except OSError as error:
            raise Unavailable("message.folder", "The message folder cannot be written.") from error


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65_535


class SmtpMessages:
    """Sends e-mail through the shop's mail server, encrypted."""

    def __init__(self, server: str, sender: str, *, password: str = "") -> None:
        """`server` is a name with or without a port. Raises UserError `message.server`."""
        host, _, port = server.partition(":")
        if not host or "@" not in sender or (port and not _is_port(port)):
            raise UserError("message.server", "Set the mail server and the sender's address first.")
        self._host, self._port = host, int(port or SMTP_PORT)
        self._sender = sender
        self._password = password

    def send(self, message: Message) -> None:
        """Send it.

        Raises:
            Unavailable: `message.no_server`, the server cannot be reached or wants it later.
            Rejected: `message.refused`, it takes no mail for this address.
        """
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.address, message.subject
        mail["Date"] = formatdate()
        # The same id each time: a receiver that got it already can tell.
        mail["Message-ID"] = f"<{message.id}@kilotill>" if message.id else make_msgid()
        mail.set_content(message.body)
        try:
            with self._connected() as server:
                if self._password:
                    server.login(self._sender, self._password)
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            raise Rejected("message.refused", "The mail server takes no mail for this address.") from error
        except (smtplib.SMTPException, OSError) as error:
            raise Unavailable(
                "message.no_server", "The mail server does not take the message now."
            ) from error

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._port == _TLS_PORT:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIME_OUT_S, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=TIME_OUT_S)
        server.ehlo_or_helo_if_needed()
        # A mail server on this very machine may have no certificate.
        if server.has_extn("starttls"):
            server.starttls(context=context)
        elif self._host not in ("localhost", "127.0.0.1", "::1"):
            server.close()
            raise smtplib.SMTPException("the server offers no encryption")
        return server
