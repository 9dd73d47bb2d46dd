"""One cycle with the server: push, proposals, pull, books, envelope; and when the next one is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pos.contracts.till_session import TokenAnswer
from pos.domain.envelope import EnvelopeError
from pos.errors import KilotillError, Rejected, Unavailable, code_of, text_of
from pos.models.ledger_book import Book
from pos.models.office import replaced_book
from pos.models.office_link import change_link, keys_text, raise_trusted
from pos.models.uow import Units
from pos.sync.books import Books
from pos.sync.client import Login, ServerClient, ServerRefusal
from pos.sync.envelope import EnvelopeRenewal
from pos.sync.former_lines import FormerLines
from pos.sync.proposals import Proposals
from pos.sync.pull import Pull, Pulled, PullProgress
from pos.sync.push import FormerBook, LinesOf, OpenBook, Push
from pos.sync.register import Register
from pos.sync.resources.base import Mapping, SealPin
from pos.sync.schedule import Schedule
from pos.sync.state import OFF_TOLERANCE, OfficeClock, OfficeState, TillsSeen
from pos.sync.stops import ForkedError
from pos.sync.transport import Transport
from pos.system.clock import Clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """How far a cycle is. `step`: push, pull, books, envelope; `of` is 0 where it cannot be told."""

    step: str
    what: str = ""
    done: int = 0
    of: int = 0


@dataclass(slots=True)
class SyncReport:
    """What one cycle did."""

    scope: str = "till"
    pushed: int = 0
    flagged: int = 0
    repeated: int = 0
    """Lines the server had already: sent twice, counted once."""
    pulled: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, list[str]] = field(default_factory=dict)
    proposals_decided: int = 0
    proposed: int = 0
    """Rows of this till's own register that head office does not know: they go up in the next cycle."""
    days_compared: int = 0
    red_days: tuple[str, ...] = ()
    envelope_sequence: int | None = None
    is_cancelled: bool = False

    @property
    def changed(self) -> frozenset[str]:
        """The resources of which rows came."""
        return frozenset(name for name, rows in self.pulled.items() if rows)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What a cycle works with."""

    units: Units
    book: Book
    clock: Clock
    """The machine's own clock."""
    office_clock: OfficeClock
    state: OfficeState
    sign: Callable[[bytes], bytes]
    seal_pin: SealPin
    mappings: Sequence[Mapping[Any]]
    pause: Callable[[float], None]


class SyncEngine:
    """Runs cycles, one at a time, on whatever thread calls."""

    def __init__(
        self, parts: EngineParts, transport: Transport, schedule: Schedule, *, till_id: UUID
    ) -> None:
        self._parts = parts
        self._schedule = schedule
        self._till_id = till_id
        self._turn = threading.Lock()
        self._transport = transport
        self.client = ServerClient(transport, parts.clock, till_id=till_id, sign=parts.sign)
        units = parts.units
        self._push = Push(units, self.client, parts.office_clock, sign=parts.sign)
        self._pull = Pull(
            units,
            self.client,
            parts.office_clock,
            book=parts.book,
            seal_pin=parts.seal_pin,
            mappings=parts.mappings,
            pause=parts.pause,
        )
        self._proposals = Proposals(units, self.client, parts.office_clock)
        self._register = Register(units, parts.book, parts.office_clock, pause=parts.pause)
        self._books = Books(units, self.client, parts.office_clock)
        self._envelope = EnvelopeRenewal(units, self.client, parts.book)
        self._former = FormerLines(units, self.client)
        self._heard_of: Login | None = None

    def run_once(
        self,
        progress: Callable[[SyncProgress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> SyncReport:
        """Do one cycle. What was done before trouble stays done; the next cycle goes on there.

        Raises:
            Unavailable: `sync.*`, tried again after `next_delay`. Rejected: the server's no.
            MachineFault: `sync.fork`, `disk.*`. All are written down for the status before. So is a mistake
            of ours, which is raised once the parts after it had their turn.
        """
        with self._turn:
            report = SyncReport()
            try:
                self._cycle(report, progress, is_cancelled)
            except Exception as error:
                self._note_failure(error)
                raise
            self._note_success(report)
            return report

    def next_delay(self) -> float:
        """Return the seconds to wait before the next cycle."""
        return self._schedule.next_delay()

    def _cycle(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._refuse_fork()
        try:
            self._talk(report, progress, is_cancelled)
        except ServerRefusal as refusal:
            if refusal.status != 403 or report.scope == "drain":
                raise
            # The till was revoked in the middle of a session: a new one says so, and may still drain.
            self.client.log_out()
            if self.client.log_in().scope != "drain":
                raise
            self._talk(report, progress, is_cancelled)

    def _talk(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        login = self.client.log_in()
        report.scope = login.scope
        self._note_login(login.answer, login.scope)
        if login is not self._heard_of and login.answer.head_seq is not None:
            self._push.hear_head(OpenBook(self._till_id), login.answer.head_seq)
        self._heard_of = login
        if login.scope != "drain":
            self._fetch_former()
        self._push_all(report, progress, is_cancelled)
        if report.pushed:
            # A log-in amid the push did not count what followed; the push itself says where the server is.
            self._heard_of = self.client.log_in()
        if login.scope == "drain":
            return
        mistakes: list[Exception] = []
        for step in (self._take_rows, self._compare, self._renew):
            if is_cancelled():
                break
            try:
                step(report, progress, is_cancelled)
            except KilotillError:
                raise
            except Exception as error:
                # A row that we cannot read must not keep the till from its next envelope, cycle after cycle.
                log.exception("a part of the sync failed")
                mistakes.append(error)
        report.is_cancelled = is_cancelled()
        if mistakes:
            raise mistakes[0]

    def _refuse_fork(self) -> None:
        link = self._parts.state.link
        if link is not None and link.state == "forked":
            self._parts.state.require_allowed()

    def _fetch_former(self) -> None:
        """Go on with what an enrolment in the place of another till began, should it have been broken off."""
        with self._parts.units.read() as connection:
            behind = connection.execute(
                replaced_book.select()
                .where(replaced_book.c.restored_seq < replaced_book.c.server_seq)
                .with_only_columns(replaced_book.c.till_id)
            ).scalar()
        if behind is not None:
            self._former.run(behind)

    def _push_all(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        with self._parts.units.read() as connection:
            former = connection.execute(
                replaced_book.select()
                .where(replaced_book.c.level_seq < replaced_book.c.restored_seq)
                .with_only_columns(replaced_book.c.till_id)
            ).scalars()
            books: list[LinesOf] = [*(FormerBook(one) for one in former), OpenBook(self._till_id)]
        for book in books:
            pushed = self._push.run(
                book,
                progress=lambda done, of: progress(SyncProgress("push", "", done, of)),
                is_cancelled=is_cancelled,
            )
            report.pushed += pushed.lines
            report.flagged += pushed.flagged
            report.repeated += pushed.repeated
            if pushed.kept:
                report.troubles["push"] = [
                    f"{pushed.kept} records of the till before this one stay here: head office has others in "
                    "their place, a copy of that till sold too. Enter their sales from the papers."
                ]

    def _take_rows(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        report.proposals_decided = self._proposals.run(is_cancelled=is_cancelled)

        def tell(pull: PullProgress) -> None:
            progress(SyncProgress("pull", pull.resource, pull.rows))

        pulled: Pulled = self._pull.run(progress=tell, is_cancelled=is_cancelled)
        report.pulled = pulled.rows
        report.troubles |= pulled.troubles
        report.proposed = self._register.run(is_cancelled=is_cancelled)

    def _compare(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        progress(SyncProgress("books"))
        compared = self._books.run(is_cancelled=is_cancelled)
        report.days_compared, report.red_days = compared.days, compared.red

    def _renew(
        self,
        report: SyncReport,
        progress: Callable[[SyncProgress], None],
        _is_cancelled: Callable[[], bool],
    ) -> None:
        progress(SyncProgress("envelope"))
        try:
            report.envelope_sequence = self._envelope.run()
        except EnvelopeError as error:
            # The one in force stays; sales go on inside it.
            report.troubles["envelope"] = [f"{error.text} [{error.code}]"]
            if error.code == "envelope.signature":
                # Its keys may have changed since this session began: the next log-in brings them.
                self.client.log_out()

    def _note_login(self, answer: TokenAnswer, scope: str) -> None:
        """Keep what the server says of itself: its clock, its keys, and whether this till may still sell."""
        parts, heard = self._parts, self.client.server_time
        assert heard is not None, "a log-in hears the server's time"
        parts.state.heard(heard)
        tills = answer.tills
        parts.state.saw_tills(None if tills is None else TillsSeen(tills.seen, tills.enrolled))
        offset = parts.state.clock_offset() or timedelta(0)
        link = parts.state.link
        values: dict[str, Any] = {
            "clock_offset_ms": offset // timedelta(milliseconds=1),
            "clock_checked_at": parts.clock.now(),
            "min_app": answer.min_app,
        }
        if link is None or link.state != "forked":
            values |= {"state": "revoked" if scope == "drain" else "enrolled"}
        if answer.server_keys:
            values["server_keys"] = keys_text([key.model_dump() for key in answer.server_keys])
        keeps = link is not None and link.keeps_server_clock
        with parts.units.write() as unit:
            change_link(unit.connection, **values)
            if keeps or abs(offset) <= OFF_TOLERANCE:
                raise_trusted(unit.connection, heard.now(parts.clock))
        if keeps:
            parts.office_clock.keep(offset)
        parts.state.reload()

    def _note_failure(self, error: Exception) -> None:
        parts = self._parts
        self._schedule.failed(error.retry_at if isinstance(error, Unavailable) else None)
        if isinstance(error, Unavailable):
            parts.state.failed()
        if isinstance(error, ServerRefusal) and error.status in (401, 403):
            self.client.log_out()
        code = code_of(error)
        log.info("sync stopped: %s", code)
        if isinstance(error, (Unavailable, Rejected, ForkedError)) or code.startswith(("sync.", "program.")):
            with parts.units.write() as unit:
                change_link(
                    unit.connection,
                    failed_at=parts.office_clock.now(),
                    failed_code=code,
                    failed_text=text_of(error),
                )
        parts.state.reload()

    def _note_success(self, report: SyncReport) -> None:
        parts = self._parts
        self._schedule.succeeded()
        if report.is_cancelled:
            return
        with parts.units.write() as unit:
            change_link(
                unit.connection,
                synced_at=parts.office_clock.now(),
                failed_at=None,
                failed_code=None,
                failed_text=None,
            )
        parts.state.synced()
        parts.state.reload()
