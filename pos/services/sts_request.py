"""One JSON line read as a request: its values with their types checked."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from pos.errors import UserError
from pos.tokens.block import check_field
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.names import EncryptionAlgorithm
from pos.tokens.tid import KEN_NEVER, check_not_expired

_Closed = TypeVar("_Closed", bound=StrEnum)
LINE_LENGTH_MAX = 100_000
_NUMBER_LIMIT = 10**40


class LineError(UserError):
    """A line that is not a request, or a request with a missing or misshapen value (`line.*`)."""


class _Object(dict[str, object]):
    """A JSON object that remembers whether a name stood in it twice; the last value is the one kept."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.has_name_twice = len(self) != len(pairs)


@dataclass(frozen=True, slots=True)
class Request:
    """The values of one line, read with their types checked; every refusal names the value."""

    values: _Object

    def check_names(self) -> None:
        """Refuse a name that stands twice: taking either value would be a guess with money.

        Raises:
            LineError: `line.name_twice`.
        """
        if self.values.has_name_twice:
            raise LineError("line.name_twice", "A name stands twice in the line.")

    def text(self, name: str) -> str:
        """Return a text value. Raises LineError `line.missing`, `line.type`."""
        value = self._given(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise LineError(
                "line.type", f"{name!r} must be text, in quotes: a number would lose its leading zeros."
            )
        if not isinstance(value, str):
            raise LineError("line.type", f"{name!r} must be text.")
        return value

    def number(self, name: str) -> int:
        """Return a whole number, given as a number or as digits.

        Raises LineError `line.missing`, `line.type`.
        """
        value = self._given(name)
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,40}", value, re.ASCII):
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= _NUMBER_LIMIT:
            raise LineError("line.type", f"{name!r} must be a whole number of at most 40 digits.")
        return value

    def digits(self, name: str, length: int) -> str:
        """Return a code of digits, filled with zeros on the left when it was written as a number."""
        value = self._given(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _NUMBER_LIMIT:
            return f"{value:0{length}d}"
        return self.text(name)

    def decimal(self, name: str) -> str:
        """Return decimal text; a whole number may stand without quotes.

        Raises LineError `line.missing`, `line.type`.
        """
        value = self._given(name)
        if isinstance(value, float):
            raise LineError(
                "line.type",
                f'{name!r} with a fraction or exponent must stand in quotes, like "12.5": '
                "without them it may be rounded on the way.",
            )
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(name)

    def flag(self, name: str) -> bool:
        """Return a yes or no: true, false, 1 or 0. Raises LineError `line.missing`, `line.type`."""
        value = self._given(name)
        if value not in (0, 1, "0", "1") or isinstance(value, float):
            raise LineError("line.type", f"{name!r} must be true or false, 1 or 0.")
        return value in (1, "1")

    def key_bytes(self, name: str) -> bytes:
        """Return hexadecimal text as bytes. Raises LineError `line.missing`, `line.type`, `line.hex`."""
        text = self.text(name)
        if len(text) % 2 or not re.fullmatch(r"[0-9A-Fa-f]+", text, re.ASCII):
            raise LineError("line.hex", f"{name!r} must be hexadecimal digits, two a byte.")
        return bytes.fromhex(text)

    def one_of(self, name: str, kinds: type[_Closed]) -> _Closed:
        """Return a member of a closed set by its code. Raises LineError `line.missing`, `line.choice`."""
        code = self.digits(name, 2)
        try:
            return kinds(code)
        except ValueError:
            known = ", ".join(kind.value for kind in kinds)
            raise LineError("line.choice", f"{name!r} must be one of {known}.") from None

    def has(self, name: str) -> bool:
        """Return whether a value is given."""
        return self.values.get(name) is not None

    def check_agrees(self, name: str, value: int) -> None:
        """Refuse a number that is given and is not `value`, what another of the line's values comes to.

        Raises LineError `line.type`, `line.conflict`.
        """
        if self.has(name) and self.number(name) != value:
            raise LineError(
                "line.conflict",
                f"{name!r} is {self.number(name)}, but by the other values of the line it is {value}.",
            )

    def cipher(self, key_name: str = "dk_hex") -> BlockCipher:
        """Return the cipher of `ea` under the decoder key in `key_name`."""
        return cipher_for(self.one_of("ea", EncryptionAlgorithm), self.key_bytes(key_name))

    def tid(self) -> int:
        """Return `tid`, refused if a given `ken` says the key has expired by then."""
        tid = self.number("tid")
        self.check_not_expired(tid)
        return tid

    def check_not_expired(self, tid: int) -> None:
        """Refuse a TID beyond a given `ken`. Raises FieldError `field.range`, TidError `key.expired`."""
        if self.has("ken"):
            ken = self.number("ken")
            check_field("ken", ken, KEN_NEVER)
            check_not_expired(tid, ken)

    def _given(self, name: str) -> object:
        if not self.has(name):
            raise LineError("line.missing", f"{name!r} is missing.")
        return self.values[name]


def parse_line(line: str) -> Request:
    """Read one line.

    Raises:
        LineError: `line.too_long`, `line.not_json`, `line.not_object`.
    """
    if len(line) > LINE_LENGTH_MAX:
        raise LineError("line.too_long", f"A line has at most {LINE_LENGTH_MAX} characters.")
    try:
        values = json.loads(line, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        raise LineError("line.not_json", "The line is not JSON.") from None
    if not isinstance(values, _Object):
        raise LineError("line.not_object", "The line must be one JSON object.")
    return Request(values)


def _finite(text: str) -> float:
    """NaN and infinity are no JSON, and an echoed id would bring them into the answer."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value
