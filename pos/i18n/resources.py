"""Where the files lie that ship with the program: fonts, translations, pictures."""

from __future__ import annotations

from pathlib import Path

_RESOURCES = Path(__file__).resolve().parents[2] / "resources"


def resource_path(*parts: str) -> Path:
    """Give the path of a shipped file; a frozen program has the same folders beside the package."""
    return _RESOURCES.joinpath(*parts)
