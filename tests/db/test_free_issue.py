from dataclasses import replace
from pathlib import Path

import pytest

from pos.domain.permissions import Permission, Role
from pos.errors import ApprovalNeeded
from tests.factories.office import Office, code_of, make_office
from tests.factories.shop import plain_tariff

FREE_MILLI = 15_250


@pytest.fixture
def office(tmp_path: Path) -> Office:
    tariffs = (replace(plain_tariff(), free_milli=FREE_MILLI), plain_tariff("PAID"))
    return make_office(tmp_path, tariffs=tariffs)


def test_free_issue_when_due_gives_the_rest_of_the_month_once(office: Office) -> None:
    drn = office.shop.add_meter(1)
    assert office.free_issues.due(office.cashier, drn).free_milli == FREE_MILLI

    issue = office.free_issues.issue(drn, office.supervisor)

    (token,) = issue.item["tokens"]
    assert (token["tenths"], issue.item["carry_out_milli"], issue.item["units_milli"]) == (152, 50, 0)
    assert issue.item["lines"] == [
        {"amount_minor": 0, "code": "free", "kind": "free", "n": 1, "tax_code": "", "units_milli": FREE_MILLI}
    ]
    assert office.shop.virtual_meter(drn).enter(token["digits"]).is_accepted
    assert code_of(lambda: office.free_issues.issue(drn, office.supervisor)) == "free.not_due"
    assert office.rows("SELECT free_milli, units_milli FROM meter_month") == [(FREE_MILLI, 0)]
    assert office.rows("SELECT carry_milli FROM carry") == [(50,)]
    # 15.2 kWh at 89: 1352.8
    assert office.rows("SELECT used_money_minor, used_units_milli FROM envelope") == [(1353, 15_200)]


def test_free_issue_when_the_next_sale_comes_its_carry_goes_on_and_blocks_count_from_zero(
    office: Office,
) -> None:
    drn = office.shop.add_meter(1)
    office.free_issues.issue(drn, office.supervisor)

    result = office.sell(drn)

    assert result.item["carry_in_milli"] == 50
    assert result.item["basis"]["bought_before_milli"] == 0
    assert result.item["free_milli"] == 0


def test_free_issue_when_a_sale_gave_the_units_is_not_due_until_next_month(office: Office) -> None:
    drn = office.shop.add_meter(1)
    office.sell(drn)
    assert code_of(lambda: office.free_issues.issue(drn, office.supervisor)) == "free.not_due"

    # A shop sells every few days; a longer gap would ask for the date first.
    for _ in range(2):
        office.shop.clock.pass_time(days=6)
        office.sell(office.shop.add_meter(int(office.shop.clock.now().day)))

    assert office.free_issues.issue(drn, office.supervisor).item["basis"]["month"] == "2026-12"


def test_free_issue_when_the_tariff_gives_nothing_is_not_due(office: Office) -> None:
    drn = office.shop.add_meter(1, tariff_code="PAID")

    assert code_of(lambda: office.free_issues.issue(drn, office.supervisor)) == "free.not_due"


def test_free_issue_when_a_cashier_asks_needs_an_approval_for_that_meter(office: Office) -> None:
    drn = office.shop.add_meter(1)

    with pytest.raises(ApprovalNeeded):
        office.free_issues.issue(drn, office.cashier)
    given = office.approval(Permission.SALE_FREE_ISSUE, drn)
    office.free_issues.issue(drn, office.cashier, approval=given)

    assert office.bodies("tokens_issued")[0]["cause"] == "free"


def test_free_issue_when_refused_writes_nothing(office: Office) -> None:
    blocked = office.shop.add_meter(1, status="blocked")
    lost = office.shop.add_meter(2, tariff_code="GHOST")

    assert code_of(lambda: office.free_issues.issue(blocked, office.supervisor)) == "meter.blocked"
    assert code_of(lambda: office.free_issues.issue(lost, office.supervisor)) == "tariff.unknown"
    assert (
        code_of(lambda: office.free_issues.issue(office.shop.add_meter(3), office.person(Role.AUDITOR)))
        == "permission.denied"
    )
    assert office.bodies("tokens_issued") == []


def test_free_issue_when_the_envelope_is_used_up_stops(tmp_path: Path) -> None:
    office = make_office(
        tmp_path, tariffs=(replace(plain_tariff(), free_milli=FREE_MILLI),), envelope_money_minor=1352
    )
    drn = office.shop.add_meter(1)

    assert code_of(lambda: office.free_issues.issue(drn, office.supervisor)) == "envelope.money"
