"""Why a token has the units it has, in plain sentences for the customer."""

from __future__ import annotations

from collections.abc import Iterator

from pos.domain.tariff import Block as PriceBlock
from pos.domain.tariff import Period
from pos.i18n.wording import NO_BREAK
from pos.printing.document import Block, Text
from pos.printing.parts import Facts, name_of
from pos.printing.receipt_lines import LineWords, charge_period

_TAXES = frozenset({"levy", "tax"})


def why_blocks(item: Facts, words: LineWords) -> list[Block]:
    """Give the head `WHY 52.5 kWh?` and its sentences; without units only what became of the debt."""
    wording = words.wording
    if not item.get("token_units_tenths"):
        return [Text(sentence) for sentence in _arrears(item, words)]
    units = f"{wording.units(item['token_units_tenths'] * 100)}{NO_BREAK}{words.facts.unit}"
    head = Text(wording.say("WHY {units}?", units=units), is_bold=True)
    return [head, *(Text(sentence) for sentence in _sentences(item, words))]


def _sentences(item: Facts, words: LineWords) -> Iterator[str]:
    yield from _arrears(item, words)
    yield from _charges(item, words)
    say, amount = words.wording.say, words.wording.amount
    tax_minor = _total(item, *_TAXES)
    if tax_minor:
        text = say("{amount} is tax and levy.") if _total(item, "levy") else say("{amount} is tax.")
        yield text.format(amount=amount(tax_minor))
    energy_minor = _total(item, "energy")
    if energy_minor:
        yield " ".join([say("{amount} bought units.", amount=amount(energy_minor)), *_prices(words)])
    if item.get("free_milli"):
        units = f"{words.wording.units(item['free_milli'])}{NO_BREAK}{words.facts.unit}"
        yield say("{units} are free this month.", units=units)


def _arrears(item: Facts, words: LineWords) -> Iterator[str]:
    say, amount = words.wording.say, words.wording.amount
    taken_minor = _total(item, "arrears")
    if not taken_minor:
        return
    left_minor = item.get("basis", {}).get("arrears_before_minor", taken_minor) - taken_minor
    if left_minor > 0:
        yield say(
            "{paid} paid old debt. You still owe {left}.", paid=amount(taken_minor), left=amount(left_minor)
        )
    else:
        yield say("{paid} paid old debt. You owe nothing more.", paid=amount(taken_minor))


def _charges(item: Facts, words: LineWords) -> Iterator[str]:
    say = words.wording.say
    for line in item["lines"]:
        if line["kind"] != "charge":
            continue
        is_monthly = charge_period(line["code"], words.facts.tariff) is Period.MONTH
        text = (
            say("{amount}: {charge}, paid once a month.")
            if is_monthly
            else say("{amount}: {charge}, paid each time.")
        )
        yield text.format(
            amount=words.wording.amount(line["amount_minor"]),
            charge=name_of(line["code"], words.seller, words.wording),
        )


def _prices(words: LineWords) -> Iterator[str]:
    """Say what the blocks of the tariff cost, and when the first starts again."""
    tariff, wording = words.facts.tariff, words.wording
    if tariff is None:
        return
    blocks = tariff.blocks
    first_rate = wording.rate(blocks[0].rate_micro)
    if len(blocks) == 1:
        yield wording.say("Each unit costs {rate}.", rate=first_rate)
        return
    first = wording.say(
        "In each month the first {units} units cost {rate}", units=_size(blocks[0], 0, words), rate=first_rate
    )
    yield ", ".join([first, *_next_blocks(blocks, words)]) + "."
    yield wording.say(
        "On 1 {month} the {rate} price starts again.", month=wording.next_month(words.at), rate=first_rate
    )


def _next_blocks(blocks: tuple[PriceBlock, ...], words: LineWords) -> Iterator[str]:
    below_milli = blocks[0].to_milli or 0
    for block in blocks[1:]:
        rate = words.wording.rate(block.rate_micro)
        if block.to_milli is None:
            yield words.wording.say("all others {rate}", rate=rate)
        else:
            units = _size(block, below_milli, words)
            yield words.wording.say("the next {units} cost {rate}", units=units, rate=rate)
            below_milli = block.to_milli


def _size(block: PriceBlock, below_milli: int, words: LineWords) -> str:
    size_milli = (block.to_milli or 0) - below_milli
    return (
        words.wording.count(size_milli // 1000) if size_milli % 1000 == 0 else words.wording.units(size_milli)
    )


def _total(item: Facts, *kinds: str) -> int:
    return sum(line["amount_minor"] for line in item["lines"] if line["kind"] in kinds)
