"""Past sales: a filtered list page by page, one sale in full, and rows for an export (docs/formats.md §4).

Every page is read along one index, newest first, from the place where the page before ended: the most telling
filter leads, the others only look at its rows. A range of days is turned into a range of places first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.receipt_number import receipt_number
from pos.models.places import book_number_of
from pos.models.queries.selling import read_line_at
from pos.models.stored import instant_of

PAGE_ROWS = 50
EXPORT_PAGE_ROWS = 500
_PLACE_MAX = (1 << 62) - 1
_DRN_LENGTHS = (11, 13)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesFilter:
    """What a list of sales is limited to; None and "" do not limit.

    Days are `YYYY-MM-DD`, both included, and so are places: those of a shift hold the sales begun in it.
    `text` is a receipt number, its digits, or a meter number.
    """

    from_day: str | None = None
    to_day: str | None = None
    operator_key: int | None = None
    tender: str | None = None
    meter_key: int | None = None
    state: str | None = None
    institution: str | None = None
    text: str = ""
    from_place: int | None = None
    to_place: int | None = None


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One line of the list; `tenders` are joined by commas.

    `drn` is the first item's meter, of a sale that came to nothing the one that was to be paid for.

    `customer` is who that meter belongs to now, empty for nobody; the last case about the sale is named by
    its kind and state, both empty where there is none.
    """

    place: int
    sale_id: UUID
    state: str
    at: datetime
    business_day: str
    receipt_number: str | None
    money_minor: int
    cashier: str
    tenders: str
    drn: str | None
    units_milli: int
    token_tenths: int
    copies: int
    customer: str = ""
    case_kind: str = ""
    case_state: str = ""


@dataclass(frozen=True, slots=True)
class SaleDetail:
    """A sale with the `sale` object of its journal line; of one that is not delivered, its frozen quote.

    `sale` is None where no line holds one: a sale that came to nothing.
    """

    row: SaleRow
    sale: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One sale for a table; `tokens` are the digits, joined by blanks."""

    row: SaleRow
    tokens: str
    change_minor: int
    tax_minor: int


def list_sales(
    connection: Connection, wanted: SalesFilter, *, before: int | None = None, limit: int = PAGE_ROWS
) -> list[SaleRow]:
    """Return a page of sales, newest first, all of them before the place `before` (None: from the newest)."""
    found = _found(connection, wanted, before)
    if found is None:
        return []
    source, values = found
    # The order must be that of the table which leads, or SQLite sorts everything that fits.
    order = "lead.sale_place" if " AS lead " in source else "sale.place"
    query = f"SELECT {_COLUMNS} FROM {source} ORDER BY {order} DESC LIMIT ?"  # noqa: S608 - our texts
    codes = _till_codes(connection)
    rows: Any = connection.exec_driver_sql(query, (*values, limit)).all()
    return _whole(connection, [_row(one, codes) for one in rows], [one[-1] for one in rows])


def count_sales(connection: Connection, wanted: SalesFilter, *, limit: int) -> int:
    """Count the sales of a filter, no further than `limit`."""
    found = _found(connection, wanted, None)
    if found is None:
        return 0
    source, values = found
    query = f"SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT ?)"  # noqa: S608 - our texts
    return int(connection.exec_driver_sql(query, (*values, limit)).scalar_one())


def used_tenders(connection: Connection) -> list[str]:
    """Return the ways of paying that were ever used here, by the running totals."""
    rows = connection.exec_driver_sql("SELECT DISTINCT tender FROM total_tender ORDER BY tender")
    return [row[0] for row in rows]


def recent_sales_of(connection: Connection, meter_key: int, *, limit: int = 10) -> list[SaleRow]:
    """Return the latest delivered sales to a meter, newest first."""
    return list_sales(connection, SalesFilter(meter_key=meter_key), limit=limit)


def find_sale_detail(connection: Connection, sale_id: UUID) -> SaleDetail | None:
    """Return one sale with what its journal line says, None if the till does not know it."""
    found: Any = connection.exec_driver_sql(
        f"SELECT {_COLUMNS}, sale.delivered_place FROM sale WHERE sale.id = ?",  # noqa: S608 - our columns
        (sale_id.bytes,),
    ).one_or_none()
    if found is None:
        return None
    *columns, delivered_place = found
    holder = columns[-1]
    (row,) = _whole(connection, [_row(columns, _till_codes(connection))], [holder])
    if delivered_place is not None:
        return SaleDetail(row, _body_at(connection, delivered_place)["sale"])
    # A sale that was paid before it was delivered begins with the line `sale_paid`; only that names a holder.
    return SaleDetail(row, _body_at(connection, row.place)["quote"] if holder else None)


def export_sales(connection: Connection, wanted: SalesFilter) -> Iterator[ExportRow]:
    """Give all sales of a filter, newest first, read page by page."""
    before: int | None = None
    while page := list_sales(connection, wanted, before=before, limit=EXPORT_PAGE_ROWS):
        yield from _export_page(connection, page)
        before = page[-1].place


def _found(
    connection: Connection, wanted: SalesFilter, before: int | None
) -> tuple[str, tuple[Any, ...]] | None:
    """Return what follows FROM, conditions included, with its values; None where nothing can fit."""
    resolved = _resolved(connection, wanted)
    if resolved is None:
        return None
    wanted, number = resolved
    bounds = _places(connection, wanted, before)
    if bounds is None:
        return None
    source, values = _source(connection, wanted, number, bounds=bounds)
    conditions, more = _conditions(wanted)
    return f"{source} {conditions}", (*values, *more)


def _resolved(connection: Connection, wanted: SalesFilter) -> tuple[SalesFilter, int | None] | None:
    """Turn the text into a meter or a receipt number; None where it can mean no sale."""
    text = "".join(wanted.text.split())
    if not text:
        return wanted, None
    digits = text.rsplit("-", 1)[-1]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > max(_DRN_LENGTHS):
        return None
    if "-" not in text and len(digits) in _DRN_LENGTHS:
        key = connection.exec_driver_sql("SELECT key FROM meter WHERE drn = ?", (digits,)).scalar()
        return (
            None
            if key is None or wanted.meter_key not in (None, key)
            else (replace(wanted, meter_key=key), None)
        )
    return wanted, int(digits)


_DAY_PLACES = """
WITH RECURSIVE day (name) AS (
  SELECT min(business_day) FROM sale WHERE business_day >= ?
  UNION ALL
  SELECT (SELECT min(business_day) FROM sale WHERE business_day > day.name) FROM day
  WHERE day.name IS NOT NULL AND day.name <= ?
)
SELECT min((SELECT place FROM sale WHERE business_day = name ORDER BY place LIMIT 1)),
  max((SELECT place FROM sale WHERE business_day = name ORDER BY place DESC LIMIT 1))
FROM day WHERE name IS NOT NULL AND name <= ?
"""


def _places(connection: Connection, wanted: SalesFilter, before: int | None) -> tuple[int, int] | None:
    """Return the first and last place a page may hold, None for none.

    Each day of a range is asked for: after a clock was set right an earlier day can stand behind a later one.
    """
    low = wanted.from_place or 0
    high = _PLACE_MAX if wanted.to_place is None else wanted.to_place
    if before is not None:
        high = min(high, before - 1)
    if wanted.from_day is not None or wanted.to_day is not None:
        first, last = wanted.from_day or "", wanted.to_day or "9999-12-31"
        found: Any = connection.exec_driver_sql(_DAY_PLACES, (first, last, last)).one()
        if found[0] is None:
            return None
        low, high = max(low, found[0]), min(high, found[1])
    return low, high


_BY_NUMBER = "sale WHERE sale.receipt_number = ? AND sale.place BETWEEN ? AND ?"
_BY_METER = (
    "sale_item AS lead INDEXED BY ix_sale_item_meter CROSS JOIN sale ON sale.place = lead.sale_place "
    "WHERE lead.meter_key = ? AND lead.sale_place BETWEEN ? AND ? AND lead.n = (SELECT min(n) FROM "
    "sale_item AS twin WHERE twin.sale_place = lead.sale_place AND twin.meter_key = lead.meter_key)"
)
_BY_STATE = (
    "sale INDEXED BY ix_sale_not_delivered WHERE sale.state = ? AND sale.state <> 'delivered' "
    "AND sale.place BETWEEN ? AND ?"
)
_BY_TENDER = (
    "payment AS lead INDEXED BY ix_payment_tender CROSS JOIN sale ON sale.place = lead.sale_place "
    "WHERE lead.tender = ? AND lead.tender <> 'cash' AND lead.sale_place BETWEEN ? AND ? AND lead.n = "
    "(SELECT min(n) FROM payment AS twin WHERE twin.sale_place = lead.sale_place "
    "AND twin.tender = lead.tender)"
)
_BY_OPERATOR = "sale INDEXED BY ix_sale_operator WHERE sale.operator_key = ? AND sale.place BETWEEN ? AND ?"
_BY_PLACE = "sale NOT INDEXED WHERE sale.place BETWEEN ? AND ?"


def _source(
    connection: Connection, wanted: SalesFilter, number: int | None, *, bounds: tuple[int, int]
) -> tuple[str, tuple[Any, ...]]:
    """Return the leading table with its index and condition, and their values."""
    leads_by_operator = _has_fewer_sales(connection, wanted)
    leaders = (
        (_BY_NUMBER, number),
        (_BY_METER, wanted.meter_key),
        (_BY_STATE, None if wanted.state == "delivered" else wanted.state),
        (_BY_TENDER, None if wanted.tender == "cash" or leads_by_operator else wanted.tender),
        (_BY_OPERATOR, wanted.operator_key),
    )
    for source, value in leaders:
        if value is not None:
            return source, (value, *bounds)
    return _BY_PLACE, bounds


def _has_fewer_sales(connection: Connection, wanted: SalesFilter) -> bool:
    """Say whether the cashier made fewer sales than were paid with the tender, by the running totals."""
    if wanted.operator_key is None or wanted.tender is None:
        return False
    row: Any = connection.exec_driver_sql(
        "SELECT sum(pieces * (operator_key = ?)) < sum(pieces * (tender = ?)) FROM total_tender",
        (wanted.operator_key, wanted.tender),
    ).one()
    return bool(row[0])


_TENDER = "EXISTS (SELECT 1 FROM payment WHERE payment.sale_place = sale.place AND payment.tender = ?)"
_INSTITUTION = (
    "EXISTS (SELECT 1 FROM sale_item JOIN meter ON meter.key = sale_item.meter_key "
    "WHERE sale_item.sale_place = sale.place AND meter.institution = ?)"
)


def _conditions(wanted: SalesFilter) -> tuple[str, tuple[Any, ...]]:
    """Return the conditions that every row must meet, whichever index leads."""
    given = (
        ("sale.business_day >= ?", wanted.from_day),
        ("sale.business_day <= ?", wanted.to_day),
        ("sale.operator_key = ?", wanted.operator_key),
        ("sale.state = ?", wanted.state),
        (_TENDER, wanted.tender),
        (_INSTITUTION, wanted.institution),
    )
    used = [(condition, value) for condition, value in given if value is not None]
    return "".join(f" AND {condition}" for condition, _ in used), tuple(value for _, value in used)


_COLUMNS = """sale.place, sale.id, sale.state, sale.at, sale.business_day, sale.receipt_number,
sale.money_minor, (SELECT name FROM operator WHERE operator.key = sale.operator_key),
(SELECT group_concat(DISTINCT tender) FROM payment WHERE payment.sale_place = sale.place
 AND payment.state <> 'failed'),
coalesce((SELECT drn FROM sale_item JOIN meter ON meter.key = sale_item.meter_key
 WHERE sale_item.sale_place = sale.place ORDER BY n LIMIT 1), sale.asked_drn),
(SELECT coalesce(sum(units_milli), 0) FROM sale_item WHERE sale_item.sale_place = sale.place),
(SELECT coalesce(sum(token_units_tenths), 0) FROM sale_item WHERE sale_item.sale_place = sale.place),
sale.copies,
coalesce((SELECT coalesce(customer.name, '') FROM sale_item JOIN meter ON meter.key = sale_item.meter_key
 LEFT JOIN customer ON customer.key = meter.customer_key
 WHERE sale_item.sale_place = sale.place ORDER BY n LIMIT 1),
 (SELECT customer.name FROM meter JOIN customer ON customer.key = meter.customer_key
 WHERE meter.drn = sale.asked_drn)), sale.holder"""


def _row(columns: Any, codes: dict[int, tuple[str, bool]]) -> SaleRow:
    place, number = columns[0], columns[5]
    code, is_training = codes[book_number_of(place)]
    return SaleRow(
        place=place,
        sale_id=UUID(bytes=columns[1]),
        state=columns[2],
        at=instant_of(columns[3]),
        business_day=columns[4],
        receipt_number=None if number is None else receipt_number(code, number, is_training=is_training),
        money_minor=columns[6],
        cashier=columns[7] or "",
        tenders=columns[8] or "",
        drn=columns[9],
        units_milli=columns[10],
        token_tenths=columns[11],
        copies=columns[12],
        customer=columns[13] or "",
    )


def _whole(connection: Connection, rows: list[SaleRow], holders: Sequence[str]) -> list[SaleRow]:
    """Add what stands elsewhere: the cases, and the meters of the few sales that are paid and not delivered.

    Those have no items yet: the quote in their line names the meter. Only a line `sale_paid` names a holder.
    """
    quoted = [
        _with_quote(connection, row) if row.drn is None and row.state != "delivered" and holder else row
        for row, holder in zip(rows, holders, strict=True)
    ]
    return _with_cases(connection, quoted)


def _with_quote(connection: Connection, row: SaleRow) -> SaleRow:
    item = _body_at(connection, row.place)["quote"]["items"][0]
    drn: str | None = item.get("meter", {}).get("drn")
    name: str | None = connection.exec_driver_sql(
        "SELECT customer.name FROM meter JOIN customer ON customer.key = customer_key WHERE drn = ?", (drn,)
    ).scalar()
    return replace(row, drn=drn, customer=name or "")


def _with_cases(connection: Connection, rows: list[SaleRow]) -> list[SaleRow]:
    """Name the last case of each sale: one look at the few cases of a till for a whole page."""
    if not rows:
        return rows
    marks = ", ".join("?" * len(rows))
    found: Any = connection.exec_driver_sql(
        "SELECT sale_place, case_kind, state FROM case_record "  # noqa: S608 - question marks only
        f"WHERE sale_place IN ({marks}) ORDER BY place",
        tuple(row.place for row in rows),
    )
    cases = {place: (kind, state) for place, kind, state in found}
    return [
        replace(row, case_kind=cases[row.place][0], case_state=cases[row.place][1])
        if row.place in cases
        else row
        for row in rows
    ]


def _till_codes(connection: Connection) -> dict[int, tuple[str, bool]]:
    """Return the till code of each book and whether it is for training: receipts are named by their book."""
    rows: Any = connection.exec_driver_sql(
        "SELECT number, code, is_training FROM book JOIN till ON till.id = till_id UNION ALL "
        "SELECT former_book.number, code, book.is_training FROM former_book JOIN till ON till.id = "
        "former_book.till_id JOIN book"
    ).all()
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def _body_at(connection: Connection, place: int) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(read_line_at(connection, place))["body"]
    return body


def _export_page(connection: Connection, page: list[SaleRow]) -> Iterator[ExportRow]:
    places = tuple(row.place for row in page)
    marks = ", ".join("?" * len(places))
    delivered: Any = connection.exec_driver_sql(
        f"SELECT place, delivered_place FROM sale WHERE place IN ({marks})",  # noqa: S608 - question marks only
        places,
    ).all()
    places_of_tokens = {place: issued for place, issued in delivered if issued is not None}
    for row in page:
        issued = places_of_tokens.get(row.place, -1)
        values = (issued, row.place, row.place)
        found: Any = connection.exec_driver_sql(_EXPORT_PARTS, values).one()
        yield ExportRow(row, found[0] or "", found[1], found[2])


_EXPORT_PARTS = """
SELECT (SELECT group_concat(digits, ' ') FROM (SELECT digits FROM token WHERE place = ? ORDER BY item_n, n)),
  (SELECT coalesce(sum(change_minor), 0) FROM payment WHERE sale_place = ?),
  (SELECT coalesce(sum(amount_minor), 0) FROM sale_line WHERE sale_place = ? AND kind = 'tax')
"""
