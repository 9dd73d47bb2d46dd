"""Real tills against the real server application, without a socket."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from central.services.master import Master
from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.config import DUPLICATE_LIMIT_MINOR
from pos.domain.permissions import Actor, Role
from pos.domain.shift import cash_count
from pos.models.office_link import Link
from pos.models.queries.people import list_people
from pos.services.enrol_values import Enrolled, EnrolWish
from pos.services.sale_values import SaleRequest, SaleResult
from pos.services.shop_rows import BookKind
from pos.sync.engine import SyncEngine
from pos.system.paths import DataFolder
from tests.fakes.clock import FakeClock
from tests.fakes.server_transport import ClientTransport
from tests.server.rig import NOW, Server, make_server, make_template, new_sqlite, settings_of
from tests.server.till_rig import DRNS, Shop, group_values, make_shop

FIRST_TILL = "T03"
PINS = {user.role: (user.name, user.pin) for user in demo_plan().users}


@dataclass(slots=True)
class RealTill:
    """An open till with its people, and its line to the server."""

    till: Till
    line: ClientTransport
    people: dict[Role, Actor]
    office: Shop

    @property
    def engine(self) -> SyncEngine:
        engine = self.till.sync
        assert engine is not None
        return engine

    @property
    def link(self) -> Link:
        """How an enrolled till stands to its head office."""
        link = self.till.office.state.link
        assert link is not None
        return link

    def enrol(self, code: str | None = None, *, replaces: bool = False) -> Enrolled:
        code = code or self.office.code(money_minor=400_000, units_milli=10**12)
        wish = EnrolWish("https://office.test", code, replaces=replaces)
        return self.till.office.enrol(self.people[Role.ADMINISTRATOR], wish)

    def open_shift(self) -> None:
        cashier = self.people[Role.CASHIER]
        self.till.shifts.open_shift(cashier, cash_count(((1000, 50),)))

    def sell(self, drn: str = DRNS[0], money_minor: int = 5_000, **changes: Any) -> SaleResult:
        request = SaleRequest(
            sale_id=uuid4(), drn=drn, money_minor=money_minor, is_another_wanted=True, **changes
        )
        return self.till.checkout.sell(request, self.people[Role.CASHIER])

    def one(self, query: str, *values: object) -> Any:
        with self.till.units.read() as connection:
            return connection.exec_driver_sql(query, values).scalar()

    def all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.till.units.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, values)]


OpenTill = Callable[..., RealTill]


@pytest.fixture(scope="session")
def server_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("office") / "template.sqlite"
    make_template(path)
    return path


@pytest.fixture
def server(server_template: Path, tmp_path: Path) -> Iterator[Server]:
    """The real server on SQLite; the tests of the server itself run on PostgreSQL too."""
    made = make_server(settings_of(new_sqlite(server_template, tmp_path), tmp_path))
    with made.client:
        yield made
    made.database.close()


@pytest.fixture
def office(server: Server) -> Shop:
    """An organisation with a tariff, a supply group whose tokens tills make themselves, and meters."""
    made = make_shop(server)
    give_group(made, holders=["vault"])
    return made


def give_group(office: Shop, **changes: Any) -> None:
    """Change the supply group as head office does."""
    server = office.server
    with server.database.write() as connection:
        Master(server.app.state.head_office.feed).put_group(
            connection, office.organisation, group_values(**changes), now=server.clock.now()
        )


def make_till(folder: Path, code: str) -> None:
    """Set a demo till up, as of the instant at which tests begin."""
    set_up_shop(DataFolder(folder), replace(demo_plan(), till_code=code), BookKind.DEMO, clock=FakeClock(NOW))


@pytest.fixture(scope="session")
def till_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new till: setting one up takes a second or two."""
    folder = tmp_path_factory.mktemp("till")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        make_till(folder, FIRST_TILL)
    return folder


@pytest.fixture
def open_real_till(server: Server, office: Shop, tmp_path: Path, till_template: Path) -> Iterator[OpenTill]:
    """Opens tills: of a folder that is there, or a new one with a code."""
    with ExitStack() as stack:

        def open_one(
            folder: Path | None = None, *, code: str = FIRST_TILL, clock: FakeClock | None = None
        ) -> RealTill:
            data = DataFolder(folder or tmp_path / f"till-{code}")
            if not data.database.exists() and code == FIRST_TILL:
                shutil.copytree(till_template, data.root, ignore=shutil.ignore_patterns("*.lock"))
            elif not data.database.exists():
                make_till(data.root, code)
            till = stack.enter_context(open_till(data, Access.WRITES, clock=clock or server.clock))
            line = ClientTransport(server.client)
            till.office.use_transport(lambda _: line, pause=lambda _: None)
            with till.units.read() as connection:
                people = {person.actor.role: person.actor for person in list_people(connection)}
            if till.settings.values()[DUPLICATE_LIMIT_MINOR] == 0:
                till.settings.change(
                    people[Role.ADMINISTRATOR], DUPLICATE_LIMIT_MINOR, value=10**9, reason="test"
                )
                till.reload_settings()
            return RealTill(till, line, people, office)

        yield open_one


@pytest.fixture
def real_till(open_real_till: OpenTill) -> RealTill:
    """A new till that stands alone."""
    return open_real_till()


def revoke(server: Server, office: Shop, till_id: UUID) -> None:
    """End a till as an administrator does."""
    person = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation)
    answer = person.post(f"/v1/tills/{till_id}/revoke", json={"reason": "stolen"})
    assert answer.status_code in (200, 204), answer.text
