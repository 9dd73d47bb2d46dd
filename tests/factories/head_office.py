"""A till as if head office had been there: enrolled, entries acknowledged, flagged, days compared."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pos.bootstrap import Till
from pos.domain.day_figures import BookColour
from pos.models.ledger_book import read_head
from pos.models.office import day_book, pull_cursor
from pos.models.office_link import begin_link, change_link, set_acked, store_flags
from pos.sync.books import Books


def stand_enrolled(till: Till, *, unsent: int = 0) -> None:
    """Enrol the till on paper: head office has all of its entries but the last `unsent`."""
    now = till.clock.now()
    with till.units.write() as unit:
        head = read_head(unit.connection)
        begin_link(
            unit.connection,
            url="https://office.example.com",
            till_id=head.till_id,
            at=now - timedelta(days=30),
            server_keys=[{"key_id": "s1", "public_key": "00" * 32}],
        )
        set_acked(unit.connection, head.head_seq - unsent)
        change_link(unit.connection, synced_at=now - timedelta(minutes=1), clock_offset_ms=400)
        unit.connection.execute(
            pull_cursor.insert().values(
                resource="meters",
                cursor="7",
                mapping="1/1",
                round=1,
                is_whole=True,
                rows_taken=3,
                pulled_at=now - timedelta(minutes=2),
            )
        )
    till.office.state.reload()


def fail(till: Till, code: str, text: str = "Head office did not answer.", *, minutes: int = 15) -> None:
    """Let the last cycle have ended in trouble, after a good one some minutes ago."""
    now = till.clock.now()
    with till.units.write() as unit:
        change_link(
            unit.connection,
            synced_at=now - timedelta(minutes=minutes),
            failed_at=now - timedelta(seconds=20),
            failed_code=code,
            failed_text=text,
        )


def flag(till: Till, flags: Mapping[int, Sequence[str]]) -> None:
    """Let head office have flagged entries of the open book, by seq."""
    with till.units.write() as unit:
        number = read_head(unit.connection).number
        found = {seq: tuple(reasons) for seq, reasons in flags.items()}
        store_flags(unit.connection, found, book_number=number, at=till.clock.now())


def compare(till: Till, *, red: Mapping[str, Mapping[str, Any]] | None = None) -> None:
    """Count the acknowledged days and call them equal, but for those whose server figures are given."""
    engine = till.sync
    assert engine is not None
    Books(till.units, engine.client, till.clock).count()
    with till.units.write() as unit:
        for row in unit.connection.execute(day_book.select()).all():
            figures = {**json.loads(row.figures), **(red or {}).get(row.business_day, {})}
            is_red = row.business_day in (red or {})
            unit.connection.execute(
                day_book.update()
                .where(day_book.c.business_day == row.business_day)
                .values(
                    colour=(BookColour.RED if is_red else BookColour.GREEN).value,
                    compared_at=till.clock.now(),
                    server_figures=json.dumps(figures),
                )
            )


def sales_of(till: Till, *, limit: int = 5) -> list[tuple[int, str, int]]:
    """Return seq, business day and money of the last delivered sales of the open book, newest first."""
    with till.units.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT seq, journal.business_day, money_minor FROM journal JOIN sale ON delivered_place = seq "
            "WHERE kind = 'sale_delivered' ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [(row[0], row[1], row[2]) for row in rows]


def day_figures(till: Till, day: str) -> dict[str, Any]:
    """Return the counted figures of a day."""
    with till.units.read() as connection:
        found: dict[str, Any] = json.loads(
            connection.execute(
                day_book.select().where(day_book.c.business_day == day).with_only_columns(day_book.c.figures)
            ).scalar_one()
        )
        return found
