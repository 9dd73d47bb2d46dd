"""Tills: who they are, how they came, what they may, which lanes they count in."""

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
    UniqueConstraint,
    text,
)

from central.models.base import METADATA
from central.models.types import Id, Instant, Json, code_text

till = Table(
    "till",
    METADATA,
    # The id in the till's own journal.
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("sales_point_id", Id, nullable=False),
    Column("code", code_text(8), nullable=False),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("machine", String(200), nullable=False),
    Column("state", String(8), nullable=False),
    Column("enrolled_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_reason", String(200)),
    # The till this one took over from, and how far that book was restored.
    Column("replaces", Id),
    Column("replaces_seq", BigInteger),
    Column("limit_money_minor", BigInteger, nullable=False),
    Column("limit_units_milli", BigInteger, nullable=False),
    # The last line stored, and the last line booked.
    Column("head_seq", BigInteger, nullable=False),
    Column("head_hash", LargeBinary(32), nullable=False),
    Column("booked_seq", BigInteger, nullable=False),
    # What booking goes on from: greatest instant, last receipt number, envelope in force.
    Column("last_at", Instant),
    Column("receipt_last", BigInteger, nullable=False),
    Column("envelope_taken", BigInteger, nullable=False),
    Column("pushed_at", Instant),
    # Set when another book showed the same seq with another hash.
    Column("forked_at", Instant),
    Column("fork_seq", BigInteger),
    CheckConstraint("state IN ('enrolled', 'revoked', 'replaced', 'lost')", name="state"),
    # A code is never used again, whatever became of its till.
    UniqueConstraint("organisation_id", "code"),
)

enrolment_code = Table(
    "enrolment_code",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("sales_point_id", Id, nullable=False),
    Column("limit_money_minor", BigInteger, nullable=False),
    Column("limit_units_milli", BigInteger, nullable=False),
    Column("made_by", Id),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("till_id", Id),
    Index("ix_enrolment_code_expires_at", "expires_at"),
)

enrolment_try = Table(
    "enrolment_try",
    METADATA,
    # Wrong codes by network (an address of IPv4, a /64 of IPv6): five, then a wait.
    Column("address", String(64), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("since", Instant, nullable=False),
)

till_nonce = Table(
    "till_nonce",
    METADATA,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("till_id", Id, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_till_nonce_expires_at", "expires_at"),
)

till_session = Table(
    "till_session",
    METADATA,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("till_id", Id, ForeignKey("till.id"), nullable=False),
    Column("scope", String(8), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_till_session_till", "till_id"),
    Index("ix_till_session_expires_at", "expires_at"),
)

lane = Table(
    "lane",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("sgc", String(6), primary_key=True),
    # The revision under which it was given; it is free again once the group has a key its till never knew.
    Column("krn", Integer, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("till_id", Id, nullable=False),
    Column("given_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Index("ix_lane_till", "till_id"),
)

envelope_grant = Table(
    "envelope_grant",
    METADATA,
    Column("till_id", Id, ForeignKey("till.id"), primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("as_of_seq", BigInteger, nullable=False),
    Column("money_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    # What pushed lines after as_of_seq have used of it.
    Column("used_money_minor", BigInteger, nullable=False),
    Column("used_units_milli", BigInteger, nullable=False),
    Column("envelope", Json, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("taken_seq", BigInteger),
    # A live grant counts as spent until pushes prove otherwise.
    Column("is_live", Boolean(name="is_live"), nullable=False),
    Column("written_off_by", Id),
    Column("written_off_at", Instant),
    Index(
        "ix_envelope_grant_live",
        "organisation_id",
        sqlite_where=text("is_live"),
        postgresql_where=text("is_live"),
    ),
)
