"""Facts of projects, assets, incomes, loans and flags say which act recorded them; shares are paid in rows of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import incomes_v1, known_v1

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def positions() -> None:
    for table, later in {**known_v1.FACTS, "flag": {}}.items():
        for name in ("position", *later.values()):
            op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True), schema="funds")
    for statement in known_v1.fill():
        op.execute(statement)
    for table in (*known_v1.FACTS, "flag"):
        op.alter_column(table, "position", nullable=False, schema="funds")
    for statement in known_v1.triggers():
        op.execute(statement)


def shares() -> None:
    op.create_table(
        "share_payment",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("income_id", sa.Uuid(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=True),
        sa.Column("undoes_id", sa.Uuid(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('paid', 'returned', 'undone')", name=op.f("ck_share_payment_kind")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_share_payment_amount_positive")),
        sa.CheckConstraint("document <> ''", name=op.f("ck_share_payment_document_given")),
        sa.CheckConstraint("(kind = 'undone') = (undoes_id IS NOT NULL)", name=op.f("ck_share_payment_undoes_one")),
        sa.CheckConstraint("kind <> 'paid' OR household_id IS NULL", name=op.f("ck_share_payment_paid_by_line")),
        sa.ForeignKeyConstraint(
            ["county_code", "income_id", "line_no"],
            ["funds.share_line.county_code", "funds.share_line.income_id", "funds.share_line.line_no"],
            name=op.f("fk_share_payment_county_code_income_id_line_no"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "income_id", "line_no", "household_id"],
            [
                "funds.share_household.county_code",
                "funds.share_household.income_id",
                "funds.share_household.line_no",
                "funds.share_household.household_id",
            ],
            name=op.f("fk_share_payment_county_code_income_id_line_no_household_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "undoes_id"],
            ["funds.share_payment.county_code", "funds.share_payment.id"],
            name=op.f("fk_share_payment_county_code_undoes_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_share_payment")),
        sa.UniqueConstraint("county_code", "undoes_id", name=op.f("uq_share_payment_county_code_undoes_id")),
        schema="funds",
    )
    op.create_index(
        "ix_share_payment_line", "share_payment", ["county_code", "income_id", "line_no", "position"], schema="funds"
    )
    op.add_column(
        "share_line", sa.Column("paid_fen", sa.BigInteger(), server_default=sa.text("0"), nullable=False), schema="funds"
    )
    op.create_check_constraint(
        op.f("ck_share_line_paid_within_line"), "share_line", "paid_fen BETWEEN 0 AND amount_fen", schema="funds"
    )
    for statement in incomes_v1.statements():
        op.execute(statement)
    op.drop_constraint(op.f("ck_share_line_paid_by_document"), "share_line", schema="funds")
    for name in ("paid_on", "payment_document", "paid_by"):
        op.drop_column("share_line", name, schema="funds")


def upgrade() -> None:
    positions()
    shares()


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
