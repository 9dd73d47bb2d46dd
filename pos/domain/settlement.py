"""A provider's or a bank's statement against our payments: what matches, differs, or has one side only."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pos.domain.csv_table import Row, RowError, read_table
from pos.domain.money import AmountTextError, parse_major

FIELDS = ("date", "reference", "provider_reference", "amount", "fee", "currency")
"""What a statement's columns can be; one of the two references and the amount are needed."""

_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")


class Mark(StrEnum):
    """The mark before the decimals in a statement's amounts."""

    DOT = "."
    COMMA = ","


@dataclass(frozen=True, slots=True)
class StatementForm:
    """How one provider's file is laid out: the column of each field, and what a row leaves out."""

    columns: Mapping[str, str]
    currency: str
    mark: Mark = Mark.DOT


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One payment as the other side states it; a refund or reversal has an amount below zero."""

    line: int
    date: str
    reference: str
    provider_reference: str
    amount_minor: int
    fee_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as read, with the errors of the rows that are left out."""

    rows: tuple[StatementRow, ...]
    errors: tuple[RowError, ...]


@dataclass(frozen=True, slots=True)
class OurPayment:
    """One payment or refund (below zero) as we booked it."""

    payment_id: str
    reference: str
    provider_reference: str
    amount_minor: int
    currency: str
    fee_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """The two sides of one payment."""

    ours: OurPayment
    theirs: StatementRow

    @property
    def is_equal(self) -> bool:
        """Say whether amount and currency are the same, and the fee where we know it."""
        same_fee = self.ours.fee_minor is None or self.ours.fee_minor == self.theirs.fee_minor
        same_currency = self.ours.currency == self.theirs.currency
        return same_currency and self.ours.amount_minor == self.theirs.amount_minor and same_fee


@dataclass(frozen=True, slots=True)
class Settlement:
    """The outcome of matching; every row and every payment stands in exactly one list."""

    matched: tuple[Pair, ...]
    differing: tuple[Pair, ...]
    only_theirs: tuple[StatementRow, ...]
    only_ours: tuple[OurPayment, ...]

    @property
    def is_clean(self) -> bool:
        """Say whether nothing needs a person."""
        return not (self.differing or self.only_theirs or self.only_ours)


def read_statement(text: str, form: StatementForm) -> Statement:
    """Read a statement's CSV; it never raises, what is wrong becomes a RowError.

    Codes: those of `read_table`, `statement.reference` (neither reference), `statement.amount`,
    `statement.currency` (unknown).
    """
    names = {field: column.strip().lower() for field, column in form.columns.items()}
    required = [names["amount"]] if "amount" in names else ["amount"]
    table = read_table(text, columns=tuple(names.values()), required=required)
    bad_lines = {error.line for error in table.errors}
    errors = list(table.errors)
    rows: list[StatementRow] = []
    for row in table.rows:
        read = None if row.line in bad_lines else _row(row, names, form)
        if isinstance(read, StatementRow):
            rows.append(read)
        elif read is not None:
            errors.append(read)
    return Statement(tuple(rows), tuple(errors))


def settle(ours: Sequence[OurPayment], theirs: Iterable[StatementRow]) -> Settlement:
    """Match by our reference, then by the provider's; a payment and its refund are told apart by the sign.

    Of several on one side the first equal one is taken, so that a row that stands twice shows up.
    """
    left = dict(enumerate(ours))
    by_reference = _index(ours, lambda payment: payment.reference)
    by_provider = _index(ours, lambda payment: payment.provider_reference)
    matched: list[Pair] = []
    differing: list[Pair] = []
    only_theirs: list[StatementRow] = []
    for row in theirs:
        found = _pick(row, by_reference.get(row.reference, []) if row.reference else [], left)
        if found is None and row.provider_reference:
            found = _pick(row, by_provider.get(row.provider_reference, []), left)
        if found is None:
            only_theirs.append(row)
            continue
        pair = Pair(left.pop(found), row)
        (matched if pair.is_equal else differing).append(pair)
    return Settlement(tuple(matched), tuple(differing), tuple(only_theirs), tuple(left.values()))


def _index(ours: Sequence[OurPayment], key: Callable[[OurPayment], str]) -> defaultdict[str, list[int]]:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for place, payment in enumerate(ours):
        index[key(payment)].append(place)
    return index


def _pick(row: StatementRow, places: Iterable[int], left: Mapping[int, OurPayment]) -> int | None:
    """Give the place of the payment this row is about: of the same sign, an equal one before another."""
    sign = row.amount_minor < 0
    open_places = [place for place in places if place in left and (left[place].amount_minor < 0) == sign]
    equal = (place for place in open_places if Pair(left[place], row).is_equal)
    return next(equal, open_places[0] if open_places else None)


def _row(row: Row, names: Mapping[str, str], form: StatementForm) -> StatementRow | RowError:
    cell = {field: row[names[field]] if field in names else "" for field in FIELDS}
    if not (cell["reference"] or cell["provider_reference"]):
        return RowError(row.line, "", "statement.reference", "The row names no payment.")
    currency = cell["currency"].upper() or form.currency
    try:
        amount_minor = _signed(cell["amount"], currency, form.mark)
        fee_minor = abs(_signed(cell["fee"], currency, form.mark)) if cell["fee"] else 0
    except AmountTextError as error:
        if error.code == "money.currency":
            return RowError(row.line, names.get("currency", ""), "statement.currency", error.text)
        return RowError(row.line, names["amount"], "statement.amount", error.text)
    return StatementRow(
        row.line,
        cell["date"],
        cell["reference"],
        cell["provider_reference"],
        amount_minor,
        fee_minor,
        currency,
    )


def _signed(text: str, currency: str, mark: Mark) -> int:
    """Read an amount as files have it: with a sign or in brackets, grouped by blanks or the other mark."""
    plain = re.sub(r"[\s\u00a0\u202f']", "", text)
    is_below = plain.startswith("-") or (plain.startswith("(") and plain.endswith(")"))
    plain = plain.strip("()").removeprefix("-").removeprefix("+")
    if mark is Mark.COMMA:
        plain = plain.translate(str.maketrans(",.", ".,"))
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    amount_minor = parse_major(plain, currency)
    return -amount_minor if is_below else amount_minor
