"""Reading pushed journal lines: as strict as `pos.domain.journal.read_line`, at a fraction of its cost.

A line is parsed by a quick library and written again; equal bytes prove most of docs/formats.md §2. The rest
(keys, size and kind of numbers, depth) is looked at value by value, and what is unusual goes the strict way.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson

from pos.domain.canonical import DEPTH_MAX, INTEGER_MAX, JsonError, parse_canonical
from pos.domain.journal import LINE_KEYS, LINE_VERSION, JournalError, line_hash

_GOOD_KEY = re.compile(r"[a-z0-9_]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_SEQ_MAX = 2**40
_KNOWN_KEYS: set[str] = set()
_KNOWN_KEYS_MAX = 10_000
_LOOKED_INTO = frozenset({dict, list, float})


@dataclass(frozen=True, slots=True)
class PushedLine:
    """One journal line: its bytes, its hash and its parsed object."""

    data: bytes
    hash: bytes
    value: dict[str, Any]
    seq: int
    at: datetime

    @property
    def prev(self) -> str:
        """The hash it says it follows, in hex."""
        return str(self.value["prev"])


def read_pushed_line(data: bytes) -> PushedLine:
    """Read one line.

    Raises:
        JsonError: bytes that are not canonical JSON (`json.*`).
        JournalError: `journal.form`, JSON that is no journal line.
    """
    value = parse_fast(data)
    if not isinstance(value, dict) or value.keys() != LINE_KEYS:
        raise _form("These bytes are not a journal line.")
    return PushedLine(data, line_hash(data), value, value["seq"], _checked_instant(value))


def parse_fast(data: bytes) -> Any:
    """Parse canonical JSON; accepts and refuses exactly what `parse_canonical` does."""
    try:
        value = orjson.loads(data)
        if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == data and _is_plain(value, DEPTH_MAX):
            return value
    except (ValueError, TypeError):
        pass  # The strict reader below says what is wrong.
    return parse_canonical(data)


def _is_plain(value: Any, depth: int) -> bool:
    """Say whether all keys and numbers under `value` are allowed, and no child stands deeper than `depth`."""
    if type(value) is dict:
        if not (value.keys() <= _KNOWN_KEYS or _learn(value)):
            return False
        children: Collection[Any] = value.values()
    elif type(value) is list:
        children = value
    else:
        return _is_plain_leaf(value)
    if not depth:
        return not children
    for child in children:
        # Most children are texts: a call for each would cost more than all the rest.
        if type(child) is int:
            if not -INTEGER_MAX <= child <= INTEGER_MAX:
                return False
        elif type(child) in _LOOKED_INTO and not _is_plain(child, depth - 1):
            return False
    return True


def _is_plain_leaf(value: Any) -> bool:
    # A float is also what becomes of an integer of very many digits.
    return type(value) is not float and (type(value) is not int or -INTEGER_MAX <= value <= INTEGER_MAX)


def _learn(value: dict[str, Any]) -> bool:
    """Judge keys not seen before, and remember the good ones: there are few."""
    if not all(map(_GOOD_KEY.fullmatch, value)):
        return False
    if len(_KNOWN_KEYS) < _KNOWN_KEYS_MAX:
        _KNOWN_KEYS.update(value)
    return True


def _checked_instant(value: dict[str, Any]) -> datetime:
    """Check the form of everything around the body; return `at`."""
    try:
        texts = (value["id"], value["till"], value["actor"])
        optional = (value["shift"], value["approved_by"])
        is_good = (
            value["v"] == LINE_VERSION
            and all(map(_UUID.fullmatch, texts))
            and all(one is None or _UUID.fullmatch(one) for one in optional)
            and bool(_HASH.fullmatch(value["prev"]))
            and bool(_DAY.fullmatch(value["business_day"]))
            and bool(_INSTANT.fullmatch(value["at"]))
            and type(value["seq"]) is int
            and 0 < value["seq"] <= _SEQ_MAX
            and type(value["kind_version"]) is int
            and isinstance(value["kind"], str)
            and isinstance(value["app"], str)
            and isinstance(value["body"], dict)
        )
        at = datetime.fromisoformat(value["at"]).astimezone(UTC)
        date.fromisoformat(value["business_day"])
    except (TypeError, ValueError) as error:
        raise _form("A journal line has a value of the wrong form.") from error
    if not is_good:
        raise _form("A journal line has a value of the wrong form.")
    return at


def _form(text: str) -> JournalError:
    return JournalError("journal.form", text)


__all__ = ["JsonError", "PushedLine", "parse_fast", "read_pushed_line"]
