"""The rows that some lines give, gathered while they are booked and written table by table at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, update

from central.models.journal import (
    account_balance,
    book_day,
    case,
    customer_credit,
    line_flag,
    meter_month,
    payment,
    posting,
    sale_item,
    sale_line,
    shift,
    token,
    voucher_use,
)
from central.models.master import meter, proposal, reading
from central.models.tills import envelope_grant, till
from central.models.transactions import transactions
from central.services.book_context import Context, Month
from central.services.bulk import insert_rows, upsert_rows
from central.services.totals import NO_INSTITUTION, Delta, TotalKey, add_totals

_ITEM = [
    "till_id",
    "seq",
    "n",
    "organisation_id",
    "sale_id",
    "cause",
    "item_kind",
    "at",
    "business_day",
    "meter_id",
    "drn",
    "tariff_id",
    "month",
    "money_minor",
    "units_milli",
    "free_milli",
    "carry_in_milli",
    "carry_out_milli",
    "token_units_tenths",
]
_LINE = [
    "till_id",
    "seq",
    "item_n",
    "n",
    "kind",
    "code",
    "amount_minor",
    "units_milli",
    "tax_code",
    "rate_micro",
    "block",
]
_PAYMENT = [
    "till_id",
    "payment_id",
    "organisation_id",
    "sale_id",
    "tender",
    "state",
    "amount_minor",
    "change_minor",
    "fee_minor",
    "provider_reference",
    "phone_mac",
    "at",
]
_TOKEN = [
    "till_id",
    "seq",
    "item_n",
    "n",
    "organisation_id",
    "sale_id",
    "pan",
    "base_date",
    "tid",
    "token_class",
    "subclass",
    "digits",
    "tenths",
    "is_double",
]
_POSTING = ["till_id", "seq", "n", "account", "amount_minor"]
_FLAG = [
    "till_id",
    "seq",
    "flag",
    "id",
    "organisation_id",
    "at",
    "kind",
    "sale_id",
    "meter_id",
    "money_minor",
    "detail",
    "state",
]
_MONTH = [
    "meter_id",
    "month",
    "till_id",
    "organisation_id",
    "units_milli",
    "free_milli",
    "arrears_taken_minor",
    "charges",
    "is_dirty",
]
_CREDIT = [
    "id",
    "organisation_id",
    "meter_id",
    "till_id",
    "amount_minor",
    "currency",
    "cause",
    "code",
    "month",
    "given_at",
    "source_till",
    "source_seq",
    "source_n",
]
_CASE = [
    "id",
    "organisation_id",
    "till_id",
    "case_kind",
    "state",
    "sale_id",
    "meter_id",
    "wrong_drn",
    "right_drn",
    "reason",
    "opened_at",
    "changed_at",
]
_SHIFT = [
    "till_id",
    "shift_id",
    "organisation_id",
    "operator_id",
    "opened_at",
    "float_minor",
    "business_day",
    "closed_at",
    "z_number",
    "counted_minor",
    "expected_minor",
    "difference_minor",
]
_READING = [
    "id",
    "organisation_id",
    "meter_id",
    "drn",
    "register",
    "value_milli",
    "read_at",
    "kind",
    "source",
    "source_id",
]
_PROPOSAL = [
    "id",
    "organisation_id",
    "till_id",
    "resource",
    "sha256",
    "record",
    "state",
    "reason",
    "received_at",
]
_TRANSACTION = [
    "id",
    "organisation_id",
    "origin",
    "till_id",
    "till_code",
    "type",
    "state",
    "business_day",
    "at",
    "money_minor",
    "currency",
    "units_milli",
    "cashier_id",
    "cashier_name",
    "meter_id",
    "drn",
    "receipt_number",
    "institution_id",
    "is_flagged",
    "version",
    "changed_at",
]
_TRANSACTION_CHANGES = (
    "DO UPDATE SET type = excluded.type, state = excluded.state, money_minor = excluded.money_minor, "
    "units_milli = excluded.units_milli, meter_id = excluded.meter_id, drn = excluded.drn, "
    "receipt_number = excluded.receipt_number, institution_id = excluded.institution_id, "
    "is_flagged = excluded.is_flagged, changed_at = excluded.changed_at "
    "WHERE transactions.till_id = excluded.till_id"
)


@dataclass(slots=True)
class Rows:
    """Rows by table, as tuples in the order of its columns; sums by what they are kept for."""

    items: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    tokens: list[tuple[Any, ...]] = field(default_factory=list)
    postings: list[tuple[Any, ...]] = field(default_factory=list)
    flags: list[tuple[Any, ...]] = field(default_factory=list)
    credits: list[tuple[Any, ...]] = field(default_factory=list)
    readings: list[tuple[Any, ...]] = field(default_factory=list)
    proposals: list[tuple[Any, ...]] = field(default_factory=list)
    vouchers: list[tuple[Any, ...]] = field(default_factory=list)
    payments: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    new_payments: list[tuple[Any, ...]] = field(default_factory=list)
    """Those that no earlier line spoke of."""
    cases: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    shifts: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    new_sales: set[str] = field(default_factory=set)
    changed_sales: set[str] = field(default_factory=set)
    months: set[Month] = field(default_factory=set)
    new_months: set[Month] = field(default_factory=set)
    """Those of which the till had no row yet."""
    accounts: set[str] = field(default_factory=set)
    days: set[str] = field(default_factory=set)
    arrears: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    totals: dict[TotalKey, Delta] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)
    """Sequence of each envelope that came into force, and the seq of its line."""

    def total(self, key: TotalKey, delta: Delta) -> None:
        """Add to a running total."""
        was = self.totals.get(key, Delta(0, 0, 0))
        self.totals[key] = Delta(*(one + other for one, other in zip(was, delta, strict=True)))

    def move_payment(self, payment_id: str, row: tuple[Any, ...]) -> None:
        """Take what is new in a payment over the row it has, as the table does: wherever a push ends."""
        known = self.payments.get(payment_id)
        if known is not None:
            moved = dict(zip(_PAYMENT, known, strict=True))
            new = dict(zip(_PAYMENT, row, strict=True))
            moved["state"] = new["state"]
            moved["provider_reference"] = new["provider_reference"] or moved["provider_reference"]
            row = tuple(moved.values())
        self.payments[payment_id] = row

    def write(self, connection: Connection, context: Context, *, booked_seq: int) -> None:
        """Write everything; the till's own place last."""
        self._write_facts(connection)
        self._write_sales(connection, context)
        self._write_months(connection, context)
        self._write_ledger(connection, context)
        self._write_upserts(connection)
        self._write_grants(connection, context)
        connection.execute(
            update(till)
            .where(till.c.id == context.till.id)
            .values(
                booked_seq=booked_seq,
                receipt_last=context.receipt_last,
                last_at=context.last_at,
                envelope_taken=context.envelope_taken,
            )
        )

    def _write_facts(self, connection: Connection) -> None:
        insert_rows(connection, sale_item, _ITEM, self.items)
        insert_rows(connection, sale_line, _LINE, self.lines)
        insert_rows(connection, token, _TOKEN, self.tokens)
        insert_rows(connection, posting, _POSTING, self.postings)
        insert_rows(connection, payment, _PAYMENT, self.new_payments)
        insert_rows(connection, line_flag, _FLAG, self.flags)
        insert_rows(connection, customer_credit, _CREDIT, self.credits)
        insert_rows(
            connection, voucher_use, ("organisation_id", "voucher_id", "till_id", "seq"), self.vouchers
        )

    def _write_sales(self, connection: Connection, context: Context) -> None:
        new = [_transaction(context, one) for one in self.new_sales]
        insert_rows(connection, transactions, _TRANSACTION, new)
        changed = [_transaction(context, one) for one in sorted(self.changed_sales - self.new_sales)]
        upsert_rows(
            connection, transactions, _TRANSACTION, changed, key=("id",), on_conflict=_TRANSACTION_CHANGES
        )
        add_totals(connection, self.totals)

    def _write_months(self, connection: Connection, context: Context) -> None:
        new: list[tuple[Any, ...]] = []
        rows: list[tuple[Any, ...]] = []
        for meter_id, month in sorted(self.months):
            own = context.months[meter_id, month][context.till_id]
            row = (
                *(meter_id, month, context.till_id, context.organisation_id),
                *(own.units_milli, own.free_milli, own.arrears_minor, "\n".join(sorted(own.charges)), True),
            )
            (new if (meter_id, month) in self.new_months else rows).append(row)
        insert_rows(connection, meter_month, _MONTH, new)
        upsert_rows(
            connection,
            meter_month,
            _MONTH,
            rows,
            key=("meter_id", "month", "till_id"),
            on_conflict="DO UPDATE SET units_milli = excluded.units_milli, free_milli = excluded.free_milli, "
            "arrears_taken_minor = excluded.arrears_taken_minor, charges = excluded.charges, is_dirty = true",
        )
        for meter_id, change_minor in sorted(self.arrears.items()):
            if change_minor:
                connection.execute(
                    update(meter)
                    .where(meter.c.id == UUID(meter_id))
                    .values(arrears_minor=meter.c.arrears_minor + change_minor, is_dirty=True)
                )

    def _write_ledger(self, connection: Connection, context: Context) -> None:
        balances = [
            (context.till_id, account, context.organisation_id, context.balances[account])
            for account in sorted(self.accounts)
        ]
        upsert_rows(
            connection,
            account_balance,
            ("till_id", "account", "organisation_id", "balance_minor"),
            balances,
            key=("till_id", "account"),
            on_conflict="DO UPDATE SET balance_minor = excluded.balance_minor",
        )
        days = [
            (context.till_id, day, context.organisation_id, _figures(context, day))
            for day in sorted(self.days)
        ]
        upsert_rows(
            connection,
            book_day,
            ("till_id", "business_day", "organisation_id", "figures"),
            days,
            key=("till_id", "business_day"),
            on_conflict="DO UPDATE SET figures = excluded.figures",
        )

    def _write_upserts(self, connection: Connection) -> None:
        upsert_rows(
            connection,
            payment,
            _PAYMENT,
            [self.payments[one] for one in sorted(self.payments)],
            key=("till_id", "payment_id"),
            on_conflict="DO UPDATE SET state = excluded.state, "
            "provider_reference = coalesce(excluded.provider_reference, payment.provider_reference)",
        )
        upsert_rows(
            connection,
            case,
            _CASE,
            [self.cases[one] for one in sorted(self.cases)],
            key=("id",),
            on_conflict="DO UPDATE SET state = excluded.state, reason = excluded.reason, "
            "changed_at = excluded.changed_at WHERE meter_case.organisation_id = excluded.organisation_id",
        )
        upsert_rows(
            connection,
            shift,
            _SHIFT,
            [self.shifts[one] for one in sorted(self.shifts)],
            key=("till_id", "shift_id"),
            on_conflict="DO UPDATE SET closed_at = excluded.closed_at, z_number = excluded.z_number, "
            "counted_minor = excluded.counted_minor, expected_minor = excluded.expected_minor, "
            "difference_minor = excluded.difference_minor",
        )
        upsert_rows(connection, reading, _READING, self.readings, key=("id",), on_conflict="DO NOTHING")
        upsert_rows(connection, proposal, _PROPOSAL, self.proposals, key=("id",), on_conflict="DO NOTHING")

    def _write_grants(self, connection: Connection, context: Context) -> None:
        for grant in context.grants:
            connection.execute(
                update(envelope_grant)
                .where(
                    envelope_grant.c.till_id == context.till.id, envelope_grant.c.sequence == grant.sequence
                )
                .values(
                    used_money_minor=grant.used_money_minor,
                    used_units_milli=grant.used_units_milli,
                    is_live=grant.sequence >= context.envelope_taken,
                )
            )
        for sequence, seq in self.taken.items():
            connection.execute(
                update(envelope_grant)
                .where(envelope_grant.c.till_id == context.till.id, envelope_grant.c.sequence == sequence)
                .values(taken_seq=seq)
            )


def total_key(context: Context, sale_id: str) -> TotalKey:
    """Return where a transaction counts as it stands now."""
    one = context.transactions[sale_id]
    return TotalKey(
        context.till.organisation_id,
        date.fromisoformat(one.business_day),
        one.till_code,
        one.institution_id or NO_INSTITUTION,
        one.type,
        one.state,
        one.currency,
    )


def _transaction(context: Context, sale_id: str) -> tuple[Any, ...]:
    one = context.transactions[sale_id]
    return (
        *(one.id, context.organisation_id, "till", one.till_id, one.till_code, one.type, one.state),
        *(date.fromisoformat(one.business_day), one.at, one.money_minor, one.currency, one.units_milli),
        *(one.cashier_id, one.cashier_name, one.meter_id, one.drn, one.receipt_number, one.institution_id),
        *(one.is_flagged, 1, context.now),
    )


def _figures(context: Context, day: str) -> Mapping[str, Any]:
    tally = context.days[day]
    return {
        "first_seq": tally.first_seq,
        "last_seq": tally.last_seq,
        "last_hash": tally.last_hash,
        "pieces": dict(tally.pieces),
        "sums_minor": dict(tally.sums_minor),
        "tenders_minor": dict(tally.tenders_minor),
        "tokens": tally.tokens,
        "units_milli": tally.units_milli,
        "extra": dict(context.extra[day]),
    }


__all__ = ["Rows", "total_key"]
