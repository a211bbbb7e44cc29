"""R01 死亡后仍发放: a row was paid after its payee's death (低保、养老、特困).

Evidence: 271 dead people among the paid (黔西南); nine months and 1,720 yuan (庆城); 6,610.8 yuan (济南). How long a
benefit is still owed is a policy value, also per fund: pensions stop with the month after the death (国发〔2014〕8号,
六), and that others do as well is assumed. The dead are those of the list in force: of a death that is registered later
the next run asks, about the payments of before as well. Each payment is asked about once, with its place among
those that were no longer owed. Money that came back whole is not asked about.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.funds_api.comparisons.kinds import ListKind
from services.funds_api.flags.rules.listed import (
    ENTRY,
    HERE,
    LEFT_OVER,
    ROW,
    TO_PAYEE,
    ListedPayment,
    entries,
    per_fund,
    said_list,
    said_paid,
)
from services.funds_api.flags.rules.rule import Policy, Population, Rule, Subject, Verdict
from treasury.money import yuan
from treasury.policy import PolicyValue

MONTHS: Final = "paid_after_death_months"

# A person who stands on the list twice died on the first of the days.
QUERY: Final = f"""
WITH {entries(ListKind.DEAD)},
dead AS MATERIALIZED (SELECT DISTINCT ON (person_id) * FROM hit ORDER BY person_id, from_on, line)
SELECT * FROM (
  SELECT {ROW}, {ENTRY}, (json_agg(json_build_object('paid_on', b.effective_on, 'fund', b.fund_code,
           'fen', p.amount_fen - coalesce(w.fen, 0))) OVER after)::text AS since
    FROM dead h {TO_PAYEE}
   WHERE b.effective_on > h.from_on AND {LEFT_OVER}
  WINDOW after AS (PARTITION BY h.person_id ORDER BY b.effective_on, p.batch_id, p.line ROWS UNBOUNDED PRECEDING)) one
 WHERE {HERE}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadFacts(ListedPayment):
    """`from_on` is the day of death; `since` is JSON text: what was paid since then, up to this row and with it."""

    since: str


def narrow(policy: Policy, day: date) -> Mapping[str, Any] | None:
    return {} if policy.on(MONTHS, day) else None


def owed_through(died_on: date, months: int) -> date:
    """The last day on which a benefit is paid: that of the death, or of the last of `months` months from its own on."""
    if months == 0:
        return died_on
    year, month = divmod(died_on.year * 12 + died_on.month - 1 + months - 1, 12)
    return date(year, month + 1, monthrange(year, month + 1)[1])


def judge(facts: DeadFacts, policy: Policy) -> Verdict | None:
    months = per_fund(policy, MONTHS, facts.fund_code, facts.as_of)
    if months is None or facts.from_on is None:
        return None
    last = owed_through(facts.from_on, months.number)
    if facts.as_of <= last:
        return None
    unowed, used = _unowed(facts, facts.from_on, policy)
    return Verdict(
        mark=facts.mark,
        days=(facts.as_of - facts.from_on).days,
        explanation=(
            f"{said_paid(facts)}，收款人已于 {facts.from_on} 死亡"
            f"（{said_list(facts, ListKind.DEAD, [facts.list_line])}），"
            f"最迟发放至 {last}；这是应停发后第 {len(unowed)} 笔，累计 {yuan(sum(unowed))} 元，请核实由谁领取"
        ),
        policy=tuple(dict.fromkeys((months, *used))),
        money=facts.money,
    )


def _unowed(facts: DeadFacts, died_on: date, policy: Policy) -> tuple[list[int], list[PolicyValue]]:
    """The fen of each payment since the death that was not owed, by the value of its own fund and day; those values."""
    found, used = [], []
    for one in json.loads(facts.since):
        paid_on = date.fromisoformat(one["paid_on"])
        months = per_fund(policy, MONTHS, one["fund"], paid_on)
        if months and paid_on > owed_through(died_on, months.number):
            found.append(one["fen"])
        used += [months] if months else []
    return found, used


RULE: Final = Rule(
    code="R01",
    version=1,
    since=date(2026, 11, 23),
    title="死亡后仍发放",
    legal_basis="国发〔2014〕8号第六条：待遇领取人员死亡的，从次月起停止支付；财政违法行为处罚处分条例第六条（骗取财政资金）",
    looks_at="死亡人员名单中收款人死亡以后的到户发放",
    subject=Subject.PAYMENT,
    population=Population.PAYMENTS,
    policy_keys=(MONTHS,),
    lists=(ListKind.DEAD.value,),
    facts=DeadFacts,
    query=QUERY,
    narrow=narrow,
    judge=judge,
)
