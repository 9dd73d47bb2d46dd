"""What the path of a sale reads, each by one indexed look-up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import INTEGER_MAX
from pos.domain.price_terms import Basis
from pos.models.packing import unpack_line
from pos.models.places import book_number_of, seq_of
from pos.models.stored import instant_of, milliseconds_of


@dataclass(frozen=True, slots=True)
class FollowingGroup:
    """The supply group a meter moves to with its announced next key (docs/formats.md §8)."""

    sgc: str
    ea: str
    dkga: str
    tid_zone: str
    lanes: int
    lane: int
    holders: tuple[str, ...]
    supplier: str


@dataclass(frozen=True, slots=True)
class SellingMeter:
    """A meter with its group, every key field resolved: its own, else the group's (docs/formats.md §12)."""

    key: int
    id: UUID
    drn: str
    pan: int
    service: int
    tariff_code: str
    status: str
    block_reason: str | None
    arrears_minor: int
    customer_key: int | None
    sgc: str
    ti: str
    krn: int
    kt: int
    ea: str
    dkga: str
    base_date: str
    ken: int
    tid_zone: str
    lanes: int
    lane: int
    holders: tuple[str, ...]
    supplier: str
    next_key: dict[str, Any] | None
    home_till: UUID | None = None
    following: FollowingGroup | None = None
    """Where `next_key` names another group, and this till has that group."""

    def moves_at(self, at: datetime) -> bool:
        """Whether at `at` the meter belongs to another group than its record says."""
        change = self.next_key
        return (
            change is not None
            and change.get("sgc", self.sgc) != self.sgc
            and at >= datetime.fromisoformat(change["from"])
        )


_METER = """
SELECT meter.key, meter.id, meter.drn, meter.pan, meter.service, meter.tariff_code, meter.status,
  meter.block_reason, meter.arrears_minor, meter.customer_key,
  supply_group.sgc, coalesce(meter.ti, supply_group.ti),
  coalesce(meter.krn, supply_group.krn), coalesce(meter.kt, supply_group.kt),
  coalesce(meter.algorithm, supply_group.algorithm), coalesce(meter.key_method, supply_group.key_method),
  coalesce(meter.base_date, supply_group.base_date), supply_group.ken, supply_group.tid_zone,
  supply_group.lanes, supply_group.lane, supply_group.holders, supply_group.supplier,
  coalesce(meter.next_key, supply_group.next_key), meter.home_till,
  following.sgc, following.algorithm, following.key_method, following.tid_zone, following.lanes,
  following.lane, following.holders, following.supplier
FROM meter JOIN supply_group ON supply_group.sgc = meter.sgc
LEFT JOIN supply_group AS following
  ON following.sgc = json_extract(meter.next_key, '$.sgc') AND following.sgc <> meter.sgc
WHERE meter.drn = ?
"""


def find_selling_meter(connection: Connection, drn: str) -> SellingMeter | None:
    """Return the meter with this number (11 or 13 digits), None if the till does not know it."""
    row: Any = connection.exec_driver_sql(_METER, (drn,)).one_or_none()
    if row is None:
        return None
    next_key = None if row[23] is None else json.loads(row[23])
    values: list[Any] = [
        row[0],
        UUID(bytes=row[1]),
        *row[2:21],
        tuple(json.loads(row[21])),
        row[22],
        next_key,
        None if row[24] is None else UUID(bytes=row[24]),
        None if row[25] is None else _following(row[25:]),
    ]
    return SellingMeter(*values)


def _following(row: Sequence[Any]) -> FollowingGroup:
    sgc, ea, dkga, tid_zone, lanes, lane, holders, supplier = row
    return FollowingGroup(sgc, ea, dkga, tid_zone, lanes, lane, tuple(json.loads(holders)), supplier)


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A meter's month so far, on all tills and with reservations, and what it carries on this till."""

    basis: Basis
    carry_milli: int


def month_figures(
    connection: Connection, meter: SellingMeter, month: str, *, without: UUID | None = None
) -> MonthFigures:
    """Add up what the meter bought in `month` (YYYY-MM): own sales, pulled rows, open reservations.

    `without` is a sale that is priced anew: what it reserved itself does not count against it.
    """
    own = b"" if without is None else without.bytes
    rows = connection.exec_driver_sql(
        "SELECT units_milli, free_milli, charges FROM meter_month WHERE meter_key = ? AND month = ? "
        "UNION ALL SELECT units_milli, free_milli, charges FROM reservation "
        "WHERE meter_key = ? AND month = ? AND sale_id != ?",
        (meter.key, month, meter.key, month, own),
    ).all()
    # Debt and carry know no month: a quote that is open over a month's end still holds its part of them.
    held: Any = connection.exec_driver_sql(
        "SELECT coalesce(sum(arrears_minor), 0), coalesce(sum(carry_change_milli), 0) "
        "FROM reservation WHERE meter_key = ? AND sale_id != ?",
        (meter.key, own),
    ).one()
    charges = {code for row in rows for code in str(row[2]).split("\n") if code}
    carried: int | None = connection.exec_driver_sql(
        "SELECT carry_milli FROM carry WHERE meter_key = ?", (meter.key,)
    ).scalar()
    return MonthFigures(
        Basis(
            bought_before_milli=sum(row[0] for row in rows),
            charges_taken=tuple(sorted(charges)),
            free_before_milli=sum(row[1] for row in rows),
            arrears_before_minor=max(0, meter.arrears_minor - held[0]),
        ),
        # A quote that failed after a later one was priced from it can leave up to 0.1 units below zero: the
        # customer has them already, and they are not asked back.
        max(0, (carried or 0) + held[1]),
    )


def credit_left_minor(connection: Connection, meter_key: int, *, without: UUID | None = None) -> int:
    """Return what head office gave a meter back and no sale or open quote has used yet (formats §7.7).

    What was given for a record that was merged into this meter counts too. `without` as in `month_figures`.
    """
    merged = connection.exec_driver_sql(
        "SELECT key FROM meter WHERE merged_into = (SELECT id FROM meter WHERE key = ?)", (meter_key,)
    ).scalars()
    keys = json.dumps([meter_key, *merged])
    given: int = connection.exec_driver_sql(
        "SELECT coalesce(sum(amount_minor), 0) FROM customer_credit "
        "WHERE meter_key IN (SELECT value FROM json_each(?))",
        (keys,),
    ).scalar_one()
    if not given:
        return 0
    # Lines of credit are negative.
    used: int = connection.exec_driver_sql(
        "SELECT coalesce((SELECT sum(sale_line.amount_minor) FROM sale_item JOIN sale_line "
        "ON sale_line.sale_place = sale_item.sale_place AND sale_line.item_n = sale_item.n "
        "WHERE sale_item.meter_key IN (SELECT value FROM json_each(?1)) AND sale_line.kind = 'credit'), 0) "
        "- coalesce((SELECT sum(credit_minor) FROM reservation "
        "WHERE meter_key IN (SELECT value FROM json_each(?1)) AND sale_id != ?2), 0)",
        (keys, b"" if without is None else without.bytes),
    ).scalar_one()
    return max(0, given + used)


def month_cursor(connection: Connection) -> int:
    """Return how far the month figures of other tills are pulled, 0 for a till that stands alone."""
    cursor: str | None = connection.exec_driver_sql(
        "SELECT cursor FROM pull_cursor WHERE resource = 'meter_month'"
    ).scalar()
    return int(cursor) if cursor is not None and cursor.isdigit() else 0


@dataclass(frozen=True, slots=True)
class TariffRow:
    """A stored tariff version: its key, id and canonical JSON."""

    key: int
    id: UUID
    code: str
    version: int
    body: str
    sha256: bytes


def find_tariff(connection: Connection, code: str, at: datetime) -> TariffRow | None:
    """Return the version of a tariff in force at `at`, None if there is none."""
    row: Any = connection.exec_driver_sql(
        "SELECT key, id, code, version, body, sha256 FROM tariff WHERE code = ? AND valid_from <= ? "
        "ORDER BY valid_from DESC, version DESC LIMIT 1",
        (code, milliseconds_of(at)),
    ).one_or_none()
    return None if row is None else TariffRow(row[0], UUID(bytes=row[1]), *row[2:])


@dataclass(frozen=True, slots=True)
class KnownSale:
    """A sale the book already knows."""

    place: int
    state: str
    delivered_place: int | None
    request_sha: bytes | None


def find_sale(connection: Connection, sale_id: UUID) -> KnownSale | None:
    """Return what the book knows of a sale id."""
    row: Any = connection.exec_driver_sql(
        "SELECT place, state, delivered_place, request_sha FROM sale WHERE id = ?", (sale_id.bytes,)
    ).one_or_none()
    return None if row is None else KnownSale(*row)


def read_line_at(connection: Connection, place: int) -> bytes:
    """Return the journal line at a place, of this book or a former one."""
    packed = connection.exec_driver_sql(
        "SELECT line FROM journal WHERE seq = ? AND (SELECT number FROM book) = ? "
        "UNION ALL SELECT line FROM former_journal WHERE place = ?",
        (seq_of(place), book_number_of(place), place),
    ).scalar_one()
    return unpack_line(packed)


@dataclass(frozen=True, slots=True)
class RecentSale:
    """The latest delivered sale to a meter."""

    sale_id: UUID
    place: int
    at: datetime
    money_minor: int


def latest_sale_to(
    connection: Connection, meter_key: int, *, item_kind: str, since: datetime
) -> RecentSale | None:
    """Return the meter's latest delivered or paid sale of this kind of item not before `since`.

    A sale that is paid and waits for its token has no items yet: its open reservation names the meter.
    """
    row: Any = connection.exec_driver_sql(
        "SELECT * FROM (SELECT sale.id, sale.place, sale.at, sale.money_minor "
        "FROM sale_item JOIN sale ON sale.place = sale_place "
        "WHERE meter_key = ? AND item_kind = ? AND sale.state = 'delivered' AND sale.at >= ? "
        "ORDER BY sale_place DESC LIMIT 1) UNION ALL "
        "SELECT sale.id, sale.place, sale.at, sale.money_minor "
        "FROM reservation JOIN sale ON sale.id = reservation.sale_id "
        "WHERE reservation.meter_key = ? AND ? = 'token' AND sale.state IN ('paid', 'awaiting_payment') "
        "AND sale.at >= ? LIMIT 1",
        (meter_key, item_kind, milliseconds_of(since), meter_key, item_kind, milliseconds_of(since)),
    ).first()
    return None if row is None else RecentSale(UUID(bytes=row[0]), row[1], instant_of(row[2]), row[3])


def last_tid(connection: Connection, pan: int, base_date: str) -> int | None:
    """Return the last TID this till gave a meter under a base date."""
    tid: int | None = connection.exec_driver_sql(
        "SELECT last_tid FROM tid_guard WHERE pan = ? AND base_date = ?", (pan, base_date)
    ).scalar()
    return tid


@dataclass(frozen=True, slots=True)
class OpenShift:
    """The shift that is open on this till."""

    place: int
    id: UUID
    operator_key: int
    business_day: str


def open_shift(connection: Connection) -> OpenShift | None:
    """Return the open shift of this till, None if there is none."""
    row: Any = connection.exec_driver_sql(
        "SELECT place, id, operator_key, business_day FROM shift WHERE closed_place IS NULL"
    ).one_or_none()
    return None if row is None else OpenShift(row[0], UUID(bytes=row[1]), row[2], row[3])


@dataclass(frozen=True, slots=True)
class EnvelopeRow:
    """The envelope in force and its use."""

    sequence: int
    money_minor: int
    units_milli: int
    expires_at: datetime | None
    used_money_minor: int
    used_units_milli: int


def envelope_in_force(connection: Connection) -> EnvelopeRow | None:
    """Return the envelope in force, None if the till was never given one."""
    row: Any = connection.exec_driver_sql(
        "SELECT sequence, money_minor, units_milli, expires_at, used_money_minor + before_money_minor, "
        "used_units_milli + before_units_milli "
        "FROM envelope WHERE taken_place IS NOT NULL ORDER BY sequence DESC LIMIT 1"
    ).one_or_none()
    if row is None:
        return None
    expires_at = None if row[3] is None else instant_of(row[3])
    return EnvelopeRow(row[0], row[1], row[2], expires_at, row[4], row[5])


def reserved_minor(connection: Connection) -> tuple[int, int]:
    """Return money and units (milli) reserved by open quotes against the envelope."""
    row: Any = connection.exec_driver_sql(
        "SELECT coalesce(sum(money_minor), 0), coalesce(sum(units_milli), 0) FROM reservation"
    ).one()
    return row[0], row[1]


_FLOAT_AT_OFFICE = (
    "SELECT 1 FROM supply_group JOIN office_record ON resource = 'supply_groups' AND id = sgc "
    "WHERE supplier = ? AND NOT json_extract(body, '$.float_here')"
)


def float_left_minor(connection: Connection, supplier: str) -> int:
    """Return what may still be sold for a supplier: balance + credit limit - reservations (formats §5).

    The float of a supplier that came from head office is kept there: its envelopes are never above it.
    """
    if connection.exec_driver_sql(_FLOAT_AT_OFFICE, (supplier,)).first() is not None:
        return INTEGER_MAX
    row: Any = connection.exec_driver_sql(
        "SELECT coalesce((SELECT balance_minor FROM account WHERE name = 'supplier:' || code), 0) "
        "+ credit_limit_minor "
        "- coalesce((SELECT sum(supplier_minor) FROM reservation WHERE reservation.supplier = code), 0) "
        "FROM supplier WHERE code = ?",
        (supplier,),
    ).one_or_none()
    return 0 if row is None else int(row[0])


def count_tokens_under_key(connection: Connection, pan: int, key_place: int) -> int:
    """Return how many credit tokens a meter got since the line at `key_place`."""
    return int(
        connection.exec_driver_sql(
            "SELECT count(*) FROM token WHERE pan = ? AND place >= ? AND token_class = 0", (pan, key_place)
        ).scalar_one()
    )


def customer_of(connection: Connection, customer_key: int | None) -> Sequence[Any] | None:
    """Return (name, phone, address) of a meter's customer, None if there is none."""
    if customer_key is None:
        return None
    row: Any = connection.exec_driver_sql(
        "SELECT name, phone, address FROM customer WHERE key = ?", (customer_key,)
    ).one_or_none()
    return None if row is None else tuple(row)
