"""Devices beside meters: they fetch tokens and report which ones they took in, never totals.

A device is known by a secret in the Authorization header; the server keeps its hash. What a device reports
twice is kept once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, update

from central.db import Database
from central.errors import Problem, Unauthenticated
from central.maintenance import refuse_in_maintenance
from central.models.identity import organisation as organisation_table
from central.models.journal import case, sale_item, token
from central.models.master import device, device_token, meter
from central.security import token_hash
from central.services.bulk import upsert_rows
from pos.domain.ids import new_id

TOKENS_MAX = 50
REFUSED = frozenset({"old", "used", "wrong"})
RESULTS = frozenset({"accepted"}) | REFUSED


@dataclass(frozen=True, slots=True)
class DevicePrincipal:
    """A device that has shown its secret."""

    device_id: UUID
    organisation_id: UUID
    meter_id: UUID
    drn: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of one token at the meter."""

    digits: str
    result: str


def add_device(
    connection: Connection, organisation: UUID, meter_id: UUID, *, now: datetime
) -> tuple[UUID, str]:
    """Register the device of a meter, or give it a new secret; returns its id and the secret, told once.

    Raises:
        Problem: `meter.unknown` 404.
    """
    known = connection.execute(
        select(meter.c.id).where(meter.c.id == meter_id, meter.c.organisation_id == organisation)
    ).first()
    if known is None:
        raise Problem("meter.unknown", "There is no such meter.", status=404)
    secret = secrets.token_urlsafe(32)
    upsert_rows(
        connection,
        device,
        ("id", "organisation_id", "meter_id", "secret_hash", "is_active", "made_at"),
        [(new_id(now), organisation, meter_id, token_hash(secret), True, now)],
        key=("organisation_id", "meter_id"),
        on_conflict="DO UPDATE SET secret_hash = excluded.secret_hash, is_active = excluded.is_active",
    )
    device_id: UUID = connection.execute(
        select(device.c.id).where(device.c.organisation_id == organisation, device.c.meter_id == meter_id)
    ).scalar_one()
    return device_id, secret


def check_meter_seen(
    connection: Connection, organisation: UUID, meter_id: UUID, may_see: Callable[[UUID | None], bool]
) -> None:
    """Refuse a meter that is not there, or not in this person's view. Raises Problem `meter.unknown` 404."""
    row = connection.execute(
        select(meter.c.institution_id).where(meter.c.id == meter_id, meter.c.organisation_id == organisation)
    ).one_or_none()
    if row is None or not may_see(row.institution_id):
        raise Problem("meter.unknown", "There is no such meter.", status=404)


def end_device(
    connection: Connection, organisation: UUID, device_id: UUID, may_see: Callable[[UUID | None], bool]
) -> None:
    """Let a device's secret open nothing any more.

    Raises Problem `device.unknown` 404: it is not there, or its meter is not in this person's view.
    """
    row = connection.execute(
        select(meter.c.institution_id)
        .join(device, device.c.meter_id == meter.c.id)
        .where(device.c.id == device_id, device.c.organisation_id == organisation)
    ).one_or_none()
    if row is None or not may_see(row.institution_id):
        raise Problem("device.unknown", "There is no such device.", status=404)
    connection.execute(update(device).where(device.c.id == device_id).values(is_active=False))


def find_device(database: Database, device_id: UUID, secret: str, now: datetime) -> DevicePrincipal:
    """Return the device that shows its secret.

    Raises Unauthenticated `device.secret`; Problem 503 `server.maintenance`.
    """
    query = (
        select(
            device.c.organisation_id,
            device.c.meter_id,
            device.c.secret_hash,
            device.c.made_at,
            meter.c.drn,
            organisation_table.c.maintenance_until,
            organisation_table.c.maintenance_note,
        )
        .join(meter, meter.c.id == device.c.meter_id)
        .join(organisation_table, organisation_table.c.id == device.c.organisation_id)
        .where(device.c.id == device_id, device.c.is_active)
    )
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not hmac.compare_digest(row.secret_hash, token_hash(secret)):
        raise Unauthenticated("device.secret", "The device or its secret is not known.")
    refuse_in_maintenance(row.maintenance_until, row.maintenance_note, now)
    return DevicePrincipal(device_id, row.organisation_id, row.meter_id, row.drn, row.made_at)


def waiting_tokens(connection: Connection, who: DevicePrincipal) -> list[dict[str, Any]]:
    """Return the meter's tokens that the device has not answered for, oldest first."""
    query = (
        select(token.c.digits, token.c.token_class, token.c.tenths, sale_item.c.at, token.c.n)
        .join(
            sale_item,
            (sale_item.c.till_id == token.c.till_id)
            & (sale_item.c.seq == token.c.seq)
            & (sale_item.c.n == token.c.item_n),
        )
        .outerjoin(
            device_token,
            (device_token.c.digits == token.c.digits) & (device_token.c.device_id == who.device_id),
        )
        .where(
            sale_item.c.meter_id == who.meter_id,
            sale_item.c.organisation_id == who.organisation_id,
            sale_item.c.at >= who.made_at,
            device_token.c.digits.is_(None),
        )
        .order_by(sale_item.c.at, token.c.n)
        .limit(TOKENS_MAX)
    )
    return [
        {
            "digits": row.digits,
            "token_class": row.token_class,
            "tenths": row.tenths,
            "issued_at": row.at,
        }
        for row in connection.execute(query)
    ]


def acknowledge(
    connection: Connection, who: DevicePrincipal, answers: Sequence[Acknowledged], now: datetime
) -> int:
    """Keep what the meter said to tokens; a refused one opens a case. Returns how many are new."""
    connection.execute(update(device).where(device.c.id == who.device_id).values(seen_at=now))
    digits = [one.digits for one in answers]
    known = set(
        connection.execute(
            select(device_token.c.digits).where(
                device_token.c.device_id == who.device_id, device_token.c.digits.in_(digits)
            )
        ).scalars()
    )
    new = {one.digits: one for one in answers if one.digits not in known}
    upsert_rows(
        connection,
        device_token,
        ("device_id", "digits", "result", "at"),
        [(who.device_id, one.digits, one.result, now) for one in new.values()],
        key=("device_id", "digits"),
        on_conflict="DO NOTHING",
    )
    for one in new.values():
        if one.result in REFUSED:
            _open_case(connection, who, one, now)
    return len(new)


def _open_case(connection: Connection, who: DevicePrincipal, one: Acknowledged, now: datetime) -> None:
    sale_id = connection.execute(
        select(token.c.sale_id)
        .join(
            sale_item,
            (sale_item.c.till_id == token.c.till_id)
            & (sale_item.c.seq == token.c.seq)
            & (sale_item.c.n == token.c.item_n),
        )
        .where(token.c.digits == one.digits, sale_item.c.meter_id == who.meter_id)
        .limit(1)
    ).scalar()
    connection.execute(
        case.insert().values(
            id=new_id(now),
            organisation_id=who.organisation_id,
            till_id=None,
            case_kind="token_refused",
            state="open",
            sale_id=sale_id,
            meter_id=who.meter_id,
            wrong_drn=who.drn,
            reason=f"The meter's device says: {one.result}.",
            opened_at=now,
            changed_at=now,
        )
    )
