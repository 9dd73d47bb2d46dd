"""Whatever happens at a counter: expected cash is the drawer account; each event's postings sum to 0."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from pos.domain.shift import ShiftReport
from tests.factories.shifts import Desk, coins, make_desk


@dataclass
class Counter:
    """What a person with a notebook would expect in the drawer."""

    desk: Desk
    drn: str
    expected_minor: int = 0
    sold_minor: int = 0
    number: int = 0

    def open(self, float_minor: int) -> None:
        self.desk.shifts.open_shift(self.desk.shop.cashier, coins(float_minor))
        self.expected_minor, self.sold_minor = float_minor, 0

    def do(self, act: str, amount_minor: int) -> None:
        cash, shop = self.desk.cash, self.desk.shop
        self.number += 1
        reference = f"slip {self.number}"
        if act == "sell":
            self.desk.sell(self.drn, amount_minor, tendered_minor=amount_minor + 70)
            self.expected_minor += amount_minor
            self.sold_minor += amount_minor
        elif act == "in":
            cash.put_in(shop.cashier, amount_minor, reason="coins")
            self.expected_minor += amount_minor
        elif act == "bank":
            cash.bank(shop.supervisor, amount_minor, slip_number=reference)
            self.expected_minor -= amount_minor
        elif act == "out":
            cash.take_out(shop.cashier, amount_minor, reason="cleaning")
            self.expected_minor -= amount_minor
        elif act == "drop":
            cash.drop_to_safe(shop.cashier, amount_minor)
            self.expected_minor -= amount_minor
        elif act == "open":
            cash.open_without_sale(shop.cashier, reason="change")
        else:
            self._pay_and_give_back(amount_minor, gives_back=act == "refund")

    def close(self, off_minor: int) -> ShiftReport:
        counted_minor = max(0, self.expected_minor + off_minor)
        return self.desk.shifts.close_shift(self.desk.shop.supervisor, coins(counted_minor))

    def _pay_and_give_back(self, amount_minor: int, *, gives_back: bool) -> None:
        """Take cash for a sale whose token never comes, and perhaps give it back."""
        book, actor = self.desk.shop.book, self.desk.shop.cashier
        opened = self.desk.shifts.resume(actor)
        assert opened is not None
        sale_id = str(uuid4())
        quote = {"sale_id": sale_id, "language": "en", "money_minor": amount_minor, "currency": "RWF"}
        payment = {"payment_id": str(uuid4()), "tender": "cash", "amount_minor": amount_minor}
        facts = [
            (
                "sale_paid",
                {
                    "sale_id": sale_id,
                    "quote": {**quote, "items": []},
                    "payments": [{**payment, "change_minor": 0}],
                    "holder": "central",
                },
            )
        ]
        closed = {"sale_id": sale_id, "reason": "no token", "amount_minor": amount_minor}
        facts += [("sale_closed", {**closed, "state": state}) for state in ("refund_due", "refunded")]
        for kind, body in facts if gives_back else facts[:1]:
            with self.desk.shop.units.write() as unit:
                book.record(unit, kind, body, actor=actor.id, shift=opened.shift.id)
        self.expected_minor += 0 if gives_back else amount_minor


ACTS = st.sampled_from(["sell", "sell", "in", "bank", "out", "drop", "open", "pay", "refund"])
SHIFTS = st.lists(
    st.tuples(
        st.integers(0, 50_000),
        st.lists(st.tuples(ACTS, st.integers(100, 9_000)), max_size=8),
        st.integers(-500, 500),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=20, deadline=None)
@given(SHIFTS)
def test_drawer_when_anything_happens_holds_what_the_books_expect(
    shifts: list[tuple[int, list[tuple[str, int]], int]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = make_desk(Path(folder), limit_minor=0, commission_ppm=17_000)
        counter = Counter(desk, desk.shop.add_meter(1))
        for float_minor, acts, off_minor in shifts:
            counter.open(float_minor)
            for act, amount_minor in acts:
                counter.do(act, amount_minor)
                assert desk.drawer() == counter.expected_minor
            check_report(counter, counter.close(off_minor))
        check_postings(desk)
        desk.shop.units.close()


def check_report(counter: Counter, report: ShiftReport) -> None:
    cash, compared = report.cash, report.compared
    assert cash is not None
    assert compared is not None
    assert compared.expected_minor == cash.expected_minor == counter.expected_minor
    moved_minor = sum(one.amount_minor for one in cash.movements)
    assert cash.float_minor + cash.taken_minor - cash.refunded_minor + moved_minor == cash.expected_minor
    assert counter.desk.drawer() == compared.count.total_minor
    sales = [one.amount_minor for one in report.tenders if one.kind == "sale"]
    assert sum(sales) == sum(one.amount_minor for one in report.lines) == counter.sold_minor
    assert sum(one.amount_minor for one in report.items) == counter.sold_minor


def check_postings(desk: Desk) -> None:
    with desk.shop.units.read() as connection:
        uneven = connection.exec_driver_sql(
            "SELECT place FROM posting GROUP BY place HAVING sum(amount_minor) <> 0"
        ).all()
        wrong = connection.exec_driver_sql(
            "SELECT name FROM account WHERE balance_minor <> "
            "(SELECT sum(amount_minor) FROM posting WHERE account_key = account.key)"
        ).all()
        total = connection.exec_driver_sql("SELECT sum(balance_minor) FROM account").scalar_one()
    assert (uneven, wrong, total) == ([], [], 0)
