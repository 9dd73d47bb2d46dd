"""Fields: a number with its unit before or after it, and the one search line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.text import fitted, label, restyle

_SEPARATORS = ".,' \N{RIGHT SINGLE QUOTATION MARK}"
_EDIT_SIDES = 8
"""What a line edit keeps free beside its text, and the caret."""

_TEXT_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier


def is_text_key(event: QKeyEvent) -> bool:
    """Say whether a key types something that can be read."""
    text = event.text()
    return bool(text) and text.isprintable() and not event.modifiers() & _TEXT_KEYS


class BareEdit(QLineEdit):
    """A line edit inside a frame of ours; what it does not take goes on to the window."""

    focused = Signal(bool)
    stepped = Signal(int)

    def __init__(self, *, takes: Callable[[str], bool] = lambda _: True) -> None:
        super().__init__()
        self.setProperty("klKind", "bare")
        self._takes = takes
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame."""
        super().focusOutEvent(event)
        self.focused.emit(False)

    def event(self, event: QEvent) -> bool:
        """Leave the keys of acts to the window: `Ctrl C` copies the token while nothing is marked."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            is_ctrl = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if is_ctrl and not self.hasSelectedText() and event.key() != Qt.Key.Key_V:
                return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type, or pass the key on."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            event.ignore()
            return
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
            return
        if event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End) and not self.text():
            event.ignore()
            return
        is_ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if (
            is_ctrl
            and not self.hasSelectedText()
            and event.key() not in (Qt.Key.Key_V, Qt.Key.Key_A, Qt.Key.Key_Z)
        ):
            event.ignore()
            return
        if is_text_key(event) and not all(self._takes(letter) for letter in event.text()):
            # Letters go to the search, signs to who counts; a separator in a number goes nowhere.
            event.setAccepted(event.text() in _SEPARATORS)
            return
        super().keyPressEvent(event)


class FieldFrame(QFrame):
    """The frame around a bare edit: hairline, 2 px blue with the focus, 2 px red when wrong."""

    def __init__(self, look: Look, edit: BareEdit, *, kind: str = "") -> None:
        super().__init__()
        self.look = look
        self.edit = edit
        self._kind = kind
        self._is_wrong = False
        self._is_computed = False
        self._has_focus = False
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 0, 12, 0)
        self.row.setSpacing(8)
        self.setFocusProxy(edit)
        edit.focused.connect(self._on_focus)
        self._restate()

    def set_wrong(self, *, is_wrong: bool) -> None:
        """Mark what was typed as wrong."""
        self._is_wrong = is_wrong
        self._restate()

    def set_computed(self, *, is_computed: bool) -> None:
        """Show that the number follows from another one."""
        self._is_computed = is_computed
        self._restate()

    def _on_focus(self, has_focus: bool) -> None:
        self._has_focus = has_focus
        self._restate()

    def _restate(self) -> None:
        state = "wrong" if self._is_wrong else "focus" if self._has_focus else "" if self._kind else "plain"
        value = self._kind + state
        if self._is_computed and not self._is_wrong and not self._has_focus:
            value = "computed"
        if self.property("klField") != value:
            self.setProperty("klField", value)
            restyle(self)


class NumberField(FieldFrame):
    """A large right-aligned number with its currency before it or its unit after it.

    What is typed is digits and at most one point; thousands are grouped while one types. `changed` gives the
    bare text, `committed` follows Enter. A number too long for the field is written smaller: none of its
    digits may leave it at the left.
    """

    changed = Signal(str)

    def __init__(
        self,
        look: Look,
        *,
        before: str = "",
        after: str = "",
        kind: Type = Type.FIELD,
        decimals: int = 0,
        height: int | None = None,
        name: str = "",
    ) -> None:
        super().__init__(look, BareEdit(takes=self._takes))
        self._decimals = decimals
        self._bare = ""
        edit = self.edit
        self._font = look.font(kind)
        edit.setFont(self._font)
        edit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        edit.setMaxLength(16)
        edit.setAccessibleName(name)
        self.setFixedHeight(height or look.metrics.number)
        self.before = label(look, before, Type.LARGE, tone="text2")
        self.after = label(look, after, Type.LARGE, tone="text2")
        if before:
            self.row.addWidget(self.before)
        self.row.addWidget(edit, 1)
        if after:
            self.row.addWidget(self.after)
        edit.textEdited.connect(self._on_edited)

    def _takes(self, letter: str) -> bool:
        return letter.isdecimal() or (letter in ".," and self._decimals > 0 and "." not in self._bare)

    def text(self) -> str:
        """Return what was typed: digits, with a point where there is one."""
        return self._bare

    def set_text(self, bare: str) -> None:
        """Show a number; no signal."""
        if bare != self._bare:
            self._show(bare)

    def set_hint(self, text: str) -> None:
        """Show an example while nothing is typed."""
        self.edit.setPlaceholderText(text)

    def _on_edited(self, shown: str) -> None:
        """Take what stands in the field now; what is no number at all, as after pasting, is put back."""
        group, point = self.look.wording.count(1000)[1], self.look.wording.units(1500)[1]
        typed = shown.replace(group, "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
        if point != ".":
            typed = typed.replace(point, ".")
        elif self._decimals:
            typed = typed.replace(",", ".")
        whole, dot, part = typed.partition(".")
        is_number = (whole + part).isascii() and (whole + part + "0").isdecimal()
        if not is_number or (dot and not self._decimals):
            self._show(self._bare)
            return
        bare = whole.lstrip("0") or ("0" if whole else "")
        if dot:
            bare = f"{bare or '0'}.{part[: self._decimals]}"
        self._show(bare)
        self.changed.emit(bare)

    def _show(self, bare: str) -> None:
        self._bare = bare
        whole, point, part = bare.partition(".")
        grouped = self.look.wording.count(int(whole)) if whole else ""
        if point:
            # The shop's way of writing a number decides which letter parts its decimals.
            grouped += self.look.wording.units(1500)[1] + part
        from_end = len(self.edit.text()) - self.edit.cursorPosition()
        self._fit(grouped)
        self.edit.setText(grouped)
        self.edit.setCursorPosition(max(0, len(grouped) - from_end))

    def _fit(self, text: str) -> None:
        font = fitted(self._font, text, self.edit.width() - _EDIT_SIDES)
        if self.edit.font().pixelSize() != font.pixelSize():
            self.edit.setFont(font)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as large as the new width allows."""
        super().resizeEvent(event)
        self._fit(self.edit.text())


class SearchField(FieldFrame):
    """The one search line on top of a screen."""

    changed = Signal(str)

    def __init__(
        self, look: Look, hint: str, *, cap: str = "", is_large: bool = True, name: str = ""
    ) -> None:
        super().__init__(look, BareEdit(), kind="search" if is_large else "")
        metrics = look.metrics
        self.setFixedHeight(metrics.search if is_large else metrics.field)
        self.row.setContentsMargins(metrics.fixed(18, 16) if is_large else 12, 0, metrics.fixed(16, 12), 0)
        self.row.setSpacing(12 if is_large else 8)
        self.row.addWidget(IconLabel(look, "search", 22 if is_large else 18, "text2"))
        self.edit.setFont(look.font(Type.SEARCH if is_large else Type.BODY))
        # A thin space: the caret stands before the words, not on their first letter.
        self.edit.setPlaceholderText(f"\N{THIN SPACE}{hint}")
        self.edit.setAccessibleName(name or hint)
        self.edit.setMaxLength(80)
        self.row.addWidget(self.edit, 1)
        self.hint_icon = IconLabel(look, "scan", 18, "text2")
        self.hint = label(look, "", Type.BODY, tone="text2")
        self.hint_icon.hide()
        self.hint.hide()
        self.row.addWidget(self.hint_icon)
        self.row.addWidget(self.hint)
        if cap:
            self.row.addWidget(KeyCap(look, cap))
        self.edit.textEdited.connect(self.changed)

    def text(self) -> str:
        """Return what stands in the line."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Show a text; no signal."""
        if text != self.edit.text():
            self.edit.setText(text)

    def set_side(self, text: str, icon: str = "") -> None:
        """Say something at the right end: that the scanner is ready, or to fix it."""
        tone = "badtext" if icon == "pencil" else "text2"
        self.hint.setText(text)
        self.hint.setProperty("klTone", tone)
        restyle(self.hint)
        self.hint.setVisible(bool(text))
        self.hint_icon.setVisible(bool(icon))
        if icon:
            self.hint_icon.show_icon(icon, tone)


class LabelledField(QWidget):
    """A field with its label above and a sentence below it when it is wrong."""

    def __init__(self, look: Look, name: str, field: QWidget, *, help_text: str = "") -> None:
        super().__init__()
        self.field = field
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.caption = label(look, name, Type.SUPPORT, tone="text2")
        self.help = label(look, help_text, Type.SMALL, tone="text3", wraps=True)
        if not help_text:
            self.help.hide()
        self._help_text = help_text
        column.addWidget(self.caption)
        column.addWidget(field)
        column.addWidget(self.help)
        if not field.accessibleName():
            field.setAccessibleName(name)
        buddy = field.focusProxy() or field
        if not buddy.accessibleName():
            buddy.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def set_wrong(self, text: str) -> None:
        """Say what is wrong with it; an empty text: nothing is."""
        self.help.setText(text or self._help_text)
        self.help.setVisible(bool(text or self._help_text))
        self.help.setProperty("klTone", "badtext" if text else "text3")
        restyle(self.help)
        if isinstance(self.field, FieldFrame):
            self.field.set_wrong(is_wrong=bool(text))
        else:
            self.field.setProperty("klWrong", "true" if text else "false")
            restyle(self.field)


def line_edit(look: Look, text: str = "", *, hint: str = "", is_secret: bool = False) -> QLineEdit:
    """Return a plain one-line field in the house style."""
    edit = QLineEdit(text)
    edit.setFont(look.font(Type.BODY))
    edit.setPlaceholderText(hint)
    if is_secret:
        edit.setEchoMode(QLineEdit.EchoMode.Password)
    return edit


class EnterFilter(QObject):
    """Calls back when Enter is pressed in the widgets it is installed on."""

    def __init__(self, parent: QObject, act: Callable[[], None]) -> None:
        super().__init__(parent)
        self._act = act

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter, leave the rest."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter:
            self._act()
        return is_enter
