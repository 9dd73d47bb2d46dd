"""What was under way when the till stopped: taken, issued, not printed; each with what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from pos.models.queries.selling import read_line_at
from pos.models.stored import instant_of

ROWS_MAX = 200
"""Of each sort; the resume screen is for a handful, and says when there are more."""


class Unfinished(StrEnum):
    """What is unfinished."""

    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    NOT_HANDED_OVER = "not_handed_over"
    ISSUE_NOT_HANDED_OVER = "issue_not_handed_over"
    PRINT_JOB = "print_job"
    DRAFT = "draft"


class NextAction(StrEnum):
    """What a person does next."""

    CHECK_PAYMENT = "check_payment"
    ASK_HOLDER = "ask_holder"
    OPEN_SHIFT = "open_shift"
    """Delivery or refund waits for an open shift."""
    MAKE_REFUND = "make_refund"
    HAND_OVER = "hand_over"
    """Show or print the token."""
    PRINT = "print"
    LOOK_AT_PAPER = "look_at_paper"
    """Nobody knows whether it came out."""
    RECALL_DRAFT = "recall_draft"


@dataclass(frozen=True, slots=True)
class ResumeItem:
    """One unfinished thing; `id` is its sale or issue, None for a paper of neither.

    `holder` and `request_state` (stored, left) belong to a paid sale, `print_job` to a paper.
    """

    what: Unfinished
    action: NextAction
    at: datetime
    age: timedelta
    id: UUID | None = None
    money_minor: int = 0
    drn: str | None = None
    holder: str = ""
    request_state: str = ""
    print_job: int | None = None


@dataclass(frozen=True, slots=True)
class ResumeList:
    """Everything unfinished, oldest first within its sort; `is_cut` when there was more than is listed."""

    items: tuple[ResumeItem, ...]
    is_cut: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return not self.items


def resume_list(connection: Connection, now: datetime) -> ResumeList:
    """Return what is unfinished on this till as seen at `now` (aware)."""
    has_shift = (
        connection.exec_driver_sql("SELECT 1 FROM shift WHERE closed_place IS NULL").scalar() is not None
    )
    parts = (
        _sales(connection, now, has_shift=has_shift),
        _not_handed_over(connection, now, _SALES_NOT_HANDED_OVER, Unfinished.NOT_HANDED_OVER),
        _not_handed_over(connection, now, _ISSUES_NOT_HANDED_OVER, Unfinished.ISSUE_NOT_HANDED_OVER),
        _print_jobs(connection, now),
        _drafts(connection, now),
    )
    return ResumeList(
        tuple(item for part in parts for item in part[:ROWS_MAX]),
        any(len(part) > ROWS_MAX for part in parts),
    )


_SALES = """
SELECT sale.id, sale.state, sale.at, sale.money_minor, coalesce(holder_request.holder, ''),
  coalesce(holder_request.state, ''),
  (SELECT drn FROM reservation JOIN meter ON meter.key = reservation.meter_key
   WHERE reservation.sale_id = sale.id ORDER BY item_n LIMIT 1)
FROM sale INDEXED BY ix_sale_not_delivered
LEFT JOIN holder_request ON holder_request.sale_id = sale.id
WHERE sale.state IN ('awaiting_payment', 'paid', 'refund_due') AND sale.state <> 'delivered'
ORDER BY sale.place LIMIT ?
"""


def _sales(connection: Connection, now: datetime, *, has_shift: bool) -> list[ResumeItem]:
    actions = {
        Unfinished.AWAITING_PAYMENT: NextAction.CHECK_PAYMENT,
        Unfinished.PAID: NextAction.ASK_HOLDER if has_shift else NextAction.OPEN_SHIFT,
        Unfinished.REFUND_DUE: NextAction.MAKE_REFUND if has_shift else NextAction.OPEN_SHIFT,
    }
    rows: Any = connection.exec_driver_sql(_SALES, (ROWS_MAX + 1,)).all()
    return [
        ResumeItem(
            what=Unfinished(row[1]),
            action=actions[Unfinished(row[1])],
            at=instant_of(row[2]),
            age=now - instant_of(row[2]),
            id=UUID(bytes=row[0]),
            money_minor=row[3],
            drn=row[6],
            holder=row[4],
            request_state=row[5],
        )
        for row in rows
    ]


_SALES_NOT_HANDED_OVER = """
SELECT sale.id, sale.at, sale.money_minor,
  (SELECT drn FROM sale_item JOIN meter ON meter.key = sale_item.meter_key
   WHERE sale_item.sale_place = sale.place ORDER BY n LIMIT 1)
FROM sale INDEXED BY ix_sale_not_handed_over
WHERE sale.state = 'delivered' AND sale.is_handed_over = 0 ORDER BY sale.place LIMIT ?
"""

_ISSUES_NOT_HANDED_OVER = """
SELECT issue.id, issue.at, 0, meter.drn FROM issue INDEXED BY ix_issue_not_handed_over
JOIN meter ON meter.key = issue.meter_key WHERE issue.is_handed_over = 0 ORDER BY issue.place LIMIT ?
"""


def _not_handed_over(connection: Connection, now: datetime, query: str, what: Unfinished) -> list[ResumeItem]:
    rows: Any = connection.exec_driver_sql(query, (ROWS_MAX + 1,)).all()
    return [
        ResumeItem(
            what=what,
            action=NextAction.HAND_OVER,
            at=instant_of(row[1]),
            age=now - instant_of(row[1]),
            id=UUID(bytes=row[0]),
            money_minor=row[2],
            drn=row[3],
        )
        for row in rows
    ]


_PRINT_JOBS = """
SELECT print_job.key, print_job.state, print_job.created_at, coalesce(sale.id, issue.id), print_job.place
FROM print_job INDEXED BY ix_print_job_open
LEFT JOIN sale ON sale.place = print_job.place LEFT JOIN issue ON issue.place = print_job.place
WHERE print_job.state <> 'printed' AND print_job.state IN ('waiting', 'sending', 'unknown')
ORDER BY print_job.key LIMIT ?
"""


def _print_jobs(connection: Connection, now: datetime) -> list[ResumeItem]:
    rows: Any = connection.exec_driver_sql(_PRINT_JOBS, (ROWS_MAX + 1,)).all()
    return [
        ResumeItem(
            what=Unfinished.PRINT_JOB,
            action=NextAction.PRINT if row[1] == "waiting" else NextAction.LOOK_AT_PAPER,
            at=instant_of(row[2]),
            age=now - instant_of(row[2]),
            id=_id_at(connection, row[4]) if row[3] is None else UUID(bytes=row[3]),
            print_job=row[0],
        )
        for row in rows
    ]


def _id_at(connection: Connection, place: int) -> UUID | None:
    """The sale a paper belongs to by its line: one delivered by a remote holder began at another place."""
    sale = json.loads(read_line_at(connection, place))["body"].get("sale")
    return None if sale is None else UUID(sale["sale_id"])


def _drafts(connection: Connection, now: datetime) -> list[ResumeItem]:
    rows: Any = connection.exec_driver_sql(
        "SELECT sale_id, changed_at FROM draft ORDER BY changed_at, sale_id LIMIT ?", (ROWS_MAX + 1,)
    ).all()
    return [
        ResumeItem(
            what=Unfinished.DRAFT,
            action=NextAction.RECALL_DRAFT,
            at=instant_of(row[1]),
            age=now - instant_of(row[1]),
            id=UUID(bytes=row[0]),
        )
        for row in rows
    ]
