"""A roster with objected rows is paid in parts: what nobody objects to at once, each objected row by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import parts_v1

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

CHECKS = {
    "status": "status IN ('draft', 'checked', 'posted', 'withdrawn', 'divided')",
    "posted_is_approved": "(status IN ('posted', 'divided')) = (approved_by IS NOT NULL)",
}
NEW_CHECKS = {
    "part_named": "(part_of IS NULL) = (part_line IS NULL) AND part_line >= 0",
    "part_is_whole": "part_of IS NULL OR status <> 'divided'",
}


def upgrade() -> None:
    op.add_column("payment_batch", sa.Column("part_of", sa.Uuid(), nullable=True), schema="funds")
    op.add_column("payment_batch", sa.Column("part_line", sa.Integer(), nullable=True), schema="funds")
    op.create_foreign_key(
        op.f("fk_payment_batch_county_code_part_of"),
        "payment_batch",
        "payment_batch",
        ["county_code", "part_of"],
        ["county_code", "id"],
        source_schema="funds",
        referent_schema="funds",
    )
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_payment_batch_{name}"), "payment_batch", schema="funds")
    for name, holds in (CHECKS | NEW_CHECKS).items():
        op.create_check_constraint(op.f(f"ck_payment_batch_{name}"), "payment_batch", holds, schema="funds")
    op.create_index(
        "ix_payment_batch_part",
        "payment_batch",
        ["county_code", "part_of", "part_line"],
        unique=True,
        schema="funds",
        postgresql_where=sa.text("part_of IS NOT NULL"),
    )
    op.create_index(
        "ix_payment_batch_hold",
        "payment_batch",
        ["county_code", "hold_id"],
        schema="funds",
        postgresql_where=sa.text("hold_id IS NOT NULL"),
    )
    op.add_column("batch_objection", sa.Column("verdict", sa.Text(), nullable=True), schema="funds")
    op.create_check_constraint(
        op.f("ck_batch_objection_verdict"),
        "batch_objection",
        "verdict IS NULL OR verdict IN ('upheld', 'unfounded', 'withdrawn') AND closed_on IS NOT NULL",
        schema="funds",
    )
    for statement in parts_v1.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
