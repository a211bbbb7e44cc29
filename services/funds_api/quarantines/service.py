"""What inspectors order about money, as their feed tells it: kept at once, as far as it rests there, and released."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed import Envelope
from chassis.journal import record_alone
from services.funds_api.access import FOLLOWER
from services.funds_api.lots import ledger
from services.funds_api.moments import Moment
from services.funds_api.quarantines import store
from services.funds_api.quarantines.keeping import kept
from services.funds_api.quarantines.schemas import Quarantine, QuarantineChange, QuarantinedLot
from services.funds_api.tables import QuarantineChangeRow, QuarantineLotRow, QuarantineRow
from treasury.lots import Lot
from wire.quarantines import LotKept, MoneyQuarantined, MoneyReleased, QuarantineOrdered, QuarantineReleased


async def ordered(tx: AsyncSession, envelope: Envelope) -> None:
    """Keep the fen that were ordered to stay, as many as rest there free, and tell how many are missing."""
    event = QuarantineOrdered.model_validate(envelope.body)
    county = envelope.stream
    asked = {one.lot_id: one.amount_fen for one in event.lots}
    lots = await _locked(tx, county, sorted(asked))

    keeps = kept(asked, lots)

    row = {
        "county": county,
        "id": event.quarantine_id,
        "finding": event.finding_id,
        "document": event.document,
        "ordered_on": event.on,
        "actor": FOLLOWER,
        "today": ledger.today(),
    }
    await store.order(tx, row, keeps)
    told = MoneyQuarantined(
        quarantine_id=event.quarantine_id,
        county_code=county,
        kept_fen=sum(one.kept_fen for one in keeps),
        missing_fen=sum(one.missing_fen for one in keeps),
        lots=[LotKept(lot_id=one.lot_id, asked_fen=one.asked_fen, kept_fen=one.kept_fen) for one in keeps],
    )
    await record_alone(tx, "funds", county, told, FOLLOWER, envelope.id)


async def released(tx: AsyncSession, envelope: Envelope) -> None:
    """Let go what a quarantine kept, and tell how much that is."""
    event = QuarantineReleased.model_validate(envelope.body)
    county = envelope.stream
    await store.release(tx, county, event.quarantine_id, event.document, event.on, ledger.today())
    # Only now: until the release had its locks, a recovery may have drawn on what was kept.
    freed_fen = await store.kept_fen(tx, county, event.quarantine_id)
    told = MoneyReleased(quarantine_id=event.quarantine_id, county_code=county, freed_fen=freed_fen)
    await record_alone(tx, "funds", county, told, FOLLOWER, envelope.id)


async def _locked(tx: AsyncSession, county: str, wanted: Sequence[UUID]) -> list[Lot]:
    """Those of the lots that hold money, with every account that they rest on locked in the order of ids."""
    by_account: dict[UUID, list[UUID]] = defaultdict(list)
    for lot, account in (await store.accounts_of(tx, county, wanted)).items():
        by_account[account].append(lot)
    accounts = sorted(by_account)
    found: list[Lot] = []
    for account in accounts:
        found += await ledger.open_lots(
            tx, county, accounts, account, upto=ledger.today(), named=sorted(by_account[account])
        )
    return found


@dataclass(frozen=True, slots=True)
class Holding:
    """What some quarantines were to keep and do, what changed that, and what their holds keep as known at a moment."""

    lots: Sequence[QuarantineLotRow]
    changes: Sequence[QuarantineChangeRow]
    held_fen: Mapping[UUID, int]


async def holding(tx: AsyncSession, county: str, quarantines: Sequence[UUID], moment: Moment) -> Holding:
    lots, changes = await store.lots_of(tx, county, quarantines), await store.changes_of(tx, county, quarantines)
    return Holding(lots, changes, await store.held_fen(tx, county, quarantines, moment))


def shown(row: QuarantineRow, holding: Holding, moment: Moment) -> Quarantine:
    """A quarantine as it stood at a moment.

    Its proof: what was kept at first with every change known by then is what the holds of the books kept then.
    """
    own = [one for one in holding.lots if one.quarantine_id == row.id]
    told = [one for one in holding.changes if one.quarantine_id == row.id and one.position <= moment.position]
    known = [one for one in told if one.effective_on <= moment.as_of]
    let_go = row.released_position is not None and row.released_position <= moment.position
    over = let_go and row.lifted_on is not None and row.lifted_on <= moment.as_of
    asked, keeps = sum(one.asked_fen for one in own), sum(one.kept_fen for one in own)
    missing = sum(one.asked_fen - one.kept_fen for one in own)
    recovered = -sum(one.change_fen for one in known)
    return Quarantine(
        id=row.id,
        county_code=row.county_code,
        document=row.document,
        ordered_on=row.ordered_on,
        kept_on=row.kept_on,
        asked_fen=asked,
        kept_fen=keeps,
        missing_fen=missing,
        recovered_fen=recovered,
        stands_fen=0 if over else keeps - recovered,
        in_force=not over,
        released_on=row.released_on if over else None,
        release_document=row.release_document if over else None,
        lifted_on=row.lifted_on if over else None,
        lots=[QuarantinedLot.model_validate(one, from_attributes=True) for one in own],
        changes=[QuarantineChange.model_validate(one, from_attributes=True) for one in known],
        unexplained_fen=(0 if let_go else keeps + sum(one.change_fen for one in told))
        - holding.held_fen.get(row.id, 0),
    )
