"""A county's code ends and its part-spent money goes over to the county that follows, in both books, to the fen."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chaos.laws import QUICK, THOROUGH
from chassis import clock
from tests.callers import Caller, funds_caller
from tests.factories import open_account, receive
from tests.funds_api.desk import conserved, refused, written
from tests.funds_api.people import Township, id_number, roster_csv
from tests.funds_api.test_flows import found, told, walk
from tests.funds_api.test_renamed_county import divisions

ON = "2018-03-18"
LATER = "2018-12-31"


def names(county: str) -> dict[str, str]:
    return {county: "县", f"{county}101": "城关镇", f"{county}101201": "一村"}


class Following:
    """An old county that spent some of its money before its code ended on 18 March 2018, and the one that follows."""

    def __init__(self, http: httpx.AsyncClient, admin: asyncpg.Pool, old: str, new: str) -> None:
        self.http, self.admin, self.old, self.new = http, admin, old, new
        self.above = funds_caller(http, "finance_clerk", "99", subject="province")
        self.inspector = funds_caller(http, "inspector", "99", subject="inspector")

    async def open(self) -> Following:
        await self.admin.executemany(
            "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2017)"
            " ON CONFLICT DO NOTHING",
            [tuple(one.values()) for one in divisions({"99": "虚构省", self.old[:4]: "市", **names(self.old)})],
        )
        self.town = await Township(self.http, self.old, fen=20_000).open()
        self.treasury = await open_account(self.http, self.old, "treasury", "县国库")
        self.outside = await open_account(self.http, self.old, "outside", "县外")
        for fen, on in ((400_000, "2017-03-01"), (600_000, "2017-04-01")):
            await receive(self.http, self.old, self.treasury, fen, on)
        await self.pay({1: "100.00"}, "2017-05-01")
        await self.rename()
        self.follows = await Township(self.http, self.new, fen=0, households=range(0)).open()
        await self.follows.register([1, 2], on=ON)
        self.new_treasury = await open_account(self.http, self.new, "treasury", "区国库")
        return self

    async def pay(self, fen: dict[int, str], on: str, town: Township | None = None) -> str:
        town = town or self.town
        batch = await town.batch(effective_on=on)
        answer = await town.put(batch, roster_csv([(id_number(place), amount) for place, amount in fen.items()]))
        assert answer.json()["rows_good"] == len(fen), answer.text
        approved = await town.approve(batch)
        assert approved.status_code == 201, approved.text
        return batch

    async def rename(self) -> None:
        administrator = funds_caller(self.http, "system_admin", "99")
        parent = {self.new[:4]: "市"} if self.new[:4] != self.old[:4] else {}
        change = {
            "kind": "recoded",
            "document": "关于撤县设区的批复",
            "effective_on": ON,
            "links": [{"from_code": self.old, "to_code": self.new}],
            "closed": [self.old],
            "regions": list(divisions({**parent, self.new: "区"})),
        }
        answer = await administrator.post("/funds/v1/regions/changes", change)
        assert answer.status_code == 201, answer.text
        below = {code: name for code, name in names(self.new).items() if code != self.new}
        listed = {"listed_year": 2023, "regions": list(divisions(below))}
        answer = await administrator.post("/funds/v1/regions", listed)
        assert answer.status_code == 201, answer.text

    def order(self, **changes: Any) -> dict[str, Any]:
        return {
            "from_county": self.old,
            "to_county": self.new,
            "document": "移交清册1号",
            "effective_on": ON,
            "accounts": [
                {"from_account_id": self.treasury, "to_account_id": self.new_treasury},
                {"from_account_id": self.town.office, "to_account_id": self.follows.office},
            ],
            **changes,
        }

    async def go(self, by: Caller | None = None, **changes: Any) -> httpx.Response:
        return await (by or self.above).post("/funds/v1/successions", self.order(**changes))

    async def gone(self, **changes: Any) -> dict[str, Any]:
        answer = await self.go(**changes)
        assert answer.status_code == 201, answer.text
        assert answer.json()["unexplained_fen"] == 0
        return dict(answer.json())

    async def undo(self, succession: str, on: str = ON, **more: Any) -> httpx.Response:
        path = f"/funds/v1/successions/{succession}/reversal"
        body = {"document": "移交冲正1", "effective_on": on}
        return await self.above.post(path, body, params={"county": more.get("county", self.old)})

    async def tree(self, region: str, **asked: Any) -> dict[str, Any]:
        params = {"region": region, "as_of": LATER, **asked}
        answer = await self.inspector.get("/funds/v1/tree", params=params)
        assert answer.status_code == 200, answer.text
        assert {node["unexplained_fen"] for node in walk(answer.json()["root"])} == {0}
        return dict(answer.json())

    async def figures(self, **asked: Any) -> dict[str, tuple[int, ...]]:
        shown = {}
        for county in (self.old, self.new):
            root = (await self.tree(county, **asked))["root"]
            shown[county] = tuple(
                root[name] for name in ("received_fen", "moved_out_fen", "spent_fen", "resting_fen", "returned_fen")
            )
        return shown

    async def lawful(self) -> None:
        for county in (self.old, self.new):
            await conserved(self.admin, county)
            for law, query in (QUICK | THOROUGH).items():
                broken = [tuple(row) for row in await self.admin.fetch(query)]
                assert [row for row in broken if any(str(one).startswith(county) for one in row)] == [], law


@pytest.fixture(params=["old before new", "new before old"])
async def following(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool, county: str, later: str, request: pytest.FixtureRequest
) -> Following:
    old, new = (county, later) if request.param == "old before new" else (later, county)
    return await Following(funds_http, admin, old, new).open()


BEFORE = (1_020_000, 0, 10_000, 1_010_000, 0)
NOTHING = (0, 0, 0, 0, 0)


async def test_what_rests_goes_over_and_both_trees_add_up(following: Following) -> None:
    assert await following.figures() == {following.old: BEFORE, following.new: NOTHING}
    before = clock.now().isoformat()
    gone = await following.gone()
    assert (gone["amount_fen"], gone["left_fen"], len(gone["tranches"])) == (1_010_000, 0, 3)
    after = {
        following.old: (1_020_000, 1_010_000, 10_000, 0, 0),
        following.new: (1_010_000, 0, 0, 1_010_000, 0),
    }
    assert await following.figures() == after
    assert await following.figures(year=2017) == after
    assert await following.figures(as_of="2018-03-17") == {following.old: BEFORE, following.new: NOTHING}
    assert await following.figures(known_at=before) == {following.old: BEFORE, following.new: NOTHING}
    township = found(await following.tree(following.old), following.old + "101")
    assert told(township) | {"spent": 10_000, "moved_out": 10_000} == told(township)
    for county, received in ((following.old, 1_020_000), (following.new, 1_010_000)):
        answer = await following.inspector.get("/funds/v1/flow-graph", params={"region": county, "as_of": LATER})
        graph = answer.json()
        assert (graph["received_fen"], graph["tranches_fen"], graph["unexplained_fen"]) == (received, received, 0)
        assert {one["unexplained_fen"] for one in graph["nodes"]} == {0}
    await following.lawful()


async def test_clocks_and_years_go_on(following: Following) -> None:
    clerk = funds_caller(following.http, "finance_clerk", following.old)
    carry = {"kind": "carry_over", "document": "结转1", "effective_on": "2018-01-01", "account_id": following.treasury}
    assert (await clerk.post("/funds/v1/movements", {**carry, "from_year": 2017})).status_code == 201
    await following.gone()
    params = {"county": following.new, "as_of": ON}
    lots = (await following.above.get("/funds/v1/lots", params=params)).json()["items"]
    shown = sorted((one["clock_from"], one["remaining_fen"], one["fiscal_year"]) for one in lots)
    assert shown == [
        ("2017-03-01", 10_000, 2017),
        ("2017-03-01", 400_000, 2018),
        ("2017-04-01", 600_000, 2018),
    ]
    assert {one["arrived_on"] for one in lots} == {ON}
    whole = await following.figures(year=2018)
    assert whole[following.new][3] == 1_000_000
    await following.lawful()


async def test_a_payment_of_the_new_county_is_traced_to_the_notice_of_the_old_one(following: Following) -> None:
    down = {
        "kind": "hand_down",
        "document": "下达1",
        "effective_on": "2017-08-01",
        "fund_code": "TEST-FUND",
        "from_account_id": following.treasury,
        "lines": [{"to_account_id": following.town.office, "amount_fen": 5_000}],
    }
    clerk = funds_caller(following.http, "finance_clerk", following.old)
    assert (await clerk.post("/funds/v1/movements", down)).status_code == 201
    gone = await following.gone()
    batch = await following.pay({1: "103.00", 2: "10.00"}, "2018-05-01", following.follows)
    # The township's clerk of the new county sees the whole way of a payment of its own, wherever it leads.
    trace = (await following.follows.clerk.get(f"/funds/v1/payments/{batch}-2/trace", params={"as_of": LATER})).json()
    assert (trace["traced_fen"], trace["unexplained_fen"]) == (10_300, 0)
    assert [way["amount_fen"] for way in trace["ways"]] == [10_000, 300]
    origins = {one["tranche_id"]: one["from_tranche_id"] for one in gone["tranches"]}
    for way, kinds in zip(trace["ways"], (["receive", "succeed"], ["receive", "hand_down", "succeed"]), strict=True):
        assert [one["kind"] for one in way["earlier"]] == kinds
        assert {one["county_code"] for one in way["earlier"]} == {following.old}
        assert {one["tranche_id"] for one in way["earlier"]} == {origins[way["tranche_id"]]}
        assert way["succession_id"] == gone["id"]
        assert [one["kind"] for one in way["hops"]] == ["receive", "disburse"]
        path = f"/funds/v1/tranches/{way['tranche_id']}/trace"
        down_trace = (await following.follows.finance.get(path, params={"as_of": LATER})).json()
        [link] = down_trace["came_from"]
        assert (link["county_code"], link["tranche_id"]) == (following.old, origins[way["tranche_id"]])
        path = f"/funds/v1/tranches/{link['tranche_id']}/trace"
        up_trace = (await clerk.get(path, params={"as_of": LATER})).json()
        [link] = up_trace["went_to"]
        assert (link["county_code"], link["tranche_id"]) == (following.new, way["tranche_id"])
        assert link["fen"] == down_trace["tranche"]["received_fen"] == up_trace["tranche"]["outside_fen"]
        assert up_trace["tranche"]["document"] == way["notice"] == down_trace["tranche"]["document"]
    for region, fen in ((following.new, 1_010_000), (following.new + "101", 15_000)):
        params = {"region": region, "as_of": LATER, "by": "unit"}
        graph = (await following.inspector.get("/funds/v1/flow-graph", params=params)).json()
        assert (graph["tranches_fen"], graph["unexplained_fen"]) == (fen, 0)
    first = (await following.town.clerk.get("/funds/v1/payment-batches")).json()["items"][0]["id"]
    trace = (await following.town.clerk.get(f"/funds/v1/payments/{first}-2/trace", params={"as_of": LATER})).json()
    assert [way["earlier"] for way in trace["ways"]] == [[]]
    await following.lawful()


async def test_it_acts_once_and_both_journals_tell_it(following: Following) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    answers = await asyncio.gather(
        *(following.above.post("/funds/v1/successions", following.order(), headers=key) for _ in range(3))
    )
    assert sorted({answer.status_code for answer in answers} - {409}) == [201], [one.text for one in answers]
    again = await following.above.post("/funds/v1/successions", following.order(), headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    refused(await following.go(document="移交清册2号"), 409, "nothing-succeeds", {"from_county": following.old})
    rows = await following.admin.fetch(
        "SELECT stream, body FROM funds.event WHERE kind = 'MoneySucceeded' AND stream = ANY($1) ORDER BY stream",
        [following.old, following.new],
    )
    assert [row["stream"] for row in rows] == sorted([following.old, following.new])
    for county, side in ((following.old, "out"), (following.new, "in")):
        page = (await following.inspector.get("/funds/v1/successions", params={"county": county, "as_of": ON})).json()
        [one] = page["items"]
        assert (one["side"], one["amount_fen"], one["reversed_by"]) == (side, 1_010_000, None)
        shown = (await following.inspector.get(f"/funds/v1/successions/{one['id']}", params={"county": county})).json()
        assert shown["tranches"] == sorted(again.json()["tranches"], key=lambda one: one[_key(side)])
        early = {"county": county, "as_of": "2018-03-17"}
        assert (await following.inspector.get("/funds/v1/successions", params=early)).json()["items"] == []
        assert (await following.inspector.get(f"/funds/v1/successions/{one['id']}", params=early)).status_code == 404
    # What comes back to the old county afterwards goes over by a document of its own, and its line is told once more.
    [payment] = (await following.town.clerk.get("/funds/v1/payment-batches")).json()["items"]
    back = {"document": "退汇1", "effective_on": "2018-04-01", "reason": "account_closed"}
    answer = await following.town.finance.post(f"/funds/v1/payments/{payment['id']}-2/returns", back)
    assert answer.status_code == 201, answer.text
    refused(
        await following.go(document="移交清册3号", effective_on="2018-04-02"),
        409,
        "not-yet-free",
        {"held_fen": 10_000, "holds_n": 1, "in_transit_fen": 0, "from_county": following.old},
    )
    hold = answer.json()["hold_id"]
    voided = await following.town.finance.post(f"/funds/v1/holds/{hold}/voiding", {"reason": "不再发放"})
    assert voided.status_code == 200, voided.text
    second = await following.gone(document="移交清册3号", effective_on="2018-04-02")
    assert (second["amount_fen"], second["left_fen"]) == (10_000, 0)
    await following.lawful()


def _key(side: str) -> str:
    return "from_tranche_id" if side == "out" else "tranche_id"


async def test_it_is_refused_with_the_figures_and_nothing_is_written(following: Following) -> None:
    bank = await open_account(following.http, following.old, "bank", "代理银行", "2018-01-02")
    deposit = await open_account(following.http, following.old, "retention", "质保金", "2018-01-02")
    village = await open_account(following.http, following.new, "village_collective", "村集体")
    quota = {"region_code": following.new, "name": "区国库指标", "kind": "treasury"}
    unit = await following.follows.finance.post(
        "/funds/v1/units", {**quota, "accounts": [{"name": "指标", "book": "quota"}]}
    )
    held = {"account_id": following.treasury, "amount_fen": 700, "document": "申请1", "purpose": "待支付"}
    hold = (await following.town.finance.post("/funds/v1/holds", held)).json()["id"]
    before = await written(following.admin)

    def one(source: str, target: str) -> dict[str, Any]:
        return {"accounts": [{"from_account_id": source, "to_account_id": target}]}

    treasury, stands = following.treasury, {"from_county": following.old, "to_county": following.new}
    for changes, status, slug, figures in (
        ({}, 409, "not-yet-free", {"held_fen": 700, "holds_n": 1, "in_transit_fen": 0}),
        ({"effective_on": "2018-03-17"}, 409, "succession-too-early", {"succeeded_on": ON}),
        (stands | {"from_county": following.new, "to_county": following.old}, 409, "not-successor", {"ended_on": None}),
        ({"to_county": "999999"}, 409, "not-successor", {"ended_on": ON}),
        (one(treasury, village), 409, "accounts-differ", {"from_kind": "treasury", "to_kind": "village_collective"}),
        (one(treasury, unit.json()["accounts"][0]["id"]), 409, "accounts-differ", {"to_book": "quota"}),
        (one(bank, following.new_treasury), 409, "wrong-account", {"kind": "bank"}),
        (one(deposit, following.new_treasury), 409, "wrong-account", {"kind": "retention"}),
        (one(following.town.cards, following.follows.cards), 409, "wrong-account", {"kind": "households"}),
        (one(str(uuid4()), following.new_treasury), 404, "not-found", {}),
    ):
        refused(await following.go(**changes), status, slug, figures)
    for by in (following.town.finance, following.follows.finance):
        assert (await following.go(by)).json()["type"] == "/problems/outside-region"
    assert (await following.go(following.inspector)).json()["type"] == "/problems/forbidden"
    assert (await following.go(accounts=[following.order()["accounts"][0]] * 2)).status_code == 422
    assert (await following.go(to_county=following.old)).status_code == 422
    assert await written(following.admin) == before

    assert (await following.town.finance.post(f"/funds/v1/holds/{hold}/voiding", {"reason": "撤回"})).status_code == 200
    for county in (following.old, following.new):
        reviewer = funds_caller(following.http, "finance_reviewer", county, subject="qian")
        closed = await reviewer.post("/funds/v1/closings", {"through": "2018-03-31", "document": "结账1"})
        assert closed.status_code == 201, closed.text
        figures = {"county_code": min(following.old, county) if county == following.new else county}
        refused(await following.go(), 409, "books-closed", {"closed_through": "2018-03-31", **figures})
        if county == following.old:
            continue
        await following.gone(effective_on="2018-04-01")


async def test_both_sides_are_undone_at_once_while_nothing_was_spent_on(following: Following) -> None:
    gone = await following.gone()
    for county, kind in ((following.old, "succeed"), (following.new, "receive")):
        params = {"county": county, "kind": kind, "limit": 200}
        moved = (await following.inspector.get("/funds/v1/movements", params=params)).json()["items"][-1]
        alone = {"kind": "reverse", "document": "冲1", "effective_on": LATER, "movement_id": moved["id"]}
        clerk = funds_caller(following.http, "finance_clerk", county)
        figures = {"movement_id": moved["id"], "succession_id": gone["id"]}
        refused(await clerk.post("/funds/v1/movements", alone), 409, "part-of-succession", figures)
    refused(await following.undo(gone["id"]), 409, "no-outside-account", {"county_code": following.new})
    await open_account(following.http, following.new, "outside", "县外")
    refused(await following.undo(gone["id"], "2018-03-17"), 409, "reversal-too-early", {"undone_on": ON})
    assert (await following.undo(str(uuid4()))).status_code == 404

    batch = await following.pay({1: "1.00"}, "2018-05-01", following.follows)
    refused(await following.undo(gone["id"], "2018-06-01"), 409, "spent-on", {"spent_fen": 100})
    posted = (await following.follows.clerk.get(f"/funds/v1/payment-batches/{batch}")).json()["movement_id"]
    back = {"kind": "reverse", "document": "冲2", "effective_on": "2018-05-02", "movement_id": posted}
    assert (await following.follows.finance.post("/funds/v1/movements", back)).status_code == 201

    before = clock.now().isoformat()
    answer = await following.undo(gone["id"], "2018-06-01", county=following.new)
    assert answer.status_code == 201, answer.text
    assert answer.json()["reversed_by"] == "移交冲正1"
    assert await following.figures() == {following.old: BEFORE, following.new: NOTHING}
    then = await following.figures(known_at=before)
    assert (then[following.old][3], then[following.new][3]) == (0, 1_010_000)
    lots = (await following.above.get("/funds/v1/lots", params={"county": following.old, "as_of": LATER})).json()
    resting = [one for one in lots["items"] if one["account_id"] != following.town.cards]
    assert {one["clock_from"] for one in resting} == {"2017-03-01", "2017-04-01"}
    refused(await following.undo(gone["id"], "2018-06-01"), 409, "already-reversed", {})
    again = await following.gone(effective_on="2018-07-01")
    assert again["amount_fen"] == 1_010_000
    await following.lawful()


async def test_whatever_races_with_it_both_counties_add_up(following: Following) -> None:
    """Money handed down meanwhile goes over with its desk or was too late; nobody waits for another in a ring."""
    clerk = funds_caller(following.http, "finance_clerk", following.old)

    def down(at: int) -> dict[str, Any]:
        return {
            "kind": "hand_down",
            "document": f"下达{at}",
            "effective_on": "2018-03-17",
            "fund_code": "TEST-FUND",
            "from_account_id": following.treasury,
            "lines": [{"to_account_id": following.town.office, "amount_fen": 1_000}],
        }

    answers = await asyncio.gather(
        *(clerk.post("/funds/v1/movements", down(at)) for at in range(4)),
        *(following.go(document=f"移交清册{at}号") for at in range(3)),
        *(receive(following.http, following.new, following.new_treasury, 100, ON) for _ in range(3)),
    )
    told = [one for one in answers if isinstance(one, httpx.Response)]
    assert {one.status_code for one in told} <= {201, 409}, [one.text for one in told]
    went = [one.json()["amount_fen"] for one in told[4:] if one.status_code == 201]
    assert sum(went) == 1_010_000
    shown = await following.figures()
    assert (shown[following.old][3], shown[following.new][3]) == (0, 1_010_300)
    await following.lawful()


async def test_the_database_pairs_nothing_but_what_left_and_came(following: Following, urls: dict[str, str]) -> None:
    await following.gone()
    pair = await following.admin.fetchrow(
        "SELECT other_lot_id AS out, lot_id AS came FROM funds.succession_lot WHERE county_code = $1 AND side = 'in'",
        following.new,
    )
    pairs = f'[{{"out": "{pair["out"]}", "in": "{pair["came"]}"}}]'
    role = await asyncpg.connect(urls["funds"])
    try:
        for region, wrong in (("99", "is not what came"), (following.new, "outside the region")):
            async with role.transaction():
                await role.execute("SELECT set_config('app.region', $1, true)", region)
                with pytest.raises(asyncpg.PostgresError, match=wrong):
                    async with role.transaction():
                        await role.fetchval(
                            "SELECT funds.record_succession($1, $2, $3, '文', $4, 'me', $5::jsonb)",
                            uuid4(), following.old, following.new, date.fromisoformat(ON), pairs,
                        )  # fmt: skip
    finally:
        await role.close()
