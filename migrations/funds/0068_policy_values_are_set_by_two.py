"""Policy values have editions and stated ends; a clerk sets one, another person confirms it, nobody edits it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import policies_v1

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

PLACE = ["key", "region_code", "valid_from"]
WAITS = "set_by IS NOT NULL AND confirmed_by IS NULL AND withdrawn_by IS NULL"


def upgrade() -> None:
    for column in (
        sa.Column("edition", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
    ):
        op.add_column("policy_value", column, schema="funds")
    op.drop_constraint("pk_policy_value", "policy_value", schema="funds", type_="primary")
    op.create_primary_key("pk_policy_value", "policy_value", [*PLACE, "edition"], schema="funds")
    op.drop_constraint(op.f("ck_policy_value_source_given"), "policy_value", schema="funds", type_="check")
    for name, check in (
        ("source_given", "btrim(source, E' \\t\\n\\u3000') <> ''"),
        ("value_told", "jsonb_typeof(value) IN ('number', 'array', 'object')"),
        ("edition_counts", "edition > 0"),
        ("period", "valid_to >= valid_from"),
        ("second_person", "confirmed_by IS NULL OR set_by IS NOT NULL AND confirmed_by <> set_by"),
        ("confirmed_at", "(confirmed_by IS NULL) = (confirmed_at IS NULL)"),
        ("withdrawn_while_waiting", "withdrawn_by IS NULL OR set_by IS NOT NULL AND confirmed_by IS NULL"),
        (
            "withdrawn_whole",
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL) AND (withdrawn_by IS NULL) = (withdrawn_because IS NULL)",
        ),
    ):
        op.create_check_constraint(op.f(f"ck_policy_value_{name}"), "policy_value", check, schema="funds")
    op.create_index(
        "uq_policy_value_waiting", "policy_value", PLACE, unique=True, schema="funds", postgresql_where=sa.text(WAITS)
    )
    op.create_table(
        "policy_gate",
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("region_code", "key", name=op.f("pk_policy_gate")),
        schema="funds",
    )
    for statement in policies_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
