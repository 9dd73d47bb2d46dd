"""Meters and customers made at a till, until head office has accepted, merged or refused them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from central.db import Database
from central.errors import FieldProblem, Problem
from central.models.journal import meter_month
from central.models.master import customer, meter, proposal, supply_group, tariff
from central.models.tills import till
from central.services.customer_merging import kept_customer
from central.services.feed import Feed
from central.services.master import Master, check_fits, pan_number
from central.services.merging import move_all
from central.services.meter_locks import hold_meters
from central.services.meter_values import METER_COLUMNS
from central.services.till_sessions import TillPrincipal
from pos.contracts.proposals import Proposal, ProposalState
from pos.domain.canonical import JsonError, parse_canonical
from pos.domain.ids import new_id
from pos.domain.meter_rows import STATUSES
from pos.errors import UserError

RECORD_BYTES_MAX = 16_384

_CHANGEABLE = frozenset(
    {
        *("tariff_code", "status", "block_reason", "customer_id"),
        *("site", "building", "department", "note", "account_number"),
    }
)
"""What a change made at a till may change here."""


class Proposals:
    """Takes proposals from tills and decisions from people."""

    def __init__(self, database: Database, feed: Feed) -> None:
        self._database = database
        self._feed = feed
        self._master = Master(feed)

    def take(self, who: TillPrincipal, new: Proposal, now: datetime) -> ProposalState:
        """Keep a proposal and return what became of it; sent again it gives the state as it is now.

        Raises:
            Problem: `proposal.record` 422, `proposal.id_conflict` 409.
        """
        record = _record_of(new)
        if _is_change(new.resource, record):
            return self._state_of_change(who, new)
        with self._database.write(lock=f"proposal:{new.proposal_id}") as connection:
            row = self._row(connection, new.proposal_id)
            if row is None:
                row = self._add(connection, who, new, record=record, now=now)
            elif row.organisation_id != who.organisation_id or row.sha256.hex() != new.record_sha256:
                raise Problem("proposal.id_conflict", "This id belongs to another proposal.", status=409)
        return ProposalState(proposal_id=row.id, state=row.state, reason=row.reason)

    def list_some(
        self, connection: Connection, organisation: UUID, *, state: str, after: UUID | None, limit: int
    ) -> list[Row[Any]]:
        """Return proposals of one state, oldest first."""
        query = select(proposal).where(proposal.c.organisation_id == organisation, proposal.c.state == state)
        if after is not None:
            query = query.where(proposal.c.id > after)
        return list(connection.execute(query.order_by(proposal.c.id).limit(limit)))

    def decide(
        self,
        connection: Connection,
        organisation: UUID,
        proposal_id: UUID,
        *,
        is_accepted: bool,
        reason: str,
        by: UUID | None,
        now: datetime,
    ) -> Row[Any]:
        """Accept or refuse a proposal that waits; `by` None: the command line.

        Raises:
            Problem: `proposal.unknown` 404, `proposal.decided` 409, `proposal.record` 422.
        """
        row = self._row(connection, proposal_id)
        if row is None or row.organisation_id != organisation:
            raise Problem("proposal.unknown", "There is no such proposal.", status=404)
        if row.state != "waiting":
            raise Problem("proposal.decided", f"This proposal is {row.state} already.", status=409)
        state = self._accept(connection, row, now) if is_accepted else self._refuse(connection, row)
        self._set(connection, proposal_id, state=state, reason=reason, decided_by=by, decided_at=now)
        decided = self._row(connection, proposal_id)
        assert decided is not None
        return decided

    def _add(
        self, connection: Connection, who: TillPrincipal, new: Proposal, *, record: Any, now: datetime
    ) -> Row[Any]:
        connection.execute(
            proposal.insert().values(
                id=new.proposal_id,
                organisation_id=who.organisation_id,
                till_id=who.till_id,
                resource=new.resource,
                sha256=bytes.fromhex(new.record_sha256),
                record=record,
                state="waiting",
                reason="",
                received_at=now,
            )
        )
        row = self._row(connection, new.proposal_id)
        assert row is not None
        if new.resource == "meter" and self._merge_known(connection, row, now):
            self._set(connection, row.id, state="merged", reason="known under another id", decided_at=now)
            row = self._row(connection, new.proposal_id)
            assert row is not None
        return row

    def _accept(self, connection: Connection, row: Row[Any], now: datetime) -> str:
        if row.resource == "customer":
            self._master.put_customers(
                connection, row.organisation_id, [self._customer_values(connection, row)]
            )
        elif row.resource == "change":
            self._change(connection, row)
        elif self._merge_known(connection, row, now):
            return "merged"
        else:
            self._add_meter(connection, row, now)
        return "accepted"

    def _refuse(self, connection: Connection, row: Row[Any]) -> str:
        """Publish what stays as it was, so that tills undo what they changed meanwhile."""
        if row.resource == "change":
            self._master.publish_meters(connection, row.organisation_id, [_meter_id(row.record)])
        elif row.resource == "customer":
            known = self._customer(connection, row)
            if known is not None:
                self._master.put_customers(connection, row.organisation_id, [known._asdict()])
        return "refused"

    def _state_of_change(self, who: TillPrincipal, new: Proposal) -> ProposalState:
        """Return what became of a change: its line `meter_changed_here` made the proposal (docs/sync.md)."""
        query = (
            select(proposal.c.state, proposal.c.reason)
            .where(
                proposal.c.organisation_id == who.organisation_id,
                proposal.c.till_id == who.till_id,
                proposal.c.resource == "change",
                proposal.c.sha256 == bytes.fromhex(new.record_sha256),
            )
            .order_by(proposal.c.id.desc())
        )
        with self._database.read() as connection:
            row = connection.execute(query.limit(1)).one_or_none()
        if row is None:
            return ProposalState(proposal_id=new.proposal_id, state="waiting")
        return ProposalState(proposal_id=new.proposal_id, state=row.state, reason=row.reason)

    def _merge_known(self, connection: Connection, row: Row[Any], now: datetime) -> bool:
        """Where the number is known under another id, let the proposed id point to it."""
        record = row.record
        meter_id, drn = _meter_id(record), _drn(record)
        hold_meters(connection, [pan_number(drn)])
        known = connection.execute(
            select(meter.c.id).where(
                meter.c.organisation_id == row.organisation_id,
                meter.c.drn == drn,
                meter.c.merged_into.is_(None),
            )
        ).scalar()
        if known is None or known == meter_id:
            return known is not None
        if connection.execute(select(meter.c.id).where(meter.c.id == meter_id)).first() is not None:
            raise _wrong("meter_id", "This id belongs to another meter.")
        values = self._meter_values(connection, row)
        # It comes in as a duplicate: with the number, pointing to the one that is kept.
        connection.execute(
            meter.insert().values(
                **values,
                organisation_id=row.organisation_id,
                pan=pan_number(drn),
                is_dirty=False,
                merged_into=known,
            )
        )
        move_all(connection, self._feed, row.organisation_id, duplicate=meter_id, kept=known, now=now)
        return True

    def _add_meter(self, connection: Connection, row: Row[Any], now: datetime) -> None:
        values = self._meter_values(connection, row)
        record = row.record
        taken_minor = connection.execute(
            select(func.coalesce(func.sum(meter_month.c.arrears_taken_minor), 0)).where(
                meter_month.c.meter_id == values["id"]
            )
        ).scalar_one()
        values["arrears_minor"] -= int(taken_minor)
        if record.get("name") or record.get("phone"):
            values["customer_id"] = self._customer_of_meter(connection, row, now)
        self._master.put_meters(connection, row.organisation_id, [values])

    def _customer_of_meter(self, connection: Connection, row: Row[Any], now: datetime) -> UUID:
        """Return the customer of a proposed meter: made with it, or come with another meter of his before."""
        record = row.record
        place = connection.execute(select(till.c.sales_point_id).where(till.c.id == row.till_id)).scalar_one()
        if "customer_id" in record:
            query = select(customer.c.id).where(
                customer.c.id == kept_customer(connection, row.organisation_id, _id(record, "customer_id")),
                customer.c.organisation_id == row.organisation_id,
                customer.c.sales_point_id == place,
                ~customer.c.is_erased,
            )
            known: UUID | None = connection.execute(query).scalar()
            if known is not None:
                return known
        customer_id = self._free_customer_id(connection, record) or new_id(now)
        person = {"id": customer_id, "sales_point_id": place, "verification": 0, "is_erased": False}
        person |= {name: record.get(name) for name in ("name", "phone", "address", "area")}
        check_fits(customer, person)
        self._master.put_customers(connection, row.organisation_id, [person])
        return customer_id

    def _free_customer_id(self, connection: Connection, record: Mapping[str, Any]) -> UUID | None:
        """Return the id the till gave the meter's customer, None where it gave none or it is taken."""
        if "customer_id" not in record:
            return None
        customer_id = _id(record, "customer_id")
        taken = connection.execute(select(customer.c.id).where(customer.c.id == customer_id)).first()
        return customer_id if taken is None else None

    def _meter_values(self, connection: Connection, row: Row[Any]) -> dict[str, Any]:
        record = row.record
        values: dict[str, Any] = {"service": 0, "status": "active", "arrears_minor": 0}
        values |= {
            column: record[cell] for cell, column in METER_COLUMNS.items() if record.get(cell) is not None
        }
        values |= {"id": _meter_id(record), "drn": _drn(record), "home_till": row.till_id}
        check_fits(meter, values)
        self._check_meter(connection, row.organisation_id, values)
        return values

    def _check_meter(self, connection: Connection, organisation: UUID, values: Mapping[str, Any]) -> None:
        groups = select(supply_group.c.sgc).where(
            supply_group.c.organisation_id == organisation, supply_group.c.sgc == values.get("sgc")
        )
        if connection.execute(groups).first() is None:
            raise _wrong("supply_group", f"There is no supply group {values.get('sgc')}.")
        tariffs = select(tariff.c.id).where(
            tariff.c.organisation_id == organisation, tariff.c.code == values.get("tariff_code")
        )
        if connection.execute(tariffs.limit(1)).first() is None:
            raise _wrong("tariff_code", f"There is no tariff {values.get('tariff_code')}.")
        if values["status"] not in STATUSES or type(values["arrears_minor"]) is not int:
            raise _wrong("status", "The status or the arrears are not right.")

    def _customer_values(self, connection: Connection, row: Row[Any]) -> dict[str, Any]:
        record = row.record
        place = connection.execute(select(till.c.sales_point_id).where(till.c.id == row.till_id)).scalar_one()
        known = self._customer(connection, row)
        if known is not None and known.is_erased:
            raise _wrong("customer_id", "This customer was erased: refuse the proposal.")
        if known is not None and known.merged_into is not None:
            raise _wrong("customer_id", "This customer was merged: refuse the proposal.")
        values: dict[str, Any] = {
            "id": _id(record, "customer_id"),
            "sales_point_id": place if known is None else known.sales_point_id,
            "verification": 0 if known is None else known.verification,
            "is_erased": False,
        }
        values |= {name: record.get(name) for name in ("name", "phone", "address", "area")}
        check_fits(customer, values)
        return values

    def _customer(self, connection: Connection, row: Row[Any]) -> Row[Any] | None:
        """Return the customer a proposal is about and hold him, if the organisation has him."""
        query = select(customer).where(
            customer.c.id == _id(row.record, "customer_id"),
            customer.c.organisation_id == row.organisation_id,
        )
        return connection.execute(query.with_for_update()).one_or_none()

    def _change(self, connection: Connection, row: Row[Any]) -> None:
        meter_id = _meter_id(row.record)
        values = {}
        for one in row.record["changes"]:
            if isinstance(one, dict) and one.get("field") in _CHANGEABLE:
                values[one["field"]] = one.get("new")
        known = connection.execute(
            select(meter.c.id).where(meter.c.id == meter_id, meter.c.organisation_id == row.organisation_id)
        ).first()
        if known is None:
            raise Problem("meter.unknown", "There is no such meter.", status=404)
        if values.get("customer_id") is not None:
            owner = kept_customer(connection, row.organisation_id, _id(values, "customer_id"))
            if owner is None:
                raise _wrong("customer_id", "Decide on the new customer first: he is not known here yet.")
            values["customer_id"] = owner
        check_fits(meter, values)
        if values.get("status", "active") not in STATUSES:
            raise _wrong("status", "There is no such status.")
        if values:
            connection.execute(update(meter).where(meter.c.id == meter_id).values(values))
            self._master.publish_meters(connection, row.organisation_id, [meter_id])

    def _row(self, connection: Connection, proposal_id: UUID) -> Row[Any] | None:
        return connection.execute(select(proposal).where(proposal.c.id == proposal_id)).one_or_none()

    def _set(self, connection: Connection, proposal_id: UUID, **values: Any) -> None:
        connection.execute(update(proposal).where(proposal.c.id == proposal_id).values(**values))


def _record_of(new: Proposal) -> Any:
    data = new.record.encode()
    if len(data) > RECORD_BYTES_MAX or hashlib.sha256(data).hexdigest() != new.record_sha256:
        raise _wrong("record", "The record is too large, or not the one whose hash was stated.")
    try:
        record = parse_canonical(data)
    except JsonError as error:
        raise _wrong("record", error.text) from error
    if not isinstance(record, dict) or "\\u0000" in new.record:
        raise _wrong("record", "The record is no object of ours.")
    if new.resource == "meter":
        _meter_id(record)
        _drn(record)
    else:
        _id(record, "customer_id")
    return record


def _is_change(resource: str, record: Mapping[str, Any]) -> bool:
    """Whether it asks to change a meter that head office has, rather than bringing one."""
    return resource == "meter" and isinstance(record.get("changes"), list)


def _id(record: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(str(record[name]))
    except (KeyError, ValueError) as error:
        raise _wrong(name, "This is no id.") from error


def _meter_id(record: Mapping[str, Any]) -> UUID:
    return _id(record, "meter_id")


def _drn(record: Mapping[str, Any]) -> str:
    drn = str(record.get("meter_number", record.get("drn", "")))
    try:
        pan_number(drn)
    except UserError as error:
        raise _wrong("meter_number", error.text) from error
    return drn


def _wrong(field: str, text: str) -> Problem:
    return Problem(
        "proposal.record", text, status=422, errors=[FieldProblem(f"record.{field}", "proposal.record", text)]
    )
