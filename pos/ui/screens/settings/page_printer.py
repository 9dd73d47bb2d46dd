"""The printer page: address, test page, drawer, what the printer says, papers in line."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos import config
from pos.services.print_spool import Decision
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import (
    Choosers,
    Fact,
    PageView,
    clear,
    pair,
    paper_card,
    side_card,
    side_column,
)
from pos.ui.screens.settings.printer import Job, PrinterSection, PrinterState
from pos.ui.screens.settings.setting_fields import make_field
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.paper_view import PaperView
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone

_PARTS = ("first", "second")


class PrinterPage(PageView):
    """Shows the state of `PrinterSection`."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, section: PrinterSection, choosers: Choosers
    ) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        say = self.say
        self.kind = Choice(look, list(section.kind_words().items()), name=say("Printer"))
        self.kind.picked.connect(section.choose_kind)
        self.kind_field = LabelledField(look, say("Printer"), self.kind)
        self.paper_width = make_field(look, form, config.PAPER_WIDTH_MM, choosers)
        self.column.addLayout(pair(look, self.kind_field, self.paper_width.widget, shares=(3, 2)))
        self._build_parts()
        self.column.addWidget(rule())
        self._build_jobs()
        self.column.addStretch(1)
        self._build_acts()
        self._build_side()
        section.show = self.show_state
        self.show_state(section.state)

    def _build_parts(self) -> None:
        self.parts = QWidget()
        row = QHBoxLayout(self.parts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.edits, self.part_fields = {}, {}
        for n, name in enumerate(_PARTS):
            edit = line_edit(self.look)
            field = LabelledField(self.look, "", edit)
            row.addWidget(field, 3 - n, Qt.AlignmentFlag.AlignTop)
            edit.editingFinished.connect(lambda name=name: self._on_part(name))
            self.edits[name], self.part_fields[name] = edit, field
        self.column.addWidget(self.parts)

    def _build_jobs(self) -> None:
        look, say = self.look, self.say
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(look, say("Papers in line"), Type.NAME))
        self.jobs_help = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        words.addWidget(self.jobs_help)
        head.addLayout(words, 1)
        self.print_waiting = KeyButton(look, say("Print them now"), size="small")
        self.print_waiting.clicked.connect(self._section.print_waiting)
        head.addWidget(self.print_waiting)
        self.column.addLayout(head)
        self._jobs = QVBoxLayout()
        self._jobs.setSpacing(8)
        self.column.addLayout(self._jobs)
        self._shown_jobs: tuple[Job, ...] | None = None

    def _build_acts(self) -> None:
        look, say = self.look, self.say
        row = QHBoxLayout()
        row.setSpacing(12)
        cap = look.keys.cap_of(Act.REPRINT)
        self.test = KeyButton(look, say("Print a test page"), cap=cap, kind="accent", icon="printer")
        self.drawer = KeyButton(look, say("Open the drawer"))
        self.done = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self.done.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.test)
        row.addWidget(self.drawer)
        row.addWidget(self.done, 1)
        self.column.addLayout(row)
        self.test.clicked.connect(self._section.test)
        self.drawer.clicked.connect(self._section.open_drawer)

    def _build_side(self) -> None:
        look, say = self.look, self.say
        self.paper = PaperView(look)
        card = paper_card(look, say("How it will look"), self.paper)
        said, self._says = side_card(look, say("What the printer says"))
        self.side = side_column(look, card, said)
        self.side_title = say("How it will look")

    def first(self) -> QWidget | None:
        """The way the printer is connected."""
        return self.kind

    def focus_setting(self, key: str) -> bool:
        """Put the focus on the printer or the paper."""
        target = {config.PRINTER.key: self.kind, config.PAPER_WIDTH_MM.key: self.paper_width.focus}.get(key)
        if target is not None:
            target.setFocus()
        return target is not None

    def bar(self) -> Mapping[Act, BarItem]:
        """The test page has its key."""
        state = self._section.state
        return {Act.REPRINT: BarItem(self.say("Test page"), is_on=bool(state.kind) and not state.is_busy)}

    def act(self, act: Act) -> bool:
        """Print the test page."""
        if act is not Act.REPRINT:
            return False
        self._section.test()
        return True

    def show_form(self, state: FormState) -> None:
        """Show the paper's width."""
        self.paper_width.show_state(state)

    def show_state(self, state: PrinterState) -> None:
        """Show everything."""
        self.kind.choose(state.kind)
        self._show_parts(state)
        self.say_state(state.word, state.tone)
        self.kind_field.set_wrong(state.wrong.get("kind", ""))
        has_printer = bool(state.kind) and not state.is_busy
        self.test.setEnabled(has_printer)
        self.drawer.setEnabled(has_printer)
        is_missing = state.is_read and not state.kind
        done = state.done or (self.say("Choose a printer first.") if is_missing else "")
        self.done.setText(done)
        set_tone(self.done, "oktext" if state.done else "text2")
        if state.preview:
            self.paper.show_text(state.preview)
        clear(self._says)
        for line in state.lines:
            self._says.addWidget(Fact(self.look, line.name, line.value, line.light))
        count = self.look.wording.count(len(state.jobs))
        self._says.addWidget(Fact(self.look, self.say("In line"), self.say("Papers: {n}", n=count)))
        self._show_jobs(state.jobs)
        self.bar_changed.emit()

    def _show_parts(self, state: PrinterState) -> None:
        words = self._section.part_words()
        self.parts.setVisible(bool(words))
        for n, name in enumerate(_PARTS):
            field, edit = self.part_fields[name], self.edits[name]
            field.setVisible(n < len(words))
            if n >= len(words):
                continue
            caption, example = words[n]
            field.caption.setText(caption)
            edit.setAccessibleName(caption)
            edit.setPlaceholderText(example)
            text = getattr(state, name)
            if edit.text() != text and not (edit.hasFocus() and edit.isModified()):
                edit.setText(text)
            field.set_wrong(state.wrong.get(name, ""))

    def _show_jobs(self, jobs: tuple[Job, ...]) -> None:
        if jobs == self._shown_jobs:
            return
        self._shown_jobs = jobs
        asks = any(job.asks for job in jobs)
        text = self.say("None.") if not jobs else self.say("These wait for the printer.")
        if asks:
            text = self.say("Look at the paper: did it come out? Nothing is printed twice by itself.")
        self.jobs_help.setText(text)
        self.print_waiting.setVisible(any(job.waits for job in jobs))
        clear(self._jobs)
        for job in jobs:
            self._jobs.addWidget(self._job_row(job))

    def _job_row(self, job: Job) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(ElidedLabel(self.look, job.text, Type.BODY), 1)
        row.addWidget(Badge(self.look, job.state, job.tone))
        column.addLayout(row)
        if job.asks:
            acts = QHBoxLayout()
            acts.setSpacing(8)
            choices = (
                (self.say("It is printed"), Decision.IS_PRINTED),
                (self.say("Print again"), Decision.PRINT_AGAIN),
                (self.say("Give it up"), Decision.GIVE_UP),
            )
            for caption, decision in choices:
                button = KeyButton(self.look, caption, size="small")
                button.clicked.connect(lambda _=False, d=decision, k=job.key: self._section.decide(k, d))
                acts.addWidget(button)
            acts.addStretch(1)
            column.addLayout(acts)
        return holder

    def _on_part(self, name: str) -> None:
        self.edits[name].setModified(False)
        self._section.set_part(name, self.edits[name].text())
