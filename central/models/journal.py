"""What tills sent, as they sent it, and what it was booked as."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    text,
)

from central.models.base import METADATA
from central.models.types import Id, Instant, Json, code_text

journal_line = Table(
    "journal_line",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("id", Id, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("received_at", Instant, nullable=False),
    # Whether the till was revoked when it came.
    Column("is_drained", Boolean(name="is_drained"), nullable=False),
    sqlite_with_rowid=False,
)

line_flag = Table(
    "line_flag",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("flag", code_text(64), primary_key=True),
    Column("id", Id, nullable=False, unique=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("sale_id", Id),
    Column("meter_id", Id),
    Column("money_minor", BigInteger, nullable=False),
    Column("detail", Json, nullable=False),
    # open, decided; an unknown kind that was understood later: cleared.
    Column("state", String(8), nullable=False),
    Column("bearer", String(16)),
    Column("reason", String(400)),
    Column("decided_by", Id),
    Column("decided_at", Instant),
    Index("ix_line_flag_review", "organisation_id", "state", "id"),
)

sale_item = Table(
    "sale_item",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    # None: issued without a sale.
    Column("sale_id", Id),
    Column("cause", String(16), nullable=False),
    Column("item_kind", String(8), nullable=False),
    Column("at", Instant, nullable=False),
    Column("business_day", Date, nullable=False),
    Column("meter_id", Id),
    Column("drn", code_text(13)),
    Column("tariff_id", Id),
    Column("month", code_text(7)),
    Column("money_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("free_milli", BigInteger, nullable=False),
    Column("carry_in_milli", BigInteger, nullable=False),
    Column("carry_out_milli", BigInteger, nullable=False),
    Column("token_units_tenths", BigInteger, nullable=False),
    Index("ix_sale_item_sale", "sale_id"),
    Index("ix_sale_item_meter", "meter_id", "at"),
    sqlite_with_rowid=False,
)

sale_line = Table(
    "sale_line",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("item_n", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("tax_code", String(64), nullable=False),
    Column("rate_micro", BigInteger),
    Column("block", Integer),
    sqlite_with_rowid=False,
)

payment = Table(
    "payment",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("payment_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("sale_id", Id, nullable=False),
    Column("tender", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("change_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("provider_reference", String(200)),
    # Under the till's own key: the same phone has the same MAC within an organisation.
    Column("phone_mac", code_text(32)),
    Column("at", Instant, nullable=False),
    Index("ix_payment_sale", "sale_id"),
    Index(
        "ix_payment_phone",
        *("organisation_id", "phone_mac", "at"),
        sqlite_where=text("phone_mac IS NOT NULL"),
        postgresql_where=text("phone_mac IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

token = Table(
    "token",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("item_n", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("sale_id", Id),
    Column("pan", BigInteger, nullable=False),
    Column("base_date", String(2), nullable=False),
    Column("tid", BigInteger),
    Column("token_class", SmallInteger, nullable=False),
    Column("subclass", SmallInteger, nullable=False),
    Column("digits", String(20), nullable=False),
    Column("tenths", BigInteger),
    # A second token with the same TID: booked, flagged, refused by the meter.
    Column("is_double", Boolean(name="is_double"), nullable=False),
    Index(
        "uq_token_tid",
        *("organisation_id", "pan", "base_date", "tid"),
        unique=True,
        sqlite_where=text("tid IS NOT NULL AND NOT is_double"),
        postgresql_where=text("tid IS NOT NULL AND NOT is_double"),
    ),
    Index("ix_token_digits", "digits"),
    sqlite_with_rowid=False,
)

posting = Table(
    "posting",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("account", code_text(80), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

account_balance = Table(
    "account_balance",
    METADATA,
    # Each till's own part: tills that push at once do not wait for each other.
    Column("till_id", Id, primary_key=True),
    Column("account", code_text(80), primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Index("ix_account_balance_organisation", "organisation_id", "account"),
)

book_day = Table(
    "book_day",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("business_day", code_text(10), primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("figures", Json, nullable=False),
)

shift = Table(
    "shift",
    METADATA,
    Column("till_id", Id, primary_key=True),
    Column("shift_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("operator_id", Id, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("float_minor", BigInteger, nullable=False),
    Column("closed_at", Instant),
    Column("z_number", code_text(24)),
    Column("counted_minor", BigInteger),
    Column("expected_minor", BigInteger),
    Column("difference_minor", BigInteger),
    Column("business_day", Date, nullable=False),
    Index("ix_shift_organisation", "organisation_id", "opened_at"),
)

case = Table(
    "meter_case",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    # None: opened by the server.
    Column("till_id", Id),
    Column("case_kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sale_id", Id),
    Column("meter_id", Id),
    Column("wrong_drn", code_text(13)),
    Column("right_drn", code_text(13)),
    Column("reason", String(400), nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Index("ix_meter_case_organisation", "organisation_id", "state", "id"),
)

meter_month = Table(
    "meter_month",
    METADATA,
    Column("meter_id", Id, primary_key=True),
    Column("month", code_text(7), primary_key=True),
    Column("till_id", Id, primary_key=True),
    Column("organisation_id", Id, nullable=False),
    Column("units_milli", BigInteger, nullable=False),
    Column("free_milli", BigInteger, nullable=False),
    Column("arrears_taken_minor", BigInteger, nullable=False),
    # Codes of monthly charges taken, one a line.
    Column("charges", String, nullable=False),
    # Set where the summariser still has to publish it.
    Column("is_dirty", Boolean(name="is_dirty"), nullable=False),
    Index(
        "ix_meter_month_dirty",
        "organisation_id",
        sqlite_where=text("is_dirty"),
        postgresql_where=text("is_dirty"),
    ),
    sqlite_with_rowid=False,
)

voucher_use = Table(
    "voucher_use",
    METADATA,
    Column("organisation_id", Id, primary_key=True),
    Column("voucher_id", Id, primary_key=True),
    Column("till_id", Id, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

customer_credit = Table(
    "customer_credit",
    METADATA,
    Column("id", Id, primary_key=True),
    Column("organisation_id", Id, ForeignKey("organisation.id"), nullable=False),
    Column("meter_id", Id, nullable=False),
    Column("till_id", Id, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("cause", String(8), nullable=False),
    Column("code", String(64), nullable=False),
    Column("month", code_text(7), nullable=False),
    Column("given_at", Instant, nullable=False),
    # The line whose taking was one too many: never given back twice.
    Column("source_till", Id, nullable=False),
    Column("source_seq", BigInteger, nullable=False),
    Column("source_n", Integer, nullable=False),
    Index("uq_customer_credit_source", "source_till", "source_seq", "source_n", "cause", "code", unique=True),
    Index("ix_customer_credit_meter", "organisation_id", "meter_id"),
)
