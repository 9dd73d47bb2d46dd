"""The fields for what a provider asks the payer in between; PINs and codes show as dots."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import Wait
from pos.ui.screens.sell.step_words import StepAsk, StepField
from pos.ui.widgets.card import tight
from pos.ui.widgets.fields import BareEdit, FieldFrame
from pos.ui.widgets.text import label

_SIGNS = " /.+-()"


class StepForm(QWidget):
    """Made anew for each step."""

    def __init__(self, look: Look, presenter: SellPresenter, ask: StepAsk) -> None:
        super().__init__()
        self.kind = ask.kind
        column = QVBoxLayout(self)
        tight(column, gap=look.metrics.fixed(8, 4))
        column.addWidget(label(look, ask.text, Type.VALUE, wraps=True))
        self._problem = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        self.frames: list[FieldFrame] = []
        for n, field in enumerate(ask.fields):
            frame = _frame(look, field)
            frame.edit.textEdited.connect(partial(presenter.waits.steps.type, n))
            self.frames.append(frame)
            column.addWidget(label(look, field.label, Type.SUPPORT, tone="text2"))
            column.addWidget(frame)
        column.addWidget(self._problem)

    def show_wait(self, wait: Wait, ask: StepAsk, refused: str) -> None:
        """Show what is typed, and what is wrong with it."""
        for n, frame in enumerate(self.frames):
            text = wait.given[n] if n < len(wait.given) else ""
            if frame.edit.text() != text:
                frame.edit.setText(text)
            # Not switched off: the caret would go elsewhere.
            frame.edit.setReadOnly(wait.is_asking)
            frame.set_wrong(is_wrong=bool(wait.step_problem))
        problem = wait.step_problem or (refused if ask.was_refused and not any(wait.given) else "")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))

    def focus(self) -> None:
        """Put the caret into the first field that is empty."""
        empty = next((frame for frame in self.frames if not frame.edit.text()), self.frames[0])
        empty.edit.setFocus()

    def has_focus(self) -> bool:
        """Say whether the caret is here."""
        return any(frame.edit.hasFocus() for frame in self.frames)


def _frame(look: Look, field: StepField) -> FieldFrame:
    takes = _takes_number if field.is_number else _takes_any
    frame = FieldFrame(look, BareEdit(takes=takes))
    frame.edit.setFont(look.font(Type.STRONG))
    frame.edit.setMaxLength(80)
    frame.edit.setAccessibleName(field.label)
    frame.edit.setPlaceholderText(field.example)
    if field.is_secret:
        frame.edit.setEchoMode(QLineEdit.EchoMode.Password)
    frame.setFixedHeight(look.metrics.px(40, 36))
    frame.row.addWidget(frame.edit, 1)
    return frame


def _takes_number(letter: str) -> bool:
    return letter.isdecimal() or letter in _SIGNS


def _takes_any(_letter: str) -> bool:
    return True
