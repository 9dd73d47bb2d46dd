"""The look page: language, colours, size, second screen, and the shop's own keys."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from pos import config
from pos.ui.key_words import act_words
from pos.ui.keymap import USUAL_KEYS, Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.form import Form, FormState
from pos.ui.screens.settings.page_fields import FieldsPage
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, act_row, is_narrow, scroll_over, side_card, side_column
from pos.ui.screens.settings.small import KeysState, OwnKeysSection
from pos.ui.widgets.fields import is_text_key
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label

_MODIFIERS = frozenset(
    {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta}
)
"""Held with another key, and no key of their own."""


class KeyRow(KeyButton):
    """An act and its key. While it waits, the next key that is pressed is meant as its new one."""

    key_pressed = Signal(str, bool)
    left = Signal()

    def __init__(self, look: Look, act: Act, word: str) -> None:
        super().__init__(look, word, cap=look.keys.cap_of(act), size="small", spread=True)
        self.setProperty("klKeys", "all")
        self.act = act
        self.word = word
        self.is_waiting = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take the new key."""
        if not self.is_waiting or event.key() == Qt.Key.Key_Escape:
            super().keyPressEvent(event)
            return
        if event.key() in _MODIFIERS:
            return
        key = QKeySequence(event.keyCombination()).toString(QKeySequence.SequenceFormat.PortableText)
        self.key_pressed.emit(key, is_text_key(event))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Wait no longer."""
        super().focusOutEvent(event)
        if self.is_waiting:
            self.left.emit()


class LookPage(FieldsPage):
    """Fields of the look; own keys in the side zone."""

    def __init__(
        self, look: Look, page: Page, form: Form, *, choosers: Choosers, section: OwnKeysSection
    ) -> None:
        self._section = section
        self.rows: dict[Act, KeyRow] = {}
        super().__init__(look, page, form, choosers)
        section.show = self.show_keys
        self.show_keys(section.state)

    def build(self, page: Page) -> None:
        """All but the keys, which have a zone of their own."""
        for setting in page.settings:
            if setting is not config.KEYS:
                self.column.addWidget(self.add(setting).widget)
        self.column.addStretch(1)
        self._build_keys()

    def _build_keys(self) -> None:
        look, say = self.look, self.say
        card, inside = side_card(look, say("Own keys"))
        self.message = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        self.message.setMinimumHeight(look.metrics.px(36))
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        inside.addWidget(self.message)
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        column = QVBoxLayout(holder)
        column.setContentsMargins(4, 4, 8, 4)
        column.setSpacing(6)
        for act, word in act_words(say).items():
            row = KeyRow(look, act, word)
            row.clicked.connect(lambda _=False, act=act: self._section.begin(act))
            row.key_pressed.connect(self._on_key)
            row.left.connect(self._section.cancel)
            column.addWidget(row)
            self.rows[act] = row
        # Where the zone takes the page's place, it scrolls as a whole.
        inside.addWidget(holder if is_narrow(look) else scroll_over(holder, "surface"), 1)
        self.reset = KeyButton(look, say("All usual keys again"))
        self.reset.clicked.connect(self._section.reset)
        inside.addLayout(act_row(self.reset))
        self.side = side_column(look, card, stretches=True)
        self.side_title = say("Own keys")

    def focus_setting(self, key: str) -> bool:
        """Put the caret into the field of a setting, or the focus on the keys."""
        if key != config.KEYS.key:
            return super().focus_setting(key)
        self.side_wanted.emit()
        self.rows[Act.HELP].setFocus()
        return True

    def escape(self) -> bool:
        """Wait for no key."""
        return self._section.cancel()

    def show_form(self, state: FormState) -> None:
        """Show the fields and the keys."""
        super().show_form(state)
        self.show_keys(self._section.state)

    def show_keys(self, state: KeysState) -> None:
        """Show each act's key, and which one is waited for."""
        keymap = self._section.keymap()
        is_other = False
        for act, row in self.rows.items():
            row.is_waiting = state.waiting == act.value
            row.set_chosen(is_chosen=row.is_waiting)
            caption = self.say("Press the new key") if row.is_waiting else row.word
            row.set_caption(caption, cap=keymap.cap_of(act))
            is_other = is_other or keymap.key_of(act) != USUAL_KEYS[act]
        wrong = next(iter(state.wrong.values()), "")
        self.message.setText(wrong or self.say("Press a row, then the key it shall have. Esc: as it was."))
        self.message.setProperty("klTone", "badtext" if wrong else "text2")
        self.message.style().polish(self.message)
        self.reset.setEnabled(is_other)

    def _on_key(self, key: str, is_text: bool) -> None:
        self._section.press(key, is_text=is_text)
