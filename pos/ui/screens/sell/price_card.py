"""What the money buys: the lines of a price, the month's blocks, the total."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from pos.domain.tariff import Tariff
from pos.services.price_view import PriceRow, PriceView, about_units, bought_word, units_text
from pos.ui.look import Look, Type
from pos.ui.widgets.block_bar import BlockBar, Segment
from pos.ui.widgets.card import Card
from pos.ui.widgets.text import label

_ROW_MAX = 33
_FOLD_PAD = 8
_NO_LIMIT = 16_777_215
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
        if look.metrics.is_single_column:
            holder.hide()
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

    def show_folded(self, *, is_folded: bool) -> None:
        """Show four sums instead of all lines; the card is then as high as they are."""
        self._lines.show_folded(is_folded=is_folded)
        self.setMaximumHeight(self._lines.folded_height() if is_folded else _NO_LIMIT)

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
        self._is_folded = False
        self.setMinimumHeight(look.metrics.px(180, 150))

    def show_folded(self, *, is_folded: bool) -> None:
        self._is_folded = is_folded
        self._fit_height()
        self.update()

    def _fit_height(self) -> None:
        """Where the text is large the card is as high as its lines, no line lower than its letters."""
        if not self._look.metrics.is_single_column:
            return
        high = self._line_height()
        rows = len(self._view.rows) + 1 if self._view is not None and not self._is_folded else 2
        self.setMinimumHeight(rows * high + 2 * _FOLD_PAD)

    def folded_height(self) -> int:
        """Return how high the four sums may be."""
        return 2 * round(self._line_height() * 1.2) + 2 * _FOLD_PAD

    def _line_height(self) -> int:
        return QFontMetrics(self._look.font(Type.BODY)).height()

    def show_price(self, view: PriceView | None) -> None:
        self._view = view
        self._fit_height()
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
        if self._is_folded:
            self._draw_folded(painter, view)
            return
        total_high = look.metrics.px(40, 32)
        if look.metrics.is_single_column:
            total_high = self._line_height() + _FOLD_PAD
        room = self.height() - total_high - 2
        step = min(float(look.metrics.px(_ROW_MAX)), room / max(1, len(view.rows)))
        wide_name = 0.4 if look.metrics.is_single_column else 0.317
        columns = (padding, self.width() * wide_name, self.width() - padding)
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
        money = look.metrics.px(160) if look.metrics.is_single_column else 160
        painter.drawText(QRectF(right - money, place.top(), money, place.height()), _RIGHT, amount)
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour("text2"))
        wide = right - middle - (look.metrics.px(90) if look.metrics.is_single_column else 90)
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
                QRectF(middle, row.top(), 480, row.height()),
                _LEFT,
                units_text(view.token_milli, view.unit, look.wording),
            )
        painter.drawText(
            QRectF(right - 520, row.top(), 520, row.height()), _RIGHT, look.wording.money(view.money_minor)
        )

    def _draw_folded(self, painter: QPainter, view: PriceView) -> None:
        """Draw four sums in two columns."""
        look, padding = self._look, self._look.metrics.padding
        half = self.width() / 2
        step = (self.height() - 2 * _FOLD_PAD) / 2
        for n, (name, amount) in enumerate(folded_lines(view, look)):
            left = padding if n % 2 == 0 else half + padding
            wide = half - 2 * padding
            place = QRectF(left, _FOLD_PAD + (n // 2) * step, wide, step)
            text = look.wording.amount(amount)
            painter.setFont(look.font(Type.NAME))
            painter.setPen(look.colour("text"))
            painter.drawText(place, _RIGHT, text)
            room = wide - look.text_width(Type.NAME, text) - 12
            painter.setFont(look.font(Type.BODY))
            painter.drawText(place, _LEFT, self._fit(painter, name, room))


def folded_lines(view: PriceView, look: Look) -> list[tuple[str, int]]:
    """Return the lines of a price as four sums: debt, energy, charges and tax, what is left over."""
    say = look.say

    def total(*wanted: bool) -> int:
        return sum(row.amount_minor for row, is_one in zip(view.rows, wanted, strict=True) if is_one)

    units = units_text(view.token_milli, view.unit, look.wording)
    rows = view.rows
    return [
        (say("Old debt (arrears)"), total(*(row.is_debt for row in rows))),
        (f"{bought_word(view.unit, look.wording)}, {units}", total(*(row.group == 1 for row in rows))),
        (say("Charges and tax"), total(*(row.group == 0 and not row.is_debt for row in rows))),
        (say("Rounding"), total(*(row.group == 2 for row in rows))),
    ]
