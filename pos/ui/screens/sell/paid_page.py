"""Paid and saved: the token before any paper, why it has these units, the change in huge digits."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from pos.domain.denominations import change_in_pieces
from pos.services.price_view import PriceRow, PriceView, about_units, bought_word, units_text
from pos.services.token_messages import TokenText
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sell.presenter import SellPresenter
from pos.ui.screens.sell.price_card import block_segments
from pos.ui.screens.sell.state import Paid, SellState
from pos.ui.screens.sell.words import meter_text
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.block_bar import BlockBar
from pos.ui.widgets.card import Card, tight
from pos.ui.widgets.icon_label import IconLabel
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.qr_view import QrView
from pos.ui.widgets.text import ElidedLabel, label, rule, set_tone
from pos.ui.widgets.token_label import TokenLabel

_REASON_WIDE = 96
"""So much of the reason why no text can be sent is always shown; the whole of it is in the tooltip."""


class PaidPage(QWidget):
    """Rebuilt for each sale: one token or three."""

    change: QLabel

    def __init__(self, look: Look, presenter: SellPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        self._sale: object = None
        self._shows_qr = False
        self._column = QVBoxLayout(self)
        tight(self._column, gap=look.metrics.gap)
        self._badges: list[Badge] = []
        self._content: QWidget | None = None
        self._send: KeyButton | None = None

    def show_state(self, state: SellState) -> None:
        """Show a finished sale."""
        paid = state.paid
        if paid is None:
            return
        if paid.sale.row.sale_id != self._sale:
            self._sale = paid.sale.row.sale_id
            self._shows_qr = False
            self._rebuild(paid, state)
        self._show_badges(paid)

    def _rebuild(self, paid: Paid, state: SellState) -> None:
        if self._content is not None:
            self._content.hide()
            self._content.deleteLater()
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        tight(column, gap=self._look.metrics.gap)
        tokens = [str(token["digits"]) for token in paid.sale.item.get("tokens", [])]
        column.addWidget(self._make_tokens(paid, tokens))
        is_large = self._look.metrics.is_single_column
        low = QVBoxLayout() if is_large else QHBoxLayout()
        low.setSpacing(self._look.metrics.fixed(16, 8))
        left = QVBoxLayout()
        left.setSpacing(self._look.metrics.gap)
        left.addWidget(self._make_why_three() if len(tokens) > 1 else self._make_why(paid, state), 1)
        if len(tokens) <= 1:
            left.addWidget(self._make_next())
        if is_large:
            # The change is what the cashier does next: it stands before the explanation.
            low.addWidget(self._make_change_line(paid))
            low.addLayout(left, 1)
        else:
            low.addLayout(left, 1)
            change = self._make_change(paid, is_tight=len(tokens) > 1)
            change.setFixedWidth(self._look.metrics.side)
            low.addWidget(change)
        column.addLayout(low, 1)
        self._column.addWidget(self._content)

    # -- the tokens ---------------------------------------------------------------------------------------

    def _make_tokens(self, paid: Paid, tokens: list[str]) -> QWidget:
        look, say, metrics = self._look, self._look.say, self._look.metrics
        margin = metrics.fixed(24, 16)
        card = Card(kind="ok")
        head = QHBoxLayout()
        head.setContentsMargins(margin, metrics.fixed(20, 10), margin, metrics.fixed(8, 4))
        head.setSpacing(12)
        name = paid.sale.name or say("No name")
        if metrics.is_single_column:
            head.addWidget(ElidedLabel(look, name, Type.HEADING), 1)
        else:
            head.addWidget(label(look, name, Type.HEADING))
        head.addWidget(label(look, meter_text(paid.sale.row.drn), Type.LARGE, tone="text2"))
        head.addStretch(0 if metrics.is_single_column else 1)
        if len(tokens) > 1:
            head.addWidget(Badge(look, say("Type all of them, in this order"), "info", icon="bolt"))
        what = units_text(paid.view.token_milli, paid.view.unit, look.wording) if tokens else say("No token")
        head.addWidget(label(look, what, Type.TITLE))
        card.body.addLayout(head)
        if len(tokens) == 1:
            card.body.addLayout(self._single(tokens[0], margin))
        for n, digits in enumerate(tokens if len(tokens) > 1 else []):
            card.body.addWidget(rule())
            card.body.addLayout(self._one_of(n, tokens, digits, margin=margin))
        if len(tokens) > 1:
            card.body.addWidget(rule())
        if not tokens:
            line = QHBoxLayout()
            line.setContentsMargins(margin, 4, margin, 8)
            line.addWidget(
                label(
                    look,
                    say("The payment went to the old debt. Nothing is typed into the meter."),
                    Type.LARGE,
                    wraps=True,
                )
            )
            card.body.addLayout(line)
        card.body.addLayout(self._make_acts(tokens, margin))
        return card

    def _single(self, digits: str, margin: int) -> QHBoxLayout:
        row = QHBoxLayout()
        metrics = self._look.metrics
        top, low = metrics.fixed(12, 4), metrics.fixed(16, 8)
        if metrics.is_single_column:
            top = low = 4
        row.setContentsMargins(margin + 3, top, margin, low)
        token = TokenLabel(self._look, digits, Type.TOKEN)
        row.addWidget(token)
        self._qr = QrView(self._look, digits)
        self._qr.hide()
        row.addWidget(self._qr)
        return row

    def _one_of(self, n: int, tokens: list[str], digits: str, *, margin: int) -> QHBoxLayout:
        look, say = self._look, self._look.say
        row = QHBoxLayout()
        row.setContentsMargins(margin, look.metrics.fixed(10, 4), margin, look.metrics.fixed(10, 4))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(look, say("{n} of {all}", n=n + 1, all=len(tokens)), Type.HEADING))
        is_units = n == len(tokens) - 1
        text = say("The units") if is_units else say("New key, part {n}", n=n + 1)
        words.addWidget(label(look, text, Type.SUPPORT, tone="text2"))
        holder = QWidget()
        holder.setLayout(words)
        words.setContentsMargins(0, 0, 0, 0)
        holder.setFixedWidth(look.metrics.px(156, 120))
        row.addWidget(holder)
        row.addWidget(TokenLabel(look, digits, Type.TOKEN_3), 1)
        return row

    def _make_acts(self, tokens: list[str], margin: int) -> QVBoxLayout:
        look, say, is_large = self._look, self._look.say, self._look.metrics.is_single_column
        column = QVBoxLayout()
        low = look.metrics.fixed(20, 10) if not is_large else 8
        column.setContentsMargins(margin, look.metrics.fixed(12, 4) if not is_large else 0, margin, low)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        column.addLayout(row)
        self._badges = [Badge(look), Badge(look)]
        for badge in self._badges:
            row.addWidget(badge)
        self._trouble = ElidedLabel(look, "", Type.SUPPORT, tone="badtext")
        row.addWidget(self._trouble, 1)
        if is_large:
            row = QHBoxLayout()
            row.setSpacing(8)
            column.addLayout(row)
        if tokens:
            copy = KeyButton(look, say("Copy"), cap=look.keys.cap_of(Act.COPY), icon="copy", size="small")
            copy.clicked.connect(self.copy)
            row.addWidget(copy)
        if len(tokens) == 1:
            words = say("QR") if look.metrics.is_compact else say("Show QR")
            show_qr = KeyButton(look, words, icon="qr", size="small")
            show_qr.clicked.connect(self._toggle_qr)
            row.addWidget(show_qr)
        self._send = None
        if tokens:
            self._send = KeyButton(look, say("SMS"), icon="message", size="small")
            self._send.clicked.connect(self._presenter.after.send_text)
            row.addWidget(self._send)
        reprint = KeyButton(
            look, say("Reprint"), cap=look.keys.cap_of(Act.REPRINT), icon="printer", size="small"
        )
        reprint.clicked.connect(self._presenter.after.reprint)
        row.addWidget(reprint)
        if is_large:
            row.addStretch(1)
        return column

    def _toggle_qr(self) -> None:
        self._shows_qr = not self._shows_qr
        self._qr.setVisible(self._shows_qr)

    def _show_badges(self, paid: Paid) -> None:
        say, wording = self._look.say, self._look.wording
        shown, printed = self._badges
        if paid.shown_at is not None:
            shown.show_state(say("Shown {time}", time=wording.seconds(paid.shown_at)), "ok")
        else:
            shown.show_state(say("Paid and saved"), "ok")
        tone, text, trouble = "neutral", say("No printer"), ""
        if paid.print_state == "printed" and paid.printed_at is not None:
            tone, text = "ok", say("Printed {time}", time=wording.seconds(paid.printed_at))
        elif paid.print_state == "waiting":
            tone, text = "info", say("Printing")
        elif paid.print_state == "unknown":
            tone, text, trouble = (
                "warn",
                say("Look at the paper"),
                say("Nobody knows whether it was printed."),
            )
        elif paid.print_state:
            tone, text, trouble = "bad", say("Not printed"), say("The token is above and safe.")
        printed.show_state(text, tone)
        self._show_text(paid, trouble)

    def _show_text(self, paid: Paid, trouble: str) -> None:
        """Show whether the token can go to a phone, or went; why not stands beside it."""
        text, say = paid.text, self._look.say
        word, tone, why = text_words(text, self._look)
        self._trouble.setText(trouble or word)
        # Keys' caps go before the reason does.
        self._trouble.setMinimumWidth(min(self._look.text_width(Type.SUPPORT, word) + 4, _REASON_WIDE))
        self._trouble.set_tone("badtext" if trouble else tone)
        self._trouble.setToolTip(" ".join(one for one in (trouble, why or word) if one))
        if self._send is None:
            return
        can_send = text is not None and text.state in ("ready", "failed")
        phone = text.phone_last3 if text is not None and can_send else ""
        self._send.set_caption(say("SMS {phone}", phone=f"··· {phone}") if phone else say("SMS"))
        self._send.setEnabled(can_send)
        self._send.setToolTip(why)
        self._send.setAccessibleDescription(why)

    def copy(self) -> None:
        """Put the tokens on the clipboard."""
        paid = self._presenter.state.paid
        if paid is not None:
            tokens = [str(token["digits"]) for token in paid.sale.item.get("tokens", [])]
            QGuiApplication.clipboard().setText("\n".join(tokens))
            self._presenter.context.shell.toast(self._look.say("The token is copied"))

    # -- why and next -------------------------------------------------------------------------------------

    def _make_why(self, paid: Paid, state: SellState) -> QWidget:
        look, say, wording = self._look, self._look.say, self._look.wording
        margin = look.metrics.fixed(24, 14)
        card = Card(
            padding=(margin, look.metrics.fixed(14, 8), margin, look.metrics.fixed(14, 8)),
            gap=look.metrics.fixed(6, 3),
        )
        head = QHBoxLayout()
        units = units_text(paid.view.token_milli, paid.view.unit, wording)
        title = say("Why {units}?", units=units) if paid.view.token_milli else say("Where the money went")
        head.addWidget(label(look, title, Type.STRONG))
        head.addStretch(1)
        number = paid.sale.row.receipt_number or ""
        head.addWidget(label(look, say("Receipt {number}", number=number), Type.SUPPORT, tone="text2"))
        card.body.addLayout(head)
        grid = QGridLayout()
        tight(grid)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(look.metrics.fixed(5, 1))
        grid.setColumnMinimumWidth(0, look.metrics.px(64, 52))
        grid.setColumnStretch(1, 1)
        for n, (amount, text) in enumerate(why_sentences(paid.view, look)):
            value = label(look, amount, Type.NAME)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(value, n, 0)
            if look.metrics.is_single_column:
                grid.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True), n, 1)
            else:
                grid.addWidget(ElidedLabel(look, text, Type.BODY, tone="text2"), n, 1)
        card.body.addLayout(grid)
        card.body.addStretch(1)
        tariff = None if state.card is None else state.card.tariff
        if paid.view.token_milli and tariff is not None:
            self._add_month(card, state, paid)
        return card

    def _add_month(self, card: Card, state: SellState, paid: Paid) -> None:
        look, say, wording = self._look, self._look.say, self._look.wording
        tariff = None if state.card is None else state.card.tariff
        if tariff is None or len(tariff.blocks) < 2:
            return
        card.body.addWidget(rule())
        before, after = state.price_month
        row = QHBoxLayout()
        row.addWidget(label(look, say("Bought this month"), Type.BODY, tone="text2"))
        row.addWidget(label(look, about_units(after, paid.view.unit, wording), Type.NAME))
        first = wording.rate(tariff.blocks[0].rate_micro)
        month = wording.next_month(paid.sale.row.at)
        row.addWidget(
            ElidedLabel(
                look,
                say("The {rate} price starts again on 1 {month}", rate=first, month=month),
                Type.SUPPORT,
                tone="text2",
                align=Qt.AlignmentFlag.AlignRight,
            ),
            1,
        )
        card.body.addLayout(row)
        bar = BlockBar(look, height=12)
        segments, whole = block_segments(tariff, before, after)
        bar.show_segments(segments, whole, summary=units_text(after, paid.view.unit, wording))
        card.body.addWidget(bar)
        if not look.metrics.is_compact and not look.metrics.is_single_column:
            names = QHBoxLayout()
            low = 0
            for n, block in enumerate(tariff.blocks[:3]):
                rate = wording.rate(block.rate_micro)
                high = block.to_milli
                span = (
                    "" if high is None else f"{wording.count(low // 1000)}–{wording.count(high // 1000)} · "
                )
                names.addWidget(
                    label(
                        look,
                        say("block {n} · {span}{rate}", n=n + 1, span=span, rate=rate),
                        Type.SMALL,
                        tone="text2",
                    )
                )
                names.addStretch(1)
                low = high or low
            card.body.addLayout(names)

    def _make_why_three(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card(padding=look.metrics.fixed(24, 14), gap=6)
        card.body.addWidget(label(look, say("Why several tokens?"), Type.STRONG))
        for text in (
            say("The meter gets a new key. The first tokens change the key, the last one brings the units."),
            say("The units token works only after the others were accepted."),
            say("Tell the customer: wait for the meter to say “accept” after each one."),
        ):
            card.body.addWidget(label(look, text, Type.BODY, tone="text2", wraps=True))
        card.body.addStretch(1)
        return card

    def _make_next(self) -> QWidget:
        look, say = self._look, self._look.say
        card = Card(kind="dashed")
        row = QHBoxLayout()
        row.setContentsMargins(20, look.metrics.fixed(14, 6), 20, look.metrics.fixed(14, 6))
        row.setSpacing(14)
        row.addWidget(IconLabel(look, "right", 18, "accenttext"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(look, say("Next customer"), Type.NAME))
        words.addWidget(
            label(
                look,
                say("Just type or scan. This page clears when the next meter is found."),
                Type.SUPPORT,
                tone="text2",
                wraps=True,
            )
        )
        row.addLayout(words, 1)
        card.body.addLayout(row)
        return card

    def _change_title(self, paid: Paid) -> str:
        say = self._look.say
        if not paid.change_minor:
            return say("No change to give")
        return say("Give change, if not done yet") if paid.may_be_given else say("Give change")

    def _make_change(self, paid: Paid, *, is_tight: bool) -> QWidget:
        look, say, wording = self._look, self._look.say, self._look.wording
        margin = look.metrics.fixed(24, 16)
        card = Card(
            kind="okfill",
            padding=(margin, look.metrics.fixed(18, 10), margin, look.metrics.fixed(18, 10)),
            gap=6,
        )
        head = QHBoxLayout()
        title = label(look, self._change_title(paid), Type.STRONG, tone="oktext", wraps=True)
        head.addWidget(title, 1)
        head.addWidget(Badge(look, say("Paid and saved"), "ok"))
        card.body.addLayout(head)
        card.body.addStretch(1)
        self._add_amount(card, paid, wide=look.metrics.side - 2 * margin, is_tight=is_tight)
        pieces = change_in_pieces(paid.change_minor, wording.currency)
        if pieces:
            card.body.addLayout(self._notes(pieces))
        card.body.addStretch(1)
        card.body.addWidget(rule("ok"))
        foot = QHBoxLayout()
        foot.addWidget(
            label(look, say("Sale {amount}", amount=wording.amount(paid.view.money_minor)), Type.BODY)
        )
        foot.addStretch(1)
        foot.addWidget(
            label(look, say("Received {amount}", amount=wording.amount(paid.received_minor)), Type.BODY)
        )
        card.body.addLayout(foot)
        return card

    def _make_change_line(self, paid: Paid) -> QWidget:
        """Large text: the change in one line, the notes under it."""
        look, say, wording = self._look, self._look.say, self._look.wording
        margin = look.metrics.fixed(24, 16)
        card = Card(kind="okfill", padding=(margin, 8, margin, 8), gap=4)
        head = QHBoxLayout()
        head.setSpacing(look.metrics.gap)
        head.addWidget(label(look, self._change_title(paid), Type.STRONG, tone="oktext", wraps=True), 1)
        pieces = change_in_pieces(paid.change_minor, wording.currency)
        card.body.addLayout(head)
        if pieces:
            (head if len(pieces) < 3 else card.body).addLayout(self._notes(pieces))
        self.change = label(look, wording.amount(paid.change_minor), Type.TOTAL)
        head.addWidget(self.change)
        facts = (
            say("Sale {amount}", amount=wording.amount(paid.view.money_minor)),
            say("Received {amount}", amount=wording.amount(paid.received_minor)),
        )
        card.body.addWidget(ElidedLabel(look, " · ".join(facts), Type.BODY))
        return card

    def _add_amount(self, card: Card, paid: Paid, *, wide: int, is_tight: bool) -> None:
        look = self._look
        text = look.wording.amount(paid.change_minor)
        # Beside several tokens the figure steps back: a clipped digit is a token that fails.
        kinds = (Type.COUNTDOWN, Type.TOTAL) if is_tight else (Type.CHANGE, Type.TOKEN, Type.TOTAL)
        kind = next((one for one in kinds if look.text_width(one, text) <= wide), Type.OWNER)
        self.change = label(look, text, kind)
        set_tone(self.change, "text")
        card.body.addWidget(self.change)

    def _notes(self, pieces: tuple[tuple[int, int], ...]) -> QHBoxLayout:
        look, wording = self._look, self._look.wording
        row = QHBoxLayout()
        row.setSpacing(6)
        for n, (value, count) in enumerate(pieces[:3]):
            if n:
                row.addWidget(label(look, "+", Type.SUPPORT, tone="text2"))
            note = Card(kind="note")
            inside = label(
                look, f"{count} × {wording.amount(value)}", Type.STRONG if len(pieces) < 3 else Type.NAME
            )
            note.body.setContentsMargins(10, 5, 10, 5)
            note.body.addWidget(inside)
            row.addWidget(note)
        if len(pieces) > 3:
            row.addWidget(label(look, "+ …", Type.SUPPORT, tone="text2"))
        row.addStretch(1)
        return row


def text_words(text: TokenText | None, look: Look) -> tuple[str, str, str]:
    """Return what became of the text for the phone: in a word, its colour, and why it cannot go."""
    say = look.say
    if text is None or text.state == "ready":
        return "", "text2", ""
    if text.state == "no_way":
        return say("No SMS set up"), "text2", say("No SMS service is set up: see Settings, Messages.")
    if text.state == "no_phone":
        return say("No phone known"), "text2", say("Nobody's phone is known for this sale.")
    if text.state == "failed":
        return say("SMS not sent"), "badtext", ""
    if text.sent_at is not None:
        return say("SMS sent {time}", time=look.wording.seconds(text.sent_at)), "oktext", ""
    return say("SMS on its way"), "text2", ""


def why_sentences(view: PriceView, look: Look) -> list[tuple[str, str]]:
    """Return amounts with what became of each, in the words a customer is told."""
    say, amount = look.say, look.wording.amount
    found: list[tuple[str, str]] = []
    energy = [row for row in view.rows if row.block]
    for row in view.rows:
        if row.block or not row.amount_minor:
            continue
        text = say("{what}: {how}", what=row.name, how=row.detail) if row.detail else row.name
        found.append((amount(row.amount_minor), text))
        if row.group == 0 and row is [one for one in view.rows if one.group == 0][-1] and energy:
            found.append(_energy(energy, view.unit, look))
    if energy and not any(row.group == 0 and row.amount_minor for row in view.rows):
        found.insert(0, _energy(energy, view.unit, look))
    if view.carry_milli and view.token_milli:
        units = units_text(view.carry_milli, view.unit, look.wording)
        found.append(("", say("{units} is kept for next time: it does not fit in a token.", units=units)))
    return found


def _energy(rows: list[PriceRow], unit: str, look: Look) -> tuple[str, str]:
    total = look.wording.amount(sum(row.amount_minor for row in rows))
    blocks = ", ".join(row.detail for row in rows)
    return total, look.say("{what}: {how}", what=bought_word(unit, look.wording), how=blocks)
