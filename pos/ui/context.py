"""What a presenter is given: services, task runner, words, who is signed in, and the shell. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from pos.domain.permissions import Actor, Permission, holds, may_be_given
from pos.errors import ApprovalNeeded
from pos.i18n.wording import Wording
from pos.services.approval import Approval
from pos.ui.desk import Desk
from pos.ui.lanes import Lane, Tasks
from pos.ui.refusal_words import plain_sentence
from pos.ui.sync_runner import SyncRunner

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApprovalAsk:
    """A question to a supervisor: may this one act be done? `facts` say in one line what it is."""

    permission: Permission
    subject: str | None
    facts: str
    on_given: Callable[[Approval], None]
    on_refused: Callable[[], None] = field(default=lambda: None)


class Shell(Protocol):
    """The window around the screens, as presenters see it."""

    def go(self, place: str, **where: object) -> None:
        """Show another screen; `where` says what of it, such as `meter="04…"`."""
        ...

    def toast(self, text: str, *, light: str = "ok", cap: str = "") -> None:
        """Say something in passing; the focus stays."""
        ...

    def ask_approval(self, ask: ApprovalAsk) -> None:
        """Ask for a supervisor's PIN in place."""
        ...

    def show_error(self, error: BaseException) -> None:
        """Show a refusal or a fault the way its kind wants."""
        ...

    def refresh_status(self) -> None:
        """Read the status strip anew soon: something happened."""
        ...

    def sign_out(self) -> None:
        """End the session and show the sign-in screen."""
        ...

    def settings_changed(self) -> None:
        """Take changed settings into account: language, look, keys."""
        ...

    @property
    def syncing(self) -> SyncRunner:
        """The talk with head office that goes on beside the window."""
        ...

    def customer_display(self, amount: str, detail: str = "", token: str = "", *, qr: str = "") -> None:
        """Show the customer what there is to pay, to get back, the token, a link as QR code."""
        ...

    def payments_changed(self) -> None:
        """Look at once whether something is due at a provider, and count anew what is ready."""
        ...

    def deliver_paid(self) -> None:
        """Deliver what is paid and waited: a shift is open now, or the vault."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a presenter works with."""

    desk: Desk
    tasks: Tasks
    wording: Wording
    actor: Actor
    shell: Shell
    memory: dict[str, object] = field(default_factory=dict)
    """What a person was typing, by screen; a screen that is made anew in another size or theme goes on."""

    def say(self, source: str, /, **values: object) -> str:
        """Translate a text of the screen."""
        return self.wording.say(source, **values)

    def may(self, permission: Permission) -> bool:
        """Say whether the person may do an act without anybody's help."""
        return holds(self.actor.role, permission)

    def may_ask(self, permission: Permission) -> bool:
        """Say whether the person may do an act, if need be with a supervisor's PIN."""
        return holds(self.actor.role, permission) or may_be_given(self.actor.role, permission)

    def attempt(
        self,
        lane: Lane,
        work: Callable[[Approval | None], T],
        *,
        on_ok: Callable[[T], None],
        on_error: Callable[[BaseException], None] | None = None,
        subject: str | None = None,
        facts: str = "",
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Do an act; where it needs somebody's approval, ask for a PIN in place and do it again with it."""
        failed = on_error or self.shell.show_error

        def run(approval: Approval | None) -> None:
            self.tasks.submit(lane, lambda: work(approval), on_ok=on_ok, on_error=refused)

        def refused(error: BaseException) -> None:
            if not isinstance(error, ApprovalNeeded):
                failed(error)
                return
            ask = ApprovalAsk(
                Permission(error.permission),
                subject,
                facts or plain_sentence(error, self.wording),
                run,
                on_refused,
            )
            self.shell.ask_approval(ask)

        run(None)
