"""Step 0002: what a till keeps about head office."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "customer_credit",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_customer_credit_amount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_credit")),
    )
    with op.batch_alter_table("customer_credit", schema=None) as batch_op:
        batch_op.create_index("ix_customer_credit_meter", ["meter_key"], unique=False)

    op.create_table(
        "day_book",
        sa.Column("till_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("colour", sa.String(), nullable=False),
        sa.Column("compared_at", sa.BigInteger(), nullable=True),
        sa.Column("server_figures", sa.Text(), nullable=True),
        sa.Column("differences", sa.Text(), nullable=True),
        sa.CheckConstraint("colour IN ('grey', 'green', 'red')", name=op.f("ck_day_book_colour")),
        sa.PrimaryKeyConstraint("till_id", "business_day", name=op.f("pk_day_book")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("day_book", schema=None) as batch_op:
        batch_op.create_index(
            "ix_day_book_open", ["colour"], unique=False, sqlite_where=sa.text("colour <> 'green'")
        )

    op.create_table(
        "line_flag",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_line_flag")),
    )
    op.create_table(
        "meter_alias",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_alias")),
    )
    with op.batch_alter_table("meter_alias", schema=None) as batch_op:
        batch_op.create_index("ix_meter_alias_meter", ["meter_key"], unique=False)

    op.create_table(
        "office_record",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("resource", "id", name=op.f("pk_office_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pull_cursor",
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("mapping", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("is_whole", sa.Boolean(name="is_whole"), nullable=False),
        sa.Column("rows_taken", sa.BigInteger(), nullable=False),
        sa.Column("pulled_at", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("resource", name=op.f("pk_pull_cursor")),
    )
    op.create_table(
        "replaced_book",
        sa.Column("till_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("book_number", sa.Integer(), nullable=False),
        sa.Column("restored_seq", sa.Integer(), nullable=False),
        sa.Column("server_seq", sa.Integer(), nullable=False),
        sa.Column("server_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("server_receipt_last", sa.Integer(), nullable=False),
        sa.Column("level_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", name=op.f("pk_replaced_book")),
    )
    op.create_table(
        "server_link",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("till_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("server_keys", sa.Text(), nullable=False),
        sa.Column("clock_offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("clock_checked_at", sa.BigInteger(), nullable=True),
        sa.Column("keeps_server_clock", sa.Boolean(name="keeps_server_clock"), nullable=False),
        sa.Column("min_app", sa.String(), nullable=False),
        sa.Column("synced_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_code", sa.String(), nullable=True),
        sa.Column("failed_text", sa.Text(), nullable=True),
        sa.Column("tallied_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('enrolled', 'revoked', 'forked')", name=op.f("ck_server_link_state")),
        sa.CheckConstraint("one = 1", name=op.f("ck_server_link_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_server_link")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pull_round", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("envelope", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("before_money_minor", sa.BigInteger(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("before_units_milli", sa.BigInteger(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("customer_id", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("home_till", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("next_key", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.LargeBinary(length=16), nullable=True))
        batch_op.add_column(sa.Column("pull_round", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(
            "ix_meter_customer_id",
            ["customer_id"],
            unique=False,
            sqlite_where=sa.text("customer_key IS NULL AND customer_id IS NOT NULL"),
        )

    with op.batch_alter_table("meter_month", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pull_round", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.add_column(sa.Column("office_pin", sa.LargeBinary(length=32), nullable=True))

    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.add_column(sa.Column("state", sa.String(), server_default="waiting", nullable=False))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("sent_at", sa.BigInteger(), nullable=True))
        batch_op.create_check_constraint("state", "state IN ('waiting', 'accepted', 'merged', 'refused')")
        batch_op.create_index(
            "ix_proposal_open", ["id"], unique=False, sqlite_where=sa.text("state = 'waiting'")
        )

    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("credit_minor", sa.BigInteger(), server_default="0", nullable=False))
