"""The ways to pay as buttons: cash, each provider that fits here, split; each with its digit."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import CASH, SPLIT, SellState, Stage, Way
from pos.ui.widgets.card import tight
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.text import label

_ACTS = (Act.TENDER_1, Act.TENDER_2, Act.TENDER_3, Act.TENDER_4, Act.TENDER_5)
_SHORT = {"MTN MoMo": "MoMo", "Airtel Money": "Airtel"}
"""Names as people say them, where room is short."""


def way_name(look: Look, way: Way, *, is_short: bool = False) -> str:
    """Return the name of a provider on a button."""
    name = short_name(way.label) if is_short else way.label
    return look.say("{provider} (no answer)", provider=name) if way.is_down else name


def short_name(label: str) -> str:
    """Return a provider's name as people say it."""
    return _SHORT.get(label, label)


class WayButtons(QWidget):
    """Two beside each other; in one row where the text is large."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._ways: tuple[Way, ...] | None = None
        self.buttons: dict[str, KeyButton] = {}
        column = QVBoxLayout(self)
        tight(column, gap=look.metrics.fixed(8, 6))
        is_row = look.metrics.is_single_column
        if not is_row:
            column.addLayout(self._make_names())
        self._grid = QGridLayout()
        self._grid.setSpacing(look.metrics.fixed(8, 6))
        column.addLayout(self._grid)

    def _make_names(self) -> QHBoxLayout:
        look, say = self._look, self._look.say
        names = QHBoxLayout()
        names.setSpacing(6)
        names.addWidget(label(look, say("Pay with"), Type.BODY, tone="text2"))
        names.addStretch(1)
        cap = look.keys.cap_of(Act.TENDER_1)
        if cap.startswith("Ctrl "):
            names.addWidget(KeyCap(look, "Ctrl"))
            names.addWidget(label(look, say("+ number"), Type.SUPPORT, tone="text2"))
        return names

    def show_state(self, state: SellState) -> None:
        """Offer the ways; the chosen one is marked."""
        self.setVisible(bool(state.ways))
        if state.ways != self._ways:
            self._ways = state.ways
            self._rebuild(state.ways)
        chosen = state.way if state.stage in (Stage.TENDER, Stage.WAITING) else CASH
        is_on = state.money_minor is not None and not state.is_paying and not state.trial_only
        for code, button in self.buttons.items():
            button.set_chosen(is_chosen=code == chosen)
            button.setEnabled(is_on)

    def _rebuild(self, ways: tuple[Way, ...]) -> None:
        for button in self.buttons.values():
            button.hide()
            button.deleteLater()
        self.buttons = {}
        look, say = self._look, self._look.say
        is_short = look.metrics.is_compact or look.metrics.is_single_column
        first = [(CASH, say("Cash"), "cash", 0)]
        providers = [
            (
                way.code,
                way_name(look, way, is_short=is_short),
                "card" if way.profile.shows_link else "phone",
                n,
            )
            for way, n in zip(ways, (1, 2, 4), strict=False)
        ]
        rows = [*first, *providers[:2], (SPLIT, say("Split"), "split", 3), *providers[2:]]
        for at, (code, name, icon, act) in enumerate(rows):
            cap = look.keys.cap_of(_ACTS[act])
            button = KeyButton(
                look,
                name,
                cap=cap.removeprefix("Ctrl "),
                icon="" if look.metrics.is_single_column else icon,
                spread=not look.metrics.is_single_column,
                size="small" if look.metrics.is_single_column else "normal",
            )
            button.setFocusPolicy(button.focusPolicy().NoFocus)
            button.setAccessibleName(f"{name}, {cap}")
            button.clicked.connect(partial(self._on_pressed, code))
            self.buttons[code] = button
            where = (0, at) if look.metrics.is_single_column else (at // 2, at % 2)
            self._grid.addWidget(button, *where)
        if not look.metrics.is_single_column:
            self._grid.setColumnStretch(0, 1)
            self._grid.setColumnStretch(1, 1)

    def _on_pressed(self, code: str, *_: object) -> None:
        self._presenter.tender.choose(code)
