"""What a decoded token means, in plain words (docs/sts.md §2, §3, §6)."""

from __future__ import annotations

from datetime import UTC, tzinfo

from pos.tokens.decode import DecodedToken
from pos.tokens.names import (
    ALL_REGISTERS,
    KEY_CHANGE_SECTIONS,
    MANAGEMENT_SUBCLASSES,
    SERVICE_UNITS,
    TEST_NAMES,
    BaseDate,
    KeyType,
    Management,
    Service,
    TokenClass,
)
from pos.tokens.tid import instant_of

CLASS_NAMES = {
    TokenClass.CREDIT: "credit",
    TokenClass.DISPLAY: "meter test or display",
    TokenClass.MANAGEMENT: "management",
}


def explain(token: DecodedToken, base_date: BaseDate | None = None, zone: tzinfo = UTC) -> list[str]:
    """Return sentences a vendor understands; with `base_date` the TID is said as a date. No key is ever
    shown.
    """
    if token.token_class is TokenClass.CREDIT:
        sentences = [_credit(token)]
    elif token.token_class is TokenClass.DISPLAY:
        sentences = _display(token)
    else:
        sentences = _management(token)
    if token.tid is not None:
        sentences.append(_tid(token.tid, base_date, zone))
        sentences.append("A meter takes it once.")
    return sentences


def register_name(register: int) -> str:
    """Return the words for a credit register number (docs/sts.md §2.3)."""
    if register == ALL_REGISTERS:
        return "all credit registers"
    if register > 7:
        return f"unknown register {register}"
    service = Service(register & 3).name.lower()
    return f"the {service} register" if register < 4 else f"the {service} currency register"


def format_tenths(tenths: int) -> str:
    """Return tenths as decimal text, one decimal."""
    return f"{tenths // 10}.{tenths % 10}"


def _credit(token: DecodedToken) -> str:
    if token.subclass <= 3:
        service = Service(token.subclass)
        return (
            f"Credit for {service.name.lower()}: {format_tenths(int(str(token.fields['units'])))} "
            f"{SERVICE_UNITS[service]}."
        )
    if token.subclass <= 7:
        return f"Credit for {Service(token.subclass - 4).name.lower()} in money: {token.fields['amount']}."
    return _reserved(token)


def _display(token: DecodedToken) -> list[str]:
    make = token.fields.get("mfr_code")
    if make is None:
        return [_reserved(token)]
    makes = "meters of every make" if make == 0 else f"meters of manufacturer {make}"
    sentences = [f"Works on {makes}; not encrypted."]
    tests = token.fields.get("tests")
    if isinstance(tests, list):
        names = ", ".join(f"{test} ({TEST_NAMES.get(test, 'reserved')})" for test in tests) or "nothing"
        return [f"Asks the meter to test or show: {names}.", *sentences]
    return [f"Asks the meter for extended value {token.fields['index']}.", *sentences]


def _management(token: DecodedToken) -> list[str]:
    if token.subclass not in MANAGEMENT_SUBCLASSES:
        return [_reserved(token)]
    kind = Management(token.subclass)
    if kind in KEY_CHANGE_SECTIONS:
        return _key_change(token)
    if kind is Management.EXTENDED_TOKEN_SET:
        return [_extended(token)]
    value = token.fields["value"]
    texts = {
        Management.SET_MAXIMUM_POWER_LIMIT: f"Sets the maximum power limit to {value} W.",
        Management.CLEAR_CREDIT: f"Clears {register_name(int(str(value)))}.",
        Management.SET_TARIFF_RATE: f"Sets the tariff rate to {value}.",
        Management.CLEAR_TAMPER_CONDITION: "Clears the tamper condition.",
        Management.SET_MAXIMUM_PHASE_POWER_UNBALANCE_LIMIT: f"Sets the phase unbalance limit to {value} W.",
        Management.SET_WATER_METER_FACTOR: f"Sets the water meter factor to {value}.",
    }
    return [texts[kind]]


def _extended(token: DecodedToken) -> str:
    if "flag" in token.fields:
        verb = "Sets" if token.fields["flag_value"] else "Clears"
        return f"{verb} extended flag {token.fields['flag']}."
    return f"Sets extended value {token.fields['index']} to {token.fields['control']}."


def _key_change(token: DecodedToken) -> list[str]:
    fields = token.fields
    sentences = [
        f"Key change token {fields['section']}: the meter takes the new key when the whole set is entered."
    ]
    if fields["section"] == 1:
        sentences.append(
            f"The new key has revision {fields['krn']} and type {KeyType(int(str(fields['kt']))).name}."
            + (" The meter then forgets its used tokens (rollover)." if fields["ro"] else "")
        )
    if fields["section"] == 2:
        sentences.append(f"The new tariff index is {fields['ti']:02d}.")
    if "sgc" in fields:
        sentences.append(f"The new supply group is {fields['sgc']}.")
    return [*sentences, "The order of the tokens of a set does not matter."]


def _tid(tid: int, base_date: BaseDate | None, zone: tzinfo) -> str:
    if base_date is None:
        return f"Token identifier {tid}."
    instant = instant_of(base_date, tid, zone)
    return (
        f"Token identifier {tid}: {instant:%Y-%m-%d %H:%M} {instant.tzname()} (base date {base_date.year})."
    )


def _reserved(token: DecodedToken) -> str:
    return f"Sub-class {token.subclass} of class {int(token.token_class)} is reserved or a maker's own."
