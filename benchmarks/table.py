"""One measured figure, how to measure it, and the table of all of them."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    figure: float
    unit: str
    plain_figure: float | None = None
    """The same work done the plainest way: a ratio says more than the figure of an unknown machine."""


def median_seconds(action: Callable[[], object], *, repeats: int = 5) -> float:
    return statistics.median(_seconds(action) for _ in range(repeats))


def table(rows: Sequence[Row]) -> str:
    cells = [("name", "figure", "unit", "ratio to plain"), *(_cells(row) for row in rows)]
    width = max(len(name) for name, *_ in cells)
    return "\n".join(
        f"{name:<{width}}  {figure:>12}  {unit:<8}  {ratio:>14}" for name, figure, unit, ratio in cells
    )


def _cells(row: Row) -> tuple[str, str, str, str]:
    ratio = "" if row.plain_figure is None else f"{row.figure / row.plain_figure:.2f}"
    return row.name, f"{row.figure:,.3f}", row.unit, ratio


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
