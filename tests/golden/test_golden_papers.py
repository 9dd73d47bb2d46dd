"""Every paper is, byte for byte, what it was when a person last looked at it (see regenerate.py)."""

from pathlib import Path

from tests.golden.regenerate import FOLDER, golden_files


def _stored() -> dict[str, Path]:
    return {path.name: path for path in FOLDER.iterdir()}


def test_golden_files_when_papers_are_made_are_all_there_and_no_others() -> None:
    assert sorted(_stored()) == sorted(golden_files())
    assert sum(name.endswith(".bin") for name in _stored()) == 20


def test_texts_when_papers_are_made_are_the_stored_ones() -> None:
    for name, data in golden_files().items():
        if name.endswith(".txt"):
            assert data.decode() == (FOLDER / name).read_text(encoding="utf-8"), name


def test_printer_bytes_when_receipts_are_made_are_the_stored_ones() -> None:
    for name, data in golden_files().items():
        if name.endswith(".bin"):
            assert data == (FOLDER / name).read_bytes(), name
