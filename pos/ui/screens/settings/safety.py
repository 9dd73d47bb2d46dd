"""Back-ups: made now, listed, proven, and restored into another folder."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from pos import config
from pos.domain.permissions import Permission
from pos.services.backup import list_backups
from pos.services.restore import RestoreRequest
from pos.ui.context import Context
from pos.ui.desk import VerifyOutcome
from pos.ui.lanes import Lane
from pos.ui.screens.settings.section import Section, SectionState

_SHOWN = 12


@dataclass(frozen=True, slots=True)
class BackupRow:
    """One back-up in the folder."""

    path: Path
    when: str
    size: str


@dataclass(frozen=True, slots=True)
class SafetyState(SectionState):
    """`steps` counts the pieces of a running back-up; `form` is the restore that is being typed."""

    folder: str = ""
    last: str = ""
    tone: str = "neutral"
    rows: tuple[BackupRow, ...] = ()
    steps: int = -1
    verdict: str = ""
    verdict_tone: str = "neutral"
    is_verifying: bool = False
    is_restoring: bool = False
    backup: str = ""
    mirror: str = ""
    target: str = ""
    last_receipt: str = ""
    report: tuple[str, ...] = ()
    person: str = ""

    def command(self) -> str:
        """Return the restore as somebody types it where there is no window."""
        words = ["kilotill", "--data", self.target or "FOLDER", "restore", self.backup or "FILE"]
        words += ["--administrator", self.person, "--reason", "restore"]
        words += ["--mirror", self.mirror] if self.mirror else []
        words += ["--last-receipt", self.last_receipt] if self.last_receipt else []
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class _Read:
    folder: str
    last: str
    tone: str
    rows: tuple[BackupRow, ...]


class SafetySection(Section[SafetyState]):
    """Decides about the back-up page."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, SafetyState(person=context.actor.name))

    def open(self) -> None:
        """Read the folder."""
        self.submit(Lane.READ, self._read, self._got, is_shown=False)

    def make(self) -> None:
        """Make a back-up now, piece by piece, beside everything else."""
        if self.state.steps >= 0:
            return
        desk, actor, post = self.context.desk, self.context.actor, self.context.tasks.post

        def work() -> _Read:
            job = desk.backups.make(actor)
            steps = 0
            while job.step():
                steps += 1
                if steps % 4 == 0:
                    post(lambda n=steps: self.set(steps=n))  # type: ignore[misc]
            return self._read()

        def ok(read: _Read) -> None:
            self._got(read)
            done = self.say("The back-up is made, opened again and checked.")
            self.set(steps=-1, done=done)
            self.context.shell.toast(done)
            self.context.shell.refresh_status()

        def failed(error: BaseException) -> None:
            self.set(steps=-1)
            self.refuse(error, "make")

        self.set(steps=0, wrong={}, done="")
        self.context.tasks.submit(Lane.BULK, work, on_ok=ok, on_error=failed)

    def set_passphrase(self, phrase: str, again: str) -> None:
        """Let a passphrase open the back-ups from now on."""
        if phrase != again:
            self.set(wrong={"again": self.say("The two are not the same.")})
            return
        desk = self.context.desk

        def ok(_: None) -> None:
            done = self.say("Back-ups open with this passphrase from now on. Write it down.")
            self.set(done=done)
            self.context.shell.toast(done)

        self.submit(Lane.BULK, lambda: desk.backups.set_passphrase(phrase), ok, field="phrase")

    def verify(self) -> None:
        """Prove the books."""
        if self.state.is_verifying:
            return
        say, desk = self.say, self.context.desk

        def ok(report: VerifyOutcome) -> None:
            count = self.context.wording.count(sum(report.checked.values()))
            if report.is_clean:
                text, tone = say("The books are right. Lines and rows looked at: {n}", n=count), "ok"
            else:
                text = say("Something is wrong in the books. Stop selling and send the support bundle.")
                tone = "bad"
            self.set(is_verifying=False, verdict=text, verdict_tone=tone)

        def failed(error: BaseException) -> None:
            self.set(is_verifying=False)
            self.context.shell.show_error(error)

        self.set(is_verifying=True, verdict="")
        self.context.tasks.submit(Lane.REPORT, desk.verify_books, on_ok=ok, on_error=failed)

    def begin_restore(self, path: Path | None = None) -> None:
        """Show how a restore goes, and its form."""
        backup = str(path or (self.state.rows[0].path if self.state.rows else ""))
        self.set(is_restoring=True, backup=backup, mirror=self._mirror_beside(backup), report=(), wrong={})

    def end_restore(self) -> bool:
        """Go back to the back-ups; False if no restore is shown."""
        if not self.state.is_restoring:
            return False
        self.set(is_restoring=False, report=(), wrong={})
        return True

    def choose_backup(self, path: str) -> None:
        """Take another back-up, and the mirror that lies beside it."""
        self.set(backup=path, mirror=self._mirror_beside(path), wrong={})

    def restore(self, passphrase: str) -> None:
        """Restore into the empty folder that was chosen; this till is not touched."""
        state, desk, say = self.state, self.context.desk, self.say
        wrong = {}
        if not state.backup or not Path(state.backup).is_file():
            wrong["backup"] = say("Choose a back-up file.")
        if not state.target.strip():
            wrong["target"] = say("Choose an empty folder.")
        if state.mirror and not Path(state.mirror).is_file():
            wrong["mirror"] = say("There is no such file.")
        if wrong:
            self.set(wrong=wrong)
            return
        request = RestoreRequest(
            backup=Path(state.backup),
            administrator=self.context.actor.name,
            reason="restore from the settings screen",
            mirror=Path(state.mirror) if state.mirror else None,
            passphrase=passphrase or None,
            last_receipt=state.last_receipt.strip() or None,
        )
        target = Path(state.target.strip())

        def work() -> list[str]:
            return desk.restore_elsewhere(target, request).sentences()

        def ok(sentences: list[str]) -> None:
            self.set(report=(*sentences, say("Open it with: kilotill --data {folder}", folder=target)))

        self.submit(Lane.BULK, work, ok, field="restore")

    def refuse(self, error: BaseException, field: str) -> None:
        """Show a refusal at the field it is about."""
        places = {
            "restore.not_empty": "target",
            "restore.other_mirror": "mirror",
            "backup.passphrase": "passphrase",
            "backup.passphrase_missing": "passphrase" if field == "restore" else "phrase",
            "backup.passphrase_short": "phrase",
            "sale.receipt_number": "last_receipt",
            "restore.other_till": "last_receipt",
            "data.not_a_folder": "target",
        }
        super().refuse(error, places.get(str(getattr(error, "code", "")), field))

    @property
    def can_restore(self) -> bool:
        """Whether this person may restore."""
        return self.context.may(Permission.BACKUP_RESTORE)

    def _mirror_beside(self, backup: str) -> str:
        if not backup or not Path(backup).is_file():
            return ""
        # The newest of the till's mirrors in the folder: one file per book (docs/backup.md §4).
        till = Path(backup).name.rsplit("-", 1)[0]
        found = sorted(Path(backup).parent.glob(f"{till}-*.ndjson"), key=lambda path: path.stat().st_mtime)
        return str(found[-1]) if found else ""

    def _read(self) -> _Read:
        desk, wording, say = self.context.desk, self.context.wording, self.say
        code = desk.shop.till_code
        chosen = desk.settings.values()[config.BACKUP_FOLDER]
        folder = desk.backup_folder()
        found = list_backups(folder, code)
        rows = tuple(
            BackupRow(
                path, wording.day_time(at), say("{n} kB", n=wording.count(-(-path.stat().st_size // 1024)))
            )
            for at, path in reversed(found[-_SHOWN:])
        )
        last = desk.backups.last_made_at(code)
        if last is None:
            return _Read(str(folder), say("No back-up yet"), "warn", rows)
        is_due = desk.backups.is_due(code)
        where = say("on this disk") if not chosen else say("in the folder you chose")
        text = say("{time}, {place}", time=wording.day_time(last), place=where)
        return _Read(str(folder), text, "warn" if is_due or not chosen else "ok", rows)

    def _got(self, read: _Read) -> None:
        self.set(folder=read.folder, last=read.last, tone=read.tone, rows=read.rows)
