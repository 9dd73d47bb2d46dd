from pathlib import Path

import pytest

from pos.domain.permissions import Permission, Role
from pos.errors import ApprovalNeeded
from pos.services.engineering import EngineeringKind, EngineeringRequest
from pos.tokens.numbers import make_drn
from tests.factories.office import Office, code_of, make_office

NOBODY = make_drn("04", "99999999").digits


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def request(drn: str, kind: EngineeringKind, **changes: object) -> EngineeringRequest:
    return EngineeringRequest(**{"drn": drn, "kind": kind, "reason": "technician on site", **changes})


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (EngineeringKind.CLEAR_CREDIT, {"value": 0xFFFF}, "Clears all credit registers."),
        (EngineeringKind.CLEAR_TAMPER, {}, "Clears the tamper condition."),
        (EngineeringKind.POWER_LIMIT, {"value": 6000}, "Sets the maximum power limit to 6000 W."),
        (EngineeringKind.PHASE_UNBALANCE, {"value": 2500}, "Sets the phase unbalance limit to 2500 W."),
        (EngineeringKind.WATER_FACTOR, {"value": 12}, "Sets the water meter factor to 12."),
        (EngineeringKind.TARIFF_RATE, {"value": 7}, "Sets the tariff rate to 7."),
        (EngineeringKind.EXTENDED, {"value": 3, "control": 9}, "Sets extended value 3 to 9."),
        (EngineeringKind.EXTENDED_FLAG, {"value": 4, "is_set": True}, "Sets extended flag 4."),
    ],
)
def test_engineering_when_issued_says_what_was_meant_and_is_accepted_once(
    office: Office, kind: EngineeringKind, values: dict[str, object], sentence: str
) -> None:
    drn = office.shop.add_meter(1)

    issue = office.engineering.issue(request(drn, kind, **values), office.supervisor)

    (token,) = issue.item["tokens"]
    verdict = office.token_check.verify(drn, token["digits"], actor=office.cashier)
    assert verdict.sentences[0] == sentence
    assert verdict.issued_here is not None and verdict.issued_here.cause == "engineering"
    assert office.rows("SELECT last_tid FROM tid_guard") == [(token["tid"],)]
    assert office.rows("SELECT used_money_minor, used_units_milli FROM envelope") == [(0, 0)]
    (act,) = office.bodies("privileged_act")
    assert (act["act"], act["reason"], act["after"]["kind"]) == (
        "token.engineering",
        "technician on site",
        kind.value,
    )


def test_engineering_when_issued_takes_its_place_among_the_tokens_of_the_meter(office: Office) -> None:
    drn = office.shop.add_meter(1)
    sold = office.sell(drn).credit_token
    issue = office.engineering.issue(request(drn, EngineeringKind.CLEAR_TAMPER), office.supervisor)

    assert issue.item["tokens"][0]["tid"] == sold["tid"] + 1
    assert office.sell(drn).credit_token["tid"] == sold["tid"] + 2


def test_engineering_when_the_meter_is_blocked_is_issued_all_the_same(office: Office) -> None:
    drn = office.shop.add_meter(1, status="blocked", block_reason="tampered")

    assert office.engineering.issue(request(drn, EngineeringKind.CLEAR_TAMPER), office.supervisor).item[
        "tokens"
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": "  "}, "token.reason_missing"),
        ({"value": 9, "kind": EngineeringKind.CLEAR_CREDIT}, "field.register"),
        ({"value": 1, "kind": EngineeringKind.CLEAR_TAMPER}, "field.pad"),
        ({"value": -1, "kind": EngineeringKind.POWER_LIMIT}, "amount.range"),
        ({"value": 63, "kind": EngineeringKind.EXTENDED}, "field.range"),
        ({"drn": NOBODY}, "meter.unknown"),
    ],
)
def test_engineering_when_the_request_is_wrong_says_why_and_writes_nothing(
    office: Office, changes: dict[str, object], code: str
) -> None:
    drn = office.shop.add_meter(1)
    wanted = request(**{"drn": drn, "kind": EngineeringKind.WATER_FACTOR, **changes})

    assert code_of(lambda: office.engineering.issue(wanted, office.supervisor)) == code
    assert office.bodies("tokens_issued") == []


def test_engineering_when_a_cashier_asks_needs_an_approval(office: Office) -> None:
    drn = office.shop.add_meter(1)
    wanted = request(drn, EngineeringKind.CLEAR_TAMPER)

    with pytest.raises(ApprovalNeeded):
        office.engineering.issue(wanted, office.cashier)
    given = office.approval(Permission.TOKEN_ENGINEERING, drn)
    assert office.engineering.issue(wanted, office.cashier, approval=given).item["tokens"]
    assert (
        code_of(lambda: office.engineering.issue(wanted, office.person(Role.AUDITOR))) == "permission.denied"
    )
