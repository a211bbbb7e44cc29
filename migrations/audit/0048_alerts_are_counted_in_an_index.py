"""How many alerts stand at what is counted from an index; who was ever triaged some way is found in another."""

from __future__ import annotations

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_alert_counted ON audit.alert"
        " (county_code, status, triage, assignee, region_code, merged_into)"
    )
    op.execute("CREATE INDEX ix_alert_triage_way ON audit.alert_triage (county_code, triage, alert_id)")


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
