"""Reading transactions: one, or pages of a list by key, each within what a person may see."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, literal, select, text, tuple_, union

from central.deps import Principal
from central.errors import FieldProblem, Problem, permission_denied
from central.models.transactions import transactions
from central.models.types import Id
from pos.domain.permissions import Permission, Role

TEXT_LENGTH_MIN = 3
SORT_DAYS_MAX = 31
_DELIVERED = "delivered"
_TOKEN = "token"  # noqa: S105 - a word of the trade
# The day of a sale is that of its instant somewhere on earth; this finds the instants that can have it.
_ZONES = timedelta(hours=26)
_LAST_LETTER = "\U0010ffff"


class Sort(StrEnum):
    """The order of a list; a dash: greatest first."""

    NEWEST = "-at"
    OLDEST = "at"
    LARGEST = "-money"
    SMALLEST = "money"


_SORT_COLUMNS: Mapping[Sort, Column[Any]] = MappingProxyType(
    {
        Sort.NEWEST: transactions.c.at,
        Sort.OLDEST: transactions.c.at,
        Sort.LARGEST: transactions.c.money_minor,
        Sort.SMALLEST: transactions.c.money_minor,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A transaction as people see it."""

    id: UUID
    origin: str
    till_id: UUID | None
    till_code: str | None
    type: str
    state: str
    business_day: date
    at: datetime
    money_minor: int
    currency: str
    units_milli: int
    cashier_id: UUID | None
    cashier_name: str | None
    drn: str | None
    receipt_number: str | None
    institution_id: UUID | None
    reference: str | None
    note: str | None
    is_flagged: bool
    version: int
    changed_at: datetime

    def as_row(self) -> dict[str, Any]:
        """Return the columns it is kept in."""
        return asdict(self)

    def as_json(self) -> dict[str, Any]:
        """Return it as it stands in an answer."""
        return {name: _plain(getattr(self, name)) for name in _NAMES}

    def as_bytes(self) -> bytes:
        """Return the JSON of an answer."""
        return json.dumps(self.as_json(), separators=(",", ":"), ensure_ascii=False).encode()


_NAMES = tuple(field.name for field in fields(Transaction))
_COLUMNS = [transactions.c[name] for name in _NAMES]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionFilter:
    """Which transactions a list holds; None: whichever."""

    first_day: date | None = None
    last_day: date | None = None
    type: str | None = None
    state: str | None = None
    origin: str | None = None
    till: str | None = None
    cashier: UUID | None = None
    drn: str | None = None
    text: str | None = None
    is_flagged: bool | None = None
    sort: Sort = Sort.NEWEST

    def digest(self) -> str:
        """Return what ties a cursor to this list."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """Some transactions of a list, and where it goes on (None: it ends here)."""

    items: list[Transaction]
    next_cursor: str | None


def find_transaction(connection: Connection, principal: Principal, transaction_id: UUID) -> Transaction:
    """Return one transaction that the person may see.

    Raises Problem 403 `permission.denied`, 404 `transaction.unknown`.
    """
    query = select(*_COLUMNS).where(transactions.c.id == transaction_id, visible_to(principal))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Problem("transaction.unknown", "There is no such transaction.", status=404)
    return Transaction(**row._mapping)


def list_transactions(
    connection: Connection, principal: Principal, wanted: TransactionFilter, *, cursor: str | None, limit: int
) -> Page:
    """Return a page of the list, going on after `cursor`.

    The place of a row is its sort value and its id, so rows that come meanwhile neither repeat nor hide one.

    Raises Problem 403 `permission.denied`; 422 `page.cursor`, `transaction.sort_days`, `transaction.text`.
    """
    query = select(*_COLUMNS).where(visible_to(principal), *_conditions(principal, wanted))
    column, is_falling = _SORT_COLUMNS[wanted.sort], wanted.sort.startswith("-")
    if cursor is not None:
        place = _place(cursor, wanted)
        here, there = tuple_(column, transactions.c.id), tuple_(place[0], place[1])
        query = query.where(here < there if is_falling else here > there)
    order = (column, transactions.c.id)
    query = query.order_by(*(one.desc() if is_falling else one for one in order)).limit(limit + 1)
    found = [Transaction(**row._mapping) for row in connection.execute(query)]
    items = found[:limit]
    return Page(items, _cursor(items[-1], wanted) if len(found) > limit else None)


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Return the condition for what a person may see; the organisation is always part of it.

    Raises Problem 403 `permission.denied`.
    """
    mine = transactions.c.organisation_id == principal.organisation_id
    if not principal.may(Permission.SALE_VIEW_ALL):
        if not principal.may(Permission.SALE_VIEW_OWN):
            raise permission_denied()
        return mine & (transactions.c.cashier_id == principal.user_id)
    if principal.role is Role.AUDITOR and principal.institution is not None:
        return mine & (transactions.c.institution_id == principal.institution)
    return mine


def _conditions(principal: Principal, wanted: TransactionFilter) -> list[ColumnElement[bool]]:
    _check_sort(wanted)
    columns = transactions.c
    found: list[ColumnElement[bool]] = []
    if wanted.first_day is not None:
        found += [columns.business_day >= wanted.first_day, columns.at >= _instant(wanted.first_day) - _ZONES]
    if wanted.last_day is not None:
        found += [
            columns.business_day <= wanted.last_day,
            columns.at < _instant(wanted.last_day) + 2 * _ZONES,
        ]
    equal = {
        columns.origin: wanted.origin,
        columns.till_code: wanted.till,
        columns.cashier_id: wanted.cashier,
        columns.drn: wanted.drn,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    found += _rare(columns.state, wanted.state, usual=_DELIVERED)
    found += _rare(columns.type, wanted.type, usual=_TOKEN)
    if wanted.is_flagged is not None:
        found.append(text("is_flagged") if wanted.is_flagged else ~columns.is_flagged)  # type: ignore[arg-type]
    if wanted.text is not None:
        found.append(columns.id.in_(_matching(principal, wanted.text)))
    return found


def _rare(column: Column[str], value: str | None, *, usual: str) -> list[ColumnElement[bool]]:
    """Ask for a value; written so that the index of all unusual values is seen to fit."""
    if value is None:
        return []
    unusual = [] if value == usual else [text(f"{column.name} <> '{usual}'")]
    return [column == value, *unusual]  # type: ignore[list-item]


def _matching(principal: Principal, typed: str) -> Select[Any]:
    """Return ids of transactions whose receipt number, meter number or reference begins with a text."""
    words = typed.strip()
    if len(words) < TEXT_LENGTH_MIN:
        message = f"Type at least {TEXT_LENGTH_MIN} letters or digits."
        errors = [FieldProblem("query.text", "transaction.text", message)]
        raise Problem("transaction.text", message, status=422, errors=errors)
    columns = transactions.c
    begins = ((columns.receipt_number, words.upper()), (columns.drn, words), (columns.reference, words))
    each = [
        select(columns.id).where(
            columns.organisation_id == principal.organisation_id,
            column >= beginning,
            column < beginning + _LAST_LETTER,
        )
        for column, beginning in begins
    ]
    return select(union(*each).subquery().c.id)


def _check_sort(wanted: TransactionFilter) -> None:
    """Sorting by money looks at every row of its days, so it needs few days."""
    if wanted.sort in (Sort.NEWEST, Sort.OLDEST):
        return
    first, last = wanted.first_day, wanted.last_day
    if first is None or last is None or (last - first).days >= SORT_DAYS_MAX:
        message = f"To sort by money give first_day and last_day, at most {SORT_DAYS_MAX} days."
        errors = [FieldProblem("query.sort", "transaction.sort_days", message)]
        raise Problem("transaction.sort_days", message, status=422, errors=errors)


def _cursor(last: Transaction, wanted: TransactionFilter) -> str:
    value = last.at.isoformat() if _is_by_time(wanted) else last.money_minor
    plain = json.dumps([value, str(last.id), wanted.digest()], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _place(cursor: str, wanted: TransactionFilter) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return the place a cursor names. Raises Problem 422 `page.cursor`."""
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        value, row_id, digest = json.loads(plain)
        place = datetime.fromisoformat(value).astimezone(UTC) if _is_by_time(wanted) else int(value)
        found = literal(place, _SORT_COLUMNS[wanted.sort].type), literal(UUID(row_id), Id())
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        digest = None
    if digest != wanted.digest():
        message = "The cursor is not one of this list: begin again without it."
        errors = [FieldProblem("query.cursor", "page.cursor", message)]
        raise Problem("page.cursor", message, status=422, errors=errors)
    return found


def _is_by_time(wanted: TransactionFilter) -> bool:
    return wanted.sort in (Sort.NEWEST, Sort.OLDEST)


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
