"""The SQL side of treasury orders, version 1: who sees them, and the two sums a management fee is judged by.

A township may not read its neighbours' payments, yet its management fee counts together with theirs against the share
of what the county received. So the sums are made as the owner and only two figures are told, to callers of the county.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrations.journal_v1 import scoped
from migrations.terms_v1 import OWN_COUNTY, ROLE

MANAGEMENT_FEE = "management_fee"

# Received: notices, less receipts undone, and what was carried over into the year, less what was carried on. A fee
# counts where it is spent: paid out of cash, or ordered for a contractor; an order that came back has spent nothing.
FEE_SUMS = f"""
CREATE FUNCTION funds.fee_sums(p_county text, p_fund text, p_year int, OUT received_fen bigint, OUT fees_fen bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = funds, pg_temp AS $$
BEGIN{OWN_COUNTY}
  SELECT coalesce(sum(CASE WHEN f.flow = 'receive' AND f.fiscal_year = p_year THEN f.amount_fen
                           WHEN f.flow = 'carry_over' AND f.fiscal_year = p_year THEN f.amount_fen
                           WHEN f.flow = 'carry_over' AND f.fiscal_year = p_year + 1 THEN -f.amount_fen ELSE 0 END), 0)::bigint
    INTO received_fen FROM flow_month f
   WHERE f.county_code = p_county AND f.fund_code = p_fund AND f.flow IN ('receive', 'carry_over');
  SELECT coalesce(sum(l.amount_fen), 0)::bigint INTO fees_fen
    FROM movement m
    JOIN lot l ON l.county_code = p_county AND l.movement_id = m.id AND l.fund_code = p_fund AND l.fiscal_year = p_year
   WHERE m.county_code = p_county AND m.use_code = '{MANAGEMENT_FEE}'
     AND NOT EXISTS (SELECT FROM movement r WHERE r.county_code = p_county AND r.reverses_id = m.id)
     AND (m.kind = 'pay' OR EXISTS (
       SELECT FROM treasury_order o
         JOIN account p ON p.county_code = p_county AND p.id = o.payee_account_id AND p.kind = 'contractor'
        WHERE m.kind = 'order' AND o.county_code = p_county AND o.movement_id = m.id AND NOT EXISTS (
          SELECT FROM order_result s WHERE s.county_code = p_county AND s.order_id = o.id AND s.result = 'returned'
             AND NOT EXISTS (SELECT FROM movement u WHERE u.county_code = p_county AND u.reverses_id = s.movement_id))));
END $$"""


def functions() -> Iterator[str]:
    yield FEE_SUMS
    yield "REVOKE ALL ON FUNCTION funds.fee_sums(text, text, int) FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION funds.fee_sums(text, text, int) TO {ROLE}"


def policies() -> Iterator[str]:
    """Orders and results are seen by the desk that pays and by the payee; invoices by the desk."""
    yield from scoped("funds", ROLE, "treasury_order", "region_code", "payee_region")
    yield from scoped("funds", ROLE, "order_result", "region_code", "payee_region")
    yield from scoped("funds", ROLE, "order_invoice", "region_code")


def grants() -> Iterator[str]:
    yield f"GRANT SELECT, INSERT ON funds.treasury_order, funds.order_invoice, funds.order_result TO {ROLE}"
