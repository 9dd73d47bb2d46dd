"""The keys page: the vault, its keys, loading one by two people, changing the key of a group."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from pos import config
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import (
    Choosers,
    PageView,
    act_row,
    clear,
    pair,
    side_card,
    side_column,
)
from pos.ui.screens.settings.setting_fields import make_field
from pos.ui.screens.settings.vault import ChangeRow, KeyRow, VaultSection, VaultState
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Note
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.pin import PinField
from pos.ui.widgets.table import fixed_table
from pos.ui.widgets.text import label, rule


def keys_model(look: Look) -> RowsModel[KeyRow]:
    """Return the table of the keys in the vault."""
    say = look.say
    return RowsModel(
        [
            Column(say("Supply group"), 0, lambda row: row.sgc, Paint.STRONG),
            Column(say("Revision"), 80, lambda row: str(row.krn), Paint.NUMBER),
            Column(say("Method"), 96, lambda row: row.method),
            Column(say("Cipher"), 76, lambda row: row.algorithm),
            Column(say("Check value"), 110, lambda row: row.check_value),
        ]
    )


class KeysPage(PageView):
    """Shows the state of `VaultSection`."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, section: VaultSection, choosers: Choosers
    ) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        self._form = form
        self._build_unlock()
        self.model = keys_model(look)
        self.model.setParent(self)
        self.table = fixed_table(look, self.model, name=self.say("Keys in the vault"))
        self.table.setMinimumHeight(look.metrics.px(170, 120))
        self.column.addWidget(self.table, 1)
        self.changes = QVBoxLayout()
        self.changes.setSpacing(8)
        self.column.addLayout(self.changes)
        self.done = label(look, "", Type.SUPPORT, tone="oktext", wraps=True)
        self.column.addWidget(self.done)
        self.single = make_field(look, form, config.SINGLE_CUSTODIAN, choosers)
        self.column.addWidget(self.single.widget)
        load, announce = self._build_load(), self._build_announce()
        self.side = side_column(look, load, announce)
        self.side_title = self.say("Load a key")
        self._shown_keys: tuple[KeyRow, ...] = ()
        self._shown_changes: tuple[ChangeRow, ...] | None = None
        section.show = self.show_state
        self.show_state(section.state)

    def _build_unlock(self) -> None:
        look, say = self.look, self.say
        self.locked = QWidget()
        column = QVBoxLayout(self.locked)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        fact = say("The vault is locked. Everything works but making tokens.")
        column.addWidget(Note(look, "warn", fact, say("Those who open the shop know the opening phrase.")))
        self.phrase = line_edit(look, is_secret=True)
        self.phrase_field = LabelledField(look, say("Opening phrase"), self.phrase)
        column.addWidget(self.phrase_field)
        self.open_vault = KeyButton(look, say("Open the vault"), kind="accent", icon="lock")
        column.addLayout(act_row(self.open_vault))
        self.open_vault.clicked.connect(self._on_unlock)
        self.phrase.installEventFilter(EnterFilter(self.phrase, self._on_unlock))
        self.column.addWidget(self.locked)

    def _build_load(self) -> QWidget:
        look, say = self.look, self.say
        card, inside = side_card(look, say("Load a key"))
        self.steps = (self._step_none(), self._step_first(), self._step_second())
        for step in self.steps:
            inside.addWidget(step)
        self._shown_step = -1
        return card

    def _step_none(self) -> QWidget:
        look, say = self.look, self.say
        column, holder = _column()
        text = say("The key comes on two papers. Two administrators type one each.")
        column.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.begin = KeyButton(look, say("Begin"), cap=look.keys.cap_of(Act.MAIN), icon="key")
        self.begin.clicked.connect(self._on_begin)
        column.addLayout(act_row(self.begin))
        return holder

    def _step_first(self) -> QWidget:
        look, say = self.look, self.say
        column, holder = _column()
        self.group = Choice(look, name=say("Supply group"))
        self.krn = line_edit(look)
        self.krn_field = LabelledField(look, say("Revision"), self.krn)
        column.addLayout(
            pair(look, LabelledField(look, say("Supply group"), self.group), self.krn_field, shares=(2, 1))
        )
        self.first_edit = line_edit(look, is_secret=True)
        self.first_field = LabelledField(
            look,
            say("Component 1, in hexadecimal"),
            self.first_edit,
            help_text=say("Its check value is shown next: compare it with the paper."),
        )
        column.addWidget(self.first_field)
        self.next = KeyButton(look, say("Check it"), cap=say("Enter"), kind="accent")
        self.stop = KeyButton(look, say("Do not"), cap="Esc")
        column.addLayout(act_row(self.next, self.stop))
        self.group.picked.connect(self._section.choose_group)
        self.krn.textEdited.connect(lambda text: self._section.type(krn=text))
        self.next.clicked.connect(self._on_first)
        self.stop.clicked.connect(self._section.close)
        self.first_edit.installEventFilter(EnterFilter(self.first_edit, self._on_first))
        return holder

    def _step_second(self) -> QWidget:
        look, say = self.look, self.say
        column, holder = _column()
        self.check = Note(look, "ok", "", say("The same as on paper 1? Then the second person goes on."))
        column.addWidget(self.check)
        self.second_edit = line_edit(look, is_secret=True)
        self.second_field = LabelledField(look, say("Component 2, in hexadecimal"), self.second_edit)
        column.addWidget(self.second_field)
        self.second_person = Choice(look, name=say("Second person"))
        self.pin = PinField(look, name=say("PIN"))
        self.pin_field = LabelledField(look, say("PIN"), self.pin)
        column.addLayout(
            pair(look, LabelledField(look, say("Second person"), self.second_person), self.pin_field)
        )
        self.load = KeyButton(look, say("Load the key"), cap=say("Enter"), kind="accent")
        self.stop_second = KeyButton(look, say("Do not"), cap="Esc")
        column.addLayout(act_row(self.load, self.stop_second))
        self.second_person.picked.connect(lambda name: self._section.set(second_person=name))
        self.load.clicked.connect(lambda: self._on_second(self.pin.take()))
        self.pin.entered.connect(self._on_second)
        self.stop_second.clicked.connect(self._section.close)
        return holder

    def _build_announce(self) -> QWidget:
        look, say = self.look, self.say
        card, inside = side_card(look, say("Change the key of a group"))
        text = say("Load the next key first. From the moment below on each meter gets its key change set.")
        inside.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.change_group = Choice(look, name=say("Supply group"))
        self.change_krn, self.ti = line_edit(look), line_edit(look)
        self.change_krn_field = LabelledField(look, say("Revision"), self.change_krn)
        self.ti_field = LabelledField(look, say("Tariff index"), self.ti)
        group = LabelledField(look, say("Supply group"), self.change_group)
        inside.addLayout(pair(look, group, self.change_krn_field, self.ti_field, shares=(2, 1, 1)))
        self.from_at = line_edit(look, hint="2026-12-31 06:00")
        self.from_field = LabelledField(look, say("From when"), self.from_at)
        inside.addWidget(self.from_field)
        self.announce = KeyButton(look, say("Announce the change"))
        inside.addLayout(act_row(self.announce))
        section = self._section
        self.change_group.picked.connect(section.choose_group)
        self.change_krn.textEdited.connect(lambda text: section.type(krn=text))
        self.ti.textEdited.connect(lambda text: section.type(ti=text))
        self.from_at.textEdited.connect(lambda text: section.type(from_at=text))
        self.announce.clicked.connect(section.announce)
        self.announce_wrong = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        inside.addWidget(self.announce_wrong)
        return card

    def first(self) -> QWidget | None:
        """The phrase while the vault is locked, else the keys."""
        return self.table if self._section.state.is_open else self.phrase

    def focus_setting(self, key: str) -> bool:
        """Put the focus on the one setting of the page."""
        if key != config.SINGLE_CUSTODIAN.key:
            return False
        self.single.focus.setFocus()
        return True

    def bar(self) -> Mapping[Act, BarItem]:
        """Loading has its key."""
        can_begin = self._section.state.is_open and self._section.state.step == 0
        return {Act.MAIN: BarItem(self.say("Load key"), is_on=can_begin, is_main=True)}

    def act(self, act: Act) -> bool:
        """Begin to load a key."""
        if act is not Act.MAIN or not self.begin.isEnabled() or self._section.state.step:
            return False
        self._on_begin()
        return True

    def escape(self) -> bool:
        """Stop loading."""
        if not self._section.state.step:
            return False
        self._clear_secrets()
        self._section.close()
        return True

    def show_form(self, state: FormState) -> None:
        """Show the one setting."""
        self.single.show_state(state)

    def show_state(self, state: VaultState) -> None:
        """Show everything."""
        say = self.say
        self.say_state(say("Open") if state.is_open else say("Locked"), "ok" if state.is_open else "warn")
        self.locked.setVisible(not state.is_open)
        self.table.setVisible(state.is_open)
        if state.keys != self._shown_keys:
            self._shown_keys = state.keys
            self.model.show_rows(state.keys)
            self.table.choose(0)
        self.phrase_field.set_wrong(state.wrong.get("phrase", ""))
        self.open_vault.setEnabled(not state.is_busy)
        self.done.setText(state.done)
        self.done.setVisible(bool(state.done))
        self._show_changes(state.changes)
        self._show_load(state)
        self._show_announce(state)
        self.bar_changed.emit()

    def _show_load(self, state: VaultState) -> None:
        was, self._shown_step = self._shown_step, state.step
        for n, step in enumerate(self.steps):
            step.setVisible(n == state.step)
        self.begin.setEnabled(state.is_open and bool(state.groups))
        for choice in (self.group, self.change_group):
            if choice.count() != len(state.groups):
                choice.fill([(one.sgc, one.sgc) for one in state.groups], state.sgc)
            choice.choose(state.sgc)
        for edit, text in ((self.krn, state.krn), (self.change_krn, state.krn), (self.ti, state.ti)):
            if edit.text() != text:
                edit.setText(text)
        self.krn_field.set_wrong(state.wrong.get("krn", ""))
        self.first_field.set_wrong(state.wrong.get("first", ""))
        self.second_field.set_wrong(state.wrong.get("second", ""))
        self.pin_field.set_wrong(state.wrong.get("pin", ""))
        self.check.say(self.say("Check value of component 1: {value}", value=state.first_check))
        if self.second_person.count() != len(state.people):
            self.second_person.fill([(name, name) for name in state.people])
        self.second_person.choose(state.second_person)
        self.pin_field.setVisible(not state.is_single)
        if state.step != was:
            self._clear_secrets()
            target = {1: self.first_edit, 2: self.second_edit}.get(state.step)
            if target is not None:
                target.setFocus()

    def _show_announce(self, state: VaultState) -> None:
        self.announce.setEnabled(state.is_open and bool(state.groups) and not state.is_busy)
        self.change_krn_field.set_wrong(state.wrong.get("krn", "") if not state.step else "")
        self.ti_field.set_wrong(state.wrong.get("ti", ""))
        self.from_field.set_wrong(state.wrong.get("from_at", ""))
        self.announce_wrong.setText(state.wrong.get("announce", ""))
        self.announce_wrong.setVisible("announce" in state.wrong)

    def _show_changes(self, changes: tuple[ChangeRow, ...]) -> None:
        if changes == self._shown_changes:
            return
        self._shown_changes = changes
        clear(self.changes)
        for change in changes:
            holder = QWidget()
            row = QHBoxLayout(holder)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(12)
            text = self.say(
                "Group {group} goes to revision {krn}, index {ti}, from {time}. Meters done: {n} of {all}",
                group=change.sgc,
                krn=change.krn,
                ti=change.ti,
                time=self.look.wording.day_time(change.from_at),
                n=change.changed,
                all=change.meters,
            )
            row.addWidget(label(self.look, text, Type.BODY, wraps=True), 1)
            end = KeyButton(self.look, self.say("End the change"), size="small")
            end.setEnabled(change.changed == change.meters)
            end.clicked.connect(lambda _=False, sgc=change.sgc: self._section.complete(sgc))
            row.addWidget(end)
            self.changes.addWidget(holder)
            if change.changed != change.meters:
                why = self.say("It ends when every meter in use has its set.")
                self.changes.addWidget(label(self.look, why, Type.SMALL, tone="text3", wraps=True))
        if changes:
            self.changes.addWidget(rule())

    def _clear_secrets(self) -> None:
        for edit in (self.first_edit, self.second_edit, self.pin, self.phrase):
            edit.clear()

    def _on_unlock(self) -> None:
        phrase = self.phrase.text()
        self.phrase.clear()
        self._section.unlock(phrase)

    def _on_begin(self) -> None:
        is_single = self._form.state.text(config.SINGLE_CUSTODIAN) == "yes"
        self.side_wanted.emit()
        self._section.begin(is_single=is_single)

    def _on_first(self) -> None:
        self._section.check(self.first_edit.text())

    def _on_second(self, pin: str) -> None:
        self._section.load(self.second_edit.text(), pin)


def _column() -> tuple[QVBoxLayout, QWidget]:
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    return column, holder
