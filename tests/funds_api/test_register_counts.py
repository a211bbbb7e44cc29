"""How many people a household has: those who belong to it on the day asked about, whatever its file once declared."""

from __future__ import annotations

import asyncpg

from tests.funds_api.people import Township, id_number
from tests.funds_api.test_corrections import correct
from tests.funds_api.test_household_changes import brought
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture

PATH = "/funds/v1/households"


async def count(township: Township, home: str, on: str, **more: int) -> int:
    """The people of the household, once by itself and once in the list of the day."""
    told = await township.seen(home, on, **more)
    assert told["household"]["persons_n"] == len(told["members"])
    if not more:
        page = (await township.finance.get(PATH, params={"as_of": on, "limit": 200})).json()
        assert [one["persons_n"] for one in page["items"] if one["id"] == home] == [len(told["members"])]
    return len(told["members"])


async def test_a_household_counts_who_belongs_to_it_on_the_day(township: Township, admin: asyncpg.Pool) -> None:
    home, head = await township.household(admin, 1), await township.person(admin, 1)
    son, wife, baby = [await township.person(admin, place) for place in (101, 102, 103)]
    split = {"person_ids": [son], "head_id": son, "effective_on": "2017-02-01"}
    told = await township.change(f"{home}/splits", split)
    new = str(told["household_id"])
    newcomer = {"name": "新", "id_number": id_number(900), "joined_on": "2017-03-01", "reason": "marriage"}
    await township.change(f"{new}/members", newcomer)
    await township.change(
        f"{home}/departures", {"person_ids": [wife, baby], "left_on": "2017-04-01", "reason": "moved"}
    )
    days = ("2017-01-31", "2017-02-01", "2017-03-31", "2017-04-01")
    assert [await count(township, home, day) for day in days] == [4, 3, 3, 1]
    assert [await count(township, new, day) for day in days[1:]] == [1, 2, 2]
    # As known before it was corrected, it stays what it was.
    position = (await correct(township, home, members=[{"person_id": baby, "on": "2017-04-01", "never": True}]))[
        "position"
    ]
    assert (await count(township, home, "2017-04-01"), await count(township, new, "2017-04-01")) == (2, 2)
    assert await count(township, home, "2017-04-01", known_position=position - 1) == 1
    await township.remove(home, "2017-05-01")
    assert await count(township, home, "2017-05-01") == 2
    assert (await township.seen(home, "2017-05-01"))["members"][0]["person_id"] == head


async def test_what_a_file_declared_is_told_beside(township: Township, admin: asyncpg.Pool) -> None:
    """A register of heads alone names one of them all; how many it says there are is kept as it said it."""
    home = await township.household(admin, 3)
    declared = [(await township.seen(home, day))["household"]["declared_n"] for day in ("2016-01-01", "2017-12-01")]
    assert (declared, await count(township, home, "2017-12-01")) == ([4, 4], 1)
    await brought(township, 3, [905, 906])
    assert (await count(township, home, "2017-12-01"), await count(township, home, "2016-01-01")) == (3, 3)
    old = await township.household(admin, 1)
    son = await township.person(admin, 101)
    split = {"person_ids": [son], "head_id": son, "effective_on": "2017-02-01"}
    new = (await township.change(f"{old}/splits", split))["household_id"]
    assert (await township.seen(new, "2017-02-01"))["household"]["declared_n"] is None
