"""L09 银行放款进度落后: what a bank has lent this year is behind its quota by more than so many points.

Evidence: the speech of 郧西 county (2017-10-17) names the quota of each bank (4.0 亿元 in all) and asks for completion.
The quotas are a dated value of the county: bank, as its reports name it (without regard to case), and fen of a year.
序时 is the share of the year's days that have passed; the lag from which a bank is asked is assumed. One question for
each bank and quarter. Lending late in the year is no misuse: this is a progress alert, about no fen of anybody.

A quota by area or month is not in the value, and a bank without a quota is not asked about.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from services.funds_api.flags.rules.lent import LENT
from services.funds_api.flags.rules.rule import Facts, Policy, Population, Rule, Subject, Verdict, without_asking
from treasury.money import yuan

QUOTA: Final = "loan_quota_fen"
LAG: Final = "loan_quota_lag_ppm"
ONE: Final = 1_000_000
_QUARTER_MONTHS: Final = 3

# A county's banks lend in all of it: asked about a part of the county, the rule sees nothing.
QUERY: Final = f"""
WITH quota AS (
  SELECT * FROM jsonb_to_recordset(CAST(:quotas AS jsonb)) AS told(id uuid, bank text, fen bigint)),
lent AS (
  SELECT lower(l.bank) AS bank, sum(l.principal_fen)::bigint AS fen, count(*)::int AS loans_n FROM funds.loan l
   WHERE {LENT} AND l.disbursed_on >= date_trunc('year', CAST(:as_of AS date))::date
   GROUP BY 1)
SELECT q.id AS subject_id, CAST(:county AS text) AS region_code, 0::bigint AS amount_fen,
       CAST(:as_of AS date) AS as_of, q.bank, coalesce(l.fen, 0) AS lent_fen, coalesce(l.loans_n, 0) AS loans_n
  FROM quota q LEFT JOIN lent l ON l.bank = lower(q.bank)
 WHERE CAST(:county AS text) >= :scope AND CAST(:county AS text) < :scope || '~' AND coalesce(l.fen, 0) < q.fen"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFacts(Facts):
    """A bank with what it lent from 1 January to `as_of`; what its quota lacks is no fen (`amount_fen` 0)."""

    bank: str
    lent_fen: int
    loans_n: int


def narrow(policy: Policy, day: date) -> dict[str, Any] | None:
    quota = policy.on(QUOTA, day)
    if quota is None or policy.on(LAG, day) is None:
        return None
    told = [
        {"id": str(uuid5(NAMESPACE_URL, f"bank:{policy.county}:{bank.lower()}")), "bank": bank, "fen": fen}
        for bank, fen in quota.named.items()
    ]
    return {"quotas": json.dumps(told)}


def judge(facts: QuotaFacts, policy: Policy) -> Verdict | None:
    """A verdict when the lag is more than the value, to the fen; a bank that lags just as much is not asked about."""
    quota, lag = policy.on(QUOTA, facts.as_of), policy.on(LAG, facts.as_of)
    fen = quota.named.get(facts.bank) if quota is not None else None
    if quota is None or lag is None or fen is None:
        return None
    days = date(facts.as_of.year, 12, 31).timetuple().tm_yday
    passed = facts.as_of.timetuple().tm_yday
    if (passed * fen - facts.lent_fen * days) * ONE <= lag.number * fen * days:
        return None
    return Verdict(
        mark=f"{facts.as_of.year}Q{(facts.as_of.month - 1) // _QUARTER_MONTHS + 1}",
        explanation=(
            f"截至 {facts.as_of}，{facts.bank} 本年放款 {facts.loans_n} 笔、{yuan(facts.lent_fen)} 元，"
            f"完成任务 {yuan(fen)} 元的 {facts.lent_fen * 100 / fen:.2f}%，"
            f"序时进度 {passed * 100 / days:.2f}%（{passed}/{days} 天），"
            f"落后超过 {lag.number * 100 / ONE:g} 个百分点（任务：{quota.source}；提示线：{lag.source}），请核实"
        ),
        policy=(quota, lag),
    )


RULE: Final = Rule(
    code="L09",
    version=2,
    since=date(2026, 11, 23),
    title="银行小额信贷放款进度落后",
    legal_basis="县级小额信贷投放任务（如郧西县 2017 年各银行任务合计 4.0 亿元）",
    looks_at="各银行当年放款与其任务",
    subject=Subject.UNIT,
    population=Population.LOANS,
    policy_keys=(QUOTA, LAG),
    facts=QuotaFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)

# The first version told the same and did not ask to look.
FORMER: Final = (replace(RULE, version=1, judge=without_asking(judge)),)
