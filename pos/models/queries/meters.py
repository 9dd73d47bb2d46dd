"""Meters as screens and services read them: found by serial, phone or name, shown, listed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from pos.domain.meter_rows import COLUMNS
from pos.domain.names import fold
from pos.models.meters import meter
from pos.models.search import match_of
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.numbers import ISSUER_OF_DRN_LENGTH, PAN_LENGTH
from pos.tokens.vault import MeterKey

FOUND_MAX = 50
TAIL_DIGITS_MIN = 3
_PHONE_DIGITS_MIN = 9
_AFTER_ALL = (1 << 63) - 1
_NUMBER = re.compile(r"\+?[0-9]+")
_FILLERS = str.maketrans("", "", " -./()\u00a0\u202f")


@dataclass(frozen=True, slots=True)
class MeterRow:
    """One line of a list of meters."""

    key: int
    id: UUID
    drn: str
    name: str | None
    phone: str | None
    address: str | None
    area: str | None
    service: int
    tariff_code: str
    sgc: str
    status: str
    block_reason: str | None
    arrears_minor: int
    institution: str | None
    customer_key: int | None


@dataclass(frozen=True, slots=True)
class MeterDetail:
    """A meter with its customer and every key attribute resolved: its own, else the group's.

    `own_keys` names the attributes that are the meter's own; `account_number` to `note`: docs/formats.md §12.
    """

    row: MeterRow
    pan: str
    ti: str
    krn: int
    kt: int
    algorithm: str
    key_method: str
    base_date: str
    own_keys: frozenset[str]
    account_number: str | None
    site: str | None
    building: str | None
    department: str | None
    note: str | None
    customer_id: UUID | None
    is_customer_erased: bool


_ROW = """
SELECT meter.key, meter.id, meter.drn, customer.name, customer.phone, customer.address, customer.area,
  meter.service, meter.tariff_code, meter.sgc, meter.status, meter.block_reason, meter.arrears_minor,
  meter.institution, meter.customer_key
"""
_FROM = " FROM meter LEFT JOIN customer ON customer.key = meter.customer_key "
_DETAIL = (
    _ROW
    + """, meter.pan, meter.ti, meter.krn, meter.kt, meter.algorithm, meter.key_method, meter.base_date,
  supply_group.ti, supply_group.krn, supply_group.kt, supply_group.algorithm, supply_group.key_method,
  supply_group.base_date, meter.account_number, meter.site, meter.building, meter.department, meter.note,
  customer.id, customer.erased_at
"""
    + _FROM
    + "JOIN supply_group ON supply_group.sgc = meter.sgc "
)
_KEY_NAMES = ("ti", "krn", "kt", "algorithm", "key_method", "base_date")


def find_meters(connection: Connection, text: str, *, institution: str | None = None) -> list[MeterRow]:
    """Find at most 50 meters by what a person typed, scanned or read from a card.

    Digits in any spelling are a meter number: the whole one (11, 13, or 18 with issuer) first, then those
    that end with it, then the phones that are it or end with it. Anything else are beginnings of words of
    the name, in any order, without accents. Each group newest first. Less than three digits find nothing.
    `institution` narrows to the meters of one.
    """
    digits = text.strip().replace("(0)", "").translate(_FILLERS)
    if _NUMBER.fullmatch(digits):
        return _rows(connection, _by_number(connection, digits, institution))
    words = match_of(fold(text))
    return _rows(connection, _by_words(connection, words, institution)) if words else []


def get_meter(connection: Connection, drn: str) -> MeterRow | None:
    """Return the meter with this number (11 or 13 digits), None if the till does not know it."""
    row = connection.exec_driver_sql(_ROW + _FROM + "WHERE meter.drn = ?", (drn,)).one_or_none()
    return None if row is None else _row(row)


def get_meter_detail(connection: Connection, meter_id: UUID) -> MeterDetail | None:
    """Return all of a meter, None if there is none with this id."""
    row = connection.exec_driver_sql(_DETAIL + "WHERE meter.id = ?", (meter_id.bytes,)).one_or_none()
    return None if row is None else _detail(row)


def list_meters(
    connection: Connection, *, institution: str | None = None, before_key: int | None = None, limit: int = 200
) -> list[MeterRow]:
    """List meters newest first, a page at a time: those before `before_key`, the last of the page before."""
    before = _AFTER_ALL if before_key is None else before_key
    if institution is None:
        found = connection.exec_driver_sql(
            _ROW + _FROM + "WHERE meter.key < ? ORDER BY meter.key DESC LIMIT ?", (before, limit)
        )
    else:
        found = connection.exec_driver_sql(
            _ROW + _FROM + "WHERE meter.institution = ? AND meter.key < ? ORDER BY meter.key DESC LIMIT ?",
            (institution, before, limit),
        )
    return [_row(row) for row in found]


def meters_of_customer(connection: Connection, customer_key: int) -> list[MeterRow]:
    """List the meters of one customer, newest first."""
    found = connection.exec_driver_sql(
        _ROW + _FROM + "WHERE meter.customer_key = ? ORDER BY meter.key DESC", (customer_key,)
    )
    return [_row(row) for row in found]


def own_values(connection: Connection, key: int, columns: Sequence[str]) -> dict[str, Any]:
    """Return some columns of a meter as they are stored, without its group's."""
    wanted = [meter.c[column] for column in columns]
    return dict(connection.execute(select(*wanted).where(meter.c.key == key)).mappings().one())


def pages_of_cells(
    connection: Connection, *, after_key: int = 0, limit: int = 2_000
) -> Iterator[list[dict[str, Any]]]:
    """Yield meters after a key as files have them, by column of docs/formats.md §12, oldest first, in pages.

    Values are as stored: money in minor units, the service as its number, the own key fields only.
    """
    while True:
        rows = connection.exec_driver_sql(_CELLS, (after_key, limit)).all()
        if rows:
            yield [dict(zip(COLUMNS, row[1:], strict=True)) for row in rows]
        if len(rows) < limit:
            return
        after_key = rows[-1][0]


_CELLS = """
SELECT meter.key, meter.drn, customer.name, customer.phone, customer.address, customer.area,
  meter.tariff_code, meter.sgc, meter.ti, meter.krn, meter.kt, meter.algorithm, meter.key_method,
  meter.base_date, meter.service, meter.status, meter.arrears_minor, meter.account_number,
  meter.institution, meter.site, meter.building, meter.department, meter.note
FROM meter LEFT JOIN customer ON customer.key = meter.customer_key
WHERE meter.key > ? ORDER BY meter.key LIMIT ?
"""


def key_of_meter(meter: MeterDetail) -> MeterKey:
    """Return what the vault must know of a meter: its own attributes, else its group's (docs/formats.md §12).

    Raises KeyDataError, NumberError and UnsupportedError as `MeterKey`.
    """
    return MeterKey(
        pan=meter.pan,
        sgc=meter.row.sgc,
        ti=meter.ti,
        krn=meter.krn,
        kt=KeyType(meter.kt),
        method=KeyMethod(meter.key_method),
        ea=EncryptionAlgorithm(meter.algorithm),
        base_date=BaseDate(meter.base_date),
    )


def _by_number(connection: Connection, digits: str, institution: str | None) -> list[int]:
    bare, found = digits.lstrip("+"), {}
    searches = [(_PHONE_TAIL, _phone_tail(bare))]
    if bare == digits:
        found = _exact(connection, bare, institution)
        searches.insert(0, (_SERIAL_TAIL, bare))
    for statement, tail in searches:
        if len(tail) >= TAIL_DIGITS_MIN and len(found) < FOUND_MAX:
            start = tail[::-1]
            # ":" is the character after "9": the range holds whatever begins with `start`.
            values = (start, start + ":", institution, institution, FOUND_MAX)
            found |= dict.fromkeys(connection.exec_driver_sql(statement, values).scalars())
    return list(found)[:FOUND_MAX]


def _exact(connection: Connection, digits: str, institution: str | None) -> dict[int, None]:
    values = (_drn_of(digits), institution, institution)
    return dict.fromkeys(connection.exec_driver_sql(_EXACT, values).scalars())


# "+": sort the few that are found; without it SQLite may walk all meters from the newest.
_EXACT = "SELECT key FROM meter WHERE drn = ? AND (? IS NULL OR institution = ?)"
_SERIAL_TAIL = """
SELECT key FROM meter WHERE drn_reversed >= ? AND drn_reversed < ? AND (? IS NULL OR institution = ?)
ORDER BY +key DESC LIMIT ?
"""
_PHONE_TAIL = """
SELECT meter.key FROM customer JOIN meter ON meter.customer_key = customer.key
WHERE phone_reversed >= ? AND phone_reversed < ? AND (? IS NULL OR meter.institution = ?)
ORDER BY +meter.key DESC LIMIT ?
"""


def _by_words(connection: Connection, match: str, institution: str | None) -> list[int]:
    if institution is None:
        found = connection.exec_driver_sql(
            "SELECT rowid FROM meter_words WHERE meter_words MATCH ? ORDER BY rowid DESC LIMIT ?",
            (match, FOUND_MAX),
        )
    else:
        found = connection.exec_driver_sql(
            "SELECT key FROM meter WHERE institution = ? "
            "AND key IN (SELECT rowid FROM meter_words WHERE meter_words MATCH ?) ORDER BY key DESC LIMIT ?",
            (institution, match, FOUND_MAX),
        )
    return list(found.scalars())


def _drn_of(digits: str) -> str:
    """Give the number on the meter for a whole number or a PAN; "" for anything shorter."""
    if len(digits) == PAN_LENGTH:
        issuer = next((one for one in ISSUER_OF_DRN_LENGTH.values() if digits.startswith(one)), "")
        digits = digits[len(issuer) : -1]
    return digits if len(digits) in ISSUER_OF_DRN_LENGTH else ""


def _phone_tail(digits: str) -> str:
    """Give the last digits that every spelling of a whole number shares: without +, 00 and the trunk 0."""
    return digits.lstrip("0") if len(digits) >= _PHONE_DIGITS_MIN else digits


def _rows(connection: Connection, keys: Iterable[int]) -> list[MeterRow]:
    statement = _ROW + _FROM + "WHERE meter.key = ?"
    return [_row(connection.exec_driver_sql(statement, (key,)).one()) for key in keys]


def _row(row: Any) -> MeterRow:
    return MeterRow(row[0], UUID(bytes=row[1]), *row[2:15])


def _detail(row: Any) -> MeterDetail:
    own, group = row[16:22], row[22:28]
    ti, krn, kt, algorithm, key_method, base_date = (
        mine if mine is not None else groups for mine, groups in zip(own, group, strict=True)
    )
    return MeterDetail(
        row=_row(row),
        pan=f"{row[15]:0{PAN_LENGTH}d}",
        ti=ti,
        krn=krn,
        kt=kt,
        algorithm=algorithm,
        key_method=key_method,
        base_date=base_date,
        own_keys=frozenset(name for name, mine in zip(_KEY_NAMES, own, strict=True) if mine is not None),
        account_number=row[28],
        site=row[29],
        building=row[30],
        department=row[31],
        note=row[32],
        customer_id=None if row[33] is None else UUID(bytes=row[33]),
        is_customer_erased=row[34] is not None,
    )
