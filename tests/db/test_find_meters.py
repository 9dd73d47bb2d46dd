"""Finding a meter by number, phone and name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos.models.queries.meters import FOUND_MAX
from pos.tokens.numbers import make_drn, pan_of
from tests.db.register import Register
from tests.factories.meter_files import drn_of, meter_cells

LONG = make_drn("0412", "00000004")
PEOPLE = [
    meter_cells(1, name="UWIMANA Jean-Pierre", phone="0788 123 456"),
    meter_cells(2, name="Mukamana Émile", phone="+250788000111", institution="School"),
    meter_cells(3, name="N'Golo Uwimana", phone="+256772123456"),
    meter_cells(4, name="Kato"),
    meter_cells(4) | {"meter_number": LONG.digits},
]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = Register(tmp_path)
    register.take(PEOPLE)
    yield register
    register.close()


def numbers(*meters: int) -> list[str]:
    return [drn_of(number) for number in meters]


@pytest.mark.parametrize(
    "text", [drn_of(2), f" {drn_of(2)[:4]} {drn_of(2)[4:8]}-{drn_of(2)[8:]} ", "600727" + drn_of(2) + "x"]
)
def test_find_when_the_whole_number_is_given_then_that_meter(register: Register, text: str) -> None:
    pan = pan_of(make_drn("04", "00000002")).digits

    assert register.drns(text.replace("600727" + drn_of(2) + "x", pan)) == numbers(2)


def test_find_when_a_number_of_13_digits_or_its_pan_then_that_meter(register: Register) -> None:
    assert register.drns(LONG.digits) == [LONG.digits]
    assert register.drns(pan_of(LONG).digits) == [LONG.digits]


@pytest.mark.parametrize("count", [3, 4, 5, 6, 9])
def test_find_when_the_last_digits_are_given_then_the_meters_that_end_with_them(
    register: Register, count: int
) -> None:
    assert register.drns(drn_of(1)[-count:])[:1] == numbers(1)


def test_find_when_serial_and_phone_end_alike_then_serials_first(register: Register) -> None:
    tail = drn_of(1)[-4:]
    register.take([meter_cells(77, phone=f"078812{tail}0"[:6] + tail)])

    assert register.drns(tail) == numbers(1, 77)


@pytest.mark.parametrize(
    "text",
    [
        "0788123456",
        "0788 123 456",
        "788123456",
        "+250788123456",
        "+250 (0)788-123-456",
        "00250788123456",
        "3456",
    ],
)
def test_find_when_a_phone_is_spelt_in_any_usual_way_then_its_meters(register: Register, text: str) -> None:
    assert register.drns(text)[0] in numbers(1, 3)
    assert drn_of(1) in register.drns(text)


def test_find_when_a_phone_is_foreign_then_its_meter(register: Register) -> None:
    assert register.drns("+256 772 123456") == numbers(3)
    assert register.drns("+256 772 123457") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("uwimana", (3, 1)),
        ("jean uwi", (1,)),
        ("pierre UWIMANA jean", (1,)),
        ("emile", (2,)),
        ("ÉMILE mukamana", (2,)),
        ("ngolo", (3,)),
        ("n’golo", (3,)),
        ("u", (3, 1)),
        ("uwimanaa", ()),
        ("jean kato", ()),
        ('"', ()),
        ("*", ()),
        ("uwimana OR kato", ()),
        ("", ()),
        ("12", ()),
        ("words:uwimana", ()),
    ],
)
def test_find_when_words_are_given_then_meters_whose_name_begins_with_all(
    register: Register, text: str, found: tuple[int, ...]
) -> None:
    assert register.drns(text) == numbers(*found)


def test_find_when_many_match_then_the_fifty_newest_first(register: Register) -> None:
    register.take([meter_cells(100 + n, name="Uwera", phone="0788999000") for n in range(60)])

    expected = numbers(*range(159, 109, -1))

    assert len(expected) == FOUND_MAX
    assert register.drns("uwera") == register.drns("0788999000") == expected


def test_find_when_narrowed_to_an_institution_then_only_its_meters(register: Register) -> None:
    for text in (drn_of(2), drn_of(2)[-6:], "0788000111", "emile"):
        assert [row.drn for row in register.find(text, "School")] == numbers(2)
        assert register.find(text, "Clinic") == []


def test_find_when_found_then_the_row_shows_the_owner(register: Register) -> None:
    (row,) = register.find(drn_of(1))

    assert (row.name, row.phone, row.status) == ("UWIMANA Jean-Pierre", "+250788123456", "active")
    assert (row.tariff_code, row.sgc, row.arrears_minor, row.service) == ("RES", "123456", 0, 0)
