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

from services.funds_api.flows import year_sql
from services.funds_api.flows.orders import Ordered
from services.funds_api.flows.tree import End, Flow, Housed, uncollected
from services.funds_api.moments import Moment


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
    as_known = moment.known_at is not None
    query = year_sql.flows(asked.of, asked.touching, as_known=as_known, also=also)
    found = await session.execute(text(query), asked.arguments(moment))
    return found.all()


async def carried(session: AsyncSession, asked: Asked, moment: Moment) -> Sequence[Row[UUID, str, int, int]]:
    """(account, fund, fen that came into the asked year, fen that left it) by carry-overs and their undoing.

    What crossed the border from the year before came, what crossed the next one left: whole months from the sums, the
    last month and what was recorded later from its draws.
    """
    as_known = moment.known_at is not None
    query = year_sql.carried(asked.touching, as_known=as_known, one_fund=asked.fund is not None)
    found = await session.execute(text(query), asked.arguments(moment))
    return found.all()


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
