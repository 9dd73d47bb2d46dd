"""A case with its decision, and the token that replaces one."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from pos.domain.states import CaseState
from pos.ui.keymap import Act
from pos.ui.look import Look, Type
from pos.ui.screens.sales.case_acts import OUTCOMES, TO_ANOTHER_METER, WITH_PROOF
from pos.ui.screens.sales.form_panes import FormPane, show_field
from pos.ui.screens.sales.presenter import SalesPresenter
from pos.ui.screens.sales.state import SalesState
from pos.ui.screens.sales.words import case_kind_word, case_reason, case_state_word, case_tone, meter_text
from pos.ui.widgets.badge import Badge
from pos.ui.widgets.key_button import KeyButton
from pos.ui.widgets.text import ElidedLabel, label, set_tone
from pos.ui.widgets.token_label import TokenLabel


class CasePane(FormPane):
    """What a case is about, and how it ends."""

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        say = look.say
        super().__init__(look, "")
        self._presenter = presenter
        cases = presenter.cases
        self.button = self.main_button(say("Decide"), cases.decide)
        self.token = KeyButton(look, say("Show the token"), kind="accent")
        self.token.clicked.connect(cases.show_replacement)
        self.acts.addWidget(self.token)
        self.sale = KeyButton(look, say("Sale"), icon="receipt")
        self.sale.clicked.connect(cases.show_sale)
        self.acts.addWidget(self.sale)
        self.back_button(presenter.back)
        self.body.setSpacing(8)
        self._badge = Badge(look)
        self.head.row.addWidget(self._badge)
        self._meters = self._fact(say("Meter"))
        self._reason = label(look, "", Type.BODY, wraps=True)
        self.body.addWidget(self._reason)
        self._ask = label(look, say("How does it end?"), Type.SUPPORT, tone="text2")
        self.body.addWidget(self._ask)
        self._outcomes: dict[CaseState, KeyButton] = {}
        self._choices = QVBoxLayout() if not look.metrics.is_compact else QHBoxLayout()
        self._choices.setSpacing(6)
        for outcome in (
            CaseState.REFUSED,
            CaseState.REALLOCATED,
            CaseState.GOODWILL,
            CaseState.REPLACED,
            CaseState.CLOSED,
        ):
            button = KeyButton(look, self._outcome_words(outcome), size="small", spread=True)
            button.clicked.connect(lambda _=False, key=outcome.value: cases.choose_outcome(key))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._outcomes[outcome] = button
            self._choices.addWidget(button)
        self.body.addLayout(self._choices)
        self.right = self.field(say("Right meter"), cases.type_right_drn, hint="0142 0998 716")
        self.proof = self.field(
            say("Seen at the meter"), cases.type_proof, hint=say("read on site, token not entered")
        )
        self.why = self.field(say("Reason"), cases.type_reason)
        self._message = label(look, "", Type.SUPPORT, tone="badtext", wraps=True)
        self.body.addWidget(self._message)
        self.body.addStretch(1)

    def _fact(self, name: str) -> ElidedLabel:
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(label(self.look, name, Type.SUPPORT, tone="text2"))
        value = ElidedLabel(self.look, "", Type.VALUE)
        line.addWidget(value, 1)
        self.body.addLayout(line)
        return value

    def _outcome_words(self, outcome: CaseState) -> str:
        say = self.look.say
        words = {
            CaseState.REFUSED: say("Refuse it, no token"),
            CaseState.REALLOCATED: say("New token, with proof"),
            CaseState.GOODWILL: say("New token, as goodwill"),
            CaseState.REPLACED: say("Replace it, with proof"),
            CaseState.CLOSED: say("Close it"),
        }
        return words[outcome]

    def take_focus(self) -> None:
        """Begin with the first outcome."""
        for button in self._outcomes.values():
            if not button.isHidden():
                button.setFocus()
                return
        self.sale.setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show a case."""
        case, form, wording = state.case, state.form, self.look.wording
        if case is None:
            return
        self.head.title.setText(f"{case.number} · {case_kind_word(case.kind, wording)}")
        self._badge.show_state(case_state_word(case.state, wording), case_tone(case.state))
        meters = (case.wrong_drn, case.right_drn) if case.right_drn else (case.wrong_drn,)
        self._meters.setText(" → ".join(meter_text(drn) for drn in meters))
        self._reason.setText(case_reason(case.reason, self.look.wording))
        can_decide = self._presenter.cases.can_decide()
        is_open = case.state is CaseState.OPEN
        self._ask.setVisible(can_decide)
        for outcome, button in self._outcomes.items():
            button.setVisible(can_decide and outcome in OUTCOMES[case.kind])
            button.set_chosen(is_chosen=form.outcome is outcome)
        self.right.setVisible(can_decide and form.outcome in TO_ANOTHER_METER)
        self.proof.setVisible(can_decide and form.outcome in WITH_PROOF)
        self.why.setVisible(can_decide and form.outcome is not CaseState.NONE)
        wrong = {form.wrong: form.message}
        show_field(self.right, form.right_drn, wrong=wrong.get("right_drn", ""))
        if not wrong.get("right_drn") and form.right_owner:
            self.right.help.setText(form.right_owner)
            self.right.help.show()
        show_field(self.proof, form.proof, wrong=wrong.get("proof", ""))
        show_field(self.why, form.reason, wrong=wrong.get("reason", ""))
        text, tone = wrong.get("outcome", ""), "badtext"
        if is_open and not can_decide:
            text, tone = self.look.say("A supervisor or the office decides this case."), "text2"
        self._message.setText(text)
        set_tone(self._message, tone)
        self._message.setVisible(bool(text))
        self.button.setVisible(can_decide)
        self.button.setEnabled(not form.is_busy)
        self.token.setVisible(state.replacement is not None)
        self.sale.setVisible(case.sale_id is not None)


class ReplacedPane(QWidget):
    """The token that replaces another, as large as there is room, with its paper."""

    def __init__(self, look: Look, presenter: SalesPresenter) -> None:
        super().__init__()
        self._look = look
        self._presenter = presenter
        metrics = look.metrics
        column = QVBoxLayout(self)
        padding = metrics.fixed(24, 14)
        column.setContentsMargins(padding, padding, padding, metrics.fixed(16, 10))
        column.setSpacing(metrics.fixed(12, 8))
        self._title = label(look, "", Type.HEADING, wraps=True)
        self._about = label(look, "", Type.BODY, tone="text2", wraps=True)
        column.addWidget(self._title)
        column.addWidget(self._about)
        column.addStretch(1)
        self._tokens = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._tokens.setSpacing(8)
        column.addLayout(self._tokens)
        self._units = label(look, "", Type.OWNER)
        column.addWidget(self._units)
        column.addStretch(2)
        acts = QHBoxLayout()
        acts.setSpacing(8)
        self.button = KeyButton(
            look,
            look.say("Reprint"),
            cap=look.keys.cap_of(Act.REPRINT),
            kind="accent",
            icon="printer",
        )
        self.button.clicked.connect(presenter.papers.reprint)
        back = KeyButton(look, look.say("Back"), cap="Esc")
        back.clicked.connect(presenter.back)
        acts.addWidget(self.button)
        acts.addStretch(1)
        acts.addWidget(back)
        column.addLayout(acts)
        self._labels: list[TokenLabel] = []

    def take_focus(self) -> None:
        """Begin with the paper."""
        self.button.setFocus()

    def show_state(self, state: SalesState) -> None:
        """Show the tokens in the order in which they are typed."""
        replacement, say = state.replacement, self._look.say
        if replacement is None:
            return
        number = "" if state.case is None else state.case.number
        self._title.setText(say("New token for meter {meter}", meter=meter_text(replacement.drn)))
        self._about.setText(
            say("Case {number}. It replaces a token that stays good at its own meter.", number=number)
        )
        while len(self._labels) < len(replacement.digits):
            kind = Type.TOKEN if len(replacement.digits) == 1 else Type.TOKEN_3
            self._labels.append(TokenLabel(self._look, "", kind))
            self._tokens.addWidget(self._labels[-1])
        for n, token in enumerate(self._labels):
            token.setVisible(n < len(replacement.digits))
            if n < len(replacement.digits):
                token.show_token(replacement.digits[n])
        self._units.setText(say("Units: {n}", n=self._look.wording.units(replacement.tenths * 100)))
        self.button.setEnabled(self._presenter.papers.can_reprint())
