"""Whoever spends says what for: a rule of funds, and of the nation for every fund, by which a silent payment is asked."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

LISTS = "'permitted_uses', 'barred_uses', 'permitted_payees', 'exclusive_with', 'household_exclusive_with', 'use_named'"
NUMBERS = "'fee_cap', 'household_cap', 'person_cap', 'publicity'"
# Concluded from the lists of what may not be paid, which nothing silent can be held against; no article says it in words.
SOURCE = "列明不得用于的支出，须写明用途方能核对：由该办法推定，条文未逐字核对"
RULES = [(date(2017, 3, 13), "财农〔2017〕8号"), (date(2021, 3, 26), "财农〔2021〕19号")]


def upgrade() -> None:
    for table, rules in (("fund_rule", f"{LISTS}, {NUMBERS}"), ("national_rule", None)):
        told = rules or "'permitted_uses', 'barred_uses', 'permitted_payees', 'fee_cap', 'use_named'"
        op.drop_constraint(op.f(f"ck_{table}_rule"), table, schema="funds", type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_rule"), table, f"rule IN ({told})", schema="funds")
    op.drop_constraint(op.f("ck_fund_rule_value_fits_rule"), "fund_rule", schema="funds", type_="check")
    op.create_check_constraint(
        op.f("ck_fund_rule_value_fits_rule"),
        "fund_rule",
        f"CASE WHEN rule IN ({LISTS}) THEN jsonb_typeof(value) = 'array'"
        " ELSE jsonb_typeof(value) = 'number' AND value >= '0' END",
        schema="funds",
    )
    names = ("rule", "document", "on_breach", "source", "basis")
    national = sa.table(
        "national_rule",
        *(sa.column(name) for name in names),
        sa.column("valid_from", sa.Date()),
        sa.column("value", postgresql.JSONB()),
        schema="funds",
    )
    same = {"rule": "use_named", "value": ["disburse", "pay"], "on_breach": "flag", "source": SOURCE, "basis": "assumed"}
    op.execute(sa.insert(national).values([{**same, "valid_from": day, "document": document} for day, document in RULES]))


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
