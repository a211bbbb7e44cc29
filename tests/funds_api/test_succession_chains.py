"""Money over more than one border: a chain of three counties, merges, splits, links undone, and postings meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.funds_api.desk import refused
from tests.funds_api.lineage import Books, Lineage
from tests.funds_api.people import id_number, roster_csv

FIRST, SECOND, LATER = "2018-03-18", "2019-06-01", "2019-07-01"


@pytest.fixture
async def lineage(funds_http: httpx.AsyncClient, admin: asyncpg.Pool) -> Lineage:
    return Lineage(funds_http, admin)


class Chain:
    """Three codes one after another, the middle one last by code; the first has 1,000,000 above and 20,000 below."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage

    async def open(self) -> Chain:
        self.one = await self.lineage.county("4", fen=20_000)
        await self.one.home(1, [101])
        await self.one.received(1_000_000)
        self.two, self.three = await self.lineage.county("5"), await self.lineage.county("3")
        return self

    async def first(self, on: str = FIRST) -> dict[str, Any]:
        await self.lineage.change("recoded", [self.one], [self.two], FIRST)
        return await self.lineage.gone(self.one, self.two, on)

    async def second(self, on: str = SECOND) -> dict[str, Any]:
        await self.lineage.change("recoded", [self.two], [self.three], SECOND)
        return await self.lineage.gone(self.two, self.three, on)

    async def figures(self, **asked: Any) -> list[tuple[int, ...]]:
        return await self.lineage.figures(self.one, self.two, self.three, **asked)

    async def lawful(self) -> None:
        await self.lineage.lawful(self.one, self.two, self.three)


@pytest.fixture
async def chain(lineage: Lineage) -> Chain:
    return await Chain(lineage).open()


async def test_money_goes_over_two_borders_and_is_traced_to_where_it_came_from(chain: Chain) -> None:
    once = f"补助{uuid4().hex[:8]}"
    await chain.one.paid({1: "100.00"}, "2017-05-01", entitlement=once)
    first = await chain.first()
    assert (await chain.two.moved("hand_down", 5_000, "2018-05-01", chain.two.office)).status_code == 201
    known = clock.now().isoformat()
    second = await chain.second()
    assert (first["amount_fen"], second["amount_fen"]) == (1_010_000, 1_010_000)
    after = [(1_020_000, 1_010_000, 10_000, 0), (1_010_000, 1_010_000, 0, 0), (1_010_000, 0, 0, 1_010_000)]
    assert await chain.figures() == after
    assert await chain.figures(year=2017) == after
    before = [after[0], (1_010_000, 0, 0, 1_010_000), (0, 0, 0, 0)]
    assert await chain.figures(known_at=known) == before
    assert await chain.figures(as_of="2019-05-31") == before

    await chain.three.home(101, [1], on=SECOND)
    again = await chain.three.judged({101: "1.00"}, LATER, entitlement=once)
    assert again["by_reason"] == {"already_paid": 1}, "of the first county, which the middle one never paid"
    checked = await chain.three.judged({1: "120.00"}, LATER)
    assert (await chain.three.approve(checked["batch"]["id"])).status_code == 201
    path = f"/funds/v1/payments/{checked['batch']['id']}-2/trace"
    trace = (await chain.three.clerk.get(path, params={"as_of": LATER})).json()
    assert (trace["traced_fen"], trace["unexplained_fen"]) == (12_000, 0)
    ways = {
        one["amount_fen"]: [(hop["county_code"][2:3], hop["kind"]) for hop in one["earlier"]] for one in trace["ways"]
    }
    assert ways == {
        10_000: [("4", "receive"), ("4", "succeed"), ("5", "receive"), ("5", "succeed")],
        2_000: [
            ("4", "receive"),
            ("4", "succeed"),
            ("5", "receive"),
            ("5", "hand_down"),
            ("5", "succeed"),
        ],
    }
    # Link by link through the tranches: what went out of one is what came into the next.
    [tranche] = {one["tranche_id"] for one in trace["ways"] if one["amount_fen"] == 2_000}
    for later, earlier in ((chain.three, chain.two), (chain.two, chain.one)):
        asked = {"as_of": LATER}
        [came] = (await later.finance.get(f"/funds/v1/tranches/{tranche}/trace", params=asked)).json()["came_from"]
        up = (await earlier.finance.get(f"/funds/v1/tranches/{came['tranche_id']}/trace", params=asked)).json()
        [went] = up["went_to"]
        assert (came["county_code"], went["tranche_id"], went["fen"]) == (earlier.county, tranche, came["fen"])
        tranche = came["tranche_id"]
    await chain.lawful()


async def test_a_fee_is_taken_once_of_the_money_of_three_counties(chain: Chain) -> None:
    assert (await chain.one.fee(4_000, "2017-06-01")).status_code == 201
    await chain.first()
    assert (await chain.two.fee(4_000, "2018-05-01")).status_code == 201
    second = await chain.second()
    assert (await chain.three.fee(2_201, LATER)).status_code == 409
    assert (await chain.three.fee(2_200, LATER)).status_code == 201
    for books, on in ((chain.one, "2017-06-02"), (chain.two, "2018-05-02"), (chain.three, LATER)):
        answer = await books.fee(1, on)
        assert answer.status_code == 409, (books.county, answer.text)
    refused(await chain.lineage.undo(second["id"], chain.two.county, LATER), 409, "spent-on", {})


async def test_a_link_is_undone_after_those_that_go_on_from_it(chain: Chain) -> None:
    start = await chain.figures()
    first = await chain.first()
    middle = await chain.figures()
    second = await chain.second()
    end = await chain.figures()
    refused(await chain.lineage.undo(first["id"], chain.one.county, LATER), 409, "spent-on", {})
    assert await chain.figures() == end
    for turn in range(2):
        known = clock.now().isoformat()
        undone = await chain.lineage.undo(second["id"], chain.three.county, LATER)
        assert undone.status_code == 201, undone.text
        assert await chain.figures() == middle
        assert await chain.figures(known_at=known) == end
        if turn == 0:
            second = await chain.lineage.gone(chain.two, chain.three, LATER)
            assert await chain.figures() == end
    assert (await chain.lineage.undo(first["id"], chain.two.county, LATER)).status_code == 201
    assert await chain.figures() == start
    refused(await chain.lineage.undo(second["id"], chain.two.county, LATER), 409, "already-reversed", {})
    await chain.lawful()
    # By the known time of each county the succession is there, or is not, or is not yet undone.
    path, mine = f"/funds/v1/successions/{first['id']}", chain.two.clerk
    assert (await mine.get(path)).json()["reversed_by"] == "移交冲正1"
    assert (await mine.get(path, params={"known_at": known})).json()["reversed_by"] is None
    assert (await mine.get(path, params={"known_at": "2020-01-01T00:00:00+08:00"})).status_code == 404
    [went] = {row["from_tranche_id"] for row in first["tranches"] if row["amount_fen"] == 1_000_000}
    trace = f"/funds/v1/tranches/{went}/trace"
    assert (await chain.one.finance.get(trace)).json()["went_to"] == []
    [told] = (await chain.one.finance.get(trace, params={"known_at": known})).json()["went_to"]
    assert (told["county_code"], told["fen"]) == (chain.two.county, 1_000_000)


async def test_two_counties_merge_into_one(lineage: Lineage) -> None:
    """孟津县、吉利区 → 孟津区: each hands over by a document of its own, and one is undone without the other."""
    left, right = await lineage.county("3", fen=400_000), await lineage.county("5", fen=600_000)
    once = f"补助{uuid4().hex[:8]}"
    await left.home(1, [101])
    await right.home(2)
    await left.paid({1: "10.00"}, "2018-02-01", entitlement=once)
    await right.paid({2: "10.00"}, "2018-02-01", entitlement=once)
    assert (await left.fee(4_000, "2017-06-01", left.office)).status_code == 201
    new = await lineage.county("4")
    await lineage.change("merged", [left, right], [new], FIRST)
    one, other = await lineage.gone(left, new, FIRST), await lineage.gone(right, new, FIRST)
    assert (one["amount_fen"], other["amount_fen"]) == (395_000, 599_000)
    # One household of people of both: what either county paid counts for it.
    await new.home(101, [2], on=FIRST)
    checked = await new.judged({101: "1.00"}, LATER, entitlement=once)
    assert checked["by_reason"] == {"already_paid": 1}
    # 10,000 of 1,000,000 that both received, less the 4,000 that one of them took.
    assert (await new.fee(6_001, LATER, new.office)).status_code == 409
    fee = await new.fee(6_000, LATER, new.office)
    assert fee.status_code == 201, fee.text
    refused(await lineage.undo(one["id"], new.county, LATER), 409, "spent-on", {"spent_fen": 6_000})
    # Without the other's money there is no room for it: the one has taken all of its share itself.
    refused(await lineage.undo(other["id"], new.county, LATER), 409, "fund-rule-broken", {"kind": "reverse"})
    assert (await new.undo(fee.json()["movements"][0]["id"], LATER)).status_code == 201
    undone = await lineage.undo(other["id"], new.county, LATER)
    assert undone.status_code == 201, undone.text
    assert await lineage.figures(left, right, new) == [
        (400_000, 395_000, 5_000, 0),
        (600_000, 0, 1_000, 599_000),
        (395_000, 0, 0, 395_000),
    ]
    await lineage.lawful(left, right, new)


async def test_a_county_splits_into_two_by_its_accounts(lineage: Lineage) -> None:
    old = await lineage.county("4", fen=600_000)
    await old.received(400_000)
    left, right = await lineage.county("3"), await lineage.county("5")
    await lineage.change("split", [old], [left, right], FIRST)
    went = await lineage.gone(old, left, FIRST, {old.treasury: left.treasury})
    came = await lineage.gone(old, right, FIRST, {old.office: right.office})
    assert (went["amount_fen"], went["left_fen"], came["amount_fen"], came["left_fen"]) == (
        400_000,
        600_000,
        600_000,
        0,
    )
    # Each within its own, and together within what was received.
    assert (await left.fee(4_001, LATER)).status_code == 409
    assert (await right.fee(6_000, LATER, right.office)).status_code == 201
    assert (await left.fee(4_000, LATER)).status_code == 201
    assert await lineage.figures(old, left, right) == [
        (1_000_000, 1_000_000, 0, 0),
        (400_000, 0, 4_000, 396_000),
        (600_000, 0, 6_000, 594_000),
    ]
    await lineage.lawful(old, left, right)


async def test_postings_while_money_goes_over_and_back_lose_nothing(chain: Chain) -> None:
    """Whatever meets whichever succession or its undoing: refused whole or done whole, and nobody waits in a ring."""
    lineage, one, two = chain.lineage, chain.one, chain.two
    await lineage.change("recoded", [one], [two], FIRST)
    await two.home(1, on=FIRST)
    rosters = [await _checked(one, "2018-03-17") for _ in range(3)]
    answers: list[httpx.Response] = []

    async def over_and_back(turns: int) -> None:
        for _ in range(turns):
            gone = await lineage.go(one, two, LATER)
            answers.append(gone)
            if gone.status_code == 201:
                answers.append(await lineage.undo(gone.json()["id"], one.county, LATER))

    async def downs(books: Books, on: str, turns: int) -> None:
        answers.extend([await books.moved("hand_down", 1_000, on, books.office) for _ in range(turns)])

    async def received(turns: int) -> None:
        for _ in range(turns):
            await two.received(10_000, FIRST)

    await asyncio.gather(
        over_and_back(5),
        over_and_back(5),
        downs(one, "2018-03-17", 8),
        downs(two, LATER, 8),
        received(5),
        *(_approved(one, batch, answers) for batch in rosters),
    )
    assert {answer.status_code for answer in answers} <= {201, 409}, [
        one.text for one in answers if one.is_server_error
    ]
    assert sum(answer.status_code == 201 for answer in answers) > 3
    spent = sum(answer.json()["total_fen"] for answer in answers if "batch" in answer.json())
    figures = await lineage.figures(one, two)
    assert figures[0][0] == 1_020_000
    assert sum(shown[3] for shown in figures) == 1_020_000 + 50_000 - spent
    await chain.lawful()


async def _checked(books: Books, on: str) -> str:
    batch = await books.batch(effective_on=on)
    assert (await books.put(batch, roster_csv([(id_number(1), "10.00")]))).json()["rows_good"] == 1
    return batch


async def _approved(books: Books, batch: str, answers: list[httpx.Response]) -> None:
    answers.append(await books.approve(batch))
