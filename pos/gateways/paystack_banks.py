"""Paystack's list of banks whose accounts can be charged, read page by page."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from pos.errors import UserError
from pos.gateways.answers import OK, inside, not_done, text_of, unreadable
from pos.gateways.base import Bank, BankList
from pos.gateways.http import Reply, Result
from pos.gateways.paystack_words import BANK_COUNTRIES

PAGES_MAX = 20
"""No list of banks is longer; a cursor that never ends must not keep us."""
NAME_MAX = 80
_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}")


def read_banks(get: Callable[[str], Result], currency: str) -> BankList:
    """Read the list for an account of a currency; `get` asks for a path.

    Raises:
        UserError: `provider.not_offered`: for this currency there is none.
        Unavailable, Rejected: what Paystack or the line says.
    """
    country = BANK_COUNTRIES.get(currency)
    if country is None:
        raise UserError("provider.not_offered", f"Paystack lists no banks for {currency}.")
    query = {
        "country": country,
        "currency": currency,
        "pay_with_bank": "true",
        "use_cursor": "true",
        "perPage": "100",
    }
    found: dict[str, Bank] = {}
    for _ in range(PAGES_MAX):
        reply = _asked(get(f"/bank?{urlencode(query)}"))
        listed = inside(reply.json(), "data")
        if not isinstance(listed, list):
            raise unreadable()
        found |= {one.code: one for entry in listed if (one := _bank(entry, currency)) is not None}
        query["next"] = text_of(inside(reply.json(), "meta", "next"))
        if not query["next"]:
            return BankList(tuple(sorted(found.values(), key=lambda one: one.name.casefold())), reply.at)
    raise unreadable()


def _asked(result: Result) -> Reply:
    if not isinstance(result, Reply) or result.status != OK:
        raise not_done(result)
    return result


def _bank(entry: object, currency: str) -> Bank | None:
    """Read a row; None for a bank whose accounts cannot be charged now."""
    code, name = text_of(inside(entry, "code")), text_of(inside(entry, "name")).strip()
    is_open = inside(entry, "active") is not False and inside(entry, "is_deleted") is not True
    is_ours = inside(entry, "pay_with_bank") is True and inside(entry, "currency") in (currency, None)
    if not (is_open and is_ours and name and _CODE.fullmatch(code)):
        return None
    return Bank(code, name[:NAME_MAX])
