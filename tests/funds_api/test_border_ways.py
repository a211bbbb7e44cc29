"""Over a change of code an entitlement is paid to households or to persons, whoever of the two counties was first."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg

from tests.funds_api.desk import refused
from tests.funds_api.test_kin_counties import ALONE, HEAD, LATER, ON, SON, WIFE, Border, entitlement
from tests.funds_api.test_kin_counties import border as border  # noqa: PLC0414 - a fixture

POSTING = "UPDATE funds.payment_batch SET status = 'posted', approved_by = 'me', approved_at = now() WHERE id = $1"
# Buffers that a row may cost which is held against what kin paid; a probe for each row and its people took 54.
BUFFERS_PER_ROW = 12


async def both_ways(border: Border) -> tuple[str, str, str]:
    """One entitlement, checked before the codes met: of households in the old county, of persons in the new one."""
    once = entitlement()
    whole = await border.old.judged({HEAD: "1.00"}, "2018-03-01", entitlement=once)
    each = await border.new.judged({SON: "1.00", ALONE: "1.00"}, LATER, entitlement=once, per="person")
    assert (whole["rows_good"], each["rows_good"]) == (1, 2)
    return once, whole["batch"]["id"], each["batch"]["id"]


async def test_what_kin_paid_a_household_is_not_paid_to_its_members(border: Border) -> None:
    await border.settle()
    once, whole, each = await both_ways(border)
    late = await border.new.batch(once, effective_on=LATER, per="person")
    await border.change("recoded", [border.old], [border.new], ON)
    checked = await border.new.judged({WIFE: "1.00"}, LATER, batch=late)
    assert checked["by_reason"] == {"already_paid": 1}, "a roster that waits claims its households over the border"
    assert (await border.old.approve(whole)).status_code == 201
    figures = {"rows_n": 1, "first_line": 2, "entitlement": once}
    refused(await border.new.approve(each), 409, "paid-elsewhere", figures)


async def test_what_kin_paid_to_members_is_not_paid_to_their_household(border: Border) -> None:
    await border.settle()
    once, whole, each = await both_ways(border)
    await border.change("recoded", [border.old], [border.new], ON)
    assert (await border.new.approve(each)).status_code == 201
    figures = {"rows_n": 1, "first_line": 2, "entitlement": once}
    refused(await border.old.approve(whole), 409, "paid-elsewhere", figures)


async def test_members_are_paid_on_either_side_where_nobody_pays_the_whole(border: Border) -> None:
    each = entitlement()
    await border.old.paid({HEAD: "1.00"}, "2018-02-01", entitlement=each, per="person")
    await border.follow()
    await border.new.paid({WIFE: "1.00", SON: "1.00"}, LATER, entitlement=each, per="person")


async def test_of_two_ways_approved_at_once_one_pays(border: Border) -> None:
    await border.settle()
    pairs = [await both_ways(border) for _ in range(4)]
    await border.change("recoded", [border.old], [border.new], ON)
    for _, whole, each in pairs:
        answers = await asyncio.gather(border.new.approve(each), border.old.approve(whole))
        assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]


async def test_of_two_ways_opened_at_once_one_pays(border: Border) -> None:
    """Either may be opened before the other is seen; then their rows are."""
    await border.follow()
    for _ in range(4):
        once = entitlement()
        order = {"fund_code": border.old.fund, "entitlement": once, "document": "文1", "use": "production"}
        path = "/funds/v1/payment-batches"
        whole = {**order, "account_id": border.old.office, "effective_on": "2018-03-01"}
        each = {**order, "account_id": border.new.office, "effective_on": LATER, "per": "person"}
        opened = await asyncio.gather(border.old.clerk.post(path, whole), border.new.clerk.post(path, each))
        assert {one.status_code for one in opened} <= {201, 409}
        books = [at for at, one in zip((border.old, border.new), opened, strict=True) if one.status_code == 201]
        ids = [one.json()["id"] for one in opened if one.status_code == 201]
        people = [{HEAD: "1.00"} if at is border.old else {SON: "1.00"} for at in books]
        await asyncio.gather(*(at.judged(fen, "", batch=one) for at, fen, one in zip(books, people, ids, strict=True)))
        answers = await asyncio.gather(*(at.approve(one) for at, one in zip(books, ids, strict=True)))
        assert [one.status_code for one in answers].count(201) == 1, [one.text for one in answers]


async def test_of_two_ways_posted_at_once_past_the_service_one_is_kept(border: Border) -> None:
    await border.settle()
    pairs = [await both_ways(border) for _ in range(4)]
    await border.change("recoded", [border.old], [border.new], ON)
    posted = "SELECT count(*) FROM funds.payment_batch WHERE id = ANY($1) AND status = 'posted'"

    async def post(batch: str) -> Any:
        async with border.admin.acquire() as connection, connection.transaction():
            told = await connection.execute(POSTING, UUID(batch))
            await asyncio.sleep(0.05)  # the other one looks while this one is not committed
            return told

    for _, *pair in pairs:
        ends = await asyncio.gather(*(post(one) for one in pair), return_exceptions=True)
        failed = [one for one in ends if isinstance(one, BaseException)]
        assert len(failed) == 1, ends
        assert isinstance(failed[0], asyncpg.DeadlockDetectedError) or "of the lineage has paid" in str(failed[0])
        assert await border.admin.fetchval(posted, [UUID(one) for one in pair]) == 1


async def test_a_return_of_a_member_is_not_undone_once_kin_paid_the_household(border: Border) -> None:
    await border.settle()
    once = entitlement()
    each = await border.old.judged({HEAD: "1.00"}, "2018-02-01", entitlement=once, per="person")
    whole = await border.new.batch(once, effective_on=LATER)
    await border.change("recoded", [border.old], [border.new], ON)
    assert (await border.old.approve(each["batch"]["id"])).status_code == 201
    back = {"document": "退汇1", "effective_on": "2018-02-03", "reason": "account_closed"}
    returned = await border.old.finance.post(f"/funds/v1/payments/{each['batch']['id']}-2/returns", back)
    assert returned.status_code == 201, returned.text
    assert (await border.new.judged({SON: "1.00"}, LATER, batch=whole))["rows_good"] == 1
    assert (await border.new.approve(whole)).status_code == 201
    figures = {"rows_n": 1, "first_line": 2, "entitlement": once}
    refused(await border.old.undo(returned.json()["id"], LATER), 409, "paid-elsewhere", figures)


async def test_a_large_roster_is_held_against_what_kin_paid_as_a_set(border: Border) -> None:
    """Counted in buffers, of tables that nobody has analysed, so that it says the same on any machine."""
    once, rows = entitlement(), 1_500
    people = range(1_000, 1_000 + 2 * rows)
    await border.old.register(people)
    await border.new.register(people, on=ON)
    await border.follow()
    await border.old.paid(dict.fromkeys(people[:rows], "1.00"), "2018-02-01", entitlement=once)
    waiting = await border.new.judged(dict.fromkeys(people[rows:], "1.00"), LATER, entitlement=once)
    assert waiting["rows_good"] == rows
    asked = f"funds.claimed_by_another('{border.new.county}', '{waiting['batch']['id']}', NULL, NULL)"
    async with border.admin.acquire() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL app.region = '{border.new.county}'")
        assert await connection.fetch(f"SELECT * FROM {asked}") == []
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM {asked}"))
    hit = int(plan.split("shared hit=")[1].split()[0])
    assert hit < BUFFERS_PER_ROW * rows, plan
    assert (await border.new.approve(waiting["batch"]["id"])).status_code == 201
