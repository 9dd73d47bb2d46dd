"""Beside the sale: a meter nobody knows, and a token a customer brings back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pos.domain.permissions import Permission
from pos.errors import UserError
from pos.services.token_check import TokenVerdict
from pos.ui.lanes import Lane
from pos.ui.screens.sell.state import Stage, TokenQuestion

if TYPE_CHECKING:
    from pos.ui.screens.sell.presenter import SellPresenter

TOKEN_DIGITS = 20


class SideActs:
    """Unknown meters and token checks."""

    def __init__(self, presenter: SellPresenter) -> None:
        self._presenter = presenter

    # -- a meter nobody knows -----------------------------------------------------------------------------

    def may_sell_unknown(self) -> bool:
        """Say whether the person may sell to an unknown meter, if need be with a supervisor."""
        return self._presenter.context.may_ask(Permission.SALE_UNKNOWN_METER)

    def change_unknown(self, **changes: Any) -> None:
        """Take what was typed about the meter."""
        unknown = self._presenter.state.unknown
        if unknown is not None:
            self._presenter.set(unknown=replace(unknown, problem="", **changes))

    def add_unknown(self) -> None:
        """Add the meter with its reason, then go on with the sale."""
        presenter = self._presenter
        unknown, context = presenter.state.unknown, presenter.context
        if unknown is None:
            return
        if not unknown.reason.strip():
            presenter.set(unknown=replace(unknown, problem=presenter.say("Say why this meter is sold to.")))
            return
        cells = {
            "meter_number": unknown.drn,
            "tariff_code": unknown.tariff,
            "supply_group": unknown.sgc,
            "name": unknown.name.strip(),
            "note": unknown.reason.strip(),
        }
        meters, actor = context.desk.meters, context.actor

        def failed(error: BaseException) -> None:
            if isinstance(error, UserError):
                presenter.set(unknown=replace(unknown, problem=presenter.sentence(error)))
            else:
                context.shell.show_error(error)

        context.attempt(
            Lane.SALE,
            lambda approval: meters.add(actor, cells, approval=approval),
            on_ok=lambda _: presenter.open_meter(unknown.drn),
            on_error=failed,
            subject=unknown.drn,
            facts=presenter.say(
                "Sell to a meter that is not in the register: {drn}. {reason}",
                drn=unknown.drn,
                reason=unknown.reason,
            ),
        )

    # -- a token that is brought back ---------------------------------------------------------------------

    def open_check(self) -> None:
        """Ask for the token, for the meter at hand."""
        presenter = self._presenter
        state = presenter.state
        if state.is_paying:
            return
        drn = ""
        if state.guard is not None:
            drn = state.guard.row.drn or ""
        elif state.card is not None:
            drn = state.card.meter.drn
        elif state.paid is not None:
            drn = state.paid.sale.row.drn or ""
        elif state.last is not None:
            drn = state.last.row.drn or ""
        presenter.keep_what_was_typed()
        presenter.set(stage=Stage.CHECK, check=TokenQuestion(drn=drn))

    def type_check(self, **changes: Any) -> None:
        """Take meter or token digits as typed; 20 digits are checked at once."""
        question = self._presenter.state.check
        if question is None:
            return
        question = replace(question, verdict=None, problem="", **changes)
        self._presenter.set(check=question)
        if len(digits_of(question.digits)) == TOKEN_DIGITS and question.drn:
            self.check()

    def check(self) -> None:
        """Read the token."""
        presenter = self._presenter
        question, context = presenter.state.check, presenter.context
        if question is None:
            return
        digits = digits_of(question.digits)
        if len(digits) != TOKEN_DIGITS:
            text = presenter.say("A token has 20 digits; these are {n}.", n=len(digits))
            presenter.set(check=replace(question, problem=text))
            return
        checks, actor, drn = context.desk.token_checks, context.actor, digits_of(question.drn)

        def got(verdict: TokenVerdict) -> None:
            now = presenter.state.check
            if now is not None and now.digits == question.digits:
                presenter.set(check=replace(now, verdict=verdict, problem=""))

        def failed(error: BaseException) -> None:
            now = presenter.state.check
            if isinstance(error, UserError) and now is not None:
                presenter.set(check=replace(now, problem=presenter.sentence(error)))
            else:
                context.shell.show_error(error)

        context.tasks.submit(
            Lane.READ, lambda: checks.verify(drn, digits, actor=actor), on_ok=got, on_error=failed
        )


def digits_of(text: str) -> str:
    """Return the digits of a text as typed in groups."""
    return "".join(letter for letter in text if letter.isdecimal())
