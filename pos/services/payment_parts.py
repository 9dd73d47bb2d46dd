"""How a customer pays: the parts of a split, what each amounts to, and the fees they bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pos.domain.price_terms import Adjustment
from pos.domain.priced_item import LineKind
from pos.errors import UserError
from pos.gateways.base import ByBank, ByCard, ByLink, ByPhone, BySavedCard, ByUssd, PayBy

CASH = "cash"

PAY_BYS: dict[str, type[PayBy]] = {
    "phone": ByPhone,
    "link": ByLink,
    "bank": ByBank,
    "ussd": ByUssd,
    "card": ByCard,
    "saved_card": BySavedCard,
}
"""Ways to pay by the word they are stored under."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of what is paid; `amount_minor` None is the rest, and at most one part is.

    `provider` empty: cash, of which `tendered_minor` is what the customer put down (None: exactly).
    """

    provider: str = ""
    amount_minor: int | None = None
    tendered_minor: int | None = None
    pay_by: PayBy = field(default_factory=ByLink)
    payer_email: str = field(default="", repr=False)

    @property
    def is_cash(self) -> bool:
        """Whether it is counted here."""
        return not self.provider

    @property
    def given_minor(self) -> int:
        """What it amounts to, once that is known."""
        assert self.amount_minor is not None, "shared out by `share_out`"
        return self.amount_minor

    @property
    def change_minor(self) -> int:
        """What the customer gets back of a cash part."""
        return 0 if self.tendered_minor is None else self.tendered_minor - self.given_minor


def share_out(parts: Sequence[Part], money_minor: int) -> tuple[Part, ...]:
    """Give the part without an amount the rest; the parts together are `money_minor`, to the minor unit.

    Raises:
        UserError: `payment.parts` (none, two without an amount, or they make another sum),
            `sale.tendered` (less cash than its part).
    """
    open_parts = [part for part in parts if part.amount_minor is None]
    named_minor = sum(part.amount_minor or 0 for part in parts)
    if not parts or len(open_parts) > 1 or any((part.amount_minor or 1) <= 0 for part in parts):
        raise UserError("payment.parts", "Say how each part is paid, and leave at most one amount open.")
    rest_minor = money_minor - named_minor
    if (rest_minor <= 0) if open_parts else (rest_minor != 0):
        raise UserError("payment.parts", "The parts do not make up what is to be paid.")
    shared = tuple(
        replace(part, amount_minor=rest_minor) if part.amount_minor is None else part for part in parts
    )
    if any(part.change_minor < 0 for part in shared):
        raise UserError("sale.tendered", "The customer gave less than the sale costs.")
    return shared


FeeOf = Callable[[str, int], Adjustment | None]
"""Gives the fee of a tender for an amount, None for none."""

FEE_ROUNDS_MAX = 64


def fees_of(parts: Sequence[Part], money_minor: int, fee_of: FeeOf) -> tuple[Adjustment, ...]:
    """Return the fees that these parts of `money_minor` bring, one for each provider part with a fee.

    Whether the parts make up the price is not asked: its fees may still be missing from it.
    """
    rest_minor = max(0, money_minor - sum(part.amount_minor or 0 for part in parts))
    found = (
        fee_of(part.provider, rest_minor if part.amount_minor is None else part.amount_minor)
        for part in parts
        if part.provider
    )
    return tuple(fee for fee in found if fee is not None)


def settled_fees(
    parts: Sequence[Part], price: Callable[[tuple[Adjustment, ...]], int], fee_of: FeeOf
) -> tuple[Adjustment, ...]:
    """Return the fees of a sale whose price `price` itself may depend on them.

    A sale by units gets dearer by its fee, and a percentage then takes a little more: from no fee up both
    grow until they fit.
    """
    fees: tuple[Adjustment, ...] = ()
    for _ in range(FEE_ROUNDS_MAX):
        following = fees_of(parts, price(fees), fee_of)
        if following == fees:
            return fees
        fees = following
    text = "The fee of this payment grows with itself: have the fee rule looked at."
    raise UserError("fee_rule.endless", text)


def fee_line(code: str, amount_minor: int, tax_code: str) -> Adjustment | None:
    """Return the line of a fee, None for no fee."""
    return Adjustment(LineKind.FEE, code, amount_minor, tax_code) if amount_minor > 0 else None
