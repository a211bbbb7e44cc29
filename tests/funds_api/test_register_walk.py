"""A long random walk over one register: whatever is asked in whatever order, the laws of membership hold after it."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from tests.funds_api.people import Township, id_number

FIRST = date(2017, 1, 1)
# Each tells what is wrong, and must find nothing. The newest state beside is what the facts come to.
LAWS = {
    "a person's newest state is the last fact": """
        SELECT p.id FROM funds.person p CROSS JOIN LATERAL (
          SELECT m.* FROM funds.membership m JOIN funds.registry_act a ON a.county_code = $1 AND a.id = m.act_id
           WHERE m.county_code = $1 AND m.person_id = p.id ORDER BY m.from_on DESC, a.position DESC LIMIT 1) m
         WHERE p.county_code = $1
           AND (p.household_id, p.role) IS DISTINCT FROM (m.household_id, m.role)""",
    "since its day a person's state has not changed, and on it began": """
        SELECT p.id FROM funds.person p WHERE p.county_code = $1 AND NOT EXISTS (
            SELECT FROM funds.membership m WHERE m.county_code = $1 AND m.person_id = p.id AND m.from_on = p.since_on)
        UNION ALL
        SELECT p.id FROM funds.person p CROSS JOIN LATERAL (
          SELECT DISTINCT ON (m.from_on) m.from_on, m.household_id, m.role FROM funds.membership m
            JOIN funds.registry_act a ON a.county_code = $1 AND a.id = m.act_id
           WHERE m.county_code = $1 AND m.person_id = p.id ORDER BY m.from_on, a.position DESC) m
         WHERE p.county_code = $1 AND m.from_on >= p.since_on
           AND (p.household_id, p.role) IS DISTINCT FROM (m.household_id, m.role)""",
    "a household's newest standing is the last fact": """
        SELECT h.id FROM funds.household h LEFT JOIN LATERAL (
          SELECT s.* FROM funds.standing s JOIN funds.registry_act a ON a.county_code = $1 AND a.id = s.act_id
           WHERE s.county_code = $1 AND s.household_id = h.id ORDER BY s.from_on DESC, a.position DESC LIMIT 1
          ) s ON true
         WHERE h.county_code = $1 AND (h.standing <> coalesce(s.standing, 'registered')
            OR h.removed_on IS DISTINCT FROM CASE WHEN s.standing = 'removed' THEN s.from_on END)""",
    "a household lives where its last move went, and its people with it": """
        SELECT h.id FROM funds.household h LEFT JOIN LATERAL (
          SELECT r.* FROM funds.residence r JOIN funds.registry_act a ON a.county_code = $1 AND a.id = r.act_id
           WHERE r.county_code = $1 AND r.household_id = h.id ORDER BY r.from_on DESC, a.position DESC LIMIT 1
          ) r ON true
         WHERE h.county_code = $1 AND (h.region_code <> coalesce(r.region_code, h.founded_region)
            OR h.outside <> coalesce(r.outside, false)
            OR EXISTS (SELECT FROM funds.person p WHERE p.household_id = h.id AND p.region_code <> h.region_code))""",
    "every place a household ever lived in sees it": """
        SELECT h.id FROM funds.household h
          CROSS JOIN LATERAL (SELECT h.region_code AS code UNION SELECT h.founded_region
            UNION SELECT r.region_code FROM funds.residence r WHERE r.county_code = $1 AND r.household_id = h.id) place
         WHERE h.county_code = $1
           AND EXISTS (SELECT FROM funds.residence r WHERE r.county_code = $1 AND r.household_id = h.id)
           AND NOT EXISTS (SELECT FROM funds.lived_in l
                            WHERE l.county_code = $1 AND l.household_id = h.id AND l.region_code = place.code)""",
    "from settled_on on a person needs no history": """
        SELECT p.id FROM funds.person p LEFT JOIN funds.household h ON h.county_code = $1 AND h.id = p.household_id
         WHERE p.county_code = $1 AND p.settled_on IS DISTINCT FROM
           CASE WHEN h.removed_on IS NULL AND NOT h.outside THEN greatest(p.since_on, h.settled_on) END""",
    "a household with people has one head": """
        SELECT household_id FROM funds.person WHERE county_code = $1 AND household_id IS NOT NULL
         GROUP BY household_id HAVING count(*) FILTER (WHERE role = 'head') <> 1""",
    "on every day a household with people has one head": """
        SELECT d.on_day, m.household_id
          FROM (SELECT DISTINCT from_on AS on_day FROM funds.membership WHERE county_code = $1) d
          CROSS JOIN LATERAL (
            SELECT DISTINCT ON (f.person_id) f.household_id, f.role FROM funds.membership f
              JOIN funds.registry_act a ON a.county_code = $1 AND a.id = f.act_id
             WHERE f.county_code = $1 AND f.from_on <= d.on_day
             ORDER BY f.person_id, f.from_on DESC, a.position DESC) m
         WHERE m.household_id IS NOT NULL
         GROUP BY d.on_day, m.household_id HAVING count(*) FILTER (WHERE m.role = 'head') <> 1""",
    "each act has its own event in the journal": """
        SELECT a.id FROM funds.registry_act a LEFT JOIN funds.event e ON e.stream = $1 AND e.position = a.position
         WHERE a.county_code = $1 AND (e.actor IS DISTINCT FROM a.actor)""",
}


@pytest.mark.parametrize("seed", [2, 5, 6])
async def test_whatever_is_asked_the_laws_of_the_register_hold(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, seed: int
) -> None:
    township = await Township(funds_http, county, fen=0, households=range(1, 7)).open()
    dice = random.Random(seed)  # noqa: S311 - a walk that can be walked again
    statuses: dict[int, int] = {}
    day, corrected = FIRST, 0
    for step in range(90):
        day += timedelta(days=dice.choice((-1, 0, 1, 3)))
        path, body = await one_change(township, admin, dice, 700 + step, day)
        answer = await township.finance.post(f"/funds/v1/households/{path}", {"document": f"{step}号", **body})
        assert answer.status_code in {201, 409} or (answer.status_code == 404 and "corrections" in path), answer.text
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        corrected += answer.status_code == 201 and "corrections" in path
    assert min(statuses[201], statuses[409]) > 5, statuses
    assert corrected > 3, statuses
    for law, query in LAWS.items():
        assert await admin.fetch(query, county) == [], law
    await every_day_recomputes(township, admin, day)


async def one_change(  # noqa: PLR0911 - one return for each kind of change
    township: Township, admin: asyncpg.Pool, dice: random.Random, place: int, day: date
) -> tuple[str, dict[str, Any]]:
    county = township.county
    homes = [
        row[0]
        for row in await admin.fetch("SELECT id::text FROM funds.household WHERE county_code = $1 ORDER BY id", county)
    ]
    home, on = dice.choice(homes), day.isoformat()
    own = "SELECT id::text FROM funds.person WHERE county_code = $1 AND household_id::text = $2 ORDER BY id"
    people = [row[0] for row in await admin.fetch(own, county, home)] or ["00000000-0000-7000-8000-000000000000"]
    some = dice.sample(people, dice.randint(1, max(1, len(people) - 1)))
    rest = [one for one in people if one not in some]
    heir = dice.choice([None, *rest])
    reason = [{"household_id": home, "reason": "因"}]
    match dice.choice(
        ["members", "members", "members", "departures", "splits", "moves", "removals", "reinstatements", "standings"]
        + ["corrections"] * 6
    ):
        case "corrections":
            return f"{home}/corrections", {"reason": "更正", **await correction(admin, dice, county, home, some)}
        case "members":
            new = {"name": "某", "id_number": id_number(place), "joined_on": on, "reason": "recorded"}
            return f"{home}/members", new
        case "departures":
            return f"{home}/departures", {"person_ids": some, "left_on": on, "reason": "moved", "new_head_id": heir}
        case "splits":
            order = {"person_ids": some, "head_id": dice.choice(some), "effective_on": on, "new_head_id": heir}
            return f"{home}/splits", order
        case "moves":
            village = dice.choice([None, "101201", "101202", "102201", "102202"])
            target = {"region_code": county + village} if village else {}
            return "moves", {"household_ids": [home], "effective_on": on, **target}
        case "standings":
            kind = dice.choice(["lifted", "monitored", "returned"])
            return "standings", {"standing": kind, "effective_on": on, "households": reason}
        case other:
            return other, {"effective_on": on, "households": reason}


async def correction(
    admin: asyncpg.Pool, dice: random.Random, county: str, home: str, people: list[str]
) -> dict[str, Any]:
    """What a careless clerk corrects: a move, a standing, or some of its people, on days that have a fact or not."""

    async def days(table: str, owner: str, one: str) -> list[str]:
        query = f"SELECT DISTINCT from_on FROM funds.{table} WHERE county_code = $1 AND {owner}::text = $2"
        found = [row[0] for row in await admin.fetch(query, county, one)] or [FIRST]
        return [(on + timedelta(days=dice.choice((0, 0, 0, 1, -1)))).isoformat() for on in sorted(found)]

    never = {"never": True}
    match dice.choice(["residences", "standings", "members", "members"]):
        case "residences":
            village = dice.choice([None, "101201", "102201"])
            value = dice.choice([never, {"region_code": county + village} if village else {}])
            return {"residences": [{"on": dice.choice(await days("residence", "household_id", home)), **value}]}
        case "standings":
            value = dice.choice([never, {"standing": dice.choice(["registered", "lifted", "monitored", "removed"])}])
            return {"standings": [{"on": dice.choice(await days("standing", "household_id", home)), **value}]}
        case _:
            values: list[dict[str, Any]] = [never, never, {}, {"role": "member"}, {"role": "head"}]
            on = {one: dice.choice(await days("membership", "person_id", one)) for one in people}
            return {"members": [{"person_id": one, "on": on[one], **dice.choice(values)} for one in people]}


async def every_day_recomputes(township: Township, admin: asyncpg.Pool, last: date) -> None:
    """Asked for any day, no person stands in two households, and everybody stands where the facts of that day say."""
    county = township.county
    homes = await admin.fetch("SELECT id::text, registered_on FROM funds.household WHERE county_code = $1", county)
    for day in (FIRST, FIRST + (last - FIRST) // 2, last, last + timedelta(days=9)):
        seen: dict[str, str] = {}
        for home, registered_on in homes:
            if registered_on > day:
                continue
            told = await township.seen(home, day.isoformat())
            assert told["household"]["persons_n"] == len(told["members"])
            for member in told["members"]:
                assert member["person_id"] not in seen, "one person in two households"
                seen[member["person_id"]] = home
        rows = await admin.fetch(
            "SELECT DISTINCT ON (m.person_id) m.person_id::text, m.household_id::text FROM funds.membership m"
            " JOIN funds.registry_act a ON a.county_code = $1 AND a.id = m.act_id"
            " WHERE m.county_code = $1 AND m.from_on <= $2 ORDER BY m.person_id, m.from_on DESC, a.position DESC",
            county,
            day,
        )
        assert seen == {person: home for person, home in rows if home is not None}
