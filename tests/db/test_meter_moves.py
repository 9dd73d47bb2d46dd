"""A meter that leaves its supply group: the announced next key belongs to another group (formats §8)."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pos.domain.journal import instant_text
from pos.services.verify import verify
from pos.tokens.demo import demo_keys
from pos.tokens.secret import Secret
from pos.tokens.virtual_meter import ResultCode
from tests.factories.office import Office, code_of, make_office
from tests.factories.shop import START

OLD, NEW, FOREIGN = "201457", "201458", "999888"
SAME_KIND = "201459"
FROM = START + timedelta(hours=1)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def moving_meter(office: Office, sgc: str, **changes: Any) -> str:
    change = {
        "krn": 1, "ken": 255, "ti": "01", "kt": 2, "base_date": "14", "from": instant_text(FROM), "sgc": sgc,
    } | changes  # fmt: skip
    return office.shop.add_meter(1, next_key=json.dumps(change))


def copy_group(office: Office, sgc: str) -> None:
    """Give the till another group of the same kind, with lanes of its own and a key of its own."""
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO supply_group (sgc, key_method, algorithm, base_date, ti, krn, kt, ken, tid_zone, "
            "lanes, lane, holders, supplier) SELECT ?, key_method, algorithm, base_date, ti, krn, kt, ken, "
            "tid_zone, 16, 5, holders, supplier FROM supply_group WHERE sgc = ?",
            (sgc, OLD),
        )
    held = next(key for key in demo_keys() if key.group.sgc == OLD)
    office.shop.vault.add(
        replace(held, group=replace(held.group, sgc=sgc), secret=Secret(bytes(range(1, 21))))
    )


def test_sale_when_the_instant_is_not_there_uses_the_old_group(office: Office) -> None:
    copy_group(office, SAME_KIND)
    drn = moving_meter(office, SAME_KIND)

    sold = office.sell(drn).item

    assert sold["meter"]["sgc"] == OLD and len(sold["tokens"]) == 1
    assert office.shop.virtual_meter(drn).enter(sold["tokens"][0]["digits"]).is_accepted


def test_sale_when_the_instant_is_past_moves_the_meter_with_three_tokens(office: Office) -> None:
    copy_group(office, SAME_KIND)
    drn = moving_meter(office, SAME_KIND)
    office.shop.clock.pass_time(hours=2)
    meter = office.shop.virtual_meter(drn)

    first, second, third = (office.sell(drn).item for _ in range(3))

    assert [token["subclass"] for token in first["tokens"]] == [3, 4, 8, 0]
    results = [meter.enter(token["digits"]).result for token in first["tokens"]]
    assert results[-1] is ResultCode.ACCEPT
    assert (meter.key.sgc, first["meter"]["sgc"]) == (SAME_KIND, SAME_KIND)
    assert meter.enter(second["tokens"][-1]["digits"]).is_accepted
    assert (len(second["tokens"]), len(third["tokens"])) == (4, 1)
    assert third["tokens"][0]["tid"] % 16 == 5
    assert verify(office.shop.units).findings == ()


def test_key_change_when_issued_by_hand_carries_the_new_group(office: Office) -> None:
    copy_group(office, SAME_KIND)
    drn = moving_meter(office, SAME_KIND)
    office.shop.clock.pass_time(hours=2)

    issued = office.key_changes.issue(drn, office.supervisor)

    assert [token["subclass"] for token in issued.item["tokens"]] == [3, 4, 8]
    assert issued.item["meter"]["sgc"] == SAME_KIND


@pytest.mark.parametrize(("sgc", "code"), [(FOREIGN, "key.group_not_allowed"), (NEW, "key.length")])
def test_sale_when_the_till_cannot_vend_for_the_new_group_says_so_and_takes_no_money(
    office: Office, sgc: str, code: str
) -> None:
    drn = moving_meter(office, sgc)
    office.shop.clock.pass_time(hours=2)

    assert code_of(lambda: office.sell(drn)) == code

    assert office.rows("SELECT count(*) FROM sale") == [(0,)]


def test_token_check_when_the_new_group_is_not_here_still_reads_old_tokens(office: Office) -> None:
    drn = moving_meter(office, FOREIGN)
    sold = office.sell(drn).item
    office.shop.clock.pass_time(hours=2)

    verdict = office.token_check.verify(drn, sold["tokens"][0]["digits"], actor=office.supervisor)

    assert verdict.issued_here is not None
