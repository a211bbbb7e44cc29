"""A receipt of income and the decision how it is shared are undone by document, while nothing rests on them."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from tests.funds_api.test_income_book import Shared, last
from tests.funds_api.test_projects import refusal


class Undone(Shared):
    """The income of 100,001 fen, shared in two lines, and the undoing of either."""

    async def undo_share(self, on: str = "2017-12-21", **more: Any) -> httpx.Response:
        body = {"document": "更正决议", "reason": "户数有误", "undone_on": on}
        return await self.lister.post(f"/funds/v1/incomes/{self.income}/share/reversal", body, **more)

    async def undo_receipt(self, on: str = "2017-12-25", **more: Any) -> httpx.Response:
        body = {"document": "更正单", "reason": "电表读数有误", "undone_on": on}
        return await self.lister.post(f"/funds/v1/incomes/{self.income}/reversal", body, **more)

    async def told(self, as_of: str) -> tuple[int, int | None, int, int, int]:
        """Undone, paid (None: not shared), unshared and resting fen, and how many decisions were undone."""
        answer = (await self.clerk.get(f"/funds/v1/incomes/{self.income}", params={"as_of": as_of})).json()
        places = (await self.clerk.get("/funds/v1/incomes/benefits", params={"as_of": as_of})).json()
        assert answer["unexplained_fen"] == places["unexplained_fen"] == 0
        share = answer["share"]
        assert places["income_fen"] == answer["amount_fen"] - answer["undone_fen"]
        assert places["shared_fen"] == (share["shared_fen"] if share else 0)
        assert sum(one["paid_fen"] for one in places["items"]) == (share["paid_fen"] if share else 0)
        figures = answer["undone_fen"], share and share["paid_fen"], answer["unshared_fen"], answer["resting_fen"]
        return *figures, len(answer["undone_shares"])


@pytest.fixture
async def book(funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool) -> Undone:
    undone = Undone(funds_http, county)
    await undone.set_out(admin)
    return undone


async def test_a_decision_is_undone_while_nothing_stands_paid_of_it_and_taken_again(book: Undone) -> None:
    paid = last(await book.pay())
    assert (await book.back(50_000)).status_code == 201
    held = await book.undo_share()
    assert refusal(held) == (409, "share-still-paid"), "one fen stands paid"
    assert held.json()["figures"] == {"income_id": book.income, "paid_fen": 1, "lines_n": 1}
    returned = last(await book.back(1, returned_on="2017-12-20"))
    early = await book.undo_share("2017-12-19")
    assert (refusal(early), early.json()["figures"]["earliest_on"]) == ((409, "step-date-refused"), "2017-12-20")
    undone = await book.undo_share()
    assert undone.status_code == 201, undone.text
    assert undone.json()["undone_shares"] == [
        {
            "document": "村民代表大会决议",
            "decided_on": "2017-11-20",
            "due_on": "2017-12-10",
            "undone_on": "2017-12-21",
            "undoing_document": "更正决议",
            "undoing_reason": "户数有误",
        }
    ]
    for answer in (await book.undo_share(), await book.pay(1), await book.undo(returned), await book.undo(paid)):
        assert refusal(answer) == (404, "not-found"), "nothing is recorded of what was undone"
    again = [book.line("awards", 1), book.line("small_works", 1), book.line("public_posts", 2)]
    days = {"decided_on": "2017-12-20", "due_on": "2017-12-31"}
    assert refusal(await book.share(book.income, again, **days)) == (409, "step-date-refused")
    days["decided_on"] = "2017-12-22"
    assert (await book.share(book.income, again, **days)).status_code == 201
    assert refusal(await book.share(book.income, again, **days)) == (409, "income-shared")
    assert (await book.pay(3, paid_on="2017-12-23")).status_code == 201
    assert [await book.told(day) for day in ("2017-12-04", "2017-12-20", "2017-12-21", "2017-12-22", "2017-12-31")] == [
        (0, 50_001, 0, 50_000, 0),
        (0, 0, 0, 100_001, 0),
        (0, None, 100_001, 100_001, 1),
        (0, 0, 0, 100_001, 1),
        (0, 50_001, 0, 50_000, 1),
    ]


async def test_an_income_is_undone_while_no_decision_stands_and_its_period_recorded_again(book: Undone) -> None:
    path = f"/funds/v1/incomes/{book.income}"
    paid = last(await book.pay())
    held = await book.undo_receipt()
    assert refusal(held) == (409, "income-still-shared")
    assert held.json()["figures"] == {
        "income_id": book.income,
        "document": "村民代表大会决议",
        "decided_on": "2017-11-20",
        "shared_fen": 100_001,
        "paid_fen": 50_001,
    }
    assert (await book.undo(paid)).status_code == 201
    assert (await book.undo_share()).status_code == 201
    assert (
        await book.clerk.post(f"{path}/passing-on", {"document": "转", "passed_on": "2017-12-24"})
    ).status_code == 201
    early = await book.undo_receipt("2017-12-23")
    assert (refusal(early), early.json()["figures"]["earliest_on"]) == ((409, "step-date-refused"), "2017-12-24")
    asset = (await book.clerk.get(path)).json()["asset_id"]
    assert refusal(await book.earn(asset)) == (409, "income-known")
    undone = await book.undo_receipt()
    assert undone.status_code == 201, undone.text
    told = undone.json()
    assert (told["undone_on"], told["undoing_reason"], told["passing_due_on"]) == ("2017-12-25", "电表读数有误", None)
    assert [await book.told(day) for day in ("2017-12-24", "2017-12-25")] == [
        (0, None, 100_001, 100_001, 1),
        (100_001, None, 0, 0, 1),
    ]
    before = (await book.clerk.get(path, params={"as_of": "2017-12-24"})).json()
    assert (before["undone_on"], before["undoing_document"], before["undoing_reason"]) == (None, None, None)
    for answer in (
        await book.undo_receipt(),
        await book.share(book.income),
        await book.pay(),
        await book.clerk.post(f"{path}/passing-on", {"document": "转", "passed_on": "2017-12-26"}),
    ):
        assert refusal(answer) == (409, "income-undone")
        assert answer.json()["figures"]["amount_fen"] == 100_001
    right = await book.earn(asset, 90_000)
    assert right.status_code == 201, right.text
    listed = (await book.clerk.get("/funds/v1/incomes", params={"asset": asset, "as_of": "2017-12-31"})).json()
    assert [(one["amount_fen"], one["undone_fen"]) for one in listed["items"]] == [(100_001, 100_001), (90_000, 0)]
    places = (await book.clerk.get("/funds/v1/incomes/benefits", params={"as_of": "2017-12-31"})).json()
    assert (places["income_fen"], places["unshared_fen"], places["unexplained_fen"]) == (90_000, 90_000, 0)


async def test_what_was_undone_is_late_no_more(book: Undone) -> None:
    async def overdue(as_of: str) -> int:
        answer = await book.clerk.get("/funds/v1/incomes", params={"overdue": True, "as_of": as_of})
        return len(answer.json()["items"])

    assert (await book.undo_share()).status_code == 201
    assert [await overdue(day) for day in ("2017-12-20", "2017-12-21")] == [1, 0]


async def test_who_undoes_and_who_pays_at_once_do_not_both(book: Undone) -> None:
    answers = await asyncio.gather(book.pay(), book.undo_share(), book.pay(1), book.undo_share(), book.undo_receipt())
    paid = [answers[0].status_code, answers[2].status_code]
    undone = [answers[1].status_code, answers[3].status_code]
    assert (201 in paid) != (201 in undone), [one.text for one in answers]
    assert undone.count(201) <= 1
    if answers[4].status_code == 201:
        assert 201 in undone, "only after the decision was undone"
    assert {one.status_code for one in answers} <= {201, 404, 409}


async def test_the_neighbour_undoes_nothing_and_a_retry_acts_once(book: Undone) -> None:
    body = {"document": "更正", "reason": "误", "undone_on": "2017-12-21"}
    for path in ("reversal", "share/reversal"):
        answer = await book.neighbour.post(f"/funds/v1/incomes/{book.income}/{path}", body)
        assert refusal(answer) == (404, "not-found")
    first, again = [await book.undo_share(key="undo-once-1") for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())
    first, again = [await book.undo_receipt(key="undo-once-2") for _ in range(2)]
    assert (first.status_code, again.json()) == (201, first.json())


async def test_the_database_holds_undoings_without_the_service(book: Undone, admin: asyncpg.Pool) -> None:
    undoing = "undone_on = $3::text::date, undoing_document = '绕', undoing_reason = '绕', undone_by = '某'"
    decision = f"UPDATE funds.income_share SET {undoing} WHERE county_code = $1 AND income_id = $2::uuid"
    receipt = f"UPDATE funds.asset_income SET {undoing} WHERE county_code = $1 AND id = $2::uuid"
    decide = (
        "INSERT INTO funds.income_share (county_code, income_id, decision_no, region_code, document, decided_on,"
        " due_on, decided_by) SELECT $1, $2::uuid, n, county_code, '绕', $3::text::date, '2018-12-31', '某'"
        " FROM funds.asset_income, (VALUES {}) AS v(n) WHERE county_code = $1 AND id = $2::uuid"
    )
    entry = (
        "INSERT INTO funds.share_payment (county_code, id, income_id, decision_no, line_no, region_code, kind,"
        " amount_fen, document, effective_on, actor)"
        " VALUES ($1, gen_random_uuid(), $2::uuid, 1, 1, $1, 'paid', 1, '绕', $3::text::date, '某')"
    )

    async def refused(statement: str, on: str, wrong: str) -> None:
        with pytest.raises(asyncpg.PostgresError, match=wrong):
            await admin.execute(statement, book.county, book.income, on)

    await refused(receipt, "2017-12-25", "is shared and not undone")
    await refused(decide.format("(2::smallint)"), "2017-12-25", "does not follow")
    await refused(decision, "2017-11-19", "undone_after_decided")
    paid = last(await book.pay())
    await refused(decision, "2017-12-25", "decision 1 of income .* is not undone")
    assert (await book.undo(paid)).status_code == 201
    await refused(decision, "2017-12-19", "decision 1 of income .* is not undone")
    assert (await book.undo_share()).status_code == 201
    await refused(decision, "2017-12-25", "decision 1 of income .* is not undone")
    await refused(entry, "2017-12-25", "no decision that stands")
    await refused(receipt, "2017-12-20", "is shared and not undone")
    await refused(decide.format("(3::smallint)"), "2017-12-25", "does not follow")
    await refused(decide.format("(2::smallint)"), "2017-12-20", "does not follow")
    assert (await book.undo_receipt()).status_code == 201
    await refused(decide.format("(2::smallint)"), "2017-12-26", "not there to be shared")
    await refused(receipt, "2017-12-26", "was undone")
