"""Meters by hand: seen, added, corrected, blocked, arrears, exported; a test per role and act."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.canonical import parse_canonical
from pos.domain.permissions import Permission, Role, holds
from pos.errors import ApprovalNeeded, MachineFault, UserError
from pos.models.meters import proposal
from pos.models.queries.meters import MeterDetail, key_of_meter
from pos.services.approval import Approval
from pos.services.meters import MeterCellsError
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from tests.db.register import ADA, Register, person
from tests.factories.meter_files import drn_of, meter_cells, write_csv

CLERK = person(Role.CASHIER)


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = Register(tmp_path)
    yield register
    register.close()


def add(register: Register, number: int = 1, **cells: str) -> MeterDetail:
    return register.meters.add(ADA, meter_cells(number, **cells))


def approval(register: Register, permission: Permission, subject: str) -> Approval:
    return Approval(permission, subject, approver=UUID(int=9), clock=register.clock)


def test_add_when_the_cells_are_good_then_the_meter_and_a_proposal(register: Register) -> None:
    detail = add(register, name="Uwimana Émile", phone="0788123456")

    assert (detail.row.drn, detail.row.name, detail.row.phone) == (
        drn_of(1),
        "Uwimana Émile",
        "+250788123456",
    )
    assert register.drns("emile") == [drn_of(1)]
    with register.units.read() as connection:
        row = connection.execute(proposal.select()).one()
    (body,) = register.facts.bodies("record_proposed")
    record = parse_canonical(row.record)
    assert body == {
        "proposal_id": str(row.id),
        "resource": "meter",
        "record_sha256": sha256(row.record).hexdigest(),
    }
    assert (record["meter_number"], record["name"], record["meter_id"]) == (
        drn_of(1),
        "Uwimana Émile",
        str(detail.row.id),
    )


def test_add_when_a_number_has_18_digits_then_its_meter(register: Register) -> None:
    pan = add(register).pan

    assert register.meters.find(ADA, pan)[0].drn == drn_of(1)
    with pytest.raises(UserError) as caught:
        register.meters.add(ADA, meter_cells(1) | {"meter_number": pan})
    assert caught.value.code == "meter.exists"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"meter_number": "04000000011"}, "meter.check_digit"),
        ({"supply_group": "000000"}, "meter.unknown_group"),
        ({"tariff_code": "X"}, "meter.unknown_tariff"),
        ({"tariff_code": ""}, "csv.blank"),
        ({"algorithm": "11"}, "key.algorithm"),
    ],
)
def test_add_when_a_cell_is_wrong_then_refused(register: Register, cells: dict[str, str], code: str) -> None:
    with pytest.raises(UserError) as caught:
        register.meters.add(ADA, meter_cells(1) | cells)

    assert caught.value.code == code
    assert register.count("meter") == 0


def test_add_when_a_cashier_meets_an_unknown_meter_then_a_supervisor_approves(register: Register) -> None:
    with pytest.raises(ApprovalNeeded) as caught:
        register.meters.add(CLERK, meter_cells(1))

    given = approval(register, Permission.SALE_UNKNOWN_METER, drn_of(1))
    detail = register.meters.add(CLERK, meter_cells(1), approval=given)

    assert caught.value.permission == "sale.unknown_meter"
    assert detail.row.drn == drn_of(1)
    assert register.facts.approvers == [UUID(int=9)]


def test_edit_when_values_change_then_they_are_recorded_and_only_they(register: Register) -> None:
    detail = add(register, name="Kato", note="n", key_revision="2")

    changed = register.meters.edit(
        ADA, detail.row.id, {"note": "", "tariff_code": "BUS", "key_revision": "3", "service": "electricity"}
    )

    assert (changed.note, changed.row.tariff_code, changed.krn, changed.row.name) == (None, "BUS", 3, "Kato")
    (body,) = register.facts.bodies("meter_changed_here")
    assert body["drn"] == drn_of(1)
    assert body["changes"] == [
        {"field": "note", "old": "n"},
        {"field": "tariff_code", "old": "RES", "new": "BUS"},
        {"field": "krn", "old": 2, "new": 3},
    ]


def test_edit_when_nothing_changes_then_nothing_is_recorded(register: Register) -> None:
    detail = add(register, note="n")

    register.meters.edit(ADA, detail.row.id, {"note": "n"})

    assert register.facts.bodies("meter_changed_here") == []


@pytest.mark.parametrize(
    ("cells", "code"),
    [({"status": "blocked"}, "meter.not_editable"), ({"base_date": "00"}, "meter.base_date")],
)
def test_edit_when_not_possible_then_refused(register: Register, cells: dict[str, str], code: str) -> None:
    detail = add(register)

    with pytest.raises(UserError) as caught:
        register.meters.edit(ADA, detail.row.id, cells)

    assert caught.value.code == code


def test_set_status_when_blocked_then_with_its_reason_until_let_go(register: Register) -> None:
    detail = add(register)

    blocked = register.meters.set_status(ADA, detail.row.id, "blocked", reason=" tampered ")
    active = register.meters.set_status(ADA, detail.row.id, "active", reason="paid")

    assert (blocked.row.status, blocked.row.block_reason) == ("blocked", "tampered")
    assert (active.row.status, active.row.block_reason) == ("active", None)
    assert len(register.facts.bodies("meter_changed_here")) == 2


def test_set_status_when_blocked_without_reason_or_to_no_status_then_refused(register: Register) -> None:
    detail = add(register)

    with pytest.raises(UserError) as without:
        register.meters.set_status(ADA, detail.row.id, "blocked", reason=" ")
    with pytest.raises(UserError) as unknown:
        register.meters.set_status(ADA, detail.row.id, "gone")

    assert (without.value.code, unknown.value.code) == ("meter.block_reason", "meter.status")


def test_set_status_when_a_manager_would_let_a_blocked_one_go_then_denied(register: Register) -> None:
    detail = add(register, institution="School")
    manager = person(Role.FACILITY_MANAGER, "School")
    register.meters.set_status(manager, detail.row.id, "suspended")
    register.meters.set_status(ADA, detail.row.id, "blocked", reason="tampered")

    with pytest.raises(UserError) as caught:
        register.meters.set_status(manager, detail.row.id, "active")

    assert caught.value.code == "permission.denied"


def test_adjust_arrears_when_up_and_down_then_the_sum_and_its_facts(register: Register) -> None:
    detail = add(register, arrears="500")

    register.meters.adjust_arrears(ADA, detail.row.id, change_minor=200, reason="meter rent")
    after = register.meters.adjust_arrears(ADA, detail.row.id, change_minor=-700, reason="paid at the bank")

    assert after.row.arrears_minor == 0
    assert [body["amount_minor"] for body in register.facts.bodies("arrears_changed")] == [200, -700]
    with pytest.raises(UserError) as below:
        register.meters.adjust_arrears(ADA, detail.row.id, change_minor=-1, reason="more")
    with pytest.raises(UserError) as silent:
        register.meters.adjust_arrears(ADA, detail.row.id, change_minor=1, reason="")
    assert (below.value.code, silent.value.code) == ("arrears.below_zero", "arrears.reason")


def test_adjust_arrears_when_a_cashier_does_it_then_with_approval(register: Register) -> None:
    detail = add(register)
    given = approval(register, Permission.ARREARS_ADJUST, drn_of(1))

    with pytest.raises(ApprovalNeeded):
        register.meters.adjust_arrears(CLERK, detail.row.id, change_minor=5, reason="r")
    after = register.meters.adjust_arrears(CLERK, detail.row.id, change_minor=5, reason="r", approval=given)

    assert after.row.arrears_minor == 5
    assert register.facts.approvers[-1] == UUID(int=9)


def test_key_of_meter_when_it_says_nothing_then_the_groups_else_its_own(register: Register) -> None:
    plain = key_of_meter(add(register))
    own = key_of_meter(
        add(
            register,
            2,
            supply_group="201458",
            tariff_index="07",
            key_revision="3",
            key_type="3",
            algorithm="07",
            key_method="02",
            base_date="93",
        )
    )

    assert (plain.sgc, plain.ti, plain.krn, plain.kt) == ("123456", "01", 1, KeyType.DUTK)
    assert (plain.method, plain.ea, plain.base_date) == (
        KeyMethod.DKGA02,
        EncryptionAlgorithm.STA,
        BaseDate.Y2014,
    )
    assert (own.sgc, own.ti, own.krn, own.kt) == ("201458", "07", 3, KeyType.DCTK)
    assert (own.method, own.ea, own.base_date) == (
        KeyMethod.DKGA02,
        EncryptionAlgorithm.STA,
        BaseDate.Y1993,
    )
    assert plain.pan == "600727" + drn_of(1) + plain.pan[-1]


def test_list_when_paged_then_newest_first_and_each_once(register: Register) -> None:
    register.take([meter_cells(n, institution="School" if n % 2 else "") for n in range(450)])

    page = register.meters.list_page(ADA)
    second = register.meters.list_page(ADA, before_key=page[-1].key)
    third = register.meters.list_page(ADA, before_key=second[-1].key)

    assert [row.drn for row in page + second + third] == [drn_of(n) for n in range(449, -1, -1)]
    assert len(register.meters.list_page(ADA, institution="School")) == 200


@pytest.mark.parametrize("role", [Role.FACILITY_MANAGER, Role.AUDITOR])
def test_meters_when_seen_by_somebody_of_one_institution_then_only_its(
    register: Register, role: Role
) -> None:
    school = add(register, 1, name="Kato", institution="School")
    clinic = add(register, 2, name="Kato", institution="Clinic")
    actor = person(role, "School")

    assert [row.drn for row in register.meters.list_page(actor)] == [drn_of(1)]
    assert register.meters.list_page(actor, institution="Clinic") == []
    assert [row.drn for row in register.meters.find(actor, "kato")] == [drn_of(1)]
    assert register.meters.get(actor, school.row.id).row.drn == drn_of(1)
    with pytest.raises(UserError) as caught:
        register.meters.get(actor, clinic.row.id)
    assert caught.value.code == "meter.unknown"


def test_meters_when_a_manager_has_no_institution_then_none(register: Register) -> None:
    add(register, name="Kato")
    actor = person(Role.FACILITY_MANAGER)

    assert register.meters.list_page(actor) == register.meters.find(actor, "kato") == []


def test_export_when_imported_elsewhere_then_the_same_register(register: Register, tmp_path: Path) -> None:
    rows = [
        meter_cells(
            n, name=f"Émile, {n}", phone=f"07881234{n:02d}", service="water", arrears="12", key_type="3"
        )
        for n in range(20)
    ]
    quoted = [{column: f'"{text}"' for column, text in row.items()} for row in rows]
    register.imports.run(ADA, write_csv(register.folder / "m.csv", quoted), errors_path=register.errors_path)
    path = tmp_path / "export.csv"
    (tmp_path / "other").mkdir()
    other = Register(tmp_path / "other")

    written = register.meters.export(ADA, path)
    taken = other.imports.run(ADA, path, errors_path=other.errors_path)
    other.meters.export(ADA, tmp_path / "again.csv")
    other.close()

    assert (written, taken.counts.added, taken.counts.refused) == (20, 20, 0)
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()
    assert register.facts.bodies("privileged_act")[-1]["act"] == "customer.export"


def test_export_when_the_file_cannot_be_written_then_a_fault(register: Register) -> None:
    with pytest.raises(MachineFault) as caught:
        register.meters.export(ADA, register.folder / "none" / "m.csv")

    assert caught.value.code == "disk.write"


@pytest.mark.parametrize("role", Role)
def test_meters_when_asked_for_by_a_role_then_by_its_permission(register: Register, role: Role) -> None:
    detail = add(register, institution="School")
    actor = person(role, "School")
    meters, meter_id = register.meters, detail.row.id
    acts = {
        Permission.METER_VIEW: lambda: (
            meters.find(actor, "x"),
            meters.list_page(actor),
            meters.get(actor, meter_id),
        ),
        Permission.METER_EDIT: lambda: meters.edit(actor, meter_id, {"note": "n"}),
        Permission.METER_BLOCK: lambda: meters.set_status(actor, meter_id, "blocked", reason="r"),
        Permission.ARREARS_ADJUST: lambda: meters.adjust_arrears(actor, meter_id, change_minor=1, reason="r"),
        Permission.CUSTOMER_EXPORT: lambda: meters.export(actor, register.folder / "x.csv"),
    }
    for permission, act in acts.items():
        if holds(role, permission):
            act()
        else:
            with pytest.raises((UserError, ApprovalNeeded)) as caught:
                act()
            assert caught.value.code in ("permission.denied", "permission.approval_needed")


def test_add_when_several_cells_are_wrong_names_each_with_its_column(register: Register) -> None:
    with pytest.raises(MeterCellsError) as caught:
        add(register, phone="12", algorithm="9", tariff_code="")

    assert {one.column for one in caught.value.errors} == {"phone", "algorithm", "tariff_code"}
    assert caught.value.code == caught.value.errors[0].error_code


def test_cells_when_asked_for_are_the_meters_own_as_a_file_has_them(register: Register) -> None:
    detail = add(register, name="Keza", arrears="1200", key_revision="2")

    cells = register.meters.cells(ADA, detail.row.id)

    assert (cells["meter_number"], cells["name"], cells["arrears"]) == (drn_of(1), "Keza", "1200")
    assert (cells["key_revision"], cells["tariff_index"], cells["service"]) == ("2", "", "electricity")


def test_get_by_number_when_known_is_the_meter_and_else_refused(register: Register) -> None:
    detail = add(register)

    assert register.meters.get_by_number(ADA, drn_of(1)) == detail
    with pytest.raises(UserError) as caught:
        register.meters.get_by_number(ADA, drn_of(2))
    assert caught.value.code == "meter.unknown"
