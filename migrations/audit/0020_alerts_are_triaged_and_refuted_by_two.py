"""Alerts are triaged by policy values, given to people, merged and parted, and refuted by one person and another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations import audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
WAYS = "'rectify', 'key_check', 'urgent_check'"
# A dismissal of before was one person's: it has no second one, and its day is the day on which it was recorded.
FILLED = """
UPDATE audit.alert a SET dismissed_on = (e.recorded_at AT TIME ZONE 'Asia/Shanghai')::date, dismissed_position = e.position
  FROM audit.event e
 WHERE e.stream = a.county_code AND e.kind = 'AlertDismissed' AND (e.body->>'alert_id')::uuid = a.id"""
# What may be written of a new row later: that a merge was undone, and what was decided on a refutation.
WRITTEN = {
    "alert_triage": "",
    "alert_assignment": "",
    "alert_merge": "undone_on, undone_by, undo_reason",
    "alert_refutation": "decision, opinion, decided_on, checked_by",
}
LATER = {"alert_merge": {"undone_on": "undone_position"}, "alert_refutation": {"decision": "decided_position"}}
VALUES = (
    ("triage_amount_fen", "[10000000, 100000000]", "暂定：10万元起列为重点核查，100万元起加急核查；各地按“三看三定”办法另定"),
    ("triage_days", "[180, 730]", "暂定：180日起列为重点核查，730日起加急核查；各地按“三看三定”办法另定"),
    ("triage_repeats_n", "[2, 4]", "暂定：此前已问2次起列为重点核查，4次起加急核查；各地按“三看三定”办法另定"),
    ("triage_repeat_days", "365", "暂定：此前365日内同一规则、同一单位的预警计为重复"),
)


def of_alert(table: str, column: str = "alert_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["county_code", column],
        ["audit.alert.county_code", "audit.alert.id"],
        name=op.f(f"fk_{table}_county_code_{column}"),
    )


def dismissals() -> None:
    op.add_column("alert", sa.Column("dismissal_checked_by", sa.Text(), nullable=True), schema="audit")
    op.add_column("alert", sa.Column("dismissed_on", sa.Date(), nullable=True), schema="audit")
    op.add_column("alert", sa.Column("dismissed_position", sa.BigInteger(), nullable=True), schema="audit")
    op.execute(FILLED)
    for name, condition in (
        ("maker_is_not_checker", "dismissal_checked_by <> dismissed_by"),
        ("dismissed_has_its_day", "(dismissed_by IS NULL) = (dismissed_on IS NULL)"),
        ("dismissed_is_positioned", "(dismissed_by IS NULL) = (dismissed_position IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_alert_{name}"), "alert", condition, schema="audit")
    op.execute(f"GRANT UPDATE (dismissal_checked_by, dismissed_on) ON audit.alert TO {ROLE}")
    # An alert says by the feed when it came: only that it was dismissed has a position of its own.
    _, added_later = audit_known_v1.triggers("alert", {"dismissed_by": "dismissed_position"})
    op.execute(added_later)
    op.create_index("ix_alert_unit", "alert", ["county_code", "rule_code", "unit_id", "as_of"], schema="audit")
    op.create_index("ix_alert_subject", "alert", ["county_code", "rule_code", "subject_id", "as_of"], schema="audit")


def ways() -> None:
    op.create_table(
        "alert_triage",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("triage_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("triage", sa.Text(), nullable=False),
        sa.Column("proposed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("repeats_n", sa.Integer(), nullable=False),
        sa.Column("policies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("triaged_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("triage_no > 0", name=op.f("ck_alert_triage_triage_no_positive")),
        sa.CheckConstraint(f"triage IN ({WAYS})", name=op.f("ck_alert_triage_triage")),
        sa.CheckConstraint(f"proposed IN ({WAYS})", name=op.f("ck_alert_triage_proposed")),
        sa.CheckConstraint(
            "triage = proposed OR reason IS NOT NULL", name=op.f("ck_alert_triage_another_has_its_reason")
        ),
        of_alert("alert_triage"),
        sa.PrimaryKeyConstraint("county_code", "alert_id", "triage_no", name=op.f("pk_alert_triage")),
        schema="audit",
    )
    op.create_table(
        "alert_assignment",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("assignment_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("assignment_no > 0", name=op.f("ck_alert_assignment_assignment_no_positive")),
        of_alert("alert_assignment"),
        sa.PrimaryKeyConstraint("county_code", "alert_id", "assignment_no", name=op.f("pk_alert_assignment")),
        schema="audit",
    )
    op.create_index(
        "ix_alert_assignment_assignee", "alert_assignment", ["county_code", "assignee", "alert_id"], schema="audit"
    )


def merges() -> None:
    op.create_table(
        "alert_merge",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("merge_no", sa.SmallInteger(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("main_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undo_reason", sa.Text(), nullable=True),
        sa.Column("undone_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("alert_id <> main_id", name=op.f("ck_alert_merge_into_another")),
        sa.CheckConstraint("merge_no > 0", name=op.f("ck_alert_merge_merge_no_positive")),
        sa.CheckConstraint(
            "num_nonnulls(undone_on, undone_by, undo_reason, undone_position) IN (0, 4)",
            name=op.f("ck_alert_merge_undone_whole"),
        ),
        sa.CheckConstraint("undone_on >= merged_on", name=op.f("ck_alert_merge_undone_not_before")),
        of_alert("alert_merge"),
        of_alert("alert_merge", "main_id"),
        sa.PrimaryKeyConstraint("county_code", "alert_id", "merge_no", name=op.f("pk_alert_merge")),
        schema="audit",
    )
    op.create_index(
        "uq_alert_merge_standing",
        "alert_merge",
        ["county_code", "alert_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("undone_on IS NULL"),
    )
    op.create_index("ix_alert_merge_main", "alert_merge", ["county_code", "main_id"], schema="audit")


def refutations() -> None:
    op.create_table(
        "alert_refutation",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("refuted_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("version_hash", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=True),
        sa.Column("decided_position", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("decision IN ('confirm', 'send_back')", name=op.f("ck_alert_refutation_decision")),
        sa.CheckConstraint(
            "num_nonnulls(decision, opinion, decided_on, checked_by, decided_position) IN (0, 5)",
            name=op.f("ck_alert_refutation_decided_whole"),
        ),
        sa.CheckConstraint("checked_by <> made_by", name=op.f("ck_alert_refutation_maker_is_not_checker")),
        sa.CheckConstraint("decided_on >= refuted_on", name=op.f("ck_alert_refutation_decided_not_before")),
        of_alert("alert_refutation"),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_alert_refutation")),
        schema="audit",
    )
    op.create_index(
        "uq_alert_refutation_open",
        "alert_refutation",
        ["county_code", "alert_id"],
        unique=True,
        schema="audit",
        postgresql_where=sa.text("decision IS NULL"),
    )
    op.create_index("ix_alert_refutation_alert", "alert_refutation", ["county_code", "alert_id"], schema="audit")


def upgrade() -> None:
    dismissals()
    ways()
    merges()
    refutations()
    for table, changeable in WRITTEN.items():
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
        if changeable:
            op.execute(f"GRANT UPDATE ({changeable}) ON audit.{table} TO {ROLE}")
        for statement in audit_known_v1.triggers(table, LATER.get(table, {})):
            op.execute(statement)
    for key, value, source in VALUES:
        op.execute(
            sa.text(
                "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
                " VALUES (:key, '00', '2015-01-01', CAST(:value AS jsonb), :source, 'assumed')"
            ).bindparams(key=key, value=value, source=source)
        )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
