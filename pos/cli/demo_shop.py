"""The demo shop: set up, filled with meters and with three months of sales made through the real services."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pos.bootstrap import Access, Till, open_till, set_up_shop
from pos.cli.demo_meters import demo_meters_csv
from pos.cli.paper_files import hand_over, print_waiting
from pos.domain.ledger import drawer_account
from pos.domain.permissions import Actor, Role
from pos.domain.price_terms import PricingError
from pos.domain.shift import CashCount, cash_count
from pos.errors import UserError
from pos.i18n.resources import resource_path
from pos.models.ledger_book import read_head
from pos.models.queries.people import find_person, list_people
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.shop_file import ShopPlan, read_shop_file
from pos.services.shop_rows import BookKind
from pos.system.clock import DrivenClock
from pos.system.ids import new_id
from pos.system.paths import DataFolder

DAYS = 91
SALES_A_DAY = (6, 12)
FLOAT_MINOR = 50_000
NOTES_AND_COINS = (5000, 2000, 1000, 500, 100, 50, 20, 10, 5, 2, 1)
_TOP_UP_MINOR = 3_000_000
_AMOUNTS = (500, 1000, 1000, 2000, 2000, 3000, 5000, 5000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What a visitor needs to know: who may sign in with which PIN, and meters to sell to."""

    operators: tuple[dict[str, str], ...]
    meters: tuple[str, ...]


Watch = Callable[[int, int], None]


def make_demo_shop(
    folder: DataFolder, now: datetime, *, days: int = DAYS, watch: Watch | None = None
) -> DemoShop:
    """Make the demo shop in an empty folder, its past ending the day before `now` (aware).

    `watch` gets (days done, days in all). Raises as `set_up_shop`.
    """
    fill_shop(folder, now, BookKind.DEMO, days=days, watch=watch)
    return read_demo_shop(folder)


def fill_shop(
    folder: DataFolder, now: datetime, kind: BookKind, *, days: int, watch: Watch | None = None
) -> None:
    """Make the demo's shop as a demo, or as the training shop of a live till; as `make_demo_shop`."""
    plan = demo_plan()
    begin = _morning(now, plan.time_zone) - timedelta(days=days)
    clock = DrivenClock(begin)
    set_up_shop(folder, plan, kind, clock=clock)
    with open_till(folder, Access.WRITES, clock=clock) as till:
        people = {user.role: till.sign_in.sign_in(user.name, user.pin) for user in plan.users}
        drns = _import_meters(till, people[Role.ADMINISTRATOR])
        _Past(till, clock, people, drns).live(begin, days, watch or (lambda _done, _all: None))


def demo_plan() -> ShopPlan:
    """Return what the demo shop is set up from."""
    return read_shop_file(resource_path("demo", "shop.json"))


def read_demo_shop(folder: DataFolder) -> DemoShop:
    """Return who may sign in and which meters there are, of a demo shop made before.

    Raises UserError `data.no_till`, `shop.not_demo`.
    """
    with open_till(folder, Access.READS) as till:
        if not till.shop.is_demo:
            raise UserError("shop.not_demo", "This data folder holds a real shop, not a demo.")
        with till.units.read() as connection:
            drns = connection.exec_driver_sql(
                "SELECT drn FROM meter WHERE status = 'active' ORDER BY key"
            ).scalars()
            meters = tuple(drns)
    return DemoShop(_public_users(), meters)


def renew_demo_pins(folder: DataFolder, administrator: str) -> bool:
    """Give the people of a restored demo their public PINs again; False where the till is no demo."""
    with open_till(folder, Access.READS) as till:
        if not till.shop.is_demo:
            return False
    with open_till(folder, Access.WRITES) as till:
        with till.units.read() as connection:
            people = {person.actor.name: person.actor for person in list_people(connection)}
            acting = find_person(connection, administrator)
        assert acting is not None, "the restore was made in this name"
        for user in _public_users():
            if actor := people.get(user["name"]):
                till.operators.reset_pin(acting.actor, actor.id, pin=user["pin"], reason="public demo PIN")
    return True


def _public_users() -> tuple[dict[str, str], ...]:
    users = json.loads(resource_path("demo", "shop.json").read_text(encoding="utf-8"))["users"]
    return tuple({name: user[name] for name in ("name", "role", "pin")} for user in users)


def _import_meters(till: Till, administrator: Actor) -> list[str]:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "demo-meters.csv")
        file.write_text(demo_meters_csv(), encoding="utf-8")
        result = till.imports.run(administrator, file, errors_path=Path(scratch, "errors.csv"))
    assert result.counts.refused == 0, "the demo's own meters are right"
    with till.units.read() as connection:
        return list(connection.exec_driver_sql("SELECT drn FROM meter ORDER BY key").scalars())


class _Past:
    """Lives through the days of the demo, every sale through the checkout of the counter."""

    def __init__(self, till: Till, clock: DrivenClock, people: dict[Role, Actor], drns: list[str]) -> None:
        self._till = till
        self._clock = clock
        self._cashier = people[Role.CASHIER]
        self._supervisor = people[Role.SUPERVISOR]
        self._drns = drns
        self._dice = random.Random(20260102)  # noqa: S311 - a demo is the same every time

    def live(self, begin: datetime, days: int, watch: Watch) -> None:
        for day in range(days):
            morning = begin + timedelta(days=day)
            self._clock.set(morning)
            if day % 7 == 0:
                self._till.floats.top_up(
                    self._supervisor, "reg", amount_minor=_TOP_UP_MINOR, reference=f"BK-{day:03d}"
                )
            self._day(morning)
            watch(day + 1, days)

    def _day(self, morning: datetime) -> None:
        self._till.shifts.open_shift(self._cashier, _counted(FLOAT_MINOR))
        pieces = self._dice.randint(*SALES_A_DAY)
        minutes = sorted(self._dice.sample(range(5, 600), pieces))
        for minute, drn in zip(minutes, self._dice.sample(self._drns, pieces), strict=True):
            self._clock.set(morning + timedelta(minutes=minute, seconds=self._dice.randrange(60)))
            self._sell(drn)
        self._clock.set(morning + timedelta(hours=11))
        self._till.shifts.close_shift(self._cashier, self._drawer_count())
        print_waiting(self._till)

    def _sell(self, drn: str) -> None:
        money_minor = self._dice.choice(_AMOUNTS)
        request = SaleRequest(
            sale_id=new_id(self._clock.now()),
            drn=drn,
            money_minor=money_minor,
            tendered_minor=-(-money_minor // 5000) * 5000,
            kind=SaleKind.ENERGY,
        )
        try:
            result = self._till.checkout.sell(request, self._cashier)
        except PricingError:
            return  # a customer with too little money for the smallest vend goes home
        hand_over(self._till, result, self._cashier, is_quiet=True)

    def _drawer_count(self) -> CashCount:
        with self._till.units.read() as connection:
            account = drawer_account(str(read_head(connection).till_id))
            expected_minor: int = connection.exec_driver_sql(
                "SELECT balance_minor FROM account WHERE name = ?", (account,)
            ).scalar_one()
        return _counted(expected_minor)


def _counted(amount_minor: int) -> CashCount:
    """Count an amount in the fewest notes and coins."""
    pairs = []
    for value_minor in NOTES_AND_COINS:
        pieces, amount_minor = divmod(amount_minor, value_minor)
        pairs.append((value_minor, pieces))
    return cash_count(pairs)


def _morning(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    return local.replace(hour=7, minute=30, second=0, microsecond=0).astimezone(UTC)
