"""A till against `python -m central` in its own process: sold offline, compared, copied, replaced, ended."""

import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos.bootstrap import Access, Till, open_till, restore_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.config import DUPLICATE_GUARD_MINUTES
from pos.domain.permissions import Actor, Role
from pos.domain.shift import cash_count
from pos.errors import MachineFault
from pos.models.queries.people import find_person
from pos.services.enrol_values import Enrolled, EnrolWish
from pos.services.restore import RestoreRequest
from pos.services.restore_report import RestoreReport
from pos.services.sale_values import SaleRequest, SaleResult
from pos.services.shop_rows import BookKind
from pos.services.verify import verify
from pos.sync.engine import SyncEngine
from pos.sync.stops import ForkedError
from pos.system.mirror_file import mirror_name
from pos.system.paths import DataFolder
from pos.tokens.numbers import make_drn
from tests.server.process import run_command, running

METERS = [make_drn("04", f"{serial:08d}").digits for serial in range(40)]
SALES_OFFLINE = 500
PEOPLE = {user.role: user.name for user in demo_plan().users}
NOT_COPIED = shutil.ignore_patterns("*.lock", "backups")


@dataclass(frozen=True, slots=True)
class Office:
    """Head office as those who run it see it: an address, and commands."""

    folder: Path
    url: str

    def does(self, *arguments: str) -> str:
        done = run_command(self.folder, "--demo", *arguments)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def code(self) -> str:
        return self.does("enrol-code", "--limit-money", "9000000", "--limit-units", "9000000000").split()[0]


@dataclass(slots=True)
class LiveTill:
    """A till on a folder of its own; `meters` go round."""

    office: Office
    till: Till
    stack: ExitStack
    people: dict[Role, Actor] = field(default_factory=dict)
    meters: Any = field(default_factory=lambda: cycle(METERS))

    @property
    def engine(self) -> SyncEngine:
        engine = self.till.sync
        assert engine is not None
        return engine

    def enrol(self, *, replaces: bool = False) -> Enrolled:
        wish = EnrolWish(self.office.url, self.office.code(), replaces=replaces)
        return self.till.office.enrol(self.people[Role.ADMINISTRATOR], wish)

    def sell(self, pieces: int) -> list[SaleResult]:
        cashier = self.people[Role.CASHIER]
        return [
            self.till.checkout.sell(
                SaleRequest(sale_id=uuid4(), drn=next(self.meters), money_minor=1_500 + n), cashier
            )
            for n in range(pieces)
        ]

    def one(self, query: str) -> Any:
        with self.till.units.read() as connection:
            return connection.exec_driver_sql(query).scalar()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server that was set up as docs/operations.md says."""
    folder = tmp_path_factory.mktemp("central")
    with running(folder, ["--demo"]) as server:
        made = Office(folder, server.url)
        made.does("sales-point", "Main")
        made.does("supplier", "REG", "--name", "Utility", "--credit-limit", "100000000")
        made.does("supply-group", "123456", "--supplier", "REG", "--key-method", "02", "--holders", "vault")
        made.does("import-tariffs", "resources/demo/tariffs_rwanda.csv")
        rows = "".join(f"{drn},RES,123456\n" for drn in METERS)
        (folder / "meters.csv").write_text("meter_number,tariff_code,supply_group\n" + rows)
        made.does("import-meters", str(folder / "meters.csv"))
        yield made


@pytest.fixture
def tills(office: Office) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(office: Office, folder: Path, stack: ExitStack) -> LiveTill:
    own = stack.enter_context(ExitStack())
    till = own.enter_context(open_till(DataFolder(folder), Access.WRITES))
    one = LiveTill(office, till, own)
    with till.units.read() as connection:
        for role, name in PEOPLE.items():
            person = find_person(connection, name)
            assert person is not None
            one.people[role] = person.actor
    return one


def new_till(office: Office, folder: Path, code: str, stack: ExitStack) -> LiveTill:
    """A till that is enrolled, has head office's meters, and an open shift."""
    set_up_shop(DataFolder(folder), replace(demo_plan(), till_code=code), BookKind.DEMO)
    one = opened(office, folder, stack)
    administrator = one.people[Role.ADMINISTRATOR]
    one.till.settings.change(administrator, DUPLICATE_GUARD_MINUTES, value=0, reason="test")
    one.till.reload_settings()
    one.enrol()
    assert one.engine.run_once().pulled["meters"] >= len(METERS)
    one.till.shifts.open_shift(one.people[Role.CASHIER], cash_count(((1000, 50),)))
    return one


def test_register_when_a_shop_with_its_own_meters_enrols_is_proposed_and_taken(
    office: Office, tmp_path: Path, tills: ExitStack
) -> None:
    set_up_shop(DataFolder(tmp_path / "own"), replace(demo_plan(), till_code="R01"), BookKind.DEMO)
    one = opened(office, tmp_path / "own", tills)
    administrator = one.people[Role.ADMINISTRATOR]
    own = [make_drn("07", f"{serial:08d}").digits for serial in range(150)]
    rows = "".join(f"{drn},RES,123456\n" for drn in [*own, *METERS[:5]])
    file = tmp_path / "own.csv"
    file.write_text("meter_number,tariff_code,supply_group\n" + rows)
    assert one.till.imports.run(administrator, file, errors_path=tmp_path / "errors.csv").counts.added == 155
    one.enrol()

    assert [one.engine.run_once().proposed for _ in range(3)] == [150, 0, 0]

    listed = office.does("proposals", "--till", "R01").splitlines()
    assert sorted(line.split("\t")[3] for line in listed) == own
    said = office.does("proposals", "--till", "R01", "--accept", "--reason", "their register")
    assert said == "accepted 150, left 0\n"
    assert one.engine.run_once().proposals_decided == 100
    assert one.engine.run_once().proposals_decided == 50
    assert one.one("SELECT count(*) FROM meter WHERE pull_round = 0") == 0
    assert one.engine.run_once().proposed == 0


def backed_up(one: LiveTill) -> Path:
    made = one.till.backups.begin().run()
    assert made is not None
    return made.path


def restored(one: LiveTill, folder: Path, request: RestoreRequest) -> tuple[LiveTill, RestoreReport]:
    """The same till on another machine."""
    report = restore_till(DataFolder(folder), request)
    return opened(one.office, folder, one.stack), report


def test_live_server_when_a_till_is_used_copied_replaced_and_ended_nothing_is_lost(
    office: Office, tmp_path: Path, tills: ExitStack
) -> None:
    till = new_till(office, tmp_path / "till", "L01", tills)
    sold = till.sell(SALES_OFFLINE)
    report = till.engine.run_once()
    assert report.pushed > SALES_OFFLINE and (report.flagged, report.red_days) == (0, ())
    assert till.one("SELECT count(*) FROM day_book WHERE colour <> 'green'") == 0
    backup = backed_up(till)

    till.till.units.checkpoint()
    shutil.copytree(till.till.folder.root, tmp_path / "copy", ignore=NOT_COPIED)
    twin = opened(office, tmp_path / "copy", tills)
    sold += till.sell(3)
    twin.sell(2)
    till.engine.run_once()
    with pytest.raises(ForkedError):
        twin.engine.run_once()
    with pytest.raises(MachineFault) as stop:
        twin.sell(1)
    assert stop.value.code == "sync.fork"

    request = RestoreRequest(backup=backup, administrator=PEOPLE[Role.ADMINISTRATOR], reason="copied")
    new, _ = restored(till, tmp_path / "new", request)
    enrolled = new.enrol(replaces=True)
    assert enrolled.till_code == "L01B" and enrolled.replaced is not None
    assert (enrolled.replaced.missing, enrolled.replaced.to_send) == ((), 0)
    assert new.one("SELECT count(*) FROM sale WHERE state = 'delivered'") == len(sold)
    sold += new.sell(2)
    assert new.engine.run_once().red_days == ()

    office.does("revoke-till", "L01B", "--reason", "stolen")
    sold += new.sell(1)
    drained = new.engine.run_once()
    assert drained.scope == "drain" and drained.flagged == drained.pushed > 0
    with pytest.raises(MachineFault) as ended:
        new.sell(1)
    assert ended.value.code == "till.not_authorised"
    assert verify(new.till.units).findings == ()
    assert not re.search(r"^L01B?\t(?!right)", office.does("verify"), re.MULTILINE)
    booked = office.does("export-transactions", "--from", "2000-01-01", "--to", "2100-01-01")
    assert [one.sale["sale_id"] for one in sold if booked.count(one.sale["sale_id"]) != 1] == []


@pytest.mark.parametrize(
    ("code", "what_is_left"), [("L02", "mirror"), ("L03", "server"), ("L04", "paper")], ids=lambda one: one
)
def test_replacement_when_a_disk_dies_what_is_lost_is_none_or_named(
    office: Office, tmp_path: Path, tills: ExitStack, code: str, what_is_left: str
) -> None:
    till = new_till(office, tmp_path / "till", code, tills)
    till.sell(2)
    till.engine.run_once()
    backup = backed_up(till)
    synced = [one.sale["receipt_number"] for one in till.sell(3)]
    till.engine.run_once()
    after = [one.sale["receipt_number"] for one in till.sell(4)]
    if what_is_left == "server":
        till.engine.run_once()
    mirror = _mirror(till) if what_is_left == "mirror" else None
    till.stack.close()

    request = RestoreRequest(
        backup=backup,
        administrator=PEOPLE[Role.ADMINISTRATOR],
        reason="disk died",
        mirror=mirror,
        last_receipt=after[-1],
    )
    new, report = restored(LiveTill(office, till.till, tills), tmp_path / "new", request)
    enrolled = new.enrol(replaces=True)
    first = new.sell(1)[0]
    cycle_report = new.engine.run_once()

    assert first.sale["receipt_number"] == f"{code}B-000001" and cycle_report.red_days == ()
    assert enrolled.replaced is not None and enrolled.replaced.missing == ()
    here = new.one("SELECT receipt_last FROM former_book")
    lost = [number for number in report.missing or () if int(number.split("-")[1]) > here]
    assert lost == (after if what_is_left == "paper" else [])
    assert set(report.missing or ()) == (set() if mirror else {*synced, *after})
    assert verify(new.till.units).findings == ()


def _mirror(till: LiveTill) -> Path:
    till.till.mirror.catch_up()
    with till.till.units.read() as connection:
        code, till_id = connection.exec_driver_sql(
            "SELECT code, till.id FROM book JOIN till ON till.id = book.till_id"
        ).one()
    name = mirror_name(code, UUID(bytes=till_id))
    return Path(shutil.copy(till.till.backup_folder() / name, till.till.folder.root.parent / "stick.mirror"))
