"""Step 0004: proposals about customers, beside those about meters."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "proposal_0004",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("resource", sa.String(), server_default="meter", nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=True),
        sa.Column("customer_key", sa.Integer(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), server_default="waiting", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(resource = 'meter' AND meter_key IS NOT NULL AND customer_key IS NULL) OR "
            "(resource = 'customer' AND customer_key IS NOT NULL AND meter_key IS NULL)",
            name=op.f("ck_proposal_resource"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'merged', 'refused')", name=op.f("ck_proposal_state")
        ),
        sa.ForeignKeyConstraint(["meter_key"], ["meter.key"], name=op.f("fk_proposal_meter_key_meter")),
        sa.ForeignKeyConstraint(
            ["customer_key"],
            ["customer.key"],
            name=op.f("fk_proposal_customer_key_customer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.execute(
        "INSERT INTO proposal_0004 (id, meter_key, record, state, reason, sent_at) "
        "SELECT id, meter_key, record, state, reason, sent_at FROM proposal"
    )
    op.drop_table("proposal")
    op.rename_table("proposal_0004", "proposal")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_meter", ["meter_key"], unique=False)
        batch_op.create_index("ix_proposal_customer", ["customer_key"], unique=False)
        batch_op.create_index(
            "ix_proposal_open", ["id"], unique=False, sqlite_where=sa.text("state = 'waiting'")
        )
