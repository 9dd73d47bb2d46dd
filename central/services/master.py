"""Master data: kept in the server's tables, and published for tills in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import BigInteger, Connection, Integer, Row, String, Table, select

from central.errors import FieldProblem, Problem
from central.models.master import (
    commission_rule,
    customer,
    meter,
    record,
    sales_point,
    supplier,
    supply_group,
    tariff,
)
from central.models.tills import till
from central.services.bulk import rows_where, upsert_rows
from central.services.feed import EVERYBODY, Change, Feed
from central.services.key_changes import publish_group
from central.services.lanes import give_lanes
from central.services.master_rows import (
    customer_body,
    filled,
    meter_body,
    sales_point_body,
    tariff_body,
)
from pos.contracts.resources import ROW_MODELS
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.tariff import Tariff, tariff_sha256
from pos.tokens.numbers import pan_of, parse_drn

Values = Mapping[str, Any]

RECORDS = frozenset(
    {"settings", "users", "fee_rules", "institutions", "fraud_rules", "voucher_batches", "catalogue"}
)
"""Resources that are kept as they are pulled."""

_PIN_HASH = "pin_hash"

SCOPED = frozenset({"settings"})
"""Resources whose rows may be for one sales point or one till."""


class Master:
    """Writes master data. Every method runs in the caller's writing transaction."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    def put_sales_point(self, connection: Connection, organisation: UUID, values: Values) -> UUID:
        """Make or change a sales point (`id` given: change) and return its id.

        Raises:
            Problem: `sales_point.name_taken` 409, `sales_point.currency` 409: tills count in it already.
        """
        place_id: UUID = values["id"]
        known = _own(connection, sales_point, organisation, place_id)
        same = select(sales_point.c.id).where(
            sales_point.c.organisation_id == organisation, sales_point.c.name == values["name"]
        )
        if connection.execute(same.where(sales_point.c.id != place_id)).first() is not None:
            raise Problem("sales_point.name_taken", "There is a sales point of this name.", status=409)
        tills = select(till.c.id).where(till.c.sales_point_id == place_id)
        if known is not None and known.currency != values["currency"] and connection.execute(tills).first():
            raise Problem("sales_point.currency", "Tills here count in its currency already.", status=409)
        _put(connection, sales_point, {"organisation_id": organisation, **values}, key=("id",))
        row = connection.execute(select(sales_point).where(sales_point.c.id == place_id)).one()
        change = Change(str(place_id), sales_point_body(row))
        self._feed.publish(connection, organisation, "sales_points", changes=[change])
        return place_id

    def put_supplier(self, connection: Connection, organisation: UUID, values: Values) -> None:
        """Make or change a supplier, and tell the tills its name with its groups."""
        _put(
            connection,
            supplier,
            {"organisation_id": organisation, **values},
            key=("organisation_id", "code"),
        )
        self._publish_groups(connection, organisation, values["code"])

    def _publish_groups(self, connection: Connection, organisation: UUID, code: str) -> None:
        """Give the groups of a supplier new numbers: what hangs on it is read anew."""
        groups = select(supply_group.c.sgc).where(
            supply_group.c.organisation_id == organisation, supply_group.c.supplier == code
        )
        for sgc in list(connection.execute(groups).scalars()):
            publish_group(self._feed, connection, organisation, sgc)

    def put_commission(
        self, connection: Connection, organisation: UUID, code: str, *, valid_from: datetime, ppm: int
    ) -> None:
        """Set the commission share of a supplier from an instant on."""
        _put(
            connection,
            commission_rule,
            {"organisation_id": organisation, "supplier": code, "valid_from": valid_from, "ppm": ppm},
            key=("organisation_id", "supplier", "valid_from"),
        )
        self._publish_groups(connection, organisation, code)

    def put_group(self, connection: Connection, organisation: UUID, values: Values, *, now: datetime) -> None:
        """Make or change a supply group; live tills get a lane in a new one.

        Raises:
            Problem: `supply_group.lanes` 409: lanes stay for the life of a group;
                `supply_group.key` 409: the key of a group changes only by a key change.
        """
        # Held: a key change that ends at this moment must not be written over.
        known = connection.execute(
            select(supply_group)
            .where(supply_group.c.organisation_id == organisation, supply_group.c.sgc == values["sgc"])
            .with_for_update()
        ).one_or_none()
        if known is not None:
            _check_group(known, values)
        _put(
            connection,
            supply_group,
            {"organisation_id": organisation, **values},
            key=("organisation_id", "sgc"),
        )
        live = select(till.c.id).where(till.c.organisation_id == organisation, till.c.state == "enrolled")
        for till_id in list(connection.execute(live.order_by(till.c.code)).scalars()):
            give_lanes(connection, organisation, till_id, now=now)
        publish_group(self._feed, connection, organisation, values["sgc"])

    def add_tariff(
        self, connection: Connection, organisation: UUID, new: Tariff, *, name: str | None, now: datetime
    ) -> UUID:
        """Add one version of a tariff; the same once more changes nothing.

        Raises:
            Problem: `tariff.version_exists` 409: this version is another one.
        """
        sha256 = bytes.fromhex(tariff_sha256(new))
        known = connection.execute(
            select(tariff.c.id, tariff.c.sha256).where(
                tariff.c.organisation_id == organisation,
                tariff.c.code == new.code,
                tariff.c.version == new.version,
            )
        ).one_or_none()
        if known is not None:
            if known.sha256 != sha256:
                raise Problem(
                    "tariff.version_exists",
                    f"Version {new.version} of {new.code} is another tariff: give the new one a new version.",
                    status=409,
                )
            return UUID(str(known.id))
        tariff_id = new_id(now)
        connection.execute(
            tariff.insert().values(
                id=tariff_id,
                organisation_id=organisation,
                code=new.code,
                version=new.version,
                valid_from=new.valid_from,
                name=name,
                body=canonical_bytes(new.to_json()).decode(),
                sha256=sha256,
            )
        )
        row = connection.execute(select(tariff).where(tariff.c.id == tariff_id)).one()
        self._feed.publish(
            connection, organisation, "tariffs", changes=[Change(str(tariff_id), tariff_body(row))]
        )
        return tariff_id

    def put_meters(self, connection: Connection, organisation: UUID, meters: Iterable[Values]) -> None:
        """Make or change meters, all columns given but `pan`; many at once.

        Raises:
            NumberError: a number that is none. IntegrityError: a number that another meter has.
            Problem: `record.unknown` 404: an id of another organisation.
        """
        rows = [
            {"organisation_id": organisation, "is_dirty": False, "pan": pan_number(one["drn"]), **one}
            for one in meters
        ]
        if not rows:
            return
        foreign = (meter.c.organisation_id != organisation,)
        if rows_where(connection, [meter.c.id], meter.c.id, [row["id"] for row in rows], more=foreign):
            raise Problem("record.unknown", "There is no such meter.", status=404)
        columns = [column.name for column in meter.c]
        keep = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in ("id", "pan"))
        upsert_rows(
            connection,
            meter,
            columns,
            [[row.get(name) for name in columns] for row in rows],
            key=("id",),
            on_conflict=f"DO UPDATE SET {keep}, pan = excluded.pan "
            "WHERE meter.organisation_id = excluded.organisation_id",
        )
        self.publish_meters(connection, organisation, [row["id"] for row in rows])

    def publish_meters(self, connection: Connection, organisation: UUID, ids: list[UUID]) -> int:
        """Publish meters as they are now; return the last change number."""
        own = (meter.c.organisation_id == organisation,)
        rows = rows_where(connection, list(meter.c), meter.c.id, ids, more=own)
        changes = [Change(str(row.id), meter_body(row)) for row in rows]
        return self._feed.publish(connection, organisation, "meters", changes=changes)

    def put_customers(self, connection: Connection, organisation: UUID, customers: Iterable[Values]) -> None:
        """Make or change customers, all columns given; many at once.

        One that moves to another sales point leaves the tills of the first; one that was merged leaves all.

        Raises:
            Problem: `record.unknown` 404: an id of another organisation.
        """
        rows = [{"organisation_id": organisation, **one} for one in customers]
        ids = [row["id"] for row in rows]
        known = {row.id: row for row in rows_where(connection, list(customer.c), customer.c.id, ids)}
        if any(row.organisation_id != organisation for row in known.values()):
            raise Problem("record.unknown", "There is no such customer.", status=404)
        columns = [column.name for column in customer.c]
        upsert_rows(
            connection,
            customer,
            columns,
            [[row.get(name) for name in columns] for row in rows],
            key=("id",),
            on_conflict="DO UPDATE SET "
            + ", ".join(f"{name} = excluded.{name}" for name in columns if name not in ("id", "merged_into")),
        )
        changes: list[Change] = []
        for row in rows_where(connection, list(customer.c), customer.c.id, ids):
            before = known.get(row.id)
            if before is not None and before.sales_point_id not in (None, row.sales_point_id):
                changes.append(Change(str(row.id), None, before.sales_point_id))
            if row.sales_point_id is not None:
                body = customer_body(row) if row.merged_into is None else None
                changes.append(Change(str(row.id), body, row.sales_point_id))
        self._feed.publish(connection, organisation, "customers", changes=changes)

    def put_record(
        self,
        connection: Connection,
        organisation: UUID,
        resource: str,
        *,
        body: Values,
        by: UUID | None,
        now: datetime,
        scope: UUID = EVERYBODY,
    ) -> None:
        """Make or change a row that is kept as it is pulled.

        The hash of a person's PIN is shown to nobody, so one that is not given stays.

        Raises:
            Problem: `record.invalid` 422 with the fields that are wrong.
        """
        row = checked_record(resource, body)
        self._feed.lock(connection, organisation, resource)
        key = {"organisation_id": organisation, "resource": resource, "id": str(row["id"]), "scope": scope}
        known = connection.execute(_record(key)).one_or_none()
        if known is not None and _PIN_HASH in known.body:
            row = {_PIN_HASH: known.body[_PIN_HASH], **row}
        version = 0 if known is None else known.version
        values = {"body": row, "version": version + 1, "changed_by": by, "changed_at": now}
        _put(connection, record, key | values, key=tuple(key))
        self._feed.publish(connection, organisation, resource, changes=[Change(str(row["id"]), row, scope)])

    def drop_record(
        self, connection: Connection, organisation: UUID, resource: str, *, id_: str, scope: UUID
    ) -> None:
        """Take a row away. Raises Problem `record.unknown` 404."""
        key = {"organisation_id": organisation, "resource": resource, "id": id_, "scope": scope}
        gone = connection.execute(
            record.delete().where(*(record.c[name] == value for name, value in key.items()))
        )
        if gone.rowcount == 0:
            raise Problem("record.unknown", "There is no such row.", status=404)
        self._feed.publish(connection, organisation, resource, changes=[Change(id_, None, scope)])


def checked_record(resource: str, body: Values) -> dict[str, Any]:
    """Return a body as tills pull it. Raises Problem `record.invalid` 422."""
    try:
        row = ROW_MODELS[resource].model_validate(body)
    except ValidationError as error:
        raise Problem(
            "record.invalid",
            f"This is no row of {resource}.",
            status=422,
            errors=[
                FieldProblem(".".join(map(str, one["loc"])) or "body", one["type"], one["msg"])
                for one in error.errors(include_url=False, include_context=False, include_input=False)
            ],
        ) from error
    return filled(row.model_dump(mode="json", by_alias=True))


def check_fits(table: Table, values: Values) -> None:
    """Refuse values that the columns of a table would not take. Raises Problem `record.invalid` 422."""
    errors = []
    for name, value in values.items():
        kind = table.c[name].type
        if value is None:
            is_good = bool(table.c[name].nullable)
        elif isinstance(kind, String):
            is_good = isinstance(value, str) and value.isprintable() and len(value) <= (kind.length or 10_000)
        elif isinstance(kind, BigInteger):
            is_good = type(value) is int and abs(value) <= 10**15
        elif isinstance(kind, Integer):
            is_good = type(value) is int and abs(value) <= 10**9
        else:
            is_good = True
        if not is_good:
            errors.append(FieldProblem(name, "record.invalid", "This value does not fit."))
    if errors:
        raise Problem("record.invalid", "A value does not fit.", status=422, errors=errors)


def pan_number(drn: str) -> int:
    """Return the PAN of a meter number. Raises NumberError."""
    return int(pan_of(parse_drn(drn)).digits)


def _own(connection: Connection, table: Table, organisation: UUID, id_: UUID) -> Row[Any] | None:
    """Return a row by id. Raises Problem `record.unknown` 404 where it is another organisation's."""
    row = connection.execute(select(table).where(table.c.id == id_)).one_or_none()
    if row is not None and row.organisation_id != organisation:
        raise Problem("record.unknown", "There is no such row.", status=404)
    return row


def _check_group(known: Row[Any], values: Values) -> None:
    if values["lanes"] != known.lanes and (known.lanes != 1 or values["lanes"] != 1):
        raise Problem("supply_group.lanes", "The lanes of a group stay for its life.", status=409)
    key = ("key_method", "algorithm", "base_date", "ti", "krn", "kt", "ken")
    if any(values[name] != known._mapping[name] for name in key):
        raise Problem(
            "supply_group.key", "The key of a group changes only by an announced key change.", status=409
        )


def _record(key: Values) -> Any:
    return select(record).where(*(record.c[name] == value for name, value in key.items()))


def _put(connection: Connection, table: Table, values: Values, *, key: tuple[str, ...]) -> None:
    """Insert a row or change the one that is there."""
    names = list(values)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in key)
    upsert_rows(
        connection,
        table,
        names,
        [[values[name] for name in names]],
        key=key,
        on_conflict=f"DO UPDATE SET {changes}",
    )
