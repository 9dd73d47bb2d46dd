"""A till against the real server: enrol, sell offline, sync, compare, revoke, drain."""

import pytest

from central.services.key_changes import announce
from pos.domain.permissions import Role
from pos.errors import MachineFault, Rejected
from pos.services.verify import verify
from tests.server.rig import Server
from tests.server.till_rig import DRNS, TARIFF, Shop
from tests.sync.conftest import OpenTill, RealTill, give_group, revoke


def test_enrol_when_a_till_is_new_gets_lanes_meters_and_an_envelope(
    real_till: RealTill, office: Shop
) -> None:
    enrolled = real_till.enrol()
    report = real_till.engine.run_once()

    assert (enrolled.till_code, enrolled.sales_point) == ("T03", "Main")
    assert report.pulled["meters"] == len(DRNS)
    lane, lanes = real_till.all("SELECT lane, lanes FROM supply_group WHERE sgc = '123456'")[0]
    assert lanes == 16 and lane > 0
    assert (
        real_till.one("SELECT json_extract(body, '$.issuer') FROM envelope ORDER BY sequence DESC")
        == "server"
    )
    assert real_till.one("SELECT acked_seq FROM book") == report.pushed


def test_enrol_when_the_code_is_wrong_changes_nothing(real_till: RealTill) -> None:
    with pytest.raises(Rejected) as refusal:
        real_till.enrol("AAAAAAAAAA")

    assert refusal.value.code == "enrol.code"
    assert real_till.till.sync is None


def test_sync_when_many_sales_were_made_offline_both_books_agree(real_till: RealTill, server: Server) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    real_till.open_shift()
    real_till.line.is_cut = True
    for n in range(60):
        real_till.sell(DRNS[n % len(DRNS)], 1_000 + n)
        server.clock.pass_time(minutes=1)
    real_till.line.is_cut = False

    report = real_till.engine.run_once()

    assert report.flagged == 0, real_till.all("SELECT reasons FROM line_flag")
    assert report.red_days == () and report.days_compared >= 1
    assert real_till.one("SELECT count(*) FROM day_book WHERE colour <> 'green'") == 0
    assert verify(real_till.till.units).findings == ()


def test_sync_when_nothing_is_new_is_quiet(real_till: RealTill) -> None:
    real_till.enrol()
    for _ in range(2):
        real_till.engine.run_once()

    report = real_till.engine.run_once()

    assert report.pushed == 0 and not any(report.pulled.values()) and report.days_compared == 0


def test_sync_when_the_till_is_revoked_drains_and_stops_selling(
    real_till: RealTill, server: Server, office: Shop
) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    real_till.open_shift()
    real_till.sell()
    revoke(server, office, real_till.engine.client._till_id)

    report = real_till.engine.run_once()

    assert report.scope == "drain"
    assert real_till.one("SELECT acked_seq FROM book") == real_till.one("SELECT head_seq FROM book")
    with pytest.raises(MachineFault) as stop:
        real_till.sell()
    assert stop.value.code == "till.not_authorised"


def test_sync_when_two_tills_sell_to_one_meter_each_counts_what_the_other_sold(
    open_real_till: OpenTill, server: Server
) -> None:
    one, two = open_real_till(code="T03"), open_real_till(code="T04")
    for till in (one, two):
        till.enrol()
        till.engine.run_once()
        till.open_shift()
    first = one.sell(DRNS[0], 10_000)
    one.engine.run_once()
    two.engine.run_once()

    second = two.sell(DRNS[0], 10_000)

    assert second.item["basis"]["bought_before_milli"] == first.item["units_milli"]
    assert first.item["tokens"][-1]["tid"] % 16 != second.item["tokens"][-1]["tid"] % 16


def test_sell_when_an_announced_key_may_have_begun_unheard_waits_for_head_office(
    real_till: RealTill, server: Server, office: Shop
) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    following = {"krn": 2, "ken": 255, "ti": "01", "kt": 2, "base_date": "14"}
    with server.database.write() as connection:
        feed = server.app.state.head_office.feed
        announce(feed, connection, office.organisation, sgc="123456", next_key=following)
    real_till.engine.run_once()
    real_till.open_shift()
    server.clock.pass_time(days=4)
    real_till.sell()
    server.clock.pass_time(days=2, minutes=1)

    with pytest.raises(MachineFault) as stop:
        real_till.sell()

    assert stop.value.code == "key_change.unheard"
    real_till.engine.run_once()
    assert real_till.sell().item["meter"]["krn"] == 1


def test_sell_when_a_meter_has_left_its_group_tokens_carry_the_new_key_and_the_change(
    real_till: RealTill, server: Server, office: Shop
) -> None:
    give_group(office, sgc="201457", key_method="04", holders=["vault"])
    real_till.enrol()
    real_till.engine.run_once()
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="chief")
    path = f"/v1/meters/{office.meters[DRNS[0]]}"
    body, tag = {"sgc": "201457", "reason": "New transformer"}, {"If-Match": "*"}
    assert chief.post(f"{path}/next-key", json=body, headers=tag).status_code == 202
    for _ in range(3):
        real_till.engine.run_once()
    assert chief.get(path).json()["next_key"]["from"] == "2026-11-27T08:00:00.000Z"
    real_till.open_shift()
    assert real_till.sell().item["meter"]["sgc"] == "123456"
    for days in (4, 4):
        server.clock.pass_time(days=days)
        real_till.engine.run_once()

    first = real_till.sell().item

    assert first["meter"]["sgc"] == "201457"
    assert [token["token_class"] for token in first["tokens"]].count(2) in (2, 3)
    assert [token["token_class"] for token in real_till.sell().item["tokens"]][-1] == 0
    real_till.engine.run_once()
    assert real_till.all("SELECT * FROM line_flag") == []
    server.clock.pass_time(minutes=5)
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="chief2")
    assert chief.post(f"{path}/next-key/complete").json()["sgc"] == "201457"
    real_till.engine.run_once()
    third = real_till.sell().item
    assert (third["meter"]["sgc"], len(third["tokens"])) == ("201457", 1)
    real_till.engine.run_once()
    assert real_till.all("SELECT * FROM line_flag") == []


def test_enrol_when_a_person_may_not_is_refused(real_till: RealTill) -> None:
    real_till.people[Role.ADMINISTRATOR] = real_till.people[Role.CASHIER]

    with pytest.raises(Exception, match=r"role does not allow"):
        real_till.enrol("AAAAAAAAAA")


def test_pull_when_a_customer_was_merged_his_meters_follow_and_the_duplicate_is_forgotten(
    real_till: RealTill, server: Server, office: Shop
) -> None:
    chief = server.person(Role.ADMINISTRATOR, organisation_id=office.organisation, username="chief")
    kept, twin = (
        chief.post("/v1/customers", json={"sales_point_id": str(office.sales_point), "name": name}).json()[
            "id"
        ]
        for name in ("Aline", "Uwase")
    )
    path, said = f"/v1/meters/{office.meters[DRNS[0]]}", {"tariff_code": TARIFF.code, "sgc": "123456"}
    chief.put(path, json=said | {"customer_id": twin}, headers={"If-Match": "*"})
    real_till.enrol()
    real_till.engine.run_once()
    owner = "SELECT customer.name FROM meter JOIN customer ON customer.key = customer_key WHERE drn = ?"
    assert real_till.all(owner, DRNS[0]) == [("Uwase",)]

    body = {"duplicate_id": twin, "reason": "One person"}
    assert chief.post(f"/v1/customers/{kept}/merge", json=body).status_code == 200
    for _ in range(2):
        real_till.engine.run_once()

    assert real_till.all(owner, DRNS[0]) == [("Aline",)]
    assert real_till.all("SELECT name FROM customer") == [("Aline",)]
    words = "SELECT count(*) FROM meter_words WHERE meter_words MATCH ?"
    assert [real_till.one(words, word) for word in ("uwase", "aline")] == [0, 1]
    real_till.open_shift()
    assert real_till.sell().item["meter"]["drn"] == DRNS[0]
