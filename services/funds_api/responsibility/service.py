"""Ranking units, places and funds by the fen-days they answer for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from typing import Final, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.moments import Moment
from services.funds_api.responsibility import store
from services.funds_api.responsibility.ranking import hundredths, percent, ranks, ranks_among
from services.funds_api.responsibility.schemas import RankBy, YuanDaysReport
from services.funds_api.responsibility.store import Held

COUNTY_DIGITS: Final = 6
TOWNSHIP_DIGITS: Final = 9
_DIGITS: Final = {RankBy.TOWNSHIP: TOWNSHIP_DIGITS, RankBy.VILLAGE: 12}


class Line(NamedTuple):
    """A line of the ranking: whom it names, among whom it is ranked, and its figures."""

    code: str
    name: str
    siblings: tuple[str, ...]
    resting_fen: int
    resting_fen_days: int
    charged_fen_days: int

    @property
    def fen_days(self) -> int:
        return self.resting_fen_days + self.charged_fen_days


async def yuan_days(
    tx: AsyncSession, who: Principal, county: str, moment: Moment, by: RankBy, fund: str | None
) -> bytes:
    """Rank units, townships, villages or funds by the fen-days they answer for, of one fund or of all.

    Among townships the county's own offices (国库, 部门) are one place of their own; so are among villages those of the
    county and of each township.
    """
    known = await store.funds(tx) if by is RankBy.FUND or fund is not None else {}
    if fund is not None and fund not in known:
        raise Missing("资金", fund)
    if by is RankBy.FUND:
        asked = sorted(known) if fund is None else [fund]
        held = await store.responsible(tx, who, county, moment, asked)
        lines = _by_fund(held, known)
        # What was counted whatever the fund has to be what was counted fund by fund.
        whole = held if fund is not None else await store.responsible(tx, who, county, moment)
    else:
        digits = _DIGITS.get(by)
        whole = held = await store.responsible(tx, who, county, moment, None if fund is None else [fund], digits)
        lines = _by_unit(held) if digits is None else _by_place(held, digits)
    return _report(lines, whole, moment, by, fund, store.root_of(who, county))


def _by_unit(held: Iterable[Held]) -> list[Line]:
    return [
        Line(one.region_code, one.name, (one.kind, _parent(one.region_code)), *_figures(one))
        for one in held
    ]  # fmt: skip


def _by_fund(held: Iterable[Held], names: Mapping[str, str]) -> list[Line]:
    return list(_merged(Line(one.fund, names[one.fund], (), *_figures(one)) for one in held))


def _by_place(held: Iterable[Held], digits: int) -> list[Line]:
    lines = []
    for one in held:
        place = one.region_code[:digits]
        own = len(place) < digits
        siblings = ("own", place) if own else ("below", _parent(place))
        lines.append(Line(place, f"{one.place}本级" if own else one.place, siblings, *_figures(one)))
    return list(_merged(lines))


def _figures(one: Held) -> tuple[int, int, int]:
    return one.resting_fen, one.resting_fen_days, one.charged_fen_days


def _parent(region: str) -> str:
    """The place above: of a village its township, of a township its county; a county's own is the county."""
    return region[: TOWNSHIP_DIGITS if len(region) > TOWNSHIP_DIGITS else COUNTY_DIGITS]


def _merged(lines: Iterable[Line]) -> Iterable[Line]:
    found = dict[str, Line]()
    for one in lines:
        before = found.get(one.code)
        found[one.code] = one if before is None else before._replace(
            resting_fen=before.resting_fen + one.resting_fen,
            resting_fen_days=before.resting_fen_days + one.resting_fen_days,
            charged_fen_days=before.charged_fen_days + one.charged_fen_days,
        )  # fmt: skip
    return found.values()


def _report(lines: list[Line], whole: Sequence[Held], moment: Moment, by: RankBy, fund: str | None, root: str) -> bytes:
    """The answer as JSON. Its lines are written, not modelled: 300 models took longer than all the rest."""
    lines = sorted(lines, key=lambda one: (-one.fen_days, one.code, one.name))
    figures = [one.fen_days for one in lines]
    total_fen = sum(one.resting_fen for one in whole)
    total = sum(one.resting_fen_days + one.charged_fen_days for one in whole)
    among = ranks_among(figures, [one.siblings for one in lines])
    items = ",".join(
        f'{{"rank":{rank},"region_code":"{root if by is RankBy.FUND else one.code}",'
        f'"fund_code":{quoted(one.code) if by is RankBy.FUND else "null"},"name":{quoted(one.name)},'
        f'"share_percent":"{percent(one.fen_days, total)}","sibling_rank":{sibling_rank},"siblings_n":{siblings_n},'
        f'"resting_fen":{one.resting_fen},"resting_fen_days":{one.resting_fen_days},'
        f'"charged_fen_days":{one.charged_fen_days},"responsible_fen_days":{one.fen_days},'
        f'"yuan_days":"{hundredths(one.fen_days)}"}}'
        for one, rank, (sibling_rank, siblings_n) in zip(lines, ranks(figures), among, strict=True)
    )
    report = YuanDaysReport(
        as_of=moment.as_of,
        **moment.shown,
        by=by,
        fund=fund,
        total_fen=total_fen,
        total_fen_days=total,
        unexplained_fen=total_fen - sum(one.resting_fen for one in lines),
        unexplained_fen_days=total - sum(figures),
        items=[],
        empty_because=None if items else "您的管辖范围内截至当日没有单位持有过所查的资金",
    ).model_dump_json()
    return report.replace('"items":[]', f'"items":[{items}]', 1).encode()
