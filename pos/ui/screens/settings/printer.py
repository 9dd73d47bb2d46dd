"""The receipt printer: its address in parts, a test page, what it says, and the papers in line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pos import config
from pos.errors import KilotillError, Unavailable
from pos.services.print_spool import Decision, JobState, PrintJob
from pos.services.printer_check import PrinterStatus, TestPage
from pos.ui.context import Context
from pos.ui.lanes import Lane
from pos.ui.screens.settings.form import Form
from pos.ui.screens.settings.section import Section, SectionState, sentence

T = TypeVar("T")

PARTS = {
    "": (),
    "network": ("host", "port"),
    "usb": ("vendor", "product"),
    "serial": ("device", "speed"),
    "windows": ("queue",),
    "file": ("path",),
    "dummy": (),
}
"""The kinds of address and the parts each has; the second part may be left out, but for USB."""

_HEX_LENGTH = 4


@dataclass(frozen=True, slots=True)
class PrinterLine:
    """One line of what the printer says: words, a light, a value."""

    name: str
    light: str
    value: str


@dataclass(frozen=True, slots=True)
class Job:
    """One paper in line. `asks` if a person must say what became of it."""

    key: int
    text: str
    state: str
    tone: str
    asks: bool
    waits: bool


@dataclass(frozen=True, slots=True)
class PrinterState(SectionState):
    """The page: kind and parts of the address, the state in a word, the preview, the papers."""

    kind: str = ""
    first: str = ""
    second: str = ""
    word: str = ""
    tone: str = "neutral"
    preview: str = ""
    lines: tuple[PrinterLine, ...] = ()
    jobs: tuple[Job, ...] = ()
    is_read: bool = False


class PrinterSection(Section[PrinterState]):
    """Decides about the printer page."""

    def __init__(self, context: Context, form: Form) -> None:
        super().__init__(context, PrinterState())
        self._form = form

    def open(self) -> None:
        """Read address and papers, and ask the printer."""
        desk = self.context.desk
        self.context.tasks.submit(
            Lane.READ,
            lambda: desk.settings.values()[config.PRINTER],
            on_ok=self._got_address,
            on_error=self.context.shell.show_error,
        )
        self._read_jobs()

    def choose_kind(self, kind: str) -> None:
        """Choose how the printer is connected."""
        self.set(kind=kind, first="", second="", wrong={})
        if not PARTS[kind]:
            self._store(f"{kind}:" if kind else "")

    def set_part(self, name: str, text: str) -> None:
        """Take a part of the address; store it once it is whole."""
        if getattr(self.state, name) == text.strip() and not self.state.wrong:
            return
        self.set(**{name: text.strip()}, wrong={})
        address = self._address()
        if address:
            self._store(address)

    def test(self) -> None:
        """Print a test page by the way of every receipt."""
        if not self.state.kind:
            self.set(wrong={"kind": self.say("Choose a printer first.")})
            return
        check, actor, page = self.context.desk.printer_check, self.context.actor, self._page()
        self._ask(lambda: check.print_test_page(actor, page), self._tested)

    def open_drawer(self) -> None:
        """Open the drawer; the journal says so."""
        if not self.state.kind:
            self.set(wrong={"kind": self.say("Choose a printer first.")})
            return
        check, actor = self.context.desk.printer_check, self.context.actor

        def done(_: None) -> None:
            self.set(done=self.say("Drawer opened. It is in the journal."))

        self._ask(lambda: check.open_drawer(actor, reason="drawer test"), done)

    def decide(self, key: int, decision: Decision) -> None:
        """Say what became of a paper nobody knows about."""
        spool = self.context.desk.spool
        self.submit(Lane.SALE, lambda: spool.decide(key, decision), self._decided)

    def print_waiting(self) -> None:
        """Print the papers that wait, one after the other."""
        spool = self.context.desk.spool

        def print_all() -> None:
            while spool.print_next() is not None:
                pass

        self._ask(print_all, lambda _: self._read_jobs())

    def _ask(self, work: Callable[[], T], on_ok: Callable[[T], None]) -> None:
        def failed(error: BaseException) -> None:
            self.set(is_busy=False)
            self._read_jobs()
            if isinstance(error, KilotillError):
                self._say_trouble(error)
            else:
                self.context.shell.show_error(error)

        def ok(result: T) -> None:
            self.set(is_busy=False)
            on_ok(result)

        self.set(is_busy=True, wrong={}, done="")
        self.context.tasks.submit(Lane.DEVICE, work, on_ok=ok, on_error=failed)

    def _tested(self, status: PrinterStatus) -> None:
        at = self.context.wording.time(self.context.desk.clock.now())
        self._got_status(status)
        self.set(done=self.say("Tested {time}, good", time=at))
        self.context.shell.refresh_status()

    def _say_trouble(self, error: KilotillError) -> None:
        text = sentence(error, self.context.wording)
        word = self.say("Not ready") if isinstance(error, Unavailable) else self.say("Address not right")
        self.set(word=word, tone="bad", lines=(), wrong={"kind": text})

    def _store(self, address: str) -> None:
        self._form.change(config.PRINTER, address)
        self.set(word="", tone="neutral", lines=(), done="")
        self.context.tasks.submit(
            # Behind the change of the setting, which goes the same way.
            Lane.SALE,
            lambda: None,
            on_ok=lambda _: self._ask_status(),
            on_error=self.context.shell.show_error,
        )

    def _address(self) -> str:
        """Return the whole address, empty while a part is missing or wrong; says which."""
        state = self.state
        wrong = {}
        if not state.first:
            return ""
        if state.kind == "usb":
            wrong = {
                name: self.say("Four digits 0-9 and a-f, as the printer's self-test names them.")
                for name in ("first", "second")
                if getattr(state, name) and not _is_hex(getattr(state, name))
            }
            if not state.second and not wrong:
                return ""
        elif len(PARTS[state.kind]) > 1 and state.second and not state.second.isdecimal():
            wrong = {"second": self.say("A number is wanted, or nothing.")}
        if wrong:
            self.set(wrong=wrong)
            return ""
        return f"{state.kind}:{state.first}" + (f":{state.second}" if state.second else "")

    def _got_address(self, address: str) -> None:
        kind, _, rest = address.partition(":")
        kind = kind if kind in PARTS else ""
        first, second = rest, ""
        if len(PARTS[kind]) > 1:
            before, _, after = rest.rpartition(":")
            if before and (after.isdecimal() or kind == "usb"):
                first, second = before, after
        self.set(kind=kind, first=first if PARTS[kind] else "", second=second, is_read=True)
        self._ask_status()

    def _ask_status(self) -> None:
        check, actor, page = self.context.desk.printer_check, self.context.actor, self._page()
        self.context.tasks.submit(
            Lane.READ,
            lambda: check.preview(page),
            on_ok=lambda text: self.set(preview=text),
            on_error=self.context.shell.show_error,
        )
        if not self.state.kind:
            self.set(word=self.say("No printer set up"), tone="neutral", lines=())
            return

        self.set(word=self.say("Asking"), tone="info", lines=())

        def failed(error: BaseException) -> None:
            if isinstance(error, KilotillError):
                self._say_trouble(error)
            else:
                self.context.shell.show_error(error)

        self.context.tasks.submit(
            Lane.DEVICE, lambda: check.status(actor), on_ok=self._got_status, on_error=failed
        )

    def _got_status(self, status: PrinterStatus) -> None:
        say = self.say
        if not status.is_known:
            silent = PrinterLine(say("Printer"), "off", say("says nothing of itself"))
            self.set(word=say("Taken as ready"), tone="neutral", lines=(silent,))
            return
        paper = ("bad", say("out")) if not status.has_paper else ("ok", say("enough"))
        if status.has_paper and status.is_paper_low:
            paper = ("warn", say("low"))
        cover = ("ok", say("closed")) if status.is_cover_closed else ("bad", say("open"))
        online = ("ok", say("on")) if status.is_online else ("bad", say("not ready"))
        lines = (
            PrinterLine(say("Paper"), *paper),
            PrinterLine(say("Cover"), *cover),
            PrinterLine(say("Printer"), *online),
        )
        is_ready = "bad" not in (paper[0], cover[0], online[0])
        self.set(
            word=say("Ready") if is_ready else say("Not ready"), tone="ok" if is_ready else "bad", lines=lines
        )

    def _decided(self, _: PrintJob) -> None:
        self._read_jobs()
        self.context.shell.refresh_status()

    def _read_jobs(self) -> None:
        spool = self.context.desk.spool

        def got(jobs: tuple[PrintJob, ...]) -> None:
            self.set(jobs=tuple(self._job(job) for job in jobs))

        self.context.tasks.submit(
            Lane.READ, spool.list_open, on_ok=got, on_error=self.context.shell.show_error
        )

    def _job(self, job: PrintJob) -> Job:
        say, at = self.say, self.context.wording.day_time(job.created_at)
        text = say("Paper {number} of {time}", number=job.key, time=at)
        if job.copy:
            text = say("Paper {number} of {time}, copy {copy}", number=job.key, time=at, copy=job.copy)
        words = {
            JobState.WAITING: (say("Waiting"), "info"),
            JobState.SENDING: (say("Printing"), "info"),
            JobState.UNKNOWN: (say("Not known"), "warn"),
            JobState.FAILED: (say("Not printed"), "bad"),
            JobState.PRINTED: (say("Printed"), "ok"),
        }
        word, tone = words[job.state]
        asks = job.state in (JobState.UNKNOWN, JobState.FAILED)
        return Job(job.key, text, word, tone, asks, waits=job.state is JobState.WAITING)

    def _page(self) -> TestPage:
        say, desk = self.say, self.context.desk
        facts = (
            (say("Till"), f"{desk.shop.till_code} · {desk.shop.sales_point}"),
            (say("Way"), self.kind_words().get(self.state.kind, "")),
            (say("Paper"), f"{self._form.state.text(config.PAPER_WIDTH_MM)} mm"),
            (say("Printed"), self.context.wording.day_time(desk.clock.now())),
        )
        return TestPage(say("KILOTILL TEST PAGE"), facts, say("The paper is cut after this line."))

    def kind_words(self) -> dict[str, str]:
        """Return how a printer may be connected, in words."""
        say = self.say
        return {
            "": say("No printer"),
            "network": say("Network"),
            "usb": say("USB"),
            "serial": say("Serial cable"),
            "windows": say("Windows queue"),
            "file": say("File"),
            "dummy": say("None, for practice"),
        }

    def part_words(self) -> tuple[tuple[str, str], ...]:
        """Return label and example of each part of the address that the kind has."""
        say = self.say
        words = {
            "network": ((say("Address"), "192.168.0.50"), (say("Port"), "9100")),
            "usb": ((say("Maker number"), "04b8"), (say("Model number"), "0e28")),
            "serial": ((say("Cable"), "/dev/ttyS0"), (say("Speed"), "9600")),
            "windows": ((say("Name of the queue"), "EPSON TM-T20III"),),
            "file": ((say("Path of the file"), "/tmp/receipts.bin"),),  # noqa: S108 - an example
        }
        return words.get(self.state.kind, ())


def _is_hex(text: str) -> bool:
    return len(text) == _HEX_LENGTH and all(letter in "0123456789abcdef" for letter in text.casefold())
