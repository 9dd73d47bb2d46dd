"""A price as people read it: the same lines and words in trial, sale detail and tariff editor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.domain.tariff import ArrearsKind, Period, Tariff, Taxed
from pos.i18n.wording import NO_BREAK, Wording

Item = Mapping[str, Any]
_KWH = "kWh"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line: its name, what explains it, the money; `block` (from 1) for energy.

    `group` 0: what is taken first; 1: energy; 2: what is left over.
    """

    name: str
    detail: str
    amount_minor: int
    group: int
    block: int = 0
    is_debt: bool = False
    is_fee: bool = False


@dataclass(frozen=True, slots=True)
class PriceView:
    """A whole price. `unit` is `kWh` or `m³`; units in 0.001."""

    rows: tuple[PriceRow, ...]
    money_minor: int
    token_milli: int
    unit: str
    carry_milli: int
    free_milli: int


_NAMES = {
    "service": "Service charge",
    "service_charge": "Service charge",
    "regulator": "Regulator levy",
    "vat": "VAT",
}


def code_name(code: str, wording: Wording) -> str:
    """Return a person's word for a code of a tariff."""
    known = _NAMES.get(code.lower())
    if known:
        return wording.say(known)
    return code.replace("_", " ").strip().capitalize() if not code.isupper() else code


def unit_of(tariff: Tariff | None) -> str:
    """Return the unit a tariff prices."""
    return "m\u00b3" if tariff is not None and tariff.service.value == "water" else _KWH


def bought_word(unit: str, wording: Wording) -> str:
    """Return what a tariff of that unit sells."""
    return wording.say("Energy") if unit == _KWH else wording.say("Water")


def units_text(milli: int, unit: str, wording: Wording) -> str:
    """Write `52.5 kWh`."""
    return f"{wording.units(milli)}{NO_BREAK}{unit}"


def about_units(milli: int, unit: str, wording: Wording) -> str:
    """Write `34.8 kWh`: one digit, for figures at a glance."""
    return f"{wording.round_units(milli)}{NO_BREAK}{unit}"


def price_view(item: Item, tariff: Tariff | None, wording: Wording, at: datetime) -> PriceView:
    """Return the lines of a priced item (docs/formats.md §4); `tariff` None leaves the explanations out."""
    unit = unit_of(tariff)
    arrears_before = int(item.get("basis", {}).get("arrears_before_minor", 0))
    rows = [
        _row(line, tariff, wording, at=at, unit=unit, arrears_before=arrears_before)
        for line in _merged(item["lines"])
    ]
    rows.sort(key=lambda row: row.group)
    carried = int(item.get("carry_out_milli", 0))
    if carried and item.get("token_units_tenths"):
        detail = wording.say("{units} does not fit in a token", units=units_text(carried, unit, wording))
        rows.append(PriceRow(wording.say("Carried to next time"), detail, 0, 2))
    return PriceView(
        tuple(rows),
        int(item["money_minor"]),
        int(item.get("token_units_tenths", 0)) * 100,
        unit,
        carried,
        int(item.get("free_milli", 0)),
    )


def _merged(lines: Iterable[Item]) -> list[dict[str, Any]]:
    """Make one line of those of one tax or levy, as papers do; the sum stays."""
    merged: dict[object, dict[str, Any]] = {}
    for line in lines:
        key = (line["kind"], line["code"]) if line["kind"] in ("tax", "levy") else line["n"]
        if key in merged:
            merged[key]["amount_minor"] += line["amount_minor"]
        else:
            merged[key] = dict(line)
    return list(merged.values())


def _row(
    line: Mapping[str, Any],
    tariff: Tariff | None,
    wording: Wording,
    *,
    at: datetime,
    unit: str,
    arrears_before: int,
) -> PriceRow:
    kind, code, amount = line["kind"], line["code"], int(line["amount_minor"])
    say = wording.say
    if kind == "energy":
        units, rate = units_text(int(line["units_milli"]), unit, wording), line.get("rate_micro")
        detail = units if rate is None else f"{units} × {wording.rate(int(rate))}"
        block = int(line.get("block") or 1)
        name = say("Energy, block {n}", n=block) if unit == _KWH else say("Water, block {n}", n=block)
        return PriceRow(name, detail, amount, 1, block)
    if kind == "arrears":
        return PriceRow(
            say("Old debt (arrears)"),
            _arrears(amount, tariff, wording, arrears_before),
            amount,
            0,
            is_debt=True,
        )
    if kind == "charge":
        return _charge(code, amount, tariff, wording, at)
    if kind == "levy":
        return PriceRow(code_name(code, wording), _levy(code, tariff, wording, unit), amount, 0)
    if kind == "tax":
        return PriceRow(code_name(code, wording), _tax(code, tariff, wording), amount, 0)
    if kind == "free":
        units = units_text(int(line["units_milli"]), unit, wording)
        return PriceRow(say("Free units"), say("{units} this month", units=units), amount, 1)
    if kind == "rounding":
        return PriceRow(say("Rounding"), say("less than one more unit step costs"), amount, 2)
    if kind == "fee":
        return PriceRow(say("Fee of the payment"), "", amount, 0, is_fee=True)
    if kind == "cash_rounding":
        return PriceRow(say("Rounded to the coin"), "", amount, 2)
    return PriceRow(code_name(code, wording), "", amount, 2)


def _arrears(amount: int, tariff: Tariff | None, wording: Wording, before: int) -> str:
    rule = None if tariff is None else tariff.arrears
    parts = []
    if rule is not None and rule.ppm is not None:
        parts.append(wording.say("{share} of each payment", share=wording.percent(rule.ppm)))
    elif rule is not None and rule.kind is ArrearsKind.ALL:
        parts.append(wording.say("before anything else"))
    if before:
        parts.append(wording.say("{amount} left after", amount=wording.amount(max(0, before - amount))))
    return " · ".join(parts)


def _charge(code: str, amount: int, tariff: Tariff | None, wording: Wording, at: datetime) -> PriceRow:
    name = code_name(code, wording)
    charge = next((one for one in (tariff.charges if tariff else ()) if one.code == code), None)
    if charge is None:
        return PriceRow(name, "", amount, 0)
    if charge.period is Period.MONTH:
        return PriceRow(
            f"{name}, {wording.month(at)}", wording.say("once a month, at the first purchase"), amount, 0
        )
    return PriceRow(name, wording.say("with each purchase"), amount, 0)


def _levy(code: str, tariff: Tariff | None, wording: Wording, unit: str) -> str:
    levy = next((one for one in (tariff.levies if tariff else ()) if one.code == code), None)
    if levy is None:
        return ""
    if levy.ppm is not None:
        return wording.say("{share} of energy", share=wording.percent(levy.ppm))
    return f"{wording.rate(levy.rate_micro or 0)}/{unit}"


_TAXED = {
    Taxed.ENERGY: "energy",
    Taxed.CHARGE: "service charge",
    Taxed.LEVY: "levy",
    Taxed.FEE: "fees",
}


def _tax(code: str, tariff: Tariff | None, wording: Wording) -> str:
    tax = None if tariff is None else tariff.tax_named(code)
    if tax is None:
        return ""
    # Enum order, so that the words always stand in the same order.
    names = [wording.say(word) for kind, word in _TAXED.items() if kind in tax.applies_to]
    share = wording.percent(tax.ppm)
    if not names:
        return share
    *others, last = names
    what = f"{', '.join(others)} {wording.say('and')} {last}" if others else last
    return wording.say("{share} of {what}", share=share, what=what)
