import json
from pathlib import Path
from typing import Any

import pytest

from pos.domain.permissions import Role
from pos.errors import UserError
from pos.services.shop_file import ShopPlan, SupplierPlan, read_shop_file, read_shop_plan
from tests.factories.shop_file import a_group, shop_json

TARIFFS = "tariff_code,version\nDOM,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tariffs.csv").write_text(TARIFFS, encoding="utf-8-sig")
    return tmp_path


def plan(folder: Path, **changes: Any) -> ShopPlan:
    return read_shop_plan(shop_json(**changes), folder)


def refusal(folder: Path, **changes: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        plan(folder, **changes)
    return caught.value


def test_read_shop_file_when_all_is_right_then_gives_the_plan(folder: Path) -> None:
    (folder / "shop.json").write_bytes(b"\xef\xbb\xbf" + shop_json())
    found = read_shop_file(folder / "shop.json")
    assert (found.organisation, found.tin) == ("Amashanyarazi Ltd", "102345678")
    assert (found.sales_point.name, found.sales_point.phone) == ("Kimironko", "+250788000111")
    assert (found.till_code, found.currency, found.time_zone.key, found.language) == (
        "T03",
        "RWF",
        "Africa/Kigali",
        "rw",
    )
    assert [(user.name, user.role.value, user.institution) for user in found.users] == [
        ("Chantal", "C", None),
        ("Samuel", "S", None),
        ("Fatou", "F", "school"),
        ("Alice", "A", None),
    ]
    assert found.tariffs_csv == TARIFFS
    assert [(group.key.sgc, group.key.method.value, group.check_value) for group in found.supply_groups] == [
        ("123456", "02", "544E54"),
        ("201457", "04", "13C395"),
    ]
    assert (found.envelope_money_minor, found.envelope_units_milli) == (500_000, 2_000_000)
    assert found.printer == "dummy"
    assert found.ignored == ()
    assert "444444" not in repr(found)


def test_read_shop_plan_when_only_the_needed_keys_are_there_then_the_rest_has_defaults(folder: Path) -> None:
    found = plan(
        folder,
        organisation="Shop",
        sales_point="Counter",
        tariffs_csv=None,
        supply_groups=None,
        printer=None,
        users=[{"name": "Only", "role": "A", "pin": "123456"}],
    )
    assert (found.organisation, found.tin, found.sales_point.name) == ("Shop", None, "Counter")
    assert (found.tariffs_csv, found.supply_groups, found.printer) == (None, (), "")
    assert found.supplier == SupplierPlan("own", "Shop", 2**53 - 1)
    assert found.users[0].role is Role.ADMINISTRATOR


def test_read_shop_plan_when_amounts_are_texts_then_they_are_in_whole_units(folder: Path) -> None:
    found = plan(folder, currency="KES", envelope={"money": "5000.50", "units": "2000.5"})
    assert (found.envelope_money_minor, found.envelope_units_milli) == (500_050, 2_000_500)


def test_read_shop_plan_when_a_supplier_is_named_then_its_float_starts_without_credit(folder: Path) -> None:
    found = plan(folder, supplier={"code": "utility", "name": "Energy Utility"})
    assert found.supplier == SupplierPlan("utility", "Energy Utility", 0)
    found = plan(folder, supplier={"code": "utility", "name": "Energy Utility", "credit_limit": 70000})
    assert found.supplier.credit_limit_minor == 70_000


def test_read_shop_plan_when_group_fields_are_left_out_then_they_are_the_usual_ones(folder: Path) -> None:
    group = a_group(krn=None, ken=None, holders=None, check_value=None, ti=1)
    (found,) = plan(folder, supply_groups=[group]).supply_groups
    assert (found.ti, found.key.krn, found.key.ken, int(found.key.kt)) == ("01", 1, 255, 2)
    assert (found.holders, found.check_value) == (("vault",), None)


def test_read_shop_plan_when_keys_mean_nothing_then_they_are_named(folder: Path) -> None:
    assert plan(folder, colour="red", adress="x").ignored == ("adress", "colour")


NEEDED = [
    "organisation",
    "sales_point",
    "till_code",
    "currency",
    "time_zone",
    "language",
    "users",
    "envelope",
]


@pytest.mark.parametrize("key", NEEDED)
def test_read_shop_plan_when_a_needed_key_is_missing_then_it_is_named(folder: Path, key: str) -> None:
    error = refusal(folder, **{key: None})
    assert error.code == "shop_file.value"
    assert key in error.text


ADMIN = {"name": "A", "role": "A", "pin": "123456"}


@pytest.mark.parametrize(
    ("changes", "way"),
    [
        ({"organisation": ""}, "organisation"),
        ({"organisation": {"tin": "1"}}, "organisation.name"),
        ({"organisation": 7}, "organisation"),
        ({"sales_point": {"name": "x", "phone": 7}}, "sales_point.phone"),
        ({"till_code": "t03"}, "till_code"),
        ({"till_code": "TILL3"}, "till_code"),
        ({"currency": "XXX"}, "currency"),
        ({"time_zone": "Africa/Nowhere"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"language": "de"}, "language"),
        ({"users": "x"}, "users"),
        ({"users": []}, "users"),
        ({"users": [{"name": "C", "role": "C", "pin": "12345"}]}, "users"),
        ({"users": [ADMIN, ADMIN | {"name": "a"}]}, "users"),
        ({"users": [ADMIN, "x"]}, "users[1]"),
        ({"users": [ADMIN, {"role": "C", "pin": "12345"}]}, "users[1].name"),
        ({"users": [ADMIN, {"name": "C\tD\x07", "role": "C", "pin": "12345"}]}, "users[1].name"),
        ({"users": [ADMIN, {"name": "C", "role": "X", "pin": "12345"}]}, "users[1].role"),
        ({"users": [ADMIN | {"pin": "12345"}]}, "users[0].pin"),
        ({"users": [ADMIN | {"pin": 123456}]}, "users[0].pin"),
        ({"users": [ADMIN | {"institution": "school"}]}, "users[0].institution"),
        ({"supply_groups": {}}, "supply_groups"),
        ({"supply_groups": [a_group(sgc="12345")]}, "supply_groups[0].sgc"),
        ({"supply_groups": [a_group(), a_group()]}, "supply_groups"),
        ({"supply_groups": [a_group(key_method="09")]}, "supply_groups[0].key_method"),
        ({"supply_groups": [a_group(algorithm="09")]}, "supply_groups[0]:"),
        ({"supply_groups": [a_group(algorithm="11")]}, "supply_groups[0]:"),
        ({"supply_groups": [a_group(base_date="15")]}, "supply_groups[0].base_date"),
        ({"supply_groups": [a_group(ti="100")]}, "supply_groups[0].ti"),
        ({"supply_groups": [a_group(krn=0)]}, "supply_groups[0]"),
        ({"supply_groups": [a_group(krn="1")]}, "supply_groups[0].krn"),
        ({"supply_groups": [a_group(krn=True)]}, "supply_groups[0].krn"),
        ({"supply_groups": [a_group(ken=256)]}, "supply_groups[0]"),
        ({"supply_groups": [a_group(kt=0)]}, "supply_groups[0]:"),
        ({"supply_groups": [a_group(kt=9)]}, "supply_groups[0].kt"),
        ({"supply_groups": [a_group(holders=[])]}, "supply_groups[0].holders"),
        ({"supply_groups": [a_group(holders="vault")]}, "supply_groups[0].holders"),
        ({"supply_groups": [a_group(holders=["vault", "vault"])]}, "supply_groups[0].holders"),
        ({"supply_groups": [a_group(holders=["Vault!"])]}, "supply_groups[0].holders"),
        ({"supply_groups": [a_group(check_value="54")]}, "supply_groups[0].check_value"),
        ({"supplier": {"code": "A B", "name": "x"}}, "supplier.code"),
        ({"envelope": {"units": 1}}, "envelope.money"),
        ({"envelope": {"money": 1}}, "envelope.units"),
        ({"envelope": {"money": -1, "units": 1}}, "envelope.money"),
        ({"envelope": {"money": True, "units": 1}}, "envelope.money"),
        ({"envelope": {"money": "12.50", "units": 1}}, "envelope.money"),  # RWF has no digits after the dot
        ({"envelope": {"money": 1, "units": "1.2345"}}, "envelope.units"),
        ({"envelope": 5}, "envelope"),
        ({"printer": "a\u0000b"}, "printer"),
    ],
)
def test_read_shop_plan_when_a_value_is_wrong_then_its_key_is_named(
    folder: Path, changes: dict[str, Any], way: str
) -> None:
    error = refusal(folder, **changes)
    assert error.code == "shop_file.value"
    assert f"shop.json, {way}" in error.text
    assert "12345" not in error.text or "pin" not in way


@pytest.mark.parametrize("data", [b"", b"{", b'{"a": 1.5}', b'{"a": 1, "a": 2}', b"\xff"])
def test_read_shop_plan_when_it_is_no_json_of_ours_then_is_refused(folder: Path, data: bytes) -> None:
    with pytest.raises(UserError) as caught:
        read_shop_plan(data, folder)
    assert caught.value.code == "shop_file.json"


def test_read_shop_plan_when_it_is_a_list_then_is_refused(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_shop_plan(json.dumps([1]).encode(), folder)
    assert caught.value.code == "shop_file.value"


def test_read_shop_file_when_a_file_is_missing_then_is_named(folder: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_shop_file(folder / "shop.json")
    assert caught.value.code == "shop_file.missing"
    error = refusal(folder, tariffs_csv="other.csv")
    assert (error.code, "other.csv" in error.text) == ("shop_file.missing", True)


def test_read_shop_plan_when_the_tariff_file_is_not_utf8_then_is_refused(folder: Path) -> None:
    (folder / "tariffs.csv").write_bytes(b"caf\xe9")
    assert refusal(folder).code == "shop_file.value"
