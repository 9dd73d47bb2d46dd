"""A table over pages that come by key: no OFFSET, never the whole table, no work while painting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from pos.ui.lanes import Lane, Tasks
from pos.ui.table_models.columns import Column, Paint

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex

ROW_ROLE = Qt.ItemDataRole.UserRole
SECOND_ROLE = Qt.ItemDataRole.UserRole + 1
TONE_ROLE = Qt.ItemDataRole.UserRole + 2

_RIGHT = {Paint.NUMBER, Paint.QUIET_NUMBER, Paint.MONEY}


class RowsModel(QAbstractTableModel, Generic[Row]):
    """Frozen rows under columns; the base of every table of the program."""

    def __init__(self, columns: Sequence[Column[Row]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """Return the rows that are here."""
        return self._rows

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row_at(self, index: Index) -> Row | None:
        """Return the row of an index, None for no index."""
        return self._rows[index.row()] if index.isValid() and index.row() < len(self._rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's name and default
        """Count the rows that are here."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's name and default
        """Count the columns."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Give what a cell shows."""
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{column.head}: {column.text(row)}" if column.head else column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == ROW_ROLE:
            return row
        if role == SECOND_ROLE:
            return column.second(row) if column.second else None
        if role == TONE_ROLE:
            return column.tone(row) if column.tone else None
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Give the head of a column."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].head
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section])
        return None


class PagedModel(RowsModel[Row]):
    """Rows that come a page at a time, newest first.

    `fetch(last)` reads the page after a row (None: the first) on the read lane. A page of an earlier
    question is dropped. `limit` rows make a whole page: a shorter one is the last.
    """

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        tasks: Tasks,
        *,
        limit: int,
        on_error: Callable[[BaseException], None],
        on_page: Callable[[], None] = lambda: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._tasks = tasks
        self._limit = limit
        self._on_error = on_error
        self._on_page = on_page
        self._fetch: Callable[[Row | None], Sequence[Row]] | None = None
        self._generation = 0
        self._is_busy = False
        self._is_whole = True

    def ask(self, fetch: Callable[[Row | None], Sequence[Row]]) -> None:
        """Show the answer to a new question; the rows of the last one stay until its first page is here."""
        self._generation += 1
        self._fetch = fetch
        self._is_busy = False
        self._is_whole = False
        self._request(None)

    @property
    def is_whole(self) -> bool:
        """Whether the last page is here."""
        return self._is_whole

    def canFetchMore(self, parent: Index = QModelIndex()) -> bool:  # noqa: B008 - Qt's name and default
        """Say whether there may be more; not while a page is under way."""
        return not parent.isValid() and not self._is_busy and not self._is_whole and bool(self._rows)

    def fetchMore(self, parent: Index = QModelIndex()) -> None:  # noqa: B008 - Qt's name and default
        """Ask for the next page."""
        if self.canFetchMore(parent):
            self._request(self._rows[-1])

    def _request(self, last: Row | None) -> None:
        fetch, generation = self._fetch, self._generation
        assert fetch is not None, "asked before"
        self._is_busy = True

        def got(rows: Sequence[Row]) -> None:
            if generation == self._generation:
                self._take(rows, is_first=last is None)

        def failed(error: BaseException) -> None:
            if generation == self._generation:
                self._is_busy, self._is_whole = False, True
                self._on_error(error)

        self._tasks.submit(Lane.READ, lambda: fetch(last), on_ok=got, on_error=failed)

    def _take(self, rows: Sequence[Row], *, is_first: bool) -> None:
        self._is_whole = len(rows) < self._limit
        if is_first:
            self.show_rows(rows)
        elif rows:
            at = len(self._rows)
            self.beginInsertRows(QModelIndex(), at, at + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()
        # Last: rowsInserted makes the view ask again, and it must not get the same page twice.
        self._is_busy = False
        self._on_page()


def _alignment(column: Column[Any]) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.paint in _RIGHT else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
