"""A finding can be held to be an earlier one again; how many years one looks back is a policy value."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
FINDING = ["audit.finding.county_code", "audit.finding.id"]
SOURCE = "暂定：此前3年内同类、同单位的问题列为可能的屡审屡犯，由人认定；各地可另定"


def upgrade() -> None:
    op.create_table(
        "finding_repeat",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("earlier_id", sa.Uuid(), nullable=False),
        sa.Column("look_back_id", sa.Uuid(), nullable=True),
        sa.Column("alike", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("linked_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=True),
        sa.Column("undone_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("finding_id <> earlier_id", name=op.f("ck_finding_repeat_of_another")),
        sa.CheckConstraint(
            "num_nonnulls(undone_on, undone_by, undo_reason, undone_position) IN (0, 4)",
            name=op.f("ck_finding_repeat_undone_whole"),
        ),
        sa.CheckConstraint("undone_on >= linked_on", name=op.f("ck_finding_repeat_undone_not_before")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id"], FINDING, name=op.f("fk_finding_repeat_county_code_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "earlier_id"], FINDING, name=op.f("fk_finding_repeat_county_code_earlier_id")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "look_back_id"],
            ["audit.rectification_look_back.county_code", "audit.rectification_look_back.id"],
            name=op.f("fk_finding_repeat_county_code_look_back_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_finding_repeat")),
        schema="audit",
    )
    op.create_index(
        "uq_finding_repeat_standing",
        "finding_repeat",
        ["county_code", "finding_id", "earlier_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("undone_on IS NULL"),
    )
    op.create_index("ix_finding_repeat_earlier", "finding_repeat", ["county_code", "earlier_id"], schema="audit")
    for statement in journal_v1.scoped("audit", ROLE, "finding_repeat", "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.finding_repeat TO {ROLE}")
    op.execute(f"GRANT UPDATE (undone_on, undone_by, undo_reason) ON audit.finding_repeat TO {ROLE}")
    for statement in audit_known_v1.triggers("finding_repeat", {"undone_on": "undone_position"}):
        op.execute(statement)
    op.execute(
        sa.text(
            "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ('repeat_within_years', '00', '2015-01-01', '3', :source, 'assumed')"
        ).bindparams(source=SOURCE)
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
