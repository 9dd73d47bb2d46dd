import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pos.domain.journal import head_message, parse_instant, read_line
from pos.errors import MachineFault, Unavailable
from pos.sync import push
from pos.sync.client import ServerRefusal
from pos.sync.stops import ForkedError
from pos.sync.transport import Response
from tests.factories.linked_till import TILL_KEY, LinkedTill, link_till
from tests.fakes.transport import Request, ok, problem


@pytest.fixture
def till(tmp_path: Path) -> LinkedTill:
    made = link_till(tmp_path)
    made.all_works()
    return made


def test_push_when_lines_wait_sends_their_stored_bytes_in_signed_batches(till: LinkedTill) -> None:
    for serial in range(1, 220):
        till.sell(serial)

    report = till.engine.run_once()

    pushes = till.transport.sent("/v1/sync/push")
    sent = [line for request in pushes for line in request.lines()[1:]]
    stored = [read_line(line)[0].hash for line in sent]
    assert stored == [row[0] for row in till.all("SELECT hash FROM journal ORDER BY seq")]
    assert len(pushes) == 2 and report.pushed == till.head() == till.acked()
    header = json.loads(pushes[0].lines()[0])
    message = head_message(
        at=parse_instant(header["at"]), line_hash_hex=header["head"], seq=header["count"], till=till.till_id
    )
    key = Ed25519PublicKey.from_public_bytes(TILL_KEY.public_key().public_bytes_raw())
    key.verify(bytes.fromhex(header["sig"]), message)
    assert header["head"] == stored[199].hex()


def test_push_when_the_server_flags_keeps_the_reasons_and_drops_them_when_it_takes_them_back(
    till: LinkedTill,
) -> None:
    till.sell()
    till.push_works(flags={till.head(): ["price", "clock"]})

    assert till.engine.run_once().flagged == 1

    assert till.all("SELECT place, reasons FROM line_flag") == [(till.head(), "price\nclock")]
    till.push_works()
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET acked_seq = head_seq - 1")
    till.engine.run_once()
    assert till.all("SELECT * FROM line_flag") == []


def test_push_when_the_answer_is_lost_sends_the_same_again(till: LinkedTill) -> None:
    till.sell()
    till.transport.will(
        "/v1/sync/push",
        Unavailable("sync.time_out", "cut"),
        lambda request: till.acknowledge(request, {}),
    )

    with pytest.raises(Unavailable):
        till.engine.run_once()
    assert till.acked() == 0
    till.engine.run_once()

    first, second = till.transport.sent("/v1/sync/push")
    assert first.lines()[1:] == second.lines()[1:]
    assert till.acked() == till.head()


def hash_of(till: LinkedTill, seq: int) -> str:
    found: bytes = till.one(f"SELECT hash FROM journal WHERE seq = {seq}")
    return found.hex()


@pytest.mark.parametrize(("expected", "has_hash"), [(1, False), (4, True)])
def test_push_when_the_server_names_a_gap_goes_on_from_there(
    till: LinkedTill, expected: int, *, has_hash: bool
) -> None:
    till.sell()
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET acked_seq = 2")
    told: dict[str, Any] = {"hash": hash_of(till, expected - 1)} if has_hash else {}
    till.transport.will(
        "/v1/sync/push",
        problem(409, "sync.gap", expected_seq=expected, **told),
        lambda request: till.acknowledge(request, {}),
    )

    till.engine.run_once()

    assert json.loads(till.transport.sent("/v1/sync/push")[1].lines()[0])["first_seq"] == expected
    assert till.acked() == till.head()


def test_push_when_the_server_was_restored_compares_days_again_that_were_equal(till: LinkedTill) -> None:
    till.engine.run_once()
    assert till.all("SELECT business_day, colour FROM day_book") == [("2026-11-20", "green")]
    # Head office has nothing any more; the till's next day begins.
    till.received.clear()
    till.shop.clock.pass_time(hours=36)
    till.sell()
    till.transport.will(
        "/v1/sync/push",
        problem(409, "sync.gap", expected_seq=1),
        Unavailable("sync.unreachable", "The line is cut."),
        lambda request: till.acknowledge(request, {}),
    )
    with pytest.raises(Unavailable):
        till.engine.run_once()
    assert till.all("SELECT business_day, colour FROM day_book") == [("2026-11-20", "grey")]

    report = till.engine.run_once()

    assert (report.days_compared, report.red_days) == (2, ())


def test_push_when_the_server_is_ahead_with_another_line_is_a_fork(till: LinkedTill) -> None:
    till.sell()
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET acked_seq = 2")
    till.transport.will("/v1/sync/push", problem(409, "sync.gap", expected_seq=4, hash="ab" * 32))

    with pytest.raises(ForkedError):
        till.engine.run_once()

    assert till.acked() == 2
    assert till.state.link is not None and till.state.link.state == "forked"


def test_push_when_the_server_is_ahead_and_proves_nothing_is_not_believed(till: LinkedTill) -> None:
    till.sell()
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql("UPDATE book SET acked_seq = 2")
    till.transport.will("/v1/sync/push", problem(409, "sync.gap", expected_seq=4))

    with pytest.raises(ServerRefusal) as refusal:
        till.engine.run_once()

    assert (refusal.value.code, till.acked()) == ("sync.gap", 2)


def test_push_when_the_server_has_lines_beyond_a_batch_they_are_sent_to_be_compared(
    till: LinkedTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.sell()
    monkeypatch.setattr(push, "LINES_MAX", 2)

    def ahead(request: Request) -> Response:
        answer = json.loads(till.acknowledge(request, {}).body)
        return ok(answer | {"acked_seq": till.head()})

    till.transport.will("/v1/sync/push", ahead)
    till.engine.run_once()

    sent = [len(one.lines()) - 1 for one in till.transport.sent("/v1/sync/push")]
    assert sum(sent) == till.head() == till.acked()


def test_push_when_the_server_has_another_line_stops_selling_for_good(till: LinkedTill) -> None:
    till.sell()
    till.transport.will("/v1/sync/push", problem(409, "sync.fork", seq=3, hash="0" * 64))

    with pytest.raises(ForkedError):
        till.engine.run_once()

    assert till.state.link is not None and till.state.link.state == "forked"
    with pytest.raises(MachineFault) as stop:
        till.state.require_allowed()
    assert stop.value.code == "sync.fork"
    before = len(till.transport.requests)
    with pytest.raises(MachineFault):
        till.engine.run_once()
    assert len(till.transport.requests) == before


def test_push_when_the_server_has_more_than_this_till_ever_wrote_is_a_fork(till: LinkedTill) -> None:
    till.transport.will("/v1/sync/push", problem(409, "sync.gap", expected_seq=till.head() + 50))

    with pytest.raises(ForkedError):
        till.engine.run_once()


@pytest.mark.parametrize("code", ["sync.bad_hash", "sync.bad_signature"])
def test_push_when_a_batch_is_refused_keeps_everything_and_says_why(till: LinkedTill, code: str) -> None:
    till.transport.will("/v1/sync/push", problem(409, code))

    with pytest.raises(ServerRefusal) as refusal:
        till.engine.run_once()

    assert refusal.value.code == code
    assert till.acked() == 0
    assert till.state.link is not None and till.state.link.failed_code == code


def test_push_when_the_server_never_acknowledges_does_not_go_round_for_ever(till: LinkedTill) -> None:
    def nothing(request: Request) -> Response:
        return ok(json.loads(till.acknowledge(request, {}).body) | {"acked_seq": 0})

    till.transport.will("/v1/sync/push", nothing)

    with pytest.raises(MachineFault) as fault:
        till.engine.run_once()

    assert fault.value.code == "sync.not_taken"
    assert len(till.transport.sent("/v1/sync/push")) == 1


def test_push_when_a_batch_packs_too_large_is_halved(
    till: LinkedTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    for serial in range(1, 30):
        till.sell(serial)
    monkeypatch.setattr("pos.sync.push.PUSH_BYTES_PACKED_MAX", 4_000)

    till.engine.run_once()

    assert all(len(request.body) <= 4_000 for request in till.transport.sent("/v1/sync/push"))
    assert till.acked() == till.head()


def test_push_when_cancelled_stops_between_batches(till: LinkedTill) -> None:
    for serial in range(1, 220):
        till.sell(serial)
    seen: list[int] = []

    report = till.engine.run_once(lambda step: seen.append(step.done), lambda: bool(seen))

    assert report.is_cancelled and till.acked() == 200 < till.head()


def test_push_when_the_till_is_revoked_drains_and_gets_nothing(till: LinkedTill) -> None:
    till.sell()
    till.log_in_works(scope="drain")

    report = till.engine.run_once()

    assert report.scope == "drain" and till.acked() == till.head()
    assert not till.transport.sent("/v1/sync/pull") and not till.transport.sent("/v1/sync/envelope")
    with pytest.raises(MachineFault) as stop:
        till.state.require_allowed()
    assert stop.value.code == "till.not_authorised"
