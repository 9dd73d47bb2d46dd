"""One journal line under verify: its exact bytes, its place in the chain, and the sums inside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn
from uuid import UUID

from pos.domain.journal import GENESIS_HASH, KINDS, LINE_KEYS, LINE_VERSION, Event, line_hash
from pos.domain.receipt_number import number_of
from pos.errors import UserError
from pos.models.packing import PackingError, unpack_line
from pos.services.verify_findings import Finding, shown

Body = Mapping[str, Any]


class FoundWrong(Exception):  # noqa: N818 - not a fault: the way out of a walk once something is wrong
    """Carries the finding that ends the walk through the journal."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.text)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A row of `journal` or `former_journal` as it is stored."""

    table: str
    seq: int
    id: bytes
    kind: str
    business_day: str
    line: bytes
    hash: bytes
    is_booked: bool = True
    """Whether rows follow from it; not from every line that came back from the mirror after a restore."""

    def wrong(
        self,
        code: str,
        text: str,
        *,
        column: str | None = None,
        expected: object = None,
        found: object = None,
    ) -> FoundWrong:
        """Return the way out: this row is wrong."""
        return FoundWrong(
            Finding(code, text, self.table, f"seq={self.seq}", column, shown(expected), shown(found))
        )


class Chain:
    """Follows one book from its first line; `seq` and `hash` are those of the last line that was right."""

    def __init__(self, till_id: UUID) -> None:
        """Begin at the first line of the book of this till."""
        self._till = str(till_id)
        self.seq = 0
        self.hash = GENESIS_HASH

    def follow(self, row: JournalRow) -> tuple[Event, bytes]:
        """Check that `row` is the next line, byte for byte; return its event and its bytes.

        Raises:
            FoundWrong: `verify.gap`, `verify.packing`, `verify.hash`, `verify.form`, `verify.chain`,
                `verify.column`.
        """
        if row.seq != self.seq + 1:
            raise FoundWrong(
                Finding(
                    "verify.gap",
                    f"Line {self.seq + 1} of the journal is missing: the next one is {row.seq}.",
                    row.table,
                    f"seq={self.seq + 1}",
                    "seq",
                    str(self.seq + 1),
                    str(row.seq),
                )
            )
        data = _unpacked(row)
        value = _parsed(row, data)
        self._check_chain(row, value)
        _check_columns(row, value)
        self.seq, self.hash = row.seq, row.hash
        return _event(row, value), data

    def _check_chain(self, row: JournalRow, value: dict[str, Any]) -> None:
        prev = self.hash.hex()
        if value["prev"] != prev:
            raise row.wrong(
                "verify.chain",
                f"Line {row.seq} does not follow the line before it.",
                column="line",
                expected=prev,
                found=value["prev"],
            )
        if value["till"] != self._till:
            raise row.wrong(
                "verify.chain",
                f"Line {row.seq} was written by another till.",
                column="line",
                expected=self._till,
                found=value["till"],
            )


class BookLaws:
    """The laws inside a line, and the numbers that may not have gaps (docs/formats.md §4, §7, §11)."""

    def __init__(self, *, receipt: int, z: int) -> None:
        """Begin after the numbers `receipt` and `z`."""
        self.receipt = receipt
        self.z = z

    def check(self, row: JournalRow, event: Event) -> None:
        """Check one line.

        Raises:
            FoundWrong: `verify.sums`, `verify.carry`, `verify.receipt_gap`.
        """
        body: Body = event.body
        if event.kind == "sale_delivered":
            sale: Body = body["sale"]
            _check_sums(row, sale)
            self.receipt = self._next(row, sale["receipt_number"], self.receipt, "Receipt")
        elif event.kind == "tokens_issued" and event.body["cause"] == "free":
            _check_carry(row, body["item"])
        elif event.kind == "sale_closed" and "document_number" in body:
            self.receipt = self._next(row, str(body["document_number"]), self.receipt, "Receipt")
        elif event.kind == "shift_closed":
            self.z = self._next(row, str(body["z_number"]), self.z, "Z report")

    def _next(self, row: JournalRow, text: str, last: int, what: str) -> int:
        try:
            number = number_of(text)
        except UserError:
            number = -1
        if number != last + 1:
            raise row.wrong(
                "verify.receipt_gap",
                f"{what} {last + 1} is missing: line {row.seq} has {text}.",
                column="line",
                expected=last + 1,
                found=text,
            )
        return number


def _unpacked(row: JournalRow) -> bytes:
    try:
        data = unpack_line(row.line)
    except (PackingError, TypeError) as error:
        raise row.wrong(
            "verify.packing",
            f"Line {row.seq} of the journal cannot be unpacked: {error}.",
            column="line",
            found=row.line,
        ) from error
    found = line_hash(data)
    if found != row.hash:
        raise row.wrong(
            "verify.hash",
            f"Line {row.seq} of the journal or its hash was changed.",
            column="hash",
            expected=found,
            found=row.hash,
        )
    return data


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no whole number")


_read = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode
_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _parsed(row: JournalRow, data: bytes) -> dict[str, Any]:
    """Read a line and insist on its canonical form: written again, it gives the same bytes."""
    try:
        value = _read(data.decode())
        is_ours = _write(value).encode() == data and value.keys() == LINE_KEYS and value["v"] == LINE_VERSION
    except (ValueError, RecursionError, AttributeError) as error:
        raise row.wrong("verify.form", f"Line {row.seq} is not a journal line: {error}.") from error
    if not is_ours:
        raise row.wrong("verify.form", f"Line {row.seq} is not in the canonical form of a journal line.")
    line: dict[str, Any] = value
    return line


def _check_columns(row: JournalRow, value: dict[str, Any]) -> None:
    pairs = (
        ("seq", value["seq"], row.seq),
        ("kind", value["kind"], row.kind),
        ("business_day", value["business_day"], row.business_day),
    )
    for column, expected, found in pairs:
        if expected != found:
            raise _column_differs(row, column, expected, found)
    if value["kind"] not in KINDS:
        raise row.wrong("verify.form", f"Line {row.seq} is of a kind that does not exist.", column="kind")


def _column_differs(row: JournalRow, column: str, expected: object, found: object) -> FoundWrong:
    return row.wrong(
        "verify.column",
        f"The column {column} of line {row.seq} says something else than the line.",
        column=column,
        expected=expected,
        found=found,
    )


def _event(row: JournalRow, value: dict[str, Any]) -> Event:
    try:
        identity = UUID(value["id"])
        at = datetime.fromisoformat(value["at"])
        event = Event(
            id=identity,
            kind=value["kind"],
            body=value["body"],
            at=at,
            business_day=value["business_day"],
            till=_known_id(value["till"]),
            actor=_known_id(value["actor"]),
            app=value["app"],
            shift=None if value["shift"] is None else _known_id(value["shift"]),
            approved_by=None if value["approved_by"] is None else _known_id(value["approved_by"]),
            kind_version=value["kind_version"],
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise row.wrong("verify.form", f"Line {row.seq} has a value of the wrong form: {error}.") from error
    if at.tzinfo is None or len(value["at"]) != 24 or not isinstance(event.body, dict):
        raise row.wrong("verify.form", f"Line {row.seq} has a value of the wrong form.")
    if identity.bytes != row.id:
        raise _column_differs(row, "id", identity, row.id)
    return event


@lru_cache(maxsize=1024)
def _known_id(text: str) -> UUID:
    """People, tills and shifts come back in line after line."""
    return UUID(text)


def _check_sums(row: JournalRow, sale: Body) -> None:
    """Σ lines of an item = its money; Σ items = money = Σ payments (docs/formats.md §4)."""
    money_minor = 0
    for item in sale["items"]:
        lines_minor = sum(line["amount_minor"] for line in item.get("lines", ()))
        if "lines" in item and lines_minor != item["money_minor"]:
            raise _sums_differ(row, "lines of an item", item["money_minor"], lines_minor)
        money_minor += item["money_minor"]
        if item["item_kind"] == "token":
            _check_carry(row, item)
    if money_minor != sale["money_minor"]:
        raise _sums_differ(row, "items", sale["money_minor"], money_minor)
    paid_minor = sum(one["amount_minor"] for one in sale["payments"])
    if paid_minor != sale["money_minor"]:
        raise _sums_differ(row, "payments", sale["money_minor"], paid_minor)


def _sums_differ(row: JournalRow, what: str, expected: int, found: int) -> FoundWrong:
    return row.wrong(
        "verify.sums",
        f"In line {row.seq} the {what} do not add up to the money.",
        column="line",
        expected=expected,
        found=found,
    )


def _check_carry(row: JournalRow, item: Body) -> None:
    """Units + free + carried in = token + carried out (docs/formats.md §7.6)."""
    if "token_units_tenths" not in item:
        return
    given = item["units_milli"] + item["free_milli"] + item["carry_in_milli"]
    used = 100 * item["token_units_tenths"] + item["carry_out_milli"]
    tokens_tenths = sum(one.get("tenths", 0) for one in item["tokens"])
    if given != used or tokens_tenths != item["token_units_tenths"]:
        raise row.wrong(
            "verify.carry",
            f"In line {row.seq} units, tokens and carry do not add up.",
            column="line",
            expected=given,
            found=100 * tokens_tenths + item["carry_out_milli"],
        )
