"""Pulls what head office decides, page by page, each resource from where it stands (docs/formats.md §10)."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from pydantic import ValidationError
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError

from pos.contracts.pull import PullPage
from pos.contracts.wire import PULL_ROWS_MAX, Message
from pos.domain.canonical import JsonObject
from pos.models.ledger_book import Book, read_head
from pos.models.office import pull_cursor
from pos.models.office_link import enrolling_actor
from pos.models.proposals import ask_again
from pos.models.queries.selling import open_shift
from pos.models.search import merge_search
from pos.models.uow import Units, WriteUnit
from pos.sync.client import ServerClient, ServerRefusal, bad_answer
from pos.sync.resources.base import Mapping, SealPin, Taking, own_tills
from pos.system.clock import Clock

R = TypeVar("R", bound=Message)

PATH = "/v1/sync/pull"
_STOPS_ALL = frozenset({401, 403, 426})
"""Refusals that concern the till, not one resource."""

_TROUBLES_SHOWN = 5

_NOT_TAKEN = (IntegrityError, OverflowError)
"""What the tables say to a row that does not fit; a number of more than 64 bits never reaches them."""


class _Page(Message, Generic[R]):
    rows: tuple[R, ...]
    deleted: tuple[str, ...] = ()
    cursor: str
    more: bool
    mapping: str


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows a write unit, and the pause after each."""

    unit_rows: int
    pause_s: float


SELLING = Pace(unit_rows=180, pause_s=0.008)
"""Beside sales, as an import of meters: a sale finds its turn in the pause."""

QUIET = Pace(unit_rows=5_000, pause_s=0.0)
"""While no shift is open nobody waits."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is: the resource, and rows taken of it in this cycle."""

    resource: str
    rows: int


@dataclass(slots=True)
class Pulled:
    """Rows that came, by resource, and what could not be taken, in sentences."""

    rows: dict[str, int] = field(default_factory=dict)
    troubles: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Standing:
    cursor: str
    mapping: str
    round: int
    is_whole: bool
    rows_taken: int


@dataclass(frozen=True, slots=True)
class _Step:
    """What one write unit of a page takes: rows, or ids that are gone."""

    mapping: Mapping[Any]
    rows: Sequence[Any] = ()
    deleted: Sequence[str] = ()
    is_last: bool = False

    def take(self, taking: Taking) -> None:
        if self.deleted:
            self.mapping.delete(taking, self.deleted)
        if self.rows:
            self.mapping.take(taking, self.rows)

    def singly(self) -> Iterator[tuple[_Step, str]]:
        for one in self.deleted:
            yield _Step(self.mapping, deleted=(one,)), one
        for row in self.rows:
            yield _Step(self.mapping, rows=(row,)), str(row.id)


class Pull:
    """Pulls all resources; broken off anywhere, it goes on there next time."""

    def __init__(
        self,
        units: Units,
        client: ServerClient,
        clock: Clock,
        *,
        book: Book,
        seal_pin: SealPin,
        mappings: Sequence[Mapping[Any]],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._units = units
        self._client = client
        self._clock = clock
        self._book = book
        self._seal_pin = seal_pin
        self._mappings = mappings
        # Held here: pydantic forgets a shape that nobody holds, and makes it anew for each page.
        # mypy does not know a shape that is chosen while the program runs.
        shapes = ((one.resource, _Page[one.model]) for one in mappings)  # type: ignore[name-defined]
        self._shapes: dict[str, type[_Page[Any]]] = dict(shapes)
        self._pause = pause

    def run(
        self,
        *,
        progress: Callable[[PullProgress], None] = lambda _: None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> Pulled:
        """Pull every resource until the server has no more.

        Raises:
            Unavailable: as `ServerClient.call`. ServerRefusal: refusals that concern the till itself.
        """
        pulled = Pulled()
        for mapping in self._mappings:
            if is_cancelled():
                break
            self._pull(mapping, pulled, progress, is_cancelled)
        return pulled

    def _pull(
        self,
        mapping: Mapping[Any],
        pulled: Pulled,
        progress: Callable[[PullProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        troubles: list[str] = []
        rows = 0
        try:
            for page, standing in self._pages(mapping, troubles):
                taken = self._take_page(mapping, page, standing, troubles, is_cancelled)
                rows += taken
                if taken:
                    progress(PullProgress(mapping.resource, rows))
                if is_cancelled():
                    return
            self._retry(mapping, troubles, is_cancelled)
            if rows and mapping.resource in ("meters", "customers"):
                self._tidy(is_cancelled)
        except ServerRefusal as refusal:
            if refusal.status in _STOPS_ALL:
                raise
            troubles.append(f"{refusal.text} [{refusal.code}]")
        finally:
            pulled.rows[mapping.resource] = rows
            if troubles:
                pulled.troubles[mapping.resource] = troubles
            self._note_troubles(mapping.resource, troubles)

    def _pages(self, mapping: Mapping[Any], troubles: list[str]) -> Iterator[tuple[_Page[Any], _Standing]]:
        """Fetch pages, each with the place it follows.

        It begins anew where the cursor or the shape of rows is not the server's any more. Once a cycle: two
        servers of different age behind one address would send a till round for ever.
        """
        more, may_begin_anew = True, True
        while more:
            standing = self._standing(mapping)
            try:
                page = self._fetch(mapping, standing.cursor, troubles)
            except ServerRefusal as refusal:
                if refusal.status != 410 or not standing.cursor or not may_begin_anew:
                    raise
                self._begin_anew(mapping, standing, "")
                may_begin_anew = False
                continue
            shape = self._shape(mapping, page.mapping)
            if standing.cursor and standing.mapping != shape:
                if not may_begin_anew:
                    raise bad_answer()
                self._begin_anew(mapping, standing, shape)
                may_begin_anew = False
                continue
            more = page.more
            if more and page.cursor == standing.cursor:
                # It would give the same page for ever.
                raise bad_answer()
            yield page, standing

    def _fetch(self, mapping: Mapping[Any], cursor: str, troubles: list[str]) -> _Page[Any]:
        query = urlencode({"resource": mapping.resource, "cursor": cursor, "limit": PULL_ROWS_MAX})
        answer = self._client.call("GET", f"{PATH}?{query}")
        try:
            with _no_collecting():
                return self._shapes[mapping.resource].model_validate_json(answer.body)
        except ValidationError:
            return self._readable(mapping, self._client.read(answer, PullPage), troubles)

    def _readable(self, mapping: Mapping[Any], page: PullPage, troubles: list[str]) -> _Page[Any]:
        """Keep the rows of a page that can be read: one bad row must not hold back a whole resource."""
        rows = []
        for row in page.rows:
            try:
                rows.append(mapping.model.model_validate_json(_json(row)))
            except ValidationError as error:
                field_name = ".".join(str(part) for part in error.errors()[0]["loc"])
                troubles.append(f"{mapping.resource} {row.get('id')}: {field_name} cannot be read.")
        return self._shapes[mapping.resource].model_construct(
            rows=tuple(rows), deleted=page.deleted, cursor=page.cursor, more=page.more, mapping=page.mapping
        )

    def _take_page(
        self,
        mapping: Mapping[Any],
        page: _Page[Any],
        standing: _Standing,
        troubles: list[str],
        is_cancelled: Callable[[], bool],
    ) -> int:
        """Write a page in short units; its cursor is kept with the last one."""
        is_same = (page.cursor, self._shape(mapping, page.mapping)) == (standing.cursor, standing.mapping)
        if is_same and standing.is_whole and not page.rows and not page.deleted:
            self._note_asked(mapping)
            return 0
        with self._units.read() as connection:
            pace = QUIET if open_shift(connection) is None else SELLING
        deleted = tuple(one for one in page.deleted if mapping.is_id(one))
        for step in self._steps(mapping, page.rows, deleted, pace):
            if is_cancelled():
                return 0
            self._take_step(step, page, standing, troubles)
            if not step.is_last:
                self._pause(pace.pause_s)
        if not page.more and not standing.is_whole:
            self._sweep(mapping, standing.round, pace, troubles)
        return len(page.rows) + len(page.deleted)

    def _steps(
        self, mapping: Mapping[Any], rows: Sequence[Any], deleted: Sequence[str], pace: Pace
    ) -> list[_Step]:
        # Deletions first: a number may go from one meter to another in one page.
        steps = [
            _Step(mapping, deleted=deleted[at : at + pace.unit_rows])
            for at in range(0, len(deleted), pace.unit_rows)
        ]
        steps += [
            _Step(mapping, rows=rows[at : at + pace.unit_rows])
            for at in range(0, max(1, len(rows)), pace.unit_rows)
        ]
        return [*steps[:-1], replace(steps[-1], is_last=True)]

    def _take_step(self, step: _Step, page: _Page[Any], standing: _Standing, troubles: list[str]) -> None:
        """Write one unit; where the tables refuse it, row by row: one bad row holds back no other."""
        try:
            with _no_collecting(), self._units.write() as unit:
                step.take(self._taking(unit, standing.round, troubles))
                if step.is_last:
                    self._note_page(unit.connection, step.mapping, page, standing)
        except _NOT_TAKEN:
            self._take_singly(step, standing, troubles)
            if step.is_last:
                with self._units.write() as unit:
                    self._note_page(unit.connection, step.mapping, page, standing)

    def _take_singly(self, step: _Step, standing: _Standing, troubles: list[str]) -> None:
        for one, what in step.singly():
            try:
                with self._units.write() as unit:
                    one.take(self._taking(unit, standing.round, troubles))
            except _NOT_TAKEN:
                troubles.append(f"{step.mapping.resource} {what} does not fit what is here; it is not taken.")

    def _sweep(self, mapping: Mapping[Any], round_: int, pace: Pace, troubles: list[str]) -> None:
        """Take away what an earlier round had and this whole one did not: it is gone at the server."""
        gone = [""]
        while gone:
            with self._units.write() as unit:
                gone = mapping.gone_since(unit.connection, round_, limit=SELLING.unit_rows)
                if gone:
                    mapping.delete(self._taking(unit, round_, troubles), gone)
                else:
                    unit.connection.execute(
                        pull_cursor.update()
                        .where(pull_cursor.c.resource == mapping.resource)
                        .values(is_whole=True)
                    )
            self._pause(pace.pause_s)

    def _retry(self, mapping: Mapping[Any], troubles: list[str], is_cancelled: Callable[[], bool]) -> None:
        while not is_cancelled():
            with self._units.read() as connection:
                if not mapping.has_waiting(connection):
                    return
            with self._units.write() as unit:
                mapping.retry(self._taking(unit, self._standing_in(unit.connection, mapping).round, troubles))
            self._pause(SELLING.pause_s)

    def _tidy(self, is_cancelled: Callable[[], bool]) -> None:
        is_merging = True
        while is_merging and not is_cancelled():
            with self._units.write() as unit:
                is_merging = merge_search(unit.connection)
            self._pause(SELLING.pause_s)
        self._units.checkpoint()

    def _taking(self, unit: WriteUnit, round_: int, troubles: list[str]) -> Taking:
        head = read_head(unit.connection)
        return Taking(
            unit=unit,
            at=self._clock.now(),
            round=round_,
            till_id=head.till_id,
            own_tills=own_tills(unit.connection),
            record=self._record,
            seal_pin=self._seal_pin,
            troubles=troubles,
        )

    def _record(self, unit: WriteUnit, kind: str, body: JsonObject) -> object:
        actor = enrolling_actor(unit.connection)
        assert actor is not None, "a till that pulls was enrolled by somebody"
        return self._book.record(unit, kind, body, actor=actor)

    def _standing(self, mapping: Mapping[Any]) -> _Standing:
        with self._units.read() as connection:
            return self._standing_in(connection, mapping)

    def _standing_in(self, connection: Connection, mapping: Mapping[Any]) -> _Standing:
        row: Any = connection.execute(
            select(pull_cursor).where(pull_cursor.c.resource == mapping.resource)
        ).one_or_none()
        if row is None:
            return _Standing("", "", 1, is_whole=False, rows_taken=0)
        own = f"+{mapping.version}"
        if row.cursor and not row.mapping.endswith(own):
            # This program reads more of a row than the one before: only this resource is pulled anew.
            return _Standing("", row.mapping, row.round + 1, is_whole=False, rows_taken=0)
        return _Standing(row.cursor, row.mapping, row.round, row.is_whole, row.rows_taken)

    def _shape(self, mapping: Mapping[Any], served: str) -> str:
        return f"{served}+{mapping.version}"

    def _begin_anew(self, mapping: Mapping[Any], standing: _Standing, shape: str) -> None:
        values = {
            "cursor": "",
            "mapping": shape,
            "round": standing.round + 1,
            "is_whole": False,
            "rows_taken": 0,
            "pulled_at": self._clock.now(),
        }
        with self._units.write() as unit:
            if not shape:
                # Not another shape of rows but another database.
                ask_again(unit.connection)
            self._store(unit.connection, mapping, values)

    def _note_page(
        self, connection: Connection, mapping: Mapping[Any], page: _Page[Any], standing: _Standing
    ) -> None:
        values = {
            "cursor": page.cursor,
            "mapping": self._shape(mapping, page.mapping),
            "round": standing.round,
            "is_whole": standing.is_whole,
            "rows_taken": standing.rows_taken + len(page.rows),
            "pulled_at": self._clock.now(),
        }
        self._store(connection, mapping, values)

    def _store(self, connection: Connection, mapping: Mapping[Any], values: dict[str, Any]) -> None:
        connection.execute(
            insert(pull_cursor)
            .values(resource=mapping.resource, **values)
            .on_conflict_do_update(index_elements=["resource"], set_=values)
        )

    def _note_asked(self, mapping: Mapping[Any]) -> None:
        with self._units.read() as connection:
            counts = mapping.counts_asking(connection)
        if counts:
            with self._units.write() as unit:
                unit.connection.execute(
                    pull_cursor.update()
                    .where(pull_cursor.c.resource == mapping.resource)
                    .values(pulled_at=self._clock.now())
                )

    def _note_troubles(self, resource: str, troubles: Sequence[str]) -> None:
        text = "\n".join(troubles[:_TROUBLES_SHOWN]) or None
        of = pull_cursor.c.resource == resource
        with self._units.read() as connection:
            if connection.execute(select(pull_cursor.c.trouble).where(of)).scalar() == text:
                return
        with self._units.write() as unit:
            unit.connection.execute(pull_cursor.update().where(of).values(trouble=text))


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Let nobody look for garbage among thousands of new rows: there is none, and looking costs a third.

    In the window this changes nothing: there only its own thread collects (pos/ui/garbage.py).
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _json(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode()
