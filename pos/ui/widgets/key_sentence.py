"""A sentence with keys in it: each stands as a cap among the words, and the sentence breaks its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.keycap import cap_size, draw_cap

KEY = "\ufffc"
"""Stands for the key in a translated sentence: `say("Press {key}.", key=KEY)`."""

_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A word, a part of one, or a cap; `x` from the left and `line` from the top."""

    text: str
    is_cap: bool
    x: int
    line: int
    width: int


class KeySentence(QWidget):
    """One sentence about one key."""

    def __init__(
        self, look: Look, sentence: str, cap: str, *, kind: Type = Type.BODY, tone: str = "text2"
    ) -> None:
        """`sentence` has KEY where the cap stands."""
        super().__init__()
        self._look = look
        self._kind = kind
        self._tone = tone
        self._cap = cap
        self._words = [list(_split(word)) for word in sentence.split()]
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(sentence.replace(KEY, cap))

    def _width_of(self, text: str) -> int:
        return (
            cap_size(self._look, self._cap).width()
            if text == KEY
            else self._look.text_width(self._kind, text)
        )

    def _pieces(self, room: int) -> list[_Piece]:
        space = self._look.text_width(self._kind, " ")
        found: list[_Piece] = []
        x, line = 0, 0
        for word in self._words:
            widths = [self._width_of(part) for part in word]
            if x and x + sum(widths) > room:
                x, line = 0, line + 1
            for part, width in zip(word, widths, strict=True):
                found.append(_Piece(part, part == KEY, x, line, width))
                x += width
            x += space
        return found

    def _line_height(self) -> int:
        return max(self._look.metrics.px(20), cap_size(self._look, self._cap).height() + 2)

    def hasHeightForWidth(self) -> bool:
        """It breaks its lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As many lines as it takes."""
        return (self._pieces(width)[-1].line + 1) * self._line_height()

    def sizeHint(self) -> QSize:
        """All on one line."""
        last = self._pieces(100_000)[-1]
        return QSize(last.x + last.width + 1, self._line_height())

    def minimumSizeHint(self) -> QSize:
        """Room for the longest word."""
        widest = max(sum(self._width_of(part) for part in word) for word in self._words)
        return QSize(widest, self._line_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw words and caps."""
        painter, look, high = QPainter(self), self._look, self._line_height()
        cap = cap_size(look, self._cap)
        painter.setFont(look.font(self._kind))
        painter.setPen(look.colour(self._tone))
        for piece in self._pieces(self.width()):
            top = piece.line * high
            if piece.is_cap:
                place = QRectF(piece.x, top + (high - cap.height()) // 2, cap.width(), cap.height())
                draw_cap(painter, look, place, self._cap, colour="text")
            else:
                painter.drawText(QRectF(piece.x, top, piece.width + 2, high), _LEFT, piece.text)


def _split(word: str) -> Iterator[str]:
    """Split a word at the key: what stands right before or after it stays on its line."""
    before, key, after = word.partition(KEY)
    yield from (part for part in (before, key, after) if part)
