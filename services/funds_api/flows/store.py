"""Flows in SQL: between which accounts how much moved by a moment, from sums by month and never from the whole history.

Whole years and months come from `flow_period`, read as the owner by `funds.tree_books`; of one fund or year whole
months come from `flow_month`. The days of the last month, and what has to be taken out of them again
because it was recorded later, come from movements found by an index of their own. What was known at an instant is
counted up to the day of that instant; of the days after it only what was dated ahead can have been known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.funds_api.flows.orders import Ordered
from services.funds_api.flows.tree import End, Flow, Housed, uncollected
from services.funds_api.moments import Moment

# The last day that is counted as a whole: what is effective later was not yet known, unless it was dated ahead.
_UNTIL: Final = "least(CAST(:as_of AS date), CAST(:known_on AS date))"
_MONTH: Final = f"date_trunc('month', {_UNTIL}::timestamp)::date"
_RECORDED_ON: Final = "(m.recorded_at AT TIME ZONE 'Asia/Shanghai')::date"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which flows: those that touch `root` (6, 9 or 12 digits), of one fund, of one budget year; None is every one."""

    county: str
    root: str
    fund: str | None = None
    year: int | None = None

    @property
    def filtered(self) -> bool:
        return self.fund is not None or self.year is not None

    def arguments(self, moment: Moment) -> dict[str, Any]:
        named = {"fund": self.fund, "year": self.year, "root": None if self.root == self.county else self.root}
        return {
            "county": self.county,
            **moment.arguments,
            **{name: value for name, value in named.items() if value is not None},
        }

    def of(self, table: str) -> str:
        """The filter on fund and year of `table`."""
        found = f" AND {table}.fund_code = :fund" if self.fund is not None else ""
        return found + (f" AND {table}.fiscal_year = :year" if self.year is not None else "")

    def touching(self, table: str) -> str:
        """The filter on places of `table`, when less than the county is asked for."""
        if self.root == self.county:
            return ""
        ends = (f"{table}.{end} >= :root AND {table}.{end} < :root || '~'" for end in ("from_region", "to_region"))
        return f" AND ({' OR '.join(ends)})"


def _movements(asked: Asked, moment: Moment) -> str:
    """Movements with the sign by which they count beside the whole months."""
    last_week = "CAST(:known_on AS date) - 9"
    branches = {
        "in the last month": (1, f"m.effective_on >= {_MONTH} AND m.effective_on <= {_UNTIL}"),
        "recorded later": (-1, f"m.effective_on > {last_week} AND m.effective_on <= {_UNTIL} AND m.position > :known"),
        "recorded later and late": (
            -1,
            f"""m.recorded_at >= (CAST(:known_on AS date) - 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
                AND {_RECORDED_ON} > m.effective_on + 7 AND m.position > :known
                AND m.effective_on <= least({last_week}, CAST(:as_of AS date))""",
        ),
        "known and dated ahead": (
            1,
            f"""m.effective_on > CAST(:known_on AS date) AND m.effective_on <= :as_of AND m.position <= :known
                AND m.effective_on > {_RECORDED_ON}""",
        ),
    }
    if moment.known_at is None:
        branches = {"in the last month": branches["in the last month"]}
    return " UNION ALL ".join(
        f"SELECT m.id, m.kind, m.from_account_id, m.to_account_id, m.reverses_id, {sign} AS sign FROM funds.movement m"
        f" WHERE m.county_code = :county AND {which}{asked.touching('m')}"
        for sign, which in branches.values()
    )


@dataclass(frozen=True, slots=True)
class Books:
    """What a tree is built from: flows between places, household payments by the desks' place, what rests where by the
    balances, and what households living where kept of whose payments; with what each place was called on the day.
    """

    flows: list[Flow]
    payments: dict[str, int]
    resting: dict[str, int]
    housed: list[Housed]
    names: dict[str, str]
    any_ordered: bool


async def books(session: AsyncSession, asked: Asked, moment: Moment) -> Books:
    """All that had moved by that moment between places, and what rested by the balances, whatever fund and year."""
    row = (
        await session.execute(
            text("SELECT * FROM funds.tree_books(:county, :root, :as_of, :known, :known_on)"),
            {**asked.arguments(moment), "root": asked.root},
        )
    ).one()
    return _read(row)


@uncollected()
def _read(row: Row[Any]) -> Books:
    payments: dict[str, int] = defaultdict(int)
    flows = []
    for flow, gave, from_sink, got, to_sink, fen, n in _rows(row[:7]):
        flows.append(Flow(flow, gave and End(gave, from_sink), got and End(got, to_sink), fen))
        if n and gave:
            payments[gave] += n
    resting, housed, names = row[7:9], row[9:13], row[13:15]
    return Books(
        flows, payments, dict(_rows(resting)), [Housed(*one) for one in _rows(housed)], dict(_rows(names)), row.ordered
    )


def _rows(columns: Iterable[list[Any] | None]) -> Iterator[tuple[Any, ...]]:
    """Rows out of columns; a column of none is null."""
    return zip(*(one or () for one in columns), strict=True)


_ORDERED: Final = "funds.ordered(:county, :place, :as_of, :known, :known_on, CAST(:fund AS text), CAST(:year AS int))"


def _of_orders(asked: Asked, moment: Moment) -> dict[str, Any]:
    return {**asked.arguments(moment), "place": asked.root, "fund": asked.fund, "year": asked.year}


async def ordered(session: AsyncSession, asked: Asked, moment: Moment) -> list[Ordered[End]]:
    """What of the flows between places was by treasury orders, with the place of the desk whose quota was drawn."""
    found = await session.execute(
        text(
            f"""SELECT flow, from_region, from_sink, to_region, to_sink, desk_region, "into", sum(fen)::bigint
                  FROM {_ORDERED} GROUP BY 1, 2, 3, 4, 5, 6, 7"""
        ),
        _of_orders(asked, moment),
    )
    return [
        Ordered(flow, End(gave, from_sink), End(got, to_sink), End(desk), into, fen)
        for flow, gave, from_sink, got, to_sink, desk, into, fen in found
    ]


async def ordered_accounts(session: AsyncSession, asked: Asked, moment: Moment) -> list[Ordered[UUID]]:
    """The same account by account."""
    found = await session.execute(
        text(f'SELECT flow, from_account_id, to_account_id, desk_id, "into", fen FROM {_ORDERED}'),
        _of_orders(asked, moment),
    )
    return [Ordered(*row) for row in found]


async def housed(session: AsyncSession, asked: Asked, moment: Moment) -> list[Housed]:
    """What households got by that moment, by where they live and whose desks paid.

    Of one budget year, a payment that is drawn from several counts in each of them.
    """
    when = ":county, :place, :as_of, :known, :known_on, CAST(:fund AS text)"
    housed = f"funds.housed({when})" if asked.year is None else f"funds.housed_of_year({when}, CAST(:year AS int))"
    found = await session.execute(
        text(f"SELECT * FROM {housed}"),
        _of_orders(asked, moment),
    )
    return [Housed(*row) for row in found]


async def flows(session: AsyncSession, asked: Asked, moment: Moment) -> Sequence[Row[Any]]:
    """(kind, from account, to account, fen) of all that had moved by that moment, what was undone taken out.

    Money received comes from the account of all zeros. Of one fund or year this is read from `flow_month` and the lots,
    for which row-level security has to show the whole county.
    """
    if asked.filtered:
        return await _flows_of(session, asked, moment)
    found = await session.execute(
        text("SELECT * FROM funds.flowed(:county, :root, :as_of, :known, :known_on)"),
        {**asked.arguments(moment), "root": asked.root},
    )
    return found.all()


async def flows_by_fund(session: AsyncSession, asked: Asked, moment: Moment) -> Sequence[Any]:
    """(kind, from account, to account, fund, fen) of one budget year, as `flows`; all of the county has to be shown."""
    return await _flows_of(session, asked, moment, also=", fund_code")


async def _flows_of(session: AsyncSession, asked: Asked, moment: Moment, also: str = "") -> Sequence[Row[Any]]:
    """`flows` of one fund or year.

    Row-level security compares with a region that the planner does not know, so the planner expects a dozen rows and
    would sort thousands on disk.
    """
    await session.execute(
        text(
            "SELECT set_config('enable_sort', 'off', true), set_config('work_mem', '64MB', true),"
            " set_config('max_parallel_workers_per_gather', '0', true),"
            " set_config('plan_cache_mode', 'force_generic_plan', true)"
        )
    )
    found = await session.execute(text(flows_sql(asked, moment, also)), asked.arguments(moment))
    return found.all()


def flows_sql(asked: Asked, moment: Moment, also: str = "") -> str:
    """`flows` of one fund or year as SQL, with `also` among its columns."""
    return f"""
            SELECT flow, from_account_id, to_account_id{also}, sum(fen)::bigint AS fen FROM (
              SELECT f.flow, f.from_account_id, f.to_account_id, f.fund_code, f.amount_fen AS fen
                FROM funds.flow_month f
               WHERE f.county_code = :county AND f.month < {_MONTH}{asked.of("f")}{asked.touching("f")}
              UNION ALL
              SELECT coalesce(u.kind, m.kind),
                     coalesce(CASE WHEN u.id IS NULL THEN m.from_account_id ELSE u.from_account_id END,
                              '00000000-0000-0000-0000-000000000000'),
                     coalesce(u.to_account_id, m.to_account_id), l.fund_code,
                     m.sign * CASE WHEN u.id IS NULL THEN l.amount_fen ELSE -l.amount_fen END
                FROM ({_movements(asked, moment)}) m
                JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id{asked.of("l")}
                LEFT JOIN funds.movement u ON u.county_code = :county AND u.id = m.reverses_id) f
             WHERE flow <> 'carry_over'
             GROUP BY flow, from_account_id, to_account_id{also} HAVING sum(fen) <> 0
            """


async def carried(session: AsyncSession, asked: Asked, moment: Moment) -> Sequence[Row[UUID, str, int, int]]:
    """(account, fund, fen that came into the asked year, fen that left it) by carry-overs and their undoing.

    What crossed the border from the year before came, what crossed the next one left: whole months from the sums, the
    last month and what was recorded later from its draws.
    """
    found = await session.execute(text(carried_sql(asked, moment)), asked.arguments(moment))
    return found.all()


def carried_sql(asked: Asked, moment: Moment) -> str:
    """`carried` as SQL."""
    return f"""
            SELECT account_id, fund_code, sum(came)::bigint AS came_fen, sum(went)::bigint AS went_fen FROM (
              SELECT f.from_account_id AS account_id, f.fund_code,
                     CASE WHEN f.fiscal_year = :year THEN f.amount_fen ELSE 0 END AS came,
                     CASE WHEN f.fiscal_year = :year THEN 0 ELSE f.amount_fen END AS went
                FROM funds.flow_month f
               WHERE f.county_code = :county AND f.flow = 'carry_over' AND f.fiscal_year IN (:year, :year + 1)
                 AND f.month < {_MONTH}{asked.touching("f")}
                 {"AND f.fund_code = :fund" if asked.fund is not None else ""}
              UNION ALL
              SELECT f.account_id, f.fund_code,
                     m.sign * CASE WHEN f.fiscal_year < :year AND :year <= t.fiscal_year THEN d.amount_fen
                                   WHEN t.fiscal_year < :year AND :year <= f.fiscal_year THEN -d.amount_fen ELSE 0 END,
                     m.sign * CASE WHEN f.fiscal_year <= :year AND :year < t.fiscal_year THEN d.amount_fen
                                   WHEN t.fiscal_year <= :year AND :year < f.fiscal_year THEN -d.amount_fen ELSE 0 END
                FROM ({_movements(asked, moment)}) m
                JOIN funds.draw d ON d.county_code = :county AND d.movement_id = m.id
                JOIN funds.lot f ON f.county_code = :county AND f.id = d.from_lot_id
                JOIN funds.lot t ON t.county_code = :county AND t.id = d.to_lot_id
               WHERE m.kind IN ('carry_over', 'reverse') AND f.fiscal_year <> t.fiscal_year
                 AND :year BETWEEN least(f.fiscal_year, t.fiscal_year) AND greatest(f.fiscal_year, t.fiscal_year)
                 {"AND f.fund_code = :fund" if asked.fund is not None else ""}) c
             GROUP BY account_id, fund_code HAVING sum(came) <> 0 OR sum(went) <> 0
            """


async def accounts(session: AsyncSession, county: str) -> Sequence[Row[Any]]:
    """Every account of the county that row-level security shows: id, region_code, kind, unit_id, unit_name."""
    found = await session.execute(
        text(
            """
            SELECT a.id, a.region_code, a.kind, a.unit_id, u.name AS unit_name FROM funds.account a
              JOIN funds.unit u ON u.county_code = :county AND u.id = a.unit_id
             WHERE a.county_code = :county
            """
        ),
        {"county": county},
    )
    return found.all()


async def received(session: AsyncSession, asked: Asked, moment: Moment) -> int:
    """Σ of what receipts brought that were effective and known by that moment and not undone by then.

    Read from their own lots, one for each line of a notice (or lot that came from a former county): it is what the
    flows are held against.
    """
    fen: int = (
        await session.execute(
            text(
                f"""
                SELECT coalesce(sum(l.amount_fen), 0)::bigint
                  FROM funds.movement m
                  JOIN funds.lot l ON l.county_code = :county AND l.movement_id = m.id{asked.of("l")}
                 WHERE m.county_code = :county AND m.from_account_id IS NULL AND m.effective_on <= :as_of
                   AND m.position <= :known{asked.touching("m")}
                   AND NOT EXISTS (SELECT FROM funds.movement r WHERE r.county_code = :county
                                      AND r.reverses_id = m.id AND r.effective_on <= :as_of AND r.position <= :known)
                """
            ),
            asked.arguments(moment),
        )
    ).scalar_one()
    return fen
