"""The right side of Head office: one act at a time, and a new code in large letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from pos.domain.permissions import Role
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.role_words import ROLE_WORDS
from pos.ui.screens.meters.words import status_word
from pos.ui.screens.office.acts import BEARERS, SECRET_FIELDS, STATUSES, act_of, acts_for
from pos.ui.screens.office.presenter import OfficePresenter, OfficeScreenState
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule
from pos.ui.widgets.zones import scrolling

_LENGTHS = {"reason": 200, "username": 40, "full_name": 200, "money": 16, "units": 16} | dict.fromkeys(
    SECRET_FIELDS, 128
)
_LENGTHS |= {"block_reason": 200, "number": 20, "duplicate": 30}
_OFFICE_ROLES = (Role.CASHIER, Role.SUPERVISOR, Role.FACILITY_MANAGER, Role.ADMINISTRATOR, Role.AUDITOR)


class OfficeActCard(Card):
    """One form, chosen from a list. Where it is longer than its zone its fields scroll; its button stays."""

    def __init__(
        self, look: Look, presenter: OfficePresenter, *, choose_file: Callable[[], Path | None]
    ) -> None:
        super().__init__()
        self._choose_file = choose_file
        self._look = look
        self._presenter = presenter
        self._built: tuple[object, ...] = ()
        self.fields: dict[str, LabelledField] = {}
        metrics = look.metrics
        self.body.addWidget(CardHead(look, look.say("What to do")))
        self.body.addWidget(rule())
        self._column = QVBoxLayout()
        self._column.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.padding)
        self._column.setSpacing(metrics.gap)
        self.body.addLayout(self._column)
        self.choice = Choice(look, (), name=look.say("What to do"))
        self.choice.picked.connect(presenter.choose_act)
        self._column.addWidget(self.choice)
        self.help = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self._column.addWidget(self.help)
        self._inside = QWidget()
        self._scroll = scrolling(self._inside)
        self._column.addWidget(self._scroll)
        self._zone: QWidget | None = None
        self.button = KeyButton(look, "", cap=look.keys.cap_of(Act.MAIN), kind="accent")
        self.button.clicked.connect(self.do)
        self._column.addWidget(self.button)
        self.code = label(look, "", Type.TOTAL)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code_help = label(look, "", Type.BODY, wraps=True)
        self._column.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self.code_help)
        self._column.addStretch(1)
        self._enter = EnterFilter(self, self.do)

    def keep_in(self, zone: QWidget | None) -> None:
        """Never be higher than `zone`; None where a whole page scrolls."""
        self._zone = zone
        if zone is not None:
            zone.installEventFilter(self)
        self._fit()

    def do(self) -> None:
        """Do it; the caret goes to the first field that is wrong."""
        self._presenter.do()
        self.focus_wrong()

    def pick_file(self) -> None:
        """Ask for a file."""
        path = self._choose_file()
        if path is not None:
            self._presenter.type_field("file", str(path))

    def focus_first(self) -> None:
        """Put the caret into the first field, or onto the button."""
        target = next(iter(self.fields.values()), None)
        if target is None:
            self.button.setFocus()
        else:
            self._focus(target)

    def focus_wrong(self) -> None:
        """Put the caret into the first field that is wrong."""
        for name, field in self.fields.items():
            if name in self._presenter.state.form.wrong:
                self._focus(field)
                return

    def _focus(self, field: LabelledField) -> None:
        field.field.setFocus()
        self._scroll.ensureWidgetVisible(field)

    def show_state(self, state: OfficeScreenState) -> None:
        """Show the form of the chosen act."""
        say = self._look.say
        acts = acts_for(state.tab, state.row)
        choices = tuple((act.key, say(act.word)) for act in acts)
        built = (choices, state.form.key, state.places, state.tariff_codes)
        if built != self._built:
            self._built = built
            self.choice.fill(choices, state.form.key)
            self._build(state)
        self.choice.choose(state.form.key)
        self.choice.setVisible(bool(acts))
        act = act_of(state.form.key) if state.form.key else None
        self.help.setText(say("Choose a row.") if act is None else say(act.help))
        self.button.setVisible(act is not None)
        self.button.setEnabled(not state.is_busy)
        if act is not None:
            self.button.set_caption(say(act.button))
        for name, field in self.fields.items():
            text, edit = state.form.texts.get(name, ""), field.field
            if isinstance(edit, QLineEdit) and edit.text() != text:
                edit.setText(text)
            elif isinstance(edit, Choice) and text:
                edit.choose(text)
            elif isinstance(edit, KeyButton):
                edit.set_caption(Path(text).name if text else say("Choose a file"))
            field.set_wrong(state.form.wrong.get(name, ""))
        code = state.code
        self.code.setVisible(code is not None)
        self.code_help.setVisible(code is not None)
        if code is not None:
            self.code.setText(f"{code.code[:4]} {code.code[4:8]} {code.code[8:]}".strip())
            until = self._look.wording.time(code.expires_at)
            self.code_help.setText(
                say("Type it at the new till until {time}. It is not shown again.", time=until)
            )
        self._fit()

    def _build(self, state: OfficeScreenState) -> None:
        look = self._look
        self._inside = QWidget()
        self._inside.setProperty("klGround", "surface")
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.gap)
        self.fields = {}
        for name in act_of(state.form.key).fields if state.form.key else ():
            self.fields[name] = self._field(name, state)
            column.addWidget(self.fields[name])
        # The area deletes the fields it had.
        self._scroll.setWidget(self._inside)

    def _fit(self) -> None:
        """Give the fields all the height they want, or what the zone leaves them."""
        inside = self._inside.layout()
        self._scroll.setVisible(bool(self.fields))
        if inside is None or not self.fields:
            return
        width = self.width() - 2 * (self._look.metrics.padding + 1)
        wanted = (
            inside.totalHeightForWidth(width) if inside.hasHeightForWidth() else inside.sizeHint().height()
        )
        self._scroll.setFixedHeight(wanted)
        if self._zone is None:
            return
        # A layout within another one does not hear at once that a part of it has another height.
        self._column.invalidate()
        self.body.invalidate()
        over = max(0, self.body.totalHeightForWidth(self.width()) - self._zone.height())
        least = self._look.metrics.px(80)
        self._scroll.setFixedHeight(max(min(least, wanted), wanted - over))

    def _field(self, name: str, state: OfficeScreenState) -> LabelledField:
        look, say = self._look, self._look.say
        captions = {
            "sales_point": (say("Place"), ""),
            "money": (say("Money, {currency}", currency=look.wording.currency), "500000"),
            "units": (say("Units, kWh"), "2000"),
            "reason": (say("Why"), ""),
            "username": (say("Name to sign in with"), "aline"),
            "full_name": (say("Whole name"), "Aline Uwase"),
            "role": (say("Role"), ""),
            "bearer": (say("Who bears the difference"), ""),
            "password": (say("Password") if state.form.key == "add" else say("New password"), ""),
            "old_password": (say("Present password"), ""),
            "file": (say("File"), ""),
            "status": (say("Status"), ""),
            "block_reason": (say("Why"), ""),
            "tariff": (say("Tariff"), ""),
            "number": (say("Meter number, once more"), ""),
            "duplicate": (say("Number of the duplicate"), ""),
        }
        caption, hint = captions[name]
        if name == "file":
            button = KeyButton(look, say("Choose a file"))
            button.clicked.connect(self.pick_file)
            return LabelledField(look, caption, button)
        if name in ("sales_point", "role", "bearer", "status", "tariff"):
            choices = {
                "sales_point": [(one.id, one.name) for one in state.places],
                "role": [(role.value, say(ROLE_WORDS[role])) for role in _OFFICE_ROLES],
                "bearer": [(key, say(word)) for key, word in BEARERS.items()],
                "status": [(key, status_word(key, look.wording)) for key in STATUSES],
                "tariff": [(code, code) for code in state.tariff_codes],
            }[name]
            choice = Choice(look, choices, name=caption)
            choice.picked.connect(lambda key, name=name: self._presenter.type_field(name, key))
            return LabelledField(look, caption, choice)
        edit = line_edit(look, hint=hint, is_secret=name in SECRET_FIELDS)
        edit.setMaxLength(_LENGTHS[name])
        edit.textEdited.connect(lambda text, name=name: self._presenter.type_field(name, text))
        edit.installEventFilter(self._enter)
        return LabelledField(look, caption, edit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit into the zone when that changes."""
        if watched is self._zone and event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)
