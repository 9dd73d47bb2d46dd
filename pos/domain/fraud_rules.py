"""The fraud rules a till can apply before a sale (docs/sync.md): data of head office, judged offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW_MAX = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class TillRule:
    """One rule. `action`: `hold` asks for a supervisor; `flag` and `allow` let the sale pass here."""

    id: str
    kind: str
    action: str
    params: Mapping[str, int]

    def number(self, name: str, default: int) -> int:
        """Return a parameter."""
        return self.params.get(name, default)

    @property
    def window(self) -> timedelta:
        """How far back the rule looks."""
        return min(timedelta(minutes=max(0, self.number("minutes", 30))), WINDOW_MAX)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A sale before: when, and its money."""

    at: datetime
    money_minor: int


@dataclass(frozen=True, slots=True)
class SaleSeen:
    """A sale as rules see it: `at` aware, `hour` local, and what came before it on this till."""

    at: datetime
    hour: int
    money_minor: int
    of_meter: Sequence[Earlier]
    of_cashier: Sequence[Earlier]


def holding_rule(rules: Iterable[TillRule], sale: SaleSeen) -> TillRule | None:
    """Return the first rule that holds a sale; None where none does, or an `allow` rule speaks too."""
    speaking = [rule for rule in rules if _speaks(rule, sale)]
    if any(rule.action == "allow" for rule in speaking):
        return None
    return next((rule for rule in speaking if rule.action == "hold"), None)


def _speaks(rule: TillRule, sale: SaleSeen) -> bool:
    since = sale.at - rule.window
    meter = [one for one in sale.of_meter if since < one.at]
    if rule.kind == "velocity_meter":
        return 1 + len(meter) > rule.number("count", 5)
    if rule.kind == "repeated_amount":
        same = sum(one.money_minor == sale.money_minor for one in meter)
        return 1 + same >= rule.number("count", 3)
    if rule.kind == "velocity_cashier":
        return 1 + sum(since < one.at for one in sale.of_cashier) > rule.number("count", 60)
    if rule.kind == "out_of_hours":
        begin, end = rule.number("from_hour", 0), rule.number("to_hour", 24)
        is_open = begin <= sale.hour < end if begin <= end else sale.hour >= begin or sale.hour < end
        return not is_open
    # What a till cannot judge, and kinds of a later server, are head office's to judge.
    return rule.kind == "amount_above" and sale.money_minor > rule.number("amount_minor", 2**53)
