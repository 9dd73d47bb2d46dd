"""A row that goes on in the next line where its widgets have no room side by side."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class FlowRow(QWidget):
    """Places widgets from the left at their own widths; hidden ones take no room.

    It is no layout: Qt and Python would both own the items of one that is written in Python.
    """

    def __init__(self, *, gap: int) -> None:
        super().__init__()
        self._gap = gap
        self._widgets: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def addWidget(self, widget: QWidget) -> None:
        """Take another widget; before the row is shown."""
        widget.setParent(self)
        self._widgets.append(widget)

    def hasHeightForWidth(self) -> bool:
        """A narrow row is a high one."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return how high the lines are together."""
        return max((place.bottom() + 1 for _, place in self._places(width)), default=0)

    def sizeHint(self) -> QSize:
        """Room for all of them in one line."""
        sizes = [_size(widget) for widget in self._shown()]
        wide = sum(size.width() for size in sizes) + self._gap * max(0, len(sizes) - 1)
        return QSize(wide, max((size.height() for size in sizes), default=0))

    def minimumSizeHint(self) -> QSize:
        """Room for the widest."""
        sizes = [_size(widget) for widget in self._shown()]
        wide = max((size.width() for size in sizes), default=0)
        return QSize(wide, max((size.height() for size in sizes), default=0))

    def _shown(self) -> list[QWidget]:
        return [widget for widget in self._widgets if not widget.isHidden()]

    def _places(self, width: int) -> list[tuple[QWidget, QRect]]:
        found, x, y, high = [], 0, 0, 0
        for widget in self._shown():
            size = _size(widget)
            if x and x + size.width() > width:
                x, y, high = 0, y + high + self._gap, 0
            found.append((widget, QRect(x, y, min(size.width(), width), size.height())))
            x += size.width() + self._gap
            high = max(high, size.height())
        return found

    def _lay(self) -> None:
        for widget, place in self._places(self.width()):
            widget.setGeometry(place)

    def event(self, event: QEvent) -> bool:
        """Lay anew when a widget comes, goes or grows."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._lay()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay anew."""
        super().resizeEvent(event)
        self._lay()


def _size(widget: QWidget) -> QSize:
    return widget.sizeHint().expandedTo(widget.minimumSize()).boundedTo(widget.maximumSize())
