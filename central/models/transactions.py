"""Transactions of tills and of other programs, what became of them, and their running totals.

A till's row is written by the ingest of its journal: `id` is the sale's id, `version` stays 1 and nobody
changes its state by hand. A row of origin `api` is moved by people, and each move leaves an event.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from central.models.base import METADATA
from central.models.types import Id, Instant, code_text

_NOT_DELIVERED = text("state <> 'delivered'")
_NOT_TOKEN = text("type <> 'token'")
_NOT_OF_TILL = text("origin <> 'till'")
_OF_INSTITUTION = text("institution_id IS NOT NULL")
_FLAGGED = text("is_flagged")

transactions = Table(
    "transactions",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("origin", String(4), nullable=False),
    Column("till_id", Id),
    Column("till_code", code_text(8)),
    # token, voucher, account, bill, goods, policy; a basket of several: mixed.
    Column("type", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("business_day", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Column("money_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    # Who took the money: a person of the till's journal, or of this server.
    Column("cashier_id", Id),
    Column("cashier_name", code_text(200)),
    Column("meter_id", Id),
    Column("drn", code_text(13)),
    Column("receipt_number", code_text(24)),
    Column("institution_id", Id),
    # Of origin api: the caller's own number, and words.
    Column("reference", code_text(64)),
    Column("note", String(400)),
    Column("is_flagged", Boolean(name="is_flagged"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("origin IN ('till', 'api')", name="origin"),
    CheckConstraint(
        "type IN ('token', 'voucher', 'account', 'bill', 'goods', 'policy', 'mixed')", name="type"
    ),
    CheckConstraint(
        "state IN ('draft', 'awaiting_payment', 'paid', 'delivered', 'voided', 'failed', 'expired', "
        "'refund_due', 'refunded')",
        name="state",
    ),
    CheckConstraint("money_minor >= 0", name="money"),
    # Every list is newest first within one of these; (at, id) is the place of a row in each.
    Index("ix_transactions_at", "organisation_id", "at", "id"),
    Index("ix_transactions_cashier", "organisation_id", "cashier_id", "at", "id"),
    Index("ix_transactions_till", "organisation_id", "till_code", "at", "id"),
    Index("ix_transactions_drn", "organisation_id", "drn", "at", "id"),
    # When each business day begins and ends.
    Index("ix_transactions_day", "organisation_id", "business_day", "at"),
    Index("ix_transactions_receipt", "organisation_id", "receipt_number"),
    # Few rows each, so they cost a till's push little.
    Index(
        "ix_transactions_state",
        *("organisation_id", "state", "at", "id"),
        sqlite_where=_NOT_DELIVERED,
        postgresql_where=_NOT_DELIVERED,
    ),
    Index(
        "ix_transactions_type",
        *("organisation_id", "type", "at", "id"),
        sqlite_where=_NOT_TOKEN,
        postgresql_where=_NOT_TOKEN,
    ),
    Index(
        "ix_transactions_origin",
        *("organisation_id", "at", "id"),
        sqlite_where=_NOT_OF_TILL,
        postgresql_where=_NOT_OF_TILL,
    ),
    Index(
        "ix_transactions_institution",
        *("organisation_id", "institution_id", "at", "id"),
        sqlite_where=_OF_INSTITUTION,
        postgresql_where=_OF_INSTITUTION,
    ),
    Index(
        "ix_transactions_reference",
        *("organisation_id", "reference"),
        sqlite_where=text("reference IS NOT NULL"),
        postgresql_where=text("reference IS NOT NULL"),
    ),
    Index(
        "ix_transactions_flagged",
        *("organisation_id", "at", "id"),
        sqlite_where=_FLAGGED,
        postgresql_where=_FLAGGED,
    ),
)

transaction_event = Table(
    "transaction_event",
    METADATA,
    Column("transaction_id", Id, ForeignKey("transactions.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("actor_id", Id),
    Column("actor_name", String(200), nullable=False),
)

transaction_total = Table(
    "transaction_total",
    METADATA,
    # One row per key that ever had a transaction; an empty code is "no till", the zero id "no institution".
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("business_day", Date, primary_key=True),
    Column("till_code", code_text(8), primary_key=True),
    Column("institution_id", Id, primary_key=True),
    Column("type", String(8), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("pieces", BigInteger, nullable=False),
    Column("money_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
)

idempotency_key = Table(
    "idempotency_key",
    METADATA,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True),
    Column("key", code_text(200), primary_key=True),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("location", String(200), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("ix_idempotency_key_created_at", "created_at"),
)
