"""Flags as they are told, and judged again from what they kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flags import store
from services.funds_api.flags.rules.catalogue import RULES, VERSIONS
from services.funds_api.flags.rules.kept import restored
from services.funds_api.flags.rules.rule import Facts, Policy, Subject, Verdict
from services.funds_api.flags.schemas import Flag, JudgedBy, NamedMoney, Recomputation
from services.funds_api.funds.judge import TITLE_OF_CODE
from services.funds_api.tables import FlagRow

BASE: Final = ("subject_id", "region_code", "amount_fen", "as_of")


Told = Mapping[str, Any]


def nothing_found(rule: str | None, otherwise: str) -> str:
    """Why a list is empty: of a code that no rule has there is nothing, and that is not the same as nothing found."""
    if rule is None or rule in TITLE_OF_CODE or any(rule == code for code, _ in VERSIONS):
        return otherwise
    return f"没有代码为 {rule} 的规则，规则代码见 /funds/v1/rules"


async def facts_of(tx: AsyncSession, county: str, rows: Iterable[FlagRow]) -> dict[UUID, Told]:
    """What each flag saw, by flag: kept with it, or told by its lot, of which nothing of this ever changes."""
    flags = list(rows)
    lots = await store.whose(tx, county, {row.subject_id for row in flags if row.facts is None})
    return {row.id: lots[row.subject_id] if row.facts is None else row.facts for row in flags}


def verdict_of(row: FlagRow, facts_told: Told, policy: Sequence[dict[str, Any]]) -> Verdict | None:
    """What the flag's own version of its rule says about the facts it saw, by the values it kept."""
    rule = VERSIONS[row.rule_code, row.rule_version]
    facts: Facts = restored(rule.facts, {**facts_told, **{name: getattr(row, name) for name in BASE}})
    verdict: Verdict | None = rule.judge(facts, Policy(store.heard(policy), row.county_code))
    return verdict


def _policy_of(row: FlagRow, policy: Sequence[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The values a flag was judged by; those of the first release kept one among their facts."""
    if policy is not None:
        return list(policy)
    told = (row.facts or {}).get("policy")
    return [told] if isinstance(told, dict) else []


async def shown(
    tx: AsyncSession,
    county: str,
    rows: Sequence[Row[Any]],
    answered_for: Mapping[UUID, Sequence[tuple[str, int]]] | None = None,
) -> list[Flag]:
    """Flags with their sentence, their values and what fen they name; and by flag, for which of it a unit answers."""
    named = await store.money(tx, county, [row.FlagRow.id for row in rows])
    saw = await facts_of(tx, county, (row.FlagRow for row in rows))
    flags = [_flag(row.FlagRow, saw[row.FlagRow.id], row.policy, named.get(row.FlagRow.id, [])) for row in rows]
    if answered_for is None:
        return flags
    parts = {
        flag: [NamedMoney(item=item, amount_fen=fen) for item, fen in named] for flag, named in answered_for.items()
    }
    return [one.model_copy(update={"answered_for": parts[one.id]}) for one in flags]


def _flag(row: FlagRow, facts: Told, kept: Sequence[dict[str, Any]] | None, named: Sequence[Any]) -> Flag:
    policy = _policy_of(row, kept)
    return Flag(
        id=row.id,
        rule_code=row.rule_code,
        rule_version=row.rule_version,
        title=TITLE_OF_CODE.get(row.rule_code) or RULES[row.rule_code].title,
        subject=row.subject,
        subject_id=row.subject_id,
        mark=row.mark,
        lot_id=row.subject_id if row.subject == Subject.LOT else None,
        region_code=row.region_code,
        amount_fen=row.amount_fen,
        money=[NamedMoney(item=one.item, amount_fen=one.amount_fen) for one in named],
        days=row.days,
        limit_days=row.limit_days,
        as_of=row.as_of,
        explanation=row.explanation if row.explanation is not None else _sentence(row, facts, policy),
        facts=dict(facts),
        policy=[JudgedBy(**one) for one in policy],
        run_id=row.run_id,
        raised_at=row.raised_at,
    )


def _sentence(row: FlagRow, facts: Told, policy: Sequence[dict[str, Any]]) -> str:
    """The sentence of a flag that was raised among many: told from its facts, which do not change."""
    verdict = verdict_of(row, facts, policy)
    return verdict.explanation if verdict else ""


async def recomputed(tx: AsyncSession, row: FlagRow, kept: Sequence[dict[str, Any]] | None) -> Recomputation:
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
    saw = await facts_of(tx, row.county_code, [row])
    verdict = verdict_of(row, saw[row.id], _policy_of(row, kept))
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
