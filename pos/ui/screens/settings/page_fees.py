"""The page of fees and statements: what each way to pay costs, and a provider's list against the books."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from pos.domain.fees import FeePayer, FeeRule
from pos.ui.look import Look, Type
from pos.ui.screens.settings.fees import TENDERS, FeesSection, FeesState
from pos.ui.screens.settings.pages import Page
from pos.ui.screens.settings.parts import Choosers, PageView, act_row, clear, pair, side_card, side_column
from pos.ui.widgets.controls import Choice, Segments, at_left
from pos.ui.widgets.fields import EnterFilter, LabelledField, line_edit
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import label, rule, set_tone


class FeesPage(PageView):
    """Shows the state of `FeesSection`."""

    def __init__(self, look: Look, page: Page, section: FeesSection, *, choosers: Choosers) -> None:
        super().__init__(look, page.word, page.about)
        self._section = section
        self._choosers = choosers
        self.edits: dict[str, QLineEdit] = {}
        self._labelled: dict[str, LabelledField] = {}
        self.add = KeyButton(look, self.say("Store the fee"), kind="accent")
        self.said = label(look, "", Type.SUPPORT, wraps=True)
        if section.may_add:
            self._build_fee()
            self.column.addWidget(rule())
        self._build_statement()
        if not section.may_add:
            # What is done is said below the acts that are there.
            self.column.addWidget(self.said)
        self.column.addStretch(1)
        card, self._rules = side_card(look, self.say("Fees that are stored"))
        self.side = side_column(look, card)
        self.side_title = self.say("Fees that are stored")
        section.show = self.show_state
        self.show_state(section.state)

    def _build_fee(self) -> None:
        look, say, section = self.look, self.say, self._section
        self.tender = Choice(look, list(TENDERS), name=say("Way to pay"))
        self.tender.picked.connect(lambda key: section.type(tender=key))
        payers = [(FeePayer.CUSTOMER.value, say("The customer")), (FeePayer.SHOP.value, say("The shop"))]
        self.payer = Segments(look, payers, chosen=FeePayer.CUSTOMER.value, name=say("Who pays it"))
        self.payer.chosen.connect(lambda key: section.type(payer=key))
        self.column.addLayout(
            pair(
                look,
                LabelledField(look, say("Way to pay"), self.tender),
                LabelledField(look, say("Who pays it"), at_left(self.payer)),
            )
        )
        money = look.wording.currency
        first = (
            ("percent", say("Percent of the amount")),
            ("fixed", say("And a fixed sum, in {currency}", currency=money)),
        )
        second = (("least", say("At least")), ("most", say("At most")))
        third = (("tax", say("Tax inside it (code)")),)
        for names in (first, second, third):
            self.column.addLayout(pair(look, *(self._edit(key, word) for key, word in names)))
        self.add.clicked.connect(section.add)
        self.column.addLayout(act_row(self.add))
        self.column.addWidget(self.said)

    def _edit(self, key: str, word: str, *, text: str = "") -> LabelledField:
        edit = line_edit(self.look, text)
        edit.setMaxLength(60)
        edit.textEdited.connect(lambda typed: self._section.type(**{key: typed}))
        if key in ("percent", "fixed", "least", "most", "tax"):
            edit.installEventFilter(EnterFilter(edit, self._section.add))
        self.edits[key] = edit
        self._labelled[key] = LabelledField(self.look, word, edit)
        return self._labelled[key]

    def _build_statement(self) -> None:
        look, say, section = self.look, self.say, self._section
        self.column.addWidget(label(look, say("Statement of a provider or a bank"), Type.NAME))
        text = say("A CSV file. Name its columns; what agrees is only counted, what differs is listed.")
        self.column.addWidget(label(look, text, Type.SUPPORT, tone="text2", wraps=True))
        self.statement_tender = Choice(look, list(TENDERS), name=say("Whose statement"))
        self.statement_tender.picked.connect(lambda key: section.type(statement_tender=key))
        self.column.addWidget(LabelledField(look, say("Whose statement"), self.statement_tender))
        state = section.state
        rows = (
            (
                ("reference", say("Column: our reference"), state.reference),
                ("theirs", say("Column: their reference"), ""),
            ),
            (("amount", say("Column: amount"), state.amount), ("fee", say("Column: fee"), "")),
        )
        for names in rows:
            fields = [self._edit(key, word, text=filled) for key, word, filled in names]
            self.column.addLayout(pair(look, *fields))
        self.choose = KeyButton(look, say("Choose the file"), icon="folder")
        self.choose.clicked.connect(self._on_choose)
        self.settle = KeyButton(look, say("Settle what is open"))
        self.settle.clicked.connect(section.settle_open)
        self.column.addLayout(act_row(self.choose, self.settle))
        self.outcome = label(look, "", Type.BODY, wraps=True)
        self.column.addWidget(self.outcome)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(4)
        self.column.addLayout(self.lines)

    def _on_choose(self) -> None:
        path = self._choosers.open_file(self.say("Statement of a provider or a bank"), "")
        if path:
            self._section.read(path)

    # -- showing ------------------------------------------------------------------------------------------

    def show_state(self, state: FeesState) -> None:
        """Show everything."""
        for key, labelled in self._labelled.items():
            text = str(getattr(state, key))
            if self.edits[key].text() != text:
                self.edits[key].setText(text)
            labelled.set_wrong(state.wrong.get(key, ""))
        wrong = state.wrong.get("fee", "")
        self.said.setText(wrong or state.done)
        self.said.setVisible(bool(self.said.text()))
        set_tone(self.said, "badtext" if wrong else "oktext")
        for button in (self.add, self.choose):
            button.setEnabled(not state.is_busy)
        self._show_rules(state)
        self._show_statement(state)

    def _show_rules(self, state: FeesState) -> None:
        clear(self._rules)
        if not state.rules:
            text = self.say("No way to pay costs anything here.")
            self._rules.addWidget(label(self.look, text, Type.BODY, tone="text2", wraps=True))
        names = dict(TENDERS)
        for fee in reversed(state.rules):
            title = self.say(
                "{tender}, version {n}", tender=names.get(fee.provider, fee.provider), n=fee.version
            )
            self._rules.addWidget(label(self.look, title, Type.NAME, wraps=True))
            self._rules.addWidget(
                label(self.look, self._fee_text(fee), Type.SUPPORT, tone="text2", wraps=True)
            )

    def _fee_text(self, fee: FeeRule) -> str:
        say, wording = self.say, self.look.wording
        parts = []
        if fee.percent_ppm:
            parts.append(wording.percent(fee.percent_ppm))
        if fee.fixed_minor:
            parts.append(wording.money(fee.fixed_minor))
        text = " + ".join(parts) or say("free")
        if fee.least_minor:
            text = say("{fee}, at least {money}", fee=text, money=wording.money(fee.least_minor))
        if fee.most_minor is not None:
            text = say("{fee}, at most {money}", fee=text, money=wording.money(fee.most_minor))
        who = say("The shop") if fee.payer is FeePayer.SHOP else say("The customer")
        since = say("since {day}", day=wording.day(fee.valid_from))
        return " · ".join((text, who, since))

    def _show_statement(self, state: FeesState) -> None:
        say, wording = self.say, self.look.wording
        wrong, read = state.wrong.get("statement", ""), state.read
        text = wrong
        if not wrong and read is not None:
            found = read.settlement
            counts = (
                (say("agree"), len(found.matched)),
                (say("differ"), len(found.differing)),
                (say("only in the statement"), len(found.only_theirs)),
                (say("only in the books"), len(found.only_ours)),
                (say("not readable"), len(read.errors)),
            )
            text = " · ".join(f"{name}: {wording.count(n)}" for name, n in counts)
        self.outcome.setText(text)
        self.outcome.setVisible(bool(text))
        set_tone(self.outcome, "badtext" if wrong else "text")
        self.settle.setVisible(read is not None and bool(read.settlement.only_theirs))
        clear(self.lines)
        words = {
            "differing": say("differs"),
            "only_theirs": say("only in the statement"),
            "only_ours": say("only in the books"),
        }
        for entry in state.entries[:_LINES_SHOWN]:
            reference = entry.reference or entry.provider_reference or "–"
            amount = wording.amount(entry.amount_minor)
            line = say(
                "Line {n}: {reference}, {amount}: {verdict}",
                n=entry.line,
                reference=reference,
                amount=amount,
                verdict=words[entry.verdict],
            )
            self.lines.addWidget(label(self.look, line, Type.SUPPORT, wraps=True))
        more = len(state.entries) - _LINES_SHOWN
        if more > 0:
            text = say("And more: {n}", n=wording.count(more))
            self.lines.addWidget(label(self.look, text, Type.SUPPORT, tone="text2"))


_LINES_SHOWN = 50
