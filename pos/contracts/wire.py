"""The base of all messages, and the kinds of value they share (docs/formats.md §1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pos.domain.canonical import INTEGER_MAX
from pos.domain.journal import parse_instant


class Message(BaseModel):
    """A message: frozen; unknown fields are ignored, so that either side may be the newer one."""

    model_config = ConfigDict(frozen=True, extra="ignore")


Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hex."""

PublicKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key in hex."""

Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
"""An Ed25519 signature in hex."""


def _real(text: str) -> str:
    """Refuse the 32nd of a month with a ValueError."""
    parse_instant(text)
    return text


InstantText = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
    AfterValidator(_real),
]
"""An instant in UTC with exactly three decimals."""

Whole = Annotated[int, Field(ge=0, le=INTEGER_MAX)]
"""An amount that is never below zero, as large as canonical JSON bears (docs/formats.md §2)."""

Month = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d$")]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Sgc = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Drn = Annotated[str, StringConstraints(pattern=r"^(\d{11}|\d{13})$")]

APP_HEADER = "Kilotill-App"
"""The request header with the till's version; below `min_app` the server answers 426 `sync.app_too_old`."""

REQUEST_ID_HEADER = "X-Request-Id"
"""Made by the till, repeated in the answer and in the log lines of both."""

LINES_MAX = 200
PUSH_BYTES_PACKED_MAX = 1024 * 1024
PUSH_BYTES_MAX = 8 * 1024 * 1024
PULL_ROWS_MAX = 5000
NDJSON = "application/x-ndjson"
