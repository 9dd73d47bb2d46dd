"""A list of pages at the left of a screen: icon and word, the open one with a bar at its left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from pos.ui.icons import draw_icon
from pos.ui.look import Look, Type

_LEFT = 17
_GAP = 12


@dataclass(frozen=True, slots=True)
class PageItem:
    """One row."""

    key: str
    icon: str
    word: str


class PageList(QWidget):
    """The pages under each other; the screen moves with Up and Down, Enter goes into the page."""

    chosen = Signal(str)
    entered = Signal()

    def __init__(self, look: Look, name: str) -> None:
        super().__init__()
        self._look = look
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 4)
        self._column.setSpacing(0)
        self.rows: dict[str, PageRow] = {}

    def show_pages(self, pages: Sequence[PageItem], chosen: str) -> None:
        """Show these pages, one of them open."""
        for page in pages:
            if page.key not in self.rows:
                row = PageRow(self._look, page)
                row.clicked.connect(lambda _=False, key=page.key: self.chosen.emit(key))
                self.rows[page.key] = row
                self._column.addWidget(row)
        shown = {page.key for page in pages}
        for key, row in self.rows.items():
            row.setVisible(key in shown)
            row.set_chosen(is_chosen=key == chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go into the page; leave the rest to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            event.ignore()


class PageRow(QPushButton):
    """Icon and word of one page."""

    def __init__(self, look: Look, page: PageItem) -> None:
        super().__init__()
        self._look = look
        self._page = page
        self._is_chosen = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(look.metrics.px(42))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(page.word)

    def set_chosen(self, *, is_chosen: bool) -> None:
        """Mark it as the open page."""
        self._is_chosen = is_chosen
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the list."""
        return QSize(120, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        look, painter = self._look, QPainter(self)
        if self._is_chosen or self.underMouse():
            painter.fillRect(self.rect(), look.colour("selected" if self._is_chosen else "hover"))
        if self._is_chosen:
            painter.fillRect(0, 0, 3, self.height(), look.colour("accent"))
        size = look.metrics.px(18)
        icon = look.hex("accenttext" if self._is_chosen else "text2")
        place = QRectF(_LEFT, round((self.height() - size) / 2), size, size)
        draw_icon(painter, look.icons, self._page.icon, place, icon)
        painter.setFont(look.font(Type.NAME if self._is_chosen else Type.BODY))
        painter.setPen(look.colour("accenttext" if self._is_chosen else "text"))
        left = _LEFT + size + _GAP
        room = self.width() - left - 8
        text = painter.fontMetrics().elidedText(self._page.word, Qt.TextElideMode.ElideRight, room)
        rect = QRectF(left, 0, room, self.height())
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)
