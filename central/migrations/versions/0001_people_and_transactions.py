"""Step 0001: people and transactions."""

# ruff: noqa: E501 - written by tools.new_migration --server

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from central.models import types

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "login_guard",
        sa.Column("name_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("wait_left_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_locked", sa.Boolean(name="is_locked"), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name_mac", name=op.f("pk_login_guard")),
    )
    with op.batch_alter_table("login_guard", schema=None) as batch_op:
        batch_op.create_index("ix_login_guard_changed_at", ["changed_at"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column(
            "slug",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tin", sa.String(length=40), nullable=True),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("maintenance_until", types.Instant(), nullable=True),
        sa.Column("maintenance_note", sa.String(length=200), nullable=True),
        sa.Column("requires_two_factor", sa.Boolean(name="requires_two_factor"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("slug", name=op.f("uq_organisation_slug")),
    )
    op.create_table(
        "server_fact",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_server_fact")),
    )
    op.create_table(
        "security_event",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=True),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("subject_id", types.Id(), nullable=True),
        sa.Column("session_id", types.Id(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("detail", types.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_security_event_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_security_event")),
    )
    with op.batch_alter_table("security_event", schema=None) as batch_op:
        batch_op.create_index("ix_security_event_organisation", ["organisation_id", "id"], unique=False)

    op.create_table(
        "transaction_total",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column(
            "till_code",
            sa.String(length=8).with_variant(sa.String(length=8, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("institution_id", types.Id(), nullable=False),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_transaction_total_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint(
            "organisation_id",
            "business_day",
            "till_code",
            "institution_id",
            "type",
            "state",
            "currency",
            name=op.f("pk_transaction_total"),
        ),
    )
    op.create_table(
        "transactions",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("origin", sa.String(length=4), nullable=False),
        sa.Column("till_id", types.Id(), nullable=True),
        sa.Column(
            "till_code",
            sa.String(length=8).with_variant(sa.String(length=8, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("type", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("cashier_id", types.Id(), nullable=True),
        sa.Column(
            "cashier_name",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("meter_id", types.Id(), nullable=True),
        sa.Column(
            "drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "receipt_number",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("institution_id", types.Id(), nullable=True),
        sa.Column(
            "reference",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("is_flagged", sa.Boolean(name="is_flagged"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.CheckConstraint("origin IN ('till', 'api')", name=op.f("ck_transactions_origin")),
        sa.CheckConstraint(
            "state IN ('draft', 'awaiting_payment', 'paid', 'delivered', 'voided', 'failed', 'expired', 'refund_due', 'refunded')",
            name=op.f("ck_transactions_state"),
        ),
        sa.CheckConstraint(
            "type IN ('token', 'voucher', 'account', 'bill', 'goods', 'policy', 'mixed')",
            name=op.f("ck_transactions_type"),
        ),
        sa.CheckConstraint("money_minor >= 0", name=op.f("ck_transactions_money")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_transactions_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
    )
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.create_index("ix_transactions_at", ["organisation_id", "at", "id"], unique=False)
        batch_op.create_index(
            "ix_transactions_cashier", ["organisation_id", "cashier_id", "at", "id"], unique=False
        )
        batch_op.create_index("ix_transactions_drn", ["organisation_id", "drn", "at", "id"], unique=False)
        batch_op.create_index(
            "ix_transactions_flagged",
            ["organisation_id", "at", "id"],
            unique=False,
            sqlite_where=sa.text("is_flagged"),
            postgresql_where=sa.text("is_flagged"),
        )
        batch_op.create_index(
            "ix_transactions_institution",
            ["organisation_id", "institution_id", "at", "id"],
            unique=False,
            sqlite_where=sa.text("institution_id IS NOT NULL"),
            postgresql_where=sa.text("institution_id IS NOT NULL"),
        )
        batch_op.create_index("ix_transactions_receipt", ["organisation_id", "receipt_number"], unique=False)
        batch_op.create_index(
            "ix_transactions_reference",
            ["organisation_id", "reference"],
            unique=False,
            sqlite_where=sa.text("reference IS NOT NULL"),
            postgresql_where=sa.text("reference IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_transactions_state",
            ["organisation_id", "state", "at", "id"],
            unique=False,
            sqlite_where=sa.text("state <> 'delivered'"),
            postgresql_where=sa.text("state <> 'delivered'"),
        )
        batch_op.create_index(
            "ix_transactions_till", ["organisation_id", "till_code", "at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_transactions_type",
            ["organisation_id", "type", "at", "id"],
            unique=False,
            sqlite_where=sa.text("type <> 'token'"),
            postgresql_where=sa.text("type <> 'token'"),
        )

    op.create_table(
        "users",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "username",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=1), nullable=False),
        sa.Column("institution_id", types.Id(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(name="is_active"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", types.Instant(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("role IN ('C', 'S', 'F', 'A', 'U')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_users_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("organisation_id", "username", name=op.f("uq_users_organisation_id_username")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column(
            "key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("etag", sa.String(length=80), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_key_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_key")),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_key_created_at", ["created_at"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_code_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "transaction_event",
        sa.Column("transaction_id", types.Id(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=True),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("actor_id", types.Id(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_transaction_event_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.id"],
            name=op.f("fk_transaction_event_transaction_id_transactions"),
        ),
        sa.PrimaryKeyConstraint("transaction_id", "n", name=op.f("pk_transaction_event")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("user_id", types.Id(), nullable=False),
        sa.Column("created_at", types.Instant(), nullable=False),
        sa.Column("refreshed_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("revoked_at", types.Instant(), nullable=True),
        sa.Column("revoked_reason", sa.String(length=40), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("has_second_factor", sa.Boolean(name="has_second_factor"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_user_session_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_session_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index("ix_user_session_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_user_session_user", ["user_id", "id"], unique=False)

    op.create_table(
        "refresh_token",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("session_id", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["user_session.id"],
            name=op.f("fk_refresh_token_session_id_user_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_refresh_token")),
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        batch_op.create_index("ix_refresh_token_session", ["session_id"], unique=False)
