"""Canonical JSON: one byte form for everything that is hashed or signed (docs/formats.md §2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import NoReturn, TypeAlias, TypeVar

from pos.errors import UserError

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"
Word = TypeVar("Word", bound=StrEnum)

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 32
_KEY = re.compile(r"[a-z0-9_]+")
_INTEGER_CHARACTERS_MAX = len(str(-INTEGER_MAX))


class JsonError(UserError):
    """Bytes that are no JSON of ours, or a value that cannot be written as canonical JSON (`json.*`)."""


def canonical_bytes(value: object) -> bytes:
    """Give the canonical form of `value` (dict, list, str, int, bool, None): UTF-8, keys sorted, no blanks.

    Raises:
        JsonError: the value holds something docs/formats.md §2 forbids (`json.type`, `json.integer`,
            `json.key`, `json.surrogate`, `json.depth`).
    """
    _check(value)
    return _encoded(value)


def parse(data: bytes) -> JsonValue:
    """Read JSON that may be laid out in any way, but holds only what docs/formats.md §2 allows.

    Raises:
        JsonError: as `canonical_bytes`, and `json.utf8`, `json.syntax`, `json.duplicate_key`.
    """
    value = _decoded(data)
    _check(value)
    return value


def parse_canonical(data: bytes) -> JsonValue:
    """Read JSON and insist that `data` is its canonical form, byte for byte.

    Raises:
        JsonError: as `parse`, and `json.not_canonical`.
    """
    value = parse(data)
    if _encoded(value) != data:
        raise JsonError("json.not_canonical", "This JSON is not in its canonical form.")
    return value


def _encoded(value: object) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _decoded(data: bytes) -> JsonValue:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise JsonError("json.utf8", f"This is not UTF-8: {error.reason} at byte {error.start}.") from error
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except json.JSONDecodeError as error:
        raise JsonError("json.syntax", f"This is not JSON: {error.msg} at character {error.pos}.") from error
    except RecursionError as error:
        raise JsonError("json.depth", f"This JSON is nested deeper than {DEPTH_MAX} levels.") from error
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    result: JsonObject = {}
    for key, value in pairs:
        if key in result:
            raise JsonError("json.duplicate_key", f"The key {key!r} stands twice in one object.")
        result[key] = value
    return result


def _integer(text: str) -> int:
    if len(text) > _INTEGER_CHARACTERS_MAX:
        raise JsonError("json.integer", "A whole number in this JSON is too large.")
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise JsonError("json.type", f"Only whole numbers are allowed, not {text[:20]}.")


def _check(value: object, depth: int = 0) -> None:
    if depth > DEPTH_MAX:
        raise JsonError("json.depth", f"This JSON is nested deeper than {DEPTH_MAX} levels.")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_key(key)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    else:
        _check_leaf(value)


def _check_leaf(value: object) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        _check_integer(value)
    else:
        raise JsonError("json.type", f"A {type(value).__name__} cannot stand in canonical JSON.")


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise JsonError("json.key", f"The key {key!r} may hold only a-z, 0-9 and _.")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise JsonError("json.surrogate", "A text holds half of a surrogate pair.") from error


def _check_integer(number: int) -> None:
    if not -INTEGER_MAX <= number <= INTEGER_MAX:
        raise JsonError("json.integer", "A whole number is outside ±(2^53 - 1).")


class Fields:
    """One JSON object read key by key; every refusal names the object and the key.

    `what` is the word for the object in error texts, such as "tariff". Every method raises JsonError:
    `json.field_missing`, `json.field_type` or `json.field_range`.
    """

    __slots__ = ("_object", "_what")

    def __init__(self, value: object, what: str) -> None:
        """Take the object to read; `json.field_type` if it is none."""
        if not isinstance(value, Mapping):
            raise JsonError("json.field_type", f"The {what} must be an object.")
        self._object = value
        self._what = what

    def only(self, allowed: frozenset[str]) -> None:
        """Refuse keys that are not `allowed` (`json.field_unknown`)."""
        unknown = sorted(str(key) for key in self._object if key not in allowed)
        if unknown:
            raise JsonError("json.field_unknown", f"The {self._what} has unknown keys: {', '.join(unknown)}.")

    def has(self, key: str) -> bool:
        """Say whether the key is there."""
        return key in self._object

    def integer(self, key: str, *, least: int = 0) -> int:
        """Give a whole number from `least` to 2^53 - 1."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise JsonError("json.field_type", f"{key} of the {self._what} must be a whole number.")
        if not least <= value <= INTEGER_MAX:
            raise JsonError("json.field_range", f"{key} of the {self._what} is outside its range.")
        return value

    def optional_integer(self, key: str, *, least: int = 0) -> int | None:
        """Give a whole number, or None where the key is left out."""
        return self.integer(key, least=least) if self.has(key) else None

    def text(self, key: str) -> str:
        """Give a text."""
        value = self._get(key)
        if not isinstance(value, str):
            raise JsonError("json.field_type", f"{key} of the {self._what} must be a text.")
        return value

    def word(self, key: str, kind: type[Word]) -> Word:
        """Give one of the words of `kind` (`json.field_word` for any other)."""
        text = self.text(key)
        try:
            return kind(text)
        except ValueError as error:
            raise JsonError("json.field_word", f"{key} of the {self._what} cannot be {text!r}.") from error

    def words(self, key: str, kind: type[Word]) -> list[Word]:
        """Give the words of the list under `key`."""
        return [Fields({key: item}, self._what).word(key, kind) for item in self._list(key)]

    def flag(self, key: str) -> bool:
        """Give true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise JsonError("json.field_type", f"{key} of the {self._what} must be true or false.")
        return value

    def child(self, key: str) -> Fields:
        """Give the object under `key`."""
        return Fields(self._get(key), f"{self._what}.{key}")

    def children(self, key: str) -> list[Fields]:
        """Give the objects of the list under `key`."""
        return [Fields(item, f"{self._what}.{key}") for item in self._list(key)]

    def _list(self, key: str) -> list[object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise JsonError("json.field_type", f"{key} of the {self._what} must be a list.")
        return value

    def _get(self, key: str) -> object:
        if key not in self._object:
            raise JsonError("json.field_missing", f"The {self._what} has no {key}.")
        return self._object[key]
