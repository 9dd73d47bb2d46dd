"""Restore: a back-up and its mirror become a till again, with a new book (docs/backup.md §5)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.journal import Event, Line
from pos.domain.permissions import Actor, Permission
from pos.domain.receipt_number import code_after_restore, number_of, receipt_number
from pos.errors import UserError
from pos.models.database_copy import opened
from pos.models.db import open_engine
from pos.models.ledger_book import Book, BookHead, read_head
from pos.models.new_book import begin_next_book, first_till_code
from pos.models.places import place_of
from pos.models.queries.people import find_person
from pos.models.replay import Replayed, replay_line
from pos.models.schema import upgrade_private
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.pins import PinSeal
from pos.services.restore_mirror import MirrorReader
from pos.services.restore_report import PROPOSED, MissingReceipts, RestoreReport, ToRepeat
from pos.system.backup_file import DATABASE_NAME, BackupHead, read_backup, unpack_backup
from pos.system.backup_lock import LOCK_NAME
from pos.system.clock import Clock
from pos.system.files import sync_folder
from pos.system.ids import new_id
from pos.system.network_share import refuse_network_share
from pos.system.paths import DataFolder, folder_fault, make_data_folder
from pos.system.secret_names import PII_KEY, TILL_KEY
from pos.system.secrets import SecretStore, get_or_make
from pos.system.vault_file import VAULT_NAME, VaultFile
from pos.tokens.demo import demo_keys
from pos.tokens.secret import Secret

_WORK_NAME = "restoring"
_LINES_PER_UNIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
    """What a person asks for.

    `passphrase` is that of a sealed back-up, `mirror` the one that lay beside it, `last_receipt` the number
    on the last paper: the only witness where there is no mirror. `administrator` is a name in the back-up:
    PINs cannot be checked, because what seals them stays on the old machine.
    """

    backup: Path
    administrator: str
    reason: str
    mirror: Path | None = None
    passphrase: str | None = None
    last_receipt: str | None = None


class OpenSecrets(Protocol):
    """Opens the secrets of the folder, once it is known what the back-up holds."""

    def __call__(self, *, is_pretend: bool) -> SecretStore:
        """Open them; `is_pretend`: the back-up is of a demo or a training book."""
        ...


class Restore:
    """Restores into one empty data folder, whose lock the caller holds."""

    def __init__(self, folder: DataFolder, clock: Clock, open_secrets: OpenSecrets) -> None:
        """Restore into `folder`, whose secrets `open_secrets` gives."""
        self._folder = folder
        self._clock = clock
        self._open_secrets = open_secrets
        self._work = folder.root / _WORK_NAME

    def run(self, request: RestoreRequest) -> RestoreReport:
        """Restore, and begin a new book: new till id, code, key and chain.

        The folder has no database before the very last step: an interrupted restore is simply begun again.

        Raises:
            UserError: `restore.not_empty`, `restore.other_mirror`, `restore.other_till`,
                `restore.administrator`, `backup.passphrase_missing`, `backup.passphrase`,
                `permission.denied`, `till.code`, `sale.receipt_number`.
            MachineFault: `backup.damaged`, `data.newer`, `data.upgrade_failed`, `disk.*`, and those of the
                secrets.
        """
        refuse_network_share(self._folder.root)
        make_data_folder(self._folder)
        self._refuse_used_folder()
        head = read_backup(request.backup).head
        try:
            self._unpack(request)
            units = Units(open_engine(self._work / DATABASE_NAME))
            try:
                is_pretend = _is_demo_or_training(units)
                secrets = self._open_secrets(is_pretend=is_pretend)
                report = _Rebuilding(units, self._clock, secrets, head=head).run(
                    request, has_vault=(self._work / VAULT_NAME).exists()
                )
            finally:
                units.close()
            self._put_in_place(secrets if is_pretend else None)
        except OSError as error:
            raise folder_fault(self._folder.root, error) from error
        return report

    def _refuse_used_folder(self) -> None:
        used = [self._folder.database]
        if not self._work.exists():
            used.append(self._folder.root / VAULT_NAME)
        if any(path.exists() for path in used):
            raise UserError(
                "restore.not_empty", "This data folder already holds a till: restore into an empty one."
            )

    def _unpack(self, request: RestoreRequest) -> None:
        if self._work.exists():
            shutil.rmtree(self._work)
        self._work.mkdir(mode=0o700)
        for _ in unpack_backup(request.backup, self._work, passphrase=request.passphrase):
            pass
        upgrade_private(self._work / DATABASE_NAME)

    def _put_in_place(self, demo_secrets: SecretStore | None) -> None:
        """Move the finished files into the folder, the database last: with it the folder is a till."""
        with opened(self._work / DATABASE_NAME) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        if demo_secrets is not None:
            self._make_demo_vault(demo_secrets)
        elif (self._work / VAULT_NAME).exists():
            (self._work / VAULT_NAME).replace(self._folder.root / VAULT_NAME)
        if (self._work / LOCK_NAME).exists():
            (self._work / LOCK_NAME).replace(self._folder.root / LOCK_NAME)
        (self._work / DATABASE_NAME).replace(self._folder.database)
        sync_folder(self._folder.root)
        shutil.rmtree(self._work)

    def _make_demo_vault(self, secrets: SecretStore) -> None:
        # A demo vault opens with a secret of its machine only, and its keys are public: it is made anew.
        vault = VaultFile(self._folder.root, secrets)
        if vault.exists():
            vault.set_aside()
        vault.create_demo(demo_keys())


class _Rebuilding:
    """The part of a restore that happens in the unpacked database."""

    def __init__(self, units: Units, clock: Clock, secrets: SecretStore, *, head: BackupHead) -> None:
        self._units = units
        self._clock = clock
        self._secrets = secrets
        self._backup = head
        self._replayed = Replayed()
        self._to_repeat: list[ToRepeat] = []

    def run(self, request: RestoreRequest, *, has_vault: bool) -> RestoreReport:
        with self._units.read() as connection:
            start, actor = read_head(connection), _administrator(connection, request.administrator)
        typed = None if request.last_receipt is None else _typed_number(request.last_receipt, start)
        mirror = None if request.mirror is None else MirrorReader(request.mirror)
        if mirror is not None:
            self._replay(mirror.lines_after(start.head_seq, start.head_hash), start.number)
        self._make_secrets_if_gone()
        with self._units.write() as unit:
            end = read_head(unit.connection)
            unfinished = _unfinished(unit.connection)
            papers_lost = _papers_lost(unit.connection, place_of(start.number, start.head_seq))
            new = self._begin(unit, end, request.reason, actor)
        return RestoreReport(
            former_code=end.till_code,
            new_code=new.till_code,
            backup_at=self._backup.at,
            backup_seq=start.head_seq,
            restored_seq=end.head_seq,
            mirror_seq=None if mirror is None else mirror.last_seq,
            last_receipt=_receipt_of(end) if end.receipt_last else None,
            next_receipt=receipt_number(new.till_code, 1, is_training=new.is_training),
            missing=_missing(end, max(typed or 0, mirror.last_receipt if mirror else 0)),
            is_end_known=typed is not None or (mirror is not None and mirror.last_seq == end.head_seq),
            not_booked=tuple(self._replayed.not_booked),
            made_up=tuple(self._replayed.made_up),
            to_repeat=tuple(self._to_repeat),
            unfinished=unfinished,
            papers_lost=papers_lost,
            has_vault=has_vault,
        )

    def _replay(self, lines: Iterator[Line], book_number: int) -> None:
        while batch := list(islice(lines, _LINES_PER_UNIT)):
            with self._units.write() as unit:
                for line in batch:
                    replay_line(unit.connection, line, book_number=book_number, replayed=self._replayed)
            self._to_repeat += [act for line in batch if (act := _to_repeat(line.event)) is not None]

    def _make_secrets_if_gone(self) -> None:
        """Replace what stayed on the old machine: PINs are set again, the recovery code lets the first in."""
        PinSeal(self._secrets).make_key_if_gone()
        get_or_make(self._secrets, PII_KEY)

    def _begin(self, unit: WriteUnit, end: BookHead, reason: str, actor: Actor) -> BookHead:
        connection = unit.connection
        key = Ed25519PrivateKey.generate()
        self._secrets.set(TILL_KEY, Secret(key.private_bytes_raw()))
        public_key = key.public_key().public_bytes_raw()
        code = code_after_restore(first_till_code(connection), end.number + 1)
        begin_next_book(
            connection,
            till_id=new_id(self._clock.now()),
            till_code=code,
            public_key=public_key,
            not_booked=[seq for seq, _ in self._replayed.not_booked],
        )
        place, zone = connection.exec_driver_sql(
            "SELECT sales_point_id, time_zone FROM book JOIN till ON till.id = till_id, organisation"
        ).one()
        enrolled: JsonObject = {
            "till_code": code,
            "public_key": public_key.hex(),
            "sales_point_id": str(UUID(bytes=place)),
            "replaces": {"till": str(end.till_id), "seq": end.head_seq, "hash": end.head_hash.hex()},
        }
        restored: JsonObject = {
            "backup_seq": self._backup.head_seq,
            "backup_hash": self._backup.head_hash,
            "reason": reason,
        }
        book = Book(self._clock, ZoneInfo(zone))
        book.record(unit, "till_enrolled", enrolled, actor=actor.id)
        book.record(unit, "book_restored", restored, actor=actor.id)
        return read_head(connection)


def _administrator(connection: Connection, name: str) -> Actor:
    person = find_person(connection, name)
    if person is None or not person.is_active:
        raise UserError("restore.administrator", "The back-up knows no active person of that name.")
    require(person.actor, Permission.BACKUP_RESTORE)
    return person.actor


def _typed_number(text: str, head: BookHead) -> int:
    number = number_of(text)
    if text != receipt_number(head.till_code, number, is_training=head.is_training):
        raise UserError(
            "restore.other_till", f"Receipt {text} is not of till {head.till_code}, which this back-up is of."
        )
    return number


def _receipt_of(head: BookHead) -> str:
    return receipt_number(head.till_code, head.receipt_last, is_training=head.is_training)


def _missing(end: BookHead, last: int) -> MissingReceipts | None:
    if last <= end.receipt_last:
        return None
    return MissingReceipts(end.till_code, end.receipt_last + 1, last, end.is_training)


def _to_repeat(event: Event) -> ToRepeat | None:
    """Acts whose effect stands beside the journal: the line came back, a setting or a tariff did not."""
    body: Any = event.body
    if event.kind == "privileged_act":
        return ToRepeat(event.at, body["act"], f"{body['target_kind']} {body['target_id']}")
    if event.kind == PROPOSED:
        return ToRepeat(event.at, PROPOSED, f"{body['resource']} {body['proposal_id']}")
    return None


def _unfinished(connection: Connection) -> tuple[UUID, ...]:
    rows = connection.exec_driver_sql("SELECT id FROM sale WHERE state = 'paid' ORDER BY place")
    return tuple(UUID(bytes=row[0]) for row in rows)


def _papers_lost(connection: Connection, backup_place: int) -> int:
    query = "SELECT count(*) FROM sale WHERE state = 'delivered' AND delivered_place > ?"
    return int(connection.exec_driver_sql(query, (backup_place,)).scalar_one())


def _is_demo_or_training(units: Units) -> bool:
    with units.read() as connection:
        head = read_head(connection)
    return head.is_demo or head.is_training
