"""Meters from head office, in bulk: the register of a till, a million rows or one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.contracts.resources import MeterRow
from pos.domain.names import fold
from pos.models.ledger_book import read_head
from pos.models.packing import unpack_line
from pos.models.places import place_of
from pos.models.search import add_words, change_words, remove_words
from pos.sync.resources.base import (
    Mapping,
    Taking,
    by_id,
    drop_records,
    keep_records,
    marks,
    record_ids,
    unless_proposed,
)
from pos.sync.resources.groups import next_key_text
from pos.sync.resources.months import take_waiting_months
from pos.tokens.errors import NumberError
from pos.tokens.numbers import pan_number

# What the server decides of a meter, beside its number, customer and debt.
_FIELDS = (
    *("service", "tariff_code", "sgc", "ti", "krn", "kt", "algorithm", "key_method", "base_date", "status"),
    *("block_reason", "account_number", "institution", "site", "building", "department", "note"),
)
_COLUMNS = (
    *("id", "drn", "drn_reversed", "pan", "customer_key", "customer_id", "arrears_minor", "home_till"),
    *("next_key", "merged_into", "pull_round"),
    *_FIELDS,
)
_INSERT = f"INSERT INTO meter (key, {', '.join(_COLUMNS)}) VALUES (?, {marks(len(_COLUMNS))})"  # noqa: S608 - our own names
_UPDATE = f"UPDATE meter SET {', '.join(f'{name} = ?' for name in _COLUMNS)} WHERE key = ?"  # noqa: S608 - our own names

WAITING = "meters"
"""The resource under which rows are kept whose supply group is not here yet."""
_RETRY_ROWS = 200

OUT_OF_SCOPE = "not in this shop's register any more"


class MetersMapping(Mapping[MeterRow]):
    """Meters. One made here under the same number takes head office's id; its own stays an alias."""

    resource = "meters"

    def __init__(self) -> None:
        super().__init__(MeterRow)

    def take(self, taking: Taking, rows: Sequence[MeterRow]) -> None:
        rows, pans = self._numbered(taking, self._possible(taking, rows))
        if not rows:
            return
        connection = taking.connection
        _forget_waiting(connection, [str(row.id) for row in rows])
        plain = [row for row in rows if row.merged_into is None]
        known = _Known(connection, plain, pans)
        keyed = [(row, known.key_of(row)) for row in plain]
        new = [row for row, key in keyed if key is None]
        old = [
            (row, key)
            for row, key in keyed
            if key is not None and self._is_number_free(taking, row, key, known)
        ]
        self._add(taking, new, known)
        self._change(taking, old, known)
        for row in rows:
            if row.merged_into is not None:
                self._merge(taking, row)
        renamed = [row.id for row, key in old if known.id_at(key) != row.id.bytes]
        take_waiting_months(taking, [*(row.id for row in new), *renamed])

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """A meter that a sale or a token speaks of stays, inactive; others go."""
        connection = taking.connection
        _forget_waiting(connection, ids)
        found = by_id(connection, _USED, [UUID(one).bytes for one in ids])
        unused = [row[1] for row in found.values() if not row[2]]
        used = [row[1] for row in found.values() if row[2]]
        if unused:
            keys = [(key,) for key in unused]
            remove_words(connection, unused)
            for table in ("proposal", "import_change", "meter_alias", "meter_month", "customer_credit"):
                connection.exec_driver_sql(f"DELETE FROM {table} WHERE meter_key = ?", keys)  # noqa: S608 - our own names
            connection.exec_driver_sql("DELETE FROM meter WHERE key = ?", keys)
        if used:
            connection.exec_driver_sql(
                "UPDATE meter SET status = 'inactive', block_reason = ?, pull_round = 0 WHERE key = ?",
                [(OUT_OF_SCOPE, key) for key in used],
            )

    def gone_since(self, connection: Connection, round_: int, *, limit: int) -> list[str]:
        waiting = record_ids(connection, WAITING, round_, limit=limit)
        rows = connection.exec_driver_sql(
            f"SELECT id FROM meter WHERE pull_round > 0 AND pull_round < ? AND {unless_proposed('meter')} "  # noqa: S608 - our own clause
            "LIMIT ?",
            (round_, limit - len(waiting)),
        )
        return waiting + [str(UUID(bytes=row[0])) for row in rows]

    def has_waiting(self, connection: Connection) -> bool:
        return connection.exec_driver_sql(_READY, (WAITING, 1)).first() is not None

    def retry(self, taking: Taking) -> None:
        found = taking.connection.exec_driver_sql(_READY, (WAITING, _RETRY_ROWS)).all()
        drop_records(taking.connection, WAITING, [row[0] for row in found])
        self.take(taking, [MeterRow.model_validate_json(row[1]) for row in found])

    def _possible(self, taking: Taking, rows: Sequence[MeterRow]) -> list[MeterRow]:
        """Let meters wait whose group this till was not given: nothing could be sold to them."""
        groups = {row[0] for row in taking.connection.exec_driver_sql("SELECT sgc FROM supply_group")}
        waiting = [row for row in rows if row.sgc not in groups]
        if not waiting:
            return list(rows)
        keep_records(taking, WAITING, [(str(row.id), row.model_dump_json(by_alias=True)) for row in waiting])
        missing = sorted({row.sgc for row in waiting})
        taking.troubles.extend(
            f"Meters of supply group {sgc} wait: the group is not here." for sgc in missing
        )
        return [row for row in rows if row.sgc in groups]

    def _numbered(self, taking: Taking, rows: Sequence[MeterRow]) -> tuple[list[MeterRow], dict[str, int]]:
        """Give the rows whose number is one, with the PAN of each."""
        pans: dict[str, int] = {}
        for row in rows:
            try:
                pans[row.drn] = pan_number(row.drn)
            except NumberError as error:
                taking.troubles.append(f"Meter {row.drn} is not taken: {error.text}")
        return [row for row in rows if row.drn in pans], pans

    def _is_number_free(self, taking: Taking, row: MeterRow, key: int, known: _Known) -> bool:
        if known.key_of_number(row.drn) in (None, key):
            return True
        taking.troubles.append(f"Meter number {row.drn} belongs to another meter here; the row is not taken.")
        return False

    def _add(self, taking: Taking, rows: Sequence[MeterRow], known: _Known) -> None:
        if not rows:
            return
        connection = taking.connection
        first: int = connection.exec_driver_sql("SELECT coalesce(max(key), 0) + 1 FROM meter").scalar_one()
        connection.exec_driver_sql(
            _INSERT,
            [(first + n, *_values(row, known, taking, row.arrears_minor)) for n, row in enumerate(rows)],
        )
        named = [(first + n, fold(name)) for n, row in enumerate(rows) if (name := known.name_of(row))]
        add_words(connection, named)

    def _change(self, taking: Taking, rows: Sequence[tuple[MeterRow, int]], known: _Known) -> None:
        if not rows:
            return
        connection = taking.connection
        own_arrears = _unsent_arrears(connection, [key for _, key in rows])
        aliases = [
            (known.id_at(key), key) for row, key in rows if known.id_at(key) not in (row.id.bytes, None)
        ]
        if aliases:
            connection.exec_driver_sql(
                "INSERT INTO meter_alias (id, meter_key) VALUES (?, ?) ON CONFLICT DO NOTHING", aliases
            )
            connection.exec_driver_sql(
                "DELETE FROM meter_alias WHERE id = ?", [(row.id.bytes,) for row, _ in rows]
            )
        connection.exec_driver_sql(
            _UPDATE,
            [
                (*_values(row, known, taking, max(0, row.arrears_minor + own_arrears.get(key, 0))), key)
                for row, key in rows
            ],
        )
        moved = [(row, key) for row, key in rows if known.owner_at(key) != known.customer_key(row)]
        change_words(connection, [(key, fold(known.name_of(row))) for row, key in moved])

    def _merge(self, taking: Taking, row: MeterRow) -> None:
        """A duplicate: its id means the other meter from now on; a row of its own stays for old sales."""
        assert row.merged_into is not None
        connection = taking.connection
        target: Any = connection.exec_driver_sql(
            "SELECT key FROM meter WHERE id = ?", (row.merged_into.bytes,)
        ).scalar()
        own: Any = connection.exec_driver_sql("SELECT key FROM meter WHERE id = ?", (row.id.bytes,)).scalar()
        if own is not None and own != target:
            connection.exec_driver_sql(
                "UPDATE meter SET merged_into = ?, status = 'inactive', block_reason = ?, pull_round = ? "
                "WHERE key = ?",
                (row.merged_into.bytes, "merged with another record", taking.round, own),
            )
        elif own is None and target is not None:
            connection.exec_driver_sql(
                "INSERT INTO meter_alias (id, meter_key) VALUES (?, ?) "
                "ON CONFLICT (id) DO UPDATE SET meter_key = excluded.meter_key",
                (row.id.bytes, target),
            )


_READY = (
    "SELECT id, body FROM office_record WHERE resource = ? "
    "AND json_extract(body, '$.sgc') IN (SELECT sgc FROM supply_group) LIMIT ?"
)
_USED = """
SELECT id, key,
  EXISTS (SELECT 1 FROM sale_item WHERE sale_item.meter_key = meter.key)
  OR EXISTS (SELECT 1 FROM reservation WHERE reservation.meter_key = meter.key)
  OR EXISTS (SELECT 1 FROM issue WHERE issue.meter_key = meter.key)
  OR EXISTS (SELECT 1 FROM tid_guard WHERE tid_guard.pan = meter.pan)
FROM meter WHERE id IN ({})
"""


def _forget_waiting(connection: Connection, ids: Sequence[str]) -> None:
    """Let rows that wait go, now that there is a newer word about them."""
    waits = "SELECT 1 FROM office_record WHERE resource = ? LIMIT 1"
    if connection.exec_driver_sql(waits, (WAITING,)).first() is not None:
        drop_records(connection, WAITING, ids)


class _Known:
    """What the till has of some rows already: meters by id, alias and number, and their customers."""

    def __init__(self, connection: Connection, rows: Sequence[MeterRow], pans: dict[str, int]) -> None:
        self.pans = pans
        ids = [row.id.bytes for row in rows]
        drns = [row.drn for row in rows]
        self._by_id: dict[bytes, int] = {}
        self._by_drn: dict[str, int] = {}
        self._id_at: dict[int, bytes] = {}
        self._owner_at: dict[int, int | None] = {}
        for column, wanted in (("id", ids), ("drn", drns)):
            found = connection.exec_driver_sql(
                f"SELECT id, drn, key, customer_key FROM meter WHERE {column} IN ({marks(len(rows))})",  # noqa: S608 - our own names
                tuple(wanted),
            )
            for one, drn, key, owner in found:
                self._by_id[one] = self._by_drn[drn] = key
                self._id_at[key], self._owner_at[key] = one, owner
        customers = list({row.customer_id.bytes for row in rows if row.customer_id is not None})
        self._customers = by_id(connection, "SELECT id, key, name FROM customer WHERE id IN ({})", customers)

    def key_of(self, row: MeterRow) -> int | None:
        """Return the key of the meter with this id, else with this number."""
        if not self._by_id:
            # A register that comes for the first time.
            return None
        return self._by_id.get(row.id.bytes, self._by_drn.get(row.drn))

    def key_of_number(self, drn: str) -> int | None:
        """Return the key of the meter with this number."""
        return self._by_drn.get(drn)

    def owner_at(self, key: int) -> int | None:
        """Return the key of the customer a meter has here now."""
        return self._owner_at.get(key)

    def id_at(self, key: int) -> bytes | None:
        """Return the id a meter has here."""
        return self._id_at.get(key)

    def customer_key(self, row: MeterRow) -> int | None:
        """Return the key of the meter's customer where the till has that customer."""
        found = None if row.customer_id is None else self._customers.get(row.customer_id.bytes)
        return None if found is None else int(found[1])

    def name_of(self, row: MeterRow) -> str:
        """Return the customer's name, empty where it is not known here."""
        found = None if row.customer_id is None else self._customers.get(row.customer_id.bytes)
        return "" if found is None else found[2] or ""


def _values(row: MeterRow, known: _Known, taking: Taking, arrears_minor: int) -> tuple[Any, ...]:
    return (
        row.id.bytes,
        row.drn,
        row.drn[::-1],
        known.pans[row.drn],
        known.customer_key(row),
        None if row.customer_id is None else row.customer_id.bytes,
        arrears_minor,
        None if row.home_till is None else row.home_till.bytes,
        next_key_text(row.next_key),
        None,
        taking.round,
        row.service,
        row.tariff_code,
        row.sgc,
        row.ti,
        row.krn,
        row.kt,
        row.algorithm,
        row.key_method,
        row.base_date,
        row.status,
        row.block_reason,
        row.account_number,
        row.institution,
        row.site,
        row.building,
        row.department,
        row.note,
    )


def _unsent_arrears(connection: Connection, meter_keys: Sequence[int]) -> dict[int, int]:
    """Return what the debt of meters changed by in lines the server does not have yet."""
    head = read_head(connection)
    if head.head_seq == head.acked_seq:
        return {}
    after = place_of(head.number, head.acked_seq)
    taken = connection.exec_driver_sql(
        "SELECT meter_key, -sum(sale_line.amount_minor) FROM sale_item "  # noqa: S608 - question marks only
        "JOIN sale_line ON sale_line.sale_place = sale_item.sale_place AND sale_line.item_n = sale_item.n "
        # The line of the delivery counts: the sale's first line may be at the server already.
        "JOIN sale ON sale.place = sale_item.sale_place "
        f"WHERE meter_key IN ({marks(len(meter_keys))}) AND sale.delivered_place > ? "
        "AND sale_line.kind = 'arrears' GROUP BY meter_key",
        (*meter_keys, after),
    )
    changes = {row[0]: row[1] for row in taken}
    adjusted = connection.exec_driver_sql(
        "SELECT line FROM journal WHERE kind = 'arrears_changed' AND seq > ?", (head.acked_seq,)
    ).all()
    for (line,) in adjusted:
        body = json.loads(unpack_line(line))["body"]
        key = connection.exec_driver_sql(
            "SELECT key FROM meter WHERE id = ?1 UNION ALL SELECT meter_key FROM meter_alias WHERE id = ?1",
            (UUID(body["meter_id"]).bytes,),
        ).scalar()
        if key is not None:
            changes[key] = changes.get(key, 0) + body["amount_minor"]
    return changes
