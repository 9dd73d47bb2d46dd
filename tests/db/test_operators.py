from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import pytest

from pos.domain.permissions import Role
from pos.errors import KilotillError
from pos.services.operators import NewOperator
from tests.factories.people import PINS, Staff, an_actor, make_staff


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    return make_staff(tmp_path)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


ACTS: dict[str, Callable[[Staff, str], object]] = {
    "add": lambda staff, by: staff.operators.add(an_actor(by), NewOperator("New", Role.CASHIER, "12345")),
    "rename": lambda staff, by: staff.operators.rename(
        an_actor(by), staff.actor("Chantal").id, name="Other", reason="x"
    ),
    "duties": lambda staff, by: staff.operators.change_duties(
        an_actor(by),
        staff.actor("Fatou").id,
        role=Role.FACILITY_MANAGER,
        institution="s",
        pin=None,
        reason="x",
    ),
    "deactivate": lambda staff, by: staff.operators.deactivate(
        an_actor(by), staff.actor("Chantal").id, reason="x"
    ),
    "reactivate": lambda staff, by: staff.operators.reactivate(
        an_actor(by), staff.actor("Chantal").id, pin="12345", reason="x"
    ),
    "reset": lambda staff, by: staff.operators.reset_pin(
        an_actor(by), staff.actor("Chantal").id, pin="12345", reason="x"
    ),
    "code": lambda staff, by: staff.operators.new_recovery_code(an_actor(by), reason="x"),
    "unlock": lambda staff, by: staff.operators.unlock(an_actor(by), staff.actor("Chantal").id),
}


@pytest.mark.parametrize("role", "CSFAU")
@pytest.mark.parametrize("act", ACTS)
def test_operators_when_a_role_acts_then_only_the_permitted_ones_pass_and_leave_a_trace(
    staff: Staff, act: str, role: str
) -> None:
    allowed = "SA" if act == "unlock" else "A"
    if role not in allowed:
        assert code_of(lambda: ACTS[act](staff, role)) == "permission.denied"
        assert staff.book.facts == []
        return
    ACTS[act](staff, role)
    (fact,) = staff.book.facts
    assert (fact.kind, fact.body["act"]) == (
        "privileged_act",
        "user.unlock" if act == "unlock" else "user.manage",
    )
    assert fact.actor == an_actor(role).id
    assert not any(word in str(fact.body) for word in [*PINS, *PINS.values(), "New", "Other", "12345"])


@pytest.mark.parametrize("role", "CSFAU")
def test_list_operators_when_a_role_asks_then_sau_see_them(staff: Staff, role: str) -> None:
    if role in "SAU":
        people = staff.operators.list_operators(an_actor(role))
        assert [person.actor.name for person in people] == sorted(PINS)
    else:
        assert code_of(lambda: staff.operators.list_operators(an_actor(role))) == "permission.denied"


def test_add_when_done_then_the_person_signs_in(staff: Staff) -> None:
    new = NewOperator("  Zoé   Mukamana ", Role.FACILITY_MANAGER, "13579", "school")
    added = staff.operators.add(staff.actor("Alice"), new)
    assert (added.name, added.institution) == ("Zoé Mukamana", "school")
    assert staff.sign_in.sign_in("zoé mukamana", "13579") == added
    assert staff.book.facts[0].body["after"] == {"role": "F", "institution": "school"}
    assert "13579" not in repr(new)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewOperator("samuel", Role.CASHIER, "12345"), "operator.name_taken"),
        (NewOperator("   ", Role.CASHIER, "12345"), "operator.name"),
        (NewOperator("x" * 61, Role.CASHIER, "12345"), "operator.name"),
        (NewOperator("a\x00b", Role.CASHIER, "12345"), "operator.name"),
        (NewOperator("New", Role.SUPERVISOR, "12345"), "pin.form"),
        (NewOperator("New", Role.CASHIER, "12345", "school"), "operator.institution"),
    ],
)
def test_add_when_something_is_wrong_then_nothing_is_added(staff: Staff, new: NewOperator, code: str) -> None:
    assert code_of(lambda: staff.operators.add(staff.actor("Alice"), new)) == code
    assert len(staff.operators.list_operators(an_actor("A"))) == len(PINS)
    assert staff.book.facts == []


def test_rename_when_done_then_the_pin_still_opens_and_case_may_change(staff: Staff) -> None:
    alice, chantal = staff.actor("Alice"), staff.actor("Chantal")
    staff.operators.rename(alice, chantal.id, name="CHANTAL", reason="spelling")
    assert staff.sign_in.sign_in("Chantal", PINS["Chantal"]).name == "CHANTAL"
    call = lambda: staff.operators.rename(alice, chantal.id, name="Umar", reason="x")  # noqa: E731
    assert code_of(call) == "operator.name_taken"


def change(staff: Staff, name: str, role: str, pin: str | None = None) -> None:
    staff.operators.change_duties(
        staff.actor("Alice"),
        staff.actor(name).id,
        role=Role(role),
        institution=None,
        pin=pin,
        reason="season",
    )


def test_change_duties_when_the_role_needs_a_longer_pin_then_asks_for_one(staff: Staff) -> None:
    assert code_of(lambda: change(staff, "Chantal", "S")) == "pin.new_needed"
    assert code_of(lambda: change(staff, "Chantal", "S", "12345")) == "pin.form"
    change(staff, "Chantal", "S", "123456")
    assert staff.sign_in.sign_in("Chantal", "123456").role is Role.SUPERVISOR
    assert staff.book.facts[-1].body["before"] == {"role": "C"}
    assert staff.book.facts[-1].body["after"] == {"role": "S"}


def test_change_duties_when_the_role_needs_no_longer_pin_then_the_old_one_stays(staff: Staff) -> None:
    change(staff, "Samuel", "C")
    assert staff.sign_in.sign_in("Samuel", PINS["Samuel"]).role is Role.CASHIER


def test_change_duties_when_the_last_administrator_stays_one_then_only_the_pin_is_new(staff: Staff) -> None:
    change(staff, "Alice", "A", "654321")
    assert staff.sign_in.sign_in("Alice", "654321").role is Role.ADMINISTRATOR


def test_last_administrator_when_to_be_lost_then_is_kept(staff: Staff) -> None:
    alice = staff.actor("Alice")
    assert code_of(lambda: change(staff, "Alice", "C")) == "operator.last_administrator"
    call = lambda: staff.operators.deactivate(alice, alice.id, reason="x")  # noqa: E731
    assert code_of(call) == "operator.last_administrator"
    second = staff.operators.add(alice, NewOperator("Second", Role.ADMINISTRATOR, "123456"))
    staff.operators.deactivate(second, alice.id, reason="left")
    call = lambda: staff.operators.deactivate(second, second.id, reason="x")  # noqa: E731
    assert code_of(call) == "operator.last_administrator"


def test_deactivate_when_done_twice_then_is_stated_once_and_reactivate_brings_back(staff: Staff) -> None:
    alice, chantal = staff.actor("Alice"), staff.actor("Chantal")
    staff.operators.deactivate(alice, chantal.id, reason="left")
    staff.operators.deactivate(alice, chantal.id, reason="left")
    assert len(staff.book.facts) == 1
    staff.operators.reactivate(alice, chantal.id, pin="24680", reason="back")
    assert staff.sign_in.sign_in("Chantal", "24680") == chantal


def test_reset_pin_when_done_then_only_the_new_one_opens_and_a_lock_ends(staff: Staff) -> None:
    for seconds in (2, 4, 8, 16, 0):
        assert code_of(lambda: staff.sign_in.sign_in("Samuel", "999999")) in ("pin.wrong", "pin.locked")
        staff.clock.pass_time(seconds=seconds)
    samuel = staff.actor("Samuel").id
    call = lambda: staff.operators.reset_pin(staff.actor("Alice"), samuel, pin="12345", reason="x")  # noqa: E731
    assert code_of(call) == "pin.form"
    assert code_of(lambda: staff.sign_in.sign_in("Samuel", PINS["Samuel"])) == "pin.locked"
    staff.operators.reset_pin(staff.actor("Alice"), samuel, pin="123456", reason="forgotten")
    assert code_of(lambda: staff.sign_in.sign_in("Samuel", PINS["Samuel"])) == "pin.wrong"
    staff.clock.pass_time(seconds=2)
    assert staff.sign_in.sign_in("Samuel", "123456")


def test_unlock_when_a_supervisor_does_it_then_the_person_may_try_at_once(staff: Staff) -> None:
    assert code_of(lambda: staff.sign_in.sign_in("Chantal", "99999")) == "pin.wrong"
    (person,) = (p for p in staff.operators.list_operators(an_actor("S")) if p.actor.name == "Chantal")
    assert person.lock_out.wait_left_ms == 2000
    samuel = staff.actor("Samuel")
    staff.operators.unlock(samuel, staff.actor("Chantal").id)
    assert staff.sign_in.sign_in("Chantal", PINS["Chantal"])
    assert code_of(lambda: staff.operators.unlock(samuel, samuel.id)) == "operator.self"


def test_operators_when_the_person_is_not_there_then_is_refused(staff: Staff) -> None:
    call = lambda: staff.operators.deactivate(staff.actor("Alice"), UUID(int=99), reason="x")  # noqa: E731
    assert code_of(call) == "operator.unknown"


def test_new_operator_when_shown_then_hides_the_pin() -> None:
    new = NewOperator("A", Role.CASHIER, "86420")
    assert "86420" not in f"{new} {new!r}"
    assert asdict(new)["pin"] == "86420"
