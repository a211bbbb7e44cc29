"""How incomes, decisions and lines stood at a moment, as SQL over `i`, `s` and `l` with :county, :as_of and :known."""

from __future__ import annotations

from typing import Final

# An income or a decision was there at a moment and had not been undone by then.
_STOOD: Final = """ AND {0}.{1} <= :as_of AND {0}.position <= :known
     AND ({0}.undone_on IS NULL OR {0}.undone_on > :as_of OR {0}.undone_position > :known)"""
INCOME_STOOD, DECISION_STOOD = _STOOD.format("i", "arrived_on"), _STOOD.format("s", "decided_on")
# What stood paid of a line `l` at a moment: an undoing takes back what it undoes.
PAID: Final = """(SELECT coalesce(sum(CASE WHEN coalesce(u.kind, p.kind) = 'paid' THEN 1 ELSE -1 END
                               * CASE WHEN u.id IS NULL THEN p.amount_fen ELSE -p.amount_fen END), 0)::bigint
     FROM funds.share_payment p
     LEFT JOIN funds.share_payment u ON u.county_code = :county AND u.id = p.undoes_id
    WHERE p.county_code = :county AND p.income_id = l.income_id AND p.decision_no = l.decision_no
      AND p.line_no = l.line_no
      AND p.effective_on <= :as_of AND p.position <= :known)"""
