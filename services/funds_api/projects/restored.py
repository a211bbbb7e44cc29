"""What undoing gives a project again, or has it spend again, held to plan, progress and stage as when it first moved.

A return, a recovery, a taking back or a bank's “returned” made room under a plan or under what is due, and the room may
be used by now. Judged is only what the undoing made grow, by the books as it leaves them; undoing what was brought or
spent makes room and is not asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.lots.store import whole_county
from services.funds_api.projects import contract_rows, gate, money, store
from services.funds_api.projects.money import Flow, Got
from services.funds_api.projects.refusals import ProjectNotAdmitted
from services.funds_api.projects.stages import Stage, has_plan
from services.funds_api.tables import MovementRow, ProjectRow

_BACK: Final = frozenset({"return", "recover", "take_back"})


@dataclass(frozen=True, slots=True)
class Stood:
    """A project's money at one time: flows by fund, what payees got and, by contract, what is kept back and let go."""

    project: ProjectRow
    by_fund: Mapping[str, Flow]
    paid: Mapping[UUID | None, Got]
    retained: Mapping[UUID | None, int]
    let_go: Mapping[UUID | None, Got]

    @property
    def spent_fen(self) -> int:
        return sum(one.paid_fen + one.retained_fen + one.in_transit_fen for one in self.by_fund.values())


def _backs(chain: Iterable[MovementRow]) -> list[UUID]:
    return [one.id for one in chain if one.kind in _BACK]


async def still(tx: AsyncSession, who: Principal, county: str, chain: Sequence[MovementRow]) -> None:
    """Before any account is locked: nobody changes a project that undoing these may concern until the commit."""
    if backs := _backs(chain):
        async with whole_county(tx, who, county):
            await store.keep_still(tx, county, sorted(await store.accounts_behind(tx, county, backs)))


async def before(tx: AsyncSession, who: Principal, county: str, chain: Sequence[MovementRow]) -> list[Stood]:
    """With the accounts locked: how the projects stand that undoing these may give or have spend something again."""
    backs = _backs(chain)
    if not backs:
        return []
    async with whole_county(tx, who, county):
        accounts = await store.accounts_behind(tx, county, backs)
        projects = {one.id: one for one in await store.of_accounts(tx, county, sorted(accounts))}
        projects |= {one.id: one for one in await store.whose_retentions(tx, county, backs)}
        return [await _stands(tx, one) for _, one in sorted(projects.items())]


async def hear(tx: AsyncSession, who: Principal, county: str, stood: Sequence[Stood], on: date) -> None:
    """After it was posted: refuse with the figures what is beyond a day's plan from `on` on, or was not due by `on`.

    `ProjectNotAdmitted` where the project has left the library since, or stands before its plan: there it has no money.
    """
    async with whole_county(tx, who, county):
        for earlier in stood:
            now = await _stands(tx, earlier.project)
            grown = {
                fund
                for fund, flow in now.by_fund.items()
                if flow.planned_use_fen > earlier.by_fund.get(fund, Flow()).planned_use_fen
            }
            if grown or now.spent_fen > earlier.spent_fen:
                _must_be_in_the_library(now.project, on)
            if grown:
                await gate.within_plan(tx, now.project, on, grown)
            await _must_be_due(tx, earlier, now, on)


async def _stands(tx: AsyncSession, project: ProjectRow) -> Stood:
    county = project.county_code
    flows = (await money.flows(tx, county, [project.id], money.EVER)).get(project.id, [])
    return Stood(
        project,
        money.by_fund(flows),
        await money.paid_to(tx, county, project.id, money.EVER),
        await money.retained(tx, county, project.id, money.EVER),
        await money.released(tx, county, project.id, money.EVER),
    )


def _must_be_in_the_library(project: ProjectRow, on: date) -> None:
    """Whatever day the undoing is of: no step keeps a project from what it rightly had, but that it has none at all."""
    if not has_plan(Stage(project.stage)):
        raise ProjectNotAdmitted(str(project.cash_account_id or project.quota_account_id), project.stage, on)


async def _must_be_due(tx: AsyncSession, earlier: Stood, now: Stood, on: date) -> None:
    """Whoever was paid, sent or kept back more by the undoing is held to progress, as by a payment of that day."""
    got = {one: now.paid[one].claimed_fen - earlier.paid.get(one, Got()).claimed_fen for one in now.paid}
    signed = await contract_rows.contracts(tx, now.project.county_code, [now.project.id])
    out_of_deposits, kept_more, released = defaultdict[UUID | None, int](int), set[UUID](), set[UUID]()
    for one in signed:
        went, had = now.let_go.get(one.id, Got()), earlier.let_go.get(one.id, Got())
        out_of_deposits[one.contractor_id] += went.paid_fen - had.paid_fen
        if went.claimed_fen > had.claimed_fen:
            released.add(one.contractor_id)
        if now.retained.get(one.id, 0) > earlier.retained.get(one.id, 0):
            kept_more.add(one.contractor_id)
    paid = {one for one, fen in got.items() if fen > out_of_deposits[one]}
    if paid or kept_more or released:
        direct = {one for one in paid | kept_more if one is not None}
        await gate.within_progress(tx, now.project, on, direct, released)
