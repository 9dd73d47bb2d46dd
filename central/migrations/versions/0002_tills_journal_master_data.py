"""Step 0002: tills, journal, master data."""

# ruff: noqa: PLR0915 - written by tools.new_migration --server

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from central.models import types

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "account_balance",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column(
            "account",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "account", name=op.f("pk_account_balance")),
    )
    with op.batch_alter_table("account_balance", schema=None) as batch_op:
        batch_op.create_index("ix_account_balance_organisation", ["organisation_id", "account"], unique=False)

    op.create_table(
        "book_day",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column(
            "business_day",
            sa.String(length=10).with_variant(sa.String(length=10, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("figures", types.Json(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "business_day", name=op.f("pk_book_day")),
    )
    op.create_table(
        "enrolment_try",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_enrolment_try")),
    )
    op.create_table(
        "journal_line",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("is_drained", sa.Boolean(name="is_drained"), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "seq", name=op.f("pk_journal_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meter_month",
        sa.Column("meter_id", types.Id(), nullable=False),
        sa.Column(
            "month",
            sa.String(length=7).with_variant(sa.String(length=7, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("free_milli", sa.BigInteger(), nullable=False),
        sa.Column("arrears_taken_minor", sa.BigInteger(), nullable=False),
        sa.Column("charges", sa.String(), nullable=False),
        sa.Column("is_dirty", sa.Boolean(name="is_dirty"), nullable=False),
        sa.PrimaryKeyConstraint("meter_id", "month", "till_id", name=op.f("pk_meter_month")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("meter_month", schema=None) as batch_op:
        batch_op.create_index(
            "ix_meter_month_dirty",
            ["organisation_id"],
            unique=False,
            sqlite_where=sa.text("is_dirty"),
            postgresql_where=sa.text("is_dirty"),
        )

    op.create_table(
        "payment",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("payment_id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=False),
        sa.Column("tender", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("provider_reference", sa.String(length=200), nullable=True),
        sa.Column(
            "phone_mac",
            sa.String(length=32).with_variant(sa.String(length=32, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "payment_id", name=op.f("pk_payment")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_phone",
            ["organisation_id", "phone_mac", "at"],
            unique=False,
            sqlite_where=sa.text("phone_mac IS NOT NULL"),
            postgresql_where=sa.text("phone_mac IS NOT NULL"),
        )
        batch_op.create_index("ix_payment_sale", ["sale_id"], unique=False)

    op.create_table(
        "posting",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column(
            "account",
            sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "seq", "n", name=op.f("pk_posting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sale_item",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=True),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("item_kind", sa.String(length=8), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("meter_id", types.Id(), nullable=True),
        sa.Column(
            "drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("tariff_id", types.Id(), nullable=True),
        sa.Column(
            "month",
            sa.String(length=7).with_variant(sa.String(length=7, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("free_milli", sa.BigInteger(), nullable=False),
        sa.Column("carry_in_milli", sa.BigInteger(), nullable=False),
        sa.Column("carry_out_milli", sa.BigInteger(), nullable=False),
        sa.Column("token_units_tenths", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "seq", "n", name=op.f("pk_sale_item")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sale_item", schema=None) as batch_op:
        batch_op.create_index("ix_sale_item_meter", ["meter_id", "at"], unique=False)
        batch_op.create_index("ix_sale_item_sale", ["sale_id"], unique=False)

    op.create_table(
        "sale_line",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("item_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(length=64), nullable=False),
        sa.Column("rate_micro", sa.BigInteger(), nullable=True),
        sa.Column("block", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("till_id", "seq", "item_n", "n", name=op.f("pk_sale_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shift",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("shift_id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("operator_id", types.Id(), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("float_minor", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", types.Instant(), nullable=True),
        sa.Column(
            "z_number",
            sa.String(length=24).with_variant(sa.String(length=24, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("counted_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("difference_minor", sa.BigInteger(), nullable=True),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "shift_id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index("ix_shift_organisation", ["organisation_id", "opened_at"], unique=False)

    op.create_table(
        "till_nonce",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_till_nonce")),
    )
    with op.batch_alter_table("till_nonce", schema=None) as batch_op:
        batch_op.create_index("ix_till_nonce_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "token",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("item_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=True),
        sa.Column("pan", sa.BigInteger(), nullable=False),
        sa.Column("base_date", sa.String(length=2), nullable=False),
        sa.Column("tid", sa.BigInteger(), nullable=True),
        sa.Column("token_class", sa.SmallInteger(), nullable=False),
        sa.Column("subclass", sa.SmallInteger(), nullable=False),
        sa.Column("digits", sa.String(length=20), nullable=False),
        sa.Column("tenths", sa.BigInteger(), nullable=True),
        sa.Column("is_double", sa.Boolean(name="is_double"), nullable=False),
        sa.PrimaryKeyConstraint("till_id", "seq", "item_n", "n", name=op.f("pk_token")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index("ix_token_digits", ["digits"], unique=False)
        batch_op.create_index(
            "uq_token_tid",
            ["organisation_id", "pan", "base_date", "tid"],
            unique=True,
            sqlite_where=sa.text("tid IS NOT NULL AND NOT is_double"),
            postgresql_where=sa.text("tid IS NOT NULL AND NOT is_double"),
        )

    op.create_table(
        "voucher_use",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("voucher_id", types.Id(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "voucher_id", name=op.f("pk_voucher_use")),
    )
    op.create_table(
        "commission_rule",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "supplier",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("valid_from", types.Instant(), nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_commission_rule_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "supplier", "valid_from", name=op.f("pk_commission_rule")),
    )
    op.create_table(
        "customer",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sales_point_id", types.Id(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("area", sa.String(length=200), nullable=True),
        sa.Column("verification", sa.Integer(), nullable=False),
        sa.Column("is_erased", sa.Boolean(name="is_erased"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_customer_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index("ix_customer_organisation", ["organisation_id", "id"], unique=False)

    op.create_table(
        "customer_credit",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("meter_id", types.Id(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column(
            "month",
            sa.String(length=7).with_variant(sa.String(length=7, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("given_at", types.Instant(), nullable=False),
        sa.Column("source_till", types.Id(), nullable=False),
        sa.Column("source_seq", sa.BigInteger(), nullable=False),
        sa.Column("source_n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_customer_credit_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_credit")),
    )
    with op.batch_alter_table("customer_credit", schema=None) as batch_op:
        batch_op.create_index("ix_customer_credit_meter", ["organisation_id", "meter_id"], unique=False)
        batch_op.create_index(
            "uq_customer_credit_source",
            ["source_till", "source_seq", "source_n", "cause", "code"],
            unique=True,
        )

    op.create_table(
        "device",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("meter_id", types.Id(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("is_active", sa.Boolean(name="is_active"), nullable=False),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("seen_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_device_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("organisation_id", "meter_id", name=op.f("uq_device_organisation_id_meter_id")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sales_point_id", types.Id(), nullable=False),
        sa.Column("limit_money_minor", sa.BigInteger(), nullable=False),
        sa.Column("limit_units_milli", sa.BigInteger(), nullable=False),
        sa.Column("made_by", types.Id(), nullable=True),
        sa.Column("made_at", types.Instant(), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.Column("used_at", types.Instant(), nullable=True),
        sa.Column("till_id", types.Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_enrolment_code_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_enrolment_code")),
    )
    with op.batch_alter_table("enrolment_code", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_code_expires_at", ["expires_at"], unique=False)

    op.create_table(
        "feed",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "resource",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "id",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("scope", types.Id(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_feed_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "resource", "id", "scope", name=op.f("pk_feed")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.create_index("uq_feed_change", ["organisation_id", "resource", "change"], unique=True)

    op.create_table(
        "feed_head",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "resource",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_feed_head_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "resource", name=op.f("pk_feed_head")),
    )
    op.create_table(
        "lane",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("krn", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("given_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_lane_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sgc", "krn", "lane", name=op.f("pk_lane")),
    )
    with op.batch_alter_table("lane", schema=None) as batch_op:
        batch_op.create_index("ix_lane_till", ["till_id"], unique=False)

    op.create_table(
        "line_flag",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "flag",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=True),
        sa.Column("meter_id", types.Id(), nullable=True),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("detail", types.Json(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("bearer", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=400), nullable=True),
        sa.Column("decided_by", types.Id(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_line_flag_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("till_id", "seq", "flag", name=op.f("pk_line_flag")),
        sa.UniqueConstraint("id", name=op.f("uq_line_flag_id")),
    )
    with op.batch_alter_table("line_flag", schema=None) as batch_op:
        batch_op.create_index("ix_line_flag_review", ["organisation_id", "state", "id"], unique=False)

    op.create_table(
        "master_record",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "resource",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "id",
            sa.String(length=120).with_variant(sa.String(length=120, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("scope", types.Id(), nullable=False),
        sa.Column("body", types.Json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", types.Id(), nullable=True),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_master_record_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "resource", "id", "scope", name=op.f("pk_master_record")),
    )
    op.create_table(
        "meter",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("pan", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("customer_id", types.Id(), nullable=True),
        sa.Column(
            "tariff_code",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("ti", sa.String(length=2), nullable=True),
        sa.Column("krn", sa.Integer(), nullable=True),
        sa.Column("kt", sa.Integer(), nullable=True),
        sa.Column("algorithm", sa.String(length=2), nullable=True),
        sa.Column("key_method", sa.String(length=2), nullable=True),
        sa.Column("base_date", sa.String(length=2), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("block_reason", sa.String(length=200), nullable=True),
        sa.Column("arrears_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "account_number",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("institution_id", types.Id(), nullable=True),
        sa.Column("site", sa.String(length=200), nullable=True),
        sa.Column("building", sa.String(length=200), nullable=True),
        sa.Column("department", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=400), nullable=True),
        sa.Column("home_till", types.Id(), nullable=True),
        sa.Column("next_key", types.Json(), nullable=True),
        sa.Column("merged_into", types.Id(), nullable=True),
        sa.Column("is_dirty", sa.Boolean(name="is_dirty"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_meter_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter")),
    )
    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.create_index(
            "ix_meter_dirty",
            ["organisation_id"],
            unique=False,
            sqlite_where=sa.text("is_dirty"),
            postgresql_where=sa.text("is_dirty"),
        )
        batch_op.create_index("ix_meter_institution", ["organisation_id", "institution_id"], unique=False)
        batch_op.create_index(
            "uq_meter_drn",
            ["organisation_id", "drn"],
            unique=True,
            sqlite_where=sa.text("merged_into IS NULL"),
            postgresql_where=sa.text("merged_into IS NULL"),
        )

    op.create_table(
        "meter_case",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=True),
        sa.Column("case_kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=True),
        sa.Column("meter_id", types.Id(), nullable=True),
        sa.Column(
            "wrong_drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column(
            "right_drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=True,
        ),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("opened_at", types.Instant(), nullable=False),
        sa.Column("changed_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_meter_case_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_case")),
    )
    with op.batch_alter_table("meter_case", schema=None) as batch_op:
        batch_op.create_index("ix_meter_case_organisation", ["organisation_id", "state", "id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("resource", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("record", types.Json(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("record_id", types.Id(), nullable=True),
        sa.Column("received_at", types.Instant(), nullable=False),
        sa.Column("decided_by", types.Id(), nullable=True),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_proposal_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_state", ["organisation_id", "state", "id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("meter_id", types.Id(), nullable=False),
        sa.Column(
            "drn",
            sa.String(length=13).with_variant(sa.String(length=13, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("register", sa.String(length=40), nullable=False),
        sa.Column("value_milli", sa.BigInteger(), nullable=False),
        sa.Column("read_at", types.Instant(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("source_id", types.Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reading_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index("ix_reading_meter", ["meter_id", "read_at"], unique=False)
        batch_op.create_index("ix_reading_organisation", ["organisation_id", "id"], unique=False)

    op.create_table(
        "sales_point",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("is_active", sa.Boolean(name="is_active"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_sales_point_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_point")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_sales_point_organisation_id_name")),
    )
    op.create_table(
        "server_vending_key",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("krn", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("check_value", sa.String(length=6), nullable=False),
        sa.Column("loaded_by", sa.String(length=200), nullable=False),
        sa.Column("loaded_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_server_vending_key_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sgc", "krn", name=op.f("pk_server_vending_key")),
    )
    op.create_table(
        "supplier",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "code",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_float_kept", sa.Boolean(name="is_float_kept"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_supplier_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "code", name=op.f("pk_supplier")),
    )
    op.create_table(
        "supply_group",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("key_method", sa.String(length=2), nullable=False),
        sa.Column("algorithm", sa.String(length=2), nullable=False),
        sa.Column("base_date", sa.String(length=2), nullable=False),
        sa.Column("ti", sa.String(length=2), nullable=False),
        sa.Column("krn", sa.Integer(), nullable=False),
        sa.Column("kt", sa.Integer(), nullable=False),
        sa.Column("ken", sa.Integer(), nullable=False),
        sa.Column("tid_zone", sa.String(length=64), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("holders", types.Json(), nullable=False),
        sa.Column(
            "supplier",
            sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("check_value", sa.String(length=6), nullable=True),
        sa.Column("next_key", types.Json(), nullable=True),
        sa.Column("next_change", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("lanes IN (1, 4, 16, 60)", name=op.f("ck_supply_group_lanes")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_supply_group_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sgc", name=op.f("pk_supply_group")),
    )
    op.create_table(
        "tariff",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column(
            "code",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", types.Instant(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_tariff_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff")),
        sa.UniqueConstraint(
            "organisation_id", "code", "version", name=op.f("uq_tariff_organisation_id_code_version")
        ),
    )
    op.create_table(
        "till",
        sa.Column("id", types.Id(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sales_point_id", types.Id(), nullable=False),
        sa.Column(
            "code",
            sa.String(length=8).with_variant(sa.String(length=8, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("machine", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("enrolled_at", types.Instant(), nullable=False),
        sa.Column("ended_at", types.Instant(), nullable=True),
        sa.Column("ended_reason", sa.String(length=200), nullable=True),
        sa.Column("replaces", types.Id(), nullable=True),
        sa.Column("replaces_seq", sa.BigInteger(), nullable=True),
        sa.Column("limit_money_minor", sa.BigInteger(), nullable=False),
        sa.Column("limit_units_milli", sa.BigInteger(), nullable=False),
        sa.Column("head_seq", sa.BigInteger(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("booked_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_at", types.Instant(), nullable=True),
        sa.Column("receipt_last", sa.BigInteger(), nullable=False),
        sa.Column("envelope_taken", sa.BigInteger(), nullable=False),
        sa.Column("pushed_at", types.Instant(), nullable=True),
        sa.Column("forked_at", types.Instant(), nullable=True),
        sa.Column("fork_seq", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('enrolled', 'revoked', 'replaced', 'lost')", name=op.f("ck_till_state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_till_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_till_organisation_id_code")),
    )
    op.create_table(
        "vend_request",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("sale_id", types.Id(), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("tokens", types.Json(), nullable=True),
        sa.Column("pan", sa.BigInteger(), nullable=True),
        sa.Column("base_date", sa.String(length=2), nullable=True),
        sa.Column("tid", sa.BigInteger(), nullable=True),
        sa.Column("first_at", types.Instant(), nullable=False),
        sa.Column("decided_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_vend_request_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sale_id", name=op.f("pk_vend_request")),
    )
    with op.batch_alter_table("vend_request", schema=None) as batch_op:
        batch_op.create_index(
            "uq_vend_request_tid",
            ["organisation_id", "pan", "base_date", "tid"],
            unique=True,
            sqlite_where=sa.text("tid IS NOT NULL"),
            postgresql_where=sa.text("tid IS NOT NULL"),
        )

    op.create_table(
        "verification_level",
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sale_max_minor", sa.BigInteger(), nullable=True),
        sa.Column("day_max_minor", sa.BigInteger(), nullable=True),
        sa.Column("month_max_minor", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_verification_level_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "level", name=op.f("pk_verification_level")),
    )
    op.create_table(
        "device_token",
        sa.Column("device_id", types.Id(), nullable=False),
        sa.Column("digits", sa.String(length=20), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_token_device_id_device")),
        sa.PrimaryKeyConstraint("device_id", "digits", name=op.f("pk_device_token")),
    )
    op.create_table(
        "envelope_grant",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("organisation_id", types.Id(), nullable=False),
        sa.Column("as_of_seq", sa.BigInteger(), nullable=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("used_money_minor", sa.BigInteger(), nullable=False),
        sa.Column("used_units_milli", sa.BigInteger(), nullable=False),
        sa.Column("envelope", types.Json(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("issued_at", types.Instant(), nullable=False),
        sa.Column("taken_seq", sa.BigInteger(), nullable=True),
        sa.Column("is_live", sa.Boolean(name="is_live"), nullable=False),
        sa.Column("written_off_by", types.Id(), nullable=True),
        sa.Column("written_off_at", types.Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_envelope_grant_organisation_id_organisation"),
        ),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_envelope_grant_till_id_till")),
        sa.PrimaryKeyConstraint("till_id", "sequence", name=op.f("pk_envelope_grant")),
    )
    with op.batch_alter_table("envelope_grant", schema=None) as batch_op:
        batch_op.create_index(
            "ix_envelope_grant_live",
            ["organisation_id"],
            unique=False,
            sqlite_where=sa.text("is_live"),
            postgresql_where=sa.text("is_live"),
        )

    op.create_table(
        "feed_cursor",
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column(
            "resource",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("pulled_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_feed_cursor_till_id_till")),
        sa.PrimaryKeyConstraint("till_id", "resource", name=op.f("pk_feed_cursor")),
    )
    op.create_table(
        "till_session",
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("till_id", types.Id(), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("expires_at", types.Instant(), nullable=False),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_till_session_till_id_till")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_till_session")),
    )
    with op.batch_alter_table("till_session", schema=None) as batch_op:
        batch_op.create_index("ix_till_session_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_till_session_till", ["till_id"], unique=False)
