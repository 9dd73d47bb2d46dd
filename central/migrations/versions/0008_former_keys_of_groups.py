"""Step 0008: what the key of a supply group was before its last change."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from central.models import types

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("supply_group", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former_key", types.Json(), nullable=True))
