"""Reads one object of shop.json key by key; every refusal names the key with its way from the top."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from pos.domain.canonical import INTEGER_MAX
from pos.errors import UserError
from pos.tokens.names import KeyType

T = TypeVar("T")
Code = TypeVar("Code", bound=StrEnum)

_TEXT_LENGTH_MAX = 200


class ShopValueError(UserError):
    """A value of shop.json that cannot be: `where` is its way from the top, `why` the reason."""

    def __init__(self, code: str, text: str, *, where: str, why: str) -> None:
        super().__init__(code, text)
        self.where = where
        self.why = why


class ShopObject:
    """One object of the file. What it cannot give it refuses with UserError `shop_file.value`."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise refused(where or "the file", "an object {…} is wanted")
        self._values: Mapping[str, Any] = value
        self._where = where

    def has(self, key: str) -> bool:
        """Say whether a key is there; null counts as not there."""
        return self._values.get(key) is not None

    def is_object(self, key: str) -> bool:
        """Say whether the value of a key is an object."""
        return isinstance(self._values.get(key), Mapping)

    def others(self, known: frozenset[str]) -> tuple[str, ...]:
        """Give the keys that are not known."""
        return tuple(sorted(set(self._values) - known))

    def get(self, key: str) -> Any:
        """Give the value of a key that must be there."""
        if not self.has(key):
            raise self.refused(key, "this is missing")
        return self._values[key]

    def child(self, key: str) -> ShopObject:
        """Give the object under a key."""
        return ShopObject(self.get(key), self._way(key))

    def children(self, key: str) -> list[ShopObject]:
        """Give the objects of the list under a key, none where it is left out."""
        values = self.get(key) if self.has(key) else []
        if not isinstance(values, list):
            raise self.refused(key, "a list […] is wanted")
        return [ShopObject(value, f"{self._way(key)}[{place}]") for place, value in enumerate(values)]

    def text(self, key: str) -> str:
        """Give a text without blanks around it, 1 to 200 characters."""
        value = self.get(key)
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= _TEXT_LENGTH_MAX:
            raise self.refused(key, f"a text of 1 to {_TEXT_LENGTH_MAX} characters is wanted")
        return value.strip()

    def optional_text(self, key: str) -> str | None:
        """Give a text, or None where it is left out."""
        return self.text(key) if self.has(key) else None

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        """Give a text that is one of some words."""
        text = self.text(key)
        if text not in words:
            raise self.refused(key, f"one of {', '.join(words)} is wanted")
        return text

    def matching(self, key: str, pattern: re.Pattern[str], wanted: str) -> str:
        """Give a text of a form; `wanted` says in words which."""
        text = self.text(key)
        if not pattern.fullmatch(text):
            raise self.refused(key, f"{wanted} is wanted")
        return text

    def digits(self, key: str, width: int) -> str:
        """Read a code such as "07"; a bare number is filled up with zeros."""
        value = self.get(key)
        text = str(value).zfill(width) if type(value) is int else value
        if not isinstance(text, str) or not re.fullmatch(rf"[0-9]{{{width}}}", text):
            raise self.refused(key, f"{width} digits are wanted")
        return text

    def code(self, key: str, kind: type[Code]) -> Code:
        """Give a code of two digits that the standard knows."""
        text = self.digits(key, 2)
        try:
            return kind(text)
        except ValueError:
            raise self.refused(key, f"one of {', '.join(kind)} is wanted") from None

    def key_type(self, key: str) -> KeyType:
        """Give a key type; 2 where it is left out."""
        number = self.whole(key, default=int(KeyType.DUTK))
        try:
            return KeyType(number)
        except ValueError:
            raise self.refused(key, "1, 2 or 3 is wanted") from None

    def whole(self, key: str, *, default: int) -> int:
        """Give a whole number, `default` where it is left out."""
        value = self._values.get(key, default)
        if type(value) is not int:
            raise self.refused(key, "a whole number is wanted")
        return value

    def amount(self, key: str, read: Callable[[str], int]) -> int:
        """Read a whole number of the smallest steps, or a text in whole units such as "5000.00"."""
        value = self.get(key)
        if isinstance(value, str):
            return self.checked(key, read)
        if type(value) is not int or not 0 <= value <= INTEGER_MAX:
            raise self.refused(key, "a whole number of the smallest steps, or a text like 5000.00, is wanted")
        return value

    def checked(self, key: str, read: Callable[[str], T]) -> T:
        """Read a text with a function of ours and name the key in its refusal."""
        text = self.text(key)
        try:
            return read(text)
        except UserError as error:
            raise self.refused(key, error.text.rstrip(".")) from error

    def refused(self, key: str, why: str) -> UserError:
        """Return the refusal of a key."""
        return refused(self._way(key), why)

    def refused_whole(self, why: str) -> UserError:
        """Return the refusal of the object itself."""
        return refused(self._where, why)

    def _way(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key


def refused(where: str, why: str) -> UserError:
    """Return the refusal of a key; `where` is its way from the top, such as `users[1].pin`."""
    return ShopValueError("shop_file.value", f"shop.json, {where}: {why}.", where=where, why=why)
