"""Proof of the books: every projection rebuilt from the journal and compared, every law added up again.

The journal is the truth (docs/formats.md §3). Each line is checked byte for byte along its chain; from the
lines all that follows is rebuilt by the rule that wrote it, in a database beside, and compared column by
column. What somebody with the database in his hands changed together (journal, tables and head) only an
anchor outside can tell: the report says which there were.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from pos.domain.journal import Event
from pos.models.book_facts import MissingFactError
from pos.models.packing import PackingError, unpack_document
from pos.models.places import place_of
from pos.models.projector import project
from pos.models.rebuild import RebuildFacts, RebuildSink, create_rebuilt_tables
from pos.models.uow import Units
from pos.services.verify_findings import Anchor, AnchorResult, Finding, VerifyReport, shown
from pos.services.verify_lines import BookLaws, Chain, FoundWrong, JournalRow
from pos.services.verify_tables import check_laws, compare_tables

__all__ = ["Anchor", "AnchorResult", "Finding", "VerifyReport", "verify"]

_REBUILT = "rebuilt"
_REFUSALS = (LookupError, ValueError, TypeError, AttributeError, AssertionError, OverflowError)
"""What the projector raises over a line that no till of ours wrote."""


def verify(units: Units, anchors: Sequence[Anchor] = ()) -> VerifyReport:
    """Verify all books of this till and everything that follows from them; changes nothing.

    Reads one snapshot, so it may run beside a till that sells. Takes about two minutes a million lines and
    needs room for a copy of the projections in the folder for temporary files.

    Raises:
        MachineFault: `disk.*`, the database cannot be read at all.
    """
    heads = [(anchor.name, anchor.head()) for anchor in anchors]
    with units.read() as connection, _beside(connection.connection.driver_connection) as database, _calm():
        return _Verification(database).run(heads)


@contextmanager
def _calm() -> Iterator[None]:
    """Hold the garbage collector still: the walk makes millions of short-lived values and not one cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _beside(raw: Any) -> Iterator[sqlite3.Connection]:
    """Attach an empty database for the rebuilt tables; one read snapshot of the live one."""
    assert isinstance(raw, sqlite3.Connection)
    with tempfile.TemporaryDirectory(prefix="kilotill-verify-") as folder:
        raw.execute(f"ATTACH ? AS {_REBUILT}", (str(Path(folder) / "rebuilt.sqlite"),))
        try:
            # It is thrown away in any case: nothing of it has to survive a power cut.
            for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -64000"):
                raw.execute(f"PRAGMA {_REBUILT}.{pragma}")
            raw.execute("BEGIN")
            yield raw
        finally:
            raw.rollback()
            raw.execute(f"DETACH {_REBUILT}")


class _Verification:
    """One run."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        create_rebuilt_tables(database, _REBUILT)
        self._sink = RebuildSink(database, _REBUILT)
        self._facts = RebuildFacts(database, self._sink)
        self._checked = {"lines": 0, "documents": 0, "documents_erased": 0}
        self._z = 0
        self._former = database.execute(
            "SELECT number, till_id, head_seq, head_hash, receipt_last FROM main.former_book ORDER BY number"
        ).fetchall()
        self._book = database.execute(
            "SELECT number, till_id, head_seq, head_hash, receipt_last, z_last, case_last FROM main.book"
        ).fetchone()

    def run(self, heads: Sequence[tuple[str, tuple[int, bytes] | None]]) -> VerifyReport:
        witnesses: tuple[AnchorResult, ...] = ()
        findings: list[Finding] = []
        try:
            self._walk_books()
            self._sink.finish()
        except FoundWrong as stop:
            findings.append(stop.finding)
        except sqlite3.IntegrityError as error:
            findings.append(
                Finding("verify.unreadable", f"Two lines of the journal tell of one row: {error}.", "journal")
            )
        else:
            findings += self._check_after_walk()
        witnesses, cut = _compare_anchors(self._database, heads)
        return VerifyReport((*findings, *cut), self._checked, witnesses)

    def _walk_books(self) -> None:
        for row in self._former:
            self._walk_book("former_journal", *row)
        number, till_id, head_seq, head_hash, receipt_last, z_last, _ = self._book
        self._walk_book("journal", number, till_id, head_seq, head_hash, receipt_last)
        if self._z != z_last:
            raise FoundWrong(_counter("z_last", self._z, z_last))

    def _walk_book(
        self, table: str, number: int, till_id: bytes, head_seq: int, head_hash: bytes, receipt_last: int
    ) -> None:
        """Follow one book to its head, rebuilding as it goes."""
        chain = Chain(UUID(bytes=till_id))
        # Receipts begin anew with each book, in a series of their own; Z reports count on.
        laws = BookLaws(receipt=0, z=self._z)
        for row, papers in self._rows(table, number):
            event, data = chain.follow(row)
            _lawful(laws, row, event)
            self._check_paper(row, event, data, papers)
            if event.kind == "envelope_taken":
                self._check_envelope(event)
            if row.is_booked:
                self._project(row, event, place_of(number, row.seq))
            self._checked["lines"] += 1
        owner = "book" if table == "journal" else "former_book"
        for column, expected, found in (
            ("head_seq", chain.seq, head_seq),
            ("head_hash", chain.hash, head_hash),
            ("receipt_last", laws.receipt, receipt_last),
        ):
            if expected != found:
                raise FoundWrong(_head_differs(owner, number, column, expected, found))
        self._z = laws.z

    def _rows(self, table: str, number: int) -> Iterator[tuple[JournalRow, tuple[Any, ...]]]:
        first = place_of(number, 0)
        key = "seq" if table == "journal" else "place"
        # Former books keep the place of a line, the present one its seq.
        offset = first if table == "journal" else 0
        last = place_of(number + 1, 0)
        bounds = "" if table == "journal" else f"WHERE l.place > {first} AND l.place < {last}"
        query = (
            f"SELECT l.{key}, l.id, l.kind, l.business_day, l.line, l.hash, "  # noqa: S608 - our own names
            f"{'1' if table == 'journal' else 'l.is_booked'}, d.sha256, d.body, d.erased_at "
            f"FROM main.{table} AS l LEFT JOIN main.document AS d ON d.place = l.{key} + {offset} "
            f"{bounds} ORDER BY l.{key}"
        )
        for row in self._database.execute(query):
            seq = row[0] - (0 if table == "journal" else first)
            yield JournalRow(table, seq, *row[1:7]), row[7:]

    def _project(self, row: JournalRow, event: Event, place: int) -> None:
        try:
            project(event, place, self._sink, self._facts)
        except MissingFactError as error:
            raise row.wrong(
                "verify.missing_record",
                f"Line {row.seq} speaks of something this database does not hold: {error}.",
            ) from error
        except _REFUSALS as error:
            raise _unreadable(row, error) from error

    def _check_envelope(self, event: Event) -> None:
        """Compare the envelope that a line took with its hash, and its columns with what it says."""
        sequence = event.body.get("sequence")
        stored = self._database.execute(
            "SELECT body, as_of_seq, money_minor, units_milli FROM main.envelope WHERE sequence = ?",
            (sequence,),
        ).fetchone()
        if stored is None:
            return  # A missing row is found with the other rows.
        body = str(stored[0])
        expected = event.body.get("sha256")
        found = hashlib.sha256(body.encode()).hexdigest()
        if found != expected:
            raise _envelope_differs(sequence, "body", expected, found)
        limits = json.loads(body)
        for column, figure in zip(("as_of_seq", "money_minor", "units_milli"), stored[1:], strict=True):
            if limits.get(column) != figure:
                raise _envelope_differs(sequence, column, limits.get(column), figure)

    def _check_paper(self, row: JournalRow, event: Event, data: bytes, paper: tuple[Any, ...]) -> None:
        """Compare the hash of a line's document with the line and the document."""
        sha256, body, erased_at = paper
        if sha256 is None:
            return
        expected = _document_sha256(event) or sha256
        self._checked["documents"] += 1
        if erased_at is None:
            found = _unpacked_sha256(body, data)
        else:
            found = sha256
            self._checked["documents_erased"] += 1
        if sha256 != expected or found != expected:
            raise FoundWrong(
                Finding(
                    "verify.document",
                    f"The document of line {row.seq} is not the one that was written then.",
                    "document",
                    f"place={row.seq}",
                    "sha256" if sha256 != expected else "body",
                    shown(expected),
                    shown(sha256 if sha256 != expected else found),
                )
            )

    def _check_after_walk(self) -> list[Finding]:
        findings = list(compare_tables(self._database, _REBUILT, self._checked))
        findings += self._check_counters()
        findings += self._check_stray_papers()
        findings += check_laws(self._database)
        return findings

    def _check_counters(self) -> Iterator[Finding]:
        cases = self._database.execute(f"SELECT count(*) FROM {_REBUILT}.case_record").fetchone()[0]  # noqa: S608 - our own names
        if cases != self._book[6]:
            yield _counter("case_last", cases, self._book[6])

    def _check_stray_papers(self) -> Iterator[Finding]:
        row = self._database.execute(
            "SELECT place FROM main.document WHERE place NOT IN "
            "(SELECT seq + ? FROM main.journal UNION ALL SELECT place FROM main.former_journal) LIMIT 1",
            (place_of(self._book[0], 0),),
        ).fetchone()
        if row is not None:
            yield Finding(
                "verify.document",
                f"The document at place {row[0]} belongs to no line of the journal.",
                "document",
                f"place={row[0]}",
            )


def _lawful(laws: BookLaws, row: JournalRow, event: Event) -> None:
    try:
        laws.check(row, event)
    except _REFUSALS as error:
        raise _unreadable(row, error) from error


def _unreadable(row: JournalRow, error: Exception) -> FoundWrong:
    return row.wrong(
        "verify.unreadable",
        f"Nothing follows from line {row.seq}, a {row.kind[:40]}: {type(error).__name__} {error}.",
        column="line",
    )


def _document_sha256(event: Event) -> bytes | None:
    """The hash of its document that a line names, None if it names none."""
    sale: Any = event.body.get("sale")
    return bytes.fromhex(sale["document_sha256"]) if isinstance(sale, dict) else None


def _unpacked_sha256(body: bytes, line: bytes) -> bytes:
    try:
        return hashlib.sha256(unpack_document(body, line)).digest()
    except (PackingError, TypeError):
        return b""


def _envelope_differs(sequence: object, column: str, expected: object, found: object) -> FoundWrong:
    return FoundWrong(
        Finding(
            "verify.envelope",
            f"The {column} of envelope {sequence} is not what was signed.",
            "envelope",
            f"sequence={sequence}",
            column,
            shown(expected),
            shown(found),
        )
    )


def _head_differs(table: str, number: int, column: str, expected: object, found: object) -> Finding:
    return Finding(
        "verify.head",
        f"The book says {column} is {shown(found)}; its last line says {shown(expected)}.",
        table,
        f"number={number}",
        column,
        shown(expected),
        shown(found),
    )


def _counter(column: str, expected: int, found: int) -> Finding:
    return Finding(
        "verify.counter",
        f"The book counts {found} as {column}; its lines say {expected}.",
        "book",
        "one=1",
        column,
        str(expected),
        str(found),
    )


def _compare_anchors(
    database: sqlite3.Connection, heads: Sequence[tuple[str, tuple[int, bytes] | None]]
) -> tuple[tuple[AnchorResult, ...], list[Finding]]:
    """Ask every witness; a line it knows and the journal lacks was cut off."""
    results, findings = [], []
    for name, head in heads:
        if head is None:
            results.append(AnchorResult(name, "absent"))
            continue
        seq, known = head
        row = database.execute("SELECT hash FROM main.journal WHERE seq = ?", (seq,)).fetchone()
        agrees = row is not None and row[0] == known
        results.append(AnchorResult(name, "agrees" if agrees else "differs", seq))
        if row is None:
            findings.append(_tail_cut(name, seq, known))
        elif not agrees:
            findings.append(
                Finding(
                    "verify.fork",
                    f"The {name} knows another line {seq} than the journal.",
                    "journal",
                    f"seq={seq}",
                    "hash",
                    shown(known),
                    shown(row[0]),
                )
            )
    return tuple(results), findings


def _tail_cut(name: str, seq: int, known: bytes) -> Finding:
    return Finding(
        "verify.tail_cut",
        f"The {name} knows line {seq}; the journal ends before it: its end was cut off.",
        "journal",
        f"seq={seq}",
        "hash",
        shown(known),
    )
