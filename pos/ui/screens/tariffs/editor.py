"""The editor of a new version: fields in the order a tariff is read aloud, errors at each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from pos.domain.tariff import ArrearsKind, Period
from pos.i18n.wording import NO_BREAK
from pos.ui.look import Look, Type
from pos.ui.screens.tariffs.cells import Cell, Toggles
from pos.ui.screens.tariffs.changes import PERIOD_WORDS, RULE_WORDS, TAXED_WORDS
from pos.ui.screens.tariffs.example import clear_layout
from pos.ui.screens.tariffs.form import Path, TariffForm
from pos.ui.screens.tariffs.presenter import TariffsPresenter
from pos.ui.screens.tariffs.state import TariffsState
from pos.ui.widgets.card import Note
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule


class Editor(QWidget):
    """The form. Its widgets are made anew only when an entry comes or goes."""

    def __init__(self, look: Look, presenter: TariffsPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shape: object = None
        self._cells: dict[Path, Cell] = {}
        self._added: str = ""
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        self._column = QVBoxLayout(holder)
        metrics = look.metrics
        self._column.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.padding)
        self._column.setSpacing(metrics.gap)
        self._scroll.setWidget(holder)
        outer.addWidget(self._scroll, 1)

    def cell(self, path: Path) -> Cell:
        """Return a field, for the focus and for tests."""
        return self._cells[path]

    def focus_first(self) -> None:
        """Put the caret into the first field that waits for something."""
        form = self._presenter.state.form
        if form is not None:
            self._cells["head", 0, "code" if form.is_new_code else "valid_from"].field.setFocus()

    def focus_wrong(self) -> None:
        """Put the caret into the first field that is wrong."""
        for cell in self._cells.values():
            if cell.wrong.text():
                cell.field.setFocus()
                self._scroll.ensureWidgetVisible(cell)
                return

    def show_state(self, state: TariffsState) -> None:
        """Show the form."""
        form = state.form
        if form is None:
            self._shape = None
            return
        head = form.head
        shape = (
            {part: len(entries) for part, entries in form.parts.items()},
            (head["rule"], head["service"], form.is_new_code, form.version),
        )
        if shape != self._shape:
            self._shape = shape
            self._build(form)
        for path, cell in self._cells.items():
            cell.show_text(form.entry(path), state.wrong_at(path))
        self._past.setVisible(state.starts_in_past)

    def _build(self, form: TariffForm) -> None:
        clear_layout(self._column)
        self._cells = {}
        self._head(form)
        self._blocks(form)
        say = self._look.say
        self._entries(form, "charge", say("Charges"), say("Add a charge"))
        self._entries(form, "levy", say("Levies"), say("Add a levy"))
        self._entries(form, "tax", say("Taxes"), say("Add a tax"))
        self._arrears(form)
        self._limits()
        self._column.addStretch(1)
        if self._added:
            part, self._added = self._added, ""
            place = len(form.parts[part]) - (2 if part == "block" else 1)
            first = next((cell for path, cell in self._cells.items() if path[:2] == (part, place)), None)
            if first is not None:
                first.field.setFocus()

    def _head(self, form: TariffForm) -> None:
        say = self._look.say
        row = self._row()
        code = self._edit(("head", 0, "code"), say("Code"), width=130)
        code_edit = code.field
        assert isinstance(code_edit, QLineEdit)
        code_edit.setReadOnly(not form.is_new_code)
        code_edit.setFocusPolicy(Qt.FocusPolicy.StrongFocus if form.is_new_code else Qt.FocusPolicy.NoFocus)
        row.addWidget(code)
        row.addWidget(self._edit(("head", 0, "name"), say("Name"), hint=say("Residential")), 1)
        if form.is_new_code:
            services = [("electricity", say("Electricity")), ("water", say("Water"))]
            row.addWidget(self._choice(("head", 0, "service"), say("Service"), services, width=140))
        row.addWidget(self._edit(("head", 0, "valid_from"), say("Valid from"), hint="2026-12-01", width=140))
        self._past = Note(
            self._look,
            "warn",
            say("This day is past: the version counts at once."),
            say("What was sold before keeps its price."),
        )
        self._column.addWidget(self._past)

    def _blocks(self, form: TariffForm) -> None:
        look, say = self._look, self._look.say
        unit = self._presenter.unit()
        self._section(say("Blocks"), say("Add a block"), "block")
        entries = form.parts["block"]
        for place, _ in enumerate(entries):
            row = self._row()
            name = say("Block {n}", n=place + 1)
            number = label(look, name, Type.NAME)
            number.setMinimumHeight(look.metrics.field)
            row.addWidget(Cell(look, NO_BREAK if place == 0 else "", number, name=name, width=74))
            is_last = place == len(entries) - 1
            hint = say("no limit") if is_last else "50"
            upper = self._edit(
                ("block", place, "to_units"),
                say("Up to, {unit}", unit=unit) if place == 0 else "",
                name=f"{name}: {say('up to')}",
                hint=hint,
            )
            row.addWidget(upper, 1)
            rate = self._edit(
                ("block", place, "rate"),
                say("{currency} for one {unit}", currency=look.wording.currency, unit=unit)
                if place == 0
                else "",
                name=f"{name}: {say('rate')}",
                hint="310",
            )
            row.addWidget(rate, 1)
            self._remove_button(row, "block", place, is_on=len(entries) > 1)

    def _entries(self, form: TariffForm, part: str, title: str, add: str) -> None:
        self._section(title, add, part)
        for place, _ in enumerate(form.parts[part]):
            row = self._row()
            {"charge": self._charge, "levy": self._levy, "tax": self._tax}[part](row, place)
            self._remove_button(row, part, place)

    def _charge(self, row: QHBoxLayout, place: int) -> None:
        say, first = self._look.say, place == 0
        row.addWidget(
            self._edit(("charge", place, "name"), say("Code") if first else "", name=say("Code")), 1
        )
        row.addWidget(
            self._edit(("charge", place, "amount"), say("Amount") if first else "", name=say("Amount")), 1
        )
        periods = [(period.value, say(PERIOD_WORDS[period])) for period in Period]
        row.addWidget(
            self._choice(
                ("charge", place, "period"),
                say("Taken") if first else "",
                periods,
                name=say("Taken"),
                width=160,
            )
        )
        tax = self._edit(
            ("charge", place, "tax_code"),
            say("Tax code") if first else "",
            name=say("Tax code"),
            hint=say("as charges"),
            width=120,
        )
        row.addWidget(tax)

    def _levy(self, row: QHBoxLayout, place: int) -> None:
        say, first = self._look.say, place == 0
        row.addWidget(self._edit(("levy", place, "name"), say("Code") if first else "", name=say("Code")), 1)
        row.addWidget(
            self._edit(
                ("levy", place, "percent"), say("% of energy") if first else "", name=say("% of energy")
            ),
            1,
        )
        caption = say("or for one unit")
        row.addWidget(self._edit(("levy", place, "rate"), caption if first else "", name=caption), 1)
        row.addWidget(self._inclusive(("levy", place, "inclusive"), is_first=first))

    def _tax(self, row: QHBoxLayout, place: int) -> None:
        say, first = self._look.say, place == 0
        row.addWidget(
            self._edit(("tax", place, "tax_code"), say("Code") if first else "", name=say("Code")), 1
        )
        row.addWidget(self._edit(("tax", place, "percent"), "%" if first else "", name="%", width=84))
        path: Path = ("tax", place, "applies_to")
        kinds = [(key, say(word)) for key, word in TAXED_WORDS.items()]
        toggles = Toggles(self._look, kinds, name=say("Is on"))
        toggles.changed.connect(lambda text, path=path: self._presenter.type_field(path, text))
        is_on = self._keep(path, Cell(self._look, say("Is on") if first else "", toggles, name=say("Is on")))
        inclusive = self._inclusive(("tax", place, "inclusive"), is_first=first)
        metrics = self._look.metrics
        if metrics.is_compact or metrics.is_single_column:
            row.addWidget(inclusive)
            self._row().addWidget(is_on)
        else:
            row.addWidget(is_on)
            row.addWidget(inclusive)

    def _inclusive(self, path: Path, *, is_first: bool) -> Cell:
        say = self._look.say
        choices = [("no", say("on top")), ("yes", say("inside"))]
        caption = say("In the price")
        return self._choice(path, caption if is_first else "", choices, name=caption, width=112)

    def _arrears(self, form: TariffForm) -> None:
        say = self._look.say
        self._section(say("Old debt (arrears)"))
        row = self._row()
        kinds = [(kind.value, say(RULE_WORDS[kind])) for kind in ArrearsKind]
        row.addWidget(self._choice(("head", 0, "rule"), say("Paid off with each sale"), kinds), 2)
        chosen = form.head["rule"]
        if chosen == "fixed":
            row.addWidget(self._edit(("head", 0, "arrears_amount"), say("Amount")), 1)
        if chosen == "percent":
            row.addWidget(self._edit(("head", 0, "arrears_percent"), say("% of the money"), hint="25"), 1)
        if chosen != "none":
            row.addWidget(self._edit(("head", 0, "cap"), say("At most"), hint=say("no limit")), 1)
            row.addWidget(
                self._edit(("head", 0, "arrears_tax"), say("Tax code"), hint=say("none"), width=100)
            )
        else:
            row.addStretch(1)

    def _limits(self) -> None:
        say = self._look.say
        self._section(say("Limits and free units"))
        row = self._row()
        row.addWidget(self._edit(("head", 0, "min_vend"), say("Smallest sale"), hint="0"), 1)
        row.addWidget(self._edit(("head", 0, "max_vend"), say("Largest sale"), hint=say("no limit")), 1)
        free = say("Free {unit} a month", unit=self._presenter.unit())
        row.addWidget(self._edit(("head", 0, "free"), free, hint="0"), 1)

    def _row(self) -> QHBoxLayout:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._look.metrics.fixed(12, 8))
        self._column.addWidget(holder)
        return row

    def _section(self, title: str, add: str = "", part: str = "") -> None:
        self._column.addWidget(rule())
        row = self._row()
        row.addWidget(label(self._look, title, Type.STRONG))
        row.addStretch(1)
        if add:
            button = KeyButton(self._look, add, kind="quiet", size="small", icon="plus")
            button.clicked.connect(lambda _=False, part=part: self._add(part))
            row.addWidget(button)

    def _add(self, part: str) -> None:
        self._added = part
        self._presenter.add(part)

    def _remove_button(self, row: QHBoxLayout, part: str, place: int, *, is_on: bool = True) -> None:
        look = self._look
        button = KeyButton(look, "", kind="quiet", size="small", icon="trash")
        button.setAccessibleName(look.say("Remove line {n}", n=place + 1))
        button.setToolTip(look.say("Remove line {n}", n=place + 1))
        button.setEnabled(is_on)
        button.setFixedSize(look.metrics.px(44, 40), look.metrics.field)
        button.clicked.connect(lambda _=False: self._presenter.remove(part, place))
        # The caption keeps it beside the fields of the first line, which have one.
        caption = NO_BREAK if place == 0 else ""
        row.addWidget(Cell(look, caption, button, name=look.say("Remove line {n}", n=place + 1)))

    def _edit(self, path: Path, caption: str, *, name: str = "", hint: str = "", width: int = 0) -> Cell:
        edit = line_edit(self._look, hint=hint)
        edit.setMaxLength(40)
        edit.textEdited.connect(lambda text, path=path: self._presenter.type_field(path, text))
        return self._keep(path, Cell(self._look, caption, edit, name=name, width=width))

    def _choice(
        self, path: Path, caption: str, choices: Sequence[tuple[str, str]], *, name: str = "", width: int = 0
    ) -> Cell:
        choice = Choice(self._look, choices, name=name or caption)
        choice.picked.connect(lambda key, path=path: self._presenter.type_field(path, key))
        return self._keep(path, Cell(self._look, caption, choice, name=name, width=width))

    def _keep(self, path: Path, cell: Cell) -> Cell:
        self._cells[path] = cell
        return cell
