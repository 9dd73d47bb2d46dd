"""The customers' meters: each is given every token of its own, in the order in which they were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from pos.tokens.demo import demo_keys
from pos.tokens.names import TokenClass
from pos.tokens.vault import SoftwareVault
from pos.tokens.virtual_meter import ResultCode, VirtualMeter
from tests.factories.shop import virtual_meter
from tests.simulation.acts import WrongError
from tests.simulation.world import Issue, World

SPENT = frozenset({ResultCode.USED, ResultCode.OLD})


def feed_all(world: World, vended: Mapping[str, datetime]) -> int:
    """Enter all tokens; return how many credits were accepted. `vended`: when head office made them, by sale.

    Tokens that died with a disk are entered too: their customers have the papers.
    """
    vault = SoftwareVault()
    vault.unlock(demo_keys(), lambda _: None)
    by_meter: dict[str, list[Issue]] = defaultdict(list)
    for issue in world.issues:
        by_meter[issue.drn].append(issue)
    return sum(
        _feed(virtual_meter(vault, drn, world.drns[drn]), _in_order(issues, vended))
        for drn, issues in by_meter.items()
    )


def _in_order(issues: list[Issue], vended: Mapping[str, datetime]) -> list[Issue]:
    return sorted(issues, key=lambda one: (vended.get(one.sale_id or "", one.at), one.order))


def _feed(meter: VirtualMeter, issues: list[Issue]) -> int:
    accepted = 0
    entered: set[str] = set()
    for issue in issues:
        for token in issue.tokens:
            if token["tid"] is None:
                meter.enter(token["digits"])  # part of a key change; one it has already is refused, rightly
                continue
            if token["digits"] in entered:
                continue
            entered.add(token["digits"])
            _enter_twice(meter, issue, token["digits"])
            accepted += token["token_class"] == TokenClass.CREDIT
    return accepted


def _enter_twice(meter: VirtualMeter, issue: Issue, digits: str) -> None:
    first = meter.enter(digits)
    if first.result is not ResultCode.ACCEPT:
        raise WrongError(
            f"meter {issue.drn} answers {first.result.name} to the token of {issue.till} line {issue.seq}"
        )
    again = meter.enter(digits)
    if again.result not in SPENT:
        raise WrongError(f"meter {issue.drn} took the token of {issue.till} line {issue.seq} twice")
