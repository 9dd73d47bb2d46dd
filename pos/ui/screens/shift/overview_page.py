"""The open shift: since when and by whom, what was moved, what can be done. No sum of cash anywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from pos.services.shift_desk import MovementRow, ShiftNow
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.shift.head import Zones, figure
from pos.ui.screens.shift.move_form import MoveForm
from pos.ui.screens.shift.presenter import ShiftPresenter
from pos.ui.screens.shift.state import MoveKind, ShiftState
from pos.ui.screens.shift.waiting import WaitingSale, by_sale
from pos.ui.screens.shift.words import movement_word, signed, standing_words, tender_word
from pos.ui.table_models.columns import Column, Paint
from pos.ui.table_models.paged import RowsModel
from pos.ui.widgets.card import Card, CardHead, Note
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.table import Table
from pos.ui.widgets.text import ElidedLabel, label, rule

_WAITING_SHOWN = 3


def movement_columns(look: Look) -> list[Column[MovementRow]]:
    """Return the columns of the list of movements."""
    say, wording = look.say, look.wording
    return [
        Column(say("Time"), 70, lambda row: wording.time(row.at)),
        Column(say("What"), 168, lambda row: movement_word(row.kind, wording), Paint.STRONG, fits=True),
        Column(
            say("Reason, bag or slip"),
            0,
            lambda row: ", ".join(part for part in (row.slip_number, row.reason) if part),
            Paint.QUIET,
        ),
        Column(look.wording.currency, 110, lambda row: signed(row.amount_minor, wording), Paint.MONEY),
    ]


class OverviewPage(QWidget):
    """Facts and movements at the left, acts at the right; a form takes the place of the movements."""

    def __init__(self, look: Look, presenter: ShiftPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        metrics = look.metrics
        zones = Zones(look, self, side_width=metrics.fixed(392, 300))
        self._head = zones.head
        left = QVBoxLayout()
        left.setSpacing(metrics.gap)
        left.addWidget(self._make_facts())
        self._waiting = Card(kind="warnline")
        self._waiting.hide()
        left.addWidget(self._waiting)
        self._zone = QStackedWidget()
        self._zone.addWidget(self._make_movements())
        if metrics.is_single_column:
            self._zone.setMinimumHeight(metrics.px(220))
        left.addWidget(self._zone, 1)
        self.form: MoveForm | None = None
        zones.add(left)
        zones.add_side(self._make_acts())

    def _make_facts(self) -> Card:
        look, say = self._look, self._look.say
        card = Card(padding=(look.metrics.fixed(20, 12), look.metrics.fixed(12, 6)) * 2)
        row = QHBoxLayout()
        row.setSpacing(look.metrics.fixed(40, 20))
        self._figures = {}
        for key, caption in (
            ("sales", say("Sales")),
            ("length", say("Open for")),
            ("movements", say("Cash movements")),
            ("waiting", say("Not final")),
        ):
            column, number = figure(look, caption, Type.FIELD)
            self._figures[key] = number
            row.addLayout(column)
        row.addStretch(1)
        card.body.addLayout(row)
        return card

    def _make_movements(self) -> Card:
        look, say = self._look, self._look.say
        card = Card()
        card.body.setContentsMargins(1, 1, 1, 1)
        head = CardHead(look, say("Money moved without a sale"))
        self._count = head.count
        card.body.addWidget(head)
        card.body.addWidget(rule())
        self.model = RowsModel(movement_columns(look), self)
        self.table = Table(look, name=say("Money moved without a sale"))
        self.table.setModel(self.model)
        self._none = label(
            look, say("Nothing was moved in this shift yet."), Type.BODY, tone="text2", wraps=True
        )
        self._none.setContentsMargins(look.metrics.padding, 12, look.metrics.padding, 12)
        self._none.setAlignment(Qt.AlignmentFlag.AlignTop)
        card.body.addWidget(self._none, 1)
        card.body.addWidget(self.table, 1)
        return card

    def _make_acts(self) -> Card:
        look, say, presenter = self._look, self._look.say, self._presenter
        card = Card(padding=look.metrics.fixed(20, 12), gap=look.metrics.fixed(10, 6))
        card.body.addWidget(label(look, say("The drawer"), Type.NAME))
        self.acts: dict[str, KeyButton] = {}
        entries = (
            (MoveKind.CASH, say("Cash in or out"), Act.CASH),
            (MoveKind.SAFE_DROP, say("Safe drop"), Act.PLACE_7),
            (MoveKind.BANKING, say("Banking"), Act.PLACE_6),
            (MoveKind.NO_SALE, say("Open without a sale"), Act.PLACE_5),
        )
        for key, caption, act in entries:
            self._add_act(card, key.value, caption, act)
            self.acts[key.value].clicked.connect(lambda _=False, kind=key: presenter.begin_move(kind))
        self._why = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        card.body.addWidget(self._why)
        card.body.addWidget(rule())
        card.body.addWidget(label(look, say("Reports"), Type.NAME))
        self._add_act(card, "x", say("X report"), Act.REPRINT)
        self._add_act(card, "past", say("Past Z reports"), Act.RECENT)
        self.acts["x"].clicked.connect(presenter.show_x)
        self.acts["past"].clicked.connect(presenter.show_past)
        self._note = Note(look, "info", "", "", icon="eye")
        self._note.say(
            say("Blind count"),
            say("The till shows no sum of the drawer. You count, then it compares."),
        )
        if look.metrics.is_compact:
            self._note.hide()
        card.body.addSpacing(4)
        card.body.addWidget(self._note)
        card.body.addStretch(1)
        self.main = KeyButton(
            look,
            say("Count and close the shift"),
            cap=look.keys.cap_of(Act.MAIN),
            kind="accent",
            size="pay" if not look.metrics.is_compact else "large",
        )
        room = look.metrics.side - 2 * look.metrics.fixed(20, 12) - 26
        if not look.metrics.is_single_column and self.main.minimumSizeHint().width() > room:
            self.main.set_caption(say("Count and close"))
        self.main.clicked.connect(presenter.main)
        card.body.addWidget(self.main)
        return card

    def _add_act(self, card: Card, key: str, caption: str, act: Act) -> None:
        button = KeyButton(self._look, caption, cap=self._look.keys.cap_of(act), spread=True)
        self.acts[key] = button
        card.body.addWidget(button)

    # -- state --------------------------------------------------------------------------------------------

    def show_state(self, state: ShiftState) -> None:
        """Show the shift, its movements, the form."""
        now = state.now
        if now is None or now.shift is None:
            return
        self._say_title(now)
        wording = self._look.wording
        self._figures["sales"].setText(wording.count(now.sales))
        age = int((now.at - now.shift.opened_at).total_seconds())
        self._figures["length"].setText(wording.age(max(0, age)))
        self._figures["movements"].setText(wording.count(len(now.movements)))
        self._figures["waiting"].setText(wording.count(len(now.waiting)))
        if tuple(self.model.rows) != now.movements:
            self.model.show_rows(now.movements)
        self._none.setVisible(not now.movements)
        self.table.setVisible(bool(now.movements))
        self._show_waiting(now)
        self._show_form(state)
        self._allow(state)

    def _say_title(self, now: ShiftNow) -> None:
        say, wording, shift = self._look.say, self._look.wording, now.shift
        assert shift is not None
        is_today = wording.day(shift.opened_at) == wording.day(now.at)
        when = wording.time(shift.opened_at) if is_today else wording.day_time(shift.opened_at)
        text = say(
            "Opened {time} by {name} with a float of {amount}",
            time=when,
            name=shift.operator,
            amount=wording.money(shift.float_minor),
        )
        self._head.say(say("Shift {number}", number=now.number), text)

    def _show_waiting(self, now: ShiftNow) -> None:
        key = repr((now.waiting, now.at.replace(second=0, microsecond=0)))
        self._waiting.setVisible(bool(now.waiting) and self.form is None)
        if self._waiting.property("shown") == key:
            return
        self._waiting.setProperty("shown", key)
        while (item := self._waiting.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        look, wording = self._look, self._look.wording
        head = CardHead(look, look.say("Not final yet"))
        total_minor = sum(one.amount_minor for one in now.waiting)
        head.row.addWidget(label(look, wording.amount(total_minor), Type.NAME, tone="warntext"))
        self._waiting.body.addWidget(head)
        sales = by_sale(now.waiting)
        for one in sales[:_WAITING_SHOWN]:
            self._waiting.body.addWidget(rule())
            self._waiting.body.addWidget(WaitingRow(look, one, now))
        more = len(sales) - _WAITING_SHOWN
        if more > 0:
            rest = label(look, look.say("And more: {n}", n=more), Type.SUPPORT, tone="text2")
            rest.setContentsMargins(look.metrics.padding, 2, 0, 6)
            self._waiting.body.addWidget(rest)

    def _show_form(self, state: ShiftState) -> None:
        move = state.move
        if self.form is not None and (move is None or self.form.kind is not move.kind):
            self._zone.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
            self.form = None
        if move is None:
            self._zone.setCurrentIndex(0)
        else:
            is_new = self.form is None
            if self.form is None:
                self.form = MoveForm(self._look, self._presenter, move)
                self._zone.addWidget(self.form)
                self._zone.setCurrentWidget(self.form)
            self.form.show_move(move)
            if is_new:
                self.form.focus_first()
        self._waiting.setVisible(self.form is None and bool(state.now and state.now.waiting))
        for kind in MoveKind:
            self.acts[kind.value].set_chosen(is_chosen=move is not None and move.kind is kind)

    def _allow(self, state: ShiftState) -> None:
        """Switch off what the person may not do here, and say why."""
        now, say = state.now, self._look.say
        assert now is not None
        presenter = self._presenter
        may_act = presenter.may_act and not state.is_busy
        for kind in MoveKind:
            self.acts[kind.value].setEnabled(may_act and not presenter.moves.refusal(kind))
        self.acts["past"].setVisible(presenter.may_see_past)
        self.acts["x"].setEnabled(presenter.may_see_x)
        self.main.setEnabled(may_act and state.move is None)
        # The form has its own main act; two accent buttons would be one too many.
        self.main.set_kind("accent" if state.move is None else "normal")
        if not now.is_mine and now.shift is not None:
            why = say(
                "This is the shift of {name}: that person or a supervisor goes on.", name=now.shift.operator
            )
        elif presenter.moves.refusal(MoveKind.BANKING):
            why = say("Banking is done by a supervisor.")
        else:
            why = ""
        self._why.setText(why)
        self._why.setVisible(bool(why))
        # Both do not fit where the window has its usual size.
        self._note.setVisible(not why and not self._look.metrics.is_compact)

    def take_focus(self, _state: ShiftState) -> None:
        """Put the focus where the next act is."""
        if self.form is not None:
            self.form.focus_first()
        elif self.main.isEnabled():
            self.main.setFocus()
        else:
            self.setFocus()


class WaitingRow(QWidget):
    """A sale without its end: whose, how its parts are paid and where they stand, since when."""

    def __init__(self, look: Look, sale: WaitingSale, now: ShiftNow) -> None:
        super().__init__()
        wording, say = look.wording, look.say
        grid = QVBoxLayout(self)
        grid.setContentsMargins(look.metrics.padding, 6, look.metrics.padding, 6)
        grid.setSpacing(0)
        top = QHBoxLayout()
        who = now.customers.get(sale.sale_id) or say("Unknown customer")
        top.addWidget(ElidedLabel(look, who, Type.NAME), 1)
        top.addWidget(label(look, wording.amount(sale.amount_minor), Type.NAME))
        grid.addLayout(top)
        for part in sale.parts:
            state, why = standing_words(part, wording)
            tender = tender_word(part.tender, wording) if part.tender else ""
            if len(sale.parts) > 1:
                tender = f"{tender} {wording.amount(part.amount_minor)}"
            words = " · ".join(word for word in (tender, state, part.owner) if word)
            line = QHBoxLayout()
            line.addWidget(ElidedLabel(look, words, Type.SUPPORT, tone="text2"), 1)
            if part is sale.first:
                age = wording.age(max(0, part.age_seconds(now.at)))
                line.addWidget(label(look, age, Type.SUPPORT, tone="warntext"))
            grid.addLayout(line)
            if why:
                grid.addWidget(ElidedLabel(look, why, Type.SUPPORT, tone="warntext"))
