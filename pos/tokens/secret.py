"""Bytes that must not be shown: vending keys, decoder keys, stored secrets (docs/secrets.md)."""

from __future__ import annotations

import hmac
from typing import NoReturn, Self


class Secret:
    """Some bytes that leave only through `reveal()`.

    Printing, formatting, logging, JSON and `dataclasses.asdict` show a placeholder or fail; pickling always
    raises TypeError. Two secrets are compared in constant time. Not hashable.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Return the bytes. Call it where they are used and keep no copy."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a hash would be a way to compare that takes varying time

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")
