from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pos.domain.permissions import Role
from pos.services.key_changes import Announcement
from pos.tokens.demo import demo_keys
from pos.tokens.names import EncryptionAlgorithm
from pos.tokens.numbers import make_drn
from pos.tokens.secret import Secret
from pos.tokens.virtual_meter import ResultCode
from tests.factories.office import Office, code_of, make_office
from tests.factories.shop import START

SGC = "201457"
FROM = START + timedelta(hours=1)

NOBODY = make_drn("04", "99999999").digits


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = make_office(tmp_path)
    old = next(key for key in demo_keys() if key.group.sgc == SGC)
    new = replace(old, group=replace(old.group, krn=2), secret=Secret(bytes(range(1, 21))))
    office.shop.vault.add(new)
    return office


def announce(office: Office, **changes: object) -> None:
    plain = {"sgc": SGC, "krn": 2, "ti": "01", "from_at": FROM, "reason": "yearly change"}
    office.key_changes.announce(Announcement(**{**plain, **changes}), office.administrator)


def test_key_change_when_announced_begins_at_its_instant(office: Office) -> None:
    drn = office.shop.add_meter(1)
    announce(office)
    assert code_of(lambda: office.key_changes.issue(drn, office.supervisor)) == "key_change.same_key"
    assert len(office.sell(drn).item["tokens"]) == 1

    office.shop.clock.pass_time(hours=2)
    sold = office.sell(drn).item

    assert [token["subclass"] for token in sold["tokens"]] == [3, 4, 0]
    assert sold["meter"]["krn"] == 2
    meter = office.shop.virtual_meter(drn)
    results = [meter.enter(token["digits"]).result for token in sold["tokens"]]
    assert results[-1] is ResultCode.ACCEPT and meter.registers[0] == sold["token_units_tenths"]


def test_key_change_when_issued_by_hand_twice_has_the_same_digits(office: Office) -> None:
    drn = office.shop.add_meter(1)
    announce(office, from_at=office.shop.clock.now())

    first, second = (office.key_changes.issue(drn, office.supervisor) for _ in range(2))

    assert [token["digits"] for token in first.item["tokens"]] == [
        token["digits"] for token in second.item["tokens"]
    ]
    assert [token["tid"] for token in first.item["tokens"]] == [None, None]
    assert [body["charge_envelope_minor"] for body in office.bodies("tokens_issued")] == [0, 0]
    assert "New key" in office.reprints.document(first.issue_id, office.supervisor).decode()


def test_key_change_when_complete_moves_group_and_meters(office: Office) -> None:
    own, plain = office.shop.add_meter(1, krn=1, ti="01"), office.shop.add_meter(2)
    idle = office.shop.add_meter(3, status="inactive")
    announce(office, from_at=office.shop.clock.now())
    office.key_changes.issue(own, office.supervisor)
    assert office.key_changes.progress(SGC, office.supervisor).changed == 1
    assert (
        code_of(lambda: office.key_changes.complete(SGC, office.administrator, reason="done"))
        == "key_change.meters_left"
    )

    office.sell(plain)
    office.key_changes.complete(SGC, office.administrator, reason="done")

    assert office.rows("SELECT krn, next_key FROM supply_group WHERE sgc = ?", SGC) == [(2, None)]
    assert dict(office.rows("SELECT drn, krn FROM meter")) == {own: None, plain: None, idle: 1}
    after = office.sell(own).item
    assert (len(after["tokens"]), after["meter"]["krn"]) == (1, 2)


def test_key_change_when_not_in_force_yet_is_not_ended(office: Office) -> None:
    announce(office)

    assert (
        code_of(lambda: office.key_changes.complete(SGC, office.administrator, reason="x"))
        == "key_change.meters_left"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sgc": "999999"}, "key_change.key_missing"),
        ({"krn": 3}, "key_change.key_missing"),
        ({"krn": 1}, "key_change.same_key"),
        ({"ti": "1"}, "key.ti"),
        ({"from_at": START - timedelta(minutes=1)}, "key_change.past"),
    ],
)
def test_announcement_when_it_makes_no_sense_says_why(
    office: Office, changes: dict[str, object], code: str
) -> None:
    assert code_of(lambda: announce(office, **changes)) == code
    assert office.rows("SELECT count(*) FROM supply_group WHERE next_key IS NOT NULL") == [(0,)]


def test_announcement_when_one_is_open_is_refused(office: Office) -> None:
    announce(office)

    assert code_of(lambda: announce(office)) == "key_change.announced"


def test_announcement_when_the_key_is_of_another_kind_is_refused(office: Office) -> None:
    other = next(key for key in demo_keys() if key.group.ea is EncryptionAlgorithm.MISTY1)
    office.shop.vault.add(replace(other, group=replace(other.group, sgc=SGC, krn=3)))

    assert code_of(lambda: announce(office, krn=3)) == "key_change.method"


def test_announcement_when_the_group_is_unknown_here_is_refused(office: Office) -> None:
    other = next(key for key in demo_keys() if key.group.sgc == SGC)
    office.shop.vault.add(replace(other, group=replace(other.group, sgc="999999")))

    assert code_of(lambda: announce(office, sgc="999999", krn=1)) == "key_change.unknown_group"
    assert (
        code_of(lambda: office.key_changes.progress("999999", office.supervisor))
        == "key_change.unknown_group"
    )
    assert code_of(lambda: office.key_changes.progress(SGC, office.supervisor)) == "key_change.none_announced"


def test_key_change_when_the_meter_is_unknown_says_so(office: Office) -> None:
    assert code_of(lambda: office.key_changes.issue(NOBODY, office.supervisor)) == "key_change.unknown_meter"


def test_key_change_when_the_role_may_not_is_refused(office: Office) -> None:
    drn = office.shop.add_meter(1)

    for role in (Role.CASHIER, Role.FACILITY_MANAGER, Role.AUDITOR):
        person = office.person(role)
        assert code_of(lambda person=person: office.key_changes.issue(drn, person)) == "permission.denied"  # type: ignore[misc]
    supervisor = office.supervisor
    assert code_of(lambda: office.key_changes.complete(SGC, supervisor, reason="x")) == "permission.denied"
