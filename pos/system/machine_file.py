"""`machine.json`: the settings of this machine, kept beside the database and not in its back-ups."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pos.errors import MachineFault
from pos.system.files import read_whole, write_atomically

MACHINE_FILE_NAME = "machine.json"


def read_machine_file(data_folder: Path) -> dict[str, str]:
    """Return the stored texts by key; none if there is no file.

    Raises MachineFault `setting.damaged` for a file that is not ours, `disk.read`.
    """
    try:
        content = read_whole(data_folder / MACHINE_FILE_NAME)
    except FileNotFoundError:
        return {}
    try:
        values = json.loads(content)
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(text, str) for text in values.values()):
        raise MachineFault(
            "setting.damaged", f"{MACHINE_FILE_NAME} is damaged: delete it and set up the printer again."
        )
    return values


def write_machine_file(data_folder: Path, values: Mapping[str, str]) -> None:
    """Replace the stored texts. Raises MachineFault `disk.full`, `disk.write`."""
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False)
    write_atomically(data_folder / MACHINE_FILE_NAME, text.encode() + b"\n")
