"""The right side: how head office is, when it was last reached, today's counts, and Send now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos.i18n.wording import NO_BREAK
from pos.services.uploads_desk import BothSums
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.uploads.presenter import UploadsPresenter
from pos.ui.screens.uploads.state import UploadsState, last_words, office_words
from pos.ui.screens.uploads.words import SUM_WORDS
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card, Note
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule


class UploadsSide(QStackedWidget):
    """The state of head office, or both sums of one sale in its place."""

    enrol_wanted = Signal()

    def __init__(self, look: Look, presenter: UploadsPresenter) -> None:
        super().__init__()
        self.setProperty("klGround", "bg")
        self.office = OfficeCard(look, presenter)
        self.sums = SumsCard(look, presenter)
        self.office.enrol.clicked.connect(self.enrol_wanted)
        self.addWidget(self.office)
        self.addWidget(self.sums)

    def show_state(self, state: UploadsState) -> None:
        """Show one of the two."""
        self.office.show_state(state)
        if state.sums is not None:
            self.sums.show_sums(state.sums)
        self.setCurrentIndex(0 if state.sums is None else 1)


class OfficeCard(Card):
    """How head office is."""

    def __init__(self, look: Look, presenter: UploadsPresenter) -> None:
        padding = look.metrics.fixed(20, 12)
        super().__init__(padding=padding, gap=look.metrics.fixed(10, 8))
        self._look = look
        say = look.say
        head = QHBoxLayout()
        head.setSpacing(10)
        self.light = Light(look, "off", size=18)
        self.fact = label(look, "", Type.STRONG, wraps=True)
        head.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.fact, 1)
        self.body.addLayout(head)
        self.sentence = label(look, "", Type.BODY, tone="text2", wraps=True)
        self.body.addWidget(self.sentence)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(say("How far the talk with head office is"))
        self.body.addWidget(self.progress)
        facts = QGridLayout()
        facts.setColumnStretch(1, 1)
        facts.setVerticalSpacing(look.metrics.fixed(4, 2))
        self._facts = facts
        self.sent = self._fact(say("Last sent"))
        self.fetched = self._fact(say("Last fetched"))
        self.tries = self._fact(say("Tries since"))
        self.body.addLayout(facts)
        self.body.addWidget(rule())
        self.body.addWidget(label(look, say("Today"), Type.NAME))
        self._facts = facts = QGridLayout()
        facts.setColumnStretch(1, 1)
        facts.setVerticalSpacing(look.metrics.fixed(4, 2))
        self.made = self._fact(say("Entries made here"))
        self.taken = self._fact(say("Taken by head office"))
        self.repeated = self._fact(say("Sent twice, counted once"))
        self.body.addLayout(facts)
        text = say(
            "Selling goes on without a network. Nothing on this page stops a sale. "
            "Only a clean shift close waits for “Not taken”."
        )
        note = Note(look, "info", "", text, icon="shield")
        self.body.addWidget(note)
        self.body.addStretch(1)
        self.enrol = KeyButton(look, say("Enrol this till"), icon="building")
        self.body.addWidget(self.enrol)
        self._may_enrol = presenter.may_enrol
        cap = look.keys.cap_of(Act.MAIN)
        self.send = KeyButton(look, say("Send now"), cap=cap, kind="accent", icon="upload", size="pay")
        self.send.clicked.connect(presenter.send_now)
        self.stop = KeyButton(look, say("Stop"), cap="Esc", size="pay")
        self.stop.clicked.connect(presenter.cancel)
        self.body.addWidget(self.send)
        self.body.addWidget(self.stop)

    def _fact(self, name: str) -> QLabel:
        row = self._facts.rowCount()
        value = label(self._look, "–", Type.VALUE)
        self._facts.addWidget(label(self._look, name, Type.BODY, tone="text2", wraps=True), row, 0)
        self._facts.addWidget(value, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return value

    def show_state(self, state: UploadsState) -> None:
        """Show it."""
        wording, sync, now = self._look.wording, state.sync, state.now
        words = office_words(state, wording)
        self.light.show_state(words.light)
        self.fact.setText(words.fact)
        self.sentence.setText(words.sentence)
        self.progress.setVisible(sync.is_running)
        self.progress.setRange(0, sync.of)
        self.progress.setValue(min(sync.done, sync.of))
        synced_at = None if now is None else now.office.synced_at
        sent_at = sync.sent_at or synced_at
        sent = last_words(sent_at, sync.sent, "sent", now=state.at, wording=wording)
        fetched_at = sync.fetched_at or (None if now is None else now.office.fetched_at)
        fetched = last_words(fetched_at, sync.fetched, "fetched", now=state.at, wording=wording)
        self.sent.setText(sent)
        self.fetched.setText(fetched)
        self.tries.setText(wording.count(sync.tries) if sync.tries else "–")
        self.made.setText("–" if now is None else wording.count(now.today.made))
        self.taken.setText("–" if now is None else wording.count(now.today.taken))
        self.repeated.setText(wording.count(sync.repeated))
        stands_alone = now is not None and not now.office.has_office
        self.enrol.setVisible(stands_alone and self._may_enrol)
        self.send.setVisible(not sync.is_running)
        self.send.setEnabled(not stands_alone)
        self.stop.setVisible(sync.is_running)
        self.stop.setEnabled(not sync.is_stopping)


class SumsCard(Card):
    """A sale as it was sold, beside what it adds up to with the tariff known now."""

    def __init__(self, look: Look, presenter: UploadsPresenter) -> None:
        padding = look.metrics.fixed(20, 12)
        super().__init__(padding=padding, gap=look.metrics.fixed(10, 8))
        self._look = look
        say = look.say
        self.title = label(look, "", Type.STRONG, wraps=True)
        self.body.addWidget(self.title)
        self.about = label(look, "", Type.BODY, tone="text2", wraps=True)
        self.body.addWidget(self.about)
        self._holder = QVBoxLayout()
        self.body.addLayout(self._holder)
        self._table: QWidget | None = None
        self.body.addStretch(1)
        self.back = KeyButton(look, say("Back"), cap="Esc")
        self.back.clicked.connect(presenter.close_sums)
        self.body.addWidget(self.back)
        self._shown: BothSums | None = None

    def show_sums(self, sums: BothSums) -> None:
        """Show both."""
        if sums == self._shown:
            return
        self._shown = sums
        look, say, wording = self._look, self._look.say, self._look.wording
        self.title.setText(say("Sale {number}, both sums", number=sums.number))
        is_same = sums.is_again and all(one.here_minor == one.there_minor for one in sums.lines)
        if not sums.is_again:
            about = say("This till cannot add it up again: it does not have the tariff of that time.")
        elif is_same:
            about = say("This till gets the same sum again. Head office decides in its review.")
        else:
            about = say("With the tariff head office gives for that time the sum is another one.")
        self.about.setText(about)
        if self._table is not None:
            self._table.hide()
            self._table.deleteLater()
        self._table = QWidget()
        grid = QGridLayout(self._table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(look.metrics.fixed(6, 4))
        grid.setColumnStretch(0, 1)
        rows = [
            (say(SUM_WORDS.get(one.kind, one.kind)), one.here_minor, one.there_minor) for one in sums.lines
        ]
        self._row(grid, 0, ("", say("This till"), say("Head office")), kind=Type.CAPTION)
        for n, (name, here, there) in enumerate(rows, start=1):
            cells = tuple("–" if value is None else wording.amount(value) for value in (here, there))
            self._row(grid, n, (name, *cells), is_other=sums.is_again and (here or 0) != (there or 0))
        units = [f"{wording.units(sums.units_here_milli)}{NO_BREAK}kWh", "–"]
        if sums.is_again:
            units[1] = f"{wording.units(sums.units_there_milli)}{NO_BREAK}kWh"
        other = sums.is_again and sums.units_here_milli != sums.units_there_milli
        self._row(grid, len(rows) + 1, (say("Units"), *units), is_other=other)
        self._holder.addWidget(self._table)

    def _row(
        self,
        grid: QGridLayout,
        n: int,
        cells: tuple[str, ...],
        *,
        kind: Type = Type.VALUE,
        is_other: bool = False,
    ) -> None:
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(ElidedLabel(self._look, cells[0], Type.BODY, tone="text2"), n, 0)
        tone = "badtext" if is_other else "text2" if kind is Type.CAPTION else "text"
        for place, text in enumerate(cells[1:], start=1):
            grid.addWidget(label(self._look, text, kind, tone=tone), n, place, right)
