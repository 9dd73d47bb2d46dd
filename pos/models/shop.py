"""Who sells, where: organisation, branch, sales point, till, the people who sign in, settings."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from pos.models.base import Base
from pos.models.types import Id, Instant

organisation = Table(
    "organisation",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("name", String, nullable=False),
    Column("time_zone", String, nullable=False),
    Column("tin", String),
)

branch = Table(
    "branch",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("organisation_id", ForeignKey("organisation.id"), nullable=False),
    Column("name", String, nullable=False),
)

sales_point = Table(
    "sales_point",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("branch_id", ForeignKey("branch.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("address", String),
    Column("phone", String),
    Column("currency", String(3), nullable=False),
    Column("language", String(2), nullable=False),
    CheckConstraint("length(currency) = 3", name="currency"),
)

till = Table(
    "till",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("sales_point_id", ForeignKey("sales_point.id"), nullable=False),
    Column("code", String, nullable=False),
    Column("public_key", LargeBinary(32), nullable=False),
    UniqueConstraint("code"),
)

operator = Table(
    "operator",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("name", String, nullable=False, unique=True),
    Column("role", String(1), nullable=False),
    Column("institution", String),
    Column("pin_sealed", LargeBinary, nullable=False),
    Column("wrong_pins", Integer, nullable=False, default=0),
    # Milliseconds of the machine's running time, not of its clock: setting the clock forward ends no wait.
    Column("wait_left_ms", BigInteger, nullable=False, default=0),
    # The running time at which `wait_left_ms` was still to wait; a smaller one now means the machine
    # restarted.
    Column("wait_from_ms", BigInteger, nullable=False, default=0),
    Column("is_locked", Boolean(name="is_locked"), nullable=False, default=False),
    Column("is_active", Boolean(name="is_active"), nullable=False, default=True),
    # SHA-256 of the PIN hash head office sent last: the same one again does not undo a PIN set here.
    Column("office_pin", LargeBinary(32)),
    CheckConstraint("role IN ('C', 'S', 'F', 'A', 'U')", name="role"),
    CheckConstraint("wrong_pins >= 0", name="wrong_pins"),
)

# The shop's one recovery code; its hash needs no seal: nobody guesses 125 random bits.
recovery_code = Table(
    "recovery_code",
    Base.metadata,
    Column("one", Integer, primary_key=True),
    Column("hash", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    CheckConstraint("one = 1", name="one"),
)

setting = Table(
    "setting",
    Base.metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
