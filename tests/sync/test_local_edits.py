"""What head office keeps is changed there; a correction of a meter here is asked for there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from pos.config import DUPLICATE_GUARD_MINUTES
from pos.domain.permissions import Role
from pos.errors import UserError
from pos.models.packing import unpack_line
from pos.tokens.numbers import make_drn
from tests.server.rig import Server
from tests.server.till_rig import DRNS
from tests.sync.conftest import RealTill


def keep(till: RealTill, resource: str, record_id: str) -> None:
    with till.till.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO office_record (resource, id, body, round) VALUES (?, ?, '{}', 1)",
            (resource, record_id),
        )


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as refusal:
        call()
    return refusal.value.code


def test_setting_when_head_office_decides_it_is_not_changed_here(real_till: RealTill) -> None:
    administrator = real_till.people[Role.ADMINISTRATOR]
    keep(real_till, "settings", DUPLICATE_GUARD_MINUTES.key)

    found = code_of(
        lambda: real_till.till.settings.change(administrator, DUPLICATE_GUARD_MINUTES, value=5, reason="x")
    )

    assert found == "setting.from_office"


def test_person_when_head_office_keeps_them_only_the_pin_is_changed_here(real_till: RealTill) -> None:
    administrator, cashier = real_till.people[Role.ADMINISTRATOR], real_till.people[Role.CASHIER]
    keep(real_till, "users", str(cashier.id))
    operators = real_till.till.operators

    assert code_of(lambda: operators.rename(administrator, cashier.id, name="Other", reason="x")) == (
        "operator.from_office"
    )
    assert code_of(lambda: operators.deactivate(administrator, cashier.id, reason="x")) == (
        "operator.from_office"
    )
    operators.reset_pin(administrator, cashier.id, pin="97531", reason="forgotten")
    assert real_till.till.sign_in.sign_in(cashier.name, "97531").id == cashier.id


def test_tariffs_when_head_office_keeps_them_are_not_imported_here(real_till: RealTill) -> None:
    real_till.enrol()
    real_till.engine.run_once()

    found = code_of(
        lambda: real_till.till.tariffs.import_csv(real_till.people[Role.ADMINISTRATOR], "tariff_code\n")
    )

    assert found == "tariff.from_office"


def test_meter_when_it_is_head_offices_a_correction_becomes_a_proposal_that_the_server_takes(
    real_till: RealTill,
) -> None:
    real_till.enrol()
    real_till.engine.run_once()
    administrator = real_till.people[Role.ADMINISTRATOR]
    meter_id = UUID(bytes=real_till.one("SELECT id FROM meter WHERE drn = ?", DRNS[0]))

    real_till.till.meters.edit(administrator, meter_id, {"note": "behind the shop"})

    proposal: Any = real_till.all("SELECT state, record FROM proposal")
    assert [state for state, _ in proposal] == ["waiting"]
    assert b"behind the shop" in proposal[0][1]
    assert real_till.one("SELECT note FROM meter WHERE drn = ?", DRNS[0]) == "behind the shop"
    real_till.engine.run_once()
    assert real_till.one("SELECT sent_at FROM proposal") is not None


def decide(till: RealTill, server: Server, decision: str = "accepted") -> list[str]:
    """Decide on everything that waits at head office, people first; returns what each was about."""
    person = server.person(
        Role.ADMINISTRATOR, organisation_id=till.office.organisation, username=f"claire-{uuid4().hex[:8]}"
    )
    waiting = person.get("/v1/proposals").json()["items"]
    waiting.sort(key=lambda one: one["resource"] != "customer")
    for one in waiting:
        answer = person.post(
            f"/v1/proposals/{one['id']}/decide", json={"decision": decision, "reason": "looked at it"}
        )
        assert answer.status_code == 200, answer.text
    return [one["resource"] for one in waiting]


@pytest.fixture
def enrolled(real_till: RealTill) -> RealTill:
    real_till.enrol()
    real_till.engine.run_once()
    return real_till


def meter_id_of(till: RealTill) -> UUID:
    return UUID(bytes=till.one("SELECT id FROM meter WHERE drn = ?", DRNS[0]))


@pytest.mark.parametrize(("decision", "note"), [("accepted", "behind the shop"), ("refused", None)])
def test_meter_when_a_correction_is_decided_both_have_what_head_office_said(
    enrolled: RealTill, server: Server, decision: str, note: str | None
) -> None:
    administrator = enrolled.people[Role.ADMINISTRATOR]
    enrolled.till.meters.edit(administrator, meter_id_of(enrolled), {"note": "behind the shop"})
    enrolled.engine.run_once()

    assert decide(enrolled, server, decision) == ["change"]
    enrolled.engine.run_once()

    assert enrolled.one("SELECT note FROM meter WHERE drn = ?", DRNS[0]) == note
    assert enrolled.all("SELECT state FROM proposal") == [(decision,)]


def test_customer_when_made_here_becomes_head_offices_with_the_meter(
    enrolled: RealTill, server: Server
) -> None:
    cashier = enrolled.people[Role.CASHIER]
    made = enrolled.till.customers.create(
        cashier, meter_id_of(enrolled), {"name": "Mukamana", "phone": "0788123456"}
    )
    enrolled.engine.run_once()

    assert decide(enrolled, server) == ["customer", "change"]
    enrolled.engine.run_once()

    assert enrolled.all("SELECT id, name, phone, pull_round > 0 FROM customer") == [
        (made.id.bytes, "Mukamana", "+250788123456", 1)
    ]
    assert enrolled.all("SELECT customer_key IS NOT NULL, customer_id FROM meter WHERE drn = ?", DRNS[0]) == [
        (1, made.id.bytes)
    ]
    lines = enrolled.all("SELECT line FROM journal WHERE kind = 'record_proposed'")
    assert all(b"Mukamana" not in unpack_line(line) for (line,) in lines)
    assert enrolled.engine.run_once().proposals_decided == 0


@pytest.mark.parametrize(("decision", "name"), [("accepted", "Uwera"), ("refused", "Mukamana")])
def test_customer_when_corrected_here_head_office_decides(
    enrolled: RealTill, server: Server, decision: str, name: str
) -> None:
    cashier = enrolled.people[Role.CASHIER]
    made = enrolled.till.customers.create(cashier, meter_id_of(enrolled), {"name": "Mukamana"})
    enrolled.engine.run_once()
    decide(enrolled, server)
    enrolled.engine.run_once()

    enrolled.till.customers.edit(cashier, made.id, {"name": "Uwera"})
    enrolled.till.customers.edit(cashier, made.id, {"name": "Uwera"})
    assert enrolled.one("SELECT name FROM customer") == "Uwera"
    enrolled.engine.run_once()
    assert decide(enrolled, server, decision) == ["customer"]
    enrolled.engine.run_once()

    assert enrolled.one("SELECT name FROM customer") == name


def test_meter_when_made_here_with_a_person_is_one_customer_on_both_sides(
    enrolled: RealTill, server: Server
) -> None:
    drn = make_drn("04", "00000777").digits
    cells = {
        "meter_number": drn, "tariff_code": enrolled.one("SELECT tariff_code FROM meter LIMIT 1"),
        "supply_group": enrolled.one("SELECT sgc FROM meter LIMIT 1"), "name": "Kamanzi",
    }  # fmt: skip
    enrolled.till.meters.add(enrolled.people[Role.ADMINISTRATOR], cells)
    own = enrolled.one("SELECT id FROM customer")
    enrolled.engine.run_once()

    assert decide(enrolled, server) == ["meter"]
    enrolled.engine.run_once()

    assert enrolled.all("SELECT id, name FROM customer") == [(own, "Kamanzi")]
    assert enrolled.one("SELECT pull_round > 0 FROM meter WHERE drn = ?", drn) == 1


def test_customer_when_erased_before_it_was_sent_nothing_of_him_goes_out(enrolled: RealTill) -> None:
    people = enrolled.people
    made = enrolled.till.customers.create(people[Role.CASHIER], meter_id_of(enrolled), {"name": "Mukamana"})
    enrolled.till.customers.erase(people[Role.ADMINISTRATOR], made.id, reason="asked for it")

    assert enrolled.all("SELECT record FROM proposal WHERE resource = 'customer'") == [(None,)]


def test_customer_when_the_till_stands_alone_nobody_is_asked(real_till: RealTill) -> None:
    cells = {
        "meter_number": make_drn("04", "00000777").digits,
        "tariff_code": real_till.one("SELECT code FROM tariff LIMIT 1"),
        "supply_group": real_till.one("SELECT sgc FROM supply_group LIMIT 1"),
    }
    added = real_till.till.meters.add(real_till.people[Role.ADMINISTRATOR], cells)

    real_till.till.customers.create(real_till.people[Role.CASHIER], added.row.id, {"name": "Mukamana"})

    assert real_till.one("SELECT count(*) FROM proposal WHERE resource = 'customer'") == 0
