"""What an enrolment refuses, and what it cannot be fooled by."""

from pathlib import Path
from typing import Any

import pytest

from pos.bootstrap import Access, open_till, restore_till, set_up_shop
from pos.cli.demo_shop import demo_plan
from pos.domain.permissions import Role
from pos.errors import MachineFault, UserError
from pos.models.queries.people import list_people
from pos.services.enrol_values import EnrolWish
from pos.services.enrolment import clean_code
from pos.services.restore import RestoreRequest
from pos.services.shop_rows import BookKind
from pos.sync.transport import Response
from pos.system.paths import DataFolder
from tests.fakes.clock import FakeClock
from tests.fakes.transport import Request, ScriptedTransport, ok
from tests.sync.conftest import OpenTill, RealTill

URL = "https://office.test"


@pytest.mark.parametrize("typed", ["abcd-ef gh23", "ABCDEFGH23", " abcdefgh23 "])
def test_code_when_typed_with_blanks_dashes_and_small_letters_is_the_same(typed: str) -> None:
    assert clean_code(typed) == "ABCDEFGH23"


@pytest.mark.parametrize("typed", ["", "ABCDEFGH2", "ABCDEFGH01", "ABCDEFGHIJK"])
def test_code_when_it_is_none_is_refused_before_anything_is_sent(real_till: RealTill, typed: str) -> None:
    with pytest.raises(UserError) as refusal:
        real_till.till.office.enrol(real_till.people[Role.ADMINISTRATOR], EnrolWish(URL, typed))

    assert refusal.value.code == "enrol.code_form"


@pytest.mark.parametrize("url", ["", "office.test", "http://office.test", "https://a@office.test", "ftp://x"])
def test_address_when_it_is_not_safe_is_refused(real_till: RealTill, url: str) -> None:
    with pytest.raises(UserError) as refusal:
        real_till.till.office.enrol(real_till.people[Role.ADMINISTRATOR], EnrolWish(url, "ABCDEFGH23"))

    assert refusal.value.code == "sync.url"


def test_enrol_when_it_was_done_before_is_refused(real_till: RealTill) -> None:
    real_till.enrol()

    with pytest.raises(UserError) as refusal:
        real_till.enrol("ABCDEFGH23")

    assert refusal.value.code == "enrol.already_here"


def test_enrol_when_the_answer_got_lost_the_same_code_again_enrols(
    real_till: RealTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = real_till.office.code()
    send = real_till.line.send

    def cut_after(method: str, path: str, headers: object = None, body: bytes = b"") -> Response:
        send(method, path, headers, body)  # type: ignore[arg-type]
        real_till.line.is_cut = True
        return send(method, path, headers, body)  # type: ignore[arg-type]

    monkeypatch.setattr(real_till.line, "send", cut_after)
    with pytest.raises(Exception, match="cut"):
        real_till.enrol(code)
    monkeypatch.undo()
    real_till.line.is_cut = False

    assert real_till.enrol(code).till_code == "T03"
    assert real_till.engine.run_once().scope == "till"


def test_enrol_when_nothing_was_restored_replaces_nothing(real_till: RealTill) -> None:
    with pytest.raises(UserError) as refusal:
        real_till.enrol("ABCDEFGH23", replaces=True)

    assert refusal.value.code == "enrol.nothing_replaced"


def test_enrol_when_the_server_answers_for_another_till_changes_nothing(real_till: RealTill) -> None:
    scripted = ScriptedTransport()

    def other(request: Request) -> Response:
        return ok(
            {
                "till": "01a00000-0000-7000-8000-000000000000",
                "till_code": "T99",
                "organisation": {
                    "id": "01a00000-0000-7000-8000-000000000001",
                    "name": "X",
                    "time_zone": "UTC",
                    "currency": "RWF",
                },
                "sales_point": {
                    "id": "01a00000-0000-7000-8000-000000000002",
                    "name": "Y",
                    "currency": "RWF",
                },
                "server_keys": [],
                "server_time": "2026-11-20T08:00:00.000Z",
            }
        )

    scripted.will("/v1/tills/enrol", other)
    real_till.till.office.use_transport(lambda _: scripted)

    with pytest.raises(UserError) as refusal:
        real_till.enrol("ABCDEFGH23")

    assert refusal.value.code == "enrol.other_till"
    assert real_till.till.sync is None


def test_enrol_when_it_is_a_training_till_is_refused(tmp_path: Path) -> None:
    clock, folder = FakeClock(), DataFolder(tmp_path / "training")
    set_up_shop(folder, demo_plan(), BookKind.TRAINING, clock=clock)
    with open_till(folder, Access.WRITES, clock=clock) as till:
        with till.units.read() as connection:
            people = {person.actor.role: person.actor for person in list_people(connection)}

        with pytest.raises(UserError) as refusal:
            till.office.enrol(people[Role.ADMINISTRATOR], EnrolWish(URL, "ABCDEFGH23"))

    assert refusal.value.code == "enrol.training"


def test_clock_when_the_server_was_not_heard_its_time_cannot_be_kept(real_till: RealTill) -> None:
    with pytest.raises(UserError) as refusal:
        real_till.till.office.keep_server_clock(real_till.people[Role.ADMINISTRATOR], reason="x")

    assert refusal.value.code == "clock.no_server"


def test_lines_when_they_do_not_follow_the_restored_book_are_refused(
    real_till: RealTill, open_real_till: OpenTill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.bootstrap.SystemClock", lambda: real_till.till.clock)
    real_till.enrol()
    made = real_till.till.backups.begin().run()
    assert made is not None
    real_till.open_shift()
    real_till.engine.run_once()
    administrator = real_till.people[Role.ADMINISTRATOR].name
    restore_till(
        DataFolder(tmp_path / "new"),
        RestoreRequest(backup=made.path, administrator=administrator, reason="test"),
    )
    new = open_real_till(tmp_path / "new")
    send = new.line.send

    def forging(method: str, path: str, headers: object = None, body: bytes = b"") -> Response:
        answer = send(method, path, headers, body)  # type: ignore[arg-type]
        if path.startswith("/v1/sync/lines"):
            return Response(
                answer.status, answer.headers, answer.body.replace(b'"float_minor":', b'"float_minor":1')
            )
        return answer

    monkeypatch.setattr(new.line, "send", forging)
    with pytest.raises(MachineFault) as fault:
        new.enrol(replaces=True)

    assert fault.value.code == "sync.bad_lines"


def test_enrol_when_it_is_done_twice_at_once_the_second_changes_nothing(
    real_till: RealTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, send = real_till.office.code(), real_till.line.send
    enrolled = "SELECT count(*) FROM journal WHERE kind = 'till_enrolled'"
    before = real_till.one(enrolled)

    def meanwhile(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(real_till.line, "send", send)
        real_till.enrol(code)
        return send(*arguments, **options)

    monkeypatch.setattr(real_till.line, "send", meanwhile)
    with pytest.raises(UserError) as refusal:
        real_till.enrol(code)

    assert refusal.value.code == "enrol.already_here"
    assert real_till.one(enrolled) == before + 1
