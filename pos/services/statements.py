"""Statements of providers and banks: read, matched with our payments, what differs listed and settled."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.domain.canonical import JsonObject
from pos.domain.csv_table import RowError
from pos.domain.payment_reports import Outcome, Source
from pos.domain.permissions import Actor, Permission
from pos.domain.settlement import OurPayment, Settlement, StatementForm, StatementRow, read_statement, settle
from pos.domain.states import PaymentState
from pos.errors import MachineFault, UserError
from pos.models.ledger_book import Book
from pos.models.stored import milliseconds_of
from pos.models.uow import Units
from pos.services.approval import Approval, require
from pos.services.facts import privileged_act
from pos.services.payment_desk import PaymentDesk
from pos.services.payment_store import find_payment
from pos.system.clock import Clock

FILE_BYTES_MAX = 20_000_000
"""Some 200,000 rows; a larger file is no statement."""

TOOK_MONEY = frozenset(
    {
        PaymentState.SUCCEEDED.value,
        PaymentState.REFUND_PENDING.value,
        PaymentState.REFUNDED.value,
        PaymentState.REVERSED.value,
    }
)
"""States in which our books say that the provider took the payer's money, at least for a time."""

GAVE_BACK = frozenset({PaymentState.REFUNDED.value, PaymentState.REVERSED.value})


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """A statement against our books; `key` finds it again, `errors` are the rows that could not be read."""

    key: int
    settlement: Settlement
    errors: tuple[RowError, ...]
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class StatementEntry:
    """One line of a stored statement, or a payment of ours that it does not name (`line` 0)."""

    line: int
    date: str
    reference: str
    provider_reference: str
    amount_minor: int
    fee_minor: int
    currency: str
    verdict: str
    payment_id: UUID | None


@dataclass(frozen=True, slots=True)
class _OpenPayment:
    """A payment that was sent and is not final: a statement may say what became of it."""

    id: UUID
    row: StatementRow


class Statements:
    """Reads statements. Money moves only where a person says so."""

    def __init__(self, units: Units, book: Book, desk: PaymentDesk, *, clock: Clock, currency: str) -> None:
        """Wire the parts."""
        self._units = units
        self._book = book
        self._desk = desk
        self._clock = clock
        self._currency = currency

    def read(self, actor: Actor, tender: str, *, name: str, text: str, form: StatementForm) -> ReadStatement:
        """Match a statement with what this till booked for a tender, and keep the outcome.

        Compared are the payments from the first to the last one that the statement names. The same file read
        again gives the outcome of now.

        Raises:
            UserError: `permission.denied`, `statement.empty` (no row could be read).
        """
        require(actor, Permission.FLOAT_VIEW)
        statement = read_statement(text, form)
        if not statement.rows:
            raise UserError("statement.empty", "No row of this statement could be read: check its columns.")
        digest = sha256(text.encode()).digest()
        with self._units.write() as unit:
            connection = unit.connection
            settlement = settle(_ours(connection, tender, statement.rows), statement.rows)
            known: int | None = connection.exec_driver_sql(
                "SELECT key FROM statement WHERE sha256 = ?", (digest,)
            ).scalar()
            key = self._keep(connection, known, actor, tender=tender, name=name, digest=digest)
            _store_rows(connection, key, settlement)
        return ReadStatement(key, settlement, statement.errors, known is not None)

    def entries(self, actor: Actor, key: int, *, verdict: str | None = None) -> list[StatementEntry]:
        """Return the lines of a stored statement, all or those of one verdict.

        Raises:
            UserError: `permission.denied`.
        """
        require(actor, Permission.FLOAT_VIEW)
        with self._units.read() as connection:
            rows: Any = connection.exec_driver_sql(
                "SELECT line, date, reference, provider_reference, amount_minor, fee_minor, currency, "
                "verdict, payment_id FROM statement_row WHERE statement_key = ? "
                "AND (? IS NULL OR verdict = ?) ORDER BY n",
                (key, verdict, verdict),
            ).all()
        return [
            StatementEntry(
                line=row[0],
                date=row[1],
                reference=row[2],
                provider_reference=row[3],
                amount_minor=row[4],
                fee_minor=row[5],
                currency=row[6],
                verdict=row[7],
                payment_id=None if row[8] is None else UUID(bytes=row[8]),
            )
            for row in rows
        ]

    def resolve_open(
        self, actor: Actor, read: ReadStatement, *, approval: Approval | None = None
    ) -> list[UUID]:
        """Say of every payment that is still open and that the statement names that it succeeded.

        Only where reference, amount and currency are those stored. Returns the payments it settled.

        Raises:
            UserError: as `PaymentDesk.resolve`. ApprovalNeeded: as there.
        """
        settled = []
        for one in self._open_of(read):
            self._desk.resolve(
                one.id,
                actor,
                outcome=Outcome.SUCCEEDED,
                reason=f"statement line {one.row.line}",
                approval=approval,
                source=Source.STATEMENT,
            )
            settled.append(one.id)
        return settled

    def pay_out(self, actor: Actor, tender: str, amount_minor: int, *, reference: str, reason: str) -> None:
        """Book that a provider paid money out to the bank, or (below zero) that the shop paid money in.

        Raises:
            UserError: `permission.denied`, `float.amount`.
        """
        require(actor, Permission.FLOAT_TOP_UP)
        if amount_minor == 0:
            raise UserError("float.amount", "Say how much was moved.")
        body: JsonObject = {
            "account": f"provider:{tender}",
            "amount_minor": -amount_minor,
            "kind": "top_up",
            "reference": reference,
            "reason": reason,
        }
        with self._units.write() as unit:
            self._book.record(unit, "float_moved", body, actor=actor.id)

    def correct(self, actor: Actor, tender: str, amount_minor: int, *, reference: str, reason: str) -> None:
        """Book a fee that the provider kept, or a difference, on its account; above zero it holds more.

        Raises:
            UserError: `permission.denied`, `float.amount`.
        """
        require(actor, Permission.FLOAT_TOP_UP)
        if amount_minor == 0:
            raise UserError("float.amount", "Say how much was moved.")
        body: JsonObject = {
            "account": f"provider:{tender}",
            "amount_minor": amount_minor,
            "kind": "correction",
            "reference": reference,
            "reason": reason,
        }
        act = privileged_act(
            Permission.FLOAT_TOP_UP, "provider", tender, reason=reason, after={"amount_minor": amount_minor}
        )
        with self._units.write() as unit:
            self._book.record(unit, "privileged_act", act, actor=actor.id)
            self._book.record(unit, "float_moved", body, actor=actor.id)

    def _keep(
        self,
        connection: Connection,
        known: int | None,
        actor: Actor,
        *,
        tender: str,
        name: str,
        digest: bytes,
    ) -> int:
        if known is not None:
            connection.exec_driver_sql("DELETE FROM statement_row WHERE statement_key = ?", (known,))
            return known
        key: int = connection.exec_driver_sql(
            "INSERT INTO statement (tender, name, sha256, read_at, operator_key) VALUES (?, ?, ?, ?, ?) "
            "RETURNING key",
            (tender, name, digest, milliseconds_of(self._clock.now()), actor.key),
        ).scalar_one()
        return key

    def _open_of(self, read: ReadStatement) -> list[_OpenPayment]:
        found = []
        with self._units.read() as connection:
            for row in read.settlement.only_theirs:
                payment_id = _payment_of(connection, row)
                payment = None if payment_id is None else find_payment(connection, payment_id)
                if payment is None or not payment.recovery.is_open:
                    continue
                if (payment.amount_minor, payment.currency) == (row.amount_minor, row.currency):
                    found.append(_OpenPayment(payment.id, row))
        return found


def statement_text(path: Path) -> str:
    """Return the text of a statement's file, of whatever encoding.

    Raises:
        UserError: `statement.too_large`. MachineFault: `disk.read`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise MachineFault("disk.read", f"The file {path.name} cannot be read.") from error
    if len(data) > FILE_BYTES_MAX:
        raise UserError("statement.too_large", "The statement is larger than 20 MB: split it by days.")
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # Names of payers may be in another encoding; references and amounts are the same in all of them.
    return data.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def _payment_of(connection: Connection, row: StatementRow) -> UUID | None:
    """The open payment that a row names by our reference; another's is nobody's proof."""
    if not row.reference:
        return None
    found: bytes | None = connection.exec_driver_sql(
        "SELECT id FROM provider_payment WHERE reference = ?", (row.reference,)
    ).scalar()
    return None if found is None else UUID(bytes=found)


def _ours(connection: Connection, tender: str, rows: tuple[StatementRow, ...]) -> list[OurPayment]:
    """Our payments and refunds of a tender within the days that the statement speaks of."""
    first, last = _bounds(connection, tender, rows)
    found: Any = connection.exec_driver_sql(
        "SELECT payment.id, coalesce(payment.reference, ''), coalesce(payment.provider_reference, ''), "
        "payment.amount_minor, payment.state FROM payment INDEXED BY ix_payment_tender "
        "JOIN sale ON sale.place = sale_place "
        "WHERE tender = ? AND tender <> 'cash' AND sale.at BETWEEN ? AND ? ORDER BY sale_place, n",
        (tender, first, last),
    ).all()
    currency: str = connection.exec_driver_sql("SELECT currency FROM sales_point LIMIT 1").scalar_one()
    ours = []
    for row in found:
        key = str(UUID(bytes=row[0]))
        if row[4] in TOOK_MONEY:
            ours.append(OurPayment(key, row[1], row[2], row[3], currency))
        if row[4] in GAVE_BACK:
            ours.append(OurPayment(key, row[1], row[2], -row[3], currency))
    return ours


def _bounds(connection: Connection, tender: str, rows: tuple[StatementRow, ...]) -> tuple[int, int]:
    """From the oldest to the newest payment of ours that the statement names, by whole days around them."""
    references = [row.reference for row in rows if row.reference]
    references += [row.provider_reference for row in rows if row.provider_reference]
    day = 86_400_000
    low, high = None, None
    for start in range(0, len(references), 500):
        chunk = references[start : start + 500]
        marks = ", ".join("?" * len(chunk))
        found: Any = connection.exec_driver_sql(
            "SELECT min(sale.at), max(sale.at) FROM payment INDEXED BY ix_payment_tender "  # noqa: S608 - marks only
            "JOIN sale ON sale.place = sale_place WHERE tender = ? AND tender <> 'cash' "
            f"AND (payment.reference IN ({marks}) OR payment.provider_reference IN ({marks}))",
            (tender, *chunk, *chunk),
        ).one()
        if found[0] is not None:
            low = found[0] if low is None else min(low, found[0])
            high = found[1] if high is None else max(high, found[1])
    if low is None or high is None:
        return 0, -1
    return low - low % day, high - high % day + day - 1


def _store_rows(connection: Connection, key: int, settlement: Settlement) -> None:
    entries: list[tuple[Any, ...]] = []
    for verdict, pairs in (("matched", settlement.matched), ("differing", settlement.differing)):
        entries += [(*_theirs(pair.theirs), verdict, UUID(pair.ours.payment_id).bytes) for pair in pairs]
    entries += [(*_theirs(row), "only_theirs", None) for row in settlement.only_theirs]
    entries += [
        (
            0,
            "",
            one.reference,
            one.provider_reference,
            one.amount_minor,
            one.fee_minor or 0,
            one.currency,
            "only_ours",
            UUID(one.payment_id).bytes,
        )
        for one in settlement.only_ours
    ]
    entries.sort(key=lambda entry: entry[0])
    for n, entry in enumerate(entries, 1):
        connection.exec_driver_sql(
            "INSERT INTO statement_row (statement_key, n, line, date, reference, provider_reference, "
            "amount_minor, fee_minor, currency, verdict, payment_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (key, n, *entry),
        )


def _theirs(row: StatementRow) -> tuple[Any, ...]:
    return (
        row.line,
        row.date,
        row.reference,
        row.provider_reference,
        row.amount_minor,
        row.fee_minor,
        row.currency,
    )
