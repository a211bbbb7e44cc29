"""An order to put a finding right is drawn up by one person and issued by another.

What one person issued before stands as it was: it has no draft, and no second person is told. No new order can look
like that: the trigger asks for the draft that it was issued of.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1, orders_drawn_v1

ROLE = "audit_app"
REGION = sa.Text(collation="C")
revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

DRAFT, STAGE = "rectification_draft", "rectification_draft_stage"
DECIDED = "decision, opinion, decided_on, checked_by, decided_position"
CHECKS = {
    "kind": "kind IN ('at_once', 'in_stages', 'continuing')",
    "deadline_not_before_drawn": "deadline >= drawn_on",
    "decision": "decision IN ('issue', 'send_back')",
    "decided_whole": f"num_nonnulls({DECIDED}) IN (0, 5)",
    "maker_is_not_checker": "checked_by <> made_by",
    "decided_not_before_drawn": "decided_on >= drawn_on",
    "not_past_when_issued": "decision <> 'issue' OR deadline >= decided_on",
    "within_its_county": "region_code LIKE county_code || '%'",
}
ERASABLE = (
    ("demand", DRAFT, "id", "demand"),
    ("demand", STAGE, "draft_id", "task"),
    ("opinion", DRAFT, "id", "opinion"),
)


def upgrade() -> None:
    op.create_table(
        DRAFT,
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{DRAFT}_{name}")) for name, rule in CHECKS.items()),
        sa.ForeignKeyConstraint(
            ["county_code", "finding_id"],
            ["audit.finding.county_code", "audit.finding.id"],
            name=op.f(f"fk_{DRAFT}_county_code_finding_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f(f"pk_{DRAFT}")),
        schema="audit",
    )
    op.create_index(f"ix_{DRAFT}_finding", DRAFT, ["county_code", "finding_id"], schema="audit")
    op.create_table(
        STAGE,
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("stage_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.CheckConstraint("stage_no > 0", name=op.f(f"ck_{STAGE}_stage_no_positive")),
        sa.ForeignKeyConstraint(
            ["county_code", "draft_id"],
            [f"audit.{DRAFT}.county_code", f"audit.{DRAFT}.id"],
            name=op.f(f"fk_{STAGE}_county_code_draft_id"),
        ),
        sa.PrimaryKeyConstraint("county_code", "draft_id", "stage_no", name=op.f(f"pk_{STAGE}")),
        schema="audit",
    )
    op.add_column("rectification_order", sa.Column("drawn_by", sa.Text(), nullable=True), schema="audit")
    op.create_check_constraint(
        op.f("ck_rectification_order_drawn_by_another"), "rectification_order", "drawn_by <> issued_by", schema="audit"
    )
    for table in (DRAFT, STAGE):  # by the county: no township session sees what is not issued
        for statement in journal_v1.scoped("audit", ROLE, table, "county_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
    op.execute(f"GRANT UPDATE (decision, opinion, decided_on, checked_by) ON audit.{DRAFT} TO {ROLE}")
    for statement in audit_known_v1.triggers(DRAFT, {"decision": "decided_position"}):
        op.execute(statement)
    for statement in orders_drawn_v1.statements():
        op.execute(statement)
    for field, place, named_by, words in ERASABLE:
        op.execute(
            "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
            f" VALUES ('rectification_order', '{field}', '{place}', '{named_by}', '{words}', '')"
        )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
