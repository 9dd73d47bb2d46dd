"""What changes from one version of a tariff to the next, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from pos.domain.tariff import ArrearsKind, Block, Charge, Levy, Period, Tariff, Tax, Taxed
from pos.i18n.wording import NO_BREAK, Wording
from pos.services.price_view import code_name, unit_of, units_text

_NONE = "–"

RULE_WORDS = {
    ArrearsKind.NONE: "None",
    ArrearsKind.FIXED: "A fixed amount",
    ArrearsKind.PERCENT: "A share of each payment",
    ArrearsKind.ALL: "All that is owed",
}
PERIOD_WORDS = {Period.MONTH: "once a month", Period.PURCHASE: "each purchase"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is different; a dash where there is nothing."""

    what: str
    before: str
    after: str


def described(tariff: Tariff, wording: Wording) -> tuple[tuple[str, str], ...]:
    """Return everything a tariff says as (name, value), in the order of the editor."""
    return tuple(_facts(tariff, wording))


def changes(before: Tariff | None, after: Tariff, wording: Wording) -> tuple[Change, ...]:
    """Return what is different; without a version before everything is new."""
    old = {} if before is None else dict(_facts(before, wording))
    new = dict(_facts(after, wording))
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        Change(name, old.get(name, _NONE), new.get(name, _NONE))
        for name in names
        if old.get(name, _NONE) != new.get(name, _NONE)
    )


def _facts(tariff: Tariff, wording: Wording) -> Iterator[tuple[str, str]]:
    say, unit = wording.say, unit_of(tariff)
    yield say("Valid from"), wording.day(tariff.valid_from)
    for n, (block, last) in enumerate(zip_longest(tariff.blocks, (None, *tariff.blocks[:-1])), start=1):
        yield say("Block {n}", n=n), _block(block, last, wording, unit)
    for charge in tariff.charges:
        yield code_name(charge.code, wording), _charge(charge, wording)
    for levy in tariff.levies:
        yield code_name(levy.code, wording), _levy(levy, wording, unit)
    for tax in tariff.taxes:
        yield code_name(tax.code, wording), _tax(tax, wording)
    yield say("Old debt (arrears)"), _arrears(tariff, wording)
    if tariff.free_milli:
        yield say("Free units"), say("{units} a month", units=units_text(tariff.free_milli, unit, wording))
    if tariff.min_minor:
        yield say("Smallest sale"), wording.amount(tariff.min_minor)
    if tariff.max_minor is not None:
        yield say("Largest sale"), wording.amount(tariff.max_minor)


def _block(block: Block, last: Block | None, wording: Wording, unit: str) -> str:
    rate = wording.rate(block.rate_micro)
    if block.to_milli is not None:
        return wording.say("to {units}: {rate}", units=units_text(block.to_milli, unit, wording), rate=rate)
    if last is None or last.to_milli is None:
        return wording.say("every unit: {rate}", rate=rate)
    return wording.say("above {units}: {rate}", units=units_text(last.to_milli, unit, wording), rate=rate)


def _charge(charge: Charge, wording: Wording) -> str:
    return f"{wording.amount(charge.amount_minor)} {wording.say(PERIOD_WORDS[charge.period])}"


def _levy(levy: Levy, wording: Wording, unit: str) -> str:
    size = (
        wording.percent(levy.ppm) if levy.ppm is not None else f"{wording.rate(levy.rate_micro or 0)}/{unit}"
    )
    return _with_inside(size, wording, is_inside=levy.is_inclusive)


def _tax(tax: Tax, wording: Wording) -> str:
    kinds = ", ".join(wording.say(TAXED_WORDS[kind.value]) for kind in Taxed if kind in tax.applies_to)
    size = wording.percent(tax.ppm)
    text = wording.say("{share} on {what}", share=size, what=kinds) if kinds else size
    return _with_inside(text, wording, is_inside=tax.is_inclusive)


TAXED_WORDS = {"energy": "energy", "charge": "charges", "levy": "levies", "fee": "fees"}


def _with_inside(text: str, wording: Wording, *, is_inside: bool) -> str:
    return wording.say("{what}, inside the price", what=text) if is_inside else text


def _arrears(tariff: Tariff, wording: Wording) -> str:
    rule = tariff.arrears
    text = wording.say(RULE_WORDS[rule.kind])
    if rule.amount_minor is not None:
        text = wording.say("{amount} of each payment", amount=wording.amount(rule.amount_minor))
    elif rule.ppm is not None:
        text = wording.say("{share} of each payment", share=wording.percent(rule.ppm))
    if rule.cap_minor is not None:
        cap = wording.amount(rule.cap_minor)
        text = wording.say("{rule}, at most {cap}", rule=text, cap=cap)
    return text.replace(" ", NO_BREAK) if len(text) < 24 else text
