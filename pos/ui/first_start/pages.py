"""The pages of the first start: the fields of each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import available_timezones

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from pos.domain.money import MINOR_DIGITS
from pos.i18n.catalogue import LANGUAGES
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.ui.files import Files
from pos.ui.first_start.answers import OWN, SECRETS, UTILITY, FieldPath
from pos.ui.first_start.presenter import STEPS, FirstStartPresenter, FirstStartState
from pos.ui.look import Look, Type
from pos.ui.screens.sign_in.view import LANGUAGE_NAMES
from pos.ui.widgets.card import Card, Note
from pos.ui.widgets.controls import Choice, Segments, Switch
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

_LENGTHS = {"till_code": 4, "pin": 8, "pin_again": 8, "sgc": 6, "ti": 2, "krn": 1, "check_value": 6}
_ALGORITHMS = {EncryptionAlgorithm.STA: "STA (07)", EncryptionAlgorithm.MISTY1: "MISTY1 (11)"}
_METHODS = {KeyMethod.DKGA02: "DKGA02", KeyMethod.DKGA04: "DKGA04"}


class Page(QWidget):
    """One step. `fields` are found by their path; the first takes the focus."""

    def __init__(
        self,
        look: Look,
        presenter: FirstStartPresenter,
        files: Files,
        *,
        language_chosen: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._files = files
        self._language_chosen = language_chosen
        self.fields: dict[FieldPath, LabelledField] = {}
        self._rows: list[QHBoxLayout] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.metrics.fixed(14, 10))
        state = presenter.state
        makers = {
            "welcome": self._welcome,
            "shop": self._shop,
            "till": self._till,
            "person": self._person,
            "phrase": self._phrase,
            "limits": self._limits,
            "tariffs": self._tariffs,
            "keys": self._keys,
            "machine": self._machine,
            "check": self._check,
            "code": self._code,
        }
        makers[state.page.key]()
        for field in self.fields.values():
            # A sentence below one field must not push its neighbours down.
            for row in self._rows:
                row.setAlignment(field, Qt.AlignmentFlag.AlignTop)
        self._column.addStretch(1)
        self.show_state(state)

    def show_state(self, state: FirstStartState) -> None:
        """Show texts and what is wrong."""
        for path, field in self.fields.items():
            text, edit = state.answers.entry(path), field.field
            if isinstance(edit, QLineEdit):
                if edit.text() != text:
                    edit.setText(text)
            elif isinstance(edit, Choice):
                edit.choose(text)
            field.set_wrong(state.wrong.get(path, ""))

    def focus_first(self) -> None:
        """Put the caret into the first field, or the first that is wrong."""
        wrong = self._presenter.state.wrong
        order = [field for path, field in self.fields.items() if path in wrong] or list(self.fields.values())
        if order:
            order[0].field.setFocus()

    # -- the steps ----------------------------------------------------------------------------------------

    def _welcome(self) -> None:
        say = self._look.say
        names = [(language, LANGUAGE_NAMES[language]) for language in LANGUAGES]
        chosen = self._presenter.state.answers.text("language")
        self.languages = Segments(self._look, names, chosen=chosen, name=say("Language"))
        self.languages.chosen.connect(self._language_chosen)
        row = self._row()
        row.addWidget(self.languages)
        row.addStretch(1)
        self._column.addWidget(
            Note(
                self._look,
                "info",
                say("It takes about five minutes."),
                say(
                    "Have at hand: the tax number, the tariff, the supply group codes. "
                    "What is missing can be added later."
                ),
            )
        )

    def _shop(self) -> None:
        say = self._look.say
        row = self._row()
        row.addWidget(self._edit("organisation", say("Organisation"), hint=say("Kimironko Energy Ltd")), 2)
        row.addWidget(self._edit("tin", say("Tax number (TIN), if any")), 1)
        self._column.addWidget(
            self._edit("sales_point", say("Sales point, as receipts name it"), hint=say("Market counter"))
        )
        row = self._row()
        row.addWidget(self._edit("address", say("Address, if wanted")), 2)
        row.addWidget(self._edit("phone", say("Telephone, if wanted"), hint="+250788300114"), 1)

    def _till(self) -> None:
        say = self._look.say
        row = self._row()
        row.addWidget(self._edit("till_code", say("Till code"), hint="T01"), 1)
        currencies = sorted(MINOR_DIGITS)
        row.addWidget(self._choice("currency", say("Currency"), [(one, one) for one in currencies]), 1)
        row.addStretch(1)
        zones = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone]
        self._column.addWidget(self._choice("time_zone", say("Time zone"), zones))

    def _person(self) -> None:
        say = self._look.say
        self._column.addWidget(self._edit("name", say("Name, as the sign-in screen shows it")))
        row = self._row()
        row.addWidget(self._edit("pin", say("PIN, 6 to 8 digits")), 1)
        row.addWidget(self._edit("pin_again", say("The PIN again")), 1)

    def _phrase(self) -> None:
        say = self._look.say
        self._column.addWidget(self._edit("phrase", say("Opening phrase")))
        self._column.addWidget(self._edit("phrase_again", say("The phrase again")))
        if not self._presenter.asks_passphrase:
            return
        text = say("Its secrets are sealed with a passphrase instead, which is asked for at each start.")
        self._column.addWidget(Note(self._look, "info", say("This computer has no key store."), text))
        row = self._row()
        row.addWidget(self._edit("passphrase", say("Passphrase of this till")), 1)
        row.addWidget(self._edit("passphrase_again", say("The passphrase again")), 1)

    def _limits(self) -> None:
        say = self._look.say
        kinds = [(OWN, say("Our own supply")), (UTILITY, say("A utility's, paid before"))]
        chosen = self._presenter.state.answers.text("supplier")
        self.supplier = Segments(self._look, kinds, chosen=chosen, name=say("Whose energy"))
        self.supplier.chosen.connect(self._on_supplier)
        row = self._row()
        row.addWidget(self.supplier)
        row.addStretch(1)
        self._utility = QWidget()
        inside = QHBoxLayout(self._utility)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        self._rows.append(inside)
        currency = self._presenter.state.answers.text("currency")
        inside.addWidget(self._edit("supplier_code", say("Short word"), hint="reg"), 1)
        inside.addWidget(self._edit("supplier_name", say("The utility"), hint="Rwanda Energy Group"), 2)
        credit = say("Credit, {currency}", currency=currency)
        inside.addWidget(self._edit("credit_limit", credit, hint="0"), 1)
        self._column.addWidget(self._utility)
        self._utility.setVisible(chosen == UTILITY)
        self._column.addWidget(rule())
        self._column.addWidget(
            label(self._look, say("What this till may sell without head office"), Type.NAME)
        )
        row = self._row()
        row.addWidget(self._edit("money", say("Money, {currency}", currency=currency), hint="5000000"), 1)
        row.addWidget(self._edit("units", say("Units, kWh or m³"), hint="50000"), 1)

    def _on_supplier(self, key: str) -> None:
        self._presenter.type_field((-1, "supplier"), key)
        self._utility.setVisible(key == UTILITY)

    def _tariffs(self) -> None:
        say = self._look.say
        row = self._row()
        row.addWidget(self._edit("tariffs", say("Tariff file (CSV), empty: later")), 1)
        row.addWidget(self._choose_button(say("Choose a file"), self._pick_tariffs))
        self._column.addWidget(
            Note(
                self._look,
                "info",
                say("Nothing can be sold before there is a tariff."),
                say("The columns are described in the help, under Tariffs."),
            )
        )

    def _pick_tariffs(self) -> None:
        path = self._files.to_read(self._look.say("Tariff file"), "CSV (*.csv)")
        if path is not None:
            self._presenter.type_field((-1, "tariffs"), str(path))

    def _keys(self) -> None:
        say = self._look.say
        groups = self._presenter.state.answers.groups
        if not groups:
            self._column.addWidget(
                Note(
                    self._look,
                    "info",
                    say("No supply group yet: tokens wait until there is one and its key is loaded."),
                )
            )
        for place in range(len(groups)):
            self._column.addWidget(self._group(place))
        row = self._row()
        add = KeyButton(self._look, say("Add a supply group"), icon="plus")
        add.clicked.connect(self._presenter.add_group)
        row.addWidget(add)
        row.addStretch(1)

    def _group(self, place: int) -> Card:
        look, say = self._look, self._look.say
        card = Card(padding=look.metrics.padding, gap=look.metrics.gap)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row in (first, second):
            row.setSpacing(12)
            self._rows.append(row)
            card.body.addLayout(row)
        first.addWidget(self._edit("sgc", say("Supply group"), hint="600713", place=place), 2)
        first.addWidget(self._edit("ti", say("Tariff index"), place=place), 1)
        first.addWidget(self._edit("krn", say("Revision"), place=place), 1)
        check_value = say("Check value, if known")
        first.addWidget(self._edit("check_value", check_value, hint="A1B2C3", place=place), 2)
        methods = [(one.value, name) for one, name in _METHODS.items()]
        second.addWidget(self._choice("key_method", say("Key method"), methods, place=place), 1)
        algorithms = [(one.value, name) for one, name in _ALGORITHMS.items()]
        second.addWidget(self._choice("algorithm", say("Algorithm"), algorithms, place=place), 1)
        dates = [(one.value, str(one.year)) for one in BaseDate]
        second.addWidget(self._choice("base_date", say("Base date"), dates, place=place), 1)
        remove = KeyButton(look, say("Remove"), icon="trash")
        remove.clicked.connect(lambda _=False, place=place: self._presenter.remove_group(place))
        second.addWidget(remove, 0, Qt.AlignmentFlag.AlignBottom)
        return card

    def _machine(self) -> None:
        say = self._look.say
        printer = say("Receipt printer, empty: none yet")
        self._column.addWidget(self._edit("printer", printer, hint="network:192.168.0.50"))
        row = self._row()
        folder = say("Back-up folder, empty: beside the database")
        row.addWidget(self._edit("backup_folder", folder), 1)
        row.addWidget(self._choose_button(say("Choose a folder"), self._pick_folder))

    def _pick_folder(self) -> None:
        path = self._files.folder(self._look.say("Back-up folder"))
        if path is not None:
            self._presenter.type_field((-1, "backup_folder"), str(path))

    def _check(self) -> None:
        say, answers = self._look.say, self._presenter.state.answers
        later = say("later")
        zone = answers.text("time_zone").replace("_", " ")
        groups = ", ".join(group["sgc"] for group in answers.groups)
        money, units = (self._grouped(answers.text(name)) for name in ("money", "units"))
        limit = f"{answers.text('currency')} {money} · {units} kWh"
        supplier = (
            answers.text("supplier_name") if answers.text("supplier") == UTILITY else say("our own supply")
        )
        facts: Sequence[tuple[int, str, str]] = (
            (0, say("Language"), LANGUAGE_NAMES[answers.text("language")]),
            (1, say("Organisation"), answers.text("organisation")),
            (1, say("Sales point"), answers.text("sales_point")),
            (2, say("Till code"), answers.text("till_code")),
            (2, say("Currency, time zone"), f"{answers.text('currency')}, {zone}"),
            (3, say("Administrator"), answers.text("name")),
            (5, say("Supplier"), supplier),
            (5, say("Without head office"), limit),
            (6, say("Tariff"), answers.text("tariffs") or later),
            (7, say("Supply groups"), groups or later),
            (8, say("Printer"), answers.text("printer") or later),
            (8, say("Back-ups"), answers.text("backup_folder") or say("beside the database")),
        )
        card = Card(padding=self._look.metrics.padding)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(self._look.metrics.fixed(4, 0))
        grid.setColumnStretch(1, 1)
        card.body.addLayout(grid)
        seen = -1
        for n, (step, name, value) in enumerate(facts):
            grid.addWidget(label(self._look, name, Type.BODY, tone="text2"), n, 0)
            grid.addWidget(label(self._look, value, Type.VALUE, wraps=True), n, 1)
            if step != seen:
                change = KeyButton(self._look, say("Change"), kind="quiet", size="small")
                change.setAccessibleName(say("Change: {what}", what=say(STEPS[step].word)))
                change.clicked.connect(lambda _=False, step=step: self._presenter.go(step))
                grid.addWidget(change, n, 2)
            seen = step
        self._column.addWidget(card)

    def _code(self) -> None:
        look, say = self._look, self._look.say
        made = self._presenter.state.made
        card = Card(kind="focus", padding=look.metrics.fixed(24, 16), gap=8)
        self.code = label(look, "" if made is None else made.recovery_code, Type.TOTAL)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        card.body.addWidget(self.code, 0, Qt.AlignmentFlag.AlignCenter)
        self._column.addWidget(card)
        row = self._row()
        self.written = Switch(
            look,
            say("I have written it down"),
            is_on=self._presenter.state.is_written_down,
        )
        self.written.toggled.connect(lambda is_on: self._presenter.write_down(is_written_down=is_on))
        row.addWidget(self.written)
        row.addWidget(label(look, say("I have written it down, and it lies in a safe place."), Type.BODY), 1)
        row = self._row()
        name = say("Enrol it at a head office next")
        self.enrols = Switch(look, name, is_on=self._presenter.state.wants_enrolment)
        self.enrols.toggled.connect(lambda is_on: self._presenter.want_enrolment(is_wanted=is_on))
        row.addWidget(self.enrols)
        text = say(
            "Enrol it at a head office next. A till that stands alone needs none; it can be done later."
        )
        row.addWidget(label(look, text, Type.BODY, wraps=True), 1)

    def _grouped(self, text: str) -> str:
        whole, point, rest = text.partition(".")
        return f"{self._look.wording.count(int(whole or 0))}{point}{rest}" if whole.isdecimal() else text

    # -- building -----------------------------------------------------------------------------------------

    def _row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        self._rows.append(row)
        self._column.addLayout(row)
        return row

    def _choose_button(self, caption: str, pick: Callable[[], None]) -> QWidget:
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label(self._look, " ", Type.SUPPORT))
        button = KeyButton(self._look, caption, icon="folder")
        button.clicked.connect(pick)
        column.addWidget(button)
        column.addStretch(1)
        return holder

    def _edit(self, name: str, caption: str, *, hint: str = "", place: int = -1) -> LabelledField:
        edit = line_edit(self._look, hint=hint, is_secret=name in SECRETS)
        edit.setMaxLength(_LENGTHS.get(name, 200))
        path = (place, name)
        upper = name in ("till_code", "check_value")
        edit.textEdited.connect(
            lambda text, path=path, upper=upper: self._presenter.type_field(
                path, text.upper() if upper else text
            )
        )
        return self._keep(path, LabelledField(self._look, caption, edit))

    def _choice(
        self, name: str, caption: str, choices: Sequence[tuple[str, str]], *, place: int = -1
    ) -> LabelledField:
        choice = Choice(self._look, choices, name=caption)
        choice.picked.connect(lambda key, path=(place, name): self._presenter.type_field(path, key))
        return self._keep((place, name), LabelledField(self._look, caption, choice))

    def _keep(self, path: FieldPath, field: LabelledField) -> LabelledField:
        self.fields[path] = field
        return field
