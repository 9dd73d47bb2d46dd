"""A shell without a window: it writes down what screens ask of it, and gives approvals when told to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from pos.services.approval import Approval
from pos.ui.context import ApprovalAsk
from pos.ui.sync_runner import SyncRunner
from tests.fakes.tasks import InlineTasks


@dataclass
class FakeShell:
    went: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    asks: list[ApprovalAsk] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)
    shown_to_customer: list[tuple[str, str, str]] = field(default_factory=list)
    refreshed: int = 0
    signed_out: int = 0
    changed: int = 0
    payments_looked: int = 0
    syncing: SyncRunner = field(
        default_factory=lambda: SyncRunner(
            lambda: None,
            InlineTasks(),
            is_enrolled=lambda: False,
            now=lambda: datetime.now(UTC),
            today=lambda: "2026-11-20",
        )
    )

    def go(self, place: str, **where: object) -> None:
        self.went.append((place, where))

    def toast(self, text: str, *, light: str = "ok", cap: str = "") -> None:
        self.toasts.append(text)

    def ask_approval(self, ask: ApprovalAsk) -> None:
        self.asks.append(ask)

    def give(self, approval: Approval) -> None:
        """Answer the last question with an approval."""
        self.asks.pop().on_given(approval)

    def show_error(self, error: BaseException) -> None:
        self.errors.append(error)

    def refresh_status(self) -> None:
        self.refreshed += 1

    def sign_out(self) -> None:
        self.signed_out += 1

    def settings_changed(self) -> None:
        self.changed += 1

    def payments_changed(self) -> None:
        self.payments_looked += 1

    def deliver_paid(self) -> None:
        self.payments_looked += 1

    def customer_display(self, amount: str, detail: str = "", token: str = "", *, qr: str = "") -> None:
        self.shown_to_customer.append((amount, detail, token))
