"""What a projection looks up: keys behind ids, and the few things that earlier lines decide."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.ledger import LedgerFacts
from pos.models.stored import bytes_of, milliseconds_of

Body = Mapping[str, Any]


class BookFacts(LedgerFacts, Protocol):
    """Look-ups of the projector; the `…_begun` and `…_taken` calls tell what the line itself just decided."""

    def at(self, instant: datetime) -> BookFacts:
        """Return the same facts, with versioned rules as they stood at `instant`."""
        ...

    def operator_key(self, operator: UUID) -> int:
        """Return the key of an operator."""
        ...

    def meter_key(self, meter_id: str) -> int:
        """Return the key of a meter."""
        ...

    def tariff_key(self, tariff_id: str) -> int:
        """Return the key of a tariff version."""
        ...

    def shift_place(self, shift: UUID) -> int:
        """Return where a shift was opened."""
        ...

    def sale_place(self, sale_id: str) -> int | None:
        """Return where a sale began, None if no line speaks of it yet."""
        ...

    def own_charges(self, meter_key: int, month: str) -> set[str]:
        """Return the charge codes this till took from a meter in a month so far."""
        ...

    def monthly_charges(self, item: Body) -> set[str]:
        """Return the codes of an item's charge lines that its tariff takes once a month."""
        ...

    def next_case_number(self) -> int:
        """Return the number of the case that the line opens."""
        ...

    def envelope_sequence(self) -> int | None:
        """Return the sequence of the envelope in force, None before the first."""
        ...

    def envelope_begun(self, sequence: int) -> None:
        """Take note that an envelope came into force."""
        ...

    def sale_begun(self, sale_id: str, place: int, state: str) -> None:
        """Take note of a sale's place and state."""
        ...

    def shift_begun(self, shift: UUID, place: int) -> None:
        """Take note of a shift's place."""
        ...

    def charges_taken(self, meter_key: int, month: str, charges: set[str]) -> None:
        """Take note of the charge codes taken in a month."""
        ...

    def payment_n(self, sale_place: int, payment_id: str) -> int:
        """Return the number of a payment among those of its sale: its own, or the next for a new one."""
        ...

    def payment_noted(self, sale_place: int, payment_id: str, state: str) -> None:
        """Take note of a payment's state."""
        ...

    def is_more_due(self, sale_place: int, payment_id: str) -> bool:
        """Return whether another payment of the sale than this one was paid and is not given back yet."""
        ...


METER_KEY = "SELECT key FROM meter WHERE id = ?1 UNION ALL SELECT meter_key FROM meter_alias WHERE id = ?1"
"""A meter made here has another id once head office knew it under its own; lines keep the old one."""


class MissingFactError(LookupError):
    """A line speaks of something this database does not hold."""


class LiveFacts:
    """Look-ups in the database of the write unit at hand."""

    def __init__(self, connection: Connection, instant: datetime | None = None) -> None:
        self._connection = connection
        self._instant = instant
        # Keys behind ids never change; one line asks for the same few several times.
        self._keys: dict[tuple[str, bytes], int] = {}

    def at(self, instant: datetime) -> LiveFacts:
        """Return the same facts, with versioned rules as they stood at `instant`."""
        return LiveFacts(self._connection, instant)

    def operator_key(self, operator: UUID) -> int:
        """Return the key of an operator."""
        return self._key("SELECT key FROM operator WHERE id = ?", operator.bytes)

    def meter_key(self, meter_id: str) -> int:
        """Return the key of a meter."""
        return self._key(METER_KEY, bytes_of(meter_id))

    def tariff_key(self, tariff_id: str) -> int:
        """Return the key of a tariff version."""
        return self._key("SELECT key FROM tariff WHERE id = ?", bytes_of(tariff_id))

    def shift_place(self, shift: UUID) -> int:
        """Return where a shift was opened."""
        return self._key("SELECT place FROM shift WHERE id = ?", shift.bytes)

    def sale_place(self, sale_id: str) -> int | None:
        """Return where a sale began, None if no line speaks of it yet."""
        return self._one("SELECT place FROM sale WHERE id = ?", bytes_of(sale_id))

    def is_paid(self, sale_id: str) -> bool:
        """Return whether earlier lines took the sale's money."""
        query = "SELECT 1 FROM sale WHERE id = ? AND state IN ('paid', 'awaiting_payment')"
        return self._one(query, bytes_of(sale_id)) is not None

    def own_charges(self, meter_key: int, month: str) -> set[str]:
        """Return the charge codes this till took from a meter in a month so far."""
        found = self._one(
            "SELECT charges FROM meter_month WHERE meter_key = ? AND month = ? AND till = ''",
            meter_key,
            month,
        )
        return set(str(found).split("\n")) if found else set()

    def monthly_charges(self, item: Body) -> set[str]:
        """Return the codes of an item's charge lines that its tariff takes once a month."""
        if not any(line["kind"] == "charge" for line in item["lines"]):
            return set()
        return monthly_charges(item, self._tariff(item))

    def next_case_number(self) -> int:
        """Return the number of the case that a line opens: whoever opens one takes its number first."""
        return self._needed("SELECT case_last FROM book")

    def envelope_sequence(self) -> int | None:
        """Return the sequence of the envelope in force, None before the first."""
        return self._one("SELECT max(sequence) FROM envelope WHERE taken_place IS NOT NULL")

    def envelope_begun(self, sequence: int) -> None:
        """Nothing to note: the row itself is found next time."""

    def sale_begun(self, sale_id: str, place: int, state: str) -> None:
        """Nothing to note: the row itself is found next time."""

    def shift_begun(self, shift: UUID, place: int) -> None:
        """Nothing to note: the row itself is found next time."""

    def charges_taken(self, meter_key: int, month: str, charges: set[str]) -> None:
        """Nothing to note: the row itself is found next time."""

    def supplier_of(self, item: Body) -> str:
        """Return the code of the supplier whose product an item sells."""
        found = self._one("SELECT supplier FROM supply_group WHERE sgc = ?", item["meter"]["sgc"])
        if found is None:
            raise MissingFactError(f"supply group {item['meter']['sgc']}")
        return str(found)

    def commission_ppm(self, supplier: str) -> int:
        """Return the commission share in force at the line's instant."""
        assert self._instant is not None
        found = self._one(
            "SELECT ppm FROM commission_rule WHERE supplier = ? AND valid_from <= ? "
            "ORDER BY valid_from DESC, version DESC LIMIT 1",
            supplier,
            milliseconds_of(self._instant),
        )
        return found or 0

    def tax_ppm(self, item: Body, tax_code: str) -> int:
        """Return the rate of a tax code in the item's tariff."""
        return tax_ppm(self._tariff(item), tax_code)

    def balance_minor(self, account: str) -> int:
        """Return an account's balance before the line."""
        return self._one("SELECT balance_minor FROM account WHERE name = ?", account) or 0

    def tender_of(self, payment_id: str) -> str:
        """Return the tender of an earlier payment; only those that are not cash have an index."""
        found = self._connection.exec_driver_sql(
            "SELECT tender FROM payment WHERE id = ? AND tender <> 'cash'", (bytes_of(payment_id),)
        ).scalar()
        return "cash" if found is None else str(found)

    def payment_n(self, sale_place: int, payment_id: str) -> int:
        """Return the number of a payment among those of its sale: its own, or the next for a new one."""
        query = "SELECT n FROM payment WHERE sale_place = ? AND id = ?"
        found = self._one(query, sale_place, bytes_of(payment_id))
        return found or 1 + self._needed("SELECT count(*) FROM payment WHERE sale_place = ?", sale_place)

    def payment_noted(self, sale_place: int, payment_id: str, state: str) -> None:
        """Nothing to note: the row itself is found next time."""

    def is_more_due(self, sale_place: int, payment_id: str) -> bool:
        """Return whether another payment of the sale than this one was paid and is not given back yet."""
        query = (
            "SELECT 1 FROM payment WHERE sale_place = ? AND id <> ? "
            "AND state IN ('succeeded', 'refund_pending') LIMIT 1"
        )
        return self._one(query, sale_place, bytes_of(payment_id)) is not None

    def _tariff(self, item: Body) -> dict[str, Any]:
        key = bytes_of(item["basis"]["tariff_id"])
        found = self._connection.exec_driver_sql("SELECT body FROM tariff WHERE id = ?", (key,)).scalar()
        tariff: dict[str, Any] = json.loads(str(found))
        return tariff

    def _key(self, query: str, key: bytes) -> int:
        found = self._keys.get((query, key))
        if found is None:
            found = self._keys[query, key] = self._needed(query, key)
        return found

    def _one(self, query: str, *values: object) -> int | None:
        return self._connection.exec_driver_sql(query, values).scalar()

    def _needed(self, query: str, *values: object) -> int:
        found = self._one(query, *values)
        if found is None:
            raise MissingFactError(query)
        return found


def monthly_charges(item: Body, tariff: Body) -> set[str]:
    """Return the codes of an item's charge lines that `tariff` (its JSON form) takes once a month."""
    taken = {line["code"] for line in item["lines"] if line["kind"] == "charge"}
    return {charge["code"] for charge in tariff["charges"] if charge["period"] == "month"} & taken


def tax_ppm(tariff: Body, tax_code: str) -> int:
    """Return the rate of a tax code in a tariff's JSON form."""
    ppm: int = next(tax["ppm"] for tax in tariff["taxes"] if tax["code"] == tax_code)
    return ppm
