"""The meter bought a moment ago: the earlier token, and two ways on."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pos.services.counter import ShownSale
from pos.ui.icons import draw_icon
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.idle_page import paper_badge
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Band, Card, tight
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.key_sentence import KEY, KeySentence
from pos.ui.widgets.keycap import cap_size, draw_cap
from pos.ui.widgets.text import ElidedLabel, label, rule
from pos.ui.widgets.token_label import TokenLabel


class GuardPage(QWidget):
    """R and S choose while one of the two cards has the focus."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        row = QHBoxLayout(self)
        tight(row, gap=look.metrics.fixed(16, 8))
        row.addWidget(self._make_card(), 1)
        side = self._make_side()
        side.setFixedWidth(look.metrics.side)
        if look.metrics.is_compact or look.metrics.is_single_column:
            side.hide()
        row.addWidget(side)

    def _make_card(self) -> QWidget:
        look, say = self._look, self._look.say
        metrics = look.metrics
        card = Card(kind="guard")
        self._band = Band(
            look, "warn", "history", "", say("Nothing is charged now. Choose what the customer needs.")
        )
        self._guard = Badge(look, "", "warn")
        self._band.row.addWidget(self._guard)
        card.body.addWidget(self._band)
        inside = QVBoxLayout()
        low = 4 if metrics.is_single_column else 12
        inside.setContentsMargins(20, low, 20, low)
        inside.setSpacing(2 if metrics.is_single_column else 8)
        inside.addStretch(1)
        top = QHBoxLayout()
        self._name = label(look, "", Type.TITLE)
        self._number = label(look, "", Type.LARGE, tone="text2")
        if not metrics.is_single_column:
            top.addWidget(self._name)
            top.addStretch(1)
        else:
            self._name.setWordWrap(True)
            top.addWidget(self._name, 1)
        top.addWidget(self._number)
        inside.addLayout(top)
        self._facts = ElidedLabel(look, "", Type.BODY, tone="text2")
        inside.addWidget(self._facts)
        self._token = TokenLabel(look, "", Type.TOKEN_MID)
        inside.addWidget(self._token)
        self._paper = Badge(look)
        if metrics.is_single_column:
            top.addWidget(self._paper)
        else:
            badges = QHBoxLayout()
            badges.addWidget(self._paper)
            badges.addStretch(1)
            inside.addLayout(badges)
        inside.addStretch(1)
        card.body.addLayout(inside, 1)
        card.body.addWidget(rule())
        acts = QVBoxLayout() if metrics.is_single_column and metrics.is_compact else QHBoxLayout()
        margin = 10 if metrics.is_single_column else 20
        acts.setContentsMargins(20, margin, 20, margin)
        acts.setSpacing(12)
        self.reprint = _ChoiceCard(
            look,
            "R",
            say("Reprint that token"),
            "printer",
            (("check", say("Same token, marked as a copy")), ("check", say("No money taken"))),
        )
        self.another = _ChoiceCard(
            look,
            "S",
            say("Sell another"),
            "plus",
            (("check", say("A new sale, a new token")), ("pencil", say("Written in the journal"))),
        )
        self.reprint.clicked.connect(self._presenter.after.reprint)
        self.another.clicked.connect(self._presenter.sell_another)
        acts.addWidget(self.reprint)
        acts.addWidget(self.another)
        card.body.addLayout(acts)
        return card

    def _make_side(self) -> QWidget:
        look, say = self._look, self._look.say
        side = Card(padding=look.metrics.padding, gap=6)
        side.body.addWidget(label(look, say("To pay"), Type.BODY, tone="text2"))
        side.body.addWidget(label(look, look.wording.money(0), Type.TOTAL, tone="text3"))
        side.body.addSpacing(8)
        side.body.addWidget(rule())
        side.body.addSpacing(8)
        side.body.addWidget(label(look, say("If the customer says"), Type.NAME))
        answers = (
            (say("“The paper is lost.”"), say("Press {key}. The same token prints again.", key=KEY), "R"),
            (say("“I want more units.”"), say("Press {key} and type the amount.", key=KEY), "S"),
            (
                say("“The meter refused it.”"),
                say("Press {key} to check the token.", key=KEY),
                look.keys.cap_of(Act.CHECK_TOKEN),
            ),
            (say("“That is not my name.”"), say("Press {key} and search again.", key=KEY), "Esc"),
        )
        for question, answer, cap in answers:
            side.body.addSpacing(8)
            side.body.addWidget(label(look, question, Type.VALUE, wraps=True))
            side.body.addWidget(KeySentence(look, answer, cap))
        side.body.addSpacing(8)
        side.body.addWidget(rule())
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(IconLabel(look, "shield", 20, "suptext"), 0, Qt.AlignmentFlag.AlignTop)
        self._limit = label(look, "", Type.BODY, tone="text2", wraps=True)
        row.addWidget(self._limit, 1)
        side.body.addLayout(row)
        side.body.addStretch(1)
        pay = KeyButton(look, say("Pay"), cap=look.keys.cap_of(Act.MAIN), kind="accent", size="pay")
        pay.setEnabled(False)
        side.body.addWidget(pay)
        wait = label(look, say("Pay waits for your choice."), Type.SUPPORT, tone="text2")
        wait.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        side.body.addWidget(wait)
        return side

    def show_state(self, state: SellState) -> None:
        """Show the earlier sale."""
        sale = state.guard
        if sale is None:
            return
        look, say, wording = self._look, self._look.say, self._look.wording
        age = wording.age(state.guard_age_s)
        self._band.title.setText(say("You sold to this meter {age} ago", age=age))
        self._guard.show_state(say("Guard: {minutes} min", minutes=state.guard_minutes), "warn")
        self._name.setText(sale.name or say("No name"))
        self._number.setText(meter_text(sale.row.drn))
        facts = [wording.time(sale.row.at), wording.money(sale.row.money_minor)]
        facts.append(f"{wording.units(sale.row.token_tenths * 100)} kWh")
        facts += [say("by {cashier}", cashier=sale.row.cashier), sale.row.receipt_number or ""]
        self._facts.setText("   ".join(facts))
        self._token.show_token(sale.digits)
        self._paper.show_state(*_paper_badge(sale, look))
        limit = state.guard_limit_minor
        self._limit.setText(
            say("A second sale needs a supervisor PIN.")
            if not limit
            else say(
                "A second sale above {money} needs a supervisor PIN.",
                money=wording.money(state.guard_limit_minor),
            )
        )
        self._band.setAccessibleName(self._band.title.text())

    def focus(self) -> None:
        """Offer the copy first."""
        if not self.another.hasFocus():
            self.reprint.setFocus()


def _paper_badge(sale: ShownSale, look: Look) -> tuple[str, str]:
    """Return how the token reached the customer, and when where that is known."""
    paper = sale.paper
    if paper is not None and paper.state == "printed" and paper.finished_at is not None:
        return look.say("Printed {time}", time=look.wording.seconds(paper.finished_at)), "ok"
    return paper_badge(look, None if paper is None else paper.state, is_shown=sale.is_shown)


class _ChoiceCard(QPushButton):
    """One of the two ways: key, name, icon, two facts."""

    def __init__(
        self, look: Look, key: str, name: str, icon: str, facts: tuple[tuple[str, str], ...]
    ) -> None:
        super().__init__()
        self._look = look
        self._key = key
        self._name = name
        self._icon = icon
        self._facts = facts
        self.setAutoDefault(False)
        self.setAccessibleName(f"{name}, {key}. " + ". ".join(text for _, text in facts))

    def sizeHint(self) -> QSize:
        metrics = self._look.metrics
        return QSize(240, metrics.line(metrics.fixed(116, 104), 86))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self._look
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        has_focus = self.hasFocus()
        painter.setPen(QPen(look.colour("accentline" if has_focus else "strong"), 1))
        painter.setBrush(
            look.colour("selected" if has_focus else "hover" if self.underMouse() else "surface")
        )
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        size = cap_size(look, self._key)
        side = look.metrics.px(30)
        top = 8 if look.metrics.is_single_column else 16
        draw_cap(painter, look, QRectF(18, top, max(side, size.width()), side), self._key, colour="text")
        painter.setFont(look.font(Type.LARGE))
        painter.setPen(look.colour("text"))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        mark = look.metrics.px(20)
        wide = self.width() - side - mark - 70
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, wide)
        painter.drawText(QRectF(18 + side + 12, top, wide + 2, side), left, name)
        spot = QRectF(self.width() - 20 - mark, top + 4, mark, mark)
        draw_icon(painter, look.icons, self._icon, spot, look.hex("text2"))
        y = top + side + top - 6.0
        painter.setFont(look.font(Type.BODY))
        painter.setPen(look.colour("text2"))
        for icon, text in self._facts:
            tick, high = look.metrics.px(14), look.metrics.px(20)
            draw_icon(
                painter, look.icons, icon, QRectF(20, y + (high - tick) / 2, tick, tick), look.hex("text2")
            )
            text = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, self.width() - tick - 40
            )
            painter.drawText(QRectF(28 + tick, y, self.width() - tick - 38, high), left, text)
            y += look.metrics.px(22)
