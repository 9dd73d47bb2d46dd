"""What became of one meter: bought by month and block, how often, its cases."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from pos.domain.permissions import Actor, Permission, holds, sees_institution
from pos.errors import UserError
from pos.models.queries.cases import CaseRow, cases_of_meter
from pos.models.queries.counter import month_units
from pos.models.queries.meter_history import block_units, count_purchases
from pos.models.queries.meters import MeterRow, get_meter
from pos.models.uow import Units
from pos.services.approval import require
from pos.system.clock import Clock

MONTHS = 12
BLOCKS = 3
"""Blocks that are told apart; those above are counted with the last of them."""


@dataclass(frozen=True, slots=True)
class MonthBought:
    """What a meter bought in a month, in 0.001 units; `blocks_milli` is empty where it cannot be told."""

    first_at: datetime
    units_milli: int
    blocks_milli: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MeterPast:
    """The last twelve months, oldest first; purchases on this till; cases, newest first."""

    months: tuple[MonthBought, ...]
    purchases: int
    cases: tuple[CaseRow, ...]


class MeterHistory:
    """Tells what became of a meter; changes nothing."""

    def __init__(self, units: Units, clock: Clock, time_zone: tzinfo) -> None:
        """Wire the parts; months are those of the organisation's `time_zone`."""
        self._units = units
        self._clock = clock
        self._time_zone = time_zone

    def past(self, actor: Actor, drn: str) -> MeterPast:
        """Return the past of a meter; a person who has nothing to do with cases gets none.

        Raises:
            UserError: `permission.denied`, `meter.unknown`.
        """
        require(actor, Permission.METER_VIEW)
        sees_cases = any(holds(actor.role, one) for one in (Permission.CASE_OPEN, Permission.CASE_DECIDE))
        with self._units.read() as connection:
            meter = get_meter(connection, drn)
            if meter is None or not sees_institution(actor, meter.institution):
                raise UserError("meter.unknown", f"Meter {drn} is not known at this till.")
            cases = cases_of_meter(connection, drn) if sees_cases else []
            return MeterPast(
                self._months(connection, meter), count_purchases(connection, meter.key), tuple(cases)
            )

    def _months(self, connection: Connection, meter: MeterRow) -> tuple[MonthBought, ...]:
        starts = self._starts()
        totals = dict(month_units(connection, meter.key))
        blocks: dict[str, list[int]] = {}
        for at, block, units_milli in block_units(connection, meter.key, starts[0]):
            month = f"{at.astimezone(self._time_zone):%Y-%m}"
            pieces = blocks.setdefault(month, [0] * BLOCKS)
            pieces[min(block or 1, BLOCKS) - 1] += units_milli
        return tuple(_month(start, totals, blocks) for start in starts)

    def _starts(self) -> list[datetime]:
        """The first instants of the last twelve months, in the organisation's time."""
        local = self._clock.now().astimezone(self._time_zone)
        this = local.year * 12 + local.month - 1
        return [
            datetime(n // 12, n % 12 + 1, 1, tzinfo=self._time_zone)
            for n in range(this - MONTHS + 1, this + 1)
        ]


def _month(start: datetime, totals: dict[str, int], blocks: dict[str, list[int]]) -> MonthBought:
    month = f"{start:%Y-%m}"
    units_milli, pieces = totals.get(month, 0), blocks.get(month, [])
    # Other tills sold too, or something was replaced: the blocks here are not those of the whole month.
    is_told = bool(pieces) and sum(pieces) == units_milli
    return MonthBought(start, units_milli, tuple(pieces) if is_told else ())


__all__ = ["CaseRow", "MeterHistory", "MeterPast", "MonthBought"]
