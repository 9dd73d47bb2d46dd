"""The resume screen: one card per unfinished sale, top to bottom, and whether the books are whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pos.services.after_stop import NextAction, StopCard, StopReport, Unfinished
from pos.ui.context import Context
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screen import Screen
from pos.ui.screens.resume.presenter import ResumePresenter, ResumeState
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.badge import Badge, Light
from pos.ui.widgets.card import Card, tight
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label
from pos.ui.widgets.token_label import TokenLabel


class ResumeScreen(Screen):
    """Shown once after the start, while anything waits."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self._context = context
        # Before it can have the focus, or a ring stands around the whole screen.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("klRing", "own")
        self.presenter = ResumePresenter(context, self.show_state)
        metrics = look.metrics
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.margin, metrics.margin, metrics.margin, metrics.margin)
        column.setSpacing(metrics.gap)
        column.addLayout(self._make_head())
        self._cards = QVBoxLayout()
        tight(self._cards, gap=metrics.gap)
        holder = QWidget()
        holder.setProperty("klGround", "bg")
        inside = QVBoxLayout(holder)
        tight(inside)
        inside.addLayout(self._cards)
        inside.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(holder)
        self._scroll.setWidgetResizable(True)
        if metrics.is_single_column:
            self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._scroll, 1)
        self._checks = Card()
        column.addWidget(self._checks)
        self._report: StopReport | None = None
        self._shown: list[_StopCard] = []

    def _make_head(self) -> QHBoxLayout:
        look = self.look
        row = QHBoxLayout()
        row.setSpacing(16)
        box = Card(kind="okfill")
        side = look.metrics.px(48, 40)
        box.setFixedSize(side, side)
        box.body.addWidget(IconLabel(look, "plug", 24, "oktext"), 0, Qt.AlignmentFlag.AlignCenter)
        row.addWidget(box)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = label(look, "", Type.TITLE, wraps=True)
        self._text = label(look, "", Type.STRONG, tone="text2", wraps=True)
        self._text.setFont(look.font(Type.LARGE))
        words.addWidget(self._title)
        words.addWidget(self._text)
        row.addLayout(words, 1)
        return row

    def show_state(self, state: ResumeState) -> None:
        """Show the cards; the chosen one has the ring."""
        report = state.report
        if report is None:
            return
        if report is not self._report:
            self._report = report
            self._show_head(report)
            self._show_cards(report)
            self._show_checks(state, report)
        for n, card in enumerate(self._shown):
            card.set_chosen(is_chosen=n == state.at, is_busy=state.is_busy)
            if n == state.at:
                self._scroll.ensureWidgetVisible(card)
        self.bar_changed.emit()

    def _show_head(self, report: StopReport) -> None:
        say, wording = self.look.say, self.look.wording
        count = len(report.cards)
        if report.stopped_at is None:
            self._title.setText(say("Nothing is lost."))
        else:
            self._title.setText(
                say("The till stopped after {time}. Nothing is lost.", time=wording.time(report.stopped_at))
            )
        if count:
            self._text.setText(say("Unfinished: {n}. Go from top to bottom.", n=count))
        else:
            self._text.setText(say("Everything is done. Go on selling."))

    def _show_cards(self, report: StopReport) -> None:
        while (item := self._cards.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._shown = []
        for n, card in enumerate(report.cards):
            shown = _StopCard(self.look, n + 1, card, self.presenter)
            shown.picked = self._pick(n)
            self._cards.addWidget(shown)
            self._shown.append(shown)

    def _pick(self, n: int) -> Callable[[], None]:
        return lambda: self.presenter.choose(n)

    def _show_checks(self, state: ResumeState, report: StopReport) -> None:
        look, say = self.look, self.look.say
        while (item := self._checks.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(20, look.metrics.fixed(14, 8), 20, look.metrics.fixed(14, 8))
        row.setSpacing(12)
        count = look.wording.count(report.entries)
        journal = say(
            "{count} entries, seal {seal}", count=count, seal=f"{report.seal[:4]} {report.seal[4:]}"
        )
        clocks = {"ok": "ok", "back": "bad", "confirm": "warn"}
        now = look.wording.time(self._context.desk.clock.now())
        checks = (
            (
                "ok" if report.is_chain_whole else "bad",
                say("Journal is whole") if report.is_chain_whole else say("The journal is damaged"),
                journal,
            ),
            (
                clocks[state.clock],
                say("Clock is right") if state.clock == "ok" else say("Look at the clock"),
                now,
            ),
            (
                "bad" if report.has_receipt_gap else "ok",
                say("A receipt is missing") if report.has_receipt_gap else say("Receipts have no gap"),
                say("last {number}", number=report.last_receipt) if report.last_receipt else "",
            ),
            (
                "warn" if state.is_drawer_open else "ok",
                say("Drawer"),
                say("open") if state.is_drawer_open else say("closed"),
            ),
        )
        go = KeyButton(look, say("Go to Sell"), cap=look.keys.cap_of(Act.MAIN), size="large")
        go.clicked.connect(self._go)
        self._checks.body.addWidget(line)
        if look.metrics.is_single_column:
            row.addLayout(self._four_lights([(light, fact) for light, fact, _ in checks]), 1)
            row.addWidget(go)
            return
        for light, fact, detail in checks:
            is_one_line = look.metrics.is_compact
            side = Qt.AlignmentFlag.AlignVCenter if is_one_line else Qt.AlignmentFlag.AlignTop
            row.addWidget(Light(look, light), 0, side)
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(label(look, fact, Type.VALUE, wraps=True))
            if not look.metrics.is_compact:
                words.addWidget(label(look, detail, Type.SUPPORT, tone="text2", wraps=True))
            row.addLayout(words, 1)
        row.addWidget(go)

    def _four_lights(self, checks: list[tuple[str, str]]) -> QGridLayout:
        """Large text: the facts alone, two in a row."""
        grid = QGridLayout()
        tight(grid, gap=self.look.metrics.gap)
        for n, (light, fact) in enumerate(checks):
            row, column = divmod(n, 2)
            grid.addWidget(Light(self.look, light), row, 2 * column)
            grid.addWidget(ElidedLabel(self.look, fact, Type.VALUE), row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
        return grid

    def _go(self) -> None:
        self._context.shell.go("sell")

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do here."""
        say = self.look.say
        return {
            Act.FIND: BarItem(say("Find")),
            Act.MAIN: BarItem(say("Go to Sell")),
            Act.REPRINT: BarItem(say("Print")),
        }

    def act(self, act: Act) -> bool:
        """Go on selling, or print the chosen card."""
        card = self.presenter.state.card
        if act in (Act.MAIN, Act.FIND):
            self._go()
        elif act is Act.REPRINT and card is not None and card.digits:
            self.presenter.print_token(card)
        else:
            return False
        return True

    def type_text(self, text: str) -> bool:
        """A customer is there already: go and find the meter."""
        self._context.shell.go("sell", typed=text)
        return True

    def enter(self) -> bool:
        """Do the next act."""
        self.presenter.main()
        return True

    def step(self, by: int) -> bool:
        """Choose a card."""
        self.presenter.step(by)
        return True

    def opened(self) -> None:
        """Read what waits."""
        self.setFocus()
        self.presenter.open()


class _StopCard(Card):
    """Who, money, token, paper, and what to do."""

    def __init__(self, look: Look, n: int, card: StopCard, presenter: ResumePresenter) -> None:
        super().__init__()
        self._look = look
        self._card = card
        self._presenter = presenter
        self.picked: Callable[[], None] = lambda: None
        metrics = look.metrics
        if metrics.is_single_column:
            self._stack(n)
            return
        row = QHBoxLayout()
        row.setContentsMargins(
            metrics.fixed(22, 14), metrics.fixed(16, 10), metrics.fixed(22, 14), metrics.fixed(16, 10)
        )
        row.setSpacing(metrics.fixed(20, 12))
        row.addWidget(_in_line(self._who(n)), 22)
        row.addWidget(_in_line(self._money()), 22)
        row.addWidget(_in_line(self._token()), 32)
        row.addWidget(_in_line(self._paper()), 18)
        row.addLayout(self._acts(), 0)
        self.body.addLayout(row)
        self.setAccessibleName(f"{card.name} {meter_text(card.item.drn)}")

    def _stack(self, n: int) -> None:
        """Large text: who, what is to be done, and then money, token and paper under each other."""
        metrics = self._look.metrics
        column = QVBoxLayout()
        column.setContentsMargins(metrics.padding, 10, metrics.padding, 10)
        column.setSpacing(metrics.gap)
        parts: tuple[QLayout, ...] = (self._who(n), self._acts(), self._money(), self._token(), self._paper())
        for part in parts:
            column.addLayout(part)
        self.body.addLayout(column)

    def _column(self, head: str) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(5)
        column.addWidget(label(self._look, head, Type.CAPTION, tone="text2"))
        return column

    def _who(self, n: int) -> QVBoxLayout:
        look = self._look
        column = QVBoxLayout()
        column.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(label(look, str(n), Type.NAME, tone="text2"), 0, Qt.AlignmentFlag.AlignTop)
        name = self._card.name or meter_text(self._card.item.drn)
        top.addWidget(label(look, name, Type.HEADING, wraps=True), 1)
        column.addLayout(top)
        column.addWidget(label(look, meter_text(self._card.item.drn), Type.BODY, tone="text2"))
        column.addStretch(1)
        return column

    def _money(self) -> QVBoxLayout:
        look, say, wording = self._look, self._look.say, self._look.wording
        column = self._column(say("Money"))
        item, amount = self._card.item, wording.amount(self._card.money_minor)
        texts = {
            Unfinished.DRAFT: (
                say("Nothing taken"),
                "neutral",
                say("{amount} was typed, not paid.", amount=amount),
            ),
            Unfinished.AWAITING_PAYMENT: (
                say("{amount} not known yet", amount=amount),
                "info",
                say("We keep asking by ourselves."),
            ),
            Unfinished.REFUND_DUE: (say("{amount} is due back", amount=amount), "warn", ""),
            Unfinished.ISSUE_NOT_HANDED_OVER: (say("Nothing to pay"), "neutral", ""),
        }
        taken = (say("Cash {amount} taken", amount=amount), "ok", self._change())
        if item.what is Unfinished.PRINT_JOB and not self._card.money_minor:
            taken = (say("Nothing to pay"), "neutral", "")
        word, tone, detail = texts.get(item.what, taken)
        column.addWidget(Badge(look, word, tone))
        column.addWidget(label(look, wording.seconds(item.at), Type.SUPPORT, tone="text2"))
        if detail:
            column.addWidget(label(look, detail, Type.SUPPORT, tone="text2", wraps=True))
        column.addStretch(1)
        return column

    def _change(self) -> str:
        look = self._look
        if self._card.change_minor:
            return look.say("Change {amount}", amount=look.wording.amount(self._card.change_minor))
        return look.say("Exact money, no change")

    def _token(self) -> QVBoxLayout:
        look, say, card = self._look, self._look.say, self._card
        column = self._column(say("Token"))
        if card.digits:
            units = f", {look.wording.units(card.units_milli)} kWh" if card.units_milli else ""
            column.addWidget(Badge(look, say("Issued{units}", units=units), "ok"))
            for digits in card.digits:
                column.addWidget(TokenLabel(look, digits, Type.TOKEN_SMALL))
        elif card.item.what is Unfinished.PAID:
            column.addWidget(Badge(look, say("None yet"), "info"))
            column.addWidget(
                label(
                    look,
                    say("It comes when the key holder answers. Never sell it again."),
                    Type.SUPPORT,
                    tone="text2",
                    wraps=True,
                )
            )
        else:
            column.addWidget(Badge(look, say("None"), "neutral"))
        column.addStretch(1)
        return column

    def _paper(self) -> QVBoxLayout:
        look, say, card = self._look, self._look.say, self._card
        column = self._column(say("Paper"))
        state = None if card.paper is None else card.paper.state
        if not card.digits and card.print_job is None:
            column.addWidget(Badge(look, say("Nothing to print"), "neutral"))
        elif state == "printed":
            column.addWidget(Badge(look, say("Printed"), "ok"))
        elif card.item.action is NextAction.LOOK_AT_PAPER or state == "unknown":
            column.addWidget(Badge(look, say("Not known"), "warn"))
            column.addWidget(
                label(
                    look,
                    say("Look whether the paper came out whole."),
                    Type.SUPPORT,
                    tone="text2",
                    wraps=True,
                )
            )
        else:
            column.addWidget(Badge(look, say("Not printed"), "bad"))
        column.addStretch(1)
        return column

    def _acts(self) -> QBoxLayout:
        look, say, card = self._look, self._look.say, self._card
        is_large = look.metrics.is_single_column
        column = QHBoxLayout() if is_large else QVBoxLayout()
        column.setSpacing(8)
        mains = {
            NextAction.HAND_OVER: (say("Print it"), "printer"),
            NextAction.PRINT: (say("Print it"), "printer"),
            NextAction.LOOK_AT_PAPER: (say("Print again"), "printer"),
            NextAction.ASK_HOLDER: (say("Ask now"), "hourglass"),
            NextAction.RECALL_DRAFT: (say("Go on with it"), "play"),
            NextAction.OPEN_SHIFT: (say("Open the shift"), "drawer"),
            NextAction.MAKE_REFUND: (say("Give it back"), "cash"),
            NextAction.CHECK_PAYMENT: (say("Look at it"), "eye"),
        }
        text, icon = mains[card.item.action]
        self._main = KeyButton(look, text, cap=say("Enter"), icon=icon, spread=True)
        self._main.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        if not is_large:
            self._main.setMinimumWidth(look.metrics.px(212, 180))
        self._main.clicked.connect(self._on_main)
        column.addWidget(self._main)
        second = self._second()
        if second is not None:
            second.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            column.addWidget(second)
        column.addStretch(1)
        return column

    def _second(self) -> KeyButton | None:
        look, say, card, presenter = self._look, self._look.say, self._card, self._presenter
        if card.item.what is Unfinished.DRAFT:
            button = KeyButton(look, say("Throw away"), kind="quiet", size="small")
            button.clicked.connect(lambda: presenter.throw_away(card))
        elif card.item.action is NextAction.LOOK_AT_PAPER or (card.paper and card.paper.state == "unknown"):
            button = KeyButton(look, say("It was printed"), icon="check", size="small")
            button.clicked.connect(lambda: presenter.it_was_printed(card))
        elif card.digits:
            button = KeyButton(look, say("Customer has it"), icon="eye", size="small")
            button.clicked.connect(lambda: presenter.show_token(card))
        else:
            return None
        return button

    def _on_main(self) -> None:
        self.picked()
        self._presenter.main()

    def set_chosen(self, *, is_chosen: bool, is_busy: bool) -> None:
        """Put the ring on the card."""
        self.set_kind("focus" if is_chosen else "true")
        self._main.set_kind("accent" if is_chosen else "normal")
        # Enter works at the chosen card alone.
        self._main.set_caption(self._main.caption, cap=self._look.say("Enter") if is_chosen else "")
        self._main.setEnabled(not (is_busy and is_chosen))


def _in_line(column: QVBoxLayout) -> QWidget:
    """Return a column that takes its share of the card whatever it holds, so that the cards line up."""
    holder = QWidget()
    tight(column, gap=column.spacing())
    holder.setLayout(column)
    holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    holder.setMinimumWidth(holder.minimumSizeHint().width())
    return holder


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return ResumeScreen(context, look)
