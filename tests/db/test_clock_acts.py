from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pos.domain.permissions import Role
from pos.errors import ApprovalNeeded
from pos.models.ledger_book import read_head
from pos.services.clock_acts import PERMISSION, SUBJECT
from tests.factories.office import Office, code_of, make_office
from tests.factories.shop import START

FAR = datetime(2036, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def trusted(office: Office) -> datetime:
    with office.shop.units.read() as connection:
        return read_head(connection).trusted_at


def test_confirm_when_the_date_is_right_lets_the_till_sell_again(office: Office) -> None:
    drn = office.shop.add_meter(1)
    office.shop.clock.pass_time(days=8)
    assert code_of(lambda: office.sell(drn)) == "clock.confirm"

    office.clock_acts.confirm(office.supervisor, date(2026, 11, 28))

    assert office.sell(drn).credit_token
    (note,) = office.bodies("clock_noted")
    assert note == {
        "what": "confirmed",
        "wall": "2026-11-28T08:00:00.000Z",
        "trusted": "2026-11-20T08:00:00.000Z",
    }


def test_confirm_when_the_date_is_another_is_refused(office: Office) -> None:
    office.shop.clock.pass_time(days=8)

    assert (
        code_of(lambda: office.clock_acts.confirm(office.supervisor, date(2026, 11, 20)))
        == "clock.date_differs"
    )
    assert trusted(office) == START


def test_confirm_when_the_date_is_typed_late_in_the_evening_is_that_of_the_shop(office: Office) -> None:
    # 23:00 UTC is already tomorrow in Kigali.
    office.shop.clock.set_wall(datetime(2026, 11, 28, 23, 0, tzinfo=UTC))

    office.clock_acts.confirm(office.supervisor, date(2026, 11, 29))

    assert trusted(office) == office.shop.clock.now()


def test_confirm_when_the_clock_is_behind_confirms_nothing(office: Office) -> None:
    office.shop.clock.set_wall(START - timedelta(days=1))

    assert code_of(lambda: office.clock_acts.confirm(office.supervisor, date(2026, 11, 19))) == "clock.back"


@pytest.mark.parametrize("role", [Role.CASHIER, Role.FACILITY_MANAGER, Role.AUDITOR])
def test_clock_when_the_role_may_not_is_refused(office: Office, role: Role) -> None:
    person = office.person(role)

    assert code_of(lambda: office.clock_acts.confirm(person, date(2026, 11, 20))) == "permission.denied"
    office.shop.clock.set_wall(START - timedelta(hours=1))
    assert code_of(lambda: office.clock_acts.reset(person, date(2026, 11, 20))) == "permission.denied"


def wrongly_ahead(office: Office) -> str:
    """The clock stood in 2036 for one sale; gives the meter that bought then."""
    drn = office.shop.add_meter(1)
    office.shop.clock.set_wall(FAR)
    office.clock_acts.confirm(office.supervisor, FAR.date())
    office.sell(drn)
    office.shop.clock.set_wall(START + timedelta(hours=1))
    assert code_of(lambda: office.sell(drn)) == "clock.back"
    return drn


def test_reset_when_two_people_stand_for_it_brings_the_till_back_and_no_tid(office: Office) -> None:
    drn = wrongly_ahead(office)
    last = office.rows("SELECT last_tid FROM tid_guard")
    today = date(2026, 11, 20)

    with pytest.raises(ApprovalNeeded):
        office.clock_acts.reset(office.administrator, today)
    given = office.approval(PERMISSION, SUBJECT, office.supervisor)
    office.clock_acts.reset(office.administrator, today, approval=given)

    assert trusted(office) == office.shop.clock.now()
    assert office.bodies("clock_noted")[-1] == {
        "what": "reset",
        "wall": "2026-11-20T09:00:00.000Z",
        "trusted": "2036-01-05T09:00:00.000Z",
    }
    assert office.sell(office.shop.add_meter(2)).credit_token
    assert office.rows("SELECT max(last_tid) FROM tid_guard") == last
    assert code_of(lambda: office.sell(drn)) == "tid.lead"


def test_reset_when_the_server_says_the_time_needs_one_administrator(office: Office) -> None:
    wrongly_ahead(office)
    now, today = office.shop.clock.now(), date(2026, 11, 20)

    wrong = now + timedelta(minutes=31)
    assert (
        code_of(lambda: office.clock_acts.reset(office.administrator, today, server_time=wrong))
        == "clock.off"
    )
    assert (
        code_of(lambda: office.clock_acts.reset(office.supervisor, today, server_time=now))
        == "permission.denied"
    )
    office.clock_acts.reset(office.administrator, today, server_time=now + timedelta(minutes=2))

    assert trusted(office) == now


def test_reset_when_nothing_is_ahead_is_refused(office: Office) -> None:
    office.shop.clock.pass_time(minutes=1)

    assert (
        code_of(lambda: office.clock_acts.reset(office.administrator, date(2026, 11, 20)))
        == "clock.not_ahead"
    )


def test_note_back_when_the_clock_is_behind_is_written_once(office: Office) -> None:
    office.shop.clock.set_wall(START - timedelta(minutes=10))

    assert [office.clock_acts.note_back(office.cashier) for _ in range(2)] == [True, False]
    assert office.bodies("clock_noted")[0]["what"] == "back"
    assert trusted(office) == START


def test_note_back_when_the_clock_is_right_or_ahead_writes_nothing(office: Office) -> None:
    assert not office.clock_acts.note_back(office.cashier)
    office.shop.clock.pass_time(days=30)
    assert not office.clock_acts.note_back(office.cashier)
    assert trusted(office) == START
