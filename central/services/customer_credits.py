"""Credit head office gives back: what was taken from one meter once too often (docs/formats.md §7)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection

from central.models.journal import customer_credit
from central.services.bulk import rows_where
from central.services.feed import Change, Feed
from pos.domain.journal import instant_text


def publish_credits(feed: Feed, connection: Connection, organisation: UUID, *, credits: list[str]) -> None:
    """Let the one till that a credit is addressed to pull it."""
    if not credits:
        return
    changes = [
        Change(
            str(row.id),
            {
                "id": str(row.id),
                "meter_id": str(row.meter_id),
                "till": str(row.till_id),
                "amount_minor": row.amount_minor,
                "currency": row.currency,
                "cause": row.cause,
                "code": row.code,
                "month": row.month,
                "given_at": instant_text(row.given_at),
            },
            row.till_id,
        )
        for row in rows_where(connection, list(customer_credit.c), customer_credit.c.id, credits)
    ]
    feed.publish(connection, organisation, "customer_credits", changes=changes)
