"""An engagement is ended by two, also before its report; a transfer may go ahead of it, and no opinion is passed over.

What one person concluded before stands as it was, and was known as agreed to in the act that recorded it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_engagements_v8

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

DOCUMENT = "engagement_document"
CHECKS = {
    "paper": (
        "paper IN ('notice', 'start', 'record', 'working_paper', 'report', 'reply', 'decision', 'conclusion', 'termination')"
    ),
    "checked_whole": (
        "num_nonnulls(checked_on, checked_by, verdict, opinion) IN (0, 4)"
        " AND (checked_on IS NULL OR at_once_because IS NOT NULL"
        " OR paper IN ('working_paper', 'decision', 'conclusion', 'termination'))"
        " OR paper = 'conclusion' AND num_nonnulls(checked_by, opinion) = 0 AND verdict = 'agreed'"
        " AND checked_on = done_on AND checked_position = position"
    ),
    "ahead_is_a_transfer": "ahead_because IS NULL OR form IS NOT DISTINCT FROM 'transfer'",
    "terminated_by_document": "paper <> 'termination' OR document IS NOT NULL",
}
ONCE = (
    "paper IN ('notice', 'start', 'report', 'reply', 'conclusion', 'termination') AND verdict IS DISTINCT FROM 'returned'"
)


def upgrade() -> None:
    op.add_column(DOCUMENT, sa.Column("ahead_because", sa.Text(), nullable=True), schema="audit")
    for name in ("paper", "checked_whole"):
        op.drop_constraint(op.f(f"ck_{DOCUMENT}_{name}"), DOCUMENT, schema="audit")
    # It was known with the document itself; the trigger would say that it became known now.
    op.execute(f"ALTER TABLE audit.{DOCUMENT} DISABLE TRIGGER checked_position")
    op.execute(
        f"UPDATE audit.{DOCUMENT} SET verdict = 'agreed', checked_on = done_on, checked_position = position"
        " WHERE paper = 'conclusion'"
    )
    op.execute(f"ALTER TABLE audit.{DOCUMENT} ENABLE TRIGGER checked_position")
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{DOCUMENT}_{name}"), DOCUMENT, rule, schema="audit")
    op.drop_index(f"uq_{DOCUMENT}_once", DOCUMENT, schema="audit")
    op.create_index(
        f"uq_{DOCUMENT}_once",
        DOCUMENT,
        ["county_code", "engagement_id", "paper"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text(ONCE),
    )
    for statement in audit_engagements_v8.statements():
        op.execute(statement)
    op.execute(
        "INSERT INTO audit.erasable_text (what, field, place, named_by, words, inside)"
        f" VALUES ('engagement', 'content', '{DOCUMENT}', 'engagement_id', 'ahead_because', '')"
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
