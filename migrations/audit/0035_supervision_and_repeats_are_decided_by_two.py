"""Supervision, the result of a look-back and that a finding repeats another are drawn up by one and decided by another.

What one person recorded before stands as it was: it has no version and nobody who checked it, and was known as decided
in the act that recorded it. No new row can look like that: its own position is not known before it is written.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_known_v1

ROLE = "audit_app"
revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SUPERVISION, LOOK_BACK, REPEAT = "rectification_supervision", "rectification_look_back", "finding_repeat"
DECIDED = "decision, opinion, decided_on, checked_by, decided_position"
# By table: the day it was drawn up, what may be decided, and who may not decide.
TABLES = {
    SUPERVISION: ("drawn_on", "'send', 'send_back'", "checked_by <> made_by"),
    LOOK_BACK: ("looked_on", "'confirm', 'send_back'", "checked_by <> made_by AND checked_by <> closed_by"),
    REPEAT: ("linked_on", "'confirm', 'send_back'", "checked_by <> made_by"),
}


ERASABLE = (
    ("finding", "repeat", REPEAT, "finding_id", "opinion"),
    ("rectification_order", "supervision", SUPERVISION, "order_id", "opinion"),
    ("rectification_order", "look_back", LOOK_BACK, "order_id", "note"),
    ("rectification_order", "look_back", LOOK_BACK, "order_id", "opinion"),
)


def decided(table: str, drawn_on: str, decisions: str, another: str) -> None:
    for name, kind in (
        ("version_hash", sa.Text()),
        ("salt", sa.Text()),
        ("decision", sa.Text()),
        ("opinion", sa.Text()),
        ("decided_on", sa.Date()),
        ("checked_by", sa.Text()),
        ("decided_position", sa.BigInteger()),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True), schema="audit")
    op.execute(f"UPDATE audit.{table} SET decided_on = {drawn_on}, decided_position = position")
    for name, rule in (
        ("decision", f"decision IN ({decisions})"),
        ("decided_whole", f"version_hash IS NULL OR num_nonnulls({DECIDED}) IN (0, 5)"),
        ("maker_is_not_checker", another),
        ("decided_not_before_drawn", f"decided_on >= {drawn_on}"),
        ("has_its_version", "version_hash IS NOT NULL OR decided_position IS NOT DISTINCT FROM position"),
    ):
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule, schema="audit")
    op.execute(f"GRANT UPDATE (decision, opinion, decided_on, checked_by) ON audit.{table} TO {ROLE}")
    _, later = audit_known_v1.triggers(table, {"decision": "decided_position"})
    op.execute(later)


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
    op.add_column(SUPERVISION, sa.Column("drawn_on", sa.Date(), nullable=True), schema="audit")
    op.execute(f"UPDATE audit.{SUPERVISION} SET drawn_on = sent_on")
    op.alter_column(SUPERVISION, "drawn_on", nullable=False, schema="audit")
    op.alter_column(SUPERVISION, "sent_on", nullable=True, schema="audit")
    op.add_column(LOOK_BACK, sa.Column("note", sa.Text(), nullable=True), schema="audit")
    op.add_column(
        LOOK_BACK,
        sa.Column("evidence_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'")),
        schema="audit",
    )
    for table, (drawn_on, decisions, another) in TABLES.items():
        decided(table, drawn_on, decisions, another)

    erasable()
    op.create_check_constraint(
        op.f(f"ck_{SUPERVISION}_sent_by_decision"),
        SUPERVISION,
        "version_hash IS NULL OR (sent_on IS NOT NULL) = (decision IS NOT DISTINCT FROM 'send')",
        schema="audit",
    )
    op.create_check_constraint(op.f(f"ck_{SUPERVISION}_drawn_when_due"), SUPERVISION, "drawn_on >= due_on", schema="audit")
    op.create_check_constraint(
        op.f(f"ck_{LOOK_BACK}_has_its_note"), LOOK_BACK, "version_hash IS NULL OR note IS NOT NULL", schema="audit"
    )
    op.create_check_constraint(
        op.f(f"ck_{REPEAT}_undone_was_confirmed"),
        REPEAT,
        "undone_on IS NULL OR (decided_on IS NOT NULL AND decision IS DISTINCT FROM 'send_back')",
        schema="audit",
    )
    op.create_check_constraint(
        op.f(f"ck_{REPEAT}_undone_by_a_third"),
        REPEAT,
        "version_hash IS NULL OR (undone_by <> made_by AND undone_by <> checked_by)",
        schema="audit",
    )
    op.execute(f"GRANT UPDATE (sent_on) ON audit.{SUPERVISION} TO {ROLE}")
    op.drop_constraint(op.f(f"uq_{SUPERVISION}_county_code_order_id_deadline"), SUPERVISION, schema="audit")
    op.create_index(
        f"uq_{SUPERVISION}_standing",
        SUPERVISION,
        ["county_code", "order_id", "deadline"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS DISTINCT FROM 'send_back'"),
    )
    op.create_index(
        f"uq_{LOOK_BACK}_open",
        LOOK_BACK,
        ["county_code", "order_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("version_hash IS NOT NULL AND decision IS NULL"),
    )
    op.drop_index("uq_finding_repeat_standing", REPEAT, schema="audit")
    op.create_index(
        "uq_finding_repeat_standing",
        REPEAT,
        ["county_code", "finding_id", "earlier_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("undone_on IS NULL AND decision IS DISTINCT FROM 'send_back'"),
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
