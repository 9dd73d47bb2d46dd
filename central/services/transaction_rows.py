"""Reading transactions: one, or pages of a list by key, each within what a person may see."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Select, func, literal, select, text, tuple_

from central.deps import Principal
from central.errors import FieldProblem, Problem, permission_denied
from central.models.transactions import transactions
from central.models.types import Id
from central.services.transaction_search import TextSearch, during
from pos.domain.permissions import Permission, Role

SORT_DAYS_MAX = 31
_DELIVERED = "delivered"
_TOKEN = "token"  # noqa: S105 - a word of the trade
_TILL = "till"
STRETCH = 5_000
"""So many rows of a list are looked through for a text that many numbers begin with."""


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
    conditions = [visible_to(principal), *_conditions(connection, principal, wanted)]
    if cursor is not None:
        conditions.append(_beyond(cursor, wanted))
    query = select(*_COLUMNS).where(*conditions).order_by(*_order(wanted, transactions.c))
    values: dict[str, Any] = {}
    if wanted.text is not None:
        search = TextSearch(principal.organisation_id, wanted.text)
        if not search.is_narrow(connection):
            return _page_of_stretch(connection, query, search, wanted, limit=limit)
        query, values = query.where(search.narrowly()), search.values
    found = [Transaction(**row._mapping) for row in connection.execute(query.limit(limit + 1), values)]
    return _page(found, wanted, limit)


def _page_of_stretch(
    connection: Connection, query: Select[Any], search: TextSearch, wanted: TransactionFilter, *, limit: int
) -> Page:
    """Look for a text in the next rows of a list and no further; a page may then hold less, or nothing."""
    stretch = query.limit(STRETCH).subquery()
    matching = select(stretch).where(search.among(stretch.c)).order_by(*_order(wanted, stretch.c))
    found = [Transaction(**row._mapping) for row in connection.execute(matching.limit(limit + 1))]
    if len(found) > limit:
        return _page(found, wanted, limit)
    backwards = _order(wanted, stretch.c, is_backwards=True)
    read = func.count().over().label("read")
    last = connection.execute(select(stretch, read).order_by(*backwards).limit(1)).mappings().first()
    if last is None or last["read"] < STRETCH:
        return Page(found, None)
    return Page(found, _cursor(Transaction(**{name: last[name] for name in _NAMES}), wanted))


def _page(found: list[Transaction], wanted: TransactionFilter, limit: int) -> Page:
    items = found[:limit]
    return Page(items, _cursor(items[-1], wanted) if len(found) > limit else None)


def _order(
    wanted: TransactionFilter, columns: Any, *, is_backwards: bool = False
) -> list[ColumnElement[Any]]:
    is_falling = wanted.sort.startswith("-") is not is_backwards
    order = (columns[_SORT_COLUMNS[wanted.sort].name], columns.id)
    return [one.desc() if is_falling else one for one in order]


def _beyond(cursor: str, wanted: TransactionFilter) -> ColumnElement[bool]:
    """Return the condition for what comes after a place. Raises Problem 422 `page.cursor`."""
    place = _place(cursor, wanted)
    here, there = tuple_(_SORT_COLUMNS[wanted.sort], transactions.c.id), tuple_(place[0], place[1])
    return here < there if wanted.sort.startswith("-") else here > there


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


def _conditions(
    connection: Connection, principal: Principal, wanted: TransactionFilter
) -> list[ColumnElement[bool]]:
    _check_sort(wanted)
    columns = transactions.c
    found: list[ColumnElement[bool]] = []
    if wanted.first_day is not None or wanted.last_day is not None:
        found += during(connection, principal.organisation_id, wanted.first_day, wanted.last_day)
    equal = {
        columns.till_code: wanted.till,
        columns.cashier_id: wanted.cashier,
        columns.drn: wanted.drn,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    found += _rare(columns.origin, wanted.origin, usual=_TILL)
    found += _rare(columns.state, wanted.state, usual=_DELIVERED)
    found += _rare(columns.type, wanted.type, usual=_TOKEN)
    if wanted.is_flagged is not None:
        found.append(text("is_flagged") if wanted.is_flagged else ~columns.is_flagged)  # type: ignore[arg-type]
    return found


def _rare(column: Column[str], value: str | None, *, usual: str) -> list[ColumnElement[bool]]:
    """Ask for a value; written so that the index of all unusual values is seen to fit."""
    if value is None:
        return []
    unusual = [] if value == usual else [text(f"{column.name} <> '{usual}'")]
    return [column == value, *unusual]  # type: ignore[list-item]


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
        place = datetime.fromisoformat(value).astimezone(UTC) if _is_by_time(wanted) else _money(value)
        found = literal(place, _SORT_COLUMNS[wanted.sort].type), literal(UUID(row_id), Id())
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        digest = None
    if digest != wanted.digest():
        message = "The cursor is not one of this list: begin again without it."
        errors = [FieldProblem("query.cursor", "page.cursor", message)]
        raise Problem("page.cursor", message, status=422, errors=errors)
    return found


def _money(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError("no amount of ours")
    return value


def _is_by_time(wanted: TransactionFilter) -> bool:
    return wanted.sort in (Sort.NEWEST, Sort.OLDEST)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
