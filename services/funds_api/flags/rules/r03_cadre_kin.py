"""R03 村干部本人及亲属集中领取: a cadre of the place that is paid, and kin, got a notable part of it (优亲厚友).

Evidence: 随州, Hubei and 黔西南 circulars; one cadre with 9 relatives, 33 payments, over 70,000 yuan. To be a cadre or
to be kin is no offence: many a poor household has one. So the rule adds up, over a calendar year (预算法 2018
art 18), what a cadre and the kin got of rosters in the cadre's own place, and asks about a roster from which on these
are so many people or so much money (policy values, assumed); the sentence names their share of what the place got.

The place is the cadre's: of the list of cadres if the cadre is registered, else of the list of relatives; for a
township's code the whole township. Kin of a cadre whose place no list says are left out (`kin_without_place_n`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.comparisons.kinds import KINDS, ListKind
from services.funds_api.flags.rules.listed import LEFT_OVER, PAID, SPANS, STANDS, by_the_day
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan
from treasury.policy import PolicyValue

PAYEES: Final = "cadre_kin_payees_n"
FEN: Final = "cadre_kin_fen"

# Whoever stands by a cadre, and when: the cadre by being one, kin by being related while the cadre holds office. A day
# that one list leaves out is taken from that list's own day before the two are put together (the other's does not stand
# in for it), for payments of each span's days apart. `bare_from` and `bare_to` are the list's own day where a first or
# last day is left out: so far from it is what the span has to reach. Cadres are told apart by the person, or
# (unregistered) by the token of the list, hashed once more.
_BY: Final = f"""
{SPANS},
cadre AS MATERIALIZED (
  SELECT k.person_id, k.person_token, k.region_code, s.since_on, s.until_on,
         coalesce(k.from_on, k.list_on - s.days) AS from_on, coalesce(k.to_on, k.list_on + s.days) AS to_on,
         CASE WHEN k.from_on IS NULL THEN k.list_on END AS bare_from,
         CASE WHEN k.to_on IS NULL THEN k.list_on END AS bare_to
    FROM funds.comparison_hits(:county, 'village_cadre', :known) k CROSS JOIN span s),
standing_by AS MATERIALIZED (
  SELECT c.person_id AS cadre_id, c.region_code AS place, c.person_id, c.person_token, c.since_on, c.until_on,
         c.from_on, c.to_on, c.bare_from, c.bare_to
    FROM cadre c
  UNION ALL
  SELECT coalesce(r.ref_person_id, md5(r.ref_token)::uuid), coalesce(c.region_code, r.region_code), r.person_id,
         r.person_token, s.since_on, s.until_on, greatest(c.from_on, coalesce(r.from_on, r.list_on - s.days)),
         least(c.to_on, coalesce(r.to_on, r.list_on + s.days)),
         greatest(c.bare_from, CASE WHEN r.from_on IS NULL THEN r.list_on END),
         least(c.bare_to, CASE WHEN r.to_on IS NULL THEN r.list_on END)
    FROM funds.comparison_hits(:county, 'cadre_relative', :known) r
   CROSS JOIN span s
    LEFT JOIN cadre c ON c.person_id = r.ref_person_id AND c.since_on = s.since_on)"""
# By which versions of the two lists.
_VERSIONS: Final = """
version AS (
  SELECT (array_agg(v.id ORDER BY v.position DESC) FILTER (WHERE v.kind = 'village_cadre'))[1] AS cadre_version_id,
         max(v.version_no) FILTER (WHERE v.kind = 'village_cadre') AS cadre_no,
         (array_agg(v.list_on ORDER BY v.position DESC) FILTER (WHERE v.kind = 'village_cadre'))[1] AS cadre_list_on,
         (array_agg(v.id ORDER BY v.position DESC) FILTER (WHERE v.kind = 'cadre_relative'))[1] AS relative_version_id,
         max(v.version_no) FILTER (WHERE v.kind = 'cadre_relative') AS relative_no,
         (array_agg(v.list_on ORDER BY v.position DESC) FILTER (WHERE v.kind = 'cadre_relative'))[1] AS relative_list_on
    FROM funds.comparison_version v
   WHERE v.county_code = :county AND v.position <= :known AND v.kind IN ('village_cadre', 'cadre_relative'))"""

# By roster, with what the year's rosters up to it brought them: `nth` tells a person's first row of the year, `apart`
# how far the day of payment lies from that of a list that leaves a day out. Of the place what it kept, as of the kin.
QUERY: Final = f"""
WITH {_BY}, {PAID}, {_VERSIONS},
got AS MATERIALIZED (
  SELECT DISTINCT ON (h.cadre_id, h.place, p.batch_id, p.line)
         h.cadre_id, h.place, h.person_id, p.batch_id, p.line, p.amount_fen - coalesce(w.fen, 0) AS fen, b.effective_on,
         b.document, b.entitlement, extract(year FROM b.effective_on)::int AS year,
         greatest(h.bare_from - b.effective_on, b.effective_on - h.bare_to, 0) AS apart_days
    FROM standing_by h
    JOIN funds.payment p ON p.county_code = :county AND p.payee_token = h.person_token
     AND p.region_code >= h.place AND p.region_code < h.place || '~'
    JOIN paid b ON b.id = p.batch_id
    LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line
   WHERE length(h.place) >= 9 AND b.effective_on BETWEEN h.since_on AND h.until_on
     AND b.effective_on BETWEEN h.from_on AND h.to_on AND {LEFT_OVER}
   ORDER BY h.cadre_id, h.place, p.batch_id, p.line, apart_days),
counted AS (
  SELECT g.*, row_number() OVER (PARTITION BY cadre_id, place, year, person_id
                                 ORDER BY effective_on, batch_id, line) AS nth
    FROM got g),
by_roster AS (
  SELECT cadre_id, place, year, batch_id, effective_on, document, entitlement, count(*)::int AS rows_n,
         sum(fen)::bigint AS amount_fen, coalesce(sum(fen) FILTER (WHERE person_id = cadre_id), 0)::bigint AS own_fen,
         count(*) FILTER (WHERE nth = 1) AS first_n, string_agg(line || ':' || fen, ',' ORDER BY line) AS lines,
         effective_on || ':' || max(apart_days) AS apart
    FROM counted GROUP BY cadre_id, place, year, batch_id, effective_on, document, entitlement),
summed AS (
  SELECT r.*, (sum(first_n) OVER so_far)::int AS year_payees_n, (sum(rows_n) OVER so_far)::int AS year_rows_n,
         (sum(amount_fen) OVER so_far)::bigint AS year_fen, string_agg(apart, ',') OVER so_far AS year_apart
    FROM by_roster r
  WINDOW so_far AS (PARTITION BY cadre_id, place, year ORDER BY effective_on, batch_id ROWS UNBOUNDED PRECEDING))
SELECT s.batch_id AS subject_id, s.place AS region_code, s.amount_fen, s.effective_on AS as_of, s.cadre_id, s.document,
       s.entitlement, s.rows_n, s.own_fen, s.lines, s.year_payees_n, s.year_rows_n, s.year_fen,
       s.year_apart, o.place_rows_n - coalesce(z.rows_n, 0) AS place_rows_n,
       o.place_fen - coalesce(z.fen, 0) AS place_fen, coalesce(z.fen, 0) AS place_back_fen, v.*
  FROM summed s
 CROSS JOIN version v
 CROSS JOIN LATERAL (
   SELECT sum(k.rows_n)::int AS place_rows_n, sum(k.amount_fen)::bigint AS place_fen FROM funds.batch_place k
    WHERE k.county_code = :county AND k.batch_id = s.batch_id AND k.region_code >= s.place
      AND k.region_code < s.place || '~') o
 CROSS JOIN LATERAL (
   SELECT (count(*) FILTER (WHERE k.amount_fen <= w.fen))::int AS rows_n, sum(w.fen)::bigint AS fen
     FROM back w
     JOIN funds.payment k ON k.county_code = :county AND k.batch_id = w.batch_id AND k.line = w.line
    WHERE w.batch_id = s.batch_id AND k.region_code >= s.place AND k.region_code < s.place || '~') z
 WHERE (s.year_payees_n >= :payees_n OR s.year_fen >= :kin_fen) AND s.place >= :scope AND s.place < :scope || '~'"""

FIGURES: Final = f"""
WITH {_BY}
SELECT count(DISTINCT cadre_id)::int AS cadres_n, count(DISTINCT person_id)::int AS kin_n,
       (count(DISTINCT person_id) FILTER (WHERE coalesce(length(place), 0) < 9))::int AS kin_without_place_n
  FROM standing_by"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KinFacts(Facts):
    """What a cadre and kin got of a roster (the subject) in the cadre's place (`region_code`), and of the year so far.

    `lines` are theirs, as `line:fen` one after another; `place_…` is what the whole place kept of the roster, and what
    came back of it. `year_apart` tells of each roster of the year so far, as `day:days` one after another, how many
    days its payment lay from the day of a list whose entry says no first or last day.
    """

    cadre_id: UUID
    document: str
    entitlement: str
    rows_n: int
    own_fen: int
    lines: str
    year_payees_n: int
    year_rows_n: int
    year_fen: int
    place_rows_n: int
    place_fen: int
    place_back_fen: int = 0
    cadre_version_id: UUID
    cadre_no: int
    cadre_list_on: date
    relative_version_id: UUID
    relative_no: int
    relative_list_on: date
    year_apart: str = ""


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    """The lowest limits of all times, since each roster is judged by those of its own day, and the span of each day."""
    if any(policy.on(key, day) is None for key in (PAYEES, FEN, STANDS)):
        return None
    told = {key: [one.number for one in policy.values if one.key == key] for key in (PAYEES, FEN)}
    return {"payees_n": min(told[PAYEES]), "kin_fen": min(told[FEN]), **by_the_day(policy, day)}


def judge(facts: KinFacts, policy: Policy) -> Verdict | None:
    """A verdict from a limit on, by entries that stood on each day of payment by the span of that day."""
    spans: list[PolicyValue] = []
    for on, days in (one.split(":") for one in facts.year_apart.split(",")):
        span = policy.on(STANDS, date.fromisoformat(on))
        if span is None or int(days) > span.number:
            return None
        if span not in spans:
            spans.append(span)
    back = f"（另已退回 {yuan(facts.place_back_fen)} 元）" if facts.place_back_fen else ""
    verdict = _judged(facts, policy, back)
    return verdict and replace(verdict, policy=(*verdict.policy, *spans))


def judge_by_limits(facts: KinFacts, policy: Policy) -> Verdict | None:
    """As the first version judged: it did not keep by which span entries stood, and told all that a place was paid."""
    return _judged(facts, policy, "")


def _judged(facts: KinFacts, policy: Policy, back: str) -> Verdict | None:
    payees, fen = policy.on(PAYEES, facts.as_of), policy.on(FEN, facts.as_of)
    if payees is None or fen is None or (facts.year_payees_n < payees.number and facts.year_fen < fen.number):
        return None
    rows = [one.split(":") for one in facts.lines.split(",")]
    share = facts.amount_fen * 100 / facts.place_fen
    return Verdict(
        mark=f"{facts.cadre_id}:{facts.region_code}",
        explanation=(
            f"“{facts.document}”名册 {facts.as_of} 发给 {facts.region_code} 共 {facts.place_rows_n} 笔 "
            f"{yuan(facts.place_fen)} 元{back}，其中一名村干部本人及亲属 {facts.rows_n} 笔 {yuan(facts.amount_fen)} 元"
            f"（本人 {yuan(facts.own_fen)} 元），占 {share:.1f}%；本年至此 {facts.year_payees_n} 人 "
            f"{facts.year_rows_n} 笔 {yuan(facts.year_fen)} 元，达到 {payees.number} 人或 {yuan(fen.number)} 元的界限"
            f"（{_said(ListKind.VILLAGE_CADRE, facts.cadre_no, facts.cadre_list_on)}、"
            f"{_said(ListKind.CADRE_RELATIVE, facts.relative_no, facts.relative_list_on)}），请核实评议公示是否回避"
        ),
        policy=(payees, fen),
        money=tuple(Money(f"payment:{facts.subject_id}:{line}", int(paid)) for line, paid in rows),
    )


def _said(kind: ListKind, number: int, on: date) -> str:
    return f"“{KINDS[kind].title}”名单第 {number} 版（截至 {on}）"


RULE: Final = Rule(
    code="R03",
    version=2,
    since=date(2026, 11, 23),
    title="村干部本人及亲属集中领取",
    legal_basis="中国共产党纪律处分条例（2023年）第一百二十四条（社会救助、政策扶持等事项中优亲厚友）；湖北随州、贵州黔西南通报口径",
    looks_at="村干部及其亲属当年在该村干部任职地领取的到户发放",
    subject=Subject.BATCH,
    population=Population.BATCHES,
    policy_keys=(PAYEES, FEN, STANDS),
    lists=(ListKind.VILLAGE_CADRE.value, ListKind.CADRE_RELATIVE.value),
    facts=KinFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
    figures=FIGURES,
)

FORMER: Final = (replace(RULE, version=1, judge=judge_by_limits),)
