import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pos.domain.canonical import canonical_bytes
from pos.domain.journal import head_message, line_hash
from pos.domain.permissions import Permission, Role
from pos.domain.shift import KindTotal, TenderTotal, cash_count
from pos.errors import ApprovalNeeded, KilotillError, UserError
from pos.models.ledger_book import read_head
from pos.models.queries.money import month_report
from pos.models.queries.selling import read_line_at
from pos.models.queries.shifts import list_unresolved
from pos.services.shifts import CountDiffersError
from tests.factories.shifts import Desk, coins, make_desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def body_at(desk: Desk, place: int) -> dict[str, Any]:
    with desk.shop.units.read() as connection:
        body: dict[str, Any] = json.loads(read_line_at(connection, place))["body"]
    return body


def test_open_when_counted_puts_the_float_into_the_drawer_account(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, cash_count([(5000, 9), (1000, 5)]))

    assert (opened.shift.operator, opened.shift.float_minor, opened.waiting) == ("Aline", 50_000, ())
    assert desk.drawer() == 50_000
    body = body_at(desk, opened.shift.place)
    assert body["count"] == [{"value_minor": 5000, "pieces": 9}, {"value_minor": 1000, "pieces": 5}]


def test_open_when_a_shift_is_open_is_refused_to_everybody(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(100))

    for actor, word in ((desk.shop.cashier, "Your shift"), (desk.shop.supervisor, "Aline has")):
        with pytest.raises(UserError, match=word) as caught:
            desk.shifts.open_shift(actor, coins(100))
        assert caught.value.code == "shift.cannot_open"


def test_resume_when_it_is_your_shift_gives_it_back(desk: Desk) -> None:
    assert desk.shifts.resume(desk.shop.cashier) is None
    opened = desk.shifts.open_shift(desk.shop.supervisor, coins(100))

    assert desk.shifts.resume(desk.shop.supervisor) == opened
    assert code_of(lambda: desk.shifts.resume(desk.shop.cashier)) == "shift.not_yours"


def test_close_when_the_count_is_right_closes_and_takes_the_next_z_number(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(50_000))
    drn = desk.shop.add_meter(1)
    desk.sell(drn, 5000, tendered_minor=10_000)
    desk.sell(drn, 2000)

    report = desk.shifts.close_shift(desk.shop.cashier, coins(57_000))

    assert report.z_number == "T03-Z0001"
    assert report.compared is not None
    assert report.compared.difference_minor == 0
    assert report.tenders == (TenderTotal("cash", "sale", 2, 7000),)
    assert sum(line.amount_minor for line in report.lines) == 7000
    assert [(item.kind, item.pieces, item.amount_minor) for item in report.items] == [("token", 2, 7000)]
    assert report.receipts == ("T03-000001", "T03-000002")
    assert report.cash is not None
    assert (report.cash.float_minor, report.cash.taken_minor, report.cash.change_minor) == (
        50_000,
        7000,
        5000,
    )
    assert desk.shifts.get_closed(desk.shop.cashier, 1).difference_minor == 0
    assert desk.papers.kept[0][1] == report


def test_close_when_closed_writes_totals_and_signs_the_head(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, coins(0))
    desk.sell(desk.shop.add_meter(1), 5000)

    report = desk.shifts.close_shift(desk.shop.cashier, coins(5000))

    place = desk.papers.kept[0][0]
    body = body_at(desk, place)
    assert body["shift_id"] == str(opened.shift.id)
    assert body["totals"][0] == {"tender": "cash", "kind": "sale", "pieces": 1, "amount_minor": 5000}
    assert sum(one["amount_minor"] for one in body["totals"] if not one["tender"]) == 5000
    with desk.shop.units.read() as connection:
        head, line = read_head(connection), read_line_at(connection, place)
    assert (report.proof.seq, report.proof.head_hash) == (head.head_seq, line_hash(line).hex())
    assert report.proof.unsent == head.head_seq
    message = head_message(
        at=report.at, line_hash_hex=report.proof.head_hash, seq=head.head_seq, till=head.till_id
    )
    desk.key.public_key().verify(report.signature, message)


def test_close_when_the_difference_is_inside_the_limit_needs_nobody(desk: Desk) -> None:
    desk.limit_minor = 500
    desk.shifts.open_shift(desk.shop.cashier, coins(10_000))

    report = desk.shifts.close_shift(desk.shop.cashier, coins(9_500))

    assert report.compared is not None
    assert report.compared.difference_minor == -500
    assert desk.drawer() == 9_500
    assert desk.shop.balance("loss:cash_difference") == 500


def test_close_when_the_difference_is_outside_asks_a_supervisor_and_notes_the_count(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, coins(10_000))

    with pytest.raises(CountDiffersError) as caught:
        desk.shifts.close_shift(desk.shop.cashier, coins(9_000))

    assert (caught.value.code, caught.value.permission) == ("shift.difference", "shift.difference")
    assert caught.value.compared.difference_minor == -1000
    assert "10" not in caught.value.text, "the sentence does not tell what was expected"
    with desk.shop.units.read() as connection:
        noted = body_at(desk, read_head(connection).head_seq)
    assert (noted["act"], noted["after"]["counted_minor"]) == ("shift.difference", 9000)
    assert caught.value.subject == str(opened.shift.id)
    approval = desk.approve(Permission.SHIFT_DIFFERENCE, caught.value.subject)
    report = desk.shifts.close_shift(desk.shop.cashier, coins(9_000), approval=approval)
    assert report.approved_by == desk.shop.supervisor.id
    assert desk.drawer() == 9_000


def test_close_when_a_count_was_refused_no_other_count_closes_without_a_supervisor(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(10_000))
    with pytest.raises(ApprovalNeeded):
        desk.shifts.close_shift(desk.shop.cashier, coins(9_000))

    with pytest.raises(ApprovalNeeded):
        desk.shifts.close_shift(desk.shop.cashier, coins(10_000))

    assert desk.shifts.close_shift(desk.shop.supervisor, coins(10_000)).z_number == "T03-Z0001"


def test_close_when_the_approval_is_for_another_shift_changes_nothing(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(10_000))
    approval = desk.approve(Permission.SHIFT_DIFFERENCE, str(uuid4()))

    code = code_of(lambda: desk.shifts.close_shift(desk.shop.cashier, coins(1), approval=approval))

    assert code == "approval.other_act"
    assert desk.shifts.resume(desk.shop.cashier) is not None


def test_close_when_there_is_nothing_to_close_or_count_is_refused(desk: Desk) -> None:
    cashier = desk.shop.cashier
    assert code_of(lambda: desk.shifts.close_shift(cashier, coins(1))) == "shift.cannot_close"
    desk.shifts.open_shift(desk.shop.supervisor, coins(1))

    assert code_of(lambda: desk.shifts.close_shift(cashier, coins(1))) == "shift.not_yours"
    typed = cash_count([], typed_minor=1)
    assert code_of(lambda: desk.shifts.close_shift(desk.shop.supervisor, typed)) == "cash.count"
    assert code_of(lambda: desk.shifts.get_closed(cashier, 7)) == "shift.report_missing"


@pytest.mark.parametrize(
    ("role", "may"), [("C", True), ("S", True), ("F", False), ("A", False), ("U", False)]
)
def test_open_and_close_when_a_role_may_not_are_denied(desk: Desk, role: str, *, may: bool) -> None:
    actor = desk.person(Role(role))
    if may:
        desk.shifts.open_shift(actor, coins(5))
        assert desk.shifts.close_shift(actor, coins(5)).z_number
        return

    assert code_of(lambda: desk.shifts.open_shift(actor, coins(5))) == "permission.denied"
    assert code_of(lambda: desk.shifts.close_shift(actor, coins(5))) == "permission.denied"


def test_x_report_when_asked_shows_the_drawer_only_to_who_will_not_count_it(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(50_000))
    desk.sell(desk.shop.add_meter(1), 5000)

    own, seen = (desk.shifts.x_report(actor) for actor in (desk.shop.cashier, desk.shop.supervisor))

    assert own.cash is None
    assert (own.z_number, own.number, own.tenders[0].amount_minor) == ("", 1, 5000)
    assert seen.cash is not None
    assert seen.cash.expected_minor == 55_000
    with desk.shop.units.read() as connection:
        assert read_head(connection).head_seq == own.proof.seq, "an X writes nothing"


def test_x_report_when_no_shift_is_open_or_it_is_anothers_is_refused(desk: Desk) -> None:
    assert code_of(lambda: desk.shifts.x_report(desk.shop.supervisor)) == "shift.cannot_open"
    desk.shifts.open_shift(desk.shop.supervisor, coins(1))

    assert code_of(lambda: desk.shifts.x_report(desk.shop.cashier)) == "shift.not_yours"
    assert desk.shifts.x_report(desk.shop.supervisor).cash is None, "a supervisor counts blind as well"


def leave_paid_sale(desk: Desk) -> str:
    """Write what unit 1 of a remote delivery leaves: cash taken, no token yet."""
    sale_id, shift = str(uuid4()), desk.shifts.resume(desk.shop.cashier)
    assert shift is not None
    quote = {"sale_id": sale_id, "language": "en", "money_minor": 3000, "currency": "RWF", "items": []}
    payment = {"payment_id": str(uuid4()), "tender": "cash", "amount_minor": 3000, "change_minor": 0}
    body = {"sale_id": sale_id, "quote": quote, "payments": [payment], "holder": "central"}
    with desk.shop.units.write() as unit:
        desk.shop.book.record(unit, "sale_paid", body, actor=desk.shop.cashier.id, shift=shift.shift.id)
    return sale_id


def test_close_when_a_sale_is_paid_and_not_delivered_hands_it_to_the_next_shift(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(0))
    sale_id = leave_paid_sale(desk)
    desk.shop.clock.pass_time(minutes=5)

    report = desk.shifts.close_shift(desk.shop.cashier, coins(3000))
    opened = desk.shifts.open_shift(desk.shop.supervisor, coins(0))

    assert report.tenders == ()
    assert report.cash is not None
    assert report.cash.taken_minor == 3000
    (waiting,) = opened.waiting
    assert (str(waiting.sale_id), waiting.state, waiting.owner, waiting.amount_minor) == (
        *(sale_id, "paid", "Aline", 3000),
    )
    assert waiting.age_seconds(report.at) == 300
    unresolved = body_at(desk, desk.papers.kept[0][0])["unresolved"]
    assert unresolved == [report.unresolved[0].to_json()]


def test_close_when_cash_was_given_back_shows_the_refund_and_what_is_still_due(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, coins(1000))
    sale_id = leave_paid_sale(desk)
    for state in ("refund_due", "refunded"):
        body = {"sale_id": sale_id, "state": state, "reason": "no token", "amount_minor": 3000}
        with desk.shop.units.write() as unit:
            desk.shop.book.record(
                unit, "sale_closed", body, actor=desk.shop.cashier.id, shift=opened.shift.id
            )
        with desk.shop.units.read() as connection:
            assert [one.state for one in list_unresolved(connection)] == ["refund_due"] * (
                state != "refunded"
            )

    report = desk.shifts.close_shift(desk.shop.cashier, coins(1000))

    assert report.tenders == (TenderTotal("cash", "refund", 1, -3000),)
    assert report.cash is not None
    assert (report.cash.taken_minor, report.cash.refunded_minor) == (3000, 3000)


def test_close_when_the_supplier_pays_commission_shows_it_with_the_float_left(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, commission_ppm=20_000, float_minor=100_000)
    desk.shifts.open_shift(desk.shop.cashier, coins(0))
    desk.shop.top_up(50_000)
    desk.sell(desk.shop.add_meter(1), 5000)

    report = desk.shifts.close_shift(desk.shop.cashier, coins(5000))

    (supplier,) = report.suppliers
    assert (supplier.sold_minor, supplier.commission_minor, supplier.left_minor) == (5000, 100, 145_100)
    assert report.envelope is not None
    assert report.envelope.used_minor == 5000


def test_close_when_sales_were_voided_counts_them_apart(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, coins(0))
    body = {"sale_id": str(uuid4()), "state": "voided", "reason": "changed mind", "amount_minor": 4000}
    with desk.shop.units.write() as unit:
        desk.shop.book.record(unit, "sale_closed", body, actor=desk.shop.cashier.id, shift=opened.shift.id)

    report = desk.shifts.close_shift(desk.shop.cashier, coins(0))

    assert (report.voided, report.receipts) == (KindTotal("voided", 1, 4000), None)


def test_list_closed_when_there_are_several_gives_the_newest_first(desk: Desk) -> None:
    for _ in range(3):
        desk.shifts.open_shift(desk.shop.cashier, coins(1))
        desk.shifts.close_shift(desk.shop.cashier, coins(1))

    shifts = desk.shifts.list_closed(desk.shop.supervisor)
    older = desk.shifts.list_closed(desk.shop.supervisor, before_z_number=2)

    assert [one.z_number for one in shifts] == [3, 2, 1]
    assert [one.z_number for one in older] == [1]
    assert code_of(lambda: desk.shifts.list_closed(desk.shop.cashier)) == "permission.denied"


def test_month_report_when_read_adds_up_to_the_sales_by_day_cashier_tariff_and_kind(desk: Desk) -> None:
    desk.shifts.open_shift(desk.shop.cashier, coins(0))
    drn = desk.shop.add_meter(1)
    desk.sell(drn, 5000)
    desk.shop.clock.pass_time(days=1)
    desk.sell(drn, 2000)

    with desk.shop.units.read() as connection:
        report = month_report(connection, "2026-11")
        other = month_report(connection, "2026-12")

    assert (report.amount_minor, other.amount_minor) == (7000, 0)
    assert {line.business_day for line in report.lines} == {"2026-11-20", "2026-11-21"}
    assert {(line.cashier, line.tariff, line.tariff_version) for line in report.lines} == {
        ("Aline", "HOME", 1)
    }
    assert [tender.amount_minor for tender in report.tenders] == [5000, 2000]


def test_close_when_the_clock_was_set_back_still_closes(desk: Desk) -> None:
    opened = desk.shifts.open_shift(desk.shop.cashier, coins(5))
    desk.shop.clock.set_wall(desk.shop.clock.now() - timedelta(days=1))

    report = desk.shifts.close_shift(desk.shop.cashier, coins(5))

    assert report.at >= opened.shift.opened_at
    assert canonical_bytes({"totals": report.totals_json()})
