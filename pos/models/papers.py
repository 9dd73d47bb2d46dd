"""Papers: the stored documents behind receipts and slips, and the print spool. Beside the journal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from pos.models.base import Base
from pos.models.types import Instant

document = Table(
    "document",
    Base.metadata,
    # The line whose paper this is; its body names the SHA-256 of the unpacked document.
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    # Canonical JSON, packed with its journal line as dictionary (pos.models.packing).
    Column("body", LargeBinary, nullable=False),
    Column("erased_at", Instant),
)

print_job = Table(
    "print_job",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("place", BigInteger, nullable=False),
    # 0 is the original; COPY n after it.
    Column("copy", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("printer", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("error", Text),
    Column("opens_drawer", Boolean(name="opens_drawer"), nullable=False),
    CheckConstraint("state IN ('waiting', 'sending', 'printed', 'unknown', 'failed')", name="state"),
    Index("ix_print_job_open", "state", "key", sqlite_where=text("state <> 'printed'")),
    Index("ix_print_job_place", "place"),
)
