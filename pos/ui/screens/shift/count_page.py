"""Counting the drawer: the float of a new shift, or what is there at its end."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.shift.count_card import CountCard, make_lines
from pos.ui.screens.shift.counting import Count
from pos.ui.screens.shift.head import Zones, scrolled, sized
from pos.ui.screens.shift.presenter import ShiftPresenter
from pos.ui.screens.shift.state import Page, ShiftState
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Card, Note
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.text import label, rule


class CountPage(QWidget):
    """Notes and coins, and at the right what they come to."""

    def __init__(self, look: Look, presenter: ShiftPresenter, page: Page, count: Count) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._is_opening = page is Page.OPEN
        width = look.metrics.fixed(392, 300)
        self._zones = Zones(look, self, side_width=width, step=None if self._is_opening else 0)
        self._head = self._zones.head
        self.lines = make_lines(look, count)
        for line in self.lines:
            line.typed.connect(presenter.type_line)
            line.changed_by.connect(self._on_changed)
            line.entered.connect(presenter.stand_at)
        cards = self._make_cards(count)
        self._area: QScrollArea | None = None
        if look.metrics.is_single_column:
            self._zones.add(cards, 0)
        else:
            self._area = scrolled(cards)
            self._zones.add(self._area)
        self._zones.add_side(self._make_side())

    def _make_cards(self, count: Count) -> QVBoxLayout:
        look, say = self._look, self._look.say
        self._notes = CountCard(look, say("Notes"), say("Notes together"), self.lines[: count.note_count])
        self._coins = CountCard(look, say("Coins"), say("Coins together"), self.lines[count.note_count :])
        if len(count.values) == count.note_count:
            self._coins.hide()
        left = QVBoxLayout()
        left.setSpacing(look.metrics.fixed(20, 10))
        left.addWidget(self._notes)
        if not look.metrics.is_single_column:
            left.addLayout(self._make_keys())
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self._coins)
        right.addStretch(1)
        cards = QVBoxLayout()
        if look.metrics.is_single_column:
            cards.addLayout(left)
            cards.addLayout(right)
        else:
            beside = QHBoxLayout()
            beside.setSpacing(look.metrics.margin)
            beside.addLayout(left, 1)
            beside.addLayout(right, 1)
            cards.addLayout(beside)
        cards.setContentsMargins(0, 0, 0, 0)
        cards.setSpacing(look.metrics.gap)
        return cards

    def _make_keys(self) -> QHBoxLayout:
        """The keys of counting, in words."""
        look, say = self._look, self._look.say
        row = QHBoxLayout()
        row.setContentsMargins(2, 0, 0, 0)
        row.setSpacing(4)
        hints = (
            ((say("Enter"),), say("next line")),
            ((say("Up"), say("Down")), say("move")),
            (("+", "-"), say("one more, one less")),
        )
        for n, (caps, text) in enumerate(hints):
            # In a narrow zone the last hint would be cut, and the buttons say the same.
            if look.metrics.is_compact and n == len(hints) - 1:
                break
            for cap in caps:
                row.addWidget(KeyCap(look, cap))
            row.addWidget(label(look, text, Type.SUPPORT, tone="text2"))
            row.addSpacing(6)
        row.addStretch(1)
        return row

    def _make_side(self) -> Card:
        look, say = self._look, self._look.say
        side = Card(padding=look.metrics.fixed(20, 12), gap=0)
        body = side.body
        body.addWidget(label(look, say("Counted so far"), Type.BODY, tone="text2"))
        self._total = label(look, "")
        self._total.setFont(sized(look, Type.TOTAL, 48, 36))
        body.addSpacing(look.metrics.fixed(2, 0))
        body.addWidget(self._total)
        body.addSpacing(look.metrics.fixed(3, 0))
        self._pieces = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        body.addWidget(self._pieces)
        body.addSpacing(look.metrics.fixed(14, 8))
        body.addWidget(rule())
        body.addSpacing(look.metrics.fixed(14, 8))
        self._note = Note(look, "info", "", "", icon="eye")
        self._warn = Note(look, "warn", "", "")
        for note in (self._note, self._warn):
            edge = look.metrics.fixed(14, 8)
            note.row.setContentsMargins(12, edge, 12, edge)
        self._warn.hide()
        body.addWidget(self._note)
        body.addWidget(self._warn)
        body.addSpacing(look.metrics.fixed(16, 10))
        self._checks = QVBoxLayout()
        self._checks.setSpacing(look.metrics.fixed(16, 6))
        body.addLayout(self._checks)
        body.addStretch(1)
        caption = say("Open the shift") if self._is_opening else say("I have counted everything")
        self.main = KeyButton(look, caption, cap=look.keys.cap_of(Act.MAIN), kind="accent", size="pay")
        self.main.clicked.connect(self._presenter.main)
        body.addWidget(self.main)
        return side

    # -- state --------------------------------------------------------------------------------------------

    def show_state(self, state: ShiftState) -> None:
        """Show the count and what it comes to."""
        count, now = state.counts, state.now
        if count is None or now is None:
            return
        look, say, wording = self._look, self._look.say, self._look.wording
        self._say_title(state)
        for line in self.lines:
            line.show_line(count)
        self._notes.show_sum(count.notes_minor)
        self._coins.show_sum(count.coins_minor)
        self._total.setText(wording.money(count.total_minor))
        # A long sum steps down rather than being cut.
        room = look.metrics.fixed(392, 300) - 2 * look.metrics.fixed(20, 12) - 2
        fit_font(self._total, look, ((48, 36), (40, 30), (32, 24)), room)
        pieces = wording.count(count.all_pieces)
        self._pieces.setText(
            say("Notes and coins: {n}", n=pieces)
            if self._is_opening
            else say("Notes and coins: {n} · deposit bag not included", n=pieces)
        )
        self._say_note(state)
        self._show_checks(state)
        self.main.setEnabled(not state.is_busy)
        for line in self.lines:
            line.edit.setReadOnly(state.is_busy)

    def _say_title(self, state: ShiftState) -> None:
        say, wording, now = self._look.say, self._look.wording, state.now
        assert now is not None
        if self._is_opening or now.shift is None:
            self._head.say(
                say("Open shift {number}", number=now.number),
                say("Count the float that is in the drawer: how many of each note and coin."),
            )
            return
        self._head.say(
            say("Close shift {number}", number=now.number),
            say(
                "Opened {time} by {name} with a float of {amount}",
                time=wording.time(now.shift.opened_at),
                name=now.shift.operator,
                amount=wording.money(now.shift.float_minor),
            ),
        )

    def _say_note(self, state: ShiftState) -> None:
        say = self._look.say
        if self._is_opening:
            self._note.say(
                say("The float is yours"),
                say("What you count now is what the shift begins with. Count it before you sell."),
            )
        else:
            self._note.say(
                say("Blind count"),
                say(
                    "What the till expects stays hidden until you confirm. "
                    "Afterwards the count cannot be changed."
                ),
            )
        if state.asks_empty:
            self._warn.say(say("Nothing is counted"), say("If the drawer is empty, press the key again."))
        elif state.is_refused:
            self._warn.say(
                say("A supervisor must look"),
                say(
                    "The count is outside the limit and is in the journal. Count once more or leave it; "
                    "a supervisor allows the close."
                ),
            )
        self._note.setVisible(not (state.asks_empty or state.is_refused))
        self._warn.setVisible(state.asks_empty or state.is_refused)

    def _show_checks(self, state: ShiftState) -> None:
        checks = _checks(state, self._look, is_opening=self._is_opening)
        key = repr(checks)
        if self._checks.property("shown") == key:
            return
        self._checks.setProperty("shown", key)
        while (item := self._checks.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        title = (
            self._look.say("Taken over") if self._is_opening else self._look.say("Before the shift closes")
        )
        if checks:
            self._checks.addWidget(label(self._look, title, Type.NAME))
        for light, text, help_text in checks:
            # On a small screen the lights and their facts are enough.
            shown = "" if self._look.metrics.is_compact else help_text
            self._checks.addWidget(_Check(self._look, light, text, shown))

    def take_focus(self, state: ShiftState) -> None:
        """Put the caret where the count stands."""
        count = state.counts
        if count is None:
            return
        if count.at < len(self.lines):
            line = self.lines[count.at]
            line.take_focus()
            if self._area is not None:
                self._area.ensureWidgetVisible(line)
            self._zones.reveal(line)
        else:
            self.main.setFocus()
            self._zones.reveal(self.main)

    def _on_changed(self, n: int, by: int) -> None:
        self._presenter.change_line(by, n)


class _Check(QWidget):
    """A light, a fact and what it means."""

    def __init__(self, look: Look, light: str, text: str, help_text: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Light(look, light), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(look, text, Type.BODY, wraps=True))
        if help_text:
            words.addWidget(label(look, help_text, Type.SUPPORT, tone="text2", wraps=True))
        row.addLayout(words, 1)


def _checks(state: ShiftState, look: Look, *, is_opening: bool) -> list[tuple[str, str, str]]:
    """Return light, fact and its meaning for what should be known before the main act."""
    now, say, count = state.now, look.say, look.wording.count
    assert now is not None
    checks = []
    if now.drafts:
        text = say("Sales on hold: {n}", n=count(now.drafts))
        checks.append(("warn", text, say("Nothing is paid on them. They stay for the next shift.")))
    elif not is_opening:
        checks.append(("ok", say("No sale on hold"), ""))
    if now.waiting:
        text = say("Payments not final: {n}", n=count(len(now.waiting)))
        meaning = (
            say("They wait from earlier shifts and are named after opening.")
            if is_opening
            else say("They move to the next shift as their own lines.")
        )
        checks.append(("warn", text, meaning))
    elif not is_opening:
        checks.append(("ok", say("Every payment is final"), ""))
    if now.unsent and not is_opening:
        text = say("Entries not sent yet: {n}", n=count(now.unsent))
        checks.append(("off", text, say("They are safe here and go out by themselves.")))
    return checks


def fit_font(target: QLabel, look: Look, sizes: tuple[tuple[int, int], ...], width: int) -> None:
    """Give a number the largest of some sizes in which it fits."""
    for normal, compact in sizes:
        target.setFont(sized(look, Type.TOTAL, normal, compact))
        if target.fontMetrics().horizontalAdvance(target.text()) <= width:
            return
