"""Supply groups, with this till's lane and an announced next key (docs/formats.md §8)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from pos.contracts.resources import NextKey, SupplyGroupRow
from pos.domain.key_change import NOT_YET
from pos.models.meters import supply_group
from pos.models.tariffs import supplier
from pos.sync.resources.base import Taking
from pos.sync.resources.records import Records


class SupplyGroupsMapping(Records[SupplyGroupRow]):
    """Supply groups; their keys never travel."""

    def __init__(self) -> None:
        super().__init__("supply_groups", SupplyGroupRow)

    def take(self, taking: Taking, rows: Sequence[SupplyGroupRow]) -> None:
        super().take(taking, rows)
        for row in rows:
            taking.connection.execute(
                insert(supplier)
                .values(code=row.supplier, name=row.supplier_name or row.supplier, credit_limit_minor=0)
                .on_conflict_do_nothing()
            )
            values = {
                "key_method": row.key_method,
                "algorithm": row.algorithm,
                "base_date": row.base_date,
                "ti": row.ti,
                "krn": row.krn,
                "kt": row.kt,
                "ken": row.ken,
                "tid_zone": row.tid_zone,
                "lanes": row.lanes,
                "lane": row.lane,
                "holders": json.dumps(row.holders),
                "supplier": row.supplier,
                "check_value": row.check_value,
                "next_key": next_key_text(row.next_key),
            }
            taking.connection.execute(
                insert(supply_group)
                .values(sgc=row.id, **values)
                .on_conflict_do_update(index_elements=["sgc"], set_=values)
            )

    def counts_asking(self, connection: Connection) -> bool:
        """An announced key may begin while this till does not ask."""
        query = "SELECT 1 FROM supply_group WHERE json_extract(next_key, '$.from') = ?"
        return connection.exec_driver_sql(query, (NOT_YET,)).first() is not None

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """A group that meters are in stays, and nobody can make tokens for it here any more."""
        super().delete(taking, ids)
        for sgc in ids:
            taking.connection.exec_driver_sql(
                "UPDATE supply_group SET holders = '[]', next_key = NULL WHERE sgc = ?", (sgc,)
            )
            taking.connection.exec_driver_sql(
                "DELETE FROM supply_group WHERE sgc = ? AND NOT EXISTS "
                "(SELECT 1 FROM meter WHERE meter.sgc = supply_group.sgc)",
                (sgc,),
            )


def next_key_text(change: NextKey | None) -> str | None:
    """Return an announced key change as `supply_group.next_key` has it."""
    if change is None:
        return None
    value = {
        "krn": change.krn,
        "ken": change.ken,
        "ti": change.ti,
        "kt": change.kt,
        "base_date": change.base_date,
        "from": change.from_,
    }
    return json.dumps(value | ({} if change.sgc is None else {"sgc": change.sgc}))
