"""What other tills sold to a meter in a month, and the credit for what was taken twice (formats §7.7)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from pos.contracts.resources import CustomerCreditRow, MeterMonthRow
from pos.domain.journal import parse_instant
from pos.domain.ledger import supplier_account
from pos.models.office import customer_credit
from pos.models.packing import unpack_line
from pos.sync.resources.base import Mapping, Taking, by_id, drop_records, keep_records, own_tills, record_ids
from pos.sync.resources.records import Records

WAITING = "meter_month"
"""The resource under which rows are kept whose meter is not here yet."""

_UPSERT = (
    "INSERT INTO meter_month (meter_key, month, till, units_milli, free_milli, charges, "
    "arrears_taken_minor, pull_round) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (meter_key, month, till) DO UPDATE SET units_milli = excluded.units_milli, "
    "free_milli = excluded.free_milli, charges = excluded.charges, "
    "arrears_taken_minor = excluded.arrears_taken_minor, pull_round = excluded.pull_round"
)


class MeterMonthMapping(Mapping[MeterMonthRow]):
    """Month figures of other tills; own ones come from the journal and are left alone."""

    resource = "meter_month"

    def __init__(self) -> None:
        super().__init__(MeterMonthRow)

    def take(self, taking: Taking, rows: Sequence[MeterMonthRow]) -> None:
        others = [row for row in rows if row.till not in taking.own_tills]
        keys = _meter_keys(taking.connection, {row.meter_id for row in others})
        known = [_values(row, keys[row.meter_id], taking.round) for row in others if row.meter_id in keys]
        if known:
            taking.connection.exec_driver_sql(_UPSERT, known)
        waiting = [(_waiting_id(row), row.model_dump_json()) for row in others if row.meter_id not in keys]
        if waiting:
            keep_records(taking, WAITING, waiting)

    def is_id(self, text: str) -> bool:
        parts = text.split("/")
        return len(parts) == 3 and super().is_id(parts[0])

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        drop_records(taking.connection, WAITING, ids)
        parts = [one.split("/") for one in ids]
        keys = _meter_keys(taking.connection, {UUID(part[0]) for part in parts})
        gone = [
            (keys[UUID(meter_id)], month, till) for meter_id, month, till in parts if UUID(meter_id) in keys
        ]
        if gone:
            taking.connection.exec_driver_sql(
                "DELETE FROM meter_month WHERE meter_key = ? AND month = ? AND till = ? AND till <> ''", gone
            )

    def gone_since(self, connection: Connection, round_: int, *, limit: int) -> list[str]:
        waiting = record_ids(connection, WAITING, round_, limit=limit)
        rows = connection.exec_driver_sql(
            "SELECT meter.id, meter_month.month, meter_month.till FROM meter_month "
            "JOIN meter ON meter.key = meter_key WHERE till <> '' AND meter_month.pull_round < ? LIMIT ?",
            (round_, limit - len(waiting)),
        )
        return waiting + [f"{UUID(bytes=row[0])}/{row[1]}/{row[2]}" for row in rows]


def take_waiting_months(taking: Taking, meter_ids: Iterable[UUID]) -> None:
    """Give meters that came now the month figures that came before them."""
    connection = taking.connection
    if (
        connection.exec_driver_sql(
            "SELECT 1 FROM office_record WHERE resource = ? LIMIT 1", (WAITING,)
        ).first()
        is None
    ):
        return
    for meter_id in meter_ids:
        found = connection.exec_driver_sql(
            "SELECT id, body, round FROM office_record WHERE resource = ? AND id >= ? AND id < ?",
            (WAITING, f"{meter_id}/", f"{meter_id}0"),
        ).all()
        if not found:
            continue
        key = _meter_keys(connection, {meter_id})[meter_id]
        rows = [_values(MeterMonthRow.model_validate_json(row[1]), key, row[2]) for row in found]
        connection.exec_driver_sql(_UPSERT, rows)
        drop_records(connection, WAITING, [row[0] for row in found])


def _waiting_id(row: MeterMonthRow) -> str:
    return f"{row.meter_id}/{row.month}/{row.till}"


def _values(row: MeterMonthRow, meter_key: int, round_: int) -> tuple[object, ...]:
    charges = "\n".join(sorted(row.charges))
    return (
        meter_key,
        row.month,
        str(row.till),
        row.units_milli,
        row.free_milli,
        charges,
        row.arrears_taken_minor,
        round_,
    )


def _meter_keys(connection: Connection, ids: set[UUID]) -> dict[UUID, int]:
    """Return the keys behind meter ids, also behind those a meter had before."""
    raw = [one.bytes for one in ids]
    found = by_id(connection, "SELECT id, meter_key FROM meter_alias WHERE id IN ({})", raw)
    found |= by_id(connection, "SELECT id, key FROM meter WHERE id IN ({})", raw)
    return {UUID(bytes=one): row[1] for one, row in found.items()}


def _has_former_line(connection: Connection, row: CustomerCreditRow) -> bool:
    """Whether the till that this one replaced had posted a credit already: only its line came back."""
    lines = connection.exec_driver_sql("SELECT line FROM former_journal WHERE kind = 'float_moved'")
    return any(json.loads(unpack_line(line))["body"]["reference"] == str(row.id) for (line,) in lines)


class CustomerCreditsMapping(Records[CustomerCreditRow]):
    """Credit addressed to this till or the one it replaced: posted once, taken off the meter's next sale."""

    def __init__(self) -> None:
        super().__init__("customer_credits", CustomerCreditRow)

    def take(self, taking: Taking, rows: Sequence[CustomerCreditRow]) -> None:
        super().take(taking, rows)
        for row in rows:
            if row.till in taking.own_tills and not self._is_posted(taking.connection, row):
                self._post(taking, row)

    def has_waiting(self, connection: Connection) -> bool:
        return any(self._ready(connection, own_tills(connection)))

    def retry(self, taking: Taking) -> None:
        for row in list(self._ready(taking.connection, taking.own_tills)):
            self._post(taking, row)

    def _ready(self, connection: Connection, own: frozenset[UUID]) -> Iterator[CustomerCreditRow]:
        """Give credits of this till that are not posted, and whose meter has come meanwhile: very few."""
        for (body,) in connection.exec_driver_sql(
            "SELECT body FROM office_record WHERE resource = ?", (self.resource,)
        ).all():
            row = CustomerCreditRow.model_validate_json(body)
            is_open = row.till in own and not self._is_posted(connection, row)
            if is_open and _meter_keys(connection, {row.meter_id}):
                yield row

    def _is_posted(self, connection: Connection, row: CustomerCreditRow) -> bool:
        found = customer_credit.select().where(customer_credit.c.id == row.id)
        return connection.execute(found).first() is not None

    def _post(self, taking: Taking, row: CustomerCreditRow) -> None:
        found: Any = taking.connection.exec_driver_sql(
            "SELECT meter.key, supply_group.supplier FROM meter JOIN supply_group USING (sgc) "
            "WHERE meter.id = ?1 OR meter.key = (SELECT meter_key FROM meter_alias WHERE id = ?1)",
            (row.meter_id.bytes,),
        ).one_or_none()
        if found is None:
            taking.troubles.append(f"A credit for meter {row.meter_id} waits: the meter is not here.")
            return
        if not _has_former_line(taking.connection, row):
            taking.record(
                taking.unit,
                "float_moved",
                {
                    "account": supplier_account(found[1]),
                    "amount_minor": row.amount_minor,
                    "kind": "credit",
                    "reference": str(row.id),
                    "reason": json.dumps({"cause": row.cause, "code": row.code, "month": row.month}),
                },
            )
        taking.connection.execute(
            insert(customer_credit)
            .values(
                id=row.id,
                meter_key=found[0],
                amount_minor=row.amount_minor,
                cause=row.cause,
                code=row.code,
                month=row.month,
                given_at=parse_instant(row.given_at),
            )
            .on_conflict_do_nothing()
        )

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """A credit that was posted stays: the books say it was given."""
        super().delete(taking, ids)
