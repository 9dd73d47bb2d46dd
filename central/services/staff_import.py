"""People of the tills from CSV: known by their id, or by their name, whichever way it is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from central.db import Database
from central.errors import FieldProblem, Problem
from central.models.master import record
from central.services.feed import EVERYBODY, Feed
from central.services.imported import ROWS_A_TIME, Imported
from central.services.master import Master, checked_record
from pos.domain.csv_table import Row, RowError, read_table
from pos.domain.ids import new_id

COLUMNS = ("id", "name", "role", "active", "institution")
_YES_OR_NO: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "1", "true"), True),
    **dict.fromkeys(("no", "0", "false"), False),
}

Body = Mapping[str, Any]


@dataclass(slots=True)
class _People:
    """The people there are, and those the file has named so far."""

    by_id: dict[str, Body] = field(default_factory=dict)
    by_name: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    named: set[str] = field(default_factory=set)

    def take(self, body: Body) -> None:
        """Know a person as they are now."""
        before = self.by_id.get(body["id"])
        if before is not None:
            self.by_name[before["name"].casefold()].discard(body["id"])
        self.by_id[body["id"]] = body
        self.by_name[body["name"].casefold()].add(body["id"])

    def find(self, row: Row) -> Body | None:
        """Return the person of a row, None for a new one. Raises Problem."""
        same_name = self.by_name[row["name"].casefold()]
        if not row["id"]:
            if len(same_name) > 1:
                text = f"Several people are called {row['name']}: name the one in the column id."
                raise _at("id", Problem("staff.ambiguous", text, status=422))
            return self.by_id[next(iter(same_name))] if same_name else None
        wanted = _id_of(row["id"])
        if other := same_name - {wanted}:
            text = f"{row['name']} is the name of somebody else, {min(other)}."
            raise _at("id", Problem("staff.other_id", text, status=422))
        return self.by_id.get(wanted)


def import_staff(
    database: Database, feed: Feed, organisation: UUID, text: str, *, by: UUID | None, now: datetime
) -> Imported:
    """Add or change the people of the tills: columns name, role (C S F A U), active, institution, id.

    A row without an id is the person of that name, in capitals or not. What a row leaves blank stays. Errors:
    those of the file, `record.invalid`, `staff.active`, `staff.ambiguous`, `staff.other_id`, `staff.twice`.
    """
    table = read_table(text, columns=COLUMNS, required=("name", "role"))
    done = Imported(errors=list(table.errors), table=table)
    bad = {error.line for error in table.errors}
    named: set[str] = set()
    sound = (row for row in table.rows if row.line not in bad)
    while rows := tuple(islice(sound, ROWS_A_TIME)):
        with database.write() as connection:
            # Held until the commit: nobody makes the same people meanwhile.
            feed.lock(connection, organisation, "users")
            people = _known(connection, organisation, named)
            for body in _changed(rows, people, done, now=now):
                Master(feed).put_record(connection, organisation, "users", body=body, by=by, now=now)
    done.errors.sort(key=lambda error: error.line)
    return done


def _known(connection: Connection, organisation: UUID, named: set[str]) -> _People:
    query = select(record.c.body).where(
        record.c.organisation_id == organisation,
        record.c.resource == "users",
        record.c.scope == EVERYBODY,
    )
    people = _People(named=named)
    for body in connection.execute(query).scalars():
        people.take(body)
    return people


def _changed(rows: Iterable[Row], people: _People, done: Imported, *, now: datetime) -> Iterator[Body]:
    """Give the people who are new or another than before, and count all."""
    for row in rows:
        try:
            before, body = _read(row, people, now)
        except Problem as problem:
            first = problem.errors[0]
            done.errors.append(RowError(row.line, first.field, problem.code, first.detail))
            continue
        if body == before:
            done.unchanged += 1
            continue
        if before is None:
            done.added += 1
        else:
            done.changed += 1
        yield body


def _read(row: Row, people: _People, now: datetime) -> tuple[Body | None, Body]:
    """Return the person of a row as they were and as they are to be. Raises Problem."""
    before = people.find(row)
    given: dict[str, Any] = {
        "name": row["name"],
        "role": row["role"].upper(),
        "institution": row["institution"],
    }
    if row["active"]:
        given["is_active"] = _yes_or_no(row["active"])
    fresh = {"id": row["id"] or str(new_id(now)), "is_active": True}
    said = {name: value for name, value in given.items() if value != ""}
    body = checked_record("users", {**(before or fresh), **said})
    if body["id"] in people.named:
        raise _at("name", Problem("staff.twice", "This person stands twice in the file.", status=422))
    people.named.add(body["id"])
    people.take(body)
    return before, body


def _yes_or_no(text: str) -> bool:
    found = _YES_OR_NO.get(text.lower())
    if found is None:
        raise _at("active", Problem("staff.active", "Write yes or no.", status=422))
    return found


def _at(column: str, problem: Problem) -> Problem:
    problem.errors = (FieldProblem(column, problem.code, problem.text),)
    return problem


def _id_of(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise _at("id", Problem("record.invalid", "This is no id.", status=422)) from error
