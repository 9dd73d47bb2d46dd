"""Customers: shown with their meters, corrected, erased."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.permissions import Permission, Role, holds
from pos.errors import UserError
from tests.db.register import ADA, Register, person
from tests.factories.meter_files import drn_of, meter_cells

SAME = {"name": "Uwimana Émile", "phone": "0788123456", "address": "KG 1", "area": "Remera"}


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = Register(tmp_path)
    register.take(
        [meter_cells(1, **SAME), meter_cells(2, institution="School", **SAME), meter_cells(3, name="Kato")]
    )
    yield register
    register.close()


def customer_of(register: Register, number: int) -> UUID:
    detail = register.meters.get(ADA, register.find(drn_of(number))[0].id)
    assert detail.customer_id is not None
    return detail.customer_id


def test_get_when_a_customer_has_several_meters_then_all_newest_first(register: Register) -> None:
    found = register.customers.get(ADA, customer_of(register, 1))

    assert (found.name, found.phone, found.is_erased) == ("Uwimana Émile", "+250788123456", False)
    assert [row.drn for row in found.meters] == [drn_of(2), drn_of(1)]


def test_get_when_seen_by_a_facility_manager_then_only_the_institutions_meters(register: Register) -> None:
    manager = person(Role.FACILITY_MANAGER, "School")

    assert [row.drn for row in register.customers.get(manager, customer_of(register, 1)).meters] == [
        drn_of(2)
    ]
    with pytest.raises(UserError) as caught:
        register.customers.get(manager, customer_of(register, 3))
    assert caught.value.code == "customer.unknown"


def test_edit_when_name_and_phone_change_then_search_follows(register: Register) -> None:
    changed = register.customers.edit(
        ADA, customer_of(register, 1), {"name": " Mugisha  Noël ", "phone": "0788 000 111", "address": ""}
    )

    assert (changed.name, changed.phone, changed.address) == ("Mugisha Noël", "+250788000111", None)
    assert register.drns("noel") == register.drns("0788000111") == [drn_of(2), drn_of(1)]
    assert register.drns("uwimana") == register.drns("0788123456") == []
    register.check_search()


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"phone": "12"}, "phone.invalid"),
        ({"national_last4": "1234"}, "customer.text"),
        ({"name": "x" * 201}, "customer.text"),
    ],
)
def test_edit_when_a_value_is_wrong_then_refused(
    register: Register, values: dict[str, str], code: str
) -> None:
    with pytest.raises(UserError) as caught:
        register.customers.edit(ADA, customer_of(register, 1), values)

    assert caught.value.code == code


def test_assign_when_a_meter_moves_then_both_customers_are_recorded(register: Register) -> None:
    kato, uwimana = customer_of(register, 3), customer_of(register, 1)
    meter_id = register.find(drn_of(2))[0].id

    register.customers.assign(ADA, meter_id, kato)
    register.customers.assign(ADA, meter_id, kato)

    assert [row.drn for row in register.customers.get(ADA, kato).meters] == [drn_of(3), drn_of(2)]
    assert register.drns("kato") == [drn_of(3), drn_of(2)]
    (body,) = register.facts.bodies("meter_changed_here")
    assert body["changes"] == [{"field": "customer_id", "old": str(uwimana), "new": str(kato)}]
    with pytest.raises(UserError) as caught:
        register.customers.assign(ADA, UUID(int=5), kato)
    assert caught.value.code == "meter.unknown"


def test_erase_when_done_then_nothing_of_the_person_is_left(register: Register) -> None:
    register.take([meter_cells(3, name="Kato Secret", phone="0788999888", note="n")])
    register.meters.add(ADA, meter_cells(4, name="Hidden Secret", phone="0788999777"))
    for number in (3, 4):
        register.customers.erase(ADA, customer_of(register, number), reason="asked in writing")

    assert register.drns("secret") == register.drns("0788999888") == register.drns("kato") == []
    row = register.find(drn_of(3))[0]
    assert (row.name, row.phone, row.address, row.area) == (None, None, None, None)
    assert register.meters.get(ADA, row.id).is_customer_erased
    assert register.papers.erased == [register.find(drn_of(number))[0].key for number in (3, 4)]
    for table in ("customer", "import_change", "meter_words", "proposal"):
        with register.units.read() as connection:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
        assert "Secret" not in str(rows) and "8899" not in str(rows) and "Kato" not in str(rows)
    acts = [body["act"] for body in register.facts.bodies("privileged_act")]
    assert acts[-2:] == ["customer.erase"] * 2
    register.check_search()


def test_erase_when_done_then_imports_and_undo_bring_nothing_back(register: Register) -> None:
    changed = register.take([meter_cells(3, name="Kato Two", note="n")])
    register.customers.erase(ADA, customer_of(register, 3), reason="asked")

    again = register.take([meter_cells(3, name="Kato", note="m")])
    register.imports.undo(ADA, again.id)
    register.imports.undo(ADA, changed.id)

    detail = register.meters.get(ADA, register.find(drn_of(3))[0].id)
    assert (detail.row.name, detail.note) == (None, None)


def test_erased_when_edited_assigned_or_erased_again_then_refused(register: Register) -> None:
    kato = customer_of(register, 3)
    register.customers.erase(ADA, kato, reason="asked")

    for act in (
        lambda: register.customers.edit(ADA, kato, {"name": "K"}),
        lambda: register.customers.erase(ADA, kato, reason="again"),
        lambda: register.customers.assign(ADA, register.find(drn_of(1))[0].id, kato),
    ):
        with pytest.raises(UserError) as caught:
            act()
        assert caught.value.code == "customer.erased"


def test_erase_when_no_reason_is_given_then_refused(register: Register) -> None:
    with pytest.raises(UserError) as caught:
        register.customers.erase(ADA, customer_of(register, 1), reason=" ")

    assert caught.value.code == "customer.reason"


@pytest.mark.parametrize("role", Role)
def test_customers_when_asked_for_by_a_role_then_by_its_permission(register: Register, role: Role) -> None:
    actor, customer_id = person(role, "School"), customer_of(register, 2)
    meter_id = register.find(drn_of(2))[0].id
    acts = (
        (Permission.CUSTOMER_VIEW, lambda: register.customers.get(actor, customer_id)),
        (Permission.CUSTOMER_EDIT, lambda: register.customers.edit(actor, customer_id, {"area": "Huye"})),
        (Permission.CUSTOMER_EDIT, lambda: register.customers.assign(actor, meter_id, customer_id)),
        (Permission.CUSTOMER_ERASE, lambda: register.customers.erase(actor, customer_id, reason="r")),
    )
    for permission, act in acts:
        if holds(role, permission):
            act()
        else:
            with pytest.raises(UserError) as caught:
                act()
            assert caught.value.code == "permission.denied"


def test_create_when_a_meter_has_no_customer_gives_it_one(register: Register) -> None:
    register.take([meter_cells(4)])
    meter = register.find(drn_of(4))[0]

    made = register.customers.create(ADA, meter.id, {"name": "Keza Ange", "phone": "0788 000 222"})

    assert (made.name, made.phone, [row.drn for row in made.meters]) == (
        "Keza Ange",
        "+250788000222",
        [drn_of(4)],
    )
    assert register.drns("keza") == register.drns("0788000222") == [drn_of(4)]
    (body,) = register.facts.bodies("meter_changed_here")
    assert body["changes"] == [{"field": "customer_id", "new": str(made.id)}]
    register.check_search()


def test_create_when_the_customer_was_erased_leaves_the_old_one(register: Register) -> None:
    old = customer_of(register, 3)
    register.customers.erase(ADA, old, reason="asked")

    made = register.customers.create(ADA, register.find(drn_of(3))[0].id, {"name": "New"})

    assert customer_of(register, 3) == made.id != old
    assert register.customers.get(ADA, old).is_erased


def test_create_when_not_allowed_or_wrong_is_refused(register: Register) -> None:
    meter = register.find(drn_of(3))[0]
    calls = (
        (person(Role.AUDITOR), meter.id, {"name": "X"}, "permission.denied"),
        (ADA, UUID(int=1), {"name": "X"}, "meter.unknown"),
        (ADA, meter.id, {"phone": "12"}, "phone.invalid"),
    )
    for actor, meter_id, values, code in calls:
        with pytest.raises(UserError) as caught:
            register.customers.create(actor, meter_id, values)
        assert caught.value.code == code
