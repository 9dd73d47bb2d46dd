"""What an import of meters is told and what it tells: pace, progress, preview, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pos.domain.csv_table import RowError
from pos.domain.meter_rows import MeterCells
from pos.models.meter_batches import KeptMeter


@dataclass(frozen=True, slots=True)
class Pace:
    """How an import shares the database: rows a write unit, pause after it, rows between log tidyings."""

    unit_rows: int
    pause_ms: int
    tidy_rows: int


SELLING = Pace(unit_rows=180, pause_ms=8, tidy_rows=10_000)
"""Beside sales: a sale that waits for a unit waits a few milliseconds, and finds its turn in the pause."""

QUIET = Pace(unit_rows=20_000, pause_ms=0, tidy_rows=100_000)
"""Into an empty register, where there is nothing to sell to."""

CHUNK_ROWS = 2_000
"""Rows read and checked at a time; what an import holds in memory."""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is; `lines_about` is 0 where it cannot be told."""

    lines_read: int = 0
    lines_about: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How an import ended: `state` done or cancelled; `errors_path` None where no row was refused."""

    id: UUID
    state: str
    counts: ImportProgress
    errors_path: Path | None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row as it would be taken, or why not."""

    line: int
    source: tuple[str, ...]
    cells: MeterCells | None
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A file's first rows. `mapping` is from its columns to ours; with `errors` the file cannot be taken."""

    header: tuple[str, ...]
    mapping: Mapping[str, str]
    unknown_columns: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class UndoResult:
    """What an undo did: meters it had to leave are named in `kept`."""

    id: UUID
    kept: tuple[KeptMeter, ...]


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One import of the past; `state` running means that it was broken off."""

    id: UUID
    file_name: str
    state: str
    added: int
    changed: int
    refused: int
