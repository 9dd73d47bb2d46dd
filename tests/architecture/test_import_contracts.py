"""Every import contract holds, and every one is broken by the import it is there to forbid."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = "The till's layers"
QT = "Qt stays in pos.ui"
PRESENTERS = "Presenters know no Qt"
SCREENS = "Screens leave storage, network, secrets and printers to services"
PURE = "Domain and tokens are pure"
SERVER = "The server uses the shared packages only"
SHARED = "What till and server share knows neither"
TILL = "The till knows nothing of the server"

OFFENCES = [
    (LAYERS, "pos/models/offence.py", "import pos.services"),
    (LAYERS, "pos/services/offence.py", "import pos.cli"),
    (LAYERS, "pos/reports/offence.py", "import pos.sync"),
    (LAYERS, "pos/offence/__init__.py", "'''A package that is in no layer.'''"),
    (QT, "pos/services/offence.py", "import PySide6.QtCore"),
    (QT, "pos/cli/offence.py", "import shiboken6"),
    (QT, "central/offence.py", "import PySide6.QtCore"),
    (PRESENTERS, "pos/ui/screens/offence/presenter.py", "import PySide6.QtCore"),
    (SCREENS, "pos/ui/screens/offence/view.py", "import pos.models"),
    (SCREENS, "pos/ui/screens/offence/view.py", "import sqlalchemy"),
    (PURE, "pos/tokens/offence.py", "import socket"),
    (PURE, "pos/tokens/offence.py", "import importlib"),
    (PURE, "pos/domain/offence.py", "import ctypes"),
    (PURE, "pos/domain/offence.py", "import sqlalchemy.orm"),
    (SERVER, "central/offence.py", "import pos.services"),
    (SHARED, "pos/gateways/offence.py", "import pos.models"),
    (TILL, "pos/services/offence.py", "import central"),
    (TILL, "pos/services/offence.py", "import fastapi"),
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("pos", "central"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_contracts_in_the_tree_as_it_is_hold(tree: Path) -> None:
    kept, broken = _lint_imports(tree)

    assert broken == []
    assert sorted(kept) == sorted({contract for contract, _, _ in OFFENCES})


@pytest.mark.parametrize(("contract", "module", "line"), OFFENCES)
def test_contract_when_its_import_is_made_is_the_one_broken(
    tree: Path, contract: str, module: str, line: str
) -> None:
    offender = tree / module
    offender.parent.mkdir(exist_ok=True)
    (offender.parent / "__init__.py").touch()
    offender.write_text(line + "\n", encoding="utf-8")

    _, broken = _lint_imports(tree)

    assert broken == [contract]


def _lint_imports(tree: Path) -> tuple[list[str], list[str]]:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    answer = subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo"],
        cwd=tree,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)\b.*$", answer.stdout, flags=re.MULTILINE)
    assert verdicts, answer.stdout + answer.stderr
    kept = [name for name, verdict in verdicts if verdict == "KEPT"]
    return kept, [name for name, verdict in verdicts if verdict == "BROKEN"]
