"""The world of one run: head office, its tills, their customers, and what happens to them day by day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pos.tokens.numbers import make_drn
from tests.simulation.faults import BadLine, Request, Weather
from tests.simulation.office import GROUPS, HOMES, LIFELINE, Office, office_settings
from tests.simulation.tills import SimTill
from tests.simulation.times import MachineClock, TrueTime

DAYS_MIN = 20
"""Across a month's end, and long enough for a key change, which takes a week, and two replaced tills."""
SALES_A_DAY = 90
METERS_A_GROUP = 24
NEW_METERS = 12
LIMIT_MONEY_MINOR = 1_500_000
LIMIT_UNITS_MILLI = 10**10


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated: the same plan gives the same run."""

    seed: int
    sales: int
    tills: int = 4

    @property
    def days(self) -> int:
        return max(DAYS_MIN, -(-self.sales // (self.tills * SALES_A_DAY)))

    @property
    def sales_a_day(self) -> int:
        """Of each till."""
        return max(1, -(-self.sales // (self.tills * self.days)))


@dataclass(frozen=True, slots=True)
class Issue:
    """Tokens that left a till or head office for a customer, in the true order of what happened."""

    order: int
    at: datetime
    till: str
    drn: str
    tokens: tuple[dict[str, Any], ...]
    sale_id: str | None
    seq: int
    """Of its line in the till's book."""


@dataclass(slots=True)
class World:
    """Everything of one run."""

    plan: Plan
    folder: Path
    database_url: str
    chance: Random = field(init=False)
    time: TrueTime = field(default_factory=TrueTime)
    office: Office = field(init=False)
    tills: list[SimTill] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    issues: list[Issue] = field(default_factory=list)
    lost: list[Issue] = field(default_factory=list)
    """Issues that died with a disk: no book knows them, and the replacement named each of them."""
    late: list[Request] = field(default_factory=list)
    drns: dict[str, str] = field(default_factory=dict)
    """Supply group by meter number, of all meters there are or will be."""
    arrears: dict[str, int] = field(default_factory=dict)
    unknown_drns: list[str] = field(default_factory=list)
    """Meters on walls that nobody has in a register yet."""

    def __post_init__(self) -> None:
        self.chance = Random(self.plan.seed)
        self.office = Office(office_settings(self.database_url, self.folder), self.time)

    @property
    def sales(self) -> int:
        return self.tally["sales"]

    def set_up(self) -> None:
        self.office.start()
        self.office.set_up(self._meters())
        for n in range(self.plan.tills):
            self._add_till(f"T{n + 1:02d}")

    def close(self) -> None:
        for one in self.tills:
            one.close()
        self.office.stop()

    def line(self) -> BadLine:
        return BadLine(self.office, self.time, self.chance, self.tally, self.late)

    def code(self) -> str:
        return self.office.code(money_minor=LIMIT_MONEY_MINOR, units_milli=LIMIT_UNITS_MILLI)

    def note_issue(
        self, till: SimTill, drn: str, tokens: list[dict[str, Any]], *, sale_id: str | None, seq: int
    ) -> None:
        self.issues.append(
            Issue(len(self.issues), self.time.now(), till.code, drn, tuple(tokens), sale_id, seq)
        )

    def pass_minutes(self, minutes: float) -> None:
        self.time.pass_time(timedelta(seconds=round(minutes * 60)))

    def set_weather(self, trouble: float) -> None:
        """One sort of weather on all lines."""
        for one in self.tills:
            one.line.weather = Weather(trouble)

    def _meters(self) -> dict[str, dict[str, Any]]:
        values: dict[str, dict[str, Any]] = {}
        serial = 0
        for sgc in GROUPS:
            for n in range(METERS_A_GROUP):
                serial += 1
                drn = make_drn("04", f"{serial:08d}").digits
                arrears = 6_000 if n % 6 == 0 else 0
                tariff = LIFELINE if n % 5 == 1 else HOMES
                values[drn] = {"sgc": sgc, "tariff_code": tariff.code, "arrears_minor": arrears}
                self.drns[drn], self.arrears[drn] = sgc, arrears
        groups = list(GROUPS)
        for n in range(NEW_METERS):
            drn = make_drn("07", f"{n + 1:08d}").digits
            self.drns[drn], self.arrears[drn] = groups[n % len(groups)], 0
            self.unknown_drns.append(drn)
        return values

    def _add_till(self, code: str) -> None:
        one = SimTill(code, self.folder / code, MachineClock(self.time), self.line())
        one.set_up()
        one.enrol(self.code())
        one.engine.run_once()
        self.tills.append(one)


def seed_randomness(patch: pytest.MonkeyPatch, chance: Random) -> None:
    """Let ids and tokens come from the seed too: the program takes them from the machine's randomness."""
    patch.setattr("secrets.randbits", chance.getrandbits)
    patch.setattr("pos.domain.ids._counter", count())
    patch.setattr("secrets.randbelow", chance.randrange)
