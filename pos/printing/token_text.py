"""The text of a token for a telephone: short enough for one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pos.i18n.wording import Wording
from pos.tokens.digits import group

Facts = Mapping[str, Any]


def token_text(sale: Facts, *, shop: str, unit: str, wording: Wording) -> str:
    """Give the text of a delivered sale, all its tokens in the order they are typed."""
    item = sale["items"][0]
    tokens = item.get("tokens") or ()
    if not tokens:
        return wording.say(
            "{shop}: {money} paid on the debt of meter {meter}. Receipt {number}",
            shop=shop,
            money=wording.money(sale["money_minor"]),
            meter=item["meter"]["drn"],
            number=sale["receipt_number"],
        )
    return wording.say(
        "{shop}: token {token} for meter {meter}, {units} {unit}. Receipt {number}",
        shop=shop,
        token=", ".join(group(str(one["digits"])) for one in tokens),
        meter=item["meter"]["drn"],
        units=wording.units(item["token_units_tenths"] * 100),
        unit=unit,
        number=sale["receipt_number"],
    )
