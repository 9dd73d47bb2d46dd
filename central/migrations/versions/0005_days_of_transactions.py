"""Step 0005: days of transactions, and those of other programs."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("transactions", schema=None) as batch_op:
        batch_op.create_index("ix_transactions_day", ["organisation_id", "business_day", "at"], unique=False)
        batch_op.create_index(
            "ix_transactions_origin",
            ["organisation_id", "at", "id"],
            unique=False,
            sqlite_where=sa.text("origin <> 'till'"),
            postgresql_where=sa.text("origin <> 'till'"),
        )
