from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pos.domain.permissions import Permission, Role
from pos.errors import KilotillError
from pos.models.db import open_engine
from pos.models.uow import Units
from pos.services.pins import PinSeal, RecoveryCodes
from pos.services.sign_in import PinRefused, Recovery
from tests.factories.people import PINS, QUICK, Staff, make_staff, staff_of
from tests.fakes.clock import FakeClock
from tests.fakes.secret_store import MemorySecretStore


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return make_staff(tmp_path)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


def tried(staff: Staff, pin: str = "99999", name: str = "Chantal") -> tuple[str, int]:
    with pytest.raises(PinRefused) as caught:
        staff.sign_in.sign_in(name, pin)
    return caught.value.code, caught.value.wait_ms


def lock(staff: Staff, name: str = "Chantal") -> None:
    for seconds in (2, 4, 8, 16, 0):
        tried(staff, name=name)
        staff.clock.pass_time(seconds=seconds)


@pytest.mark.parametrize(("name", "pin"), PINS.items())
def test_sign_in_when_the_pin_is_right_then_gives_the_actor(staff: Staff, name: str, pin: str) -> None:
    actor = staff.sign_in.sign_in(name, pin)
    assert (actor.name, actor.role, actor.institution) == (name, Role(name[0]), None)
    assert staff.sign_in.sign_in(actor.id, pin) == actor
    assert staff.sign_in.sign_in(f" {name.upper()} ", pin) == actor


def test_sign_in_when_the_name_is_not_known_then_is_refused(staff: Staff) -> None:
    assert code_of(lambda: staff.sign_in.sign_in("Nobody", "11111")) == "operator.unknown"


def test_names_when_asked_then_lists_only_the_active(staff: Staff) -> None:
    staff.operators.deactivate(staff.actor("Alice"), staff.actor("Chantal").id, reason="left")
    assert staff.sign_in.names() == ("Alice", "Fatou", "Samuel", "Umar")
    assert code_of(lambda: staff.sign_in.sign_in("Chantal", "11111")) == "operator.inactive"


def test_sign_in_when_wrong_then_waits_longer_each_time_and_locks_at_the_fifth(staff: Staff) -> None:
    for seconds in (2, 4, 8, 16):
        assert tried(staff) == ("pin.wrong", seconds * 1000)
        staff.clock.pass_time(seconds=seconds)
    assert tried(staff) == ("pin.locked", 900_000)
    staff.clock.pass_time(minutes=14)
    assert tried(staff, PINS["Chantal"]) == ("pin.locked", 60_000)
    staff.clock.pass_time(minutes=1)
    assert staff.sign_in.sign_in("Chantal", PINS["Chantal"]).name == "Chantal"
    assert tried(staff) == ("pin.wrong", 2000)


def test_sign_in_when_too_early_then_even_the_right_pin_is_not_looked_at(staff: Staff) -> None:
    tried(staff)
    staff.clock.pass_time(seconds=1)
    assert tried(staff, PINS["Chantal"]) == ("pin.wait", 1000)
    staff.clock.pass_time(seconds=1)
    assert staff.sign_in.sign_in("Chantal", PINS["Chantal"])


def test_sign_in_when_one_person_is_locked_then_the_others_are_not(staff: Staff) -> None:
    lock(staff)
    assert staff.sign_in.sign_in("Samuel", PINS["Samuel"]).name == "Samuel"


def test_sign_in_when_the_wall_clock_is_set_forward_then_the_lock_stays(staff: Staff) -> None:
    lock(staff)
    staff.clock.set_wall(FakeClock().now().replace(year=2036))
    assert tried(staff, PINS["Chantal"]) == ("pin.locked", 900_000)


def test_sign_in_when_the_program_restarts_then_the_lock_stays_and_runs_on(
    staff: Staff, tmp_path: Path
) -> None:
    lock(staff)
    staff.units.close()
    staff.clock.pass_time(minutes=5)
    again = staff_of(Units(open_engine(tmp_path / "till.sqlite")), staff.clock, staff.store)
    assert tried(again, PINS["Chantal"]) == ("pin.locked", 600_000)


def test_sign_in_when_the_machine_restarts_then_no_minute_of_the_lock_is_lost(
    staff: Staff, tmp_path: Path
) -> None:
    staff.clock.pass_time(hours=1)
    lock(staff)
    staff.clock.pass_time(minutes=5)
    tried(staff)  # the last time the wait was written down
    staff.units.close()
    clock = FakeClock()  # a machine that came up again: its running time starts anew
    again = staff_of(Units(open_engine(tmp_path / "till.sqlite")), clock, staff.store)
    assert tried(again, PINS["Chantal"]) == ("pin.locked", 600_000)
    clock.pass_time(minutes=10)
    assert again.sign_in.sign_in("Chantal", PINS["Chantal"])


def test_sign_in_when_the_plug_is_pulled_while_the_pin_is_checked_then_the_try_counts(staff: Staff) -> None:
    class PluggedOutError(BaseException):
        pass

    class Dying(MemorySecretStore):
        def get(self, name: str) -> None:
            raise PluggedOutError

    dying = staff_of(staff.units, staff.clock, Dying())
    with pytest.raises(PluggedOutError):
        dying.sign_in.sign_in("Chantal", "99999")
    assert tried(staff, PINS["Chantal"]) == ("pin.wait", 2000)


def test_sign_in_when_the_secret_is_gone_then_no_try_is_counted(staff: Staff) -> None:
    stranger = staff_of(staff.units, staff.clock, MemorySecretStore())
    for _ in range(6):
        assert code_of(lambda: stranger.sign_in.sign_in("Chantal", "11111")) == "secrets.pin_key_gone"
    assert staff.sign_in.sign_in("Chantal", "11111")


def test_sign_in_when_many_guess_at_once_then_one_guess_is_looked_at(staff: Staff) -> None:
    def guess(number: int) -> str:
        return tried(staff, f"{number:05}")[0]

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(guess, range(12))) == ["pin.wait"] * 11 + ["pin.wrong"]


def test_approve_when_guessed_wrong_then_the_approver_is_locked_like_at_sign_in(staff: Staff) -> None:
    def approve(pin: str) -> object:
        return staff.approver.approve(Permission.REFUND_MAKE, "sale", approver="Samuel", pin=pin)

    assert code_of(lambda: approve("999999")) == "pin.wrong"
    assert code_of(lambda: approve(PINS["Samuel"])) == "pin.wait"
    staff.clock.pass_time(seconds=2)
    assert approve(PINS["Samuel"])


def test_recover_when_the_code_is_right_then_the_administrator_gets_in_and_the_code_is_new(
    staff: Staff,
) -> None:
    code = staff.operators.new_recovery_code(staff.actor("Alice"), reason="first")
    lock(staff, "Alice")
    next_code = staff.recovery.recover("Alice", code.lower(), new_pin="987654")
    assert staff.sign_in.sign_in("Alice", "987654").role is Role.ADMINISTRATOR
    fact = staff.book.facts[-1]
    assert (fact.kind, fact.body["act"], fact.actor) == (
        "privileged_act",
        "user.manage",
        staff.actor("Alice").id,
    )
    assert code_of(lambda: staff.recovery.recover("Alice", code, new_pin="987655")) == "recovery.code"
    assert staff.recovery.recover("Alice", next_code, new_pin="987655") != next_code
    assert not any(code in str(stated) or next_code in str(stated) for stated in staff.book.facts)


def test_recover_when_refused_then_nothing_changes(staff: Staff) -> None:
    assert code_of(lambda: staff.recovery.recover("Alice", "X", new_pin="987654")) == "recovery.code"
    code = staff.operators.new_recovery_code(staff.actor("Alice"), reason="first")
    assert code_of(lambda: staff.recovery.recover("Samuel", code, new_pin="987654")) == "recovery.role"
    assert code_of(lambda: staff.recovery.recover("Alice", code, new_pin="9876")) == "pin.form"
    assert staff.sign_in.sign_in("Alice", PINS["Alice"])


def test_recover_when_the_database_came_to_another_machine_then_there_is_a_way_in(staff: Staff) -> None:
    code = staff.operators.new_recovery_code(staff.actor("Alice"), reason="first")
    elsewhere = staff_of(staff.units, staff.clock, MemorySecretStore())
    elsewhere.recovery.recover("Alice", code, new_pin="987654")
    alice = elsewhere.sign_in.sign_in("Alice", "987654")
    assert code_of(lambda: elsewhere.sign_in.sign_in("Samuel", PINS["Samuel"])) == "pin.must_be_set"
    elsewhere.operators.reset_pin(alice, staff.actor("Samuel").id, pin="222333", reason="restored")
    assert elsewhere.sign_in.sign_in("Samuel", "222333")


def test_recover_when_the_code_is_used_twice_at_once_then_the_second_is_refused(staff: Staff) -> None:
    code = staff.operators.new_recovery_code(staff.actor("Alice"), reason="first")

    class Overtaken(RecoveryCodes):
        def is_right(self, typed: str, stored: str) -> bool:
            staff.recovery.recover("Alice", code, new_pin="111222")
            return super().is_right(typed, stored)

    second = Recovery(
        staff.units, staff.clock, pins=PinSeal(staff.store, QUICK), codes=Overtaken(QUICK), book=staff.book
    )
    assert code_of(lambda: second.recover("Alice", code, new_pin="333444")) == "recovery.code"
    assert staff.sign_in.sign_in("Alice", "111222")
