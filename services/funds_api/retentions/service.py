"""Whose a retention is: said when it is kept back, held when it is paid. Decides nothing about how much is due.

A retention of a project is kept for one of its contracts, any other for a contractor. What a deposit pays goes to
that contractor, out of the lots of that contract; everything else goes back the way it came (return, reversal) or to
the treasury (take_back), by document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.missing import Missing
from services.funds_api.lots.ledger import End, Movement
from services.funds_api.lots.store import whole_county
from services.funds_api.projects import contract_rows
from services.funds_api.projects import store as projects
from services.funds_api.projects.refusals import ContractCancelled, NoContractor
from services.funds_api.retentions import store
from services.funds_api.retentions.refusals import ContractNeeded, RetainedForAnother
from services.funds_api.retentions.store import Kept
from services.funds_api.units.schemas import UnitKind
from treasury.lots import Lot


async def named(
    tx: AsyncSession, who: Principal, county: str, source: End, contract: UUID | None, contractor: UUID | None
) -> Kept:
    """For whom a retention out of `source` is kept; `ContractNeeded` when a project names no contract of its own.

    Nothing is kept back of a contract that was cancelled.
    """
    async with whole_county(tx, who, county):
        if source.kind == UnitKind.PROJECT_UNIT:
            held = await projects.of_accounts(tx, county, [source.id])
            if contract is None:
                raise ContractNeeded(str(source.id), {})
            signed = await contract_rows.contracts(tx, county, [one.id for one in held])
            found = next((one for one in signed if one.id == contract), None)
            if found is None:
                raise Missing("合同", str(contract))
            if found.cancelled_on is not None:
                raise ContractCancelled(str(contract), found.cancelled_on)
            return Kept(found.contractor_id, found.id)
        if contractor is None:
            raise ContractNeeded(str(source.id), {})
        kind = await contract_rows.unit_kind(tx, county, contractor)
    if kind is None:
        raise Missing("单位", str(contractor))
    if kind != UnitKind.CONTRACTOR:
        raise NoContractor(str(contractor), kind)
    return Kept(contractor, None)


async def record(
    tx: AsyncSession, county: str, movements: Iterable[Movement], regions: dict[UUID, str], kept: Kept
) -> None:
    """Write for whom these written movements keep what they brought."""
    await store.record(
        tx,
        [
            {
                "county_code": county,
                "movement_id": one.id,
                "region_code": regions[one.target],
                "contractor_id": kept.contractor_id,
                "contract_id": kept.contract_id,
            }
            for one in movements
        ],
    )


async def of_payee(
    tx: AsyncSession,
    county: str,
    lots: Sequence[Lot],
    contractor: UUID,
    asked_fen: int,
    contract: UUID | None,
    *,
    chosen: bool,
) -> list[Lot]:
    """Those of a deposit's lots that may pay a contractor, of one contract; `chosen` lots all have to be.

    Raises `RetainedForAnother` when others' lots would be needed, `ContractNeeded` when it is not plain which contract
    is paid.
    """
    kept = await store.kept_for(tx, county, [lot.id for lot in lots])
    own = [
        lot
        for lot in lots
        if (whose := kept.get(lot.id)) is not None
        and whose.contractor_id == contractor
        and contract in {None, whose.contract_id}
    ]
    own_fen, all_fen = (sum(lot.remaining_fen for lot in some) for some in (own, lots))
    if all_fen > own_fen and (chosen or asked_fen > own_fen):
        account = str(lots[0].account)
        raise RetainedForAnother(account, str(contractor), asked_fen, own_fen, all_fen - own_fen)
    by_contract: dict[str, int] = defaultdict(int)
    for lot in own:
        by_contract[str(kept[lot.id].contract_id)] += lot.remaining_fen
    if len(by_contract) > 1 and not chosen:
        raise ContractNeeded(str(own[0].account), dict(by_contract))
    return own
