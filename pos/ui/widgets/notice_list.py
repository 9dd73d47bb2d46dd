"""The bell list: what was said in passing, the newest first, with its light and its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from pos.ui.look import Look, Type
from pos.ui.notices import KEPT, Notice
from pos.ui.widgets.badge import draw_light
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.empty import EmptyPanel
from pos.ui.widgets.fields import is_text_key
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import rule

_LIGHT = 16
_SIDE = 16
_GAP = 12
_ROW = 40
_PAD = 10
_LIGHT_ROLE = Qt.ItemDataRole.UserRole
_TIME_ROLE = Qt.ItemDataRole.UserRole + 1
_WRAPS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap)


class _NoticeDelegate(QStyledItemDelegate):
    """Light, time, and the whole text, on as many lines as it takes."""

    def __init__(self, look: Look, view: QListWidget) -> None:
        super().__init__(view)
        self._look = look
        self._view = view
        self.time_width = 0

    def _places(self, width: int) -> tuple[int, int, int]:
        """Return where the time and the text begin, and how wide the text is."""
        time = _SIDE + self._look.metrics.px(_LIGHT) + _GAP
        text = time + self.time_width + _GAP
        return time, text, max(80, width - text - _SIDE)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as the text needs at the width of the list."""
        width = self._view.viewport().width()
        metrics = QFontMetrics(self._look.font(Type.VALUE))
        room = QRect(0, 0, self._places(width)[2], 10_000)
        high = metrics.boundingRect(room, _WRAPS, str(index.data())).height()
        return QSize(width, max(self._look.metrics.px(_ROW), high + 2 * _PAD))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw one notice."""
        look, drawn = self._look, option
        rect: QRect = drawn.rect
        state: Any = drawn.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if is_chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look.colour("selected" if is_chosen else "hover"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colour("line"))
        if is_chosen:
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), look.colour("accent"))
        time_left, text_left, text_width = self._places(rect.width())
        line = QFontMetrics(look.font(Type.VALUE)).height()
        top = rect.top() + max(_PAD, (look.metrics.px(_ROW) - line) // 2)
        size = look.metrics.px(_LIGHT)
        draw_light(
            painter,
            look,
            QRectF(rect.left() + _SIDE, round(top + (line - size) / 2), size, size),
            index.data(_LIGHT_ROLE),
        )
        painter.setFont(look.font(Type.BODY))
        painter.setPen(look.colour("text2"))
        place = QRect(rect.left() + time_left, top, self.time_width, line)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft), index.data(_TIME_ROLE))
        painter.setFont(look.font(Type.VALUE))
        painter.setPen(look.colour("text"))
        place = QRect(rect.left() + text_left, top, text_width, rect.bottom() - top)
        painter.drawText(place, _WRAPS, str(index.data()))
        painter.restore()


class _NoticeView(QListWidget):
    """Moves with the arrows; what is typed goes on to the window."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.delegate = _NoticeDelegate(look, self)
        self.setItemDelegate(self.delegate)
        self.setMouseTracking(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave letters and digits to the search."""
        if is_text_key(event):
            event.ignore()
        else:
            super().keyPressEvent(event)


class NoticePanel(Card):
    """Lies over the zone like every panel; Esc, Enter, typing and its own key close it."""

    closed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        say = look.say
        self.head = CardHead(look, say("Notices"))
        self.head.setFixedHeight(look.metrics.px(44))
        self.close_button = KeyButton(look, say("Close"), cap="Esc", size="small")
        self.close_button.clicked.connect(self.closed)
        self.head.row.addWidget(self.close_button)
        self.list = _NoticeView(look)
        self.empty = EmptyPanel(
            look,
            "bell",
            say("No notices"),
            say("What the till says in passing is kept here: the newest {n}.", n=KEPT),
        )
        self.body.setContentsMargins(1, 1, 1, 1)
        self.body.addWidget(self.head)
        self.body.addWidget(rule())
        self.body.addWidget(self.list, 1)
        self.body.addWidget(self.empty, 1)

    def show_notices(self, notices: Sequence[Notice], now: datetime) -> None:
        """Show the newest first; the chosen one stays chosen."""
        look, row = self._look, self.list.currentRow()
        more = len(notices) - self.list.count() if self.list.count() else 0
        times = [self._time(one, now) for one in notices]
        self.list.delegate.time_width = max((look.text_width(Type.BODY, one) for one in times), default=0)
        self.list.clear()
        for notice, time in zip(notices, times, strict=True):
            item = QListWidgetItem(notice.text)
            item.setData(_LIGHT_ROLE, notice.light)
            item.setData(_TIME_ROLE, time)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{time}: {notice.text}")
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(0, row + more), len(notices) - 1))
        self.list.setVisible(bool(notices))
        self.empty.setVisible(not notices)
        name = look.say("Notices: {n}", n=len(notices))
        self.head.count.setText(look.wording.count(len(notices)) if notices else "")
        self.list.setAccessibleName(name)
        self.setAccessibleName(name)

    def focus(self) -> None:
        """Put the keys into the list; where it is empty, onto the button."""
        (self.close_button if self.list.isHidden() else self.list).setFocus()

    def _time(self, notice: Notice, now: datetime) -> str:
        wording = self._look.wording
        time = wording.time(notice.at)
        return (
            time if wording.day(notice.at) == wording.day(now) else f"{wording.short_day(notice.at)} {time}"
        )
