"""What head office keeps is changed there; a correction of a meter here is asked for there."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from pos.config import DUPLICATE_GUARD_MINUTES
from pos.domain.permissions import Role
from pos.errors import UserError
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
