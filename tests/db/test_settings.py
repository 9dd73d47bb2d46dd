from collections.abc import Callable
from pathlib import Path

import pytest

from pos.config import DUPLICATE_GUARD_MINUTES, PAPER_WIDTH_MM, PRINTER, SINGLE_CUSTODIAN, VEND_MAX_MINOR
from pos.errors import KilotillError, MachineFault
from pos.models.shop import setting as setting_table
from pos.models.uow import Units
from pos.services.settings import Settings, SettingValues
from tests.db.schema import make_database
from tests.factories.people import an_actor
from tests.fakes.clock import FakeClock
from tests.fakes.fact_list import FactList

ALICE = an_actor("A")


@pytest.fixture
def units(tmp_path: Path) -> Units:
    return make_database(tmp_path)


@pytest.fixture
def book() -> FactList:
    return FactList()


@pytest.fixture
def settings(units: Units, book: FactList, tmp_path: Path) -> Settings:
    return Settings(units, FakeClock(), data_folder=tmp_path, book=book)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def test_values_when_nothing_was_set_then_gives_defaults(settings: Settings) -> None:
    values = settings.values()
    assert (values[DUPLICATE_GUARD_MINUTES], values[SINGLE_CUSTODIAN], values[PRINTER]) == (30, False, "")


def test_change_when_a_shop_setting_then_is_in_the_database_and_the_journal(
    settings: Settings, book: FactList, tmp_path: Path
) -> None:
    settings.change(ALICE, DUPLICATE_GUARD_MINUTES, value=45, reason="busy hours")
    settings.change(ALICE, DUPLICATE_GUARD_MINUTES, value=60, reason="busier")
    assert settings.values()[DUPLICATE_GUARD_MINUTES] == 60
    assert not (tmp_path / "machine.json").exists()
    assert [fact.body for fact in book.facts] == [
        {
            "act": "setting.edit",
            "target_kind": "setting",
            "target_id": "duplicate_guard_minutes",
            "reason": "busy hours",
            "after": {"value": "45"},
        },
        {
            "act": "setting.edit",
            "target_kind": "setting",
            "target_id": "duplicate_guard_minutes",
            "reason": "busier",
            "before": {"value": "45"},
            "after": {"value": "60"},
        },
    ]


def test_change_when_a_machine_setting_then_is_in_the_file_beside_the_database(
    settings: Settings, book: FactList, tmp_path: Path
) -> None:
    settings.change(ALICE, PRINTER, value="network:192.0.2.7", reason="new printer")
    settings.change(ALICE, PAPER_WIDTH_MM, value="58", reason="new printer")
    values = settings.values()
    assert (values[PRINTER], values[PAPER_WIDTH_MM]) == ("network:192.0.2.7", "58")
    assert "192.0.2.7" in (tmp_path / "machine.json").read_text()
    assert len(book.facts) == 2


def test_change_when_the_file_cannot_be_written_then_the_journal_says_nothing(
    units: Units, book: FactList, tmp_path: Path
) -> None:
    settings = Settings(units, FakeClock(), data_folder=tmp_path / "gone", book=book)
    call = lambda: settings.change(ALICE, PRINTER, value="file:x", reason="x")  # noqa: E731
    assert code_of(call) == "disk.write"
    assert book.facts == []


def test_change_when_back_to_none_then_the_tariff_decides_again(settings: Settings) -> None:
    settings.change(ALICE, VEND_MAX_MINOR, value=5000, reason="x")
    settings.change(ALICE, VEND_MAX_MINOR, value=None, reason="x")
    assert settings.values()[VEND_MAX_MINOR] is None


@pytest.mark.parametrize("role", "CSFU")
def test_change_when_not_an_administrator_then_is_denied(settings: Settings, role: str) -> None:
    call = lambda: settings.change(an_actor(role), DUPLICATE_GUARD_MINUTES, value=1, reason="x")  # noqa: E731
    assert code_of(call) == "permission.denied"


def test_change_when_the_value_is_not_allowed_then_is_refused(settings: Settings, book: FactList) -> None:
    call = lambda: settings.change(ALICE, DUPLICATE_GUARD_MINUTES, value=-1, reason="x")  # noqa: E731
    assert code_of(call) == "setting.value"
    assert book.facts == []


def test_values_when_a_later_program_left_settings_then_they_are_passed_over(
    settings: Settings, units: Units
) -> None:
    with units.write() as unit:
        unit.connection.execute(
            setting_table.insert().values(name="from_2031", value="x", changed_at=FakeClock().now())
        )
    assert settings.values().texts == {}


def test_values_when_a_stored_text_is_damaged_then_says_which(settings: Settings, units: Units) -> None:
    with units.write() as unit:
        unit.connection.execute(
            setting_table.insert().values(
                name=DUPLICATE_GUARD_MINUTES.key, value="soon", changed_at=FakeClock().now()
            )
        )
    with pytest.raises(MachineFault) as caught:
        settings.values()[DUPLICATE_GUARD_MINUTES]
    assert caught.value.code == "setting.damaged"
    assert DUPLICATE_GUARD_MINUTES.key in caught.value.text


@pytest.mark.parametrize("content", ["{", "[]", '{"printer": 3}'])
def test_values_when_the_machines_file_is_damaged_then_says_so(
    settings: Settings, tmp_path: Path, content: str
) -> None:
    (tmp_path / "machine.json").write_text(content)
    assert code_of(settings.values) == "setting.damaged"


def test_setting_values_when_nothing_is_stored_then_needs_no_database() -> None:
    assert SettingValues({})[DUPLICATE_GUARD_MINUTES] == 30
