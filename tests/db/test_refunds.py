from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Permission, Role
from pos.errors import ApprovalNeeded, Rejected
from pos.models.ledger_book import read_head
from pos.services.sale_values import SaleRequest
from tests.crash.remote_twin import Step
from tests.factories.office import Office, code_of, make_remote_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_remote_office(tmp_path, Step.NO)[0]


def refund_due(office: Office, money_minor: int = 5000) -> UUID:
    asked = SaleRequest(sale_id=uuid4(), drn=office.shop.add_meter(1), money_minor=money_minor)
    with pytest.raises(Rejected):
        office.shop.checkout.sell(asked, office.cashier)
    return asked.sale_id


def drawer(office: Office) -> int:
    with office.shop.units.read() as connection:
        return office.shop.balance(f"drawer:{read_head(connection).till_id}")


def test_refund_when_made_pays_cash_and_takes_the_next_number_of_the_receipts(office: Office) -> None:
    sale_id = refund_due(office)
    assert drawer(office) == 55_000

    refund = office.refunds.make(sale_id, office.supervisor, reason="no token could be made")

    assert (refund.document_number, refund.amount_minor, drawer(office)) == ("T03-000001", 5000, 50_000)
    assert office.shop.balance("refund_due") == 0
    assert office.rows("SELECT state, receipt_number FROM sale") == [("refunded", 1)]
    assert office.rows("SELECT kind FROM document") == [("credit_note",)]
    assert office.rows("SELECT opens_drawer FROM print_job") == [(1,)]
    assert office.resume().items[0].print_job == refund.print_job
    later = office.sell(office.shop.add_meter(2))
    assert later.sale["receipt_number"] == "T03-000002"


def test_refund_when_made_twice_is_not_due(office: Office) -> None:
    sale_id = refund_due(office)
    office.refunds.make(sale_id, office.supervisor, reason="x")

    assert code_of(lambda: office.refunds.make(sale_id, office.supervisor, reason="x")) == "refund.not_due"
    assert drawer(office) == 50_000


def test_refund_when_the_sale_was_delivered_is_not_due(office: Office) -> None:
    refund_due(office)
    sale_id = UUID(office.sell(office.shop.add_meter(2)).sale["sale_id"])

    assert code_of(lambda: office.refunds.make(sale_id, office.supervisor, reason="x")) == "refund.not_due"


def test_refund_when_a_cashier_asks_needs_an_approval(office: Office) -> None:
    sale_id = refund_due(office)

    with pytest.raises(ApprovalNeeded):
        office.refunds.make(sale_id, office.cashier, reason="x")
    given = office.approval(Permission.REFUND_MAKE, str(sale_id))
    office.refunds.make(sale_id, office.cashier, reason="x", approval=given)

    assert drawer(office) == 50_000


def test_refund_when_the_role_may_not_is_refused(office: Office) -> None:
    sale_id = refund_due(office)
    auditor = office.person(Role.AUDITOR)

    assert code_of(lambda: office.refunds.make(sale_id, auditor, reason="x")) == "permission.denied"


def test_refund_when_no_shift_is_open_waits(office: Office) -> None:
    sale_id = refund_due(office)
    office.close_shift()

    assert code_of(lambda: office.refunds.make(sale_id, office.supervisor, reason="x")) == "shift.cannot_open"


def test_refund_when_the_drawer_holds_less_is_refused(office: Office) -> None:
    sale_id = refund_due(office)
    with office.shop.units.write() as unit:
        office.shop.book.record(
            unit,
            "cash_moved",
            {
                "movement_id": str(uuid4()),
                "kind": "safe_drop",
                "amount_minor": -50_001,
                "reason": "to the safe",
            },
            actor=office.cashier.id,
            shift=UUID(bytes=office.rows("SELECT id FROM shift")[0][0]),
        )

    assert code_of(lambda: office.refunds.make(sale_id, office.supervisor, reason="x")) == "refund.cash_short"
