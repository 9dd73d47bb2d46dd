"""A form as data: its fields, what is typed, what is wrong with it. The view draws any of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `choices` make it a list to choose from; a `head` above it begins a new part of the form."""

    key: str
    name: str
    hint: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    head: str = ""
    is_wide: bool = False
    is_fixed: bool = False
    """Shown, but not to be changed here."""


@dataclass(frozen=True, slots=True)
class Form:
    """One act that needs something typed. `kind`: accent, or bad for what cannot be taken back."""

    key: str
    title: str
    text: str
    main: str
    fields: tuple[FormField, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    kind: str = "accent"
    icon: str = "pencil"
    columns: int = 1
    is_busy: bool = False

    def value(self, key: str) -> str:
        """Return what stands in a field, without blanks around it."""
        return self.values.get(key, "").strip()

    def typed(self, key: str, text: str) -> Form:
        """Return the form with another text in a field, which is no longer called wrong."""
        wrong = {other: what for other, what in self.wrong.items() if other != key}
        return replace(self, values={**self.values, key: text}, wrong=wrong, message="")

    def busy(self) -> Form:
        """Return the form while its act is under way."""
        return replace(self, is_busy=True, wrong={}, message="")

    def kept(self, message: str) -> Form:
        """Return the form for a view made anew; nobody hears any more of an act that was under way."""
        return replace(self, is_busy=False, message=message) if self.is_busy else self

    def refused(self, wrong: Mapping[str, str], message: str = "") -> Form:
        """Return the form with what is wrong at its fields, and what belongs to none of them."""
        known = {one.key for one in self.fields}
        elsewhere = " ".join(text for key, text in wrong.items() if key not in known)
        at_fields = {key: text for key, text in wrong.items() if key in known}
        return replace(self, is_busy=False, wrong=at_fields, message=message or elsewhere)

    def first_wrong(self) -> str:
        """Return the key of the first field that is wrong."""
        return next((one.key for one in self.fields if one.key in self.wrong), "")
