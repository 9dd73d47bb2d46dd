"""Sales and all that a sale projects from its journal lines (docs/formats.md §3, §4).

`place` is where a fact stands: book number and journal seq in one integer (pos.models.places). Only columns
marked *beside the journal* are not rebuilt by verify.
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

sale = Table(
    "sale",
    Base.metadata,
    # The place of the first line that speaks of the sale.
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("business_day", String(10), nullable=False),
    Column("operator_key", Integer, nullable=False),
    Column("shift_place", BigInteger),
    Column("receipt_number", Integer),
    # The number of the book whose series the receipt number is from: each restore begins a new one.
    Column("receipt_book", Integer),
    Column("money_minor", BigInteger, nullable=False),
    Column("holder", String, nullable=False),
    Column("language", String(2), nullable=False),
    # The line that delivered it, once it is delivered.
    Column("delivered_place", BigInteger),
    # The number of the next copy on paper: 0 until the original was printed.
    Column("copies", Integer, nullable=False),
    # Whether a line says that the customer got the token, in whatever way.
    Column("is_handed_over", Boolean(name="is_handed_over"), nullable=False),
    # Beside the journal: what was asked for, so that the same id with other parameters is refused.
    Column("request_sha", LargeBinary(8)),
    # Beside the journal: the meter of a sale whose payment was asked for. Its items come with the delivery.
    Column("asked_drn", String),
    CheckConstraint(
        "state IN ('awaiting_payment', 'paid', 'delivered', 'voided', 'failed', 'expired', 'refund_due', "
        "'refunded')",
        name="state",
    ),
    CheckConstraint("money_minor >= 0", name="money"),
    Index(
        "uq_sale_receipt_number",
        "receipt_number",
        "receipt_book",
        unique=True,
        sqlite_where=text("receipt_number IS NOT NULL"),
    ),
    Index("ix_sale_operator", "operator_key", "place"),
    Index("ix_sale_business_day", "business_day"),
    # What is unfinished or came to nothing: few rows, and none of a sale that went well.
    Index("ix_sale_not_delivered", "state", sqlite_where=text("state <> 'delivered'")),
    Index(
        "ix_sale_not_handed_over",
        "state",
        sqlite_where=text("state = 'delivered' AND is_handed_over = 0"),
    ),
    # The few that were begun before the shift that delivered them.
    Index("ix_sale_inherited", "shift_place", sqlite_where=text("shift_place > place")),
    # What was delivered after it began: paid by phone, or made elsewhere. The rest is in order by its place.
    Index(
        "ix_sale_delivered_later",
        "delivered_place",
        "operator_key",
        sqlite_where=text("delivered_place > place"),
    ),
)

sale_item = Table(
    "sale_item",
    Base.metadata,
    Column("sale_place", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("item_kind", String, nullable=False),
    Column("meter_key", Integer),
    Column("money_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("free_milli", BigInteger, nullable=False),
    Column("carry_in_milli", Integer, nullable=False),
    Column("carry_out_milli", Integer, nullable=False),
    Column("token_units_tenths", BigInteger, nullable=False),
    Column("tariff_key", Integer),
    Index("ix_sale_item_meter", "meter_key", "sale_place"),
    sqlite_with_rowid=False,
)

sale_line = Table(
    "sale_line",
    Base.metadata,
    Column("sale_place", BigInteger, primary_key=True),
    Column("item_n", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("code", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("tax_code", String),
    Column("rate_micro", BigInteger),
    Column("block", Integer),
    sqlite_with_rowid=False,
)

payment = Table(
    "payment",
    Base.metadata,
    Column("sale_place", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("id", Id, nullable=False),
    Column("tender", String, nullable=False),
    Column("state", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("change_minor", BigInteger, nullable=False),
    Column("reference", String),
    Column("provider_reference", String),
    Column("phone_mac", String(32)),
    Column("phone_last3", String(3)),
    CheckConstraint(
        "state IN ('created', 'sent', 'unknown', 'succeeded', 'failed', 'refund_pending', 'refunded', "
        "'reversed')",
        name="state",
    ),
    Index("uq_payment_id", "id", unique=True, sqlite_where=text("tender <> 'cash'")),
    Index("ix_payment_tender", "tender", "sale_place", sqlite_where=text("tender <> 'cash'")),
    sqlite_with_rowid=False,
)

token = Table(
    "token",
    Base.metadata,
    # The line that issued it.
    Column("place", BigInteger, primary_key=True),
    Column("item_n", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("sale_place", BigInteger),
    Column("cause", String, nullable=False),
    Column("pan", BigInteger, nullable=False),
    Column("base_date", String(2), nullable=False),
    # None for key change tokens: they have no TID.
    Column("tid", Integer),
    Column("token_class", Integer, nullable=False),
    Column("subclass", Integer, nullable=False),
    Column("digits", String(20), nullable=False),
    Column("tenths", BigInteger),
    Index("uq_token_tid", "pan", "base_date", "tid", unique=True, sqlite_where=text("tid IS NOT NULL")),
    sqlite_with_rowid=False,
)

# Tokens that were not sold: free units, engineering, key changes, replacements.
issue = Table(
    "issue",
    Base.metadata,
    # The line that issued them.
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("cause", String, nullable=False),
    Column("meter_key", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("operator_key", Integer, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("is_handed_over", Boolean(name="is_handed_over"), nullable=False),
    Index("ix_issue_meter", "meter_key", "place"),
    Index("ix_issue_not_handed_over", "place", sqlite_where=text("is_handed_over = 0")),
)

# The last TID of a meter on this till (docs/formats.md §8); never reset.
tid_guard = Table(
    "tid_guard",
    Base.metadata,
    Column("pan", BigInteger, primary_key=True, autoincrement=False),
    Column("base_date", String(2), primary_key=True),
    Column("last_tid", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What did not fit into a token yet, 0.001 units (docs/formats.md §7.6).
carry = Table(
    "carry",
    Base.metadata,
    Column("meter_key", Integer, primary_key=True, autoincrement=False),
    Column("carry_milli", Integer, nullable=False),
)

# What a meter bought in a month: this till's own row has till "" and is a projection; others are pulled.
meter_month = Table(
    "meter_month",
    Base.metadata,
    Column("meter_key", Integer, primary_key=True, autoincrement=False),
    Column("month", String(7), primary_key=True),
    Column("till", String, primary_key=True),
    Column("units_milli", BigInteger, nullable=False),
    Column("free_milli", BigInteger, nullable=False),
    # Charge codes taken, sorted, one a line.
    Column("charges", Text, nullable=False),
    Column("arrears_taken_minor", BigInteger, nullable=False),
    # Beside the journal: the round of the pull that gave it (pos.models.office); 0 for own rows.
    Column("pull_round", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

case = Table(
    "case_record",
    Base.metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("number", Integer, nullable=False),
    Column("case_kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("sale_place", BigInteger),
    Column("wrong_drn", String),
    Column("right_drn", String),
    Column("reason", Text, nullable=False),
)

# Beside the journal ---------------------------------------------------------------------------------------

# A priced quote whose payment or token is under way: counted as used by every later quote (docs/formats.md
# §6).
reservation = Table(
    "reservation",
    Base.metadata,
    Column("sale_id", Id, primary_key=True),
    Column("item_n", Integer, primary_key=True),
    Column("meter_key", Integer, nullable=False),
    Column("month", String(7), nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("free_milli", BigInteger, nullable=False),
    Column("charges", Text, nullable=False),
    # What the carry will change by: the next quote starts from where this one would leave it.
    Column("carry_change_milli", Integer, nullable=False),
    Column("arrears_minor", BigInteger, nullable=False),
    # Customer credit the quote takes off (docs/formats.md §7.7).
    Column("credit_minor", BigInteger, nullable=False, server_default="0"),
    Column("money_minor", BigInteger, nullable=False),
    Column("supplier", String, nullable=False),
    Column("supplier_minor", BigInteger, nullable=False),
    Index("ix_reservation_meter", "meter_key", "month"),
)

# A sale begun and not paid: kept over a power cut, held and recalled.
draft = Table(
    "draft",
    Base.metadata,
    Column("sale_id", Id, primary_key=True),
    Column("operator_key", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
)

# The request to a remote key holder, stored as it will be sent, before it leaves (docs/formats.md §6).
holder_request = Table(
    "holder_request",
    Base.metadata,
    Column("sale_id", Id, primary_key=True),
    Column("holder", String, nullable=False),
    Column("state", String, nullable=False),
    Column("request", Text, nullable=False),
    Column("quote", Text, nullable=False),
    Column("answer", Text),
    Column("asked_at", Instant),
    CheckConstraint("state IN ('stored', 'left', 'answered', 'refused')", name="state"),
)

# The offline limits this till was given, and what own tokens have used of each (docs/formats.md §9).
envelope = Table(
    "envelope",
    Base.metadata,
    Column("sequence", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("as_of_seq", Integer, nullable=False),
    Column("money_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("expires_at", Instant),
    # None until the line `envelope_taken` makes it the one in force; later issues count into `used`.
    Column("taken_place", BigInteger),
    Column("used_money_minor", BigInteger, nullable=False),
    Column("used_units_milli", BigInteger, nullable=False),
    # Beside the journal: used after `as_of_seq` and before the envelope was taken, under the one before.
    Column("before_money_minor", BigInteger, nullable=False, server_default="0"),
    Column("before_units_milli", BigInteger, nullable=False, server_default="0"),
)
