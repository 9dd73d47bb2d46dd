"""Takes envelopes from the server: newer, not ahead of the own book, and signed (docs/formats.md §9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError
from sqlalchemy import Connection

from pos.contracts.envelope import Envelope, SignedEnvelope
from pos.domain.canonical import JsonError, JsonObject, canonical_bytes
from pos.domain.envelope import EnvelopeError, envelope_message
from pos.domain.journal import parse_instant
from pos.models.ledger_book import Book, read_head
from pos.models.office_link import enrolling_actor, find_link
from pos.models.packing import unpack_line
from pos.models.queries.selling import envelope_in_force
from pos.models.sales import envelope as envelope_table
from pos.models.uow import Units, WriteUnit
from pos.sync.client import ServerClient

PATH = "/v1/sync/envelope"


class EnvelopeRenewal:
    """Asks for a newer envelope after each push."""

    def __init__(self, units: Units, client: ServerClient, book: Book) -> None:
        self._units = units
        self._client = client
        self._book = book

    def run(self) -> int | None:
        """Take a newer envelope if there is one; returns its sequence, None where nothing changed.

        Raises:
            Unavailable, ServerRefusal: as `ServerClient.call`. EnvelopeError: as `take_envelope`.
        """
        with self._units.read() as connection:
            present = last_sequence(connection)
        answer = self._client.call("GET", f"{PATH}?sequence={present}")
        if answer.status == 204:
            return None
        signed = self._client.read(answer, SignedEnvelope)
        with self._units.write() as unit:
            link, actor = find_link(unit.connection), enrolling_actor(unit.connection)
            if link is None or actor is None:
                return None
            return take_envelope(unit, self._book, signed, keys=link.server_keys, actor=actor)


def last_sequence(connection: Connection) -> int:
    """Return the sequence of the envelope in force, 0 without one."""
    row = envelope_in_force(connection)
    return 0 if row is None else row.sequence


def take_envelope(
    unit: WriteUnit, book: Book, signed: SignedEnvelope, *, keys: Mapping[str, bytes], actor: Any
) -> int:
    """Put an envelope of the server in force, with the till's lanes, inside the write unit at hand.

    Raises:
        EnvelopeError: `envelope.signature`, `envelope.old` (its sequence is not greater),
            `envelope.ahead` (it counts lines this till has not), `envelope.other_till` (or currency).
    """
    body = _checked(signed, keys)
    head = read_head(unit.connection)
    if body.till != head.till_id or body.currency != _currency(unit.connection):
        raise EnvelopeError(
            "envelope.other_till", "This offline limit is for another till, or in another currency."
        )
    if body.sequence <= last_sequence(unit.connection):
        raise EnvelopeError("envelope.old", "This offline limit is not newer than the one in force.")
    if body.as_of_seq > head.head_seq:
        raise EnvelopeError("envelope.ahead", "This offline limit speaks of records this till does not have.")
    text = canonical_bytes(_plain(signed))
    used_money_minor, used_units_milli = used_since(unit.connection, body.as_of_seq)
    unit.connection.execute(
        envelope_table.insert().values(
            sequence=body.sequence,
            body=text.decode(),
            signature=bytes.fromhex(signed.sig),
            as_of_seq=body.as_of_seq,
            money_minor=body.money_minor,
            units_milli=body.units_milli,
            expires_at=None if body.expires_at is None else parse_instant(body.expires_at),
            used_money_minor=0,
            used_units_milli=0,
            before_money_minor=used_money_minor,
            before_units_milli=used_units_milli,
        )
    )
    _take_groups(unit.connection, body)
    taken: JsonObject = {"sequence": body.sequence, "sha256": sha256(text).hexdigest()}
    book.record(unit, "envelope_taken", taken, actor=actor)
    return body.sequence


def _currency(connection: Connection) -> str:
    return str(
        connection.exec_driver_sql(
            "SELECT sales_point.currency FROM book JOIN till ON till.id = book.till_id "
            "JOIN sales_point ON sales_point.id = till.sales_point_id"
        ).scalar_one()
    )


def take_lanes(connection: Connection, signed: SignedEnvelope) -> None:
    """Take only the lanes of an envelope whose size does not count."""
    _take_groups(connection, Envelope.model_validate(signed.envelope))


def _take_groups(connection: Connection, body: Envelope) -> None:
    for group in body.groups:
        connection.exec_driver_sql(
            "UPDATE supply_group SET lane = ?, lanes = ?, holders = ? WHERE sgc = ? AND base_date = ?",
            (group.lane, group.lanes, json.dumps(group.holders), group.sgc, group.base_date),
        )


def _checked(signed: SignedEnvelope, keys: Mapping[str, bytes]) -> Envelope:
    try:
        body = Envelope.model_validate(signed.envelope)
        key = Ed25519PublicKey.from_public_bytes(keys[body.key_id])
        key.verify(bytes.fromhex(signed.sig), envelope_message(_plain(signed)))
    except (ValidationError, KeyError, InvalidSignature, JsonError) as error:
        raise EnvelopeError(
            "envelope.signature", "The offline limit that came is not signed by head office; it is not taken."
        ) from error
    if body.issuer != "server":
        raise EnvelopeError("envelope.signature", "The offline limit that came is not head office's.")
    return body


def _plain(signed: SignedEnvelope) -> JsonObject:
    value: Any = signed.envelope
    return dict(value)


def used_since(connection: Connection, seq: int) -> tuple[int, int]:
    """Return what own vault tokens used in lines above `seq`: money (minor) and units (milli)."""
    money_minor = units_milli = 0
    rows = connection.exec_driver_sql(
        "SELECT line FROM journal WHERE seq > ? AND kind IN ('sale_delivered', 'tokens_issued')", (seq,)
    )
    for (packed,) in rows:
        for money, tenths in _uses(json.loads(unpack_line(packed))):
            money_minor += money
            units_milli += tenths * 100
    return money_minor, units_milli


def _uses(line: dict[str, Any]) -> list[tuple[int, int]]:
    body = line["body"]
    if line["kind"] == "tokens_issued":
        return [(body["charge_envelope_minor"], body["item"].get("token_units_tenths", 0))]
    sale = body["sale"]
    if sale["holder"] != "vault":
        return []
    return [
        (item["money_minor"], item["token_units_tenths"])
        for item in sale["items"]
        if item["item_kind"] == "token" and "token_units_tenths" in item
    ]
