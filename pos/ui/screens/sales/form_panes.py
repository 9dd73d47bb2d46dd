"""The forms beside the table: a new case, a refund, a void, an export."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from pos.domain.states import CaseKind
from pos.services.past_sales import COUNTED_MOST
from pos.services.sales_export import ExportFormat
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.state import Pane, SalesState
from pos.ui.screens.sales.words import meter_text
from pos.ui.widgets.card import CardHead, Note
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule


class FormPane(QWidget):
    """A head, a body that scrolls where there is no room, and acts that never do."""

    def __init__(self, look: Look, title: str) -> None:
        super().__init__()
        self.look = look
        padding = look.metrics.padding
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self.head = CardHead(look, title)
        column.addWidget(self.head)
        column.addWidget(rule())
        inside = QWidget()
        inside.setProperty("klGround", "surface")
        self.body = QVBoxLayout(inside)
        self.body.setContentsMargins(padding, look.metrics.fixed(14, 10), padding, 10)
        self.body.setSpacing(look.metrics.fixed(12, 8))
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self.area, 1)
        column.addWidget(rule())
        self.acts = QHBoxLayout()
        self.acts.setContentsMargins(padding, look.metrics.fixed(12, 8), padding, look.metrics.fixed(16, 8))
        self.acts.setSpacing(8)
        column.addLayout(self.acts)

    def show_state(self, state: SalesState) -> None:
        """Show what is typed."""

    def take_focus(self) -> None:
        """Put the caret where the form begins."""

    def field(self, name: str, typed: Callable[[str], None], *, hint: str = "") -> LabelledField:
        """Add a line to the form; Enter goes on to the main act."""
        edit = line_edit(self.look, hint=hint)
        edit.setMaxLength(200)
        edit.textEdited.connect(typed)
        edit.installEventFilter(self._enter)
        field = LabelledField(self.look, name, edit)
        self.body.addWidget(field)
        return field

    def main_button(self, caption: str, act: Callable[[], None], *, kind: str = "accent") -> KeyButton:
        """Add the main act, which Enter and F8 do as well."""
        self._enter = EnterFilter(self, act)
        button = KeyButton(self.look, caption, cap=self.look.keys.cap_of(Act.MAIN), kind=kind)
        button.clicked.connect(act)
        self.acts.addWidget(button)
        return button

    def back_button(self, act: Callable[[], object], caption: str = "") -> KeyButton:
        """Add the way back."""
        button = KeyButton(self.look, caption or self.look.say("Back"), cap="Esc")
        button.clicked.connect(act)
        self.acts.addStretch(1)
        self.acts.addWidget(button)
        return button


def show_field(field: LabelledField, text: str, *, wrong: str = "") -> None:
    """Show what is typed in a field, and what is wrong with it."""
    edit = field.field
    assert hasattr(edit, "setText") and hasattr(edit, "text")
    if edit.text() != text:
        edit.setText(text)
    field.set_wrong(wrong)


class NewCasePane(FormPane):
    """What happened, and which meter the token was meant for."""

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        say = look.say
        super().__init__(look, say("New case"))
        cases = presenter.cases
        self.button = self.main_button(say("Open the case"), cases.open)
        self.back_button(presenter.back)
        self._about = label(look, "", Type.BODY, wraps=True)
        self.body.addWidget(self._about)
        kinds = [
            (CaseKind.WRONG_METER.value, say("Wrong meter")),
            (CaseKind.TOKEN_REFUSED.value, say("Token refused")),
        ]
        self.kind = Segments(look, kinds, chosen=CaseKind.WRONG_METER, name=say("What is it about?"))
        self.kind.chosen.connect(cases.choose_kind)
        line = QHBoxLayout()
        line.addWidget(self.kind)
        line.addStretch(1)
        self.body.addLayout(line)
        self.reason = self.field(say("What happened?"), cases.type_reason)
        self.right = self.field(say("Right meter, if known"), cases.type_right_drn, hint="0142 0998 716")
        text = say("A keypad token cannot be taken back. The office decides with proof from the meter.")
        self.body.addWidget(Note(look, "info", "", text))
        self.body.addStretch(1)

    def take_focus(self) -> None:
        """Begin with the reason."""
        self.reason.field.setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show what is typed."""
        form, shown, say = state.form, state.shown, self.look.say
        if shown is not None:
            row = shown.detail.row
            text = say(
                "Receipt {number}, meter {meter}",
                number=row.receipt_number or "–",
                meter=meter_text(row.drn),
            )
            self._about.setText(text)
        self.kind.choose(form.kind)
        show_field(self.reason, form.reason, wrong=form.message if form.wrong == "reason" else "")
        show_field(self.right, form.right_drn, wrong=form.message if form.wrong == "right_drn" else "")
        if form.wrong != "right_drn" and form.right_owner:
            self.right.help.setText(form.right_owner)
            self.right.help.show()
        self.right.setVisible(form.kind is CaseKind.WRONG_METER)
        self.button.setEnabled(not form.is_busy)


class ReasonPane(FormPane):
    """Why a sale is refunded or voided."""

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__(look, "")
        self.button = self.main_button(look.say("Give back"), presenter.money.confirm)
        self.back_button(presenter.back)
        self._amount = label(look, "", Type.TOTAL)
        self.body.addWidget(self._amount)
        self.reason = self.field(look.say("Reason"), presenter.cases.type_reason)
        self._note = Note(look, "info", "")
        self.body.addWidget(self._note)
        self.body.addStretch(1)

    def take_focus(self) -> None:
        """Begin with the reason."""
        self.reason.field.setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show which sale it is, and what will happen."""
        form, say = state.form, self.look.say
        is_refund = state.pane is Pane.REFUND
        trail = None if state.shown is None else state.shown.trail
        title = say("Refund in cash") if trail is None else say("Give the money back")
        self.head.title.setText(title if is_refund else say("Void this sale"))
        self.button.set_caption(say("Give back") if is_refund else say("Void"))
        if state.shown is not None:
            money_minor = state.shown.detail.row.money_minor if trail is None else trail.view.paid_minor
            self._amount.setText(self.look.wording.money(money_minor))
        if is_refund and trail is not None:
            text = say("Each part goes back as it came: cash from the drawer, the rest by its provider.")
        elif is_refund:
            text = say("The money leaves the drawer now, with a credit note. A supervisor must allow it.")
        else:
            text = say("Nothing was paid and no token was made. The sale ends here.")
        self._note.say("", text)
        show_field(self.reason, form.reason, wrong=form.message if form.wrong == "reason" else "")
        self.button.setEnabled(not form.is_busy)


class ExportPane(FormPane):
    """Which file, and how far it is."""

    save_pressed = Signal()

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        say = look.say
        super().__init__(look, say("Export"))
        self._presenter = presenter
        self.button = self.main_button(say("Save as"), self.save_pressed.emit)
        self.back = self.back_button(presenter.back)
        self._what = label(look, "", Type.BODY, wraps=True)
        self.body.addWidget(self._what)
        formats = [
            (ExportFormat.CSV.value, say("CSV")),
            (ExportFormat.XLSX.value, say("Excel")),
            (ExportFormat.PDF.value, say("PDF")),
        ]
        self.format = Segments(look, formats, chosen=ExportFormat.CSV, name=say("Kind of file"))
        self.format.chosen.connect(presenter.export.choose_format)
        line = QHBoxLayout()
        line.addWidget(self.format)
        line.addStretch(1)
        self.body.addLayout(line)
        self._help = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self.body.addWidget(self._help)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(say("Progress"))
        self.body.addWidget(self.progress)
        self._message = label(look, "", Type.BODY, wraps=True)
        self.body.addWidget(self._message)
        self.body.addStretch(1)

    def take_focus(self) -> None:
        """Begin with the main act: the kind of file is chosen already."""
        self.button.setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show the choice, or the progress."""
        export, say, wording = state.export, self.look.say, self.look.wording
        count = state.count or 0
        if state.count is not None and count > COUNTED_MOST:
            number = say("over {n}", n=wording.count(COUNTED_MOST))
        else:
            number = wording.count(count)
        self._what.setText(say("{days}. Sales: {n}", days=self._presenter.filter_text(), n=number))
        self.format.choose(export.format)
        helps = {
            ExportFormat.CSV: say("For other programs. Times are UTC, money has a point, no names."),
            ExportFormat.XLSX: say("A workbook. Money and units are numbers, meters are text."),
            ExportFormat.PDF: say("A table to print, in local time, with the sum at its end."),
        }
        self._help.setText(helps[export.format])
        self.format.setEnabled(not export.is_running)
        self.button.setEnabled(not export.is_running)
        self.progress.setVisible(export.is_running)
        is_counted = 0 < count <= COUNTED_MOST
        self.progress.setRange(0, count if is_counted else 0)
        self.progress.setValue(min(count, export.written))
        self.back.set_caption(say("Stop") if export.is_running else say("Back"))
        if export.is_running:
            self._message.setText(say("Written: {n}", n=wording.count(export.written)))
        else:
            self._message.setText(export.message)
