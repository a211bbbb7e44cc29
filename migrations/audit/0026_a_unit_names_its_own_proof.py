"""A file may be kept as proof for one order, by the unit it is addressed to; the same file may be proof of two."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ROLE = "audit_app"
revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ONCE = "uq_evidence_county_code_finding_id_sha256"


def upgrade() -> None:
    op.add_column("evidence", sa.Column("order_id", sa.Uuid(), nullable=True), schema="audit")
    op.create_foreign_key(
        op.f("fk_evidence_county_code_order_id"),
        "evidence",
        "rectification_order",
        ["county_code", "order_id"],
        ["county_code", "id"],
        source_schema="audit",
        referent_schema="audit",
    )
    op.drop_constraint(op.f(ONCE), "evidence", schema="audit", type_="unique")
    op.create_unique_constraint(
        op.f("uq_evidence_county_code_finding_id_order_id_sha256"),
        "evidence",
        ["county_code", "finding_id", "order_id", "sha256"],
        schema="audit",
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_evidence_order", "evidence", ["county_code", "order_id", "id"], schema="audit")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
