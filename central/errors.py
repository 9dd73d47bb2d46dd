"""Problems as the API answers them (RFC 9457), and how the program's other errors become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.errors import ApprovalNeeded, KilotillError, MachineFault, Rejected, Unavailable, UserError

PROBLEM_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field; `field` is its path, such as `body.money_minor`."""

    field: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        """Return it as it stands in an answer."""
        return {"field": self.field, "code": self.code, "detail": self.detail}


class Problem(KilotillError):  # noqa: N818 - the name that RFC 9457 gives it
    """An answer that is not a success: a status, a stable code, a sentence, and what else helps a program."""

    def __init__(
        self,
        code: str,
        text: str,
        *,
        status: int,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, text)
        self.status = status
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class Unauthenticated(Problem):
    """Nobody knows who asks, or it was not proved: status 401."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(
            *(code, text),
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
            # What programs written for OAuth 2 look at (RFC 6749 §5.2).
            extra={"error": "invalid_grant"},
        )


_STATUS_OF_CODE: Mapping[str, int] = {
    "permission.denied": 403,
    "sale.state": 409,
    "payment.state": 409,
    "case.state": 409,
    "sale.id_conflict": 409,
    "disk.full": 507,
}
_STATUS_OF_CLASS: Sequence[tuple[type[KilotillError], int]] = (
    (UserError, 422),
    (ApprovalNeeded, 403),
    (Unavailable, 503),
    (Rejected, 409),
    (MachineFault, 503),
)
RETRY_AFTER_S = 5


def problem_of(error: KilotillError, now: datetime) -> Problem:
    """Return the answer to any error of the program."""
    if isinstance(error, Problem):
        return error
    status = _STATUS_OF_CODE.get(error.code) or next(
        (status for kind, status in _STATUS_OF_CLASS if isinstance(error, kind)), 422
    )
    headers = {"Retry-After": str(_seconds_to_wait(error, now))} if status == 503 else {}
    return Problem(*(error.code, error.text), status=status, headers=headers)


def _seconds_to_wait(error: KilotillError, now: datetime) -> int:
    at = error.retry_at if isinstance(error, Unavailable) else None
    return RETRY_AFTER_S if at is None else max(1, round((at - now).total_seconds()))


def permission_denied(text: str = "Your role does not allow this.") -> Problem:
    """Return the refusal of an act that a role does not hold."""
    return Problem("permission.denied", text, status=403)
