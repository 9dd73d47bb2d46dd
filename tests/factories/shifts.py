"""A shop whose shifts are opened and closed by the services, and whose Z papers are kept in a list."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pos.domain.permissions import Actor, Permission, Role
from pos.domain.shift import CashCount, ShiftReport, cash_count
from pos.models.uow import WriteUnit
from pos.services.approval import Approval
from pos.services.cash import Cash
from pos.services.sale_values import SaleRequest, SaleResult
from pos.services.shifts import ShiftRules, Shifts
from tests.factories.shop import Shop, make_shop


def coins(total_minor: int) -> CashCount:
    """A count of that many coins of one."""
    return cash_count([(1, total_minor)])


@dataclass
class ZFolder:
    kept: list[tuple[int, ShiftReport]] = field(default_factory=list)

    def keep_z(self, unit: WriteUnit, report: ShiftReport, *, place: int, actor: Actor) -> None:
        unit.after_commit(lambda: self.kept.append((place, report)))


@dataclass
class Desk:
    shop: Shop
    shifts: Shifts
    cash: Cash
    papers: ZFolder
    key: Ed25519PrivateKey
    limit_minor: int = 0

    def sell(self, drn: str, money_minor: int, **changes: Any) -> SaleResult:
        wanted: dict[str, Any] = {
            "sale_id": uuid4(),
            "drn": drn,
            "money_minor": money_minor,
            "is_another_wanted": True,
        }
        return self.shop.checkout.sell(SaleRequest(**(wanted | changes)), self.shop.cashier)

    def approve(self, permission: Permission, subject: str) -> Approval:
        return Approval(permission, subject, approver=self.shop.supervisor.id, clock=self.shop.clock)

    def drawer(self) -> int:
        with self.shop.units.read() as connection:
            return int(
                connection.exec_driver_sql(
                    "SELECT coalesce(sum(balance_minor), 0) FROM account WHERE name LIKE 'drawer:%'"
                ).scalar_one()
            )

    def person(self, role: Role) -> Actor:
        """The shop's person of a role (key as in the factory of shops)."""
        with self.shop.units.read() as connection:
            row = connection.exec_driver_sql(
                "SELECT id, key, name FROM operator WHERE role = ?", (role.value,)
            ).one()
        return Actor(UUID(bytes=row[0]), row[1], row[2], role)


def make_desk(folder: Path, *, limit_minor: int = 0, **shop_options: Any) -> Desk:
    shop = make_shop(folder, **({"opens_shift": False} | shop_options))
    shop.set_rules(duplicate_limit_minor=10**12)
    papers, key = ZFolder(), Ed25519PrivateKey.generate()
    desk: Desk
    shifts = Shifts(
        shop.units,
        shop.book,
        clock=shop.clock,
        rules=lambda: ShiftRules(difference_limit_minor=desk.limit_minor),
        sign=key.sign,
        papers=papers,
    )
    desk = Desk(shop, shifts, Cash(shop.units, shop.book, shop.clock), papers, key, limit_minor)
    return desk
