"""`kilotill meters` and `tariff` in the demo shop."""

import csv
from pathlib import Path

import pytest

from tests.factories.meter_files import drn_of, meter_cells, write_csv
from tests.unit.cli.conftest import ADMINISTRATOR, CASHIER, SELLER, Kilotill

OFFICE = ("--operator", "Claire", "--pin-stdin")


def test_meters_when_imported_then_found_exported_and_taken_back(demo: Kilotill, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "new.csv", [meter_cells(77, name="Zuhura Test", supply_group="201457")])

    result = demo.answer("meters", "import", str(file), *OFFICE, pins=ADMINISTRATOR)
    (found,) = demo.answer("meters", "find", "test", "zuh")["meters"]
    exported = demo("meters", "export", str(tmp_path / "all.csv"), *OFFICE, pins=ADMINISTRATOR)
    undone = demo("meters", "undo", result["import"], *OFFICE, pins=ADMINISTRATOR)

    assert (result["added"], result["refused"], result["errors_file"]) == (1, 0, None)
    assert found["drn"] == drn_of(77)
    assert exported.stdout.startswith("241 meters")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as lines:
        assert drn_of(77) in {row["meter_number"] for row in csv.DictReader(lines)}
    assert undone.exit_code == 0
    assert demo.answer("meters", "find", drn_of(77)) == {"meters": []}


def test_import_when_a_row_is_wrong_then_the_others_are_taken_and_it_stands_in_the_file(
    demo: Kilotill, tmp_path: Path
) -> None:
    rows = [meter_cells(78, supply_group="201457"), meter_cells(79) | {"meter_number": "04100000374"}]
    file = write_csv(tmp_path / "new.csv", rows)

    preview = demo("meters", "import", str(file), *OFFICE, "--preview", pins=ADMINISTRATOR)
    result = demo("meters", "import", str(file), *OFFICE, pins=ADMINISTRATOR)

    assert (preview.exit_code, preview.stdout.splitlines()[0]) == (1, "2: ok")
    assert result.exit_code == 1
    assert result.stdout.startswith("1 added, 0 changed, 0 as before, 1 refused")
    assert "meter.check_digit" in (tmp_path / "new-errors.csv").read_text(encoding="utf-8")


def test_register_when_a_cashier_would_change_it_then_refused(demo: Kilotill, tmp_path: Path) -> None:
    file = write_csv(tmp_path / "new.csv", [meter_cells(78)])

    for arguments in (("meters", "import", str(file)), ("tariff", "import", str(file))):
        assert "[permission.denied]" in demo.refused(*arguments, *SELLER, pins=CASHIER)


def test_meters_when_none_fits_then_it_says_so(made_demo: Path) -> None:
    result = Kilotill(made_demo)("meters", "find", "nobody at all")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No meter fits.\n")


def test_tariff_when_tried_then_lines_add_up_for_money_and_for_units(made_demo: Path) -> None:
    shop = Kilotill(made_demo)

    by_money = shop.answer("tariff", "trial", "--code", "RES", "--amount", "5000")
    by_units = shop.answer("tariff", "trial", "--code", "RES", "--units", "30")
    words = shop("tariff", "trial", "--code", "RES", "--units", "30").stdout

    assert by_money["money_minor"] == sum(line["amount_minor"] for line in by_money["lines"]) == 5000
    assert by_units["token_units_tenths"] >= 300
    assert "20.000 units" in words


def test_tariffs_when_exported_and_imported_again_then_nothing_is_new(demo: Kilotill, tmp_path: Path) -> None:
    file = tmp_path / "tariffs.csv"
    file.write_text(demo("tariff", "export").stdout, encoding="utf-8")

    result = demo("tariff", "import", str(file), *OFFICE, pins=ADMINISTRATOR)

    assert (result.exit_code, result.stdout) == (0, "0 new versions, 4 were here already.\n")


def test_tariff_file_when_not_utf_8_then_refused(demo: Kilotill, tmp_path: Path) -> None:
    file = tmp_path / "tariffs.csv"
    file.write_bytes(b"tariff_code\n\xe9\n")

    assert "[csv.encoding]" in demo.refused("tariff", "import", str(file), *OFFICE)


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        (("--code", "RES"), 2),
        (("--code", "RES", "--units", "ten"), 2),
        (("--code", "NONE", "--units", "10"), 1),
    ],
    ids=["neither", "no number", "unknown"],
)
def test_trial_when_it_cannot_be_made_then_says_so(
    made_demo: Path, arguments: tuple[str, ...], exit_code: int
) -> None:
    result = Kilotill(made_demo)("tariff", "trial", *arguments)

    assert (result.exit_code, result.stdout) == (exit_code, "")
