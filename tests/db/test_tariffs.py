import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from pos.domain.csv_table import read_table
from pos.domain.permissions import Role
from pos.domain.price_terms import Basis
from pos.domain.tariff_csv import NamedTariff
from pos.domain.tariff_csv_write import tariffs_csv
from pos.errors import KilotillError
from pos.models.ledger_book import read_head
from pos.models.queries.selling import read_line_at
from pos.services.sale_values import SaleRequest
from pos.services.tariffs import TariffFileError, Tariffs, TariffTrial
from tests.factories.shifts import Desk, make_desk
from tests.factories.shop import ZONE
from tests.factories.tariffs import make_full_tariff, make_tariff

HEADER = "tariff_code,version,valid_from,currency,row,to_units,rate,name\n"
SHOP = HEADER + "SHOP,1,2026-01-01,RWF,tariff,,,Shops\nSHOP,1,2026-01-01,RWF,block,,310,\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, opens_shift=True)


@pytest.fixture
def tariffs(desk: Desk) -> Tariffs:
    return Tariffs(desk.shop.units, desk.shop.book, clock=desk.shop.clock, time_zone=ZONE)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def head_seq(desk: Desk) -> int:
    with desk.shop.units.read() as connection:
        return read_head(connection).head_seq


def test_import_when_new_stores_a_version_and_states_it(desk: Desk, tariffs: Tariffs) -> None:
    admin = desk.person(Role.ADMINISTRATOR)

    done = tariffs.import_csv(admin, SHOP, reason="from the office")

    (version,) = done.added
    assert (version.code, version.version, version.name) == ("SHOP", 1, "Shops")
    assert version.valid_from == datetime(2025, 12, 31, 22, 0, tzinfo=UTC), "midnight in the shop's time zone"
    with desk.shop.units.read() as connection:
        body = json.loads(read_line_at(connection, read_head(connection).head_seq))["body"]
    assert (body["act"], body["target_id"], body["reason"]) == (
        *("tariff.edit", str(version.id), "from the office"),
    )
    assert body["after"]["sha256"] == version.sha256.hex()


def test_import_when_repeated_with_the_same_content_does_nothing(desk: Desk, tariffs: Tariffs) -> None:
    admin = desk.person(Role.ADMINISTRATOR)
    tariffs.import_csv(admin, SHOP)
    before = head_seq(desk)

    again = tariffs.import_csv(admin, SHOP)

    assert (again.added, again.unchanged, head_seq(desk)) == ((), 1, before)


def test_import_when_a_version_comes_with_other_content_stores_nothing(desk: Desk, tariffs: Tariffs) -> None:
    admin = desk.person(Role.ADMINISTRATOR)
    tariffs.import_csv(admin, SHOP)
    before = head_seq(desk)
    changed = HEADER + "NEW,1,2026-01-01,RWF,block,,9,\n" + SHOP.replace("310", "311").split("\n", 1)[1]

    assert code_of(lambda: tariffs.import_csv(admin, changed)) == "tariff.version_exists"
    assert (tariffs.list_versions(admin, "NEW"), head_seq(desk)) == ((), before)


def test_import_when_a_line_is_wrong_names_it_and_stores_nothing(desk: Desk, tariffs: Tariffs) -> None:
    admin = desk.person(Role.ADMINISTRATOR)

    with pytest.raises(TariffFileError, match="Line 4, rate") as caught:
        tariffs.import_csv(admin, SHOP + "BAD,1,2026-01-01,RWF,block,,free,\n")

    assert caught.value.code == "tariff.file"
    assert [error.error_code for error in caught.value.errors] == ["money.text"]
    table = read_table(caught.value.errors_csv, columns=("line", "error_code", "tariff_code"), required=())
    assert [(row["line"], row["tariff_code"]) for row in table.rows] == [("4", "BAD")]
    assert tariffs.list_versions(admin, "SHOP") == ()


def test_import_when_in_another_currency_is_refused(desk: Desk, tariffs: Tariffs) -> None:
    text = tariffs_csv([NamedTariff(make_full_tariff())])

    code = code_of(lambda: tariffs.import_csv(desk.person(Role.ADMINISTRATOR), text))

    assert code == "tariff.other_currency"


def test_export_when_imported_elsewhere_gives_the_same_versions(tmp_path: Path, desk: Desk) -> None:
    shop = desk.shop
    tariffs = Tariffs(shop.units, shop.book, clock=shop.clock, time_zone=ZONE)
    admin = desk.person(Role.ADMINISTRATOR)
    tariffs.import_csv(admin, SHOP)
    (tmp_path / "other").mkdir()
    other = make_desk(tmp_path / "other", tariffs=())
    elsewhere = Tariffs(other.shop.units, other.shop.book, clock=other.shop.clock, time_zone=ZONE)

    elsewhere.import_csv(other.person(Role.ADMINISTRATOR), tariffs.export_csv(admin))

    here, there = tariffs.list_versions(admin), elsewhere.list_versions(admin)
    assert [(one.code, one.name, one.sha256) for one in here] == [
        (one.code, one.name, one.sha256) for one in there
    ]
    assert len(here) == 2


def test_get_in_force_when_a_later_version_begins_gives_each_in_its_time(
    desk: Desk, tariffs: Tariffs
) -> None:
    admin = desk.person(Role.ADMINISTRATOR)
    start = datetime(2026, 12, 1, tzinfo=UTC)
    later = make_tariff(code="HOME", version=2, valid_from=start)
    tariffs.import_csv(admin, tariffs_csv([NamedTariff(later)]))

    assert tariffs.get_in_force(admin, "HOME").version == 1
    assert tariffs.get_in_force(admin, "HOME", at=start).version == 2
    assert code_of(lambda: tariffs.get_in_force(admin, "NONE")) == "tariff.unknown"


@pytest.mark.parametrize(
    ("bought_milli", "money_minor", "units_milli"),
    [(0, 500, 5617), (0, 5000, 30_387), (10_000, 5000, 23_258), (35_000, 5000, 15_948)],
)
def test_trial_when_by_money_gives_the_check_figures(
    desk: Desk, tariffs: Tariffs, bought_milli: int, money_minor: int, units_milli: int
) -> None:
    basis = Basis(bought_before_milli=bought_milli)
    before = head_seq(desk)

    priced = tariffs.trial(desk.shop.cashier, TariffTrial(code="HOME", money_minor=money_minor, basis=basis))

    assert (priced.units_milli, priced.money_minor, head_seq(desk)) == (units_milli, money_minor, before)


def test_trial_when_by_units_is_what_the_sale_to_a_meter_would_cost(desk: Desk, tariffs: Tariffs) -> None:
    drn = desk.shop.add_meter(1)
    request = SaleRequest(sale_id=uuid4(), drn=drn, units_milli=20_000)

    tried = tariffs.trial(desk.shop.cashier, TariffTrial(code="HOME", units_milli=20_000, version=1))
    quote = desk.shop.checkout.trial_vend(request, desk.shop.cashier)

    assert tried == quote.item
    assert tried.money_minor == 1780


def test_trial_when_something_is_missing_is_refused(desk: Desk, tariffs: Tariffs) -> None:
    actor = desk.shop.cashier

    assert code_of(lambda: tariffs.trial(actor, TariffTrial(code="HOME"))) == "sale.amount"
    unknown = TariffTrial(code="HOME", version=9, money_minor=5)
    assert code_of(lambda: tariffs.trial(actor, unknown)) == "tariff.unknown"


@pytest.mark.parametrize("role", list(Role))
def test_tariffs_when_a_role_asks_only_administrators_change_them(
    desk: Desk, tariffs: Tariffs, role: Role
) -> None:
    actor = desk.person(role)

    assert len(tariffs.list_versions(actor)) == 1
    if role is Role.ADMINISTRATOR:
        assert len(tariffs.import_csv(actor, SHOP).added) == 1
    else:
        assert code_of(lambda: tariffs.import_csv(actor, SHOP)) == "permission.denied"
