"""The cards of a closed shift: cash, what is not final, phones, envelope and commission."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLayout, QLayoutItem, QVBoxLayout, QWidget

from pos.domain.shift import ShiftReport, TenderTotal
from pos.services.shift_desk import MovementRow, ShiftNow
from pos.ui.look import Look, Type
from pos.ui.screens.shift.flow import FlowLayout
from pos.ui.screens.shift.head import figure, sized
from pos.ui.screens.shift.waiting import WaitingSale, by_sale, part_words, person_needed
from pos.ui.screens.shift.words import difference, movement_line, signed, tender_word
from pos.ui.widgets.badge import Badge, badge_width
from pos.ui.widgets.card import Card, CardHead
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.text import ElidedLabel, label, rule

_CASH_WIDTH = (430, 322)
_MIDDLE_WIDTH = (390, 278)
"""The least room of the cards of cash and of the rest, normal and compact, with two zones beside them."""

_SALES_SHOWN = 4


def cash_card(look: Look, report: ShiftReport, movements: tuple[MovementRow, ...]) -> Card:
    """Counted, expected and difference, and how the expected sum came about."""
    say, wording, compared = look.say, look.wording, report.compared
    card = _card()
    if compared is None:
        return card
    limit = wording.amount(compared.limit_minor)
    if compared.is_outside:
        text, state = say("Outside the limit of {limit}", limit=limit), "warn"
    else:
        text, state = say("Inside the limit of {limit}", limit=limit), "ok"
    _cash_head(look, card, Badge(look, text, state))
    card.body.addWidget(rule())
    side = look.metrics.fixed(20, 12)
    figures = QHBoxLayout()
    figures.setContentsMargins(side, look.metrics.fixed(19, 8), side, look.metrics.fixed(20, 6))
    figures.setSpacing(look.metrics.fixed(28, 16))
    is_equal = compared.difference_minor == 0
    for caption, text, tone in (
        (say("Counted"), wording.amount(compared.count.total_minor), "text"),
        (say("Expected"), wording.amount(compared.expected_minor), "text"),
        (
            say("Difference"),
            difference(compared.difference_minor, wording),
            "oktext" if is_equal else "warntext",
        ),
    ):
        column, number = figure(look, caption)
        number.set_full_font(sized(look, Type.OWNER, 28, 22))
        number.setText(text)
        if tone != "text":
            number.setProperty("klTone", tone)
        figures.addLayout(column)
    figures.addStretch(1)
    card.body.addLayout(figures)
    card.body.addWidget(rule())
    card.body.addLayout(_flow_lines(look, report, movements))
    card.body.addWidget(rule("strong"))
    last = _pair(look, say("Expected in the drawer"), wording.amount(compared.expected_minor), Type.NAME)
    last.setContentsMargins(side, look.metrics.fixed(10, 6), side, look.metrics.fixed(10, 6))
    card.body.addLayout(last)
    card.body.addStretch(1)
    card.body.addWidget(_counted(look, report))
    return card


def _cash_head(look: Look, card: Card, badge: Badge) -> None:
    """Title and badge, the badge under it where long words leave no room beside it."""
    padding, title = look.metrics.padding, look.say("Cash in the drawer")
    head = CardHead(look, title)
    card.body.addWidget(head)
    needs = look.text_width(Type.NAME, title) + badge_width(look, badge.text()) + 8 + 2 * padding
    if needs <= look.metrics.fixed(*_CASH_WIDTH):
        head.row.addWidget(badge)
        return
    line = QHBoxLayout()
    line.setContentsMargins(padding, 0, padding, look.metrics.fixed(12, 8))
    line.addWidget(badge)
    line.addStretch(1)
    card.body.addLayout(line)


def _flow_lines(look: Look, report: ShiftReport, movements: tuple[MovementRow, ...]) -> QVBoxLayout:
    say, wording, cash = look.say, look.wording, report.cash
    assert cash is not None, "a Z has the cash of its shift"
    received = sum(one.pieces for one in report.tenders if (one.tender, one.kind) == ("cash", "sale"))
    lines = [
        (say("Opening float"), wording.amount(cash.float_minor)),
        (
            say("Cash received, sales: {n}", n=wording.count(received)),
            signed(cash.taken_minor + cash.change_minor, wording),
        ),
        (say("Change given"), signed(-cash.change_minor, wording)),
    ]
    if cash.refunded_minor:
        lines.append((say("Refunds"), signed(-cash.refunded_minor, wording)))
    lines += [
        (movement_line(row, wording), signed(row.amount_minor, wording))
        for row in movements
        if row.amount_minor
    ]
    column = QVBoxLayout()
    side = look.metrics.fixed(20, 12)
    column.setContentsMargins(side, look.metrics.fixed(12, 4), side, look.metrics.fixed(12, 4))
    column.setSpacing(look.metrics.fixed(15, 4))
    for name, text in lines:
        column.addLayout(_pair(look, name, text, Type.VALUE))
    return column


def _pair(look: Look, name: str, text: str, kind: Type, *, tone: str = "text") -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(ElidedLabel(look, name, Type.NAME if kind is Type.NAME else Type.BODY, tone=tone), 1)
    row.addWidget(label(look, text, kind))
    return row


def _counted(look: Look, report: ShiftReport) -> QFrame:
    """What was counted, by note and coin, as chips."""
    band = QFrame()
    band.setProperty("klBand", "sunken")
    column = QVBoxLayout(band)
    side = look.metrics.fixed(20, 12)
    column.setContentsMargins(side, look.metrics.fixed(12, 6), side, look.metrics.fixed(16, 8))
    column.setSpacing(8)
    column.addWidget(label(look, look.say("What you counted"), Type.SUPPORT, tone="text2"))
    holder = QWidget()
    flow = FlowLayout(holder, gap=6)
    entries = () if report.compared is None else report.compared.count.entries
    for one in entries:
        chip = QFrame()
        chip.setProperty("card", "chip")
        inside = QHBoxLayout(chip)
        inside.setContentsMargins(9, 3, 9, 3)
        text = f"{look.wording.count(one.pieces)} × {look.wording.amount(one.value_minor)}"
        inside.addWidget(label(look, text, Type.SUPPORT))
        flow.addWidget(chip)
    if not entries:
        flow.addWidget(label(look, "–", Type.SUPPORT))
    column.addWidget(holder)
    return band


def waiting_card(look: Look, report: ShiftReport, now: ShiftNow | None) -> Card:
    """Payments without their end, which the next shift takes over."""
    say, wording = look.say, look.wording
    card = _card("warnline")
    band = QFrame()
    band.setProperty("klBand", "warn")
    row = QHBoxLayout(band)
    side = look.metrics.padding
    row.setContentsMargins(side, look.metrics.fixed(13, 6), side, look.metrics.fixed(13, 6))
    row.setSpacing(8)
    row.addWidget(IconLabel(look, "light-warn", 16, "warn", ground="warnsoft"))
    row.addWidget(label(look, say("Not final yet"), Type.NAME, tone="warntext", wraps=True), 1)
    total_minor = sum(one.amount_minor for one in report.unresolved)
    text = say(
        "Payments: {n} · {amount}",
        n=wording.count(len(report.unresolved)),
        amount=wording.amount(total_minor),
    )
    row.addWidget(label(look, text, Type.NAME, tone="warntext"))
    card.body.addWidget(band)
    sales = by_sale(report.unresolved)
    for one in sales[:_SALES_SHOWN]:
        card.body.addWidget(_waiting_row(look, one, report, now))
        card.body.addWidget(rule())
    if len(sales) > _SALES_SHOWN:
        more = label(look, say("And more: {n}", n=len(sales) - _SALES_SHOWN), Type.SUPPORT, tone="text2")
        more.setContentsMargins(side, 4, side, 4)
        card.body.addWidget(more)
    foot = QHBoxLayout()
    foot.setContentsMargins(side, look.metrics.fixed(11, 6), side, look.metrics.fixed(13, 8))
    foot.setSpacing(8)
    foot.addWidget(IconLabel(look, "person", 16, "text2"), 0, Qt.AlignmentFlag.AlignTop)
    owners = ", ".join(dict.fromkeys(one.owner for one in report.unresolved))
    handed = say("Handed to shift {number}, begun by {name}.", number=report.number + 1, name=owners)
    not_yours = say("They are not part of your cash difference.")
    foot.addWidget(label(look, f"{handed}\n{not_yours}", Type.SUPPORT, tone="text2", wraps=True), 1)
    card.body.addLayout(foot)
    return card


def _waiting_row(look: Look, sale: WaitingSale, report: ShiftReport, now: ShiftNow | None) -> QWidget:
    """A sale: whose, how much, how old; under it each part, paid or open, and why a person is needed."""
    wording, say = look.wording, look.say
    holder = QWidget()
    grid = QGridLayout(holder)
    side = look.metrics.padding
    grid.setContentsMargins(side, look.metrics.fixed(12, 4), side, look.metrics.fixed(11, 4))
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(1)
    grid.setColumnStretch(1, 1)
    is_held = any(one.attention for one in sale.parts)
    icon = IconLabel(look, "light-warn" if is_held else "hourglass", 18, "warntext")
    grid.addWidget(icon, 0, 0, 2, 1)
    name = "" if now is None else now.customers.get(sale.sale_id, "")
    grid.addWidget(ElidedLabel(look, name or say("Unknown customer"), Type.NAME), 0, 1)
    right = Qt.AlignmentFlag.AlignRight
    grid.addWidget(label(look, wording.amount(sale.amount_minor), Type.NAME), 0, 2, right)
    age = wording.age(max(0, sale.first.age_seconds(report.at)))
    grid.addWidget(label(look, age, Type.SUPPORT, tone="warntext"), 1, 2, right | Qt.AlignmentFlag.AlignTop)
    for part in sale.parts:
        words = part_words(part, wording, has_amount=len(sale.parts) > 1)
        # The age stands beside the first part only.
        where = (1, 1) if part is sale.first else (grid.rowCount(), 1, 1, 2)
        grid.addWidget(label(look, words, Type.SUPPORT, tone="text2", wraps=True), *where)
        if why := person_needed(part, wording):
            held = label(look, why, Type.SUPPORT, tone="warntext", wraps=True)
            grid.addWidget(held, grid.rowCount(), 1, 1, 2)
    return holder


def phones_card(look: Look, report: ShiftReport) -> Card:
    """What came without cash, by way of payment."""
    say = look.say
    card = _card()
    card.body.addWidget(CardHead(look, say("Settled by phone")))
    settled = [one for one in report.tenders if one.tender != "cash"]
    for one in settled:
        card.body.addWidget(rule())
        card.body.addLayout(_phone_row(look, one))
    if not settled:
        card.body.addWidget(rule())
        none = label(
            look, say("No sale was paid by phone in this shift."), Type.BODY, tone="text2", wraps=True
        )
        none.setContentsMargins(look.metrics.padding, 9, look.metrics.padding, 9)
        card.body.addWidget(none)
    return card


def _phone_row(look: Look, one: TenderTotal) -> QGridLayout:
    """Way to pay, how many sales, how much; how many stands under the way where words are long."""
    wording, metrics = look.wording, look.metrics
    name, money = tender_word(one.tender, wording), wording.amount(one.amount_minor)
    sales = look.say("Sales: {n}", n=wording.count(one.pieces))
    row = QGridLayout()
    row.setContentsMargins(metrics.padding, metrics.fixed(12, 5), metrics.padding, metrics.fixed(12, 5))
    row.setHorizontalSpacing(20)
    row.setVerticalSpacing(0)
    row.setColumnStretch(0, 1)
    amount = label(look, money, Type.NAME)
    least = metrics.px(84, 70)
    amount.setMinimumWidth(least)
    amount.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    row.addWidget(ElidedLabel(look, name), 0, 0)
    row.addWidget(amount, 0, 2)
    wide = look.text_width(Type.BODY, name) + look.text_width(Type.BODY, sales)
    wide += max(least, look.text_width(Type.NAME, money)) + 2 * (20 + metrics.padding)
    is_long = wide > metrics.fixed(*_MIDDLE_WIDTH)
    where = (1, 0, 1, 3) if is_long else (0, 1, 1, 1)
    row.addWidget(label(look, sales, Type.SUPPORT if is_long else Type.BODY, tone="text2"), *where)
    return row


def envelope_card(look: Look, report: ShiftReport) -> Card:
    """Tokens sold, what is left of the envelope, commission, what waits to be sent."""
    say, wording = look.say, look.wording
    card = _card()
    card.body.addWidget(CardHead(look, say("Envelope and commission")))
    card.body.addWidget(rule())
    tokens = [one for one in report.items if one.kind == "token"]
    pieces = sum(one.pieces for one in tokens)
    sold_minor = sum(one.sold_minor for one in report.suppliers)
    commission_minor = sum(one.commission_minor for one in report.suppliers)
    ppm = commission_minor * 1_000_000 // sold_minor if sold_minor else 0
    proof = report.proof
    unsent = say("none")
    if proof.unsent and proof.unsent_since is not None:
        age = wording.age(max(0, int((report.at - proof.unsent_since).total_seconds())))
        unsent = say("Entries: {n} · {age}", n=wording.count(proof.unsent), age=age)
    lines = [
        (
            say("Sold as tokens: {n}", n=wording.count(pieces)),
            wording.amount(sum(one.amount_minor for one in tokens)),
        )
    ]
    if report.envelope is not None:
        left_minor = max(0, report.envelope.limit_minor - report.envelope.used_minor)
        lines.append((say("Envelope left"), wording.amount(left_minor)))
    share = wording.percent(ppm // 1_000 * 1_000)
    lines += [
        (say("Commission, {share}", share=share), wording.amount(commission_minor)),
        (say("Not sent yet"), unsent),
    ]
    column = QVBoxLayout()
    side = look.metrics.padding
    column.setContentsMargins(side, look.metrics.fixed(12, 6), side, look.metrics.fixed(12, 6))
    column.setSpacing(look.metrics.fixed(9, 2))
    for name, text in lines:
        column.addLayout(_pair(look, name, text, Type.VALUE, tone="text2"))
    card.body.addLayout(column)
    card.body.addStretch(1)
    return card


def _card(kind: str = "true") -> Card:
    return Card(kind=kind)


def empty(layout: QLayout) -> None:
    """Take everything out of a layout, also what stands in layouts inside it."""
    while (item := layout.takeAt(0)) is not None:
        _drop(item)


def _drop(item: QLayoutItem) -> None:
    widget, inside = item.widget(), item.layout()
    if widget is not None:
        widget.hide()
        widget.deleteLater()
    elif inside is not None:
        empty(inside)
