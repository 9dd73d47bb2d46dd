"""Anything a shop may do, in any order: the books are right after every step."""

import tempfile
from pathlib import Path
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pos.domain.tariff import (
    ArrearsKind,
    ArrearsRule,
    Block,
    Charge,
    Levy,
    Period,
    Tariff,
    Tax,
    Taxed,
)
from pos.errors import UserError
from pos.services.cash import Cash
from pos.services.sale_values import SaleKind, SaleRequest
from pos.services.shifts import ShiftRules, Shifts
from pos.services.verify import verify
from pos.services.void import Voids
from pos.tokens.virtual_meter import ResultCode
from tests.factories.shifts import ZFolder, coins
from tests.factories.shop import START, Shop, make_shop, plain_tariff, reopen_shop

TAXED = Tariff(
    code="TAXED",
    version=1,
    valid_from=START.replace(year=2020),
    currency="RWF",
    blocks=(Block(89_000_000, to_milli=20_000), Block(310_000_000)),
    charges=(Charge("service", 500, Period.MONTH),),
    levies=(Levy("fund", ppm=30_000),),
    taxes=(Tax("VAT", 180_000, frozenset({Taxed.ENERGY, Taxed.CHARGE, Taxed.LEVY})),),
    arrears=ArrearsRule(ArrearsKind.PERCENT, ppm=250_000),
)
LIMIT_MINOR = 10**9


class SaleMachine(RuleBasedStateMachine):
    """A till with two meters; `asked` are the sales that were made, `tokens` what each gave."""

    def __init__(self) -> None:
        super().__init__()
        self._temporary = tempfile.TemporaryDirectory(prefix="kilotill-machine-")
        self.folder = Path(self._temporary.name)
        self.shop = make_shop(
            self.folder, tariffs=(plain_tariff(), TAXED), commission_ppm=15_000, opens_shift=False
        )
        self.drns = [
            self.shop.add_meter(1),
            self.shop.add_meter(2, tariff_code="TAXED", arrears_minor=7000, sgc="201458"),
        ]
        self.meters = [
            self.shop.virtual_meter(self.drns[0]),
            self.shop.virtual_meter(self.drns[1], "201458"),
        ]
        self._wire(self.shop)
        self.sold: list[tuple[SaleRequest, dict[str, object]]] = []
        self.is_open = False
        self.drawer_minor = 0

    def _wire(self, shop: Shop) -> None:
        shop.set_rules(duplicate_limit_minor=LIMIT_MINOR)
        self.shop = shop
        self.cash = Cash(shop.units, shop.book, shop.clock)
        self.shifts = Shifts(
            shop.units,
            shop.book,
            clock=shop.clock,
            rules=lambda: ShiftRules(difference_limit_minor=LIMIT_MINOR),
            sign=lambda _: bytes(64),
            papers=ZFolder(),
        )

    @precondition(lambda self: not self.is_open)
    @rule(float_minor=st.integers(0, 90_000))
    def open_shift(self, float_minor: int) -> None:
        self.shifts.open_shift(self.shop.cashier, coins(float_minor))
        self.is_open, self.drawer_minor = True, float_minor

    @precondition(lambda self: self.is_open)
    @rule(difference_minor=st.integers(-500, 500))
    def close_shift(self, difference_minor: int) -> None:
        counted_minor = max(0, self.drawer_minor + difference_minor)
        self.shifts.close_shift(self.shop.cashier, coins(counted_minor))
        self.is_open, self.drawer_minor = False, counted_minor

    @rule(
        meter=st.integers(0, 1),
        money_minor=st.one_of(st.none(), st.integers(1, 60_000)),
        units_milli=st.integers(1, 90_000),
        kind=st.sampled_from([SaleKind.ENERGY, SaleKind.ENERGY, SaleKind.ENERGY, SaleKind.ARREARS]),
    )
    def sell(self, meter: int, money_minor: int | None, units_milli: int, kind: SaleKind) -> None:
        asked = SaleRequest(
            sale_id=uuid4(),
            drn=self.drns[meter],
            money_minor=money_minor,
            units_milli=None if money_minor is not None else units_milli,
            kind=kind,
            is_another_wanted=True,
        )
        try:
            result = self.shop.checkout.sell(asked, self.shop.cashier)
        except UserError as refused:
            # Too little for a token, no arrears, no shift: nothing may have changed.
            assert refused.code.partition(".")[0] in {"sale", "arrears", "shift"}, refused.code
            return
        assert self.is_open
        self.drawer_minor += result.sale["money_minor"]
        self.sold.append((asked, result.sale))
        token = result.credit_token
        assert (token is None) == (kind is SaleKind.ARREARS)
        if token is not None:
            assert self.meters[meter].enter(token["digits"]).result is ResultCode.ACCEPT

    @precondition(lambda self: self.sold)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        asked, sale = data.draw(st.sampled_from(self.sold))

        result = self.shop.checkout.sell(asked, self.shop.cashier)

        assert result.is_repeat
        assert result.sale == sale

    @precondition(lambda self: self.sold)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        asked, _ = data.draw(st.sampled_from(self.sold))
        try:
            Voids(self.shop.units, self.shop.book).void(
                asked.sale_id, self.shop.supervisor, reason="changed his mind"
            )
        except UserError as refused:
            assert refused.code == "sale.not_cancellable"
        else:
            raise AssertionError("a token cannot be called back")

    @precondition(lambda self: self.is_open)
    @rule(amount_minor=st.integers(1, 20_000), way=st.sampled_from(["in", "out"]))
    def move_cash(self, amount_minor: int, way: str) -> None:
        if way == "in":
            self.cash.put_in(self.shop.cashier, amount_minor, reason="change")
        else:
            self.cash.drop_to_safe(self.shop.cashier, amount_minor)
        self.drawer_minor += amount_minor if way == "in" else -amount_minor

    @rule(minutes=st.integers(0, 3_000))
    def wait(self, minutes: int) -> None:
        self.shop.clock.pass_time(minutes=minutes)

    @rule()
    def restart(self) -> None:
        now = self.shop.clock.now()
        self.shop.units.close()
        shop = reopen_shop(self.folder)
        shop.clock.set_wall(now)
        self._wire(shop)

    @invariant()
    def money_adds_up(self) -> None:
        for column, query in _MONEY.items():
            rows = self._rows(query)
            assert rows == [], f"{column}: {rows}"

    @invariant()
    def units_add_up(self) -> None:
        ((sold, issued, carried),) = self._rows(
            "SELECT (SELECT coalesce(sum(units_milli + free_milli), 0) FROM sale_item), "
            "(SELECT coalesce(sum(tenths), 0) * 100 FROM token), "
            "(SELECT coalesce(sum(carry_milli), 0) FROM carry)"
        )
        assert sold == issued + carried

    @invariant()
    def drawer_is_opening_and_movements(self) -> None:
        rows = self._rows("SELECT balance_minor FROM account WHERE name LIKE 'drawer:%'")
        assert rows in ([(self.drawer_minor,)], [] if self.drawer_minor == 0 else None)

    @invariant()
    def receipts_have_no_gap(self) -> None:
        numbers = [row[0] for row in self._rows("SELECT receipt_number FROM sale ORDER BY place")]
        assert numbers == list(range(1, len(self.sold) + 1))

    @invariant()
    def verify_finds_nothing(self) -> None:
        assert verify(self.shop.units).findings == ()

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        with self.shop.units.read() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def teardown(self) -> None:
        self.shop.units.close()
        self._temporary.cleanup()


_MONEY = {
    "lines": "SELECT i.sale_place FROM sale_item AS i JOIN sale_line AS l ON l.sale_place = i.sale_place "
    "AND l.item_n = i.n GROUP BY i.sale_place, i.n HAVING sum(l.amount_minor) <> max(i.money_minor)",
    "items": "SELECT place FROM sale JOIN sale_item ON sale_place = place "
    "GROUP BY place HAVING sum(sale_item.money_minor) <> max(sale.money_minor)",
    "payments": "SELECT place FROM sale JOIN payment ON sale_place = place "
    "GROUP BY place HAVING sum(payment.amount_minor) <> max(sale.money_minor)",
    "postings": "SELECT place FROM posting GROUP BY place HAVING sum(amount_minor) <> 0",
}

SaleMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestSaleMachine = SaleMachine.TestCase
