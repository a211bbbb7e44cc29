"""Runs in SQL: what was asked, what is done, and what is to do next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from chassis.pages import Window
from services.funds_api.access import visible_to
from services.funds_api.flags.crossings import JOURNAL, Before
from services.funds_api.flags.tallies import Tallies, at_every_level
from services.funds_api.tables import FlagRunRow, FlagRunRuleRow, StreamHeadRow


async def add(session: AsyncSession, row: dict[str, Any]) -> FlagRunRow:
    return (await session.scalars(insert(FlagRunRow).values(row).returning(FlagRunRow))).one()


async def runs(session: AsyncSession, who: Principal, county: str, window: Window) -> Sequence[FlagRunRow]:
    """Visible runs, the newest first."""
    query = (
        select(FlagRunRow)
        .where(FlagRunRow.county_code == county, visible_to(who, FlagRunRow.region_code))
        .order_by(FlagRunRow.id.desc())
        .limit(window.limit + 1)
    )
    if after := window.key(UUID):
        query = query.where(FlagRunRow.id < after[0])
    return (await session.scalars(query)).all()


async def run(session: AsyncSession, who: Principal, county: str, run_id: UUID) -> FlagRunRow | None:
    return await session.scalar(
        select(FlagRunRow).where(
            FlagRunRow.county_code == county, FlagRunRow.id == run_id, visible_to(who, FlagRunRow.region_code)
        )
    )


async def done(session: AsyncSession, county: str, runs: Sequence[UUID]) -> Sequence[FlagRunRuleRow]:
    """The rules of these runs that are done, by code."""
    rows = await session.scalars(
        select(FlagRunRuleRow)
        .where(FlagRunRuleRow.county_code == county, FlagRunRuleRow.run_id.in_(runs))
        .order_by(FlagRunRuleRow.rule_code)
    )
    return rows.all()


async def open_runs(session: AsyncSession) -> list[tuple[str, UUID]]:
    """(county, run) of every run that is not finished, the oldest first."""
    rows = await session.execute(
        select(FlagRunRow.county_code, FlagRunRow.id)
        .where(FlagRunRow.ended_at.is_(None))
        .order_by(FlagRunRow.asked_at, FlagRunRow.id)
    )
    return [(row.county_code, row.id) for row in rows]


async def lock(session: AsyncSession, county: str, run_id: UUID) -> FlagRunRow | None:
    """The run, for whoever works on it alone; None when it is finished or somebody else works on it."""
    return await session.scalar(
        select(FlagRunRow)
        .where(FlagRunRow.county_code == county, FlagRunRow.id == run_id, FlagRunRow.ended_at.is_(None))
        .with_for_update(skip_locked=True)
    )


async def add_done(session: AsyncSession, row: dict[str, Any]) -> None:
    """Say what a rule found. From here on the county's journal is held: call it after everything was raised."""
    await session.execute(insert(FlagRunRuleRow).values({**row, "ended_at": func.clock_timestamp()}))


_TALLY: Final = text(
    "INSERT INTO funds.flag_tally (county_code, region_code, rule_code, run_id, as_of, rule_version, flags_n,"
    " flags_fen, named_fen, position)"
    " SELECT k.county_code, t.region, k.rule_code, k.run_id, t.day, k.rule_version, t.n, t.fen, t.named, k.position"
    "  FROM funds.flag_run_rule k CROSS JOIN unnest(CAST(:regions AS text[]), CAST(:days AS date[]),"
    "       CAST(:n AS bigint[]), CAST(:fen AS bigint[]), CAST(:named AS bigint[])) AS t(region, day, n, fen, named)"
    " WHERE k.county_code = :county AND k.run_id = :run AND k.rule_code = :rule"
)


async def tally(session: AsyncSession, county: str, run: UUID, rule: str, tallies: Tallies) -> None:
    """Count what a rule raised, which has been told, for every place that it lies in."""
    if not tallies:
        return
    counted = at_every_level(tallies)
    told = {
        "regions": [region for region, _ in counted],
        "days": [day for _, day in counted],
        "n": [one.flags_n for one in counted.values()],
        "fen": [one.fen for one in counted.values()],
        "named": [one.named_fen for one in counted.values()],
    }
    await session.execute(_TALLY, {"county": county, "run": run, "rule": rule, **told})


async def end(session: AsyncSession, county: str, run_id: UUID) -> None:
    await session.execute(
        update(FlagRunRow)
        .where(FlagRunRow.county_code == county, FlagRunRow.id == run_id)
        .values(ended_at=func.clock_timestamp())
    )


async def before(
    session: AsyncSession, county: str, rule: str, versions: Collection[int], as_of: date
) -> Before | None:
    """How far the last daily run of one of these versions came before a day; None when there was none."""
    found = (
        await session.execute(
            select(FlagRunRow.as_of, FlagRunRuleRow.position, FlagRunRuleRow.covered)
            .join(
                FlagRunRuleRow,
                (FlagRunRuleRow.county_code == FlagRunRow.county_code) & (FlagRunRuleRow.run_id == FlagRunRow.id),
            )
            .where(
                FlagRunRow.county_code == county,
                FlagRunRow.kind == "daily",
                FlagRunRow.as_of < as_of,
                FlagRunRuleRow.rule_code == rule,
                FlagRunRuleRow.rule_version.in_(versions),
                FlagRunRuleRow.covered != {},
            )
            .order_by(FlagRunRow.as_of.desc())
            .limit(1)
        )
    ).one_or_none()
    if found is None:
        return None
    return Before(found.as_of, int(found.covered.get(JOURNAL, found.position)), found.covered)


async def head(session: AsyncSession, county: str) -> int:
    """How far the county's journal is."""
    found = await session.scalar(select(StreamHeadRow.position).where(StreamHeadRow.stream == county))
    return found or 0


async def counties_behind(session: AsyncSession, day: date) -> list[str]:
    """Counties with money of their own and no daily run for `day` yet."""
    rows = await session.scalars(
        text(
            "SELECT h.stream FROM funds.stream_head h WHERE length(h.stream) = 6"
            " AND EXISTS (SELECT FROM funds.account a WHERE a.county_code = h.stream)"
            " AND NOT EXISTS (SELECT FROM funds.flag_run r"
            "   WHERE r.county_code = h.stream AND r.kind = 'daily' AND r.as_of >= :day) ORDER BY 1"
        ),
        {"day": day},
    )
    return list(rows)
