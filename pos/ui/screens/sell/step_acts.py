"""Hands over what a payer says for a step of the provider; none of it outlives the handing over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pos.errors import UserError
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import Wait
from pos.ui.screens.sell.step_words import StepAsk, read_step, step_ask

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter


class StepActs:
    """Takes a PIN, a code, a phone, a birthday or an address while a sale waits."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter

    def asked(self) -> StepAsk | None:
        """Return what the provider waits for, None where it waits for nothing that is typed here."""
        wait = self._presenter.state.wait
        return None if wait is None else step_ask(wait.view, self._presenter.say)

    def type(self, at: int, text: str) -> None:
        """Take what stands in one of the fields."""
        wait, ask = self._presenter.state.wait, self.asked()
        if wait is None or ask is None or wait.is_asking:
            return
        given = [*wait.given, *[""] * len(ask.fields)][: len(ask.fields)]
        given[at] = text
        self._presenter.set(wait=replace(wait, given=tuple(given), step_problem=""))

    def give(self) -> None:
        """Hand it over, once; what was typed is forgotten at that moment."""
        presenter = self._presenter
        wait, ask = presenter.state.wait, self.asked()
        if wait is None or ask is None or wait.is_asking:
            return
        given = read_step(ask.kind, wait.given)
        if given is None:
            presenter.set(
                wait=replace(wait, step_problem=presenter.say("That is not complete. Type it again."))
            )
            return
        desk, actor = presenter.context.desk.payments.desk, presenter.context.actor
        presenter.set(wait=replace(wait, given=(), step_problem="", is_asking=True))
        presenter.context.tasks.submit(
            Lane.PAY,
            lambda: desk.give(ask.payment_id, given, actor),
            on_ok=presenter.waits.looked,
            on_error=self._failed,
        )

    def _failed(self, error: BaseException) -> None:
        presenter = self._presenter
        wait = presenter.state.wait
        if wait is None or not isinstance(error, UserError):
            presenter.waits.failed(error)
            return
        problem = presenter.sentence(error)
        presenter.set(wait=replace(wait, is_asking=False, step_problem=problem))

    @staticmethod
    def after(wait: Wait, ask: StepAsk | None, following: StepAsk | None) -> Wait:
        """Forget what was typed for one step when another is asked for."""
        is_same = ask is not None and following is not None and ask.kind is following.kind
        return wait if is_same else replace(wait, given=(), step_problem="")
