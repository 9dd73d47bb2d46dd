"""Meters, tariffs and people from CSV (docs/formats.md §12), some rows in each transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from sqlalchemy import Connection, Row, select

from central.db import Database
from central.models.identity import organisation
from central.models.master import customer, meter, record, sales_point, supply_group, tariff
from central.services.bulk import rows_where
from central.services.feed import Feed
from central.services.imported import ROWS_A_TIME, Imported
from central.services.master import Master, check_fits, pan_number
from central.services.meter_locks import hold_meters
from central.services.meter_values import METER_COLUMNS
from central.services.staff_import import import_staff
from pos.domain.csv_table import RowError, read_table
from pos.domain.ids import new_id
from pos.domain.meter_rows import COLUMNS, REQUIRED, GroupKeys, MeterCells, MeterReader, Shop
from pos.domain.tariff import Tariff
from pos.domain.tariff_csv import parse_tariffs
from pos.errors import UserError
from pos.tokens.numbers import parse_meter_number

_PERSON = ("name", "phone", "address", "area")
_DEFAULTS: Mapping[str, Any] = {"service": 0, "status": "active", "arrears_minor": 0}


class Imports:
    """Imports for one organisation."""

    def __init__(self, database: Database, feed: Feed, organisation_id: UUID) -> None:
        self._database = database
        self._feed = feed
        self._master = Master(feed)
        self._organisation = organisation_id

    def tariffs(self, text: str, *, now: datetime) -> Imported:
        """Add the tariff versions of a CSV text; one that is there already changes nothing."""
        with self._database.read() as connection:
            zone = connection.execute(
                select(organisation.c.time_zone).where(organisation.c.id == self._organisation)
            ).scalar_one()
        sheet = parse_tariffs(text, time_zone=ZoneInfo(zone))
        done = Imported(errors=list(sheet.errors), table=sheet.table)
        for named in sheet.tariffs:
            with self._database.write() as connection:
                is_known = self._has_tariff(connection, named.tariff)
                self._master.add_tariff(
                    connection, self._organisation, named.tariff, name=named.name or None, now=now
                )
            done.unchanged += is_known
            done.added += not is_known
        return done

    def meters(self, text: str, *, sales_point_id: UUID | None, now: datetime) -> Imported:
        """Add or change meters by number, with their customers at a sales point."""
        table = read_table(text, columns=COLUMNS, required=REQUIRED)
        done = Imported(errors=list(table.errors), table=table)
        with self._database.read() as connection:
            place = sales_point_id or _only_sales_point(connection, self._organisation)
            reader = MeterReader(COLUMNS, self._shop(connection))
            institutions = self._institutions(connection)
        bad = {error.line for error in table.errors}
        sound = self._sound((row for row in table.rows if row.line not in bad), reader, institutions, done)
        while some := tuple(islice(sound, ROWS_A_TIME)):
            with self._database.write() as connection:
                self._hold(connection, some)
                self._put(connection, some, place=place, institutions=institutions, done=done, now=now)
        done.errors.sort(key=lambda error: error.line)
        return done

    def staff(self, text: str, *, by: UUID | None, now: datetime) -> Imported:
        """Add or change the people of the tills, by id or by name."""
        return import_staff(self._database, self._feed, self._organisation, text, by=by, now=now)

    def _sound(
        self, rows: Iterable[Any], reader: MeterReader, institutions: Mapping[str, UUID], done: Imported
    ) -> Iterator[MeterCells]:
        seen: set[str] = set()
        for row in rows:
            cells = reader.read(row.line, [row[column] for column in COLUMNS])
            if not isinstance(cells, MeterCells):
                done.errors.extend(cells)
            elif cells.drn in seen:
                done.errors.append(
                    RowError(row.line, "meter_number", "meter.twice", "This number stands twice in the file.")
                )
            elif cells["institution"] is not None and cells["institution"] not in institutions:
                done.errors.append(
                    RowError(row.line, "institution", "record.unknown", "There is no such institution.")
                )
            else:
                seen.add(cells.drn)
                yield cells

    def _hold(self, connection: Connection, some: tuple[MeterCells, ...]) -> None:
        """Let nobody make these meters, nor a push change their debt, before they are written whole."""
        drns = [cells.drn for cells in some]
        hold_meters(connection, map(pan_number, drns))
        held = select(meter.c.id).where(meter.c.organisation_id == self._organisation, meter.c.drn.in_(drns))
        # In the order of booking, so that neither waits for the other in a ring.
        connection.execute(held.order_by(meter.c.id).with_for_update())

    def _put(
        self,
        connection: Connection,
        some: tuple[MeterCells, ...],
        *,
        place: UUID | None,
        institutions: Mapping[str, UUID],
        done: Imported,
        now: datetime,
    ) -> None:
        known = {
            row.drn: row
            for row in rows_where(
                connection,
                list(meter.c),
                meter.c.drn,
                [cells.drn for cells in some],
                more=(meter.c.organisation_id == self._organisation, meter.c.merged_into.is_(None)),
            )
        }
        owners = _held_people(connection, [row.customer_id for row in known.values() if row.customer_id])
        meters, people = [], dict[UUID, dict[str, Any]]()
        for cells in some:
            before = known.get(cells.drn)
            values = _values(cells, before, institutions, now)
            person = {name: cells[name] for name in _PERSON if cells[name] is not None}
            if person:
                # Whoever was erased stays it: somebody named for his meter is somebody new.
                owner = owners.get(values.get("customer_id"))
                values["customer_id"] = new_id(now) if owner is None or owner.is_erased else owner.id
                named = people.setdefault(values["customer_id"], {"sales_point_id": place})
                named |= {"id": values["customer_id"], **person}
            meters.append(values)
        others = _changed_people(people.values(), owners)
        self._master.put_customers(connection, self._organisation, others)
        changed = [one for one in meters if _is_another(one, known.get(one["drn"]))]
        self._master.put_meters(connection, self._organisation, changed)
        touched = {one["id"] for one in changed} | {one["id"] for one in others}
        same = sum(touched.isdisjoint((one["id"], one.get("customer_id"))) for one in meters)
        done.added += len(some) - len(known)
        done.unchanged += same
        done.changed += len(known) - same

    def _has_tariff(self, connection: Connection, wanted: Tariff) -> bool:
        same = select(tariff.c.id).where(
            tariff.c.organisation_id == self._organisation,
            tariff.c.code == wanted.code,
            tariff.c.version == wanted.version,
        )
        return connection.execute(same).first() is not None

    def _shop(self, connection: Connection) -> Shop:
        codes = select(tariff.c.code).where(tariff.c.organisation_id == self._organisation).distinct()
        groups = select(supply_group).where(supply_group.c.organisation_id == self._organisation)
        currency = select(organisation.c.currency).where(organisation.c.id == self._organisation)
        return Shop(
            tariffs=frozenset(connection.execute(codes).scalars()),
            groups={row.sgc: GroupKeys(row.key_method, row.algorithm) for row in connection.execute(groups)},
            currency=connection.execute(currency).scalar_one(),
            read_number=read_number,
            read_phone=read_phone,
        )

    def _institutions(self, connection: Connection) -> dict[str, UUID]:
        """Return institutions by name and by id."""
        query = select(record.c.id, record.c.body).where(
            record.c.organisation_id == self._organisation, record.c.resource == "institutions"
        )
        found: dict[str, UUID] = {}
        for row in connection.execute(query):
            found[str(row.body["name"])] = found[row.id] = UUID(row.id)
        return found


def read_number(text: str) -> tuple[str, int]:
    """Return meter number and PAN of 11, 13 or 18 digits. Raises NumberError."""
    drn = parse_meter_number(text).drn.digits
    return drn, pan_number(drn)


def read_phone(text: str) -> str:
    """Return a phone as E.164; it must be given with its country. Raises UserError `phone.invalid`."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise UserError("phone.invalid", "Write the phone with its country, like +250788123456.") from error
    if not phonenumbers.is_possible_number(parsed):
        raise UserError("phone.invalid", "This is no phone number.")
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _only_sales_point(connection: Connection, organisation_id: UUID) -> UUID | None:
    places = list(
        connection.execute(
            select(sales_point.c.id).where(sales_point.c.organisation_id == organisation_id).limit(2)
        ).scalars()
    )
    return places[0] if len(places) == 1 else None


def _values(
    cells: MeterCells, before: Row[Any] | None, institutions: Mapping[str, UUID], now: datetime
) -> dict[str, Any]:
    """Return a meter's columns: those of the file over those that are known."""
    values: dict[str, Any] = dict(_DEFAULTS)
    if before is not None:
        values = {name: value for name, value in before._mapping.items() if name != "organisation_id"}
    given = {column: cells[cell] for cell, column in METER_COLUMNS.items() if cells[cell] is not None}
    values |= given | {"drn": cells.drn, "is_dirty": False}
    values.setdefault("id", new_id(now))
    institution = cells.text("institution")
    if institution is not None:
        values["institution_id"] = institutions.get(institution)
    check_fits(meter, given)
    return values


def _is_another(values: Mapping[str, Any], before: Row[Any] | None) -> bool:
    """Say whether a meter is to be another than it is; what waits to be published is published anyway."""
    return before is None or any(
        values[name] != value
        for name, value in before._mapping.items()
        if name not in ("organisation_id", "is_dirty")
    )


def _held_people(connection: Connection, ids: list[UUID]) -> dict[UUID | None, Row[Any]]:
    """Return customers by id and hold them: nobody erases one before he is written."""
    held = select(customer).where(customer.c.id.in_(ids)).order_by(customer.c.id).with_for_update()
    return {row.id: row for row in connection.execute(held)}


def _changed_people(
    people: Iterable[dict[str, Any]], known: Mapping[UUID | None, Row[Any]]
) -> list[dict[str, Any]]:
    """Return customers who are not yet what the file says, whole: its columns over those that are known."""
    whole = []
    for one in people:
        before = known.get(one["id"])
        values: dict[str, Any] = {"verification": 0, "is_erased": False}
        if before is not None:
            values = {name: value for name, value in before._mapping.items() if name != "organisation_id"}
            one = one | {"sales_point_id": before.sales_point_id or one["sales_point_id"]}
        check_fits(customer, {name: one.get(name) for name in _PERSON if name in one})
        if before is None or values | one != values:
            whole.append(values | one)
    return whole
