"""Beside the empty screen: tokens that are ready, and sales that wait for their money, with their age."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from pos.domain.states import SaleState
from pos.services.payment_board import Board, ReadyRow, WaitingRow
from pos.ui.icons import draw_icon
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.way_buttons import short_name
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.card import Card, CardHead, tight
from pos.ui.widgets.text import rule

_TENDERS = {"momo": "MTN MoMo", "airtel": "Airtel Money", "paystack": "Paystack"}


class WaitingList(QWidget):
    """Two cards, each only while it has a row."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown: Board | None = None
        self.rows: list[PaymentRow] = []
        column = QVBoxLayout(self)
        tight(column, gap=look.metrics.gap)
        self.ready, self._ready_head, self._ready_rows = self._make(
            look.say("Ready"), look.keys.cap_of(Act.READY)
        )
        self.waiting, self._waiting_head, self._waiting_rows = self._make(
            look.say("Waiting for payment"), look.keys.cap_of(Act.REFRESH)
        )
        column.addWidget(self.ready)
        column.addWidget(self.waiting)
        self.hide()

    def _make(self, title: str, cap: str) -> tuple[Card, CardHead, QVBoxLayout]:
        card = Card()
        head = CardHead(self._look, title, cap=cap)
        card.body.addWidget(head)
        card.body.addWidget(rule())
        rows = QVBoxLayout()
        tight(rows)
        card.body.addLayout(rows)
        return card, head, rows

    def show_board(self, board: Board, *, has_less: bool) -> None:
        """Show what waits and what is ready; ages are those of now. `has_less`: less room than usual."""
        self.setVisible(bool(board.ready or board.count))
        if not board.ready and not board.count and board == self._shown:
            return
        self._shown = board
        most = 2 if has_less else 3 if self._look.metrics.is_compact else 4
        ready = board.ready[: most // 2]
        self._fill(self._ready_rows, [_ready_row(self._look, row) for row in ready])
        left = max(1, most - len(ready)) if ready else most - 1
        waiting = [self._waiting_row(row) for row in board.waiting[:left]]
        self._fill(self._waiting_rows, waiting)
        self.rows = waiting
        self.ready.setVisible(bool(board.ready))
        self._ready_head.count.setText(self._look.wording.count(len(board.ready)))
        self.waiting.setVisible(bool(board.count))
        self._waiting_head.count.setText(self._look.wording.count(board.count))
        for row in self._ready_rows_shown():
            row.clicked.connect(self._presenter.waits.open_ready)

    def _ready_rows_shown(self) -> list[PaymentRow]:
        items = [self._ready_rows.itemAt(n) for n in range(self._ready_rows.count())]
        found = [item.widget() for item in items if item is not None]
        return [one for one in found if isinstance(one, PaymentRow)]

    def _fill(self, layout: QVBoxLayout, rows: list[PaymentRow]) -> None:
        while (item := layout.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row in rows:
            layout.addWidget(row)

    def _waiting_row(self, row: WaitingRow) -> PaymentRow:
        look, say = self._look, self._look.say
        now = self._presenter.context.desk.clock.now()
        age = look.wording.age(max(0, int((now - row.begun_at).total_seconds())))
        tender = short_name(_TENDERS.get(row.tender, row.tender.replace("_", " ").title()))
        what = f"{tender} ··· {row.phone_last3}" if row.phone_last3 else tender
        icon, tone, when = "hourglass", "accenttext", say("asked {age} ago", age=age)
        if row.needs_person or row.state is SaleState.REFUND_DUE:
            icon, tone, when = "light-warn", "warn", age
            what = (
                say("Money is due back") if row.state is SaleState.REFUND_DUE else say("A person is needed")
            )
        elif row.is_refused:
            icon, tone, what, when = "light-warn", "warn", say("Still to pay"), age
        elif row.is_unknown:
            what, when = say("{tender}, not known yet", tender=tender), age
        elif row.trouble or row.state is SaleState.PAID:
            what, when = say("Paid, token comes"), age
        made = PaymentRow(
            look,
            icon,
            tone,
            (row.name or meter_text(row.drn), look.wording.amount(row.amount_minor), what, when),
        )
        made.clicked.connect(lambda _=False, sale_id=row.sale_id: self._presenter.waits.open(sale_id))
        return made


def _ready_row(look: Look, row: ReadyRow) -> PaymentRow:
    say = look.say
    words = {
        "delivered": ("light-ok", "ok", say("The token is ready")),
        "failed": ("light-bad", "bad", say("Not paid")),
        "refund_due": ("light-warn", "warn", say("Money is due back")),
    }
    icon, tone, what = words[row.what]
    name = row.name or (
        meter_text(row.drn) if row.drn else f"··· {row.phone_last3}" if row.phone_last3 else "–"
    )
    return PaymentRow(
        look, icon, tone, (name, look.wording.amount(row.money_minor), what, look.wording.time(row.at))
    )


class PaymentRow(QPushButton):
    """Who, how much, by what, how long: two lines."""

    def __init__(self, look: Look, icon: str, tone: str, texts: tuple[str, str, str, str]) -> None:
        super().__init__()
        self._look = look
        self._icon, self._tone = icon, tone
        self.texts = texts
        self.setProperty("klKind", "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(", ".join(text for text in texts if text))

    def sizeHint(self) -> QSize:
        return QSize(200, self._look.metrics.px(62, 50))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect().adjusted(1, 0, -1, -1), look.colour("hover"))
        padding, size = look.metrics.padding, look.metrics.px(18)
        place = QRectF(padding, round((self.height() - size) / 2), size, size)
        draw_icon(painter, look.icons, self._icon, place, look.hex(self._tone), look.hex("surface"))
        name, money, what, when = self.texts
        x = padding + size + 14
        high = look.metrics.px(20, 18)
        top = QRectF(x, self.height() / 2 - high, self.width() - x - padding, high)
        self._draw(painter, top, (name, money), kind=Type.NAME, tone="text")
        self._draw(painter, top.translated(0, high), (what, when), kind=Type.SUPPORT, tone="text2")

    def _draw(
        self, painter: QPainter, place: QRectF, texts: tuple[str, str], *, kind: Type, tone: str
    ) -> None:
        left, right = texts
        painter.setFont(self._look.font(kind))
        painter.setPen(self._look.colour(tone))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignRight) | middle, right)
        room = place.width() - painter.fontMetrics().horizontalAdvance(right) - 10
        shown = painter.fontMetrics().elidedText(left, Qt.TextElideMode.ElideRight, int(room))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft) | middle, shown)
