"""What all mappings share: what they are told, and what they must do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from pos.contracts.wire import Message
from pos.domain.canonical import JsonObject
from pos.models.uow import WriteUnit

R = TypeVar("R", bound=Message)

RecordOffice = Callable[[WriteUnit, str, JsonObject], object]
"""Writes a fact in the name of whoever enrolled the till: kind and body."""

SealPin = Callable[[UUID, str], bytes]
"""Seals an Argon2id hash of a PIN for one person: what `operator.pin_sealed` holds."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One write unit of a pull: its connection, the round, and what mappings need of the till."""

    unit: WriteUnit
    at: datetime
    round: int
    till_id: UUID
    own_tills: frozenset[UUID]
    """This till and those it was before a restore: their month figures are its own."""
    record: RecordOffice
    seal_pin: SealPin
    troubles: list[str] = field(default_factory=list)
    """Rows that cannot be taken, each in a sentence for an administrator."""

    @property
    def connection(self) -> Connection:
        return self.unit.connection


class Mapping(Generic[R]):
    """Takes the rows of one resource. `version` changes when rows must be pulled anew by a new program."""

    resource: ClassVar[str]
    version: ClassVar[int] = 1

    def __init__(self, model: type[R]) -> None:
        self.model = model

    def is_id(self, text: str) -> bool:
        """Whether an id that is said to be gone can be one of this resource's."""
        return _is_uuid(text)

    def take(self, taking: Taking, rows: Sequence[R]) -> None:
        """Bring the tables to what rows say; the same rows again change nothing."""
        raise NotImplementedError

    def counts_asking(self, connection: Connection) -> bool:  # noqa: ARG002 - for those that do
        """Whether it matters when the till last asked, also if nothing was new."""
        return False

    def has_waiting(self, connection: Connection) -> bool:  # noqa: ARG002 - for those that have some
        """Whether rows came that could not be taken yet because of what they point at."""
        return False

    def retry(self, taking: Taking) -> None:
        """Take some of the waiting rows, if what they wait for has come."""

    def delete(self, taking: Taking, ids: Sequence[str]) -> None:
        """Take rows away that are gone at the server or left this till's scope; unknown ids are nothing."""
        raise NotImplementedError

    def gone_since(self, connection: Connection, round_: int, *, limit: int) -> list[str]:
        """Return ids of rows that an older round gave and the present one, now whole, did not."""
        raise NotImplementedError


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def own_tills(connection: Connection) -> frozenset[UUID]:
    """Return the ids of this till and of those it was before a restore."""
    rows = connection.exec_driver_sql("SELECT till_id FROM book UNION SELECT till_id FROM former_book")
    return frozenset(UUID(bytes=row[0]) for row in rows)


def marks(count: int) -> str:
    """Return question marks for a list of values."""
    return ", ".join("?" * count)


def by_id(connection: Connection, query: str, ids: Sequence[bytes]) -> dict[bytes, Any]:
    """Run a query whose one `{}` takes a list of ids; return its rows by their first column."""
    if not ids:
        return {}
    rows = connection.exec_driver_sql(query.format(marks(len(ids))), tuple(ids))
    return {row[0]: row for row in rows}


def record_ids(connection: Connection, resource: str, before_round: int, *, limit: int) -> list[str]:
    """Return ids of kept rows of older rounds."""
    rows = connection.exec_driver_sql(
        "SELECT id FROM office_record WHERE resource = ? AND round < ? ORDER BY id LIMIT ?",
        (resource, before_round, limit),
    )
    return [row[0] for row in rows]


def unless_proposed(table: str) -> str:
    """Return the condition of rows about which head office has nothing to say yet: it may have lost them."""
    return (
        f"NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.{table}_key = {table}.key "  # noqa: S608 - our own names
        "AND proposal.state = 'waiting')"
    )


def keep_records(taking: Taking, resource: str, rows: Sequence[tuple[str, str]]) -> None:
    """Keep rows (id and JSON) as they are."""
    taking.connection.exec_driver_sql(
        "INSERT INTO office_record (resource, id, body, round) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (resource, id) DO UPDATE SET body = excluded.body, round = excluded.round",
        [(resource, one_id, body, taking.round) for one_id, body in rows],
    )


def drop_records(connection: Connection, resource: str, ids: Sequence[str]) -> None:
    """Forget kept rows."""
    if ids:
        connection.exec_driver_sql(
            "DELETE FROM office_record WHERE resource = ? AND id = ?", [(resource, one) for one in ids]
        )
