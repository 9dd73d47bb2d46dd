"""Step 0003: what a till keeps about payments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "announcement",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_announcement")),
        sa.UniqueConstraint("sale_id", "what", name=op.f("uq_announcement_sale_id_what")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_announcement_new", ["key"], unique=False, sqlite_where=sa.text("seen_at IS NULL")
        )

    op.create_table(
        "fee_rule",
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "version", name=op.f("pk_fee_rule")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "message",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.CheckConstraint("channel IN ('sms', 'email')", name=op.f("ck_message_channel")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'failed')", name=op.f("ck_message_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("channel", "address", "about", name=op.f("uq_message_channel_address_about")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_open",
            ["send_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'sending')"),
        )

    op.create_table(
        "pending_sale",
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.Column("is_ready", sa.Boolean(name="is_ready"), nullable=False),
        sa.Column("deliver_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_pending_sale")),
    )
    with op.batch_alter_table("pending_sale", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pending_sale_ready", ["deliver_at"], unique=False, sqlite_where=sa.text("is_ready = 1")
        )

    op.create_table(
        "provider_account",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("balance_at", sa.BigInteger(), nullable=True),
        sa.Column("tried_at", sa.BigInteger(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=True),
        sa.Column("low_minor", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_account")),
    )
    op.create_table(
        "provider_answer",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_answer")),
    )
    with op.batch_alter_table("provider_answer", schema=None) as batch_op:
        batch_op.create_index("ix_provider_answer_at", ["at"], unique=False)
        batch_op.create_index("ix_provider_answer_payment", ["payment_id", "key"], unique=False)

    op.create_table(
        "provider_payment",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("pay_by", sa.Text(), nullable=True),
        sa.Column("provider_reference", sa.String(), nullable=False),
        sa.Column("recovery", sa.Text(), nullable=False),
        sa.Column("refund", sa.Text(), nullable=True),
        sa.Column("refund_reference", sa.String(), nullable=True),
        sa.Column("refund_by", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("ask_at", sa.BigInteger(), nullable=True),
        sa.Column("attention", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_payment")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_provider_payment_provider_reference")),
    )
    with op.batch_alter_table("provider_payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_provider_payment_ask", ["ask_at"], unique=False, sqlite_where=sa.text("ask_at IS NOT NULL")
        )
        batch_op.create_index(
            "ix_provider_payment_attention",
            ["begun_at"],
            unique=False,
            sqlite_where=sa.text("attention <> ''"),
        )
        batch_op.create_index(
            "ix_provider_payment_refund",
            ["refund_reference"],
            unique=False,
            sqlite_where=sa.text("refund_reference IS NOT NULL"),
        )
        batch_op.create_index("ix_provider_payment_sale", ["sale_id"], unique=False)

    op.create_table(
        "statement",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_statement")),
        sa.UniqueConstraint("sha256", name=op.f("uq_statement_sha256")),
    )
    op.create_table(
        "statement_row",
        sa.Column("statement_key", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("date", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provider_reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("payment_id", sa.LargeBinary(length=16), nullable=True),
        sa.CheckConstraint(
            "verdict IN ('matched', 'differing', 'only_theirs', 'only_ours')",
            name=op.f("ck_statement_row_verdict"),
        ),
        sa.PrimaryKeyConstraint("statement_key", "n", name=op.f("pk_statement_row")),
        sqlite_with_rowid=False,
    )
