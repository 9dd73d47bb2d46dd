"""Step 0001: the tables of a till."""

# ruff: noqa: E501, PLR0915 - written by tools.new_migration

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "carry",
        sa.Column("meter_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("carry_milli", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("meter_key", name=op.f("pk_carry")),
    )
    op.create_table(
        "case_record",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sale_place", sa.BigInteger(), nullable=True),
        sa.Column("wrong_drn", sa.String(), nullable=True),
        sa.Column("right_drn", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_case_record")),
        sa.UniqueConstraint("id", name=op.f("uq_case_record_id")),
    )
    op.create_table(
        "cash_movement",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shift_place", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("slip_number", sa.String(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('in', 'out', 'safe_drop', 'banking', 'no_sale_open')",
            name=op.f("ck_cash_movement_kind"),
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_cash_movement")),
    )
    with op.batch_alter_table("cash_movement", schema=None) as batch_op:
        batch_op.create_index("ix_cash_movement_shift", ["shift_place"], unique=False)

    op.create_table(
        "document",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_document")),
    )
    op.create_table(
        "draft",
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_draft")),
    )
    op.create_table(
        "envelope",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(length=64), nullable=False),
        sa.Column("as_of_seq", sa.Integer(), nullable=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("taken_place", sa.BigInteger(), nullable=True),
        sa.Column("used_money_minor", sa.BigInteger(), nullable=False),
        sa.Column("used_units_milli", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_envelope")),
    )
    op.create_table(
        "former_journal",
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("is_booked", sa.Boolean(name="is_booked"), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_former_journal")),
        sa.UniqueConstraint("id", name=op.f("uq_former_journal_id")),
    )
    op.create_table(
        "holder_request",
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('stored', 'left', 'answered', 'refused')", name=op.f("ck_holder_request_state")
        ),
        sa.PrimaryKeyConstraint("sale_id", name=op.f("pk_holder_request")),
    )
    op.create_table(
        "issue",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("is_handed_over", sa.Boolean(name="is_handed_over"), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_issue")),
        sa.UniqueConstraint("id", name=op.f("uq_issue_id")),
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index("ix_issue_meter", ["meter_key", "place"], unique=False)
        batch_op.create_index(
            "ix_issue_not_handed_over", ["place"], unique=False, sqlite_where=sa.text("is_handed_over = 0")
        )

    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
        sa.UniqueConstraint("id", name=op.f("uq_journal_id")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_journal_seldom",
            ["kind", "seq"],
            unique=False,
            sqlite_where=sa.text("kind NOT IN ('sale_delivered', 'token_handed_over')"),
        )

    op.create_table(
        "meter_month",
        sa.Column("meter_key", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("till", sa.String(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("free_milli", sa.BigInteger(), nullable=False),
        sa.Column("charges", sa.Text(), nullable=False),
        sa.Column("arrears_taken_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("meter_key", "month", "till", name=op.f("pk_meter_month")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operator",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(length=1), nullable=False),
        sa.Column("institution", sa.String(), nullable=True),
        sa.Column("pin_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.Column("wait_left_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_from_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_locked", sa.Boolean(name="is_locked"), nullable=False),
        sa.Column("is_active", sa.Boolean(name="is_active"), nullable=False),
        sa.CheckConstraint("role IN ('C', 'S', 'F', 'A', 'U')", name=op.f("ck_operator_role")),
        sa.CheckConstraint("wrong_pins >= 0", name=op.f("ck_operator_wrong_pins")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_operator")),
        sa.UniqueConstraint("id", name=op.f("uq_operator_id")),
        sa.UniqueConstraint("name", name=op.f("uq_operator_name")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("tin", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
    )
    op.create_table(
        "payment",
        sa.Column("sale_place", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("provider_reference", sa.String(), nullable=True),
        sa.Column("phone_mac", sa.String(length=32), nullable=True),
        sa.Column("phone_last3", sa.String(length=3), nullable=True),
        sa.CheckConstraint(
            "state IN ('created', 'sent', 'unknown', 'succeeded', 'failed', 'refund_pending', 'refunded', 'reversed')",
            name=op.f("ck_payment_state"),
        ),
        sa.PrimaryKeyConstraint("sale_place", "n", name=op.f("pk_payment")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_tender",
            ["tender", "sale_place"],
            unique=False,
            sqlite_where=sa.text("tender <> 'cash'"),
        )
        batch_op.create_index("uq_payment_id", ["id"], unique=True, sqlite_where=sa.text("tender <> 'cash'"))

    op.create_table(
        "posting",
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("account_key", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", "n", name=op.f("pk_posting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "print_job",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("printer", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("opens_drawer", sa.Boolean(name="opens_drawer"), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'printed', 'unknown', 'failed')", name=op.f("ck_print_job_state")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_print_job")),
    )
    with op.batch_alter_table("print_job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_print_job_open", ["state", "key"], unique=False, sqlite_where=sa.text("state <> 'printed'")
        )
        batch_op.create_index("ix_print_job_place", ["place"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("one = 1", name=op.f("ck_recovery_code_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "reservation",
        sa.Column("sale_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("item_n", sa.Integer(), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("free_milli", sa.BigInteger(), nullable=False),
        sa.Column("charges", sa.Text(), nullable=False),
        sa.Column("carry_change_milli", sa.Integer(), nullable=False),
        sa.Column("arrears_minor", sa.BigInteger(), nullable=False),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("supplier_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sale_id", "item_n", name=op.f("pk_reservation")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index("ix_reservation_meter", ["meter_key", "month"], unique=False)

    op.create_table(
        "sale",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("shift_place", sa.BigInteger(), nullable=True),
        sa.Column("receipt_number", sa.Integer(), nullable=True),
        sa.Column("receipt_book", sa.Integer(), nullable=True),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("delivered_place", sa.BigInteger(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("is_handed_over", sa.Boolean(name="is_handed_over"), nullable=False),
        sa.Column("request_sha", sa.LargeBinary(length=8), nullable=True),
        sa.CheckConstraint(
            "state IN ('awaiting_payment', 'paid', 'delivered', 'voided', 'failed', 'expired', 'refund_due', 'refunded')",
            name=op.f("ck_sale_state"),
        ),
        sa.CheckConstraint("money_minor >= 0", name=op.f("ck_sale_money")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_sale")),
        sa.UniqueConstraint("id", name=op.f("uq_sale_id")),
    )
    with op.batch_alter_table("sale", schema=None) as batch_op:
        batch_op.create_index("ix_sale_business_day", ["business_day"], unique=False)
        batch_op.create_index(
            "ix_sale_inherited", ["shift_place"], unique=False, sqlite_where=sa.text("shift_place > place")
        )
        batch_op.create_index(
            "ix_sale_not_delivered", ["state"], unique=False, sqlite_where=sa.text("state <> 'delivered'")
        )
        batch_op.create_index(
            "ix_sale_not_handed_over",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'delivered' AND is_handed_over = 0"),
        )
        batch_op.create_index("ix_sale_operator", ["operator_key", "place"], unique=False)
        batch_op.create_index(
            "uq_sale_receipt_number",
            ["receipt_number", "receipt_book"],
            unique=True,
            sqlite_where=sa.text("receipt_number IS NOT NULL"),
        )

    op.create_table(
        "sale_item",
        sa.Column("sale_place", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("item_kind", sa.String(), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=True),
        sa.Column("money_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("free_milli", sa.BigInteger(), nullable=False),
        sa.Column("carry_in_milli", sa.Integer(), nullable=False),
        sa.Column("carry_out_milli", sa.Integer(), nullable=False),
        sa.Column("token_units_tenths", sa.BigInteger(), nullable=False),
        sa.Column("tariff_key", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("sale_place", "n", name=op.f("pk_sale_item")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sale_item", schema=None) as batch_op:
        batch_op.create_index("ix_sale_item_meter", ["meter_key", "sale_place"], unique=False)

    op.create_table(
        "sale_line",
        sa.Column("sale_place", sa.BigInteger(), nullable=False),
        sa.Column("item_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.Column("tax_code", sa.String(), nullable=True),
        sa.Column("rate_micro", sa.BigInteger(), nullable=True),
        sa.Column("block", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("sale_place", "item_n", "n", name=op.f("pk_sale_line")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "shift",
        sa.Column("place", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("drawer", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("float_minor", sa.BigInteger(), nullable=False),
        sa.Column("closed_place", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("z_number", sa.Integer(), nullable=True),
        sa.Column("counted_minor", sa.BigInteger(), nullable=True),
        sa.Column("expected_minor", sa.BigInteger(), nullable=True),
        sa.Column("difference_minor", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("float_minor >= 0", name=op.f("ck_shift_float")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_shift")),
        sa.UniqueConstraint("id", name=op.f("uq_shift_id")),
        sa.UniqueConstraint("z_number", name=op.f("uq_shift_z_number")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shift_open", ["place"], unique=False, sqlite_where=sa.text("closed_place IS NULL")
        )

    op.create_table(
        "supplier",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credit_limit_minor >= 0", name=op.f("ck_supplier_credit_limit")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_supplier")),
    )
    op.create_table(
        "supply_group",
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("key_method", sa.String(length=2), nullable=False),
        sa.Column("algorithm", sa.String(length=2), nullable=False),
        sa.Column("base_date", sa.String(length=2), nullable=False),
        sa.Column("ti", sa.String(length=2), nullable=False),
        sa.Column("krn", sa.Integer(), nullable=False),
        sa.Column("kt", sa.Integer(), nullable=False),
        sa.Column("ken", sa.Integer(), nullable=False),
        sa.Column("tid_zone", sa.String(), nullable=False),
        sa.Column("lanes", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=False),
        sa.Column("holders", sa.Text(), nullable=False),
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("check_value", sa.String(length=6), nullable=True),
        sa.Column("next_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "lanes IN (1, 4, 16, 60) AND lane >= 0 AND lane < lanes", name=op.f("ck_supply_group_lane")
        ),
        sa.CheckConstraint("length(sgc) = 6", name=op.f("ck_supply_group_sgc")),
        sa.PrimaryKeyConstraint("sgc", name=op.f("pk_supply_group")),
    )
    op.create_table(
        "tariff",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tariff")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_tariff_code_version")),
        sa.UniqueConstraint("id", name=op.f("uq_tariff_id")),
    )
    op.create_table(
        "tid_guard",
        sa.Column("pan", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("base_date", sa.String(length=2), nullable=False),
        sa.Column("last_tid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("pan", "base_date", name=op.f("pk_tid_guard")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token",
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("item_n", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sale_place", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("pan", sa.BigInteger(), nullable=False),
        sa.Column("base_date", sa.String(length=2), nullable=False),
        sa.Column("tid", sa.Integer(), nullable=True),
        sa.Column("token_class", sa.Integer(), nullable=False),
        sa.Column("subclass", sa.Integer(), nullable=False),
        sa.Column("digits", sa.String(length=20), nullable=False),
        sa.Column("tenths", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("place", "item_n", "n", name=op.f("pk_token")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("token", schema=None) as batch_op:
        batch_op.create_index(
            "uq_token_tid", ["pan", "base_date", "tid"], unique=True, sqlite_where=sa.text("tid IS NOT NULL")
        )

    op.create_table(
        "total_line",
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("shift_place", sa.BigInteger(), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("tariff_key", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("units_milli", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "business_day", "shift_place", "operator_key", "tariff_key", "kind", name=op.f("pk_total_line")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("total_line", schema=None) as batch_op:
        batch_op.create_index("ix_total_line_shift", ["shift_place"], unique=False)

    op.create_table(
        "total_tender",
        sa.Column("business_day", sa.String(length=10), nullable=False),
        sa.Column("shift_place", sa.BigInteger(), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("tender", sa.String(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "business_day", "shift_place", "operator_key", "tender", name=op.f("pk_total_tender")
        ),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("total_tender", schema=None) as batch_op:
        batch_op.create_index("ix_total_tender_shift", ["shift_place"], unique=False)

    op.create_table(
        "branch",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("organisation_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_branch_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch")),
    )
    op.create_table(
        "commission_rule",
        sa.Column("supplier", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("ppm", sa.Integer(), nullable=False),
        sa.CheckConstraint("ppm BETWEEN 0 AND 1000000", name=op.f("ck_commission_rule_ppm")),
        sa.ForeignKeyConstraint(
            ["supplier"], ["supplier.code"], name=op.f("fk_commission_rule_supplier_supplier")
        ),
        sa.PrimaryKeyConstraint("supplier", "version", name=op.f("pk_commission_rule")),
    )
    op.create_table(
        "import_batch",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("operator_key", sa.Integer(), nullable=False),
        sa.Column("rows_added", sa.Integer(), nullable=False),
        sa.Column("rows_changed", sa.Integer(), nullable=False),
        sa.Column("rows_refused", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'cancelled', 'undone')", name=op.f("ck_import_batch_state")
        ),
        sa.ForeignKeyConstraint(
            ["operator_key"], ["operator.key"], name=op.f("fk_import_batch_operator_key_operator")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_import_batch")),
        sa.UniqueConstraint("id", name=op.f("uq_import_batch_id")),
    )
    op.create_table(
        "customer",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("phone_reversed", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("national_last4", sa.String(length=4), nullable=True),
        sa.Column("national_mac", sa.LargeBinary(length=16), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.Column("import_key", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_key"], ["import_batch.key"], name=op.f("fk_customer_import_key_import_batch")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_customer")),
        sa.UniqueConstraint("id", name=op.f("uq_customer_id")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index("ix_customer_import", ["import_key"], unique=False)
        batch_op.create_index("ix_customer_phone_reversed", ["phone_reversed"], unique=False)

    op.create_table(
        "sales_point",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("branch_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_sales_point_currency")),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_sales_point_branch_id_branch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_point")),
    )
    op.create_table(
        "meter",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("drn", sa.String(), nullable=False),
        sa.Column("drn_reversed", sa.String(), nullable=False),
        sa.Column("pan", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Integer(), nullable=False),
        sa.Column("customer_key", sa.Integer(), nullable=True),
        sa.Column("tariff_code", sa.String(), nullable=False),
        sa.Column("sgc", sa.String(length=6), nullable=False),
        sa.Column("ti", sa.String(length=2), nullable=True),
        sa.Column("krn", sa.Integer(), nullable=True),
        sa.Column("kt", sa.Integer(), nullable=True),
        sa.Column("algorithm", sa.String(length=2), nullable=True),
        sa.Column("key_method", sa.String(length=2), nullable=True),
        sa.Column("base_date", sa.String(length=2), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("block_reason", sa.String(), nullable=True),
        sa.Column("arrears_minor", sa.BigInteger(), nullable=False),
        sa.Column("account_number", sa.String(), nullable=True),
        sa.Column("institution", sa.String(), nullable=True),
        sa.Column("site", sa.String(), nullable=True),
        sa.Column("building", sa.String(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("import_key", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'suspended', 'blocked')", name=op.f("ck_meter_status")
        ),
        sa.CheckConstraint("arrears_minor >= 0", name=op.f("ck_meter_arrears")),
        sa.CheckConstraint("service BETWEEN 0 AND 3", name=op.f("ck_meter_service")),
        sa.ForeignKeyConstraint(
            ["customer_key"], ["customer.key"], name=op.f("fk_meter_customer_key_customer")
        ),
        sa.ForeignKeyConstraint(
            ["import_key"], ["import_batch.key"], name=op.f("fk_meter_import_key_import_batch")
        ),
        sa.ForeignKeyConstraint(["sgc"], ["supply_group.sgc"], name=op.f("fk_meter_sgc_supply_group")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meter")),
        sa.UniqueConstraint("drn", name=op.f("uq_meter_drn")),
        sa.UniqueConstraint("id", name=op.f("uq_meter_id")),
    )
    with op.batch_alter_table("meter", schema=None) as batch_op:
        batch_op.create_index("ix_meter_customer", ["customer_key"], unique=False)
        batch_op.create_index("ix_meter_drn_reversed", ["drn_reversed"], unique=False)
        batch_op.create_index("ix_meter_import", ["import_key"], unique=False)
        batch_op.create_index(
            "ix_meter_institution",
            ["institution"],
            unique=False,
            sqlite_where=sa.text("institution IS NOT NULL"),
        )

    op.create_table(
        "till",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sales_point_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["sales_point_id"], ["sales_point.id"], name=op.f("fk_till_sales_point_id_sales_point")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_till")),
        sa.UniqueConstraint("code", name=op.f("uq_till_code")),
    )
    op.create_table(
        "book",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("acked_seq", sa.Integer(), nullable=False),
        sa.Column("mirrored_seq", sa.Integer(), nullable=False),
        sa.Column("receipt_last", sa.Integer(), nullable=False),
        sa.Column("z_last", sa.Integer(), nullable=False),
        sa.Column("case_last", sa.Integer(), nullable=False),
        sa.Column("trusted_at", sa.BigInteger(), nullable=False),
        sa.Column("is_demo", sa.Boolean(name="is_demo"), nullable=False),
        sa.Column("is_training", sa.Boolean(name="is_training"), nullable=False),
        sa.CheckConstraint("acked_seq <= head_seq", name=op.f("ck_book_acked")),
        sa.CheckConstraint("one = 1", name=op.f("ck_book_one")),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_book_till_id_till")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_book")),
    )
    op.create_table(
        "former_book",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("till_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("receipt_last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["till_id"], ["till.id"], name=op.f("fk_former_book_till_id_till")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_former_book")),
    )
    op.create_table(
        "import_change",
        sa.Column("import_key", sa.Integer(), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_key"], ["import_batch.key"], name=op.f("fk_import_change_import_key_import_batch")
        ),
        sa.ForeignKeyConstraint(["meter_key"], ["meter.key"], name=op.f("fk_import_change_meter_key_meter")),
        sa.PrimaryKeyConstraint("import_key", "meter_key", name=op.f("pk_import_change")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.create_index("ix_import_change_meter", ["meter_key"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("meter_key", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["meter_key"], ["meter.key"], name=op.f("fk_proposal_meter_key_meter")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_meter", ["meter_key"], unique=False)

    op.execute(
        "CREATE VIRTUAL TABLE meter_words USING fts5(words, detail=none, columnsize=0, prefix='1 2 3 4 5 6 7 8', tokenize='ascii')"
    )
