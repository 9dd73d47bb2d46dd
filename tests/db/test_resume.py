from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from pos.services.engineering import EngineeringKind, EngineeringRequest
from pos.services.reprint import HandedOver
from pos.services.resume import NextAction, Unfinished
from tests.factories.office import Office, make_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def test_resume_when_nothing_happened_is_empty(office: Office) -> None:
    assert office.resume().is_empty


def test_resume_when_the_power_fails_after_a_sale_names_token_and_paper(office: Office) -> None:
    drn = office.shop.add_meter(1)
    result = office.sell(drn)
    office.shop.clock.pass_time(minutes=5)

    token, paper = office.resume().items

    assert (token.what, token.action) == (Unfinished.NOT_HANDED_OVER, NextAction.HAND_OVER)
    assert (str(token.id), token.money_minor, token.drn) == (result.sale["sale_id"], 5000, drn)
    assert token.age == timedelta(minutes=5)
    assert (paper.what, paper.action, paper.print_job) == (
        Unfinished.PRINT_JOB,
        NextAction.PRINT,
        result.print_job,
    )
    assert paper.id == token.id


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("waiting", NextAction.PRINT),
        ("sending", NextAction.LOOK_AT_PAPER),
        ("unknown", NextAction.LOOK_AT_PAPER),
        ("printed", None),
        ("failed", None),
    ],
)
def test_resume_when_a_print_job_stands_somewhere_says_what_to_do(
    office: Office, state: str, action: NextAction | None
) -> None:
    office.sell(office.shop.add_meter(1))
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE print_job SET state = ?", (state,))

    jobs = [item.action for item in office.resume().items if item.what is Unfinished.PRINT_JOB]

    assert jobs == ([] if action is None else [action])


def test_resume_when_the_token_was_handed_over_forgets_it(office: Office) -> None:
    result = office.sell(office.shop.add_meter(1))

    office.reprints.hand_over(UUID(result.sale["sale_id"]), office.cashier, how=HandedOver.SHOWN)

    assert [item.what for item in office.resume().items] == [Unfinished.PRINT_JOB]


def test_resume_when_an_engineering_token_was_not_handed_over_names_it(office: Office) -> None:
    drn = office.shop.add_meter(1)
    issue = office.engineering.issue(
        EngineeringRequest(drn=drn, kind=EngineeringKind.CLEAR_TAMPER, reason="seal replaced"),
        office.supervisor,
    )

    (item,) = [one for one in office.resume().items if one.what is Unfinished.ISSUE_NOT_HANDED_OVER]
    assert (item.id, item.drn) == (issue.issue_id, drn)
    assert office.reprints.hand_over_paper(issue.place, office.cashier)
    assert [one.what for one in office.resume().items] == [Unfinished.PRINT_JOB]


def test_resume_when_drafts_were_held_offers_them(office: Office) -> None:
    sale_id = uuid4()
    office.drafts.hold(sale_id, office.cashier, body={"drn": "04000000014"})

    (item,) = office.resume().items

    assert (item.what, item.action, item.id) == (Unfinished.DRAFT, NextAction.RECALL_DRAFT, sale_id)


def test_resume_when_there_is_too_much_is_cut_and_says_so(office: Office) -> None:
    for _ in range(201):
        office.drafts.hold(uuid4(), office.cashier, body={})

    found = office.resume()

    assert (len(found.items), found.is_cut) == (200, True)
