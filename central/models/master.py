"""Master data: what tills pull, in the order it changed, and the tables the server itself looks into."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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

feed = Table(
    "feed",
    METADATA,
    # One row as tills pull it; body None: gone from this scope. The scope is the zero id for everybody, else
    # a sales point or a till.
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("resource", code_text(20), primary_key=True),
    Column("id", code_text(120), primary_key=True),
    Column("scope", Id, primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("body", String),
    Index("uq_feed_change", "organisation_id", "resource", "change", unique=True),
    sqlite_with_rowid=False,
)

feed_head = Table(
    "feed_head",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("resource", code_text(20), primary_key=True),
    Column("change", BigInteger, nullable=False),
)

feed_cursor = Table(
    "feed_cursor",
    METADATA,
    # How far each till has pulled: a key change waits for the last one.
    Column("till_id", Id, ForeignKey("till.id"), primary_key=True),
    Column("resource", code_text(20), primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("pulled_at", Instant, nullable=False),
)

sales_point = Table(
    "sales_point",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", String(400)),
    Column("phone", String(20)),
    Column("currency", String(3), nullable=False),
    Column("language", String(2), nullable=False),
    Column("is_active", Boolean(name="is_active"), nullable=False),
    UniqueConstraint("organisation_id", "name"),
)

supplier = Table(
    "supplier",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("code", code_text(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("credit_limit_minor", BigInteger, nullable=False),
    # None: the float is not kept here, and does not bound envelopes.
    Column("is_float_kept", Boolean(name="is_float_kept"), nullable=False),
)

commission_rule = Table(
    "commission_rule",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("supplier", code_text(40), primary_key=True),
    Column("valid_from", Instant, primary_key=True),
    Column("ppm", Integer, nullable=False),
)

supply_group = Table(
    "supply_group",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("sgc", String(6), primary_key=True),
    Column("key_method", String(2), nullable=False),
    Column("algorithm", String(2), nullable=False),
    Column("base_date", String(2), nullable=False),
    Column("ti", String(2), nullable=False),
    Column("krn", Integer, nullable=False),
    Column("kt", Integer, nullable=False),
    Column("ken", Integer, nullable=False),
    Column("tid_zone", String(64), nullable=False),
    Column("lanes", Integer, nullable=False),
    Column("holders", Json, nullable=False),
    Column("supplier", code_text(40), nullable=False),
    Column("check_value", String(6)),
    # Announced. `next_change` is set while tills still have to learn of it, and its start is not set.
    Column("next_key", Json),
    Column("next_change", BigInteger),
    # What the key was before the last change, {krn, base_date, until}: sales of then may come late.
    Column("former_key", Json),
    CheckConstraint("lanes IN (1, 4, 16, 60)", name="lanes"),
)

meter = Table(
    "meter",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("drn", code_text(13), nullable=False),
    Column("pan", BigInteger, nullable=False),
    Column("service", Integer, nullable=False),
    Column("customer_id", Id),
    Column("tariff_code", code_text(64), nullable=False),
    Column("sgc", String(6), nullable=False),
    Column("ti", String(2)),
    Column("krn", Integer),
    Column("kt", Integer),
    Column("algorithm", String(2)),
    Column("key_method", String(2)),
    Column("base_date", String(2)),
    Column("status", String(10), nullable=False),
    Column("block_reason", String(200)),
    Column("arrears_minor", BigInteger, nullable=False),
    Column("account_number", code_text(64)),
    Column("institution_id", Id),
    Column("site", String(200)),
    Column("building", String(200)),
    Column("department", String(200)),
    Column("note", String(400)),
    Column("home_till", Id),
    Column("next_key", Json),
    # The change number of an announced key change that not every till has pulled yet.
    Column("next_change", BigInteger),
    Column("merged_into", Id),
    Column("is_dirty", Boolean(name="is_dirty"), nullable=False),
    Index(
        "uq_meter_drn",
        *("organisation_id", "drn"),
        unique=True,
        sqlite_where=text("merged_into IS NULL"),
        postgresql_where=text("merged_into IS NULL"),
    ),
    Index(
        "ix_meter_dirty",
        "organisation_id",
        sqlite_where=text("is_dirty"),
        postgresql_where=text("is_dirty"),
    ),
    Index(
        "ix_meter_next_change",
        "organisation_id",
        sqlite_where=text("next_change IS NOT NULL"),
        postgresql_where=text("next_change IS NOT NULL"),
    ),
    Index("ix_meter_institution", "organisation_id", "institution_id"),
    Index("ix_meter_customer", "customer_id"),
    Index(
        "ix_meter_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

meter_event = Table(
    "meter_event",
    METADATA,
    # What people did to a meter here; the id grows with time.
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("meter_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    # changed, arrears, merged
    Column("kind", String(16), nullable=False),
    Column("changes", Json, nullable=False),
    Column("reason", String(400), nullable=False),
    Column("actor_id", Id),
    Column("actor_name", String(200), nullable=False),
    Index("ix_meter_event_meter", "organisation_id", "meter_id", "id"),
)

customer = Table(
    "customer",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    # None: no sales point pulls it.
    Column("sales_point_id", Id),
    Column("name", String(200)),
    Column("phone", String(20)),
    Column("address", String(400)),
    Column("area", String(200)),
    # 0 not verified, 1 phone, 2 paper seen; each with its limits.
    Column("verification", Integer, nullable=False),
    Column("is_erased", Boolean(name="is_erased"), nullable=False),
    # The customer it is from now on; tills know only that one.
    Column("merged_into", Id),
    Index("ix_customer_organisation", "organisation_id", "id"),
    Index(
        "ix_customer_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

customer_event = Table(
    "customer_event",
    METADATA,
    # What people did to a customer here; the id grows with time. Personal data do not stand in it.
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("customer_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    # changed, merged, erased
    Column("kind", String(16), nullable=False),
    Column("changes", Json, nullable=False),
    Column("reason", String(400), nullable=False),
    Column("actor_id", Id),
    Column("actor_name", String(200), nullable=False),
    Index("ix_customer_event_customer", "organisation_id", "customer_id", "id"),
)

verification_level = Table(
    "verification_level",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("level", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("sale_max_minor", BigInteger),
    Column("day_max_minor", BigInteger),
    Column("month_max_minor", BigInteger),
)

tariff = Table(
    "tariff",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("code", code_text(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("valid_from", Instant, nullable=False),
    Column("name", String(200)),
    Column("body", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    UniqueConstraint("organisation_id", "code", "version"),
)

record = Table(
    "master_record",
    METADATA,
    # The rest of the master data, as rows of docs/formats.md §10: settings, fee rules, institutions, people
    # of the tills, fraud rules, voucher batches, catalogue.
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("resource", code_text(20), primary_key=True),
    Column("id", code_text(120), primary_key=True),
    Column("scope", Id, primary_key=True),
    Column("body", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_by", Id),
    Column("changed_at", Instant, nullable=False),
)

proposal = Table(
    "proposal",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("till_id", Id, nullable=False),
    Column("resource", String(10), nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("record", Json, nullable=False),
    Column("state", String(10), nullable=False),
    Column("reason", String(400), nullable=False),
    Column("record_id", Id),
    Column("received_at", Instant, nullable=False),
    Column("decided_by", Id),
    Column("decided_at", Instant),
    Index("ix_proposal_state", "organisation_id", "state", "id"),
)

server_vending_key = Table(
    "server_vending_key",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("sgc", String(6), primary_key=True),
    Column("krn", Integer, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("check_value", String(6), nullable=False),
    Column("loaded_by", String(200), nullable=False),
    Column("loaded_at", Instant, nullable=False),
)

vend_request = Table(
    "vend_request",
    METADATA,
    Column("organisation_id", Id, ForeignKey("organisation.id"), primary_key=True),
    Column("sale_id", Id, primary_key=True),
    Column("till_id", Id, nullable=False),
    Column("request_sha256", LargeBinary(32), nullable=False),
    # waiting, vended, refused
    Column("state", String(8), nullable=False),
    Column("code", String(64), nullable=False),
    # The answer: tokens, and the key they were made with.
    Column("tokens", Json),
    Column("pan", BigInteger),
    Column("base_date", String(2)),
    Column("tid", BigInteger),
    # What the customer paid, and the day it counts for, until the sale itself comes with a push.
    Column("money_minor", BigInteger),
    Column("business_day", Date),
    Column("first_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Index(
        "uq_vend_request_tid",
        *("organisation_id", "pan", "base_date", "tid"),
        unique=True,
        sqlite_where=text("tid IS NOT NULL"),
        postgresql_where=text("tid IS NOT NULL"),
    ),
)

reading = Table(
    "reading",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("meter_id", Id, nullable=False),
    Column("drn", code_text(13), nullable=False),
    Column("register", String(40), nullable=False),
    Column("value_milli", BigInteger, nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    # A till, a device, or a person.
    Column("source", String(8), nullable=False),
    Column("source_id", Id, nullable=False),
    Index("ix_reading_meter", "meter_id", "read_at"),
    Index("ix_reading_organisation", "organisation_id", "id"),
)

device = Table(
    "device",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("meter_id", Id, nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("is_active", Boolean(name="is_active"), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant),
    UniqueConstraint("organisation_id", "meter_id"),
)

device_token = Table(
    "device_token",
    METADATA,
    # Tokens the device says it has taken in: ids, never totals.
    Column("device_id", Id, ForeignKey("device.id"), primary_key=True),
    Column("digits", String(20), primary_key=True),
    Column("result", String(16), nullable=False),
    Column("at", Instant, nullable=False),
)
