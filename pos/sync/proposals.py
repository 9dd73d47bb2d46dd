"""Sends meters and customers made at this till, and learns what became of them (docs/formats.md §4, §10)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from pos.contracts.proposals import (
    PROPOSALS_MAX,
    Proposal,
    ProposalsAnswer,
    ProposalsRequest,
    ProposalState,
)
from pos.models.meters import proposal
from pos.models.uow import Units
from pos.sync.client import ServerClient, ServerRefusal
from pos.system.clock import Clock

PATH = "/v1/proposals"
_PAGES_MAX = 20
"""Pages a cycle: a whole register goes up over some cycles, beside the lines of sales."""
_OF_THE_RECORD = frozenset({400, 404, 409, 413, 422})
"""Refusals that are about what was sent, not about the till."""


class Proposals:
    """Sends every proposal that has no final word yet; the same one again is asked about, not made twice."""

    def __init__(self, units: Units, client: ServerClient, clock: Clock) -> None:
        self._units = units
        self._client = client
        self._clock = clock

    def run(self, *, is_cancelled: Callable[[], bool] = lambda: False) -> int:
        """Send what waits, new ones page after page; returns how many got a final word now.

        Raises:
            Unavailable, ServerRefusal: as `ServerClient.call`.
        """
        decided = 0
        for _ in range(_PAGES_MAX):
            if is_cancelled():
                break
            waiting = self._waiting()
            decided += self._take(self._ask(waiting)) if waiting else 0
            if not self._has_unsent():
                break
        return decided

    def _has_unsent(self) -> bool:
        query = select(proposal.c.id).where(
            proposal.c.state == "waiting", proposal.c.record.is_not(None), proposal.c.sent_at.is_(None)
        )
        with self._units.read() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _ask(self, waiting: list[Proposal]) -> list[ProposalState]:
        """Send proposals; where one of them spoils the request, each for itself."""
        try:
            return list(self._send(waiting))
        except ServerRefusal as refusal:
            if refusal.status not in _OF_THE_RECORD:
                raise
            if len(waiting) > 1:
                return [state for one in waiting for state in self._ask([one])]
            # Head office cannot read it and never will: it must not hold back the rest of the cycle.
            [one] = waiting
            said = f"{refusal.text} [{refusal.code}]"
            return [ProposalState(proposal_id=one.proposal_id, state="refused", reason=said)]

    def _send(self, waiting: list[Proposal]) -> tuple[ProposalState, ...]:
        body = ProposalsRequest(proposals=tuple(waiting)).model_dump_json().encode()
        answer = self._client.call("POST", PATH, body=body, headers={"Content-Type": "application/json"})
        return self._client.read(answer, ProposalsAnswer).results

    def _take(self, states: list[ProposalState]) -> int:
        decided = 0
        with self._units.write() as unit:
            for one in states:
                decided += one.state != "waiting"
                unit.connection.execute(
                    proposal.update()
                    .where(proposal.c.id == one.proposal_id)
                    .values(state=one.state, reason=one.reason or None, sent_at=self._clock.now())
                )
        return decided

    def _waiting(self) -> list[Proposal]:
        """Those never sent first, then those sent longest ago; an erased customer's is not sent any more."""
        with self._units.read() as connection:
            rows: Any = connection.execute(
                select(proposal.c.id, proposal.c.resource, proposal.c.record)
                .where(proposal.c.state == "waiting", proposal.c.record.is_not(None))
                .order_by(proposal.c.sent_at.asc().nulls_first(), proposal.c.id)
                .limit(PROPOSALS_MAX)
            ).all()
        return [
            Proposal(
                proposal_id=row.id,
                resource=row.resource,
                record_sha256=sha256(row.record).hexdigest(),
                record=row.record.decode(),
            )
            for row in rows
        ]
