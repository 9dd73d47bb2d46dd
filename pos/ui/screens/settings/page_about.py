"""The about page: versions and places, and the support bundle."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, Fact, PageView, act_row, clear, side_card, side_column
from pos.ui.screens.settings.small import AboutSection, AboutState
from pos.ui.widgets.fkey_bar import BarItem
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule, set_tone


class AboutPage(PageView):
    """Shows the state of `AboutSection`."""

    def __init__(self, look: Look, page: Page, section: AboutSection, *, choosers: Choosers) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        self._choosers = choosers
        self._facts = QVBoxLayout()
        self._facts.setSpacing(look.metrics.fixed(10, 6))
        self.column.addLayout(self._facts)
        self.column.addWidget(rule())
        text = self.say(
            "Kilotill sells prepaid electricity and water as STS tokens, with or without a network."
        )
        self.column.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True))
        self.column.addStretch(1)
        self._build_side()
        section.show = self.show_state
        self.show_state(section.state)

    def _build_side(self) -> None:
        look, say = self.look, self.say
        card, inside = side_card(look, say("Support bundle"))
        text = say("A file for whoever helps you: versions, settings, logs, and whether the books are right.")
        inside.addWidget(label(look, text, Type.BODY, wraps=True))
        text = say("It has no token, no key, no PIN, no name and no phone number of a customer.")
        inside.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        cap = look.keys.cap_of(Act.MAIN)
        self.write = KeyButton(look, say("Write the bundle"), cap=cap, kind="accent", icon="download")
        self.write.clicked.connect(self._on_write)
        inside.addLayout(act_row(self.write))
        self.said = label(look, "", Type.SUPPORT, wraps=True)
        inside.addWidget(self.said)
        self.side = side_column(look, card)
        self.side_title = say("Support bundle")

    def first(self) -> QWidget | None:
        """The one button."""
        return self.write

    def bar(self) -> Mapping[Act, BarItem]:
        """The bundle has its key."""
        is_on = not self._section.state.is_busy
        return {Act.MAIN: BarItem(self.say("Bundle"), is_on=is_on, is_main=True)}

    def act(self, act: Act) -> bool:
        """Write the bundle."""
        if act is not Act.MAIN:
            return False
        self._on_write()
        return True

    def show_state(self, state: AboutState) -> None:
        """Show versions and the bundle."""
        say, facts = self.say, state.facts
        clear(self._facts)
        if facts is not None:
            rows = (
                (say("Kilotill"), facts.program),
                (say("Database"), facts.schema),
                ("Python", facts.python),
                ("Qt", qVersion()),
                ("SQLite", facts.sqlite),
                (say("Computer"), facts.machine),
                (say("Data folder"), facts.data_folder),
                (say("Secrets are in"), facts.secret_store or say("not open")),
            )
            for name, value in rows:
                self._facts.addWidget(Fact(self.look, name, value))
        self.write.setEnabled(not state.is_busy)
        text, tone = "", "text2"
        if state.is_busy:
            text = say("Writing: {part}", part=state.part)
        elif state.wrong:
            text, tone = next(iter(state.wrong.values())), "badtext"
        elif state.done:
            text, tone = say("{done}. It is in {path}", done=state.done, path=state.path), "oktext"
        self.said.setText(text)
        self.said.setVisible(bool(text))
        set_tone(self.said, tone)
        self.bar_changed.emit()

    def _on_write(self) -> None:
        start = str(Path.home() / self._section.usual_name())
        path = self._choosers.save_file(self.say("Support bundle"), start)
        self._section.write(path, {"qt": qVersion(), "pyside": version("PySide6-Essentials")})
