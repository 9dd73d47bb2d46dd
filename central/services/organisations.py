"""Organisations: the tenants of a server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import get_currency_precision, list_currencies
from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from central.db import Database
from central.models.identity import organisation
from central.services.security_log import SecurityKind, note
from central.source import Source
from pos.domain.ids import new_id
from pos.errors import UserError

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrganisation:
    """What an organisation begins with."""

    slug: str
    name: str
    time_zone: str
    currency: str
    tin: str | None = None


def create_organisation(database: Database, new: NewOrganisation, *, now: datetime, source: Source) -> UUID:
    """Make a tenant and return its id.

    Raises UserError `organisation.slug`, `organisation.time_zone`, `organisation.currency`,
    `organisation.exists`.
    """
    _check(new)
    organisation_id = new_id(now)
    try:
        with database.write() as connection:
            connection.execute(
                insert(organisation).values(
                    id=organisation_id,
                    slug=new.slug,
                    name=new.name,
                    time_zone=new.time_zone,
                    currency=new.currency,
                    tin=new.tin,
                    created_at=now,
                    requires_two_factor=False,
                )
            )
            note(
                connection,
                SecurityKind.ORGANISATION_CREATED,
                now=now,
                source=source,
                organisation_id=organisation_id,
                detail={"slug": new.slug},
            )
    except IntegrityError as error:
        raise UserError("organisation.exists", f"There is an organisation '{new.slug}' already.") from error
    return organisation_id


def find_organisation(connection: Connection, slug: str | None) -> UUID:
    """Return the id of a slug, or of the only organisation. Raises UserError `organisation.unknown`."""
    query = select(organisation.c.id)
    if slug is not None:
        query = query.where(organisation.c.slug == slug)
    found = connection.execute(query.limit(2)).scalars().all()
    if slug is None and not found:
        raise UserError(
            "organisation.unknown", "There is no organisation yet: 'create-organisation' makes one."
        )
    if len(found) != 1:
        raise UserError("organisation.unknown", "Name the organisation by its slug; see 'organisations'.")
    return found[0]  # type: ignore[no-any-return]


def get_organisation(connection: Connection, organisation_id: UUID) -> Row[tuple[object, ...]]:
    """Return the row of an organisation that exists."""
    return connection.execute(select(organisation).where(organisation.c.id == organisation_id)).one()


def list_organisations(connection: Connection) -> list[Row[tuple[object, ...]]]:
    """Return all of them by slug; for the command line."""
    return list(connection.execute(select(organisation).order_by(organisation.c.slug)).all())


def require_two_factor(
    database: Database,
    organisation_id: UUID,
    *,
    is_required: bool,
    actor_id: UUID,
    now: datetime,
    source: Source,
) -> None:
    """Ask every supervisor, facility manager and administrator for a second factor, or no longer."""
    with database.write() as connection:
        connection.execute(
            update(organisation)
            .where(organisation.c.id == organisation_id)
            .values(requires_two_factor=is_required)
        )
        note(
            connection,
            SecurityKind.ORGANISATION_CHANGED,
            now=now,
            source=source,
            organisation_id=organisation_id,
            actor_id=actor_id,
            detail={"requires_two_factor": is_required},
        )


def begin_maintenance(
    database: Database,
    organisation_id: UUID,
    *,
    minutes: int,
    reason: str | None,
    actor_id: UUID | None,
    now: datetime,
    source: Source,
) -> datetime:
    """Serve only administrators for some minutes; return until when."""
    until = now + timedelta(minutes=minutes)
    _set_maintenance(
        database,
        organisation_id,
        until,
        reason,
        kind=SecurityKind.MAINTENANCE_ON,
        actor_id=actor_id,
        now=now,
        source=source,
    )
    return until


def end_maintenance(
    database: Database, organisation_id: UUID, *, actor_id: UUID | None, now: datetime, source: Source
) -> None:
    """Serve everybody again."""
    _set_maintenance(
        database,
        organisation_id,
        None,
        None,
        kind=SecurityKind.MAINTENANCE_OFF,
        actor_id=actor_id,
        now=now,
        source=source,
    )


def _set_maintenance(
    database: Database,
    organisation_id: UUID,
    until: datetime | None,
    reason: str | None,
    *,
    kind: SecurityKind,
    actor_id: UUID | None,
    now: datetime,
    source: Source,
) -> None:
    with database.write() as connection:
        connection.execute(
            update(organisation)
            .where(organisation.c.id == organisation_id)
            .values(maintenance_until=until, maintenance_note=reason)
        )
        note(
            connection,
            kind,
            now=now,
            source=source,
            organisation_id=organisation_id,
            actor_id=actor_id,
            detail={"until": None if until is None else until.isoformat()},
        )


def _check(new: NewOrganisation) -> None:
    if not _SLUG.fullmatch(new.slug):
        raise UserError("organisation.slug", "A slug has 1 to 40 of a-z, 0-9 and inner dashes.")
    try:
        ZoneInfo(new.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UserError("organisation.time_zone", f"There is no time zone '{new.time_zone}'.") from error
    if new.currency not in list_currencies() or get_currency_precision(new.currency) > 3:
        raise UserError("organisation.currency", f"There is no currency '{new.currency}'.")
