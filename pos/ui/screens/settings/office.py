"""Head office: enrolling this till, also in place of a lost one, and whose clock it goes by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pos.domain.permissions import Permission
from pos.errors import KilotillError, MachineFault
from pos.services.enrol_values import Enrolled, EnrolWish
from pos.services.office_facts import OfficeFacts
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState, sentence
from pos.ui.sync_runner import SyncState

_FIELDS = {
    "sync.url": "url",
    "enrol.code_form": "code",
    "enrol.code": "code",
    "enrol.tries": "code",
    "enrol.replace_wanted": "replaces",
    "enrol.nothing_replaced": "replaces",
    "enrol.replaces_unknown": "replaces",
}
CLOCK_LATE_MS = 30 * 60_000
"""From this difference on no token is made until the clock is right (docs/formats.md §8)."""


@dataclass(frozen=True, slots=True)
class OfficeState(SectionState):
    """What is known, what is typed, how far the lines of a replaced till are, and how the enrolment ended."""

    facts: OfficeFacts | None = None
    url: str = ""
    code: str = ""
    replaces: bool = False
    fetched: int = 0
    reason: str = ""
    enrolled: Enrolled | None = None
    is_talking: bool = False
    trouble: str = ""

    @property
    def is_clock_off(self) -> bool:
        """Whether this computer's clock is too far from head office's."""
        offset = None if self.facts is None else self.facts.standing.clock_offset_ms
        return offset is not None and abs(offset) > CLOCK_LATE_MS


class OfficeSection(Section[OfficeState]):
    """Decides about the page. The PIN is asked for again and kept nowhere."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, OfficeState())
        self._unwatch: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Read how the till stands, and follow the talk with head office."""
        self.close()
        self._unwatch = self.context.shell.syncing.watch(self._synced)
        self._read()

    def close(self) -> None:
        """Follow no longer."""
        self._unwatch()
        self._unwatch = lambda: None

    def _synced(self, sync: SyncState) -> None:
        was_talking = self.state.is_talking
        error = sync.error if isinstance(sync.error, KilotillError) else None
        trouble = "" if error is None or sync.is_running else sentence(error, self.context.wording)
        if (sync.is_running, trouble) != (was_talking, self.state.trouble):
            self.set(is_talking=sync.is_running, trouble=trouble)
        if was_talking and not sync.is_running:
            self._read()

    def _read(self) -> None:
        reader, actor = self.context.desk.office_facts, self.context.actor
        self.submit(Lane.READ, lambda: reader.read(actor), self._got, is_shown=False)

    def enrol(self, pin: str) -> None:
        """Enrol with what is typed; `pin` is the administrator's own."""
        state, desk, actor = self.state, self.context.desk, self.context.actor
        wrong = {}
        if not state.url.strip():
            wrong["url"] = self.say("Type the address of head office.")
        if not state.code.strip():
            wrong["code"] = self.say("Type the code from head office.")
        if not pin:
            wrong["pin"] = self.say("Type your PIN.")
        if wrong:
            self.set(wrong=wrong)
            return
        wish = EnrolWish(state.url, state.code, state.replaces)
        tasks = self.context.tasks

        def tell(lines: int) -> None:
            tasks.post(lambda: self.set(fetched=lines))

        def work() -> Enrolled:
            desk.approver.approve(Permission.TILL_ENROL, None, approver=actor.id, pin=pin)
            return desk.office.enrol(actor, wish, progress=tell)

        self.set(is_busy=True, wrong={}, done="", fetched=0)
        tasks.submit(Lane.NET, work, on_ok=self._enrolled, on_error=self._refused)

    def keep_clock(self, *, keeps: bool) -> None:
        """Go by head office's clock, or by this computer's again."""
        office, actor, reason = self.context.desk.office, self.context.actor, self.state.reason.strip()
        if not reason:
            self.set(wrong={"reason": self.say("Say why.")})
            return
        change = office.keep_server_clock if keeps else office.go_by_own_clock

        def done(_: None) -> None:
            self.set(reason="", done=self.say("The clock of this till is changed."))
            self.context.shell.refresh_status()
            self._read()

        self.submit(Lane.SALE, lambda: change(actor, reason=reason), done, field="reason")

    def talk_now(self) -> None:
        """Talk to head office at once."""
        self.context.shell.syncing.run_now()

    def _got(self, facts: OfficeFacts) -> None:
        replaces = self.state.replaces or facts.standing.state == "restored"
        self.set(facts=facts, replaces=replaces, url=self.state.url or facts.standing.url)

    def _enrolled(self, enrolled: Enrolled) -> None:
        shell = self.context.shell
        done = self.say("This till is enrolled at {office}.", office=enrolled.organisation)
        self.set(is_busy=False, code="", replaces=False, enrolled=enrolled, done=done)
        shell.toast(done)
        shell.refresh_status()
        # Its rows, its envelope and what this till has of its own go over now.
        shell.syncing.run_now()
        self._read()

    def _refused(self, error: BaseException) -> None:
        self.set(is_busy=False)
        if not isinstance(error, KilotillError) or isinstance(error, MachineFault):
            self.context.shell.show_error(error)
            return
        field = "pin" if error.code.startswith(("pin.", "operator.")) else _FIELDS.get(error.code, "enrol")
        self.set(wrong={field: sentence(error, self.context.wording)})
        self._read()
