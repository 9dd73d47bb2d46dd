"""What is paid by a provider: one payer's phone, or the parts of a split with what is still to cover."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from pos.domain.money import minor_digits
from pos.gateways.base import Means
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.state import CASH, SPLIT, PartDraft, SellState
from pos.ui.screens.sell.way_buttons import short_name
from pos.ui.widgets.card import Note, tight
from pos.ui.widgets.controls import Choice
from pos.ui.widgets.fields import BareEdit, FieldFrame, NumberField
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.search_choice import SearchChoice
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone
from pos.ui.widgets.zones import scrolling


def takes_payer(letter: str) -> bool:
    """Say whether a letter can stand in a phone; letters of words go to the search."""
    return letter.isdecimal() or letter in " +-()"


class PayerField(FieldFrame):
    """A phone, or an e-mail address where the payer opens a link."""

    def __init__(self, look: Look, *, kind: Type, height: int) -> None:
        self.takes_letters = False
        super().__init__(look, BareEdit(takes=lambda letter: self.takes_letters or takes_payer(letter)))
        self.edit.setFont(look.font(kind))
        self.edit.setMaxLength(80)
        self.setFixedHeight(height)
        self.row.addWidget(self.edit, 1)

    def show_part(self, part: PartDraft, *, name: str) -> None:
        """Show what is typed."""
        say = self.look.say
        self.takes_letters = part.by is Means.LINK
        examples = {
            Means.LINK: say("E-mail, if they want one"),
            Means.PHONE: say("Phone that pays"),
            Means.BANK: say("Account number") if part.detail else say("Bank code, account"),
        }
        self.edit.setPlaceholderText(examples.get(part.by, "–"))
        self.edit.setAccessibleName(name)
        if self.edit.text() != part.payer:
            self.edit.setText(part.payer)
        self.set_wrong(is_wrong=part.tone == "badtext")


class WayOptions(QWidget):
    """By which means of a provider, and its network or bank, for the part with the caret."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._offered: object = None
        row = QHBoxLayout(self)
        tight(row, gap=8)
        self.means = Choice(look, name=look.say("Means"))
        self.detail = Choice(look, name=look.say("Network or bank"))
        self.bank = SearchChoice(look, name=look.say("Bank"), hint=look.say("Find the bank"))
        for choice in self._choices():
            row.addWidget(choice, 1)
        self.setFocusProxy(self.detail)
        self.means.picked.connect(self._on_means)
        self.detail.picked.connect(self._on_detail)
        self.bank.picked.connect(self._on_detail)
        self.hide()

    def _choices(self) -> tuple[Choice, ...]:
        return self.means, self.detail, self.bank

    def wants_bank(self) -> bool:
        """Say whether a bank is to be chosen from the list and none is yet."""
        return not self.bank.isHidden() and not self.bank.key()

    def show_state(self, state: SellState) -> None:
        """Offer what the provider of the part has; nothing where there is no choice."""
        at, tender, say = state.part_at, self._presenter.tender, self._look.say
        part = state.parts[at] if at < len(state.parts) else PartDraft()
        means, details = tender.means(part), tender.details(part)
        self.setVisible(bool(means))
        offered = (means, tuple(details))
        if offered != self._offered:
            self._offered = offered
            words = {
                Means.LINK: say("Link and QR code"),
                Means.PHONE: say("Phone"),
                Means.BANK: say("Bank account"),
                Means.USSD: say("Dial a code"),
            }
            self.means.fill([(one.value, words[one]) for one in means])
            first = say("Network") if part.by is Means.PHONE else say("Bank")
            is_bank = part.by is Means.BANK
            self.detail.fill([] if is_bank else [("", first), *details.items()])
            self.bank.fill(list(details.items()) if is_bank else [])
        self.means.choose(part.by.value)
        self.detail.choose(part.detail)
        self.bank.choose(part.detail)
        self.detail.setVisible(bool(details) and part.by is not Means.BANK)
        self.bank.setVisible(bool(details) and part.by is Means.BANK)
        for choice in self._choices():
            choice.setEnabled(not state.is_paying)

    def _on_means(self, word: str) -> None:
        self._presenter.tender.choose_means(self._presenter.state.part_at, word)

    def _on_detail(self, key: str) -> None:
        self._presenter.tender.choose_detail(self._presenter.state.part_at, key)


class OnePayer(QWidget):
    """The whole sum by one provider: who pays, what is known of them."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        column = QVBoxLayout(self)
        column.setContentsMargins(0, look.metrics.fixed(6, 0), 0, 0)
        column.setSpacing(4)
        is_row = look.metrics.is_single_column
        self._name = label(look, "", Type.BODY, tone="text2")
        if not is_row:
            column.addWidget(self._name)
        height = look.metrics.pay if is_row else look.metrics.px(56, 44)
        self.options = WayOptions(look, presenter)
        for choice in (self.options.means, self.options.bank):
            choice.picked.connect(self._on_means)
        column.addWidget(self.options)
        self.payer = PayerField(look, kind=Type.RECEIVED, height=height)
        column.addWidget(self.payer)
        self._note = label(look, "", Type.BODY, wraps=True)
        self._fee = label(look, "", Type.BODY, tone="text2", wraps=True)
        self._way = Note(look, "info", "", "", icon="hourglass")
        if is_row:
            spare = QWidget(self)
            spare.hide()
            aside = QHBoxLayout(spare)
            aside.addWidget(self._name)
            aside.addWidget(self._way)
            column.addWidget(self._note)
            column.addWidget(self._fee)
        else:
            column.addWidget(self._note)
            column.addSpacing(look.metrics.fixed(6, 0))
            column.addWidget(self._fee)
            column.addStretch(1)
            column.addWidget(self._way)
        self.payer.edit.textEdited.connect(lambda text: presenter.tender.type_payer(0, text))

    def show_state(self, state: SellState) -> None:
        """Show the only part."""
        if state.way in (CASH, SPLIT) or not state.parts:
            return
        look, say, part = self._look, self._look.say, state.parts[0]
        names = {
            Means.LINK: say("Address of the customer"),
            Means.PHONE: say("Phone of the customer"),
            Means.BANK: say("Bank account of the customer"),
            Means.USSD: say("Bank of the customer"),
        }
        name = names[part.by]
        self._name.setText(name)
        self.payer.show_part(part, name=name)
        self.payer.setVisible(part.by is not Means.USSD)
        self.payer.setEnabled(not state.is_paying)
        self.options.show_state(state)
        self._note.setText(part.note)
        self._note.setVisible(bool(part.note))
        set_tone(self._note, part.tone or "text2")
        self._fee.setText(fee_text(look, self._presenter))
        self._fee.setVisible(bool(self._fee.text()))
        texts = {
            Means.LINK: say("The customer scans a code or opens a link. The token comes when it is paid."),
            Means.PHONE: say("The customer types the PIN on that phone. The token comes when it is paid."),
            Means.BANK: say("The bank asks the customer. The token comes when it is paid."),
            Means.USSD: say("The customer dials a code. The token comes when it is paid."),
        }
        self._way.say("", texts[part.by])
        if look.metrics.is_compact:
            # Where the means is chosen there is no room for both.
            self._way.setVisible(self.options.isHidden())
            self._name.setVisible(self.options.isHidden())

    def _on_means(self, _word: str) -> None:
        self.focus()

    def focus(self) -> None:
        """Put the caret into the phone, all of it marked: whoever pays may be another."""
        if self.payer.isHidden():
            self.options.setFocus()
            return
        if self.options.wants_bank():
            self.options.bank.setFocus()
            return
        self.payer.edit.setFocus()
        self.payer.edit.selectAll()


class SplitPayers(QWidget):
    """The parts of a split under each other, and what is still to cover."""

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self.rows: list[PartRow] = []
        column = QVBoxLayout(self)
        tight(column, gap=look.metrics.fixed(8, 5))
        holder = QWidget()
        holder.setProperty("klGround", "surface")
        self._list = QVBoxLayout(holder)
        tight(self._list, gap=look.metrics.fixed(8, 5))
        self._list.addStretch(1)
        self._scroll = scrolling(holder)
        is_row = look.metrics.is_single_column
        shown = 1 if look.metrics.is_compact else 2
        self._scroll.setMinimumHeight(shown * (PartRow.height_of(look) + look.metrics.fixed(8, 5)))
        column.addWidget(self._scroll, 1)
        self.options = WayOptions(look, presenter)
        for choice in (self.options.means, self.options.bank):
            choice.picked.connect(self._on_choice)
        column.addWidget(self.options)
        line = QHBoxLayout()
        line.setSpacing(8)
        self._add = KeyButton(
            look,
            look.say("Add another part"),
            cap=look.keys.cap_of(Act.ADD_PART),
            kind="quiet",
            icon="plus",
            size="small",
            spread=not is_row,
        )
        self._add.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._add.clicked.connect(presenter.tender.add_part)
        line.addWidget(self._add, 1)
        column.addLayout(line)
        still = line if is_row else QHBoxLayout()
        self._still_name = label(look, look.say("Still to cover"), Type.BODY, tone="text2")
        self._still = label(look, "0", Type.HEADING if is_row or look.metrics.is_compact else Type.TITLE)
        if not is_row:
            if not look.metrics.is_compact:
                column.addWidget(rule())
            still.addWidget(self._still_name)
            still.addStretch(1)
            column.addLayout(still)
        else:
            still.addWidget(self._still_name)
        still.addWidget(self._still)
        self._change_row = self._make_change()
        column.addWidget(self._change_row)
        self._note = Note(look, "info", "", "", icon="hourglass")
        if is_row or look.metrics.is_compact:
            self._note.hide()
        column.addWidget(self._note)
        self._fee = label(look, "", Type.SUPPORT, tone="text2", wraps=True)
        column.addWidget(self._fee)

    def _make_change(self) -> QWidget:
        """What goes back of the cash, as large as what is still missing."""
        look = self._look
        holder = QWidget()
        row = QHBoxLayout(holder)
        tight(row, gap=8)
        self._change = label(
            look, "", Type.HEADING if look.metrics.is_single_column or look.metrics.is_compact else Type.TITLE
        )
        row.addWidget(label(look, look.say("Change"), Type.BODY, tone="text2"))
        row.addStretch(1)
        row.addWidget(self._change)
        holder.hide()
        return holder

    def show_state(self, state: SellState) -> None:
        """Show the parts; their fields stay while the same number of them is there."""
        if state.way != SPLIT:
            return
        while len(self.rows) < len(state.parts):
            row = PartRow(self._look, self._presenter, len(self.rows))
            self._list.insertWidget(len(self.rows), row)
            self.rows.append(row)
        for n, row in enumerate(self.rows):
            row.setVisible(n < len(state.parts))
            if n < len(state.parts):
                row.show_part(state, state.parts[n])
        self.options.show_state(state)
        look, still_minor = self._look, self._presenter.tender.still_minor()
        self._still.setText(look.wording.amount(still_minor))
        set_tone(self._still, "text" if still_minor == 0 else "badtext")
        change_minor = self._presenter.tender.change_minor()
        self._change.setText(look.wording.amount(change_minor))
        self._change_row.setVisible(change_minor > 0)
        if not (look.metrics.is_compact or look.metrics.is_single_column):
            # The room of the note is the change's, and that of a choice of means.
            self._note.setVisible(not change_minor and self.options.isHidden())
            self._note.say("", look.say("The token comes when all parts are certain."))
        self._fee.setText(fee_text(look, self._presenter))
        self._fee.setVisible(bool(self._fee.text()))

    def focus(self, state: SellState) -> None:
        """Put the caret into the chosen part."""
        if state.part_at < len(self.rows):
            row = self.rows[state.part_at]
            row.focus()
            self._scroll.ensureWidgetVisible(row, 0, 0)

    def _on_choice(self, _key: str) -> None:
        """Go on to what is to be typed for the part whose means or bank was chosen."""
        if self.options.wants_bank():
            self.options.bank.setFocus()
        else:
            self.focus(self._presenter.state)

    def has_focus(self, at: int) -> bool:
        """Say whether the caret is in a part."""
        row = self.rows[at] if at < len(self.rows) else None
        return row is not None and row.has_focus()


class PartRow(QWidget):
    """One part: its way, its payer, its amount."""

    def __init__(self, look: Look, presenter: SellPresenter, at: int) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self.at = at
        self.setFixedHeight(self.height_of(look))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = IconLabel(look, "cash", 18, "text2")
        self._name = ElidedLabel(look, "", Type.NAME)
        self._state = label(look, "", Type.SUPPORT, tone="text2")
        high = look.metrics.px(36, 34)
        self._is_line = is_one_line(look)
        self.payer = PayerField(look, kind=Type.VALUE if self._is_line else Type.STRONG, height=high)
        decimals = minor_digits(look.wording.currency)
        kind = Type.NUMBER
        if self._is_line:
            kind = Type.VALUE if decimals else Type.STRONG
        self.received = NumberField(look, before=look.say("Given"), kind=kind, decimals=decimals, height=high)
        self.received.before.setFont(look.font(Type.SUPPORT))
        self.amount = NumberField(look, kind=kind, decimals=decimals, height=high)
        if self._is_line:
            self._lay_line()
        else:
            self._lay_two()
        self.payer.edit.textEdited.connect(lambda text: presenter.tender.type_payer(at, text))
        self.received.changed.connect(lambda text: presenter.tender.type_received(at, text))
        self.amount.changed.connect(lambda text: presenter.tender.type_amount(at, text))
        for edit in self._edits():
            edit.focused.connect(self._on_focus)

    def _lay_two(self) -> None:
        """Name and what is known above, the fields below."""
        column = QVBoxLayout(self)
        tight(column, gap=2)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._icon)
        top.addWidget(self._name, 1)
        top.addWidget(self._state)
        column.addLayout(top)
        low = QHBoxLayout()
        low.setSpacing(8)
        low.addWidget(self.payer, 6)
        low.addWidget(self.received, 6)
        low.addWidget(self.amount, 5)
        column.addLayout(low)

    def _lay_line(self) -> None:
        """All in one line, where room is short; what is known of a payer is in the frame's colour."""
        line = QHBoxLayout(self)
        tight(line, gap=6)
        line.addWidget(self._icon)
        self._name.setMinimumWidth(self._look.text_width(Type.NAME, self._look.say("Cash")) + 8)
        line.addWidget(self._name, 1)
        line.addWidget(self.payer, 8)
        line.addWidget(self.received, 8)
        line.addWidget(self.amount, 5)
        self.received.row.setSpacing(3)
        self._state.setParent(self)
        self._state.hide()
        for field in (self.payer, self.received, self.amount):
            field.row.setContentsMargins(6, 0, 6, 0)

    @staticmethod
    def height_of(look: Look) -> int:
        """Return how high a part is."""
        return look.metrics.px(36, 34) + (0 if is_one_line(look) else look.metrics.px(22, 20))

    def show_part(self, state: SellState, part: PartDraft) -> None:
        """Show a part."""
        look, say = self._look, self._look.say
        tender = self._presenter.tender
        is_cash = part.code == CASH
        icon = "phone" if part.by is Means.PHONE else "card"
        self._icon.show_icon("cash" if is_cash else icon, "text2")
        name = tender.label(part.code)
        self._name.setText(short_name(name) if self._is_line else name)
        self.payer.setVisible(not is_cash)
        self.received.setVisible(is_cash)
        if is_cash:
            self._show_received(state, part)
        else:
            self.payer.show_part(part, name=f"{name}, {say('Phone that pays')}")
        self.payer.setEnabled(not state.is_paying and part.by is not Means.USSD)
        note, tone = part.note, part.tone
        change_minor = tender.part_change_minor(self.at)
        if change_minor:
            note, tone = say("change {money}", money=look.wording.amount(change_minor)), "oktext"
        elif not note:
            note = say("in hand") if is_cash else say("asked after Pay")
            tone = "oktext" if is_cash else "text2"
        self._state.setText(note)
        self.payer.setToolTip(note)
        set_tone(self._state, tone or "text2")
        self.amount.edit.setAccessibleName(f"{name}, {say('Amount')}")
        self.amount.set_text(part.amount)
        rest = tender.amount_minor(self.at)
        self.amount.set_hint("" if rest is None else look.wording.amount(rest))
        self.amount.setEnabled(not state.is_paying)

    def _show_received(self, state: SellState, part: PartDraft) -> None:
        """Show what was put down; without anything typed it is exact."""
        look = self._look
        amount_minor = self._presenter.tender.amount_minor(self.at)
        self.received.edit.setAccessibleName(look.say("Cash received"))
        self.received.set_text(part.received)
        self.received.set_hint("" if amount_minor is None else look.wording.amount(amount_minor))
        self.received.set_wrong(is_wrong=self._presenter.tender.is_too_little(self.at))
        self.received.setEnabled(not state.is_paying)

    def has_focus(self) -> bool:
        """Say whether the caret is here."""
        return any(edit.hasFocus() for edit in self._edits())

    def _edits(self) -> tuple[BareEdit, BareEdit, BareEdit]:
        return self.payer.edit, self.received.edit, self.amount.edit

    def focus(self) -> None:
        """Put the caret where something is missing: the phone, else the amount."""
        needs_payer = not self.payer.isHidden() and not self.payer.edit.text()
        field = self.payer if needs_payer else self.amount
        field.edit.setFocus()
        field.edit.selectAll()

    def _on_focus(self, has_focus: bool) -> None:
        if has_focus:
            self._presenter.tender.look_at(self.at)


def is_one_line(look: Look) -> bool:
    """Say whether a part of a split has one line only."""
    return look.metrics.is_compact or look.metrics.is_single_column


def fee_text(look: Look, presenter: SellPresenter) -> str:
    """Say what the payment itself costs the customer, before anything is asked for."""
    fee_minor = presenter.tender.fee_minor()
    if not fee_minor:
        return ""
    return look.say(
        "A fee of {money} for this payment is inside the price.", money=look.wording.money(fee_minor)
    )
