"""One till in the simulation: the real services on a real folder, a clock of its own, a bad line."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.bootstrap import Access, Till, open_till, restore_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.config import DUPLICATE_LIMIT_MINOR
from pos.domain.ledger import drawer_account
from pos.domain.permissions import Actor, Role
from pos.domain.shift import CashCount, cash_count
from pos.errors import Unavailable
from pos.models.ledger_book import BookHead, read_head
from pos.models.queries.people import find_person
from pos.services.enrol_values import Enrolled, EnrolWish
from pos.services.restore import RestoreRequest
from pos.services.restore_report import RestoreReport
from pos.services.sale_values import SaleRequest
from pos.services.shop_rows import BookKind
from pos.sync.engine import SyncEngine
from pos.system.mirror_file import mirror_name
from pos.system.paths import DataFolder
from tests.simulation.faults import BadLine, PowerCut
from tests.simulation.office import next_keys
from tests.simulation.times import MachineClock

NOTES = (5000, 2000, 1000, 500, 100, 50, 20, 10, 5, 2, 1)
TRIES_TO_ENROL = 200
USERS = {user.role: user for user in demo_plan().users}


@dataclass(slots=True)
class SimTill:
    """A till and what the simulation knows of it; `waiting` are sales that are paid and have no token yet."""

    code: str
    folder: Path
    clock: MachineClock
    line: BadLine
    till: Till = field(init=False)
    people: dict[Role, Actor] = field(default_factory=dict)
    waiting: dict[UUID, SaleRequest] = field(default_factory=dict)
    sold: list[tuple[SaleRequest, list[str]]] = field(default_factory=list)
    refunds: list[UUID] = field(default_factory=list)
    days_offline: int = 0
    is_revoked: bool = False
    has_next_keys: bool = False
    was_restored: bool = False
    is_rushing: bool = False
    backup: Path | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def set_up(self) -> None:
        plan = replace(demo_plan(), till_code=self.code)
        set_up_shop(DataFolder(self.folder), plan, BookKind.DEMO, clock=self.clock)
        self.open()
        for user in USERS.values():
            self.people[user.role] = self.till.sign_in.sign_in(user.name, user.pin)
        administrator = self.people[Role.ADMINISTRATOR]
        self.till.settings.change(administrator, DUPLICATE_LIMIT_MINOR, value=10**9, reason="simulation")
        self.till.reload_settings()

    def open(self) -> None:
        """Start the program; the mirror is written when a backup or a death asks for it, in this thread."""
        opened = open_till(DataFolder(self.folder), Access.WRITES, clock=self.clock, mirrors=False)
        self.till = self._stack.enter_context(opened)
        self.till.office.use_transport(lambda _: self.line, pause=lambda _: None)

    def close(self) -> None:
        self._stack.close()

    def restart(self) -> None:
        self.close()
        self.open()

    @property
    def engine(self) -> SyncEngine:
        engine = self.till.sync
        assert engine is not None, f"{self.code} is not enrolled"
        return engine

    def head(self) -> BookHead:
        with self.till.units.read() as connection:
            return read_head(connection)

    def enrol(self, code: str, *, replaces: bool = False) -> Enrolled | None:
        """Enrol, again and again while the line breaks; None where only later cycles end it."""
        wish = EnrolWish("https://office.test", code, replaces=replaces)
        for _ in range(TRIES_TO_ENROL):
            try:
                return self.till.office.enrol(self.people[Role.ADMINISTRATOR], wish)
            except (Unavailable, PowerCut) as trouble:
                if isinstance(trouble, PowerCut):
                    self.restart()
                if self.till.sync is not None:
                    return None
        raise AssertionError(f"{self.code} could not be enrolled in {TRIES_TO_ENROL} tries")

    def load_next_keys(self) -> None:
        """Load the announced key, as two people do; a demo's service for it takes none."""
        if not self.has_next_keys:
            for key in next_keys():
                self.till.vault.add(key)
            self.has_next_keys = True

    def open_shift(self) -> None:
        self.till.shifts.open_shift(self.people[Role.CASHIER], counted(50_000))

    @property
    def has_shift(self) -> bool:
        return bool(self.one("SELECT count(*) FROM shift WHERE closed_place IS NULL"))

    def drawer_minor(self) -> int:
        account = drawer_account(str(self.head().till_id))
        return int(self.one("SELECT coalesce(sum(balance_minor), 0) FROM account WHERE name = ?", account))

    def make_backup(self, folder: Path) -> None:
        made = self.till.backups.begin().run()
        assert made is not None
        self.backup = Path(shutil.copy(made.path, folder / f"{self.code}.backup"))

    def copy_mirror(self, folder: Path) -> Path:
        """Let the mirror catch up and save it from the machine, as it lies on a stick."""
        self.till.mirror.catch_up()
        head = self.head()
        source = self.till.backup_folder() / mirror_name(head.till_code, head.till_id)
        return Path(shutil.copy(source, folder / f"{self.code}.mirror"))

    def restored(self, folder: Path, *, mirror: Path | None, last_receipt: str) -> RestoreReport:
        """Make this the till on a new machine, out of the back-up of the one that died."""
        assert self.backup is not None
        self.folder = folder
        request = RestoreRequest(
            backup=self.backup,
            administrator=USERS[Role.ADMINISTRATOR].name,
            reason="disk died",
            mirror=mirror,
            last_receipt=last_receipt,
        )
        report = restore_till(DataFolder(folder), request)
        self.open()
        with self.till.units.read() as connection:
            for role, user in USERS.items():
                person = find_person(connection, user.name)
                assert person is not None
                self.people[role] = person.actor
        self.code, self.has_next_keys, self.was_restored = report.new_code, False, True
        return report

    def one(self, query: str, *values: object) -> Any:
        with self.till.units.read() as connection:
            return connection.exec_driver_sql(query, values).scalar()

    def all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.till.units.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query, values)]


def counted(amount_minor: int) -> CashCount:
    """An amount in the fewest notes and coins."""
    pairs = []
    for value_minor in NOTES:
        pieces, amount_minor = divmod(amount_minor, value_minor)
        pairs.append((value_minor, pieces))
    return cash_count(pairs)
