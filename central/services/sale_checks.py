"""What is looked at in each sale beside booking it: the flags of docs/formats.md §10.

Nothing here refuses. A flag says what a person should look at; who bears the difference is decided later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from central.services.book_context import Context, KnownTariff, MonthRow
from central.services.book_read import pan_number
from pos.domain.price_terms import Basis
from pos.domain.recompute import (
    UNREADABLE,
    MonthlyTake,
    basis_of,
    is_price_right,
    is_same_price,
    monthly_take,
    price_item_again,
)
from pos.errors import UserError
from pos.tokens.amount import largest_amount_not_above

Body = Mapping[str, Any]

CLOCK_AHEAD_MAX = timedelta(minutes=30)
CLOCK_BACK_MAX = timedelta(minutes=5)


@dataclass(slots=True)
class Findings:
    """The flags of one line, each with what a person needs to judge it."""

    flags: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, flag: str, **detail: Any) -> None:
        """Add a flag; the first detail stays."""
        self.flags.setdefault(flag, detail)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken from a meter and was not due any more."""

    cause: str
    code: str
    amount_minor: int


def check_clock(context: Context, at: datetime, findings: Findings) -> None:
    """Flag a line from the future, or from well before the line before it."""
    if at > context.now + CLOCK_AHEAD_MAX:
        findings.add("clock", ahead_s=int((at - context.now).total_seconds()))
    elif context.last_at is not None and at < context.last_at - CLOCK_BACK_MAX:
        findings.add("clock", back_s=int((context.last_at - at).total_seconds()))


def tariff_of(context: Context, item: Body, findings: Findings) -> KnownTariff | None:
    """Return the tariff an item was priced with, flagging one that this server does not have so.

    Its hash names it: a shop that enrols may have imported the same one under an id of its own.
    """
    basis = item["basis"]
    known = context.tariffs.get(basis["tariff_sha256"])
    if known is None:
        findings.add("tariff_unknown", tariff_id=basis["tariff_id"], sha256=basis["tariff_sha256"])
        return None
    return known


def check_price(item: Body, known: KnownTariff, findings: Findings, *, is_delivered: bool) -> None:
    """Flag an item whose lines, units or tokens are not what its tariff and basis make of its money."""
    if is_delivered and item["item_kind"] == "token" and not item.get("tokens"):
        findings.add("price", n=item["n"], tokens=0)
    if is_price_right(item, known.tariff, representable_tenths=largest_amount_not_above):
        return
    again = price_item_again(item, known.tariff, representable_tenths=largest_amount_not_above)
    findings.add("price", n=item["n"], again=None if again is None else again.to_json())


def check_block(item: Body, known: KnownTariff, others: Mapping[str, MonthRow], findings: Findings) -> None:
    """Flag an item that would have cost another price with what all tills are known to have sold before."""
    try:
        basis = basis_of(item)
    except (*UNREADABLE, UserError):
        return  # Its price is flagged already.
    bought = sum(row.units_milli for row in others.values())
    free = sum(row.free_milli for row in others.values())
    if bought <= basis.bought_before_milli and free <= basis.free_before_milli:
        return
    seen = Basis(
        max(bought, basis.bought_before_milli),
        basis.charges_taken,
        max(free, basis.free_before_milli),
        basis.arrears_before_minor,
    )
    again = price_item_again(item, known.tariff, representable_tenths=largest_amount_not_above, basis=seen)
    if again is None or not is_same_price(item, again):
        findings.add("block", n=item["n"], bought_before_milli=basis.bought_before_milli, known_milli=bought)


def check_twice(
    context: Context, item: Body, take: MonthlyTake, *, rows: Mapping[str, MonthRow], findings: Findings
) -> list[Taken]:
    """Flag a monthly charge or arrears that were no longer due; return what must be given back."""
    taken = []
    for code, amount_minor in take.charges:
        if any(code in row.charges for row in rows.values()):
            findings.add("charge_twice", n=item["n"], code=code, amount_minor=amount_minor)
            taken.append(Taken("charge", code, amount_minor))
    meter_id = context.kept(item["meter"]["meter_id"])
    if take.arrears_minor > 0 and meter_id in context.arrears:
        over_minor = take.arrears_minor - max(0, context.arrears[meter_id])
        if over_minor > 0:
            findings.add("arrears_over", n=item["n"], over_minor=over_minor)
            taken.append(Taken("arrears", "", over_minor))
    return taken


def check_meter(context: Context, item: Body, *, at: datetime, findings: Findings) -> None:
    """Flag a meter that is another one's duplicate, and a key that is not the one in force."""
    said = item["meter"]
    meter_id = said["meter_id"]
    row = context.meters.get(meter_id)
    holder = context.meter_of_drn.get(said["drn"])
    merged_into = None if row is None else row.merged_into
    if merged_into is not None or (holder is not None and holder != meter_id):
        findings.add("duplicate_meter", meter_id=said["meter_id"], known_as=str(holder or merged_into))
    group = context.groups.get(said["sgc"])
    if row is None or group is None or not item.get("tokens") or _is_own(context, item):
        return
    expected = key_in_force(row, group, at)
    if expected != (said["krn"], said["base_date"]):
        findings.add("key_revision", krn=said["krn"], expected_krn=expected[0], expected_base=expected[1])


def _is_own(context: Context, item: Body) -> bool:
    """Say whether this server made the tokens: its key was right then, whenever they were delivered."""
    pan, base_date = pan_of_item(item), item["meter"]["base_date"]
    return any((pan, base_date, token["tid"]) in context.vended for token in item["tokens"])


def key_in_force(meter: Row[Any], group: Row[Any], at: datetime) -> tuple[int, str]:
    """Return revision and base date of a meter's key at an instant."""
    following = meter.next_key or group.next_key
    if following and following.get("from") and at >= datetime.fromisoformat(following["from"]):
        return following["krn"], following["base_date"]
    krn, base_date, former = group.krn, group.base_date, group.former_key
    if former and at < datetime.fromisoformat(former["until"]):
        krn, base_date = former["krn"], former["base_date"]
    return krn if meter.krn is None else meter.krn, base_date if meter.base_date is None else meter.base_date


def month_take(item: Body, known: KnownTariff | None) -> MonthlyTake:
    """Return what an item takes from its meter's month."""
    return monthly_take(item, None if known is None else known.tariff)


def pan_of_item(item: Body) -> int:
    """Return the PAN of an item's meter."""
    return pan_number(item["meter"]["drn"])
