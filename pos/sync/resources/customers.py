"""Customers of this till's sales point; meters that waited for them are joined to them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from pos.contracts.resources import CustomerRow
from pos.domain.names import fold
from pos.models.meter_store import backward
from pos.models.search import change_words
from pos.models.stored import milliseconds_of
from pos.sync.resources.base import Mapping, Taking, by_id, marks, unless_proposed


class CustomersMapping(Mapping[CustomerRow]):
    """Customers, many at a time."""

    resource = "customers"

    def __init__(self) -> None:
        super().__init__(CustomerRow)

    def take(self, taking: Taking, rows: Sequence[CustomerRow]) -> None:
        connection = taking.connection
        known = by_id(
            connection,
            "SELECT id, key, name, phone, address, area, erased_at FROM customer WHERE id IN ({})",
            [row.id.bytes for row in rows],
        )
        new = {row.id.bytes: row for row in rows if row.id.bytes not in known}
        if new:
            connection.exec_driver_sql(_INSERT, [_values(row, taking) for row in new.values()])
        old = [row for row in rows if row.id.bytes in known]
        if old:
            self._change(taking, old)
        self._join_meters(connection, list(new))
        renamed = [known[row.id.bytes][1] for row in old if known[row.id.bytes][2] != (_person(row)[0])]
        _refresh_words(connection, renamed)

    def _change(self, taking: Taking, rows: Sequence[CustomerRow]) -> None:
        """An erased customer stays erased, whatever an older copy of a server says."""
        taking.connection.exec_driver_sql(
            "UPDATE customer SET name = ?, phone = ?, phone_reversed = ?, address = ?, area = ?, "
            "erased_at = coalesce(erased_at, ?), pull_round = ? WHERE id = ? "
            "AND (erased_at IS NULL OR ? IS NOT NULL)",
            [
                (*_person(row), *_erased(row, taking), taking.round, row.id.bytes, *_erased(row, taking))
                for row in rows
            ],
        )
        taking.connection.exec_driver_sql(
            "UPDATE customer SET pull_round = ? WHERE id = ?", [(taking.round, row.id.bytes) for row in rows]
        )

    def _join_meters(self, connection: Connection, ids: Sequence[bytes]) -> None:
        waiting = connection.exec_driver_sql(
            "SELECT 1 FROM meter WHERE customer_key IS NULL AND customer_id IS NOT NULL LIMIT 1"
        ).first()
        if not ids or waiting is None:
            return
        rows = connection.exec_driver_sql(
            "SELECT meter.key, customer.key FROM customer JOIN meter ON meter.customer_id = customer.id "  # noqa: S608 - only marks are put in
            "AND meter.customer_key IS NULL AND meter.customer_id IS NOT NULL "
            f"WHERE customer.id IN ({marks(len(ids))})",
            tuple(ids),
        ).all()
        if rows:
            connection.exec_driver_sql(
                "UPDATE meter SET customer_key = ? WHERE key = ?", [(row[1], row[0]) for row in rows]
            )
            _refresh_words(connection, [row[1] for row in rows])

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """A customer that left this till's scope: what it knew of that person goes."""
        connection = taking.connection
        found = by_id(
            connection, "SELECT id, key FROM customer WHERE id IN ({})", [UUID(one).bytes for one in ids]
        )
        keys = [row[1] for row in found.values()]
        if not keys:
            return
        with_meters = connection.exec_driver_sql(
            f"SELECT key, drn FROM meter WHERE customer_key IN ({marks(len(keys))})",  # noqa: S608 - only marks are put in
            tuple(keys),
        ).all()
        connection.exec_driver_sql(
            f"UPDATE meter SET customer_key = NULL WHERE customer_key IN ({marks(len(keys))})",  # noqa: S608 - only marks are put in
            tuple(keys),
        )
        change_words(connection, [(row[0], "") for row in with_meters])
        connection.exec_driver_sql("DELETE FROM customer WHERE key = ?", [(key,) for key in keys])

    def gone_since(self, connection: Connection, round_: int, *, limit: int) -> list[str]:
        rows = connection.exec_driver_sql(
            "SELECT id FROM customer WHERE pull_round > 0 AND pull_round < ? "  # noqa: S608 - our own clause
            f"AND {unless_proposed('customer')} AND {_OWNS_NO_PROPOSED_METER} LIMIT ?",
            (round_, limit),
        )
        return [str(UUID(bytes=row[0])) for row in rows]


# He comes again with his meter, once head office has accepted it once more.
_OWNS_NO_PROPOSED_METER = (
    "NOT EXISTS (SELECT 1 FROM meter JOIN proposal ON proposal.meter_key = meter.key "
    "WHERE meter.customer_key = customer.key AND proposal.state = 'waiting')"
)

_INSERT = (
    "INSERT INTO customer (id, name, phone, phone_reversed, address, area, erased_at, pull_round) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _person(row: CustomerRow) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    if row.is_erased:
        return None, None, None, None, None
    return row.name, row.phone, backward(row.phone), row.address, row.area


def _erased(row: CustomerRow, taking: Taking) -> tuple[int | None]:
    return (milliseconds_of(taking.at) if row.is_erased else None,)


def _values(row: CustomerRow, taking: Taking) -> tuple[object, ...]:
    return (row.id.bytes, *_person(row), *_erased(row, taking), taking.round)


def _refresh_words(connection: Connection, customer_keys: Sequence[int]) -> None:
    """Index the names of these customers' meters anew."""
    if not customer_keys:
        return
    rows = connection.exec_driver_sql(
        "SELECT meter.key, coalesce(customer.name, '') FROM meter "  # noqa: S608 - question marks only
        "JOIN customer ON customer.key = meter.customer_key "
        f"WHERE customer.key IN ({marks(len(customer_keys))})",
        tuple(customer_keys),
    ).all()
    change_words(connection, [(row[0], fold(row[1])) for row in rows])
