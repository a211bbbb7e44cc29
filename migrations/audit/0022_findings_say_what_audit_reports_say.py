"""A finding says what an audit report says of it: how its amount is known, within which other amount, of which report."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_known_v1, findings_v2, journal_v1

ROLE = "audit_app"
REGION = sa.Text(collation="C")
revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding_class",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("edition", sa.SmallInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("problem_class", sa.Text(), nullable=False),
        sa.Column("articles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.CheckConstraint("basis IN ('law', 'practice', 'assumed')", name=op.f("ck_finding_class_basis")),
        sa.CheckConstraint("edition > 0", name=op.f("ck_finding_class_edition_counts")),
        sa.CheckConstraint(
            "problem_class IN ('识别不准', '脱贫质量不高', '台账资料不规范', '资金项目监管不严', '内生动力不足', '工作落实不力')",
            name=op.f("ck_finding_class_problem_class"),
        ),
        sa.PrimaryKeyConstraint("code", "edition", name=op.f("pk_finding_class")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_finding_class_code_valid_from")),
        schema="audit",
    )
    op.execute("ALTER TABLE audit.finding_class ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit.finding_class FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner_all ON audit.finding_class TO qingliu_owner USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY read_by_all ON audit.finding_class FOR SELECT TO {ROLE} USING (true)")
    op.execute(f"GRANT SELECT ON audit.finding_class TO {ROLE}")
    for statement in findings_v2.classes():
        op.execute(statement)
    op.create_table(
        "filed_report",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("auditor", sa.Text(), nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_filed_report")),
        sa.UniqueConstraint("county_code", "reference", name=op.f("uq_filed_report_county_code_reference")),
        schema="audit",
    )
    for statement in journal_v1.scoped("audit", ROLE, "filed_report", "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.filed_report TO {ROLE}")
    for statement in audit_known_v1.triggers("filed_report", {}):
        op.execute(statement)
    for table in ("finding", "finding_version"):
        for name, kind in {
            "within_finding_id": sa.Uuid(),
            "report_id": sa.Uuid(),
            "about_region": REGION,
            "amount_known": sa.Text(),
        }.items():
            op.add_column(table, sa.Column(name, kind), schema="audit")
        op.create_foreign_key(
            op.f(f"fk_{table}_within"),
            table,
            "finding",
            ["county_code", "within_finding_id"],
            ["county_code", "id"],
            source_schema="audit",
            referent_schema="audit",
        )
        op.create_foreign_key(
            op.f(f"fk_{table}_report"),
            table,
            "filed_report",
            ["county_code", "report_id"],
            ["county_code", "id"],
            source_schema="audit",
            referent_schema="audit",
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_amount_known"), table, "amount_known IN ('exact', 'approximate')", schema="audit"
        )
    op.create_check_constraint(op.f("ck_finding_within_another"), "finding", "within_finding_id <> id", schema="audit")
    op.add_column("finding_version", sa.Column("class_edition", sa.SmallInteger()), schema="audit")
    op.add_column("finding_version", sa.Column("published", postgresql.JSONB()), schema="audit")
    op.create_foreign_key(
        op.f("fk_finding_version_class"),
        "finding_version",
        "finding_class",
        ["class_code", "class_edition"],
        ["code", "edition"],
        source_schema="audit",
        referent_schema="audit",
    )
    op.create_index("ix_finding_within", "finding", ["county_code", "within_finding_id"], schema="audit")
    op.create_index("ix_finding_report", "finding", ["county_code", "report_id", "id"], schema="audit")
    op.create_index("ix_finding_class", "finding", ["county_code", "class_code", "id"], schema="audit")
    # A page is found along this index alone, whatever is searched: the rows themselves are wide.
    op.create_index(
        "ix_finding_searched",
        "finding",
        ["county_code", "id"],
        schema="audit",
        postgresql_include=["region_code", "status", "class_code", "amount_fen", "about_region", "title"],
    )
    for statement in findings_v2.statements():
        op.execute(statement)
    op.execute(f"GRANT UPDATE (within_finding_id, report_id, about_region, amount_known) ON audit.finding TO {ROLE}")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
