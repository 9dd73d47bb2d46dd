"""A table whose owner keeps the rows and reads the next page when the last row comes into sight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QModelIndex, QObject

from pos.ui.table_models.columns import Column
from pos.ui.table_models.paged import Index, RowsModel

Row = TypeVar("Row")


class GrowingModel(RowsModel[Row]):
    """Rows that come a page at a time; `has_more` must be cheap, `more` asks for the next page."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        *,
        has_more: Callable[[], bool],
        more: Callable[[], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._has_more = has_more
        self._more = more

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; a list that only grew keeps its place and its chosen row."""
        known = len(self._rows)
        if not known or len(rows) <= known or list(rows[:known]) != self._rows:
            super().show_rows(rows)
            return
        self.beginInsertRows(QModelIndex(), known, len(rows) - 1)
        self._rows += rows[known:]
        self.endInsertRows()

    def canFetchMore(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008 - Qt's name and default
        """Say whether there is more to read."""
        return not parent.isValid() and bool(self._rows) and self._has_more()

    def fetchMore(self, parent: Index = QModelIndex()) -> None:  # noqa: B008 - Qt's name and default
        """Ask for the next page."""
        if self.canFetchMore(parent):
            self._more()
