"""A month in figures: by day, tender, cashier and tariff, from the running totals alone."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter

from pos.models.queries.money import MonthLine, MonthReport

_UNIT_KINDS = frozenset({"energy", "free"})


@dataclass(frozen=True, slots=True)
class Figures:
    """What one part of the month came to. Units in 0.001; `payments` counts ways a sale was paid.

    `name` is empty for sales without a tariff. Payments are known by day, tender and cashier, not by tariff.
    """

    name: str
    amount_minor: int = 0
    payments: int = 0
    kwh_milli: int = 0
    m3_milli: int = 0


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month (YYYY-MM). `days` has every day, the first at 0; the other parts stand largest first."""

    month: str
    whole: Figures
    days: tuple[Figures, ...]
    tenders: tuple[Figures, ...] = field(default=())
    cashiers: tuple[Figures, ...] = field(default=())
    tariffs: tuple[Figures, ...] = field(default=())

    @property
    def average_minor(self) -> int:
        """What a payment came to on average, rounded down; 0 without one."""
        return self.whole.amount_minor // self.whole.payments if self.whole.payments else 0

    @property
    def best_day(self) -> Figures | None:
        """The day that brought most, None for a month without sales."""
        best = max(self.days, key=attrgetter("amount_minor"), default=None)
        return best if best is not None and best.amount_minor else None


@dataclass(slots=True)
class _Sum:
    """Figures while they are added up."""

    amount_minor: int = 0
    payments: int = 0
    kwh_milli: int = 0
    m3_milli: int = 0

    def add(self, line: MonthLine, *, is_water: bool) -> None:
        self.amount_minor += line.amount_minor
        if line.kind not in _UNIT_KINDS:
            return
        if is_water:
            self.m3_milli += line.units_milli
        else:
            self.kwh_milli += line.units_milli

    def figures(self, name: str) -> Figures:
        return Figures(name, self.amount_minor, self.payments, self.kwh_milli, self.m3_milli)


def month_figures(report: MonthReport, water: frozenset[str]) -> MonthFigures:
    """Group a month; `water` are the codes of the tariffs that count in m³."""
    days = _grouped(report.lines, lambda line: line.business_day, water)
    cashiers = _grouped(report.lines, lambda line: line.cashier, water)
    tariffs = _grouped(report.lines, lambda line: line.tariff, water)
    tenders: dict[str, _Sum] = {}
    whole = _Sum()
    for line in report.lines:
        whole.add(line, is_water=line.tariff in water)
    for paid in report.tenders:
        tender = tenders.setdefault(paid.tender, _Sum())
        tender.amount_minor += paid.amount_minor
        for one in (
            tender,
            whole,
            days.setdefault(paid.business_day, _Sum()),
            cashiers.setdefault(paid.cashier, _Sum()),
        ):
            one.payments += paid.pieces
    return MonthFigures(
        report.month,
        whole.figures(report.month),
        tuple(days.get(day, _Sum()).figures(day) for day in days_of(report.month)),
        _ranked(tenders),
        _ranked(cashiers),
        _ranked(tariffs),
    )


def days_of(month: str) -> Iterable[str]:
    """Give the days of a month (YYYY-MM) as YYYY-MM-DD."""
    first = date.fromisoformat(f"{month}-01")
    count = calendar.monthrange(first.year, first.month)[1]
    return [f"{month}-{day:02}" for day in range(1, count + 1)]


def month_before(month: str) -> str:
    """Give the month before one (YYYY-MM)."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def _grouped(
    lines: Iterable[MonthLine], name: Callable[[MonthLine], str], water: frozenset[str]
) -> dict[str, _Sum]:
    found: dict[str, _Sum] = {}
    for line in lines:
        found.setdefault(name(line), _Sum()).add(line, is_water=line.tariff in water)
    return found


def _ranked(sums: Mapping[str, _Sum]) -> tuple[Figures, ...]:
    figures = [one.figures(name) for name, one in sums.items()]
    return tuple(sorted(figures, key=lambda one: (-one.amount_minor, one.name)))
