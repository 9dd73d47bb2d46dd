"""Verify: the raw lines booked anew into an empty database beside, and every column compared.

Chain, hashes and bytes are looked at on the way. Flags are not compared: what another till had sold at that
moment is not known any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select

from central.clock import Clock
from central.db import Database
from central.history import declare_all_tables
from central.models import journal, master, tills
from central.models.base import METADATA
from central.models.identity import organisation
from central.models.transactions import transactions
from central.services.former_lines import succession_of
from central.services.push_lines import read_pushed_line
from central.services.rebooking import Rebooking
from pos.domain.canonical import JsonError
from pos.domain.journal import GENESIS_HASH, JournalError

_COPIED = (
    organisation,
    master.sales_point,
    master.supplier,
    master.commission_rule,
    master.supply_group,
    master.tariff,
    master.meter,
    master.record,
)
"""What booking looks up: taken over as it is now; `rebooking` finds out what of it was there then."""

_COMPARED = (
    (journal.sale_item, ("till_id", "seq", "n"), ()),
    (journal.sale_line, ("till_id", "seq", "item_n", "n"), ()),
    (journal.payment, ("till_id", "payment_id"), ()),
    (journal.token, ("till_id", "seq", "item_n", "n"), ("is_double",)),
    (journal.posting, ("till_id", "seq", "n"), ()),
    (journal.account_balance, ("till_id", "account"), ()),
    (journal.book_day, ("till_id", "business_day"), ()),
    (journal.shift, ("till_id", "shift_id"), ()),
    (
        transactions,
        ("id",),
        ("is_flagged", "changed_at", "cashier_name", "institution_id", "version"),
    ),
)
"""Tables that follow from the lines: their key, and columns that also depend on something else."""

_PAGE = 500
_TRIES = 3

Standing = tuple[tuple[UUID, int, int], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with one till's book."""

    till_code: str
    what: str


def verify_till(database: Database, clock: Clock, till_id: UUID) -> Finding | None:
    """Book a till's lines anew and compare; None when everything agrees.

    The server may be at work: what was found while lines came in is looked for again.
    """
    before = _standing(database, till_id)
    for _ in range(_TRIES):
        finding = _verify_once(database, clock, till_id)
        seen, before = before, _standing(database, till_id)
        if finding is None or (seen == before and _is_level(before)):
            return finding
    assert finding is not None, "there is one try at least"
    waiting = "lines are stored and not booked yet: start the server"
    busy = "lines come in all the time: verify again when it is quieter"
    return Finding(finding.till_code, busy if _is_level(before) else waiting)


def _standing(database: Database, till_id: UUID) -> Standing:
    """Return head and last booked line of the books a till's sales stand in."""
    with database.read() as connection:
        row = connection.execute(select(tills.till).where(tills.till.c.id == till_id)).one()
    return tuple((one.id, one.head_seq, one.booked_seq) for one in _books_of(database, row))


def _is_level(standing: Standing) -> bool:
    return all(head_seq == booked_seq for _, head_seq, booked_seq in standing)


def _verify_once(database: Database, clock: Clock, till_id: UUID) -> Finding | None:
    with database.read() as connection:
        row = connection.execute(select(tills.till).where(tills.till.c.id == till_id)).one()
        broken = _check_chain(connection, row)
    if broken is not None:
        return Finding(row.code, broken)
    with TemporaryDirectory() as folder:
        beside = Database(f"sqlite:///{Path(folder) / 'verify.sqlite'}", pool_size=2)
        try:
            declare_all_tables()
            METADATA.create_all(beside.engine)
            for book in _books_of(database, row):
                _fill(database, beside, book)
                Rebooking(beside, clock, database).book_till(book.id)
            return _compare(database, beside, row)
        finally:
            beside.close()


def _lines(connection: Connection, till_id: UUID) -> Iterator[Any]:
    table, after = journal.journal_line, 0
    while True:
        query = select(table).where(table.c.till_id == till_id, table.c.seq > after)
        rows = connection.execute(query.order_by(table.c.seq).limit(_PAGE)).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].seq


def _check_chain(connection: Connection, row: Any) -> str | None:
    expected, before = 1, GENESIS_HASH
    for stored in _lines(connection, row.id):
        if stored.seq != expected:
            return f"line {expected} is missing"
        try:
            line = read_pushed_line(stored.line)
        except (JournalError, JsonError):
            return f"line {stored.seq} is no journal line"
        if line.hash != stored.hash or line.prev != before.hex() or str(row.id) != line.value["till"]:
            return f"line {stored.seq} was changed, or does not follow the one before"
        expected, before = expected + 1, stored.hash
    if (row.head_seq, row.head_hash) != (expected - 1, before):
        return f"the head is {row.head_seq}, the last line {expected - 1}"
    return None


def _books_of(database: Database, row: Any) -> list[Any]:
    """Return the tills whose lines say what became of a till's sales, in their order.

    A till that takes over begins with what the one before left, and ends sales that were begun there.
    """
    with database.read() as connection:
        chain = list(reversed(succession_of(connection, row.id)))
        while True:
            query = select(tills.till.c.id).where(tills.till.c.replaces == chain[-1])
            following = connection.execute(query).scalar()
            if following is None or following in chain:
                break
            chain.append(following)
        found = {
            one.id: one for one in connection.execute(select(tills.till).where(tills.till.c.id.in_(chain)))
        }
    return [found[one] for one in chain]


def _fill(database: Database, beside: Database, row: Any) -> None:
    """Put in what booking one till starts from; the tables are made before the first."""
    with database.read_at_length() as source, beside.write() as target:
        if target.execute(select(tills.till.c.id)).first() is None:
            for table in _COPIED:
                where = table.c.id if table is organisation else table.c.organisation_id
                _copy(source, target, table, where == row.organisation_id)
        values = dict(row._mapping) | {
            "booked_seq": 0,
            "receipt_last": 0,
            "last_at": None,
            "envelope_taken": 0,
        }
        target.execute(insert(tills.till), values)
        _copy(source, target, journal.journal_line, journal.journal_line.c.till_id == row.id)


def _copy(source: Connection, target: Connection, table: Table, where: Any) -> None:
    result = source.execution_options(yield_per=_PAGE).execute(select(table).where(where))
    for rows in result.mappings().partitions(_PAGE):
        target.execute(insert(table), [dict(one) for one in rows])


def _compare(database: Database, beside: Database, row: Any) -> Finding | None:
    for table, key, left_out in _COMPARED:
        columns = [column for column in table.c if column.name not in left_out]
        query = select(*columns).where(table.c.till_id == row.id).order_by(*(table.c[name] for name in key))
        with database.read_at_length() as ours, beside.read_at_length() as theirs:
            here = ours.execution_options(yield_per=_PAGE).execute(query)
            there = theirs.execution_options(yield_per=_PAGE).execute(query)
            with closing(here), closing(there):
                different = _first_difference(iter(here), iter(there), len(key))
        if different is not None:
            return Finding(row.code, f"{table.name} {different}")
    return None


def _first_difference(here: Iterator[Any], there: Iterator[Any], key_length: int) -> str | None:
    while True:
        one: Any = next(here, None)
        other: Any = next(there, None)
        if one is None and other is None:
            return None
        if one is None:
            return f"lacks the row {tuple(other)[:key_length]}"
        if other is None:
            return f"has a row that follows from no line: {tuple(one)[:key_length]}"
        for name, ours, theirs in zip(one._fields, one, other, strict=True):
            if ours != theirs:
                return f"{tuple(one)[:key_length]}: {name} is {ours!r}, the lines say {theirs!r}"


def tills_of(connection: Connection, organisation_id: UUID) -> list[Any]:
    """Return the tills of an organisation by code."""
    query = select(tills.till.c.id, tills.till.c.code).where(tills.till.c.organisation_id == organisation_id)
    return list(connection.execute(query.order_by(tills.till.c.code)))
