"""What a till keeps about head office: the link, pulled rows, flags of its lines, compared days.

All of it is beside the journal. Nothing here is there before the till is enrolled.
"""

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
from pos.models.types import Id, Instant

# One row once the till is enrolled.
server_link = Table(
    "server_link",
    Base.metadata,
    Column("one", Integer, primary_key=True),
    Column("url", String, nullable=False),
    # The till that is enrolled: after a restore the book has another one, which is not enrolled yet.
    Column("till_id", Id, nullable=False),
    # enrolled; revoked: only what is unsent may still go out; forked: a copy of this till sold too.
    Column("state", String, nullable=False),
    Column("state_reason", Text, nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    # JSON list {key_id, public_key}: what envelopes are signed with.
    Column("server_keys", Text, nullable=False),
    # Server's clock minus this machine's, at the last login; None before the first.
    Column("clock_offset_ms", BigInteger),
    Column("clock_checked_at", Instant),
    # An administrator lets the till keep the server's time.
    Column("keeps_server_clock", Boolean(name="keeps_server_clock"), nullable=False),
    Column("min_app", String, nullable=False),
    # When a whole cycle last ended well, and what stopped the last one that did not.
    Column("synced_at", Instant),
    Column("failed_at", Instant),
    Column("failed_code", String),
    Column("failed_text", Text),
    # Lines up to here are counted in `day_book`.
    Column("tallied_seq", Integer, nullable=False),
    CheckConstraint("one = 1", name="one"),
    CheckConstraint("state IN ('enrolled', 'revoked', 'forked')", name="state"),
)

# How far each resource is pulled. `mapping`: the server's shape and ours, in whose terms the cursor counts.
pull_cursor = Table(
    "pull_cursor",
    Base.metadata,
    Column("resource", String, primary_key=True),
    Column("cursor", String, nullable=False),
    Column("mapping", String, nullable=False),
    # Counts the times the resource was begun anew; rows of an older round are gone at the server.
    Column("round", Integer, nullable=False),
    Column("is_whole", Boolean(name="is_whole"), nullable=False),
    Column("rows_taken", BigInteger, nullable=False),
    Column("pulled_at", Instant, nullable=False),
    Column("trouble", Text),
)

# Pulled rows that have no table of their own, and the ids of those whose table has no room for the round.
office_record = Table(
    "office_record",
    Base.metadata,
    Column("resource", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("body", Text, nullable=False),
    Column("round", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Another id of a meter: the one it had here before head office gave it its own, or of a merged duplicate.
meter_alias = Table(
    "meter_alias",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("meter_key", Integer, nullable=False),
    Index("ix_meter_alias_meter", "meter_key"),
)

# Lines the server booked and flagged; `reasons` one a line (docs/formats.md §10).
line_flag = Table(
    "line_flag",
    Base.metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("reasons", Text, nullable=False),
    Column("noted_at", Instant, nullable=False),
)

# One business day of one book, counted over lines the server has, and how the server's book compares.
day_book = Table(
    "day_book",
    Base.metadata,
    Column("till_id", Id, primary_key=True),
    Column("business_day", String(10), primary_key=True),
    # JSON of pos.domain.day_figures.DayFigures.
    Column("figures", Text, nullable=False),
    Column("last_seq", Integer, nullable=False),
    # grey until it is compared up to `last_seq`.
    Column("colour", String, nullable=False),
    Column("compared_at", Instant),
    # The server's figures and the differences, JSON; None where it has nothing of the day.
    Column("server_figures", Text),
    Column("differences", Text),
    CheckConstraint("colour IN ('grey', 'green', 'red')", name="colour"),
    Index("ix_day_book_open", "colour", sqlite_where=text("colour <> 'green'")),
    sqlite_with_rowid=False,
)

# What a meter was charged twice and gets back here (docs/formats.md §7.7); posted by a line `float_moved`.
customer_credit = Table(
    "customer_credit",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("meter_key", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("cause", String, nullable=False),
    Column("code", String, nullable=False),
    Column("month", String(7), nullable=False),
    Column("given_at", Instant, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount"),
    Index("ix_customer_credit_meter", "meter_key"),
)

# A book that was restored elsewhere and is replaced by this one: what the server had of it at enrolment.
replaced_book = Table(
    "replaced_book",
    Base.metadata,
    Column("till_id", Id, primary_key=True),
    Column("book_number", Integer, nullable=False),
    Column("restored_seq", Integer, nullable=False),
    Column("server_seq", Integer, nullable=False),
    Column("server_hash", LargeBinary(32), nullable=False),
    Column("server_receipt_last", Integer, nullable=False),
    # How far both have the same lines now: fetched from the server, or sent to it.
    Column("level_seq", Integer, nullable=False),
)
