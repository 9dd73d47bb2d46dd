"""Step 0005: a meter's duplicates are found by an index; a sale that comes to nothing keeps its meter."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_meter_merged_into",
        "meter",
        ["merged_into"],
        unique=False,
        sqlite_where=sa.text("merged_into IS NOT NULL"),
    )
    op.add_column("sale", sa.Column("asked_drn", sa.String(), nullable=True))
    op.execute(
        "UPDATE sale SET asked_drn = (SELECT json_extract(quote, '$.items[0].meter.drn') FROM pending_sale "
        "WHERE sale_id = sale.id) WHERE state <> 'delivered'"
    )
