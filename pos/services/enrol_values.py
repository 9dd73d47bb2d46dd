"""What an enrolment is told and what it tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnrolWish:
    """What a person types. `replaces`: this book was restored and takes the place of the till it was."""

    url: str
    code: str
    replaces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceReport:
    """How a replaced till's book stands here and at head office.

    `restored_seq` before anything was fetched, `server_seq` what head office had, `fetched` lines that came
    from there, `to_send` lines only this till has. `missing` are the receipts that head office has and this
    till could not take: none in a drill that follows docs/recovery.md.
    """

    former_code: str
    restored_seq: int
    server_seq: int
    fetched: int
    to_send: int
    missing: tuple[str, ...]
    not_booked: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the till is now."""

    till_code: str
    organisation: str
    sales_point: str
    replaced: ReplaceReport | None = None
