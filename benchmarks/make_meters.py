"""Writes plausible meters as CSV for benches: `python -m benchmarks.make_meters FILE [COUNT]`."""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from pos.tokens.numbers import luhn_digit

HEADER = (
    "meter_number",
    "name",
    "phone",
    "address",
    "area",
    "tariff_code",
    "supply_group",
    "status",
    "arrears",
    "account_number",
    "institution",
)
SUPPLY_GROUPS = ("123456", "201457", "201458")
TARIFFS = ("RES", "BUS")

_GIVEN = (  # noqa: SIM905 - a list a line would be unreadable
    "Marie Jean Claude Emmanuel Claudine Jeanne Innocent Béatrice Aimée Désiré Théogène Émile Espérance "
    "Vestine Olivier Éric Patrick Diane Chantal Solange Alphonse Célestin Épiphanie Gérard Josée Immaculée "
    "Jean-Pierre Jean-Bosco Marie-Claire Marie-Chantal John Grace Joseph Mary Moses Sarah Ruth Isaac Esther "
    "David Brian Faith Mercy Kevin Joyce Peter Hassan Fatuma Amina Juma Rehema Zainabu Salim Neema Baraka "
    "Furaha Aline Yvonne Gaspard Fidèle Assumpta Donatille Védaste Pacifique Clémentine Séraphine Noël"
).split()
_FAMILY_FIRST = (  # noqa: SIM905 - a list a line would be unreadable
    "Muka Nyira Uwi Haba Ndi Nsa Twagira Ishi Iri Kaba Mu Nshi Niyi Hake Ntaki Bizi Gasa Ruta Seka Mani "
    "Oche Otie Wanji Kama Mwa Nja Kipla Chep Naka Ssem Kato Lubega Byaru Tumu Aki Mbabazi Kase Mulo Tshi Ilu"
).split()
_FAMILY_LAST = (  # noqa: SIM905 - a list a line would be unreadable
    "mana rimana yonzima gabo mungu mugisha murenzi nshuti ngabo zeyimana hirwe mahoro gira kunda senge "
    "ng'o no ku u ru wa ya gwe nyana ro gat limo bet sisye mba nguli"
).split()
_STREETS = ("KG", "KN", "KK", "Kampala Rd", "Jinja Rd", "Moi Ave", "Av. de l'Église", "Rue du Marché")
_AREAS = ("Kimironko", "Nyamirambo", "Gisozi", "Kacyiru", "Remera", "Huye", "Musanze", "Rubavu", "Karongi")
_MAKERS = ("01", "04", "07", "14", "37", "54")
_SERIALS = 100_000_000
# Coprime with the number of serials: every serial once, scattered, as a register of many deliveries is.
_SCATTER = 38_196_601


def meter_rows(count: int, *, start: int = 0) -> Iterator[tuple[str, ...]]:
    """Yield `count` rows in the order of HEADER; the same numbers always give the same rows."""
    chance = random.Random(start)  # noqa: S311 - plausible data, no secret
    for number in range(start, start + count):
        yield (
            meter_number(number),
            _name(chance),
            _phone(chance),
            f"{chance.choice(_STREETS)} {chance.randrange(1, 900)}",
            chance.choice(_AREAS),
            TARIFFS[number % 10 == 0],
            SUPPLY_GROUPS[number % 3],
            "active" if number % 50 else "suspended",
            str(chance.randrange(100, 40_000)) if number % 20 == 0 else "",
            f"A{number:08d}",
            f"School {number // 1000}" if number % 100 == 0 else "",
        )


def meter_number(number: int) -> str:
    """Give the DRN of meter `number`, 0 to 99,999,999: 11 digits."""
    payload = f"{_MAKERS[number % len(_MAKERS)]}{number * _SCATTER % _SERIALS:08d}"
    return f"{payload}{luhn_digit(payload)}"


def write_meters(path: Path, count: int, *, start: int = 0) -> None:
    """Write the file: UTF-8, commas, a header."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(meter_rows(count, start=start))


def _name(chance: random.Random) -> str:
    # Squaring makes the first names of the list common and the last ones rare, as in life.
    given = _GIVEN[int(chance.random() ** 2 * len(_GIVEN))]
    first = _FAMILY_FIRST[int(chance.random() ** 1.5 * len(_FAMILY_FIRST))]
    last = _FAMILY_LAST[int(chance.random() ** 1.5 * len(_FAMILY_LAST))]
    family = first + last
    if chance.random() < 0.4:
        return f"{family.upper()} {given} {_GIVEN[chance.randrange(len(_GIVEN))]}"
    return f"{family} {given}"


def _phone(chance: random.Random) -> str:
    national = f"7{chance.choice('2389')}{chance.randrange(10_000_000):07d}"
    spelling = chance.random()
    if spelling < 0.5:
        return f"0{national[:3]} {national[3:6]} {national[6:]}"
    return f"+250{national}" if spelling < 0.9 else f"0{national}"


if __name__ == "__main__":
    write_meters(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
