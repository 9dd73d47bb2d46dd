"""The meters of the demo shop as the CSV an import takes: households and an institution."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator

from pos.tokens.numbers import make_drn

INSTITUTION = "Nyange College"
_HOUSEHOLDS = 160
_COLUMNS = (
    "meter_number",
    "name",
    "phone",
    "address",
    "area",
    "tariff_code",
    "supply_group",
    "arrears",
    "account_number",
    "institution",
    "site",
    "building",
    "department",
)
_FIRST = (
    "Aline Bosco Chantal Diane Emmanuel Florence Gaspard Honorine Innocent Jeanne Kevin Liliane Marie Nadège "
    "Olivier Pascal Rose Solange Théogène Valentine Yves Zawadi"
)
_LAST = (
    "Uwimana Habimana Mukamana Niyonzima Ingabire Nshimiyimana Umutoni Hakizimana Mutesi Bizimana "
    "Nyirahabimana Rukundo Iradukunda Kamanzi Mugisha Gasana"
)
_AREAS = ("Cyuve", "Muhoza", "Kimonyi", "Musanze", "Rwaza", "Gataraga")
_BUILDINGS = (
    "Main block",
    "Laboratory",
    "Library",
    "Dormitory A",
    "Dormitory B",
    "Kitchen",
    "Workshop",
    "Chapel",
)
_DEPARTMENTS = ("Sciences", "Languages", "Boarding", "Administration", "Sports")
# Most meters are on DKGA04; a few old ones on DKGA02, some new ones on MISTY1.
_GROUPS = ("201457",) * 6 + ("123456",) * 2 + ("201458",) * 2


def demo_meters_csv() -> str:
    """Return the CSV text of 240 demo meters (docs/formats.md §12)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_rows(random.Random(20260101)))  # noqa: S311 - a demo is the same every time
    return text.getvalue()


def _rows(dice: random.Random) -> Iterator[dict[str, str]]:
    for serial in range(1, _HOUSEHOLDS + 1):
        yield _household(serial, dice)
    for number, (building, department) in enumerate(_rooms(), _HOUSEHOLDS + 1):
        yield {
            "meter_number": make_drn("04", f"{20_000_000 + number:08d}").digits,
            "name": f"{INSTITUTION} {building}",
            "tariff_code": "SCHOOL",
            "supply_group": dice.choice(_GROUPS),
            "institution": INSTITUTION,
            "site": "Musanze campus",
            "building": building,
            "department": department,
        }


def _rooms() -> Iterator[tuple[str, str]]:
    for floor in (1, 2):
        for building in _BUILDINGS:
            for department in _DEPARTMENTS:
                yield f"{building} floor {floor}", department


def _household(serial: int, dice: random.Random) -> dict[str, str]:
    return {
        "meter_number": make_drn("04", f"{10_000_000 + serial * 37:08d}").digits,
        "name": f"{dice.choice(_FIRST.split())} {dice.choice(_LAST.split())}",
        "phone": f"+25078{dice.randrange(10**7):07d}",
        "address": f"House {dice.randrange(1, 400)}",
        "area": dice.choice(_AREAS),
        "tariff_code": "NONRES" if serial % 12 == 0 else "RES",
        "supply_group": dice.choice(_GROUPS),
        "arrears": str(dice.randrange(5, 60) * 100) if serial % 9 == 0 else "",
        "account_number": f"A{serial:05d}",
    }
