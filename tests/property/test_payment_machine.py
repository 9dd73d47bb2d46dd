"""Payments in any order of replies, polls, hints, restarts, shifts: money and value belong together."""

import tempfile
from pathlib import Path
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pos.domain.payment_reports import Outcome
from pos.domain.states import PaymentState, SaleState
from pos.errors import UserError
from pos.models.queries.shifts import list_unresolved
from pos.services.payment_views import SaleView
from pos.services.verify import verify
from pos.tokens.demo import demo_keys
from pos.tokens.vault import VaultStatus
from pos.tokens.virtual_meter import ResultCode
from tests.factories.payments import airtel, cash, make_counter, momo, reopen_counter
from tests.fakes.provider import ScriptedProvider, Sends

FATES = [Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED]
LIMIT_MINOR = 10**9


class PaymentMachine(RuleBasedStateMachine):
    """A till with two providers that play tricks; `begun` are the sales, `tokens` what each gave."""

    def __init__(self) -> None:
        super().__init__()
        self._temporary = tempfile.TemporaryDirectory(prefix="kilotill-payments-")
        self.folder = Path(self._temporary.name)
        self.counter = make_counter(self.folder, commission_ppm=15_000)
        self.counter.shop.set_rules(duplicate_limit_minor=LIMIT_MINOR)
        self.drn = self.counter.shop.add_meter(1)
        self.meter = self.counter.shop.virtual_meter(self.drn)
        self.begun: list[UUID] = []
        self.tokens: dict[UUID, str] = {}
        self.is_open = True

    @property
    def providers(self) -> list[ScriptedProvider]:
        return [self.counter.momo, self.counter.airtel]

    @precondition(lambda self: self.is_open)
    @rule(
        money_minor=st.integers(1_000, 20_000),
        cash_minor=st.sampled_from([0, 0, 300]),
        shape=st.sampled_from(["whole", "split"]),
        script=st.lists(st.sampled_from(list(Sends)), max_size=2),
        fate=st.sampled_from(FATES),
        pace=st.sampled_from(["at once", "later"]),
    )
    def begin(
        self,
        money_minor: int,
        cash_minor: int,
        shape: str,
        script: list[Sends],
        fate: Outcome,
        pace: str,
    ) -> None:
        for provider in self.providers:
            provider.plan(*script)
            provider.fate, provider.is_instant = fate, pace == "at once"
        parts = [momo(400), airtel()] if shape == "split" else [momo()]
        if cash_minor:
            parts.insert(0, cash(cash_minor, cash_minor + 200))
        try:
            view = self.counter.begin(self.drn, *parts, money_minor=money_minor)
        except UserError as refused:
            assert refused.code == "vault.locked"
            return
        self.begun.append(view.sale_id)

    @rule(seconds=st.sampled_from([1, 4, 20, 90, 700]))
    def time_passes(self, seconds: int) -> None:
        self.counter.run(seconds=seconds)

    @rule(data=st.data(), fate=st.sampled_from([*FATES, Outcome.REVERSED]))
    def provider_decides(self, data: st.DataObject, fate: Outcome) -> None:
        """A payment becomes final, or one that was paid is taken back; a final no stays one."""
        provider = data.draw(st.sampled_from(self.providers))
        if not provider.book:
            return
        reference = data.draw(st.sampled_from(sorted(provider.book)))
        entry = provider.book[reference]
        if entry.is_final and (entry.fate is not Outcome.SUCCEEDED or entry.refund is not None):
            return
        if entry.is_final and fate is not Outcome.REVERSED:
            return
        if not entry.is_final and fate is Outcome.REVERSED:
            fate = Outcome.SUCCEEDED
        provider.finish(fate, [reference])
        if fate is Outcome.REVERSED:
            self.counter.desk.hint(provider.profile.code, reference)
            self.counter.run(times=2)

    @rule(data=st.data())
    def callback_comes(self, data: st.DataObject) -> None:
        provider = data.draw(st.sampled_from(self.providers))
        reference = data.draw(st.sampled_from([*sorted(provider.book), "somebody else's"]))
        self.counter.desk.hint(provider.profile.code, reference)

    @rule(line=st.sampled_from(["up", "down"]))
    def line_goes_and_comes(self, line: str) -> None:
        for provider in self.providers:
            provider.is_up = line == "up"

    @rule()
    def restart(self) -> None:
        is_locked = self.counter.shop.vault.status is not VaultStatus.OPEN
        self.counter = reopen_counter(self.counter, self.folder)
        self.counter.shop.set_rules(duplicate_limit_minor=LIMIT_MINOR)
        if is_locked:
            self.counter.shop.vault.lock()

    @precondition(lambda self: self.is_open)
    @rule()
    def shift_ends(self) -> None:
        self.counter.close_shift()
        self.is_open = False

    @precondition(lambda self: not self.is_open)
    @rule()
    def shift_begins(self) -> None:
        self.counter.open_shift()
        self.is_open = True

    @rule(door=st.sampled_from(["locked", "open"]))
    def vault(self, door: str) -> None:
        if door == "locked":
            self.counter.shop.vault.lock()
        else:
            self.counter.shop.vault.unlock(demo_keys(), save=lambda _: None)

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), what=st.sampled_from(["park", "rest", "give_up", "refund", "requery"]))
    def person_acts(self, data: st.DataObject, what: str) -> None:
        sale_id = data.draw(st.sampled_from(self.begun))
        desk, person = self.counter.desk, self.counter.shop.supervisor
        try:
            if what == "park":
                desk.stop_waiting(sale_id, person)
            elif what == "rest":
                desk.pay_rest(sale_id, (cash(),), person)
            elif what == "give_up":
                desk.give_up(sale_id, person, reason="left")
            elif what == "refund":
                self.counter.refunds.make(sale_id, person, reason="left")
            else:
                for part in desk.look(sale_id).parts:
                    if part.provider:
                        desk.requery(part.id, person)
        except UserError as refused:
            assert refused.code.partition(".")[0] in {"payment", "refund", "shift", "vault"}, refused.code

    @invariant()
    def books_are_right(self) -> None:
        assert verify(self.counter.shop.units).findings == ()

    @invariant()
    def value_and_money_belong_together(self) -> None:
        owned = self._owned()
        for sale_id in self.begun:
            view = self.counter.desk.look(sale_id)
            self._check_token(view)
            taken_minor = self._taken_minor(view)
            if view.state is SaleState.DELIVERED:
                assert view.paid_minor + self._reversed_minor(view) == view.money_minor
            elif taken_minor:
                assert sale_id in owned, (view.state, taken_minor)
            if view.state in (SaleState.FAILED, SaleState.VOIDED):
                assert view.paid_minor == 0

    @invariant()
    def each_reference_was_charged_once(self) -> None:
        for provider in self.providers:
            known = [part.reference for view in self._views() for part in view.parts if part.provider]
            assert len(known) == len(set(known))
            assert set(provider.book) <= set(known)

    def _check_token(self, view: SaleView) -> None:
        if view.result is None:
            assert view.sale_id not in self.tokens, "a token is gone"
            return
        assert view.result.credit_token is not None
        digits = view.result.credit_token["digits"]
        if view.sale_id not in self.tokens:
            self.tokens[view.sale_id] = digits
            assert self.meter.enter(digits).result is ResultCode.ACCEPT
        assert self.tokens[view.sale_id] == digits, "a second token"

    def _taken_minor(self, view: SaleView) -> int:
        """What the providers and the drawer hold of a sale's money."""
        total_minor = 0
        for part in view.parts:
            if not part.provider:
                total_minor += part.amount_minor if part.state is PaymentState.SUCCEEDED else 0
                continue
            for provider in self.providers:
                entry = provider.book.get(part.reference)
                if entry is not None and entry.is_final and entry.fate is Outcome.SUCCEEDED:
                    total_minor += 0 if entry.refund is Outcome.SUCCEEDED else part.amount_minor
        return total_minor

    def _reversed_minor(self, view: SaleView) -> int:
        return sum(part.amount_minor for part in view.parts if part.state is PaymentState.REVERSED)

    def _owned(self) -> set[UUID]:
        with self.counter.shop.units.read() as connection:
            return {one.sale_id for one in list_unresolved(connection)}

    def _views(self) -> list[SaleView]:
        return [self.counter.desk.look(sale_id) for sale_id in self.begun]

    def teardown(self) -> None:
        self.counter.shop.units.close()
        self._temporary.cleanup()


PaymentMachine.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestPaymentMachine = PaymentMachine.TestCase
