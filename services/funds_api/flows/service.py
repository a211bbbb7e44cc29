"""The tree and the graph of flows: read the sums, let the pure modules add them up, and show what is the caller's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity import Principal
from services.funds_api.flows import nodes, orders, store
from services.funds_api.flows.graph import Drawn, draw
from services.funds_api.flows.schemas import FlowGraph, FlowTree, GraphBy, GraphLink, GraphNode
from services.funds_api.flows.store import Asked
from services.funds_api.flows.tree import SINKS, End, Figures, Flow, Place, build
from services.funds_api.flows.written import EMPTY, written
from services.funds_api.lots.store import whole_county
from services.funds_api.moments import Moment
from services.funds_api.regions.store import names_on
from services.funds_api.units.schemas import TERMINAL, UnitKind
from services.funds_api.units.store import balances


async def tree(tx: AsyncSession, who: Principal, asked: Asked, moment: Moment, depth: int) -> bytes:
    """The tree below the asked place by that moment, opened `depth` levels, as the JSON of a `FlowTree`.

    Nothing beyond the place is named.
    """
    root, names = await (_tree_of(tx, who, asked, moment) if asked.filtered else _whole_tree(tx, asked, moment))
    answer = FlowTree(
        county_code=asked.county,
        as_of=moment.as_of,
        **moment.shown,
        fund_code=asked.fund,
        fiscal_year=asked.year,
        resting_from="flows" if asked.filtered else "balances",
        root=EMPTY,
        empty_because=None if root.below or root.figures != Figures() else "截至所查日期，没有资金经过该区划",
    )
    return written(answer, root, names, depth)


async def _whole_tree(tx: AsyncSession, asked: Asked, moment: Moment) -> tuple[Place, dict[str, str]]:
    """The tree whatever fund and year, and the names of its places."""
    books = await store.books(tx, asked, moment)
    ordered = await store.ordered(tx, asked, moment) if books.any_ordered else []
    resting = Counter(books.resting)
    resting.update({desk.place: fen for desk, fen in orders.in_transit(ordered).items()})
    flows = orders.by_desk(books.flows, ordered)
    return build(asked.root, flows, resting, None, books.housed, books.payments), books.names


async def _tree_of(tx: AsyncSession, who: Principal, asked: Asked, moment: Moment) -> tuple[Place, dict[str, str]]:
    """The tree of one fund or year."""
    async with whole_county(tx, who, asked.county):
        accounts = {row.id: row for row in await store.accounts(tx, asked.county)}
        flows = [_flow(accounts, row) for row in await store.flows(tx, asked, moment)]
        carried = None if asked.year is None else _by_place(accounts, await store.carried(tx, asked, moment))
    ordered = await store.ordered(tx, asked, moment)
    housed = await store.housed(tx, asked, moment)
    paid: Counter[str] = Counter()
    for one in housed:
        paid[one.desk] += one.payments
    root = build(asked.root, orders.by_desk(flows, ordered), None, carried, housed, paid)
    return root, await names_on(tx, _codes(root), moment.as_of)


async def spent_on_households(tx: AsyncSession, asked: Asked, moment: Moment) -> int:
    """What the tree says that the own desks of the asked place spent on households; the whole county must be shown."""
    accounts = {row.id: row for row in await store.accounts(tx, asked.county)}
    flows = [_flow(accounts, row) for row in await store.flows(tx, asked, moment)]
    return build(asked.root, flows).sinks.get("households", 0)


async def graph(tx: AsyncSession, who: Principal, asked: Asked, moment: Moment, by: GraphBy) -> FlowGraph:
    """The flows of the asked place by that moment as nodes and links; nothing beyond the place is named."""
    async with whole_county(tx, who, asked.county):
        accounts = {row.id: row for row in await store.accounts(tx, asked.county)}
        rows = await store.flows(tx, asked, moment)
        tranches = await store.received(tx, asked, moment)
        carried = [] if asked.year is None else await store.carried(tx, asked, moment)
        held = [] if asked.filtered else await balances(tx, asked.county, _desks(asked, accounts), moment)
        ordered = await store.ordered_accounts(tx, asked, moment)
    known = nodes.Nodes(asked.root, by, accounts)
    flows = [(row.flow, known.of(row.from_account_id), known.of(row.to_account_id), row.fen) for row in rows]
    mended, in_transit = known.as_the_desks(ordered)
    drawn = draw([*flows, *mended], known.rank)
    rests = known.summed([*((row.account_id, row.balance_fen) for row in held), *in_transit])
    brought = known.summed((row.account_id, row.came_fen - row.went_fen) for row in carried)
    shown = [
        _graph_node(known.told(node), drawn, node, brought.get(node, 0), rests.get(node, 0), counted=not asked.filtered)
        for node in sorted(drawn.columns, key=lambda one: (drawn.columns[one], known.rank[one], one))
    ]
    links = [(link.back, GraphLink(source=link.source, target=link.target, kind=link.kind, fen=link.fen))
             for link in drawn.links]  # fmt: skip
    received = sum(link.fen for link in drawn.links if link.kind == "receive")
    return FlowGraph(
        county_code=asked.county,
        region_code=asked.root,
        as_of=moment.as_of,
        **moment.shown,
        fund_code=asked.fund,
        fiscal_year=asked.year,
        by=by,
        resting_from="flows" if asked.filtered else "balances",
        received_fen=received,
        tranches_fen=tranches,
        unexplained_fen=received - tranches,
        nodes=shown,
        links=[link for back, link in links if not back],
        back_links=[link for back, link in links if back],
        empty_because=None if links else "截至所查日期，没有资金经过该区划",
    )


def _graph_node(told: nodes.Told, drawn: Drawn, node: str, carried: int, held: int, *, counted: bool) -> GraphNode:
    """A desk keeps what its accounts hold; a sink keeps what reached it; the borders of the picture keep nothing."""
    left = drawn.into[node] + carried - drawn.out[node]
    rests = 0 if told.border else held if counted and told.desk else left
    return GraphNode(
        id=node,
        name=told.name,
        kind=told.kind,
        column=drawn.columns[node],
        in_fen=drawn.into[node],
        out_fen=drawn.out[node],
        carried_fen=carried,
        rests_fen=rests,
        unexplained_fen=0 if told.border else left - rests,
    )


def _end(account: Row[Any] | None) -> End | None:
    if account is None or account.kind == UnitKind.OUTSIDE:
        return None
    return End(account.region_code, account.kind if account.kind in SINKS else None)


def _flow(accounts: Mapping[UUID, Row[Any]], row: Row[Any]) -> Flow:
    return Flow(row.flow, _end(accounts.get(row.from_account_id)), _end(accounts[row.to_account_id]), row.fen)


def _desks(asked: Asked, accounts: Mapping[UUID, Row[Any]]) -> list[UUID]:
    return [
        one.id for one in accounts.values()
        if one.region_code.startswith(asked.root) and UnitKind(one.kind) not in TERMINAL
    ]  # fmt: skip


def _by_place(accounts: Mapping[UUID, Row[Any]], rows: Sequence[Row[UUID, str, int, int]]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for account, _, came, went in rows:
        found[accounts[account].region_code] += came - went
    return found


def _codes(place: Place) -> list[str]:
    return [place.code, *(code for one in place.below for code in _codes(one))]
