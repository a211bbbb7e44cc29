"""A narrow row per version of a finding: what the list looks at, at any position, and the words it is found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import findings_listed_v1, journal_v1

ROLE = "audit_app"
REGION = sa.Text(collation="C")
revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding_listed",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("version_no", sa.Integer(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("class_code", sa.Text(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("about_region", REGION, nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("until_position", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_position", sa.BigInteger(), nullable=True),
        sa.Column("ordered_position", sa.BigInteger(), nullable=True),
        sa.Column("closed_position", sa.BigInteger(), nullable=True),
        sa.Column("grams", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.CheckConstraint("position < until_position", name=op.f("ck_finding_listed_until_later")),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id", "version_no"],
            [f"audit.finding_version.{name}" for name in ("county_code", "finding_id", "version_no")],
            name=op.f("fk_finding_listed_county_code_finding_id_version_no"),
        ),
        sa.PrimaryKeyConstraint("county_code", "finding_id", "version_no", name=op.f("pk_finding_listed")),
        schema="audit",
    )
    # The lists of grams lie apart, uncompressed since they would not become smaller: the rows stay narrow.
    op.execute("ALTER TABLE audit.finding_listed ALTER COLUMN grams SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE audit.finding_listed SET (toast_tuple_target = 128)")
    for statement in journal_v1.scoped("audit", ROLE, "finding_listed", "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT ON audit.finding_listed TO {ROLE}")
    for statement in findings_listed_v1.spelling():
        op.execute(statement)
    op.execute(findings_listed_v1.FILL)
    for name, columns in {
        "ix_finding_listed_amount": ["county_code", "amount_fen", "finding_id"],
        "ix_finding_listed_found_on": ["county_code", "found_on", "finding_id"],
    }.items():
        op.create_index(name, "finding_listed", columns, schema="audit")
    # Not put off into a list that every search would read from end to end.
    op.create_index(
        "ix_finding_listed_grams",
        "finding_listed",
        ["grams"],
        schema="audit",
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    for statement in findings_listed_v1.statements(ROLE):
        op.execute(statement)
    op.drop_index("ix_finding_searched", "finding", schema="audit")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
