"""Messages to customers: the mail server's password, and what became of the newest ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from pos.services.outbox import OutboxRow
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState

SHOWN = 20


@dataclass(frozen=True, slots=True)
class MessagesState(SectionState):
    """The newest messages, and the password that is typed."""

    rows: tuple[OutboxRow, ...] = ()
    password: str = field(default="", repr=False)


class MessagesSection(Section[MessagesState]):
    """Decides about the page."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, MessagesState())

    def open(self) -> None:
        """Read the newest messages."""
        outbox = self.context.desk.payments.outbox
        self.submit(
            Lane.READ, lambda: tuple(outbox.latest(SHOWN)), lambda rows: self.set(rows=rows), is_shown=False
        )

    def close(self) -> None:
        """Forget what was typed."""
        if self.state.password:
            self.set(password="")

    def save(self) -> None:
        """Keep the password of the mail server."""
        password = self.state.password
        if not password:
            self.set(wrong={"password": self.say("This must be filled.")})
            return
        payments, actor = self.context.desk.payments, self.context.actor

        def saved(_: None) -> None:
            self.set(password="", done=self.say("The password is kept."))

        self.submit(Lane.SALE, lambda: payments.set_mail_password(actor, password), saved, field="password")
