"""Alerts are about whatever a rule asks: a payment, a household, a project; only some of them about a lot."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, kind in (("subject", sa.Text()), ("subject_id", sa.Uuid()), ("run_id", sa.Uuid())):
        op.add_column("alert", sa.Column(name, kind), schema="audit")
    op.execute("UPDATE audit.alert SET subject = 'lot', subject_id = lot_id")
    for name in ("subject", "subject_id"):
        op.alter_column("alert", name, nullable=False, schema="audit")
    for name in ("lot_id", "account_id", "unit_id", "unit_name", "fund_code"):
        op.alter_column("alert", name, nullable=True, schema="audit")
    op.drop_constraint(op.f("ck_alert_amount_positive"), "alert", schema="audit")
    op.create_check_constraint(op.f("ck_alert_amount_not_negative"), "alert", "amount_fen >= 0", schema="audit")
    op.create_check_constraint(op.f("ck_alert_lot_is_the_subject"), "alert", "(subject = 'lot') = (lot_id IS NOT NULL)", schema="audit")


def downgrade() -> None:
    raise NotImplementedError("a journal is not rolled back; write a new migration")
