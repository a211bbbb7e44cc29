"""What assets earn: recorded per period, passed on to the owner, and shared to the fen.

Shares are paid out in share_payments; a receipt or a decision recorded by mistake is undone in undoings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.ids import new_id
from chassis.journal import Act
from chassis.missing import Missing
from policies import workdays
from services.funds_api.assets import service, shares, store
from services.funds_api.assets.refusals import (
    AssetDisposed,
    AssetEarnsNothing,
    IncomeKnown,
    IncomePassedOn,
    IncomeShared,
    IncomeUndone,
    ShareDiffers,
    ShareTooSmall,
)
from services.funds_api.assets.schemas import (
    AssetKind,
    Benefit,
    Benefits,
    Income,
    IncomeKind,
    IncomeRequest,
    PassingOn,
    Share,
    ShareEntry,
    ShareLine,
    ShareRequest,
    ShareUse,
    UndoneShare,
)
from services.funds_api.assets.shares import Entry
from services.funds_api.known import known
from services.funds_api.moments import Moment
from services.funds_api.policies import store as policies
from services.funds_api.projects.service import must_lie
from services.funds_api.regions import service as regions
from services.funds_api.tables import AssetIncomeRow, IncomeShareRow, ShareLineRow
from treasury.policy import PolicyValue, in_force
from wire.projects import IncomePassed, IncomeReceived, IncomeSharedOut

PV_WORKDAYS: Final = "pv_pass_on_workdays"
_UNDOING: Final = ("undone_on", "undoing_document", "undoing_reason")


async def record(
    tx: AsyncSession, who: Principal, act: Act, county: str, asset_id: UUID, request: IncomeRequest, today: date
) -> Income:
    """Record what a confirmed operating asset earned; periods of one kind do not overlap."""
    await act.claim(tx, county)
    asset = await service.found(tx, who, county, asset_id, lock=True)
    if asset.kind != AssetKind.OPERATING or asset.confirmed_on is None:
        raise AssetEarnsNothing(str(asset_id), asset.kind)
    if asset.disposed_on is not None and request.period_from > asset.disposed_on:
        raise AssetDisposed(str(asset_id), asset.disposed_on)
    must_lie(request.arrived_on, request.period_from, today)
    known = await store.overlapping(tx, county, asset_id, request.kind, request.period_from, request.period_to)
    if known is not None:
        raise IncomeKnown(str(asset_id), str(known.id), known.period_from, known.period_to)

    row: dict[str, Any] = {
        "county_code": county,
        "id": new_id(),
        "region_code": asset.region_code,
        "asset_id": asset_id,
        **request.model_dump(),
        "recorded_by": who.subject,
    }
    await store.insert_income(tx, row)
    answer = await told(tx, who, county, row["id"], Moment(today))
    event = IncomeReceived(
        income_id=answer.id,
        asset_id=asset_id,
        county_code=county,
        region_code=asset.region_code,
        kind=answer.kind,
        amount_fen=answer.amount_fen,
        arrived_on=answer.arrived_on,
    )
    await act.record(tx, county, event, answer)
    return answer


async def pass_on(
    tx: AsyncSession, who: Principal, act: Act, county: str, income_id: UUID, request: PassingOn, today: date
) -> Income:
    """Record that the county passed an income on to its owner, once."""
    await act.claim(tx, county)
    income = await found(tx, who, county, income_id)
    if income.passed_on is not None:
        raise IncomePassedOn(str(income_id), income.passed_on)
    must_lie(request.passed_on, income.arrived_on, today)
    await store.change_income(tx, income, {"passed_on": request.passed_on, "passing_document": request.document})
    answer = await told(tx, who, county, income_id, Moment(today))
    event = IncomePassed(
        income_id=income_id, county_code=county, region_code=income.region_code, passed_on=request.passed_on
    )
    await act.record(tx, county, event, answer)
    return answer


async def share(
    tx: AsyncSession, who: Principal, act: Act, county: str, income_id: UUID, request: ShareRequest, today: date
) -> Income:
    """Decide how an income is shared (收益分配), once, or again after that was undone: the lines make it to the fen."""
    await act.claim(tx, county)
    income = await found(tx, who, county, income_id)
    decisions = await store.shares(tx, county, [income_id])
    if any(one.undone_on is None for one in decisions):
        raise IncomeShared(str(income_id))
    earlier = (one.undone_on for one in decisions if one.undone_on is not None)
    must_lie(request.decided_on, max((income.arrived_on, *earlier)), today)
    amounts = _amounts(income.amount_fen, request)
    places = {line.place_code for line in request.lines}
    for place in sorted(places):
        if not place.startswith(county):
            raise Missing("区划", place)
    await regions.must_stand(tx, places, request.decided_on)
    named = [one for line in request.lines for one in line.household_ids or ()]
    registered = await store.known_households(tx, who, county, named)
    for one in named:
        if one not in registered:
            raise Missing("农户", str(one))

    key = {
        "county_code": county,
        "income_id": income_id,
        "decision_no": len(decisions) + 1,
        "region_code": income.region_code,
    }
    await store.insert_share(
        tx,
        {
            **key,
            "document": request.document,
            "decided_on": request.decided_on,
            "due_on": request.due_on,
            "decided_by": who.subject,
        },
        [
            {
                **key,
                "line_no": number,
                "place_code": line.place_code,
                "use": line.use,
                "amount_fen": fen,
                "households_n": line.households_n,
            }
            for number, (line, fen) in enumerate(zip(request.lines, amounts, strict=True), 1)
        ],
        [
            {**key, "line_no": number, "household_id": household, "amount_fen": part}
            for number, (line, fen) in enumerate(zip(request.lines, amounts, strict=True), 1)
            if line.household_ids
            for household, part in zip(
                line.household_ids, shares.split(fen, [1] * len(line.household_ids)), strict=True
            )
        ],
    )
    answer = await told(tx, who, county, income_id, Moment(today))
    event = IncomeSharedOut(
        income_id=income_id,
        county_code=county,
        region_code=income.region_code,
        amount_fen=income.amount_fen,
        lines_n=len(amounts),
        households_n=sum(line.households_n for line in request.lines),
        due_on=request.due_on,
    )
    await act.record(tx, county, event, answer)
    return answer


def _amounts(income_fen: int, request: ShareRequest) -> list[int]:
    given = [line.amount_fen for line in request.lines if line.amount_fen is not None]
    if given:
        if sum(given) != income_fen:
            raise ShareDiffers(income_fen, sum(given))
        return given
    parts = shares.split(income_fen, [line.weight or 0 for line in request.lines])
    if min(parts) == 0:
        raise ShareTooSmall(income_fen, len(parts))
    return parts


async def found(tx: AsyncSession, who: Principal, county: str, income_id: UUID) -> AssetIncomeRow:
    """The income, which nobody else changes before the commit; refused when it was undone, is not there or visible."""
    income = await store.income(tx, who, county, income_id, lock=True)
    if income is None:
        raise Missing("收益", str(income_id))
    if income.undone_on is not None:
        raise IncomeUndone(str(income_id), income.undone_on, income.amount_fen)
    return income


async def told(tx: AsyncSession, who: Principal, county: str, income_id: UUID, moment: Moment) -> Income:
    """One income as it stood at a moment."""
    row = await store.income(tx, who, county, income_id)
    rows = [one for one in known([row] if row else [], moment) if one.arrived_on <= moment.as_of]
    if not rows:
        raise Missing("收益", str(income_id))
    return (await shown(tx, county, rows, moment))[0].model_copy(update=moment.shown)


async def shown(tx: AsyncSession, county: str, rows: Sequence[AssetIncomeRow], moment: Moment) -> list[Income]:
    """Incomes as they stood at a moment, each with its share, what is late of it, and the proof that the lines tie."""
    values = await policies.values(tx, PV_WORKDAYS, known_at=moment.known_at)
    ids = [row.id for row in rows]
    decisions: dict[UUID, list[IncomeShareRow]] = {}
    for one in known(await store.shares(tx, county, ids), moment):
        if one.decided_on <= moment.as_of:
            decisions.setdefault(one.income_id, []).append(one)
    lines = await store.lines(tx, county, ids)
    paid = await store.share_payments(tx, county, ids, moment)
    found = []
    for row in known(rows, moment):
        decided = decisions.get(row.id, [])
        plan = next((one for one in decided if not _undone(one, moment.as_of)), None)
        key = (row.id, plan.decision_no if plan else 0)
        entries = [(line, paid.get((key, line.line_no), [])) for line in lines.get(key, [])]
        earlier = [_undone_share(one) for one in decided if _undone(one, moment.as_of)]
        share = _share(plan, entries, moment.as_of) if plan else None
        found.append(_income(row, share, earlier, values, moment.as_of))
    return found


def _undone(row: AssetIncomeRow | IncomeShareRow, as_of: date) -> bool:
    return row.undone_on is not None and row.undone_on <= as_of


def _undone_share(row: IncomeShareRow) -> UndoneShare:
    return UndoneShare(**{name: getattr(row, name) for name in UndoneShare.model_fields})


def _income(
    row: AssetIncomeRow,
    plan: Share | None,
    earlier: Sequence[UndoneShare],
    values: Sequence[PolicyValue],
    as_of: date,
) -> Income:
    held = {name: getattr(row, name) for name in Income.model_fields if hasattr(row, name)}
    passed_on = row.passed_on if row.passed_on and row.passed_on <= as_of else None
    undone = _undone(row, as_of)
    due_on = None if undone else _passing_due(row, values)
    undone_fen = row.amount_fen if undone else 0
    unshared = 0 if plan else row.amount_fen - undone_fen
    paid = plan.paid_fen if plan else 0
    open_fen = plan.open_fen if plan else 0
    return Income(
        **{**held, "passed_on": passed_on, **({} if undone else dict.fromkeys(_UNDOING))},
        passing_due_on=due_on,
        passing_due_assumed=due_on is not None and not workdays.announced(due_on),
        passing_overdue_days=shares.overdue_days(due_on, passed_on, as_of) if due_on else 0,
        share=plan,
        undone_shares=list(earlier),
        unshared_fen=unshared,
        undone_fen=undone_fen,
        resting_fen=row.amount_fen - undone_fen - paid,
        unexplained_fen=row.amount_fen - undone_fen - paid - open_fen - unshared,
    )


def _passing_due(row: AssetIncomeRow, values: Sequence[PolicyValue]) -> date | None:
    """The last day on which the county may still hold what a power station earned; other income has no such day."""
    if row.kind != IncomeKind.PV_FEED_IN:
        return None
    limit = in_force(values, PV_WORKDAYS, row.region_code, row.arrived_on)
    return workdays.later(row.arrived_on, limit.number) if limit else None


def _share(decided: IncomeShareRow, rows: Sequence[tuple[ShareLineRow, list[Entry]]], as_of: date) -> Share:
    lines = [_line(row, entries) for row, entries in rows]
    open_fen = sum(line.amount_fen - line.paid_fen for line in lines)
    late = decided.due_on < as_of
    return Share(
        document=decided.document,
        decided_on=decided.decided_on,
        due_on=decided.due_on,
        lines=lines,
        shared_fen=sum(line.amount_fen for line in lines),
        paid_fen=sum(line.paid_fen for line in lines),
        open_fen=open_fen,
        overdue_fen=open_fen if late else 0,
        overdue_days=max((shares.overdue_days(decided.due_on, line.paid_on, as_of) for line in lines), default=0),
    )


def _line(row: ShareLineRow, entries: Sequence[Entry]) -> ShareLine:
    """A line with what was paid of it by a moment; its day and document are told while it stands paid whole."""
    paid_fen = shares.paid_fen(entries)
    last = next((one for one in reversed(shares.standing(entries)) if one.kind == "paid"), None)
    whole = last if paid_fen == row.amount_fen else None
    return ShareLine(
        line_no=row.line_no,
        use=ShareUse(row.use),
        place_code=row.place_code,
        amount_fen=row.amount_fen,
        households_n=row.households_n,
        per_household_fen=row.amount_fen // row.households_n if row.households_n else None,
        paid_fen=paid_fen,
        paid_on=whole.effective_on if whole else None,
        payment_document=whole.document if whole else None,
        entries=[ShareEntry(**asdict(one)) for one in entries],
    )


async def benefits(tx: AsyncSession, who: Principal, county: str, moment: Moment, digits: int) -> Benefits:
    """Who benefits, place by place and use by use, with the proof that it is all that was earned."""
    whole = await store.income_fen(tx, who, county, moment)
    items = [
        Benefit(
            place_code=row.place_code,
            use=ShareUse(row.use),
            lines_n=row.lines_n,
            households_n=row.households_n,
            shared_fen=row.shared_fen,
            paid_fen=row.paid_fen,
        )
        for row in await store.benefits(tx, who, county, moment=moment, digits=digits)
    ]
    shared = sum(item.shared_fen for item in items)
    return Benefits(
        as_of=moment.as_of,
        **moment.shown,
        income_fen=whole.income_fen,
        shared_fen=shared,
        unshared_fen=whole.unshared_fen,
        unexplained_fen=whole.income_fen - shared - whole.unshared_fen,
        items=items,
        empty_because=None if items else "您的管辖范围内当日没有分配过的收益",
    )
