"""What became of one meter: its purchases by block, how many there were."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pos.models.stored import instant_of, milliseconds_of

_BLOCKS = """
SELECT sale.at, sale_line.block, sum(sale_line.units_milli)
FROM sale_item INDEXED BY ix_sale_item_meter JOIN sale ON sale.place = sale_item.sale_place
JOIN sale_line ON sale_line.sale_place = sale_item.sale_place AND sale_line.item_n = sale_item.n
WHERE sale_item.meter_key = ? AND sale.at >= ? AND sale.delivered_place IS NOT NULL
  AND sale_line.kind = 'energy'
GROUP BY sale.place, sale_line.block
"""


def block_units(
    connection: Connection, meter_key: int, since: datetime
) -> list[tuple[datetime, int | None, int]]:
    """Return the energy a meter bought here since an instant: when, in which block, 0.001 units."""
    rows: Any = connection.exec_driver_sql(_BLOCKS, (meter_key, milliseconds_of(since))).all()
    return [(instant_of(at), block, units) for at, block, units in rows]


def count_purchases(connection: Connection, meter_key: int) -> int:
    """Count the sales to a meter on this till."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(DISTINCT sale_place) FROM sale_item INDEXED BY ix_sale_item_meter "
            "WHERE meter_key = ?",
            (meter_key,),
        ).scalar_one()
    )
