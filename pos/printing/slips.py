"""The other papers: deposit slip, supplier statement, fault report, credit note."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pos.i18n.wording import Wording
from pos.printing.document import (
    Block,
    Cut,
    Document,
    Gap,
    Row,
    Rule,
    Signatures,
    Small,
    TableRow,
    Text,
    Title,
)
from pos.printing.fiscal import FiscalStamp, FiscalState, fiscal_blocks
from pos.printing.parties import Counter, CustomerSnapshot, Seller
from pos.printing.parts import counter_pair, meter_number, seller_head
from pos.printing.shift_report import count_text

_NOT_FISCAL = FiscalStamp(FiscalState.NONE)


@dataclass(frozen=True, slots=True)
class Deposit:
    """Money brought to the bank; `count` is (value_minor, pieces) of each note and coin."""

    slip_number: str
    bank: str
    account: str
    amount_minor: int
    count: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of a supplier's account: what it was and what it did to the balance."""

    at: datetime
    what: str
    reference: str
    amount_minor: int
    balance_minor: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A supplier's account from one instant to another; the closing balance is the last line's."""

    supplier: str
    start: datetime
    end: datetime
    opening_minor: int
    credit_limit_minor: int
    commission_minor: int
    lines: tuple[StatementLine, ...] = ()

    @property
    def closing_minor(self) -> int:
        """The balance after the last line."""
        return self.lines[-1].balance_minor if self.lines else self.opening_minor


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a customer said is wrong with a meter."""

    case_number: str
    drn: str
    what: str
    customer: CustomerSnapshot
    phone: str = ""


@dataclass(frozen=True, slots=True)
class CreditNote:
    """Money given back for a receipt; `lines` and `taxes` (the tax inside) are (words, minor units)."""

    number: str
    receipt_number: str
    reason: str
    amount_minor: int
    tender: str
    customer: CustomerSnapshot
    lines: tuple[tuple[str, int], ...] = ()
    taxes: tuple[tuple[str, int], ...] = ()


def deposit_slip(deposit: Deposit, seller: Seller, counter: Counter, wording: Wording) -> Document:
    """Build the slip that goes to the bank with the money."""
    say = wording.say
    blocks: list[Block] = [
        *seller_head(seller, wording),
        Title(say("DEPOSIT SLIP")),
        Row(say("Slip"), deposit.slip_number, is_bold=True),
        *_made(counter, wording),
        Row(say("Bank"), deposit.bank),
        Row(say("Account"), deposit.account),
        Row(say("Amount"), wording.money(deposit.amount_minor), is_bold=True),
    ]
    if deposit.count:
        blocks.append(Text(count_text(deposit.count, wording)))
    return _finished("deposit_slip", [*blocks, Signatures((say("Brought by"), say("Received by")))], wording)


def supplier_statement(statement: Statement, seller: Seller, counter: Counter, wording: Wording) -> Document:
    """Build the statement of a supplier's account: what was topped up, sold and earned, and what is left."""
    say, amount = wording.say, wording.amount
    period = f"{wording.day(statement.start)} - {wording.day(statement.end)}"
    blocks: list[Block] = [
        *seller_head(seller, wording),
        Title(say("SUPPLIER STATEMENT")),
        Text(statement.supplier, is_bold=True, is_centred=True),
        Text(period, is_centred=True),
        *_made(counter, wording),
        Row(say("At start"), amount(statement.opening_minor), is_bold=True),
        TableRow((say("Date"), say("Reference"), say("Amount"), say("Balance")), is_bold=True),
    ]
    for line in statement.lines:
        cells = (wording.day(line.at), line.reference, amount(line.amount_minor), amount(line.balance_minor))
        blocks += [Text(line.what), TableRow(cells)]
    left_minor = statement.closing_minor + statement.credit_limit_minor
    blocks += [
        Rule(),
        Row(say("At the end"), wording.money(statement.closing_minor), is_bold=True),
        Row(say("Commission in it"), amount(statement.commission_minor)),
        Row(say("Credit limit"), amount(statement.credit_limit_minor)),
        Row(say("Left to sell"), wording.money(left_minor), is_bold=True),
    ]
    return _finished("supplier_statement", blocks, wording)


def fault_report(report: FaultReport, seller: Seller, counter: Counter, wording: Wording) -> Document:
    """Build the paper a customer gets for a reported fault."""
    say, customer = wording.say, report.customer
    blocks: list[Block] = [
        *seller_head(seller, wording),
        Title(say("FAULT REPORT")),
        Row(say("Case"), report.case_number, is_bold=True),
        *_made(counter, wording),
    ]
    if customer.name:
        blocks.append(Text(customer.name, is_bold=True))
    blocks.append(Row(say("Meter"), meter_number(report.drn), is_bold=True))
    blocks += [Text(text) for text in (customer.place,) if text]
    if report.phone:
        blocks.append(Row(say("Phone"), report.phone))
    blocks += [
        Rule(),
        Text(say("WHAT IS WRONG"), is_bold=True),
        Text(report.what),
        Rule(),
        Text(say("Keep this paper. Say the case number when you ask about it.")),
    ]
    return _finished("fault_report", blocks, wording)


def credit_note(
    note: CreditNote, seller: Seller, counter: Counter, wording: Wording, *, fiscal: FiscalStamp = _NOT_FISCAL
) -> Document:
    """Build the credit note, a number in the series of the receipts."""
    say, amount = wording.say, wording.amount
    blocks: list[Block] = [
        *seller_head(seller, wording),
        Title(say("CREDIT NOTE")),
        Row(say("Number"), note.number, is_bold=True),
        Row(say("For receipt"), note.receipt_number),
        *_made(counter, wording),
    ]
    blocks += [Text(text, is_bold=True) for text in (note.customer.name,) if text]
    if note.customer.tin:
        blocks.append(Row(say("Buyer's TIN"), note.customer.tin))
    blocks += [
        *(Row(words, amount(amount_minor)) for words, amount_minor in note.lines),
        Rule(is_short=True),
        Row(say("Given back"), wording.money(note.amount_minor), is_bold=True),
        Row(say("Paid with"), note.tender),
        *(Row(say("{tax} inside", tax=tax), amount(amount_minor)) for tax, amount_minor in note.taxes),
        Rule(),
        Row(say("Reason"), note.reason),
        *fiscal_blocks(fiscal, wording),
        Signatures((say("Customer"), say("Supervisor"))),
    ]
    blocks += [Small(text) for text in (seller.footer,) if text]
    return _finished("credit_note", blocks, wording)


def _made(counter: Counter, wording: Wording) -> list[Block]:
    return [Text(wording.day_time(counter.at)), counter_pair(counter, wording), Rule()]


def _finished(kind: str, blocks: list[Block], wording: Wording) -> Document:
    return Document(kind, wording.language, (*blocks, Gap(), Cut()))
