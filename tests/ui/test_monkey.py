"""A short run of the monkey; `make monkey` is the long one."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.ui.monkey import run


@pytest.mark.parametrize("seed", [1, 2])
def test_window_when_a_monkey_works_at_it_then_nothing_breaks(
    made_shop: Path, tmp_path: Path, qapp: QApplication, seed: int
) -> None:
    shutil.copytree(made_shop, tmp_path / "shop")

    checked = run(tmp_path / "shop", 400, seed)

    assert checked["lines"] > 50
