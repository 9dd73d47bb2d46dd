"""The right side of Books: what differs on the chosen day, whether the till's chain is whole, acts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.domain.day_figures import BookColour
from pos.services.books_rows import ChainState, DaySale
from pos.services.uploads_desk import FlaggedEntry
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.books.presenter import BooksPresenter, BooksState
from pos.ui.screens.books.words import describe, figure_words
from pos.ui.screens.uploads.words import amount_of, title_of
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card
from pos.ui.widgets.controls import set_property
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone

DIFFERENCES_SHOWN = 8
SALES_SHOWN = 4


class BooksSide(Card):
    """Shows one day."""

    def __init__(self, look: Look, presenter: BooksPresenter) -> None:
        super().__init__()
        self._look = look
        self._shown: object = None
        say, metrics = look.say, look.metrics
        self._head = QFrame()
        self._head.setProperty("klBand", "plain")
        words = QVBoxLayout(self._head)
        words.setContentsMargins(
            metrics.padding, metrics.fixed(14, 10), metrics.padding, metrics.fixed(14, 10)
        )
        words.setSpacing(6)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.light = Light(look, "off")
        self.fact = label(look, "", Type.NAME, wraps=True)
        line.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.fact, 1)
        self.sentence = label(look, "", Type.SUPPORT, wraps=True)
        words.addLayout(line)
        words.addWidget(self.sentence)
        self.body.addWidget(self._head)
        inside = QVBoxLayout()
        inside.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.gap)
        inside.setSpacing(metrics.fixed(8, 6))
        self.body.addLayout(inside, 1)
        self._detail = QVBoxLayout()
        inside.addLayout(self._detail)
        self._detail_now: QWidget | None = None
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setVerticalSpacing(metrics.fixed(4, 2))
        inside.addLayout(grid)
        self.chain = _Answer(look, grid, 0, say("Chain in the till"))
        self.receipts = _Answer(look, grid, 1, say("Receipt numbers"))
        self.tokens = _Answer(look, grid, 2, say("Token seals"))
        inside.addStretch(1)
        self.body.addWidget(rule())
        acts = QVBoxLayout()
        acts.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.padding)
        acts.setSpacing(8)
        self.uploads = KeyButton(
            look,
            say("Open in Uploads"),
            cap=look.keys.cap_of(Act.MAIN),
            kind="accent",
            icon="upload",
            spread=True,
        )
        self.uploads.clicked.connect(presenter.open_uploads)
        self.again = KeyButton(
            look, say("Compare again"), cap=look.keys.cap_of(Act.PLACE_5), icon="swap", spread=True
        )
        self.again.clicked.connect(presenter.compare)
        acts.addWidget(self.uploads)
        acts.addWidget(self.again)
        self.body.addLayout(acts)

    def show_state(self, state: BooksState) -> None:
        """Show the chosen day and the chain."""
        day, say, wording = state.day, self._look.say, self._look.wording
        is_running = state.sync is not None and state.sync.is_running
        self.again.setEnabled(not is_running and state.books is not None and state.books.is_enrolled)
        self.again.set_caption(say("Comparing now") if is_running else say("Compare again"))
        self._show_chain(state.chain, is_checking=state.is_checking)
        is_red = day is not None and day.colour is BookColour.RED
        self.set_kind("bad" if is_red else "true")
        set_property(self._head, "klBand", "badsoft" if is_red else "plain")
        set_tone(self.fact, "badtext" if is_red else "text")
        if day is None:
            self.light.show_state("off")
            enrolled = state.books is None or state.books.is_enrolled
            self.fact.setText(say("No day is chosen") if enrolled else say("This till stands alone"))
            text = (
                say("There is nothing in this period.")
                if enrolled
                else say("There is one book only, and it is here.")
            )
            self.sentence.setText(text)
            self._show_detail(None)
            return
        lights = {BookColour.GREEN: "ok", BookColour.RED: "bad", BookColour.GREY: "off"}
        self.light.show_state(lights[day.colour])
        words = describe(day, wording, has_questions=bool(state.questions))
        self.fact.setText(words.fact)
        self.sentence.setText(words.sentence)
        key = (day, state.questions, state.match)
        if key != self._shown:
            self._shown = key
            self._show_detail(self._make_detail(state, words.why) if is_red else None)

    def _show_detail(self, detail: QWidget | None) -> None:
        if self._detail_now is not None:
            self._detail_now.hide()
            self._detail_now.deleteLater()
        self._detail_now = detail
        if detail is None:
            self._shown = None
        else:
            self._detail.addWidget(detail)

    def _make_detail(self, state: BooksState, why: str) -> QWidget:
        look, say, day = self._look, self._look.say, state.day
        assert day is not None, "asked before"
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.fixed(8, 6))
        match = state.match
        sales = [one for one in state.questions or () if one.entry.sale is not None]
        if match is not None and (match.only_here or match.only_there):
            self._add_sales(column, say("In the till, not at head office"), match.only_here)
            self._add_sales(column, say("At head office, not in the till"), match.only_there)
        elif sales:
            text = say("In the till, with a question at head office")
            column.addWidget(label(look, text, Type.CAPTION, tone="text2", wraps=True))
            for one in sales[:SALES_SHOWN]:
                column.addWidget(self._flagged(one))
        elif day.differences:
            column.addWidget(self._figures(state))
        column.addWidget(label(look, say("Why"), Type.CAPTION, tone="text2"))
        column.addWidget(label(look, why, Type.BODY, wraps=True))
        return holder

    def _add_sales(self, column: QVBoxLayout, title: str, sales: Sequence[DaySale]) -> None:
        look, wording = self._look, self._look.wording
        if not sales:
            return
        column.addWidget(label(look, title, Type.CAPTION, tone="text2", wraps=True))
        for one in sales[:SALES_SHOWN]:
            detail = f"{one.number} · {wording.seconds(one.at)}"
            column.addWidget(self._sale(one.customer or one.number, one.money_minor, detail))
        if len(sales) > SALES_SHOWN:
            more = look.say("and more: {n}", n=wording.count(len(sales) - SALES_SHOWN))
            column.addWidget(label(look, more, Type.SUPPORT, tone="text2"))

    def _flagged(self, flagged: FlaggedEntry) -> QWidget:
        wording, entry, sale = self._look.wording, flagged.entry, flagged.entry.sale
        assert sale is not None, "chosen before"
        name = sale.customer or title_of(entry, wording)
        detail = f"{sale.number} · {wording.seconds(entry.at)}"
        number = self._look.say("entry {n}", n=wording.count(entry.seq))
        return self._sale(name, amount_of(entry) or 0, detail, number)

    def _sale(self, name: str, money_minor: int, detail: str, number: str = "") -> QWidget:
        look, wording = self._look, self._look.wording
        card = Card(padding=(12, 8, 12, 8))
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(ElidedLabel(look, name, Type.NAME), 0, 0)
        grid.addWidget(label(look, wording.amount(money_minor), Type.NAME), 0, 1, right)
        grid.addWidget(ElidedLabel(look, detail, Type.SUPPORT, tone="text2"), 1, 0)
        grid.addWidget(label(look, number, Type.SUPPORT, tone="text2"), 1, 1, right)
        card.body.addLayout(grid)
        return card

    def _figures(self, state: BooksState) -> QWidget:
        look, say = self._look, self._look.say
        assert state.day is not None
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(12)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for place, text in ((1, say("This till")), (2, say("Head office"))):
            grid.addWidget(label(look, text, Type.CAPTION, tone="text2"), 0, place, right)
        for n, difference in enumerate(state.day.differences[:DIFFERENCES_SHOWN], start=1):
            name, here, there = figure_words(difference, look.wording)
            grid.addWidget(ElidedLabel(look, name, Type.BODY, tone="text2"), n, 0)
            grid.addWidget(label(look, here, Type.VALUE), n, 1, right)
            grid.addWidget(label(look, there, Type.VALUE, tone="badtext"), n, 2, right)
        return holder

    def _show_chain(self, chain: ChainState | None, *, is_checking: bool) -> None:
        say = self._look.say
        if chain is None:
            text = say("being checked") if is_checking else say("not checked")
            for answer in (self.chain, self.receipts, self.tokens):
                answer.say(text, "off")
            return
        self.chain.say(
            say("whole") if chain.is_chain_whole else say("damaged"), _light(is_good=chain.is_chain_whole)
        )
        self.receipts.say(
            say("no gap") if chain.has_no_gap else say("a gap"), _light(is_good=chain.has_no_gap)
        )
        known = chain.are_tokens_known
        self.tokens.say(say("all known") if known else say("not all"), _light(is_good=known))


class _Answer:
    """A question at the left, a light and an answer at the right."""

    def __init__(self, look: Look, grid: QGridLayout, row: int, name: str) -> None:
        self._light = Light(look, "off", size=14)
        self._value = label(look, "", Type.VALUE)
        answer = QHBoxLayout()
        answer.setSpacing(5)
        answer.addStretch(1)
        answer.addWidget(self._light)
        answer.addWidget(self._value)
        grid.addWidget(label(look, name, Type.BODY, tone="text2", wraps=True), row, 0)
        grid.addLayout(answer, row, 1)

    def say(self, text: str, light: str) -> None:
        """Answer."""
        self._light.show_state(light)
        self._value.setText(text)


def _light(*, is_good: bool) -> str:
    return "ok" if is_good else "bad"
