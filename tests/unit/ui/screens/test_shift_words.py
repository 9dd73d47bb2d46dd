"""What the Shift place says of a payment without its end."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from pos.domain.recovery_values import PaymentCase
from pos.domain.shift import Unresolved
from pos.i18n.catalogue import LANGUAGES, catalogue
from pos.i18n.wording import Wording
from pos.ui.screens.shift.words import standing_words

SINCE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def words_of(language: str = "en", **changes: Any) -> tuple[str, str]:
    values: dict[str, Any] = {"state": "awaiting_payment", "payment": "succeeded", "tender": "momo"} | changes
    one = Unresolved(
        sale_id=UUID(int=1),
        amount_minor=5000,
        owner_id=UUID(int=2),
        owner="Aline",
        since=SINCE,
        **values,
    )
    return standing_words(one, Wording(catalogue(language), "RWF", ZoneInfo("Africa/Kigali")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"payment": "sent", "is_asked": True}, "the payment is being asked about"),
        ({"payment": "unknown", "is_asked": True}, "the payment is being asked about"),
        ({"tender": "cash", "is_asked": True}, "in the drawer, the rest is being asked about"),
        ({"tender": "cash"}, "in the drawer, the rest is still to pay"),
        ({"is_asked": True}, "paid, the rest is being asked about"),
        ({}, "paid, the rest is still to pay"),
        ({"is_ready": True}, "paid, the token is missing"),
        ({"state": "paid"}, "paid, the token is missing"),
        ({"state": "refund_due"}, "money is due back"),
        ({"state": "refund_due", "payment": "refund_pending"}, "the money is on its way back"),
    ],
)
def test_standing_when_nobody_is_needed_then_what_is_going_on(changes: dict[str, Any], said: str) -> None:
    assert words_of(**changes) == (said, "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("case", "said"),
    [
        (PaymentCase.AMOUNT_DIFFERS, "held, a person is needed"),
        (PaymentCase.CURRENCY_DIFFERS, "held, a person is needed"),
        (PaymentCase.REFUND_DIFFERS, "held, a person is needed"),
        (PaymentCase.UNRESOLVED, "a person is needed"),
        (PaymentCase.PAID_AFTER_FAILED, "a person is needed"),
    ],
)
def test_standing_when_a_person_is_needed_then_that_and_why(
    case: PaymentCase, said: str, language: str
) -> None:
    what, why = words_of(language, payment="unknown", is_asked=True, attention=(case.value,))

    assert why
    assert (what == said) is (language == "en")
