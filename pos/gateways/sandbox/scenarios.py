"""The fourteen scenarios as data: what happens to a payment, and what its client gets to see of it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from enum import StrEnum


class Outcome(StrEnum):
    """How a payment ends."""

    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"
    REVERSED = "reversed"


class Breaks(StrEnum):
    """What becomes of the answer to the first request."""

    NOTHING = "nothing"
    REFUSED = "refused"
    CUT = "cut"
    HTML_500 = "html_500"
    HTML_502 = "html_502"
    LOST_503 = "lost_503"
    DUPLICATE = "duplicate"
    DOUBTFUL = "doubtful"


class Says(StrEnum):
    """How the callback behaves."""

    ONCE = "once"
    BEFORE_ANSWER = "before_answer"
    TWICE = "twice"
    NEVER = "never"
    FORGED = "forged"
    OUT_OF_ORDER = "out_of_order"


NO_MONEY, REFUSED, DECLINED, EXPIRED = "no_money", "refused", "declined", "expired"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One course of events; seconds are sandbox time, asks are status calls."""

    number: int
    title: str
    outcome: Outcome = Outcome.PAID
    reason: str = ""
    after_s: float | None = None
    after_asks: int | None = None
    is_endless: bool = False
    stall_s: float = 0
    hidden_s: float = 0
    skew_s: float = 0
    short_by: int = 0
    breaks: Breaks = Breaks.NOTHING
    says: Says = Says.ONCE
    code: str = ""
    uses_unknown_words: bool = False
    revokes_token: bool = False

    def is_at_once(self) -> bool:
        return not self.is_endless and self.after_s is None and self.after_asks is None


DAY_S = 86_400
SCENARIOS: dict[int, Scenario] = {
    1: Scenario(1, "final after some seconds", after_s=10),
    2: Scenario(2, "accepted, then the connection is cut", breaks=Breaks.CUT, after_s=5),
    3: Scenario(3, "longer than the client waits, then accepted", stall_s=60, after_s=5),
    4: Scenario(4, "callback before the answer", says=Says.BEFORE_ANSWER),
    5: Scenario(5, "callback twice", says=Says.TWICE, after_s=5),
    6: Scenario(6, "pending for ever", is_endless=True),
    7: Scenario(7, "paid after the client gave up", after_s=420),
    8: Scenario(8, "accepted, HTTP 500 with HTML", breaks=Breaks.HTML_500, after_s=5),
    9: Scenario(9, "unknown status word and code", uses_unknown_words=True, after_asks=3),
    10: Scenario(10, "token refused in the middle", revokes_token=True, after_s=5),
    11: Scenario(11, "the first request is called a duplicate", breaks=Breaks.DUPLICATE, after_s=5),
    12: Scenario(12, "status not found at first", hidden_s=20),
    13: Scenario(13, "the provider's clock is a day ahead", skew_s=DAY_S, after_s=5),
    14: Scenario(14, "the amount in the status differs", short_by=1, after_s=5),
}
VARIANTS: dict[str, Scenario] = {
    "5-never": replace(SCENARIOS[5], title="callback never", says=Says.NEVER),
    "5-forged": replace(
        SCENARIOS[5],
        title="refused, and a forged callback claims success",
        says=Says.FORGED,
        outcome=Outcome.FAILED,
        reason=REFUSED,
    ),
    "5-out-of-order": replace(
        SCENARIOS[5], title="an older callback after the final one", says=Says.OUT_OF_ORDER
    ),
    "8-502": replace(SCENARIOS[8], title="accepted, HTTP 502 with HTML", breaks=Breaks.HTML_502),
    "8-503": replace(SCENARIOS[8], title="not accepted, HTTP 503 with HTML", breaks=Breaks.LOST_503),
    "no-money": Scenario(
        0, "fails: not enough money", outcome=Outcome.FAILED, reason=NO_MONEY, after_asks=1, after_s=5
    ),
    "refused": Scenario(
        0, "fails: the payer refuses", outcome=Outcome.FAILED, reason=REFUSED, after_asks=1, after_s=5
    ),
    "expired": Scenario(
        0, "fails: the payer does nothing", outcome=Outcome.EXPIRED, reason=EXPIRED, after_asks=1, after_s=5
    ),
    "ambiguous": Scenario(0, "ambiguous for ever", outcome=Outcome.AMBIGUOUS, is_endless=True),
    "refused-at-once": Scenario(0, "refused at once, no payment", breaks=Breaks.REFUSED),
    "paid": Scenario(0, "paid at once"),
}

ENDINGS: dict[str, Scenario] = {
    "01": VARIANTS["no-money"],
    "02": VARIANTS["refused"],
    "03": VARIANTS["expired"],
    "04": VARIANTS["ambiguous"],
    "05": SCENARIOS[2],
    "06": VARIANTS["refused-at-once"],
    **{str(10 + number): scenario for number, scenario in SCENARIOS.items()},
    "25": VARIANTS["5-never"],
    "26": VARIANTS["5-forged"],
    "27": VARIANTS["8-502"],
    "28": VARIANTS["8-503"],
    "29": VARIANTS["5-out-of-order"],
}
"""The last two digits of a local number; 10 and the scenario's number, variants from 25."""


def scenario_of_ending(number: str) -> Scenario | None:
    """Return the scenario of a local number's last two digits, None for an ordinary number."""
    return ENDINGS.get(re.sub(r"\D", "", number)[-2:])


def named_scenario(name: str) -> Scenario | None:
    """Return the scenario of a number `1`…`14` or a variant such as `5-never`."""
    return SCENARIOS.get(int(name)) if name.isdecimal() else VARIANTS.get(name)


@dataclass(slots=True)
class Order:
    """A wish from the control page: the next payments that fit play this."""

    scenario: Scenario
    provider: str = ""
    reference: str = ""
    number: str = ""
    times_left: int = 1

    def fits(self, provider: str, reference: str, number: str) -> bool:
        wished = (self.provider, self.reference, self.number)
        given = (provider, reference, number)
        return all(not wish or wish == value for wish, value in zip(wished, given, strict=True))


class Orders:
    """The wishes that have not been played yet, the oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: list[Order] = []

    def add(self, order: Order) -> None:
        with self._lock:
            self._orders.append(order)

    def take(self, provider: str, *, reference: str, number: str) -> Scenario | None:
        """Use up one wish that fits this payment."""
        with self._lock:
            for order in self._orders:
                if order.fits(provider, reference, number):
                    order.times_left -= 1
                    if order.times_left <= 0:
                        self._orders.remove(order)
                    return order.scenario
        return None

    def waiting(self) -> list[Order]:
        """Return the wishes that are still to be played, the oldest first."""
        with self._lock:
            return list(self._orders)

    def clear(self) -> None:
        with self._lock:
            self._orders.clear()
