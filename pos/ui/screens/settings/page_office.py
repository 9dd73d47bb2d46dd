"""The page of head office: how this till stands to it, enrolling, replacing, whose clock it goes by."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from pos.services.enrol_values import ReplaceReport
from pos.services.office_standing import OfficeStanding
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.office import OfficeSection, OfficeState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Fact, PageView, act_row, clear, pair, side_card, side_column
from pos.ui.widgets.card import Note
from pos.ui.widgets.controls import Switch
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.pin import PinField
from pos.ui.widgets.text import label, rule, set_tone

STATE_WORDS = {
    "none": ("Stands alone", "neutral"),
    "restored": ("Restored", "warn"),
    "enrolled": ("Enrolled", "ok"),
    "revoked": ("Revoked", "bad"),
    "forked": ("Sold twice", "bad"),
}


class OfficePage(PageView):
    """Shows the state of `OfficeSection`."""

    def __init__(self, look: Look, page: Page, section: OfficeSection) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        self.note = Note(look, "info", "")
        self.column.addWidget(self.note)
        self.form = self._build_form()
        self.column.addWidget(self.form)
        self.clock = self._build_clock()
        self.column.addWidget(self.clock)
        self.talk = KeyButton(
            look,
            self.say("Talk to head office now"),
            cap=look.keys.cap_of(Act.MAIN),
            kind="accent",
            icon="upload",
        )
        self.talk.clicked.connect(section.talk_now)
        self._talk_row = QWidget()
        row = act_row(self.talk)
        row.setContentsMargins(0, 0, 0, 0)
        self._talk_row.setLayout(row)
        self.column.addWidget(self._talk_row)
        self.said = label(look, "", Type.SUPPORT, wraps=True)
        self.column.addWidget(self.said)
        self.report = QVBoxLayout()
        self.report.setSpacing(6)
        self.column.addLayout(self.report)
        self.column.addStretch(1)
        self._build_side()
        section.show = self.show_state
        self.show_state(section.state)

    def _build_form(self) -> QWidget:
        look, say, section = self.look, self.say, self._section
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.fixed(14, 10))
        self.url = line_edit(look, hint="https://office.example.com")
        self.url.textEdited.connect(lambda text: section.type(url=text))
        self.url_field = LabelledField(look, say("Address of head office"), self.url)
        column.addWidget(self.url_field)
        self.code = line_edit(look, hint="K7QM 2XRB AN")
        self.code.setMaxLength(14)
        self.code.textEdited.connect(lambda text: section.type(code=text))
        help_text = say("Head office gives it. It lives 15 minutes and works once.")
        self.code_field = LabelledField(look, say("Code"), self.code, help_text=help_text)
        self.pin = PinField(look, name=say("Your PIN"))
        self.pin.entered.connect(self._enrol_with)
        self.pin_field = LabelledField(look, say("Your PIN"), self.pin)
        column.addLayout(pair(look, self.code_field, self.pin_field))
        self.replaces = Switch(look, say("This till takes the place of a lost one"))
        self.replaces.toggled.connect(lambda is_on: section.type(replaces=is_on))
        self._replaces_words = label(look, "", Type.BODY, wraps=True)
        self._replaces_row = QWidget()
        row = QHBoxLayout(self._replaces_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.replaces)
        row.addWidget(self._replaces_words, 1)
        column.addWidget(self._replaces_row)
        self.replaces_wrong = label(look, "", Type.SMALL, tone="badtext", wraps=True)
        column.addWidget(self.replaces_wrong)
        cap = look.keys.cap_of(Act.MAIN)
        self.enrol = KeyButton(look, say("Enrol this till"), cap=cap, kind="accent", icon="upload")
        self.enrol.clicked.connect(self._enrol)
        column.addLayout(act_row(self.enrol))
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(say("The till is being enrolled"))
        column.addWidget(self.progress)
        for edit in (self.url, self.code):
            edit.installEventFilter(EnterFilter(edit, self.pin.setFocus))
        return holder

    def _build_clock(self) -> QWidget:
        look, say, section = self.look, self.say, self._section
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.fixed(10, 8))
        column.addWidget(rule())
        self.clock_words = label(look, "", Type.BODY, wraps=True)
        column.addWidget(self.clock_words)
        self.reason = line_edit(look)
        self.reason.setMaxLength(200)
        self.reason.textEdited.connect(lambda text: section.type(reason=text))
        self.reason_field = LabelledField(look, say("Why"), self.reason)
        column.addWidget(self.reason_field)
        self.keep = KeyButton(look, say("Go by head office's clock"), icon="clock")
        self.keep.clicked.connect(lambda: section.keep_clock(keeps=True))
        self.own = KeyButton(look, say("Go by this computer's clock"), icon="clock")
        self.own.clicked.connect(lambda: section.keep_clock(keeps=False))
        column.addLayout(act_row(self.keep, self.own))
        return holder

    def _build_side(self) -> None:
        card, self._facts = side_card(self.look, self.say("This till"))
        self.side = side_column(self.look, card)
        self.side_title = self.say("This till")

    def first(self) -> QWidget | None:
        """The first empty field, or the button."""
        facts = self._section.state.facts
        if facts is not None and facts.standing.has_office:
            return self.talk
        return self.code if self.url.text() else self.url

    def bar(self) -> Mapping[Act, BarItem]:
        """Enrolling, or talking to head office, has its key."""
        state = self._section.state
        is_enrolled = state.facts is not None and state.facts.standing.has_office
        word = self.say("Send now") if is_enrolled else self.say("Enrol")
        return {Act.MAIN: BarItem(word, is_on=not state.is_busy, is_main=True)}

    def act(self, act: Act) -> bool:
        """Enrol, or talk to head office."""
        if act is not Act.MAIN:
            return False
        facts = self._section.state.facts
        if facts is not None and facts.standing.has_office:
            self._section.talk_now()
        else:
            self._enrol()
        return True

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: OfficeState) -> None:
        """Show everything."""
        facts = state.facts
        standing = OfficeStanding() if facts is None else facts.standing
        word, tone = STATE_WORDS[standing.state]
        self.say_state("" if facts is None else self.say(word), tone)
        self._show_note(state, standing)
        self._show_form(state, standing)
        self._show_clock(state)
        self._talk_row.setVisible(standing.has_office)
        self.talk.setEnabled(not state.is_talking)
        text, tone = state.done, "oktext"
        if state.trouble:
            text, tone = state.trouble, "badtext"
        if "enrol" in state.wrong:
            text, tone = state.wrong["enrol"], "badtext"
        elif state.is_busy or state.is_talking:
            text, tone = self.say("Talking to head office."), "text2"
            if state.fetched:
                text = self.say("Fetching back: entries {n}", n=self.look.wording.count(state.fetched))
        self.said.setText(text)
        self.said.setVisible(bool(text))
        set_tone(self.said, tone)
        self._show_report(None if state.enrolled is None else state.enrolled.replaced)
        self._show_facts(state, standing)
        self.bar_changed.emit()

    def _show_note(self, state: OfficeState, standing: OfficeStanding) -> None:
        say = self.say
        fact, text = "", ""
        if standing.state == "none" and state.facts is not None:
            fact = say("This till stands alone.")
            text = say(
                "Enrolled, it sends its entries to head office and fetches meters, tariffs and people."
            )
        elif standing.state == "restored" and state.facts is not None:
            fact = say("This book was restored from till {code}.", code=state.facts.former_code)
            text = say(
                "Does this computer take its place? Then ask head office for a code and enrol it here."
            )
        elif standing.state == "revoked":
            fact = say("Head office has taken this till out of use.")
            text = say("What was sold is still sent. To sell again it must be set up anew.")
        elif standing.state == "forked":
            fact = say("A copy of this till sold too.")
            text = say("Restore the newest back-up on one computer, and enrol it there as the replacement.")
        self.note.say(fact, text)
        self.note.setVisible(bool(fact))

    def _show_form(self, state: OfficeState, standing: OfficeStanding) -> None:
        self.form.setVisible(state.facts is not None and not standing.has_office)
        for edit, text in ((self.url, state.url), (self.code, state.code)):
            if edit.text() != text:
                edit.setText(text)
        self.url_field.set_wrong(state.wrong.get("url", ""))
        self.code_field.set_wrong(state.wrong.get("code", ""))
        self.pin_field.set_wrong(state.wrong.get("pin", ""))
        former = "" if state.facts is None else state.facts.former_code
        self._replaces_row.setVisible(bool(former))
        self._replaces_words.setText(
            self.say("This till takes the place of {code}, which sells no more", code=former)
        )
        self.replaces.blockSignals(True)
        self.replaces.setChecked(state.replaces)
        self.replaces.blockSignals(False)
        wrong = state.wrong.get("replaces", "")
        self.replaces_wrong.setText(wrong)
        self.replaces_wrong.setVisible(bool(wrong))
        for widget in (self.enrol, self.url, self.code, self.pin, self.replaces):
            widget.setEnabled(not state.is_busy)
        self.progress.setVisible(state.is_busy)

    def _show_clock(self, state: OfficeState) -> None:
        facts = state.facts
        keeps = facts is not None and facts.keeps_server_clock
        self.clock.setVisible(keeps or state.is_clock_off)
        offset_ms = 0 if facts is None else facts.standing.clock_offset_ms or 0
        age = self.look.wording.age(abs(offset_ms) // 1000)
        if keeps:
            text = self.say(
                "This till goes by head office's clock. This computer's is off by {age}.", age=age
            )
        else:
            text = self.say(
                "This computer's clock is off by {age}: no token is made until it is right.", age=age
            )
        self.clock_words.setText(text)
        self.keep.setVisible(not keeps)
        self.own.setVisible(keeps)
        if self.reason.text() != state.reason:
            self.reason.setText(state.reason)
        self.reason_field.set_wrong(state.wrong.get("reason", ""))

    def _show_report(self, report: ReplaceReport | None) -> None:
        clear(self.report)
        if report is None:
            return
        say, count = self.say, self.look.wording.count
        lines = [
            say("Till {code} is replaced.", code=report.former_code),
            say("Entries restored here: {n}", n=count(report.restored_seq)),
            say("Fetched back from head office: {n}", n=count(report.fetched)),
            say("Still to send: {n}", n=count(report.to_send)),
        ]
        if report.missing:
            lines.append(say("Receipts that are lost: {numbers}", numbers=", ".join(report.missing)))
        else:
            lines.append(say("Nothing is lost."))
        for text in lines:
            self.report.addWidget(label(self.look, text, Type.BODY, wraps=True))

    def _show_facts(self, state: OfficeState, standing: OfficeStanding) -> None:
        say, wording, facts = self.say, self.look.wording, state.facts
        clear(self._facts)
        if facts is None:
            return
        key = " ".join(facts.fingerprint[n : n + 4] for n in range(0, 16, 4))
        word, _ = STATE_WORDS[standing.state]
        rows = [(say("Till code"), facts.till_code), (say("Its key begins"), key), (say("State"), say(word))]
        if standing.has_office:
            offset = standing.clock_offset_ms
            rows += [
                (say("Head office"), standing.url),
                (say("Enrolled"), "–" if standing.enrolled_at is None else wording.day(standing.enrolled_at)),
                (
                    say("Last contact"),
                    "–" if standing.synced_at is None else wording.day_time(standing.synced_at),
                ),
                (say("Clock differs by"), "–" if offset is None else wording.age(abs(offset) // 1000)),
            ]
        for name, value in rows:
            fact = Fact(self.look, name, value)
            fact.value.setAccessibleName(f"{name}: {value}")
            self._facts.addWidget(fact)

    def _enrol(self) -> None:
        self._enrol_with(self.pin.take())

    def _enrol_with(self, pin: str) -> None:
        self._section.enrol(pin)
        wrong = self._section.state.wrong
        for name, widget in (("url", self.url), ("code", self.code), ("pin", self.pin)):
            if name in wrong:
                widget.setFocus(Qt.FocusReason.OtherFocusReason)
                return
