"""Born, died, typed wrong: nobody belongs before birth or after death, and what never was bars nothing."""

from __future__ import annotations

import asyncpg

from tests.funds_api.people import CSV, Township, card, id_number
from tests.funds_api.test_corrections import NEWEST, correct
from tests.funds_api.test_household_changes import HEADER, PATH, refused
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture
from treasury.identifiers import id_check_character


def child(born: str, serial: int) -> str:
    first = f"990000{born.replace('-', '')}{serial:03d}"
    return first + id_check_character(first)


async def test_a_departure_of_a_year_typed_wrong_bars_nothing_once_it_is_corrected(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, son = await township.household(admin, 1), await township.person(admin, 101)
    away = {"person_ids": [son], "left_on": "2019-03-01", "reason": "moved"}
    await township.change(f"{home}/departures", away)
    await correct(township, home, members=[{"person_id": son, "on": "2019-03-01", "never": True}])
    assert await admin.fetch(NEWEST, township.county) == []
    split = {"person_ids": [son], "head_id": son, "effective_on": "2017-03-01"}
    new = (await township.change(f"{home}/splits", split))["household_id"]
    # What begins now holds on, over the day of the departure that never was.
    for day, there in (("2017-02-28", home), ("2017-03-01", new), ("2019-03-01", new)):
        assert son in {one["person_id"] for one in (await township.seen(there, day))["members"]}, day
        other = home if there == new else None
        if other:
            assert son not in {one["person_id"] for one in (await township.seen(other, day))["members"]}, day
    assert await admin.fetch(NEWEST, township.county) == []
    paid = await township.checked([(id_number(101), "1")], await township.batch(effective_on="2019-04-01"))
    assert paid["rows_good"] == 1


async def test_who_died_joins_no_household(township: Township, admin: asyncpg.Pool) -> None:
    home, other = await township.household(admin, 1), await township.household(admin, 2)
    son = await township.person(admin, 101)
    dead = {"person_ids": [son], "left_on": "2017-03-01", "reason": "death"}
    await township.change(f"{home}/departures", dead)
    back = {"name": "某", "id_number": id_number(101), "joined_on": "2017-06-01", "reason": "marriage"}
    figures = await refused(township, f"{other}/members", {"document": "文", **back}, "person-died")
    assert figures["died_on"] == "2017-03-01"
    # Another day of the death is still a death.
    day = [{"person_id": son, "on": "2017-03-01", "never": True}, {"person_id": son, "on": "2017-02-01"}]
    await correct(township, home, members=day)
    await refused(township, f"{other}/members", {"document": "文", **back}, "person-died")
    # It was somebody else who died.
    await correct(township, home, members=[{"person_id": son, "on": "2017-02-01", "never": True}])
    await township.change(f"{home}/departures", {**dead, "left_on": "2017-05-01", "reason": "marriage"})
    assert (await township.change(f"{other}/members", back))["role"] == "member"


async def test_a_death_stands_whatever_of_the_life_before_it_is_corrected(
    township: Township, admin: asyncpg.Pool
) -> None:
    home, other = await township.household(admin, 1), await township.household(admin, 2)
    son = await township.person(admin, 101)
    await township.change(f"{home}/departures", {"person_ids": [son], "left_on": "2017-03-01", "reason": "death"})
    away = [{"person_id": son, "on": "2017-01-05"}, {"person_id": son, "on": "2017-01-20", "role": "member"}]
    await correct(township, home, members=away)
    back = {"name": "某", "id_number": id_number(101), "joined_on": "2017-06-01", "reason": "marriage"}
    await refused(township, f"{other}/members", {"document": "文", **back}, "person-died")


async def test_nobody_belongs_to_a_household_before_birth(township: Township, admin: asyncpg.Pool) -> None:
    home = await township.household(admin, 1)
    early, late, dated = child("2017-05-01", 1), child("2017-05-01", 2), child("2017-05-01", 3)
    unborn = child("2099-05-01", 4)
    baby = {"name": "小张", "id_number": early, "reason": "birth", "document": "文"}
    path = f"{PATH}/{home}/members"
    answer = await township.finance.post(path, {**baby, "joined_on": "2017-04-30"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/before-birth")
    assert "2017-05-01" not in answer.text
    await township.change(f"{home}/members", {**baby, "joined_on": "2017-05-01"})
    village = township.county + "101201"
    rows = [
        f",成员,{late},{card(801)},,,,子女,{id_number(1)}",
        f",成员,{dated},{card(802)},,,2016-05-01,子女,{id_number(1)}",
        f",成员,{unborn},{card(803)},,,,子女,{id_number(1)}",
        f"{village},户主,{child('2017-06-01', 5)},{card(804)},10000000001,1,2017-05-01,户主,",
    ]
    raw = "\n".join([HEADER, *rows]).encode()
    told = (await township.finance.request("POST", f"{PATH}/imports", content=raw, headers=CSV)).json()
    found = {one["line"]: [reason["code"] for reason in one["reasons"]] for one in told["rejected"]}
    assert (told["members_n"], found) == (1, {3: ["before_birth"], 4: ["date_out_of_range"], 5: ["before_birth"]})
    # A child whose row tells no day belongs from birth, not from when its parents were registered.
    counts = [len((await township.seen(home, day))["members"]) for day in ("2017-04-30", "2017-05-01")]
    assert counts == [4, 6]
