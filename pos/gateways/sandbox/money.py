"""Amounts as the providers write them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def decimal_of(value: object) -> Decimal | None:
    """Return a number or a number in text as a decimal, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def plain(amount: Decimal) -> str:
    """Return the shortest text: 12.50 is 12.5, 1500 stays 1500."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(amount: Decimal) -> int | float:
    """Return a JSON number, whole where the amount is."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
