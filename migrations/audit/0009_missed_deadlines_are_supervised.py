"""An order that stays open past its deadline is supervised; a closed one is looked at again by another person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_known_v1, journal_v1

ROLE = "audit_app"
revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")
ORDER = ["audit.rectification_order.county_code", "audit.rectification_order.id"]
SOURCE = "暂定：逾期10日仍未销号的，向被整改单位和分管领导发出督办通知；各地可按本地督办办法另定"


def upgrade() -> None:
    op.create_table(
        "rectification_supervision",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("leader_post", sa.Text(), nullable=False),
        sa.Column("leader_account", sa.Text(), nullable=True),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("due_on > deadline", name=op.f("ck_rectification_supervision_due_after_the_deadline")),
        sa.CheckConstraint("sent_on >= due_on", name=op.f("ck_rectification_supervision_sent_when_due")),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id"], ORDER, name=op.f("fk_rectification_supervision_county_code_order_id")
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_rectification_supervision")),
        sa.UniqueConstraint(
            "county_code",
            "order_id",
            "deadline",
            name=op.f("uq_rectification_supervision_county_code_order_id_deadline"),
        ),
        schema="audit",
    )
    op.create_table(
        "rectification_look_back",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("result IN ('held', 'relapsed')", name=op.f("ck_rectification_look_back_result")),
        sa.CheckConstraint("made_by <> closed_by", name=op.f("ck_rectification_look_back_not_by_who_closed")),
        sa.ForeignKeyConstraint(
            ["county_code", "order_id"], ORDER, name=op.f("fk_rectification_look_back_county_code_order_id")
        ),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_rectification_look_back")),
        schema="audit",
    )
    op.create_index(
        "ix_rectification_look_back_order", "rectification_look_back", ["county_code", "order_id"], schema="audit"
    )
    for table in ("rectification_supervision", "rectification_look_back"):
        for statement in journal_v1.scoped("audit", ROLE, table, "region_code"):
            op.execute(statement)
        op.execute(f"GRANT SELECT, INSERT ON audit.{table} TO {ROLE}")
        for statement in audit_known_v1.triggers(table, {}):
            op.execute(statement)
    op.execute(
        sa.text(
            "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ('supervision_after_days', '00', '2015-01-01', '10', :source, 'assumed')"
        ).bindparams(source=SOURCE)
    )


def downgrade() -> None:
    raise NotImplementedError("a record of suspicion is not rolled back; write a new migration")
