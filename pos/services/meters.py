"""What people do with meters: find, add, correct, block, adjust arrears (docs/formats.md §12, §13)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.csv_table import RowError
from pos.domain.meter_rows import (
    COLUMNS,
    REQUIRED,
    SERVICES,
    STATUSES,
    Cell,
    MeterCells,
    MeterReader,
)
from pos.domain.money import format_major
from pos.domain.permissions import Actor, Permission, holds, sees_institution
from pos.errors import MachineFault, UserError
from pos.models.meter_store import (
    METER_COLUMNS,
    add_customers,
    add_meters,
    change_row,
    next_keys,
    person_of,
)
from pos.models.meters import meter
from pos.models.queries.meters import (
    MeterDetail,
    MeterRow,
    find_meters,
    get_meter,
    get_meter_detail,
    list_meters,
    own_values,
    pages_of_cells,
)
from pos.models.uow import Units, WriteUnit
from pos.services.approval import Approval, require, require_any
from pos.services.facts import RecordFact, privileged_act
from pos.services.meter_shop import MeterChecks, scope_of
from pos.services.proposing import About, Proposing
from pos.system.clock import Clock

EDITABLE = tuple(
    column
    for column in METER_COLUMNS
    if column not in ("status", "arrears")  # their own acts, with reasons
)


class MeterCellsError(UserError):
    """A meter with wrong cells; code and text are those of the first, `errors` names each column."""

    def __init__(self, code: str, text: str, errors: tuple[RowError, ...]) -> None:
        super().__init__(code, text)
        self.errors = errors


class Meters:
    """The register of meters. Facts go into the journal through `facts`."""

    def __init__(
        self, units: Units, facts: RecordFact, clock: Clock, checks: MeterChecks, *, currency: str
    ) -> None:
        self._units = units
        self._facts = facts
        self._clock = clock
        self._checks = checks
        self._proposing = Proposing(facts, clock)
        self._currency = currency

    def find(self, actor: Actor, text: str) -> list[MeterRow]:
        """Find at most 50 meters by number, phone or name, as `find_meters`.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            return find_meters(connection, text, institution=scope_of(actor))

    def list_page(
        self, actor: Actor, *, institution: str | None = None, before_key: int | None = None
    ) -> list[MeterRow]:
        """List meters newest first, 200 a page: of one institution, or all that the person may see.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.METER_VIEW)
        scope = scope_of(actor)
        if scope is not None and institution not in (None, scope):
            return []
        with self._units.read() as connection:
            narrowed = institution if scope is None else scope
            return list_meters(connection, institution=narrowed, before_key=before_key)

    def get(self, actor: Actor, meter_id: UUID) -> MeterDetail:
        """Return all of a meter.

        Raises:
            UserError: `permission.denied`, `meter.unknown` (not there, or not for this person).
        """
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            return _seen(connection, actor, meter_id)

    def get_by_number(self, actor: Actor, drn: str) -> MeterDetail:
        """Return all of the meter with this number (11 or 13 digits); errors as `get`."""
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            row = get_meter(connection, drn)
            if row is None:
                raise UserError("meter.unknown", "This meter is not in the register.")
            return _seen(connection, actor, row.id)

    def cells(self, actor: Actor, meter_id: UUID) -> dict[str, str]:
        """Return a meter's cells as a file has them, its own only; errors as `get`."""
        require(actor, Permission.METER_VIEW)
        with self._units.read() as connection:
            return self._cells_of(connection, _seen(connection, actor, meter_id).row.key)

    def add(self, actor: Actor, cells: Mapping[str, str], *, approval: Approval | None = None) -> MeterDetail:
        """Add a meter by hand; `cells` are texts by column of docs/formats.md §12.

        Who may not edit meters needs `sale.unknown_meter`, approved for the meter's number: that is how an
        unknown meter is sold to. Either way it is a proposal to head office (`record_proposed`).

        Raises:
            UserError: `permission.denied`, `approval.*`, `meter.exists`, and as `MeterReader.read`.
            ApprovalNeeded: `permission.approval_needed`.
        """
        with self._units.write() as unit:
            connection = unit.connection
            checked = self._checked(connection, actor, cells)
            if get_meter(connection, checked.drn) is not None:
                raise UserError("meter.exists", f"Meter {checked.drn} is in the register already.")
            approved_by = self._require_adding(actor, approval, checked.drn)
            key = next_keys(connection).meter
            add_meters(
                connection,
                [(key, checked, self._add_person(unit, checked))],
                self._clock.now(),
                import_key=None,
            )
            self._propose(unit, actor, key, checked, approved_by=approved_by)
            return _by_key(connection, key)

    def edit(self, actor: Actor, meter_id: UUID, cells: Mapping[str, str]) -> MeterDetail:
        """Correct a meter; `cells` are the new texts of columns among `EDITABLE`, "" empties one.

        Records `meter_changed_here` if anything changed.

        Raises:
            UserError: `permission.denied`, `meter.unknown`, `meter.not_editable`, and as `MeterReader.read`.
        """
        require(actor, Permission.METER_EDIT)
        for column in cells:
            if column not in EDITABLE:
                raise UserError("meter.not_editable", f"{column} is not changed this way.")
        with self._units.write() as unit:
            old = _seen(unit.connection, actor, meter_id)
            now = self._cells_of(unit.connection, old.row.key)
            checked = self._checked(unit.connection, actor, {**now, **cells})
            values = {METER_COLUMNS[column]: checked[column] for column in cells}
            if "service" in values:
                values["service"] = values["service"] or 0
            self._change(unit, actor, old, values)
            return _by_key(unit.connection, old.row.key)

    def set_status(
        self, actor: Actor, meter_id: UUID, status: str, *, reason: str | None = None
    ) -> MeterDetail:
        """Set a meter's status: active, inactive, suspended, or blocked, which needs a reason.

        Blocking and letting a blocked one go is `meter.block`, the rest `meter.edit`.

        Raises:
            UserError: `permission.denied`, `meter.unknown`, `meter.status`, `meter.block_reason`.
        """
        if status not in STATUSES:
            raise UserError("meter.status", f"A meter's status is one of {', '.join(STATUSES)}.")
        require_any(actor, Permission.METER_BLOCK, Permission.METER_EDIT)
        reason = (reason or "").strip() or None
        if status == "blocked" and reason is None:
            raise UserError("meter.block_reason", "Say why the meter is blocked.")
        with self._units.write() as unit:
            old = _seen(unit.connection, actor, meter_id)
            is_block = "blocked" in (status, old.row.status)
            require(actor, Permission.METER_BLOCK if is_block else Permission.METER_EDIT)
            values = {"status": status, "block_reason": reason if status == "blocked" else None}
            self._change(unit, actor, old, values)
            return _by_key(unit.connection, old.row.key)

    def adjust_arrears(
        self,
        actor: Actor,
        meter_id: UUID,
        *,
        change_minor: int,
        reason: str,
        approval: Approval | None = None,
    ) -> MeterDetail:
        """Add to a meter's arrears, or take off with a negative `change_minor`; records `arrears_changed`.

        Raises:
            UserError: `permission.denied`, `approval.*`, `meter.unknown`, `arrears.reason`,
                `arrears.below_zero`.
            ApprovalNeeded: `permission.approval_needed`.
        """
        if not reason.strip():
            raise UserError("arrears.reason", "Say why the arrears change.")
        with self._units.write() as unit:
            old = _seen(unit.connection, actor, meter_id)
            after = old.row.arrears_minor + change_minor
            if after < 0:
                due = format_major(old.row.arrears_minor, self._currency)
                raise UserError("arrears.below_zero", f"Only {due} is due: no more can be taken off.")
            approved_by = require(actor, Permission.ARREARS_ADJUST, approval=approval, subject=old.row.drn)
            change_row(unit.connection, meter, old.row.key, {"arrears_minor": after})
            body: JsonObject = {
                "meter_id": str(meter_id),
                "drn": old.row.drn,
                "amount_minor": change_minor,
                "reason": reason.strip(),
            }
            self._facts.record(unit, "arrears_changed", body, actor=actor.id, approved_by=approved_by)
            return _by_key(unit.connection, old.row.key)

    def export(self, actor: Actor, path: Path) -> int:
        """Write all meters with their customers as CSV, in the form an import takes; returns how many.

        Personal data leaves the till: it is recorded (`privileged_act` customer.export).

        Raises:
            UserError: `permission.denied`.
            MachineFault: `disk.*`.
        """
        require(actor, Permission.CUSTOMER_EXPORT)
        try:
            with path.open("w", encoding="utf-8", newline="") as file, self._units.read() as connection:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(COLUMNS)
                count = 0
                for page in pages_of_cells(connection):
                    writer.writerows(self._texts(row).values() for row in page)
                    count += len(page)
        except OSError as error:
            raise MachineFault("disk.write", f"The file {path.name} cannot be written.") from error
        body = privileged_act(
            Permission.CUSTOMER_EXPORT, "file", path.name, reason="meters", after={"rows": count}
        )
        with self._units.write() as unit:
            self._facts.record(unit, "privileged_act", body, actor=actor.id)
        return count

    def _checked(self, connection: Connection, actor: Actor, cells: Mapping[str, str]) -> MeterCells:
        names = tuple(column for column in COLUMNS if column in cells or column in REQUIRED)
        reader = MeterReader(names, self._checks.shop(connection, actor))
        checked = reader.read(1, [cells.get(column, "") for column in names])
        if isinstance(checked, MeterCells):
            return checked
        raise MeterCellsError(*_first(checked), checked)

    def _require_adding(self, actor: Actor, approval: Approval | None, drn: str) -> UUID | None:
        if holds(actor.role, Permission.METER_EDIT):
            return None
        return require(actor, Permission.SALE_UNKNOWN_METER, approval=approval, subject=drn)

    def _add_person(self, unit: WriteUnit, cells: MeterCells) -> int | None:
        person = person_of(cells)
        if not any(person):
            return None
        key = next_keys(unit.connection).customer
        add_customers(unit.connection, {key: person}, self._clock.now(), import_key=None)
        return key

    def _propose(
        self, unit: WriteUnit, actor: Actor, key: int, cells: MeterCells, *, approved_by: UUID | None
    ) -> None:
        """Keep the record as it will be sent, and state its hash."""
        made = _by_key(unit.connection, key)
        given: JsonObject = {column: value for column, value in cells.values.items() if value is not None}
        record = given | {"meter_number": cells.drn, "meter_id": str(made.row.id)}
        if made.customer_id is not None:
            # Head office makes its customer under this id, so that one person is not two here.
            record["customer_id"] = str(made.customer_id)
        about = About(meter_key=key)
        self._proposing.keep(unit, actor, about, record=record, approved_by=approved_by)

    def _change(self, unit: WriteUnit, actor: Actor, old: MeterDetail, values: Mapping[str, Any]) -> None:
        before = own_values(unit.connection, old.row.key, tuple(values))
        changed = {column: value for column, value in values.items() if before[column] != value}
        if not changed:
            return
        change_row(unit.connection, meter, old.row.key, changed)
        body: JsonObject = {
            "meter_id": str(old.row.id),
            "drn": old.row.drn,
            "changes": [
                {"field": column}
                | ({} if before[column] is None else {"old": before[column]})
                | ({} if value is None else {"new": value})
                for column, value in changed.items()
            ],
        }
        self._facts.record(unit, "meter_changed_here", body, actor=actor.id)
        # The register is head office's: what is right here is asked for there (docs/sync.md).
        self._proposing.change_of_meter(unit, actor, old.row.key, changed=body)

    def _cells_of(self, connection: Connection, key: int) -> dict[str, str]:
        page = next(iter(pages_of_cells(connection, after_key=key - 1, limit=1)))
        return self._texts(page[0])

    def _texts(self, row: Mapping[str, Cell]) -> dict[str, str]:
        """Give a meter's cells as a file has them."""
        texts = {column: "" if row[column] is None else str(row[column]) for column in COLUMNS}
        texts["service"] = SERVICES[int(texts["service"])]
        arrears_minor = int(texts["arrears"])
        texts["arrears"] = format_major(arrears_minor, self._currency) if arrears_minor else ""
        return texts


def _first(errors: tuple[RowError, ...]) -> tuple[str, str]:
    return errors[0].error_code, errors[0].error_text


def _seen(connection: Connection, actor: Actor, meter_id: UUID) -> MeterDetail:
    found = get_meter_detail(connection, meter_id)
    if found is None or not sees_institution(actor, found.row.institution):
        raise UserError("meter.unknown", "This meter is not in the register.")
    return found


def _by_key(connection: Connection, key: int) -> MeterDetail:
    meter_id = connection.exec_driver_sql("SELECT id FROM meter WHERE key = ?", (key,)).scalar_one()
    found = get_meter_detail(connection, UUID(bytes=meter_id))
    assert found is not None
    return found


__all__ = ["EDITABLE", "MeterCellsError", "MeterDetail", "MeterRow", "Meters"]
