"""The form of a meter with the columns of docs/formats.md §12, and which field an error is at."""

from __future__ import annotations

from collections.abc import Mapping

from pos.errors import KilotillError
from pos.services.meter_shop import read_number
from pos.services.meters import EDITABLE, MeterCellsError
from pos.ui.context import Context
from pos.ui.refusal_words import plain_text
from pos.ui.screens.meters.forms import Form, FormField
from pos.ui.screens.meters.words import plain_digits, sentence, service_word, status_word

OWNER_COLUMNS = ("name", "phone", "address", "area")
Choices = tuple[tuple[str, ...], tuple[str, ...]]
"""Codes of tariffs, numbers of supply groups."""

_STATUSES = ("active", "inactive", "suspended")
_SERVICES = ("electricity", "water", "gas", "time")
_FIELD_OF_CODE = {
    "phone.invalid": "phone",
    "customer.text": "name",
    "meter.exists": "meter_number",
    "meter.block_reason": "reason",
    "arrears.reason": "reason",
    "arrears.below_zero": "amount",
    "case.reason_missing": "reason",
    "customer.reason": "reason",
    "token.reason_missing": "reason",
}
_FIELD_OF_AREA = {"field": "value", "amount": "value", "money": "amount"}


def wrong_fields(error: KilotillError, context: Context) -> dict[str, str]:
    """Return what an error says at which field; under "" what belongs to none."""
    if isinstance(error, MeterCellsError):
        must = context.say("This must be filled.")
        said: dict[str, str] = {}
        for one in error.errors:
            text = (
                must
                if one.error_code == "csv.blank"
                else plain_text(one.error_code, one.error_text, context.wording)
            )
            said.setdefault(one.column, text)
        return said
    area = error.code.partition(".")[0]
    key = _FIELD_OF_CODE.get(error.code) or _FIELD_OF_AREA.get(area, "")
    return {key: sentence(error, context.wording)}


def interrupted(context: Context) -> str:
    """Say that nobody heard how an act ended: the window was built anew in the middle of it."""
    return context.say("Look whether this was done before you do it again.")


def number_of(typed: str) -> str:
    """Return the number on the meter for what was typed; an approval to add it is for this."""
    digits = plain_digits(typed)
    try:
        return read_number(digits)[0]
    except KilotillError:
        return digits


def cells_of(form: Form) -> dict[str, str]:
    """Return the cells that a new meter is made of."""
    cells = {one.key: form.value(one.key) for one in form.fields}
    cells["meter_number"] = plain_digits(cells.get("meter_number", ""))
    return {key: text for key, text in cells.items() if text}


def changes_of(form: Form, before: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was changed: of the owner, of the meter."""
    fixed = {one.key for one in form.fields if one.is_fixed}
    changed = {
        one.key: form.value(one.key)
        for one in form.fields
        if one.key not in fixed and form.value(one.key) != before.get(one.key, "")
    }
    owner = {key: text for key, text in changed.items() if key in OWNER_COLUMNS}
    return owner, {key: text for key, text in changed.items() if key in EDITABLE}


def add_form(context: Context, choices: Choices, number: str = "") -> Form:
    """Return the empty form of a new meter."""
    say = context.say
    values = {"meter_number": number, "status": "active", "service": "electricity"}
    for key, codes in zip(("tariff_code", "supply_group"), choices, strict=True):
        if len(codes) == 1:
            values[key] = codes[0]
    return Form(
        "add",
        say("New meter"),
        say("What is empty under Key is as the supply group has it."),
        say("Save"),
        fields=_fields(context, choices, is_new=True),
        values=values,
        columns=4,
        icon="plus",
    )


def edit_form(
    context: Context,
    choices: Choices,
    cells: Mapping[str, str],
    *,
    number: str,
    may_meter: bool,
    may_owner: bool,
) -> Form:
    """Return the form of a meter with what it has now."""
    say = context.say
    fields = _fields(context, choices, is_new=False)
    if not may_meter:
        fields = tuple(one for one in fields if one.key in OWNER_COLUMNS)
    if not may_owner:
        fields = tuple(one for one in fields if one.key not in OWNER_COLUMNS)
    return Form(
        "edit",
        say("Edit {number}", number=number),
        say("All meters of the owner show a changed name or phone."),
        say("Save"),
        fields=fields,
        values=dict(cells),
        columns=4,
    )


def _fields(context: Context, choices: Choices, *, is_new: bool) -> tuple[FormField, ...]:
    say = context.say
    tariffs, groups = (tuple((code, code) for code in codes) for codes in choices)
    group = (("", say("As the group")),)
    services = tuple((word, service_word(n, context.wording)) for n, word in enumerate(_SERVICES))
    statuses = tuple((word, status_word(word, context.wording)) for word in _STATUSES)
    new_first = (FormField("meter_number", say("Meter number"), head=say("Meter")),) if is_new else ()
    meter = (
        *new_first,
        FormField(
            "tariff_code",
            say("Tariff"),
            choices=(("", "–"), *tariffs) if is_new else tariffs,
            head="" if is_new else say("Meter"),
        ),
        FormField("supply_group", say("Supply group"), choices=(("", "–"), *groups) if is_new else groups),
        FormField("service", say("Measures"), choices=services),
    )
    new_last = (
        FormField("status", say("State"), choices=statuses),
        FormField("arrears", say("Arrears"), hint="0"),
    )
    owner = (
        FormField("name", say("Name"), head=say("Owner")),
        FormField("phone", say("Phone"), hint="0788 123 456"),
        FormField("address", say("Address")),
        FormField("area", say("Area")),
    )
    key = (
        FormField("tariff_index", say("Tariff index, TI"), hint=say("As the group"), head=say("Key")),
        FormField("key_revision", say("Key revision, KRN"), hint=say("As the group")),
        FormField("key_type", say("Key type, KT"), hint=say("As the group")),
        FormField("algorithm", say("Algorithm"), choices=(*group, ("07", "07 STA"), ("11", "11 MISTY1"))),
        FormField("key_method", say("Key method"), choices=(*group, ("02", "02"), ("04", "04"))),
        FormField(
            "base_date", say("Base date"), choices=(*group, ("93", "1993"), ("14", "2014"), ("35", "2035"))
        ),
    )
    place = (
        FormField("account_number", say("Account number"), head=say("Place")),
        FormField("institution", say("Institution")),
        FormField("site", say("Site")),
        FormField("building", say("Building")),
        FormField("department", say("Department")),
        FormField("note", say("Note"), is_wide=True),
    )
    return (*meter, *(new_last if is_new else ()), *owner, *place, *key)
