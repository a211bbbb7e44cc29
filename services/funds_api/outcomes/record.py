"""A rule's record: what became of its flags, their money counted once, and its doubt about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import allow_long_statements
from services.funds_api.flags.rules.catalogue import RULES
from services.funds_api.flags.store import Place
from services.funds_api.funds.judge import TITLE_OF_CODE
from services.funds_api.moments import Moment
from services.funds_api.outcomes import store
from services.funds_api.outcomes.nesting import distinct_fen
from services.funds_api.outcomes.refusals import RuleNotKnown
from services.funds_api.outcomes.schemas import Counts, LastRun, RuleRecord, Shares, VersionRecord
from services.funds_api.policies import store as policies
from treasury.policy import PolicyValue, in_force

ONE: Final = 1_000_000
PRECISION: Final = "rule_precision_warn_ppm"
DECIDED_MIN: Final = "rule_decided_min"


Rows = Sequence[Mapping[str, Any]]


async def records(
    tx: AsyncSession, place: Place, moment: Moment, rule: str | None = None, *, once: bool = False
) -> tuple[list[RuleRecord], Counts]:
    """The record of every rule and fund term (or of one), by code, and the total.

    Hits are added up from tallies, and what was decided from the flags that were. Only with `once` are all flags read,
    to say how much of what they name is named twice or lies within something else that is.
    """
    titles = {code: one.title for code, one in RULES.items()} | TITLE_OF_CODE
    if rule is not None and rule not in titles:
        raise RuleNotKnown(rule)
    raised = await store.hits(tx, place, moment, rule)
    decided = await store.decided(tx, place, moment, rule)
    confirmed = await store.confirmed(tx, place, moment, rule)
    within = await store.holders(tx, place.county, sorted({item for row in confirmed for item in row["items"]}))
    codes = sorted({rule} if rule else {*titles, *(row["rule_code"] for row in raised)})
    last = await store.last_runs(tx, place, moment, [code for code in codes if code in RULES])
    values = list(await policies.values(tx))
    summed, nested = await _once(tx, place, moment, rule) if once else (None, [])

    def told(code: str | None) -> Counts:
        own = [_of(code, rows) for rows in (raised, decided, confirmed, nested)]
        counts = _counts(own[0], own[1], own[2], within)
        return counts if summed is None else _distinct(counts, summed.get(code), own[3])

    items = []
    for code in codes:
        counts = told(code)
        items.append(
            RuleRecord(
                rule_code=code,
                title=titles.get(code, code),
                warning=doubt(values, place.county, moment, counts),
                versions=_versions(code, raised, decided, values, place, moment),
                last_run=LastRun(**{name: last[code][name] for name in LastRun.model_fields}) if code in last else None,
                **counts.model_dump(),
            )
        )
    return items, told(None)


async def _once(
    tx: AsyncSession, place: Place, moment: Moment, rule: str | None
) -> tuple[dict[str | None, Mapping[str, Any]], Rows]:
    await allow_long_statements(tx)
    summed = await store.sums(tx, place, moment, rule)
    holding = any(row["holding"] for row in summed.values())
    return summed, await store.nested(tx, place, moment, rule) if holding else []


def _of(code: str | None, rows: Rows) -> Rows:
    """The rows of one rule; of all of them for None."""
    return rows if code is None else [row for row in rows if row["rule_code"] == code]


def _sum(rows: Rows, name: str) -> int:
    return sum(row[name] for row in rows)


def _counts(raised: Rows, decided: Rows, confirmed: Rows, within: Mapping[str, Sequence[str]]) -> Counts:
    fen: dict[str, int] = {}
    for row in confirmed:
        for item, amount in zip(row["items"], row["fen"], strict=True):
            fen[item] = max(amount, fen.get(item, 0))
    return Counts(
        **_shares(raised, decided),
        flagged_fen=_sum(raised, "flagged_fen"),
        named_fen=_sum(raised, "named_fen"),
        confirmed_fen=_sum(decided, "confirmed_fen"),
        confirmed_distinct_fen=distinct_fen(fen, within),
        recovered_fen=distinct_fen(_came_back(confirmed), within),
    )


def _came_back(confirmed: Rows) -> dict[str, int]:
    """What came back of each item, told by one flag or by several that name it: what one told, the next does not add.

    Flags that name little go first. Of one that names several, what the others had not told comes back of its items in
    their order, of each no more than it names.
    """
    back: dict[str, int] = {}
    for row in sorted(confirmed, key=lambda one: (len(one["items"]), one["id"])):
        left = row["recovered_fen"] - sum(back.get(item, 0) for item in row["items"])
        for item, named in zip(row["items"], row["fen"], strict=True):
            more = min(left, named - back.get(item, 0))
            if more > 0:
                back[item], left = back.get(item, 0) + more, left - more
        if left > 0:  # said of the flag, which is about more than it names
            back[row["items"][0]] = back.get(row["items"][0], 0) + left
    return back


def _shares(raised: Rows, decided: Rows) -> dict[str, int | None]:
    """Flags by what became of them; how many of those decided were confirmed, null while none is."""
    hits, confirmed, refuted = _sum(raised, "hits_n"), _sum(decided, "confirmed_n"), _sum(decided, "refuted_n")
    settled = confirmed + refuted
    return {
        "hits_n": hits,
        "confirmed_n": confirmed,
        "refuted_n": refuted,
        "open_n": hits - settled,
        "decided_n": settled,
        "precision_ppm": confirmed * ONE // settled if settled else None,
    }


def _distinct(counts: Counts, summed: Mapping[str, Any] | None, nested: Rows) -> Counts:
    """The same counts with what of the fen named is named once."""
    items = summed["items_fen"] if summed else 0
    fen: dict[str, int] = {}
    for row in nested:
        fen[row["item"]] = max(row["fen"], fen.get(row["item"], 0))
    distinct = items - sum(fen.values()) + distinct_fen(fen, {row["item"]: row["holders"] for row in nested})
    return counts.model_copy(update={"distinct_fen": distinct, "nested_fen": counts.named_fen - distinct})


def _versions(
    code: str, raised: Rows, decided: Rows, values: Sequence[PolicyValue], place: Place, moment: Moment
) -> list[VersionRecord]:
    """What each version of a rule raised and what became of it: a rule that was mended is not held to what it was."""
    found = []
    for version in sorted({row["rule_version"] for row in _of(code, raised)}):
        own = [[row for row in _of(code, rows) if row["rule_version"] == version] for rows in (raised, decided)]
        shares = Shares(**_shares(*own))
        found.append(
            VersionRecord(
                rule_version=version,
                flagged_fen=_sum(own[0], "flagged_fen"),
                confirmed_fen=_sum(own[1], "confirmed_fen"),
                warning=doubt(values, place.county, moment, shares),
                **shares.model_dump(),
            )
        )
    return found


def doubt(values: Sequence[PolicyValue], county: str, moment: Moment, counts: Shares) -> str | None:
    """What a rule says about itself when too few of its decided flags were confirmed; silent while few are decided."""
    least = in_force(values, PRECISION, county, moment.as_of)
    enough = in_force(values, DECIDED_MIN, county, moment.as_of)
    decided = counts.decided_n
    if least is None or enough is None or decided < max(enough.number, 1):
        return None
    if counts.confirmed_n * ONE >= decided * least.number:
        return None
    return (
        f"已有结论 {decided} 条，属实 {counts.confirmed_n} 条，占 {counts.confirmed_n * 100 / decided:.1f}%，"
        f"低于 {least.number * 100 / ONE:.1f}%，请复核规则、数值或名单，再决定是否继续使用"
    )
