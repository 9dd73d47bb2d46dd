"""The pages that are mostly fields: shop and receipts, rules and limits, training, scanner."""

from __future__ import annotations

import textwrap
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from pos import config
from pos.config import Setting
from pos.ui.desk import ShopFacts
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import (
    Choosers,
    PageView,
    act_row,
    clear,
    is_narrow,
    pair,
    paper_card,
    side_card,
    side_column,
)
from pos.ui.screens.settings.setting_fields import LineField, SettingField, make_field
from pos.ui.screens.settings.small import (
    LimitSection,
    LimitState,
    ScannerSection,
    ScannerState,
)
from pos.ui.widgets.badge import Light
from pos.ui.widgets.card import Note
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.paper_view import PaperView
from pos.ui.widgets.text import ElidedLabel, label, rule

_PREVIEW_COLUMNS = 48


class FieldsPage(PageView):
    """A page with the fields of its settings."""

    def __init__(self, look: Look, page: Page, form: Form, choosers: Choosers) -> None:
        super().__init__(look, page.word, page.about)
        self.form = form
        self.choosers = choosers
        self.fields: dict[str, SettingField] = {}
        self.build(page)

    def build(self, page: Page) -> None:
        """Put all fields of the page under each other."""
        for setting in page.settings:
            self.column.addWidget(self.add(setting).widget)
        self.column.addStretch(1)

    def add(self, setting: Setting[Any]) -> SettingField:
        """Make the field of a setting; the caller places it."""
        self.fields[setting.key] = make_field(self.look, self.form, setting, self.choosers)
        return self.fields[setting.key]

    def show_form(self, state: FormState) -> None:
        """Show what is stored."""
        for field in self.fields.values():
            field.show_state(state)

    def first(self) -> QWidget | None:
        """The first field."""
        return next((field.focus for field in self.fields.values()), None)

    def focus_setting(self, key: str) -> bool:
        """Put the caret into the field of a setting."""
        if key not in self.fields:
            return False
        self.fields[key].focus.setFocus()
        return True


class ShopPage(FieldsPage):
    """What stands on papers, and how the end of a receipt will look."""

    def build(self, page: Page) -> None:
        """Fields left, the end of a receipt right."""
        for setting in (config.RECEIPT_LANGUAGES, config.RECEIPT_FOOTER, config.RECEIPT_LOGO):
            self.column.addWidget(self.add(setting).widget)
        self.column.addWidget(rule())
        bank, account = self.add(config.BANK_NAME), self.add(config.BANK_ACCOUNT)
        self.column.addLayout(pair(self.look, bank.widget, account.widget))
        self.column.addStretch(1)
        self.paper = PaperView(self.look)
        self.side = side_column(self.look, paper_card(self.look, self.say("How it will look"), self.paper))
        self.side_title = self.say("How it will look")

    def show_form(self, state: FormState) -> None:
        """Show fields and the end of a receipt."""
        super().show_form(state)
        say, width = self.say, _PREVIEW_COLUMNS
        lines = [say("Thank you").center(width).rstrip(), "-" * width]
        if state.text(config.RECEIPT_LOGO):
            lines.insert(0, say("[ the logo stands at the top ]").center(width).rstrip())
        lines += textwrap.wrap(state.text(config.RECEIPT_FOOTER), width) or [say("(no line of the shop)")]
        lines += ["", say("DEPOSIT SLIP").center(width).rstrip(), "-" * width]
        lines.append(f"{say('Bank')}  {state.text(config.BANK_NAME)}")
        lines.append(f"{say('Account')}  {state.text(config.BANK_ACCOUNT)}")
        self.paper.show_text("\n".join(lines))


class RulesPage(FieldsPage):
    """Limits in two columns; the offline limit in the side zone."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, choosers: Choosers, limit: LimitSection
    ) -> None:
        self._limit = limit
        super().__init__(look, page, form, choosers)
        limit.show = self.show_limit
        self.show_limit(limit.state)

    def build(self, page: Page) -> None:
        """Two columns; one where the text is large."""
        columns = 1 if self.look.metrics.is_single_column else 2
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(self.look.metrics.fixed(12, 8))
        for n, setting in enumerate(page.settings):
            grid.addWidget(self.add(setting).widget, n // columns, n % columns, Qt.AlignmentFlag.AlignTop)
        for n in range(columns):
            grid.setColumnStretch(n, 1)
        self._even_captions(page, columns)
        self.column.addLayout(grid)
        self.column.addStretch(1)
        self._build_limit()

    def _even_captions(self, page: Page, columns: int) -> None:
        """Let captions wrap, and fields of one row stand at one height."""
        fields = [self.fields[setting.key] for setting in page.settings]
        captions = [field.labelled.caption for field in fields if isinstance(field, LineField)]
        is_tight = not is_narrow(self.look)
        for n in range(0, len(captions), columns):
            row = captions[n : n + columns]
            wraps = is_tight and any(one.sizeHint().width() > self.look.metrics.px(240) for one in row)
            for caption in row:
                caption.setWordWrap(True)
                caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
                if wraps:
                    caption.setMinimumHeight(2 * caption.fontMetrics().lineSpacing())

    def _build_limit(self) -> None:
        look, say = self.look, self.say
        card, inside = side_card(look, say("Offline limit"))
        text = say("What this till may sell before it hears from head office again. Value counts, not time.")
        inside.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.left = label(look, "", Type.VALUE, wraps=True)
        inside.addWidget(self.left)
        inside.addWidget(rule())
        self.money, self.units = line_edit(look), line_edit(look)
        name = say("{name}, in {currency}", name=say("New limit"), currency=look.wording.currency)
        self.money_field = LabelledField(look, name, self.money)
        self.units_field = LabelledField(look, say("New limit in units"), self.units)
        inside.addWidget(self.money_field)
        inside.addWidget(self.units_field)
        self.renew = KeyButton(look, say("Renew the limit"))
        inside.addLayout(act_row(self.renew))
        self.done = label(look, "", Type.SUPPORT, tone="oktext", wraps=True)
        inside.addWidget(self.done)
        self.money.textEdited.connect(lambda text: self._limit.type(money=text))
        self.units.textEdited.connect(lambda text: self._limit.type(units=text))
        self.renew.clicked.connect(self._limit.renew)
        for edit in (self.money, self.units):
            edit.installEventFilter(EnterFilter(edit, self._limit.renew))
        self.side = side_column(look, card)
        self.side_title = say("Offline limit")

    def show_limit(self, state: LimitState) -> None:
        """Show what is left and what is typed."""
        self.left.setText(state.left)
        for edit, text in ((self.money, state.money), (self.units, state.units)):
            if edit.text() != text:
                edit.setText(text)
        self.money_field.set_wrong(state.wrong.get("money", ""))
        self.units_field.set_wrong(state.wrong.get("units", ""))
        self.renew.setEnabled(not state.is_busy)
        self.done.setText(state.done)
        self.done.setVisible(bool(state.done))


class TrainingPage(FieldsPage):
    """The switch to the training shop, and what it means."""

    def __init__(self, look: Look, page: Page, form: Form, *, choosers: Choosers, shop: ShopFacts) -> None:
        self._is_training = shop.is_training
        self._is_demo = shop.is_demo
        super().__init__(look, page, form, choosers)

    def build(self, page: Page) -> None:
        """The switch, then what happens."""
        look, say = self.look, self.say
        now = say("This is the demo shop.") if self._is_demo else say("This is the real shop.")
        if self._is_training:
            now = say("This is the training shop.")
        self.column.addWidget(Note(look, "warn" if self._is_training else "info", now))
        self.column.addWidget(self.add(config.TRAINING).widget)
        self.next = Note(look, "info", "")
        self.column.addWidget(self.next)
        texts = (
            say("The training shop has its own database, its own numbers and its own keys."),
            say("Its papers say TRAINING. Its tokens are refused by every meter."),
            say("Nothing done there changes the real shop, and the real shop waits as it is."),
        )
        self.column.addStretch(1)
        card, inside = side_card(look, say("What training is"))
        for text in texts:
            inside.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True))
        self.side = side_column(look, card)
        self.side_title = say("What training is")

    def show_form(self, state: FormState) -> None:
        """Say what happens at the next start."""
        super().show_form(state)
        wants_training = state.text(config.TRAINING) == "yes"
        if wants_training and not self._is_training:
            self.next.say(
                self.say("At the next start the training shop opens."), self.say("Close and start again.")
            )
        elif self._is_training and not wants_training:
            self.next.say(
                self.say("At the next start the real shop opens."), self.say("Close and start again.")
            )
        else:
            self.next.say(self.say("Nothing changes at the next start."))


class ScannerPage(PageView):
    """A field to try a scan."""

    def __init__(self, look: Look, page: Page, section: ScannerSection) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        say = self.say
        self.edit = line_edit(look, hint=say("Scan a code"))
        self.column.addWidget(
            LabelledField(
                look,
                say("Try it"),
                self.edit,
                help_text=say("Hold the scanner to a barcode or a QR code. It must end with Enter or Tab."),
            )
        )
        self.edit.installEventFilter(EnterFilter(self.edit, self._on_enter))
        self.column.addWidget(rule())
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(16)
        self._rows.setVerticalSpacing(10)
        self._rows.setColumnStretch(2, 1)
        self.column.addLayout(self._rows)
        self.column.addStretch(1)
        card, inside = side_card(look, say("If nothing comes"))
        for text in (
            say("The scanner must be set to work as a keyboard (USB HID)."),
            say("The language of its keyboard must be that of this computer."),
            say("Letters must come within 50 ms of each other. Typing by hand is slower."),
            say("Scans never go into a field of money."),
        ):
            inside.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True))
        self.side = side_column(look, card)
        self.side_title = say("If nothing comes")
        section.show = self.show_state
        self.show_state(section.state)

    def first(self) -> QWidget | None:
        """The field."""
        return self.edit

    def scanned(self, code: str) -> bool:
        """Show what came."""
        self._section.take(code, is_scan=True)
        return True

    def show_state(self, state: ScannerState) -> None:
        """Show the tries."""
        clear(self._rows)
        if not state.scans:
            nothing = label(self.look, self.say("Nothing was scanned yet."), Type.BODY, tone="text2")
            self._rows.addWidget(nothing, 0, 0, 1, 3)
        for n, scan in enumerate(state.scans):
            self._rows.addWidget(Light(self.look, scan.light), n, 0)
            self._rows.addWidget(ElidedLabel(self.look, scan.code, Type.MONO), n, 1)
            self._rows.addWidget(label(self.look, scan.meaning, Type.BODY, wraps=True), n, 2)

    def _on_enter(self) -> None:
        code = self.edit.text()
        self.edit.clear()
        self._section.take(code, is_scan=False)
