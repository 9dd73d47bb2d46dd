"""The head of a meter's page, its facts and its cases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from pos.services.meter_history import CaseRow
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.meters.detail_presenter import DetailPresenter
from pos.ui.screens.meters.detail_state import DetailData
from pos.ui.screens.meters.words import (
    algorithm_word,
    key_type_word,
    owner_name,
    place_of_meter,
    spaced,
    spaced_group,
    status_tone,
    status_word,
)
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, rule


class HeadCard(Card):
    """Who and where, and the main acts. `pressed` gives the act."""

    pressed = Signal(str)

    def __init__(self, look: Look, presenter: DetailPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        metrics, say, keys = look.metrics, look.say, look.keys
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(
            metrics.fixed(20, 12), metrics.fixed(15, 6), metrics.fixed(20, 12), metrics.fixed(15, 8)
        )
        row.setSpacing(metrics.fixed(12, 8))
        words = QVBoxLayout()
        words.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(10)
        self.name = ElidedLabel(look, "", Type.TITLE)
        self.status = Badge(look)
        self.tariff = Badge(look)
        self.arrears = Badge(look)
        first.addWidget(self.name, 1)
        for badge in (self.status, self.tariff, self.arrears):
            first.addWidget(badge)
        first.addStretch(0)
        second = QHBoxLayout()
        second.setSpacing(12)
        self.number = label(look, "", Type.NUMBER)
        self.place = ElidedLabel(look, "", Type.BODY, tone="text2")
        second.addWidget(self.number)
        second.addWidget(self.place, 1)
        words.addLayout(first)
        words.addLayout(second)
        row.addLayout(words, 1)
        is_narrow = metrics.is_compact or metrics.is_single_column
        size = "normal" if is_narrow else "large"
        sell = say("Sell") if is_narrow else say("Sell to this meter")
        acts = QHBoxLayout()
        acts.setSpacing(row.spacing())
        self.sell = KeyButton(look, sell, cap=keys.cap_of(Act.MAIN), kind="accent", size=size)
        self.edit = KeyButton(look, say("Edit"), cap=keys.cap_of(Act.EDIT), size=size)
        self.block = KeyButton(look, say("Block"), size=size, icon="lock")
        for act, button in (("sell", self.sell), ("edit", self.edit), ("block", self.block)):
            button.clicked.connect(partial(self._press, act))
            acts.addWidget(button)
        if metrics.is_single_column:
            acts.addStretch(1)
            words.addLayout(acts)
        else:
            row.addLayout(acts)
        self.body.addWidget(holder)

    def _press(self, act: str) -> None:
        self.pressed.emit(act)

    def show_data(self, data: DetailData) -> None:
        """Show a meter."""
        look, wording, row = self._look, self._look.wording, data.meter.row
        name = look.say("Erased") if data.meter.is_customer_erased else owner_name(row, wording)
        self.name.setText(name)
        # The badges stand right behind the name, which gives way where there is no room.
        self.name.setMaximumWidth(look.text_width(Type.TITLE, name) + 4)
        self.status.show_state(status_word(row.status, wording), status_tone(row.status))
        self.tariff.show_state(data.tariff_name, "plain")
        self.arrears.setVisible(look.metrics.is_compact and row.arrears_minor > 0)
        if row.arrears_minor:
            text = look.say("Arrears {money}", money=wording.money(row.arrears_minor))
            self.arrears.show_state(text, "warn")
        self.number.setText(spaced(row.drn))
        read_phone = self._presenter.context.desk.read_phone
        phone = read_phone.masked_text(row.phone) if row.phone else ""
        self.place.setText(" · ".join(one for one in (place_of_meter(row), phone) if one))
        is_blocked = row.status == "blocked"
        self.block.set_caption(look.say("Unblock") if is_blocked else look.say("Block"))
        self.show_acts(is_free=self._presenter.is_free)

    def show_acts(self, *, is_free: bool) -> None:
        """Show the acts that there are; none while a form or tokens are in front."""
        may = self._presenter.may
        for act, button in (("sell", self.sell), ("edit", self.edit), ("block", self.block)):
            button.setVisible(is_free and may(act))


class FactsCard(Card):
    """Keys, money, place. `pressed` gives an act."""

    pressed = Signal(str)

    def __init__(self, look: Look, presenter: DetailPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown: DetailData | None = None
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        self._column = QVBoxLayout(holder)
        side = look.metrics.padding
        self._column.setContentsMargins(side, look.metrics.fixed(12, 8), side, look.metrics.fixed(12, 8))
        self._column.setSpacing(look.metrics.fixed(8, 6))
        self._inside: QWidget | None = None
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.setContentsMargins(1, 1, 1, 7)
        self.body.addWidget(scroll)

    def show_data(self, data: DetailData) -> None:
        """Show a meter."""
        if data == self._shown:
            return
        self._shown = data
        if self._inside is not None:
            self._inside.hide()
            self._inside.deleteLater()
        self._inside = self._make(data)
        self._column.insertWidget(0, self._inside)

    def show_acts(self, *, is_free: bool) -> None:
        """Let the acts be pressed, or not while something is in front."""
        if self._inside is not None:
            for button in self._inside.findChildren(KeyButton):
                button.setEnabled(is_free)

    def _make(self, data: DetailData) -> QWidget:
        look, say, wording = self._look, self._look.say, self._look.wording
        meter, row = data.meter, data.meter.row
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.metrics.fixed(8, 6))
        if row.block_reason:
            column.addWidget(Note(look, "bad", say("Blocked"), row.block_reason))
        self._line(
            column,
            say("Arrears"),
            wording.money(row.arrears_minor),
            "warntext" if row.arrears_minor else "text",
            ("arrears", say("Adjust")),
        )
        if data.free is not None:
            units = f"{wording.units(data.free.token_tenths * 100)} {data.unit}"
            act = ("free", say("Give")) if data.free.token_tenths else None
            self._line(column, say("Free units this month"), units, "text", act)
        column.addWidget(rule())
        key = say("{group}, revision {krn}", group=spaced_group(row.sgc), krn=meter.krn)
        for name, value in (
            (say("Supply group, key"), key),
            (say("Tariff index"), meter.ti),
            (say("Key type"), key_type_word(meter.kt, wording)),
            (say("Algorithm"), algorithm_word(meter, wording)),
            (say("Account"), meter.account_number or "–"),
            (say("Building"), " · ".join(one for one in (meter.site, meter.building) if one)),
            (say("Department"), meter.department or ""),
            (say("Note"), meter.note or ""),
        ):
            if value:
                self._line(column, name, value, "text", None)
        acts = QHBoxLayout()
        acts.setSpacing(4)
        for key_of_act, text, icon in (("move", say("Move"), "swap"), ("erase", say("Erase"), "trash")):
            if self._presenter.may(key_of_act):
                button = KeyButton(look, text, kind="quiet", size="small", icon=icon)
                spoken = say("Move to another owner") if key_of_act == "move" else say("Erase the owner")
                button.setAccessibleName(spoken)
                button.clicked.connect(partial(self._press, key_of_act))
                acts.addWidget(button)
        acts.addStretch(1)
        if acts.count() > 1:
            column.addWidget(rule())
            column.addLayout(acts)
        column.addStretch(1)
        return inside

    def _line(
        self, column: QVBoxLayout, name: str, value: str, tone: str, act: tuple[str, str] | None
    ) -> None:
        look = self._look
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label(look, name, Type.BODY, tone="text2"))
        row.addWidget(ElidedLabel(look, value, Type.VALUE, tone=tone, align=Qt.AlignmentFlag.AlignRight), 1)
        if act is not None and self._presenter.may(act[0]):
            button = KeyButton(look, act[1], kind="quiet", size="small")
            button.setAccessibleName(f"{act[1]}: {name}")
            button.clicked.connect(partial(self._press, act[0]))
            row.addWidget(button)
        column.addLayout(row)

    def _press(self, act: str) -> None:
        self.pressed.emit(act)


class CasesCard(Card):
    """The cases about a meter. `pressed` asks to open one."""

    pressed = Signal()

    def __init__(self, look: Look, *, may_open: bool) -> None:
        super().__init__(padding=(1, 1, 1, 7))
        self._look = look
        self._shown: tuple[CaseRow, ...] | None = None
        self.head = CardHead(look, look.say("Cases"))
        self.open_button = KeyButton(
            look,
            look.say("Open a case"),
            cap=look.keys.cap_of(Act.PLACE_6),
            kind="quiet",
            size="small",
            icon="plus",
        )
        if not may_open:
            self.open_button.hide()
        self.open_button.clicked.connect(self.pressed)
        self.head.row.addWidget(self.open_button)
        self.body.addWidget(self.head)
        self.body.addWidget(rule())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.body.addWidget(self._scroll, 1)

    def show_acts(self, *, is_free: bool) -> None:
        """Let a case be opened, or not while something is in front."""
        self.open_button.setEnabled(is_free)

    def show_cases(self, cases: tuple[CaseRow, ...]) -> None:
        """Show the cases, newest first."""
        if cases == self._shown:
            return
        self._shown = cases
        look = self._look
        self.head.count.setText(look.wording.count(len(cases)))
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if not cases:
            none = label(look, look.say("No case is known about this meter."), Type.BODY, tone="text2")
            none.setContentsMargins(look.metrics.padding, 12, look.metrics.padding, 12)
            column.addWidget(none)
        for case in cases:
            column.addWidget(self._make_case(case))
            column.addWidget(rule())
        column.addStretch(1)
        self._scroll.setWidget(holder)

    def _make_case(self, case: CaseRow) -> QWidget:
        look = self._look
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(look.metrics.padding, 8, look.metrics.padding, 8)
        row.setSpacing(12)
        icon = {"wrong_meter": "swap", "token_refused": "stop"}.get(case.kind.value, "flag")
        row.addWidget(IconLabel(look, icon, 18, "text2"))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(ElidedLabel(look, case.reason, Type.VALUE))
        day = look.wording.day(opened_at(case))
        words.addWidget(label(look, f"{case.number} · {day}", Type.SMALL, tone="text2"))
        row.addLayout(words, 1)
        text, tone = case_state(look, case.state.value)
        row.addWidget(Badge(look, text, tone))
        return line


def opened_at(case: CaseRow) -> datetime:
    """Return when a case was opened: its id begins with the instant."""
    return datetime.fromtimestamp((case.case_id.int >> 80) / 1000, UTC)


def case_state(look: Look, state: str) -> tuple[str, str]:
    """Return word and tone of a case's state."""
    say = look.say
    words: dict[str, tuple[Callable[[], str], str]] = {
        "open": (lambda: say("Open"), "warn"),
        "refused": (lambda: say("Refused"), "neutral"),
        "reallocated": (lambda: say("Reallocated"), "ok"),
        "goodwill": (lambda: say("Goodwill"), "ok"),
        "replaced": (lambda: say("Replaced"), "ok"),
        "closed": (lambda: say("Closed"), "ok"),
    }
    word, tone = words[state]
    return word(), tone
