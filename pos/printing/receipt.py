"""The receipt of a delivered sale, its short copy, and the slip of a payment that has no token yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pos.domain.tariff import Tariff
from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import (
    Block,
    CopyMark,
    Cut,
    Document,
    Gap,
    Pair,
    Qr,
    Row,
    Rule,
    Text,
    Title,
    Token,
)
from pos.printing.fiscal import FiscalStamp, FiscalState, fiscal_blocks
from pos.printing.parties import Counter, CustomerSnapshot, MeterFacts, Seller
from pos.printing.parts import (
    Facts,
    foot,
    meter_head,
    meter_number,
    name_of,
    payment_rows,
    receipt_head,
    receipt_pair,
    seller_head,
    tax_table,
)
from pos.printing.receipt_lines import LineWords, line_rows, unit_rows
from pos.printing.receipt_why import why_blocks

_CREDIT_CLASS = 0
_NO_FACTS = MeterFacts()
_NOT_FISCAL = FiscalStamp(FiscalState.NONE)
_REFERENCE_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class ReceiptContext:
    """All that a receipt says and the `sale` object does not hold; `meters` by `drn`."""

    seller: Seller
    counter: Counter
    wording: Wording
    customer: CustomerSnapshot | None = None
    meters: Mapping[str, MeterFacts] = field(default_factory=dict)
    fiscal: FiscalStamp = _NOT_FISCAL

    def facts_of(self, item: Facts) -> MeterFacts:
        """Give the facts of the item's meter; empty ones where it has none."""
        meter = item.get("meter")
        return self.meters.get(meter["drn"], _NO_FACTS) if meter else _NO_FACTS

    def words_for(self, item: Facts) -> LineWords:
        """Give what the words of the item's lines depend on."""
        return LineWords(self.seller, self.facts_of(item), self.counter.at, self.wording)


def receipt_document(sale: Facts, context: ReceiptContext) -> Document:
    """Build the receipt of a `sale` (docs/formats.md §4, without need of its `document_sha256`)."""
    wording, items = context.wording, sale["items"]
    is_small = any(len(item.get("tokens", ())) > 1 for item in items)
    blocks = [
        *seller_head(context.seller, wording, is_small=is_small),
        *receipt_head(sale["receipt_number"], context.counter, wording),
        *_buyer(items, context),
        *(block for item in items for block in _delivered(item, context)),
        *_paid(sale, context),
        *tax_table(_taxed_lines(items, context), context.seller, wording),
        *(block for item in items for block in _explained(item, context)),
        *fiscal_blocks(context.fiscal, wording),
        *foot(context.seller, wording),
    ]
    return Document("receipt", wording.language, tuple(blocks))


def copy_document(sale: Facts, context: ReceiptContext, copy: int, *, at: Counter) -> Document:
    """Build `COPY n` of a receipt: the same tokens and the money. `at` is who copied it, where and when."""
    wording, sold_at = context.wording, context.counter.at
    is_same_day = wording.day(at.at) == wording.day(sold_at)
    copied = wording.time(at.at) if is_same_day else wording.day_time(at.at)
    blocks: list[Block] = [
        CopyMark(wording.say("COPY {n}", n=copy)),
        Text(wording.say("Same token as before. It works once."), is_centred=True),
        Gap(),
        receipt_pair(sale["receipt_number"], sold_at, wording),
        Pair(wording.say("Copied {when}, till {till}", when=copied, till=at.till_code), "", "", at.cashier),
        Rule(),
        *_buyer(sale["items"], context),
    ]
    for item in sale["items"]:
        blocks += _without_qr(_delivered(item, context))
    blocks += [
        Row(wording.say("Paid"), wording.money(sale["money_minor"]), is_bold=True),
        Rule(),
        Text(wording.say("All lines are on the first receipt."), is_centred=True),
        Cut(),
    ]
    return Document("receipt_copy", wording.language, tuple(blocks))


def marked_copy(document: Document, copy: int, wording: Wording) -> Document:
    """Give any stored paper again with `COPY n` as its first line, everything else as it was."""
    mark = CopyMark(wording.say("COPY {n}", n=copy))
    return Document(document.kind, document.language, (mark, *document.blocks))


def payment_received_slip(quote: Facts, context: ReceiptContext) -> Document:
    """Build the slip of a paid sale that is not delivered: no number, no token, no receipt (§6)."""
    wording = context.wording
    reference = str(quote["sale_id"])[-_REFERENCE_CHARACTERS:]
    blocks: list[Block] = [
        *seller_head(context.seller, wording),
        Title(wording.say("PAYMENT RECEIVED")),
        Text(wording.say("This is not a receipt."), is_centred=True),
        Gap(),
        Row(wording.day_time(context.counter.at), context.counter.cashier),
        Row(wording.say("Reference"), reference, is_bold=True),
        Rule(),
    ]
    for item in quote["items"]:
        if "meter" in item:
            blocks += meter_head(item["meter"]["drn"], context.facts_of(item), context.customer, wording)
    blocks += [
        Row(wording.say("YOU PAID"), wording.money(quote["money_minor"]), is_bold=True),
        *payment_rows(quote["payments"], context.seller, wording),
        Rule(),
        Text(wording.say("Your token is not made yet. You will get it here, or your money back.")),
        Text(wording.say("Keep this paper.")),
        Cut(),
    ]
    return Document("payment_received", wording.language, tuple(blocks))


def _buyer(items: Sequence[Facts], context: ReceiptContext) -> list[Block]:
    """Give the customer of a sale without any meter; else the customer stands with the meter."""
    customer = context.customer
    if customer is None or any("meter" in item for item in items):
        return []
    blocks: list[Block] = [Text(customer.name, is_bold=True)] if customer.name else []
    if customer.tin:
        blocks.append(Row(context.wording.say("Buyer's TIN"), customer.tin))
    return [*blocks, Rule()] if blocks else []


def _delivered(item: Facts, context: ReceiptContext) -> list[Block]:
    """Give the meter and its tokens, or nothing for an item without either."""
    blocks: list[Block] = []
    if "meter" in item:
        blocks += meter_head(item["meter"]["drn"], context.facts_of(item), context.customer, context.wording)
    tokens = item.get("tokens", ())
    if len(tokens) == 1:
        blocks += _one_token(tokens[0], context.facts_of(item), context.wording)
    elif tokens:
        blocks += _token_set(tokens, context.facts_of(item), context.wording)
    return blocks


def _one_token(token: Facts, facts: MeterFacts, wording: Wording) -> list[Block]:
    return [
        Row(wording.say("YOUR TOKEN"), _token_units(token, facts, wording), is_bold=True),
        Token(token["digits"]),
        Text(wording.say("Type all 20 digits on the meter, then Enter.")),
        Qr(token["digits"]),
        Rule(),
    ]


def _token_set(tokens: Sequence[Facts], facts: MeterFacts, wording: Wording) -> list[Block]:
    """Give the tokens of a key change first, each with its place, as docs/formats.md §8 wants it."""
    head = wording.say("TYPE ALL {n}, IN THIS ORDER", n=len(tokens))
    blocks: list[Block] = [Text(head, is_bold=True, is_centred=True)]
    part = 0
    for n, token in enumerate(sorted(tokens, key=lambda token: token["n"]), 1):
        if token["token_class"] == _CREDIT_CLASS:
            what = wording.say("The units, {units}", units=_token_units(token, facts, wording))
        else:
            part += 1
            what = wording.say("New key, part {n}", n=part)
        blocks += [
            Row(wording.say("{n} of {all}", n=n, all=len(tokens)), what, is_bold=True),
            Token(token["digits"]),
        ]
    if part:
        blocks += [
            Text(wording.say("First type any older token that you have not used yet.")),
            Text(wording.say("Wait for ACCEPT after each one. Your meter gets a new key.")),
        ]
    blocks.append(Text(wording.say("The last token works only after the ones before it.")))
    return [*blocks, Rule()]


def _token_units(token: Facts, facts: MeterFacts, wording: Wording) -> str:
    if not token.get("tenths"):
        return ""
    return f"{wording.units(token['tenths'] * 100)}{NO_BREAK}{facts.unit}"


def _paid(sale: Facts, context: ReceiptContext) -> list[Block]:
    """Give all price lines, their sum, what was tendered and the change."""
    wording = context.wording
    blocks: list[Block] = [Row(wording.say("YOU PAID"), wording.money(sale["money_minor"]), is_bold=True)]
    for item in sale["items"]:
        blocks += _item_head(item, context, is_alone=len(sale["items"]) == 1)
        blocks += line_rows(item, context.words_for(item))
    return [
        *blocks,
        Rule(is_short=True),
        Row(wording.say("Together"), wording.amount(sale["money_minor"]), is_bold=True),
        *payment_rows(sale["payments"], context.seller, wording),
        Rule(),
    ]


def _item_head(item: Facts, context: ReceiptContext, *, is_alone: bool) -> list[Block]:
    if is_alone:
        return []
    meter = item.get("meter")
    label = meter_number(meter["drn"]) if meter else _kind_name(item["item_kind"], context)
    return [Row(label, "", is_bold=True)]


def _kind_name(kind: str, context: ReceiptContext) -> str:
    say = context.wording.say
    names = {
        "voucher": say("Voucher"),
        "account": say("Payment of debt"),
        "bill": say("Bill"),
        "goods": say("Goods"),
        "policy": say("Insurance"),
    }
    return names.get(kind) or name_of(kind, context.seller, context.wording)


def _explained(item: Facts, context: ReceiptContext) -> list[Block]:
    words = context.words_for(item)
    parts = (why_blocks(item, words), unit_rows(item, words))
    return [block for part in parts if part for block in (*part, Rule())]


def _taxed_lines(items: Sequence[Facts], context: ReceiptContext) -> Iterator[tuple[Facts, Tariff | None]]:
    for item in items:
        tariff = context.facts_of(item).tariff
        for line in item["lines"]:
            yield line, tariff


def _without_qr(blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if not isinstance(block, Qr)]
