from pathlib import Path

import pytest

from pos.cli.demo_shop import read_demo_shop
from pos.errors import UserError
from pos.models.schema import open_till_database
from pos.system.paths import DataFolder


def test_demo_when_the_folder_has_a_database_without_a_shop_then_says_so(tmp_path: Path) -> None:
    open_till_database(tmp_path).close()

    with pytest.raises(UserError) as refused:
        read_demo_shop(DataFolder(tmp_path))

    assert refused.value.code == "data.no_till"
