"""After every act around a sale the books still follow from the journal, to the last column."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.states import CaseKind, CaseState
from pos.errors import Rejected, Unavailable
from pos.services.cases import CaseDecision
from pos.services.engineering import EngineeringKind, EngineeringRequest
from pos.services.reprint import HandedOver
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from tests.crash.remote_twin import Step
from tests.factories.office import make_office, make_remote_office
from tests.factories.shop import plain_tariff


def test_verify_when_everything_around_a_sale_was_done_is_clean(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    wrong, right = office.shop.add_meter(1), office.shop.add_meter(2)
    sale_id = UUID(office.sell(wrong).sale["sale_id"])
    office.reprints.hand_over(sale_id, office.cashier, how=HandedOver.SHOWN)
    office.reprints.hand_over(sale_id, office.cashier, how=HandedOver.PRINTED)
    office.reprints.reprint(sale_id, office.cashier)
    case = office.cases.open_for_sale(
        CaseKind.WRONG_METER, sale_id, actor=office.cashier, reason="mistyped", right_drn=right
    )
    decision = CaseDecision(outcome=CaseState.REALLOCATED, reason="moved", proof="meter read")
    replacement = office.cases.decide(case.case_id, decision, actor=office.supervisor)
    assert replacement is not None
    office.reprints.reprint(replacement.issue_id, office.supervisor)
    office.cases.report_fault(right, office.cashier, what="screen is dark")
    office.engineering.issue(
        EngineeringRequest(drn=wrong, kind=EngineeringKind.CLEAR_TAMPER, reason="new seal"), office.supervisor
    )
    office.shop.clock.pass_time(days=8)
    office.clock_acts.confirm(office.supervisor, date(2026, 11, 28))
    office.sell(right)

    report = verify(office.shop.units)

    assert report.findings == ()
    assert (report.checked["case_record"], report.checked["issue"]) == (2, 2)


def test_verify_when_free_units_were_given_is_clean(tmp_path: Path) -> None:
    office = make_office(tmp_path, tariffs=(replace(plain_tariff(), free_milli=15_250),))
    drn = office.shop.add_meter(1)
    office.free_issues.issue(drn, office.supervisor)
    office.sell(drn)

    assert verify(office.shop.units).findings == ()


def test_verify_when_a_remote_sale_was_refunded_and_another_waits_is_clean(tmp_path: Path) -> None:
    office, _ = make_remote_office(tmp_path, Step.NO, Step.LOSE_ANSWER)
    refused, waiting = (
        SaleRequest(sale_id=uuid4(), drn=office.shop.add_meter(serial), money_minor=5000) for serial in (1, 2)
    )
    with pytest.raises(Rejected):
        office.shop.checkout.sell(refused, office.cashier)
    office.refunds.make(refused.sale_id, office.supervisor, reason="no token")
    with pytest.raises(Unavailable):
        office.shop.checkout.sell(waiting, office.cashier)

    assert verify(office.shop.units).findings == ()


def test_verify_when_the_trusted_instant_was_reset_is_clean(tmp_path: Path) -> None:
    office = make_office(tmp_path)
    office.sell(office.shop.add_meter(1))
    now = office.shop.clock.now()
    office.shop.clock.pass_time(days=6)
    office.sell(office.shop.add_meter(2))
    office.shop.clock.set_wall(now + timedelta(hours=1))
    office.clock_acts.reset(office.administrator, date(2026, 11, 20), server_time=office.shop.clock.now())
    office.sell(office.shop.add_meter(3))

    assert verify(office.shop.units).findings == ()
