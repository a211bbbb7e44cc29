"""The SQL side of carried money, version 1: what enters a budget year two or more away is booked year by year.

Undoing a hand-down whose money was carried over twice takes it back over both borders at once. `post_movements` booked
that in the later year alone, so what a year took over from others could not be told from the sums, and was read from
all draws of all reversals. Since `ledger_v4` each border has its row; this is for what was recorded before.
Frozen: a change is a new file and a new migration.
"""

from __future__ import annotations

from collections.abc import Iterator

# Every change of the budget year is in the draws; of what was booked before only these rows can differ.
MEND = (
    "DELETE FROM funds.flow_month WHERE flow = 'carry_over'",
    """
INSERT INTO funds.flow_month (county_code, month, flow, from_account_id, to_account_id, fund_code, fiscal_year, from_region, to_region,
                              amount_fen)
SELECT d.county_code, date_trunc('month', d.effective_on::timestamp)::date, 'carry_over', f.account_id, f.account_id, t.fund_code,
       y.year, f.region_code, f.region_code, sum(sign(t.fiscal_year - f.fiscal_year) * d.amount_fen)
  FROM funds.draw d
  JOIN funds.lot f ON f.county_code = d.county_code AND f.id = d.from_lot_id
  JOIN funds.lot t ON t.county_code = d.county_code AND t.id = d.to_lot_id
 CROSS JOIN LATERAL generate_series(least(f.fiscal_year, t.fiscal_year) + 1, greatest(f.fiscal_year, t.fiscal_year)) AS y(year)
 WHERE f.fiscal_year <> t.fiscal_year
 GROUP BY 1, 2, 4, 5, 6, 7, 8, 9""",
)


def statements() -> Iterator[str]:
    """The sums of what is recorded already."""
    yield from MEND
