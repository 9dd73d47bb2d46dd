"""Fee rules by version, and statements of providers against the books."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pos.domain.fees import FeePayer, FeeRule
from pos.domain.money import AmountTextError, parse_major, parse_scaled
from pos.domain.permissions import Permission
from pos.domain.settlement import StatementForm
from pos.services.statements import ReadStatement, StatementEntry, statement_text
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState

PERCENT_DIGITS = 4
TENDERS = (("momo", "MTN MoMo"), ("airtel", "Airtel Money"), ("paystack", "Paystack"))


@dataclass(frozen=True, slots=True)
class FeesState(SectionState):
    """The rules that are stored, what is typed, and the statement that was read last."""

    rules: tuple[FeeRule, ...] = ()
    tender: str = "momo"
    percent: str = ""
    fixed: str = ""
    least: str = ""
    most: str = ""
    tax: str = ""
    payer: str = FeePayer.CUSTOMER.value
    statement_tender: str = "momo"
    reference: str = "reference"
    theirs: str = ""
    amount: str = "amount"
    fee: str = ""
    read: ReadStatement | None = None
    entries: tuple[StatementEntry, ...] = ()
    settled: int = 0


class FeesSection(Section[FeesState]):
    """Decides about the page."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, FeesState())

    @property
    def may_add(self) -> bool:
        """Whether this person sets fees; a supervisor only reads statements."""
        return self.context.may(Permission.TARIFF_EDIT)

    def open(self) -> None:
        """Read the rules."""
        fees, actor = self.context.desk.payments.fees, self.context.actor
        self.submit(
            Lane.READ,
            lambda: tuple(fees.versions(actor)),
            lambda rules: self.set(rules=rules),
            is_shown=False,
        )

    def add(self) -> None:
        """Store the next version of a rule; it holds from now on."""
        rule = self._rule()
        if rule is None:
            return
        fees, actor = self.context.desk.payments.fees, self.context.actor

        def added(stored: FeeRule) -> None:
            done = self.say("Version {n} holds from now on.", n=stored.version)
            self.set(percent="", fixed="", least="", most="", done=done)
            self.open()

        self.submit(Lane.SALE, lambda: fees.add(actor, rule), added, field="fee")

    def _rule(self) -> FeeRule | None:
        state, currency, wrong = self.state, self.context.wording.currency, {}
        amounts: dict[str, int] = {}
        for name in ("fixed", "least", "most"):
            try:
                amounts[name] = parse_major(getattr(state, name) or "0", currency)
            except AmountTextError:
                wrong[name] = self.say("That is no amount. Type it again.")
        percent_ppm = 0
        try:
            percent_ppm = parse_scaled(state.percent or "0", PERCENT_DIGITS)
        except AmountTextError:
            wrong["percent"] = self.say("A share in percent, such as 1.5.")
        if wrong:
            self.set(wrong=wrong)
            return None
        return FeeRule(
            code=f"fee_{state.tender}",
            version=1,
            provider=state.tender,
            currency=currency,
            valid_from=self.context.desk.clock.now(),
            percent_ppm=percent_ppm,
            fixed_minor=amounts["fixed"],
            least_minor=amounts["least"],
            most_minor=amounts["most"] if state.most else None,
            tax_code=state.tax.strip(),
            payer=FeePayer(state.payer),
        )

    # -- statements ---------------------------------------------------------------------------------------

    def read(self, path: str) -> None:
        """Match a statement with the books, and list what differs."""
        state, desk, actor = self.state, self.context.desk, self.context.actor
        columns = {
            "reference": state.reference,
            "provider_reference": state.theirs,
            "amount": state.amount,
            "fee": state.fee,
        }
        form = StatementForm(
            {name: text for name, text in columns.items() if text.strip()}, desk.shop.currency
        )
        tender = state.statement_tender
        # What another file said must not be settled below the refusal of this one.
        self.set(read=None, entries=(), settled=0)

        def work() -> tuple[ReadStatement, tuple[StatementEntry, ...]]:
            text = statement_text(Path(path))
            statements = desk.payments.statements
            read = statements.read(actor, tender, name=Path(path).name, text=text, form=form)
            return read, self._differing(read)

        self.submit(Lane.BULK, work, self._got, field="statement")

    def _differing(self, read: ReadStatement) -> tuple[StatementEntry, ...]:
        statements, actor = self.context.desk.payments.statements, self.context.actor
        return tuple(one for one in statements.entries(actor, read.key) if one.verdict != "matched")

    def _got(self, found: tuple[ReadStatement, tuple[StatementEntry, ...]]) -> None:
        self.set(read=found[0], entries=found[1], settled=0)

    def settle_open(self) -> None:
        """Take what the statement says of payments that are still open."""
        read = self.state.read
        if read is None:
            return
        statements, actor = self.context.desk.payments.statements, self.context.actor

        def done(ids: list[UUID]) -> None:
            self.set(settled=len(ids), done=self.say("Settled by the statement: {n}", n=len(ids)))
            self.context.shell.payments_changed()

        self.context.attempt(
            Lane.SALE,
            lambda approval: statements.resolve_open(actor, read, approval=approval),
            on_ok=done,
        )
