"""A month's figures as a paper: one page for the office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import Block, Document, Gap, Row, Rule, TableRow, Text, Title
from pos.reports.month import Figures, MonthFigures

TENDER_NAMES = {"cash": "Cash", "mtn": "MTN MoMo", "airtel": "Airtel", "voucher": "Voucher", "card": "Card"}


def month_paper(figures: MonthFigures, shop: str, wording: Wording) -> Document:
    """Return the paper of a month: the figures, then each part."""
    say = wording.say
    blocks: list[Block] = [
        Title(shop),
        Text(month_name(figures.month, wording), is_bold=True, is_centred=True),
        Rule(),
        Row(say("Sales of the month"), wording.money(figures.whole.amount_minor), is_bold=True),
        Row(say("Payments"), wording.count(figures.whole.payments)),
        Row(say("Average sale"), wording.money(figures.average_minor)),
        Row(say("Electricity"), f"{wording.units(figures.whole.kwh_milli)}{NO_BREAK}kWh"),
    ]
    if figures.whole.m3_milli:
        blocks.append(Row(say("Water"), f"{wording.units(figures.whole.m3_milli)}{NO_BREAK}m\u00b3"))
    tenders = [(tender_name(one.name, wording), one) for one in figures.tenders]
    cashiers = [(one.name, one) for one in figures.cashiers]
    blocks += _paid(say("Paid with"), tenders, wording)
    blocks += _paid(say("Cashier"), cashiers, wording)
    blocks += _measured(
        say("Tariff"), [(one.name or say("Without a tariff"), one) for one in figures.tariffs], wording
    )
    days = [one for one in figures.days if one.amount_minor or one.payments]
    blocks += _paid(say("Day"), [(day_name(one.name, wording), one) for one in days], wording)
    return Document("month_report", wording.language, tuple(blocks))


def tender_name(tender: str, wording: Wording) -> str:
    """Return a person's word for a way to pay."""
    return wording.say(TENDER_NAMES.get(tender, tender.replace("_", " ").capitalize()))


def month_name(month: str, wording: Wording) -> str:
    """Write a month (YYYY-MM) as `November 2026`."""
    first = _noon(f"{month}-01", wording)
    return f"{wording.month(first)} {first.year}"


def day_name(day: str, wording: Wording) -> str:
    """Write a day (YYYY-MM-DD) as `17 Nov`."""
    return wording.short_day(_noon(day, wording))


def _noon(day: str, wording: Wording) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), wording.time_zone)


def _paid(head: str, rows: Sequence[tuple[str, Figures]], wording: Wording) -> list[Block]:
    cells = [(name, wording.count(one.payments), wording.amount(one.amount_minor)) for name, one in rows]
    return _table((head, wording.say("Payments"), wording.currency), cells)


def _measured(head: str, rows: Sequence[tuple[str, Figures]], wording: Wording) -> list[Block]:
    cells = [
        (name, wording.units(one.kwh_milli or one.m3_milli), wording.amount(one.amount_minor))
        for name, one in rows
    ]
    return _table((head, wording.say("Units"), wording.currency), cells)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[Block]:
    if not rows:
        return []
    return [Gap(), TableRow(head, is_bold=True), Rule(), *(TableRow(row) for row in rows)]
