"""The check that models and migrations agree says so, and says when they do not."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

UNMIGRATED = '''"""A table that no migration makes."""

from sqlalchemy.orm import Mapped, mapped_column

from pos.models.base import Base


class Forgotten(Base):
    __tablename__ = "forgotten"

    id: Mapped[int] = mapped_column(primary_key=True)
'''


def test_check_when_models_have_their_migrations_passes(tmp_path: Path) -> None:
    answer = _check(tmp_path)

    assert answer.returncode == 0, answer.stderr


def test_check_when_a_model_has_no_migration_fails(tmp_path: Path) -> None:
    answer = _check(tmp_path, forgotten=UNMIGRATED)

    assert answer.returncode == 1
    assert "Models and migrations differ" in answer.stderr
    assert "forgotten" in answer.stderr


def _check(tree: Path, *, forgotten: str = "") -> subprocess.CompletedProcess[str]:
    for package in ("pos", "central", "tools"):
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "pos/models/forgotten.py").write_text(forgotten, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "tools.check_migrations"], cwd=tree, capture_output=True, text=True
    )
