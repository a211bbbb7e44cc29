"""R11 一个账户为多户代领: rows of several households were paid to one bank account in a calendar year (一卡多户、冒领).

Evidence: one village cadre and 9 relatives, 33 payments, more than 70,000 yuan (纪委 circular). From how many
households of a year on an account is asked about is a policy value (assumed): several people of one household may well
share a card, and a guardian draws for a ward. Each roster from the limit on is asked about once, with the year so far.

An account is known by the token of its number as the roster wrote it (ADR 53), never by the number. Not seen are rows
that were uploaded before tokens were kept or name no account (`untold_n`), and money that is drawn in cash together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.listed import LEFT_OVER, PAID
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan

HOUSEHOLDS: Final = "card_households_n"

# First which accounts are shared at all, then their rows alone, roster by roster; `nth` tells a household's first row
# of the year.
QUERY: Final = f"""
WITH {PAID},
shared AS MATERIALIZED (
  SELECT card_token, year
    FROM (SELECT DISTINCT p.card_token, extract(year FROM b.effective_on)::int AS year, p.household_id
            FROM paid b JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
           WHERE p.card_token IS NOT NULL) one
   GROUP BY card_token, year HAVING count(*) >= :households_n),
got AS (
  SELECT p.card_token, s.year, p.household_id, p.batch_id, p.line, b.region_code, b.document, b.entitlement,
         b.effective_on, p.amount_fen - coalesce(w.fen, 0) AS fen,
         row_number() OVER (PARTITION BY p.card_token, s.year, p.household_id
                            ORDER BY b.effective_on, p.batch_id, p.line) AS nth
    FROM paid b
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
    JOIN shared s ON s.card_token = p.card_token AND s.year = extract(year FROM b.effective_on)::int
    LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line
   WHERE {LEFT_OVER}),
by_roster AS (
  SELECT card_token, year, batch_id, region_code, document, entitlement, effective_on, count(*)::int AS rows_n,
         count(DISTINCT household_id)::int AS households_n, sum(fen)::bigint AS amount_fen,
         count(*) FILTER (WHERE nth = 1) AS first_n, string_agg(line || ':' || fen, ',' ORDER BY line) AS lines
    FROM got GROUP BY card_token, year, batch_id, region_code, document, entitlement, effective_on),
summed AS (
  SELECT r.*, (sum(first_n) OVER so_far)::int AS year_households_n, (sum(rows_n) OVER so_far)::int AS year_rows_n,
         (sum(amount_fen) OVER so_far)::bigint AS year_fen
    FROM by_roster r
  WINDOW so_far AS (PARTITION BY card_token, year ORDER BY effective_on, batch_id ROWS UNBOUNDED PRECEDING))
SELECT batch_id AS subject_id, region_code, amount_fen, effective_on AS as_of, md5(card_token)::uuid AS card_id,
       document, entitlement, rows_n, households_n, lines, year_households_n, year_rows_n, year_fen
  FROM summed
 WHERE year_households_n >= :households_n AND region_code >= :scope AND region_code < :scope || '~'"""

FIGURES: Final = """
SELECT count(*) AS rows_n, count(*) FILTER (WHERE p.card_token IS NULL) AS untold_n
  FROM funds.paid_batches(:county, :as_of, :known) b
  JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFacts(Facts):
    """What one account got of a roster (the subject) and of the year so far; `lines` are its rows, as `line:fen`.

    `card_id` tells accounts apart and says nothing about them.
    """

    card_id: UUID
    document: str
    entitlement: str
    rows_n: int
    households_n: int
    lines: str
    year_households_n: int
    year_rows_n: int
    year_fen: int


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """The lowest limit of all times: each roster is judged by that of its own day."""
    if policy.on(HOUSEHOLDS, day) is None:
        return None
    return {"households_n": min(one.number for one in policy.values if one.key == HOUSEHOLDS)}


def judge(facts: SharedFacts, policy: Policy) -> Verdict | None:
    least = policy.on(HOUSEHOLDS, facts.as_of)
    if least is None or facts.year_households_n < least.number:
        return None
    rows = [one.split(":") for one in facts.lines.split(",")]
    return Verdict(
        mark=str(facts.card_id),
        explanation=(
            f"“{facts.document}”名册 {facts.as_of} 有 {facts.rows_n} 笔（{facts.households_n} 户）"
            f"{yuan(facts.amount_fen)} 元发到同一账户（第 {'、'.join(line for line, _ in rows)} 行）；该账户本年至此为 "
            f"{facts.year_households_n} 户代领 {facts.year_rows_n} 笔 {yuan(facts.year_fen)} 元，"
            f"达到 {least.number} 户的界限，"
            "请核实开户人及代领手续"
        ),
        policy=(least,),
        money=tuple(Money(f"payment:{facts.subject_id}:{line}", int(fen)) for line, fen in rows),
    )


RULE: Final = Rule(
    code="R11",
    version=1,
    since=date(2026, 11, 23),
    title="一个账户为多户代领",
    legal_basis="财政违法行为处罚处分条例第六条第（一）项（冒领财政资金）；惠民补贴“一卡通”治理（财办〔2020〕37号）实名发放要求",
    looks_at="同一年度发到同一银行账户的各户到户发放",
    subject=Subject.BATCH,
    population=Population.BATCHES,
    policy_keys=(HOUSEHOLDS,),
    facts=SharedFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=FIGURES,
)
