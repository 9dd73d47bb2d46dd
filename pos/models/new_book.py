"""The end of a restored book and the start of the next one (docs/formats.md §4, `book_restored`)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, select

from pos.domain.journal import GENESIS_HASH
from pos.models.book import former_book
from pos.models.ledger_book import read_head
from pos.models.places import place_of
from pos.models.shop import till


def first_till_code(connection: Connection) -> str:
    """Return the code the till had before any restore."""
    query = (
        "SELECT code FROM till JOIN (SELECT till_id, number FROM former_book UNION ALL "
        "SELECT till_id, number FROM book) ON till_id = till.id ORDER BY number LIMIT 1"
    )
    return str(connection.exec_driver_sql(query).scalar_one())


def begin_next_book(
    connection: Connection, *, till_id: UUID, till_code: str, public_key: bytes, not_booked: Iterable[int]
) -> None:
    """Put the open book among the former ones and open an empty one for a new till row.

    `not_booked` are the seqs of lines without rows. Receipts begin anew; Z reports and cases count on. What
    was waiting to be printed is of unknown fate: the paper may have come out after the back-up.
    """
    head = read_head(connection)
    connection.execute(
        former_book.insert().values(
            number=head.number,
            till_id=head.till_id,
            head_seq=head.head_seq,
            head_hash=head.head_hash,
            receipt_last=head.receipt_last,
        )
    )
    connection.exec_driver_sql(
        "INSERT INTO former_journal (place, id, kind, business_day, line, hash, is_booked) "
        "SELECT ? + seq, id, kind, business_day, line, hash, 1 FROM journal",
        (place_of(head.number, 0),),
    )
    for seq in not_booked:
        connection.exec_driver_sql(
            "UPDATE former_journal SET is_booked = 0 WHERE place = ?", (place_of(head.number, seq),)
        )
    connection.exec_driver_sql("DELETE FROM journal")
    place = connection.execute(select(till.c.sales_point_id).where(till.c.id == head.till_id)).scalar_one()
    connection.execute(
        till.insert().values(id=till_id, sales_point_id=place, code=till_code, public_key=public_key)
    )
    connection.exec_driver_sql(
        "UPDATE book SET number = number + 1, till_id = ?, head_seq = 0, head_hash = ?, acked_seq = 0, "
        "mirrored_seq = 0, receipt_last = 0",
        (till_id.bytes, GENESIS_HASH),
    )
    connection.exec_driver_sql("UPDATE print_job SET state = 'unknown' WHERE state IN ('waiting', 'sending')")
