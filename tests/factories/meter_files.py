"""Files of meters for import tests."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pos.tokens.numbers import make_drn


def drn_of(number: int) -> str:
    """A valid meter number of 11 digits."""
    return make_drn("04", f"{number:08d}").digits


def meter_cells(number: int, **cells: str) -> dict[str, str]:
    """The cells of one meter: the needed ones, and what is given."""
    return {"meter_number": drn_of(number), "tariff_code": "RES", "supply_group": "123456"} | cells


def write_csv(path: Path, rows: Iterable[Mapping[str, str]], *, delimiter: str = ",") -> Path:
    """Write rows under a header of all their columns."""
    rows = list(rows)
    header = list(dict.fromkeys(column for row in rows for column in row))
    lines = [delimiter.join(header)]
    lines += [delimiter.join(row.get(column, "") for column in header) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
