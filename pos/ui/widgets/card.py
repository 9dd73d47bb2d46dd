"""Cards, their heads, bands and notes: the paper on the desk."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from pos.ui.look import Look, Type
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.text import label, restyle


class Card(QFrame):
    """A surface with a hairline around it; `body` takes what stands on it.

    `kind`: true (normal), ok, okfill, guard, focus, warnline, dashed.
    """

    def __init__(
        self, *, kind: str = "true", padding: int | tuple[int, int, int, int] = 0, gap: int = 0
    ) -> None:
        super().__init__()
        self.setProperty("card", kind)
        self.body = QVBoxLayout(self)
        sides = (padding,) * 4 if isinstance(padding, int) else padding
        self.body.setContentsMargins(*sides)
        self.body.setSpacing(gap)

    def set_kind(self, kind: str) -> None:
        """Make it another kind of card."""
        if self.property("card") != kind:
            self.setProperty("card", kind)
            restyle(self)


class CardHead(QWidget):
    """The head of a card: title left, count, anything at the right; a hairline under it is the caller's."""

    def __init__(self, look: Look, title: str, *, count: str = "", cap: str = "") -> None:
        super().__init__()
        self.setFixedHeight(look.metrics.px(44, 36))
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(look.metrics.padding, 0, look.metrics.padding, 0)
        self.row.setSpacing(8)
        self.title = label(look, title, Type.NAME)
        self.row.addWidget(self.title)
        if cap:
            from pos.ui.widgets.keycap import KeyCap

            self.row.addWidget(KeyCap(look, cap))
        self.count = label(look, count, Type.SUPPORT, tone="text3")
        self.row.addWidget(self.count)
        self.row.addStretch(1)


class Band(QFrame):
    """The coloured head of a card that speaks: `kind` warn, info, sup, bad, sunken."""

    def __init__(self, look: Look, kind: str, icon: str, title: str, text: str = "") -> None:
        super().__init__()
        self.setProperty("klBand", kind)
        ink = {"bad": "onbad", "warn": "warntext", "info": "accenttext", "sup": "suptext"}.get(kind, "text")
        self.row = QHBoxLayout(self)
        margin = look.metrics.fixed(20, 14)
        self.row.setContentsMargins(margin, look.metrics.fixed(14, 8), margin, look.metrics.fixed(14, 8))
        self.row.setSpacing(14)
        self.row.addWidget(IconLabel(look, icon, 24, ink))
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title = label(look, title, Type.HEADING, tone=ink, wraps=True)
        self.text = label(look, text, Type.BODY, tone=ink, wraps=True)
        # Shown without a parent it would be a window of its own for a moment, and take the focus.
        if not text:
            self.text.hide()
        words.addWidget(self.title)
        words.addWidget(self.text)
        self.row.addLayout(words, 1)


class Note(QFrame):
    """A soft box with a coloured left edge: `kind` info, warn, bad, ok; bold fact, sentence, one act."""

    def __init__(self, look: Look, kind: str, fact: str, text: str = "", *, icon: str = "") -> None:
        super().__init__()
        self.setProperty("klNote", kind)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(12, 8, 12, 8)
        self.row.setSpacing(12)
        tone = {"info": "accenttext", "warn": "warn", "bad": "bad", "ok": "ok"}[kind]
        shapes = {"info": "help", "warn": "light-warn", "bad": "light-bad", "ok": "light-ok"}
        ground = {"info": "accentsoft", "warn": "warnsoft", "bad": "badsoft", "ok": "oksoft"}[kind]
        self.row.addWidget(
            IconLabel(look, icon or shapes[kind], 18, tone, ground=ground), 0, Qt.AlignmentFlag.AlignTop
        )
        words = QVBoxLayout()
        words.setSpacing(2)
        self.fact = label(look, fact, Type.NAME, wraps=True)
        self.text = label(look, text, Type.SUPPORT, wraps=True)
        for words_of, said in ((self.fact, fact), (self.text, text)):
            if not said:
                words_of.hide()
        words.addWidget(self.fact)
        words.addWidget(self.text)
        self.row.addLayout(words, 1)

    def say(self, fact: str, text: str = "") -> None:
        """Say something else."""
        self.fact.setText(fact)
        self.fact.setVisible(bool(fact))
        self.text.setText(text)
        self.text.setVisible(bool(text))


def tight(layout: QLayout, *, gap: int = 0) -> None:
    """Take a layout's margins away."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
