"""An administrator at head office from a till: session, renewing, refusals; and the desk of the books."""

from pathlib import Path
from uuid import uuid4

import pytest

from pos.domain.permissions import Actor, Role
from pos.errors import KilotillError, Rejected, Unavailable, UserError
from pos.services.books_rows import DaySale
from pos.services.office import OfficeAdmin
from pos.services.office_master import CSV_LETTERS_MAX
from tests.factories.meter_files import drn_of
from tests.server.rig import PASSWORD, Server
from tests.server.till_rig import Shop
from tests.sync.conftest import RealTill


@pytest.fixture
def claire(real_till: RealTill) -> Actor:
    return real_till.people[Role.ADMINISTRATOR]


@pytest.fixture
def admin(real_till: RealTill, server: Server, office: Shop) -> OfficeAdmin:
    """The till is enrolled, and Claire is an administrator of head office."""
    server.make_user(office.organisation, "claire", Role.ADMINISTRATOR)
    real_till.enrol()
    return real_till.till.office_admin


def test_sign_in_when_the_till_stands_alone_is_refused(real_till: RealTill, claire: Actor) -> None:
    with pytest.raises(UserError) as refusal:
        real_till.till.office_admin.sign_in(claire, "claire", PASSWORD)

    assert refusal.value.code == "office.not_enrolled"


@pytest.mark.parametrize(("username", "password"), [(" ", PASSWORD), ("claire", "")])
def test_sign_in_when_something_is_missing_asks_nobody(
    admin: OfficeAdmin, real_till: RealTill, claire: Actor, username: str, password: str
) -> None:
    real_till.line.is_cut = True
    with pytest.raises(UserError) as refusal:
        admin.sign_in(claire, username, password)

    assert refusal.value.code == "office.typed"


def test_sign_in_when_a_cashier_tries_is_denied(admin: OfficeAdmin, real_till: RealTill) -> None:
    with pytest.raises(UserError) as refusal:
        admin.sign_in(real_till.people[Role.CASHIER], "claire", PASSWORD)

    assert refusal.value.code == "permission.denied"


def test_session_when_the_access_token_is_old_is_renewed(
    admin: OfficeAdmin, claire: Actor, server: Server
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    server.clock.pass_time(minutes=45)

    assert [till.code for till in admin.list_tills(claire)] == ["T03"]
    assert len(admin.list_sessions(claire)) == 1


def test_session_when_head_office_ended_it_is_over_here_too(
    admin: OfficeAdmin, claire: Actor, server: Server, office: Shop
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    own = next(one for one in admin.list_sessions(claire) if one.is_this)
    admin.end_session(claire, own.id)

    with pytest.raises(Rejected) as refusal:
        admin.list_tills(claire)
    assert refusal.value.code == "office.signed_out"
    assert not admin.is_signed_in(claire)


def test_session_when_it_is_somebody_elses_is_none(
    admin: OfficeAdmin, real_till: RealTill, claire: Actor
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    other = Actor(real_till.people[Role.CASHIER].id, 99, "Other", Role.ADMINISTRATOR)

    assert not admin.is_signed_in(other)
    with pytest.raises(Rejected) as refusal:
        admin.list_people(other)
    assert refusal.value.code == "office.signed_out"


def test_session_when_left_ends_at_head_office_as_well(
    admin: OfficeAdmin, claire: Actor, server: Server
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    admin.leave()()

    admin.sign_in(claire, "claire", PASSWORD)
    assert len(admin.list_sessions(claire)) == 1


def test_request_when_the_line_is_cut_keeps_the_session(
    admin: OfficeAdmin, real_till: RealTill, claire: Actor
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    real_till.line.is_cut = True
    with pytest.raises(Unavailable):
        admin.list_tills(claire)
    real_till.line.is_cut = False

    assert admin.list_tills(claire)


def test_person_when_made_changed_and_given_a_password_may_sign_in(
    admin: OfficeAdmin, claire: Actor, server: Server
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    made = admin.add_person(
        claire, "aline", full_name="Aline Uwase", role=Role.CASHIER.value, password="a long enough word"
    )
    admin.reset_password(claire, made, password="another long word")
    assert server.sign_in("aline", "another long word").status_code == 200

    admin.set_active(claire, admin.list_people(claire)[0], is_active=False)
    assert server.sign_in("aline", "another long word").status_code == 401
    with pytest.raises(KilotillError) as refusal:
        admin.add_person(claire, "aline", full_name="A", role="C", password="a long enough word")
    assert refusal.value.code == "user.exists"


def test_till_when_its_limit_is_changed_shows_the_new_one(admin: OfficeAdmin, claire: Actor) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    (till,) = admin.list_tills(claire)
    admin.set_limits(claire, till.id, money_minor=123_000, units_milli=456_000)

    (changed,) = admin.list_tills(claire)
    assert (changed.limit_money_minor, changed.limit_units_milli) == (123_000, 456_000)
    assert admin.sales_points(claire)[0].name == "Main"


def test_merge_when_no_till_proposes_another_meter_is_refused(admin: OfficeAdmin, claire: Actor) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    meter = admin.master.list_meters(claire, "").meters[0]

    with pytest.raises(UserError) as refusal:
        admin.master.merge_duplicates(claire, meter, reason="two of one number")
    assert refusal.value.code == "office.no_duplicate"


def test_merge_when_head_office_has_no_meter_of_the_number_is_refused(
    admin: OfficeAdmin, claire: Actor
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    meter = admin.master.list_meters(claire, "").meters[0]

    with pytest.raises(UserError) as refusal:
        admin.master.merge_number(claire, meter, number=drn_of(7), reason="two of one meter")
    assert refusal.value.code == "office.no_meter"


def test_import_when_the_file_is_larger_than_head_office_takes_asks_nobody(
    admin: OfficeAdmin, real_till: RealTill, claire: Actor, tmp_path: Path
) -> None:
    admin.sign_in(claire, "claire", PASSWORD)
    path = tmp_path / "meters.csv"
    path.write_text("x" * (CSV_LETTERS_MAX + 1), encoding="utf-8")
    real_till.line.is_cut = True

    with pytest.raises(UserError) as refusal:
        admin.master.import_meters(claire, path, sales_point="")
    assert refusal.value.code == "csv.too_large"


def test_books_when_the_period_is_too_long_or_turned_round_are_refused(
    real_till: RealTill, claire: Actor
) -> None:
    books = real_till.till.books_desk
    for first, last in (("2024-01-01", "2026-01-01"), ("2026-01-02", "2026-01-01")):
        with pytest.raises(UserError) as refusal:
            books.list_days(claire, first_day=first, last_day=last)
        assert refusal.value.code == "books.period"


def test_books_and_uploads_when_sold_and_sent_agree_with_head_office(
    real_till: RealTill, claire: Actor
) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    real_till.open_shift()
    for _ in range(3):
        real_till.sell()
    uploads = real_till.till.uploads_desk.read(claire)
    assert [entry.kind for entry in uploads.waiting] == ["shift_opened"] + ["sale_delivered"] * 3
    today = real_till.till.books_desk.today()
    (day,) = real_till.till.books_desk.list_days(claire, first_day=today, last_day=today).days
    assert (day.colour.value, day.unsent, day.here.sales) == ("grey", 4, 3)

    real_till.engine.run_once()
    after = real_till.till.uploads_desk.read(claire)
    assert (after.waiting_count, after.to_do, after.office.state) == (0, 0, "enrolled")
    assert after.today.made == after.today.taken
    (day,) = real_till.till.books_desk.list_days(claire, first_day=today, last_day=today).days
    assert (day.colour.value, day.unsent) == ("green", 0)
    assert day.here == day.there


def test_books_when_matched_sale_by_sale_name_what_only_one_has(
    admin: OfficeAdmin, real_till: RealTill, claire: Actor
) -> None:
    real_till.engine.run_once()
    real_till.open_shift()
    for _ in range(3):
        real_till.sell()
    real_till.engine.run_once()
    books, today = real_till.till.books_desk, real_till.till.books_desk.today()
    (day,) = books.list_days(claire, first_day=today, last_day=today).days
    admin.sign_in(claire, "claire", PASSWORD)
    there = admin.sales_of_day(claire, "T03", today)
    assert [one.money_minor for one in there] == [5_000] * 3

    equal = books.match(claire, day, there)
    assert (equal.only_here, equal.only_there) == ((), ())
    missing = books.match(claire, day, there[1:])
    assert [one.sale_id for one in missing.only_here] == [there[0].sale_id]
    assert missing.only_here[0].number == there[0].number
    stranger = DaySale(uuid4(), "T03-000999", "", 1, there[0].at)
    assert books.match(claire, day, (*there, stranger)).only_there == (stranger,)
