"""Transactions that other programs make, and moving them on by the rules of a sale (docs/formats.md §6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from central.db import Database
from central.deps import Principal
from central.errors import FieldProblem, Problem, permission_denied
from central.models.identity import organisation
from central.models.transactions import idempotency_key, transaction_event, transactions
from central.services.totals import NO_INSTITUTION, NO_TILL, Delta, TotalKey, add_totals
from central.services.transaction_rows import Transaction, find_transaction
from central.services.users import stale
from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.permissions import Permission
from pos.domain.states import SaleState, check_sale_move
from pos.tokens.numbers import parse_drn

OWNED_BY_TILL = "This is a fact of a till: it changes at the till, by a new fact."


class TransactionType(StrEnum):
    """What was sold."""

    TOKEN = "token"  # noqa: S105 - a word of the trade
    VOUCHER = "voucher"
    ACCOUNT = "account"
    BILL = "bill"
    GOODS = "goods"
    POLICY = "policy"


MOVE_PERMISSIONS: Mapping[SaleState, Permission] = MappingProxyType(
    {
        SaleState.AWAITING_PAYMENT: Permission.SALE_CREATE,
        SaleState.PAID: Permission.PAYMENT_RESOLVE,
        SaleState.DELIVERED: Permission.SALE_CREATE,
        SaleState.VOIDED: Permission.SALE_VOID,
        SaleState.FAILED: Permission.PAYMENT_RESOLVE,
        SaleState.EXPIRED: Permission.PAYMENT_RESOLVE,
        SaleState.REFUND_DUE: Permission.REFUND_MAKE,
        SaleState.REFUNDED: Permission.REFUND_MAKE,
    }
)
"""What a role must hold to move a transaction into a state. Nobody who pays says that it was paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransaction:
    """What a caller states."""

    type: TransactionType
    money_minor: int
    currency: str
    state: SaleState = SaleState.DRAFT
    drn: str | None = None
    units_milli: int = 0
    institution_id: UUID | None = None
    reference: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request that made something, as it was given the first time."""

    status: int
    body: bytes
    etag: str
    location: str
    is_repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEvent:
    """One step of a transaction."""

    n: int
    at: datetime
    from_state: str | None
    to_state: str
    reason: str
    actor_id: UUID | None
    actor_name: str


def create_transaction(
    database: Database, principal: Principal, new: NewTransaction, *, key: str | None, now: datetime
) -> Answer:
    """Make a transaction of origin `api`; the same key again gives the first answer and makes nothing.

    Raises Problem 409 `request.key_reused`; 422 `transaction.currency`; NumberError `meter.*`.
    """
    if new.drn is not None:
        parse_drn(new.drn)
    digest = _request_digest(new)
    with database.write() as connection:
        made = _new_row(connection, principal, new, now)
        answer = Answer(
            201, made.as_bytes(), f'"{made.version}"', f"/transactions/{made.id}", is_repeated=False
        )
        if key is not None and not _take_key(connection, principal.user_id, key, digest, answer, now=now):
            return _first_answer(connection, principal.user_id, key, digest)
        connection.execute(
            insert(transactions).values(**made.as_row(), organisation_id=principal.organisation_id)
        )
        _add_event(connection, principal, made.id, before=None, after=made.state, reason="made", n=1, now=now)
        add_totals(connection, {_total_key(principal.organisation_id, made, made.state): _delta(made, 1)})
    return answer


def change_state(
    database: Database,
    principal: Principal,
    transaction_id: UUID,
    after: SaleState,
    *,
    reason: str,
    version: int | None,
    now: datetime,
) -> Transaction:
    """Move a transaction of origin `api` on; `version` None: the caller takes whichever there is.

    Raises Problem 404 `transaction.unknown`; 409 `transaction.owned_by_till`; 412 `request.stale`; 403
    `permission.denied`; UserError `sale.state`.
    """
    with database.write() as connection:
        before = find_transaction(connection, principal, transaction_id)
        refuse_tills_own(before)
        if version is not None and version != before.version:
            raise stale(before.version)
        if not principal.may(MOVE_PERMISSIONS.get(after, Permission.PAYMENT_RESOLVE)):
            raise permission_denied(f"Your role may not make a transaction {after.value}.")
        check_sale_move(SaleState(before.state), after)
        moved = connection.execute(
            update(transactions)
            .where(transactions.c.id == transaction_id, transactions.c.version == before.version)
            .values(state=after.value, version=before.version + 1, changed_at=now)
        )
        if not moved.rowcount:
            raise stale(before.version)
        _add_event(
            connection,
            principal,
            transaction_id,
            before=before.state,
            after=after.value,
            reason=reason,
            n=before.version + 1,
            now=now,
        )
        deltas = {
            _total_key(principal.organisation_id, before, before.state): _delta(before, -1),
            _total_key(principal.organisation_id, before, after.value): _delta(before, 1),
        }
        add_totals(connection, deltas)
        return find_transaction(connection, principal, transaction_id)


def refuse_tills_own(transaction: Transaction) -> None:
    """Refuse to change a fact of a till by hand. Raises Problem 409 `transaction.owned_by_till`."""
    if transaction.origin == "till":
        raise Problem("transaction.owned_by_till", OWNED_BY_TILL, status=409)


def list_events(connection: Connection, principal: Principal, transaction_id: UUID) -> list[TransactionEvent]:
    """Return what became of a transaction, oldest first. Raises Problem 404 `transaction.unknown`."""
    find_transaction(connection, principal, transaction_id)
    table = transaction_event
    rows = connection.execute(
        select(table).where(table.c.transaction_id == transaction_id).order_by(table.c.n)
    ).mappings()
    names = TransactionEvent.__slots__
    return [TransactionEvent(**{name: row[name] for name in names}) for row in rows]


def forget_old_keys(connection: Connection, before: datetime) -> None:
    """Drop idempotency keys from before an instant."""
    connection.execute(idempotency_key.delete().where(idempotency_key.c.created_at < before))


def _new_row(connection: Connection, principal: Principal, new: NewTransaction, now: datetime) -> Transaction:
    tenant = connection.execute(
        select(organisation.c.currency, organisation.c.time_zone).where(
            organisation.c.id == principal.organisation_id
        )
    ).one()
    if new.currency != tenant.currency:
        text = f"This organisation keeps its books in {tenant.currency}."
        errors = [FieldProblem("body.currency", "transaction.currency", text)]
        raise Problem("transaction.currency", text, status=422, errors=errors)
    return Transaction(
        id=new_id(now),
        origin="api",
        till_id=None,
        till_code=None,
        type=new.type.value,
        state=new.state.value,
        business_day=_day_of(now, tenant.time_zone),
        at=_to_milliseconds(now),
        money_minor=new.money_minor,
        currency=new.currency,
        units_milli=new.units_milli,
        cashier_id=principal.user_id,
        cashier_name=principal.name,
        drn=new.drn,
        receipt_number=None,
        institution_id=new.institution_id,
        reference=new.reference,
        note=new.note,
        is_flagged=False,
        version=1,
        changed_at=_to_milliseconds(now),
    )


def _add_event(
    connection: Connection,
    principal: Principal,
    transaction_id: UUID,
    *,
    before: str | None,
    after: str,
    reason: str,
    n: int,
    now: datetime,
) -> None:
    connection.execute(
        insert(transaction_event).values(
            transaction_id=transaction_id,
            n=n,
            organisation_id=principal.organisation_id,
            at=now,
            from_state=before,
            to_state=after,
            reason=reason,
            actor_id=principal.user_id,
            actor_name=principal.name,
        )
    )


def _take_key(
    connection: Connection, user_id: UUID, key: str, digest: bytes, answer: Answer, *, now: datetime
) -> bool:
    """Store the answer under a key; False where one stands there, waiting for a writer who is storing it."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    taken = connection.execute(
        dialect.insert(idempotency_key)
        .values(
            user_id=user_id,
            key=key,
            request_sha256=digest,
            status=answer.status,
            etag=answer.etag,
            location=answer.location,
            body=answer.body,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(idempotency_key.c.key)
    )
    return taken.first() is not None


def _first_answer(connection: Connection, user_id: UUID, key: str, digest: bytes) -> Answer:
    table = idempotency_key
    row = connection.execute(select(table).where(table.c.user_id == user_id, table.c.key == key)).one()
    if row.request_sha256 != digest:
        raise Problem(
            "request.key_reused",
            "This Idempotency-Key was used for another request: take a new one.",
            status=409,
        )
    return Answer(row.status, row.body, row.etag, row.location, is_repeated=True)


def _request_digest(new: NewTransaction) -> bytes:
    stated = {name: str(value) for name, value in asdict(new).items() if value is not None}
    return hashlib.sha256(canonical_bytes(stated)).digest()


def _total_key(organisation_id: UUID, transaction: Transaction, state: str) -> TotalKey:
    return TotalKey(
        organisation_id,
        transaction.business_day,
        transaction.till_code or NO_TILL,
        transaction.institution_id or NO_INSTITUTION,
        transaction.type,
        state,
        transaction.currency,
    )


def _delta(transaction: Transaction, sign: int) -> Delta:
    return Delta(sign, sign * transaction.money_minor, sign * transaction.units_milli)


def _day_of(now: datetime, time_zone: str) -> date:
    return now.astimezone(ZoneInfo(time_zone)).date()


def _to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
