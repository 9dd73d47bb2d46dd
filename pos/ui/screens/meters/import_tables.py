"""The columns of the import's tables: rows as they would be taken, and imports of the past."""

from __future__ import annotations

from collections.abc import Callable

from pos.i18n.wording import Wording
from pos.services.meter_import import ImportRow, PreviewRow
from pos.ui.refusal_words import plain_text
from pos.ui.screens.meters.words import spaced
from pos.ui.table_models.columns import Column, Paint


def check_columns(wording: Wording, number_in: Callable[[PreviewRow], str]) -> tuple[Column[PreviewRow], ...]:
    """Return the columns of the first rows of a file; `number_in` finds the number of a wrong row."""
    say = wording.say

    def cell(column: str) -> Callable[[PreviewRow], str]:
        return lambda row: "" if row.cells is None else row.cells.text(column) or ""

    def number(row: PreviewRow) -> str:
        return number_in(row) if row.cells is None else spaced(row.cells.drn)

    def trouble(row: PreviewRow) -> str:
        return " ".join(
            f"{error.column}: {plain_text(error.error_code, error.error_text, wording)}"
            for error in row.errors
        )

    def name(row: PreviewRow) -> str:
        return trouble(row) if row.errors else cell("name")(row)

    return (
        Column(say("Line"), 60, lambda row: wording.count(row.line), Paint.QUIET_NUMBER),
        Column(say("Meter"), 150, number, Paint.METER),
        Column(say("Name, or what is wrong"), 0, name),
        Column(say("Tariff"), 100, cell("tariff_code"), Paint.QUIET),
        Column(say("Supply group"), 110, cell("supply_group"), Paint.QUIET, is_wide=True),
        Column(
            say("State"),
            110,
            lambda row: say("Refused") if row.errors else say("Good"),
            Paint.BADGE,
            tone=lambda row: "bad" if row.errors else "ok",
            fits=True,
        ),
    )


def past_columns(wording: Wording) -> tuple[Column[ImportRow], ...]:
    """Return the columns of past imports."""
    say, count = wording.say, wording.count

    def state(row: ImportRow) -> str:
        words = {
            "running": say("Broken off"),
            "done": say("Done"),
            "cancelled": say("Stopped"),
            "undone": say("Taken back"),
        }
        return words[row.state]

    tones = {"running": "warn", "done": "ok", "cancelled": "warn", "undone": "neutral"}
    return (
        Column(say("File"), 0, lambda row: row.file_name, Paint.STRONG),
        Column(say("Added"), 100, lambda row: count(row.added), Paint.NUMBER),
        Column(say("Changed"), 100, lambda row: count(row.changed), Paint.NUMBER),
        Column(say("Refused"), 100, lambda row: count(row.refused), Paint.NUMBER),
        Column(say("State"), 120, state, Paint.BADGE, tone=lambda row: tones[row.state], fits=True),
    )
