"""What a till keeps about payments that are not cash: requests, frozen quotes, raw answers, fees, statements.

All of it is beside the journal: what counts stands in the lines (`payment_changed`) and in `payment`.
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
    UniqueConstraint,
    text,
)

from pos.models.base import Base
from pos.models.types import Id, Instant

# A sale whose payment is under way: its quote is frozen and reserved until every payment is final.
pending_sale = Table(
    "pending_sale",
    Base.metadata,
    Column("sale_id", Id, primary_key=True),
    Column("operator_key", Integer, nullable=False),
    Column("begun_at", Instant, nullable=False),
    # JSON of what was asked for, and of the `sale` (docs/formats.md §4) without tokens and payments.
    Column("request", Text, nullable=False),
    Column("quote", Text, nullable=False),
    # JSON {payment_id: change_minor} of cash parts that were given change.
    Column("change", Text, nullable=False),
    # Somebody served the next customer meanwhile: what comes of it is announced.
    Column("parked_at", Instant),
    # All its money is there; only the delivery waits, for a shift or for the token.
    Column("is_ready", Boolean(name="is_ready"), nullable=False),
    Column("deliver_at", Instant),
    # The code of the refusal that keeps it from being delivered.
    Column("trouble", String),
    Index("ix_pending_sale_ready", "deliver_at", sqlite_where=text("is_ready = 1")),
)

# One request to a provider, stored with its reference before it leaves.
provider_payment = Table(
    "provider_payment",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("sale_id", Id, nullable=False),
    Column("provider", String, nullable=False),
    Column("tender", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("begun_at", Instant, nullable=False),
    # JSON of how the payer pays; None where it must not be kept (a card) or was purged.
    Column("pay_by", Text),
    Column("provider_reference", String, nullable=False),
    # JSON of pos.domain.payment_recovery.Recovery, and of its refund with the reference of that.
    Column("recovery", Text, nullable=False),
    Column("refund", Text),
    Column("refund_reference", String),
    # JSON of who asked for the refund: actor, approver, reason.
    Column("refund_by", Text),
    # JSON of what the payer must do next.
    Column("step", Text),
    # The last answer in one word, and the provider's own.
    Column("reason", String, nullable=False),
    Column("code", String, nullable=False),
    # When to ask next; None once nothing is to be asked.
    Column("ask_at", Instant),
    # Why a person must look at it, one word a line; empty where nobody must.
    Column("attention", Text, nullable=False),
    UniqueConstraint("provider", "reference"),
    Index("ix_provider_payment_sale", "sale_id"),
    Index("ix_provider_payment_ask", "ask_at", sqlite_where=text("ask_at IS NOT NULL")),
    Index("ix_provider_payment_attention", "begun_at", sqlite_where=text("attention <> ''")),
    Index(
        "ix_provider_payment_refund", "refund_reference", sqlite_where=text("refund_reference IS NOT NULL")
    ),
)

# What a provider answered, whole, without secrets and full phones; purged after the audit period.
provider_answer = Table(
    "provider_answer",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("payment_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    Column("call", String, nullable=False),
    Column("http_status", Integer),
    Column("outcome", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("ix_provider_answer_payment", "payment_id", "key"),
    Index("ix_provider_answer_at", "at"),
)

# What the till last heard of its money at a provider, and when.
provider_account = Table(
    "provider_account",
    Base.metadata,
    Column("provider", String, primary_key=True),
    Column("currency", String),
    Column("balance_minor", BigInteger),
    Column("balance_at", Instant),
    Column("tried_at", Instant),
    # The code of the refusal when it was last asked in vain.
    Column("trouble", String),
    # Below this the balance is an alarm; None for none.
    Column("low_minor", BigInteger),
)

# A fee on a tender; a stored version never changes.
fee_rule = Table(
    "fee_rule",
    Base.metadata,
    Column("tender", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", Instant, nullable=False),
    # JSON of pos.domain.fees.FeeRule.
    Column("body", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What came of a sale that nobody was waiting for any more; shown until somebody has seen it.
announcement = Table(
    "announcement",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("sale_id", Id, nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", String, nullable=False),
    Column("seen_at", Instant),
    UniqueConstraint("sale_id", "what"),
    Index("ix_announcement_new", "key", sqlite_where=text("seen_at IS NULL")),
)

# Texts on their way to a customer: sent again until they are out or too old.
message = Table(
    "message",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", Text, nullable=False),
    # What it is about, such as a sale: the same text is not put in twice.
    Column("about", String, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("send_at", Instant),
    Column("sent_at", Instant),
    Column("trouble", String),
    CheckConstraint("channel IN ('sms', 'email')", name="channel"),
    CheckConstraint("state IN ('waiting', 'sending', 'sent', 'failed')", name="state"),
    UniqueConstraint("channel", "address", "about"),
    Index("ix_message_open", "send_at", sqlite_where=text("state IN ('waiting', 'sending')")),
)

# A statement of a provider or a bank that was read, and its rows with what they were found to be.
statement = Table(
    "statement",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("tender", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False, unique=True),
    Column("read_at", Instant, nullable=False),
    Column("operator_key", Integer, nullable=False),
)

statement_row = Table(
    "statement_row",
    Base.metadata,
    Column("statement_key", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    # The line of the file, 0 for a payment of ours that it does not name.
    Column("line", Integer, nullable=False),
    # As the file has it.
    Column("date", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("provider_reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("payment_id", Id),
    CheckConstraint("verdict IN ('matched', 'differing', 'only_theirs', 'only_ours')", name="verdict"),
    sqlite_with_rowid=False,
)
