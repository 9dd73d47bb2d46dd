import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from pos.domain.canonical import JsonError, canonical_bytes
from pos.domain.journal import (
    GENESIS_HASH,
    Event,
    JournalError,
    head_message,
    instant_text,
    line_hash,
    parse_instant,
    read_line,
    write_line,
)

AT = datetime(2026, 11, 20, 10, 15, 30, 123_999, tzinfo=UTC)
ONE = UUID("01a00000-0000-7000-8000-000000000001")
TWO = UUID("01a00000-0000-7000-8000-000000000002")


def event(**changes: object) -> Event:
    values = {
        "id": ONE,
        "kind": "clock_noted",
        "body": {"what": "drift", "wall": "x", "trusted": "y"},
        "at": AT,
        "business_day": "2026-11-20",
        "till": TWO,
        "actor": TWO,
        "app": "0.2.0",
    }
    return Event(**{**values, **changes})


def test_line_when_written_is_the_documented_bytes() -> None:
    line = write_line(event(), 1, GENESIS_HASH)

    assert line.data.decode() == (
        '{"actor":"01a00000-0000-7000-8000-000000000002","app":"0.2.0","approved_by":null,'
        '"at":"2026-11-20T10:15:30.123Z","body":{"trusted":"y","wall":"x","what":"drift"},'
        '"business_day":"2026-11-20","id":"01a00000-0000-7000-8000-000000000001","kind":"clock_noted",'
        f'"kind_version":1,"prev":"{"0" * 64}","seq":1,"shift":null,'
        '"till":"01a00000-0000-7000-8000-000000000002","v":1}'
    )
    assert line.hash == hashlib.sha256(line.data).digest() == line_hash(line.data)


def test_line_when_read_back_is_what_was_written() -> None:
    first = write_line(event(shift=ONE, approved_by=TWO), 1, GENESIS_HASH)
    second = write_line(event(), 2, first.hash)

    line, prev = read_line(second.data)

    assert (line.seq, line.hash, prev) == (2, second.hash, first.hash)
    assert read_line(first.data)[0].event.shift == ONE
    assert line.event.at == datetime(2026, 11, 20, 10, 15, 30, 123_000, tzinfo=UTC)


def test_line_when_its_kind_is_unknown_is_refused() -> None:
    with pytest.raises(JournalError) as refused:
        write_line(event(kind="sale_improved"), 1, GENESIS_HASH)

    assert refused.value.code == "journal.kind"


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"extra": 1},
        {"seq": "1"},
        {"seq": True},
        {"at": "2026-11-20T10:15:30Z"},
        {"at": "2026-11-20T10:15:30.1234Z"},
        {"till": "not-an-id"},
        {"body": []},
        {"prev": "zz"},
    ],
)
def test_line_when_a_value_has_another_form_is_refused(change: dict[str, object]) -> None:
    value = json.loads(write_line(event(), 1, GENESIS_HASH).data) | change

    with pytest.raises(JournalError) as refused:
        read_line(canonical_bytes(value))

    assert refused.value.code == "journal.form"


def test_line_when_not_canonical_is_refused() -> None:
    data = write_line(event(), 1, GENESIS_HASH).data.replace(b'":', b'": ', 1)

    with pytest.raises(JsonError) as refused:
        read_line(data)

    assert refused.value.code == "json.not_canonical"


def test_instant_when_written_has_three_decimals_and_needs_a_zone() -> None:
    assert instant_text(AT) == "2026-11-20T10:15:30.123Z"
    assert parse_instant("2026-11-20T10:15:30.123Z").tzinfo is UTC
    with pytest.raises(TypeError):
        instant_text(AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="three decimals"):
        parse_instant("2026-11-20T10:15:30.1234Z")


def test_head_message_when_built_has_its_own_prefix() -> None:
    message = head_message(at=AT, line_hash_hex="ab" * 32, seq=7, till=TWO)

    assert message.startswith(b"kilotill-head-v1\n")
    assert json.loads(message.split(b"\n", 1)[1]) == {
        "at": "2026-11-20T10:15:30.123Z",
        "hash": "ab" * 32,
        "seq": 7,
        "till": str(TWO),
    }
