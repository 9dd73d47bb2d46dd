"""How this till stands to head office, as the database has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from pos.models.ledger_book import BookHead
from pos.models.office_link import Link, find_former_link, find_link
from pos.models.queries.uploads import count_flagged
from pos.models.stored import instant_of

NONE, RESTORED = "none", "restored"

BATCH_REFUSALS = frozenset(
    {"sync.fork", "sync.gap", "sync.bad_hash", "sync.bad_signature", "sync.too_large", "sync.not_taken"}
)
"""Refusals of a whole batch: its first entry stands in the way of all that follow."""


@dataclass(frozen=True, slots=True)
class OfficeStanding:
    """How this till stands to head office: `state` is none, restored, enrolled, revoked or forked.

    restored: the book comes from a till that was enrolled, and nobody has said yet that it replaces that one.
    `failed_code` is what stopped the last cycle, empty where it ended well.
    """

    state: str = "none"
    url: str = ""
    enrolled_at: datetime | None = None
    synced_at: datetime | None = None
    fetched_at: datetime | None = None
    failed_at: datetime | None = None
    failed_code: str = ""
    failed_text: str = ""
    min_app: str = ""
    clock_offset_ms: int | None = None

    @property
    def has_office(self) -> bool:
        """Whether there is a head office to talk to."""
        return self.state not in (NONE, RESTORED)


def office_standing(connection: Connection) -> OfficeStanding:
    """Return how the till stands to its server."""
    link = find_link(connection)
    if link is None:
        return OfficeStanding(NONE if find_former_link(connection) is None else RESTORED)
    fetched = connection.exec_driver_sql("SELECT max(pulled_at) FROM pull_cursor").scalar()
    failed = _is_failing(link)
    return OfficeStanding(
        link.state,
        link.url,
        link.enrolled_at,
        link.synced_at,
        None if fetched is None else instant_of(fetched),
        link.failed_at if failed else None,
        (link.failed_code or "") if failed else "",
        (link.failed_text or "") if failed else "",
        link.min_app,
        link.clock_offset_ms,
    )


def _is_failing(link: Link) -> bool:
    return link.failed_at is not None and (link.synced_at is None or link.failed_at > link.synced_at)


def stuck_code(head: BookHead, office: OfficeStanding) -> str:
    """Return the code that keeps the next entry from going out, empty where nothing does."""
    code = "sync.fork" if office.state == "forked" else office.failed_code
    return code if code in BATCH_REFUSALS and head.head_seq > head.acked_seq else ""


def count_questions(connection: Connection, head: BookHead, office: OfficeStanding) -> int:
    """Count the entries that want a person's eyes: flagged, not taken, or a change that was refused."""
    refused = connection.exec_driver_sql("SELECT count(*) FROM proposal WHERE state = 'refused'").scalar_one()
    return count_flagged(connection) + int(refused) + bool(stuck_code(head, office))
