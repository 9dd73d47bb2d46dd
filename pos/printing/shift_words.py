"""The words of a shift report for kinds of sale and of cash movement (docs/formats.md §4)."""

from __future__ import annotations

from pos.domain.tariff import Service
from pos.i18n.wording import Wording


def sales_name(item_kind: str, wording: Wording, *, service: Service = Service.ELECTRICITY) -> str:
    """Give the word for one kind of item sold; tokens are named after their service."""
    say = wording.say
    names = {
        "token": say("Water") if service is Service.WATER else say("Electricity"),
        "account": say("Payment of debt"),
        "bill": say("Bill"),
        "voucher": say("Voucher"),
        "goods": say("Goods"),
        "policy": say("Insurance"),
    }
    return names.get(item_kind, item_kind)


def movement_name(kind: str, wording: Wording, *, detail: str = "") -> str:
    """Give the words for money that went into or out of the drawer, with its reason or slip number."""
    say = wording.say
    names = {
        "float": say("Opening float"),
        "received": say("Cash received"),
        "change": say("Change given"),
        "in": say("Cash in"),
        "out": say("Cash out"),
        "safe_drop": say("Safe drop"),
        "banking": say("Banking"),
        "no_sale_open": say("Opened without a sale"),
    }
    name = names.get(kind, kind)
    return f"{name}, {detail}" if detail else name


def voided_name(wording: Wording) -> str:
    """Give the words for sales that ended before payment."""
    return wording.say("Voided before pay")
