"""Reading a tariff from its JSON form (docs/formats.md §12); `Tariff.to_json` is the way back."""

from __future__ import annotations

from pos.domain.canonical import Fields
from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Service,
    Tariff,
    Tax,
    Taxed,
    parse_instant,
)

_TARIFF_KEYS = frozenset(
    {"arrears", "blocks", "charges", "code", "currency", "free_milli", "levies", "max_minor", "min_minor"}
    | {"rounding", "service", "taxes", "valid_from", "version"}
)


def tariff_from_json(value: object) -> Tariff:
    """Build a tariff from its JSON form.

    Unknown keys are refused: a newer key may change the price, and guessing past it would sell wrongly.

    Raises:
        JsonError: a key is missing, unknown, or of the wrong type or word (`json.field_*`).
        TariffError: the values do not make a tariff (`tariff.*`).
    """
    fields = Fields(value, "tariff")
    fields.only(_TARIFF_KEYS)
    return Tariff(
        code=fields.text("code"),
        version=fields.integer("version"),
        valid_from=parse_instant(fields.text("valid_from")),
        currency=fields.text("currency"),
        service=fields.word("service", Service),
        blocks=tuple(_block(entry) for entry in fields.children("blocks")),
        charges=tuple(_charge(entry) for entry in fields.children("charges")),
        levies=tuple(_levy(entry) for entry in fields.children("levies")),
        taxes=tuple(_tax(entry) for entry in fields.children("taxes")),
        arrears=_arrears(fields.child("arrears")),
        free_milli=fields.integer("free_milli"),
        min_minor=fields.integer("min_minor"),
        max_minor=fields.optional_integer("max_minor"),
        rounding=fields.text("rounding"),
    )


def _block(fields: Fields) -> Block:
    fields.only(frozenset({"to_milli", "rate_micro"}))
    return Block(fields.integer("rate_micro"), fields.optional_integer("to_milli"))


def _charge(fields: Fields) -> Charge:
    fields.only(frozenset({"code", "amount_minor", "period", "tax_code"}))
    return Charge(
        code=fields.text("code"),
        amount_minor=fields.integer("amount_minor"),
        period=fields.word("period", Period),
        tax_code=fields.text("tax_code"),
    )


def _levy(fields: Fields) -> Levy:
    fields.only(frozenset({"code", "ppm", "rate_micro", "inclusive"}))
    return Levy(
        code=fields.text("code"),
        ppm=fields.optional_integer("ppm"),
        rate_micro=fields.optional_integer("rate_micro"),
        is_inclusive=fields.flag("inclusive"),
    )


def _tax(fields: Fields) -> Tax:
    fields.only(frozenset({"code", "ppm", "applies_to", "inclusive"}))
    return Tax(
        code=fields.text("code"),
        ppm=fields.integer("ppm"),
        applies_to=frozenset(fields.words("applies_to", Taxed)),
        is_inclusive=fields.flag("inclusive"),
    )


def _arrears(fields: Fields) -> ArrearsRule:
    fields.only(frozenset({"rule", "amount_minor", "ppm", "cap_minor", "tax_code"}))
    return ArrearsRule(
        kind=fields.word("rule", ArrearsKind),
        amount_minor=fields.optional_integer("amount_minor"),
        ppm=fields.optional_integer("ppm"),
        cap_minor=fields.optional_integer("cap_minor"),
        tax_code=fields.text("tax_code"),
    )
