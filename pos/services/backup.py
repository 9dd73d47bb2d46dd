"""Back-ups: on demand, every day and after each close, proven by opening them again (docs/backup.md)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.domain.journal import head_message
from pos.domain.permissions import Actor, Permission
from pos.errors import KilotillError, MachineFault, Unavailable, UserError
from pos.models.database_copy import PAUSE_S, CopyStopped, check_database, copy_database, opened
from pos.services.approval import require
from pos.system.backup_file import (
    DATABASE_NAME,
    BackupHead,
    backup_instant,
    backup_name,
    unpack_with_key,
    write_backup,
)
from pos.system.backup_lock import BackupLock, BackupSeal, read_lock, write_lock
from pos.system.clock import Clock
from pos.system.disk import LOW_BYTES, STOP_BYTES, free_bytes, is_other_disk, low_room
from pos.system.files import sync_folder
from pos.system.paths import DataFolder, folder_fault
from pos.system.sealed_file import PassphraseCost
from pos.system.secret_names import TILL_KEY
from pos.system.secrets import SecretStore
from pos.system.vault_file import VAULT_NAME

KEPT_AT_LEAST = 2
_WORK_PREFIX = "backup-work-"
_UNFINISHED_PREFIX = ".kilotill-unfinished-"
_LEFT_BEHIND_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """Where back-ups go, how often one is due, how many of them are kept."""

    folder: Path
    hours: int = 24
    kept: int = 30
    always_seals: bool = False
    """Seal a back-up even where it stays on the till's own disk."""


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A back-up that was opened again and found whole."""

    path: Path
    head: BackupHead
    size_bytes: int
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class LastBackup:
    """The newest back-up as it was last looked for.

    When it was made (None: there is none), and until when it is no trouble that there is no newer one.
    """

    at: datetime | None
    fresh_until: datetime | None


class Backups:
    """Makes back-ups of one till. The lead-off is quick; the work is a `BackupJob` for a lane of its own."""

    def __init__(
        self,
        folder: DataFolder,
        clock: Clock,
        *,
        plan: Callable[[], BackupPlan],
        secrets: SecretStore | None = None,
        free: Callable[[Path], int] = free_bytes,
        pause_s: float = PAUSE_S,
    ) -> None:
        """Back up `folder` as `plan()` says each time; `secrets` sign the head, `free` tells what is left."""
        self._folder = folder
        self._clock = clock
        self._plan = plan
        self._secrets = secrets
        self._free = free
        self._pause_s = pause_s
        self.last_seen: LastBackup | None = None
        """As it was last looked for, None before: the folder may be slow, and the strip does not wait."""

    def make(self, actor: Actor) -> BackupJob:
        """Begin a back-up that a person wants.

        Raises:
            UserError: `permission.denied`; as `begin`.
            MachineFault, Unavailable: as `begin`.
        """
        require(actor, Permission.BACKUP_MAKE)
        return self.begin()

    def begin(self) -> BackupJob:
        """Begin a back-up: every `hours`, and after a close.

        Raises:
            UserError: `backup.passphrase_missing`, it would leave the PC and no passphrase is set.
            Unavailable: `backup.no_folder`, the folder is not there: a stick is out.
            MachineFault: `backup.lock_damaged`, `disk.fault`.
        """
        plan = self._plan()
        self._make_own_folder(plan.folder)
        if not plan.folder.is_dir():
            raise Unavailable(
                "backup.no_folder", f"The back-up folder {plan.folder} is not there: plug the disk in."
            )
        seal = None
        if plan.always_seals or is_other_disk(plan.folder, self._folder.root):
            lock = read_lock(self._folder.root)
            if lock is None:
                raise UserError(
                    "backup.passphrase_missing",
                    "A back-up on another disk is encrypted: set the recovery passphrase first.",
                )
            seal = lock.new_seal()
        ports = _Ports(self._folder, self._free, self._sign, self._pause_s)
        return BackupJob(ports, plan, seal=seal, at=self._clock.now())

    def set_passphrase(self, passphrase: str, cost: PassphraseCost | None = None) -> None:
        """Let `passphrase` (12 characters or more) open the back-ups from now on; older ones keep theirs.

        Raises:
            UserError: `backup.passphrase_short`.
            MachineFault: `disk.full`, `disk.write`.
        """
        write_lock(self._folder.root, BackupLock.make(passphrase, cost))

    def last_made_at(self, till_code: str) -> datetime | None:
        """Return when the newest back-up in the folder was made, None if there is none."""
        plan = self._plan()
        found = list_backups(plan.folder, till_code)
        at = found[-1][0] if found else None
        self.last_seen = LastBackup(at, None if at is None else at + _late_after(plan))
        return at

    def is_due(self, till_code: str) -> bool:
        """Say whether the time for the next back-up has come."""
        last, now = self.last_made_at(till_code), self._clock.now()
        # One from the future is no reason to wait: the clock was set back.
        return last is None or not timedelta() <= now - last < timedelta(hours=self._plan().hours)

    def alarms(self, till_code: str) -> list[KilotillError]:
        """Return what somebody should know: `disk.low`, `backup.overdue`.

        Raises:
            MachineFault: `disk.fault`.
        """
        notices: list[KilotillError | None] = [low_room(self._free(self._folder.root))]
        last, limit = self.last_made_at(till_code), _late_after(self._plan())
        if last is None or self._clock.now() - last > limit:
            when = (
                "There is no back-up"
                if last is None
                else f"The last back-up is from {last:%Y-%m-%d %H:%M} UTC"
            )
            notices.append(
                Unavailable("backup.overdue", f"{when}. Look at the back-up folder and make one now.")
            )
        return [notice for notice in notices if notice is not None]

    def _make_own_folder(self, folder: Path) -> None:
        # Only our own: a folder made where a stick should be would fill the till's disk and save nothing.
        if folder == self._folder.backups:
            folder.mkdir(mode=0o700, exist_ok=True)

    def _sign(self, message: bytes) -> str:
        key = None if self._secrets is None else self._secrets.get(TILL_KEY)
        return "" if key is None else Ed25519PrivateKey.from_private_bytes(key.reveal()).sign(message).hex()


@dataclass(frozen=True, slots=True)
class _Ports:
    """What a job needs of its maker."""

    folder: DataFolder
    free: Callable[[Path], int]
    sign: Callable[[bytes], str]
    pause_s: float


class BackupJob:
    """One back-up under way: copy, pack, read back, open, put in place, take old ones away."""

    def __init__(self, ports: _Ports, plan: BackupPlan, *, seal: BackupSeal | None, at: datetime) -> None:
        """Nothing is done before the first `step`."""
        self._ports = ports
        self._plan = plan
        self._seal = seal
        self._at = at
        # Of this job alone: a person's back-up may run beside the till's own.
        self._mark = token_hex(4)
        self._work_folder = ports.folder.root / f"{_WORK_PREFIX}{self._mark}"
        self._is_cancelled = False
        self._steps = self._work()
        self.made: BackupMade | None = None

    def step(self) -> bool:
        """Do the next piece of work; False once `made` is there, or the job was cancelled.

        Raises:
            MachineFault: `backup.no_room`, `backup.damaged`, `disk.*`; nothing half-made is left behind.
        """
        if self._is_cancelled:
            self._steps.close()
            return False
        try:
            return next(self._steps, self) is not self
        except OSError as error:
            raise folder_fault(self._plan.folder, error) from error

    def run(self) -> BackupMade | None:
        """Do all steps; None if somebody cancelled meanwhile. Raises as `step`."""
        while self.step():
            pass
        return self.made

    def cancel(self) -> None:
        """Give up at the next step; may be called from another thread."""
        self._is_cancelled = True

    def _work(self) -> Generator[None]:
        self._take_away_left_behind()
        self._work_folder.mkdir(mode=0o700)
        unfinished = self._plan.folder / f"{_UNFINISHED_PREFIX}{self._mark}"
        try:
            yield from self._copy()
            head = self._head(self._work_folder / DATABASE_NAME)
            _take_away_old(self._plan, head.till_code, wanted=self._copy_bytes(), free=self._ports.free)
            yield from write_backup(unfinished, head, folder=self._work_folder, seal=self._seal)
            yield from self._read_back(unfinished, head)
            self.made = self._put_in_place(unfinished, head)
            _take_away_old(self._plan, head.till_code, wanted=0, free=self._ports.free)
        except CopyStopped:
            return
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            shutil.rmtree(self._work_folder, ignore_errors=True)

    def _take_away_left_behind(self) -> None:
        """Delete what a power cut left of earlier jobs; a job that still runs is younger than a day."""
        for folder, prefix in (
            (self._ports.folder.root, _WORK_PREFIX),
            (self._plan.folder, _UNFINISHED_PREFIX),
        ):
            for path in folder.glob(f"{prefix}*"):
                if self._at.timestamp() - path.stat().st_mtime < _LEFT_BEHIND_S:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def _copy(self) -> Iterator[None]:
        database, folder = self._ports.folder.database, self._ports.folder.root
        if self._ports.free(folder) < database.stat().st_size + STOP_BYTES:
            raise _no_room(folder)
        copy_database(
            database,
            self._work_folder / DATABASE_NAME,
            pause_s=self._ports.pause_s,
            goes_on=lambda: not self._is_cancelled,
        )
        yield
        for name in (VAULT_NAME, "backup.lock"):
            if (folder / name).exists():
                shutil.copyfile(folder / name, self._work_folder / name)

    def _copy_bytes(self) -> int:
        return sum(file.stat().st_size for file in self._work_folder.iterdir())

    def _head(self, copy: Path) -> BackupHead:
        head = read_copied_head(copy, at=self._at)
        message = head_message(
            at=head.at, line_hash_hex=head.head_hash, seq=head.head_seq, till=UUID(head.till)
        )
        return replace(head, signature=self._ports.sign(message))

    def _read_back(self, written: Path, head: BackupHead) -> Iterator[None]:
        """Prove the file by doing what a restore would do with it."""
        shutil.rmtree(self._work_folder)
        self._work_folder.mkdir(mode=0o700)
        yield from unpack_with_key(
            written, self._work_folder, key=None if self._seal is None else self._seal.key
        )
        copy = self._work_folder / DATABASE_NAME
        check_database(copy)
        yield
        if replace(read_copied_head(copy, at=head.at), signature=head.signature) != head:
            raise MachineFault("backup.damaged", "The new back-up does not hold what was put in: try again.")

    def _put_in_place(self, written: Path, head: BackupHead) -> BackupMade:
        at = head.at
        while (path := self._plan.folder / backup_name(head.till_code, at)).exists():
            at += timedelta(seconds=1)
        written.replace(path)
        sync_folder(path.parent)
        return BackupMade(path, head, path.stat().st_size, is_sealed=self._seal is not None)


def _late_after(plan: BackupPlan) -> timedelta:
    return timedelta(hours=2 * plan.hours)


def list_backups(folder: Path, till_code: str) -> list[tuple[datetime, Path]]:
    """Return the back-ups of a till in a folder with their instants, oldest first."""
    if not folder.is_dir():
        return []
    dated = [(backup_instant(path.name, till_code), path) for path in folder.iterdir()]
    return sorted((at, path) for at, path in dated if at is not None)


def read_copied_head(copy: Path, *, at: datetime) -> BackupHead:
    """Return where the book of a copied database stands; `at` is when it was copied.

    Raises:
        MachineFault: `disk.*`.
    """
    with opened(copy) as connection:
        row = connection.execute(
            "SELECT number, till_id, till.code, head_seq, head_hash FROM book JOIN till ON till.id = till_id"
        ).fetchone()
        (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise MachineFault("backup.no_till", "No till is set up here yet: there is nothing to back up.")
    return BackupHead(
        at=at,
        app=version("kilotill"),
        schema=schema,
        till=str(UUID(bytes=row[1])),
        till_code=row[2],
        book=row[0],
        head_seq=row[3],
        head_hash=row[4].hex(),
    )


def _take_away_old(plan: BackupPlan, till_code: str, *, wanted: int, free: Callable[[Path], int]) -> None:
    """Delete the oldest back-ups of this till beyond the number kept, or where room is short.

    `wanted` is what a new one may take at most. The newest two stay in any case; those of other tills, and of
    this till's former books, are never touched.
    """
    found = [path for _, path in list_backups(plan.folder, till_code)]
    room = STOP_BYTES + wanted if wanted else LOW_BYTES
    while len(found) > KEPT_AT_LEAST and (len(found) > plan.kept or free(plan.folder) < room):
        found.pop(0).unlink()
    if wanted and free(plan.folder) < room:
        raise _no_room(plan.folder)


def _no_room(folder: Path) -> MachineFault:
    return MachineFault("backup.no_room", f"There is no room for a back-up in {folder}: make room.")
