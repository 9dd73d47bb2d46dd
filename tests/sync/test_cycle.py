"""Log-in, clock, books, envelope and failures of whole cycles."""

import gc
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pos.domain.canonical import canonical_bytes
from pos.domain.envelope import envelope_message
from pos.domain.journal import instant_text
from pos.domain.till_login import login_message
from pos.errors import MachineFault, Unavailable
from pos.models.office import day_book
from pos.models.office_link import change_link
from pos.services.quoting import Quoting
from pos.services.sale_values import SaleRequest
from pos.services.verify import verify
from pos.sync.client import ServerRefusal
from pos.sync.pull import Pull, _Page
from pos.sync.resources.all import all_mappings
from pos.sync.resources.base import Mapping
from pos.sync.transport import Response
from tests.factories.linked_till import SERVER_KEY, TILL_KEY, LinkedTill, link_till
from tests.factories.shop import ZONE
from tests.fakes.transport import Request, ok, problem


@pytest.fixture
def till(tmp_path: Path) -> LinkedTill:
    made = link_till(tmp_path)
    made.all_works()
    return made


def test_log_in_when_the_server_gives_a_nonce_signs_it_and_uses_the_bearer_until_it_ends(
    till: LinkedTill,
) -> None:
    till.engine.run_once()
    till.engine.run_once()

    asked = till.transport.sent("/v1/tills/token")
    assert len(asked) == 1
    key = Ed25519PublicKey.from_public_bytes(TILL_KEY.public_key().public_bytes_raw())
    key.verify(bytes.fromhex(asked[0].json()["signature"]), login_message(nonce="n1", till=till.till_id))
    assert all(r.headers["Authorization"] == "Bearer secret" for r in till.transport.sent("/v1/sync"))
    assert len({r.headers["X-Request-Id"] for r in till.transport.requests}) == len(till.transport.requests)
    till.shop.clock.pass_time(minutes=30)
    till.engine.run_once()
    assert len(till.transport.sent("/v1/tills/token")) == 2


def test_cycle_when_nothing_is_new_makes_no_shapes_anew_and_reads_each_place_once(
    till: LinkedTill, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.engine.run_once()
    gc.collect()
    before = {id(shape) for shape in _Page.__subclasses__()}
    places: list[str] = []
    standing = Pull._standing

    def noted(pull: Pull, mapping: Mapping[Any]) -> Any:
        places.append(mapping.resource)
        return standing(pull, mapping)

    monkeypatch.setattr(Pull, "_standing", noted)
    till.engine.run_once()
    gc.collect()

    assert {id(shape) for shape in _Page.__subclasses__()} == before and len(before) >= len(places)
    assert len(places) == len(set(places)) == len(all_mappings())


def test_log_in_when_the_bearer_is_not_known_any_more_is_done_once_more(till: LinkedTill) -> None:
    till.transport.will("/v1/sync/envelope", problem(401, "auth.token"), ok({}, 204))

    till.engine.run_once()

    assert len(till.transport.sent("/v1/tills/token")) == 2


def test_log_in_when_the_new_bearer_is_not_known_either_is_tried_again_later(till: LinkedTill) -> None:
    till.transport.will(
        "/v1/sync/envelope", problem(401, "auth.token"), problem(401, "auth.token"), ok({}, 204)
    )

    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()
    till.engine.run_once()

    assert trouble.value.code == "sync.server_trouble"
    assert till.state.is_online


def test_log_in_when_the_nonce_came_twice_signs_another(till: LinkedTill) -> None:
    token = {"token": "secret", "server_time": "2026-11-20T08:00:00.000Z"}
    till.transport.will("/v1/tills/token", problem(403, "till.nonce"), ok(token))

    till.engine.run_once()

    assert len(till.transport.sent("/v1/tills/challenge")) == 2


def test_log_in_when_the_till_is_not_known_says_so_and_is_written_down(till: LinkedTill) -> None:
    till.transport.will("/v1/tills/token", problem(401, "till.not_authorised"))

    with pytest.raises(ServerRefusal) as refusal:
        till.engine.run_once()

    assert refusal.value.code == "till.not_authorised"
    assert till.one("SELECT failed_code FROM server_link") == "till.not_authorised"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Response(502, {"content-type": "text/html"}, b"<html>Bad gateway"), "sync.server_trouble"),
        (Response(200, {"content-type": "text/html"}, b"<html>Log in to the hotel"), "sync.bad_answer"),
        (Response(404, {"content-type": "text/html"}, b"<html>none"), "sync.server_trouble"),
        (problem(503, "server.maintenance"), "sync.server_busy"),
        (Unavailable("sync.time_out", "slow"), "sync.time_out"),
    ],
)
def test_cycle_when_something_else_answers_is_tried_again_and_nothing_is_lost(
    till: LinkedTill, answer: Any, code: str
) -> None:
    till.sell()
    till.transport.will("/v1/sync/push", answer)

    with pytest.raises(Unavailable) as trouble:
        till.engine.run_once()

    assert trouble.value.code == code
    assert till.acked() == 0 and 1.0 <= till.engine.next_delay() <= 2.0
    assert not till.state.is_online


def test_cycle_when_the_server_says_when_to_come_again_waits_so_long(till: LinkedTill) -> None:
    till.transport.will("/v1/sync/push", problem(429, "rate.limit", {"retry-after": "97"}))

    with pytest.raises(Unavailable):
        till.engine.run_once()

    assert till.engine.next_delay() == 97


def test_cycle_when_it_ends_well_clears_the_failure_and_the_till_is_online(till: LinkedTill) -> None:
    till.transport.will(
        "/v1/sync/push", Unavailable("sync.time_out", "slow"), lambda r: till.acknowledge(r, {})
    )
    with pytest.raises(Unavailable):
        till.engine.run_once()

    till.engine.run_once()

    assert till.all("SELECT failed_code, synced_at IS NOT NULL FROM server_link") == [(None, 1)]
    assert till.state.is_online
    till.shop.clock.pass_time(minutes=11)
    assert not till.state.is_online


@pytest.mark.expect_log("a part of the sync failed")
def test_cycle_when_the_program_makes_a_mistake_in_one_part_the_later_parts_are_done_all_the_same(
    till: LinkedTill,
) -> None:
    def mistake(_request: Request) -> Response:
        raise ZeroDivisionError

    till.sell()
    till.transport.will("/v1/sync/pull", mistake)
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope()), ok({}, 204))

    with pytest.raises(ZeroDivisionError):
        till.engine.run_once()

    assert till.one("SELECT max(sequence) FROM envelope") == 7
    assert till.all("SELECT colour FROM day_book") == [("green",)]
    assert till.one("SELECT failed_code FROM server_link") == "program.fault"
    assert 1.0 <= till.engine.next_delay() <= 2.0


def test_clock_when_the_server_differs_by_far_stops_tokens_until_it_is_set(till: LinkedTill) -> None:
    server = till.shop.clock.now() + timedelta(minutes=45)
    till.log_in_works(server_time=instant_text(server))
    trusted = till.one("SELECT trusted_at FROM book")

    till.engine.run_once()

    with pytest.raises(MachineFault) as stop:
        till.state.require_right_clock()
    assert stop.value.code == "clock.off"
    assert till.one("SELECT trusted_at FROM book") == trusted
    till.shop.clock.set_wall(server)
    till.state.require_right_clock()


def test_clock_when_an_administrator_keeps_the_servers_the_till_goes_by_it(till: LinkedTill) -> None:
    server = till.shop.clock.now() + timedelta(minutes=45)
    till.log_in_works(server_time=instant_text(server))
    with till.shop.units.write() as unit:
        change_link(unit.connection, keeps_server_clock=True)
    till.state.reload()

    till.engine.run_once()

    till.state.require_right_clock()
    assert till.office_clock.now() == server


def test_clock_when_the_server_is_a_little_ahead_its_time_is_trusted(till: LinkedTill) -> None:
    server = till.shop.clock.now() + timedelta(minutes=3)
    till.log_in_works(server_time=instant_text(server))

    till.engine.run_once()

    assert till.one("SELECT trusted_at FROM book") == int(server.timestamp() * 1000)


def test_books_when_both_sides_agree_are_green_and_grey_again_after_the_next_sale(till: LinkedTill) -> None:
    till.sell(1)
    till.sell(2)
    report = till.engine.run_once()
    assert (report.days_compared, report.red_days) == (1, ())
    assert till.all("SELECT business_day, colour, last_seq FROM day_book") == [
        ("2026-11-20", "green", till.head())
    ]

    till.sell(3)
    till.engine.run_once()

    figures = json.loads(till.one("SELECT figures FROM day_book"))
    assert figures["pieces"]["sale_delivered"] == figures["tokens"] == 3
    assert figures["tenders_minor"] == {"cash": 15_000}
    assert figures["units_milli"] == till.one("SELECT sum(units_milli) FROM sale_item")
    assert dict(till.all("SELECT kind, sum(amount_minor) FROM total_line GROUP BY kind")) == {
        **{kind: 0 for (kind,) in till.all("SELECT DISTINCT kind FROM total_line")},
        **figures["sums_minor"],
    }
    assert till.one("SELECT colour FROM day_book") == "green"


def test_books_when_the_server_has_another_sum_are_red_and_say_which(till: LinkedTill) -> None:
    till.sell()

    def other(request: Any) -> Response:
        figures = till.received["2026-11-20"].figures().to_json()
        figures["sums_minor"] = {"energy": 1}
        return ok({"till": str(till.till_id), "day": "2026-11-20", **figures})

    till.transport.will("/v1/books", other)

    report = till.engine.run_once()

    assert report.red_days == ("2026-11-20",)
    differences = json.loads(till.one("SELECT differences FROM day_book"))
    assert [name for name, *_ in differences] == ["sums_minor.energy"]
    till.books_agree()
    till.engine.run_once()
    assert till.one("SELECT colour FROM day_book") == "green"


def test_books_when_many_days_are_red_older_ones_are_compared_all_the_same(till: LinkedTill) -> None:
    till.engine.run_once()
    figures, at = till.one("SELECT figures FROM day_book"), till.shop.clock.now()
    first = date(2026, 11, 19)
    days = [(first - timedelta(days=n)).isoformat() for n in range(50)]
    with till.shop.units.write() as unit:
        for n, day in enumerate(days):
            colour = "red" if n < 45 else "grey"
            values: dict[str, Any] = {
                "business_day": day,
                "figures": figures,
                "last_seq": json.loads(figures)["last_seq"],
            }
            values |= {"colour": colour, "compared_at": at if colour == "red" else None}
            unit.connection.execute(day_book.insert().values(till_id=till.till_id, **values))

    def compared() -> set[str]:
        before = len(till.transport.sent("/v1/books"))
        till.shop.clock.pass_time(minutes=1)
        till.engine.run_once()
        return {one.path.rpartition("/")[2] for one in till.transport.sent("/v1/books")[before:]}

    one, other = compared(), compared()

    assert set(days[45:]) < one and len(one) == 45
    # Red ones in turn, those looked at longest ago first.
    assert set(days[40:45]) < one | other and len(other) == 40
    assert set(days) == one | other


def test_books_when_the_server_has_nothing_of_the_day_are_red(till: LinkedTill) -> None:
    till.transport.will("/v1/books", problem(404, "books.no_day"))

    till.engine.run_once()

    assert till.all("SELECT colour, server_figures FROM day_book") == [("red", None)]


def test_envelope_when_a_newer_one_comes_is_taken_with_its_lanes(till: LinkedTill) -> None:
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope()), ok({}, 204))

    report = till.engine.run_once()

    assert report.envelope_sequence == 7
    assert till.all("SELECT lane, lanes FROM supply_group WHERE sgc = '201457'") == [(3, 16)]
    till.sell()
    assert till.one("SELECT tid FROM token") % 16 == 3
    assert till.one("SELECT used_money_minor FROM envelope WHERE sequence = 7") == 5_000
    assert verify(till.shop.units).findings == ()


def test_envelope_when_sales_were_made_since_it_was_counted_they_come_off_it(till: LinkedTill) -> None:
    till.engine.run_once()
    sent = till.acked()
    till.sell()
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope(as_of_seq=sent)), ok({}, 204))

    till.engine.run_once()

    row = "SELECT used_money_minor, before_money_minor FROM envelope WHERE sequence = 7"
    assert till.all(row) == [(0, 5_000)]
    assert verify(till.shop.units).findings == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sequence": 1}, "envelope.old"),
        ({"as_of_seq": 10_000}, "envelope.ahead"),
        ({"till": str(uuid4())}, "envelope.other_till"),
        ({"key_id": "s9"}, "envelope.signature"),
        ({"issuer": "local"}, "envelope.signature"),
    ],
)
def test_envelope_when_it_is_not_what_it_must_be_the_one_in_force_stays(
    till: LinkedTill, changes: dict[str, Any], code: str
) -> None:
    till.transport.will("/v1/sync/envelope", lambda _: ok(till.signed_envelope(**changes)))

    report = till.engine.run_once()

    assert code in report.troubles["envelope"][0]
    assert till.one("SELECT max(sequence) FROM envelope") == 1


def test_envelope_when_somebody_changed_it_on_the_way_is_not_taken(till: LinkedTill) -> None:
    signed = till.signed_envelope()
    signed["envelope"]["money_minor"] = 10**9
    till.transport.will("/v1/sync/envelope", ok(signed))

    report = till.engine.run_once()

    assert "envelope.signature" in report.troubles["envelope"][0]


def test_envelope_when_it_has_fields_of_a_later_server_its_signature_still_counts(till: LinkedTill) -> None:
    signed = till.signed_envelope()
    signed["envelope"]["colour"] = "blue"
    signed["sig"] = SERVER_KEY.sign(envelope_message(signed["envelope"])).hex()
    till.transport.will("/v1/sync/envelope", ok(signed), ok({}, 204))

    assert till.engine.run_once().envelope_sequence == 7


def test_proposals_when_a_meter_was_made_here_are_sent_until_there_is_a_final_word(till: LinkedTill) -> None:
    drn = till.shop.add_meter(50)
    record = canonical_bytes({"drn": drn})
    proposal_id = uuid4()
    with till.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO proposal (id, meter_key, record) SELECT ?, key, ? FROM meter",
            (proposal_id.bytes, record),
        )

    def answer(state: str) -> Response:
        return ok({"results": [{"proposal_id": str(proposal_id), "state": state}]})

    till.transport.will("/v1/proposals", answer("waiting"), answer("merged"))

    decided = [till.engine.run_once().proposals_decided for _ in range(3)]

    sent = till.transport.sent("/v1/proposals")
    assert decided == [0, 1, 0] and len(sent) == 2
    assert sent[0].json()["proposals"][0]["record"].encode() == record
    assert till.all("SELECT id, state FROM proposal") == [(proposal_id.bytes, "merged")]


def test_free_units_when_offline_only_the_home_till_gives_them(till: LinkedTill) -> None:
    allowed: list[UUID | None] = []

    def may_give(meter: Any) -> bool:
        allowed.append(meter.home_till)
        return False

    till.sell(1, home_till=till.till_id)
    with till.shop.units.read() as connection:
        drn = connection.exec_driver_sql("SELECT drn FROM meter").scalar()
        quoting = Quoting(ZONE, may_give_free=may_give)
        request = SaleRequest(sale_id=uuid4(), drn=str(drn), money_minor=5_000)
        quote = quoting.quote(connection, request, at=till.shop.clock.now())

    assert allowed == [till.till_id] and quote.item.free_milli == 0
