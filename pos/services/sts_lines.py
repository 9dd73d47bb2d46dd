"""Token work as JSON lines: one request in, one answer out, for scripts, other programs and test benches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from pos.errors import KilotillError
from pos.services.sts_request import LineError, Request, parse_line
from pos.tokens.amount import (
    CurrencyField,
    decode_amount,
    encode_amount,
    encode_currency,
    largest_amount_not_above,
    parse_currency,
)
from pos.tokens.credit import credit_token, currency_token
from pos.tokens.decode import decode_token, is_encrypted
from pos.tokens.decoder_key import check_method_supported, dkga02, dkga04
from pos.tokens.display import control_of_test, display_token
from pos.tokens.errors import NumberError
from pos.tokens.explain import CLASS_NAMES
from pos.tokens.key_change import KeyAttributes, key_change_tokens
from pos.tokens.management import management_token, value_field_of
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, standard_name
from pos.tokens.numbers import check_drn, luhn_digit, pan_of, parse_drn
from pos.tokens.tid import instant_of, tid_at

Answer = dict[str, object]
_ISSUED = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", re.ASCII)


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


def error_answer(error: KilotillError) -> Answer:
    """Return what a refused line, and a refused command with `--json`, says."""
    return {"error": {"code": error.code, "message": error.text}}


def _answer_line(line: str) -> LineResult:
    answer: Answer = {}
    try:
        request = parse_line(line)
        if "id" in request.values:
            answer["id"] = request.values["id"]
        request.check_names()
        answer |= _operation(request)(request)
    except KilotillError as error:
        answer |= error_answer(error)
    # ASCII escapes: an echoed id may hold lone surrogates, which no output encoding can write.
    return LineResult(json.dumps(answer), "error" in answer)


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
    field = _amount_field(request)
    token = credit_token(
        request.cipher(),
        subclass=request.number("subclass"),
        rnd=request.number("rnd"),
        tid=request.tid(),
        amount_field=field,
    )
    return {"token": token, "amount_field": field}


def _amount_field(request: Request) -> int:
    """The field of `units`, or the field itself; a line that gives both must mean the same by them."""
    if request.has("units"):
        field = encode_amount(request.number("units"))
        request.check_agrees("amount_field", field)
        return field
    if not request.has("amount_field"):
        raise LineError("line.missing", "Give 'units' or 'amount_field'.")
    return request.number("amount_field")


def _currency(request: Request) -> Answer:
    field = _currency_field(request)
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


def _currency_field(request: Request) -> CurrencyField:
    """The field of `amount`, or the field itself in its two parts; what is given must agree."""
    if request.has("amount"):
        field = encode_currency(parse_currency(request.decimal("amount")))
        request.check_agrees("s_and_e", field.s_and_e)
        request.check_agrees("amount_field", field.amount_field)
        return field
    if not (request.has("s_and_e") and request.has("amount_field")):
        raise LineError("line.missing", "Give 'amount', or 's_and_e' and 'amount_field'.")
    return CurrencyField(s_and_e=request.number("s_and_e"), amount_field=request.number("amount_field"))


def _display(request: Request) -> Answer:
    subclass = request.number("subclass")
    if request.has("control_hex"):
        control = _control(request.text("control_hex"))
    elif request.has("test"):
        control = control_of_test(subclass, request.number("test"))
    else:
        raise LineError("line.missing", "Give 'control_hex' or 'test'.")
    token = display_token(subclass=subclass, manufacturer_code=request.number("mfr_code"), control=control)
    return {"token": token}


def _control(text: str) -> int:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", text, re.ASCII):
        raise LineError("line.hex", "'control_hex' must be hexadecimal digits.")
    return int(text, 16)


def _management(request: Request) -> Answer:
    subclass = request.number("subclass")
    if request.has("value_field"):
        value_field = request.number("value_field")
    elif request.has("value"):
        value_field = value_field_of(subclass, request.number("value"))
    else:
        raise LineError("line.missing", "Give 'value_field' or 'value'.")
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
    text = request.digits("token", 20)
    # A class 1 token is in the clear: whatever stands beside it as a key has nothing to do with it.
    cipher = request.cipher() if request.has("dk_hex") and is_encrypted(text) else None
    token = decode_token(text, cipher)
    answer: Answer = {
        "class": int(token.token_class),
        "token_class": int(token.token_class),
        "subclass": token.subclass,
        "class_name": CLASS_NAMES[token.token_class],
        "name": token.name,
        "standard_name": standard_name(token.token_class, token.subclass),
        "fields": token.fields,
        **token.fields,
    }
    if token.tid is not None and request.has("base_date"):
        instant = instant_of(request.one_of("base_date", BaseDate), token.tid)
        answer["issued"] = f"{instant:%Y-%m-%d %H:%M}"
        answer["instant"] = f"{instant:%Y-%m-%dT%H:%M}:00.000Z"
    return answer


def _amount(request: Request) -> Answer:
    field = _amount_field(request)
    if not request.has("units"):
        return {"amount_field": field, "units": decode_amount(field)}
    units = request.number("units")
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
    text = request.text("drn")
    checks = asdict(check_drn(text))
    try:
        drn = parse_drn(text)
    except NumberError as error:
        return {"checks": checks, **error_answer(error)}
    pan = pan_of(drn)
    return {
        "drn": drn.digits,
        "manufacturer": drn.manufacturer,
        "serial": drn.serial,
        "checks": checks,
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
