from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.models.queries.money import last_place_before
from pos.services.supplier_float import SupplierFloats
from tests.factories.shifts import Desk, make_desk
from tests.factories.shop import ZONE

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, opens_shift=True, float_minor=100_000)


@pytest.fixture
def floats(desk: Desk) -> SupplierFloats:
    shop = desk.shop
    return SupplierFloats(shop.units, shop.book, clock=shop.clock, time_zone=ZONE, low_minor=lambda: 20_000)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def moves_of(statement: Any) -> list[tuple[str, int, int]]:
    return [(move.kind, move.amount_minor, move.balance_minor) for move in statement.moves]


def test_top_up_when_made_raises_float_and_lowers_bank(desk: Desk, floats: SupplierFloats) -> None:
    bank = desk.shop.balance("bank")

    floats.top_up(desk.shop.supervisor, "reg", amount_minor=50_000, reference="BK-1")

    assert desk.shop.balance("supplier:reg") == 150_000
    assert desk.shop.balance("bank") == bank - 50_000


def test_create_supplier_when_new_begins_with_nothing_but_its_credit(
    desk: Desk, floats: SupplierFloats
) -> None:
    admin = desk.person(Role.ADMINISTRATOR)

    floats.create_supplier(admin, "water", name="WASAC", credit_limit_minor=30_000)

    water = floats.list_floats(admin)[1]
    assert (water.supplier.name, water.supplier.left_minor, water.is_low) == ("WASAC", 30_000, False)
    again = lambda: floats.create_supplier(admin, "water", name="Other")  # noqa: E731 - said once, tried once
    assert code_of(again) == "supplier.exists"


def test_sale_when_the_float_is_empty_waits_for_credit_or_top_up(desk: Desk, floats: SupplierFloats) -> None:
    drn, admin = desk.shop.add_meter(1), desk.person(Role.ADMINISTRATOR)
    desk.sell(drn, 90_000)
    assert floats.list_low(desk.shop.cashier) == ("REG",)
    assert code_of(lambda: desk.sell(drn, 20_000)) == "float.empty"

    floats.set_credit_limit(admin, "reg", limit_minor=10_000)

    desk.sell(drn, 20_000)
    assert floats.list_floats(desk.shop.supervisor)[0].supplier.left_minor == 0


def test_commission_when_a_new_rule_begins_counts_from_then_on(desk: Desk, floats: SupplierFloats) -> None:
    drn, admin = desk.shop.add_meter(1), desk.person(Role.ADMINISTRATOR)
    desk.sell(drn, 10_000)
    later = desk.shop.clock.now() + timedelta(days=1)

    assert floats.set_commission(admin, "reg", ppm=20_000) == 2
    assert floats.set_commission(admin, "reg", ppm=30_000, valid_from=later) == 3
    desk.shop.clock.pass_time(seconds=1)
    desk.sell(drn, 10_000)
    assert desk.shop.balance("income:commission") == -200
    desk.shop.clock.pass_time(days=1)
    desk.sell(drn, 10_000)

    assert desk.shop.balance("income:commission") == -500
    assert floats.list_floats(admin)[0].commission_ppm == 30_000


def test_commission_when_it_would_change_what_is_booked_is_refused(
    desk: Desk, floats: SupplierFloats
) -> None:
    admin = desk.person(Role.ADMINISTRATOR)

    past = lambda: floats.set_commission(admin, "reg", ppm=1, valid_from=desk.shop.clock.now())  # noqa: E731
    assert code_of(past) == "float.commission_past"
    assert code_of(lambda: floats.set_commission(admin, "reg", ppm=1_000_001)) == "float.commission"


def test_statement_when_days_went_by_leads_from_opening_to_closing(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, opens_shift=True, float_minor=100_000, commission_ppm=10_000)
    shop = desk.shop
    floats = SupplierFloats(shop.units, shop.book, clock=shop.clock, time_zone=ZONE, low_minor=lambda: 0)
    drn = shop.add_meter(1)
    desk.sell(drn, 5000)
    desk.sell(drn, 1000)
    shop.clock.pass_time(days=1)
    floats.top_up(shop.supervisor, "reg", amount_minor=40_000, reference="BK-2")
    desk.sell(drn, 2000)
    shop.clock.pass_time(days=2)
    floats.correct(shop.supervisor, "reg", amount_minor=-70, reference="letter 4", reason="their books")
    floats.add_commission(shop.supervisor, "reg", amount_minor=500, reference="letter 5")

    whole = floats.statement(shop.supervisor, "reg", first_day=FRIDAY, last_day=FRIDAY + timedelta(days=9))
    second = floats.statement(
        shop.supervisor,
        "reg",
        first_day=FRIDAY + timedelta(days=1),
        last_day=FRIDAY + timedelta(days=2),
    )

    assert moves_of(whole) == [
        ("top_up", 100_000, 100_000),
        ("sales", -6000, 94_000),
        ("sales_commission", 60, 94_060),
        ("top_up", 40_000, 134_060),
        ("sales", -2000, 132_060),
        ("sales_commission", 20, 132_080),
        ("correction", -70, 132_010),
        ("commission", 500, 132_510),
    ]
    assert whole.moves[1].pieces == 2
    assert (whole.opening_minor, whole.closing_minor) == (0, shop.balance("supplier:reg"))
    assert whole.commission_minor == 580
    assert (second.opening_minor, second.closing_minor, len(second.moves)) == (94_060, 132_080, 3)
    assert second.moves[0].reference == "BK-2"


def test_statement_when_before_the_first_line_or_after_the_last_is_flat(
    desk: Desk, floats: SupplierFloats
) -> None:
    before, after = (
        floats.statement(desk.shop.supervisor, "reg", first_day=day, last_day=day)
        for day in (FRIDAY - timedelta(days=9), FRIDAY + timedelta(days=9))
    )

    assert (before.opening_minor, before.moves, before.closing_minor) == (0, (), 0)
    assert (after.opening_minor, after.moves, after.closing_minor) == (100_000, (), 100_000)


def test_last_place_before_when_many_lines_share_a_millisecond_takes_none_of_them(desk: Desk) -> None:
    now = desk.shop.clock.now()
    desk.shop.clock.pass_time(seconds=1)
    for _ in range(20):
        desk.shop.top_up(1)

    with desk.shop.units.read() as connection:
        places = [
            last_place_before(connection, at)
            for at in (
                datetime(2020, 1, 1, tzinfo=UTC),
                now + timedelta(milliseconds=1000),
                now + timedelta(days=1),
            )
        ]
        head = connection.exec_driver_sql("SELECT head_seq FROM book").scalar_one()
    assert places == [0, head - 20, head]


def test_float_when_something_is_missing_is_refused(desk: Desk, floats: SupplierFloats) -> None:
    admin, supervisor = desk.person(Role.ADMINISTRATOR), desk.shop.supervisor
    calls: list[tuple[str, Callable[[], object]]] = [
        ("float.amount", lambda: floats.top_up(supervisor, "reg", amount_minor=0, reference="x")),
        ("float.amount", lambda: floats.set_credit_limit(admin, "reg", limit_minor=-1)),
        (
            "float.amount",
            lambda: floats.correct(supervisor, "reg", amount_minor=0, reference="x", reason="y"),
        ),
        (
            "float.reason",
            lambda: floats.correct(supervisor, "reg", amount_minor=1, reference="x", reason=" "),
        ),
        (
            "float.reason",
            lambda: floats.top_up(supervisor, "reg", amount_minor=1, reference="x", reason="y" * 201),
        ),
        ("float.reference", lambda: floats.top_up(supervisor, "reg", amount_minor=1, reference=" ")),
        ("supplier.unknown", lambda: floats.top_up(supervisor, "no", amount_minor=1, reference="x")),
        ("supplier.code", lambda: floats.create_supplier(admin, "a b", name="x")),
        ("supplier.name", lambda: floats.create_supplier(admin, "ab", name=" ")),
        (
            "float.period",
            lambda: floats.statement(supervisor, "reg", first_day=FRIDAY, last_day=date(2026, 1, 1)),
        ),
    ]

    assert [code_of(call) for _, call in calls] == [code for code, _ in calls]
    assert desk.shop.balance("supplier:reg") == 100_000


@pytest.mark.parametrize(
    ("role", "views", "tops_up", "edits"),
    [
        (Role.CASHIER, False, False, False),
        (Role.SUPERVISOR, True, True, False),
        (Role.FACILITY_MANAGER, False, False, False),
        (Role.ADMINISTRATOR, True, True, True),
        (Role.AUDITOR, True, False, False),
    ],
)
def test_float_when_a_role_asks_does_what_it_may(
    desk: Desk, floats: SupplierFloats, *, role: Role, views: bool, tops_up: bool, edits: bool
) -> None:
    actor = desk.person(role)
    calls: list[tuple[bool, Callable[[], object]]] = [
        (views, lambda: floats.list_floats(actor)),
        (views, lambda: floats.statement(actor, "reg", first_day=FRIDAY, last_day=FRIDAY)),
        (tops_up, lambda: floats.top_up(actor, "reg", amount_minor=1, reference="x")),
        (tops_up, lambda: floats.correct(actor, "reg", amount_minor=1, reference="x", reason="y")),
        (edits, lambda: floats.create_supplier(actor, "water", name="WASAC")),
        (edits, lambda: floats.set_credit_limit(actor, "reg", limit_minor=5)),
        (edits, lambda: floats.set_commission(actor, "reg", ppm=5)),
    ]

    for may, call in calls:
        if may:
            call()
        else:
            assert code_of(call) == "permission.denied"
