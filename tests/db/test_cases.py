from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.domain.permissions import Permission, Role
from pos.domain.states import CaseKind, CaseState
from pos.errors import ApprovalNeeded
from pos.services.cases import CaseDecision, OpenedCase
from tests.factories.office import Office, code_of, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def opened(
    office: Office, kind: CaseKind = CaseKind.WRONG_METER, right_drn: str | None = None
) -> tuple[OpenedCase, UUID, str]:
    """A case about a sale of 30.3 kWh to meter 1."""
    wrong = office.shop.add_meter(1)
    sale_id = UUID(office.sell(wrong).sale["sale_id"])
    case = office.cases.open_for_sale(
        kind, sale_id, actor=office.cashier, reason="token typed into another meter", right_drn=right_drn
    )
    return case, sale_id, wrong


def decision(outcome: CaseState, **changes: str) -> CaseDecision:
    return CaseDecision(outcome=outcome, reason="decided", **changes)


REALLOCATED = decision(CaseState.REALLOCATED, proof="meter 1 read: token not entered")


def test_case_when_opened_takes_the_next_number_and_is_listed(office: Office) -> None:
    right = office.shop.add_meter(2)
    case, sale_id, wrong = opened(office, right_drn=right)
    second = office.cases.report_fault(right, office.cashier, what="screen is dark")

    assert (case.number, second.number) == ("T03-C0001", "T03-C0002")
    fault, first = office.cases.page(office.supervisor)
    assert (first.number, first.state, first.sale_id) == ("T03-C0001", CaseState.OPEN, sale_id)
    assert (first.wrong_drn, first.right_drn, first.kind) == (wrong, right, CaseKind.WRONG_METER)
    assert (fault.kind, fault.sale_id, fault.wrong_drn) == (CaseKind.FAULT, None, right)
    assert office.rows("SELECT case_last FROM book") == [(2,)]
    assert office.cases.page(office.supervisor, before=fault.place) == [first]


def test_fault_when_reported_queues_a_paper_with_its_number(office: Office) -> None:
    drn = office.shop.add_meter(1)

    case = office.cases.report_fault(drn, office.cashier, what="  screen is dark ")

    assert case.print_job is not None
    assert office.rows("SELECT kind FROM document WHERE place = ?", case.place) == [("fault_report",)]
    assert office.bodies("case_changed")[0]["reason"] == "screen is dark"
    assert office.cases.decide(case.case_id, decision(CaseState.CLOSED), actor=office.supervisor) is None


def test_case_when_reallocated_gives_the_right_meter_a_token_it_takes(office: Office) -> None:
    right = office.shop.add_meter(2)
    case, sale_id, wrong = opened(office)

    issue = office.cases.decide(
        case.case_id,
        CaseDecision(
            outcome=CaseState.REALLOCATED, reason="mistyped", proof="meter read on site", right_drn=right
        ),
        actor=office.supervisor,
    )

    assert issue is not None
    (token,) = issue.item["tokens"]
    assert token["tenths"] == 303
    assert office.shop.virtual_meter(right).enter(token["digits"]).is_accepted
    assert not office.shop.virtual_meter(wrong).enter(token["digits"]).is_accepted
    (body,) = office.bodies("tokens_issued")
    assert (body["cause"], body["sale_id"], body["case_id"]) == (
        "replacement",
        str(sale_id),
        str(case.case_id),
    )
    # 30.3 kWh at the first block's 89: what the envelope is charged.
    assert body["charge_envelope_minor"] == 2697
    assert office.rows("SELECT used_money_minor, used_units_milli FROM envelope") == [(7697, 60_600)]
    (row,) = office.cases.page(office.supervisor, state=CaseState.REALLOCATED)
    assert (row.right_drn, row.sale_id, row.wrong_drn) == (right, sale_id, wrong)


def test_case_when_reallocated_without_proof_is_refused(office: Office) -> None:
    case, _, _ = opened(office, right_drn=office.shop.add_meter(2))

    assert (
        code_of(
            lambda: office.cases.decide(
                case.case_id, decision(CaseState.REALLOCATED), actor=office.supervisor
            )
        )
        == "case.proof_missing"
    )
    assert office.bodies("tokens_issued") == []


def test_case_when_refused_gives_nothing_and_the_sale_may_be_disputed_anew(office: Office) -> None:
    case, sale_id, _ = opened(office)

    assert office.cases.decide(case.case_id, decision(CaseState.REFUSED), actor=office.supervisor) is None

    assert office.bodies("tokens_issued") == []
    again = office.cases.open_for_sale(
        CaseKind.WRONG_METER, sale_id, actor=office.cashier, reason="new proof"
    )
    assert again.number == "T03-C0002"


@pytest.mark.parametrize("outcome", [CaseState.GOODWILL, CaseState.REALLOCATED])
def test_case_when_a_second_token_is_above_the_limit_needs_two_people(
    office: Office, outcome: CaseState
) -> None:
    case, _, _ = opened(office, right_drn=office.shop.add_meter(2))
    office.goodwill_limit_minor = 4999
    goodwill = decision(outcome, proof="meter read on site")

    with pytest.raises(ApprovalNeeded):
        office.cases.decide(case.case_id, goodwill, actor=office.supervisor)
    own = office.approval(Permission.CASE_DECIDE, str(case.case_id))
    assert (
        code_of(lambda: office.cases.decide(case.case_id, goodwill, actor=office.supervisor, approval=own))
        == "permission.same_person"
    )
    other = office.approval(Permission.CASE_DECIDE, str(case.case_id), office.administrator)
    issue = office.cases.decide(case.case_id, goodwill, actor=office.supervisor, approval=other)

    assert issue is not None and issue.item["token_units_tenths"] == 303


def test_case_when_goodwill_is_inside_the_limit_needs_one_person(office: Office) -> None:
    case, _, _ = opened(office, right_drn=office.shop.add_meter(2))
    office.goodwill_limit_minor = 5000

    assert office.cases.decide(case.case_id, decision(CaseState.GOODWILL), actor=office.supervisor)


def test_case_when_a_cashier_decides_needs_an_approval(office: Office) -> None:
    case, _, _ = opened(office)
    refused = decision(CaseState.REFUSED)

    with pytest.raises(ApprovalNeeded):
        office.cases.decide(case.case_id, refused, actor=office.cashier)
    given = office.approval(Permission.CASE_DECIDE, str(case.case_id))
    office.cases.decide(case.case_id, refused, actor=office.cashier, approval=given)

    assert office.cases.page(office.supervisor, state=CaseState.OPEN) == []


def test_case_when_decided_is_not_decided_again(office: Office) -> None:
    case, _, _ = opened(office, right_drn=office.shop.add_meter(2))
    office.cases.decide(case.case_id, REALLOCATED, actor=office.supervisor)

    assert (
        code_of(lambda: office.cases.decide(case.case_id, REALLOCATED, actor=office.supervisor))
        == "case.state"
    )
    assert len(office.bodies("tokens_issued")) == 1


def test_token_refused_when_replaced_goes_to_the_same_meter(office: Office) -> None:
    case, _, drn = opened(office, CaseKind.TOKEN_REFUSED)

    issue = office.cases.decide(
        case.case_id, decision(CaseState.REPLACED, proof="meter shows REJECT"), actor=office.supervisor
    )

    assert issue is not None
    assert office.shop.virtual_meter(drn).enter(issue.item["tokens"][0]["digits"]).is_accepted


def test_case_when_the_sale_has_one_already_is_refused(office: Office) -> None:
    _, sale_id, _ = opened(office)

    assert (
        code_of(
            lambda: office.cases.open_for_sale(
                CaseKind.TOKEN_REFUSED, sale_id, actor=office.cashier, reason="again"
            )
        )
        == "case.exists"
    )


def test_case_when_opened_wrongly_says_why(office: Office) -> None:
    drn, water = office.shop.add_meter(1), office.shop.add_meter(2, service=1)
    sale_id = UUID(office.sell(drn).sale["sale_id"])

    def outcome(sale: UUID = sale_id, reason: str = "why", right_drn: str | None = None) -> str:
        return code_of(
            lambda: office.cases.open_for_sale(
                CaseKind.WRONG_METER, sale, actor=office.cashier, reason=reason, right_drn=right_drn
            )
        )

    assert outcome(sale=uuid4()) == "case.no_token"
    assert outcome(reason=" ") == "case.reason_missing"
    assert outcome(right_drn=drn) == "case.same_meter"
    assert outcome(right_drn=water) == "case.service"
    assert office.rows("SELECT case_last FROM book") == [(0,)]


def test_decide_when_something_is_missing_says_what(office: Office) -> None:
    case, _, _ = opened(office)

    def outcome(case_id: UUID, wanted: CaseDecision) -> str:
        return code_of(lambda: office.cases.decide(case_id, wanted, actor=office.supervisor))

    assert outcome(uuid4(), REALLOCATED) == "case.unknown"
    assert outcome(case.case_id, REALLOCATED) == "case.right_meter_missing"
    assert outcome(case.case_id, CaseDecision(outcome=CaseState.REFUSED, reason=" ")) == "case.reason_missing"


def test_case_when_the_role_may_not_open_one_is_refused(office: Office) -> None:
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        assert (
            code_of(lambda role=role: office.cases.report_fault("1", office.person(role), what="x"))  # type: ignore[misc]
            == "permission.denied"
        )


def test_replacement_when_a_case_gave_one_is_found_again(office: Office) -> None:
    case, sale_id, _ = opened(office, right_drn=office.shop.add_meter(2))
    before = office.cases.of_sale(office.cashier, sale_id)
    assert before is not None and office.cases.replacement(office.cashier, before) is None

    issue = office.cases.decide(case.case_id, REALLOCATED, actor=office.supervisor)

    after = office.cases.of_sale(office.cashier, sale_id)
    assert issue is not None and after is not None
    found = office.cases.replacement(office.cashier, after)
    assert found is not None
    assert (found.issue_id, found.place, found.tenths) == (issue.issue_id, issue.place, 303)
    assert found.digits == (issue.item["tokens"][0]["digits"],)
    assert office.cases.of_sale(office.cashier, uuid4()) is None
