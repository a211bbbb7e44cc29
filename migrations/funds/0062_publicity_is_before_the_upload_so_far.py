"""How long before its upload a roster may be said to have been public is a term of funds; by default nobody asks."""

from __future__ import annotations

from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

LISTS = "'permitted_uses', 'barred_uses', 'permitted_payees', 'exclusive_with', 'household_exclusive_with', 'use_named'"
NUMBERS = "'fee_cap', 'household_cap', 'person_cap', 'publicity', 'publicity_before_upload'"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_fund_rule_rule"), "fund_rule", schema="funds", type_="check")
    op.create_check_constraint(op.f("ck_fund_rule_rule"), "fund_rule", f"rule IN ({LISTS}, {NUMBERS})", schema="funds")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
