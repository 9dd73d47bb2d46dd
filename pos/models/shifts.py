"""Shifts and cash movements (docs/formats.md §4); projections of the journal."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table, Text, text

from pos.models.base import Base
from pos.models.types import Id, Instant

shift = Table(
    "shift",
    Base.metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("operator_key", Integer, nullable=False),
    Column("drawer", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("business_day", String(10), nullable=False),
    Column("float_minor", BigInteger, nullable=False),
    Column("closed_place", BigInteger),
    Column("closed_at", Instant),
    Column("z_number", Integer, unique=True),
    Column("counted_minor", BigInteger),
    Column("expected_minor", BigInteger),
    Column("difference_minor", BigInteger),
    Index("ix_shift_open", "place", sqlite_where=text("closed_place IS NULL")),
    CheckConstraint("float_minor >= 0", name="float"),
)

cash_movement = Table(
    "cash_movement",
    Base.metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Id, nullable=False),
    Column("shift_place", BigInteger, nullable=False),
    Column("kind", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("slip_number", String),
    CheckConstraint("kind IN ('in', 'out', 'safe_drop', 'banking', 'no_sale_open')", name="kind"),
    Index("ix_cash_movement_shift", "shift_place"),
)
