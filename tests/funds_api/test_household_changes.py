"""Changes of the register by document: who belonged where on which day, kept for ever, and never in two places."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.people import CSV, Township, card, id_number
from tests.funds_api.test_two_entitlements import WAITS

PATH = "/funds/v1/households"
HEADER = "村代码,户主姓名,身份证号,银行卡号,手机号,人口数,登记日期,与户主关系,户主身份证号"


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    """Household of person 1 with the members 101, 102 and 103; those of 2, 3 and 4 with their heads alone."""
    opened = await Township(funds_http, county, households=range(1, 5)).open()
    rows = [f",成员{p},{id_number(p)},{card(p)},,,,子女,{id_number(1)}" for p in (101, 102, 103)]
    answer = await opened.finance.request("POST", f"{PATH}/imports", content="\n".join([HEADER, *rows]), headers=CSV)
    assert (answer.status_code, answer.json()["members_n"]) == (201, 3), answer.text
    return opened


async def refused(township: Township, path: str, body: dict[str, object], problem: str) -> dict[str, object]:
    told = await township.change(path, body, 409)
    assert told["type"] == f"/problems/{problem}", told
    return dict(told["figures"])


async def brought(township: Township, head: int, places: list[int]) -> dict[str, Any]:
    """What a register is answered that brings these people as children of the head."""
    rows = [f",成员{p},{id_number(p)},{card(p)},,,,子女,{id_number(head)}" for p in places]
    raw = "\n".join([HEADER, *rows])
    answer = await township.finance.request("POST", f"{PATH}/imports", content=raw.encode(), headers=CSV)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def at_once(admin: asyncpg.Pool, county: str, *asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """What these answer when each has come as far as it can before any ends: the journal of the county is held."""
    under_way: list[asyncio.Task[Any]] = []
    async with admin.acquire() as blocker, blocker.transaction():
        await blocker.fetch("SELECT FROM funds.stream_head WHERE stream = $1 FOR UPDATE", county)
        for one in asked:
            under_way.append(asyncio.create_task(one))
            while await admin.fetchval(WAITS) < len(under_way) and not under_way[-1].done():  # noqa: ASYNC110 - another server's
                await asyncio.sleep(0.01)
    return await asyncio.gather(*under_way)


async def test_members_come_with_the_register_and_every_bad_row_comes_back(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    township = await Township(funds_http, county, households=range(1, 2)).open()
    village = f"{county}101201"
    rows = [
        f"{village},张三,{id_number(10)},{card(10)},10000000001,3,2016-05-01,户主,",
        f",李四,{id_number(11)},,,,,配偶,{id_number(10)}",
        f",张小,{id_number(12)},,,,2017-02-03,子女,{id_number(10)}",
        f",张某,{id_number(13)},,,,,子女,{id_number(1)}",  # its head was registered before
        f",无主,{id_number(14)},,,,,子女,{id_number(15)}",
        f",早到,{id_number(16)},,,,2016-04-30,子女,{id_number(10)}",
        f",重复,{id_number(12)},,,,,子女,{id_number(10)}",
        f",在册,{id_number(1)},,,,,子女,{id_number(10)}",
        f",,{id_number(17)[:17]},1,2,,无,子女,{id_number(10)}",
    ]
    raw = "\n".join([HEADER, *rows])
    answer = await township.finance.request("POST", f"{PATH}/imports", content=raw.encode(), headers=CSV)
    told = answer.json()
    assert (told["registered_n"], told["members_n"], told["rejected_n"]) == (1, 3, 5)
    found = {bad["line"]: [reason["code"] for reason in bad["reasons"]] for bad in told["rejected"]}
    assert found == {
        6: ["head_unknown"],
        7: ["before_household"],
        8: ["duplicate_in_file"],
        9: ["already_registered"],
        10: ["name_missing", "id_invalid", "card_malformed", "phone_malformed", "date_unreadable"],
    }
    seen = await township.seen(await township.household(admin, 10), "2017-02-02")
    assert [(one["role"], one["joined_on"], one["reason"]) for one in seen["members"]] == [
        ("head", "2016-05-01", "registered"),
        ("member", "2016-05-01", "registered"),
    ]
    later = await township.seen(seen["household"]["id"], "2017-02-03")
    assert len(later["members"]) == 3
    assert all(one["name"].endswith("*") and one["id_number"].startswith("****") for one in later["members"])
    old = await township.seen(await township.household(admin, 1), "2017-01-01")
    assert [one["role"] for one in old["members"]] == ["head", "member"]


async def test_a_village_counts_from_the_day_it_is_listed(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    await admin.execute("UPDATE funds.region SET valid_to = '2016-01-01' WHERE code = $1", county + "101202")
    township = await Township(funds_http, county, fen=0, households=range(0)).open()
    assert (await township.register([1], village="101202", on="2015-12-31"))["registered_n"] == 1
    assert (await township.register([2], village="101202", on="2016-01-01"))["by_reason"] == {"village_unknown": 1}


async def test_a_split_household_remembers_where_it_came_from(township: Township, admin: asyncpg.Pool) -> None:
    old = await township.household(admin, 1)
    people = [await township.person(admin, p) for p in (1, 101, 102, 103)]
    order = {"person_ids": people[1:3], "head_id": people[1], "effective_on": "2017-06-01"}
    new = (await township.change(f"{old}/splits", {**order, "region_code": township.county + "102201"}))["household_id"]
    before, after = await township.seen(old, "2017-05-31"), await township.seen(old, "2017-06-01")
    assert {one["person_id"] for one in before["members"]} == set(people)
    assert {one["person_id"] for one in after["members"]} == {people[0], people[3]}
    assert [one["left_on"] for one in before["members"]].count("2017-06-01") == 2
    there = await township.seen(new, "2017-06-01")
    assert (there["household"]["came_from"], there["lives_in"]) == (old, township.county + "102201")
    assert {(one["person_id"], one["role"], one["reason"]) for one in there["members"]} == {
        (people[1], "head", "split"),
        (people[2], "member", "split"),
    }
    missing = await township.finance.get(f"{PATH}/{new}", params={"as_of": "2017-05-31"})
    assert missing.status_code == 404
    # The new household is its own township's; the old one's clerk does not see it.
    assert (await township.clerk.get(f"{PATH}/{new}")).status_code == 404
    assert (await township.neighbour.get(f"{PATH}/{new}")).status_code == 200


async def test_a_split_that_cannot_be_is_refused_and_leaves_nothing(township: Township, admin: asyncpg.Pool) -> None:
    home, other = await township.household(admin, 1), await township.household(admin, 2)
    people = [await township.person(admin, p) for p in (1, 101, 102, 103)]
    stranger = await township.person(admin, 2)
    split = {"person_ids": people[1:3], "head_id": people[1], "effective_on": "2017-06-01"}
    path = f"{home}/splits"
    figures = await refused(township, path, {**split, "person_ids": [*people[1:3], stranger]}, "not-a-member")
    assert figures["persons_n"] == 1
    await refused(township, path, {**split, "head_id": people[3]}, "head-needed")
    await refused(township, path, {**split, "person_ids": people[:2], "head_id": people[0]}, "head-needed")
    await refused(township, path, {**split, "new_head_id": people[3]}, "head-needed")
    await refused(township, path, {**split, "person_ids": people}, "nobody-stays")
    await refused(township, path, {**split, "effective_on": "2015-12-31"}, "later-fact-known")
    await refused(township, path, {**split, "region_code": township.county + "101999"}, "village-not-listed")
    await township.remove(home, "2017-03-01")
    await refused(township, path, split, "standing-refused")
    assert await admin.fetchval("SELECT count(*) FROM funds.household WHERE county_code = $1", township.county) == 4
    facts = "SELECT count(*) FROM funds.membership WHERE county_code = $1"
    assert await admin.fetchval(facts, township.county) == 7
    assert other


async def test_the_head_leaves_and_another_takes_the_place(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 1)
    head, heir = await township.person(admin, 1), await township.person(admin, 101)
    gone = {"person_ids": [head], "left_on": "2017-04-01", "reason": "death"}
    await refused(township, f"{home}/departures", gone, "head-needed")
    await township.change(f"{home}/departures", {**gone, "new_head_id": heir})
    on_the_day = await township.seen(home, "2017-04-01")
    heads = [one["person_id"] for one in on_the_day["members"] if one["role"] == "head"]
    assert heads == [heir]
    assert [
        one["person_id"] for one in (await township.seen(home, "2017-03-31"))["members"] if one["role"] == "head"
    ] == [head]
    # Whoever died may not come back before that day, and not while being in a household.
    body = {"name": "张某", "id_number": id_number(1), "joined_on": "2017-03-01", "reason": "return"}
    await refused(township, f"{home}/members", body, "later-fact-known")
    await refused(township, f"{home}/members", {**body, "id_number": id_number(2)}, "person-elsewhere")
    malformed = await township.change(f"{home}/members", {**body, "id_number": id_number(1)[:17]}, 422)
    assert malformed["type"] == "/problems/id-number-invalid"
    baby = {"name": "小张", "id_number": id_number(900), "joined_on": "2017-05-02", "reason": "birth"}
    born = await township.change(f"{home}/members", baby, key="birth-of-one-1")
    again = await township.change(f"{home}/members", baby, key="birth-of-one-1")
    assert (born["role"], again) == ("member", born)
    assert len((await township.seen(home, "2017-05-02"))["members"]) == 4
    events = await admin.fetch("SELECT body::text AS body FROM funds.event WHERE stream = $1", township.county)
    assert not [row for row in events if id_number(900) in row["body"] or "小张" in row["body"]]


async def test_a_move_is_seen_by_the_place_left_and_the_place_reached(township: Township, admin: asyncpg.Pool) -> None:
    home, county = await township.household(admin, 2), township.county
    move = {"household_ids": [home], "region_code": county + "102202", "effective_on": "2017-06-01"}
    await refused(township, "moves", {**move, "region_code": county + "101201"}, "already-there")
    await township.change("moves", move)
    listed = {"limit": 200}

    async def ids(who: str, day: str) -> set[str]:
        caller = township.clerk if who == "old" else township.neighbour
        return {one["id"] for one in (await caller.get(PATH, params={**listed, "as_of": day})).json()["items"]}

    assert home in await ids("old", "2017-05-31")
    assert home not in await ids("old", "2017-06-01")
    assert home in await ids("new", "2017-06-01")
    assert home not in await ids("new", "2017-05-31")
    left = await township.seen(home, "2017-06-01", township.clerk)
    assert [one["region_code"] for one in left["residences"]] == [county + "101201", county + "102202"]
    assert {one["name"] for one in left["members"]} == {""}  # who lives with the neighbour is the neighbour's
    assert (await township.seen(home, "2017-06-01", township.neighbour))["members"][0]["name"] == "张*"
    await township.change("moves", {"household_ids": [home], "effective_on": "2017-09-01"})
    gone = await township.seen(home, "2017-09-01")
    assert (gone["lives_in"], gone["residences"][-1]["region_code"]) == (None, None)
    assert home not in await ids("new", "2017-09-01")
    await refused(township, "moves", {"household_ids": [home], "effective_on": "2017-10-01"}, "already-there")
    # It comes back, be it to the village it had left.
    batch = {"household_ids": [home, await township.household(admin, 3)], "region_code": county + "102202"}
    late = await refused(township, "moves", {**batch, "effective_on": "2017-08-01"}, "later-fact-known")
    assert late["id"] == home
    await township.change("moves", {**batch, "effective_on": "2017-11-01"})
    places = [(await township.seen(home, day))["lives_in"] for day in ("2017-08-31", "2017-10-31", "2017-11-01")]
    assert places == [county + "102202", None, county + "102202"]
    assert [home in await ids("new", day) for day in ("2017-10-31", "2017-11-01")] == [False, True]
    await township.change("moves", {**batch, "region_code": county + "101202", "effective_on": "2018-01-01"})
    for day, good in (("2017-10-01", 0), ("2018-01-01", 1)):
        paid = await township.checked([(id_number(2), "1")], await township.batch(effective_on=day))
        assert paid["rows_good"] == good, day


async def test_a_village_moves_whole_when_its_code_goes_over(township: Township, admin: asyncpg.Pool) -> None:
    county = township.county
    whole = {"from_region": county + "101201", "region_code": county + "102201", "effective_on": "2018-01-01"}
    assert (await township.change("moves", whole))["households_n"] == 4
    items = (await township.finance.get(PATH, params={"village": county + "101201", "as_of": "2018-01-01"})).json()
    assert (items["items"], bool(items["empty_because"])) == ([], True)
    administrator = funds_caller(township.http, "system_admin", "99")
    merged = {
        "kind": "merged",
        "document": "县政发〔2018〕1号",
        "effective_on": "2018-01-01",
        "links": [{"from_code": county + "101201", "to_code": county + "102201"}],
        "closed": [county + "101201"],
    }
    assert (await administrator.post("/funds/v1/regions/changes", merged)).status_code == 201
    before = {"village": county + "102201", "as_of": "2017-12-31"}
    assert (await township.finance.get(PATH, params=before)).json()["items"] == []
    found = (await township.finance.get(PATH, params={**before, "with_former_codes": True})).json()["items"]
    assert len(found) == 4
    neither = await township.finance.post(f"{PATH}/moves", {"document": "x", "effective_on": "2018-01-01"})
    assert neither.status_code == 422


async def test_removal_appeal_and_rollback_keep_their_days(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 3)
    one = [{"household_id": home, "reason": f"身份证{id_number(3)}名下有车"}]
    lifted = {"standing": "lifted", "effective_on": "2017-01-01", "households": one}
    await township.change("standings", lifted)
    await refused(township, "standings", lifted, "standing-refused")
    await township.change("standings", {**lifted, "standing": "returned", "effective_on": "2017-02-01"})
    removal = {"effective_on": "2017-03-01", "appeal_until": "2017-03-31", "households": one}
    await refused(township, "removals", {**removal, "effective_on": "2017-01-31"}, "later-fact-known")
    done = await township.change("removals", removal)
    await refused(township, "removals", removal, "standing-refused")
    await refused(township, "reinstatements", {"effective_on": "2017-02-28", "households": one}, "later-fact-known")
    removed = await township.seen(home, "2017-03-01")
    assert (removed["household"]["standing"], removed["household"]["removed_on"]) == ("removed", "2017-03-01")
    assert (removed["standings"][-1]["appeal_until"], id_number(3) in str(removed)) == ("2017-03-31", False)
    await township.change("reinstatements", {"effective_on": "2017-05-01", "households": one})
    kinds = [
        (await township.seen(home, day))["household"]["standing"]
        for day in ("2016-12-31", "2017-01-01", "2017-02-01", "2017-03-01", "2017-04-30", "2017-05-01")
    ]
    assert kinds == ["registered", "lifted", "returned", "removed", "removed", "returned"]
    # What was known when the removal had just been recorded: nothing of the reinstatement.
    then = await township.seen(home, "2017-05-01", known_position=done["position"])
    assert (then["household"]["standing"], len(then["standings"])) == ("removed", 3)
    before = await township.seen(home, "2017-05-01", known_position=done["position"] - 1)
    assert before["household"]["standing"] == "returned"
    unheard = {"as_of": "2017-05-01", "known_at": "2017-05-01T00:00:00+08:00"}
    assert (await township.finance.get(f"{PATH}/{home}", params=unheard)).status_code == 404
    # An appeal upheld from the day of the removal: it never was, and yet what was known of it is kept.
    await township.remove(home, "2017-07-01")
    await township.change("reinstatements", {"effective_on": "2017-07-01", "households": one})
    assert (await township.seen(home, "2017-07-01"))["household"]["removed_on"] is None
    assert await admin.fetchval("SELECT count(*) FROM funds.standing WHERE household_id::text = $1", home) == 6


async def test_only_the_countys_clerk_changes_the_register_and_only_in_the_own_county(
    township: Township, admin: asyncpg.Pool
) -> None:
    home = await township.household(admin, 1)
    body = {"document": "文", "effective_on": "2017-06-01", "households": [{"household_id": home, "reason": "因"}]}
    for who in (township.clerk, township.reviewer, funds_caller(township.http, "inspector", township.county)):
        assert (await who.post(f"{PATH}/removals", body)).status_code == 403
    other = funds_caller(township.http, "finance_clerk", "990000")
    assert (await other.post(f"{PATH}/removals", body)).status_code == 404
    assert (await other.get(f"{PATH}/{home}")).status_code == 404
    ghost = {**body, "households": [{"household_id": "00000000-0000-7000-8000-000000000000", "reason": "因"}]}
    assert (await township.finance.post(f"{PATH}/removals", ghost)).status_code == 404


async def test_two_changes_of_one_household_at_once_follow_each_other(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 4)
    answers = await asyncio.gather(
        *(
            township.finance.post(
                f"{PATH}/removals",
                {
                    "document": "文",
                    "effective_on": "2017-06-01",
                    "households": [{"household_id": home, "reason": f"因{n}"}],
                },
            )
            for n in range(4)
        )
    )
    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert await admin.fetchval("SELECT count(*) FROM funds.standing WHERE household_id::text = $1", home) == 1


async def test_the_database_edits_no_fact_and_lets_one_household_have_one_head(
    township: Township, admin: asyncpg.Pool, urls: dict[str, str]
) -> None:
    role = await asyncpg.connect(urls["funds"])
    try:
        for table in ("membership", "residence", "standing", "registry_act"):
            for change in (f"UPDATE funds.{table} SET county_code = county_code", f"DELETE FROM funds.{table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await role.execute(change)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute("INSERT INTO funds.registry_act SELECT * FROM funds.registry_act")
    finally:
        await role.close()
    with pytest.raises(asyncpg.UniqueViolationError, match="one_head"):
        await admin.execute("UPDATE funds.person SET role = 'head' WHERE county_code = $1", township.county)
    with pytest.raises(asyncpg.CheckViolationError, match="removed_since"):
        await admin.execute(
            "UPDATE funds.household SET removed_on = '2017-01-01' WHERE county_code = $1", township.county
        )


async def test_a_register_brings_nobody_into_a_household_that_is_gone(township: Township, admin: asyncpg.Pool) -> None:
    removed, left = await township.household(admin, 2), await township.household(admin, 3)
    await township.remove(removed, "2017-02-01")
    await township.change("moves", {"household_ids": [left], "effective_on": "2017-02-01"})
    for head, place in ((2, 500), (3, 501)):
        told = await brought(township, head, [place])
        assert (told["members_n"], told["by_reason"]) == (0, {"household_gone": 1})
    checked = await township.checked([(id_number(500), "10"), (id_number(501), "10")])
    assert (checked["rows_good"], checked["by_reason"]) == (0, {"unknown_household": 2})


async def test_who_comes_after_a_move_is_judged_by_where_the_household_lived_that_day(
    township: Township, admin: asyncpg.Pool
) -> None:
    await township.register([60], village="102201")
    home = await township.household(admin, 60)
    move = {"household_ids": [home], "region_code": township.county + "101201", "effective_on": "2017-06-01"}
    await township.change("moves", move)
    assert (await brought(township, 60, [500]))["members_n"] == 1
    both = [(id_number(60), "10"), (id_number(500), "10")]
    before = await township.checked(both, effective_on="2017-05-31", per="person")
    assert (before["rows_good"], before["by_reason"]) == (0, {"outside_township": 2})
    assert (await township.checked(both, effective_on="2017-06-01", per="person"))["rows_good"] == 2


async def test_a_register_and_a_move_at_once_leave_people_where_their_household_is(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, there = await township.household(admin, 2), township.county + "102201"
    move = {"household_ids": [home], "region_code": there, "effective_on": "2017-02-01"}
    await at_once(admin, township.county, brought(township, 2, list(range(500, 510))), township.change("moves", move))
    places = (
        "SELECT region_code, settled_on::text, count(*) FROM funds.person WHERE household_id::text = $1 GROUP BY 1, 2"
    )
    assert [tuple(row) for row in await admin.fetch(places, home)] == [(there, "2017-02-01", 11)]


async def test_of_two_households_at_once_one_gets_the_person(township: Township, admin: asyncpg.Pool) -> None:
    homes = [await township.household(admin, place) for place in (1, 2)]
    son = {"person_ids": [await township.person(admin, 101)], "left_on": "2017-02-01", "reason": "moved"}
    await township.change(f"{homes[0]}/departures", son)
    body = {"name": "甲", "id_number": id_number(101), "joined_on": "2017-03-01", "reason": "return", "document": "文"}
    answers = await at_once(
        admin, township.county, *(township.finance.post(f"{PATH}/{one}/members", body) for one in homes)
    )
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert [one.json()["type"] for one in answers if one.status_code == 409] == ["/problems/person-elsewhere"]
