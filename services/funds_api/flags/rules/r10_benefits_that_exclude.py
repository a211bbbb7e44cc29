"""R10 重复享受: a household (or person) was paid two benefits that exclude each other, or one benefit twice (重复申领).

Evidence: 济南 digital models; 沈阳: 69,554 problems, 11,641 of them claimed for others or for kin. What a fund's terms
exclude is refused or flagged when a roster is approved (B07, B09) and is not asked about again. Left over are:
- 规定在后: rows of a year that were all paid before the terms that exclude their funds counted, or held;
- 名目互斥: one household with two benefits whose names say that it gets one only (危房改造, 易地搬迁), of all years;
- 一次性补助: one household with a benefit that is claimed once in so many years, and another roster of it before.
Names are words of the entitlement, as policy values give them (assumed). A name with a word that sets it aside (后续、
产业: help after a move is no second house) is compared with none, and one that bears words of two kinds is of neither.
Benefits of other counties, or that another system pays, are not seen; nor is a name that no word describes.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.funds_api.flags.rules.listed import LEFT_OVER, PAID, PAID_HERE
from services.funds_api.flags.rules.paid import held
from services.funds_api.flags.rules.rule import Facts, Money, Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan
from treasury.policy import PolicyValue

EXCLUSIVE: Final = "exclusive_entitlements"
ONCE: Final = "claimed_once_years"
ASIDE: Final = "entitlement_words_aside"
KINDS_OF_GROUP: Final = 10
MONTH_OF_LEAPS: Final = 2
LEAP_DAY: Final = 29

_ROW: Final = """p.batch_id, p.line, p.region_code, p.household_id, p.payee_token,
         p.amount_fen - coalesce(w.fen, 0) AS fen, b.effective_on, b.fund_code, b.entitlement, b.document"""
_PAID_ROWS: Final = f"""
    JOIN funds.payment p ON p.county_code = :county AND p.batch_id = b.id
    LEFT JOIN back w ON w.batch_id = p.batch_id AND w.line = p.line
   WHERE {LEFT_OVER}"""
# What is told of the row before: looked back at within the rows of a household, not joined, since no plan knows how
# many rows have a word: each was compared with each.
_BEFORE: Final = ("batch_id", "line", "fen", "effective_on", "fund_code", "entitlement", "document")


def _back(function: str, window: str, *more: str) -> str:
    return ", ".join(f"{function}({one}) OVER {window} AS {window}_{one}" for one in (*_BEFORE, *more))


def _pair(window: str) -> str:
    other = ", ".join(f"{window}_{one} AS other_{'on' if one == 'effective_on' else one}" for one in _BEFORE)
    return f"""household_id AS subject_id, region_code, fen AS amount_fen, effective_on AS as_of, batch_id, line,
         fund_code, entitlement, document, {other}"""


# `word`: the words of the days on which they held together; a row is judged by those of its day, and so is every row
# before it. `named`: rosters whose name has a word of such days and none that sets it aside then; where a name has
# words of several kinds of a group at one time, of no kind. `claims`: their rows. `excluding`: which funds exclude
# which in a year by the latest terms of each level, and since when that counts. `ruled`: rows of such funds.
QUERY: Final = f"""
WITH {PAID},
word AS (
  SELECT * FROM unnest(CAST(:since AS date[]), CAST(:until AS date[]), CAST(:words AS text[]), CAST(:kinds AS int[]),
                       CAST(:years AS int[])) AS k(since_on, until_on, word, kind, years)),
aside AS (SELECT * FROM unnest(CAST(:aside_since AS date[]), CAST(:aside AS text[])) AS o(since_on, word)),
named AS MATERIALIZED (
  SELECT b.*, k.since_on, k.word, k.years,
         CASE WHEN min(k.kind) OVER a_group = max(k.kind) OVER a_group THEN k.kind ELSE 0 END AS kind
    FROM paid b JOIN word k ON strpos(b.entitlement, k.word) > 0 AND b.effective_on <= k.until_on
   WHERE NOT EXISTS (SELECT FROM aside o WHERE o.since_on = k.since_on AND strpos(b.entitlement, o.word) > 0)
  WINDOW a_group AS (PARTITION BY b.id, k.since_on, k.kind / {KINDS_OF_GROUP})),
claims AS (SELECT {_ROW}, b.since_on, b.word, b.kind, b.years FROM named b {_PAID_ROWS}),
claimed AS MATERIALIZED (
  SELECT c.*, {_back("first_value", "of_group", "word", "kind")}, {_back("lag", "of_word")}
    FROM claims c
  WINDOW of_group AS (PARTITION BY since_on, household_id, kind / 10 ORDER BY effective_on, batch_id, line),
         of_word AS (PARTITION BY since_on, household_id, word ORDER BY effective_on, batch_id, line)),
latest AS (
  SELECT DISTINCT ON (t.region_code, t.fund_code, t.fiscal_year) t.*,
         coalesce(t.confirmed_at, t.recorded_at) AS counts_at
    FROM funds.fund_terms t
   WHERE (t.region_code = '00' OR starts_with(:county, t.region_code)) AND t.valid_from <= :as_of
     AND t.withdrawn_by IS NULL AND (NOT t.waits OR t.confirmed_by IS NOT NULL)
     AND coalesce(t.confirmed_at, t.recorded_at) <= CAST(:known_at AS timestamptz)
   ORDER BY t.region_code, t.fund_code, t.fiscal_year, t.valid_from DESC, t.edition DESC),
excluding AS MATERIALIZED (
  SELECT t.fiscal_year AS year, least(t.fund_code, o.code) AS one, greatest(t.fund_code, o.code) AS other,
         bool_or(r.rule = 'household_exclusive_with') AS of_homes, min(t.counts_at) AS counts_at,
         min(t.valid_from) AS valid_from, min(t.document) AS terms
    FROM latest t
    JOIN funds.fund_rule r USING (region_code, fund_code, fiscal_year, valid_from, edition)
   CROSS JOIN LATERAL jsonb_array_elements_text(r.value) AS o(code)
   WHERE r.rule IN ('exclusive_with', 'household_exclusive_with')
   GROUP BY 1, 2, 3),
ruled AS (
  SELECT {_ROW}, n.one, n.other, n.year, n.of_homes, n.counts_at, n.valid_from, n.terms, m.recorded_at,
         CASE WHEN n.of_homes THEN uuid_send(p.household_id) ELSE p.payee_token END AS who
    FROM paid b
    JOIN excluding n ON n.year = extract(year FROM b.effective_on)::int AND b.fund_code IN (n.one, n.other)
    JOIN funds.movement m ON m.county_code = :county AND m.id = b.movement_id {_PAID_ROWS}),
first_ruled AS (
  SELECT r.*, {_back("first_value", "of_funds")}
    FROM ruled r
  WINDOW of_funds AS (PARTITION BY one, other, year, who ORDER BY recorded_at, batch_id, line))
SELECT * FROM (
  SELECT {_pair("of_group")}, '名目互斥' AS because, word, of_group_word AS other_word, NULL AS terms,
         NULL::date AS terms_from_on, true AS of_home
    FROM claimed WHERE effective_on >= since_on AND kind > 0 AND kind <> of_group_kind
  UNION ALL
  SELECT {_pair("of_word")}, '一次性补助', word, word, NULL, NULL, true
    FROM claimed
   WHERE effective_on >= since_on AND years > 0 AND batch_id <> of_word_batch_id
     AND effective_on < of_word_effective_on + make_interval(years => years)
  UNION ALL
  SELECT {_pair("of_funds")}, '规定在后', '', '', terms, valid_from, of_homes
    FROM first_ruled
   WHERE fund_code <> of_funds_fund_code AND (recorded_at < counts_at OR effective_on < valid_from)) p
 WHERE {PAID_HERE}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwiceFacts(Facts):
    """A paid row and the one before it that it does not go with; `because` is one of the three headings of the rule."""

    batch_id: UUID
    line: int
    fund_code: str
    entitlement: str
    document: str
    other_batch_id: UUID
    other_line: int
    other_fen: int
    other_on: date
    other_fund_code: str
    other_entitlement: str
    other_document: str
    because: str
    word: str
    other_word: str
    terms: str | None
    terms_from_on: date | None
    of_home: bool


def narrow(policy: Policy, day: date) -> Mapping[str, Any]:
    """The words of every day up to this one, with group and kind, and years; without any only the terms are asked."""
    told: dict[str, list[Any]] = {name: [] for name in ("since", "until", "words", "kinds", "years")}
    aside: dict[str, list[Any]] = {"aside_since": [], "aside": []}
    for one in held(policy, day, EXCLUSIVE, ONCE, ASIDE):
        kinds, years, apart = one.values
        for word in sorted({*_words(kinds), *_words(years)}):
            row = (one.since_on, one.until_on, word, _words(kinds).get(word, 0), _words(years).get(word, 0))
            for name, value in zip(told, row, strict=True):
                told[name].append(value)
        for word in _aside(apart):
            aside["aside_since"].append(one.since_on)
            aside["aside"].append(word)
    return {**told, **aside}


def _aside(value: PolicyValue | None) -> list[str]:
    return sorted(word for word, n in _words(value).items() if n)


def _words(value: PolicyValue | None) -> dict[str, int]:
    return {word: int(n) for word, n in value.value.items()} if value and isinstance(value.value, dict) else {}


def judge(facts: TwiceFacts, policy: Policy) -> Verdict | None:
    """A question of two rows; by their names only of two that are not one row, and whose names no word sets aside."""
    aside = policy.on(ASIDE, facts.as_of) if facts.because != "规定在后" else None
    if (facts.batch_id, facts.line) == (facts.other_batch_id, facts.other_line):
        return None
    if any(word in name for word in _aside(aside) for name in (facts.entitlement, facts.other_entitlement)):
        return None
    match facts.because:
        case "名目互斥":
            value = policy.on(EXCLUSIVE, facts.as_of)
            kinds = _words(value)
            one, other = kinds.get(facts.word, 0), kinds.get(facts.other_word, 0)
            if one in {other, 0} or one // KINDS_OF_GROUP != other // KINDS_OF_GROUP:
                return None
            why = f"“{facts.word}”与“{facts.other_word}”一户只能享受一项"
        case "一次性补助":
            value = policy.on(ONCE, facts.as_of)
            years = _words(value).get(facts.word)
            if years is None or facts.as_of >= _later(facts.other_on, years):
                return None
            why = f"“{facts.word}”{years} 年内一户只能申领一次"
        case _:
            value = None
            why = f"按“{facts.terms}”（{facts.terms_from_on} 起）两项资金互斥，该规定晚于这两笔发放"
    whose = "该户" if facts.of_home else "该收款人"
    return Verdict(
        mark=f"{facts.batch_id}:{facts.line}:{facts.because}",
        days=(facts.as_of - facts.other_on).days if facts.as_of > facts.other_on else 0,
        explanation=(
            f"“{facts.document}”名册第 {facts.line} 行 {facts.as_of} 发放“{facts.entitlement}”"
            f"{yuan(facts.amount_fen)} 元，{whose}已于 {facts.other_on} 领取"
            f"“{facts.other_entitlement}”{yuan(facts.other_fen)} 元"
            f"（“{facts.other_document}”名册第 {facts.other_line} 行）；{why}，请核实是否重复享受"
        ),
        policy=tuple(one for one in (value, aside) if one),
        money=(Money(f"payment:{facts.batch_id}:{facts.line}", facts.amount_fen),),
    )


def _later(on: date, years: int) -> date:
    """The same day so many years later; of 29 February the 28th where there is none."""
    last = on.day if on.month != MONTH_OF_LEAPS or on.day < LEAP_DAY else LEAP_DAY - (not isleap(on.year + years))
    return on.replace(year=on.year + years, day=last)


RULE: Final = Rule(
    code="R10",
    version=1,
    since=date(2026, 11, 23),
    title="重复享受互斥补助",
    legal_basis="财政违法行为处罚处分条例第六条第（一）项（虚报、冒领）；各资金使用规定的互斥条款；济南、沈阳口径",
    looks_at="同一户（或同一人）领取的互斥资金、互斥名目和一次性补助的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(EXCLUSIVE, ONCE, ASIDE),
    facts=TwiceFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
