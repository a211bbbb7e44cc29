"""The flows of one fund or budget year as SQL: from sums by month and, of the last one, from movements. Pure.

`of` and `touching` filter a table by fund and year, and by place; `as_known` takes out what was recorded after :known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Filter = Callable[[str], str]

# The last day that is counted as a whole: what is effective later was not yet known, unless it was dated ahead.
_UNTIL: Final = "least(CAST(:as_of AS date), CAST(:known_on AS date))"
_MONTH: Final = f"date_trunc('month', {_UNTIL}::timestamp)::date"
_RECORDED_ON: Final = "(m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date"


def movements(touching: Filter, *, as_known: bool) -> str:
    """Movements with the sign by which they count beside the whole months."""
    last_week = "CAST(:known_on AS date) - 9"
    branches = {
        "in the last month": (1, f"m.effective_on >= {_MONTH} AND m.effective_on <= {_UNTIL}"),
        "recorded later": (-1, f"m.effective_on > {last_week} AND m.effective_on <= {_UNTIL} AND m.position > :known"),
        "recorded later and late": (
            -1,
            f"""m.recorded_at >= (CAST(:known_on AS date) - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                AND {_RECORDED_ON} > m.effective_on + 7 AND m.position > :known
                AND m.effective_on <= least({last_week}, CAST(:as_of AS date))""",
        ),
        "known and dated ahead": (
            1,
            f"""m.effective_on > CAST(:known_on AS date) AND m.effective_on <= :as_of AND m.position <= :known
                AND m.effective_on > {_RECORDED_ON}""",
        ),
    }
    if not as_known:
        branches = {"in the last month": branches["in the last month"]}
    return " UNION ALL ".join(
        f"SELECT m.id, m.kind, m.from_account_id, m.to_account_id, m.reverses_id, {sign} AS sign FROM funds.movement m"
        f" WHERE m.county_code = :county AND {which}{touching('m')}"
        for sign, which in branches.values()
    )


def flows(of: Filter, touching: Filter, *, as_known: bool, also: str = "") -> str:
    """(kind, from account, to account, fen) of one fund or year, with `also` among the columns."""
    return f"""
            SELECT flow, from_account_id, to_account_id{also}, sum(fen)::bigint AS fen FROM (
              SELECT f.flow, f.from_account_id, f.to_account_id, f.fund_code, f.amount_fen AS fen
                FROM funds.flow_month f
               WHERE f.county_code = :county AND f.month < {_MONTH}{of("f")}{touching("f")}
              UNION ALL
              SELECT coalesce(u.kind, m.kind),
                     coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                              '00000000-0000-0000-0000-000000000000'),
                     coalesce(u.to_account_id, m.to_account_id), l.fund_code,
                     m.sign * CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END
                FROM ({movements(touching, as_known=as_known)}) m
                JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id{of("l")}
                LEFT JOIN funds.movement u ON u.county_code = :county AND u.id = m.reverses_id) f
             WHERE flow <> 'carry_over'
             GROUP BY flow, from_account_id, to_account_id{also} HAVING sum(fen) <> 0
            """


def carried(touching: Filter, *, as_known: bool, one_fund: bool = False) -> str:
    """(account, fund, fen that came into the year :year, fen that left it)."""
    return f"""
            SELECT account_id, fund_code, sum(came)::bigint AS came_fen, sum(went)::bigint AS went_fen FROM (
              SELECT f.from_account_id AS account_id, f.fund_code,
                     CASE WHEN f.fiscal_year = :year THEN f.amount_fen ELSE 0 END AS came,
                     CASE WHEN f.fiscal_year = :year THEN 0 ELSE f.amount_fen END AS went
                FROM funds.flow_month f
               WHERE f.county_code = :county AND f.flow = 'carry_over' AND f.fiscal_year IN (:year, :year + 1)
                 AND f.month < {_MONTH}{touching("f")}
                 {"AND f.fund_code = :fund" if one_fund else ""}
              UNION ALL
              SELECT f.account_id, f.fund_code,
                     m.sign * CASE WHEN f.fiscal_year < :year AND :year <= t.fiscal_year THEN d.amount_fen
                                   WHEN t.fiscal_year < :year AND :year <= f.fiscal_year THEN -d.amount_fen ELSE 0 END,
                     m.sign * CASE WHEN f.fiscal_year <= :year AND :year < t.fiscal_year THEN d.amount_fen
                                   WHEN t.fiscal_year <= :year AND :year < f.fiscal_year THEN -d.amount_fen ELSE 0 END
                FROM ({movements(touching, as_known=as_known)}) m
                JOIN funds.draw d ON d.county_code = :county AND d.movement_id = m.id
                JOIN funds.lot f ON f.county_code = :county AND f.id = d.from_lot_id
                JOIN funds.lot t ON t.county_code = :county AND t.id = d.to_lot_id
               WHERE m.kind IN ('carry_over', 'reverse') AND f.fiscal_year <> t.fiscal_year
                 AND :year BETWEEN least(f.fiscal_year, t.fiscal_year) AND greatest(f.fiscal_year, t.fiscal_year)
                 {"AND f.fund_code = :fund" if one_fund else ""}) c
             GROUP BY account_id, fund_code HAVING sum(came) <> 0 OR sum(went) <> 0
            """
