from pathlib import Path

import pytest

from pos.cli.demo_shop import read_demo_shop
from pos.errors import UserError
from pos.models.schema import open_till_database
from pos.system.paths import DataFolder
from tests.unit.cli.conftest import Kilotill


def test_demo_when_the_folder_has_a_database_without_a_shop_then_says_so(tmp_path: Path) -> None:
    open_till_database(tmp_path).close()

    with pytest.raises(UserError) as refused:
        read_demo_shop(DataFolder(tmp_path))

    assert refused.value.code == "data.no_till"


def test_demo_when_the_folder_holds_a_real_shop_then_leaves_it_alone(live: Kilotill, tmp_path: Path) -> None:
    live.answer("init", "--from", str(tmp_path / "shop.json"))

    assert "[shop.not_demo]" in live.refused("demo")
