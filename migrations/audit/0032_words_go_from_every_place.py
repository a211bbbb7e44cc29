"""Words that may name a person go from every place, a file's content too, and no digest can be held against a guess."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import audit_erasures_v2

ROLE = "audit_app"
revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KINDS = (
    "'finding', 'evidence', 'alert', 'rectification_order', 'quarantine', 'engagement', 'filed_report', 'erasure', 'lead'"
)
CHECKS = {
    "what": f"what IN ({KINDS})",
    "decision": "decision IN ('agreed', 'restricted', 'refused')",
    "restricted_is_a_content": "decision <> 'restricted' OR fields = ARRAY['content']",
    "done_was_agreed": "events_n IS NULL OR decision <> 'refused'",
}


def upgrade() -> None:
    names = ("what", "field", "place", "named_by", "words", "inside")
    op.create_table(
        "erasable_text",
        *(sa.Column(name, sa.Text(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint("what", "field", "place", "words", "inside", name=op.f("pk_erasable_text")),
        schema="audit",
    )
    op.execute("ALTER TABLE audit.erasable_text ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE audit.erasable_text FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY owner_all ON audit.erasable_text TO qingliu_owner USING (true) WITH CHECK (true)")
    op.execute(f"CREATE POLICY read_by_all ON audit.erasable_text FOR SELECT TO {ROLE} USING (true)")
    op.execute(f"GRANT SELECT ON audit.erasable_text TO {ROLE}")
    for statement in audit_erasures_v2.places():
        op.execute(statement)

    for name in ("what", "decision", "done_was_agreed"):
        op.execute(f"ALTER TABLE audit.erasure DROP CONSTRAINT ck_erasure_{name}")
    for name, check in CHECKS.items():
        op.execute(f"ALTER TABLE audit.erasure ADD CONSTRAINT ck_erasure_{name} CHECK ({check})")
    op.execute('ALTER TABLE audit.erased_outcome ADD COLUMN stream text COLLATE "C"')
    op.execute("UPDATE audit.erased_outcome SET stream = county_code")
    op.execute("ALTER TABLE audit.erased_outcome ALTER COLUMN stream SET NOT NULL")
    op.execute("ALTER TABLE audit.erased_outcome DROP CONSTRAINT pk_erased_outcome")
    op.execute(
        "ALTER TABLE audit.erased_outcome ADD CONSTRAINT pk_erased_outcome PRIMARY KEY (stream, position)"
    )

    for table in audit_erasures_v2.SALTED:
        op.add_column(table, sa.Column("salt", sa.Text(), nullable=True), schema="audit")
    op.add_column("evidence_withdrawal", sa.Column("version_hash", sa.Text(), nullable=True), schema="audit")
    for fact in ("content_stopped", "content_erased"):
        op.add_column("evidence", sa.Column(f"{fact}_on", sa.Date(), nullable=True), schema="audit")
        op.add_column("evidence", sa.Column(f"{fact}_position", sa.BigInteger(), nullable=True), schema="audit")
    op.create_index("ix_evidence_content", "evidence", ["county_code", "sha256"], schema="audit")
    op.create_index("ix_evidence_path", "evidence", ["path_key"], schema="audit")
    op.execute(
        sa.text(
            "INSERT INTO audit.policy_value (key, region_code, valid_from, value, source, basis)"
            " VALUES ('evidence_retention_years', '00', '2013-01-01', '10', :source, 'assumed')"
        ).bindparams(
            source="《审计机关审计档案管理规定》（审计署、国家档案局令第10号，自2013年1月1日起施行）：保管期限分永久、定期"
            "30年、10年；此处取最短一档，未核对原文，各地可另定"
        )
    )
    for statement in audit_erasures_v2.statements(ROLE):
        op.execute(statement)
    for statement in audit_erasures_v2.leads_apart(ROLE):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("what was forgotten is not remembered again; write a new migration")
