"""A mistake of the program at one payment, message or paper holds up no other, and is shown."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pos.domain.payment_reports import Outcome
from pos.domain.recovery_values import PaymentCase
from pos.domain.states import PaymentState, SaleState
from pos.errors import KilotillError, MachineFault, UserError, code_of
from pos.services.payment_board import PaymentBoard
from pos.services.payment_views import SaleView
from tests.factories.payments import Counter, airtel, make_counter, momo
from tests.fakes.papers import PlainPapers

MISTAKE = ValueError("a number that is none")


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return make_counter(tmp_path)


def begun(counter: Counter) -> tuple[SaleView, SaleView]:
    """Two sales that wait; the first one's provider makes the program stumble."""
    first = counter.begin(counter.shop.add_meter(1), momo())
    second = counter.begin(counter.shop.add_meter(2), airtel())
    counter.momo.mistake = MISTAKE
    return first, second


def state(counter: Counter, view: SaleView) -> SaleState:
    return counter.desk.look(view.sale_id).state


def needs_person(counter: Counter) -> list[bool]:
    board = PaymentBoard(counter.shop.units, counter.shop.clock).read(counter.shop.cashier)
    return [row.needs_person for row in board.waiting]


@pytest.mark.expect_log("A payment could not be asked about")
def test_payments_when_one_trips_the_program_the_others_are_delivered(counter: Counter) -> None:
    first, second = begun(counter)

    counter.run()

    assert state(counter, second) is SaleState.DELIVERED
    assert state(counter, first) is SaleState.AWAITING_PAYMENT
    assert len(counter.momo.asked) == 1


@pytest.mark.expect_log("A payment could not be asked about")
def test_payment_that_trips_the_program_is_asked_about_at_its_pace_and_goes_on_once_mended(
    counter: Counter,
) -> None:
    first, _ = begun(counter)
    counter.run()
    pause = counter.desk.next_due_at()
    assert pause is not None and (pause - counter.shop.clock.now()).total_seconds() == 3
    counter.run(seconds=1)
    assert len(counter.momo.asked) == 1
    counter.run(seconds=3)
    assert len(counter.momo.asked) == 2

    counter.momo.mistake = None
    counter.run(seconds=10)

    assert state(counter, first) is SaleState.DELIVERED
    counter.check_books()


@pytest.mark.expect_log("A payment could not be asked about")
def test_payment_that_trips_the_program_for_an_hour_is_a_persons_until_it_is_certain(
    counter: Counter,
) -> None:
    first, _ = begun(counter)
    counter.run()
    assert needs_person(counter) == [False]

    counter.run(seconds=3600)

    assert needs_person(counter) == [True]
    part = counter.desk.look(first.sale_id).parts[0]
    assert part.attention == {PaymentCase.UNRESOLVED}
    counter.momo.mistake = None
    counter.run(seconds=60)
    part = counter.desk.look(first.sale_id).parts[0]
    assert (part.state, part.attention) == (PaymentState.SUCCEEDED, frozenset())


@pytest.mark.expect_log("A payment could not be asked about")
def test_payments_when_a_stored_one_is_damaged_the_others_are_delivered(counter: Counter) -> None:
    first = counter.begin(counter.shop.add_meter(1), momo())
    second = counter.begin(counter.shop.add_meter(2), airtel())
    with counter.shop.units.write() as unit:
        unit.connection.exec_driver_sql(
            "UPDATE provider_payment SET recovery = '{' WHERE sale_id = ?", (first.sale_id.bytes,)
        )

    counter.run(times=2)

    assert state(counter, second) is SaleState.DELIVERED


@pytest.mark.expect_log("A payment could not be asked about")
def test_refund_that_trips_the_program_holds_up_no_payment(counter: Counter) -> None:
    counter.airtel.fate = Outcome.FAILED
    due = counter.begin(counter.shop.add_meter(1), momo(3000), airtel())
    counter.run(times=2)
    counter.desk.give_up(due.sale_id, counter.shop.supervisor, reason="left")
    counter.refunds.make(due.sale_id, counter.shop.supervisor, reason="left")
    counter.momo.mistake, counter.airtel.fate = MISTAKE, Outcome.SUCCEEDED
    counter.shop.clock.pass_time(minutes=1)
    other = counter.begin(counter.shop.add_meter(2), airtel())
    counter.run(seconds=60)

    assert state(counter, other) is SaleState.DELIVERED
    assert counter.desk.look(due.sale_id).parts[0].state is PaymentState.REFUND_PENDING
    counter.momo.mistake = None
    counter.run(seconds=60)
    assert state(counter, due) is SaleState.REFUNDED
    counter.check_books()


def test_payments_when_the_machine_is_at_fault_it_is_told(counter: Counter) -> None:
    begun(counter)
    counter.momo.mistake = MachineFault("disk.full", "The disk is full.")

    with pytest.raises(MachineFault, match="The disk is full"):
        counter.run()


def trips(mistake: Exception) -> Callable[..., None]:
    def act(*_: object, **__: object) -> None:
        raise mistake

    return act


@pytest.mark.expect_log("keeps a paid sale from its token")
@pytest.mark.expect_log("could not be delivered")
def test_sale_whose_token_trips_the_program_is_paid_and_no_other_waits_for_it(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = counter.begin(counter.shop.add_meter(1), momo())
    with monkeypatch.context() as broken:
        broken.setattr(PlainPapers, "receipt", trips(MISTAKE))
        counter.run()
        paid = counter.desk.look(view.sale_id)
        assert (paid.parts[0].state, paid.trouble) == (PaymentState.SUCCEEDED, "program.fault")
        counter.run(seconds=30)
    counter.check_books()

    counter.run(seconds=30)

    assert state(counter, view) is SaleState.DELIVERED
    counter.check_books()


@pytest.mark.parametrize(
    ("error", "code"),
    [(MISTAKE, "program.fault"), (UserError("shift.cannot_open", "No shift."), "shift.cannot_open")],
)
def test_code_of_an_error_is_its_own_or_that_of_a_mistake(error: Exception, code: str) -> None:
    assert code_of(error) == code
    assert isinstance(error, KilotillError) == (code != "program.fault")
