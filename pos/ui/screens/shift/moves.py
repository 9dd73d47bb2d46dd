"""The forms of the overview: cash in and out, safe drop, banking, the drawer without a sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pos.domain.money import AmountTextError, format_major, parse_major
from pos.domain.permissions import Permission
from pos.errors import KilotillError
from pos.services.cash import CashMoved
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.shift.counting import Count
from pos.ui.screens.shift.state import Move, MoveKind
from pos.ui.screens.shift.words import move_title, sentence_of

_FIELDS = {
    "cash.amount": "amount",
    "cash.total_differs": "amount",
    "cash.count": "amount",
    "cash.reason": "reason",
    "cash.slip_missing": "slip",
}


class Moves:
    """Keeps one form up to date and books it; `show` gets the form, None once it is gone."""

    def __init__(
        self, context: Context, show: Callable[[Move | None], None], *, moved: Callable[[Move], None]
    ) -> None:
        self._context = context
        self._show = show
        self._moved = moved
        self._is_busy = False

    def refusal(self, kind: MoveKind) -> str:
        """Say why the person cannot fill a form, empty if he can."""
        needed = Permission.CASH_BANK if kind is MoveKind.BANKING else Permission.CASH_MOVE
        if self._context.may(needed):
            return ""
        return self._context.say("A supervisor does this: ask one to sign in.")

    def begin(self, kind: MoveKind) -> None:
        """Show an empty form."""
        self._show(Move(kind, Count.of(self._context.desk.shop.currency)))

    def type_field(self, move: Move, name: str, text: str) -> None:
        """Take what stands in a field."""
        wrong = {key: value for key, value in move.wrong.items() if key != name}
        texts = {"amount": move.amount, "slip": move.slip, "reason": move.reason, name: text}
        self._show(
            replace(move, wrong=wrong, amount=texts["amount"], slip=texts["slip"], reason=texts["reason"])
        )

    def set_way(self, move: Move, *, is_in: bool) -> None:
        """Say whether the money goes into the drawer."""
        self._show(replace(move, is_in=is_in))

    def set_count(self, move: Move, count: Count) -> None:
        """Take a counted line; an amount that nobody typed otherwise follows the count."""
        currency = self._context.desk.shop.currency
        before = format_major(move.count.total_minor, currency) if move.count.total_minor else ""
        follows = move.amount in ("", before)
        amount = move.amount
        if follows:
            amount = format_major(count.total_minor, currency) if count.total_minor else ""
        wrong = {key: value for key, value in move.wrong.items() if key != "amount"}
        self._show(replace(move, count=count, amount=amount, wrong=wrong))

    def save(self, move: Move) -> None:
        """Book the movement; what is not right is said at its field."""
        if self._is_busy:
            return
        currency = self._context.desk.shop.currency
        try:
            amount_minor = parse_major(move.amount, currency) if move.amount else 0
        except AmountTextError as error:
            self._wrong(move, "amount", error)
            return
        self._is_busy = True
        self._context.tasks.submit(
            Lane.SALE,
            lambda: self._book(move, amount_minor),
            on_ok=lambda moved: self._booked(move, moved),
            on_error=lambda error: self._refused(move, error),
        )

    def _book(self, move: Move, amount_minor: int) -> CashMoved:
        cash, actor = self._context.desk.cash, self._context.actor
        count = move.count.to_cash_count()
        if move.kind is MoveKind.NO_SALE:
            return cash.open_without_sale(actor, reason=move.reason)
        if move.kind is MoveKind.SAFE_DROP:
            return cash.drop_to_safe(actor, amount_minor, reason=move.reason, count=count)
        if move.kind is MoveKind.BANKING:
            return cash.bank(actor, amount_minor, slip_number=move.slip, reason=move.reason, count=count)
        act = cash.put_in if move.is_in else cash.take_out
        return act(actor, amount_minor, reason=move.reason, count=count)

    def _booked(self, move: Move, moved: CashMoved) -> None:
        self._is_busy = False
        context = self._context
        title = move_title(move.kind, context.wording)
        amount = context.wording.money(abs(moved.amount_minor))
        if moved.amount_minor:
            context.shell.toast(context.say("{what}: {amount} is booked.", what=title, amount=amount))
        self._show(None)
        # The fact is on disk; only now may the drawer move.
        context.tasks.submit(
            Lane.DEVICE,
            lambda: context.desk.shift_desk.open_drawer(moved.place),
            on_ok=self._opened,
            on_error=context.shell.show_error,
        )
        self._moved(move)

    def _opened(self, is_opened: bool) -> None:
        context = self._context
        if not is_opened:
            context.shell.toast(context.say("No printer opens the drawer: use its key."), light="warn")
        context.shell.refresh_status()

    def _refused(self, move: Move, error: BaseException) -> None:
        self._is_busy = False
        name = _FIELDS.get(error.code) if isinstance(error, KilotillError) else None
        if name is None or not isinstance(error, KilotillError):
            self._context.shell.show_error(error)
        else:
            self._wrong(move, name, error)

    def _wrong(self, move: Move, name: str, error: KilotillError) -> None:
        self._show(replace(move, wrong={name: sentence_of(error, self._context.wording)}))
