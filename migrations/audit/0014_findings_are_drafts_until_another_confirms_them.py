"""A finding is drawn up in versions and confirmed by another person; each says what is known of it since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_known_v1, findings_v1, journal_v1

ROLE = "audit_app"
NEW = ("finding_version", "finding_fact", "finding_fact_evidence", "finding_subject", "finding_review")
REGION = sa.Text(collation="C")
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _new_tables()
    for table, columns in {
        "finding": {
            "version_no": sa.Integer(),
            "version_hash": sa.Text(),
            "position": sa.BigInteger(),
            "confirmed_by": sa.Text(),
            "confirmed_on": sa.Date(),
            "confirmed_position": sa.BigInteger(),
            "ordered_position": sa.BigInteger(),
            "closed_position": sa.BigInteger(),
        },
        "finding_lot": {"came_by": sa.Uuid(), "first_fen": sa.BigInteger()},
        "rectified_change": {"position": sa.BigInteger()},
    }.items():
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind), schema="audit")
    for statement in findings_v1.fill():
        op.execute(statement)
    findings_v1.fill_versions(op.get_bind())
    op.execute("UPDATE audit.finding SET version_no = 1")
    for table, name in (
        ("finding", "version_no"),
        ("finding", "version_hash"),
        ("finding", "position"),
        ("finding_lot", "first_fen"),
        ("rectified_change", "position"),
    ):
        op.alter_column(table, name, nullable=False, schema="audit")
    op.alter_column("finding", "version_no", server_default=sa.text("1"), schema="audit")
    op.alter_column("finding", "amount_fen", nullable=True, schema="audit")
    op.alter_column("finding", "status", server_default=sa.text("'draft'"), schema="audit")
    op.drop_constraint(op.f("ck_finding_status"), "finding", schema="audit")
    for table, name, condition in (
        ("finding", "status", "status IN ('draft', 'open', 'ordered', 'closed')"),
        ("finding", "confirmed_has_its_day", "(status = 'draft') = (confirmed_on IS NULL)"),
        ("finding", "maker_is_not_checker", "confirmed_by <> opened_by"),
        (
            "finding",
            "confirmed_by_somebody",
            "(confirmed_by IS NOT NULL) = (confirmed_on IS NOT NULL AND position < confirmed_position)",
        ),
        ("finding_lot", "bound_within_first", "bound_fen <= first_fen"),
    ):
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition, schema="audit")
    for statement in audit_known_v1.triggers(
        "finding", {"confirmed_on": "confirmed_position", "closed_on": "closed_position"}
    ):
        op.execute(statement)
    for table in ("finding_version", "finding_review", "rectified_change"):
        for statement in audit_known_v1.triggers(table, {}):
            op.execute(statement)
    for statement in findings_v1.statements():
        op.execute(statement)
    for table in NEW:
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
    op.execute(
        "GRANT UPDATE (version_no, version_hash, class_code, title, facts, amount_fen, found_on, confirmed_by, confirmed_on)"
        f" ON audit.finding TO {ROLE}"
    )


def _new_tables() -> None:
    version = [
        "audit.finding_version.county_code",
        "audit.finding_version.finding_id",
        "audit.finding_version.version_no",
    ]
    op.create_table(
        "finding_version",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("alert_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version_no > 0", name=op.f("ck_finding_version_version_no_positive")),
        sa.CheckConstraint("version_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_finding_version_version_hash")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_finding_version_amount_positive")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id"],
            ["audit.finding.county_code", "audit.finding.id"],
            name=op.f("fk_finding_version_county_code_finding_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "version_no", name=op.f("pk_finding_version")),
        sa.UniqueConstraint(
            "county_code",
            "finding_id",
            "version_no",
            "version_hash",
            "made_by",
            name=op.f("uq_finding_version_exact"),
        ),
        schema="audit",
    )
    op.create_table(
        "finding_fact",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("fact_no", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("fact_no > 0", name=op.f("ck_finding_fact_fact_no_positive")),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_finding_fact_amount_positive")),
        sa.CheckConstraint("from_on <= to_on", name=op.f("ck_finding_fact_period_in_order")),
        sa.CheckConstraint("(from_on IS NULL) = (to_on IS NULL)", name=op.f("ck_finding_fact_period_has_both_ends")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no"],
            version,
            name=op.f("fk_finding_fact_county_code_finding_id_version_no"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "version_no", "fact_no", name=op.f("pk_finding_fact")),
        schema="audit",
    )
    op.create_table(
        "finding_fact_evidence",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("fact_no", sa.Integer(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.ForeignKeyConstraint(
            ["county_code", "evidence_id"],
            ["audit.evidence.county_code", "audit.evidence.id"],
            name=op.f("fk_finding_fact_evidence_county_code_evidence_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "fact_no"],
            [f"audit.finding_fact.{name}" for name in ("county_code", "finding_id", "version_no", "fact_no")],
            name=op.f("fk_finding_fact_evidence_fact"),
        ),
        sa.PrimaryKeyConstraint(
            "county_code", "finding_id", "version_no", "fact_no", "evidence_id", name=op.f("pk_finding_fact_evidence")
        ),
        schema="audit",
    )
    op.create_table(
        "finding_subject",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("subject_no", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("subject_no > 0", name=op.f("ck_finding_subject_subject_no_positive")),
        sa.CheckConstraint("amount_fen >= 0", name=op.f("ck_finding_subject_amount_not_negative")),
        sa.CheckConstraint(
            "kind <> 'lot' OR (alert_id IS NOT NULL AND amount_fen > 0)",
            name=op.f("ck_finding_subject_lot_has_its_alert"),
        ),
        sa.CheckConstraint(
            "line IS NULL OR (kind = 'batch' AND line > 0)", name=op.f("ck_finding_subject_line_is_of_a_batch")
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no"],
            version,
            name=op.f("fk_finding_subject_county_code_finding_id_version_no"),
        ),
        sa.PrimaryKeyConstraint(
            "county_code", "finding_id", "version_no", "subject_no", name=op.f("pk_finding_subject")
        ),
        schema="audit",
    )
    op.create_index("ix_finding_subject_subject", "finding_subject", ["county_code", "subject_id"], schema="audit")
    op.create_index(
        "uq_finding_subject_once",
        "finding_subject",
        ["county_code", "finding_id", "version_no", "kind", "subject_id", sa.text("coalesce(line, 0)")],
        unique=True,
        schema="audit",
    )
    op.create_table(
        "finding_review",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("decision IN ('confirm', 'send_back')", name=op.f("ck_finding_review_decision")),
        sa.CheckConstraint("checked_by <> made_by", name=op.f("ck_finding_review_maker_is_not_checker")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no", "version_hash", "made_by"],
            [*version, "audit.finding_version.version_hash", "audit.finding_version.made_by"],
            name=op.f("fk_finding_review_version"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "version_no", name=op.f("pk_finding_review")),
        schema="audit",
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
