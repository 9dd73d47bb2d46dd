"""Where a till keeps its files."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from pos.errors import MachineFault, UserError

PROGRAM_NAME = "Kilotill"
TRAINING_NAME = "training"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder of one till: database, sealed files, logs. Two tills on one machine have two."""

    root: Path

    @property
    def database(self) -> Path:
        """The till's database."""
        return self.root / "till.sqlite"

    @property
    def logs(self) -> Path:
        """The folder of the log files."""
        return self.root / "logs"

    @property
    def backups(self) -> Path:
        """Where back-ups go while no other folder is set."""
        return self.root / "backups"

    @property
    def training(self) -> DataFolder:
        """The folder of the training database, with files and secrets of its own (docs/formats.md §11)."""
        return DataFolder(self.root / TRAINING_NAME)


def choose_data_folder(option: Path | None = None) -> DataFolder:
    """Return the folder given with `--data`, else the usual one of the person's account; makes nothing."""
    usual = Path(platformdirs.user_data_path(PROGRAM_NAME, appauthor=False))
    return DataFolder((option or usual).expanduser().absolute())


def make_data_folder(folder: DataFolder) -> None:
    """Make the folder, closed to other people, if it is not there.

    Raises UserError `data.not_a_folder`; MachineFault `disk.full`, `disk.read_only`, `disk.write`.
    """
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError("data.not_a_folder", f"{folder.root} is a file, not a folder.") from None
    except OSError as error:
        raise folder_fault(folder.root, error) from error


def folder_fault(folder: Path, error: OSError) -> MachineFault:
    """Return what to tell when nothing can be written in a folder."""
    if error.errno == errno.ENOSPC:
        return MachineFault("disk.full", f"The disk of {folder} is full.")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return MachineFault("disk.read_only", f"{folder} cannot be written: give this account the right to.")
    return MachineFault("disk.write", f"{folder} cannot be written: {error.strerror}.")
