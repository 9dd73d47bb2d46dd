"""What the money buys: the lines of a price, the month's blocks, the total."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from pos.domain.tariff import Tariff
from pos.services.price_view import PriceRow, PriceView, about_units, units_text
from pos.ui.look import Look, Type
from pos.ui.widgets.block_bar import BlockBar, Segment
from pos.ui.widgets.card import Card
from pos.ui.widgets.text import label

_ROW_MAX = 33
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def block_segments(tariff: Tariff | None, before_milli: int, after_milli: int) -> tuple[list[Segment], int]:
    """Return the blocks that a month's units fill, and how long the whole bar is (0.001 units)."""
    segments: list[Segment] = []
    blocks = () if tariff is None else tariff.blocks
    low = 0
    for n, block in enumerate(blocks):
        high = after_milli if block.to_milli is None else min(after_milli, block.to_milli)
        if high > low:
            segments.append(Segment(high - low, f"b{min(n, 2) + 1}"))
        low = max(low, high)
    bounds = [block.to_milli for block in blocks if block.to_milli is not None]
    whole = max(after_milli, before_milli, (bounds[-1] if bounds else 0))
    return segments, max(1, round(whole * 1.1))


class PriceCard(Card):
    """A card with a head, painted lines and the total; lines spread with the height, up to 33 pixels each."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        head = QHBoxLayout()
        head.setContentsMargins(look.metrics.padding, 0, look.metrics.padding, 0)
        head.setSpacing(8)
        self._title = label(look, look.say("What the money buys"), Type.NAME)
        self._month = label(look, "", Type.SUPPORT, tone="text2")
        self._bar = BlockBar(look, width=look.metrics.px(200, 120))
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._month)
        head.addWidget(self._bar)
        holder = QWidget()
        holder.setLayout(head)
        holder.setFixedHeight(look.metrics.px(36, 28))
        self.body.addWidget(holder)
        self._lines = PriceLines(look)
        self.body.addWidget(self._lines, 1)

    def show_price(self, view: PriceView | None, tariff: Tariff | None, month: tuple[int, int]) -> None:
        """Show a price; None shows what the month was before."""
        wording = self._look.wording
        before, after = month
        unit = "kWh" if view is None else view.unit
        if view is None or not view.token_milli:
            self._month.setText("")
            self._bar.setVisible(False)
        else:
            self._month.setText(
                self._look.say(
                    "This month {before} → {after}",
                    before=wording.round_units(before),
                    after=about_units(after, unit, wording),
                )
            )
            segments, whole = block_segments(tariff, before, after)
            self._bar.show_segments(segments, whole, summary=self._month.text())
            self._bar.setVisible(len(segments) > 0)
        self._lines.show_price(view)

    def show_hint(self, text: str) -> None:
        """Say something where the lines would be."""
        self._lines.show_hint(text)


class PriceLines(QWidget):
    """The painted lines: name, explanation, money; hairlines between groups, the total below."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._view: PriceView | None = None
        self._hint = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(look.metrics.px(180, 150))

    def show_price(self, view: PriceView | None) -> None:
        self._view = view
        if view is None:
            self.setAccessibleName(self._hint)
        else:
            amount = self._look.wording.amount
            lines = [f"{row.name} {row.detail}: {amount(row.amount_minor)}" for row in view.rows]
            self.setAccessibleName(". ".join([*lines, self._total(view)]))
        self.update()

    def show_hint(self, text: str) -> None:
        self._hint = text
        self.update()

    def _total(self, view: PriceView) -> str:
        money = self._look.wording.money(view.money_minor)
        return (
            f"{self._look.say('Total')} {units_text(view.token_milli, view.unit, self._look.wording)} {money}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        painter = QPainter(self)
        padding = look.metrics.padding
        if self._view is None:
            painter.setFont(look.font(Type.BODY))
            painter.setPen(look.colour("text3"))
            box = QRectF(self.rect()).adjusted(padding, 0, -padding, -12)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap), self._hint)
            return
        view = self._view
        total_high = look.metrics.px(40, 32)
        room = self.height() - total_high - 2
        step = min(float(look.metrics.px(_ROW_MAX)), room / max(1, len(view.rows)))
        columns = (padding, self.width() * 0.317, self.width() - padding)
        y = 0.0
        group = view.rows[0].group if view.rows else 0
        for row in view.rows:
            if row.group != group:
                group = row.group
                painter.setPen(QPen(look.colour("line"), 1))
                painter.drawLine(1, round(y), self.width() - 2, round(y))
            self._draw_row(painter, row, QRectF(0, y, self.width(), step), columns)
            y += step
        self._draw_total(painter, view, total_high, columns)

    def _draw_row(
        self, painter: QPainter, row: PriceRow, place: QRectF, columns: tuple[float, float, float]
    ) -> None:
        look = self._look
        left, middle, right = columns
        x = left
        if row.block:
            painter.fillRect(
                QRectF(left, round(place.center().y() - 5), 10, 10), look.colour(f"b{min(row.block, 3)}")
            )
            x += 18
        painter.setPen(look.colour("text"))
        painter.setFont(look.font(Type.BODY))
        painter.drawText(
            QRectF(x, place.top(), middle - x - 8, place.height()),
            _LEFT,
            self._fit(painter, row.name, middle - x - 8),
        )
        painter.setFont(look.font(Type.VALUE))
        amount = look.wording.amount(row.amount_minor) if row.amount_minor or row.group != 2 else "0"
        painter.drawText(QRectF(right - 160, place.top(), 160, place.height()), _RIGHT, amount)
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour("text2"))
        wide = right - middle - 90
        painter.drawText(
            QRectF(middle, place.top(), wide, place.height()), _LEFT, self._fit(painter, row.detail, wide)
        )

    def _fit(self, painter: QPainter, text: str, wide: float) -> str:
        return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(wide))

    def _draw_total(
        self, painter: QPainter, view: PriceView, high: int, columns: tuple[float, float, float]
    ) -> None:
        look = self._look
        left, middle, right = columns
        top = self.height() - high
        painter.setPen(QPen(look.colour("strong"), 2))
        painter.drawLine(1, top, self.width() - 2, top)
        painter.setFont(look.font(Type.STRONG))
        painter.setPen(look.colour("text"))
        row = QRectF(0, top + 2, self.width(), high - 4)
        painter.drawText(QRectF(left, row.top(), middle - left, row.height()), _LEFT, look.say("Total"))
        if view.token_milli:
            painter.drawText(
                QRectF(middle, row.top(), 240, row.height()),
                _LEFT,
                units_text(view.token_milli, view.unit, look.wording),
            )
        painter.drawText(
            QRectF(right - 260, row.top(), 260, row.height()), _RIGHT, look.wording.money(view.money_minor)
        )
