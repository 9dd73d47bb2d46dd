"""The price lines of an item as rows of a receipt: one order, one wording (docs/formats.md §4, §7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pos.domain.money import half_up
from pos.domain.priced_item import LineKind
from pos.domain.tariff import Period, Tariff
from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import Block, Row, Text
from pos.printing.parties import MeterFacts, Seller
from pos.printing.parts import Facts, name_of, tax_name

_ORDER = (
    LineKind.ARREARS,
    LineKind.CHARGE,
    LineKind.VOUCHER,
    LineKind.GOODS,
    LineKind.LEVY,
    LineKind.TAX,
    LineKind.ENERGY,
    LineKind.FREE,
    LineKind.FEE,
    LineKind.DISCOUNT,
    LineKind.CREDIT,
    LineKind.ROUNDING,
    LineKind.CASH_ROUNDING,
)

_MERGED = frozenset({"tax", "levy"})
_MICRO = 1_000_000
_MILLI = 1_000


@dataclass(frozen=True, slots=True)
class LineWords:
    """What the words of a line depend on: seller, meter, when it was sold, and the language."""

    seller: Seller
    facts: MeterFacts
    at: datetime
    wording: Wording


def line_rows(item: Facts, words: LineWords) -> list[Block]:
    """Give the rows of an item's lines; those of one tax or levy are one row, and the sum stays."""
    lines = _merged(item["lines"])
    if item["item_kind"] == "account":
        # The tariff's rule for debt is that of token sales; who pays debt alone pays what he likes.
        words = replace(words, facts=replace(words.facts, tariff=None))
    energy = _energy_labels([line for line in lines if line["kind"] == "energy"], words)
    return [
        replace(_row(line, words, energy), right=words.wording.amount(line["amount_minor"])) for line in lines
    ]


def unit_rows(item: Facts, words: LineWords) -> list[Block]:
    """Give how bought, free and carried units make the token, where it is more than what was bought."""
    wording, unit = words.wording, words.facts.unit
    figures = (
        (wording.say("Bought"), item.get("units_milli", 0)),
        (wording.say("Free this month"), item.get("free_milli", 0)),
        (wording.say("Kept from last time"), item.get("carry_in_milli", 0)),
        (wording.say("In the token"), item.get("token_units_tenths", 0) * 100),
        (wording.say("Kept for next time"), item.get("carry_out_milli", 0)),
    )
    if not any(item.get(key) for key in ("free_milli", "carry_in_milli", "carry_out_milli")):
        return []
    rows = [
        Row(label, f"{wording.units(milli, digits_min=3)}{NO_BREAK}{unit}")
        for label, milli in figures
        if milli
    ]
    return [Text(wording.say("UNITS"), is_bold=True), *rows]


def charge_period(code: str, tariff: Tariff | None) -> Period | None:
    """Say how often a charge is due, where the tariff is at hand and has it."""
    charges = tariff.charges if tariff else ()
    return next((charge.period for charge in charges if charge.code == code), None)


def _merged(lines: list[Facts]) -> list[Facts]:
    result: dict[object, Facts] = {}
    for line in sorted(lines, key=lambda line: (_ORDER.index(line["kind"]), line["n"])):
        key = (line["kind"], line["code"]) if line["kind"] in _MERGED else line["n"]
        earlier_minor = result[key]["amount_minor"] if key in result else 0
        result[key] = {**line, "amount_minor": line["amount_minor"] + earlier_minor}
    return list(result.values())


def _row(line: Facts, words: LineWords, energy: dict[int, str]) -> Row:
    wording, code = words.wording, line["code"]
    match line["kind"]:
        case "arrears":
            return _arrears(words)
        case "charge":
            return _charge(code, words)
        case "levy":
            return Row(_levy(code, words), "")
        case "tax":
            return Row(tax_name(code, words.facts.tariff, words.seller, wording), "")
        case "energy":
            return Row(energy[line["n"]], "")
        case "free":
            units = f"{wording.units(line['units_milli'])}{NO_BREAK}{words.facts.unit}"
            return Row(wording.say("Free units, {units}", units=units), "", short=wording.say("Free units"))
        case kind:
            return Row(_other(kind, code, words), "")


def _other(kind: str, code: str, words: LineWords) -> str:
    say = words.wording.say
    named = {
        "rounding": say("Rounding"),
        "cash_rounding": say("Rounded to the coin"),
        "credit": say("Credit you had"),
    }
    return named.get(kind) or name_of(code, words.seller, words.wording)


def _arrears(words: LineWords) -> Row:
    wording = words.wording
    rule = words.facts.tariff.arrears if words.facts.tariff else None
    if rule is None or rule.ppm is None:
        return Row(wording.say("Old debt"), "")
    share = wording.percent(rule.ppm)
    return Row(
        wording.say("Old debt, {share} of each payment", share=share),
        "",
        short=wording.say("Old debt, {share}", share=share),
    )


def _charge(code: str, words: LineWords) -> Row:
    name = name_of(code, words.seller, words.wording)
    if charge_period(code, words.facts.tariff) is not Period.MONTH:
        return Row(name, "")
    return Row(f"{name}, {words.wording.month(words.at)}", "", short=name)


def _levy(code: str, words: LineWords) -> str:
    tariff, name = words.facts.tariff, name_of(code, words.seller, words.wording)
    levy = next((levy for levy in (tariff.levies if tariff else ()) if levy.code == code), None)
    if levy is None:
        return name
    if levy.ppm is not None:
        return f"{name} {words.wording.percent(levy.ppm)}"
    return f"{name} {words.wording.rate(levy.rate_micro or 0)}/{words.facts.unit}"


def _energy_labels(lines: list[Facts], words: LineWords) -> dict[int, str]:
    """Give `20.0 kWh x 89` for each block, units and rates right-aligned under each other."""
    wording, unit = words.wording, words.facts.unit
    is_fine = any(line["units_milli"] % 100 for line in lines)
    units = {line["n"]: wording.units(line["units_milli"], digits_min=3 if is_fine else 1) for line in lines}
    rates = {line["n"]: wording.rate(line["rate_micro"]) for line in lines if line.get("rate_micro")}
    units_width = max((len(text) for text in units.values()), default=0)
    rates_width = max((len(text) for text in rates.values()), default=0)
    labels = {}
    for line in lines:
        n = line["n"]
        label = f"{units[n].rjust(units_width, NO_BREAK)}{NO_BREAK}{unit}"
        if n in rates:
            label += f"{NO_BREAK}x{NO_BREAK}{rates[n].rjust(rates_width, NO_BREAK)}"
            if not _is_whole_price(line):
                label = wording.say("{units_and_rate} with tax", units_and_rate=label)
        labels[n] = label
    return labels


def _is_whole_price(line: Facts) -> bool:
    """Say whether units times rate is the amount; less means that tax or levy inside was taken out of it."""
    return bool(line["amount_minor"] == half_up(line["units_milli"] * line["rate_micro"], _MILLI * _MICRO))
