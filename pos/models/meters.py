"""Meters, the people behind them, supply groups, and what imports did to them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
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

supply_group = Table(
    "supply_group",
    Base.metadata,
    Column("sgc", String(6), primary_key=True),
    Column("key_method", String(2), nullable=False),
    Column("algorithm", String(2), nullable=False),
    Column("base_date", String(2), nullable=False),
    Column("ti", String(2), nullable=False),
    Column("krn", Integer, nullable=False),
    Column("kt", Integer, nullable=False),
    Column("ken", Integer, nullable=False),
    Column("tid_zone", String, nullable=False),
    Column("lanes", Integer, nullable=False),
    Column("lane", Integer, nullable=False),
    # Key holders in the order they are asked, a JSON list: "vault", "central".
    Column("holders", Text, nullable=False),
    Column("supplier", String, nullable=False),
    # What the check value of the group's key must be when it is loaded; empty where none was announced.
    Column("check_value", String(6)),
    # The announced next key, JSON {krn, ken, ti, kt, base_date, from}; docs/formats.md §8.
    Column("next_key", Text),
    CheckConstraint("lanes IN (1, 4, 16, 60) AND lane >= 0 AND lane < lanes", name="lane"),
    CheckConstraint("length(sgc) = 6", name="sgc"),
)

customer = Table(
    "customer",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("name", String),
    Column("phone", String),
    # The digits of the phone read backwards: any usual spelling and its last digits are a range of an index.
    Column("phone_reversed", String),
    Column("address", String),
    Column("area", String),
    Column("national_last4", String(4)),
    Column("national_mac", LargeBinary(16)),
    Column("erased_at", Instant),
    # The import that made the customer; its undo takes the customer away again.
    Column("import_key", ForeignKey("import_batch.key")),
    # As of `meter`.
    Column("pull_round", Integer, nullable=False, server_default="0"),
    Index("ix_customer_phone_reversed", "phone_reversed"),
    Index("ix_customer_import", "import_key"),
)

meter = Table(
    "meter",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("drn", String, nullable=False, unique=True),
    # The serial read backwards: "ends with 4711" is then a range of an index.
    Column("drn_reversed", String, nullable=False),
    Column("pan", BigInteger, nullable=False),
    Column("service", Integer, nullable=False),
    Column("customer_key", ForeignKey("customer.key")),
    Column("tariff_code", String, nullable=False),
    Column("sgc", ForeignKey("supply_group.sgc"), nullable=False),
    # Empty key fields take the group's (docs/formats.md §12).
    Column("ti", String(2)),
    Column("krn", Integer),
    Column("kt", Integer),
    Column("algorithm", String(2)),
    Column("key_method", String(2)),
    Column("base_date", String(2)),
    Column("status", String, nullable=False),
    Column("block_reason", String),
    Column("arrears_minor", BigInteger, nullable=False),
    Column("account_number", String),
    Column("institution", String),
    Column("site", String),
    Column("building", String),
    Column("department", String),
    Column("note", String),
    Column("import_key", ForeignKey("import_batch.key")),
    # From head office: the customer's id, also where this till was not given the customer itself.
    Column("customer_id", Id),
    # The one till that gives the month's free units offline.
    Column("home_till", Id),
    # A key change announced for this meter alone, as the group's.
    Column("next_key", Text),
    # The record this duplicate was merged into; nothing is sold under it any more.
    Column("merged_into", Id),
    # The round of the pull that last gave it (pos.models.office); 0 for a meter made here.
    Column("pull_round", Integer, nullable=False, server_default="0"),
    CheckConstraint("status IN ('active', 'inactive', 'suspended', 'blocked')", name="status"),
    CheckConstraint("arrears_minor >= 0", name="arrears"),
    CheckConstraint("service BETWEEN 0 AND 3", name="service"),
    Index("ix_meter_drn_reversed", "drn_reversed"),
    Index("ix_meter_customer", "customer_key"),
    Index("ix_meter_import", "import_key"),
    Index("ix_meter_institution", "institution", sqlite_where=text("institution IS NOT NULL")),
    # A sale asks what was given back to the duplicates of its meter.
    Index("ix_meter_merged_into", "merged_into", sqlite_where=text("merged_into IS NOT NULL")),
    # Meters that wait for their customer to come.
    Index(
        "ix_meter_customer_id",
        "customer_id",
        sqlite_where=text("customer_key IS NULL AND customer_id IS NOT NULL"),
    ),
)

import_batch = Table(
    "import_batch",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("file_name", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("operator_key", ForeignKey("operator.key"), nullable=False),
    Column("rows_added", Integer, nullable=False),
    Column("rows_changed", Integer, nullable=False),
    Column("rows_refused", Integer, nullable=False),
    CheckConstraint("state IN ('running', 'done', 'cancelled', 'undone')", name="state"),
)

# What an import changed, JSON {"meter": {column: [before, after]}, "customer": {…}, "customer_key"}:
# undo puts back what nobody changed since. A customer's part goes when the customer is erased.
import_change = Table(
    "import_change",
    Base.metadata,
    Column("import_key", ForeignKey("import_batch.key"), primary_key=True),
    Column("meter_key", ForeignKey("meter.key"), primary_key=True),
    Column("changes", Text, nullable=False),
    Index("ix_import_change_meter", "meter_key"),
    sqlite_with_rowid=False,
)

# A meter or customer made or changed at this till, as it is sent to head office; the journal has its hash
# (record_proposed). `state` is head office's word: waiting until it has one.
proposal = Table(
    "proposal",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("resource", String, nullable=False, server_default="meter"),
    Column("meter_key", ForeignKey("meter.key")),
    # A customer who is gone here takes along what was proposed about him.
    Column("customer_key", ForeignKey("customer.key", ondelete="CASCADE")),
    # Canonical JSON; None once the customer in it is erased.
    Column("record", LargeBinary),
    Column("state", String, nullable=False, server_default="waiting"),
    Column("reason", Text),
    Column("sent_at", Instant),
    CheckConstraint("state IN ('waiting', 'accepted', 'merged', 'refused')", name="state"),
    CheckConstraint(
        "(resource = 'meter' AND meter_key IS NOT NULL AND customer_key IS NULL) OR "
        "(resource = 'customer' AND customer_key IS NOT NULL AND meter_key IS NULL)",
        name="resource",
    ),
    Index("ix_proposal_meter", "meter_key"),
    Index("ix_proposal_customer", "customer_key"),
    Index("ix_proposal_open", "id", sqlite_where=text("state = 'waiting'")),
)
