"""The X and Z reports of a shift, from figures the caller has already added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pos.domain.money import format_major
from pos.i18n.wording import NO_BREAK, Wording
from pos.printing.document import (
    Block,
    Cut,
    Document,
    Gap,
    Row,
    Rule,
    Signatures,
    TableRow,
    Text,
    Title,
)
from pos.printing.wrap import group_digits

_SEAL_CHARACTERS = 32
_INDENT = NO_BREAK * 2


@dataclass(frozen=True, slots=True)
class Tally:
    """A named count with its sum; `amount_minor` None where only the count means anything."""

    name: str
    pieces: int
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A provider payment without a final answer, handed to the next shift.

    `held` says why a person must look at it, empty where nobody needs to.
    """

    tender: str
    customer: str
    amount_minor: int
    asked_at: datetime
    age_seconds: int
    reference: str
    held: str = ""


@dataclass(frozen=True, slots=True)
class DrawerFigures:
    """The cash of the shift. `movements` are (words, minor units into the drawer), the opening float first.

    An X report before the blind count has no drawer figures at all.
    """

    movements: tuple[tuple[str, int], ...]
    expected_minor: int
    counted_minor: int
    limit_minor: int
    count: tuple[tuple[int, int], ...] = ()
    """(value_minor, pieces) of each note and coin."""


@dataclass(frozen=True, slots=True)
class EnvelopeFigures:
    """The offline envelope and the commission of the shift."""

    start_minor: int
    used_minor: int
    commission_minor: int
    commission_ppm: int


@dataclass(frozen=True, slots=True)
class ProofFigures:
    """Where the journal stands: receipt numbers of the shift (empty: none), head, and what is unsent."""

    first_receipt: str
    last_receipt: str
    journal_seq: int
    head_hash: str
    unsent: int
    unsent_age_seconds: int = 0
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class ShiftFigures:
    """All figures of an X or Z. `number` (Z only), `closed_at` and `next_shift` are empty in an X."""

    shop: str
    till_code: str
    shift: str
    opened_at: datetime
    opened_by: str
    sales: tuple[Tally, ...]
    tenders: tuple[Tally, ...]
    proof: ProofFigures
    printed_at: datetime
    printed_by: str
    number: str = ""
    voided: Tally | None = None
    reprints: int = 0
    unresolved: tuple[Unresolved, ...] = ()
    next_shift: str = ""
    drawer: DrawerFigures | None = None
    envelope: EnvelopeFigures | None = None


def shift_report(figures: ShiftFigures, wording: Wording) -> Document:
    """Build the Z report where the figures have a number, else the X report."""
    say = wording.say
    title = say("Z REPORT {number}", number=figures.number) if figures.number else say("X REPORT")
    sections = (
        _times(figures, wording),
        _sales(figures, wording),
        _tally_section(say("PAID WITH"), figures.tenders, say("Together"), wording),
        _unresolved(figures, wording),
        _drawer(figures.drawer, wording),
        _envelope(figures.envelope, wording),
        _proof(figures.proof, wording),
    )
    blocks: list[Block] = [
        Title(title),
        Text(say("{shop}, till {till}", shop=figures.shop, till=figures.till_code), is_centred=True),
        Gap(),
    ]
    for section in sections:
        blocks += [*section, Rule()] if section else []
    if figures.number:
        blocks.append(Signatures((say("Cashier"), say("Supervisor"))))
    else:
        blocks.append(Text(say("Nothing is closed by this paper."), is_centred=True))
    kind = "z_report" if figures.number else "x_report"
    return Document(kind, wording.language, (*blocks, Cut()))


def _times(figures: ShiftFigures, wording: Wording) -> list[Block]:
    return [
        Row(wording.say("Shift"), figures.shift, is_bold=True),
        Row(wording.say("Opened {when}", when=wording.day_time(figures.opened_at)), figures.opened_by),
        Row(_last_time(figures, wording), figures.printed_by),
    ]


def _last_time(figures: ShiftFigures, wording: Wording) -> str:
    when = wording.day_time(figures.printed_at)
    return (
        wording.say("Closed {when}", when=when)
        if figures.number
        else wording.say("Printed {when}", when=when)
    )


def _sales(figures: ShiftFigures, wording: Wording) -> list[Block]:
    blocks = _tally_section(wording.say("SALES"), figures.sales, wording.say("All sales"), wording)
    if figures.voided:
        blocks.append(_tally_row(figures.voided, wording))
    if figures.reprints:
        blocks.append(TableRow((wording.say("Copies"), wording.count(figures.reprints), "")))
    return blocks


def _tally_section(title: str, tallies: Sequence[Tally], total: str, wording: Wording) -> list[Block]:
    together = Tally(
        total, sum(tally.pieces for tally in tallies), sum(tally.amount_minor or 0 for tally in tallies)
    )
    rows = [_tally_row(tally, wording) for tally in tallies]
    return [Text(title, is_bold=True), *rows, _tally_row(together, wording, is_bold=True)]


def _tally_row(tally: Tally, wording: Wording, *, is_bold: bool = False) -> TableRow:
    amount = "" if tally.amount_minor is None else wording.amount(tally.amount_minor)
    return TableRow((tally.name, wording.count(tally.pieces), amount), is_bold)


def _unresolved(figures: ShiftFigures, wording: Wording) -> list[Block]:
    if not figures.unresolved:
        return []
    say = wording.say
    if figures.next_shift:
        head = say("NOT FINAL, HANDED TO SHIFT {shift}", shift=figures.next_shift)
    else:
        head = say("NOT FINAL")
    blocks: list[Block] = [Text(head, is_bold=True)]
    for payment in figures.unresolved:
        who = f"{payment.tender}, {payment.customer}" if payment.customer else payment.tender
        asked = say(
            "asked {time}, {age}, {reference}",
            time=wording.time(payment.asked_at),
            age=wording.age(payment.age_seconds),
            reference=payment.reference,
        )
        blocks += [Row(who, wording.amount(payment.amount_minor)), Text(_INDENT + asked)]
        if payment.held:
            blocks.append(Text(_INDENT + payment.held))
    total_minor = sum(payment.amount_minor for payment in figures.unresolved)
    return [*blocks, Row(say("Not in any sum above"), wording.amount(total_minor), is_bold=True)]


def _drawer(drawer: DrawerFigures | None, wording: Wording) -> list[Block]:
    if drawer is None:
        return []
    say, amount = wording.say, wording.amount
    difference = say("Difference, limit {limit}", limit=amount(drawer.limit_minor))
    blocks: list[Block] = [
        Text(say("CASH IN THE DRAWER"), is_bold=True),
        *(Row(words, amount(amount_minor)) for words, amount_minor in drawer.movements),
        Row(say("Expected"), amount(drawer.expected_minor), is_bold=True),
        Row(say("Counted blind"), amount(drawer.counted_minor), is_bold=True),
        Row(difference, amount(drawer.counted_minor - drawer.expected_minor), is_bold=True),
    ]
    if drawer.count:
        blocks.append(Text(count_text(drawer.count, wording)))
    return blocks


def count_text(count: Sequence[tuple[int, int]], wording: Wording) -> str:
    """Give counted notes and coins as `22x5000 18x2000`, pieces before value, in major units."""
    return " ".join(
        f"{pieces}x{format_major(value_minor, wording.currency)}" for value_minor, pieces in count
    )


def _envelope(envelope: EnvelopeFigures | None, wording: Wording) -> list[Block]:
    if envelope is None:
        return []
    say, amount = wording.say, wording.amount
    commission = say("Commission {share}", share=wording.percent(envelope.commission_ppm))
    return [
        Text(say("ENVELOPE AND COMMISSION"), is_bold=True),
        Row(say("At start"), amount(envelope.start_minor)),
        Row(say("Used"), amount(envelope.used_minor)),
        Row(say("Left"), amount(envelope.start_minor - envelope.used_minor)),
        Row(commission, amount(envelope.commission_minor)),
    ]


def _proof(proof: ProofFigures, wording: Wording) -> list[Block]:
    say = wording.say
    last = proof.last_receipt.rpartition("-")[2]
    receipts = f"{proof.first_receipt} .. {last}" if proof.first_receipt else "-"
    unsent = wording.count(proof.unsent)
    if proof.unsent:
        unsent += f", {wording.age(proof.unsent_age_seconds)}"
    seal = group_digits(proof.head_hash[:_SEAL_CHARACTERS], 4)
    blocks: list[Block] = [
        Text(say("PROOF"), is_bold=True),
        Row(say("Receipts, no gap"), receipts, short=say("Receipts")),
        Row(say("Journal entry"), wording.count(proof.journal_seq)),
        Text(say("Seal") + f" {seal}"),
        Row(say("Not sent yet"), unsent),
    ]
    if proof.flagged:
        blocks.append(Row(say("Flagged by the office"), wording.count(proof.flagged)))
    return blocks
