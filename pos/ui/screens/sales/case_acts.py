"""Cases: a token for a wrong meter or one a meter refused, until another token replaces it or none does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from pos.domain.permissions import Permission
from pos.domain.states import CaseKind, CaseState
from pos.errors import KilotillError
from pos.services.cases import CaseDecision, CaseRow, OpenedCase, ReplacementRow
from pos.services.counter import OwnerCard
from pos.services.issuing import IssueResult
from pos.services.reprint import HandedOver
from pos.ui.lanes import Lane
from pos.ui.screens.sales.state import Form, Pane
from pos.ui.screens.sales.store import Store
from pos.ui.screens.sales.words import case_kind_word, meter_text, sentence_of

OUTCOMES = {
    CaseKind.WRONG_METER: (CaseState.REFUSED, CaseState.REALLOCATED, CaseState.GOODWILL),
    CaseKind.TOKEN_REFUSED: (CaseState.REFUSED, CaseState.REPLACED),
    CaseKind.FAULT: (CaseState.CLOSED,),
    CaseKind.METER_SWAP: (CaseState.CLOSED,),
}
WITH_PROOF = frozenset({CaseState.REALLOCATED, CaseState.REPLACED})
TO_ANOTHER_METER = frozenset({CaseState.REALLOCATED, CaseState.GOODWILL})

_FIELDS = {
    "case.reason_missing": "reason",
    "case.proof_missing": "proof",
    "case.right_meter_missing": "right_drn",
    "case.same_meter": "right_drn",
    "case.service": "right_drn",
}
_METER_LENGTHS = (11, 13, 18)


class CaseActs:
    """Opens, lists and decides cases."""

    def __init__(
        self, store: Store, *, reload: Callable[[], None], show_sale: Callable[[UUID], None]
    ) -> None:
        self._store = store
        self._reload = reload
        self._show_sale = show_sale
        self._looked = 0

    def list(self, show: Callable[[Callable[[CaseRow | None], Sequence[CaseRow]]], None]) -> None:
        """List the open cases, or all."""
        desk, actor = self._store.context.desk, self._store.context.actor
        state = None if self._store.state.shows_all_cases else CaseState.OPEN
        show(lambda last: desk.cases.page(actor, state=state, before=None if last is None else last.place))

    def may_list(self) -> bool:
        """Say whether the person works with cases at all."""
        context = self._store.context
        return context.may(Permission.CASE_OPEN) or context.may(Permission.CASE_DECIDE)

    def choose_listed(self, key: str) -> None:
        """List open cases or all of them."""
        self._store.set(shows_all_cases=key == "all", case=None, pane=Pane.NOTHING)
        self._reload()

    # -- opening ------------------------------------------------------------------------------------------

    def can_begin(self) -> bool:
        """Say whether the shown sale can have a case, or has one to look at."""
        state = self._store.state
        if state.pane is not Pane.SALE or state.shown is None:
            return False
        may_open = self._store.context.may(Permission.CASE_OPEN) and state.shown.has_token
        return may_open or (state.shown.case is not None and self.may_list())

    def begin(self) -> None:
        """Show the form of a new case, or the case that the sale has."""
        if not self.can_begin():
            return
        shown = self._store.state.shown
        assert shown is not None
        if shown.case is not None and shown.case.state is not CaseState.REFUSED:
            self.look_at(shown.case)
            return
        self._store.set(pane=Pane.NEW_CASE, form=Form(), is_open=True)

    def choose_kind(self, key: str) -> None:
        """Say what the case is about."""
        self._store.set_form(kind=CaseKind(key), wrong="", message="")

    def type_reason(self, text: str) -> None:
        """Take what happened, or why it ends so."""
        self._type("reason", text)

    def type_proof(self, text: str) -> None:
        """Take what was seen on site."""
        self._type("proof", text)

    def type_right_drn(self, text: str) -> None:
        """Take the meter the token was meant for, and find whose it is."""
        digits = "".join(text.replace("-", "").split())
        self._type("right_drn", text, right_owner="")
        if len(digits) not in _METER_LENGTHS:
            return
        context = self._store.context
        desk, actor = context.desk, context.actor

        def got(card: OwnerCard) -> None:
            if self._store.state.form.right_drn == text:
                parts = (card.meter.name or "", card.meter.area or "")
                self._store.set_form(right_owner=" · ".join(part for part in parts if part))

        def failed(error: BaseException) -> None:
            if self._store.state.form.right_drn == text:
                self._refuse(error, {}, otherwise="right_drn")

        context.tasks.submit(Lane.READ, lambda: desk.counter.card(actor, digits), on_ok=got, on_error=failed)

    def _type(self, field: str, text: str, **changes: object) -> None:
        form = self._store.state.form
        clears = {"wrong": "", "message": ""} if form.wrong == field else {}
        self._store.set_form(**{field: text}, **clears, **changes)

    def open(self) -> None:
        """Open the case that is written down."""
        store, context = self._store, self._store.context
        form, shown = store.state.form, store.state.shown
        if form.is_busy or shown is None:
            return
        right = "".join(form.right_drn.split()) if form.kind is CaseKind.WRONG_METER else ""
        desk, actor, sale_id = context.desk, context.actor, shown.sale_id

        def work() -> tuple[OpenedCase, CaseRow | None]:
            opened = desk.cases.open_for_sale(
                form.kind, sale_id, actor=actor, reason=form.reason, right_drn=right or None
            )
            return opened, desk.cases.of_sale(actor, sale_id)

        def done(made: tuple[OpenedCase, CaseRow | None]) -> None:
            opened, case = made
            context.shell.toast(store.say("Case {number} is open", number=opened.number))
            store.set_form(is_busy=False)
            self._reload()
            if case is not None:
                self.look_at(case)

        store.set_form(is_busy=True, wrong="", message="")
        context.tasks.submit(Lane.SALE, work, on_ok=done, on_error=self._refused)

    def _refused(self, error: BaseException) -> None:
        self._store.set_form(is_busy=False)
        self._refuse(error, _FIELDS)

    def _refuse(self, error: BaseException, fields: dict[str, str], *, otherwise: str = "") -> None:
        store = self._store
        code = error.code if isinstance(error, KilotillError) else ""
        field = fields.get(code) or otherwise or ("right_drn" if code.startswith("meter.") else "")
        if not field or not code:
            store.context.shell.show_error(error)
            return
        store.set_form(wrong=field, message=sentence_of(error, store.context.wording))

    # -- deciding -----------------------------------------------------------------------------------------

    def choose(self, case: CaseRow) -> None:
        """Show the case under the caret beside the list; what is being done with it stays."""
        now = self._store.state.case
        is_same = now is not None and now.case_id == case.case_id
        if not is_same or self._store.state.pane not in (Pane.CASE, Pane.REPLACED):
            self.look_at(case)

    def look_at(self, case: CaseRow) -> None:
        """Show a case and what it gave."""
        store, context = self._store, self._store.context
        is_other = store.state.case is None or store.state.case.case_id != case.case_id
        form = Form(kind=case.kind, right_drn=case.right_drn or "") if is_other else store.state.form
        store.set(case=case, replacement=None, pane=Pane.CASE, form=form)
        if case.state in (CaseState.OPEN, CaseState.REFUSED, CaseState.CLOSED) or not self.may_list():
            return
        desk, actor = context.desk, context.actor

        def got(replacement: ReplacementRow | None) -> None:
            if store.state.case == case:
                store.set(replacement=replacement)

        context.tasks.submit(
            Lane.READ,
            lambda: desk.cases.replacement(actor, case),
            on_ok=got,
            on_error=context.shell.show_error,
        )

    def show_sale(self) -> None:
        """Show the sale that a case is about."""
        case = self._store.state.case
        if case is not None and case.sale_id is not None:
            self._show_sale(case.sale_id)

    def can_decide(self) -> bool:
        """Say whether the shown case waits for a decision this person may make, if need be with a PIN."""
        state = self._store.state
        is_open = state.pane is Pane.CASE and state.case is not None and state.case.state is CaseState.OPEN
        return is_open and self._store.context.may_ask(Permission.CASE_DECIDE)

    def choose_outcome(self, key: str) -> None:
        """Say how the case is to end."""
        self._store.set_form(outcome=CaseState(key), wrong="", message="")

    def decide(self) -> None:
        """End the case as chosen."""
        store, context = self._store, self._store.context
        form, case = store.state.form, store.state.case
        if not self.can_decide() or case is None or form.is_busy:
            return
        if form.outcome is CaseState.NONE:
            store.set_form(wrong="outcome", message=store.say("Choose how the case ends."))
            return
        right = "".join(form.right_drn.split()) if form.outcome in TO_ANOTHER_METER else ""
        proof = form.proof if form.outcome in WITH_PROOF else ""
        decision = CaseDecision(
            outcome=form.outcome, reason=form.reason, proof=proof, right_drn=right or None
        )
        desk, actor = context.desk, context.actor
        facts = store.say(
            "Case {number}, {kind}, meter {meter}",
            number=case.number,
            kind=case_kind_word(case.kind, context.wording),
            meter=meter_text(case.wrong_drn),
        )
        store.set_form(is_busy=True, wrong="", message="")
        context.attempt(
            Lane.SALE,
            lambda approval: desk.cases.decide(case.case_id, decision, actor=actor, approval=approval),
            on_ok=lambda issue: self._decided(case, issue),
            on_error=self._refused,
            subject=str(case.case_id),
            facts=facts,
            on_refused=lambda: store.set_form(is_busy=False),
        )

    def _decided(self, case: CaseRow, issue: IssueResult | None) -> None:
        store, context = self._store, self._store.context
        store.set_form(is_busy=False)
        context.shell.toast(store.say("Case {number} is decided", number=case.number))
        context.shell.refresh_status()
        self._reload()
        if issue is None:
            self._read_again(case)
            return
        replacement = ReplacementRow(
            issue.issue_id,
            issue.place,
            str(issue.item["meter"]["drn"]),
            tuple(str(token["digits"]) for token in issue.item["tokens"]),
            int(issue.item["token_units_tenths"]),
        )
        store.set(replacement=replacement, pane=Pane.REPLACED, is_open=True)
        self._hand_over(issue)
        self._read_again(case, keeps_pane=True)

    def _hand_over(self, issue: IssueResult) -> None:
        """The token is on the screen now; its slip goes to the printer."""
        store, context = self._store, self._store.context
        desk, actor = context.desk, context.actor
        context.tasks.submit(
            Lane.SALE,
            lambda: desk.reprints.hand_over(issue.issue_id, actor, how=HandedOver.SHOWN),
            on_ok=lambda _: None,
            on_error=context.shell.show_error,
        )
        if issue.print_job is not None:
            store.print_paper(issue.print_job, place=issue.place, copy=0, done=lambda: None)

    def _read_again(self, case: CaseRow, *, keeps_pane: bool = False) -> None:
        store, context = self._store, self._store.context
        desk, actor = context.desk, context.actor

        def work() -> CaseRow | None:
            if case.sale_id is not None:
                return desk.cases.of_sale(actor, case.sale_id)
            return next((row for row in desk.cases.page(actor) if row.case_id == case.case_id), None)

        def got(row: CaseRow | None) -> None:
            if row is None or store.state.case is None or store.state.case.case_id != row.case_id:
                return
            if keeps_pane:
                store.set(case=row)
            else:
                self.look_at(row)

        context.tasks.submit(Lane.READ, work, on_ok=got, on_error=context.shell.show_error)

    def show_replacement(self) -> None:
        """Show the token of a decided case again, large."""
        if self._store.state.replacement is not None:
            self._store.set(pane=Pane.REPLACED, is_open=True)
