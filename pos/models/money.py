"""Double entry and running totals (docs/formats.md §5); all projections of the journal."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from pos.models.base import Base

account = Table(
    "account",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("balance_minor", BigInteger, nullable=False),
)

posting = Table(
    "posting",
    Base.metadata,
    Column("place", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("account_key", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

total_line = Table(
    "total_line",
    Base.metadata,
    Column("business_day", String(10), primary_key=True),
    Column("shift_place", BigInteger, primary_key=True),
    Column("operator_key", Integer, primary_key=True),
    # 0 where no tariff stands behind the line.
    Column("tariff_key", Integer, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("pieces", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Index("ix_total_line_shift", "shift_place"),
    sqlite_with_rowid=False,
)

total_tender = Table(
    "total_tender",
    Base.metadata,
    Column("business_day", String(10), primary_key=True),
    Column("shift_place", BigInteger, primary_key=True),
    Column("operator_key", Integer, primary_key=True),
    Column("tender", String, primary_key=True),
    Column("pieces", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Index("ix_total_tender_shift", "shift_place"),
    sqlite_with_rowid=False,
)
