"""The quick reader of pushed lines accepts and refuses exactly what the strict one does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from central.services.push_lines import parse_fast, read_pushed_line
from pos.domain.canonical import JsonError, canonical_bytes, parse_canonical
from pos.domain.journal import GENESIS_HASH, Event, JournalError, read_line, write_line

KEYS = st.one_of(st.text("abz_09", min_size=1, max_size=5), st.text(max_size=4))
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53 - 1, 2**53, -(2**53), 10**15, 10**16]),
    st.text(max_size=20),
    st.floats(),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)
EVENT = Event(
    id=UUID("01978c6c-0000-7000-8000-000000000001"),
    kind="cash_moved",
    body={"amount_minor": 5},
    at=datetime(2026, 11, 20, 10, 15, 30, 123_000, UTC),
    business_day="2026-11-20",
    till=UUID("01978c6c-0000-7000-8000-000000000002"),
    actor=UUID("01978c6c-0000-7000-8000-000000000003"),
    app="1.4.0",
)


def outcome(read: Any, data: bytes) -> tuple[str, Any]:
    try:
        return "value", read(data)
    except JsonError as error:
        return "refused", error.code


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@given(VALUES)
def test_fast_when_given_any_value_then_as_the_strict_reader(value: Any) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass")
    assert outcome(parse_fast, data) == outcome(parse_canonical, data)


@given(VALUES, st.integers(0, 200), st.binary(min_size=1, max_size=3))
def test_fast_when_bytes_are_changed_then_as_the_strict_reader(value: Any, at: int, put: bytes) -> None:
    data = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    changed = data[: at % (len(data) + 1)] + put + data[at % (len(data) + 1) :]
    assert outcome(parse_fast, changed) == outcome(parse_canonical, changed)


@given(st.binary(max_size=40))
@example(b'{"a":1,"a":1}')
@example(b'{"a":1.0}')
@example(b'{"a":1e3}')
@example(b'{"a":-0}')
@example(b'{"A":1}')
@example(b'{"b":1,"a":1}')
@example(b'{"a": 1}')
@example(b'{"a":9007199254740991}')
@example(b'{"a":9007199254740992}')
@example(b'["9007199254740992",":9007199254740992"]')
@example(b'{"a":"\\ud800"}')
@example(b'{"a":"\\u0041"}')
@example(b'{"a":"\\u0000"}')
@example(b"9007199254740992")
@example(b"NaN")
@example(b"Infinity")
@example(b"\xef\xbb\xbf{}")
@example(b"")
@example(b"{}\n")
@example(nested(32))
@example(nested(33))
@example(nested(34))
@example(nested(5_000))
@example(b"1" * 5_000)
def test_fast_when_given_any_bytes_then_as_the_strict_reader(data: bytes) -> None:
    assert outcome(parse_fast, data) == outcome(parse_canonical, data)


def test_line_when_right_then_read_as_the_strict_reader_does() -> None:
    written = write_line(EVENT, 1, GENESIS_HASH)
    line, (strict, prev) = read_pushed_line(written.data), read_line(written.data)
    assert (line.seq, line.hash, line.at, line.prev) == (strict.seq, strict.hash, EVENT.at, prev.hex())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("v", 2),
        ("seq", 0),
        ("seq", "1"),
        ("seq", True),
        ("id", "01978C6C-0000-7000-8000-000000000001"),
        ("id", "{01978c6c-0000-7000-8000-000000000001}"),
        ("till", None),
        ("actor", 5),
        ("shift", "x"),
        ("prev", "00"),
        ("at", "2026-11-20T10:15:30Z"),
        ("at", "2026-13-20T10:15:30.123Z"),
        ("business_day", "2026-02-30"),
        ("business_day", 20),
        ("kind", None),
        ("kind_version", "1"),
        ("app", []),
        ("body", []),
    ],
)
def test_line_when_a_value_is_of_the_wrong_form_then_refused(key: str, value: Any) -> None:
    line = json.loads(write_line(EVENT, 1, GENESIS_HASH).data) | {key: value}
    with pytest.raises(JournalError) as refused:
        read_pushed_line(canonical_bytes(line))
    assert refused.value.code == "journal.form"


@pytest.mark.parametrize("data", [b"5", b"[]", b"{}", b'{"v":1}'])
def test_line_when_it_is_something_else_then_refused(data: bytes) -> None:
    with pytest.raises(JournalError):
        read_pushed_line(data)
