"""The stretches of time a list can show: which there are, what they are called, what they limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from pos.i18n.wording import Wording
from pos.services.past_sales import SalesChoices, SalesFilter
from pos.ui.screens.sales.state import Filters, Period
from pos.ui.screens.sales.words import noon

_DAYS = 14
_WEEKS = 9
_MONTHS = 13


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch: its key, its words, and the days or places it holds, both ends included."""

    key: str
    text: str
    from_day: str | None = None
    to_day: str | None = None
    from_place: int | None = None
    to_place: int | None = None


def spans_of(period: Period, today: date, choices: SalesChoices, wording: Wording) -> list[Span]:
    """Return the stretches of a period, the present one first; of shifts there may be none."""
    if period is Period.SHIFT:
        return [
            Span(
                str(shift.from_place),
                wording.say("Shift {n}, {day}", n=shift.number, day=wording.short_day(shift.opened_at)),
                from_place=shift.from_place,
                to_place=shift.to_place,
            )
            for shift in choices.shifts
        ]
    makers = {Period.TODAY: _days, Period.WEEK: _weeks, Period.MONTH: _months}
    return list(makers[period](today, wording))


def chosen_span(filters: Filters, spans: list[Span]) -> Span | None:
    """Return the chosen stretch, the present one if none is chosen."""
    return next((one for one in spans if one.key == filters.span), spans[0] if spans else None)


def sales_filter(filters: Filters, span: Span | None, *, operator_key: int | None) -> SalesFilter:
    """Return what to ask for. A number that was typed is looked for on all days."""
    wanted = SalesFilter(
        operator_key=operator_key,
        tender=filters.tender or None,
        state=filters.state or None,
        text=filters.text,
    )
    if filters.text or span is None:
        return wanted
    return SalesFilter(
        operator_key=operator_key,
        tender=filters.tender or None,
        state=filters.state or None,
        from_day=span.from_day,
        to_day=span.to_day,
        from_place=span.from_place,
        to_place=span.to_place,
    )


def _days(today: date, wording: Wording) -> Iterator[Span]:
    for n in range(_DAYS):
        day = today - timedelta(days=n)
        text = wording.short_day(noon(day, wording))
        if n == 0:
            text = wording.say("Today, {day}", day=text)
        elif n == 1:
            text = wording.say("Yesterday, {day}", day=text)
        yield Span(day.isoformat(), text, day.isoformat(), day.isoformat())


def _weeks(today: date, wording: Wording) -> Iterator[Span]:
    monday = today - timedelta(days=today.weekday())
    for n in range(_WEEKS):
        first = monday - timedelta(weeks=n)
        last = first + timedelta(days=6)
        text = f"{wording.short_day(noon(first, wording))} – {wording.short_day(noon(last, wording))}"
        yield Span(first.isoformat(), text, first.isoformat(), last.isoformat())


def _months(today: date, wording: Wording) -> Iterator[Span]:
    first = today.replace(day=1)
    for _ in range(_MONTHS):
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        text = f"{wording.month(noon(first, wording))} {first.year}"
        yield Span(first.isoformat(), text, first.isoformat(), last.isoformat())
        first = (first - timedelta(days=1)).replace(day=1)
