"""The worked example: what an amount buys under the tariff beside it, line by line."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from pos.services.price_view import PriceRow, units_text
from pos.ui.look import Look, Type
from pos.ui.screens.tariffs.changes import Change
from pos.ui.screens.tariffs.presenter import TariffsPresenter
from pos.ui.screens.tariffs.state import Example, TariffsState
from pos.ui.widgets.block_bar import BlockBar, Segment
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.controls import Segments
from pos.ui.widgets.fields import LabelledField, NumberField
from pos.ui.widgets.text import label, rule

BLOCK_ROLES = ("b1", "b2", "b3")


def block_role(block: int) -> str:
    """Return the colour of a block, from 1; the last stays for all that follow."""
    return BLOCK_ROLES[min(block, len(BLOCK_ROLES)) - 1]


class ExampleCard(Card):
    """Three fields and the lines of the price."""

    def __init__(self, look: Look, presenter: TariffsPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        say, metrics = look.say, look.metrics
        head = CardHead(look, say("Worked example"))
        self._kind = Segments(
            look, [("money", say("Money")), ("units", say("Units"))], chosen="money", name=say("Sell by")
        )
        self._kind.chosen.connect(self._on_kind)
        taken = self._kind.sizeHint().width() + 2 * metrics.padding + 24
        if look.text_width(Type.NAME, head.title.text()) + taken > metrics.side:
            head.title.setWordWrap(True)
        head.setFixedHeight(metrics.px(44))
        head.row.addWidget(self._kind)
        self.body.addWidget(head)
        self.body.addWidget(rule())
        inside = QVBoxLayout()
        inside.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.gap)
        inside.setSpacing(metrics.gap)
        inside.addLayout(self._make_fields())
        self._bar = BlockBar(look)
        self._month = label(look, "", Type.SUPPORT, tone="text2")
        inside.addWidget(self._month)
        inside.addWidget(self._bar)
        self._refusal = label(look, "", Type.BODY, tone="text2", wraps=True)
        self._wrong = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        inside.addWidget(self._refusal)
        inside.addWidget(self._wrong)
        self.body.addLayout(inside)
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(metrics.padding, 0, metrics.padding, metrics.gap)
        self._lines.setSpacing(0)
        self.body.addLayout(self._lines)

    def _make_fields(self) -> QVBoxLayout:
        look, say = self._look, self._look.say
        currency = look.wording.currency
        self.amount = self._field("amount", say("Amount"), before=currency)
        self.units = self._field("amount", say("Units wanted"), after="kWh", decimals=3)
        self.bought = self._field("bought", say("Bought this month before"), after="kWh", decimals=3)
        self.owed = self._field("owed", say("Owes"), before=currency)
        column = QVBoxLayout()
        column.setSpacing(look.metrics.gap)
        for one in (self.amount, self.units):
            column.addWidget(one)
        # Four of seven parts of the side zone, or a line of its own where the words are long.
        room = (look.metrics.side - 2 * look.metrics.padding - look.metrics.gap) * 4 // 7
        is_long = look.text_width(Type.SUPPORT, self.bought.caption.text()) > room
        row = QVBoxLayout() if is_long and not look.metrics.is_single_column else QHBoxLayout()
        row.setSpacing(look.metrics.gap)
        row.addWidget(self.bought, 4)
        row.addWidget(self.owed, 3)
        column.addLayout(row)
        return column

    def _field(
        self, key: str, name: str, *, before: str = "", after: str = "", decimals: int = 0
    ) -> LabelledField:
        digits = 2 if before and self._look.wording.amount(0) != "0" else decimals
        number = NumberField(
            self._look,
            before=before,
            after=after,
            decimals=digits,
            kind=Type.NUMBER,
            height=self._look.metrics.field,
            name=name,
        )
        number.changed.connect(lambda text, key=key: self._presenter.type_example(**{key: text}))
        return LabelledField(self._look, name, number)

    def show_state(self, state: TariffsState) -> None:
        """Show the texts and the price."""
        texts, example = state.example_texts, state.example
        unit = self._presenter.unit()
        self._kind.choose("units" if texts.is_units else "money")
        self.amount.setVisible(not texts.is_units)
        self.units.setVisible(texts.is_units)
        for one, text in (
            (self.amount, texts.amount),
            (self.units, texts.amount),
            (self.bought, texts.bought),
            (self.owed, texts.owed),
        ):
            field = one.field
            assert isinstance(field, NumberField)
            field.set_text(text)
            if field.after.text() in ("kWh", "m\u00b3"):
                field.after.setText(unit)
        self._refusal.setText(example.refusal)
        self._refusal.setVisible(bool(example.refusal))
        self._wrong.setText(example.wrong)
        self._wrong.setVisible(bool(example.wrong))
        self._show_price(example, unit)

    def _show_price(self, example: Example, unit: str) -> None:
        clear_layout(self._lines)
        price, tariff = example.price, example.tariff
        self._month.setVisible(price is not None)
        self._bar.setVisible(price is not None)
        if price is None or tariff is None:
            return
        look, say = self._look, self._look.say
        group = 0
        for row in price.rows:
            if row.group != group and self._lines.count():
                self._lines.addWidget(rule())
            group = row.group
            self._lines.addWidget(_line(look, row))
        self._lines.addWidget(rule("strong"))
        total = QHBoxLayout()
        total.setContentsMargins(0, look.metrics.gap, 0, 0)
        total.addWidget(label(look, say("Total"), Type.STRONG))
        total.addWidget(
            label(look, units_text(price.token_milli, unit, look.wording), Type.STRONG, tone="text2")
        )
        total.addStretch(1)
        total.addWidget(label(look, look.wording.money(price.money_minor), Type.STRONG))
        holder = QWidget()
        holder.setLayout(total)
        self._lines.addWidget(holder)
        self._show_bar(example, unit)

    def _show_bar(self, example: Example, unit: str) -> None:
        price, tariff = example.price, example.tariff
        assert price is not None and tariff is not None, "checked before"
        wording = self._look.wording
        # What is bought, without what is given: blocks count bought units only.
        end = example.bought_milli + price.token_milli + price.carry_milli - price.free_milli
        bounds = [0, *(block.to_milli for block in tariff.blocks if block.to_milli is not None)]
        whole = max(end, round(bounds[-1] * 1.1), 1)
        segments = []
        for n, (low, high) in enumerate(pairwise([*bounds, whole]), start=1):
            segments.append(Segment(max(0, min(end, high) - low), block_role(n)))
        text = wording.say(
            "This month {before} → {after}",
            before=wording.units(example.bought_milli),
            after=units_text(end, unit, wording),
        )
        self._month.setText(text)
        self._bar.show_segments([one for one in segments if one.units_milli], whole, summary=text)

    def _on_kind(self, key: str) -> None:
        amount = "20" if key == "units" else "10000"
        self._presenter.type_example(is_units=key == "units", amount=amount)


class ChangesCard(Card):
    """What is different from the version before."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._head = CardHead(look, look.say("Changes from the version before"))
        self.body.addWidget(self._head)
        self.body.addWidget(rule())
        self._rows = QVBoxLayout()
        metrics = look.metrics
        self._rows.setContentsMargins(metrics.padding, metrics.gap, metrics.padding, metrics.gap)
        self._rows.setSpacing(metrics.fixed(8, 6))
        self.body.addLayout(self._rows)

    def show_changes(self, found: tuple[Change, ...]) -> None:
        """Show them; without any the card is not there."""
        self.setVisible(bool(found))
        clear_layout(self._rows)
        self._head.count.setText(self._look.wording.count(len(found)))
        for one in found:
            self._rows.addWidget(_change(self._look, one))


def _line(look: Look, row: PriceRow) -> QWidget:
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, look.metrics.fixed(5, 3), 0, look.metrics.fixed(5, 3))
    line.setSpacing(8)
    if row.block:
        swatch = BlockBar(look, width=10, height=10)
        swatch.show_segments([Segment(1, block_role(row.block))], 1)
        line.addWidget(swatch)
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(label(look, row.name, Type.BODY, wraps=True))
    if row.detail:
        words.addWidget(label(look, row.detail, Type.SMALL, tone="text2", wraps=True))
    line.addLayout(words, 1)
    amount = label(look, look.wording.amount(row.amount_minor), Type.VALUE)
    line.addWidget(amount, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    return holder


def _change(look: Look, one: Change) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(8)
    grid.setVerticalSpacing(0)
    grid.addWidget(label(look, one.what, Type.SUPPORT, tone="text2"), 0, 0, 1, 3)
    grid.addWidget(label(look, one.before, Type.BODY, tone="text2", wraps=True), 1, 0)
    grid.addWidget(label(look, "→", Type.BODY, tone="text2"), 1, 1)
    grid.addWidget(label(look, one.after, Type.NAME, wraps=True), 1, 2)
    grid.setColumnStretch(0, 1)
    grid.setColumnStretch(2, 1)
    return holder


def clear_layout(layout: QVBoxLayout) -> None:
    """Take every widget out of a layout and drop it."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
