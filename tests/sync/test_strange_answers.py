"""Answers that no good server gives: nothing is lost, nothing stops for ever, no row holds back another."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pos.errors import Unavailable
from pos.services.verify import verify
from pos.sync.client import ServerRefusal
from pos.sync.stops import ForkedError
from pos.sync.transport import Response
from tests.factories.linked_till import LinkedTill, link_till
from tests.fakes.transport import Request, ok, problem
from tests.sync.test_pull import meter_row, pull, rows


@pytest.fixture
def till(tmp_path: Path) -> LinkedTill:
    made = link_till(tmp_path)
    made.all_works()
    return made


def trouble_of(till: LinkedTill, resource: str) -> str:
    return str(till.one("SELECT trouble FROM pull_cursor WHERE resource = ?", resource))


def test_push_when_the_server_has_more_lines_than_this_till_wrote_is_a_fork(till: LinkedTill) -> None:
    def more(request: Request) -> Response:
        answer = json.loads(till.acknowledge(request, {}).body)
        return ok(answer | {"acked_seq": answer["acked_seq"] + 1})

    till.transport.will("/v1/sync/push", more)

    with pytest.raises(ForkedError):
        till.engine.run_once()

    assert till.acked() == 0
    assert till.one("SELECT state FROM server_link") == "forked"


@pytest.mark.parametrize("what", ["of another till", "of other lines", "of fewer lines", "of none"])
def test_push_when_the_answer_is_about_other_lines_it_is_not_believed(till: LinkedTill, what: str) -> None:
    """A proxy that mixes answers up must neither stop a till as a copy nor pass lines off as sent."""

    def other(request: Request) -> Response:
        answer = json.loads(till.acknowledge(request, {}).body)
        results = answer["results"]
        if what == "of another till":
            results = [one | {"id": str(uuid4())} for one in results]
        elif what == "of other lines":
            results = [one | {"seq": one["seq"] + 1} for one in results]
        else:
            results = results[:-1] if what == "of fewer lines" else []
        return ok(answer | {"results": results, "acked_seq": answer["acked_seq"] + 7})

    till.transport.will("/v1/sync/push", other)
    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()
    assert trouble.value.code == "sync.bad_answer"
    assert till.acked() == 0
    assert till.one("SELECT state FROM server_link") == "enrolled"

    till.all_works()
    till.engine.run_once()
    assert till.acked() == till.head()


@pytest.mark.parametrize("token", ["", "a b", "a\nb", "ключ", "x" * 1_001])
def test_log_in_when_the_bearer_cannot_stand_in_a_header_is_a_bad_answer(
    till: LinkedTill, token: str
) -> None:
    till.transport.will("/v1/tills/token", ok({"token": token, "server_time": "2026-11-20T08:00:00.000Z"}))

    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()

    assert trouble.value.code == "sync.bad_answer"


def test_push_when_the_answer_with_the_flags_was_lost_keeps_them_from_the_second(till: LinkedTill) -> None:
    till.sell()
    last = till.head()

    def again(request: Request) -> Response:
        whole = till.acknowledge(request, {last: ["price"]})
        return Response(200, whole.headers, whole.body.replace(b"accepted_flagged", b"duplicate"))

    till.transport.will("/v1/sync/push", Unavailable("sync.time_out", "cut"), again)
    with pytest.raises(Unavailable):
        till.engine.run_once()

    report = till.engine.run_once()

    assert report.flagged == 1
    assert till.all("SELECT place, reasons FROM line_flag") == [(last, "price")]


@pytest.mark.parametrize(
    ("wish", "least_s", "most_s"),
    [
        ("0", 2, 2),
        ("97", 97, 97),
        ("9" * 5_000, 3_600, 3_600),
        ("99999999", 3_600, 3_600),
        ("Fri, 20 Nov 2037 08:00:00 GMT", 3_600, 3_600),
        ("Fri, 20 Nov 2037 08:00:00", 1, 2),
        ("Fri, 20 Nov 2037 08:00:00 -0000", 1, 2),
        ("²", 1, 2),
    ],
)
def test_delay_when_the_wish_is_strange_is_never_for_ever(
    till: LinkedTill, wish: str, least_s: float, most_s: float
) -> None:
    till.transport.will("/v1/sync/push", problem(503, "server.maintenance", {"retry-after": wish}))

    with pytest.raises(Unavailable):
        till.engine.run_once()

    assert least_s <= till.engine.next_delay() <= most_s


@pytest.mark.parametrize("after_s", [-5, 10**30])
def test_delay_when_the_problem_wishes_strangely_is_never_for_ever(till: LinkedTill, after_s: int) -> None:
    till.transport.will("/v1/sync/push", problem(503, "server.maintenance", retry_after_s=after_s))

    with pytest.raises(Unavailable):
        till.engine.run_once()

    assert 2 <= till.engine.next_delay() <= 3_600


def test_refusal_when_the_body_names_another_status_counts_as_it_was_answered(till: LinkedTill) -> None:
    answer = problem(409, "sync.bad_hash")
    till.transport.will("/v1/sync/push", Response(409, answer.headers, answer.body.replace(b"409", b"200")))

    with pytest.raises(ServerRefusal) as refusal:
        till.engine.run_once()

    assert refusal.value.status == 409


def test_log_in_when_the_servers_time_is_no_time_is_a_bad_answer(till: LinkedTill) -> None:
    till.log_in_works(server_time="2026-13-45T08:00:00.000Z")

    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()

    assert trouble.value.code == "sync.bad_answer"


def test_pull_when_the_server_promises_more_at_the_same_cursor_does_not_go_round(till: LinkedTill) -> None:
    pull(till, meters=[rows(meter_row(41))])
    till.transport.requests.clear()
    till.transport.will(
        "/v1/sync/pull",
        lambda request: ok(
            {"rows": [], "cursor": request.query["cursor"] or "1", "more": True, "mapping": "1"}
        ),
    )

    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()

    assert trouble.value.code == "sync.bad_answer"
    assert len(till.transport.sent("/v1/sync/pull")) <= 2


def test_pull_when_two_servers_of_different_age_answer_in_turn_does_not_go_round(till: LinkedTill) -> None:
    pull(till, meters=[rows(meter_row(41))])
    asked: list[str] = []

    def in_turn(request: Request) -> Response:
        cursor = request.query["cursor"]
        if request.query["resource"] != "meters":
            return ok({"rows": [], "cursor": cursor or "1", "more": False, "mapping": "1"})
        asked.append(cursor)
        mapping, following = str(2 + len(asked) % 2), str(len(asked) + 10)
        return ok({"rows": [meter_row(41)], "cursor": following, "more": True, "mapping": mapping})

    till.transport.will("/v1/sync/pull", in_turn)

    with pytest.raises(Unavailable):
        till.engine.run_once()

    assert len(asked) <= 4
    assert till.one("SELECT count(*) FROM meter") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"arrears_minor": 10**30},
        {"arrears_minor": -1},
        {"arrears_minor": "many"},
        {"service": 9},
        {"next_key": {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "from": "2026-02-31T"}},
    ],
)
def test_pull_when_a_row_is_senseless_it_is_named_and_the_others_come(
    till: LinkedTill, changes: dict[str, Any]
) -> None:
    pull(till, meters=[rows(meter_row(41), meter_row(42, **changes), meter_row(43))])

    assert till.one("SELECT count(*) FROM meter") == 2
    assert "cannot be read" in trouble_of(till, "meters")


def test_pull_when_the_tables_refuse_a_row_it_is_named_and_the_others_come(till: LinkedTill) -> None:
    # Two meters of one number in one page: the second has no place.
    pull(till, meters=[rows(meter_row(41), meter_row(42), meter_row(42), meter_row(43))])

    assert till.one("SELECT count(*) FROM meter") == 3
    assert till.one("SELECT is_whole FROM pull_cursor WHERE resource = 'meters'") == 1
    till.sell(43)


def test_pull_when_a_number_has_more_than_64_bits_it_is_named_and_the_others_come(till: LinkedTill) -> None:
    pull(till, meters=[rows(meter_row(41), meter_row(42, krn=2**70), meter_row(43))])

    assert till.one("SELECT count(*) FROM meter") == 2
    assert "does not fit" in trouble_of(till, "meters")


def test_pull_when_a_lane_is_beyond_the_lanes_the_group_stays_as_it_was(till: LinkedTill) -> None:
    group = {
        "id": "201457", "key_method": "04", "algorithm": "07", "base_date": "14", "ti": "01", "krn": 1,
        "kt": 2, "ken": 255, "lane": 16, "lanes": 16, "holders": ["vault"], "supplier": "reg",
    }  # fmt: skip

    pull(till, supply_groups=[rows(group)])

    assert till.all("SELECT lane, lanes FROM supply_group WHERE sgc = '201457'") == [(0, 1)]
    assert "201457" in trouble_of(till, "supply_groups")


@pytest.mark.parametrize("resource", ["meters", "customers", "users", "tariffs", "meter_month"])
def test_pull_when_what_is_gone_has_no_id_nothing_happens(till: LinkedTill, resource: str) -> None:
    pull(till, **{resource: [rows(deleted=["../../etc/passwd", "", "a/b/c/d"])]})

    assert till.one("SELECT cursor FROM pull_cursor WHERE resource = ?", resource) == "1"


def test_pull_when_a_month_figure_is_negative_it_does_not_make_blocks_cheaper(till: LinkedTill) -> None:
    row = meter_row(41)
    month = {
        "id": f"{row['id']}/2026-11/{uuid4()}", "meter_id": row["id"], "month": "2026-11",
        "till": str(uuid4()), "units_milli": -50_000,
    }  # fmt: skip

    pull(till, meters=[rows(row)], meter_month=[rows(month)])

    assert till.one("SELECT count(*) FROM meter_month") == 0
    assert "units_milli" in trouble_of(till, "meter_month")


def test_envelope_when_its_key_came_after_the_log_in_the_next_cycle_asks_for_the_keys(
    till: LinkedTill,
) -> None:
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope(key_id="s2")))

    report = till.engine.run_once()
    till.engine.run_once()

    assert "envelope.signature" in report.troubles["envelope"][0]
    assert len(till.transport.sent("/v1/tills/token")) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "USD"},
        {"money_minor": -1},
        {"v": 2},
        {"groups": [{"base_date": "14", "holders": ["vault"], "lane": 16, "lanes": 16, "sgc": "201457"}]},
    ],
)
def test_envelope_when_it_is_signed_but_senseless_the_one_in_force_stays(
    till: LinkedTill, changes: dict[str, Any]
) -> None:
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope(**changes)))

    report = till.engine.run_once()

    assert report.troubles["envelope"]
    assert till.one("SELECT max(sequence) FROM envelope") == 1
    till.sell()
    assert verify(till.shop.units).findings == ()


def test_proposals_when_one_cannot_be_read_it_is_refused_and_nothing_else_waits_for_it(
    till: LinkedTill,
) -> None:
    for serial, record in ((50, b"good"), (51, b"bad"), (52, b"fine")):
        drn = till.shop.add_meter(serial)
        with till.shop.units.write() as unit:
            unit.connection.exec_driver_sql(
                "INSERT INTO proposal (id, meter_key, record) SELECT ?, key, ? FROM meter WHERE drn = ?",
                (uuid4().bytes, record, drn),
            )

    def strict(request: Request) -> Response:
        sent = request.json()["proposals"]
        if any(one["record"] == "bad" for one in sent):
            return problem(422, "proposal.record")
        return ok({"results": [{"proposal_id": one["proposal_id"], "state": "accepted"} for one in sent]})

    till.transport.will("/v1/proposals", strict)
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope()), ok({}, 204))

    report = till.engine.run_once()

    assert report.proposals_decided == 3 and report.envelope_sequence == 7
    states = "SELECT record, state, reason FROM proposal ORDER BY record"
    assert till.all(states) == [
        (b"bad", "refused", "No: proposal.record. [proposal.record]"),
        (b"fine", "accepted", None),
        (b"good", "accepted", None),
    ]
