"""`POST /v1/proposals`: meters and customers made or changed at a till (docs/formats.md §4, §10).

Idempotent by `proposal_id`; sent again it gives the state as it is now. `record` is what `record_sha256` of
the line `record_proposed` is the hash of, as canonical JSON text.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pos.contracts.wire import Hash, Message

PROPOSALS_MAX = 100


class Proposal(Message):
    proposal_id: UUID
    resource: Literal["meter", "customer"]
    record_sha256: Hash
    record: str


class ProposalsRequest(Message):
    proposals: tuple[Proposal, ...]


class ProposalState(Message):
    """`merged`: the meter was known under another id, which comes with the pull."""

    proposal_id: UUID
    state: Literal["waiting", "accepted", "merged", "refused"]
    reason: str = ""


class ProposalsAnswer(Message):
    results: tuple[ProposalState, ...]
