"""A rule's record: what became of its flags, their money counted once, and its doubt about itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.store import Place
from services.funds_api.funds.judge import TITLE_OF_CODE
from services.funds_api.moments import Moment
from services.funds_api.outcomes import store
from services.funds_api.outcomes.nesting import distinct_fen
from services.funds_api.outcomes.refusals import RuleNotKnown
from services.funds_api.outcomes.schemas import Counts, LastRun, RuleRecord
from services.funds_api.policies import store as policies
from treasury.policy import PolicyValue, in_force

ONE: Final = 1_000_000
PRECISION: Final = "rule_precision_warn_ppm"
DECIDED_MIN: Final = "rule_decided_min"


async def records(
    tx: AsyncSession, place: Place, moment: Moment, rule: str | None = None
) -> tuple[list[RuleRecord], Counts]:
    """The record of every rule and fund term (or of one), by code, and the total with nothing counted twice."""
    titles = {code: one.title for code, one in RULES.items()} | TITLE_OF_CODE
    if rule is not None and rule not in titles:
        raise RuleNotKnown(rule)
    counted = await store.counts(tx, place, moment, rule)
    summed = await store.sums(tx, place, moment, rule)
    nested = await store.nested(tx, place, moment, rule)
    recovered = await store.recovered(tx, place, moment, rule)
    last = await store.last_runs(tx, place, moment, rule)
    values = await policies.values(tx)

    def told(code: str) -> Counts:
        own = [row for row in nested if row["rule_code"] == code]
        got = [row for row in recovered if row["rule_code"] == code]
        return _counts([counted[code]] if code in counted else [], summed.get(code), own, got)

    items = []
    for code in sorted({rule} if rule else {*titles, *counted}):
        counts = told(code)
        items.append(
            RuleRecord(
                rule_code=code,
                title=titles.get(code, code),
                warning=doubt(values, place.county, moment, counts),
                last_run=LastRun(**{name: last[code][name] for name in LastRun.model_fields}) if code in last else None,
                **counts.model_dump(),
            )
        )
    return items, _counts(counted.values(), summed.get(None), nested, recovered)


def _counts(
    counted: Iterable[Mapping[str, Any]], summed: Mapping[str, Any] | None, nested: list[Any], recovered: list[Any]
) -> Counts:
    n = {
        name: sum(row[name] for row in counted)
        for counted in [list(counted)]
        for name in ("hits_n", "confirmed_n", "refuted_n", "flagged_fen", "confirmed_fen")
    }
    named, items = (summed["named_fen"], summed["items_fen"]) if summed else (0, 0)
    fen: dict[str, int] = {}
    for row in nested:
        fen[row["item"]] = max(row["fen"], fen.get(row["item"], 0))
    holders = {row["item"]: row["holders"] for row in nested}
    distinct = items - sum(fen.values()) + distinct_fen(fen, holders)
    back: dict[str, int] = {}
    for row in recovered:
        key = "+".join(row["items"])
        back[key] = max(row["recovered_fen"], back.get(key, 0))
    decided = n["confirmed_n"] + n["refuted_n"]
    return Counts(
        **n,
        open_n=n["hits_n"] - decided,
        precision_ppm=n["confirmed_n"] * ONE // decided if decided else None,
        named_fen=named,
        distinct_fen=distinct,
        nested_fen=named - distinct,
        recovered_fen=distinct_fen(back, holders),
    )


def doubt(values: Iterable[PolicyValue], county: str, moment: Moment, counts: Counts) -> str | None:
    """What a rule says about itself when too few of its decided flags were confirmed; silent while few are decided."""
    known = list(values)
    least = in_force(known, PRECISION, county, moment.as_of)
    enough = in_force(known, DECIDED_MIN, county, moment.as_of)
    decided = counts.confirmed_n + counts.refuted_n
    if least is None or enough is None or decided < max(enough.number, 1):
        return None
    if counts.confirmed_n * ONE >= decided * least.number:
        return None
    return (
        f"已有结论 {decided} 条，属实 {counts.confirmed_n} 条，占 {counts.confirmed_n * 100 / decided:.1f}%，"
        f"低于 {least.number * 100 / ONE:.1f}%，请复核规则、数值或名单，再决定是否继续使用"
    )
