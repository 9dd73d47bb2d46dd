"""Nobody is being served: recent meters, the last token, sales on hold, the search's results."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from pos.services.counter import MeterRow, RecentMeter
from pos.services.drafts import Draft
from pos.ui.icons import draw_icon
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState, Stage
from pos.ui.screens.sell.waiting_list import WaitingList
from pos.ui.screens.sell.words import meter_text, place_text, sale_line
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead, tight
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import ElidedLabel, label, rule
from pos.ui.widgets.token_label import TokenLabel

_DRAFTS_SHOWN = 3


class IdlePage(QWidget):
    """The desk between two customers; also holds the results while one searches."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown: SellState | None = None
        self._recent_rows: tuple[RecentMeter, ...] | None = None
        row = QHBoxLayout(self)
        tight(row, gap=look.metrics.margin if not look.metrics.is_compact else 8)
        self._left = QStackedWidget()
        self._left.addWidget(self._make_recent())
        self._left.addWidget(self._make_results())
        row.addWidget(self._left, 1)
        self._side = self._make_side()
        self._side.setFixedWidth(look.metrics.side)
        row.addWidget(self._side)
        if look.metrics.is_single_column:
            self._side.hide()

    # -- building -----------------------------------------------------------------------------------------

    def _make_recent(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card()
        head = CardHead(look, say("Recent meters"), cap=look.keys.cap_of(Act.RECENT))
        head.row.addWidget(self._how_to_choose())
        card.body.addWidget(head)
        self.recent_model = RowsModel[tuple[int, RecentMeter]](self._recent_columns())
        self.recent = Table(
            look,
            row_height=look.metrics.px(46, 40),
            opens_on_click=True,
            name=say("Recent meters"),
        )
        self.recent.setModel(self.recent_model)
        self.recent.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.recent.opened.connect(self._on_recent)
        self._empty = self._make_empty(
            "gauge",
            say("No sale yet"),
            say("The meters you sell to last stand here. Type a number to begin."),
        )
        self._recent_stack = QStackedWidget()
        self._recent_stack.addWidget(self.recent)
        self._recent_stack.addWidget(self._empty)
        card.body.addWidget(self._recent_stack, 1)
        card.body.addSpacing(1)
        return card

    def _how_to_choose(self) -> ElidedLabel:
        text = self._look.say("Up and Down to choose, Enter to open")
        made = ElidedLabel(self._look, text, Type.SUPPORT, tone="text2")
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return made

    def _recent_columns(self) -> list[Column[tuple[int, RecentMeter]]]:
        look, wording = self._look, self._look.wording
        now = self._presenter.context.desk.clock.now

        def ago(row: tuple[int, RecentMeter]) -> str:
            return wording.age(max(0, int((now() - row[1].at).total_seconds())))

        return [
            Column(
                "",
                46,
                lambda row: str(row[0]),
                Paint.QUIET_NUMBER,
                is_wide=look.metrics.is_single_column,
            ),
            Column(
                look.say("Customer"),
                0,
                lambda row: row[1].name or look.say("No name"),
                Paint.TWO_LINES,
                second=lambda row: "" if look.metrics.is_compact else row[1].area or "",
            ),
            Column(
                "",
                24,
                lambda row: _state_of(row[1], look)[0],
                Paint.BADGE,
                tone=lambda row: _state_of(row[1], look)[1],
                fits=True,
            ),
            Column(look.say("Meter"), 134, lambda row: meter_text(row[1].drn), Paint.METER),
            Column(wording.currency, 84, lambda row: wording.amount(row[1].money_minor), Paint.MONEY),
            Column(look.say("Ago"), 84, ago, Paint.QUIET_NUMBER, is_wide=look.metrics.is_single_column),
        ]

    def _make_results(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card()
        self._results_head = CardHead(look, say("Found"))
        self._results_head.row.addWidget(self._how_to_choose())
        card.body.addWidget(self._results_head)
        self.results_model = RowsModel[MeterRow](
            [
                Column(
                    say("Customer"),
                    0,
                    lambda row: row.name or say("No name"),
                    Paint.TWO_LINES,
                    second=place_text,
                ),
                Column(
                    "",
                    24,
                    lambda row: _state_of(row, look)[0],
                    Paint.BADGE,
                    tone=lambda row: _state_of(row, look)[1],
                    fits=True,
                ),
                Column(say("Meter"), 134, lambda row: meter_text(row.drn), Paint.METER),
                Column(
                    say("Tariff"),
                    110,
                    lambda row: row.tariff_code,
                    Paint.QUIET,
                    is_wide=look.metrics.is_single_column,
                ),
            ]
        )
        self.results = Table(look, row_height=look.metrics.px(40), opens_on_click=True, name=say("Found"))
        self.results.setModel(self.results_model)
        self.results.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.results.opened.connect(self._on_result)
        self._nothing = self._make_empty("gauge", "", say("Try the last digits, the name or the phone."))
        self._results_stack = QStackedWidget()
        self._results_stack.addWidget(self.results)
        self._results_stack.addWidget(self._nothing)
        card.body.addWidget(self._results_stack, 1)
        card.body.addSpacing(1)
        return card

    def _make_empty(self, icon: str, fact: str, text: str) -> QWidget:
        look = self._look
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setSpacing(8)
        column.addStretch(1)
        column.addWidget(IconLabel(look, icon, 28, "text2"), 0, Qt.AlignmentFlag.AlignHCenter)
        bold = label(look, fact, Type.NAME)
        bold.setObjectName("fact")
        words = label(look, text, Type.BODY, tone="text2", wraps=True)
        for one in (bold, words):
            one.setWordWrap(True)
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(one)
        column.addStretch(2)
        return holder

    def _make_side(self) -> QWidget:
        look, say = self._look, self._look.say
        side = QWidget()
        column = QVBoxLayout(side)
        tight(column, gap=look.metrics.gap)
        column.addWidget(self._make_last())
        self.waiting = WaitingList(look, self._presenter)
        column.addWidget(self.waiting)
        self._waiting = Card()
        head = CardHead(look, say("On hold"), cap=look.keys.cap_of(Act.HOLD))
        self._held_count = head.count
        self._waiting.body.addWidget(head)
        self._waiting.body.addWidget(rule())
        self._held = QVBoxLayout()
        tight(self._held)
        self._waiting.body.addLayout(self._held)
        column.addWidget(self._waiting)
        column.addStretch(1)
        self._own = Card(padding=look.metrics.padding)
        row = QHBoxLayout()
        left, right = QVBoxLayout(), QVBoxLayout()
        self._own_count = label(look, "0", Type.TITLE)
        self._average = label(look, "–", Type.TITLE)
        left.addWidget(label(look, say("Your sales this shift"), Type.SUPPORT, tone="text2"))
        left.addWidget(self._own_count)
        right.addWidget(
            label(look, say("Average time to token"), Type.SUPPORT, tone="text2"),
            0,
            Qt.AlignmentFlag.AlignRight,
        )
        right.addWidget(self._average, 0, Qt.AlignmentFlag.AlignRight)
        row.addLayout(left)
        row.addStretch(1)
        row.addLayout(right)
        self._own.body.addLayout(row)
        if look.metrics.is_compact:
            self._own.hide()
        column.addWidget(self._own)
        return side

    def _make_last(self) -> QWidget:
        look, say = self._look, self._look.say
        self._last = Card()
        head = CardHead(look, say("Last token"))
        self._last_badge = Badge(look)
        head.row.addWidget(self._last_badge)
        self._last.body.addWidget(head)
        self._last.body.addWidget(rule())
        inside = QVBoxLayout()
        padding = look.metrics.padding
        inside.setContentsMargins(padding, padding - 4, padding, padding)
        inside.setSpacing(4)
        top = QHBoxLayout()
        self._last_name = ElidedLabel(look, "", Type.NAME)
        self._last_time = label(look, "", Type.SUPPORT, tone="text2")
        top.addWidget(self._last_name, 1)
        top.addWidget(self._last_time)
        inside.addLayout(top)
        self._last_line = ElidedLabel(look, "", Type.SUPPORT, tone="text2")
        inside.addWidget(self._last_line)
        self._last_token = TokenLabel(look, "", Type.TOKEN_LIST)
        inside.addWidget(self._last_token)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        self._reprint = KeyButton(
            look, say("Reprint"), cap=look.keys.cap_of(Act.REPRINT), icon="printer", size="small"
        )
        self._reprint.clicked.connect(self._presenter.after.reprint)
        acts.addWidget(self._reprint)
        acts.addStretch(1)
        inside.addSpacing(4)
        inside.addLayout(acts)
        self._last.body.addLayout(inside)
        return self._last

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: SellState) -> None:
        """Show a state."""
        before = self._shown
        self._shown = state
        is_results = state.stage is Stage.RESULTS
        self._left.setCurrentIndex(1 if is_results else 0)
        if is_results:
            if before is None or before.results is not state.results:
                self.results_model.show_rows(state.results)
                self._results_head.count.setText(
                    str(len(state.results)) if len(state.results) < 50 else "50+"
                )
                fact = self._nothing.findChild(QWidget, "fact")
                if fact is not None:
                    fact.setProperty(
                        "text", self._look.say("Nothing found for {text}", text=state.results_for)
                    )
                self._results_stack.setCurrentIndex(0 if state.results else 1)
            self.results.choose(state.result_at)
            return
        if self._recent_rows is not state.recent:
            self._recent_rows = state.recent
            self.recent_model.show_rows(list(enumerate(state.recent, 1)))
            self._recent_stack.setCurrentIndex(0 if state.recent else 1)
        if state.recent_at >= 0:
            self.recent.choose(state.recent_at)
        else:
            self.recent.clearSelection()
        self._show_side(state)

    def _show_side(self, state: SellState) -> None:
        look, wording = self._look, self._look.wording
        last = state.last
        self._last.setVisible(last is not None)
        if last is not None:
            self._last_name.setText(last.name or meter_text(last.row.drn))
            self._last_time.setText(wording.time(last.delivered_at))
            self._last_line.setText(sale_line(last, look))
            self._last_token.show_token(last.digits)
            self._last_token.setVisible(bool(last.digits))
            is_ready = any(row.sale_id == last.row.sale_id for row in state.board.ready)
            paper = None if last.paper is None else last.paper.state
            # A token nobody has taken up is not printed before.
            badge = (
                (look.say("Ready"), "ok") if is_ready else paper_badge(look, paper, is_shown=last.is_shown)
            )
            self._last_badge.show_state(*badge)
            self._reprint.setEnabled(self._presenter.can_reprint())
        # What is wrong with the search stands above and takes room.
        has_less = bool(state.drafts) or state.search_problem is not None
        self.waiting.show_board(state.board, has_less=has_less)
        self._show_drafts(state.drafts, has_less=bool(state.board.count or state.board.ready))
        self._own_count.setText(wording.count(state.own_count))
        if not look.metrics.is_compact:
            # What waits for a person goes before figures.
            self._own.setVisible(len(state.board.waiting) + len(state.board.ready) + len(state.drafts) < 4)
        self._average.setText("–" if state.average_s is None else wording.age(state.average_s))

    def _show_drafts(self, drafts: tuple[Draft, ...], *, has_less: bool) -> None:
        self._waiting.setVisible(bool(drafts))
        self._held_count.setText(str(len(drafts)))
        while (item := self._held.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for draft in drafts[: 1 if has_less else _DRAFTS_SHOWN]:
            row = DraftRow(self._look, draft, now=self._presenter.context.desk.clock.now())
            row.pressed_at.connect(self._presenter.recall)
            self._held.addWidget(row)

    def _on_recent(self, row: object) -> None:
        assert isinstance(row, tuple)
        self._presenter.open_meter(row[1].drn)

    def _on_result(self, row: object) -> None:
        assert isinstance(row, MeterRow)
        self._presenter.open_meter(row.drn)


class DraftRow(QPushButton):
    """A sale on hold."""

    pressed_at = Signal(object)

    def __init__(self, look: Look, draft: Draft, *, now: datetime) -> None:
        super().__init__()
        self._look = look
        self._draft = draft
        self.setProperty("klKind", "quiet")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name = str(draft.body.get("name") or meter_text(str(draft.body.get("drn", ""))))
        self._age = look.wording.age(max(0, int((now - draft.changed_at).total_seconds())))
        money = draft.body.get("money_minor", 0)
        self._money = look.wording.amount(money) if isinstance(money, int) and money else ""
        self.setAccessibleName(f"{self._name} {self._money} {self._age}")

    def sizeHint(self) -> QSize:
        return QSize(200, self._look.metrics.px(62, 50))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.pressed_at.emit(self._draft.sale_id)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        painter = QPainter(self)
        if self.underMouse():
            painter.fillRect(self.rect().adjusted(1, 0, -1, -1), look.colour("hover"))
        padding = look.metrics.padding
        draw_icon(
            painter, look.icons, "pause", QRectF(padding, self.height() / 2 - 10, 20, 20), look.hex("text2")
        )
        x = padding + 32
        high = look.metrics.px(20, 18)
        top = QRectF(x, self.height() / 2 - high, self.width() - x - padding, high)
        low = top.translated(0, high)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(look.font(Type.NAME))
        painter.setPen(look.colour("text"))
        painter.drawText(
            top,
            left,
            painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, int(top.width() - 90)),
        )
        painter.drawText(top, right, self._money)
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour("text2"))
        painter.drawText(low, left, meter_text(str(self._draft.body.get("drn", ""))))
        painter.drawText(low, right, self._age)


def paper_badge(look: Look, state: str | None, *, is_shown: bool) -> tuple[str, str]:
    """Return word and tone of how a token reached the customer."""
    if state == "printed":
        return look.say("Printed"), "ok"
    if state in ("waiting", "sending"):
        return look.say("Printing"), "info"
    if state == "unknown":
        return look.say("Look at the paper"), "warn"
    if state == "failed":
        return look.say("Not printed"), "bad"
    return (look.say("Shown"), "ok") if is_shown else (look.say("Not shown"), "warn")


def _state_of(row: RecentMeter | MeterRow, look: Look) -> tuple[str, str]:
    if row.status == "blocked":
        return look.say("Blocked"), "bad"
    if row.status != "active":
        return look.say(row.status.capitalize()), "neutral"
    if row.arrears_minor > 0:
        return look.say("Arrears"), "warn"
    return "", ""
