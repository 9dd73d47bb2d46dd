"""What a column of a table shows of a row: its words, its width, its side, how it is painted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Paint(Enum):
    """How a cell is drawn."""

    TEXT = "text"
    QUIET = "quiet"
    STRONG = "strong"
    NUMBER = "number"
    QUIET_NUMBER = "quiet_number"
    MONEY = "money"
    TWO_LINES = "two_lines"
    BADGE = "badge"
    METER = "meter"
    MONO = "mono"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. `width` 0 takes what is left; `text` must be cheap, as it is asked for at each paint.

    `second` is the smaller line under it; `tone` the tone of a badge, or the colour of plain text; `is_wide`
    only where the window is.
    """

    head: str
    width: int
    text: Callable[[Row], str]
    paint: Paint = Paint.TEXT
    second: Callable[[Row], str] | None = None
    tone: Callable[[Row], str] | None = None
    is_wide: bool = False
    fits: bool = False
    """Widen the column to its longest shown text: states in long languages."""
