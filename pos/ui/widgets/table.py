"""The table of the house: hairlines, no zebra, numbers right, the chosen row with a bar at its left."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from pos.ui.look import Look, Type
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import SECOND_ROLE, TONE_ROLE, RowsModel
from pos.ui.widgets.badge import badge_width, draw_badge

_PADDING = 12
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_FONTS = {
    Paint.TEXT: (Type.BODY, "text", _LEFT),
    Paint.QUIET: (Type.BODY, "text2", _LEFT),
    Paint.STRONG: (Type.VALUE, "text", _LEFT),
    Paint.NUMBER: (Type.BODY, "text", _RIGHT),
    Paint.QUIET_NUMBER: (Type.BODY, "text2", _RIGHT),
    Paint.MONEY: (Type.NAME, "text", _RIGHT),
    Paint.TWO_LINES: (Type.NAME, "text", _LEFT),
    Paint.MONO: (Type.MONO, "text", _LEFT),
    Paint.METER: (Type.BODY, "text", _LEFT),
}
_NONE = "–"


class CellDelegate(QStyledItemDelegate):
    """Paints cells by the paint of their column."""

    def __init__(self, look: Look, table: Table) -> None:
        super().__init__(table)
        self._look = look
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one cell."""
        rect = QRectF(option.rect)
        state: Any = option.state
        look = self._look
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        if is_chosen or is_hovered:
            painter.fillRect(rect, look.colour("selected" if is_chosen else "hover"))
        painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), look.colour("line"))
        if is_chosen and index.column() == self._table.first_column():
            painter.fillRect(QRectF(rect.left(), rect.top(), 3, rect.height()), look.colour("accent"))
        column = self._table.column(index.column())
        inside = rect.adjusted(_PADDING, 0, -_PADDING, 0)
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or _NONE)
        if column.paint is Paint.BADGE:
            self._badge(painter, inside, text, index)
        elif column.paint is Paint.TWO_LINES:
            self._two_lines(painter, inside, text, str(index.data(SECOND_ROLE) or ""))
        else:
            kind, tone, side = _FONTS[column.paint]
            self._text(painter, inside, text, kind, str(index.data(TONE_ROLE) or tone), side)
        painter.restore()

    def sizeHint(
        self,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> QSize:
        """Wide enough for columns that fit their content."""
        column = self._table.column(index.column())
        text = str(index.data(Qt.ItemDataRole.DisplayRole) or _NONE)
        if column.paint is Paint.BADGE:
            wide = 0 if text == _NONE else badge_width(self._look, text) + 2 * _PADDING
            return QSize(wide, 22)
        kind = Type.NAME if column.paint is Paint.TWO_LINES else _FONTS[column.paint][0]
        return QSize(self._look.text_width(kind, text) + 2 * _PADDING + 2, 22)

    def _text(self, painter: QPainter, rect: QRectF, text: str, kind: Type, tone: str, side: int) -> None:
        painter.setFont(self._look.font(kind))
        painter.setPen(self._look.colour(tone))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, side, shown)

    def _two_lines(self, painter: QPainter, rect: QRectF, text: str, second: str) -> None:
        if not second or rect.height() < self._look.metrics.px(40):
            self._text(painter, rect, text, Type.NAME, "text", _LEFT)
            return
        middle = rect.center().y()
        high = self._look.metrics.px(18)
        upper = QRectF(rect.left(), middle - high, rect.width(), high)
        self._text(painter, upper, text, Type.NAME, "text", _LEFT)
        self._text(painter, upper.translated(0, high - 1), second, Type.SMALL, "text2", _LEFT)

    def _badge(
        self, painter: QPainter, rect: QRectF, text: str, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tone = index.data(TONE_ROLE)
        if not tone or text == _NONE:
            return
        high = self._look.metrics.px(22)
        width = min(rect.width(), badge_width(self._look, text))
        draw_badge(
            painter,
            self._look,
            QRectF(round(rect.left()), round(rect.center().y() - high / 2), width, high),
            text,
            tone,
        )


class Table(QTableView):
    """Shows a `RowsModel`. `opened` gives the row on Enter or a click; letters go on to the window."""

    opened = Signal(object)
    moved = Signal(object)

    def __init__(
        self, look: Look, *, row_height: int | None = None, opens_on_click: bool = False, name: str = ""
    ) -> None:
        super().__init__()
        self._look = look
        self._opens_on_click = opens_on_click
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(16)
        self.verticalHeader().setDefaultSectionSize(row_height or look.metrics.row)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head = self.horizontalHeader()
        head.setFont(look.font(Type.CAPTION))
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setMinimumSectionSize(16)
        head.setFixedHeight(look.metrics.px(33, 30))
        self.setItemDelegate(CellDelegate(look, self))
        self.clicked.connect(self._on_clicked)

    def setModel(self, model: QAbstractItemModel | None) -> None:
        """Show the rows of a model."""
        super().setModel(model)
        if model is not None:
            self.selectionModel().currentRowChanged.connect(self._on_moved)
            model.modelReset.connect(self._fit)
            self._fit()

    def column(self, n: int) -> Column[Any]:
        """Return a column of the model."""
        model: Any = self.model()
        found: Column[Any] = model.columns[n]
        return found

    def first_column(self) -> int:
        """Return the first column that is shown."""
        return next(n for n in range(self.model().columnCount()) if not self.isColumnHidden(n))

    def chosen(self) -> Any:
        """Return the chosen row, None without one."""
        model = self.model()
        assert isinstance(model, RowsModel)
        return model.row_at(self.currentIndex())

    def choose(self, n: int) -> None:
        """Choose a row by its place."""
        if self.model() is not None and 0 <= n < self.model().rowCount():
            self.setCurrentIndex(self.model().index(n, self.first_column()))

    def step(self, by: int) -> None:
        """Choose the row that many places on, from outside: the focus stays where it is."""
        count = self.model().rowCount()
        if count:
            now = self.currentIndex().row()
            self.choose(min(count - 1, max(0, now + by)) if now >= 0 else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move, open with Enter, leave letters and digits to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            row = self.chosen()
            if row is None:
                event.ignore()
            else:
                self.opened.emit(row)
        elif event.key() in _MOVES:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the widths anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        model: Any = self.model()
        if model is None:
            return
        metrics = self._look.metrics
        left = self.viewport().width()
        rest = [n for n, column in enumerate(model.columns) if column.width == 0]
        for n, column in enumerate(model.columns):
            is_hidden = column.is_wide and (metrics.is_compact or metrics.is_single_column)
            self.setColumnHidden(n, is_hidden)
            if is_hidden or n in rest:
                continue
            width = metrics.px(column.width)
            if column.fits:
                width = max(width, self.sizeHintForColumn(n))
            head = self._look.text_width(Type.CAPTION, column.head) + 2 * _PADDING
            width = max(width, head)
            self.setColumnWidth(n, width)
            left -= width
        for n in rest:
            self.setColumnWidth(n, max(60, left // len(rest)))

    def _on_moved(self, now: QModelIndex) -> None:
        model = self.model()
        assert isinstance(model, RowsModel)
        self.moved.emit(model.row_at(now))

    def _on_clicked(self, index: QModelIndex) -> None:
        model = self.model()
        assert isinstance(model, RowsModel)
        row = model.row_at(index)
        if self._opens_on_click and row is not None:
            self.opened.emit(row)


_MOVES = frozenset(
    {
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)


def fixed_table(look: Look, model: RowsModel[Any], *, name: str, row_height: int | None = None) -> Table:
    """Return a table over a model."""
    table = Table(look, name=name, row_height=row_height)
    table.setModel(model)
    return table
