"""The people page: the list, the form of one person, the recovery code."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QGridLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import PageView, act_row, side_card, side_column
from pos.ui.screens.settings.people import (
    INSTITUTION_ROLES,
    PeopleSection,
    PeopleState,
    PersonRow,
)
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Note
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.pin import PinField
from pos.ui.widgets.table import fixed_table
from pos.ui.widgets.text import label


def people_model(look: Look) -> RowsModel[PersonRow]:
    """Return the table of the people."""
    say = look.say
    return RowsModel(
        [
            Column(say("Name"), 0, lambda row: row.name, Paint.STRONG),
            Column(say("Duties"), 150, lambda row: row.role_word, fits=True),
            Column(
                say("State"), 110, lambda row: row.state, Paint.BADGE, tone=lambda row: row.tone, fits=True
            ),
        ]
    )


class PeoplePage(PageView):
    """Shows the state of `PeopleSection`."""

    def __init__(self, look: Look, page: Page, section: PeopleSection) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        say = self.say
        self.model = people_model(look)
        self.model.setParent(self)
        self.table = fixed_table(look, self.model, name=page.word, row_height=look.metrics.row)
        self.table.setMinimumHeight(look.metrics.px(220, 160))
        self.table.moved.connect(self._on_moved)
        self.table.opened.connect(self._on_opened)
        self.column.addWidget(self.table, 1)
        self.add = KeyButton(
            look, say("Add a person"), cap=look.keys.cap_of(Act.MAIN), kind="accent", icon="plus"
        )
        self.add.clicked.connect(self._on_add)
        self.column.addLayout(act_row(self.add))
        self.add.setVisible(section.can_manage)
        self._shown: tuple[PersonRow, ...] = ()
        self._build_side()
        section.show = self.show_state
        self.show_state(section.state)

    def _build_side(self) -> None:
        look, say, section = self.look, self.say, self._section
        card, inside = side_card(look, say("One person"))
        self.card_title = say("One person")
        self.name = line_edit(look)
        self.name_field = LabelledField(look, say("Name"), self.name)
        self.role = Choice(
            look, [(role.value, word) for role, word in section.role_words().items()], name=say("Duties")
        )
        self.role_field = LabelledField(look, say("Duties"), self.role)
        self.institution = line_edit(look)
        self.institution_field = LabelledField(
            look, say("Institution"), self.institution, help_text=say("Sees only this one. Empty: none.")
        )
        self.pin = PinField(look, name=say("New PIN"))
        self.pin_field = LabelledField(look, say("New PIN"), self.pin)
        for field in (self.name_field, self.role_field, self.institution_field, self.pin_field):
            inside.addWidget(field)
        self.save = KeyButton(look, say("Save"))
        self.reset = KeyButton(look, say("Set the new PIN"))
        self.unlock = KeyButton(look, say("Unlock"))
        self.active = KeyButton(look, "", kind="bad")
        grid = QGridLayout()
        grid.setSpacing(8)
        # Two in a row; each in a row of its own where the words are long.
        self.active.set_caption(say("Works here no more"))
        buttons = (self.save, self.reset, self.active, self.unlock)
        widths = [button.sizeHint().width() for button in buttons]
        pair = max(widths[0], widths[2]) + max(widths[1], widths[3]) + grid.spacing()
        across = 2 if pair <= look.metrics.fixed(408, look.metrics.side) - 2 * look.metrics.padding - 2 else 1
        for n, button in enumerate(buttons):
            grid.addWidget(button, n // across, n % across)
        inside.addLayout(grid)
        self.done = label(look, "", Type.SUPPORT, tone="oktext", wraps=True)
        inside.addWidget(self.done)
        code, self._code_box = side_card(look, say("Recovery code"))
        text = say("Lets an administrator in when no PIN works. The old code ends with a new one.")
        self._code_box.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.code = Note(look, "warn", "", say("Write it down now. It is shown once and kept nowhere."))
        self.code.fact.setFont(look.font(Type.MONO))
        self._code_box.addWidget(self.code)
        self.new_code = KeyButton(look, say("Make a new code"))
        self._code_box.addLayout(act_row(self.new_code))
        self.side = side_column(look, card, code)
        code.setVisible(section.can_manage)
        self.side_title = say("One person")
        for widget in (self.name, self.role, self.institution):
            widget.setEnabled(section.can_manage)
        for button in (self.save, self.reset, self.active):
            button.setVisible(section.can_manage)
        self.pin_field.setVisible(section.can_manage)
        self.institution_field.setVisible(False)
        self._connect()

    def _connect(self) -> None:
        section = self._section
        self.name.textEdited.connect(lambda text: section.type(name=text))
        self.institution.textEdited.connect(lambda text: section.type(institution=text))
        self.role.picked.connect(self._on_role)
        self.pin.entered.connect(self._on_pin)
        self.save.clicked.connect(self._on_save)
        self.reset.clicked.connect(lambda: section.reset_pin(self.pin.take()))
        self.unlock.clicked.connect(section.unlock)
        self.active.clicked.connect(lambda: section.set_active(self.pin.take()))
        self.new_code.clicked.connect(section.new_code)
        for edit in (self.name, self.institution):
            edit.installEventFilter(EnterFilter(edit, self._on_save))

    def first(self) -> QWidget | None:
        """The list."""
        return self.table

    def bar(self) -> Mapping[Act, BarItem]:
        """Adding has its key."""
        if not self._section.can_manage:
            return {}
        return {Act.MAIN: BarItem(self.say("Add"), is_main=True)}

    def act(self, act: Act) -> bool:
        """Add somebody."""
        if act is not Act.MAIN or not self._section.can_manage:
            return False
        self._on_add()
        return True

    def escape(self) -> bool:
        """Give up adding."""
        self.pin.clear()
        return self._section.cancel_new()

    def show_state(self, state: PeopleState) -> None:
        """Show everything."""
        if state.people != self._shown:
            self._shown = state.people
            self.model.show_rows(state.people)
        self._choose_row(state)
        for edit, text in ((self.name, state.name), (self.institution, state.institution)):
            if edit.text() != text:
                edit.setText(text)
        self.role.choose(state.role)
        can_manage = self._section.can_manage
        self.institution_field.setVisible(
            can_manage and state.role in {role.value for role in INSTITUTION_ROLES}
        )
        for name, field in (
            ("name", self.name_field),
            ("role", self.role_field),
            ("institution", self.institution_field),
            ("pin", self.pin_field),
        ):
            field.set_wrong(state.wrong.get(name, ""))
        self._show_acts(state)
        self.done.setText(state.done)
        self.done.setVisible(bool(state.done))
        self.code.setVisible(bool(state.code))
        self.code.say(state.code, self.say("Write it down now. It is shown once and kept nowhere."))

    def _show_acts(self, state: PeopleState) -> None:
        say, person, can_manage = self.say, state.person, self._section.can_manage
        self.save.set_caption(say("Add") if state.is_new else say("Save"))
        self.save.set_kind("accent" if state.is_new else "normal")
        self.add.set_kind("normal" if state.is_new else "accent")
        self.reset.setVisible(can_manage and not state.is_new and bool(person and person.is_active))
        self.active.setVisible(can_manage and not state.is_new)
        is_active = person is None or person.is_active
        self.active.set_caption(say("Works here no more") if is_active else say("Works here again"))
        self.active.set_kind("bad" if is_active else "normal")
        self.unlock.setVisible(bool(person and person.is_locked) and not state.is_new)
        for button in (self.save, self.reset, self.unlock, self.active, self.new_code):
            button.setEnabled(not state.is_busy)
        self.pin.set_wrong(is_wrong="pin" in state.wrong)

    def _choose_row(self, state: PeopleState) -> None:
        at = next((n for n, one in enumerate(state.people) if one.id == state.chosen), -1)
        self.table.blockSignals(True)
        if at < 0:
            self.table.clearSelection()
        elif self.table.currentIndex().row() != at:
            self.table.choose(at)
        self.table.blockSignals(False)

    def _on_moved(self, row: object) -> None:
        if isinstance(row, PersonRow) and row.id != self._section.state.chosen:
            self.pin.clear()
            self._section.choose(row.id)

    def _on_opened(self, _: object) -> None:
        """Enter goes from the list into the form."""
        self.side_wanted.emit()
        target = self.name if self._section.can_manage else self.unlock
        target.setFocus()

    def _on_role(self, role: str) -> None:
        self._section.set(role=role)

    def _on_add(self) -> None:
        self.pin.clear()
        self._section.begin_new()
        self.side_wanted.emit()
        self.name.setFocus()

    def _on_save(self) -> None:
        self._section.save(self.pin.take())

    def _on_pin(self, pin: str) -> None:
        if self._section.state.is_new:
            self._section.save(pin)
        elif pin:
            self._section.reset_pin(pin)
