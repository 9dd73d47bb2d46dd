"""How an import from CSV went."""

from __future__ import annotations

from dataclasses import dataclass, field

from pos.domain.csv_table import RowError, Table, write_errors

ROWS_A_TIME = 1_000
"""Rows in each transaction of an import."""


@dataclass(slots=True)
class Imported:
    """How an import went; `errors` name the rows that were left out."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    table: Table | None = None

    def errors_file(self) -> str:
        """Return the errors file: the refused rows with what is wrong."""
        assert self.table is not None
        return write_errors(self.table, self.errors)
