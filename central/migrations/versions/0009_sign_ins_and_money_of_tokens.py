"""Step 0009: sign-ins counted for all workers together, and the money of tokens that head office made."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from central.models import types

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("vend_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("money_minor", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("business_day", sa.Date(), nullable=True))
    op.create_table(
        "sign_in_bucket",
        sa.Column("network", types.code_text(64), nullable=False),
        sa.Column("full_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("network", name=op.f("pk_sign_in_bucket")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Counts of an hour: a crash may empty them, and a sign-in waits for no disk because of them.
        op.execute("ALTER TABLE sign_in_bucket SET UNLOGGED")
