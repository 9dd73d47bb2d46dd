"""What is refused before anything leaves: a payment that the provider could not take anyway."""

from __future__ import annotations

import re
import unicodedata

from pos.errors import UserError
from pos.gateways.base import (
    ByBank,
    ByCard,
    ByLink,
    ByPhone,
    BySavedCard,
    ByUssd,
    Means,
    PaymentRequest,
    Profile,
)

_MEANS = {
    ByPhone: Means.PHONE,
    ByLink: Means.LINK,
    ByBank: Means.BANK,
    ByUssd: Means.USSD,
    ByCard: Means.CARD,
    BySavedCard: Means.SAVED_CARD,
}


def check_request(request: PaymentRequest, profile: Profile) -> None:
    """Refuse a request that does not fit the provider.

    Raises:
        UserError: `provider.currency`, `provider.amount`, `provider.means`, `provider.country`.
    """
    if request.currency not in profile.currencies:
        raise UserError("provider.currency", f"{profile.label} does not take {request.currency}.")
    if request.amount_minor <= 0:
        raise UserError("provider.amount", "The amount must be above zero.")
    if _MEANS[type(request.pay_by)] not in profile.means:
        raise UserError("provider.means", f"{profile.label} cannot be paid in this way.")
    if isinstance(request.pay_by, ByPhone):
        check_country(request.pay_by.phone, profile)


def check_country(phone: str, profile: Profile) -> None:
    """Refuse a phone (E.164) of a country in which the provider does not work.

    Raises:
        UserError: `provider.country`.
    """
    if profile.countries and country_of(phone) not in profile.countries:
        raise UserError("provider.country", f"{profile.label} does not serve the country of this number.")


def country_of(phone: str) -> str:
    """Give the country (ISO 3166, two letters) of a phone in E.164; empty where there is none."""
    # Not loaded before a phone is to be paid by: the till starts without it.
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""


def national_digits(phone: str) -> str:
    """Give the digits after the country code, without the zero that people dial at home.

    Raises:
        UserError: `provider.country`, it is no number in E.164.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException as error:
        raise UserError("provider.country", "This is no telephone number with a country code.") from error
    return phonenumbers.national_significant_number(number)


def plain_text(text: str, length_max: int) -> str:
    """Give a text as providers take it: no accents, no special characters, one blank between words."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9.,-]+", " ", ascii_text)
    return words.strip()[:length_max].rstrip()
