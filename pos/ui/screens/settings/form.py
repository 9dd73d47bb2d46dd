"""Settings as fields: shown as a person writes them, checked, stored, and told to the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pos import config
from pos.config import SETTINGS, Setting, Whole, WholeOrNone
from pos.domain.money import format_major, parse_major
from pos.errors import UserError
from pos.services.settings import SettingValues
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState

REASON = "settings screen"


@dataclass(frozen=True, slots=True)
class FormState(SectionState):
    """`texts` are the stored settings as a person reads them, `typed` what a refused field holds instead."""

    texts: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)

    def text(self, setting: Setting[Any]) -> str:
        """Return what the field of a setting shows."""
        return self.typed.get(setting.key, self.texts.get(setting.key, ""))


class Form(Section[FormState]):
    """All settings that are fields."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, FormState())
        self.last_key = ""

    def open(self) -> None:
        """Read the settings."""
        self.submit(Lane.READ, self.context.desk.settings.values, self._got, is_shown=False)

    def change(self, setting: Setting[Any], text: str) -> None:
        """Store what was typed, if it is another value; say at the field where it is none."""
        if text == self.state.text(setting) and setting.key not in self.state.wrong:
            return
        typed = {**self.state.typed, setting.key: text}
        try:
            value = self._read(setting, text.strip())
        except UserError:
            self.set(typed=typed, wrong={**self.state.wrong, setting.key: self._why(setting)})
            return
        self.last_key = setting.key
        desk, actor = self.context.desk, self.context.actor

        def change() -> tuple[SettingValues, bool]:
            is_other = desk.settings.values()[setting] != value
            if is_other:
                desk.settings.change(actor, setting, value=value, reason=REASON)
            return desk.settings.values(), is_other

        self.state = FormState(self.state.wrong, texts=self.state.texts, typed=typed)
        self.context.tasks.submit(
            Lane.SALE,
            change,
            on_ok=lambda found: self._changed(setting, *found),
            on_error=lambda error: self.refuse(error, setting.key),
        )

    def undo(self) -> bool:
        """Show the stored values again where something is typed that is none; False if nothing is."""
        if not self.state.typed and not self.state.wrong:
            return False
        self.set(typed={}, wrong={})
        return True

    def _changed(self, setting: Setting[Any], values: SettingValues, is_other: bool) -> None:
        wrong = {key: text for key, text in self.state.wrong.items() if key != setting.key}
        typed = {key: text for key, text in self.state.typed.items() if key != setting.key}
        self.set(texts=self._texts(values), wrong=wrong, typed=typed)
        if is_other:
            self.context.shell.toast(self.say("Saved: {name}", name=self.say(setting.label)))
            self.context.shell.settings_changed()

    def _got(self, values: SettingValues) -> None:
        self.set(texts=self._texts(values))

    def _texts(self, values: SettingValues) -> dict[str, str]:
        return {key: self._shown(setting, values[setting]) for key, setting in SETTINGS.items()}

    def _shown(self, setting: Setting[Any], value: Any) -> str:
        if is_money(setting):
            return "" if value is None else format_major(value, self.context.desk.shop.currency)
        return setting.write(value)

    def _read(self, setting: Setting[Any], text: str) -> Any:
        if is_money(setting) and text:
            plain = "".join(text.split()).replace(",", "")
            amount_minor = parse_major(plain, self.context.desk.shop.currency)
            return setting.read(str(amount_minor))
        return setting.read(text)

    def _why(self, setting: Setting[Any]) -> str:
        kind = setting.kind.number if isinstance(setting.kind, WholeOrNone) else setting.kind
        if isinstance(kind, Whole) and not is_money(setting):
            return self.say(
                "A whole number from {least} to {most} is wanted.", least=kind.least, most=kind.most
            )
        if isinstance(kind, Whole) and not kind.least:
            return self.say("An amount in figures is wanted.")
        if isinstance(kind, Whole):
            least = self.context.wording.money(kind.least)
            return self.say("An amount in figures is wanted, at least {least}.", least=least)
        if setting is config.RECEIPT_LANGUAGES:
            return self.say("At least one language stays.")
        if isinstance(kind, config.Line):
            return self.say("One line of at most {most} letters is wanted.", most=kind.length_max)
        return self.say("This is not one of the choices.")


def is_money(setting: Setting[Any]) -> bool:
    """Say whether a setting is an amount of money."""
    return setting.key.endswith("_minor")
