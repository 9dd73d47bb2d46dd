"""Everything around a sale but selling itself, wired to the small shop of `tests.factories.shop`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Actor, Permission, Role
from pos.errors import KilotillError
from pos.models.ledger_book import take_number
from pos.models.packing import unpack_line
from pos.printing.fiscal import NoFiscalSigner
from pos.services.approval import Approval
from pos.services.cases import Cases
from pos.services.clock_acts import ClockActs
from pos.services.drafts import Drafts
from pos.services.engineering import EngineeringTokens
from pos.services.free_issue import FreeIssues
from pos.services.issuing import Issuing
from pos.services.key_changes import KeyChanges
from pos.services.office_papers import OfficePapers
from pos.services.papers import PaperRules, ShopPapers
from pos.services.past_sales import PastSales
from pos.services.quoting import Quoting
from pos.services.refunds import Refunds
from pos.services.reprint import Reprints
from pos.services.resume import ResumeList, resume_list
from pos.services.sale_values import SaleRequest, SaleResult
from pos.services.token_check import TokenCheck
from pos.services.token_vending import TokenVending
from pos.services.void import Voids
from tests.crash.remote_twin import RemoteHolderTwin, Step
from tests.factories.shop import ZONE, Shop, make_shop


@dataclass
class Office:
    shop: Shop
    reprints: Reprints
    drafts: Drafts
    voids: Voids
    refunds: Refunds
    free_issues: FreeIssues
    engineering: EngineeringTokens
    key_changes: KeyChanges
    token_check: TokenCheck
    clock_acts: ClockActs
    cases: Cases
    past_sales: PastSales
    goodwill_limit_minor: int = 10_000

    @property
    def cashier(self) -> Actor:
        return self.shop.cashier

    @property
    def supervisor(self) -> Actor:
        return self.shop.supervisor

    @property
    def administrator(self) -> Actor:
        return self.person(Role.ADMINISTRATOR)

    def person(self, role: Role) -> Actor:
        with self.shop.units.read() as connection:
            row: Any = connection.exec_driver_sql(
                "SELECT id, key, name FROM operator WHERE role = ?", (role.value,)
            ).one()
        return Actor(UUID(bytes=row[0]), row[1], row[2], role)

    def sell(self, drn: str, money_minor: int = 5000, **changes: Any) -> SaleResult:
        asked = SaleRequest(sale_id=uuid4(), drn=drn, money_minor=money_minor, is_another_wanted=True)
        return self.shop.checkout.sell(replace(asked, **changes), self.shop.supervisor)

    def approval(self, permission: Permission, subject: str, by: Actor | None = None) -> Approval:
        approver = (by or self.supervisor).id
        return Approval(permission, subject, approver=approver, clock=self.shop.clock)

    def resume(self) -> ResumeList:
        with self.shop.units.read() as connection:
            return resume_list(connection, self.shop.clock.now())

    def rows(self, query: str, *values: object) -> list[Any]:
        with self.shop.units.read() as connection:
            return list(connection.exec_driver_sql(query, values).all())

    def close_shift(self) -> None:
        """Close the open shift with what the drawer should hold."""
        ((shift_id,),) = self.rows("SELECT id FROM shift WHERE closed_place IS NULL")
        body = {
            "shift_id": str(UUID(bytes=shift_id)),
            "z_number": "T03-Z0001",
            "count": [],
            "counted_minor": 55_000,
            "expected_minor": 55_000,
            "difference_minor": 0,
            "totals": [],
            "unresolved": 1,
        }
        with self.shop.units.write() as unit:
            take_number(unit.connection, "z_last")
            self.shop.book.record(unit, "shift_closed", body, actor=self.cashier.id)

    def bodies(self, kind: str) -> list[Any]:
        """The bodies of all lines of a kind, in order."""
        return [
            json.loads(unpack_line(row[0]))["body"]
            for row in self.rows("SELECT line FROM journal WHERE kind = ? ORDER BY seq", kind)
        ]


def make_office(folder: Path, **shop_changes: Any) -> Office:
    shop = make_shop(folder, **shop_changes)
    shop.set_rules(printer="dummy")
    return office_of(shop)


def make_remote_office(
    folder: Path, *script: Step, holders: str = '["central"]', **shop_changes: Any
) -> tuple[Office, RemoteHolderTwin]:
    """A shop whose tokens come from a holder behind a network, and the twin that follows a script."""
    remote: dict[str, RemoteHolderTwin] = {}
    office = make_office(folder, remote_holders=remote, holders=holders, **shop_changes)
    remote["central"] = RemoteHolderTwin(office.shop.vault, folder / "central.jsonl", script)
    return office, remote["central"]


def office_of(shop: Shop) -> Office:
    vending = TokenVending(shop.vault)
    shop_papers = ShopPapers(ZONE, NoFiscalSigner(), rules=lambda: PaperRules("RWF"))
    papers = OfficePapers(shop_papers, lambda: shop.rules)
    issuing = Issuing(shop.book, clock=shop.clock, papers=papers, rules=lambda: shop.rules)
    office: Office
    cases = Cases(
        shop.units,
        shop.book,
        issuing,
        vending=vending,
        papers=papers,
        clock=shop.clock,
        rules=lambda: shop.rules,
        goodwill_limit_minor=lambda: office.goodwill_limit_minor,
    )
    office = Office(
        shop,
        Reprints(shop.units, shop.book, clock=shop.clock, rules=lambda: shop.rules),
        Drafts(shop.units, shop.clock),
        Voids(shop.units, shop.book),
        Refunds(shop.units, shop.book, papers, clock=shop.clock, rules=lambda: shop.rules),
        FreeIssues(shop.units, issuing, vending, quoting=Quoting(ZONE), time_zone=ZONE),
        EngineeringTokens(shop.units, shop.book, issuing, vending=vending),
        KeyChanges(shop.units, shop.book, issuing, vending=vending, vault=shop.vault),
        TokenCheck(shop.units, vending, clock=shop.clock),
        ClockActs(shop.units, shop.book, shop.clock, time_zone=ZONE),
        cases,
        PastSales(shop.units),
    )
    return office


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code
