"""The server as a key holder: one token per paid sale, whatever is asked how often."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update

from central.models.master import customer, meter, supplier, supply_group, vend_request
from central.models.tills import till as till_table
from central.services.master import Master
from central.services.verification import put_level
from pos.domain.ids import new_id
from pos.tokens.decode import decode_token
from pos.tokens.demo import demo_keys
from pos.tokens.names import BaseDate, EncryptionAlgorithm, KeyMethod, KeyType
from pos.tokens.secret import Secret
from pos.tokens.vault import MeterKey, SoftwareVault
from pos.tokens.vending_key import GroupKey, VendingKey
from tests.server.rig import Server, end_worker
from tests.server.till_rig import DRNS, SGC, Till, make_shop


@pytest.fixture
def till(server: Server) -> Till:
    shop = make_shop(server)
    load(server, shop.organisation, demo_keys()[0])
    return shop.till()


def load(server: Server, organisation: Any, key: VendingKey) -> None:
    with server.database.write() as connection:
        server.app.state.head_office.vault.put(
            connection, organisation, key, by="A and B", now=server.clock.now()
        )


def request(till: Till, drn: str = DRNS[0], money: int = 5_000, **changes: Any) -> dict[str, Any]:
    item = {key: value for key, value in till.item(drn, money).items() if key != "tokens"} | changes
    sale = till.sale(item, holder="central")
    quote = {key: value for key, value in sale.items() if key not in ("receipt_number", "document_sha256")}
    return {"sale_id": sale["sale_id"], "drn": drn, "quote": quote}


def cipher(till: Till, krn: int = 1, drn: str = DRNS[0]) -> Any:
    vault = SoftwareVault()
    keys = [demo_keys()[0], second_key()]
    vault.unlock(keys, lambda _keys: None)
    with till.server.database.read() as connection:
        pan = connection.execute(select(meter.c.pan).where(meter.c.drn == drn)).scalar_one()
    key = MeterKey(
        pan=f"{pan:018d}",
        sgc=SGC,
        ti="01",
        krn=krn,
        method=KeyMethod.DKGA02,
        ea=EncryptionAlgorithm.STA,
        base_date=BaseDate.Y2014,
        kt=KeyType.DUTK,
    )
    return vault.decoder_key_even_expired(key).cipher()


def second_key() -> VendingKey:
    group = GroupKey(
        sgc=SGC,
        krn=2,
        method=KeyMethod.DKGA02,
        ea=EncryptionAlgorithm.STA,
        base_date=BaseDate.Y2014,
    )
    return VendingKey(group, Secret(bytes.fromhex("CDCDCDCDCDCDCDCD")))


def test_vend_when_asked_then_a_token_of_lane_0_that_the_meter_takes(till: Till) -> None:
    asked = request(till)
    response = till.post("/v1/vend", asked)
    assert response.status_code == 200
    (token,) = response.json()["tokens"]
    assert token["tenths"] == asked["quote"]["items"][0]["token_units_tenths"]
    assert token["tid"] % 16 == 0
    assert decode_token(token["digits"], cipher(till)).tid == token["tid"]


def test_vend_when_asked_again_then_the_same_token(till: Till) -> None:
    asked = request(till)
    first = till.post("/v1/vend", asked).json()
    till.server.clock.pass_time(minutes=20)
    assert till.post("/v1/vend", asked).json() == first


def test_vend_when_two_workers_are_asked_at_once_then_one_token(till: Till) -> None:
    asked = request(till)
    other = till.server.second_worker()
    answers: list[Any] = []
    start = threading.Barrier(2)

    def ask(client: Any) -> None:
        start.wait()
        answers.append(client.post("/v1/vend", json=asked, headers=till.auth).json())

    threads = [threading.Thread(target=ask, args=(client,)) for client in (till.client, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end_worker(other)
    assert answers[0] == answers[1]
    assert len(answers[0]["tokens"]) == 1


def test_vend_when_the_book_forked_after_the_token_then_no_final_no(till: Till) -> None:
    asked = request(till)
    assert till.post("/v1/vend", asked).status_code == 200
    with till.server.database.write() as connection:
        connection.execute(update(till_table).values(forked_at=till.now, fork_seq=1))
    answer = till.post("/v1/vend", asked)
    assert (answer.status_code, answer.json()["code"], answer.json()["final"]) == (409, "sync.fork", False)


def test_vend_when_the_id_is_of_another_request_then_no_final_no(till: Till) -> None:
    asked = request(till)
    assert till.post("/v1/vend", asked).status_code == 200
    answer = till.post("/v1/vend", asked | {"drn": DRNS[1]})
    said = answer.json()
    assert (answer.status_code, said["code"], said["final"]) == (409, "sale.id_conflict", False)


def test_vend_when_a_meter_buys_twice_in_a_minute_then_two_tids(till: Till) -> None:
    tids = [till.post("/v1/vend", request(till)).json()["tokens"][0]["tid"] for _ in range(2)]
    assert tids[1] - tids[0] in (16, 32)


def test_vend_when_delivered_and_pushed_then_no_collision(till: Till) -> None:
    asked = request(till)
    tokens = till.post("/v1/vend", asked).json()["tokens"]
    quote = asked["quote"]
    body = {"sale_id": asked["sale_id"], "quote": quote, "payments": quote["payments"], "holder": "central"}
    till.line("sale_paid", body)
    item = quote["items"][0] | {"tokens": [{k: v for k, v in one.items() if v is not None} for one in tokens]}
    done = {"receipt_number": "T01-000001", "document_sha256": "ab" * 32, "items": [item]}
    till.line("sale_delivered", {"sale": quote | done})
    assert [one["reasons"] for one in till.push()["results"]] == [[], []]


def test_vend_when_another_sale_carries_the_servers_tid_then_collision(till: Till) -> None:
    token = till.post("/v1/vend", request(till)).json()["tokens"][0]
    till.receipts = 0
    till.sell(DRNS[0], basis=till.bought[DRNS[0], "2026-11"], tid=token["tid"])
    assert "tid_collision" in till.flags()


def test_vend_when_the_id_comes_with_another_quote_then_conflict(till: Till) -> None:
    asked = request(till)
    till.post("/v1/vend", asked)
    response = till.post("/v1/vend", request(till, money=6_000) | {"sale_id": asked["sale_id"]})
    assert (response.status_code, response.json()["code"]) == (409, "sale.id_conflict")


def test_vend_when_the_meter_is_unknown_then_404_and_final_after_ten_minutes_for_good(till: Till) -> None:
    asked = request(till, "04100000407")
    first = till.post("/v1/vend", asked)
    assert (first.status_code, first.json()["code"], first.json()["final"]) == (404, "meter.unknown", False)
    till.server.clock.pass_time(minutes=10)
    later = till.post("/v1/vend", asked)
    assert (later.status_code, later.json()["final"]) == (404, True)
    # It stays a no, even when the meter comes: another holder may have served the sale.
    with till.server.database.write() as connection:
        connection.execute(update(meter).where(meter.c.drn == DRNS[0]).values(drn="04100000407"))
    after = till.post("/v1/vend", asked)
    assert (after.status_code, after.json()["final"]) == (409, True)


def _blocked(till: Till) -> dict[str, Any]:
    with till.server.database.write() as connection:
        connection.execute(update(meter).values(status="blocked"))
    return request(till)


def _not_here(till: Till) -> dict[str, Any]:
    with till.server.database.write() as connection:
        connection.execute(update(supply_group).values(holders=["vault"]))
    return request(till)


def _more_units(till: Till) -> dict[str, Any]:
    return request(till, token_units_tenths=9_999)


def _no_item(till: Till) -> dict[str, Any]:
    asked = request(till)
    return asked | {"quote": asked["quote"] | {"items": []}}


def _no_float(till: Till) -> dict[str, Any]:
    with till.server.database.write() as connection:
        connection.execute(update(supplier).values(credit_limit_minor=1_000))
    return request(till)


def _no_key(till: Till) -> dict[str, Any]:
    with till.server.database.write() as connection:
        connection.execute(update(supply_group).values(krn=3))
        connection.execute(update(meter).values(krn=3))
    return request(till)


def _odd_record(**changes: Any) -> Any:
    def make(till: Till) -> dict[str, Any]:
        with till.server.database.write() as connection:
            connection.execute(update(meter).values(**changes))
        return request(till)

    return make


def _unverified(till: Till) -> dict[str, Any]:
    limit(till, sale_max_minor=4_999)
    return request(till)


def limit(till: Till, *, sale_max_minor: int | None = None, day_max_minor: int | None = None) -> None:
    """All meters belong to one customer, who may buy for so much."""
    person = new_id(till.now)
    with till.server.database.write() as connection:
        master: Master = till.server.app.state.head_office.master
        put_level(
            *(connection, till.shop.organisation, 0),
            name="none",
            sale_max_minor=sale_max_minor,
            day_max_minor=day_max_minor,
            month_max_minor=None,
        )
        values = {"id": person, "sales_point_id": till.shop.sales_point, "name": "A", "verification": 0}
        master.put_customers(connection, till.shop.organisation, [values | {"is_erased": False}])
        connection.execute(update(meter).values(customer_id=person))
        assert connection.execute(select(customer.c.id)).scalar_one() == person


def test_vend_when_the_customers_day_is_over_where_the_shop_is_then_the_next_one_counts(till: Till) -> None:
    limit(till, day_max_minor=6_000)
    till.sell()
    till.push()
    refused = till.post("/v1/vend", request(till, money=2_000))
    assert (refused.status_code, refused.json()["code"]) == (409, "vend.customer_limit")
    # 22:30 UTC is half past midnight in Kigali.
    till.server.clock.pass_time(hours=14, minutes=30)
    till.log_in()
    assert till.post("/v1/vend", request(till, money=2_000)).status_code == 200


def test_vend_when_its_tokens_are_not_pushed_yet_then_they_count_for_the_customers_day(till: Till) -> None:
    limit(till, day_max_minor=10_000)
    first = till.post("/v1/vend", request(till))
    again = request(till, DRNS[1], 5_001)
    refused = till.post("/v1/vend", again)
    fits = till.post("/v1/vend", request(till, DRNS[1], 5_000))

    assert first.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "vend.customer_limit")
    assert fits.status_code == 200


def test_vend_when_its_token_comes_with_a_push_then_it_counts_once(till: Till) -> None:
    limit(till, day_max_minor=10_000)
    asked = request(till)
    tokens = till.post("/v1/vend", asked).json()["tokens"]
    quote = asked["quote"]
    paid = {"sale_id": asked["sale_id"], "quote": quote, "payments": quote["payments"], "holder": "central"}
    till.line("sale_paid", paid)
    till.push()
    # Paid is not delivered: the token still counts as the one that was made here.
    over = till.post("/v1/vend", request(till, DRNS[1], 5_001))
    item = quote["items"][0] | {"tokens": [{k: v for k, v in one.items() if v is not None} for one in tokens]}
    done = {"receipt_number": "T01-000001", "document_sha256": "ab" * 32, "items": [item]}
    till.line("sale_delivered", {"sale": quote | done})
    till.push()
    rest = till.post("/v1/vend", request(till, DRNS[1], 5_000))
    more = till.post("/v1/vend", request(till, DRNS[2], 1_000))

    assert (over.status_code, over.json()["code"]) == (409, "vend.customer_limit")
    assert rest.status_code == 200
    assert (more.status_code, more.json()["code"]) == (409, "vend.customer_limit")


def test_vend_when_two_workers_sell_to_one_customer_at_once_then_one_passes(till: Till) -> None:
    limit(till, day_max_minor=8_000)
    other = till.server.second_worker()
    start = threading.Barrier(2)

    def ask(client: Any, asked: Any) -> int:
        start.wait()
        return int(client.post("/v1/vend", json=asked, headers=till.auth).status_code)

    asked = [request(till, DRNS[0]), request(till, DRNS[1])]
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(ask, (till.client, other), asked))
    end_worker(other)

    assert sorted(statuses) == [200, 409]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_blocked, "meter.blocked"),
        (_not_here, "key.group_not_allowed"),
        (_more_units, "sale.price"),
        (_no_item, "vend.quote"),
        (_no_float, "float.empty"),
        (_no_key, "key.newer_revision"),
        (_unverified, "vend.customer_limit"),
        (_odd_record(algorithm="99"), "token.data"),
        (_odd_record(algorithm="09"), "token.data"),
        (_odd_record(key_method="05"), "token.data"),
        (_odd_record(key_method="01"), "token.data"),
        (_odd_record(kt=7), "token.data"),
        (_odd_record(ti="1"), "token.data"),
        (_odd_record(base_date="20"), "token.data"),
    ],
)
def test_vend_when_it_can_never_be_served_then_a_final_no_that_stays(
    till: Till, make: Any, code: str
) -> None:
    asked = make(till)
    for _ in range(2):
        response = till.post("/v1/vend", asked)
        assert (response.status_code, response.json()["code"]) == (409, code)
        assert response.json()["final"] is True
    with till.server.database.read() as connection:
        assert connection.execute(select(vend_request.c.state)).scalars().all() == ["refused"]


def test_vend_when_the_quote_is_no_json_of_ours_then_422_and_nothing_is_decided(till: Till) -> None:
    response = till.post("/v1/vend", request(till) | {"quote": {"a": 1.5}})
    assert (response.status_code, response.json()["code"]) == (422, "vend.quote")


def test_vend_when_a_key_change_has_begun_then_the_set_comes_with_the_first_two(till: Till) -> None:
    load(till.server, till.shop.organisation, second_key())
    following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
    with till.server.database.write() as connection:
        connection.execute(
            update(supply_group).values(next_key=following | {"from": "2026-11-20T07:00:00.000Z"})
        )
    counts = []
    for _ in range(3):
        tokens = till.post("/v1/vend", request(till)).json()["tokens"]
        counts.append(len(tokens))
        assert decode_token(tokens[-1]["digits"], cipher(till, krn=2)).tid == tokens[-1]["tid"]
        assert [one["n"] for one in tokens] == list(range(1, len(tokens) + 1))
    assert counts == [3, 3, 1]


def test_vend_when_the_till_is_revoked_or_of_another_organisation_then_nothing(till: Till) -> None:
    asked = request(till)
    stranger = make_shop(till.server, "other", drns=("04100000407",)).till("X01")
    response = stranger.post("/v1/vend", asked)
    assert (response.status_code, response.json()["code"]) == (404, "meter.unknown")
    with till.server.database.write() as connection:
        till.server.app.state.head_office.enrolment.end(
            connection, till.shop.organisation, till.id, state="revoked", reason="stolen", now=till.now
        )
    till.log_in()
    refused = till.post("/v1/vend", asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "till.not_authorised")
