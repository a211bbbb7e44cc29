"""What a run raised is tallied by place and day, so that a rule's record costs its runs and not its flags.

A million flags were walked three times for a record of forty lines. The flags themselves get no index more: of those
that no run raised the few of one subject are found by their own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import flags_v6

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

REGION = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "flag_tally",
        sa.Column("county_code", REGION, nullable=False),
        sa.Column("region_code", REGION, nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rule_version", sa.SmallInteger(), nullable=False),
        sa.Column("flags_n", sa.BigInteger(), nullable=False),
        sa.Column("flags_fen", sa.BigInteger(), nullable=False),
        sa.Column("named_fen", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("flags_n > 0 AND flags_fen >= 0 AND named_fen >= 0", name=op.f("ck_flag_tally_counts")),
        sa.CheckConstraint("starts_with(region_code, county_code)", name=op.f("ck_flag_tally_place_of_county")),
        sa.ForeignKeyConstraint(["county_code", "run_id", "rule_code"], ["funds.flag_run_rule.county_code", "funds.flag_run_rule.run_id", "funds.flag_run_rule.rule_code"], name=op.f("fk_flag_tally_county_code_run_id_rule_code")),
        sa.PrimaryKeyConstraint("county_code", "region_code", "rule_code", "run_id", "as_of", name=op.f("pk_flag_tally")),
        schema="funds",
    )
    op.create_index("ix_flag_run_as_of", "flag_run", ["county_code", "as_of"], schema="funds")
    op.create_index("ix_flag_without_run_subject", "flag", ["county_code", "subject_id"], schema="funds", postgresql_where=sa.text("run_id IS NULL"))
    # What a rule raised in a run lies together: found by both, in pieces of some 1,200 flags.
    op.drop_index("ix_flag_run", table_name="flag", schema="funds")
    op.create_index("ix_flag_run", "flag", ["run_id", "rule_code"], schema="funds", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": True})
    for statement in flags_v6.statements():
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
