"""A document that names several counties is received by each of them, once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ROLE = "funds_app"

KEPT = """
INSERT INTO funds.notice_receipt (county_code, issuer, document_key, notice_id, received_fen)
SELECT l.county_code, n.issuer, n.document_key, n.id, sum(l.amount_fen) FROM funds.notice n
  JOIN funds.notice_line l ON l.notice_id = n.id
   AND l.kind = CASE n.brought_by WHEN 'lines' THEN 'item' ELSE 'source' END
 GROUP BY l.county_code, n.id
"""


def upgrade() -> None:
    op.create_table(
        "notice_receipt",
        sa.Column("county_code", sa.Text(collation="C"), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("document_key", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("received_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received_fen > 0", name=op.f("ck_notice_receipt_received")),
        sa.ForeignKeyConstraint(["notice_id"], ["funds.notice.id"], name=op.f("fk_notice_receipt_notice_id")),
        sa.PrimaryKeyConstraint("county_code", "issuer", "document_key", name=op.f("pk_notice_receipt")),
        schema="funds",
    )
    op.execute(KEPT)
    op.execute(f"GRANT SELECT, INSERT ON funds.notice_receipt TO {ROLE}")
    op.drop_constraint("uq_notice_issuer_document_key", "notice", schema="funds", type_="unique")


def downgrade() -> None:
    raise NotImplementedError("a ledger is not rolled back; write a new migration")
