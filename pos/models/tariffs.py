"""Tariffs by version, suppliers and their commission."""

from sqlalchemy import (
    BigInteger,
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

tariff = Table(
    "tariff",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("code", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("name", String),
    # Canonical JSON (docs/formats.md §12); its SHA-256 is what a sale's basis names.
    Column("body", Text, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    UniqueConstraint("code", "version"),
)

supplier = Table(
    "supplier",
    Base.metadata,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("credit_limit_minor", BigInteger, nullable=False),
    CheckConstraint("credit_limit_minor >= 0", name="credit_limit"),
)

commission_rule = Table(
    "commission_rule",
    Base.metadata,
    Column("supplier", ForeignKey("supplier.code"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", Instant, nullable=False),
    Column("ppm", Integer, nullable=False),
    CheckConstraint("ppm BETWEEN 0 AND 1000000", name="ppm"),
)
