"""The import in four steps, in place: file, columns, check, import."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from pos.ui.look import Look, Type
from pos.ui.refusal_words import plain_text
from pos.ui.screens.meters.import_presenter import ImportPresenter, ImportState, Step
from pos.ui.screens.meters.import_tables import check_columns, past_columns
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone


class ImportPage(QWidget):
    """`file_wanted` asks for a file, `left` goes back to the register."""

    file_wanted = Signal()
    left = Signal()

    def __init__(self, look: Look, presenter: ImportPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._step: Step | None = None
        self._header: tuple[str, ...] = ()
        self.choices: dict[str, Choice] = {}
        metrics = look.metrics
        column = QVBoxLayout(self)
        column.setContentsMargins(*(metrics.margin,) * 4)
        column.setSpacing(metrics.gap)
        column.addLayout(self._make_steps())
        self._message = Note(look, "bad", "")
        column.addWidget(self._message)
        self.stack = QStackedWidget()
        for made in (self._make_file(), self._make_columns(), self._make_check(), self._make_run()):
            self.stack.addWidget(made)
        column.addWidget(self.stack, 1)
        column.addLayout(self._make_acts())

    # -- parts --------------------------------------------------------------------------------------------

    def _make_steps(self) -> QHBoxLayout:
        look, say = self._look, self._look.say
        row = QHBoxLayout()
        row.setSpacing(look.metrics.fixed(20, 12))
        row.addWidget(label(look, say("Import meters"), Type.TITLE))
        self._steps = []
        names = (say("1 File"), say("2 Columns"), say("3 Check"), say("4 Import"))
        for name in names:
            step = label(look, name, Type.NAME, tone="text3")
            self._steps.append(step)
            row.addWidget(step)
        row.addStretch(1)
        self._file = ElidedLabel(look, "", Type.BODY, tone="text2")
        self._file.setMaximumWidth(look.metrics.px(260))
        row.addWidget(self._file)
        return row

    def _make_file(self) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.gap)
        card = Card(padding=metrics.padding, gap=8)
        card.body.addWidget(
            label(look, say("A list of meters as CSV (UTF-8) or XLSX, one meter a row."), Type.STRONG)
        )
        words = say(
            "It needs the number of the meter, its tariff and its supply group. What is known already is "
            "changed to what the file says. The import can be taken back."
        )
        if not metrics.is_single_column:
            # Where the text is large the past imports need the room.
            card.body.addWidget(label(look, words, Type.BODY, tone="text2", wraps=True))
        row = QHBoxLayout()
        row.setSpacing(12)
        self.choose = KeyButton(look, say("Choose a file"), cap=say("Enter"), kind="accent", icon="folder")
        self.choose.clicked.connect(self.file_wanted)
        self._reading = label(look, say("Reading the file"), Type.BODY, tone="text2")
        row.addWidget(self.choose)
        row.addWidget(self._reading)
        row.addStretch(1)
        card.body.addLayout(row)
        column.addWidget(card)
        past = Card(padding=(1, 1, 1, 7))
        head = CardHead(look, say("Past imports"))
        self.undo_button = KeyButton(look, say("Take it back"), kind="quiet", size="small", icon="history")
        self.undo_button.clicked.connect(self._on_undo)
        head.row.addWidget(self.undo_button)
        past.body.addWidget(head)
        past.body.addWidget(rule())
        past.body.addWidget(self._make_undo())
        self.past_model = RowsModel(past_columns(look.wording), self)
        self.past = Table(look, row_height=metrics.row, name=say("Past imports"))
        self.past.setModel(self.past_model)
        self.past.moved.connect(self._on_past_moved)
        past.body.addWidget(self.past, 1)
        column.addWidget(past, 1)
        return holder

    def _make_undo(self) -> QWidget:
        look, say = self._look, self._look.say
        self._undo = Note(look, "warn", say("Take the whole import back?"))
        self._undo.say(
            say("Take the whole import back?"),
            say("Its meters go, unless they were sold to since; what it changed is put back."),
        )
        self.undo_yes = KeyButton(look, say("Take it back"), kind="bad", size="small")
        self.undo_no = KeyButton(look, say("Keep it"), cap="Esc", size="small")
        self.undo_yes.clicked.connect(self._presenter.undo)
        self.undo_no.clicked.connect(self._presenter.back)
        self._undo.row.addWidget(self.undo_yes)
        self._undo.row.addWidget(self.undo_no)
        self._undoing = Note(look, "info", say("Taking it back"))
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(8, 0, 8, 0)
        column.setSpacing(0)
        column.addWidget(self._undo)
        column.addWidget(self._undoing)
        return holder

    def _make_columns(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card(padding=(1, 1, 1, 7))
        head = CardHead(look, say("What each column of the file is"))
        card.body.addWidget(head)
        card.body.addWidget(rule())
        self._columns = QScrollArea()
        self._columns.setWidgetResizable(True)
        card.body.addWidget(self._columns, 1)
        return card

    def _make_check(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card(padding=(1, 1, 1, 7))
        self._check_head = CardHead(look, say("The first rows"))
        card.body.addWidget(self._check_head)
        card.body.addWidget(rule())
        self.check_model = RowsModel(check_columns(look.wording, self._presenter.number_in), self)
        self.check = Table(look, row_height=look.metrics.px(46, 40), name=say("The first rows"))
        self.check.setModel(self.check_model)
        self.check.opened.connect(self._presenter.go_on)
        card.body.addWidget(self.check, 1)
        return card

    def _make_run(self) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        card = Card(padding=metrics.fixed(24, 16), gap=12)
        self._run_title = label(look, "", Type.HEADING)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(say("Progress of the import"))
        card.body.addWidget(self._run_title)
        card.body.addWidget(self.bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(6)
        names = (say("Rows read"), say("Added"), say("Changed"), say("As before"), say("Refused"))
        self.figures = []
        for n, name in enumerate(names):
            grid.addWidget(label(look, name, Type.BODY, tone="text2"), 0, n)
            figure = label(look, "0", Type.FIELD)
            self.figures.append(figure)
            grid.addWidget(figure, 1, n)
        grid.setColumnStretch(len(names), 1)
        card.body.addLayout(grid)
        self._errors = Note(look, "warn", "")
        card.body.addWidget(self._errors)
        card.body.addStretch(1)
        return card

    def _make_acts(self) -> QHBoxLayout:
        look, say = self._look, self._look.say
        row = QHBoxLayout()
        row.setSpacing(8)
        self.next = KeyButton(look, say("Go on"), cap=say("Enter"), kind="accent")
        self.cancel = KeyButton(look, say("Stop the import"), kind="bad")
        self.back = KeyButton(look, say("Back"), cap="Esc")
        self.done = KeyButton(look, say("To the register"), cap=say("Enter"), kind="accent")
        self.next.clicked.connect(self._presenter.go_on)
        self.cancel.clicked.connect(self._presenter.cancel)
        self.back.clicked.connect(self._on_back)
        self.done.clicked.connect(self.left)
        for button in (self.next, self.done, self.cancel, self.back):
            row.addWidget(button)
        self._why = label(look, "", Type.BODY, tone="text2")
        row.addWidget(self._why)
        row.addStretch(1)
        return row

    # -- state --------------------------------------------------------------------------------------------

    def show_state(self, state: ImportState) -> None:
        """Show where the import is."""
        is_new_step = state.step is not self._step
        self._step = state.step
        for n, step in enumerate(self._steps, 1):
            set_tone(step, "accenttext" if n == state.step else "text3")
        self._file.setText("" if state.path is None else state.path.name)
        self._message.say(state.message)
        self._message.setVisible(bool(state.message))
        self.stack.setCurrentIndex(state.step - 1)
        self._show_file(state)
        self._show_columns(state)
        self._show_check(state)
        self._show_run(state)
        self._show_acts(state)
        if is_new_step:
            self.focus()

    def _show_file(self, state: ImportState) -> None:
        say, wording = self._look.say, self._look.wording
        self._reading.setVisible(state.is_reading)
        self.choose.setEnabled(not state.is_reading and not state.is_busy)
        if tuple(self.past_model.rows) != state.imports:
            chosen = self.past.currentIndex().row()
            self.past_model.show_rows(state.imports)
            self.past.choose(min(max(0, chosen), len(state.imports) - 1))
        self._undo.setVisible(state.undo_asked is not None)
        self._undoing.setVisible(state.undoing is not None)
        rows = wording.count(state.undone_rows)
        self._undoing.say(say("Taking the import back"), say("Looked at: {count}", count=rows))
        self._on_past_moved()

    def _show_columns(self, state: ImportState) -> None:
        preview = state.preview
        if preview is None:
            return
        if preview.header != self._header:
            self._header = preview.header
            self._columns.setWidget(self._make_mapping())
        for name, choice in self.choices.items():
            choice.choose(state.mapping.get(name, ""))

    def _make_mapping(self) -> QWidget:
        look, presenter = self._look, self._presenter
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        grid = QGridLayout(holder)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(look.metrics.fixed(8, 4))
        grid.setColumnMinimumWidth(0, look.metrics.px(200, 150))
        grid.setColumnMinimumWidth(1, look.metrics.px(240, 200))
        grid.setColumnStretch(2, 1)
        self.choices = {}
        for n, name in enumerate(self._header):
            shown = name or look.say("Column {n}", n=n + 1)
            grid.addWidget(ElidedLabel(look, shown, Type.NAME), n, 0)
            choice = Choice(look, presenter.column_choices(), name=shown)
            choice.picked.connect(partial(presenter.map_column, name))
            choice.setEnabled(bool(name))
            self.choices[name] = choice
            grid.addWidget(choice, n, 1)
            grid.addWidget(ElidedLabel(look, presenter.samples(n), Type.BODY, tone="text2"), n, 2)
        grid.setRowStretch(len(self._header), 1)
        return holder

    def _show_check(self, state: ImportState) -> None:
        rows = () if state.preview is None else state.preview.rows
        if tuple(self.check_model.rows) != rows:
            self.check_model.show_rows(rows)
            self.check.choose(0)
        wrong = self._look.wording.count(state.wrong_rows)
        text = self._look.say("Rows that would be refused: {count}", count=wrong)
        self._check_head.count.setText(text if state.wrong_rows else "")

    def _show_run(self, state: ImportState) -> None:
        say, count, counts = self._look.say, self._look.wording.count, state.progress
        result = state.result
        if state.is_running:
            title = say("Stopping") if state.is_cancelling else say("The import is under way. Go on selling.")
        elif result is not None and result.state == "cancelled":
            title = say("Stopped. What was taken stays; it can be taken back.")
        else:
            title = say("The import is done.")
        self._run_title.setText(title)
        permille = 1000 if result is not None and result.state == "done" else state.permille
        # A maximum of 0 is a bar that only says that something is going on.
        self.bar.setMaximum(1000 if permille is not None else 0)
        self.bar.setValue(permille or 0)
        values = (counts.lines_read, counts.added, counts.changed, counts.unchanged, counts.refused)
        for figure, value in zip(self.figures, values, strict=True):
            figure.setText(count(value))
        path: Path | None = None if result is None else result.errors_path
        self._errors.setVisible(path is not None)
        self._errors.say(
            say("Refused rows: {count}", count=count(counts.refused)),
            say("They stand with their errors in {path}", path="" if path is None else str(path)),
        )

    def _show_acts(self, state: ImportState) -> None:
        say = self._look.say
        is_middle = state.step in (Step.COLUMNS, Step.CHECK)
        self.next.setVisible(is_middle)
        self.next.set_caption(say("Import") if state.step is Step.CHECK else say("Go on"))
        self.next.setEnabled(self._presenter.can_go_on)
        self.cancel.setVisible(state.is_running)
        self.cancel.setEnabled(not state.is_cancelling)
        self.done.setVisible(state.step is Step.IMPORT and not state.is_running)
        self.back.setVisible(not state.is_running)
        errors = () if state.preview is None else state.preview.errors
        texts = (
            [plain_text(one.error_code, one.error_text, self._look.wording) for one in errors]
            if is_middle
            else []
        )
        self._why.setText(" ".join(texts))

    def focus(self) -> None:
        """Put the focus on the first thing of the step."""
        if self._step is Step.FILE:
            self.choose.setFocus()
        elif self._step is Step.COLUMNS and self.choices:
            next(iter(self.choices.values())).setFocus()
        elif self._step is Step.CHECK:
            self.check.setFocus()
        elif self.cancel.isVisibleTo(self):
            self.cancel.setFocus()

    def enter(self) -> bool:
        """Go on, as the step's main button."""
        state = self._presenter.state
        if state.undo_asked is not None:
            return False
        if state.step is Step.FILE:
            if self.choose.isEnabled():
                self.file_wanted.emit()
        elif state.step is Step.IMPORT:
            if not state.is_running:
                self.left.emit()
        else:
            self._presenter.go_on()
        return True

    def _on_back(self) -> None:
        if not self._presenter.back():
            self.left.emit()

    def _on_past_moved(self) -> None:
        row = self.past.chosen()
        state = self._presenter.state
        can = row is not None and row.state != "undone" and not state.is_busy
        self.undo_button.setVisible(bool(state.imports))
        self.undo_button.setEnabled(can and state.undo_asked is None)

    def _on_undo(self) -> None:
        row = self.past.chosen()
        if row is not None:
            self._presenter.ask_undo(row.id)
            self.undo_no.setFocus()
