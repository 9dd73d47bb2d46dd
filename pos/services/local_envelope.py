"""The envelope a stand-alone till gives itself: at set-up, and when it is used up (docs/formats.md §9)."""

from __future__ import annotations

import json
from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, func, select

from pos.domain.canonical import JsonObject, canonical_bytes
from pos.domain.envelope import envelope_message, local_envelope
from pos.errors import MachineFault
from pos.models.ledger_book import read_head
from pos.models.meters import supply_group
from pos.models.sales import envelope
from pos.models.shop import sales_point, till
from pos.models.uow import WriteUnit
from pos.services.facts import RecordFact
from pos.system.clock import Clock
from pos.system.secret_names import TILL_KEY
from pos.system.secrets import SecretStore

KEY_ID = "till"


class LocalEnvelopes:
    """Signs envelopes with the till's own key."""

    def __init__(self, secrets: SecretStore, clock: Clock) -> None:
        """Use `till_key` of the secrets."""
        self._secrets = secrets
        self._clock = clock

    def take(
        self, unit: WriteUnit, book: RecordFact, *, money_minor: int, units_milli: int, actor: UUID
    ) -> None:
        """Put a new envelope of this size in place of the one in force, inside the write unit at hand.

        Raises:
            MachineFault: `secrets.till_key_gone`, and those of the store.
        """
        body = self._envelope(unit.connection, money_minor=money_minor, units_milli=units_milli)
        text = canonical_bytes(body)
        unit.connection.execute(
            envelope.insert().values(
                sequence=body["sequence"],
                body=text.decode(),
                signature=self._key().sign(envelope_message(body)),
                as_of_seq=body["as_of_seq"],
                money_minor=money_minor,
                units_milli=units_milli,
                used_money_minor=0,
                used_units_milli=0,
            )
        )
        taken: JsonObject = {"sequence": body["sequence"], "sha256": sha256(text).hexdigest()}
        book.record(unit, "envelope_taken", taken, actor=actor)

    def _envelope(self, connection: Connection, *, money_minor: int, units_milli: int) -> JsonObject:
        head = read_head(connection)
        last = connection.execute(select(func.coalesce(func.max(envelope.c.sequence), 0))).scalar_one()
        currency = connection.execute(
            select(sales_point.c.currency).join(till).where(till.c.id == head.till_id)
        ).scalar_one()
        return local_envelope(
            sequence=last + 1,
            as_of_seq=head.head_seq,
            money_minor=money_minor,
            units_milli=units_milli,
            currency=currency,
            till=str(head.till_id),
            key_id=KEY_ID,
            issued_at=max(self._clock.now(), head.trusted_at),
            groups=_groups(connection),
        )

    def _key(self) -> Ed25519PrivateKey:
        stored = self._secrets.get(TILL_KEY)
        if stored is None:
            raise MachineFault(
                "secrets.till_key_gone",
                "The key of this till is not on this machine: it must be enrolled again.",
            )
        return Ed25519PrivateKey.from_private_bytes(stored.reveal())


def _groups(connection: Connection) -> list[JsonObject]:
    columns = supply_group.c
    rows = connection.execute(
        select(columns.sgc, columns.base_date, columns.holders, columns.lane, columns.lanes).order_by(
            columns.sgc
        )
    )
    return [
        {
            "base_date": row.base_date,
            "holders": json.loads(row.holders),
            "lane": row.lane,
            "lanes": row.lanes,
            "sgc": row.sgc,
        }
        for row in rows
    ]
