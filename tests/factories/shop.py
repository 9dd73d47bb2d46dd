"""A small shop with an open shift, built straight into the tables: what the sale engine's tests sell from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from pos.domain.canonical import canonical_bytes
from pos.domain.permissions import Actor, Role
from pos.domain.tariff import Block, Tariff, tariff_sha256
from pos.models.book import book
from pos.models.db import open_engine
from pos.models.ledger_book import Book, read_head
from pos.models.meters import customer, meter, supply_group
from pos.models.sales import envelope
from pos.models.shop import branch, operator, organisation, sales_point, till
from pos.models.tariffs import commission_rule, supplier, tariff
from pos.models.uow import Units
from pos.services.checkout import Checkout
from pos.services.delivery import CheckoutRules, Delivery
from pos.services.key_holders import RemoteHolder
from pos.services.quoting import Quoting
from pos.services.token_vending import TokenVending
from pos.system.ids import new_id
from pos.tokens.cipher import BlockCipher
from pos.tokens.demo import demo_keys
from pos.tokens.key_change import KeyAttributes
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod
from pos.tokens.numbers import make_drn, pan_of, parse_drn
from pos.tokens.vault import MeterKey, SoftwareVault
from pos.tokens.virtual_meter import VirtualMeter
from tests.db.schema import make_database
from tests.fakes.clock import FakeClock
from tests.fakes.papers import PlainPapers

ZONE = ZoneInfo("Africa/Kigali")
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
GROUPS = (("123456", "02", "07"), ("201457", "04", "07"), ("201458", "04", "11"))


def plain_tariff(code: str = "HOME") -> Tariff:
    """Blocks 20 at 89, 50 at 310, the rest at 369 a kWh, no tax: the check figures of the trade rules."""
    return Tariff(
        code=code,
        version=1,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        currency="RWF",
        blocks=(
            Block(89_000_000, to_milli=20_000),
            Block(310_000_000, to_milli=50_000),
            Block(369_000_000),
        ),
    )


@dataclass(slots=True)
class Shop:
    units: Units
    clock: FakeClock
    book: Book
    vault: SoftwareVault
    checkout: Checkout
    delivery: Delivery
    cashier: Actor
    supervisor: Actor
    rules: CheckoutRules

    def set_rules(self, **changes: Any) -> None:
        self.rules = replace(self.rules, **changes)

    def add_meter(
        self, serial: int, *, sgc: str = "201457", tariff_code: str = "HOME", **changes: Any
    ) -> str:
        drn = make_drn("04", f"{serial:08d}")
        with self.units.write() as unit:
            unit.connection.execute(
                meter.insert().values(
                    **{
                        "id": new_id(self.clock.now()),
                        "drn": drn.digits,
                        "drn_reversed": drn.digits[::-1],
                        "pan": int(pan_of(drn).digits),
                        "service": 0,
                        "tariff_code": tariff_code,
                        "sgc": sgc,
                        "status": "active",
                        "arrears_minor": 0,
                        **changes,
                    }
                )
            )
        return drn.digits

    def open_shift(self, float_minor: int = 50_000) -> UUID:
        shift_id = new_id(self.clock.now())
        with self.units.write() as unit:
            self.book.record(
                unit,
                "shift_opened",
                {"shift_id": str(shift_id), "drawer_id": "drawer-1", "float_minor": float_minor, "count": []},
                actor=self.cashier.id,
                shift=shift_id,
            )
        return shift_id

    def top_up(self, amount_minor: int) -> None:
        with self.units.write() as unit:
            self.book.record(
                unit,
                "float_moved",
                {
                    "account": "supplier:reg",
                    "amount_minor": amount_minor,
                    "kind": "top_up",
                    "reference": "slip",
                    "reason": "",
                },
                actor=self.supervisor.id,
            )

    def balance(self, account: str) -> int:
        with self.units.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT balance_minor FROM account WHERE name = ?", (account,)
            ).scalar()
        return found or 0

    def virtual_meter(self, drn: str, sgc: str = "201457") -> VirtualMeter:
        return virtual_meter(self.vault, drn, sgc)


def virtual_meter(vault: SoftwareVault, drn: str, sgc: str = "201457") -> VirtualMeter:
    """The meter that a token must convince."""
    return VirtualMeter(
        parse_drn(drn), meter_cipher(vault, drn, sgc), KeyAttributes(sgc=sgc, ti="01", krn=1, kt=2, ken=255)
    )


def meter_cipher(vault: SoftwareVault, drn: str, sgc: str) -> BlockCipher:
    _, method, ea = next(group for group in GROUPS if group[0] == sgc)
    key = MeterKey(
        pan=pan_of(parse_drn(drn)).digits,
        sgc=sgc,
        ti="01",
        krn=1,
        method=KeyMethod(method),
        ea=EncryptionAlgorithm(ea),
        base_date=BaseDate.Y2014,
    )
    return vault.decoder_key_even_expired(key).cipher()


def make_shop(
    folder: Path,
    *,
    tariffs: tuple[Tariff, ...] = (plain_tariff(),),
    remote_holders: Mapping[str, RemoteHolder] | None = None,
    holders: str = '["vault"]',
    envelope_money_minor: int = 10**12,
    envelope_units_milli: int = 10**12,
    float_minor: int = 10**9,
    commission_ppm: int = 0,
    opens_shift: bool = True,
    clock: FakeClock | None = None,
) -> Shop:
    clock = clock or FakeClock(START)
    units = make_database(folder)
    till_id = new_id(START)
    people = {role: Actor(new_id(START), key, name, role) for key, name, role in _PEOPLE}
    with units.write() as unit:
        _fill(unit.connection, till_id, people, tariffs, holders, commission_ppm)
    shop = _wire(units, clock, people, {} if remote_holders is None else remote_holders)
    _begin(shop, envelope_money_minor, envelope_units_milli)
    if float_minor:
        shop.top_up(float_minor)
    if opens_shift:
        shop.open_shift()
    return shop


def reopen_shop(
    folder: Path,
    *,
    remote_holders: Mapping[str, RemoteHolder] | None = None,
    clock: FakeClock | None = None,
) -> Shop:
    """The shop of `make_shop` after a restart; a clock of its own goes on from the last record."""
    units = Units(open_engine(folder / "till.sqlite"))
    with units.read() as connection:
        clock = clock or FakeClock(read_head(connection).trusted_at)
        people = {
            Role(row.role): Actor(row.id, row.key, row.name, Role(row.role))
            for row in connection.execute(operator.select())
        }
    return _wire(units, clock, people, {} if remote_holders is None else remote_holders)


def _wire(
    units: Units, clock: FakeClock, people: Mapping[Role, Actor], remote_holders: Mapping[str, RemoteHolder]
) -> Shop:
    vault = SoftwareVault()
    vault.unlock(demo_keys(), save=lambda _: None)
    ledger = Book(clock, ZONE)
    shop: Shop
    delivery = Delivery(
        ledger, clock=clock, vending=TokenVending(vault), papers=PlainPapers(), rules=lambda: shop.rules
    )
    checkout = Checkout(
        units,
        ledger,
        delivery,
        clock=clock,
        quoting=Quoting(ZONE),
        vault=vault,
        rules=lambda: shop.rules,
        remote_holders=remote_holders,
    )
    shop = Shop(
        units,
        clock,
        ledger,
        vault,
        checkout,
        delivery,
        people[Role.CASHIER],
        people[Role.SUPERVISOR],
        CheckoutRules(currency="RWF", language="en"),
    )
    return shop


_PEOPLE = (
    (1, "Aline", Role.CASHIER),
    (2, "Bosco", Role.SUPERVISOR),
    (3, "Claire", Role.ADMINISTRATOR),
    (4, "Denis", Role.FACILITY_MANAGER),
    (5, "Esther", Role.AUDITOR),
)


def _begin(shop: Shop, money_minor: int, units_milli: int) -> None:
    body = canonical_bytes(
        {"as_of_seq": 0, "money_minor": money_minor, "sequence": 1, "units_milli": units_milli}
    )
    with shop.units.write() as unit:
        unit.connection.execute(
            envelope.insert().values(
                sequence=1,
                body=body.decode(),
                signature=bytes(64),
                as_of_seq=0,
                money_minor=money_minor,
                units_milli=units_milli,
                used_money_minor=0,
                used_units_milli=0,
            )
        )
        shop.book.record(
            unit,
            "envelope_taken",
            {"sequence": 1, "sha256": sha256(body).hexdigest()},
            actor=shop.supervisor.id,
        )


def _fill(
    connection: Connection,
    till_id: UUID,
    people: Mapping[Role, Actor],
    tariffs: tuple[Tariff, ...],
    holders: str,
    commission_ppm: int,
) -> None:
    ids = [new_id(START) for _ in range(3)]
    connection.execute(organisation.insert().values(id=ids[0], name="Test", time_zone=ZONE.key))
    connection.execute(branch.insert().values(id=ids[1], organisation_id=ids[0], name="Main"))
    connection.execute(
        sales_point.insert().values(
            id=ids[2], branch_id=ids[1], name="Counter", currency="RWF", language="en"
        )
    )
    connection.execute(
        till.insert().values(id=till_id, sales_point_id=ids[2], code="T03", public_key=bytes(32))
    )
    connection.execute(
        book.insert().values(
            one=1,
            number=0,
            till_id=till_id,
            head_seq=0,
            head_hash=bytes(32),
            acked_seq=0,
            mirrored_seq=0,
            receipt_last=0,
            z_last=0,
            case_last=0,
            trusted_at=START - timedelta(minutes=1),
            is_demo=True,
            is_training=False,
        )
    )
    for role, actor in people.items():
        connection.execute(
            operator.insert().values(
                key=actor.key, id=actor.id, name=actor.name, role=role.value, pin_sealed=b"", is_active=True
            )
        )
    connection.execute(supplier.insert().values(code="reg", name="REG", credit_limit_minor=0))
    connection.execute(
        commission_rule.insert().values(
            supplier="reg", version=1, valid_from=datetime(2020, 1, 1, tzinfo=UTC), ppm=commission_ppm
        )
    )
    for sgc, method, ea in GROUPS:
        connection.execute(
            supply_group.insert().values(
                sgc=sgc,
                key_method=method,
                algorithm=ea,
                base_date="14",
                ti="01",
                krn=1,
                kt=2,
                ken=255,
                tid_zone="UTC",
                lanes=1,
                lane=0,
                holders=holders,
                supplier="reg",
            )
        )
    for one in tariffs:
        connection.execute(
            tariff.insert().values(
                id=new_id(START),
                code=one.code,
                version=one.version,
                valid_from=one.valid_from,
                body=canonical_bytes(one.to_json()).decode(),
                sha256=bytes.fromhex(tariff_sha256(one)),
            )
        )


def add_customer(connection: Connection, at: datetime, **values: Any) -> int:
    result = connection.execute(customer.insert().values(id=new_id(at), **values))
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
