"""Step 0006: sales that were delivered after they began are found by when they were delivered."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_sale_delivered_later",
        "sale",
        ["delivered_place", "operator_key"],
        unique=False,
        sqlite_where=sa.text("delivered_place > place"),
    )
