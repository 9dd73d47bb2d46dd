"""The few error classes of the program, grouped by what happens next."""

from __future__ import annotations

from datetime import datetime


class KilotillError(Exception):
    """Base of every error a person or a caller may see.

    `code` is stable (`area.reason`, listed in docs/errors.md) and never renamed; `text` is an English
    sentence that says what is wrong and, where it helps, what to do.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class UserError(KilotillError):
    """The request is not allowed or not complete: show the text, put the cursor back on the field."""


class ApprovalNeeded(KilotillError):  # noqa: N818 - the house name says what must happen, not that something failed
    """Someone else may do this: ask for a PIN of a person holding `permission`, then repeat."""

    def __init__(self, code: str, text: str, permission: str) -> None:
        super().__init__(code, text)
        self.permission = permission


class Unavailable(KilotillError):  # noqa: N818 - a state that passes, not a failure
    """Network, printer or provider is not there now; `retry_at` (UTC) when known."""

    def __init__(self, code: str, text: str, retry_at: datetime | None = None) -> None:
        super().__init__(code, text)
        self.retry_at = retry_at


class Rejected(KilotillError):  # noqa: N818 - the other side's final word
    """A server, provider or key holder gave its final no."""


class MachineFault(KilotillError):  # noqa: N818 - a fault of the machine, not of the request
    """Disk full, database damaged or locked, key store missing: full-screen instruction."""


_MISTAKE = ("program.fault", "The program made a mistake here; its log says which.")


def code_of(error: Exception) -> str:
    """Return the code that is kept with what an error stopped: `program.fault` for a mistake of ours."""
    return error.code if isinstance(error, KilotillError) else _MISTAKE[0]


def text_of(error: Exception) -> str:
    """Return the sentence that is kept with that code."""
    return error.text if isinstance(error, KilotillError) else _MISTAKE[1]
