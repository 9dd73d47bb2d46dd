"""Token work as JSON lines: one request in, one answer out, for scripts, other programs and test benches."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from pos.errors import KilotillError, UserError
from pos.tokens.amount import (
    decode_amount,
    encode_amount,
    encode_currency,
    largest_amount_not_above,
    parse_currency,
)
from pos.tokens.block import check_field
from pos.tokens.cipher import BlockCipher, cipher_for
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token
from pos.tokens.decoder_key import check_method_supported, dkga02, dkga04
from pos.tokens.display import control_of_test, display_token
from pos.tokens.explain import CLASS_NAMES
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import management_token, value_field_of
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.numbers import luhn_digit, pan_of, parse_drn
from pos.tokens.tid import KEN_NEVER, check_not_expired, instant_of, tid_at

Answer = dict[str, object]
_Closed = TypeVar("_Closed", bound=StrEnum)
_ISSUED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", re.ASCII)
LINE_LENGTH_MAX = 100_000
_NUMBER_LIMIT = 10**40


class LineError(UserError):
    """A line that is not a request, or a request with a missing or misshapen value (`line.*`)."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """One answer line and whether it says an error."""

    text: str
    is_error: bool


def answer_lines(lines: Iterable[str]) -> Iterator[LineResult]:
    """Answer each line that is not blank, in order; a bad line gets its error and never stops the rest."""
    for line in lines:
        if line.strip():
            yield _answer_line(line)


def _answer_line(line: str) -> LineResult:
    answer: Answer = {}
    try:
        request = _parse(line)
        if "id" in request.values:
            answer["id"] = request.values["id"]
        answer |= _operation(request)(request)
    except KilotillError as error:
        answer["error"] = {"code": error.code, "message": error.text}
    # ASCII escapes: an echoed id may hold lone surrogates, which no output encoding can write.
    return LineResult(json.dumps(answer), "error" in answer)


@dataclass(frozen=True, slots=True)
class Request:
    """The values of one line, read with their types checked; every refusal names the value."""

    values: dict[str, object]

    def text(self, name: str) -> str:
        """Return a text value. Raises LineError `line.missing`, `line.type`."""
        value = self._given(name)
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

    def flag(self, name: str) -> bool:
        """Return a yes or no: true, false, 1 or 0. Raises LineError `line.missing`, `line.type`."""
        value = self._given(name)
        if value not in (0, 1) or isinstance(value, float):
            raise LineError("line.type", f"{name!r} must be true or false, 1 or 0.")
        return bool(value)

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


def _parse(line: str) -> Request:
    if len(line) > LINE_LENGTH_MAX:
        raise LineError("line.too_long", f"A line has at most {LINE_LENGTH_MAX} characters.")
    try:
        values = json.loads(
            line, parse_float=_finite, parse_constant=_finite, object_pairs_hook=_no_name_twice
        )
    except (ValueError, RecursionError):
        raise LineError("line.not_json", "The line is not JSON.") from None
    if not isinstance(values, dict):
        raise LineError("line.not_object", "The line must be one JSON object.")
    return Request(values)


def _no_name_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Two amounts under one name: taking either would be a guess with money."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise LineError("line.name_twice", "A name stands twice in the line.")
    return values


def _finite(text: str) -> float:
    """NaN and infinity are no JSON, and an echoed id would bring them into the answer."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _operation(request: Request) -> Callable[[Request], Answer]:
    name = request.text("op")
    if name not in OPERATIONS:
        raise LineError("line.op", f"Unknown op {name[:40]!r}; known are {', '.join(OPERATIONS)}.")
    return OPERATIONS[name]


def _decoder_key(request: Request) -> Answer:
    method = request.one_of("dkga", KeyMethod)
    check_method_supported(method)
    vk, pan = request.key_bytes("vk_hex"), request.digits("pan", 18)
    kt, krn = request.number("kt"), request.number("krn")
    sgc, ti = request.digits("sgc", 6), request.digits("ti", 2)
    if method is KeyMethod.DKGA02:
        return {"dk_hex": dkga02(vk, pan=pan, kt=kt, sgc=sgc, ti=ti, krn=krn).hex()}
    base_date, ea = request.one_of("base_date", BaseDate), request.one_of("ea", EncryptionAlgorithm)
    return {"dk_hex": dkga04(vk, base_date=base_date, ea=ea, pan=pan, kt=kt, sgc=sgc, ti=ti, krn=krn).hex()}


def _credit(request: Request) -> Answer:
    if request.has("amount_field") == request.has("units"):
        raise LineError("line.missing", "Give either 'units' or 'amount_field'.")
    field = (
        request.number("amount_field")
        if request.has("amount_field")
        else encode_amount(request.number("units"))
    )
    token = credit_token(
        request.cipher(),
        subclass=request.number("subclass"),
        rnd=request.number("rnd"),
        tid=request.tid(),
        amount_field=field,
    )
    return {"token": token, "amount_field": field}


def _currency(request: Request) -> Answer:
    field = encode_currency(parse_currency(request.digits("amount", 1)))
    token = currency_token(
        request.cipher(), subclass=request.number("subclass"), tid=request.tid(), field=field
    )
    return {
        "token": token,
        "amount_field": field.amount_field,
        "s_and_e": field.s_and_e,
        "exponent": field.exponent,
        "mantissa": field.mantissa,
    }


def _display(request: Request) -> Answer:
    subclass = request.number("subclass")
    if request.has("control_hex") == request.has("test"):
        raise LineError("line.missing", "Give either 'control_hex' or 'test'.")
    if request.has("test"):
        control = control_of_test(subclass, request.number("test"))
    else:
        control = _control(request.text("control_hex"))
    token = display_token(subclass=subclass, manufacturer_code=request.number("mfr_code"), control=control)
    return {"token": token}


def _control(text: str) -> int:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", text, re.ASCII):
        raise LineError("line.hex", "'control_hex' must be hexadecimal digits.")
    return int(text, 16)


def _management(request: Request) -> Answer:
    subclass = request.number("subclass")
    if request.has("value_field") == request.has("value"):
        raise LineError("line.missing", "Give either 'value_field' or 'value'.")
    if request.has("value_field"):
        value_field = request.number("value_field")
    else:
        value_field = value_field_of(subclass, request.number("value"))
    token = management_token(
        request.cipher(),
        subclass=subclass,
        rnd=request.number("rnd"),
        tid=request.tid(),
        value_field=value_field,
    )
    return {"token": token, "value_field": value_field}


def _key_change(request: Request) -> Answer:
    tokens = key_change_tokens(
        request.cipher("old_dk_hex"),
        new_key=request.key_bytes("new_dk_hex"),
        attributes=KeyAttributes(
            sgc=request.digits("sgc", 6),
            ti=request.digits("ti", 2),
            krn=request.number("krn"),
            kt=request.number("kt"),
            ken=request.number("ken"),
        ),
        is_rollover=request.flag("ro"),
        with_supply_group=request.has("three_token") and request.flag("three_token"),
    )
    return {"tokens": tokens}


def _decode(request: Request) -> Answer:
    cipher = request.cipher() if request.has("dk_hex") else None
    token = decode_token(request.digits("token", 20), cipher)
    answer: Answer = {
        "class": int(token.token_class),
        "subclass": token.subclass,
        "class_name": CLASS_NAMES[token.token_class],
        "name": token.name,
        "fields": token.fields,
    }
    if token.tid is not None:
        answer["tid"] = token.tid
        if request.has("base_date"):
            instant = instant_of(request.one_of("base_date", BaseDate), token.tid)
            answer["issued"] = f"{instant:%Y-%m-%d %H:%M}"
            answer["instant"] = f"{instant:%Y-%m-%dT%H:%M}:00.000Z"
    return answer


def _amount(request: Request) -> Answer:
    if request.has("amount_field") == request.has("units"):
        raise LineError("line.missing", "Give either 'units' or 'amount_field'.")
    if request.has("amount_field"):
        field = request.number("amount_field")
        return {"amount_field": field, "units": decode_amount(field)}
    units = request.number("units")
    field = encode_amount(units)
    return {
        "amount_field": field,
        "units": units,
        "decoded": decode_amount(field),
        "not_above": largest_amount_not_above(units),
    }


def _tid(request: Request) -> Answer:
    text = request.text("issued")
    try:
        issued = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        issued = None
    if issued is None or not _ISSUED.fullmatch(text):
        raise LineError("line.instant", "'issued' must be an existing minute, written YYYY-MM-DD HH:MM.")
    tid = tid_at(request.one_of("base_date", BaseDate), issued)
    request.check_not_expired(tid)
    return {"tid": tid}


def _luhn(request: Request) -> Answer:
    return {"check_digit": luhn_digit(request.digits("payload", 1))}


def _pan(request: Request) -> Answer:
    drn = parse_drn(request.text("drn"))
    pan = pan_of(drn)
    return {
        "drn": drn.digits,
        "manufacturer": drn.manufacturer,
        "serial": drn.serial,
        "checks": {"digits": True, "length": True, "check_digit": True},
        "issuer": pan.issuer,
        "pan": pan.digits,
    }


OPERATIONS: dict[str, Callable[[Request], Answer]] = {
    "decoder_key": _decoder_key,
    "credit": _credit,
    "currency": _currency,
    "display": _display,
    "management": _management,
    "key_change": _key_change,
    "decode": _decode,
    "amount": _amount,
    "tid": _tid,
    "luhn": _luhn,
    "pan": _pan,
}
