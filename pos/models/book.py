"""The journal and the one row that says where this till's book stands."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    text,
)

from pos.models.base import Base
from pos.models.types import Id, Instant

journal = Table(
    "journal",
    Base.metadata,
    Column("seq", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("business_day", String(10), nullable=False),
    # The line's exact bytes, packed by pos.models.packing; docs/adr/0004.
    Column("line", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    # Everything but the two kinds that every sale writes: what people page through and audits look for.
    Index(
        "ix_journal_seldom",
        "kind",
        "seq",
        sqlite_where=text("kind NOT IN ('sale_delivered', 'token_handed_over')"),
    ),
)

# Lines of books that ended with a restore (docs/formats.md §4, book_restored); `place` as in
# `pos.models.places`. A line of the mirror that speaks of a record the back-up does not hold is kept but not
# booked: no projection follows from it, and verify passes it over.
former_journal = Table(
    "former_journal",
    Base.metadata,
    Column("place", BigInteger, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("business_day", String(10), nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("is_booked", Boolean(name="is_booked"), nullable=False),
)

book = Table(
    "book",
    Base.metadata,
    Column("one", Integer, primary_key=True),
    # 0 for a till's first book; each restore starts the next one.
    Column("number", Integer, nullable=False),
    Column("till_id", ForeignKey("till.id"), nullable=False),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", LargeBinary(32), nullable=False),
    Column("acked_seq", Integer, nullable=False),
    Column("mirrored_seq", Integer, nullable=False),
    Column("receipt_last", Integer, nullable=False),
    Column("z_last", Integer, nullable=False),
    Column("case_last", Integer, nullable=False),
    # The greatest instant in the journal or from the server (docs/formats.md §8).
    Column("trusted_at", Instant, nullable=False),
    Column("is_demo", Boolean(name="is_demo"), nullable=False),
    Column("is_training", Boolean(name="is_training"), nullable=False),
    CheckConstraint("one = 1", name="one"),
    CheckConstraint("acked_seq <= head_seq", name="acked"),
)

# Where each former book ended, so that verify can check its chain and the drill can name what is missing.
former_book = Table(
    "former_book",
    Base.metadata,
    Column("number", Integer, primary_key=True),
    Column("till_id", ForeignKey("till.id"), nullable=False),
    Column("head_seq", Integer, nullable=False),
    Column("head_hash", LargeBinary(32), nullable=False),
    Column("receipt_last", Integer, nullable=False),
)
