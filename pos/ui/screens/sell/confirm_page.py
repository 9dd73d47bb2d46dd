"""Is this the customer? The owner card, to be read aloud."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from pos.services.counter import MeterRow, OwnerCard
from pos.services.price_view import about_units, unit_of, units_text
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import SellState
from pos.ui.screens.sell.words import (
    arrears_text,
    last_purchase_text,
    meter_text,
    owner_text,
    place_text,
)
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.card import Card, CardHead, tight
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.keycap import KeyCap
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone
from pos.ui.widgets.zones import scrolling

_SERVICES = ("Electricity", "Water", "Gas", "Time")
_NAME_GAP = 12


class ConfirmPage(QWidget):
    """Seven facts and two keys."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._shown: OwnerCard | None = None
        self.facts: QScrollArea | None = None
        row = QHBoxLayout(self)
        tight(row, gap=look.metrics.margin if not look.metrics.is_compact else 8)
        left = QVBoxLayout()
        tight(left)
        left.addWidget(self._make_card())
        left.addStretch(1)
        row.addLayout(left, 1)
        if look.metrics.is_single_column:
            left.setStretch(0, 1)
        side = QWidget()
        side.setFixedWidth(look.metrics.side)
        self._side = QVBoxLayout(side)
        tight(self._side, gap=look.metrics.gap)
        row.addWidget(side)
        if look.metrics.is_single_column:
            side.hide()

    def _make_card(self) -> QWidget:
        look, say = self._look, self._look.say
        metrics = look.metrics
        self.card = _FocusCard(look)
        top = QHBoxLayout()
        top.addWidget(label(look, say("Is this the customer?"), Type.BODY, tone="text2"))
        top.addStretch(1)
        self._service = Badge(look, "", "plain", icon="bolt")
        top.addWidget(self._service)
        self.card.body.addLayout(top)
        self._name = label(look, "", Type.CONFIRM, wraps=True)
        self.card.body.addWidget(self._name)
        number = QHBoxLayout()
        number.setSpacing(20)
        self._number = _MeterNumber(look)
        number.addWidget(self._number)
        number.addWidget(
            label(
                look, say("Read the name and the last four digits aloud"), Type.BODY, tone="text2", wraps=True
            ),
            1,
        )
        self.card.body.addLayout(number)
        self.card.body.addSpacing(metrics.fixed(8, 4))
        self._add_facts()
        self._add_acts()
        return self.card

    def _add_facts(self) -> None:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        is_large = metrics.is_single_column
        grid = QGridLayout()
        tight(grid)
        grid.setColumnMinimumWidth(0, metrics.px(150 if is_large else 190, 150))
        grid.setColumnStretch(1, 1)
        names = (
            ("place", say("Place")),
            ("type", say("Meter type")),
            ("tariff", say("Tariff")),
            ("last", say("Last purchase")),
            ("month", say("Bought this month")),
            ("arrears", say("Arrears")),
            ("status", say("Status")),
        )
        self._values: dict[str, QLabel] = {}
        for n, (key, name) in enumerate(names):
            value = label(look, "", Type.VALUE, wraps=is_large)
            value.setMinimumWidth(60)
            self._values[key] = value
            caption = label(look, name, Type.BODY, tone="text2")
            # Where a name is longer than its column the value still stands apart from it.
            caption.setContentsMargins(0, 0, _NAME_GAP, 0)
            grid.addWidget(caption, 2 * n + 1, 0)
            grid.addWidget(value, 2 * n + 1, 1)
            if is_large:
                # Close together, and the badge above says the type already: the keys must stay in sight.
                if key == "type":
                    caption.hide()
                    value.hide()
                continue
            grid.addWidget(rule(), 2 * n, 0, 1, 2)
            grid.setRowMinimumHeight(2 * n + 1, metrics.px(39, 29))
        if is_large:
            holder = QWidget()
            holder.setProperty("klGround", "surface")
            holder.setLayout(grid)
            self.facts = scrolling(holder)
            self.card.body.addWidget(self.facts, 1)
        else:
            self.card.body.addLayout(grid)
        self.card.body.addSpacing(metrics.fixed(16, 8) if not is_large else 0)

    def _add_acts(self) -> None:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        is_large = metrics.is_single_column
        acts = QHBoxLayout()
        acts.setSpacing(12)
        size = "normal" if is_large else "large"
        self.yes = KeyButton(look, say("Yes, this customer"), cap=say("Enter"), kind="accent", size=size)
        self.no = KeyButton(look, say("Wrong meter"), cap="Esc", size=size)
        self.details = KeyButton(look, say("Meter details"), kind="quiet")
        for button in (self.yes, self.no, self.details):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        acts.addWidget(self.yes)
        acts.addWidget(self.no)
        acts.addStretch(1)
        acts.addWidget(self.details)
        if metrics.is_compact or is_large:
            self.details.hide()
        self.card.body.addLayout(acts)
        self.yes.clicked.connect(self._presenter.confirm)
        self.no.clicked.connect(self._presenter.escape)
        self.details.clicked.connect(self._open_details)

    def show_state(self, state: SellState) -> None:
        """Show the card of a state."""
        card = state.card
        if card is None or card is self._shown:
            return
        self._shown = card
        look, say = self._look, self._look.say
        meter = card.meter
        self._service.show_state(say(_SERVICES[meter.service]), "plain")
        self._name.setText(owner_text(meter, look))
        self._number.show_number(meter.drn)
        tariff = card.tariff_name
        if card.tariff is not None:
            tariff = say(
                "{tariff}, since {day}", tariff=card.tariff_name, day=look.wording.day(card.tariff.valid_from)
            )
        status = say("Active, not blocked")
        if meter.status == "blocked":
            status = say("Blocked: {reason}", reason=meter.block_reason or "")
        elif meter.status != "active":
            status = say(meter.status.capitalize())
        texts = {
            "place": place_text(meter) or "–",
            "type": say("{service}, keypad", service=say(_SERVICES[meter.service])),
            "tariff": tariff,
            "last": last_purchase_text(card, look),
            "month": about_units(card.bought_month_milli, unit_of(card.tariff), look.wording),
            "arrears": arrears_text(card, look),
            "status": status,
        }
        for key, text in texts.items():
            self._values[key].setText(text)
        set_tone(self._values["arrears"], "warntext" if card.arrears_minor > 0 else "text")
        set_tone(self._values["status"], "text" if meter.status == "active" else "badtext")
        self.yes.setEnabled(meter.status == "active" and card.tariff is not None)
        self.card.setAccessibleName(
            f"{self._name.text()} {meter_text(meter.drn)}. " + ". ".join(texts.values())
        )
        self._show_side(card)

    def _show_side(self, card: OwnerCard) -> None:
        while (item := self._side.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if card.purchases:
            self._side.addWidget(self._purchases(card))
        if card.others:
            self._side.addWidget(self._others(card.others))
        self._side.addStretch(1)

    def _purchases(self, card: OwnerCard) -> QWidget:
        look, wording = self._look, self._look.wording
        box = Card()
        box.body.addWidget(CardHead(look, look.say("Last three purchases")))
        for row in card.purchases:
            box.body.addWidget(rule())
            line = QHBoxLayout()
            line.setContentsMargins(12, 0, 12, 0)
            line.addWidget(label(look, wording.day(row.at), Type.SUPPORT))
            line.addStretch(1)
            line.addWidget(label(look, wording.amount(row.money_minor), Type.NAME))
            units = label(
                look,
                units_text(row.token_tenths * 100, unit_of(card.tariff), wording),
                Type.SUPPORT,
                tone="text2",
            )
            units.setFixedWidth(look.metrics.px(100, 86))
            units.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            line.addWidget(units)
            holder = QWidget()
            holder.setLayout(line)
            holder.setFixedHeight(look.metrics.px(32))
            box.body.addWidget(holder)
        box.body.addSpacing(1)
        return box

    def _others(self, others: tuple[MeterRow, ...]) -> QWidget:
        look = self._look
        box = Card()
        box.body.addWidget(CardHead(look, look.say("Other meters of this customer"), count=str(len(others))))
        for n, meter in enumerate(others[:3]):
            box.body.addWidget(rule())
            line = QHBoxLayout()
            line.setContentsMargins(look.metrics.padding, 10, look.metrics.padding, 10)
            line.setSpacing(12)
            line.addWidget(IconLabel(look, "bolt", 20, "text2"))
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(ElidedLabel(look, place_text(meter) or owner_text(meter, look), Type.VALUE))
            words.addWidget(
                label(look, f"{meter_text(meter.drn)} · {meter.tariff_code}", Type.SUPPORT, tone="text2")
            )
            line.addLayout(words, 1)
            if n == 0:
                line.addWidget(KeyCap(look, look.keys.cap_of(Act.OTHER_METER)))
            box.body.addLayout(line)
        box.body.addSpacing(1)
        return box

    def _open_details(self) -> None:
        if self._shown is not None:
            self._presenter.context.shell.go("meters", meter=self._shown.meter.drn)


class _FocusCard(Card):
    """The card has the focus itself: its ring is the blue border."""

    def __init__(self, look: Look) -> None:
        margin = look.metrics.fixed(28, 16)
        top, low = look.metrics.fixed(22, 10), look.metrics.fixed(22, 12)
        if look.metrics.is_single_column:
            top = low = look.metrics.fixed(12, 8)
        super().__init__(
            kind="focus",
            padding=(margin, top, margin, low),
            gap=look.metrics.fixed(6, 3),
        )
        self.setProperty("klRing", "own")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class _MeterNumber(QWidget):
    """A meter number whose last four digits are bold and underlined."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._text = ""
        self.setFixedHeight(round(look.font(Type.CONFIRM_METER).pixelSize() * 1.45))

    def show_number(self, drn: str) -> None:
        self._text = meter_text(drn)
        self.setAccessibleName(self._text)
        self.setFixedWidth(round(sum(wide for _, _, wide in self._parts())) + 4)
        self.update()

    def _parts(self) -> list[tuple[str, bool, float]]:
        """Split into the quiet part and the last four digits, a blank between them not counted."""
        cut, digits = len(self._text), 0
        while cut and digits < 4:
            cut -= 1
            digits += self._text[cut].isdecimal()
        font = self._look.font(Type.CONFIRM_METER)
        bold = self._bold()
        return [
            (self._text[:cut], False, QFontMetrics(font).horizontalAdvance(self._text[:cut])),
            (self._text[cut:], True, QFontMetrics(bold).horizontalAdvance(self._text[cut:])),
        ]

    def _bold(self) -> QFont:
        font = QFont(self._look.font(Type.CONFIRM_METER))
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        x = 0.0
        for text, is_bold, wide in self._parts():
            painter.setFont(self._bold() if is_bold else self._look.font(Type.CONFIRM_METER))
            painter.setPen(self._look.colour("text"))
            painter.drawText(
                QRectF(x, 0, wide + 2, self.height() - 4), int(Qt.AlignmentFlag.AlignVCenter), text
            )
            if is_bold:
                painter.setPen(QPen(self._look.colour("focus"), 3))
                y = self.height() - 2
                painter.drawLine(round(x), y, round(x + wide), y)
            x += wide
