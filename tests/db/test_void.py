from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Role
from pos.services.resume import NextAction
from tests.factories.office import Office, code_of, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def awaiting(office: Office, *payments: str) -> UUID:
    """A sale that waits for its payments, as a provider's tender will leave it."""
    sale_id = uuid4()
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO sale (place, id, state, at, business_day, operator_key, money_minor, holder, "
            "language, copies, is_handed_over) "
            "VALUES (900, ?, 'awaiting_payment', 0, '2026-11-20', 1, 5000, '', 'en', 0, 0)",
            (sale_id.bytes,),
        )
        for n, state in enumerate(payments, 1):
            unit.connection.exec_driver_sql(
                "INSERT INTO payment (sale_place, n, id, tender, state, amount_minor, change_minor) "
                "VALUES (900, ?, ?, 'momo', ?, 5000, 0)",
                (n, uuid4().bytes, state),
            )
    return sale_id


def test_void_when_it_is_a_draft_drops_it_without_a_line(office: Office) -> None:
    sale_id = uuid4()
    office.drafts.hold(sale_id, office.cashier, body={})

    office.voids.void(sale_id, office.cashier, reason="customer left")

    assert office.drafts.list(office.cashier) == []
    assert office.bodies("sale_closed") == []


@pytest.mark.parametrize("payments", [(), ("created",), ("failed", "created")])
def test_void_when_no_payment_can_come_closes_the_sale(office: Office, payments: tuple[str, ...]) -> None:
    sale_id = awaiting(office, *payments)
    assert [item.action for item in office.resume().items] == [NextAction.CHECK_PAYMENT]

    office.voids.void(sale_id, office.cashier, reason="customer left")

    assert office.rows("SELECT state FROM sale") == [("voided",)]
    assert office.bodies("sale_closed") == [
        {"amount_minor": 5000, "reason": "customer left", "sale_id": str(sale_id), "state": "voided"}
    ]
    assert office.rows("SELECT count(*) FROM posting WHERE place > 3") == [(0,)]
    assert (
        code_of(lambda: office.voids.void(sale_id, office.cashier, reason="again")) == "sale.not_cancellable"
    )


@pytest.mark.parametrize("payment", ["sent", "unknown", "succeeded"])
def test_void_when_a_payment_may_still_come_is_refused(office: Office, payment: str) -> None:
    sale_id = awaiting(office, "failed", payment)

    assert code_of(lambda: office.voids.void(sale_id, office.cashier, reason="")) == "sale.not_cancellable"


def test_void_when_the_token_is_out_is_refused(office: Office) -> None:
    sale_id = UUID(office.sell(office.shop.add_meter(1)).sale["sale_id"])

    assert code_of(lambda: office.voids.void(sale_id, office.cashier, reason="")) == "sale.not_cancellable"


def test_void_when_nobody_knows_the_sale_says_so(office: Office) -> None:
    assert code_of(lambda: office.voids.void(uuid4(), office.cashier, reason="")) == "sale.unknown"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.FACILITY_MANAGER, Role.AUDITOR])
def test_void_when_the_role_may_not_is_refused(office: Office, role: Role) -> None:
    assert code_of(lambda: office.voids.void(uuid4(), office.person(role), reason="")) == "permission.denied"
