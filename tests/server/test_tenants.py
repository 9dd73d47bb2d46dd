"""Two organisations on one server: a till that names ids of the other's meters learns and changes nothing."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pos.domain.canonical import canonical_bytes
from pos.domain.ids import new_id
from pos.domain.permissions import Role
from tests.server.rig import Server
from tests.server.till_rig import DRNS, SGC, TARIFF, Till, make_shop

NEW_DRN = "04100000746"


@pytest.fixture
def ours(server: Server) -> Till:
    return make_shop(server).till()


@pytest.fixture
def theirs(server: Server) -> Till:
    return make_shop(server, "other").till()


def proposal(till: Till, meter_id: str) -> dict[str, Any]:
    cells = {"meter_id": meter_id, "meter_number": NEW_DRN, "supply_group": SGC, "tariff_code": TARIFF.code}
    record = canonical_bytes(cells).decode()
    return {
        "proposal_id": str(new_id(till.now)),
        "resource": "meter",
        "record": record,
        "record_sha256": hashlib.sha256(record.encode()).hexdigest(),
    }


def test_push_when_another_organisation_sold_to_our_meters_id_then_it_counts_for_nobody_here(
    ours: Till, theirs: Till
) -> None:
    theirs.shop.meters[DRNS[0]] = ours.shop.meters[DRNS[0]]
    theirs.sell()
    theirs.push()
    ours.sell()
    assert ours.flags() == []
    assert ours.pull("customer_credits")["rows"] == []


def test_push_when_a_rule_counts_sales_then_those_of_others_are_none(ours: Till, theirs: Till) -> None:
    rule: dict[str, Any] = {"id": "often", "name": "Often", "kind": "velocity_meter", "action": "flag"}
    rule |= {"params": {"count": 1, "minutes": 60}, "is_active": True}
    boss = ours.server.person(Role.ADMINISTRATOR, organisation_id=ours.shop.organisation)
    made = boss.put("/v1/records/fraud_rules/often", json={"body": rule})
    assert made.status_code in (200, 204), made.text
    theirs.shop.meters[DRNS[0]] = ours.shop.meters[DRNS[0]]
    theirs.sell()
    theirs.push()
    ours.sell()
    assert ours.flags() == []
    ours.sell()
    assert ours.flags() == ["fraud:often"]


def test_proposal_when_it_names_another_organisations_meter_then_nothing_of_it_is_shown(
    ours: Till, theirs: Till
) -> None:
    boss = theirs.server.person(Role.ADMINISTRATOR, organisation_id=theirs.shop.organisation)
    made = proposal(theirs, str(ours.shop.meters[DRNS[0]]))
    assert theirs.post("/v1/proposals", {"proposals": [made]}).status_code == 200
    decision = {"decision": "accepted", "reason": "looks fine"}
    answer = boss.post(f"/v1/proposals/{made['proposal_id']}/decide", json=decision)
    assert (answer.status_code, answer.json()["code"]) == (404, "record.unknown")
    shown = {row["id"] for row in theirs.pull("meters")["rows"]}
    assert shown == {str(one) for one in theirs.shop.meters.values()}
