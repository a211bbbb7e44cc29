"""More time for an order names a new day for each stage that is open, and no day that has passed already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import extensions_v1, journal_v1

ROLE = "audit_app"
revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
TABLE = "rectification_extension_stage"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("extension_id", sa.Uuid(), nullable=False),
        sa.Column("stage_no", sa.SmallInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("old_deadline", sa.Date(), nullable=False),
        sa.Column("new_deadline", sa.Date(), nullable=False),
        sa.CheckConstraint("new_deadline >= old_deadline", name=op.f(f"ck_{TABLE}_not_earlier")),
        sa.ForeignKeyConstraint(
            ["county_code", "extension_id"],
            ["audit.rectification_extension.county_code", "audit.rectification_extension.id"],
            name=op.f(f"fk_{TABLE}_county_code_extension_id"),
        ),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id", "stage_no"],
            [f"audit.rectification_stage.{name}" for name in ("county_code", "order_id", "stage_no")],
            name=op.f(f"fk_{TABLE}_county_code_order_id_stage_no"),
        ),
        sa.PrimaryKeyConstraint("county_code", "extension_id", "stage_no", name=op.f(f"pk_{TABLE}")),
        schema="audit",
    )
    op.create_index(f"ix_{TABLE}_order", TABLE, ["county_code", "order_id"], schema="audit")
    for statement in journal_v1.scoped("audit", ROLE, TABLE, "region_code"):
        op.execute(statement)
    op.execute(f"GRANT SELECT, INSERT ON audit.{TABLE} TO {ROLE}")
    for statement in extensions_v1.statements():
        op.execute(statement)
    # NOT VALID: what was asked for and granted before stays on record as it was.
    for name, rule in (
        ("not_past_when_asked", "new_deadline >= asked_on"),
        ("not_past_when_granted", "decision <> 'grant' OR new_deadline >= decided_on"),
    ):
        op.execute(
            f"ALTER TABLE audit.rectification_extension ADD CONSTRAINT ck_rectification_extension_{name}"
            f" CHECK ({rule}) NOT VALID"
        )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
