"""Back-up files `kilotill-T03-20261120T101500Z.kbk`: a till's files in one, sealed where they leave the PC.

A kind line, one line of JSON head, frames, and the SHA-256 of all that (docs/backup.md §3). The frames
hold the files one after the other, deflated. Written and read piece by piece: a database of gigabytes never
stands in memory.
"""

from __future__ import annotations

import errno
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag

from pos.domain.journal import instant_text, parse_instant
from pos.errors import MachineFault, UserError
from pos.system.backup_frames import DIGEST_BYTES, read_frames, write_frames
from pos.system.backup_lock import LOCK_NAME, BackupLock, BackupSeal
from pos.system.sealed_file import DamagedFileError, bytes_from
from pos.system.vault_file import VAULT_NAME
from pos.tokens.secret import Secret

DATABASE_NAME = "till.sqlite"

_KIND = b"kilotill-backup-v1\n"
_CONTENTS = (DATABASE_NAME, VAULT_NAME, LOCK_NAME)
_HEAD_BYTES_MAX = 1 << 16
_NAME = re.compile(r"kilotill-([A-Z0-9]{2,6})-(\d{8}T\d{6}Z)\.kbk", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupHead:
    """What a back-up says of itself; readable without the passphrase, so it names no person.

    `signature` is the till's over its journal head (docs/formats.md §3), empty where it had no key at hand.
    """

    at: datetime
    app: str
    schema: str
    till: str
    till_code: str
    book: int
    head_seq: int
    head_hash: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class BackupParts:
    """The first lines of a back-up file (exactly `head_bytes`), its files with sizes, its lock if sealed."""

    head: BackupHead
    head_bytes: bytes
    files: tuple[tuple[str, int], ...]
    lock: BackupLock | None
    once_public: bytes

    @property
    def is_sealed(self) -> bool:
        """Whether the passphrase is needed."""
        return self.lock is not None


def backup_name(till_code: str, at: datetime) -> str:
    """Return the name of a back-up made at `at`."""
    return f"kilotill-{till_code}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.kbk"


def backup_instant(name: str, till_code: str) -> datetime | None:
    """Return when the till of this code made a file of this name; None for any other file."""
    match = _NAME.fullmatch(name)
    if match is None or match[1] != till_code:
        return None
    try:
        return datetime.strptime(match[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def write_backup(path: Path, head: BackupHead, *, folder: Path, seal: BackupSeal | None) -> Iterator[None]:
    """Write the files of a till that stand in `folder` into one, on disk at the end; a step for each yield.

    Those of the three files that are not there are left out. With a `seal` the contents are encrypted.
    Raises MachineFault `disk.full`, `disk.write`.
    """
    sources = [folder / name for name in _CONTENTS if (folder / name).exists()]
    fields = _fields(head, [(source.name, source.stat().st_size) for source in sources], seal)
    head_bytes = _KIND + json.dumps(fields, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    try:
        with path.open("xb") as file:
            yield from write_frames(file, head_bytes, sources, key=None if seal is None else seal.key)
            file.flush()
            os.fsync(file.fileno())
        yield
    except OSError as error:
        raise _write_fault(path, error) from error


def read_backup(path: Path) -> BackupParts:
    """Read the first lines of a back-up file. Raises MachineFault `backup.damaged`, `disk.read`."""
    try:
        with path.open("rb") as file:
            return _parts(file.readline(len(_KIND)), file.readline(_HEAD_BYTES_MAX))
    except OSError as error:
        raise MachineFault("disk.read", f"{path.name} cannot be read: {error.strerror}.") from error
    except DamagedFileError:
        raise _damaged(path) from None


def unpack_backup(path: Path, folder: Path, *, passphrase: str | None = None) -> Iterator[None]:
    """Put the files of a back-up into an existing folder, a step for each yield; whole at the end only.

    Raises UserError `backup.passphrase_missing`, `backup.passphrase`; MachineFault `backup.damaged`,
    `disk.read`, `disk.full`, `disk.write`.
    """
    parts = read_backup(path)
    key = None
    if parts.lock is not None:
        if not passphrase:
            raise UserError("backup.passphrase_missing", "This back-up opens with the recovery passphrase.")
        key = parts.lock.key_of(passphrase, parts.once_public)
    yield from unpack_with_key(path, folder, key=key)


def unpack_with_key(path: Path, folder: Path, *, key: Secret | None) -> Iterator[None]:
    """Unpack as `unpack_backup`, with the file's own key."""
    parts = read_backup(path)
    body_bytes = path.stat().st_size - len(parts.head_bytes) - DIGEST_BYTES
    try:
        with path.open("rb") as file:
            file.seek(len(parts.head_bytes))
            pieces = read_frames(file, parts.head_bytes, body_bytes, key=key)
            yield from _distribute(pieces, folder, parts.files)
    except OSError as error:
        raise _write_fault(folder, error) from error
    except (DamagedFileError, InvalidTag, zlib.error):
        raise _damaged(path) from None


def _distribute(pieces: Iterator[bytes], folder: Path, files: tuple[tuple[str, int], ...]) -> Iterator[None]:
    held = b""
    for name, size in files:
        left = size
        with (folder / name).open("xb") as file:
            while left:
                held = held or next(pieces, b"")
                part, held = held[:left], held[left:]
                if not part:
                    raise DamagedFileError
                file.write(part)
                left -= len(part)
                yield
    # Reading on to the end compares the digest.
    if held or any(pieces):
        raise DamagedFileError


def _fields(head: BackupHead, files: list[tuple[str, int]], seal: BackupSeal | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "app": head.app,
        "at": instant_text(head.at),
        "book": head.book,
        "files": files,
        "head_hash": head.head_hash,
        "head_seq": head.head_seq,
        "schema": head.schema,
        "signature": head.signature,
        "till": head.till,
        "till_code": head.till_code,
    }
    if seal is not None:
        fields["lock"] = seal.lock.to_json() | {"once": seal.once_public.hex()}
    return fields


def _parts(kind: bytes, line: bytes) -> BackupParts:
    if kind != _KIND or not line.endswith(b"\n"):
        raise DamagedFileError
    try:
        fields = json.loads(line)
        files = tuple((str(name), int(size)) for name, size in fields["files"])
        head = BackupHead(
            at=parse_instant(fields["at"]),
            app=str(fields["app"]),
            schema=str(fields["schema"]),
            till=str(fields["till"]),
            till_code=str(fields["till_code"]),
            book=int(fields["book"]),
            head_seq=int(fields["head_seq"]),
            head_hash=str(fields["head_hash"]),
            signature=str(fields["signature"]),
        )
        lock = fields.get("lock")
        if {name for name, _ in files} - set(_CONTENTS) or len(dict(files)) < len(files):
            raise DamagedFileError
    except (ValueError, KeyError, TypeError):
        raise DamagedFileError from None
    if lock is None:
        return BackupParts(head, kind + line, files, None, b"")
    return BackupParts(head, kind + line, files, BackupLock.from_json(lock), bytes_from(lock, "once"))


def _damaged(path: Path) -> MachineFault:
    return MachineFault("backup.damaged", f"{path.name} is damaged or no back-up: use an earlier one.")


def _write_fault(path: Path, error: OSError) -> MachineFault:
    if error.errno == errno.ENOSPC:
        return MachineFault("disk.full", f"The disk is full: {path.name} was not written.")
    return MachineFault("disk.write", f"{path.name} cannot be written: {error.strerror}.")
