"""The book of incomes: a line is paid, comes back, is paid again and is undone, each once, and it ties to the fen."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.funds_api.people import Township
from tests.funds_api.test_assets import Register
from tests.funds_api.test_projects import refusal

PAID = {"document": "发放表1号", "paid_on": "2017-12-01"}


class Shared(Register):
    """An income of 100,001 fen: 50,000 to the village's reserve (line 1), 50,001 to three households (line 2)."""

    async def set_out(self, admin: asyncpg.Pool) -> Shared:
        await self.open()
        township = await Township(self.http, self.county).open()
        self.homes = [
            str(row["id"])
            for row in await admin.fetch(
                "SELECT id FROM funds.household WHERE county_code = $1 AND region_code LIKE $2 ORDER BY id LIMIT 3",
                self.county,
                township.region + "%",
            )
        ]
        self.income = (await self.earn(await self.station())).json()["id"]
        to_homes = self.line("households", 1, households_n=3, household_ids=self.homes)
        answer = await self.share(self.income, [self.line("village_reserve", 1), to_homes])
        assert answer.status_code == 201, answer.text
        return self

    async def pay(self, line: int = 2, **changes: Any) -> httpx.Response:
        path = f"/funds/v1/incomes/{self.income}/share/lines/{line}/payment"
        return await self.lister.post(path, {**PAID, **changes})

    async def back(self, fen: int, home: str | None = None, line: int = 2, **changes: Any) -> httpx.Response:
        body = {"amount_fen": fen, "document": f"退款{uuid4().hex[:6]}", "returned_on": "2017-12-05", **changes}
        named = {} if home is None else {"household_id": home}
        return await self.lister.post(f"/funds/v1/incomes/{self.income}/share/lines/{line}/returns", {**body, **named})

    async def undo(self, entry: str, on: str = "2017-12-20") -> httpx.Response:
        path = f"/funds/v1/incomes/{self.income}/share/payments/{entry}/reversal"
        return await self.lister.post(path, {"document": "更正1号", "undone_on": on})

    async def figures(self, as_of: str = "2017-12-31", **asked: str) -> tuple[int, int, int]:
        """Paid, still to be paid and resting; the proofs hold, and the benefits tell the same."""
        answer = await self.clerk.get(f"/funds/v1/incomes/{self.income}", params={"as_of": as_of, **asked})
        told = answer.json()
        told_by_place = await self.clerk.get("/funds/v1/incomes/benefits", params={"as_of": as_of, **asked})
        assert told["unexplained_fen"] == told_by_place.json()["unexplained_fen"] == 0
        assert sum(one["paid_fen"] for one in told_by_place.json()["items"]) == told["share"]["paid_fen"]
        return told["share"]["paid_fen"], told["share"]["open_fen"], told["resting_fen"]


def last(answer: httpx.Response, line: int = 2) -> str:
    """The entry that an act recorded."""
    assert answer.status_code == 201, answer.text
    return str(answer.json()["share"]["lines"][line - 1]["entries"][-1]["id"])


@pytest.fixture
async def shared(funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> Shared:
    return await Shared(funds_http, county).set_out(admin)


async def test_a_household_gives_back_its_part_and_is_paid_again(shared: Shared) -> None:
    early = await shared.back(1)
    assert refusal(early) == (409, "return-beyond-share")
    assert early.json()["figures"]["paid_fen"] == 0
    assert (await shared.pay()).status_code == 201
    assert await shared.figures() == (50_001, 50_000, 50_000)
    over = await shared.back(16_668, shared.homes[0])
    assert (refusal(over), over.json()["figures"]["paid_fen"]) == ((409, "return-beyond-share"), 16_667)
    assert "166.67 元" in over.json()["detail"]
    first = await shared.back(16_000, shared.homes[0], document="退款单1号")
    assert first.status_code == 201, first.text
    again = await shared.back(600, shared.homes[0], document="退款单１号")
    assert refusal(again) == (409, "share-document-used")
    assert again.json()["figures"] == {"document": "退款单1号", "amount_fen": 16_000, "effective_on": "2017-12-05"}
    assert refusal(await shared.back(668, shared.homes[0])) == (409, "return-beyond-share")
    assert (await shared.back(667, shared.homes[0])).status_code == 201
    assert refusal(await shared.back(1, str(uuid4()))) == (404, "not-found")
    assert await shared.figures() == (33_334, 66_667, 66_667)
    line = (await shared.clerk.get(f"/funds/v1/incomes/{shared.income}")).json()["share"]["lines"][1]
    assert (line["paid_on"], line["paid_fen"]) == (None, 33_334)
    repaid = await shared.pay(document="发放表2号", paid_on="2017-12-10")
    assert repaid.status_code == 201, repaid.text
    paid = repaid.json()["share"]["lines"][1]
    assert (paid["paid_on"], paid["payment_document"], paid["entries"][-1]["amount_fen"]) == (
        "2017-12-10",
        "发放表2号",
        16_667,
    )
    assert refusal(await shared.pay()) == (409, "share-paid")
    assert (await shared.back(16_667, shared.homes[0], returned_on="2017-12-11")).status_code == 201
    assert refusal(await shared.back(1, shared.homes[0], returned_on="2017-12-11")) == (409, "return-beyond-share")
    overdue = (await shared.clerk.get("/funds/v1/incomes", params={"overdue": True, "as_of": "2017-12-31"})).json()
    assert [one["share"]["overdue_fen"] for one in overdue["items"]] == [66_667]


async def test_a_payment_is_undone_once_and_not_behind_what_came_back(shared: Shared) -> None:
    paid = last(await shared.pay())
    returned = last(await shared.back(10_000))
    behind = await shared.undo(paid)
    assert refusal(behind) == (409, "share-payment-followed")
    assert behind.json()["figures"] == {
        "payment_id": paid,
        "later_kind": "returned",
        "later_fen": 10_000,
        "later_on": "2017-12-05",
    }
    undone = last(await shared.undo(returned))
    assert await shared.figures() == (50_001, 50_000, 50_000)
    assert refusal(await shared.undo(returned)) == (409, "share-payment-undone")
    assert refusal(await shared.undo(undone)) == (409, "share-payment-undone"), "an undoing stays"
    assert refusal(await shared.undo(str(uuid4()))) == (404, "not-found")
    assert refusal(await shared.undo(paid, "2017-11-30")) == (409, "step-date-refused")
    assert (await shared.undo(paid)).status_code == 201
    assert await shared.figures() == (0, 100_001, 100_001)
    assert await shared.figures("2017-12-19") == (50_001 - 10_000, 60_000, 60_000), "as it stood before both"
    assert (await shared.pay(paid_on="2017-12-21")).status_code == 201


async def test_an_undoing_takes_effect_no_earlier_than_what_was_recorded_before_it(shared: Shared) -> None:
    paid = last(await shared.pay())
    returned = last(await shared.back(10_000))
    assert (await shared.undo(returned, "2017-12-20")).status_code == 201
    early = await shared.undo(paid, "2017-12-02")
    assert refusal(early) == (409, "step-date-refused"), "on the 10th less than nothing would stand paid"
    assert early.json()["figures"]["earliest_on"] == "2017-12-20"
    assert (await shared.undo(paid, "2017-12-20")).status_code == 201
    told = [await shared.figures(day) for day in ("2017-11-30", "2017-12-02", "2017-12-10", "2017-12-20")]
    assert [paid_fen for paid_fen, _, _ in told] == [0, 50_001, 40_001, 0]


async def test_what_comes_back_of_a_line_without_names_stays_within_the_line(shared: Shared) -> None:
    assert (await shared.pay(1)).status_code == 201
    assert refusal(await shared.back(50_001, line=1)) == (409, "return-beyond-share")
    assert refusal(await shared.back(1, shared.homes[0], line=1)) == (404, "not-found"), "the reserve has no households"
    assert (await shared.back(50_000, line=1)).status_code == 201
    assert refusal(await shared.back(1, line=1)) == (409, "return-beyond-share")
    assert refusal(await shared.back(1, line=9)) == (404, "not-found")
    late = await shared.pay(1, paid_on="2017-12-04")
    assert refusal(late) == (409, "step-date-refused"), "paid again before it came back"


async def test_two_who_pay_or_give_back_at_once_do_it_once(shared: Shared) -> None:
    paid = await asyncio.gather(*(shared.pay() for _ in range(4)))
    assert sorted(one.status_code for one in paid) == [201, 409, 409, 409]
    back = await asyncio.gather(*(shared.back(30_000) for _ in range(3)))
    assert sorted(one.status_code for one in back) == [201, 409, 409]
    assert await shared.figures() == (20_001, 80_000, 80_000)


async def test_the_neighbour_gives_nothing_back_and_a_retry_acts_once(shared: Shared) -> None:
    assert (await shared.pay()).status_code == 201
    path = f"/funds/v1/incomes/{shared.income}/share/lines/2/returns"
    body = {"amount_fen": 5, "document": "退1", "returned_on": "2017-12-05"}
    assert (await shared.neighbour.post(path, body)).status_code == 404
    first = await shared.lister.post(path, body, key="back-once-1")
    again = await shared.lister.post(path, body, key="back-once-1")
    assert (first.status_code, again.json()) == (201, first.json())
    assert await shared.figures() == (49_996, 50_005, 50_005)


async def test_the_database_holds_the_book_without_the_service(shared: Shared, admin: asyncpg.Pool) -> None:
    paid = last(await shared.pay())
    returned = last(await shared.back(16_667, shared.homes[0]))

    async def write(
        kind: str, fen: int, home: str | None = None, undoes: str | None = None, on: str = "2017-12-20"
    ) -> None:
        await admin.execute(
            "INSERT INTO funds.share_payment (county_code, id, income_id, decision_no, line_no, region_code, kind,"
            " amount_fen, household_id, undoes_id, document, effective_on, actor)"
            " VALUES ($1, gen_random_uuid(), $2::uuid, 1, 2, $3,"
            " $4, $5, $6::uuid, $7::uuid, '绕过', $8::text::date, '某一人')",
            shared.county,
            shared.income,
            shared.village,
            kind,
            fen,
            home,
            undoes,
            on,
        )

    for kind, fen, home, undoes, wrong in (
        ("paid", 16_668, None, None, "paid_within_line"),
        ("returned", 33_335, None, None, "paid_within_line"),
        ("returned", 1, shared.homes[0], None, "more than its part"),
        ("returned", 1, str(uuid4()), None, "foreign key"),
        ("undone", 50_001, None, paid, "was followed"),
        ("undone", 1, shared.homes[0], returned, "does not undo"),
        ("undone", 16_667, None, returned, "does not undo"),
    ):
        with pytest.raises(asyncpg.PostgresError, match=wrong):
            await write(kind, fen, home, undoes)
    with pytest.raises(asyncpg.PostgresError, match="dated before an earlier one"):
        await write("returned", 1, shared.homes[1], on="2017-12-04")
    kept = await admin.fetchrow(
        "SELECT l.paid_fen, (SELECT sum(CASE p.kind WHEN 'paid' THEN p.amount_fen ELSE -p.amount_fen END)::bigint"
        " FROM funds.share_payment p WHERE p.county_code = $1 AND p.income_id = l.income_id AND p.line_no = 2)"
        " AS entries_fen FROM funds.share_line l WHERE l.county_code = $1 AND l.line_no = 2",
        shared.county,
    )
    assert tuple(kept) == (33_334, 33_334)
