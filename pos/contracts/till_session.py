"""Till login: `POST /v1/tills/challenge` and `POST /v1/tills/token` (docs/formats.md §10).

The signature is the till's over `pos.domain.till_login.login_message`. Codes: `till.not_authorised`
(unknown till), `till.nonce` (unknown, used or too late), `till.signature`.
"""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from pos.contracts.enrol import ServerKey
from pos.contracts.wire import InstantText, Message, Signature, Whole

Scope = Literal["till", "drain"]
"""`drain`: a revoked till, which may push and do nothing else."""


Bearer = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,1000}$")]
"""What stands in a header: printable ASCII, no blanks."""


class ChallengeRequest(Message):
    till: UUID


class ChallengeAnswer(Message):
    nonce: str
    server_time: InstantText


class TokenRequest(Message):
    till: UUID
    nonce: str
    signature: Signature


class TillsToday(Message):
    """How many tills the organisation has, and how many of them head office saw today."""

    seen: int
    enrolled: int


class TokenAnswer(Message):
    """The opaque bearer, its life in seconds, what it is good for, and the keys envelopes are signed with.

    `head_seq` is the last line head office has of the till's own book: after a restore fewer than it had.
    """

    token: Bearer
    expires_in_s: int = 1800
    scope: Scope = "till"
    server_keys: tuple[ServerKey, ...] = ()
    server_time: InstantText
    min_app: str = ""
    tills: TillsToday | None = None
    head_seq: Whole | None = None
