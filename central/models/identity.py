"""Organisations (the tenants), the people who sign in at the server, their sessions, and the security log."""

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
)

from central.models.base import METADATA
from central.models.types import Id, Instant, Json, code_text

organisation = Table(
    "organisation",
    METADATA,
    Column("id", Id, primary_key=True),
    # What stands behind the @ of a sign-in name where a server has several organisations.
    Column("slug", code_text(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("tin", String(40)),
    Column("created_at", Instant, nullable=False),
    # While set, only administrators are served; the others are told to come back then.
    Column("maintenance_until", Instant),
    Column("maintenance_note", String(200)),
    # Whether supervisors, facility managers and administrators must have a second factor.
    Column("requires_two_factor", Boolean(name="requires_two_factor"), nullable=False),
)

users = Table(
    "users",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("username", code_text(40), nullable=False),
    Column("full_name", String(200), nullable=False),
    Column("role", String(1), nullable=False),
    # The one institution this person sees (roles F and U).
    Column("institution_id", Id),
    # None: known as staff of the tills only, and cannot sign in here.
    Column("password_hash", String(200)),
    Column("is_active", Boolean(name="is_active"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # The second factor: its secret is sealed; it counts once confirmed; a step is used at most once.
    Column("totp_sealed", LargeBinary),
    Column("totp_confirmed_at", Instant),
    Column("totp_last_step", BigInteger),
    UniqueConstraint("organisation_id", "username"),
    CheckConstraint("role IN ('C', 'S', 'F', 'A', 'U')", name="role"),
)

recovery_code = Table(
    "recovery_code",
    METADATA,
    Column("user_id", Id, ForeignKey("users.id"), primary_key=True),
    Column("hash", LargeBinary(32), primary_key=True),
    Column("used_at", Instant),
)

login_guard = Table(
    "login_guard",
    METADATA,
    # A keyed hash of organisation and name as typed: a name that nobody has is guarded just the same.
    Column("name_mac", LargeBinary(32), primary_key=True),
    Column("wrong", Integer, nullable=False),
    Column("wait_left_ms", BigInteger, nullable=False),
    Column("wait_from_ms", BigInteger, nullable=False),
    Column("is_locked", Boolean(name="is_locked"), nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_login_guard_changed_at", "changed_at"),
)

sign_in_bucket = Table(
    "sign_in_bucket",
    METADATA,
    # How often an address tried to sign in, for all workers together: when its bucket will be empty again, in
    # microseconds since 1970 (docs/operations.md). Not logged on PostgreSQL.
    Column("network", code_text(64), primary_key=True),
    Column("full_at_us", BigInteger, nullable=False),
)

user_session = Table(
    "user_session",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("user_id", Id, ForeignKey("users.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("refreshed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Column("revoked_reason", String(40)),
    Column("address", String(64), nullable=False),
    Column("user_agent", String(200), nullable=False),
    Column("has_second_factor", Boolean(name="has_second_factor"), nullable=False),
    Index("ix_user_session_user", "user_id", "id"),
    Index("ix_user_session_expires_at", "expires_at"),
)

refresh_token = Table(
    "refresh_token",
    METADATA,
    # SHA-256 of what the client holds. All tokens of one session are a family.
    Column("hash", LargeBinary(32), primary_key=True),
    Column("session_id", Id, ForeignKey("user_session.id", ondelete="CASCADE"), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Index("ix_refresh_token_session", "session_id"),
)

security_event = Table(
    "security_event",
    METADATA,
    # The id grows with time, so that "newest first" is its order.
    Column("id", Id, primary_key=True),
    # None: nobody's, such as a wrong name.
    Column("organisation_id", Id, ForeignKey("organisation.id")),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("actor_id", Id),
    Column("subject_id", Id),
    Column("session_id", Id),
    Column("address", String(64), nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("detail", Json, nullable=False),
    Index("ix_security_event_organisation", "organisation_id", "id"),
)

server_fact = Table(
    "server_fact",
    METADATA,
    # Single facts about this database, such as whether it is a demo's.
    Column("name", String(40), primary_key=True),
    Column("value", String(400), nullable=False),
)
