"""Envelopes: how much a till may sell by itself; a grant counts as spent until pushes prove otherwise.

Docs: docs/formats.md §9.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Row, func, select, update

from central.errors import Problem
from central.models.journal import account_balance
from central.models.master import sales_point, supplier
from central.models.tills import envelope_grant, till
from central.services.lanes import groups_of, lanes_of
from pos.contracts.enrol import ServerKey
from pos.contracts.envelope import SignedEnvelope
from pos.domain.canonical import INTEGER_MAX, JsonObject
from pos.domain.envelope import envelope_message
from pos.domain.journal import instant_text
from pos.domain.ledger import supplier_account

KEY_ID = "s1"
RENEW_BELOW_PPM = 700_000
"""A new envelope is granted when less than this share of the one before is left."""


class ServerSigner:
    """The key head office signs envelopes with."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message that has its own prefix line."""
        return self._key.sign(message)

    def public_keys(self) -> tuple[ServerKey, ...]:
        """Return what tills check signatures with."""
        return (ServerKey(key_id=KEY_ID, public_key=self._key.public_key().public_bytes_raw().hex()),)


@dataclass(frozen=True, slots=True)
class Size:
    """What an envelope holds."""

    money_minor: int
    units_milli: int


class Envelopes:
    """Grants envelopes. The caller holds the organisation's `float` lock."""

    def __init__(self, signer: ServerSigner) -> None:
        self._signer = signer

    def renew(
        self, connection: Connection, till_id: UUID, *, in_force: int, now: datetime
    ) -> SignedEnvelope | None:
        """Return an envelope newer than the one in force, granting one if it is time; None: it stands."""
        row = connection.execute(select(till).where(till.c.id == till_id)).one()
        latest = connection.execute(
            select(envelope_grant)
            .where(envelope_grant.c.till_id == till_id)
            .order_by(envelope_grant.c.sequence.desc())
            .limit(1)
        ).one_or_none()
        groups = self._groups(connection, row)
        if latest is not None and not self._is_due(connection, row, latest, groups=groups, in_force=in_force):
            return _signed(latest) if latest.sequence > in_force else None
        after = max(in_force, _last_sequence(connection, row))
        return self._grant(connection, row, groups=groups, after=after, now=now)

    def _is_due(
        self,
        connection: Connection,
        row: Row[Any],
        latest: Row[Any],
        *,
        groups: list[JsonObject],
        in_force: int,
    ) -> bool:
        """Whether the last grant is used, outdated, or below what the till already has in force."""
        if latest.sequence < in_force or latest.envelope["groups"] != groups:
            return True
        left_minor = latest.money_minor - latest.used_money_minor
        left_milli = latest.units_milli - latest.used_units_milli
        limits = self._size(connection, row)
        if left_minor > row.limit_money_minor or left_milli > row.limit_units_milli:
            # Somebody lowered the till's limit.
            return True
        is_money_low = left_minor * 1_000_000 < limits.money_minor * RENEW_BELOW_PPM
        is_units_low = left_milli * 1_000_000 < limits.units_milli * RENEW_BELOW_PPM
        return (is_money_low or is_units_low or left_minor > limits.money_minor) and limits.money_minor > 0

    def _grant(
        self, connection: Connection, row: Row[Any], *, groups: list[JsonObject], after: int, now: datetime
    ) -> SignedEnvelope | None:
        size = self._size(connection, row)
        currency = connection.execute(
            select(sales_point.c.currency).where(sales_point.c.id == row.sales_point_id)
        ).scalar_one()
        envelope: JsonObject = {
            "as_of_seq": row.booked_seq,
            "currency": currency,
            "expires_at": None,
            "groups": list(groups),
            "issued_at": instant_text(now),
            "issuer": "server",
            "key_id": KEY_ID,
            "money_minor": size.money_minor,
            "sequence": after + 1,
            "till": str(row.id),
            "units_milli": size.units_milli,
            "v": 1,
        }
        signature = self._signer.sign(envelope_message(envelope))
        connection.execute(
            envelope_grant.insert().values(
                till_id=row.id,
                sequence=after + 1,
                organisation_id=row.organisation_id,
                as_of_seq=row.booked_seq,
                money_minor=size.money_minor,
                units_milli=size.units_milli,
                used_money_minor=0,
                used_units_milli=0,
                envelope=envelope,
                signature=signature,
                issued_at=now,
                is_live=True,
            )
        )
        return SignedEnvelope(envelope=dict(envelope), sig=signature.hex())

    def _groups(self, connection: Connection, row: Row[Any]) -> list[JsonObject]:
        lanes = lanes_of(connection, row.id)
        return [
            {
                "base_date": group.base_date,
                "holders": list(group.holders),
                "lane": lanes[group.sgc],
                "lanes": group.lanes,
                "sgc": group.sgc,
            }
            for group in groups_of(connection, row.organisation_id)
            if group.sgc in lanes
        ]

    def _size(self, connection: Connection, row: Row[Any]) -> Size:
        left_minor = float_left(connection, row.organisation_id, but_till=row.id)
        return Size(max(0, min(row.limit_money_minor, left_minor)), row.limit_units_milli)


def _last_sequence(connection: Connection, row: Row[Any]) -> int:
    """Return the greatest sequence granted to a till or the one it replaced: one database has both books."""
    query = select(func.coalesce(func.max(envelope_grant.c.sequence), 0))
    found = connection.execute(query.where(envelope_grant.c.till_id.in_([row.id, row.replaces])))
    return int(found.scalar_one())


def float_left(connection: Connection, organisation: UUID, *, but_till: UUID | None = None) -> int:
    """Return what the organisation's floats still cover beside all live grants (but those of one till)."""
    kept = connection.execute(
        select(supplier.c.code, supplier.c.credit_limit_minor).where(
            supplier.c.organisation_id == organisation, supplier.c.is_float_kept
        )
    ).all()
    if not kept:
        return INTEGER_MAX
    accounts = [supplier_account(row.code) for row in kept]
    balance = connection.execute(
        select(func.coalesce(func.sum(account_balance.c.balance_minor), 0)).where(
            account_balance.c.organisation_id == organisation, account_balance.c.account.in_(accounts)
        )
    ).scalar_one()
    granted = sum(
        minor for till_id, minor in _outstanding(connection, organisation).items() if till_id != but_till
    )
    credit_minor: int = sum(row.credit_limit_minor for row in kept)
    return int(balance) + credit_minor - granted


def _outstanding(connection: Connection, organisation: UUID) -> dict[UUID, int]:
    """What each till may still spend: one of its live grants is in force, so the largest rest counts."""
    rest: dict[UUID, int] = {}
    rows = connection.execute(
        select(envelope_grant).where(
            envelope_grant.c.organisation_id == organisation, envelope_grant.c.is_live
        )
    )
    for row in rows:
        left = max(0, row.money_minor - row.used_money_minor)
        rest[row.till_id] = max(rest.get(row.till_id, 0), left)
    return rest


def write_off(connection: Connection, organisation: UUID, till_id: UUID, *, by: UUID, now: datetime) -> int:
    """End the grants of a till that will not push again; return what was written off.

    Raises:
        Problem: `till.unknown` 404, `envelope.still_used` 409: the till is not ended.
    """
    row = connection.execute(
        select(till.c.state).where(till.c.id == till_id, till.c.organisation_id == organisation)
    ).one_or_none()
    if row is None:
        raise Problem("till.unknown", "There is no such till.", status=404)
    if row.state == "enrolled":
        raise Problem(
            "envelope.still_used",
            "This till still sells: revoke it before its rest is written off.",
            status=409,
        )
    rest = _outstanding(connection, organisation).get(till_id, 0)
    connection.execute(
        update(envelope_grant)
        .where(envelope_grant.c.till_id == till_id, envelope_grant.c.is_live)
        .values(is_live=False, written_off_by=by, written_off_at=now)
    )
    return rest


def _signed(row: Row[Any]) -> SignedEnvelope:
    return SignedEnvelope(envelope=row.envelope, sig=row.signature.hex())
