"""Draws any form of this screen: fields in columns, errors at their fields, acts below."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pos.ui.look import Look, Type
from pos.ui.screens.meters.forms import Form, FormField
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import LabelledField, line_edit
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule

TEXT_MAX = 200


class FormPanel(Card):
    """`typed` gives key and text; `submitted` and `cancelled` are its buttons."""

    typed = Signal(str, str)
    submitted = Signal()
    cancelled = Signal()

    def __init__(self, look: Look, form: Form) -> None:
        super().__init__()
        self._look = look
        self.form = form
        self.fields: dict[str, LabelledField] = {}
        head = CardHead(look, form.title)
        tone = "badtext" if form.kind == "bad" else "text2"
        head.row.insertWidget(0, IconLabel(look, form.icon, 18, tone))
        self.body.addWidget(head)
        self.body.addWidget(rule())
        self.body.addWidget(self._make_inside(form), 1)
        self.show_form(form)

    def _make_inside(self, form: Form) -> QWidget:
        metrics = self._look.metrics
        inside = QWidget()
        column = QVBoxLayout(inside)
        side = metrics.padding
        column.setContentsMargins(side, metrics.fixed(12, 8), side, metrics.fixed(12, 8))
        column.setSpacing(metrics.fixed(12, 8))
        if form.text:
            column.addWidget(label(self._look, form.text, Type.BODY, tone="text2", wraps=True))
        self._message = Note(self._look, "bad", "")
        column.addWidget(self._message)
        scroll = self._make_scroll(form)
        is_long = form.columns > 1 or metrics.is_single_column
        column.addWidget(scroll, 1 if is_long else 0)
        column.addLayout(self._make_acts(form))
        if not is_long:
            # A short form has its buttons right below; it scrolls only where there is no room at all.
            wanted = self._holder.sizeHint().height()
            scroll.setMinimumHeight(min(wanted, metrics.px(240, 160)))
            scroll.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
            column.addStretch(1)
        return inside

    def _make_scroll(self, form: Form) -> QScrollArea:
        self._holder = holder = QWidget()
        holder.setProperty("klGround", "surface")
        grid = QGridLayout(holder)
        grid.setContentsMargins(2, 2, 8, 2)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(self._look.metrics.fixed(10, 6))
        metrics = self._look.metrics
        columns = 1 if metrics.is_single_column else min(form.columns, metrics.fixed(4, 3))
        row, at = 0, 0
        for one in form.fields:
            if one.head:
                row, at = row + bool(at), 0
                heading = label(self._look, one.head, Type.NAME)
                grid.addWidget(heading, row, 0, 1, columns)
                row += 1
            span = min(2, columns) if one.is_wide else 1
            if at + span > columns:
                row, at = row + 1, 0
            grid.addWidget(self._make_field(one), row, at, 1, span)
            row, at = (row + 1, 0) if at + span >= columns else (row, at + span)
        for n in range(columns):
            grid.setColumnStretch(n, 1)
        grid.setRowStretch(row + 1, 1)
        self._scroll = QScrollArea()
        self._scroll.setWidget(holder)
        self._scroll.setWidgetResizable(True)
        if columns == 1:
            holder.setMaximumWidth(self._look.metrics.px(560))
        return self._scroll

    def _make_field(self, one: FormField) -> LabelledField:
        look = self._look
        if one.choices:
            choice = Choice(look, one.choices, name=one.name)
            choice.picked.connect(partial(self.typed.emit, one.key))
            choice.setEnabled(not one.is_fixed)
            made = LabelledField(look, one.name, choice, help_text=one.help)
        else:
            edit = line_edit(look, hint=one.hint)
            edit.setMaxLength(TEXT_MAX)
            edit.setReadOnly(one.is_fixed)
            edit.textEdited.connect(partial(self.typed.emit, one.key))
            made = LabelledField(look, one.name, edit, help_text=one.help)
        self.fields[one.key] = made
        return made

    def _make_acts(self, form: Form) -> QHBoxLayout:
        say = self._look.say
        row = QHBoxLayout()
        row.setSpacing(8)
        self.main = KeyButton(self._look, form.main, cap=say("Enter"), kind=form.kind)
        self.cancel = KeyButton(self._look, say("Back"), cap="Esc")
        row.addWidget(self.main)
        row.addWidget(self.cancel)
        self._busy = label(self._look, say("One moment"), Type.BODY, tone="text2")
        row.addWidget(self._busy)
        row.addStretch(1)
        self.main.clicked.connect(self.submitted)
        self.cancel.clicked.connect(self.cancelled)
        return row

    def fits(self, form: Form) -> bool:
        """Say whether this panel has the fields of a form."""
        return (form.key, form.title, form.fields) == (self.form.key, self.form.title, self.form.fields)

    def show_form(self, form: Form) -> None:
        """Show what is typed and what is wrong."""
        had_wrong, self.form = self.form.wrong, form
        for key, field in self.fields.items():
            inner = field.field
            if isinstance(inner, Choice):
                inner.choose(form.values.get(key, ""))
            elif isinstance(inner, QLineEdit) and inner.text() != form.values.get(key, ""):
                inner.setText(form.values.get(key, ""))
            field.set_wrong(form.wrong.get(key, ""))
        self._message.say(form.message)
        self._message.setVisible(bool(form.message))
        self._busy.setVisible(form.is_busy)
        self.main.setEnabled(not form.is_busy)
        # Typing takes errors away one by one; only a new one moves the caret.
        if form.wrong.keys() - had_wrong.keys():
            self.focus(form.first_wrong())

    def focus(self, key: str = "") -> None:
        """Put the caret into a field: the first that is wrong or the first of all."""
        field = self.fields.get(key) or next(iter(self.fields.values()), None)
        if field is None:
            self.main.setFocus()
            return
        field.field.setFocus()
        self._scroll.ensureWidgetVisible(field)
        if isinstance(field.field, QLineEdit):
            field.field.selectAll()
