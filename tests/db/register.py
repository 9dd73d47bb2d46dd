"""A till with a shop and the services of its register of meters, wired to fakes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

from pos.domain.names import fold
from pos.domain.permissions import Actor, Role
from pos.models.queries.meters import MeterRow, find_meters
from pos.models.uow import WriteUnit
from pos.services.customers import Customers
from pos.services.meter_import import ImportResult, MeterImport
from pos.services.meter_shop import MeterChecks
from pos.services.meters import Meters
from pos.services.phones import PhoneReader
from tests.db.schema import make_database
from tests.factories.meter_files import write_csv
from tests.factories.register import ADMINISTRATOR_ID, fill_shop
from tests.fakes.clock import FakeClock
from tests.fakes.facts import FakeFacts

ADA = Actor(ADMINISTRATOR_ID, 1, "Ada", Role.ADMINISTRATOR)


def person(role: Role, institution: str | None = None) -> Actor:
    """Somebody of a role; the key is Ada's, whom the database knows."""
    return Actor(UUID(int=50), 1, "Somebody", role, institution)


class FakePapers:
    def __init__(self) -> None:
        self.erased: list[int] = []

    def erase_person(self, unit: WriteUnit, meter_keys: Sequence[int]) -> None:
        assert unit.connection.in_transaction()
        self.erased += meter_keys


class Register:
    """The services over one database in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = make_database(folder)
        with self.units.write() as unit:
            fill_shop(unit.connection)
        self.clock, self.facts, self.papers = FakeClock(), FakeFacts(), FakePapers()
        self.pauses: list[float] = []
        phones = PhoneReader("RW")
        checks = MeterChecks(currency="RWF", read_phone=phones)
        self.meters = Meters(self.units, self.facts, self.clock, checks, currency="RWF")
        self.customers = Customers(self.units, self.facts, self.clock, read_phone=phones, papers=self.papers)
        self.imports = MeterImport(self.units, self.facts, self.clock, checks, pause=self.pauses.append)

    def take(self, rows: Sequence[Mapping[str, str]], *, actor: Actor = ADA) -> ImportResult:
        """Import rows as a CSV file."""
        path = write_csv(self.folder / "meters.csv", rows)
        return self.imports.run(actor, path, errors_path=self.errors_path)

    @property
    def errors_path(self) -> Path:
        return self.folder / "errors.csv"

    def find(self, text: str, institution: str | None = None) -> list[MeterRow]:
        with self.units.read() as connection:
            return find_meters(connection, text, institution=institution)

    def drns(self, text: str) -> list[str]:
        return [row.drn for row in self.find(text)]

    def count(self, table: str) -> int:
        with self.units.read() as connection:
            found: int = connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
        return found

    def run(self, statement: str, *values: object) -> None:
        with self.units.write() as unit:
            unit.connection.exec_driver_sql(statement, tuple(values))

    def check_search(self) -> None:
        """Every named meter is in the index with its words, and nothing else is."""
        with self.units.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT meter.key, customer.name FROM meter JOIN customer ON customer.key = customer_key"
            ).all()
            indexed = connection.exec_driver_sql("SELECT rowid, words FROM meter_words").all()
        assert {row[0]: row[1] for row in indexed} == {key: fold(name) for key, name in rows if name}
        self.run("INSERT INTO meter_words (meter_words) VALUES ('integrity-check')")

    def close(self) -> None:
        self.units.close()
