"""The slip of tokens that were not sold: free units, engineering, a new key, a replacement."""

from __future__ import annotations

from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import Block, Document, Qr, Row, Rule, Text, Title, Token
from pos.printing.parties import MeterFacts
from pos.printing.parts import Facts, counter_pair, foot, meter_head, seller_head
from pos.printing.receipt import ReceiptContext

_CREDIT_CLASS = 0


def token_slip(item: Facts, context: ReceiptContext) -> Document:
    """Build the slip of an `item` (docs/formats.md §4) that nobody paid for; it has no number."""
    wording, facts, tokens = context.wording, context.facts_of(item), item["tokens"]
    counter = context.counter
    blocks: list[Block] = [
        *seller_head(context.seller, wording),
        Title(wording.say("YOUR TOKEN"), is_large=False),
        Text(wording.say("This is not a receipt."), is_centred=True),
        Text(wording.day_time(counter.at)),
        counter_pair(counter, wording),
        Rule(),
        *meter_head(item["meter"]["drn"], facts, context.customer, wording),
        *_tokens(tokens, facts, wording),
        Text(wording.say("Type all 20 digits on the meter, then Enter.")),
    ]
    if any(token["tid"] is None for token in tokens):
        blocks += [
            Text(wording.say("First type any older token that you have not used yet.")),
            Text(wording.say("Wait for ACCEPT after each one. Your meter gets a new key.")),
        ]
    return Document("token_slip", wording.language, (*blocks, Rule(), *foot(context.seller, wording)))


def _tokens(tokens: list[Facts], facts: MeterFacts, wording: Wording) -> list[Block]:
    blocks: list[Block] = []
    if len(tokens) > 1:
        blocks.append(Text(wording.say("TYPE ALL {n}, IN THIS ORDER", n=len(tokens)), is_bold=True))
    for token in tokens:
        place = wording.say("{n} of {all}", n=token["n"], all=len(tokens))
        blocks += [Row(place, _meaning(token, facts, wording), is_bold=True), Token(token["digits"])]
    return [*blocks, Qr(tokens[0]["digits"])] if len(tokens) == 1 else blocks


def _meaning(token: Facts, facts: MeterFacts, wording: Wording) -> str:
    if token["token_class"] == _CREDIT_CLASS:
        return f"{wording.units(token['tenths'] * 100)}{NO_BREAK}{facts.unit}"
    return wording.say("New key, part {n}", n=token["n"]) if token["tid"] is None else ""
