"""Earlier facts of the register are corrected by document: the past reads right, and what was known then stays told."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.funds_api.people import Township, id_number
from tests.funds_api.test_household_changes import refused
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture

# The newest state beside the facts, held against the facts themselves.
NEWEST = """
SELECT h.id::text FROM funds.household h
  LEFT JOIN LATERAL (SELECT f.* FROM funds.residence f JOIN funds.registry_act a ON a.id = f.act_id
    WHERE f.county_code = $1 AND f.household_id = h.id ORDER BY f.from_on DESC, a.position DESC LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT f.* FROM funds.standing f JOIN funds.registry_act a ON a.id = f.act_id
    WHERE f.county_code = $1 AND f.household_id = h.id ORDER BY f.from_on DESC, a.position DESC LIMIT 1) s ON true
 WHERE h.county_code = $1 AND (h.region_code <> coalesce(r.region_code, h.founded_region)
    OR h.outside <> coalesce(r.outside, false) OR h.standing <> coalesce(s.standing, 'registered')
    OR h.removed_on IS DISTINCT FROM CASE WHEN s.standing = 'removed' THEN s.from_on END)
UNION ALL
SELECT p.id::text FROM funds.person p JOIN funds.household h ON h.id = p.household_id
  CROSS JOIN LATERAL (SELECT f.* FROM funds.membership f JOIN funds.registry_act a ON a.id = f.act_id
    WHERE f.county_code = $1 AND f.person_id = p.id ORDER BY f.from_on DESC, a.position DESC LIMIT 1) m
 WHERE p.county_code = $1 AND ((p.household_id, p.role) IS DISTINCT FROM (m.household_id, m.role)
    OR p.since_on > m.from_on OR p.region_code <> h.region_code
    OR p.settled_on IS DISTINCT FROM CASE WHEN h.removed_on IS NULL AND NOT h.outside
                                          THEN greatest(p.since_on, h.settled_on) END)"""


async def correct(township: Township, household: str, **more: Any) -> dict[str, Any]:
    body = {"document": "县乡村振兴局更正〔2018〕1号", "reason": "录入日期有误", **more}
    return await township.change(f"{household}/corrections", body)


async def lives(township: Township, household: str, on: str, **more: Any) -> str | None:
    found = await township.seen(household, on, **more)
    return None if found["lives_in"] is None else str(found["lives_in"])[6:]


async def test_a_move_of_a_wrong_day_is_put_right_behind_later_facts(township: Township, admin: asyncpg.Pool) -> None:
    home, there = await township.household(admin, 1), township.county + "102201"
    move = {"household_ids": [home], "region_code": there, "effective_on": "2017-03-01"}
    await township.change("moves", move)
    await township.change(
        "standings",
        {
            "standing": "lifted",
            "effective_on": "2018-01-01",
            "households": [{"household_id": home, "reason": "达标"}],
        },
    )
    await refused(township, "moves", {**move, "effective_on": "2017-01-01"}, "already-there")
    told = await correct(
        township,
        home,
        residences=[{"on": "2017-03-01", "never": True}, {"on": "2017-06-01", "region_code": there}],
    )
    assert (told["effective_on"], told["households_n"]) == ("2017-03-01", 1)
    for day, expected in (
        ("2017-02-28", "101201"),
        ("2017-05-31", "101201"),
        ("2017-06-01", "102201"),
        ("2018-02-01", "102201"),
    ):
        assert await lives(township, home, day) == expected, day
    before = {"known_position": str(told["position"] - 1)}
    assert await lives(township, home, "2017-05-31", **before) == "102201"
    assert (await township.seen(home, "2017-05-31", **before))["corrections"] == []
    [shown] = (await township.seen(home, "2017-05-31"))["corrections"]
    assert (shown["position"], shown["reason"], shown["document"]) == (
        told["position"],
        "录入日期有误",
        "县乡村振兴局更正〔2018〕1号",
    )
    # The move itself was wrong: what followed from it follows.
    await correct(township, home, residences=[{"on": "2017-06-01", "never": True}])
    assert await lives(township, home, "2018-02-01") == "101201"
    assert await lives(township, home, "2018-02-01", known_position=str(told["position"])) == "102201"
    assert await admin.fetch(NEWEST, township.county) == []


async def test_a_payment_keeps_what_it_saw_and_tells_what_is_known_of_its_day(
    township: Township, admin: asyncpg.Pool
) -> None:
    home = await township.household(admin, 1)
    batch = (await township.checked([(id_number(101), "1"), (id_number(2), "1")]))["batch"]["id"]
    assert (await township.approve(batch)).status_code == 201
    path = f"/funds/v1/payment-batches/{batch}/list"
    frozen = (await township.clerk.get(path)).json()
    await township.change(
        "standings",
        {
            "standing": "lifted",
            "effective_on": "2018-01-01",
            "households": [{"household_id": home, "reason": "达标"}],
        },
    )
    body = {"document": "更正", "reason": "应予清退", "standings": [{"on": "2017-04-01", "standing": "removed"}]}
    figures = await refused(township, f"{home}/corrections", body, "standing-refused")
    assert (figures["standing"], figures["asked"]) == ("removed", "lifted")
    told = await correct(
        township,
        home,
        standings=[
            {"on": "2017-04-01", "standing": "removed", "appeal_until": "2017-06-01"},
            {"on": "2018-01-01", "never": True},
        ],
    )
    payment = f"/funds/v1/payments/{batch}-2"
    answer = (await township.clerk.get(payment)).json()
    judged = answer["judged"]
    assert (answer["status"], judged["on"], judged["list_sha256"]) == ("paid", "2017-05-01", frozen["sha256"])
    assert (judged["then"]["standing"], judged["now"]["standing"], judged["differs"]) == (
        "registered",
        "removed",
        ["standing"],
    )
    assert (judged["then"]["known_position"], judged["now"]["known_position"]) == (frozen["list_position"], None)
    assert judged["now"]["stands_document"] == "县乡村振兴局更正〔2018〕1号"
    assert {one["household_id"] for one in (judged["then"], judged["now"])} == {home}
    assert (judged["then"]["role"], judged["then"]["region_code"][6:], judged["then"]["place"]) == (
        "member",
        "101201",
        "201村",
    )
    again = (await township.clerk.get(path)).json()
    assert (again["sha256"], again["again_sha256"]) == (frozen["sha256"], frozen["sha256"])
    known = await admin.fetchval(
        "SELECT recorded_at FROM funds.event WHERE stream = $1 AND position = $2",
        township.county,
        told["position"] - 1,
    )
    then = (await township.clerk.get(payment, params={"known_at": known.isoformat()})).json()
    assert (then["judged"]["now"]["standing"], then["judged"]["differs"]) == ("registered", [])
    other = (await township.clerk.get(f"/funds/v1/payments/{batch}-3")).json()
    assert other["judged"]["differs"] == []
    assert (await township.neighbour.get(payment)).status_code == 404
    # The next payment is judged by what is known now.
    rejected = await township.batch(effective_on="2017-05-02")
    assert (await township.checked([(id_number(101), "1")], rejected))["rows_good"] == 0
    assert await township.rejected(rejected) == {2: ["household_removed"]}
    assert await admin.fetch(NEWEST, township.county) == []


async def test_a_correction_since_the_check_stops_the_approval(township: Township, admin: asyncpg.Pool) -> None:
    home, away = await township.household(admin, 2), township.county + "102201"
    batch = (await township.checked([(id_number(2), "1"), (id_number(3), "1")]))["batch"]["id"]
    await correct(township, home, residences=[{"on": "2016-01-01", "region_code": away}])
    answer = await township.approve(batch)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/payments-stopped")
    assert await lives(township, home, "2016-01-01") == "102201"
    assert await admin.fetch(NEWEST, township.county) == []
    # Its own township pays it now; the wrong one still sees it, as the place it left.
    own = await township.batch(by=township.finance)
    assert (await township.put(own, f"序号,姓名,身份证号,银行卡号,金额（元）\n1,张某,{id_number(2)},1,1")).json()[
        "rows_good"
    ] == 0
    assert (await township.neighbour.get(f"/funds/v1/households/{home}")).status_code == 200


async def test_a_death_of_the_wrong_person_is_undone_with_its_new_head(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 1)
    head, heir, child = [await township.person(admin, p) for p in (1, 101, 102)]
    gone = {"person_ids": [head], "left_on": "2017-04-01", "reason": "death", "new_head_id": heir}
    await township.change(f"{home}/departures", gone)
    path = f"{home}/corrections"
    body = {"document": "更正", "reason": "死亡登记错人"}
    alone = {**body, "members": [{"person_id": head, "on": "2017-04-01", "never": True}]}
    await refused(township, path, alone, "head-needed")
    await correct(
        township,
        home,
        members=[
            {"person_id": head, "on": "2017-04-01", "never": True},
            {"person_id": heir, "on": "2017-04-01", "never": True},
            {"person_id": child, "on": "2016-01-01"},
        ],
    )
    now = await township.seen(home, "2017-06-01")
    assert {(one["person_id"], one["role"]) for one in now["members"]} == {
        (head, "head"),
        (heir, "member"),
        (await township.person(admin, 103), "member"),
    }
    assert await township.household(admin, 102) == "None"
    assert (await township.checked([(id_number(1), "1"), (id_number(102), "1")]))["rows_good"] == 1
    assert await admin.fetch(NEWEST, township.county) == []


async def test_what_cannot_have_been_is_refused_and_leaves_nothing(township: Township, admin: asyncpg.Pool) -> None:
    home, other = await township.household(admin, 1), await township.household(admin, 2)
    village, path = township.county + "101201", f"{home}/corrections"
    body = {"document": "更正", "reason": "核对"}
    member, stranger = await township.person(admin, 101), await township.person(admin, 2)

    async def no(problem: str, **more: Any) -> dict[str, object]:
        return await refused(township, path, {**body, **more}, problem)

    acts = "SELECT count(*) FROM funds.registry_act WHERE county_code = $1"
    before = await admin.fetchval(acts, township.county)
    figures = await no("beyond-history", residences=[{"on": "2015-12-31", "region_code": village}])
    assert (figures["first_on"], figures["latest_on"]) == ("2016-01-01", "2016-01-01")
    await no("beyond-history", standings=[{"on": "2017-01-01", "standing": "lifted"}])
    await no("beyond-history", members=[{"person_id": member, "on": "2017-01-01"}])
    await no("nothing-corrected", residences=[{"on": "2016-01-01", "region_code": village}])
    await no("no-fact-then", residences=[{"on": "2016-01-01", "never": True}])
    await no("village-not-listed", residences=[{"on": "2016-01-01", "region_code": township.county + "101999"}])
    await no("person-elsewhere", members=[{"person_id": stranger, "on": "2016-01-01", "role": "member"}])
    await no("head-needed", members=[{"person_id": member, "on": "2016-01-01", "role": "head"}])
    missing = await township.change(
        path, {**body, "members": [{"person_id": other, "on": "2016-01-01", "role": "member"}]}, 404
    )
    assert missing["type"] == "/problems/not-found"
    for shape in (
        {},
        {"residences": [{"on": "2016-01-01", "region_code": village, "never": True}]},
        {"standings": [{"on": "2016-01-01"}]},
        {"standings": [{"on": "2016-01-01", "standing": "lifted", "appeal_until": "2016-02-01"}]},
        {"members": [{"person_id": member, "on": "2016-01-01"}, {"person_id": member, "on": "2016-01-01"}]},
    ):
        await township.change(path, {**body, **shape}, 422)
    assert await admin.fetchval(acts, township.county) == before
    asked = {**body, "members": [{"person_id": member, "on": "2016-01-01"}]}
    assert (await township.clerk.post(f"/funds/v1/households/{path}", asked)).status_code == 403
    once = await township.change(path, asked, headers={"Idempotency-Key": "同一更正".encode().hex()})
    again = await township.change(path, asked, headers={"Idempotency-Key": "同一更正".encode().hex()})
    assert (once, await admin.fetchval(acts, township.county)) == (again, before + 1)


async def test_who_belonged_elsewhere_all_along_lives_there(township: Township, admin: asyncpg.Pool) -> None:
    await township.register([60], village="102201")
    here, there = await township.household(admin, 1), await township.household(admin, 60)
    son = await township.person(admin, 101)
    await township.change(f"{here}/departures", {"person_ids": [son], "left_on": "2017-03-01", "reason": "marriage"})
    await correct(township, there, members=[{"person_id": son, "on": "2017-03-01", "role": "member"}])
    assert await admin.fetch(NEWEST, township.county) == []
    checked = await township.checked([(id_number(101), "1")])
    assert (checked["rows_good"], checked["by_reason"]) == (0, {"unknown_household": 1})  # a matter of the neighbour's


async def test_who_never_was_split_off_lives_in_the_old_household_again(
    township: Township, admin: asyncpg.Pool
) -> None:
    old = await township.household(admin, 1)
    head, son = await township.person(admin, 1), await township.person(admin, 101)
    away = {"region_code": township.county + "102201", "effective_on": "2017-03-01"}
    split = {"person_ids": [son], "head_id": son, **away}
    new = (await township.change(f"{old}/splits", split))["household_id"]
    never = {"person_id": son, "on": "2017-03-01", "never": True}
    await correct(township, new, members=[never])
    assert await township.household(admin, 101) == old
    assert await admin.fetch(NEWEST, township.county) == []
    # A head who was split off finds another head there: first the old household has to be put right.
    heir = await township.person(admin, 102)
    split = {"person_ids": [head], "head_id": head, "new_head_id": heir, **away}
    new = (await township.change(f"{old}/splits", split))["household_id"]
    body = {"document": "更正", "reason": "核对", "members": [{**never, "person_id": head}]}
    await refused(township, f"{new}/corrections", body, "head-needed")


async def test_a_move_of_a_year_typed_wrong_bars_nothing_once_it_is_corrected(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, son = await township.household(admin, 1), await township.person(admin, 101)
    there = township.county + "102201"
    await township.change("moves", {"household_ids": [home], "region_code": there, "effective_on": "2019-01-01"})
    split = {"person_ids": [son], "head_id": son, "effective_on": "2017-02-01"}
    await refused(township, f"{home}/splits", {"document": "分户", **split}, "later-fact-known")
    await correct(township, home, residences=[{"on": "2019-01-01", "never": True}])
    await township.change(f"{home}/splits", split)
    # What begins now holds on, over the day of the fact that never was.
    await township.change("moves", {"household_ids": [home], "region_code": there, "effective_on": "2017-03-01"})
    for day, expected in (("2017-02-28", "101201"), ("2017-03-01", "102201"), ("2019-02-01", "102201")):
        assert await lives(township, home, day) == expected, day
    assert await admin.fetch(NEWEST, township.county) == []


async def test_a_removal_holds_over_a_standing_that_never_was(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 2)
    lifted = {"standing": "lifted", "households": [{"household_id": home, "reason": "达标"}]}
    await township.change("standings", {**lifted, "effective_on": "2018-01-01"})
    await correct(township, home, standings=[{"on": "2018-01-01", "never": True}])
    await township.remove(home, "2017-04-01")
    for day in ("2017-04-01", "2018-02-01"):
        assert (await township.seen(home, day))["household"]["standing"] == "removed", day
    assert (await township.checked([(id_number(2), "1")], await township.batch(effective_on="2018-02-01")))[
        "rows_good"
    ] == 0
    assert await admin.fetch(NEWEST, township.county) == []


async def test_whoever_is_reinstated_stands_as_before_and_not_as_was_corrected(
    township: Township, admin: asyncpg.Pool
) -> None:
    home = await township.household(admin, 2)
    reason = [{"household_id": home, "reason": "申诉成立"}]
    await township.change("standings", {"standing": "lifted", "effective_on": "2017-02-01", "households": reason})
    await correct(township, home, standings=[{"on": "2017-02-01", "standing": "removed"}])
    await township.change("reinstatements", {"effective_on": "2017-03-01", "households": reason})
    assert (await township.seen(home, "2017-04-01"))["household"]["standing"] == "registered"
