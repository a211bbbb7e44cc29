"""Projects, contracts, assets, incomes, loans and flags tell again what they told, by what was known then."""

from __future__ import annotations

from typing import Any

import httpx

from tests.callers import Caller, funds_caller
from tests.factories import open_account
from tests.funds_api.asked import run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.library import DAYS, plan
from tests.funds_api.people import Township
from tests.funds_api.test_assets import Register
from tests.funds_api.test_fund_rules import Ruled
from tests.funds_api.test_known_at import now, without_knowledge
from tests.funds_api.test_loans import PATH, bank_of, loan
from tests.funds_api.test_terms import BARRED

# Before, between and after all that is recorded, all of it in 2017.
ON = ("2017-01-20", "2017-06-30", "2017-10-16", "2017-12-31")
BACK = {"document": "退款", "returned_on": "2017-12-04"}


async def told(by: Caller, paths: list[str], at: str | None, **more: str) -> list[Any]:
    """What each path answers on each day, or that it is not there."""
    found = []
    for path in paths:
        for day in ON:
            params = {"as_of": day, **more, **({"known_at": at} if at else {})}
            answer = await by.get(f"/funds/v1/{path}", params=params)
            assert answer.status_code in {200, 404}, answer.text
            if answer.status_code == 200 and at:
                assert answer.json()["known_position"] is not None, path
            found.append((path, day, without_knowledge(answer.json()) if answer.status_code == 200 else None))
    return found


class Story(Register):
    """A project from its declaration to the income of what it left, act by act, with every reading between the acts."""

    async def set_out(self) -> Story:
        await self.fund_it()
        self.deposit = await open_account(self.http, self.county, "retention", "质保金专户")
        village = await open_account(self.http, self.village, "village_collective", "村集体")
        units = (await self.clerk.get("/funds/v1/units", params={"kind": "village_collective"})).json()["items"]
        self.owner = next(one["id"] for one in units if one["accounts"][0]["id"] == village)
        self.asset, self.income = "", ""
        return self

    def paths(self) -> list[str]:
        found = ["projects", "projects/changes", "assets", "incomes", "incomes/benefits", "retentions"]
        if self.id:
            found += [f"projects/{self.id}", f"projects/{self.id}/assets"]
        found += [f"assets/{self.asset}"] if self.asset else []
        return [*found, f"incomes/{self.income}"] if self.income else found

    async def read(self, at: str | None) -> list[Any]:
        return await told(self.clerk, self.paths(), at)

    async def post(self, path: str, body: dict[str, Any], by: Caller | None = None) -> dict[str, Any]:
        answer = await (by or self.clerk).post(f"/funds/v1/{path}", body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(answer.json())

    async def built(self) -> Any:
        """Each act in its turn until the road is built: reported, accepted, paid, kept back, cancelled, changed."""
        yield await self.declare()
        objection = await self.post(
            f"projects/{self.id}/objections", {"raised_on": "2017-01-16", "text": "占地"}, self.lister
        )
        yield objection
        yield await self.post(
            f"projects/{self.id}/objections/{objection['id']}/answer",
            {"closed_on": "2017-01-18", "outcome": "已核实"},
            self.reviewer,
        )
        for stage in ("reviewed", "published", "admitted", "planned", "tendering", "building"):
            yield await self.step(stage)
        self.cash = (await self.shown())["cash_account_id"]
        yield await self.move("hand_down", self.treasury, self.cash, 800_000, "2017-04-20")
        first = (await self.sign(400_000, retention_ppm=50_000, release_on="2017-12-01")).json()["id"]
        yield first
        second = (await self.sign(200_000)).json()["id"]
        yield second
        yield await self.progress(first, 500_000, "2017-06-20", accepted=False)
        yield await self.progress(first, 1_000_000, "2017-06-29")
        yield await self.progress(second, 1_000_000, "2017-09-01")
        paid = await self.move("pay", self.cash, self.contractor, 380_000, "2017-06-30")
        yield paid
        order = {"release_on": "2017-12-01", "contract_id": first}
        yield await self.move("retain", self.cash, self.deposit, 20_000, "2017-06-30", **order)
        yield await self.move("pay", self.cash, self.contractor, 100_000, "2017-09-02")
        cancelled = {"document": "协议", "cancelled_on": "2017-09-03", "settled_fen": 100_000}
        yield await self.post(f"projects/{self.id}/contracts/{second}/cancellation", cancelled)
        change = {
            "document": "变更",
            "reason": "调整",
            "reported_on": "2017-09-05",
            "plan": plan(name="通村公路（改线）"),
        }
        yield await self.post(f"projects/{self.id}/versions", change, self.lister)
        approval = {"document": "批复", "effective_on": "2017-09-06"}
        yield await self.post(f"projects/{self.id}/versions/2/approval", approval, self.approver)
        closed = {"document": "意见", "reason": "依据不足", "closed_on": "2017-09-08"}
        for number, ending, by in ((3, "refusal", self.approver), (4, "withdrawal", self.lister)):
            yield await self.post(f"projects/{self.id}/versions", {**change, "reported_on": "2017-09-08"}, self.lister)
            yield await self.post(f"projects/{self.id}/versions/{number}/{ending}", closed, by)
        yield await self.step("accepted")
        yield await self.measure()
        self.paid = paid.json()["movements"][0]["id"]

    async def earned(self) -> Any:
        """What it left, earned, shared, paid and came back; and what was undone long after."""
        self.asset = (await self.register(value_fen=300_000)).json()["id"]
        yield self.asset
        yield await self.confirm(self.asset)
        yield await self.step("announced")
        self.income = (await self.earn(self.asset)).json()["id"]
        yield self.income
        passed = {"document": "转付凭证", "passed_on": "2017-11-20"}
        yield await self.post(f"incomes/{self.income}/passing-on", passed)
        yield await self.share(self.income)
        pay = f"incomes/{self.income}/share/lines/1"
        yield await self.post(f"{pay}/payment", {"document": "发放表", "paid_on": "2017-12-01"}, self.lister)
        back = {**BACK, "amount_fen": 10_000, "returned_on": "2017-12-02"}
        given = await self.post(f"{pay}/returns", back, self.lister)
        yield given
        entry = given["share"]["lines"][0]["entries"][-1]["id"]
        undone = {"document": "更正", "undone_on": "2017-12-02"}
        yield await self.post(f"incomes/{self.income}/share/payments/{entry}/reversal", undone, self.lister)
        async for act in self.undone(given["share"]["lines"][0]["entries"][0]["id"]):
            yield act
        yield await self.move("pay", self.deposit, self.contractor, 20_000, "2017-12-01")
        undo = {"kind": "reverse", "document": "冲1", "effective_on": "2017-12-05", "movement_id": self.paid}
        yield await self.post("movements", undo)
        gone = {"document": "处置批复", "reason": "水毁", "disposed_on": "2017-12-10", "proceeds_fen": 1}
        yield await self.post(f"assets/{self.asset}/disposal", gone, self.approver)

    async def undone(self, payment: str) -> Any:
        """What was paid, decided and earned undone one after the other, decided once more and earned once more."""
        path = f"incomes/{self.income}"
        body = {"document": "更正", "undone_on": "2017-12-03"}
        yield await self.post(f"{path}/share/payments/{payment}/reversal", body, self.lister)
        yield await self.post(f"{path}/share/reversal", {**body, "reason": "面积有误"}, self.lister)
        yield await self.share(self.income, decided_on="2017-12-03")
        yield await self.post(f"{path}/share/lines/2/payment", {"document": "发放表", "paid_on": "2017-12-04"})
        yield await self.post(f"{path}/share/lines/2/returns", {**BACK, "amount_fen": 30_000})
        yield await self.post(f"{path}/share/reversal", {**body, "undone_on": "2017-12-05", "reason": "重议"})
        yield await self.post(f"{path}/reversal", {**body, "undone_on": "2017-12-06", "reason": "登记有误"})
        again = await self.earn(self.asset, 90_000)
        assert again.status_code == 201, again.text
        yield again


async def test_the_library_tells_again_what_it_told_after_every_act(funds_http: httpx.AsyncClient, county: str) -> None:
    story = await Story(funds_http, county).set_out()
    kept: list[tuple[str, list[str], list[Any]]] = []
    for part in (story.built, story.earned):
        kept += [(now(), story.paths(), await story.read(None)) async for _ in part()]
    assert len(kept) > 38
    for at, paths, then in kept:
        again = await told(story.clerk, paths, at)
        for before, after in zip(then, again, strict=True):
            assert after == before, (at, before[:2])
    early = await story.clerk.get(f"/funds/v1/projects/{story.id}", params={"known_at": "2001-01-01T00:00:00Z"})
    assert early.status_code == 404


async def test_a_step_dated_back_is_not_known_before_it_was_recorded(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    story = await Story(funds_http, county).set_out()
    await story.walk("admitted")
    before = now()
    assert (await story.step("planned")).status_code == 201
    params = {"as_of": DAYS["planned"]}
    today = (await story.clerk.get(f"/funds/v1/projects/{story.id}", params=params)).json()
    then = (await story.clerk.get(f"/funds/v1/projects/{story.id}", params={**params, "known_at": before})).json()
    assert (today["stage"], then["stage"], then["cash_account_id"]) == ("planned", "admitted", None)
    assert (today["known_position"], then["known_position"] > 0) == (None, True)
    assert (len(today["steps"]), len(then["steps"])) == (5, 4)


async def test_loans_are_known_since_the_bank_reported_them(funds_http: httpx.AsyncClient, county: str) -> None:
    await Township(funds_http, county, fen=0, households=range(5)).open()
    bank = bank_of(funds_http, county)
    kept = []
    for at in range(3):
        kept.append((now(), await told(bank, ["loans"], None)))
        answer = await bank.post(
            PATH, loan(county, bank_ref=f"R{at}", disbursed_on=("2017-06-01", "2017-01-10")[at % 2])
        )
        assert answer.status_code == 201, answer.text
    for at, then in kept:
        assert await told(bank, ["loans"], at) == then
    assert [len(then[-1][2]["items"]) for _, then in kept] == [0, 1, 2]


async def test_flags_are_known_since_they_were_raised(desk: Desk) -> None:
    inspector, before = funds_caller(desk.http, "inspector", desk.county), now()
    assert (await run_rules(desk.http, desk.county, "2017-11-30"))["new_n"] > 0
    today = await told(inspector, ["flags"], None)
    then = await told(inspector, ["flags"], before)
    assert ([one[2]["items"] for one in then], today[-1][2]["items"] != []) == ([[]] * len(ON), True)
    assert await told(inspector, ["flags"], now()) == today


async def test_a_breach_is_known_with_the_movement_that_made_it(funds_http: httpx.AsyncClient, county: str) -> None:
    ruled = await Ruled(funds_http, county).open()
    await ruled.rule({**BARRED, "uses": ["training"], "on_breach": "flag"})
    before = now()
    assert (await ruled.pay(1_000, "training")).json()["flagged"]
    assert [len(one[2]["items"]) for one in await told(ruled.clerk, ["flags"], before)] == [0, 0, 0, 0]
    assert [len(one[2]["items"]) for one in await told(ruled.clerk, ["flags"], now())] == [0, 1, 1, 1]
