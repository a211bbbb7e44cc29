"""Another last day of an engagement, and that a repeat holds no more, are drawn up by one and decided by another.

What one person recorded before stands as it was: it has no version and nobody who checked it, and was known as decided
in the act that recorded it. No new row can look like that: its own position is not known before it is written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_engagements_v7, audit_known_v1
from migrations.journal_v1 import scoped

ROLE = "audit_app"
revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

PERIOD, UNDOING = "engagement_period", "finding_repeat_undoing"
DECIDED = "decision, opinion, decided_on, checked_by, decided_position"
WHOLE = f"version_hash IS NULL OR num_nonnulls({DECIDED}) IN (0, 5)"
VERSIONED = "version_hash IS NOT NULL OR decided_position IS NOT DISTINCT FROM position"
ERASABLE = (
    ("engagement", "opinion", PERIOD, "engagement_id", "opinion"),
    ("finding", "repeat", UNDOING, "finding_id", "reason"),
    ("finding", "repeat", UNDOING, "finding_id", "opinion"),
)


def decided_columns() -> list[sa.Column[str]]:
    return [
        sa.Column("version_hash", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
    ]


def periods() -> None:
    for column in decided_columns():
        op.add_column(PERIOD, column, schema="audit")
    op.execute(f"UPDATE audit.{PERIOD} SET decided_on = changed_on, decided_position = position WHERE period_no > 1")
    for name, rule in (
        ("decision", "decision IN ('agreed', 'returned')"),
        ("decided_whole", WHOLE),
        ("has_its_version", f"period_no = 1 OR {VERSIONED}"),
        ("planned_is_not_decided", "period_no > 1 OR decided_on IS NULL"),
        ("maker_is_not_checker", "checked_by <> made_by"),
        ("decided_not_before_drawn", "decided_on >= changed_on"),
    ):
        op.create_check_constraint(op.f(f"ck_{PERIOD}_{name}"), PERIOD, rule, schema="audit")
    op.create_index(
        f"uq_{PERIOD}_waits",
        PERIOD,
        ["county_code", "engagement_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("version_hash IS NOT NULL AND decision IS NULL"),
    )
    op.execute(f"GRANT UPDATE (decision, opinion, decided_on, checked_by) ON audit.{PERIOD} TO {ROLE}")
    _, later = audit_known_v1.triggers(PERIOD, {"decision": "decided_position"})
    op.execute(later)
    for statement in audit_engagements_v7.statements():
        op.execute(statement)


def undoings() -> None:
    op.create_table(
        UNDOING,
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.Text(collation="C"), nullable=False),
        sa.Column("repeat_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        *decided_columns(),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f(f"pk_{UNDOING}")),
        sa.ForeignKeyConstraint(
            ["county_code", "repeat_id"],
            ["audit.finding_repeat.county_code", "audit.finding_repeat.id"],
            name=op.f(f"fk_{UNDOING}_county_code_repeat_id_finding_repeat"),
        ),
        sa.CheckConstraint("decision IN ('confirm', 'send_back')", name=op.f(f"ck_{UNDOING}_decision")),
        sa.CheckConstraint(WHOLE, name=op.f(f"ck_{UNDOING}_decided_whole")),
        sa.CheckConstraint("version_hash IS NOT NULL", name=op.f(f"ck_{UNDOING}_has_its_version")),
        sa.CheckConstraint("checked_by <> made_by", name=op.f(f"ck_{UNDOING}_maker_is_not_checker")),
        sa.CheckConstraint("decided_on >= drawn_on", name=op.f(f"ck_{UNDOING}_decided_not_before_drawn")),
        schema="audit",
    )
    op.create_index(
        f"uq_{UNDOING}_standing",
        UNDOING,
        ["county_code", "repeat_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS DISTINCT FROM 'send_back'"),
    )
    for statement in scoped("audit", ROLE, UNDOING, "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.{UNDOING} TO {ROLE}")
    op.execute(f"GRANT UPDATE (decision, opinion, decided_on, checked_by) ON audit.{UNDOING} TO {ROLE}")
    for statement in audit_known_v1.triggers(UNDOING, {"decision": "decided_position"}):
        op.execute(statement)


def erasable() -> None:
    """The words that are new here can be taken out again."""
    for what, field, place, named_by, words in ERASABLE:
        op.execute(
            sa.text(
                "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
                " VALUES (:what, :field, :place, :named_by, :words, '')"
            ).bindparams(what=what, field=field, place=place, named_by=named_by, words=words)
        )


def upgrade() -> None:
    periods()
    undoings()
    erasable()


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
