"""Refusals: RFC 9457 `application/problem+json`."""

from __future__ import annotations

from pos.contracts.wire import Hash, Message

PROBLEM_JSON = "application/problem+json"


class FieldProblem(Message):
    """What is wrong with one field."""

    field: str
    code: str
    detail: str = ""


class Problem(Message):
    """A refusal. `code` is stable (docs/errors.md); the extras belong to the codes named beside them."""

    type: str = "about:blank"
    title: str = ""
    status: int
    detail: str = ""
    code: str
    request_id: str = ""
    errors: tuple[FieldProblem, ...] = ()
    # sync.gap: send from this seq.
    expected_seq: int | None = None
    # sync.fork: what the server has at the seq that differs. sync.gap: the hash of its last line.
    seq: int | None = None
    hash: Hash | None = None
    # sync.app_too_old (426): the oldest version that is served.
    min_app: str | None = None
    # /v1/vend: true where the sale id will never be served here, ever; false where it may be, or was.
    final: bool | None = None
    # Beside the header Retry-After.
    retry_after_s: int | None = None
