"""Double entry: the postings of each event, summing to zero (docs/formats.md §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pos.domain.money import share, tax_inside

CUSTOMER_DEPOSIT = "customer_deposit"
CUSTOMER_CREDIT = "customer_credit"
REFUND_DUE = "refund_due"
TAX_DUE = "tax_due"
SAFE = "safe"
BANK = "bank"
VOUCHER_LIABILITY = "voucher_liability"
INCOME_COMMISSION = "income:commission"
INCOME_FEE = "income:fee"
LOSS_CASH_DIFFERENCE = "loss:cash_difference"
LOSS_REVERSED = "loss:reversed"
LOSS_PAID_OUT = "loss:paid_out"
LOSS_FLOAT_CORRECTION = "loss:float_correction"

SUPPLIER_KINDS = frozenset(
    {"arrears", "charge", "levy", "tax", "energy", "rounding", "cash_rounding", "free"}
)
"""Line kinds that a supplier gets."""

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry; positive amounts are debits."""

    account: str
    amount_minor: int


class LedgerFacts(Protocol):
    """What postings depend on beside the line itself; all of it fixed once the line is written."""

    def supplier_of(self, item: Body) -> str:
        """Return the code of the supplier whose product an item sells."""
        ...

    def commission_ppm(self, supplier: str) -> int:
        """Return the commission share in force at the line's instant."""
        ...

    def tax_ppm(self, item: Body, tax_code: str) -> int:
        """Return the rate of a tax code in the item's tariff."""
        ...

    def balance_minor(self, account: str) -> int:
        """Return an account's balance before the line."""
        ...

    def is_paid(self, sale_id: str) -> bool:
        """Return whether earlier lines took the sale's money.

        True for a sale that is paid, and for one that waits for its payment: each part of it, cash too, is
        booked by its own `payment_changed`.
        """
        ...

    def tender_of(self, payment_id: str) -> str:
        """Return the tender of an earlier payment."""
        ...


def drawer_account(till: str) -> str:
    """Return the drawer account of a till id."""
    return f"drawer:{till}"


def supplier_account(code: str) -> str:
    """Return the account that holds a vendor's float with a supplier."""
    return f"supplier:{code}"


def tender_account(tender: str, till: str) -> str:
    """Return the account that money of a tender lands in (docs/formats.md §5).

    Tenders are `cash`, `bank`, `account:<institution>` and provider names.
    """
    if tender == "cash":
        return drawer_account(till)
    if tender == "bank":
        return BANK
    if tender.startswith("account:"):
        return f"receivable:{tender.removeprefix('account:')}"
    return f"provider:{tender}"


def postings_of(kind: str, body: Body, till: str, facts: LedgerFacts) -> list[Posting]:
    """Return the postings of one event, none with amount zero; their sum is 0.

    `till` is the id of the till that states the fact.
    """
    maker = _MAKERS.get(kind)
    postings = [] if maker is None else [one for one in maker(body, till, facts) if one.amount_minor]
    assert sum(one.amount_minor for one in postings) == 0, kind
    return postings


def _till_enrolled(body: Body, till: str, facts: LedgerFacts) -> Iterable[Posting]:
    # After a restore the till has a new id but the same drawer: its cash goes over to the new account.
    if "replaces" in body:
        former = drawer_account(body["replaces"]["till"])
        yield from _pair(drawer_account(till), former, facts.balance_minor(former))


def _sale_paid(body: Body, till: str, facts: LedgerFacts) -> Iterable[Posting]:
    if facts.is_paid(body["sale_id"]):
        return
    for payment in body["payments"]:
        if payment["tender"] == "cash":
            yield from _pair(drawer_account(till), CUSTOMER_DEPOSIT, payment["amount_minor"])


def _payment_changed(body: Body, till: str, _facts: LedgerFacts) -> Iterable[Posting]:
    account, amount_minor = tender_account(body["tender"], till), body["amount_minor"]
    if body["to"] == "succeeded" and body["from"] != "refund_pending":
        yield from _pair(account, CUSTOMER_DEPOSIT, amount_minor)
    elif body["to"] == "reversed":
        yield from _pair(LOSS_REVERSED, account, amount_minor)


def _sale_delivered(body: Body, till: str, facts: LedgerFacts) -> Iterable[Posting]:
    sale = body["sale"]
    paid_before = facts.is_paid(sale["sale_id"])
    for payment in sale["payments"]:
        is_cash_now = payment["tender"] == "cash" and not paid_before
        account = drawer_account(till) if is_cash_now else CUSTOMER_DEPOSIT
        yield Posting(account, payment["amount_minor"])
    for item in sale["items"]:
        yield from _item(item, facts)


def _item(item: Body, facts: LedgerFacts) -> Iterable[Posting]:
    supplier_minor = supplier_share_minor(item["lines"])
    supplier = facts.supplier_of(item)
    yield Posting(supplier_account(supplier), -supplier_minor)
    for line in item["lines"]:
        yield from _own_line(item, line, facts)
    commission_minor = share(max(supplier_minor, 0), facts.commission_ppm(supplier))
    yield from _pair(supplier_account(supplier), INCOME_COMMISSION, commission_minor)


def supplier_share_minor(lines: Sequence[Body]) -> int:
    """Return S: what the supplier gets of an item's lines (docs/formats.md §5)."""
    return sum(line["amount_minor"] for line in lines if line["kind"] in SUPPLIER_KINDS)


def _own_line(item: Body, line: Body, facts: LedgerFacts) -> Iterable[Posting]:
    kind, amount_minor = line["kind"], line["amount_minor"]
    if kind == "fee":
        tax_code = line["tax_code"]
        tax_minor = tax_inside(amount_minor, facts.tax_ppm(item, tax_code)) if tax_code else 0
        yield Posting(INCOME_FEE, tax_minor - amount_minor)
        yield Posting(TAX_DUE, -tax_minor)
    elif kind == "credit":
        yield Posting(CUSTOMER_CREDIT, -amount_minor)
    elif kind == "voucher":
        yield Posting(VOUCHER_LIABILITY, -amount_minor)
    elif kind == "discount":
        yield Posting("loss:discount", -amount_minor)
    elif kind == "goods":
        yield Posting("income:goods", -amount_minor)


def _sale_closed(body: Body, till: str, facts: LedgerFacts) -> Iterable[Posting]:
    amount_minor = body["amount_minor"]
    if body["state"] == "refund_due":
        yield from _pair(CUSTOMER_DEPOSIT, REFUND_DUE, amount_minor)
    elif body["state"] == "refunded":
        payment_id = body.get("payment_id")
        tender = "cash" if payment_id is None else facts.tender_of(payment_id)
        yield from _pair(REFUND_DUE, tender_account(tender, till), amount_minor)


def _shift_opened(body: Body, till: str, facts: LedgerFacts) -> Iterable[Posting]:
    # The float is counted: what the drawer held before goes to the safe, or comes from it.
    drawer = drawer_account(till)
    yield from _pair(drawer, SAFE, body["float_minor"] - facts.balance_minor(drawer))


_COUNTER_ACCOUNTS = {
    "in": SAFE,
    "out": LOSS_PAID_OUT,
    "safe_drop": SAFE,
    "banking": BANK,
    "no_sale_open": SAFE,
}


def _cash_moved(body: Body, till: str, _facts: LedgerFacts) -> Iterable[Posting]:
    yield from _pair(drawer_account(till), _COUNTER_ACCOUNTS[body["kind"]], body["amount_minor"])


def _shift_closed(body: Body, till: str, _facts: LedgerFacts) -> Iterable[Posting]:
    yield from _pair(drawer_account(till), LOSS_CASH_DIFFERENCE, body["difference_minor"])


_FLOAT_COUNTERS = {
    "top_up": BANK,
    "commission": INCOME_COMMISSION,
    "correction": LOSS_FLOAT_CORRECTION,
    # What head office gives a customer back who was charged twice: used by `credit` lines (§7.7).
    "credit": CUSTOMER_CREDIT,
}


def _float_moved(body: Body, _till: str, _facts: LedgerFacts) -> Iterable[Posting]:
    yield from _pair(body["account"], _FLOAT_COUNTERS[body["kind"]], body["amount_minor"])


def _pair(debit: str, credit: str, amount_minor: int) -> tuple[Posting, Posting]:
    return Posting(debit, amount_minor), Posting(credit, -amount_minor)


_MAKERS = {
    "till_enrolled": _till_enrolled,
    "sale_paid": _sale_paid,
    "payment_changed": _payment_changed,
    "sale_delivered": _sale_delivered,
    "sale_closed": _sale_closed,
    "shift_opened": _shift_opened,
    "cash_moved": _cash_moved,
    "shift_closed": _shift_closed,
    "float_moved": _float_moved,
}
