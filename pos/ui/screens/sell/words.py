"""Short texts that several pages of the Sell screen share."""

from __future__ import annotations

from pos.services.counter import MeterRow, OwnerCard, ShownSale
from pos.ui.look import Look, Type

_PAY_PADDING = 46


def main_caption(look: Look, *captions: str) -> str:
    """Return the first caption for which the main button of the money zone has room, else the last."""
    metrics = look.metrics
    room = metrics.side - 2 * metrics.padding - _PAY_PADDING
    if metrics.is_single_column:
        return captions[-1]
    return next((one for one in captions if look.text_width(Type.LARGE, one) <= room), captions[-1])


def meter_text(drn: str | None) -> str:
    """Write a meter number in groups of 4, 4 and the rest."""
    if not drn:
        return "–"
    return " ".join(part for part in (drn[:4], drn[4:8], drn[8:]) if part)


def place_text(meter: MeterRow) -> str:
    """Write where a meter is."""
    return " · ".join(part for part in (meter.area, meter.address) if part)


def owner_text(meter: MeterRow, look: Look) -> str:
    """Write whose meter it is."""
    return meter.name or look.say("No name")


def last_purchase_text(card: OwnerCard, look: Look, *, has_cashier: bool = True) -> str:
    """Write when and for how much the customer bought last."""
    if not card.purchases:
        return look.say("None yet")
    row, wording = card.purchases[0], look.wording
    money = wording.money(row.money_minor)
    if has_cashier:
        return look.say(
            "{money} on {day}, by {cashier}", money=money, day=wording.day(row.at), cashier=row.cashier
        )
    return f"{money} · {wording.short_day(row.at)}"


def arrears_text(card: OwnerCard, look: Look) -> str:
    """Write what is owed and what each payment takes of it."""
    if card.arrears_minor <= 0:
        return look.say("None")
    money = look.wording.money(card.arrears_minor)
    rule = None if card.tariff is None else card.tariff.arrears
    if rule is not None and rule.ppm is not None:
        return look.say("{money}, {share} of each payment", money=money, share=look.wording.percent(rule.ppm))
    return money


def sale_line(sale: ShownSale, look: Look) -> str:
    """Write a sale in one quiet line: meter, units, money."""
    wording = look.wording
    parts = [meter_text(sale.row.drn)]
    if sale.row.token_tenths:
        parts.append(f"{wording.units(sale.row.token_tenths * 100)} kWh")
    parts.append(wording.money(sale.row.money_minor))
    return " · ".join(parts)
