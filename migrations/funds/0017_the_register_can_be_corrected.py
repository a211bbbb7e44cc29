"""Earlier facts of the register can be corrected by document, and a payment tells what was known of it when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import corrections_v1, returns_v3

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FOR_A_REASON = "(kind = 'corrected') = (corrects IS NOT NULL) AND (kind = 'corrected') = (reason IS NOT NULL)"


def upgrade() -> None:
    op.add_column("registry_act", sa.Column("corrects", sa.Uuid(), nullable=True), schema="funds")
    op.add_column("registry_act", sa.Column("reason", sa.Text(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_registry_act_corrected_for_a_reason"), "registry_act", FOR_A_REASON, schema="funds"
    )
    op.create_index(
        "ix_registry_act_corrects",
        "registry_act",
        ["county_code", "corrects"],
        schema="funds",
        postgresql_where=sa.text("corrects IS NOT NULL"),
    )
    for statement in corrections_v1.statements():
        op.execute(statement)
    for statement in returns_v3.functions():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
