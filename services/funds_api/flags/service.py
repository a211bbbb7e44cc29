"""Flags as they are told, and judged again from what they kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flags import store
from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from services.funds_api.flags.rules.kept import restored
from services.funds_api.flags.rules.rule import Facts, Policy, Verdict
from services.funds_api.flags.schemas import Flag, JudgedBy, NamedMoney, Recomputation
from services.funds_api.funds.judge import TITLE_OF_CODE
from services.funds_api.tables import FlagRow

BASE: Final = ("subject_id", "region_code", "amount_fen", "as_of")


def verdict_of(row: FlagRow, policy: Sequence[dict[str, Any]]) -> Verdict | None:
    """What the flag's own version of its rule says about the facts it kept, by the values it kept."""
    rule = VERSIONS[row.rule_code, row.rule_version]
    facts: Facts = restored(rule.facts, {**row.facts, **{name: getattr(row, name) for name in BASE}})
    verdict: Verdict | None = rule.judge(facts, Policy(store.heard(policy), row.county_code))
    return verdict


def _policy_of(row: FlagRow, policy: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The values a flag was judged by; those of the first release kept one among their facts."""
    if policy is not None:
        return list(policy)
    return [row.facts["policy"]] if isinstance(row.facts.get("policy"), dict) else []


async def shown(tx: AsyncSession, county: str, rows: Sequence[Row[Any]]) -> list[Flag]:
    """Flags with their sentence, their values and what fen they name."""
    named = await store.money(tx, county, [row.FlagRow.id for row in rows])
    return [_flag(row.FlagRow, row.policy, named.get(row.FlagRow.id, [])) for row in rows]


def _flag(row: FlagRow, kept: Sequence[dict[str, Any]] | None, named: Sequence[Any]) -> Flag:
    policy = _policy_of(row, kept)
    return Flag(
        id=row.id,
        rule_code=row.rule_code,
        rule_version=row.rule_version,
        title=TITLE_OF_CODE.get(row.rule_code) or RULES[row.rule_code].title,
        subject=row.subject,
        subject_id=row.subject_id,
        mark=row.mark,
        lot_id=row.lot_id,
        region_code=row.region_code,
        amount_fen=row.amount_fen,
        money=[NamedMoney(item=one.item, amount_fen=one.amount_fen) for one in named],
        days=row.days,
        limit_days=row.limit_days,
        as_of=row.as_of,
        explanation=row.explanation if row.explanation is not None else _sentence(row, policy),
        facts=row.facts,
        policy=[JudgedBy(**one) for one in policy],
        run_id=row.run_id,
        raised_at=row.raised_at,
    )


def _sentence(row: FlagRow, policy: Sequence[dict[str, Any]]) -> str:
    """The sentence of a flag that was raised among many: told from its facts, which do not change."""
    verdict = verdict_of(row, policy)
    return verdict.explanation if verdict else ""


def recomputed(row: FlagRow, kept: Sequence[dict[str, Any]] | None) -> Recomputation:
    """The flag judged again; it is the same when every figure and the sentence are."""
    if (row.rule_code, row.rule_version) not in VERSIONS:  # a breach of a fund's terms, judged with its movement
        return Recomputation(
            flag_id=row.id,
            rule_code=row.rule_code,
            rule_version=row.rule_version,
            same=False,
            differs=["由业务办理时的资金规定判断，不由规则运行产生"],
            explanation=row.explanation,
            days=row.days,
            limit_days=row.limit_days,
        )
    verdict = verdict_of(row, _policy_of(row, kept))
    found = {
        "成立与否": (True, verdict is not None),
        "天数": (row.days, verdict.days if verdict else None),
        "时限": (row.limit_days, verdict.limit_days if verdict else None),
        "标记": (row.mark, verdict.mark if verdict else None),
        "说明": (row.explanation, verdict.explanation if verdict and row.explanation else row.explanation),
    }
    differs = [f"{name}：当时 {was}，现在 {now}" for name, (was, now) in found.items() if was != now]
    return Recomputation(
        flag_id=row.id,
        rule_code=row.rule_code,
        rule_version=row.rule_version,
        same=not differs,
        differs=differs,
        explanation=verdict.explanation if verdict else None,
        days=verdict.days if verdict else None,
        limit_days=verdict.limit_days if verdict else None,
    )
