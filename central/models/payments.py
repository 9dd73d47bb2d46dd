"""Payments that tills make through the server, and callbacks of providers."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from central.models.base import METADATA
from central.models.types import Id, Instant, code_text

# Whose a reference is: written down before anything leaves. The till decides about the payment, not we.
payment_reference = Table(
    "payment_reference",
    METADATA,
    Column("provider", code_text(40), primary_key=True),
    Column("reference", code_text(64), primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("till_id", Id, nullable=False),
    # payment or refund
    Column("kind", String(8), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", code_text(3), nullable=False),
    Column("first_at", Instant, nullable=False),
    Index("ix_payment_reference_first_at", "first_at"),
)

# A callback that was let in, once; tills ask for those about their payments by number.
webhook = Table(
    "webhook",
    METADATA,
    # Given under a lock: the order of numbers is the order of commits.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", code_text(40), nullable=False),
    Column("event_id", code_text(200), nullable=False),
    Column("event", String(60), nullable=False),
    Column("reference", code_text(64), nullable=False),
    # None for a reference that no till of ours has used through this server.
    Column("till_id", Id),
    Column("signed_by", String(40), nullable=False),
    # Without secrets and full phones; purged after the audit period.
    Column("body", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("provider", "event_id"),
    Index("ix_webhook_till", "till_id", "number"),
    Index("ix_webhook_received_at", "received_at"),
)
