"""The people behind the meters: shown, corrected, erased (docs/formats.md §13)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection, select

from pos.domain.canonical import JsonObject
from pos.domain.permissions import Actor, Permission, sees_institution
from pos.errors import UserError
from pos.models.meter_store import CUSTOMER_COLUMNS, add_customers, change_row, next_keys
from pos.models.meters import customer, meter
from pos.models.queries.meters import MeterDetail, MeterRow, get_meter_detail, meters_of_customer
from pos.models.uow import Units, WriteUnit
from pos.services.approval import require
from pos.services.facts import RecordFact, privileged_act
from pos.services.proposing import Proposing
from pos.system.clock import Clock

TEXT_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True)
class CustomerDetail:
    """A customer with the meters that the person who asks may see; `phone` is E.164."""

    key: int
    id: UUID
    name: str | None
    phone: str | None
    address: str | None
    area: str | None
    is_erased: bool
    meters: tuple[MeterRow, ...]


class PapersOfMeters(Protocol):
    """What renders stored receipts anew once the person on them is erased."""

    def erase_person(self, unit: WriteUnit, meter_keys: Sequence[int]) -> None:
        """Replace name, phone and address on the papers of these meters, inside the write unit at hand."""
        ...


class Customers:
    """The register of customers."""

    def __init__(
        self,
        units: Units,
        facts: RecordFact,
        clock: Clock,
        *,
        read_phone: Callable[[str], str],
        papers: PapersOfMeters,
    ) -> None:
        self._units = units
        self._facts = facts
        self._clock = clock
        self._read_phone = read_phone
        self._papers = papers
        self._proposing = Proposing(facts, clock)

    def get(self, actor: Actor, customer_id: UUID) -> CustomerDetail:
        """Return a customer with all meters.

        Raises:
            UserError: `permission.denied`, `customer.unknown` (not there, or not for this person).
        """
        require(actor, Permission.CUSTOMER_VIEW)
        with self._units.read() as connection:
            return _seen(connection, actor, customer_id)

    def edit(self, actor: Actor, customer_id: UUID, values: Mapping[str, str]) -> CustomerDetail:
        """Correct name, phone, address or area; "" empties one. All of the customer's meters show it.

        At a till of head office it is a proposal too: `record_proposed`.

        Raises:
            UserError: `permission.denied`, `customer.unknown`, `customer.erased`, `customer.text`,
                `phone.invalid`.
        """
        require(actor, Permission.CUSTOMER_EDIT)
        checked = self._checked(values)
        with self._units.write() as unit:
            old = _seen(unit.connection, actor, customer_id)
            if old.is_erased:
                raise UserError("customer.erased", "This customer was erased; give the meter a new one.")
            changed = {column: value for column, value in checked.items() if getattr(old, column) != value}
            if changed:
                change_row(unit.connection, customer, old.key, changed)
                self._proposing.customer(unit, actor, old.key)
            return _seen(unit.connection, actor, customer_id)

    def assign(self, actor: Actor, meter_id: UUID, customer_id: UUID) -> CustomerDetail:
        """Give a meter to another customer, who may have several.

        Records `meter_changed_here` with both customers' ids.

        Raises:
            UserError: `permission.denied`, `meter.unknown`, `customer.unknown`, `customer.erased`.
        """
        require(actor, Permission.CUSTOMER_EDIT)
        with self._units.write() as unit:
            found = _seen_meter(unit.connection, actor, meter_id)
            new = _seen(unit.connection, actor, customer_id)
            if new.is_erased:
                raise UserError("customer.erased", "This customer was erased; give the meter a new one.")
            if found.customer_id != customer_id:
                self._give(unit, actor, found, new.key, customer_id)
            return _seen(unit.connection, actor, customer_id)

    def create(self, actor: Actor, meter_id: UUID, values: Mapping[str, str]) -> CustomerDetail:
        """Give a meter a customer of its own: one that had none, or whose customer was erased.

        Records `meter_changed_here` with the customers' ids. Errors as `edit`, and `meter.unknown`.
        """
        require(actor, Permission.CUSTOMER_EDIT)
        checked = self._checked(values)
        person = (checked.get("name"), checked.get("phone"), checked.get("address"), checked.get("area"))
        with self._units.write() as unit:
            connection = unit.connection
            found = _seen_meter(connection, actor, meter_id)
            key = next_keys(connection).customer
            add_customers(connection, {key: person}, self._clock.now(), import_key=None)
            new_id: UUID = connection.execute(select(customer.c.id).where(customer.c.key == key)).scalar_one()
            self._proposing.customer(unit, actor, key)
            self._give(unit, actor, found, key, new_id)
            return _seen(connection, actor, new_id)

    def erase(self, actor: Actor, customer_id: UUID, *, reason: str) -> None:
        """Replace name, phone, address and national id for good, on papers and in the notes of imports too.

        The meters, what was sold and the journal stay: they hold ids only. Records a `privileged_act`.

        Raises:
            UserError: `permission.denied`, `customer.unknown`, `customer.erased`, `customer.reason`.
        """
        require(actor, Permission.CUSTOMER_ERASE)
        if not reason.strip():
            raise UserError("customer.reason", "Say why the customer is erased.")
        with self._units.write() as unit:
            old = _seen(unit.connection, actor, customer_id)
            if old.is_erased:
                raise UserError("customer.erased", "This customer was erased before.")
            keys = [row.key for row in old.meters]
            empty = dict.fromkeys((*CUSTOMER_COLUMNS, "national_last4", "national_mac"))
            change_row(unit.connection, customer, old.key, empty | {"erased_at": self._clock.now()})
            _forget_in_imports(unit.connection, old.key, keys)
            self._papers.erase_person(unit, keys)
            body = privileged_act(
                Permission.CUSTOMER_ERASE, "customer", str(customer_id), reason=reason.strip()
            )
            self._facts.record(unit, "privileged_act", body, actor=actor.id)

    def _give(self, unit: WriteUnit, actor: Actor, found: MeterDetail, key: int, customer_id: UUID) -> None:
        change_row(unit.connection, meter, found.row.key, {"customer_key": key})
        change: JsonObject = {"field": "customer_id", "new": str(customer_id)}
        if found.customer_id is not None:
            change["old"] = str(found.customer_id)
        body: JsonObject = {"meter_id": str(found.row.id), "drn": found.row.drn, "changes": [change]}
        self._facts.record(unit, "meter_changed_here", body, actor=actor.id)
        self._proposing.change_of_meter(unit, actor, found.row.key, changed=body)

    def _checked(self, values: Mapping[str, str]) -> dict[str, str | None]:
        checked: dict[str, str | None] = {}
        for column, value in values.items():
            text = " ".join(value.split())
            if column not in CUSTOMER_COLUMNS or len(text) > TEXT_LENGTH_MAX:
                raise UserError(
                    "customer.text", f"{column} is no text of at most {TEXT_LENGTH_MAX} characters."
                )
            checked[column] = (self._read_phone(text) if column == "phone" else text) if text else None
        return checked


def _seen_meter(connection: Connection, actor: Actor, meter_id: UUID) -> MeterDetail:
    found = get_meter_detail(connection, meter_id)
    if found is None or not sees_institution(actor, found.row.institution):
        raise UserError("meter.unknown", "This meter is not in the register.")
    return found


def _seen(connection: Connection, actor: Actor, customer_id: UUID) -> CustomerDetail:
    row = connection.execute(select(customer).where(customer.c.id == customer_id)).one_or_none()
    if row is not None:
        meters = [
            one for one in meters_of_customer(connection, row.key) if sees_institution(actor, one.institution)
        ]
        if meters or sees_institution(actor, None):
            return CustomerDetail(
                row.key,
                row.id,
                row.name,
                row.phone,
                row.address,
                row.area,
                row.erased_at is not None,
                tuple(meters),
            )
    raise UserError("customer.unknown", "This customer is not in the register.")


def _forget_in_imports(connection: Connection, customer_key: int, meter_keys: Sequence[int]) -> None:
    """Take the person out of what an undo would put back, and out of proposals that are not sent yet."""
    wanted = (json.dumps(list(meter_keys)),)
    noted = connection.exec_driver_sql(
        "SELECT import_key, meter_key, changes FROM json_each(?) AS wanted "
        "JOIN import_change ON import_change.meter_key = wanted.value",
        wanted,
    ).all()
    for import_key, meter_key, changes in noted:
        body = json.loads(changes)
        if body.get("customer_key") == customer_key:
            kept = {"meter": body.get("meter", {})}
            connection.exec_driver_sql(
                "UPDATE import_change SET changes = ? WHERE import_key = ? AND meter_key = ?",
                (json.dumps(kept, ensure_ascii=False), import_key, meter_key),
            )
    connection.exec_driver_sql(
        "UPDATE proposal SET record = NULL WHERE meter_key IN (SELECT value FROM json_each(?))", wanted
    )
    connection.exec_driver_sql("UPDATE proposal SET record = NULL WHERE customer_key = ?", (customer_key,))
