"""What came of payments nobody was waiting for: counted, told once, kept until somebody has seen it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pos.domain.permissions import Permission
from pos.errors import Unavailable
from pos.services.payment_board import Board
from pos.services.payment_desk import Announcement
from pos.services.print_spool import JobState, PrintJob
from pos.ui.context import Context
from pos.ui.desk import Desk
from pos.ui.lanes import Lane, Tasks
from pos.ui.note_printer import NotePrinter
from pos.ui.payment_runner import PaymentRunner

SETTINGS_AFTER_MS = 3_000
"""The window opens first."""

BANKS_FIRST_MS = 5_000
BANKS_EVERY_MS = 10 * 60_000
MONEY_FIRST_MS = 60_000
MONEY_EVERY_MS = 60 * 60_000

LIGHTS = {"delivered": "ok", "failed": "bad", "refund_due": "warn"}


class PaymentNews:
    """Has the runner beside the window, and remembers what it told."""

    def __init__(self, desk: Desk, tasks: Tasks, *, context: Callable[[], Context | None]) -> None:
        """`context` is that of the person who is signed in, None while nobody is."""
        self.ready: tuple[Announcement, ...] = ()
        self.runner = PaymentRunner(
            desk.payments, tasks, now=desk.clock.now, on_news=self._on_news, on_error=self._on_trouble
        )
        self._notes = NotePrinter(
            desk.spool, tasks, now=desk.clock.now, on_printed=self._on_notes, on_error=self._on_trouble
        )
        self._context = context
        self.clash = ""
        """The code of a mix of real and play money: no provider is offered until it is set right."""
        self._desk, self._tasks = desk, tasks
        self._told: set[int] = set()
        self._tell: Callable[[str, str], None] = lambda _text, _light: None
        self._show: Callable[[], None] = lambda: None
        self._on_error: Callable[[BaseException], None] = lambda _: None

    def start(
        self,
        *,
        tell: Callable[[str, str], None],
        show: Callable[[], None],
        on_error: Callable[[BaseException], None],
    ) -> None:
        """Begin soon. `tell` says a text with its light, `show` lets counts and lists be drawn anew."""
        self._tell, self._show, self._on_error = tell, show, on_error
        self.runner.start()
        self._tasks.later(SETTINGS_AFTER_MS, self.look_at_settings)
        self._tasks.later(MONEY_FIRST_MS, self._look_at_money)
        self._tasks.later(BANKS_FIRST_MS, self._look_at_banks)

    def look_at_settings(self) -> None:
        """See whether what is set up fits this shop."""

        def got(clash: str) -> None:
            if clash != self.clash:
                self.clash = clash
                self._show()

        # On its lane, for it loads what speaks with providers and reads the key store.
        self._tasks.submit(Lane.PAY, self._desk.payments.clash, on_ok=got, on_error=self._on_trouble)

    def _look_at_banks(self) -> None:
        """Have the lists of banks to choose from at hand; they are asked for once a day at most."""
        self._tasks.later(BANKS_EVERY_MS, self._look_at_banks)
        accounts = self._desk.payments
        self._tasks.submit(
            Lane.NET,
            lambda: accounts.accounts.refresh_banks(),
            on_ok=lambda _: None,
            on_error=self._on_trouble,
        )

    def _look_at_money(self) -> None:
        """Ask once an hour for the money at the providers; warn whoever looks after it where it is low."""
        self._tasks.later(MONEY_EVERY_MS, self._look_at_money)
        context = self._context()
        if context is None or not context.may(Permission.FLOAT_VIEW):
            return
        accounts, actor = self._desk.payments, context.actor

        def work() -> list[tuple[str, str]]:
            accounts.accounts.refresh_due()
            found = [(one.label, one.balance) for one in accounts.accounts.statuses(actor) if one.is_low]
            return [
                (label, context.wording.money(balance.amount_minor))
                for label, balance in found
                if balance is not None
            ]

        def got(low: list[tuple[str, str]]) -> None:
            for provider, money in low:
                text = context.say("Money at {provider} is low: {money}", provider=provider, money=money)
                context.shell.toast(text, light="warn")

        self._tasks.submit(Lane.NET, work, on_ok=got, on_error=self._on_trouble)

    def wake(self) -> None:
        """Look at once."""
        self.runner.wake()

    def deliver(self) -> None:
        """Deliver what is paid and waited for a shift or for the vault."""
        self._tasks.submit(
            Lane.SALE,
            self._desk.payments.desk.deliver_waiting,
            on_ok=lambda _: self.wake(),
            on_error=self._on_trouble,
        )

    def stop(self) -> None:
        """Look no more."""
        self.runner.stop()

    def _on_news(self, news: Sequence[Announcement]) -> None:
        self._notes.look()
        is_other, self.ready = tuple(news) != self.ready, tuple(news)
        context = self._context()
        if context is None or not context.may(Permission.SALE_CREATE):
            return
        fresh = [one for one in news if one.key not in self._told]
        self._told |= {one.key for one in fresh}
        if len(fresh) == 1:
            self._tell_whose(fresh[0], context)
        elif fresh:
            self._tell(context.say("News of payments: {n}", n=len(fresh)), LIGHTS[fresh[-1].what])
        if is_other:
            self._show()

    def _on_notes(self, printed: tuple[PrintJob, ...]) -> None:
        context = self._context()
        if context is not None and all(job.state is JobState.PRINTED for job in printed):
            context.shell.toast(context.say("A refund was made: its credit note is printed."))
        elif context is not None:
            context.shell.toast(context.say("Look at the printer: did the paper come out?"), light="warn")
        self._show()

    def _tell_whose(self, news: Announcement, context: Context) -> None:
        """Say what came of one sale, with the customer's name where it is known."""
        board, actor = self._desk.payment_board, context.actor

        def tell(name: str) -> None:
            self._tell(_text(news, name, context), LIGHTS[news.what])

        def got(found: Board) -> None:
            tell(next((row.name for row in found.ready if row.key == news.key), ""))

        def failed(error: BaseException) -> None:
            tell("")
            self._on_trouble(error)

        self._tasks.submit(Lane.READ, lambda: board.read(actor), on_ok=got, on_error=failed)

    def _on_trouble(self, error: BaseException) -> None:
        if not isinstance(error, Unavailable):
            self._on_error(error)


def _text(news: Announcement, name: str, context: Context) -> str:
    say = context.say
    if news.what == "delivered" and name:
        return say("Token for {name} is ready.", name=name)
    words = {
        "delivered": say("A token is ready."),
        "failed": say("A payment failed: nothing was taken, no token was made."),
        "refund_due": say("Money of a sale is due back."),
    }
    return words[news.what]
