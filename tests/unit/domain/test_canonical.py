"""Canonical JSON: the exact bytes, and everything that is refused."""

from __future__ import annotations

import json
from enum import StrEnum

import pytest

from pos.domain.canonical import Fields, JsonError, canonical_bytes, parse, parse_canonical


def refused(code: str) -> pytest.RaisesExc[JsonError]:
    return pytest.RaisesExc(JsonError, check=lambda error: error.code == code)


def test_canonical_bytes_when_keys_are_unsorted_then_sorted_without_white_space() -> None:
    value = {"b": [1, {"z": None, "a": True}], "a_1": 'Kigali é ✓ \u2028 "\\\n'}
    expected = '{"a_1":"Kigali é ✓ \u2028 \\"\\\\\\n","b":[1,{"a":true,"z":null}]}'
    assert canonical_bytes(value) == expected.encode()


@pytest.mark.parametrize("number", [0, -1, 2**53 - 1, -(2**53 - 1)])
def test_canonical_bytes_when_integer_is_in_range_then_written(number: int) -> None:
    assert canonical_bytes([number]) == f"[{number}]".encode()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "json.type"),
        (float("nan"), "json.type"),
        ((1,), "json.type"),
        (b"x", "json.type"),
        (2**53, "json.integer"),
        (-(2**53), "json.integer"),
        ("\ud800", "json.surrogate"),
        ({"A": 1}, "json.key"),
        ({"é": 1}, "json.key"),
        ({"": 1}, "json.key"),
        ({"a\n": 1}, "json.key"),
        ({1: 1}, "json.key"),
    ],
)
def test_canonical_bytes_when_value_is_forbidden_then_refused(value: object, code: str) -> None:
    with refused(code):
        canonical_bytes({"deep": [value]})


def test_canonical_bytes_when_nested_too_deep_then_refused() -> None:
    value: list[object] = []
    for _ in range(40):
        value = [value]
    with refused("json.depth"):
        canonical_bytes(value)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff", "json.utf8"),
        (b"{", "json.syntax"),
        (b"", "json.syntax"),
        (b"\xef\xbb\xbf{}", "json.syntax"),
        (b"1 2", "json.syntax"),
        (b'{"a":1,"a":1}', "json.duplicate_key"),
        (b"1.0", "json.type"),
        (b"1e3", "json.type"),
        (b"NaN", "json.type"),
        (b"-Infinity", "json.type"),
        (b"9" * 5000, "json.integer"),
        (b"9007199254740992", "json.integer"),
        (b'"\\ud800"', "json.surrogate"),
        (b'{"A":1}', "json.key"),
        (b"[" * 50 + b"]" * 50, "json.depth"),
        (b"[" * 100_000, "json.depth"),
    ],
)
def test_parse_when_data_is_forbidden_then_refused(data: bytes, code: str) -> None:
    with refused(code):
        parse(data)


def test_parse_when_laid_out_freely_then_read() -> None:
    assert parse(b' { "b" : [1, -0], "a" : "\\u00e9" } ') == {"a": "é", "b": [1, 0]}


@pytest.mark.parametrize("data", [b'{"b":1,"a":2}', b'{ "a":1}', b'"\\u00e9"', b"-0", b'"a"\n'])
def test_parse_canonical_when_not_canonical_then_refused(data: bytes) -> None:
    with refused("json.not_canonical"):
        parse_canonical(data)


def test_parse_canonical_when_canonical_then_read() -> None:
    value = {"a": [True, None, "\U0001f600"], "b": -5}
    assert parse_canonical(canonical_bytes(value)) == value


def test_canonical_bytes_when_read_by_any_json_reader_then_same_value() -> None:
    value = {"a": ["\x00\x1f\x7f", 7]}
    assert json.loads(canonical_bytes(value)) == value


class Colour(StrEnum):
    RED = "red"


def test_fields_when_object_is_right_then_typed_values() -> None:
    fields = Fields(
        {"n": 3, "t": "x", "f": False, "w": "red", "ws": ["red"], "c": {"n": 0}, "cs": [{"n": 1}]}, "thing"
    )
    assert (fields.integer("n"), fields.text("t"), fields.flag("f")) == (3, "x", False)
    assert (fields.optional_integer("n"), fields.optional_integer("none")) == (3, None)
    assert (fields.word("w", Colour), fields.words("ws", Colour)) == (Colour.RED, [Colour.RED])
    assert fields.child("c").integer("n") == 0
    assert [child.integer("n") for child in fields.children("cs")] == [1]
    fields.only(frozenset({"n", "t", "f", "w", "ws", "c", "cs"}))


@pytest.mark.parametrize(
    ("method", "value", "code"),
    [
        ("integer", True, "json.field_type"),
        ("integer", "1", "json.field_type"),
        ("integer", -1, "json.field_range"),
        ("integer", 2**53, "json.field_range"),
        ("text", 1, "json.field_type"),
        ("flag", 1, "json.field_type"),
        ("child", [], "json.field_type"),
        ("children", {}, "json.field_type"),
        ("children", [1], "json.field_type"),
    ],
)
def test_fields_when_value_is_wrong_then_refused(method: str, value: object, code: str) -> None:
    with refused(code):
        getattr(Fields({"key": value}, "thing"), method)("key")


def test_fields_when_word_is_unknown_then_refused() -> None:
    with refused("json.field_word"):
        Fields({"key": "blue"}, "thing").word("key", Colour)
    with refused("json.field_word"):
        Fields({"key": ["red", "blue"]}, "thing").words("key", Colour)


def test_fields_when_key_is_missing_or_unknown_then_refused() -> None:
    with refused("json.field_missing"):
        Fields({}, "thing").text("key")
    with refused("json.field_unknown"):
        Fields({"key": 1}, "thing").only(frozenset())
