import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.states import (
    FINAL_PAYMENT_STATES,
    FINAL_SALE_STATES,
    PAYMENT_MOVES,
    SALE_MOVES,
    CaseKind,
    CaseState,
    PaymentState,
    SaleState,
    check_case_move,
    check_payment_move,
    check_sale_move,
    may_come_to_nothing,
)
from pos.errors import UserError

PENDING_SALES = {SaleState.DRAFT, SaleState.AWAITING_PAYMENT, SaleState.PAID, SaleState.REFUND_DUE}
PENDING_PAYMENTS = {
    PaymentState.CREATED,
    PaymentState.SENT,
    PaymentState.UNKNOWN,
    PaymentState.REFUND_PENDING,
}


def test_final_states_when_listed_are_those_the_formats_name() -> None:
    assert set(SaleState) - PENDING_SALES == FINAL_SALE_STATES
    assert {PaymentState.FAILED, PaymentState.REFUNDED, PaymentState.REVERSED} == FINAL_PAYMENT_STATES
    assert set(SALE_MOVES) == set(SaleState) and set(PAYMENT_MOVES) == set(PaymentState)


@given(st.lists(st.sampled_from(SaleState), min_size=1, max_size=12))
def test_sale_when_moved_at_random_never_leaves_a_final_state(wanted: list[SaleState]) -> None:
    state, was_paid, was_final = SaleState.DRAFT, False, False
    for after in wanted:
        try:
            check_sale_move(state, after)
        except UserError as error:
            assert error.code == "sale.state"
            continue
        assert not was_final
        state = after
        # A part that was paid is due back where the rest never came.
        was_paid = was_paid or state in (SaleState.PAID, SaleState.REFUND_DUE)
        was_final = state in FINAL_SALE_STATES
        if was_paid:
            assert state not in (SaleState.DRAFT, SaleState.AWAITING_PAYMENT, SaleState.VOIDED)
        if state in (SaleState.DELIVERED, SaleState.REFUND_DUE, SaleState.REFUNDED):
            assert was_paid


@given(st.lists(st.sampled_from(PaymentState), min_size=1, max_size=12))
def test_payment_when_moved_at_random_never_becomes_pending_again_once_final(
    wanted: list[PaymentState],
) -> None:
    state, was_final = PaymentState.CREATED, False
    for after in wanted:
        try:
            check_payment_move(state, after)
        except UserError as error:
            assert error.code == "payment.state"
            continue
        assert not was_final
        state = after
        was_final = state in FINAL_PAYMENT_STATES


@pytest.mark.parametrize("final", sorted(FINAL_SALE_STATES))
@pytest.mark.parametrize("pending", sorted(PENDING_SALES))
def test_sale_when_final_never_becomes_pending(final: SaleState, pending: SaleState) -> None:
    with pytest.raises(UserError):
        check_sale_move(final, pending)


@pytest.mark.parametrize("final", sorted(FINAL_PAYMENT_STATES | {PaymentState.SUCCEEDED}))
@pytest.mark.parametrize("pending", sorted(PENDING_PAYMENTS - {PaymentState.REFUND_PENDING}))
def test_payment_when_final_never_becomes_pending(final: PaymentState, pending: PaymentState) -> None:
    with pytest.raises(UserError):
        check_payment_move(final, pending)


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([], True),
        ([PaymentState.CREATED, PaymentState.FAILED], True),
        ([PaymentState.FAILED, PaymentState.UNKNOWN], False),
        ([PaymentState.SENT], False),
        ([PaymentState.SUCCEEDED], False),
    ],
)
def test_sale_when_a_payment_may_still_succeed_may_not_come_to_nothing(
    *, payments: list[PaymentState], expected: bool
) -> None:
    assert may_come_to_nothing(payments) is expected


def test_case_when_decided_has_one_outcome_of_its_kind() -> None:
    check_case_move(CaseKind.WRONG_METER, CaseState.NONE, CaseState.OPEN)
    check_case_move(CaseKind.WRONG_METER, CaseState.OPEN, CaseState.GOODWILL)
    for kind, before, after in (
        (CaseKind.WRONG_METER, CaseState.NONE, CaseState.REFUSED),
        (CaseKind.WRONG_METER, CaseState.GOODWILL, CaseState.REFUSED),
        (CaseKind.FAULT, CaseState.OPEN, CaseState.REALLOCATED),
        (CaseKind.TOKEN_REFUSED, CaseState.OPEN, CaseState.OPEN),
    ):
        with pytest.raises(UserError) as caught:
            check_case_move(kind, before, after)
        assert caught.value.code == "case.state"
