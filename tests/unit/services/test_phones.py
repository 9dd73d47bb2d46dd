"""Telephone numbers in any usual spelling."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.errors import UserError
from pos.services.phones import PhoneReader


@pytest.mark.parametrize(
    "text",
    [
        "0788123456",
        "788123456",
        "0788 123 456",
        "0788-123-456",
        "+250788123456",
        "+250 (0)788 123 456",
        "00250788123456",
        "250788123456",
    ],
)
def test_read_when_a_home_number_is_spelt_in_any_usual_way_then_e164(text: str) -> None:
    assert PhoneReader("RW")(text) == "+250788123456"


def test_read_when_a_number_is_of_another_country_or_a_fixed_line_then_e164() -> None:
    assert PhoneReader("RW")("+256 772 123 456") == "+256772123456"
    assert PhoneReader("CI")("07 07 12 34 56") == "+2250707123456"
    assert PhoneReader("RW")("0252 588 100") == "+250252588100"


@pytest.mark.parametrize("text", ["", "12", "hello", "0788 123 45", "07881234567", "+999 123 456 789"])
def test_read_when_no_number_can_be_it_then_refused(text: str) -> None:
    with pytest.raises(UserError) as caught:
        PhoneReader("RW")(text)

    assert caught.value.code == "phone.invalid"


@pytest.mark.parametrize("country", ["RW", "UG", "KE", "TZ", "CD", "BI", "NG", "GH", "CI", "FR", "US"])
@given(digits=st.from_regex(r"\A(\+?[0-9]{3})?0?[0-9]{7,10}\Z"))
def test_read_when_the_short_way_answers_then_the_library_agrees(country: str, digits: str) -> None:
    short = PhoneReader(country)._home_mobile(digits)

    if short is not None:
        number = phonenumbers.parse(digits, country)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == short
        assert phonenumbers.is_valid_number(number)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+250788413412", "0788 ··· 412"), ("+256772123456", "+256 ··· 456"), ("+2507123", "··· 123")],
)
def test_masked_when_a_number_is_shown_then_its_two_ends_as_people_dial_it(phone: str, shown: str) -> None:
    assert PhoneReader("RW").masked_text(phone) == shown
