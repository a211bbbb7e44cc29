"""What counties of one lineage paid counts over the border: entitlements, caps, exclusions, and fees on one money."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chaos.laws import THOROUGH
from tests.factories import fund, notice_request, open_account
from tests.funds_api.desk import refused
from tests.funds_api.lineage import Lineage
from tests.funds_api.test_fund_year import reasons, rule

ON, LATER = "2018-03-18", "2018-05-01"
# Household of person 1 with wife and son; that of person 2 alone.
HEAD, WIFE, SON, ALONE = 1, 101, 102, 2
SET = {"on_breach": "refuse", "source": "县财农〔2018〕3号", "basis": "practice"}
CAP = {"rule": "person_cap", "cap_fen": 10_000, **SET}
YEAR = {"fiscal_year": 2018, "valid_from": "2018-01-01"}


class Border(Lineage):
    """An old county that paid people, and the new one into which its code went over on 18 March 2018."""

    async def open(self, *, old_first: bool) -> Border:
        first, second = ("3", "4") if old_first else ("4", "3")
        self.old = await self.county(first, fen=1_000_000)
        await self.old.home(HEAD, [WIFE, SON])
        await self.old.home(ALONE)
        self.new = await self.county(second)
        return self

    async def follow(self, homes: dict[int, list[int]] | None = None) -> None:
        """The code goes over; the people are registered anew, and the new county has money of its own."""
        await self.settle(homes)
        await self.change("recoded", [self.old], [self.new], ON)

    async def settle(self, homes: dict[int, list[int]] | None = None) -> None:
        for head, members in ({HEAD: [WIFE, SON], ALONE: []} if homes is None else homes).items():
            await self.new.home(head, members, on=ON)
        await self.new.received(1_000_000, ON, self.new.office)


@pytest.fixture(params=[True, False], ids=["old before new", "new before old"])
async def border(funds_http: httpx.AsyncClient, admin: asyncpg.Pool, request: pytest.FixtureRequest) -> Border:
    return await Border(funds_http, admin).open(old_first=request.param)


def entitlement() -> str:
    return f"危房改造{uuid4().hex[:8]}"


async def test_an_entitlement_paid_before_the_border_is_not_paid_after_it(border: Border) -> None:
    once, each = entitlement(), entitlement()
    await border.old.paid({HEAD: "100.00"}, "2018-02-01", entitlement=once)
    await border.old.paid({HEAD: "100.00"}, "2018-02-01", entitlement=each, per="person")
    # Nothing went over by document: it is the people and their entitlement that are the same.
    await border.follow({WIFE: [HEAD, SON], ALONE: []})
    checked = await border.new.judged({WIFE: "100.00", ALONE: "100.00"}, LATER, entitlement=once)
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"already_paid": 1}), "once for all of the household"
    [told] = await reasons(border.new, checked)
    assert told["figures"] == {"entitlement": once, "status": "posted"}
    people = {HEAD: "1.00", WIFE: "1.00", SON: "1.00"}
    checked = await border.new.judged(people, LATER, entitlement=each, per="person")
    assert (checked["rows_good"], checked["by_reason"]) == (2, {"already_paid": 1}), "once for each person"
    assert (await border.new.judged({HEAD: "1.00"}, LATER))["rows_good"] == 1


async def test_neither_is_what_the_new_county_paid_paid_by_the_old_one_for_an_earlier_day(border: Border) -> None:
    once = entitlement()
    await border.follow()
    await border.new.paid({WIFE: "1.00"}, LATER, entitlement=once)
    checked = await border.old.judged({SON: "1.00", ALONE: "1.00"}, "2018-03-01", entitlement=once)
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"already_paid": 1})


async def test_what_came_back_or_was_undone_before_the_border_is_paid_after_it(border: Border) -> None:
    undone, returned = entitlement(), entitlement()
    movement = await border.old.paid({HEAD: "100.00"}, "2018-02-01", entitlement=undone)
    assert (await border.old.undo(movement, "2018-02-02")).status_code == 201
    await border.old.paid({HEAD: "100.00"}, "2018-02-01", entitlement=returned)
    batches = (await border.old.clerk.get("/funds/v1/payment-batches")).json()["items"]
    paid = next(one["id"] for one in batches if one["entitlement"] == returned)
    back = {"document": "退汇1", "effective_on": "2018-02-03", "reason": "account_closed"}
    assert (await border.old.finance.post(f"/funds/v1/payments/{paid}-2/returns", back)).status_code == 201
    await border.follow()
    for one in (undone, returned):
        await border.new.paid({WIFE: "100.00"}, LATER, entitlement=one)


async def test_a_return_is_not_undone_once_the_same_was_paid_over_the_border(border: Border) -> None:
    once = entitlement()
    checked = await border.old.judged({HEAD: "100.00"}, "2018-02-01", entitlement=once)
    assert (await border.old.approve(checked["batch"]["id"])).status_code == 201
    back = {"document": "退汇1", "effective_on": "2018-02-03", "reason": "account_closed"}
    answer = await border.old.finance.post(f"/funds/v1/payments/{checked['batch']['id']}-2/returns", back)
    assert answer.status_code == 201, answer.text
    await border.follow()
    paid = await border.new.paid({WIFE: "100.00"}, LATER, entitlement=once)
    refused(
        await border.old.undo(answer.json()["id"], LATER),
        409,
        "paid-elsewhere",
        {"rows_n": 1, "first_line": 2, "entitlement": once},
    )
    assert (await border.new.undo(paid, LATER)).status_code == 201
    undone = await border.old.undo(answer.json()["id"], LATER)
    assert undone.status_code == 201, undone.text


async def test_a_household_that_split_before_the_border_goes_on_as_the_two(border: Border, admin: asyncpg.Pool) -> None:
    once = entitlement()
    await border.old.paid({HEAD: "100.00"}, "2018-02-01", entitlement=once)
    home, son = await border.old.household(admin, HEAD), await border.old.person(admin, SON)
    split = {
        "person_ids": [son],
        "head_id": son,
        "effective_on": "2018-02-10",
        "region_code": border.old.region + "201",
    }
    await border.old.change(f"{home}/splits", split)
    # The wife and the head are registered apart, which no document of the old county tells: both go on as the one.
    await border.follow({HEAD: [], WIFE: [], SON: []})
    checked = await border.new.judged({WIFE: "100.00", SON: "100.00"}, LATER, entitlement=once)
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"already_paid": 1})
    assert list(await border.new.rejected(checked["batch"]["id"])) == [2]


async def both_checked(border: Border) -> tuple[str, str, str]:
    """An entitlement that both counties have a roster for, checked before anybody recorded that the code goes over."""
    once = entitlement()
    there = await border.old.judged({HEAD: "1.00"}, "2018-03-01", entitlement=once)
    here = await border.new.judged({WIFE: "1.00", ALONE: "1.00"}, LATER, entitlement=once)
    assert (there["rows_good"], here["rows_good"]) == (1, 2)
    return once, there["batch"]["id"], here["batch"]["id"]


async def test_what_the_other_county_paid_since_the_check_is_heard_at_the_approval(border: Border) -> None:
    await border.settle()
    once, there, here = await both_checked(border)
    await border.change("recoded", [border.old], [border.new], ON)
    third = await border.new.judged({SON: "1.00"}, LATER, entitlement=once)
    assert third["by_reason"] == {"already_paid": 1}, "a roster that waits claims on either side"
    assert (await border.old.approve(there)).status_code == 201
    refused(await border.new.approve(here), 409, "paid-elsewhere", {"rows_n": 1, "first_line": 2, "entitlement": once})


async def test_of_approvals_on_both_sides_at_once_one_pays(border: Border) -> None:
    """Neither sees the other's rows posted when it starts: they queue by the batches of the entitlement."""
    await border.settle()
    pairs = [await both_checked(border) for _ in range(4)]
    await border.change("recoded", [border.old], [border.new], ON)
    for _, there, here in pairs:
        answers = await asyncio.gather(border.new.approve(here), border.old.approve(there))
        assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]


async def test_the_database_itself_posts_no_roster_that_kin_have_paid(border: Border) -> None:
    await border.settle()
    _, there, here = await both_checked(border)
    await border.change("recoded", [border.old], [border.new], ON)
    posting = "UPDATE funds.payment_batch SET status = 'posted', approved_by = 'me', approved_at = now() WHERE id = $1"
    async with border.admin.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert await connection.execute(posting, UUID(here)) == "UPDATE 1", "nobody has paid it yet"
        await transaction.rollback()
    assert (await border.old.approve(there)).status_code == 201
    with pytest.raises(asyncpg.PostgresError, match="another county of the lineage has paid"):
        await border.admin.execute(posting, UUID(here))


async def test_a_change_that_is_recorded_late_shows_who_was_paid_twice(border: Border) -> None:
    """Nobody could know it at either approval; the law of the storm does."""
    law = THOROUGH["改码前后同一待遇只发一次"]
    once = entitlement()
    await border.settle()
    for books, on in ((border.old, "2018-03-01"), (border.new, LATER)):
        await books.paid({HEAD: "1.00"}, on, entitlement=once)
    assert once not in {row["entitlement"] for row in await border.admin.fetch(law)}
    await border.change("recoded", [border.old], [border.new], ON)
    found = [row["county_code"] for row in await border.admin.fetch(law) if row["entitlement"] == once]
    assert sorted(found) == sorted([border.old.county, border.new.county])


async def test_caps_of_a_year_go_on_over_the_border(border: Border) -> None:
    await border.old.paid({HEAD: "60.00", ALONE: "100.00"}, "2018-02-01")
    await border.old.paid({HEAD: "50.00"}, "2017-05-01")  # another year
    await border.follow()
    await border.new.paid({HEAD: "10.00"}, "2018-04-01")
    unruled = await border.new.judged({HEAD: "30.01", WIFE: "100.00", ALONE: "0.01"}, LATER, per="person")
    assert unruled["rows_bad"] == 0
    await rule(border.new, CAP, **YEAR)
    answer = await border.new.approve(unruled["batch"]["id"])
    [breach] = answer.json()["figures"]["breaches"]
    assert (answer.status_code, breach["rows_n"], breach["over_fen"]) == (409, 2, 2), answer.text
    withdrawal = f"/funds/v1/payment-batches/{unruled['batch']['id']}/withdrawal"
    assert (await border.new.clerk.post(withdrawal, {"reason": "超过上限"})).status_code == 200
    checked = await border.new.judged({HEAD: "30.01", WIFE: "100.00", ALONE: "0.01"}, LATER, per="person")
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"over_fund_year_cap": 2})
    assert [one["figures"]["year_fen"] for one in await reasons(border.new, checked)] == [7_000, 10_000]
    await border.new.paid({HEAD: "30.00"}, LATER)


async def test_the_cap_of_a_household_goes_on_in_the_one_its_people_are_in(border: Border) -> None:
    await border.old.paid({HEAD: "60.00"}, "2018-02-01")
    await border.old.paid({SON: "20.00"}, "2018-02-02")
    await border.follow({WIFE: [HEAD, SON]})
    late = await border.new.judged({WIFE: "20.01"}, LATER)
    await rule(border.new, {**CAP, "rule": "household_cap"}, **YEAR)
    answer = await border.new.approve(late["batch"]["id"])
    [breach] = answer.json()["figures"]["breaches"]
    assert (answer.status_code, breach["rows_n"], breach["over_fen"]) == (409, 1, 1), answer.text
    checked = await border.new.judged({HEAD: "0.01"}, LATER)
    assert checked["by_reason"] == {"over_household_year_cap": 1}
    assert (await reasons(border.new, checked))[0]["figures"]["year_fen"] == 10_001


async def test_undoing_a_return_is_held_to_what_kin_paid(border: Border) -> None:
    """70 yuan of the new county came back, then the old one paid 40 for an earlier day, and the cap is 100."""
    await border.follow()
    checked = await border.new.judged({HEAD: "70.00"}, LATER)
    assert (await border.new.approve(checked["batch"]["id"])).status_code == 201
    back = {"document": "退汇1", "effective_on": "2018-05-02", "reason": "account_closed"}
    answer = await border.new.finance.post(f"/funds/v1/payments/{checked['batch']['id']}-2/returns", back)
    assert answer.status_code == 201, answer.text
    await border.old.paid({HEAD: "40.00"}, "2018-03-01")
    await rule(border.new, CAP, **YEAR)
    undone = await border.new.undo(answer.json()["id"], "2018-05-03")
    [breach] = undone.json()["figures"]["breaches"]
    assert (undone.status_code, breach["code"], breach["over_fen"]) == (409, "B06", 1_000), undone.text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("exclusive_with", {"exclusive_fund": 1}), ("household_exclusive_with", {"household_exclusive_fund": 2})],
)
async def test_funds_exclude_each_other_over_the_border(border: Border, kind: str, expected: dict[str, int]) -> None:
    other = await fund(border.http, "TEST-OTHER")
    office = await open_account(border.http, border.old.region, "township_office")
    notice = await notice_request(border.http, border.old.county, office, amounts=[50_000], fund_code=other)
    assert (await border.old.finance.post("/funds/v1/notices", notice)).status_code == 201
    await border.old.paid({HEAD: "10.00"}, "2018-02-01", fund_code=other, account_id=office)
    await border.follow()
    people = {HEAD: "1.00", WIFE: "1.00", ALONE: "1.00"}
    late = await border.new.judged(people, LATER, per="person")
    await rule(border.new, {**SET, "rule": kind, "funds": [other]}, **YEAR)
    answer = await border.new.approve(late["batch"]["id"])
    [breach] = answer.json()["figures"]["breaches"]
    assert (answer.status_code, breach["rows_n"], breach["first_line"]) == (409, 1, 2), answer.text
    checked = await border.new.judged(people, LATER, per="person")
    assert checked["by_reason"] == expected
    assert {one["figures"]["other_fund"] for one in await reasons(border.new, checked)} == {other}


async def told_of_fee(answer: httpx.Response) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/fund-rule-broken"), answer.text
    [breach] = answer.json()["figures"]["breaches"]
    assert breach["code"] == "B04"
    return {name: breach.get(name) for name in ("received_fen", "fees_before_fen", "over_fen", "counties")}


async def test_a_fee_is_taken_once_of_what_went_over(border: Border) -> None:
    """1,000,000 in the old office; 10,000 is its one per cent, wherever and however often it is asked for."""
    assert (await border.old.fee(7_000, "2017-06-01", border.old.office)).status_code == 201
    await border.change("recoded", [border.old], [border.new], ON)
    gone = await border.gone(border.old, border.new, ON, {border.old.office: border.new.office})
    assert gone["amount_fen"] == 993_000
    over = await border.new.fee(3_001, LATER, border.new.office)
    assert await told_of_fee(over) == {
        "received_fen": 1_000_000,
        "fees_before_fen": 7_000,
        "over_fen": 1,
        "counties": sorted([border.old.county, border.new.county]),
    }
    assert "移交的不重复计算" in over.json()["detail"]
    last = await border.new.fee(3_000, LATER, border.new.office)
    assert last.status_code == 201, last.text
    # Each county is still held to its own: 500,000 more of the old one give the new one no room of its own.
    await border.old.received(500_000, "2017-07-01")
    assert (await border.old.fee(5_000, "2017-07-02")).status_code == 201
    assert (await told_of_fee(await border.new.fee(1, LATER, border.new.office)))["over_fen"] == 1
    # What the new county received itself gives room; what was undone is no fee, on either side.
    await border.new.received(100_000, LATER)
    assert (await border.new.fee(1_000, LATER)).status_code == 201
    assert (await told_of_fee(await border.new.fee(1, LATER)))["received_fen"] == 1_600_000
    assert (await border.new.undo(last.json()["movements"][0]["id"], LATER)).status_code == 201
    assert (await border.new.fee(3_000, LATER)).status_code == 201
    assert (await told_of_fee(await border.old.fee(1, "2017-07-02")))["fees_before_fen"] == 16_000


async def test_a_little_money_that_goes_over_brings_no_room_of_the_rest(border: Border) -> None:
    """The old county took no fee: its room stays its own, but for one per cent of what went over."""
    assert (await border.old.moved("pay", 999_000, "2017-06-01", border.old.contractor, border.old.office)).is_success
    await border.change("recoded", [border.old], [border.new], ON)
    await border.gone(border.old, border.new, ON, {border.old.office: border.new.office})
    await border.new.received(500_000, ON)
    assert await told_of_fee(await border.new.fee(5_011, LATER)) == {
        "received_fen": 501_000,
        "fees_before_fen": 0,
        "over_fen": 1,
        "counties": None,
    }
    assert (await border.new.fee(5_010, LATER)).status_code == 201


async def test_undoing_a_succession_leaves_no_fee_above_the_share_of_either_county(border: Border) -> None:
    """3,000 were taken of 100,000 of the new county's own, on the strength of a million that had come over."""
    await border.change("recoded", [border.old], [border.new], ON)
    gone = await border.gone(border.old, border.new, ON, {border.old.office: border.new.office})
    await border.new.received(100_000, ON)
    fee = await border.new.fee(3_000, LATER)
    assert fee.status_code == 201, fee.text

    refused_undoing = await border.undo(gone["id"], border.old.county, "2018-06-01")
    assert await told_of_fee(refused_undoing) == {
        "received_fen": 100_000,
        "fees_before_fen": 3_000,
        "over_fen": 2_000,
        "counties": None,
    }
    assert (await border.new.undo(fee.json()["movements"][0]["id"], LATER)).status_code == 201
    assert (await border.new.fee(1_000, LATER)).status_code == 201
    answer = await border.undo(gone["id"], border.old.county, "2018-06-01")
    assert (answer.status_code, answer.json()["flagged"]) == (201, []), answer.text
    assert (await told_of_fee(await border.new.fee(1, LATER)))["received_fen"] == 100_000


async def test_fees_on_both_sides_at_once_do_not_pass_their_share_together(border: Border) -> None:
    await border.change("recoded", [border.old], [border.new], ON)
    await border.old.received(1_000, "2017-03-01")
    await border.gone(border.old, border.new, ON, {border.old.office: border.new.office})
    fees = [border.new.fee(3_000, LATER, border.new.office) for _ in range(4)]
    answers = await asyncio.gather(*fees, *(border.old.fee(1_000, "2018-03-01") for _ in range(4)))
    assert {one.status_code for one in answers} <= {201, 409}, [one.text for one in answers]
    taken = sum(3_000 for one in answers[:4] if one.is_success) + sum(1_000 for one in answers[4:] if one.is_success)
    assert 9_000 <= taken <= 10_010


async def test_townships_of_either_county_are_told_that_money_went_over(border: Border) -> None:
    await border.old.received(400_000)
    await border.change("recoded", [border.old], [border.new], ON)
    gone = await border.gone(border.old, border.new, ON)
    path = f"/funds/v1/successions/{gone['id']}"
    for side, books in (("out", border.old), ("in", border.new)):
        for clerk in (books.clerk, books.neighbour):
            [one] = (await clerk.get("/funds/v1/successions")).json()["items"]
            assert (one["id"], one["side"], one["amount_fen"]) == (gone["id"], side, 1_400_000)
            shown = (await clerk.get(path)).json()
            assert (shown["amount_fen"], shown["unexplained_fen"]) == (1_400_000, 0)
            assert len(shown["tranches"]) == 2
            assert (await clerk.post(f"{path}/reversal", {"document": "冲", "effective_on": ON})).status_code == 403
    strange = await border.county("5")
    assert (await strange.clerk.get("/funds/v1/successions")).json()["items"] == []
    assert (await strange.clerk.get(path)).status_code == 404
    assert (await border.undo(gone["id"], border.old.county, LATER)).status_code == 201
    for books in (border.old, border.new):
        assert (await books.clerk.get(path)).json()["reversed_by"] == "移交冲正1"
