"""A till's own commands against a server behind a real socket on this machine."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn

from pos.bootstrap import Access, open_till
from pos.cli.root import run
from pos.config import DUPLICATE_GUARD_MINUTES
from pos.domain.permissions import Role
from pos.domain.shift import cash_count
from pos.models.queries.people import list_people
from pos.services.sale_values import SaleRequest
from pos.system.clock import SystemClock
from pos.system.paths import DataFolder
from pos.tokens.numbers import make_drn
from tests.server.rig import Server, make_server, new_sqlite, settings_of
from tests.server.till_rig import make_shop
from tests.sync.conftest import PINS, give_group, make_till

METERS = [make_drn("04", f"{serial:08d}").digits for serial in range(50)]
ADMINISTRATOR, PIN = PINS[Role.ADMINISTRATOR]


@pytest.fixture
def live(server_template: Path, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """The server behind a socket, on the time of this machine."""
    clock = SystemClock()
    made = make_server(settings_of(new_sqlite(server_template, tmp_path), tmp_path), clock)  # type: ignore[arg-type]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = uvicorn.Server(uvicorn.Config(made.app, host="127.0.0.1", port=port, log_config=None))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    ends_at = time.monotonic() + 30
    while not running.started:
        assert time.monotonic() < ends_at, "the server does not start"
        thread.join(0.02)
    yield made, f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(30)
    made.database.close()


def test_live_when_a_till_enrols_sells_500_offline_and_syncs_both_books_agree(
    live: tuple[Server, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, url = live
    office = make_shop(server, drns=METERS)
    give_group(office, holders=["vault"])
    folder = tmp_path / "till"
    make_till(folder, "T03")
    import_own(folder, tmp_path / "own.csv")
    code = office.code(money_minor=1_000_000, units_milli=10**12)
    till = ["--data", str(folder)]

    typed = iter([f"{PIN}\n"])
    monkeypatch.setattr("sys.stdin", typed)
    enrol = ["enrol", "--server", url, "--code", code, "--operator", ADMINISTRATOR, "--pin-stdin", "--json"]
    assert run([*till, *enrol]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["till_code"] == "T03" and answer["sync"]["pulled"]["meters"] == len(METERS)
    assert answer["sync"]["proposed"] == 2

    sell(folder, 500)
    assert run([*till, "sync", "--once", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)

    assert report["proposed"] == 0
    assert report["pushed"] > 500 and report["flagged"] == 0 and report["red_days"] == []
    assert shape(report) == shape(documented("kilotill sync --once --json"))
    assert run([*till, "books", "--json"]) == 0
    days = json.loads(capsys.readouterr().out)["days"]
    assert shape(days[0]) == shape(documented("kilotill books --days 1 --json")["days"][0])
    assert {day["colour"] for day in days} == {"green"}
    assert sum(day["sales"] for day in days) == 500


def test_live_when_the_till_stands_alone_sync_and_books_say_how_to_enrol(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_till(tmp_path / "till", "T03")
    code = "sync.not_enrolled"

    for command in (["sync", "--once"], ["books"]):
        assert run(["--data", str(tmp_path / "till"), *command]) == 1
        assert f"[{code}]" in capsys.readouterr().err


def documented(command: str) -> Any:
    """Return what docs/command-line.md says a command answers."""
    page = (Path(__file__).parents[2] / "docs/command-line.md").read_text(encoding="utf-8")
    return json.loads(page.partition(f"$ {command}\n")[2].partition("\n")[0])


def shape(answer: Any) -> dict[str, type]:
    return {name: type(value) for name, value in answer.items() if name != "envelope_sequence"}


def import_own(folder: Path, file: Path) -> None:
    """The shop has two meters that head office does not know."""
    rows = "".join(f"{make_drn('07', f'{serial:08d}').digits},RES,123456\n" for serial in range(2))
    file.write_text("meter_number,tariff_code,supply_group\n" + rows)
    with open_till(DataFolder(folder), Access.WRITES) as till:
        with till.units.read() as connection:
            people = {person.actor.role: person.actor for person in list_people(connection)}
        till.imports.run(people[Role.ADMINISTRATOR], file, errors_path=file.with_suffix(".errors"))


def sell(folder: Path, count: int) -> None:
    with open_till(DataFolder(folder), Access.WRITES) as till:
        with till.units.read() as connection:
            people = {person.actor.role: person.actor for person in list_people(connection)}
        cashier = people[Role.CASHIER]
        till.shifts.open_shift(cashier, cash_count(((1000, 50),)))
        till.settings.change(
            people[Role.ADMINISTRATOR], DUPLICATE_GUARD_MINUTES, value=0, reason="a busy morning"
        )
        till.reload_settings()
        for n in range(count):
            request = SaleRequest(
                sale_id=uuid4(), drn=METERS[n % len(METERS)], money_minor=700 + n, is_another_wanted=True
            )
            till.checkout.sell(request, cashier)
