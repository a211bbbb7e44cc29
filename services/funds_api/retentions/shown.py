"""What became of retentions (质保金) at a moment: judged from where their money stands, added up, cut into a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window, date_in, mark
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.retentions import store
from services.funds_api.retentions.schemas import Retention, RetentionPage, RetentionState, RetentionTotal

STANDING = frozenset({RetentionState.KEPT, RetentionState.DUE})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which retentions are asked for; None asks for any."""

    region: str | None = None
    project: UUID | None = None
    contract: UUID | None = None
    contractor: UUID | None = None
    state: RetentionState | None = None


def state_of(kept_fen: int, in_transit_fen: int, paid_fen: int, undone_fen: int, *, ripe: bool) -> RetentionState:
    """One word for it: what rests counts before what is on its way, and that before what was paid."""
    if kept_fen:
        return RetentionState.DUE if ripe else RetentionState.KEPT
    if in_transit_fen:
        return RetentionState.RELEASED
    if paid_fen:
        return RetentionState.PAID
    return RetentionState.UNDONE if undone_fen else RetentionState.FORFEITED


async def page(
    tx: AsyncSession, who: Principal, county: str, window: Window, *, moment: Moment, asked: Asked
) -> RetentionPage:
    """The visible retentions of a state that were kept back by a moment, by day of release, and the sum of them all."""
    async with whole_county(tx, who, county):
        rows = await store.at(
            tx,
            county,
            moment,
            scope=who.region,
            region=asked.region,
            project=asked.project,
            contract=asked.contract,
            contractor=asked.contractor,
            standing=asked.state in STANDING,
        )
    found = [one for row in rows if asked.state in {None, (one := _retention(county, row, moment.as_of)).state}]
    found.sort(key=_order)
    after = window.key(date_in, UUID)
    there = [one for one in found if after is None or _order(one) > after]
    items = there[: window.limit]
    return RetentionPage(
        **moment.shown,
        as_of=moment.as_of,
        total=_total(found),
        items=items,
        next=mark(*_order(items[-1])) if len(there) > window.limit else None,
        empty_because=None if items else "截至所查日期，您的管辖范围内没有符合条件的质保金",
    )


def _order(one: Retention) -> tuple[date, UUID]:
    return one.release_on or date.min, one.id


def _retention(county: str, row: Row[tuple[object, ...]], on: date) -> Retention:
    told = row.kept_fen + row.in_transit_fen + row.paid_fen + row.forfeited_fen + row.undone_fen
    ripe = row.release_on is None or row.release_on <= on
    state = state_of(row.kept_fen, row.in_transit_fen, row.paid_fen, row.undone_fen, ripe=ripe)
    overdue = (on - row.release_on).days if state is RetentionState.DUE and row.release_on else 0
    ours = {"county_code", "state", "overdue_days", "unexplained_fen"}
    return Retention(
        county_code=county,
        state=state,
        overdue_days=overdue,
        unexplained_fen=row.amount_fen - told,
        **{name: getattr(row, name) for name in Retention.model_fields if name not in ours},
    )


def _total(found: Sequence[Retention]) -> RetentionTotal:
    names = ("amount_fen", "kept_fen", "in_transit_fen", "paid_fen", "forfeited_fen", "undone_fen", "unexplained_fen")
    due = [one for one in found if one.state is RetentionState.DUE]
    return RetentionTotal(
        retentions_n=len(found),
        due_n=len(due),
        due_fen=sum(one.kept_fen for one in due),
        **{name: sum(getattr(one, name) for one in found) for name in names},
    )
