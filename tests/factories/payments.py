"""A small shop that also takes payments by phone: the desk over a scripted provider, and a second one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pos.gateways.base import ByPhone, PaymentGateway
from pos.models.uow import WriteUnit
from pos.services.fee_rules import FeeRules
from pos.services.payment_asking import Asking
from pos.services.payment_desk import PaymentDesk
from pos.services.payment_lines import PaymentLines
from pos.services.payment_parts import Part
from pos.services.payment_refunds import PaymentRefunds
from pos.services.payment_rest import RestPricing
from pos.services.payment_settling import Settling
from pos.services.payment_views import SaleView
from pos.services.refunds import Refunds
from pos.services.sale_values import SaleRequest
from pos.services.shifts import ShiftRules, Shifts
from pos.services.verify import verify
from tests.factories.shifts import ZFolder, coins
from tests.factories.shop import Shop, make_shop, reopen_shop
from tests.fakes.provider import ScriptedProvider

PHONE = "+250788123456"
PII_KEY = bytes(range(32))


class PlainNotes:
    """Credit notes as plain bytes."""

    def credit_note(self, connection: object, sale: Mapping[str, Any], **more: object) -> bytes:
        return b'{"credit_note":true}'


class TextList:
    """Takes down whose token text was asked for."""

    def __init__(self) -> None:
        self.sales: list[UUID] = []

    def queue(self, unit: WriteUnit, sale_id: UUID) -> None:
        self.sales.append(sale_id)


@dataclass
class Counter:
    """The shop, its desk, and its providers by code."""

    shop: Shop
    gateways: dict[str, PaymentGateway]
    desk: PaymentDesk
    refunds: PaymentRefunds
    cash_refunds: Refunds
    shifts: Shifts
    fees: FeeRules
    texts: TextList = field(default_factory=TextList)

    @property
    def momo(self) -> ScriptedProvider:
        found = self.gateways["mtn_momo"]
        assert isinstance(found, ScriptedProvider)
        return found

    @property
    def airtel(self) -> ScriptedProvider:
        found = self.gateways["airtel_money"]
        assert isinstance(found, ScriptedProvider)
        return found

    def begin(self, drn: str, *parts: Part, money_minor: int = 5000, **changes: Any) -> SaleView:
        request = asked(drn, money_minor=money_minor, **changes)
        return self.desk.begin(request, parts or (momo(),), self.shop.cashier)

    def run(self, *, seconds: float = 4, times: int = 1) -> None:
        """Let time pass and do what is due, several times."""
        for _ in range(times):
            self.shop.clock.pass_time(seconds=seconds)
            self.desk.run_due()

    def close_shift(self) -> None:
        with self.shop.units.read() as connection:
            held = connection.exec_driver_sql(
                "SELECT balance_minor FROM account WHERE name LIKE 'drawer:%'"
            ).scalar()
        self.shifts.close_shift(self.shop.supervisor, coins(held or 0))

    def open_shift(self, float_minor: int = 50_000) -> None:
        self.shifts.open_shift(self.shop.cashier, coins(float_minor))
        self.desk.deliver_waiting()

    def check_books(self) -> None:
        report = verify(self.shop.units)
        assert report.findings == ()


def asked(drn: str, *, money_minor: int | None = 5000, **changes: Any) -> SaleRequest:
    values: dict[str, Any] = {"sale_id": uuid4(), "is_another_wanted": True} | changes
    return SaleRequest(drn=drn, money_minor=money_minor, **values)


def momo(amount_minor: int | None = None, phone: str = PHONE) -> Part:
    return Part("momo", amount_minor, pay_by=ByPhone(phone))


def airtel(amount_minor: int | None = None) -> Part:
    return Part("airtel", amount_minor, pay_by=ByPhone("+250738123456"))


def cash(amount_minor: int | None = None, tendered_minor: int | None = None) -> Part:
    return Part("", amount_minor, tendered_minor)


def make_counter(folder: Path, **changes: Any) -> Counter:
    shop = make_shop(folder, **changes)
    gateways: dict[str, PaymentGateway] = {
        "mtn_momo": ScriptedProvider(shop.clock),
        "airtel_money": ScriptedProvider(shop.clock, code="airtel_money", tender="airtel"),
    }
    return wire(shop, gateways)


def reopen_counter(counter: Counter, folder: Path, **changes: Any) -> Counter:
    """The same till after a restart; the providers went on meanwhile."""
    now = counter.shop.clock.now()
    counter.shop.units.close()
    shop = reopen_shop(folder, **changes)
    shop.clock.set_wall(now)
    for gateway in counter.gateways.values():
        assert isinstance(gateway, ScriptedProvider)
        gateway.clock = shop.clock
    again = wire(shop, counter.gateways)
    again.desk.take_up()
    return again


def wire(shop: Shop, gateways: dict[str, PaymentGateway], currency: str = "RWF") -> Counter:
    shop.set_rules(currency=currency)
    lines = PaymentLines(shop.book, shop.clock, pii_key=lambda: PII_KEY)
    texts = TextList()
    fees = FeeRules(shop.units, shop.book, currency=lambda: currency)
    rest = RestPricing(shop.checkout.preparation, fees, shop.clock)
    settling = Settling(
        shop.book,
        shop.delivery,
        clock=shop.clock,
        preparation=shop.checkout.preparation,
        lines=lines,
        texts=texts,
        rest=rest,
    )
    asking = Asking(shop.units, clock=shop.clock, lines=lines, settling=settling, gateways=lambda: gateways)
    refunds = PaymentRefunds(
        shop.units,
        clock=shop.clock,
        gateways=lambda: gateways,
        lines=lines,
        papers=PlainNotes(),
        rules=lambda: shop.rules,
    )
    desk = PaymentDesk(
        shop.units,
        shop.book,
        shop.checkout,
        clock=shop.clock,
        gateways=lambda: gateways,
        lines=lines,
        settling=settling,
        asking=asking,
        refunds=refunds,
        fees=fees,
        rest=rest,
        currency=lambda: currency,
    )
    shifts = Shifts(
        shop.units,
        shop.book,
        clock=shop.clock,
        rules=lambda: ShiftRules(difference_limit_minor=10**9),
        sign=lambda _: bytes(64),
        papers=ZFolder(),
    )
    cash_refunds = Refunds(shop.units, shop.book, PlainNotes(), clock=shop.clock, rules=lambda: shop.rules)
    return Counter(shop, gateways, desk, refunds, cash_refunds, shifts, fees, texts)
