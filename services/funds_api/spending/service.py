"""Spending progress: the rows that were asked for, ranked and held against the year, the curve and the least share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.flows.store import Asked
from services.funds_api.funds.schemas import FundLevel
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.regions.store import names_on
from services.funds_api.spending import store
from services.funds_api.spending.progress import (
    Milestone,
    milestones,
    passed_by_days,
    passed_by_months,
    percent,
    ppm,
    ranks,
    reached_and_next,
)
from services.funds_api.spending.schemas import (
    By,
    Curve,
    Elapsed,
    Industry,
    LeastIndustry,
    MilestoneAnswer,
    ProgressRow,
    SpendingProgress,
    Verdict,
)
from services.funds_api.spending.sums import BELOW, Progress, YearBooks, part
from services.funds_api.units.schemas import TERMINAL, UnitKind
from treasury.policy import PolicyValue, in_force

CURVE: Final = "spending_curve"
LEAST_INDUSTRY: Final = "industry_share_min_ppm"
_LEVELS: Final = {
    FundLevel.CENTRAL: "中央资金",
    FundLevel.PROVINCE: "省级资金",
    FundLevel.PREFECTURE: "市级资金",
    FundLevel.COUNTY: "县级资金",
    FundLevel.MIXED: "未分级次的资金",
}
_NOTHING: Final = "截至所查日期没有收到该年度的资金，不参加排名"
_OWN: Final = "本级与下级区划不同类，不参加排名"


class Line(NamedTuple):
    """A row before it is ranked and told."""

    kind: Literal["all", "own", "region", "fund", "level"]
    code: str
    name: str
    figures: Progress


class Asking(NamedTuple):
    """What rows are held against: how much of the year is over, and what the curve asks for by now."""

    months: Fraction
    days: Fraction
    due: Milestone | None


async def progress(
    tx: AsyncSession, who: Principal, asked: Asked, year: int, by: By, moment: Moment
) -> SpendingProgress:
    """The spending progress of a budget year at the asked place by that moment.

    A caller below the county is told and ranked among the own places only.
    """
    async with whole_county(tx, who, asked.county):
        books = await store.year_books(tx, asked, moment)
    whole, lines = await _lines(tx, books, asked, by, moment)
    known = await policies.values(tx, CURVE, LEAST_INDUSTRY, known_at=moment.known_at, region=asked.root)
    # Of a year that is over, or has not begun, the values of its last or first day.
    on = min(max(moment.as_of, date(year, 1, 1)), date(year, 12, 31))
    curve = in_force(known, CURVE, asked.root, on)
    due, following = reached_and_next(milestones(curve.named, year) if curve else [], moment.as_of)
    asking = Asking(passed_by_months(year, moment.as_of), passed_by_days(year, moment.as_of), due)
    placed = ranks(None if one.kind == "own" else one.figures.rate for one in lines)
    items = [_row(one, asking, rank) for one, rank in zip(lines, placed, strict=True)]
    items.sort(key=lambda one: (one.rank is None, one.rank or 0, one.kind != "own", one.code))
    return SpendingProgress(
        county_code=asked.county,
        region_code=asked.root,
        fund_code=asked.fund,
        fiscal_year=year,
        as_of=moment.as_of,
        **moment.shown,
        by=by,
        elapsed=Elapsed(
            months_ppm=ppm(asking.months),
            months=percent(asking.months),
            days_ppm=ppm(asking.days),
            days=percent(asking.days),
        ),
        curve=curve and _curve(curve, due, following),
        least_industry=_least(in_force(known, LEAST_INDUSTRY, asked.root, on), whole.figures),
        total=_row(whole, asking, None),
        ranked_n=sum(one.rank is not None for one in items),
        unexplained_fen=whole.figures.received - sum(one.received_fen for one in items),
        unexplained_spent_fen=whole.figures.spent - sum(one.spent_fen for one in items),
        items=items,
        empty_because=None if items else "截至所查日期，该区划没有收到该年度的资金",
    )


async def _lines(
    tx: AsyncSession, books: YearBooks, asked: Asked, by: By, moment: Moment
) -> tuple[Line, Sequence[Line]]:
    """The total, and the rows that make it up."""
    parted = part(books, asked.root)
    if by is By.REGION:
        places = _places(books, asked.root) | parted.below.keys()
        names = await names_on(tx, {asked.root, *places}, moment.as_of)
        name = names.get(asked.root, asked.root)
        own = [Line("own", asked.root, f"{name}本级", parted.own)] if parted.own != Progress() else []
        below = [
            Line("region", code, names.get(code, code), parted.below.get(code, Progress())) for code in sorted(places)
        ]
        return Line("all", asked.root, name, parted.whole), [*own, *below]
    funds = await store.funds(tx, parted.funds)
    groups: dict[str, Progress] = defaultdict(Progress)
    for code, figures in parted.funds.items():
        groups[code if by is By.FUND else funds[code].level].add(figures)
    lines = [
        Line("fund", group, funds[group].name, figures)
        if by is By.FUND
        else Line("level", group, _LEVELS[FundLevel(group)], figures)
        for group, figures in sorted(groups.items())
    ]
    names = await names_on(tx, {asked.root}, moment.as_of)
    whole = Line("all", asked.root, names.get(asked.root, asked.root), parted.whole)
    return whole, [one for one in lines if one.figures != Progress()]


def _places(books: YearBooks, root: str) -> set[str]:
    """The places next below that have a desk money could lie at, also when none has come there yet."""
    digits = BELOW.get(len(root))
    return {
        desk.region_code[:digits]
        for desk in books.accounts.values()
        if digits
        and UnitKind(desk.kind) not in TERMINAL
        and desk.region_code.startswith(root)
        and len(desk.region_code) > len(root)
    }


def _row(line: Line, asking: Asking, rank: int | None) -> ProgressRow:
    figures = line.figures
    rate = figures.rate
    why = None
    if rank is None and line.kind != "all":
        why = _NOTHING if rate is None else _OWN
    return ProgressRow(
        kind=line.kind,
        code=line.code,
        name=line.name,
        received_fen=figures.received,
        carried_in_fen=figures.carried_in,
        spent_fen=figures.spent,
        unspent_fen=figures.received - figures.spent,
        resting_fen=figures.resting,
        carried_out_fen=figures.carried_out,
        unexplained_fen=figures.unexplained,
        rate_ppm=None if rate is None else ppm(rate),
        rate=None if rate is None else percent(rate),
        ahead_of_months=None if rate is None else percent(rate - asking.months),
        ahead_of_days=None if rate is None else percent(rate - asking.days),
        ahead_of_curve=None if rate is None or asking.due is None else percent(rate - asking.due.share),
        rank=rank,
        unranked_because=why,
        industry=_industry(figures),
    )


def _industry(figures: Progress) -> Industry:
    least, most = figures.of_received(figures.industry), figures.of_received(figures.industry + figures.unclassified)
    return Industry(
        industry_fen=figures.industry,
        other_projects_fen=figures.other,
        unclassified_fen=figures.unclassified,
        share_ppm=None if least is None else ppm(least),
        share=None if least is None else percent(least),
        share_at_most=None if most is None else percent(most),
    )


def _stone(one: Milestone | None) -> MilestoneAnswer | None:
    if one is None:
        return None
    return MilestoneAnswer(due_on=one.due_on, required_ppm=ppm(one.share), required=percent(one.share))


def _curve(value: PolicyValue, due: Milestone | None, following: Milestone | None) -> Curve:
    return Curve(
        reached=_stone(due),
        next=_stone(following),
        policy_ref=str(value.ref),
        source=value.source,
        basis=value.basis,
    )


def _least(value: PolicyValue | None, figures: Progress) -> LeastIndustry | None:
    """Whether the total keeps the least share: surely, surely not, or it cannot be told."""
    share = figures.of_received(figures.industry)
    most = figures.of_received(figures.industry + figures.unclassified)
    if value is None or share is None or most is None:
        return None
    required = Fraction(value.number, 1_000_000)
    verdict = Verdict.KEPT if share >= required else Verdict.OPEN if most >= required else Verdict.MISSED
    return LeastIndustry(
        required_ppm=value.number,
        required=percent(required),
        verdict=verdict,
        policy_ref=str(value.ref),
        source=value.source,
        basis=value.basis,
    )
