"""An engagement may be part of a campaign or of a round of patrols; a round looks at no unit of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_engagements_v5

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

LOOKS_AT_A_UNIT = "kind <> 'audit' AND (kind <> 'patrol' OR part_of IS NULL) OR auditee_unit_id IS NOT NULL"


def upgrade() -> None:
    op.add_column("engagement", sa.Column("part_of", sa.Uuid()), schema="audit")
    op.create_foreign_key(
        op.f("fk_engagement_part_of"),
        "engagement",
        "engagement",
        ["county_code", "part_of"],
        ["county_code", "id"],
        source_schema="audit",
        referent_schema="audit",
    )
    op.create_check_constraint(op.f("ck_engagement_part_of_another"), "engagement", "part_of <> id", schema="audit")
    op.drop_constraint(op.f("ck_engagement_looks_at_a_unit"), "engagement", schema="audit")
    op.create_check_constraint(
        op.f("ck_engagement_looks_at_a_unit"), "engagement", LOOKS_AT_A_UNIT, schema="audit"
    )
    op.create_index("ix_engagement_part_of", "engagement", ["county_code", "part_of", "id"], schema="audit")
    for statement in audit_engagements_v5.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
