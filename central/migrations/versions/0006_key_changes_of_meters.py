"""Step 0006: a meter that leaves its supply group."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_change", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_meter_next_change",
            ["organisation_id"],
            unique=False,
            sqlite_where=sa.text("next_change IS NOT NULL"),
            postgresql_where=sa.text("next_change IS NOT NULL"),
        )
