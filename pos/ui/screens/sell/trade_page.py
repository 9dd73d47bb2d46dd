"""The sale itself: owner, amount, lines at the left; the money at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from pos.domain.money import minor_digits
from pos.domain.states import PaymentState
from pos.services.counter import OwnerCard
from pos.services.payment_views import PaymentView
from pos.services.price_view import about_units, unit_of, units_text
from pos.services.sale_values import SaleKind
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.money_card import MoneyCard, language_choice
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.price_card import PriceCard
from pos.ui.screens.sell.state import CASH, SPLIT, SellState, Stage
from pos.ui.screens.sell.wait_card import WaitCard
from pos.ui.screens.sell.wait_words import provider_name
from pos.ui.screens.sell.way_buttons import short_name
from pos.ui.screens.sell.words import (
    last_purchase_text,
    meter_text,
    owner_text,
    place_text,
)
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, tight
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import NumberField
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.keycap import KeyCap, cap_size, draw_cap
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone
from pos.ui.widgets.zones import scrolling

_QUICK = (5000, 10_000)
_DESK_WIDTH = 1250


class TradePage(QWidget):
    """Amount and tender share a page: only the amount's card and the money's state change."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._card: OwnerCard | None = None
        is_column = look.metrics.is_single_column
        row = QVBoxLayout(self) if is_column else QHBoxLayout(self)
        tight(row, gap=look.metrics.margin if not look.metrics.is_compact else 8)
        left = QVBoxLayout()
        tight(left, gap=look.metrics.gap)
        self._owner = self._make_owner_line() if is_column else self._make_owner()
        left.addWidget(self._owner)
        self._typed, self._kept = self._make_amount(), self._make_locked()
        self._kept.hide()
        left.addWidget(self._typed)
        left.addWidget(self._kept)
        self.price = PriceCard(look)
        if is_column:
            # The cards keep their heights; what is left over parts them.
            left.insertStretch(1)
            left.addStretch(1)
        left.addWidget(self.price, 100)
        if is_column:
            left.addStretch(1)
        self.upper: QScrollArea | None = None
        if is_column:
            # The money stays in sight; what stands above it scrolls where the window is low.
            holder = QWidget()
            holder.setProperty("klGround", "bg")
            holder.setLayout(left)
            self.upper = scrolling(holder)
            row.addWidget(self.upper, 1)
        else:
            row.addLayout(left, 1)
        self.money = MoneyCard(look, presenter)
        self.wait = WaitCard(look, presenter)
        self.wait.hide()
        for zone in (self.money, self.wait):
            if not is_column:
                zone.setFixedWidth(look.metrics.side)
            row.addWidget(zone)
        if is_column:
            row.setStretchFactor(self.wait, 2)
        self._chosen = (CASH, 0, 0)
        self._shown_parts: list[tuple[str, str]] = []

    # -- building -----------------------------------------------------------------------------------------

    def _make_owner(self) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(metrics.padding, metrics.fixed(12, 8), metrics.padding, metrics.fixed(12, 8))
        row.setSpacing(metrics.fixed(20, 12))
        words = QVBoxLayout()
        words.setSpacing(metrics.fixed(4, 2))
        self._name = label(look, "", Type.OWNER, wraps=True)
        words.addWidget(self._name)
        line = QHBoxLayout()
        line.setSpacing(8)
        self._number = label(look, "", Type.NUMBER)
        self._confirmed = Badge(look, say("Confirmed"), "ok")
        self._service = Badge(look, "", "plain", icon="bolt")
        self._tariff = Badge(look, "", "plain")
        line.addWidget(self._number)
        line.addSpacing(4)
        line.addWidget(self._confirmed)
        line.addWidget(self._service)
        line.addWidget(self._tariff)
        line.addStretch(1)
        words.addLayout(line)
        self._place = ElidedLabel(look, "", Type.BODY, tone="text2")
        words.addWidget(self._place)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(rule("v"))
        facts = QGridLayout()
        tight(facts)
        facts.setHorizontalSpacing(16)
        facts.setVerticalSpacing(metrics.fixed(6, 4))
        names = [
            ("last", say("Last purchase")),
            ("month", say("Bought this month")),
            ("arrears", say("Arrears")),
        ]
        if not metrics.is_compact:
            names.append(("phone", say("Phone")))
        self._facts: dict[str, QLabel] = {}
        for n, (key, name) in enumerate(names):
            facts.addWidget(label(look, name, Type.BODY, tone="text2"), n, 0)
            value = label(look, "", Type.VALUE)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._facts[key] = value
            facts.addWidget(value, n, 1)
        holder = QWidget()
        holder.setLayout(facts)
        # Wider where words are long: neither a fact nor its name is cut, the owner's name wraps.
        holder.setMinimumWidth(metrics.px(312, 270))
        holder.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row.addWidget(holder)
        card.body.addLayout(row)
        return card

    def _make_owner_line(self) -> QWidget:
        """Large text: who and where, and that the cashier has confirmed it."""
        look, metrics = self._look, self._look.metrics
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(metrics.padding, metrics.fixed(10, 4), metrics.padding, metrics.fixed(10, 4))
        row.setSpacing(metrics.gap)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._name = label(look, "", Type.OWNER, wraps=True)
        self._place = ElidedLabel(look, "", Type.BODY, tone="text2")
        words.addWidget(self._name)
        words.addWidget(self._place)
        row.addLayout(words, 1)
        self._debt = Badge(look, "", "warn")
        self._debt.hide()
        row.addWidget(self._debt)
        row.addWidget(Badge(look, look.say("Confirmed"), "ok"))
        card.body.addLayout(row)
        self._facts = {}
        return card

    def _make_fields(self) -> QWidget:
        """Large text: the two fields alone, without captions; what is offered stands below them."""
        look, say, metrics = self._look, self._look.say, self._look.metrics
        holder = QWidget()
        column = QVBoxLayout(holder)
        tight(column, gap=metrics.gap)
        row = QHBoxLayout()
        row.setSpacing(metrics.margin)
        self.amount = NumberField(
            look, before=look.wording.currency, name=say("Amount"), decimals=_decimals(look)
        )
        self.units = NumberField(look, before="=", after="kWh", name=say("Units"), decimals=1)
        row.addWidget(self.amount, 6)
        row.addWidget(self.units, 5)
        column.addLayout(row)
        self._amount_name = label(
            look, say("Payment on the debt, no token"), Type.BODY, tone="text2", wraps=True
        )
        self._amount_name.hide()
        column.addWidget(self._amount_name)
        self._problem = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._problem.hide()
        column.addWidget(self._problem)
        self._offers = QWidget()
        self._quick = QHBoxLayout(self._offers)
        tight(self._quick, gap=metrics.gap)
        column.addWidget(self._offers)
        return holder

    def _make_amount(self) -> QWidget:
        made = self._make_fields() if self._look.metrics.is_single_column else self._make_amount_card()
        self.amount.changed.connect(self._presenter.type_amount)
        self.units.changed.connect(self._presenter.type_units)
        return made

    def _make_amount_card(self) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        card = Card()
        column = QVBoxLayout()
        column.setContentsMargins(
            metrics.padding, metrics.fixed(10, 6), metrics.padding, metrics.fixed(14, 8)
        )
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(12)
        first, second = QVBoxLayout(), QVBoxLayout()
        first.setSpacing(4)
        second.setSpacing(4)
        self._amount_name = label(look, say("Amount"), Type.BODY, tone="text2")
        self._amount_name.setFixedHeight(metrics.px(22))
        self.amount = NumberField(
            look, before=look.wording.currency, name=say("Amount"), decimals=_decimals(look)
        )
        first.addWidget(self._amount_name)
        first.addWidget(self.amount)
        names = QHBoxLayout()
        names.setSpacing(6)
        names.addWidget(label(look, say("or units"), Type.BODY, tone="text2"))
        names.addWidget(KeyCap(look, "Tab"))
        names.addStretch(1)
        holder = QWidget()
        holder.setLayout(names)
        names.setContentsMargins(0, 0, 0, 0)
        holder.setFixedHeight(metrics.px(22))
        self.units = NumberField(look, before="=", after="kWh", name=say("Units"), decimals=1)
        second.addWidget(holder)
        second.addWidget(self.units)
        row.addLayout(first, 29)
        row.addLayout(second, 22)
        self._quick = QHBoxLayout()
        self._quick.setSpacing(8)
        offers = QVBoxLayout()
        offers.setSpacing(4)
        spacer = QWidget()
        spacer.setFixedHeight(metrics.px(22))
        offers.addWidget(spacer)
        offers.addLayout(self._quick)
        row.addLayout(offers, 27)
        column.addLayout(row)
        self._problem = label(look, "", Type.BODY, tone="badtext", wraps=True)
        self._problem.hide()
        column.addWidget(self._problem)
        card.body.addLayout(column)
        return card

    def _make_locked(self) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        card = Card()
        row = QHBoxLayout()
        row.setContentsMargins(metrics.padding, metrics.fixed(10, 6), metrics.padding, metrics.fixed(10, 6))
        row.setSpacing(16)
        if not (metrics.is_single_column or metrics.is_compact):
            row.addWidget(label(look, say("Amount"), Type.BODY, tone="text2"))
        self._locked, self._locked_units = label(look, "", Type.RECEIVED), label(look, "", Type.RECEIVED)
        self._equals = label(look, "=", Type.BODY, tone="text3")
        for part in (self._locked, self._equals, self._locked_units):
            row.addWidget(part)
        row.addStretch(1)
        if not metrics.is_single_column:
            # As high with the list of languages as without it.
            card.setMinimumHeight(metrics.field + 2 * metrics.fixed(10, 6) + 2)
        self._language: Choice | None = None
        if not metrics.is_single_column:
            self._language = language_choice(look, self._presenter)
            self._language.setToolTip(say("Receipt in"))
            row.addWidget(self._language)
        self._unlock = KeyButton(look, say("Change amount"), cap="Esc", size="small")
        self._unlock.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._unlock.clicked.connect(self._presenter.escape)
        row.addWidget(self._unlock)
        self._paid_parts = QHBoxLayout()
        self._paid_parts.setSpacing(8)
        row.addLayout(self._paid_parts)
        card.body.addLayout(row)
        return card

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: SellState) -> None:
        """Show a state."""
        card = state.card
        if card is None:
            return
        if card is not self._card:
            self._card = card
            self._show_owner(card)
            self._show_quick(card)
        is_waiting = state.stage is Stage.WAITING
        is_tender = state.stage is Stage.TENDER or is_waiting
        if self._look.metrics.is_single_column:
            self._fold(state)
        self._typed.setVisible(not is_tender)
        self._kept.setVisible(is_tender)
        self._show_kept(state)
        self.money.setVisible(not is_waiting)
        self.wait.setVisible(is_waiting)
        tariff = card.tariff if state.kind is SaleKind.ENERGY else None
        self.price.show_hint(self._hint(state, card))
        self.price.show_price(state.price, tariff, state.price_month)
        self._show_amount(state, unit_of(card.tariff))
        if is_waiting:
            self.wait.show_state(state)
            return
        self.money.show_state(state)
        self._follow_part(state)

    def _follow_part(self, state: SellState) -> None:
        """The caret goes to the way, and to the part, that was chosen."""
        chosen = (state.way, state.part_at, len(state.parts))
        is_other, self._chosen = chosen != self._chosen, chosen
        if state.stage is not Stage.TENDER or not is_other or state.is_paying:
            return
        if state.way != SPLIT or not self.money.split.has_focus(state.part_at):
            self.money.focus(state)

    def _show_kept(self, state: SellState) -> None:
        """Beside the amount: the receipt's language and the way back, or which parts are asked for."""
        is_waiting, rest = state.stage is Stage.WAITING, state.rest
        if self._language is not None:
            self._language.choose(state.language)
            has_room = state.way == CASH and len(self._presenter.receipt_languages()) > 1
            self._language.setVisible(has_room and not is_waiting and rest is None)
        self._unlock.setVisible(not is_waiting and rest is None)
        view = state.wait.view if state.wait is not None else rest
        parts = () if view is None else view.parts
        if self._look.metrics.is_single_column or not (is_waiting or rest is not None):
            parts = ()
        texts = [_part_badge(part, state, self._look) for part in parts]
        if texts == self._shown_parts:
            return
        self._shown_parts = texts
        while (item := self._paid_parts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for text, tone in texts[:3]:
            self._paid_parts.addWidget(Badge(self._look, text, tone))

    def _fold(self, state: SellState) -> None:
        """Make room: offers only while nothing is typed, all lines only when they are asked for."""
        is_empty = state.price is None
        shows_all = state.shows_all_lines and not is_empty
        self._offers.setVisible(is_empty and self._quick.count() > 1)
        self._owner.setVisible(not shows_all)
        self.price.show_folded(is_folded=not shows_all and not is_empty)

    def _show_owner(self, card: OwnerCard) -> None:
        look, say, meter = self._look, self._look.say, card.meter
        self._name.setText(owner_text(meter, look))
        if look.metrics.is_single_column:
            parts = (place_text(meter), card.tariff_name)
            self._place.setText(" · ".join(part for part in parts if part))
            owes = card.arrears_minor > 0
            if owes:
                money = look.wording.money(card.arrears_minor)
                self._debt.show_state(say("Arrears {money}", money=money), "warn")
            self._debt.setVisible(owes)
            return
        self._number.setText(meter_text(meter.drn))
        services = (say("Electricity"), say("Water"), say("Gas"), say("Time"))
        is_wide = not look.metrics.is_compact
        self._service.show_state(services[meter.service], "plain")
        self._service.setVisible(is_wide and self._has_room(self._confirmed, self._service))
        self._tariff.show_state(card.tariff_name, "plain")
        badges = (self._confirmed, self._service, self._tariff)
        self._tariff.setVisible(is_wide and len(card.tariff_name) < 22 and self._has_room(*badges))
        since = ""
        if card.tariff is not None:
            since = say(
                "{tariff} since {day}", tariff=meter.tariff_code, day=look.wording.day(card.tariff.valid_from)
            )
        self._place.setText(" · ".join(part for part in (place_text(meter), since) if part))
        self._facts["last"].setText(last_purchase_text(card, look, has_cashier=False))
        self._facts["month"].setText(about_units(card.bought_month_milli, unit_of(card.tariff), look.wording))
        owes = card.arrears_minor > 0
        self._facts["arrears"].setText(look.wording.money(card.arrears_minor) if owes else say("None"))
        set_tone(self._facts["arrears"], "warntext" if owes else "text")
        if "phone" in self._facts:
            read_phone = self._presenter.context.desk.read_phone
            self._facts["phone"].setText(read_phone.masked_text(meter.phone) if meter.phone else "–")

    def _has_room(self, *badges: Badge) -> bool:
        """Say whether badges stand beside the meter number without cutting it."""
        metrics = self._look.metrics
        inside = max(self.width(), _DESK_WIDTH) - metrics.side - 3 * metrics.padding - metrics.px(312) - 41
        wide = self._look.text_width(Type.NUMBER, self._number.text())
        return wide + 4 + sum(badge.width() + 8 for badge in badges) <= inside

    def _show_quick(self, card: OwnerCard) -> None:
        look = self._look
        while (item := self._quick.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if look.metrics.is_single_column:
            self._show_quick_large(card)
            return
        if card.purchases:
            last = card.purchases[0].money_minor
            self._quick.addWidget(
                _Offer(
                    look,
                    look.say("As last time"),
                    look.wording.amount(last),
                    lambda: self._presenter.use_amount(last),
                )
            )
        if card.arrears_minor > 0 and look.metrics.is_compact is False:
            text = look.say("Only the debt")
            self._quick.addWidget(
                _Offer(look, text, "", self._presenter.toggle_arrears, cap=look.keys.cap_of(Act.ARREARS))
            )
        elif not look.metrics.is_compact:
            for amount in _QUICK:
                minor = amount * 10 ** _decimals(look)
                use = partial(self._presenter.use_amount, minor)
                self._quick.addWidget(_Offer(look, "", look.wording.amount(minor), use))

    def _show_quick_large(self, card: OwnerCard) -> None:
        """Large text: what is offered, in one line each."""
        look, presenter = self._look, self._presenter
        offers: list[tuple[str, str, Callable[[], object]]] = []
        if card.purchases:
            last = card.purchases[0].money_minor
            text = look.say("As last time: {amount}", amount=look.wording.amount(last))
            offers.append((text, "", partial(presenter.use_amount, last)))
        if card.arrears_minor > 0:
            cap = look.keys.cap_of(Act.ARREARS)
            offers.append((look.say("Only the debt"), cap, presenter.toggle_arrears))
        for text, cap, act in offers:
            button = KeyButton(look, text, cap=cap, size="small")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, act=act: act())
            self._quick.addWidget(button)
        self._quick.addStretch(1)

    def _show_amount(self, state: SellState, unit: str) -> None:
        say = self._look.say
        self.amount.set_text(state.amount)
        self.units.set_text(_one_decimal(state.units))
        self.units.after.setText(unit)
        is_arrears = state.kind is SaleKind.ARREARS
        self.units.setEnabled(not is_arrears)
        if self._look.metrics.is_single_column:
            self._amount_name.setVisible(is_arrears)
        else:
            name = say("Payment on the debt, no token") if is_arrears else say("Amount")
            self._amount_name.setText(name)
        self.amount.set_computed(is_computed=state.is_by_units)
        self.units.set_computed(is_computed=not state.is_by_units)
        self.units.before.setText("" if state.is_by_units else "=")
        self._problem.setText(state.amount_problem)
        self._problem.setVisible(bool(state.amount_problem))
        lead = self.units if state.is_by_units else self.amount
        other = self.amount if state.is_by_units else self.units
        lead.set_wrong(is_wrong=bool(state.amount_problem))
        other.set_wrong(is_wrong=False)
        if state.price is not None:
            money = self._look.wording.money(state.price.money_minor)
            units = units_text(state.price.token_milli, state.price.unit, self._look.wording)
            self._locked.setText(money)
            self._locked_units.setText(units)
            for part in (self._equals, self._locked_units):
                part.setHidden(is_arrears)

    def _hint(self, state: SellState, card: OwnerCard) -> str:
        say = self._look.say
        if state.trial_only:
            return say("Trial: nothing is sold. Press the key again to sell.")
        if card.arrears_minor > 0:
            return say("Type the amount. The lines stand here at once: debt, charges, tax, energy.")
        return say("Type the amount. The lines stand here at once.")

    def focus(self, state: SellState) -> None:
        """Put the caret where the next digit belongs."""
        if state.stage is Stage.TENDER:
            self.money.focus(state)
        elif state.is_by_units:
            self.units.edit.setFocus()
        else:
            self.amount.edit.setFocus()


class _Offer(KeyButton):
    """A button with a small line over a strong one, or over the cap of its key."""

    def __init__(
        self, look: Look, small: str, strong: str, act: Callable[[], object], *, cap: str = ""
    ) -> None:
        super().__init__(look, strong, size="large", cap=cap)
        self._small = small
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(", ".join(part for part in (f"{small} {strong}".strip(), cap) if part))
        self.clicked.connect(lambda _=False: act())

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        wide = max(
            self._look.text_width(Type.SUPPORT, self._small), self._look.text_width(Type.NAME, self.caption)
        )
        hint.setWidth(wide + 24)
        hint.setHeight(self._look.metrics.px(60, 46))
        return hint

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._small:
            super().paintEvent(event)
            return
        look = self._look
        QPushButton.paintEvent(self, event)
        painter = QPainter(self)
        middle = self.height() / 2
        high = look.metrics.px(20, 17)
        painter.setFont(look.font(Type.SUPPORT))
        painter.setPen(look.colour("text2"))
        box = QRectF(0, middle - high, self.width(), high)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._small)
        if self._cap:
            size = cap_size(look, self._cap)
            place = QRectF(round((self.width() - size.width()) / 2), round(middle + 2), *size.toTuple())
            draw_cap(painter, look, place, self._cap, colour="text")
            return
        painter.setFont(look.font(Type.NAME))
        painter.setPen(look.colour("text"))
        painter.drawText(box.translated(0, high - 1), int(Qt.AlignmentFlag.AlignCenter), self.caption)


def _part_badge(part: PaymentView, state: SellState, look: Look) -> tuple[str, str]:
    """Return word and tone of a part: its short name, its amount, whether it is certain."""
    name = look.say("Cash") if not part.provider else short_name(provider_name(part, state))
    is_certain = part.state is PaymentState.SUCCEEDED
    tone = "ok" if is_certain else "info" if part.is_under_way else "bad"
    return f"{name} {look.wording.amount(part.amount_minor)}", tone


def _decimals(look: Look) -> int:
    return minor_digits(look.wording.currency)


def _one_decimal(text: str) -> str:
    whole, point, part = text.partition(".")
    return f"{whole}.{part[:1]}" if point and part else whole
