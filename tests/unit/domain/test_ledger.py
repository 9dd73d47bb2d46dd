import pytest

from pos.domain.ledger import Posting, postings_of, tender_account

TILL = "till-1"


class Facts:
    """What a ledger asks: one supplier at 1.5 % commission, tax codes at 18 %, and a drawer with 700."""

    def __init__(self, *, is_paid: bool = False) -> None:
        self._is_paid = is_paid

    def supplier_of(self, item: object) -> str:
        return "reg"

    def commission_ppm(self, supplier: str) -> int:
        return 15_000

    def tax_ppm(self, item: object, tax_code: str) -> int:
        return 180_000

    def balance_minor(self, account: str) -> int:
        return 700

    def is_paid(self, sale_id: str) -> bool:
        return self._is_paid

    def tender_of(self, payment_id: str) -> str:
        return "momo"


def sale(*lines: tuple[str, int], tenders: tuple[tuple[str, int], ...]) -> dict[str, object]:
    item = {
        "lines": [{"kind": kind, "amount_minor": amount, "tax_code": "VAT"} for kind, amount in lines],
    }
    payments = [{"tender": tender, "amount_minor": amount} for tender, amount in tenders]
    return {"sale": {"sale_id": "s", "items": [item], "payments": payments}}


def amounts(kind: str, body: dict[str, object], facts: Facts | None = None) -> dict[str, int]:
    postings = postings_of(kind, body, TILL, facts or Facts())
    assert sum(one.amount_minor for one in postings) == 0
    assert all(one.amount_minor for one in postings)
    totals: dict[str, int] = {}
    for one in postings:
        totals[one.account] = totals.get(one.account, 0) + one.amount_minor
    return totals


def test_sale_when_paid_cash_at_once_debits_the_drawer() -> None:
    body = sale(("energy", 4000), ("tax", 1000), ("rounding", -10), tenders=(("cash", 4990),))

    assert amounts("sale_delivered", body) == {
        "drawer:till-1": 4990,
        "supplier:reg": -4990 + 75,
        "income:commission": -75,
    }


def test_sale_when_paid_before_takes_from_the_deposit() -> None:
    body = sale(("energy", 5000), tenders=(("cash", 5000),))

    assert amounts("sale_delivered", body, Facts(is_paid=True))["customer_deposit"] == 5000


def test_sale_when_it_has_fee_credit_discount_voucher_and_goods_posts_each() -> None:
    body = sale(
        ("energy", 1000),
        ("fee", 118),
        ("credit", -50),
        ("discount", -8),
        ("voucher", 200),
        ("goods", 40),
        tenders=(("momo", 1300),),
    )

    assert amounts("sale_delivered", body) == {
        "customer_deposit": 1300,
        "supplier:reg": -1000 + 15,
        "income:commission": -15,
        "income:fee": -100,
        "tax_due": -18,
        "customer_credit": 50,
        "loss:discount": 8,
        "voucher_liability": -200,
        "income:goods": -40,
    }


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (
            "sale_paid",
            {
                "sale_id": "sale-1",
                "payments": [{"tender": "cash", "amount_minor": 9}, {"tender": "momo", "amount_minor": 5}],
            },
            {"drawer:till-1": 9, "customer_deposit": -9},
        ),
        (
            "payment_changed",
            {"tender": "momo", "from": "unknown", "to": "succeeded", "amount_minor": 9},
            {"provider:momo": 9, "customer_deposit": -9},
        ),
        (
            "payment_changed",
            {"tender": "momo", "from": "succeeded", "to": "reversed", "amount_minor": 9},
            {"loss:reversed": 9, "provider:momo": -9},
        ),
        ("payment_changed", {"tender": "momo", "from": "sent", "to": "failed", "amount_minor": 9}, {}),
        (
            "payment_changed",
            {"tender": "momo", "from": "refund_pending", "to": "succeeded", "amount_minor": 9},
            {},
        ),
        (
            "sale_closed",
            {"state": "refund_due", "amount_minor": 9},
            {"customer_deposit": 9, "refund_due": -9},
        ),
        ("sale_closed", {"state": "refunded", "amount_minor": 9}, {"refund_due": 9, "drawer:till-1": -9}),
        (
            "sale_closed",
            {"state": "refunded", "amount_minor": 9, "payment_id": "p"},
            {"refund_due": 9, "provider:momo": -9},
        ),
        ("sale_closed", {"state": "voided", "amount_minor": 9}, {}),
        ("shift_opened", {"float_minor": 1000}, {"drawer:till-1": 300, "safe": -300}),
        ("shift_opened", {"float_minor": 700}, {}),
        ("cash_moved", {"kind": "safe_drop", "amount_minor": -9}, {"drawer:till-1": -9, "safe": 9}),
        ("cash_moved", {"kind": "banking", "amount_minor": -9}, {"drawer:till-1": -9, "bank": 9}),
        ("cash_moved", {"kind": "out", "amount_minor": -9}, {"drawer:till-1": -9, "loss:paid_out": 9}),
        ("cash_moved", {"kind": "no_sale_open", "amount_minor": 0}, {}),
        ("shift_closed", {"difference_minor": -3}, {"drawer:till-1": -3, "loss:cash_difference": 3}),
        (
            "float_moved",
            {"account": "supplier:reg", "kind": "top_up", "amount_minor": 9},
            {"supplier:reg": 9, "bank": -9},
        ),
        ("clock_noted", {}, {}),
    ],
)
def test_postings_when_an_event_moves_money_are_these(
    kind: str, body: dict[str, object], expected: dict[str, int]
) -> None:
    assert amounts(kind, body) == expected


@pytest.mark.parametrize(
    ("tender", "account"),
    [
        ("cash", "drawer:till-1"),
        ("bank", "bank"),
        ("account:nyange", "receivable:nyange"),
        ("airtel", "provider:airtel"),
    ],
)
def test_tender_when_money_comes_lands_in_its_account(tender: str, account: str) -> None:
    assert tender_account(tender, TILL) == account


def test_posting_when_compared_is_a_value() -> None:
    assert Posting("safe", 1) == Posting("safe", 1)
