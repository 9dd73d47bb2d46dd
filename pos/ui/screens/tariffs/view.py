"""The tariffs screen: the versions or the editor at the left, worked example and changes at the right."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos.ui.context import Context
from pos.ui.files import Files, SystemFiles
from pos.ui.keymap import Act
from pos.ui.look import Look
from pos.ui.screen import Screen
from pos.ui.screens.tariffs.changes import described
from pos.ui.screens.tariffs.editor import Editor
from pos.ui.screens.tariffs.example import ChangesCard, ExampleCard
from pos.ui.screens.tariffs.presenter import TariffsPresenter
from pos.ui.screens.tariffs.state import TariffRow, TariffsState
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import rule
from pos.ui.widgets.zones import lay_zones, side_column

_STAGES = {"now": ("In force", "ok"), "later": ("Comes later", "info"), "past": ("Past", "neutral")}
CSV_KINDS = "CSV (*.csv)"


def make_screen(context: Context, look: Look) -> Screen:
    """Make the screen."""
    return TariffsScreen(context, look)


class TariffsScreen(Screen):
    """The tariffs of the shop."""

    def __init__(self, context: Context, look: Look) -> None:
        super().__init__(look)
        self.files: Files = SystemFiles(self)
        self.presenter = TariffsPresenter(context, show=self.show_state)
        self._seen_form = False
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_list())
        self._pages.addWidget(self._make_editor())
        lay_zones(self, look, self._pages, self._make_side(), main_height=look.metrics.px(440))

    def _make_list(self) -> QWidget:
        look, say = self.look, self.look.say
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        self._errors = Note(look, "bad", "", "")
        self._errors.hide()
        column.addWidget(self._errors)
        card = Card()
        self._head = CardHead(look, say("Tariffs"))
        for caption, icon, act in (
            (say("Import"), "upload", Act.PLACE_5),
            (say("Export"), "download", Act.EXPORT),
        ):
            button = KeyButton(
                look, caption, kind="quiet", size="small", icon=icon, cap=look.keys.cap_of(act)
            )
            button.clicked.connect(lambda _=False, act=act: self.act(act))
            if not (act is Act.EXPORT or self.presenter.may_edit):
                button.hide()
            self._head.row.addWidget(button)
        card.body.addWidget(self._head)
        self.model: RowsModel[TariffRow] = RowsModel(self._columns(), self)
        self.table = Table(look, name=say("Tariffs"))
        self.table.setModel(self.model)
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        card.body.addWidget(self.table, 1)
        column.addWidget(card, 3)
        column.addWidget(self._make_facts(), 2)
        return page

    def _columns(self) -> list[Column[TariffRow]]:
        look, say = self.look, self.look.say
        wording = look.wording
        return [
            Column(say("Tariff"), 0, lambda row: row.title, Paint.STRONG),
            Column(say("Code"), 110, lambda row: row.version.code, Paint.QUIET),
            Column(say("Version"), 80, lambda row: wording.count(row.version.version), Paint.QUIET_NUMBER),
            Column(
                say("Blocks"),
                80,
                lambda row: wording.count(len(row.tariff.blocks)),
                Paint.NUMBER,
                is_wide=True,
            ),
            Column(say("Valid from"), 120, lambda row: wording.day(row.version.valid_from)),
            Column(
                say("State"),
                120,
                lambda row: say(_STAGES[row.stage][0]),
                Paint.BADGE,
                tone=lambda row: _STAGES[row.stage][1],
                fits=True,
            ),
        ]

    def _make_facts(self) -> Card:
        """What the chosen version says."""
        look = self.look
        card = Card()
        self._facts_head = CardHead(look, "")
        card.body.addWidget(self._facts_head)
        card.body.addWidget(rule())
        self.facts_model: RowsModel[tuple[str, str]] = RowsModel(
            [
                Column(look.say("What"), 220, lambda row: row[0], Paint.QUIET),
                Column(look.say("Value"), 0, lambda row: row[1], Paint.STRONG),
            ],
            self,
        )
        self._facts = Table(look, name=look.say("What the tariff says"), row_height=look.metrics.px(32, 28))
        self._facts.horizontalHeader().hide()
        self._facts.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._facts.setModel(self.facts_model)
        card.body.addWidget(self._facts, 1)
        return card

    def _make_editor(self) -> QWidget:
        look, say = self.look, self.look.say
        card = Card()
        self._editor_head = CardHead(look, "")
        card.body.addWidget(self._editor_head)
        card.body.addWidget(rule())
        self.editor = Editor(look, self.presenter)
        card.body.addWidget(self.editor, 1)
        card.body.addWidget(rule())
        low = QHBoxLayout()
        padding = look.metrics.padding
        low.setContentsMargins(padding, look.metrics.gap, padding, look.metrics.gap)
        low.setSpacing(12)
        edit = line_edit(look, hint=say("The regulator's new rates from December"))
        edit.setMaxLength(200)
        edit.textEdited.connect(self.presenter.type_reason)
        self._enter = EnterFilter(self, self._save)
        edit.installEventFilter(self._enter)
        self.reason = LabelledField(look, say("Reason, for the journal"), edit)
        self._reason_edit = edit
        self.save_button = KeyButton(
            look, say("Store the version"), cap=look.keys.cap_of(Act.MAIN), kind="accent"
        )
        self.save_button.clicked.connect(self._save)
        low.addWidget(self.reason, 1)
        low.addWidget(self.save_button, 0, Qt.AlignmentFlag.AlignBottom)
        card.body.addLayout(low)
        return card

    def _make_side(self) -> QWidget:
        look = self.look
        self.example = ExampleCard(look, self.presenter)
        self.changes = ChangesCard(look)
        return side_column(look, self.example, self.changes)

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: TariffsState) -> None:
        """Show the list or the editor, and the side."""
        say = self.look.say
        form = state.form
        self._pages.setCurrentIndex(0 if form is None else 1)
        if form is None:
            self._show_list(state)
        else:
            title = say("New tariff") if form.is_new_code else say("New version of a tariff")
            self._editor_head.title.setText(title)
            self._editor_head.count.setText(say("Version {n}", n=form.version))
            self.editor.show_state(state)
            if self._reason_edit.text() != state.reason:
                self._reason_edit.setText(state.reason)
            self.reason.set_wrong(state.reason_wrong)
            self.save_button.setEnabled(not state.is_busy)
        self.example.show_state(state)
        self.changes.show_changes(state.changes)
        if (form is not None) != self._seen_form:
            self._seen_form = form is not None
            self.editor.show_state(state)
            if form is None:
                self.table.setFocus()
            else:
                self.editor.focus_first()
            self.bar_changed.emit()

    def _show_list(self, state: TariffsState) -> None:
        say = self.look.say
        if tuple(self.model.rows) != state.rows:
            self.model.show_rows(state.rows)
            self.bar_changed.emit()
        if state.rows and self.table.currentIndex().row() != state.chosen:
            self.table.choose(state.chosen)
        self._head.count.setText(self.look.wording.count(len(state.rows)) if state.rows else "")
        row = state.row
        facts = () if row is None else described(row.tariff, self.look.wording)
        if tuple(self.facts_model.rows) != facts:
            self.facts_model.show_rows(facts)
        empty = say("No tariff yet. Import a file, or begin one with F6.") if state.is_read else ""
        self._facts_head.title.setText(empty if row is None else row.title)
        self._facts_head.count.setText("" if row is None else say("Version {n}", n=row.version.version))
        self._errors.setVisible(bool(state.file_errors))
        fact = say("The file has mistakes: {n}. Nothing was stored.", n=state.file_error_count)
        self._errors.say(fact, "\n".join(state.file_errors))

    # -- acts ---------------------------------------------------------------------------------------------

    def bar(self) -> Mapping[Act, BarItem]:
        """Return what the F-keys do."""
        say = self.look.say
        if self.presenter.state.form is not None:
            return {Act.MAIN: BarItem(say("Store"), is_main=True)}
        if not self.presenter.may_edit:
            return {}
        return {
            Act.PLACE_5: BarItem(say("Import")),
            Act.PLACE_6: BarItem(say("New tariff")),
            Act.MAIN: BarItem(say("New version"), is_on=bool(self.presenter.state.rows), is_main=True),
        }

    def act(self, act: Act) -> bool:
        """Do an act."""
        is_editing = self.presenter.state.form is not None
        if act is Act.MAIN:
            if is_editing:
                self._save()
            else:
                self.presenter.begin_version()
            return True
        if is_editing:
            return False
        if act is Act.EDIT:
            self.presenter.begin_version()
            return True
        if act is Act.PLACE_6:
            self.presenter.begin_tariff()
            return True
        if act is Act.PLACE_5 and self.presenter.may_edit:
            path = self.files.to_read(self.look.say("Import tariffs"), CSV_KINDS)
            if path is not None:
                self.presenter.import_file(path)
            return True
        if act is Act.EXPORT:
            path = self.files.to_write(self.look.say("Export tariffs"), "tariffs.csv", CSV_KINDS)
            if path is not None:
                self.presenter.export_file(path)
            return True
        return False

    def enter(self) -> bool:
        """Go on: open the editor from the list."""
        if self.presenter.state.form is None:
            self.presenter.begin_version()
        return True

    def escape(self) -> bool:
        """Leave the editor; what was typed is not stored."""
        return self.presenter.leave_editor() or self.presenter.close_file_errors()

    def step(self, by: int) -> bool:
        """Choose another version."""
        if self.presenter.state.form is not None:
            return False
        self.table.step(by)
        return True

    def opened(self) -> None:
        """Read the versions."""
        self.presenter.open()
        if self.presenter.state.form is None:
            self.table.setFocus()

    def _save(self) -> None:
        self.presenter.save()
        state = self.presenter.state
        if state.form is None or state.is_busy:
            return
        if state.wrong:
            self.editor.focus_wrong()
        elif state.reason_wrong:
            self._reason_edit.setFocus()

    def _on_moved(self, row: object) -> None:
        if isinstance(row, TariffRow):
            self.presenter.choose_version(row.version)

    def _on_opened(self, row: object) -> None:
        self._on_moved(row)
        self.presenter.begin_version()
