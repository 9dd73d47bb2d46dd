"""The text of a token for its customer: ready to be sent, and put into the outbox where it can go out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission
from pos.domain.states import PaymentState
from pos.i18n.catalogue import catalogue
from pos.i18n.wording import Wording
from pos.models.ledger_book import Book
from pos.models.queries.selling import find_sale, read_line_at
from pos.models.uow import Units, WriteUnit
from pos.printing.token_text import token_text
from pos.services.approval import require
from pos.services.outbox import Outbox
from pos.services.payment_asking import owner_of
from pos.services.payment_store import payments_of_sale

ABOUT_SALE = "sale:"


@dataclass(frozen=True, slots=True)
class TokenText:
    """What became of the text of a sale's tokens; of the phone only its last digits are told.

    `state`: `no_way` (no service is set up), `no_phone` (nobody's phone is known), `ready`, and as the outbox
    has it `waiting`, `sent` or `failed`.
    """

    state: str
    phone_last3: str = ""
    sent_at: datetime | None = None


class TokenMessages:
    """Writes token texts. An address is the payer's own, or the customer's in the register: never made up."""

    def __init__(self, units: Units, outbox: Outbox, *, shop: str, time_zone: tzinfo) -> None:
        """Wire the parts; `shop` is the name the text begins with."""
        self._units = units
        self._outbox = outbox
        self._shop = shop
        self._time_zone = time_zone

    def text(self, sale_id: UUID) -> str:
        """Return the text of a delivered sale's tokens, empty while it has none."""
        with self._units.read() as connection:
            return self._text(connection, sale_id)

    def state(self, sale_id: UUID, actor: Actor) -> TokenText:
        """Return whether the text of a sale can go to its payer, and what became of it.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.read() as connection:
            return self._state(connection, sale_id)

    def send_to_payer(self, sale_id: UUID, actor: Actor) -> TokenText:
        """Put the text into the outbox for the payer's phone, or the customer's in the register.

        Asked twice it goes out once; one that was given up is tried again. Returns how it is then.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.SALE_CREATE)
        with self._units.write() as unit:
            self.queue(unit, sale_id)
            return self._state(unit.connection, sale_id)

    def _state(self, connection: Connection, sale_id: UUID) -> TokenText:
        phone, about = _phone(connection, sale_id), f"{ABOUT_SALE}{sale_id}"
        known = self._outbox.newest(connection, "sms", about)
        if known is not None:
            state = "waiting" if known.state == "sending" else known.state
            return TokenText(state, phone[-3:], known.sent_at)
        if not self._outbox.has_way("sms"):
            return TokenText("no_way")
        return TokenText("ready", phone[-3:]) if phone else TokenText("no_phone")

    def queue(self, unit: WriteUnit, sale_id: UUID) -> None:
        """Put the text into the outbox, in the write unit at hand; nothing where nobody can be reached."""
        if not self._outbox.has_way("sms"):
            return
        phone, text = _phone(unit.connection, sale_id), self._text(unit.connection, sale_id)
        if phone and text:
            self._outbox.put(unit.connection, "sms", phone, body=text, about=f"{ABOUT_SALE}{sale_id}")

    def send(self, sale_id: UUID, *, phone: str = "", email: str = "") -> bool:
        """Queue the text for an address the customer gave now; False where there is no way or no text."""
        channel, address = ("sms", phone) if phone else ("email", email)
        with self._units.write() as unit:
            text = self._text(unit.connection, sale_id)
            if not text or not address or not self._outbox.has_way(channel):
                return False
            self._outbox.put(
                unit.connection,
                channel,
                address,
                subject=self._shop,
                body=text,
                about=f"{ABOUT_SALE}{sale_id}",
            )
        return True

    def _text(self, connection: Connection, sale_id: UUID) -> str:
        known = find_sale(connection, sale_id)
        if known is None or known.delivered_place is None:
            return ""
        sale = json.loads(read_line_at(connection, known.delivered_place))["body"]["sale"]
        wording = Wording(catalogue(sale["language"]), sale["currency"], self._time_zone)
        return token_text(sale, shop=self._shop, unit=_unit(sale), wording=wording)


class NoteSent:
    """Writes that a token was handed over by a message."""

    def __init__(self, book: Book) -> None:
        """Wire the book."""
        self._book = book

    def __call__(self, unit: WriteUnit, channel: str, about: str) -> None:
        """Note that a message about something is out, inside the write unit at hand."""
        if channel != "sms" or not about.startswith(ABOUT_SALE):
            return
        sale_id = UUID(about.removeprefix(ABOUT_SALE))
        copies: int = unit.connection.exec_driver_sql(
            "SELECT copies FROM sale WHERE id = ?", (sale_id.bytes,)
        ).scalar_one()
        self._book.record(
            unit,
            "token_handed_over",
            {"sale_id": str(sale_id), "how": "sms", "copy": copies},
            actor=owner_of(unit.connection, sale_id),
        )


def _phone(connection: Connection, sale_id: UUID) -> str:
    """Return whose token it is to be told: a phone that was asked and refused may be a stranger's."""
    payments = payments_of_sale(connection, sale_id)
    paid_by = next((one.phone for one in payments if one.phone and one.state is PaymentState.SUCCEEDED), "")
    if paid_by:
        return paid_by
    found = connection.exec_driver_sql(
        "SELECT customer.phone FROM sale JOIN sale_item ON sale_place = sale.place AND n = 1 "
        "JOIN meter ON meter.key = meter_key JOIN customer ON customer.key = meter.customer_key "
        "WHERE sale.id = ?",
        (sale_id.bytes,),
    ).scalar()
    return str(found or "")


def _unit(sale: dict[str, object]) -> str:
    items = sale["items"]
    assert isinstance(items, list), "a delivered sale has items"
    tokens = items[0].get("tokens") or [{}]
    return "m\u00b3" if tokens[-1].get("subclass") == 1 else "kWh"
