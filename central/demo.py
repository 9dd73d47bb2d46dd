"""The demo server: an organisation and one person per role, with a public password; it never becomes live."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from central.db import Database
from central.models.identity import organisation, server_fact
from central.passwords import Passwords
from central.services.organisations import NewOrganisation, create_organisation
from central.services.users import NewUser, create_user
from central.source import COMMAND_LINE
from pos.domain.permissions import Role
from pos.errors import MachineFault

DEMO_PASSWORD = "sell light to everyone"  # noqa: S105 - public, and good for a demo only
DEMO_PEOPLE = {
    "alice": ("Alice Mukamana", Role.ADMINISTRATOR),
    "aline": ("Aline Uwase", Role.CASHIER),
    "samuel": ("Samuel Habimana", Role.SUPERVISOR),
    "felix": ("Felix Nshuti", Role.FACILITY_MANAGER),
    "ursula": ("Ursula Ingabire", Role.AUDITOR),
}
_FACT = "is_demo"


def settle_kind(database: Database, *, is_demo: bool) -> bool:
    """Write down once whether a database is a demo's, and refuse the other kind ever after.

    Returns True where it was written down just now. Raises MachineFault `data.demo`.
    """
    wanted = "yes" if is_demo else "no"
    with database.write(lock="kind") as connection:
        known = connection.execute(
            select(server_fact.c.value).where(server_fact.c.name == _FACT)
        ).scalar_one_or_none()
        if known is None:
            connection.execute(insert(server_fact).values(name=_FACT, value=wanted))
            return True
    if known != wanted:
        raise MachineFault(
            "data.demo", "A demo database never becomes live, and a live one never a demo: take another one."
        )
    return False


def make_demo(database: Database, passwords: Passwords, *, now: datetime) -> UUID:
    """Make the demo's organisation and people."""
    new = NewOrganisation(slug="demo", name="Demo Energy", time_zone="Africa/Kigali", currency="RWF")
    organisation_id = create_organisation(database, new, now=now, source=COMMAND_LINE)
    for username, (full_name, role) in DEMO_PEOPLE.items():
        create_user(
            database,
            passwords,
            organisation_id,
            NewUser(username=username, full_name=full_name, role=role, password=DEMO_PASSWORD),
            actor_id=None,
            now=now,
            source=COMMAND_LINE,
        )
    return organisation_id


def has_organisation(connection: Connection) -> bool:
    """Say whether anybody is served."""
    return connection.execute(select(organisation.c.id).limit(1)).first() is not None
