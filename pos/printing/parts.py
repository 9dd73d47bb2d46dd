"""Parts that several papers share: heads, meters, payments, tax table, feet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from pos.domain.money import tax_inside
from pos.domain.tariff import Tariff
from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import Block, Cut, Gap, Logo, Pair, Row, Rule, Small, Text, Title
from pos.printing.parties import Counter, CustomerSnapshot, MeterFacts, Seller
from pos.printing.wrap import group_digits

Facts: TypeAlias = Mapping[str, Any]
"""A `sale`, `item`, `line`, `payment` or `meter` as docs/formats.md §4 has it."""

CASH = "cash"
FEE = "fee_"
"""Before a tender: the code of its fee line."""

GROSS_KINDS = frozenset({"arrears", "fee"})
"""Lines whose tax is inside them and has no line of its own."""


def seller_head(seller: Seller, wording: Wording, *, is_small: bool = False) -> list[Block]:
    """Give logo, name, branch, address, phone and TIN; a small head is the name alone."""
    if is_small:
        return [Title(seller.name, is_large=False), Gap()]
    blocks: list[Block] = [Logo(seller.logo)] if seller.logo else []
    blocks.append(Title(seller.name))
    tin = wording.say("TIN") + f" {seller.tin}" if seller.tin else ""
    texts = (seller.branch, seller.address, seller.phone, tin)
    blocks += [Text(text, is_centred=True) for text in texts if text]
    return [*blocks, Gap()]


def receipt_head(number: str, counter: Counter, wording: Wording) -> list[Block]:
    """Give receipt number and time, till, shift and cashier."""
    return [receipt_pair(number, counter.at, wording), counter_pair(counter, wording), Rule()]


def receipt_pair(number: str, at: datetime, wording: Wording) -> Pair:
    """Give `Receipt T03-000123` and the instant."""
    day, time = wording.day(at), f"{NO_BREAK}{wording.time(at)}"
    return Pair(wording.say("Receipt"), number, day, time, is_bold=True)


def counter_pair(counter: Counter, wording: Wording) -> Pair:
    """Give till and shift at the left, the cashier at the right."""
    if counter.shift:
        till = wording.say("Till {till}, shift {shift}", till=counter.till_code, shift=counter.shift)
    else:
        till = wording.say("Till {till}", till=counter.till_code)
    return Pair(till, "", wording.say("served by"), counter.cashier)


def meter_number(drn: str) -> str:
    """Write a meter number in groups of 4, 4 and the rest."""
    return group_digits(drn, 4, 4, len(drn)).replace(" ", NO_BREAK)


def meter_head(
    drn: str, facts: MeterFacts, customer: CustomerSnapshot | None, wording: Wording
) -> list[Block]:
    """Give owner, meter number with its tariff, and place."""
    owner = facts.customer or customer or CustomerSnapshot()
    blocks: list[Block] = [Text(owner.name, is_bold=True)] if owner.name else []
    blocks.append(Pair(wording.say("Meter"), meter_number(drn), facts.tariff_name, "", is_bold=True))
    if owner.place:
        blocks.append(Text(owner.place))
    if owner.tin:
        blocks.append(Row(wording.say("Buyer's TIN"), owner.tin))
    return [*blocks, Rule()]


def name_of(code: str, seller: Seller, wording: Wording) -> str:
    """Give the shop's word for a code, else ours, else the code itself made readable."""
    ours = {
        "service": wording.say("Service charge"),
        "service_charge": wording.say("Service charge"),
        "regulator": wording.say("Regulator levy"),
        "vat": wording.say("VAT"),
    }
    if code.startswith(FEE):
        return wording.say("Fee for {tender}", tender=tender_name(code.removeprefix(FEE), seller, wording))
    readable = code.replace("_", " ")
    return seller.names.get(code) or ours.get(code.lower()) or readable[:1].upper() + readable[1:]


def tender_name(tender: str, seller: Seller, wording: Wording) -> str:
    """Give the word for a way of paying."""
    return wording.say("Cash") if tender == CASH else name_of(tender, seller, wording)


def payment_rows(payments: Iterable[Facts], seller: Seller, wording: Wording) -> list[Block]:
    """Give one row for each payment as tendered, and the change."""
    blocks: list[Block] = []
    change_minor = 0
    for payment in payments:
        change_minor += payment["change_minor"]
        is_cash = payment["tender"] == CASH
        label = wording.say("Cash received") if is_cash else tender_name(payment["tender"], seller, wording)
        blocks.append(Row(label, wording.amount(payment["amount_minor"] + payment["change_minor"])))
    if change_minor:
        blocks.append(Row(wording.say("Change"), wording.amount(change_minor), is_bold=True))
    return blocks


def tax_table(lines: Iterable[tuple[Facts, Tariff | None]], seller: Seller, wording: Wording) -> list[Block]:
    """Give what each tax code taxed (without the tax) and the tax; lines without a code together."""
    net_minor: dict[str, int] = {}
    tax_minor: dict[str, int] = {}
    labels: dict[str, str] = {}
    for line, tariff in lines:
        code = line.get("tax_code", "")
        net, tax = _net_and_tax(line, tariff)
        net_minor[code] = net_minor.get(code, 0) + net
        tax_minor[code] = tax_minor.get(code, 0) + tax
        labels.setdefault(code, tax_name(code, tariff, seller, wording) if code else wording.say("Not taxed"))
    if not any(labels):
        return []
    rows: list[Block] = [
        Row(
            wording.say("{tax} on {net}", tax=labels[code], net=wording.amount(net_minor[code])),
            wording.amount(tax_minor[code]),
        )
        for code in sorted(labels)
        if code
    ]
    if net_minor.get(""):
        rows.append(Row(labels[""], wording.amount(net_minor[""])))
    return [Text(wording.say("TAX"), is_bold=True), *rows, Rule()]


def tax_name(code: str, tariff: Tariff | None, seller: Seller, wording: Wording) -> str:
    """Give the word for a tax with its share, where the tariff is at hand."""
    tax = tariff.tax_named(code) if tariff else None
    name = name_of(code, seller, wording)
    return f"{name} {wording.percent(tax.ppm)}" if tax else name


def foot(seller: Seller, wording: Wording) -> list[Block]:
    """Give what to do with a refused token, the legal small print, thanks, and the cut."""
    blocks: list[Block] = [
        Text(wording.say("Wrong meter or refused token? Keep this paper and come back today."))
    ]
    if seller.footer:
        blocks.append(Small(seller.footer))
    blocks += [Gap(), Text(seller.thanks or wording.say("Thank you."), is_centred=True), Cut()]
    return blocks


def _net_and_tax(line: Facts, tariff: Tariff | None) -> tuple[int, int]:
    amount_minor = line["amount_minor"]
    if line["kind"] == "tax":
        return 0, amount_minor
    tax = tariff.tax_named(line.get("tax_code", "")) if tariff else None
    if tax is None or line["kind"] not in GROSS_KINDS:
        return amount_minor, 0
    inside_minor = tax_inside(amount_minor, tax.ppm)
    return amount_minor - inside_minor, inside_minor
