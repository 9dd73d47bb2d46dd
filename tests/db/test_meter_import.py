"""Imports of meters: preview, rows taken and refused, cancel, undo."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import xlsxwriter

from pos.domain.permissions import Permission, Role, holds
from pos.errors import MachineFault, UserError
from pos.services import meter_file, meter_import
from pos.services.meter_import_values import SELLING, ImportProgress, Pace
from tests.db.register import ADA, Register, person
from tests.factories.meter_files import drn_of, meter_cells, write_csv


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = Register(tmp_path)
    yield register
    register.close()


def counts(progress: ImportProgress) -> tuple[int, int, int, int]:
    return progress.added, progress.changed, progress.unchanged, progress.refused


def code_of(caught: pytest.ExceptionInfo[UserError]) -> str:
    return caught.value.code


def test_run_when_all_rows_are_good_then_they_are_in_the_register(register: Register) -> None:
    result = register.take(
        [
            meter_cells(
                1, name="Uwimana", phone="0788123456", arrears="500", service="water", key_revision="2"
            ),
            meter_cells(2, status="blocked", note="corner house"),
        ]
    )

    assert (result.state, counts(result.counts), result.errors_path) == ("done", (2, 0, 0, 0), None)
    assert not register.errors_path.exists()
    (row,) = register.find(drn_of(1))
    assert (row.name, row.phone, row.arrears_minor, row.service) == ("Uwimana", "+250788123456", 500, 1)
    assert register.find(drn_of(2))[0].status == "blocked"
    assert register.find(drn_of(2))[0].customer_key is None
    register.check_search()
    (body,) = register.facts.bodies("privileged_act")
    assert body["act"] == "meter.import"
    assert body["after"] == {"state": "done", "added": 2, "changed": 0, "refused": 0}


def test_run_when_rows_are_wrong_then_they_stand_in_the_errors_file(register: Register) -> None:
    wrong_digit = drn_of(3)[:-1] + str((int(drn_of(3)[-1]) + 1) % 10)
    result = register.take(
        [
            meter_cells(1, name="Good"),
            meter_cells(2, supply_group="999999", phone="12"),
            meter_cells(3) | {"meter_number": wrong_digit},
            meter_cells(1, name="Again"),
        ]
    )

    assert counts(result.counts) == (1, 0, 0, 3)
    assert result.errors_path is not None
    with result.errors_path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][:5] == ["line", "column", "error_code", "error_text", "meter_number"]
    assert [row[:3] for row in rows[1:]] == [
        ["3", "supply_group", "meter.unknown_group"],
        ["3", "phone", "phone.invalid"],
        ["4", "meter_number", "meter.check_digit"],
        ["5", "meter_number", "meter.twice"],
    ]
    assert rows[1][4:7] == [drn_of(2), "RES", "999999"]
    assert register.find(drn_of(1))[0].name == "Good"


def test_run_when_the_same_file_comes_again_then_nothing_changes(register: Register) -> None:
    rows = [meter_cells(n, name=f"Name {n}", phone="0788123456", area="Remera") for n in range(5)]
    register.take(rows)

    assert counts(register.take(rows).counts) == (0, 0, 5, 0)
    assert register.count("import_change") == 0


def test_run_when_meters_are_known_then_filled_cells_change_them(register: Register) -> None:
    register.take([meter_cells(1, name="Old", phone="0788123456", arrears="50", key_revision="2", note="n")])

    result = register.take(
        [meter_cells(1, name="New", phone="", arrears="", key_revision="", tariff_code="BUS")]
    )

    assert counts(result.counts) == (0, 1, 0, 0)
    (row,) = register.find("new")
    assert (row.phone, row.arrears_minor, row.tariff_code) == ("+250788123456", 50, "BUS")
    detail = register.meters.get(ADA, row.id)
    assert (detail.krn, detail.own_keys, detail.note) == (1, frozenset(), "n")
    assert register.find("old") == []
    register.check_search()


def test_run_when_rows_name_the_same_person_then_one_customer_has_several_meters(register: Register) -> None:
    same = {"name": "Uwimana", "phone": "0788123456", "address": "KG 1"}
    register.take(
        [meter_cells(1, **same), meter_cells(2, **same), meter_cells(3, **same | {"address": "KG 2"})]
    )
    register.take([meter_cells(4, **same)])

    keys = [row.customer_key for row in register.find("uwimana")]
    assert register.count("customer") == 2
    assert keys[0] == keys[2] == keys[3] != keys[1]


def test_run_when_one_of_a_persons_meters_gets_another_name_then_the_others_keep_theirs(
    register: Register,
) -> None:
    same = {"name": "Uwimana", "phone": "0788123456"}
    register.take([meter_cells(1, **same), meter_cells(2, **same)])

    second = register.take([meter_cells(2, name="Tenant", phone="0788123457")])

    assert [row.name for row in register.find(drn_of(1)) + register.find(drn_of(2))] == ["Uwimana", "Tenant"]
    register.check_search()
    register.imports.undo(ADA, second.id)
    assert register.find(drn_of(2))[0].name == "Uwimana"
    assert register.count("customer") == 1
    register.check_search()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_run_when_columns_have_other_names_then_they_are_guessed_or_mapped(
    register: Register, delimiter: str
) -> None:
    rows = [{"Meter No": drn_of(1), "SGC": "123456", "Tarif": "RES", "Nom": "Kato", "Plan": "BUS", "X": "y"}]
    path = write_csv(register.folder / "other.csv", rows, delimiter=delimiter)

    preview = register.imports.preview(ADA, path)
    mapping = {name: ours for name, ours in preview.mapping.items() if name != "tarif"} | {
        "plan": "tariff_code"
    }
    register.imports.run(ADA, path, errors_path=register.errors_path, mapping=mapping)

    assert preview.unknown_columns == ("plan", "x")
    assert preview.mapping["tarif"] == "tariff_code"
    (row,) = register.find("kato")
    assert (row.drn, row.tariff_code) == (drn_of(1), "BUS")


def test_run_when_the_file_is_a_workbook_then_lost_zeros_come_back(register: Register) -> None:
    path = register.folder / "meters.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(
            0, 0, ["meter_number", "tariff_code", "supply_group", "tariff_index", "name", "arrears"]
        )
        sheet.write_row(1, 0, [int(drn_of(1)), "RES", 123456, 1, "Émile", 12])
        sheet.write_row(3, 0, ["oops", "RES", "123456"])
    result = register.imports.run(ADA, path, errors_path=register.errors_path)

    assert counts(result.counts) == (1, 0, 0, 1)
    (row,) = register.find("emile")
    assert (row.drn, row.arrears_minor) == (drn_of(1), 12)
    assert register.meters.get(ADA, row.id).ti == "01"
    assert (
        register.errors_path.read_text(encoding="utf-8")
        .splitlines()[1]
        .startswith("4,meter_number,meter.not")
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"meter_number,tariff_code\n1,RES\n", "csv.column_missing"),
        ("a.csv", b"meter_number,meter_number,tariff_code,supply_group\n", "csv.column_twice"),
        ("a.csv", b"", "csv.column_missing"),
        ("a.csv", b"meter_number,tariff_code,supply_group,name\n1,2,3,\xe9\n", "csv.encoding"),
        ("a.xlsx", b"no workbook", "xlsx.unreadable"),
    ],
)
def test_run_when_the_file_cannot_be_taken_then_nothing_is_changed(
    register: Register, name: str, content: bytes, code: str
) -> None:
    path = register.folder / name
    path.write_bytes(content)

    with pytest.raises(UserError) as caught:
        register.imports.run(ADA, path, errors_path=register.errors_path)

    assert code_of(caught) == code
    assert register.count("import_batch") == 0


def test_preview_when_a_workbook_would_fill_the_memory_then_refused_before_it_is_unpacked(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = register.folder / "m.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_row(0, 0, ["meter_number"])
    monkeypatch.setattr(meter_file, "SHEET_BYTES_MAX", 1000)

    with pytest.raises(UserError) as caught:
        register.imports.preview(ADA, path)

    assert code_of(caught) == "xlsx.too_large"


def test_run_when_there_is_no_file_then_a_fault(register: Register) -> None:
    with pytest.raises(MachineFault) as caught:
        register.imports.run(ADA, register.folder / "none.csv", errors_path=register.errors_path)

    assert caught.value.code == "disk.read"


def test_run_when_the_errors_file_cannot_be_written_then_a_fault(register: Register) -> None:
    path = write_csv(register.folder / "m.csv", [meter_cells(1, supply_group="9")])

    with pytest.raises(MachineFault) as caught:
        register.imports.run(ADA, path, errors_path=register.folder / "none" / "e.csv")

    assert caught.value.code == "disk.write"


def test_run_when_a_quote_is_broken_then_the_rows_before_are_taken(register: Register) -> None:
    path = register.folder / "m.csv"
    header = "meter_number,tariff_code,supply_group,name\n"
    path.write_text(f'{header}{drn_of(1)},RES,123456,A\n{drn_of(2)},RES,123456,"B"x\n', encoding="utf-8")

    result = register.imports.run(ADA, path, errors_path=register.errors_path)

    assert counts(result.counts) == (1, 0, 0, 1)
    assert ",csv.malformed," in register.errors_path.read_text(encoding="utf-8")


def test_run_when_rows_are_blank_then_they_are_passed_over(register: Register) -> None:
    path = register.folder / "m.csv"
    row = f"{drn_of(1)},RES,123456"
    path.write_text(f"meter_number,tariff_code,supply_group\n\n , ,\n{row}\n,,\n", encoding="utf-8")

    result = register.imports.run(ADA, path, errors_path=register.errors_path)

    assert counts(result.counts) == (1, 0, 0, 0)


def test_preview_when_shown_then_rows_as_they_would_be_taken_and_nothing_is_changed(
    register: Register,
) -> None:
    rows = [meter_cells(1, name=" Uwimana ", colour="red"), meter_cells(2, base_date="1")]
    path = write_csv(register.folder / "m.csv", rows + [meter_cells(n) for n in range(3, 50)])

    preview = register.imports.preview(ADA, path)

    assert preview.unknown_columns == ("colour",)
    assert len(preview.rows) == 20
    good, wrong = preview.rows[0], preview.rows[1]
    assert good.cells is not None
    assert (good.line, good.cells["name"], good.errors) == (2, "Uwimana", ())
    assert wrong.cells is None
    assert [error.error_code for error in wrong.errors] == ["meter.base_date"]
    assert register.count("meter") == register.count("import_batch") == 0


def test_preview_when_a_column_is_missing_then_the_error_and_no_rows(register: Register) -> None:
    path = write_csv(register.folder / "m.csv", [{"meter_number": drn_of(1)}])

    preview = register.imports.preview(ADA, path)

    assert [error.column for error in preview.errors] == ["tariff_code", "supply_group"]
    assert preview.rows == ()


def test_run_when_meters_are_there_then_short_units_with_pauses(register: Register) -> None:
    register.take([meter_cells(0)])
    assert register.pauses == []
    seen: list[ImportProgress] = []
    path = write_csv(register.folder / "m.csv", [meter_cells(n, name="A") for n in range(450)])

    register.imports.run(ADA, path, errors_path=register.errors_path, progress=seen.append)

    assert [one.lines_read for one in seen] == [180, 360, 450]
    assert seen[-1].lines_about == 451
    assert register.pauses[:3] == [SELLING.pause_ms / 1000] * 3
    register.check_search()


def test_run_when_cancelled_then_what_was_taken_stays_and_can_be_undone(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_import, "QUIET", Pace(unit_rows=10, pause_ms=0, tidy_rows=10))
    path = write_csv(register.folder / "m.csv", [meter_cells(n) for n in range(50)])
    seen: list[ImportProgress] = []

    result = register.imports.run(
        ADA,
        path,
        errors_path=register.errors_path,
        progress=seen.append,
        is_cancelled=lambda: len(seen) == 2,
    )

    assert (result.state, result.counts.added, register.count("meter")) == ("cancelled", 20, 20)
    assert [(one.state, one.added) for one in register.imports.list_imports(ADA)] == [("cancelled", 20)]
    register.imports.undo(ADA, result.id)
    assert register.count("meter") == 0


def test_undo_when_nothing_was_sold_then_the_register_is_as_before(register: Register) -> None:
    first = [meter_cells(n, name=f"Name {n}", phone=f"07881234{n:02d}", key_type="2") for n in range(30)]
    register.take(first)
    before = register.folder / "before.csv"
    register.meters.export(ADA, before)
    second = [
        meter_cells(n, name=f"Other {n}", arrears="5", key_type="", status="suspended") for n in range(10, 50)
    ]

    result = register.take(second)
    undone = register.imports.undo(ADA, result.id)

    after = register.folder / "after.csv"
    register.meters.export(ADA, after)
    assert counts(result.counts) == (20, 20, 0, 0)
    assert undone.kept == ()
    assert after.read_text(encoding="utf-8") == before.read_text(encoding="utf-8")
    assert (register.count("customer"), register.count("import_change")) == (30, 0)
    register.check_search()


@pytest.mark.parametrize(
    "use",
    [
        "INSERT INTO tid_guard (pan, base_date, last_tid) SELECT pan, '14', 5 FROM meter WHERE drn = ?",
        "INSERT INTO sale_item SELECT 1, 1, 'token', key, 1, 1, 0, 0, 0, 0, NULL FROM meter WHERE drn = ?",
        "INSERT INTO reservation (sale_id, item_n, meter_key, month, units_milli, free_milli, charges, "
        "arrears_minor, money_minor, supplier, supplier_minor, carry_change_milli) "
        "SELECT x'00', 1, key, '2026-11', 0, 0, '', 0, 1, 'u', 1, 0 FROM meter WHERE drn = ?",
    ],
)
def test_undo_when_a_meter_was_sold_to_then_it_is_kept_and_named(register: Register, use: str) -> None:
    result = register.take([meter_cells(n, name=f"Name {n}", phone="0788123456") for n in range(3)])
    register.run(use, drn_of(1))

    undone = register.imports.undo(ADA, result.id)

    assert [(meter.drn, meter.reason) for meter in undone.kept] == [(drn_of(1), "sold")]
    assert register.find(drn_of(1))[0].name == "Name 1"
    assert (register.count("meter"), register.count("customer")) == (1, 1)
    register.check_search()


def test_undo_when_a_later_import_changed_a_new_meter_then_it_is_kept_until_that_is_undone(
    register: Register,
) -> None:
    first = register.take([meter_cells(1, name="A"), meter_cells(2, name="B")])
    second = register.take([meter_cells(1, name="C")])

    undone = register.imports.undo(ADA, first.id)

    assert [(meter.drn, meter.reason) for meter in undone.kept] == [(drn_of(1), "later_import")]
    register.imports.undo(ADA, second.id)
    assert register.find(drn_of(1))[0].name == "A"


def test_undo_when_a_value_was_edited_since_then_it_stays_and_the_rest_goes_back(register: Register) -> None:
    register.take([meter_cells(1, note="old", area="Huye")])
    result = register.take([meter_cells(1, note="new", tariff_code="BUS")])
    row = register.find(drn_of(1))[0]
    register.meters.edit(ADA, row.id, {"note": "mine"})

    undone = register.imports.undo(ADA, result.id)

    assert [(meter.drn, meter.reason) for meter in undone.kept] == [(drn_of(1), "edited")]
    detail = register.meters.get(ADA, row.id)
    assert (detail.note, detail.row.tariff_code) == ("mine", "RES")


def test_undo_when_unknown_or_done_before_then_refused(register: Register) -> None:
    result = register.take([meter_cells(1)])
    register.imports.undo(ADA, result.id)

    with pytest.raises(UserError) as again:
        register.imports.undo(ADA, result.id)
    with pytest.raises(UserError) as unknown:
        register.imports.undo(ADA, UUID(int=9))

    assert (code_of(again), code_of(unknown)) == ("import.undone", "import.unknown")


def test_run_when_a_facility_manager_imports_then_only_own_meters(register: Register) -> None:
    register.take([meter_cells(1, institution="Clinic"), meter_cells(2, institution="School")])
    manager = person(Role.FACILITY_MANAGER, "School")

    result = register.take(
        [
            meter_cells(1, institution="School"),
            meter_cells(2, institution="School", note="n"),
            meter_cells(3, institution="Clinic"),
        ],
        actor=manager,
    )

    assert counts(result.counts) == (0, 1, 0, 2)
    assert register.errors_path.read_text(encoding="utf-8").count("meter.other_institution") == 2


@pytest.mark.parametrize("role", Role)
def test_imports_when_asked_for_by_a_role_then_by_its_permission(register: Register, role: Role) -> None:
    path = write_csv(register.folder / "m.csv", [meter_cells(1, institution="School")])
    actor = person(role, "School")
    register.take([meter_cells(2, institution="School")])
    taken = register.imports.list_imports(ADA)[0]
    acts: tuple[Callable[[], object], ...] = (
        lambda: register.imports.run(actor, path, errors_path=register.errors_path),
        lambda: register.imports.preview(actor, path),
        lambda: register.imports.list_imports(actor),
        lambda: register.imports.undo(actor, taken.id),
    )
    for act in acts:
        if holds(role, Permission.METER_IMPORT):
            act()
        else:
            with pytest.raises(UserError) as caught:
                act()
            assert code_of(caught) == "permission.denied"
