"""The columns of the two tables."""

from __future__ import annotations

from collections.abc import Callable

from pos.services.cases import CaseRow
from pos.services.past_sales import SaleRow
from pos.ui.look import Look
from pos.ui.screens.sales.words import (
    NONE,
    case_kind_word,
    case_reason,
    case_state_word,
    case_tone,
    meter_text,
    state_badge,
    tenders_text,
    time_text,
)
from pos.ui.table_models.columns import Column, Paint


def sale_columns(look: Look, today: Callable[[], str]) -> list[Column[SaleRow]]:
    """Return the columns of sales; `today` tells which sales need no day beside their time."""
    say, wording = look.say, look.wording
    return [
        Column(say("Time"), 70, lambda row: time_text(row, today(), wording), Paint.QUIET, fits=True),
        Column(
            say("Receipt"),
            110,
            lambda row: row.receipt_number or NONE,
            Paint.QUIET,
            is_wide=True,
            fits=True,
        ),
        Column(say("Customer"), 0, lambda row: row.customer, Paint.STRONG),
        Column(say("Meter"), 132, lambda row: meter_text(row.drn), Paint.METER),
        Column(wording.currency, 84, lambda row: wording.amount(row.money_minor), Paint.MONEY, fits=True),
        Column(say("Paid with"), 106, lambda row: tenders_text(row, wording)),
        Column(
            say("State"),
            152,
            lambda row: state_badge(row, wording)[0],
            Paint.BADGE,
            tone=lambda row: state_badge(row, wording)[1],
            fits=True,
        ),
    ]


def case_columns(look: Look) -> list[Column[CaseRow]]:
    """Return the columns of cases."""
    say, wording = look.say, look.wording
    return [
        Column(say("Case"), 110, lambda row: row.number, Paint.QUIET, fits=True),
        Column(say("About"), 130, lambda row: case_kind_word(row.kind, wording), Paint.STRONG),
        Column(say("Meter"), 132, lambda row: meter_text(row.wrong_drn), Paint.METER),
        Column(say("Right meter"), 132, lambda row: meter_text(row.right_drn), Paint.METER, is_wide=True),
        Column(say("Reason"), 0, lambda row: case_reason(row.reason, wording), Paint.QUIET),
        Column(
            say("State"),
            152,
            lambda row: case_state_word(row.state, wording),
            Paint.BADGE,
            tone=lambda row: case_tone(row.state),
            fits=True,
        ),
    ]
