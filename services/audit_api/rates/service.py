"""Rates of rectification at a moment, by unit, place, class of finding or year of the order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.audit_api.findings import counting
from services.audit_api.findings.schemas import CLASSES
from services.audit_api.moments import Moment
from services.audit_api.rates import store
from services.audit_api.rates.schemas import GroupedBy, Rate, RateLine, RectificationRates
from services.audit_api.rates.store import Stood
from services.audit_api.rates.tally import SEVERAL, Ordered, Tally, ppm, tallies, total


async def rates(
    tx: AsyncSession,
    who: Principal,
    county: str,
    moment: Moment,
    by: GroupedBy,
    issued_from: date | None,
    issued_to: date | None,
) -> RectificationRates:
    """What was ordered of an issue period, as it stood at the moment: every order once, every yuan once."""
    stood = await store.orders(tx, who, county, moment, issued_from, issued_to)
    ids = {one.finding_id for one in stood}
    found = await counting.shares(tx, county, ids, moment)

    ordered = [Ordered(one.finding_id, _key(one, by), one.deadline, one.closed_on) for one in stood]
    made = tallies(ordered, found, moment.as_of)
    whole = total(made)
    names = _names(stood, by)

    counted_n = await store.counted_n(tx, who, county, moment, issued_from, issued_to)
    said_fen = await store.found_fen(tx, county, ids)
    return RectificationRates(
        as_of=moment.as_of,
        **moment.shown,
        by=by,
        items=[RateLine(key=key, name=names[key], **_rate(made[key])) for key in sorted(made)],
        total=Rate(**_rate(whole)),
        unexplained_n=counted_n - whole.ordered_n,
        unexplained_fen=said_fen - whole.found_fen - whole.nested_fen,
        empty_because=None if stood else "您的管辖范围内截至当日没有符合条件的整改通知",
    )


def _key(one: Stood, by: GroupedBy) -> str:
    match by:
        case GroupedBy.UNIT:
            return str(one.unit_id)
        case GroupedBy.PLACE:
            return one.region_code
        case GroupedBy.CLASS:
            return one.class_code
        case GroupedBy.YEAR:
            return str(one.issued_on.year)


def _names(stood: list[Stood], by: GroupedBy) -> Mapping[str, str]:
    """What each group is called; a unit by the name on its latest order."""
    names = {SEVERAL: "涉及多组"}
    for one in stood:
        key = _key(one, by)
        names[key] = {GroupedBy.UNIT: one.unit_name, GroupedBy.CLASS: CLASSES[one.class_code]}.get(by, key)
    return names


def _rate(one: Tally) -> dict[str, int | None]:
    return {
        "ordered_n": one.ordered_n,
        "closed_n": one.closed_n,
        "on_time_n": one.on_time_n,
        "overdue_n": one.overdue_n,
        "running_n": one.running_n,
        "closed_ppm": ppm(one.closed_n, one.ordered_n),
        "on_time_ppm": ppm(one.on_time_n, one.closed_n),
        "findings_n": one.findings_n,
        "found_fen": one.found_fen,
        "rectified_fen": one.rectified_fen,
        "outstanding_fen": one.outstanding_fen,
        "nested_fen": one.nested_fen,
        "rectified_ppm": ppm(one.rectified_fen, one.found_fen),
    }
