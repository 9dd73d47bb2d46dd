"""The past of a meter: months by block, purchases, cases."""

from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.permissions import Actor, Role
from pos.errors import UserError
from pos.services.meter_history import MeterHistory
from tests.factories.office import Office, make_office
from tests.factories.shop import ZONE


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return make_office(tmp_path)


def history(office: Office) -> MeterHistory:
    return MeterHistory(office.shop.units, office.shop.clock, ZONE)


def test_past_when_sold_to_over_blocks_tells_the_month_by_block(office: Office) -> None:
    drn = office.shop.add_meter(1)
    sold = [office.sell(drn, 20_000).item, office.sell(drn, 5_000).item]

    past = history(office).past(office.supervisor, drn)

    assert len(past.months) == 12 and past.purchases == 2
    this = past.months[-1]
    assert this.units_milli == sum(item["units_milli"] for item in sold)
    assert sum(this.blocks_milli) == this.units_milli
    lines = [line for item in sold for line in item["lines"] if line["kind"] == "energy"]
    assert this.blocks_milli[0] == sum(line["units_milli"] for line in lines if line["block"] == 1)
    assert all((month.units_milli, month.blocks_milli) == (0, ()) for month in past.months[:-1])
    assert [month.first_at.day for month in past.months] == [1] * 12
    assert [month.first_at for month in past.months] == sorted(month.first_at for month in past.months)


def test_past_when_another_till_sold_too_does_not_tell_the_blocks(office: Office) -> None:
    drn = office.shop.add_meter(1)
    units_milli = office.sell(drn, 5_000).item["units_milli"]
    with office.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "INSERT INTO meter_month SELECT meter_key, month, 'T09', 7000, 0, 0, '', 1 FROM meter_month"
        )

    this = history(office).past(office.supervisor, drn).months[-1]

    assert (this.units_milli, this.blocks_milli) == (units_milli + 7_000, ())


def test_past_when_there_is_a_case_shows_it_to_those_who_have_to_do_with_cases(office: Office) -> None:
    drn, other = office.shop.add_meter(1), office.shop.add_meter(2)
    opened = office.cases.report_fault(drn, office.cashier, what="The display is dark")
    office.cases.report_fault(other, office.cashier, what="No light")
    auditor = Actor(UUID(int=9), 9, "Una", Role.AUDITOR)

    assert [case.number for case in history(office).past(office.cashier, drn).cases] == [opened.number]
    assert history(office).past(auditor, drn).cases == ()


def test_past_when_the_meter_is_not_theirs_is_refused(office: Office) -> None:
    manager = Actor(UUID(int=9), 9, "Fred", Role.FACILITY_MANAGER, "School")
    drn = office.shop.add_meter(1)

    for number in (drn, "04000000000"):
        with pytest.raises(UserError) as caught:
            history(office).past(manager, number)
        assert caught.value.code == "meter.unknown"
