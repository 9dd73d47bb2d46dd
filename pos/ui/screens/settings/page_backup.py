"""The back-up page: make one, prove the books, set the passphrase, and restore."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from pos import config
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import (
    Choosers,
    PageView,
    PathField,
    act_row,
    clear,
    pair,
    side_card,
    side_column,
)
from pos.ui.screens.settings.safety import BackupRow, SafetySection, SafetyState
from pos.ui.screens.settings.setting_fields import make_field
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Note
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone


class BackupPage(PageView):
    """Shows the state of `SafetySection`: the page, or the restore in its place."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, section: SafetySection, choosers: Choosers
    ) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        self._choosers = choosers
        self._form = form
        self.making, self.restoring = self._build_page(), self._build_restore()
        self.column.addWidget(self.making, 1)
        self.column.addWidget(self.restoring, 1)
        self._build_side()
        section.show = self.show_state
        self.show_state(section.state)

    def _build_page(self) -> QWidget:
        look, say = self.look, self.say
        holder, column = _column(look)
        last = QHBoxLayout()
        last.setSpacing(10)
        self.light = Light(look, "off")
        self.last = label(look, "", Type.VALUE, wraps=True)
        last.addWidget(self.light)
        last.addWidget(self.last, 1)
        column.addLayout(last)
        cap = look.keys.cap_of(Act.MAIN)
        self.make = KeyButton(look, say("Make a back-up now"), cap=cap, kind="accent", icon="download")
        self.make.clicked.connect(self._section.make)
        column.addLayout(act_row(self.make))
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(say("The back-up is being made"))
        column.addWidget(self.progress)
        self.make_said = label(look, "", Type.SUPPORT, wraps=True)
        column.addWidget(self.make_said)
        column.addWidget(rule())
        self.folder = make_field(look, self._form, config.BACKUP_FOLDER, self._choosers)
        self.hours = make_field(look, self._form, config.BACKUP_HOURS, self._choosers)
        column.addWidget(self.folder.widget)
        column.addWidget(self.hours.widget)
        column.addWidget(rule())
        self.phrase = line_edit(look, is_secret=True)
        self.again = line_edit(look, is_secret=True)
        help_text = say("For back-ups on another disk. Take that of the vault: one sheet in the safe.")
        self.phrase_field = LabelledField(look, say("Recovery passphrase"), self.phrase, help_text=help_text)
        self.again_field = LabelledField(look, say("Once more"), self.again)
        column.addLayout(pair(look, self.phrase_field, self.again_field))
        self.set_phrase = KeyButton(look, say("Set the passphrase"))
        self.set_phrase.clicked.connect(self._on_phrase)
        self.again.installEventFilter(EnterFilter(self.again, self._on_phrase))
        column.addLayout(act_row(self.set_phrase))
        column.addStretch(1)
        return holder

    def _build_restore(self) -> QWidget:
        look, say = self.look, self.say
        holder, column = _column(look)
        fact = say("A restore makes a till in an empty folder. This till is not touched.")
        text = say(
            "It begins a new book with a new code. Stop selling here first if it shall take this place."
        )
        column.addWidget(Note(look, "info", fact, text))
        files = self._choosers
        choose = say("Choose")
        self.backup = PathField(
            look, say("Back-up"), "", choose, lambda start: files.open_file(say("Back-up"), start)
        )
        self.mirror = PathField(
            look,
            say("Mirror that lay beside it"),
            say("It has every sale since. Empty: without it."),
            choose,
            lambda start: files.open_file(say("Mirror"), start),
        )
        self.target = PathField(
            look, say("Empty folder"), "", choose, lambda start: files.folder(say("Empty folder"), start)
        )
        for field in (self.backup, self.mirror, self.target):
            column.addWidget(field)
        self.receipt = line_edit(look, hint="T03-000123")
        self.receipt_field = LabelledField(look, say("Last receipt on paper"), self.receipt)
        self.passphrase = line_edit(look, is_secret=True)
        self.passphrase_field = LabelledField(look, say("Recovery passphrase, if sealed"), self.passphrase)
        column.addLayout(pair(look, self.receipt_field, self.passphrase_field))
        self.restore = KeyButton(look, say("Restore into this folder"), kind="accent")
        self.back = KeyButton(look, say("Back"), cap="Esc")
        column.addLayout(act_row(self.restore, self.back))
        self.restore_said = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        column.addWidget(self.restore_said)
        self.command = label(look, "", Type.SMALL, tone="text3", wraps=True)
        self.command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.command)
        self.report = QVBoxLayout()
        self.report.setSpacing(6)
        column.addLayout(self.report)
        column.addStretch(1)
        section = self._section
        self.backup.edited.connect(section.choose_backup)
        self.mirror.edited.connect(lambda path: section.type(mirror=path))
        self.target.edited.connect(lambda path: section.type(target=path))
        self.receipt.textEdited.connect(lambda number: section.type(last_receipt=number))
        self.restore.clicked.connect(self._on_restore)
        self.back.clicked.connect(section.end_restore)
        self._shown_report: tuple[str, ...] = ()
        return holder

    def _build_side(self) -> None:
        look, say = self.look, self.say
        books, inside = side_card(look, say("Prove the books"))
        text = say("Adds everything up again from the journal and compares it with its witnesses.")
        inside.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.verify = KeyButton(look, say("Verify the books"), icon="shield")
        self.verify.clicked.connect(self._section.verify)
        inside.addLayout(act_row(self.verify))
        self.verdict = label(look, "", Type.VALUE, wraps=True)
        inside.addWidget(self.verdict)
        card, self._list = side_card(look, say("Back-ups in the folder"))
        self._rows = QVBoxLayout()
        self._rows.setSpacing(6)
        self._list.addLayout(self._rows)
        self.begin = KeyButton(look, say("How to restore"), icon="history")
        self.begin.clicked.connect(lambda: self._on_begin(None))
        self.begin.setEnabled(self._section.can_restore)
        self._list.addLayout(act_row(self.begin))
        self.side = side_column(look, books, card)
        self.side_title = say("Back-ups in the folder")
        self._shown_rows: tuple[BackupRow, ...] | None = None

    def first(self) -> QWidget | None:
        """The main button."""
        return self.make

    def focus_setting(self, key: str) -> bool:
        """Put the caret into one of the two settings."""
        field = {config.BACKUP_FOLDER.key: self.folder, config.BACKUP_HOURS.key: self.hours}.get(key)
        if field is not None:
            field.focus.setFocus()
        return field is not None

    def bar(self) -> Mapping[Act, BarItem]:
        """Making a back-up has its key."""
        state = self._section.state
        is_on = state.steps < 0 and not state.is_restoring
        return {Act.MAIN: BarItem(self.say("Back up"), is_on=is_on, is_main=True)}

    def act(self, act: Act) -> bool:
        """Make a back-up."""
        if act is not Act.MAIN or self._section.state.is_restoring:
            return False
        self._section.make()
        return True

    def escape(self) -> bool:
        """Leave the restore."""
        self.passphrase.clear()
        return self._section.end_restore()

    def show_form(self, state: FormState) -> None:
        """Show the two settings."""
        self.folder.show_state(state)
        self.hours.show_state(state)

    def show_state(self, state: SafetyState) -> None:
        """Show everything."""
        self.making.setVisible(not state.is_restoring)
        self.restoring.setVisible(state.is_restoring)
        self.light.show_state("off" if state.tone == "neutral" else state.tone)
        self.last.setText(state.last)
        is_making = state.steps >= 0
        self.make.setEnabled(not is_making)
        self.progress.setVisible(is_making)
        self._say_make(state, is_making=is_making)
        self.phrase_field.set_wrong(state.wrong.get("phrase", ""))
        self.again_field.set_wrong(state.wrong.get("again", ""))
        self.set_phrase.setEnabled(not state.is_busy)
        self.verify.setEnabled(not state.is_verifying)
        verdict = self.say("The books are being looked at.") if state.is_verifying else state.verdict
        self.verdict.setText(verdict)
        self.verdict.setVisible(bool(verdict))
        set_tone(self.verdict, f"{state.verdict_tone}text" if state.verdict else "text2")
        self._show_rows(state.rows)
        self._show_restore(state)
        self.bar_changed.emit()

    def _say_make(self, state: SafetyState, *, is_making: bool) -> None:
        text = state.wrong.get("make", "") or state.done
        if is_making:
            text = self.say(
                "Copying, packing and reading it back. Selling goes on. Pieces: {n}", n=state.steps
            )
        self.make_said.setText(text)
        self.make_said.setVisible(bool(text))
        set_tone(self.make_said, "badtext" if "make" in state.wrong else "text2" if is_making else "oktext")

    def _show_rows(self, rows: tuple[BackupRow, ...]) -> None:
        if rows == self._shown_rows:
            return
        self._shown_rows = rows
        clear(self._rows)
        if not rows:
            self._rows.addWidget(label(self.look, self.say("None yet."), Type.BODY, tone="text2"))
        for backup in rows:
            holder = QWidget()
            line = QHBoxLayout(holder)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(8)
            line.addWidget(ElidedLabel(self.look, backup.when, Type.VALUE), 1)
            line.addWidget(label(self.look, backup.size, Type.SUPPORT, tone="text2"))
            button = KeyButton(self.look, self.say("Restore"), size="small")
            button.setAccessibleName(self.say("Restore the back-up of {time}", time=backup.when))
            button.setEnabled(self._section.can_restore)
            button.clicked.connect(lambda _=False, row=backup: self._on_begin(row))
            line.addWidget(button)
            self._rows.addWidget(holder)

    def _show_restore(self, state: SafetyState) -> None:
        self.backup.set_text(state.backup)
        self.mirror.set_text(state.mirror)
        self.target.set_text(state.target)
        if self.receipt.text() != state.last_receipt:
            self.receipt.setText(state.last_receipt)
        for name, field in (
            ("backup", self.backup.field),
            ("mirror", self.mirror.field),
            ("target", self.target.field),
            ("last_receipt", self.receipt_field),
            ("passphrase", self.passphrase_field),
        ):
            field.set_wrong(state.wrong.get(name, ""))
        self.command.setText(self.say("The same on the command line: {command}", command=state.command()))
        self.restore.setEnabled(not state.is_busy)
        said = state.wrong.get("restore", "")
        if state.is_busy and state.is_restoring:
            said = self.say("Unpacking, proving and booking. This takes a while.")
        self.restore_said.setText(said)
        self.restore_said.setVisible(bool(said))
        set_tone(self.restore_said, "text2" if state.is_busy else "badtext")
        if state.report != self._shown_report:
            self._shown_report = state.report
            clear(self.report)
            for sentence in state.report:
                self.report.addWidget(label(self.look, sentence, Type.BODY, wraps=True))

    def _on_phrase(self) -> None:
        phrase, again = self.phrase.text(), self.again.text()
        self.phrase.clear()
        self.again.clear()
        self._section.set_passphrase(phrase, again)

    def _on_begin(self, row: BackupRow | None) -> None:
        self._section.begin_restore(None if row is None else row.path)
        self.page_wanted.emit()
        self.target.edit.setFocus()

    def _on_restore(self) -> None:
        passphrase = self.passphrase.text()
        self.passphrase.clear()
        self._section.restore(passphrase)


def _column(look: Look) -> tuple[QWidget, QVBoxLayout]:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(look.metrics.fixed(12, 8))
    return holder, column
