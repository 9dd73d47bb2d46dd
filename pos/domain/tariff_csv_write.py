"""Writing tariffs as the CSV text that `tariff_csv` reads (docs/formats.md §12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pos.domain.csv_table import write_table
from pos.domain.money import format_scaled, minor_digits
from pos.domain.tariff import NO_ARREARS, ArrearsRule, Block, Charge, Levy, Tariff, Tax, instant_text
from pos.domain.tariff_csv import COLUMNS, MICRO_DIGITS, PERCENT_DIGITS, UNIT_DIGITS, NamedTariff

_Written: TypeAlias = dict[str, str]


def tariffs_csv(tariffs: Iterable[NamedTariff]) -> str:
    """Write tariffs as CSV text that `parse_tariffs` reads back to the same values."""
    rows = (_head(named.tariff) | part for named in tariffs for part in _written_parts(named))
    return write_table(COLUMNS, ([row.get(column, "") for column in COLUMNS] for row in rows))


def _head(tariff: Tariff) -> _Written:
    return {
        "tariff_code": tariff.code,
        "version": str(tariff.version),
        "valid_from": instant_text(tariff.valid_from),
        "service": tariff.service.value,
        "currency": tariff.currency,
    }


def _written_parts(named: NamedTariff) -> Iterator[_Written]:
    tariff = named.tariff
    digits = minor_digits(tariff.currency)
    yield {
        "row": "tariff",
        "name": named.name,
        "min_vend": _decimal(tariff.min_minor, digits),
        "max_vend": _decimal(tariff.max_minor, digits),
        "rounding": tariff.rounding,
    }
    yield from _written_blocks(tariff.blocks, digits)
    yield from (_written_charge(charge, digits) for charge in tariff.charges)
    yield from (_written_levy(levy, digits) for levy in tariff.levies)
    yield from (_written_tax(tax) for tax in tariff.taxes)
    if tariff.free_milli:
        yield {"row": "free", "amount": _decimal(tariff.free_milli, UNIT_DIGITS)}
    if tariff.arrears != NO_ARREARS:
        yield _written_arrears(tariff.arrears, digits)


def _written_blocks(blocks: Iterable[Block], digits: int) -> Iterator[_Written]:
    bound = 0
    for number, block in enumerate(blocks, start=1):
        yield {
            "row": "block",
            "position": str(number),
            "from_units": _decimal(bound, UNIT_DIGITS),
            "to_units": _decimal(block.to_milli, UNIT_DIGITS),
            "rate": _decimal(block.rate_micro, digits + MICRO_DIGITS),
        }
        bound = block.to_milli or bound


def _written_charge(charge: Charge, digits: int) -> _Written:
    return {
        "row": "charge",
        "name": charge.code,
        "amount": _decimal(charge.amount_minor, digits),
        "period": charge.period.value,
        "tax_code": charge.tax_code,
    }


def _written_levy(levy: Levy, digits: int) -> _Written:
    return {
        "row": "levy",
        "name": levy.code,
        "percent": _decimal(levy.ppm, PERCENT_DIGITS),
        "rate": _decimal(levy.rate_micro, digits + MICRO_DIGITS),
        "inclusive": _yes_no(levy),
    }


def _written_tax(tax: Tax) -> _Written:
    return {
        "row": "tax",
        "tax_code": tax.code,
        "percent": _decimal(tax.ppm, PERCENT_DIGITS),
        "inclusive": _yes_no(tax),
        "applies_to": ";".join(kind.value for kind in sorted(tax.applies_to)),
    }


def _written_arrears(rule: ArrearsRule, digits: int) -> _Written:
    return {
        "row": "arrears",
        "rule": rule.kind.value,
        "amount": _decimal(rule.amount_minor, digits),
        "percent": _decimal(rule.ppm, PERCENT_DIGITS),
        "cap": _decimal(rule.cap_minor, digits),
        "tax_code": rule.tax_code,
    }


def _yes_no(part: Levy | Tax) -> str:
    return "yes" if part.is_inclusive else "no"


def _decimal(value: int | None, digits: int) -> str:
    """Write a scaled number without idle zeros; nothing for None."""
    if value is None:
        return ""
    text = format_scaled(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text
