"""What the server does for tills by itself: finish booking, publish, begin announced key changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from uuid import UUID

from sqlalchemy import select

from central.clock import Clock
from central.db import Database
from central.logs import logger
from central.models.identity import organisation
from central.models.master import meter, supply_group
from central.services.booking import Booking
from central.services.feed import Feed
from central.services.key_changes import set_due_starts
from central.services.meter_key_changes import set_due_moves
from central.services.summariser import RESOURCES, Summariser
from pos.errors import MachineFault, Unavailable

_log = logger(__name__)


def finish_booking(database: Database, clock: Clock) -> None:
    """Book what a crash left stored, and read again what an earlier program did not understand."""
    booking = Booking(database, clock)
    booking.book_waiting()
    booking.read_again()


def summarise(database: Database) -> None:
    """Publish what pushes changed: month figures and debts."""
    with database.read() as connection:
        organisations = list(connection.execute(select(organisation.c.id)).scalars())
    summariser = Summariser(database)
    for resource in RESOURCES:
        _for_each(organisations, partial(summariser.publish, resource=resource))


def begin_key_changes(database: Database, clock: Clock) -> None:
    """Set the start of announced key changes, of groups and of meters, that every live till has pulled."""
    for table, set_due in ((supply_group, set_due_starts), (meter, set_due_moves)):
        query = select(table.c.organisation_id).where(table.c.next_change.is_not(None)).distinct()
        with database.read() as connection:
            waiting = list(connection.execute(query).scalars())
        _for_each(waiting, partial(set_due, database, Feed(database), now=clock.now()))


def _for_each(organisations: Iterable[UUID], work: Callable[[UUID], None]) -> None:
    """Do something for each; a mistake of ours at one organisation holds up no other."""
    for one in organisations:
        try:
            work(one)
        except (Unavailable, MachineFault):
            raise
        except Exception:
            # The others' meters and key changes do not wait for one damaged record.
            _log.exception("job failed for an organisation", organisation=str(one))
