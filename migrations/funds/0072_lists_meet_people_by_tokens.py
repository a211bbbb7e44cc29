"""Comparison lists: their versions, their entries as tokens, and the token by which a registered person meets them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import comparisons_v1

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None

CODE = sa.Text(collation="C")


def upgrade() -> None:
    op.drop_constraint(op.f("ck_data_key_purpose"), "data_key", schema="funds", type_="check")
    op.create_check_constraint(
        op.f("ck_data_key_purpose"), "data_key", "purpose IN ('cell', 'token', 'exchange', 'match')", schema="funds"
    )
    op.add_column("person", sa.Column("match_token", sa.LargeBinary(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_person_match_token"),
        "person",
        "length(match_token) = 16 AND match_token <> token",
        schema="funds",
    )
    op.create_unique_constraint(
        op.f("uq_person_county_code_match_token"), "person", ["county_code", "match_token"], schema="funds"
    )
    op.create_index(
        "ix_person_unmatched",
        "person",
        ["county_code", "id"],
        schema="funds",
        postgresql_where=sa.text("match_token IS NULL"),
    )
    op.create_table(
        "comparison_version",
        sa.Column("county_code", CODE, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("list_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("rows_n", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("persons_n", sa.Integer(), nullable=True),
        sa.Column("hits_n", sa.Integer(), nullable=True),
        sa.Column("uncompared_n", sa.Integer(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind ~ '^[a-z][a-z_]{1,29}$'", name=op.f("ck_comparison_version_kind")),
        sa.CheckConstraint("version_no > 0 AND rows_n > 0", name=op.f("ck_comparison_version_counts_positive")),
        sa.CheckConstraint("source <> '' AND document <> ''", name=op.f("ck_comparison_version_says_whose")),
        sa.CheckConstraint(
            "list_on <= (recorded_at AT TIME ZONE 'Asia/Shanghai')::date",
            name=op.f("ck_comparison_version_of_a_day_gone_by"),
        ),
        sa.CheckConstraint(
            "(position IS NULL) = (hits_n IS NULL) AND (position IS NULL) = (persons_n IS NULL)"
            " AND (position IS NULL) = (uncompared_n IS NULL)",
            name=op.f("ck_comparison_version_whole_when_in_force"),
        ),
        sa.CheckConstraint(
            "hits_n >= 0 AND uncompared_n >= 0 AND hits_n + uncompared_n <= persons_n",
            name=op.f("ck_comparison_version_found"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_comparison_version")),
        sa.UniqueConstraint("county_code", "kind", "file_sha256", name=op.f("uq_comparison_version_county_code_kind_file_sha256")),
        sa.UniqueConstraint("county_code", "kind", "version_no", name=op.f("uq_comparison_version_county_code_kind_version_no")),
        schema="funds",
    )
    op.create_table(
        "comparison_entry",
        sa.Column("county_code", CODE, nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("count_n", sa.Integer(), nullable=True),
        sa.Column("ref_token", sa.LargeBinary(), nullable=True),
        sa.Column("region_code", CODE, nullable=True),
        sa.CheckConstraint("length(token) = 16", name=op.f("ck_comparison_entry_token_length")),
        sa.CheckConstraint("length(ref_token) = 16 AND ref_token <> token", name=op.f("ck_comparison_entry_ref_is_another")),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_comparison_entry_ends_after_it_begins")),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_comparison_entry_amount_not_negative")),
        sa.CheckConstraint("count_n > 0", name=op.f("ck_comparison_entry_count_positive")),
        sa.CheckConstraint("category !~ '[0-9]{8}'", name=op.f("ck_comparison_entry_category_is_no_number")),
        sa.ForeignKeyConstraint(
            ["county_code", "version_id"],
            ["funds.comparison_version.county_code", "funds.comparison_version.id"],
            name=op.f("fk_comparison_entry_county_code_version_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "version_id", "line", name=op.f("pk_comparison_entry")),
        schema="funds",
    )
    for statement in comparisons_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
