"""One field for each kind of setting: it shows what is stored and hands over what was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from pos import config
from pos.config import AnyOf, OneOf, Setting, SomeOf, YesNo
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState, is_money
from pos.ui.screens.settings.parts import Choosers, PathField
from pos.ui.widgets.controls import Segments, Switch, at_left
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

LANGUAGE_NAMES = {"en": "English", "fr": "Français", "rw": "Ikinyarwanda", "sw": "Kiswahili"}
PROVIDER_NAMES = {"mtn_momo": "MTN MoMo", "airtel_money": "Airtel Money", "paystack": "Paystack"}
_SEGMENT_SIZES = ("100", "125", "150", "175", "200")


class SettingField(QObject):
    """The base: `widget` stands on the page, `focus` takes the caret."""

    def __init__(self, form: Form, setting: Setting[Any], widget: QWidget, focus: QWidget) -> None:
        super().__init__(widget)
        self.form = form
        self.setting = setting
        self.widget = widget
        self.focus = focus

    def show_state(self, state: FormState) -> None:
        """Show what is stored, or what was typed and refused."""
        raise NotImplementedError


class LineField(SettingField):
    """A number, an amount or a line of text: stored on Enter and when the caret leaves."""

    def __init__(self, look: Look, form: Form, setting: Setting[Any], *, name: str) -> None:
        self.edit = line_edit(look)
        self.labelled = LabelledField(look, name, self.edit, help_text=look.say(setting.help))
        super().__init__(form, setting, self.labelled, self.edit)
        self.edit.editingFinished.connect(self._on_finished)

    def show_state(self, state: FormState) -> None:
        """Show it; a field that is being typed in is left alone."""
        text = state.text(self.setting)
        is_typing = self.edit.hasFocus() and self.edit.isModified()
        if self.edit.text() != text and not is_typing:
            self.edit.setText(text)
        self.labelled.set_wrong(state.wrong.get(self.setting.key, ""))

    def _on_finished(self) -> None:
        self.edit.setModified(False)
        self.form.change(self.setting, self.edit.text())


class PathSetting(SettingField):
    """A path with a button for the system's dialog."""

    def __init__(
        self, look: Look, form: Form, setting: Setting[Any], *, choose: Callable[[str], str]
    ) -> None:
        self.path = PathField(
            look, look.say(setting.label), look.say(setting.help), look.say("Choose"), choose
        )
        super().__init__(form, setting, self.path, self.path.edit)
        self.path.edited.connect(self._on_edited)

    def show_state(self, state: FormState) -> None:
        """Show it."""
        self.path.set_text(state.text(self.setting))
        self.path.field.set_wrong(state.wrong.get(self.setting.key, ""))

    def _on_edited(self, path: str) -> None:
        self.form.change(self.setting, path)


class SegmentsField(SettingField):
    """One of a few."""

    def __init__(
        self, look: Look, form: Form, setting: Setting[Any], *, choices: list[tuple[str, str]]
    ) -> None:
        name = look.say(setting.label)
        self.segments = Segments(look, choices, name=name)
        self.labelled = LabelledField(look, name, at_left(self.segments), help_text=look.say(setting.help))
        super().__init__(form, setting, self.labelled, self.segments)
        self.segments.chosen.connect(self._on_chosen)

    def show_state(self, state: FormState) -> None:
        """Show it."""
        self.segments.choose(state.text(self.setting))
        for button in self.segments.findChildren(QToolButton):
            # Arrows choose from the chosen one on.
            if button.isChecked():
                self.segments.setFocusProxy(button)
        self.labelled.set_wrong(state.wrong.get(self.setting.key, ""))

    def _on_chosen(self, key: str) -> None:
        self.form.change(self.setting, key)


class SwitchField(SettingField):
    """Yes or no: name and help at the left, the switch at the right."""

    def __init__(self, look: Look, form: Form, setting: Setting[Any]) -> None:
        name = look.say(setting.label)
        holder = QWidget()
        outer = QVBoxLayout(holder)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(look.metrics.fixed(10, 6))
        outer.addWidget(rule())
        row = QHBoxLayout()
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(look, name, Type.NAME))
        self.help = label(look, look.say(setting.help), Type.SUPPORT, tone="text2", wraps=True)
        words.addWidget(self.help)
        row.addLayout(words, 1)
        self.switch = Switch(look, name)
        row.addWidget(self.switch)
        outer.addLayout(row)
        super().__init__(form, setting, holder, self.switch)
        self.switch.clicked.connect(self._on_clicked)

    def show_state(self, state: FormState) -> None:
        """Show it."""
        is_on = state.text(self.setting) == "yes"
        if self.switch.isChecked() != is_on:
            self.switch.setChecked(is_on)

    def _on_clicked(self) -> None:
        self.form.change(self.setting, "yes" if self.switch.isChecked() else "no")


class SeveralField(SettingField):
    """Some of a few, in the order in which they are offered."""

    def __init__(self, look: Look, form: Form, setting: Setting[Any], *, names: Mapping[str, str]) -> None:
        self._names = names
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        columns = 2 if look.metrics.percent > 100 else 4
        self.buttons: dict[str, KeyButton] = {}
        for n, (language, name) in enumerate(names.items()):
            button = KeyButton(look, name, size="small")
            button.clicked.connect(lambda _=False, language=language: self._on_clicked(language))
            self.buttons[language] = button
            grid.addWidget(button, n // columns, n % columns)
        grid.setColumnStretch(columns, 1)
        self.labelled = LabelledField(look, look.say(setting.label), holder, help_text=look.say(setting.help))
        super().__init__(form, setting, self.labelled, next(iter(self.buttons.values())))

    def show_state(self, state: FormState) -> None:
        """Mark the chosen ones with their places."""
        chosen = state.text(self.setting).split()
        for language, button in self.buttons.items():
            is_chosen = language in chosen
            button.set_chosen(is_chosen=is_chosen)
            button.set_caption(
                self._names[language], cap=str(chosen.index(language) + 1) if is_chosen else ""
            )
        self.labelled.set_wrong(state.wrong.get(self.setting.key, ""))

    def _on_clicked(self, language: str) -> None:
        chosen = self.form.state.text(self.setting).split()
        if language in chosen:
            chosen.remove(language)
        else:
            chosen.append(language)
        self.form.change(self.setting, " ".join(chosen))


def make_field(look: Look, form: Form, setting: Setting[Any], choosers: Choosers) -> SettingField:
    """Return the field of a setting."""
    say = look.say
    if setting is config.BACKUP_FOLDER:
        return PathSetting(
            look, form, setting, choose=lambda start: choosers.folder(say("Back-up folder"), start)
        )
    if setting is config.RECEIPT_LOGO:
        return PathSetting(
            look, form, setting, choose=lambda start: choosers.open_file(say("Logo on receipts"), start)
        )
    if setting is config.TEXT_PERCENT:
        sizes = [(size, f"{size} %") for size in _SEGMENT_SIZES]
        return SegmentsField(look, form, setting, choices=sizes)
    if isinstance(setting.kind, YesNo):
        return SwitchField(look, form, setting)
    if isinstance(setting.kind, SomeOf):
        return SeveralField(look, form, setting, names=LANGUAGE_NAMES)
    if isinstance(setting.kind, AnyOf):
        return SeveralField(look, form, setting, names=PROVIDER_NAMES)
    if isinstance(setting.kind, OneOf):
        words = {**LANGUAGE_NAMES, "light": say("Light"), "dark": say("Dark")}
        words |= {"58": say("58 mm"), "80": say("80 mm"), "v1": "v1", "v2": "v2", "smtp": "SMTP"}
        words |= {"sandbox": say("Sandbox"), "live": say("Live"), "off": say("Off"), "file": say("File")}
        words |= {"direct": say("Direct"), "central": say("Head office")}
        choices = [(word, words[word]) for word in setting.kind.words]
        return SegmentsField(look, form, setting, choices=choices)
    name = say(setting.label)
    if is_money(setting):
        name = say("{name}, in {currency}", name=name, currency=look.wording.currency)
    return LineField(look, form, setting, name=name)
