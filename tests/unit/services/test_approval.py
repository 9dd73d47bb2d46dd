from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from pos.domain.permissions import Actor, Permission, Role
from pos.errors import ApprovalNeeded, KilotillError, UserError
from pos.services.approval import Approval, Approver, require, require_any, require_two_people
from tests.factories.people import an_actor
from tests.fakes.clock import FakeClock

SUPERVISOR = an_actor("S", number=7)
CASHIER = an_actor("C", number=1)
ADMINISTRATOR = an_actor("A", number=4)


class OnePerson:
    """Signs in the person it was given, for any PIN but "wrong"."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def sign_in(self, who: str | UUID, pin: str) -> Actor:
        if pin == "wrong":
            raise UserError("pin.wrong", "wrong")
        return self._actor


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(KilotillError) as caught:
        call()
    return caught.value.code


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def approval(clock: FakeClock, subject: str | None = "sale 1", by: Actor = SUPERVISOR) -> Approval:
    return Approver(OnePerson(by), clock).approve(
        Permission.SALE_DUPLICATE if by is SUPERVISOR else Permission.KEY_LOAD,
        subject,
        approver=by.name,
        pin="222222",
    )


def test_require_when_approved_then_names_the_approver_once(clock: FakeClock) -> None:
    given = approval(clock)

    def act() -> UUID | None:
        return require(CASHIER, Permission.SALE_DUPLICATE, approval=given, subject="sale 1")

    assert act() == SUPERVISOR.id
    assert code_of(act) == "approval.used"


@pytest.mark.parametrize(
    ("permission", "subject"),
    [
        (Permission.SALE_FREE_ISSUE, "sale 1"),
        (Permission.SALE_DUPLICATE, "sale 2"),
        (Permission.SALE_DUPLICATE, None),
    ],
)
def test_require_when_the_approval_is_for_another_act_then_is_refused_and_stays_good(
    clock: FakeClock, permission: Permission, subject: str | None
) -> None:
    given = approval(clock)
    refused = code_of(lambda: require(CASHIER, permission, approval=given, subject=subject))
    assert refused == "approval.other_act"
    assert require(CASHIER, Permission.SALE_DUPLICATE, approval=given, subject="sale 1") == SUPERVISOR.id


def test_require_when_two_minutes_of_running_time_are_over_then_the_approval_is_too(clock: FakeClock) -> None:
    in_time, late = approval(clock), approval(clock)
    clock.pass_time(seconds=119.999)
    clock.set_wall(FakeClock().now())
    assert require(CASHIER, Permission.SALE_DUPLICATE, approval=in_time, subject="sale 1") == SUPERVISOR.id
    clock.pass_time(seconds=0.001)
    call = lambda: require(CASHIER, Permission.SALE_DUPLICATE, approval=late, subject="sale 1")  # noqa: E731
    assert code_of(call) == "approval.expired"


def test_require_when_the_actor_holds_it_then_the_approval_is_not_used(clock: FakeClock) -> None:
    given = approval(clock)
    assert require(an_actor("S"), Permission.SALE_DUPLICATE, approval=given, subject="sale 1") is None
    assert require(CASHIER, Permission.SALE_DUPLICATE, approval=given, subject="sale 1") == SUPERVISOR.id


def test_require_when_it_cannot_be_given_on_the_spot_then_an_approval_does_not_help(clock: FakeClock) -> None:
    given = Approval(Permission.TARIFF_EDIT, None, approver=ADMINISTRATOR.id, clock=clock)
    assert code_of(lambda: require(CASHIER, Permission.TARIFF_EDIT, approval=given)) == "permission.denied"


def test_require_when_an_auditor_brings_an_approval_then_is_denied(clock: FakeClock) -> None:
    auditor = an_actor(Role.AUDITOR)
    call = lambda: require(auditor, Permission.SALE_DUPLICATE, approval=approval(clock), subject="sale 1")  # noqa: E731
    assert code_of(call) == "permission.denied"


def test_spend_when_many_threads_try_then_one_gets_it(clock: FakeClock) -> None:
    given = approval(clock)

    def spent(_: int) -> bool:
        try:
            given.spend(Permission.SALE_DUPLICATE, "sale 1")
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(spent, range(64))).count(True) == 1


def test_approve_when_the_approver_does_not_hold_it_then_is_denied(clock: FakeClock) -> None:
    approver = Approver(OnePerson(CASHIER), clock)
    call = lambda: approver.approve(Permission.SALE_DUPLICATE, "x", approver="C", pin="11111")  # noqa: E731
    assert code_of(call) == "permission.denied"


def test_approve_when_the_pin_is_wrong_then_is_refused(clock: FakeClock) -> None:
    approver = Approver(OnePerson(SUPERVISOR), clock)
    call = lambda: approver.approve(Permission.SALE_DUPLICATE, "x", approver="S", pin="wrong")  # noqa: E731
    assert code_of(call) == "pin.wrong"


def test_require_two_people_when_a_second_one_stands_for_it_then_names_that_one(clock: FakeClock) -> None:
    first = an_actor("A", number=5)

    def load(by: Approval | None) -> UUID:
        return require_two_people(first, Permission.KEY_LOAD, approval=by, subject="sale 1")

    assert load(approval(clock, by=ADMINISTRATOR)) == ADMINISTRATOR.id
    assert code_of(lambda: load(None)) == "permission.approval_needed"
    assert code_of(lambda: load(approval(clock, by=first))) == "permission.same_person"


def test_require_two_people_when_the_first_may_not_at_all_then_is_denied(clock: FakeClock) -> None:
    given = approval(clock, by=ADMINISTRATOR)
    call = lambda: require_two_people(CASHIER, Permission.KEY_LOAD, approval=given, subject="sale 1")  # noqa: E731
    assert code_of(call) == "permission.denied"


def test_require_any_when_one_of_several_is_held_then_passes() -> None:
    require_any(SUPERVISOR, Permission.USER_MANAGE, Permission.USER_UNLOCK)
    refused = code_of(lambda: require_any(CASHIER, Permission.USER_MANAGE, Permission.USER_UNLOCK))
    assert refused == "permission.denied"


def test_approval_needed_when_raised_then_says_what_to_ask_for() -> None:
    with pytest.raises(ApprovalNeeded) as needed:
        require(CASHIER, Permission.REFUND_MAKE)
    assert needed.value.permission == "refund.make"
