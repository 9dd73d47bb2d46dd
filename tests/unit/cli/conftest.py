"""A small demo shop, made once; each test sells in a copy of its own."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from pos.cli.demo_shop import make_demo_shop
from pos.cli.root import run
from pos.system.paths import DataFolder
from tests.factories.backups import cheap_secrets

CASHIER, SUPERVISOR, ADMINISTRATOR = "24680", "135790", "975310"
DAYS = 3
PHRASE = "seven quiet mountains"
SHOP = {
    "organisation": {"name": "Test Shop"},
    "sales_point": {"name": "Counter"},
    "till_code": "K01",
    "currency": "RWF",
    "time_zone": "Africa/Kigali",
    "language": "en",
    "users": [
        {"name": "Aline", "role": "C", "pin": CASHIER},
        {"name": "Bea", "role": "A", "pin": "333333"},
        {"name": "Ada", "role": "A", "pin": "444444"},
    ],
    "tariffs_csv": "tariffs.csv",
    "supply_groups": [
        {"sgc": "600100", "key_method": "04", "algorithm": "07", "base_date": "14", "ti": "01", "krn": 1}
        | {"ken": 255, "holders": ["vault"]}
    ],
    "envelope": {"money": "5000000", "units": "20000"},
    "printer": "dummy:",
}


class Kilotill:
    """The program on one data folder, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, pins: str = "") -> Result:
        """Run a command; `pins` are the lines of standard input, with a blank between them."""

        @click.command()
        def whole() -> None:
            raise SystemExit(run(["--data", str(self.folder), *arguments]))

        return CliRunner().invoke(whole, [], input="".join(f"{pin}\n" for pin in pins.split()))

    def answer(self, *arguments: str, pins: str = "", code: int = 0) -> dict[str, Any]:
        """Return the JSON a command answers; it must end with `code`."""
        result = self(*arguments, "--json", pins=pins)
        assert result.exit_code == code, result.stderr
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def shift(self) -> None:
        """Open the cashier's shift."""
        self.answer("shift", "open", "--operator", "Aline", "--float", "50000", "--pin-stdin", pins=CASHIER)

    def sell(self, drn: str, *arguments: str, pins: str = CASHIER, code: int = 0) -> dict[str, Any]:
        """Sell to a meter as the cashier."""
        return self.answer("sell", "--meter", drn, *SELLER, *arguments, pins=pins, code=code)

    def refused(self, *arguments: str, pins: str = "") -> str:
        """Return what a command that ends with 1 says on standard error."""
        result = self(*arguments, pins=pins)
        assert (result.exit_code, result.stdout) == (1, "")
        return result.stderr


SELLER = ("--operator", "Aline", "--pin-stdin")


@pytest.fixture(autouse=True, scope="session")
def _cheap_secrets() -> Iterator[None]:
    with cheap_secrets():
        yield


@pytest.fixture(scope="session")
def made_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_demo_shop(DataFolder(folder), datetime.now(UTC) - timedelta(minutes=1), days=DAYS)
    return folder


@pytest.fixture
def demo(made_demo: Path, tmp_path: Path) -> Kilotill:
    shutil.copytree(made_demo, tmp_path / "shop")
    return Kilotill(tmp_path / "shop")


@pytest.fixture
def at(tmp_path: Path) -> Callable[[str], Kilotill]:
    """The program on a folder of that name beside the demo's."""
    return lambda name: Kilotill(tmp_path / name)


@pytest.fixture
def drns(made_demo: Path) -> list[str]:
    """The demo's meters."""
    meters: list[str] = Kilotill(made_demo).answer("demo")["meters"]
    return meters


@pytest.fixture
def live(
    at: Callable[[str], Kilotill], made_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Kilotill:
    """An empty folder for a live till, its shop.json and tariffs beside it, and its secrets at hand."""
    tariffs = Kilotill(made_demo)("tariff", "export").stdout
    (tmp_path / "tariffs.csv").write_text(tariffs, encoding="utf-8")
    (tmp_path / "shop.json").write_text(json.dumps(SHOP), encoding="utf-8")
    monkeypatch.setenv("KILOTILL_OPENING_PHRASE", PHRASE)
    monkeypatch.setenv("KILOTILL_PASSPHRASE", "correct horse battery")
    return at("live")
