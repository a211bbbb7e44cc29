"""A recovery that names its finding: only of that finding's money, wherever it went, and told with the movement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.missing import Missing
from services.funds_api.moments import Moment
from services.funds_api.recoveries import store
from services.funds_api.recoveries.refusals import FindingNotHeardOf, RecoveredBeyondFinding, RecoveryOfOtherMoney
from services.funds_api.recoveries.schemas import Recoveries, Recovery
from treasury.lots import Draw
from wire.audit import FindingOpened


async def finding_opened(tx: AsyncSession, envelope: Envelope) -> None:
    """Keep what a finding is bound to. The event of this act is told by `outcomes.followed`, which follows."""
    event = FindingOpened.model_validate(envelope.body)
    await store.add_finding(tx, envelope.stream, event.finding_id, {one.lot_id: one.bound_fen for one in event.lots})


async def must_be_of(tx: AsyncSession, county: str, finding: UUID, draws: Sequence[Draw]) -> None:
    """Refuse a finding that was not told here, money that neither is its own nor came of it, and more than that."""
    bound = await store.bound(tx, county, finding)
    if not bound:
        raise FindingNotHeardOf(str(finding))
    if (other := await store.stranger(tx, county, finding, [one.lot.id for one in draws])) is not None:
        raise RecoveryOfOtherMoney(str(finding), str(other))
    bound_fen, asked_fen = sum(bound.values()), sum(one.amount_fen for one in draws)
    recovered_fen = await store.recovered_fen(tx, county, finding)
    if recovered_fen + asked_fen > bound_fen:
        raise RecoveredBeyondFinding(str(finding), bound_fen, recovered_fen, asked_fen)


async def told(tx: AsyncSession, county: str, finding: UUID, moment: Moment) -> Recoveries:
    """What was recovered for a finding, as of a moment."""
    bound = await store.bound(tx, county, finding, moment)
    if not bound:
        raise Missing("问题", str(finding))
    rows = await store.of_finding(tx, county, finding, moment)
    items = [Recovery.model_validate(row, from_attributes=True) for row in rows]
    stand = [one.amount_fen for one in items if one.undone_on is None]
    return Recoveries(
        finding_id=finding,
        as_of=moment.as_of,
        **moment.shown,
        bound_fen=sum(bound.values()),
        recovered_fen=sum(stand),
        items=items,
        unexplained_fen=sum(stand) - sum(row.drawn_fen for row in rows if row.undone_on is None),
        empty_because=None if items else "截至该时点没有为该问题登记的追缴",
    )
