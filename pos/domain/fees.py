"""What paying through a provider costs: fee rules with versions, and the fee of an amount."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pos.domain.canonical import Fields, JsonObject
from pos.domain.money import MINOR_DIGITS, PPM, share
from pos.domain.tariff import CODE_CHARACTERS_MAX, instant_text, parse_instant
from pos.errors import UserError


class FeePayer(StrEnum):
    """Who bears a fee: the customer as a line of the receipt, or the shop out of its margin."""

    CUSTOMER = "customer"
    SHOP = "shop"


class FeeRuleError(UserError):
    """A fee rule that cannot be used (`fee_rule.*`)."""


@dataclass(frozen=True, slots=True)
class FeeRule:
    """One version of what a provider takes for a payment, from `valid_from` on.

    The fee is `percent_ppm` of the amount, half up, and `fixed_minor`; never below `least_minor` nor above
    `most_minor`. The tax that `tax_code` names is inside it; empty means the tariff's tax on fees.
    """

    code: str
    version: int
    provider: str
    currency: str
    valid_from: datetime
    percent_ppm: int = 0
    fixed_minor: int = 0
    least_minor: int = 0
    most_minor: int | None = None
    tax_code: str = ""
    payer: FeePayer = FeePayer.CUSTOMER

    def __post_init__(self) -> None:
        """Check every value; `fee_rule.value` names the one at fault."""
        assert self.valid_from.tzinfo is not None
        _check(0 < len(self.code) <= CODE_CHARACTERS_MAX, "code")
        _check(bool(self.provider), "provider")
        _check(self.currency in MINOR_DIGITS, "currency")
        _check(self.version >= 1, "version")
        _check(0 <= self.percent_ppm < PPM, "percent_ppm")
        _check(self.fixed_minor >= 0, "fixed_minor")
        _check(self.least_minor >= 0, "least_minor")
        _check(self.most_minor is None or self.most_minor >= self.least_minor, "most_minor")

    def fee_minor(self, amount_minor: int) -> int:
        """Give the fee on an amount; nothing on nothing."""
        if amount_minor <= 0:
            return 0
        fee = max(share(amount_minor, self.percent_ppm) + self.fixed_minor, self.least_minor)
        return fee if self.most_minor is None else min(fee, self.most_minor)

    def to_json(self) -> JsonObject:
        """Give the rule as it is stored and travels."""
        most: JsonObject = {} if self.most_minor is None else {"most_minor": self.most_minor}
        return most | {
            "code": self.code,
            "version": self.version,
            "provider": self.provider,
            "currency": self.currency,
            "valid_from": instant_text(self.valid_from),
            "percent_ppm": self.percent_ppm,
            "fixed_minor": self.fixed_minor,
            "least_minor": self.least_minor,
            "tax_code": self.tax_code,
            "payer": self.payer.value,
        }


def fee_rule_from_json(value: object) -> FeeRule:
    """Read a rule.

    Raises:
        JsonError: a key is missing or of the wrong type (`json.field_*`).
        FeeRuleError: `fee_rule.value`.
        TariffError: `tariff.valid_from`, no instant.
    """
    fields = Fields(value, "fee rule")
    return FeeRule(
        code=fields.text("code"),
        version=fields.integer("version"),
        provider=fields.text("provider"),
        currency=fields.text("currency"),
        valid_from=parse_instant(fields.text("valid_from")),
        percent_ppm=fields.integer("percent_ppm"),
        fixed_minor=fields.integer("fixed_minor"),
        least_minor=fields.integer("least_minor"),
        most_minor=fields.optional_integer("most_minor"),
        tax_code=fields.text("tax_code"),
        payer=fields.word("payer", FeePayer),
    )


def rule_at(rules: Iterable[FeeRule], *, provider: str, currency: str, at: datetime) -> FeeRule | None:
    """Give the rule that holds at an instant: the one that began last, of two the higher version."""
    begun = (
        rule
        for rule in rules
        if rule.provider == provider and rule.currency == currency and rule.valid_from <= at
    )
    return max(begun, key=lambda rule: (rule.valid_from, rule.version), default=None)


def _check(is_right: bool, field: str) -> None:  # noqa: FBT001 - a condition, not a switch
    if not is_right:
        raise FeeRuleError("fee_rule.value", f"The fee rule's {field} is not possible.")
