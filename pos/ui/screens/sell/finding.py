"""The one search line: digits at once, names after a short pause, a whole number straight to its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.errors import UserError
from pos.services.counter import MeterRow
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import SearchProblem, Stage, UnknownMeter

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter

NAME_PAUSE_MS = 20
_WHOLE = (11, 13, 18)
_LEAST = 3


class Finding:
    """Looks for meters."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter
        self._number = 0

    def cancel(self) -> None:
        """Drop the answer to what was looked for: a customer is chosen."""
        self._number += 1

    def type(self, text: str) -> None:
        """Take what stands in the line, and look for it."""
        presenter = self._presenter
        if presenter.state.is_paying:
            return
        self._number += 1
        number = self._number
        if presenter.state.stage in (Stage.AMOUNT, Stage.TENDER, Stage.CONFIRM):
            presenter.keep_what_was_typed()
        changes: dict[str, object] = {"search": text, "search_problem": None, "recent_at": -1}
        if len(text.strip()) < _LEAST:
            stage = presenter.state.stage
            # A finished sale stays on screen until the next meter is found.
            changes |= {"results": (), "stage": stage if stage is Stage.PAID else Stage.IDLE}
            presenter.set(**changes)
            return
        presenter.set(**changes)
        if text.strip()[0].isdecimal():
            self._look(text, number)
        else:
            presenter.context.tasks.later(NAME_PAUSE_MS, lambda: self._look(text, number))

    def _look(self, text: str, number: int, *, is_enter: bool = False) -> None:
        if number != self._number:
            return
        context = self._presenter.context
        meters, actor = context.desk.meters, context.actor
        context.tasks.submit(
            Lane.READ,
            lambda: meters.find(actor, text),
            on_ok=lambda rows: self._found(text, rows, number, is_enter=is_enter),
            on_error=context.shell.show_error,
        )

    def _found(self, text: str, rows: list[MeterRow], number: int, *, is_enter: bool) -> None:
        if number != self._number:
            return
        presenter = self._presenter
        presenter.set(stage=Stage.RESULTS, results=tuple(rows), result_at=0, results_for=text)
        if is_enter and len(rows) == 1:
            presenter.open_meter(rows[0].drn)

    def enter(self) -> bool:
        """Open what is meant: a whole number, a recent meter, the chosen result."""
        presenter = self._presenter
        state = presenter.state
        digits = "".join(state.search.split()).replace("-", "")
        if digits.isdecimal() and len(digits) in _WHOLE:
            presenter.open_meter(digits)
            return True
        if state.stage is Stage.RESULTS and state.results_for == state.search:
            chosen = state.chosen_result
            if chosen is not None:
                presenter.open_meter(chosen.drn)
            return True
        if state.search.strip():
            self._number += 1
            self._look(state.search, self._number, is_enter=True)
            return True
        if 0 <= state.recent_at < len(state.recent):
            presenter.open_meter(state.recent[state.recent_at].drn)
            return True
        return False

    def step(self, by: int) -> bool:
        """Choose another result or recent meter."""
        presenter = self._presenter
        state = presenter.state
        if state.stage is Stage.RESULTS and state.results:
            presenter.set(result_at=min(len(state.results) - 1, max(0, state.result_at + by)))
            return True
        if state.stage is Stage.IDLE and state.recent and not state.search:
            at = 0 if state.recent_at < 0 else state.recent_at + by
            presenter.set(recent_at=min(len(state.recent) - 1, max(0, at)))
            return True
        return False

    def clear(self) -> None:
        """Empty the line."""
        self._number += 1
        self._presenter.set(
            stage=Stage.IDLE, search="", search_problem=None, results=(), results_for="", recent_at=-1
        )

    def failed(self, number: str, error: BaseException) -> None:
        """A number was refused: mark it, or offer to sell to a meter nobody knows."""
        presenter = self._presenter
        if not isinstance(error, UserError):
            presenter.context.shell.show_error(error)
            return
        if error.code == "meter.unknown":
            self._unknown(number)
            return
        self._offer(number, error)

    def _offer(self, number: str, error: UserError) -> None:
        """Look whether two neighbours were swapped: the commonest slip of all."""
        presenter = self._presenter
        context = presenter.context
        counter, actor = context.desk.counter, context.actor

        def show(offer: str) -> None:
            head, point, rest = presenter.sentence(error).partition(". ")
            problem = SearchProblem(head + point.strip(), rest, offer, error.code)
            presenter.set(stage=Stage.IDLE, search=number, search_problem=problem)

        context.tasks.submit(
            Lane.READ,
            lambda: counter.known_near(actor, number) if error.code == "meter.check_digit" else "",
            on_ok=show,
            on_error=context.shell.show_error,
        )

    def use_offer(self) -> bool:
        """Take the number that was offered instead of a wrong one."""
        problem = self._presenter.state.search_problem
        if problem is None or not problem.offer:
            return False
        self._presenter.open_meter(problem.offer)
        return True

    def _unknown(self, number: str) -> None:
        presenter = self._presenter
        context = presenter.context
        counter = context.desk.counter

        def got(found: tuple[tuple[str, ...], tuple[str, ...]]) -> None:
            tariffs, groups = found
            presenter.set(
                stage=Stage.UNKNOWN,
                search=number,
                unknown=UnknownMeter(
                    number,
                    tariff=tariffs[0] if tariffs else "",
                    sgc=groups[0] if groups else "",
                    tariffs=tariffs,
                    groups=groups,
                ),
            )

        context.tasks.submit(
            Lane.READ, counter.tariffs_and_groups, on_ok=got, on_error=context.shell.show_error
        )
