"""孟津县、吉利区 became 孟津区 (410322, 410306 → 410308), 偃师市 became 偃师区 (410381 → 410307): money on either side.

The old county keeps its books under its code; new books are opened under the new one. What was received and not spent
on goes back by document and comes anew. That 孟津's codes are these is published (`data/`); the document of the change
is not among it: here it has no number, and its day is assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx

from services.funds_api.tables import RegionRow
from tests.callers import Caller, funds_caller
from tests.factories import open_account, receive
from tests.funds_api.people import Township, id_number, roster_csv

OLD, GONE, NEW = "410322", "410306", "410308"
ON = "2021-03-18"
LEVELS = {2: "province", 4: "prefecture", 6: "county", 9: "township", 12: "village"}
NAMES = {
    "41": "河南省",
    "4103": "洛阳市",
    OLD: "孟津县",
    GONE: "吉利区",
    "410381": "偃师市",
    f"{OLD}101": "城关镇",
    f"{OLD}101201": "旧名村",
}


def divisions(names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Divisions with what they belong to, parents first."""
    for code, name in sorted(names.items(), key=lambda one: len(one[0])):
        parent = next((code[:digits] for digits in (9, 6, 4, 2) if digits < len(code)), None)
        yield {"code": code, "name": name, "level": LEVELS[len(code)], "parent_code": parent}


async def renamed(http: httpx.AsyncClient) -> None:
    """Record the change as the two documents it is: two merged into one, and one that got another code."""
    administrator = funds_caller(http, "system_admin", "41")
    for document, kind, links, name in (
        ("关于撤销孟津县、吉利区设立孟津区的批复", "merged", {OLD: NEW, GONE: NEW}, "孟津区"),
        ("关于撤销偃师市设立偃师区的批复", "recoded", {"410381": "410307"}, "偃师区"),
    ):
        change = {
            "kind": kind,
            "document": document,
            "effective_on": ON,
            "links": [{"from_code": one, "to_code": other} for one, other in links.items()],
            "closed": sorted(links),
            "regions": list(divisions(dict.fromkeys(links.values(), name))),
        }
        answer = await administrator.post("/funds/v1/regions/changes", change)
        assert answer.status_code == 201, answer.text
    below = {f"{NEW}101": "城关街道", f"{NEW}101201": "新名村"}
    listed = [{**one, "valid_from": ON} for one in divisions(below)]
    answer = await administrator.post("/funds/v1/regions", {"listed_year": 2021, "regions": listed})
    assert answer.status_code == 201, answer.text


async def tree(who: Caller, region: str, on: str) -> dict[str, Any]:
    answer = await who.get("/funds/v1/tree", params={"region": region, "as_of": on, "depth": 2})
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["root"])


async def pay(town: Township, place: int, on: str) -> str:
    """One household paid 100 yuan for that day; the number of the payment."""
    batch = await town.batch(effective_on=on)
    answer = await town.put(batch, roster_csv([(id_number(place), "100")]))
    assert (answer.status_code, answer.json()["rows_good"]) == (200, 1), answer.text
    assert (await town.approve(batch)).status_code == 201
    return f"{batch}-2"


async def test_a_payment_is_judged_by_the_place_that_its_day_had(
    funds_http: httpx.AsyncClient, admin: asyncpg.Pool
) -> None:
    await admin.executemany(
        f"INSERT INTO {RegionRow.__table__} (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2020)"
        " ON CONFLICT DO NOTHING",
        [tuple(one.values()) for one in divisions(NAMES)],
    )
    old = await Township(funds_http, OLD, households=range(1, 4)).open()
    outside = await open_account(funds_http, OLD, "outside")
    await receive(funds_http, OLD, old.office, 500_000, "2021-02-01")
    before = await pay(old, 1, "2020-05-01")
    await renamed(funds_http)
    city = funds_caller(funds_http, "inspector", "4103")

    # What came last goes back by document and comes anew; the households are registered where they live now.
    came = (await city.get("/funds/v1/movements", params={"county": OLD, "kind": "receive"})).json()["items"][-1]
    order = {"kind": "reverse", "document": "划转1", "movement_id": came["id"], "effective_on": ON}
    gone = await old.finance.post("/funds/v1/movements", order)
    assert gone.status_code == 201, gone.text
    homes = [await old.household(admin, place) for place in (1, 2)]
    await old.change("moves", {"household_ids": homes, "effective_on": ON})
    new = await Township(funds_http, NEW, fen=0, households=range(0)).open()
    assert (await new.register([1, 2], on=ON))["registered_n"] == 2
    await receive(funds_http, NEW, new.office, 500_000, "2021-04-01")
    after = await pay(new, 1, "2021-05-01")

    # On either side, by the code and the name of its own day.
    for payment, county, place in ((before, OLD, "旧名村"), (after, NEW, "新名村")):
        shown = (await city.get(f"/funds/v1/payments/{payment}", params={"county": county})).json()
        judged = shown["judged"]
        assert (shown["status"], shown["region_code"], judged["differs"]) == ("paid", f"{county}101201", [])
        assert (judged["now"]["region_code"], judged["now"]["place"]) == (f"{county}101201", place)
    early = await old.batch(effective_on="2021-03-17")
    assert (await old.put(early, roster_csv([(id_number(2), "1")]))).json()["rows_good"] == 1
    for town, on in ((old, ON), (new, "2021-03-17")):
        batch = await town.batch(effective_on=on)
        assert (await town.put(batch, roster_csv([(id_number(2), "1")]))).json()["rows_good"] == 0, (town.county, on)

    # The tree of both days, and of the old books after the change: what was spent there stays there.
    then, now = await tree(city, OLD, "2021-03-17"), await tree(city, NEW, "2021-06-30")
    assert [(one["name"], one["spent_fen"], one["resting_fen"], one["unexplained_fen"]) for one in (then, now)] == [
        ("孟津县", 10_000, 1_490_000, 0),
        ("孟津区", 10_000, 490_000, 0),
    ]
    left = await tree(city, OLD, "2021-06-30")
    assert (left["name"], left["spent_fen"], left["resting_fen"]) == ("孟津县", 10_000, 990_000)

    # The trace leads up to the notice of its own side; lineage leads from one side to the other.
    for payment, county in ((before, OLD), (after, NEW)):
        traced = (await city.get(f"/funds/v1/payments/{payment}/trace", params={"county": county})).json()
        assert (traced["traced_fen"], traced["unexplained_fen"]) == (10_000, 0)
        assert traced["ways"][0]["hops"][-1]["to_unit"]
    held = (await city.get(f"/funds/v1/accounts/{outside}", params={"county": OLD, "as_of": "2021-06-30"})).json()
    assert (held["balance_fen"], held["unexplained_fen"]) == (500_000, 0)
    lineage = (await city.get(f"/funds/v1/regions/{NEW}/lineage")).json()
    assert {one["region"]["code"] for one in lineage["predecessors"]} == {OLD, GONE}
    yanshi = (await city.get("/funds/v1/regions/410381", params={"as_of": ON})).json()
    assert (yanshi["is_valid"], yanshi["region"]["valid_to"], yanshi["successors"][0]["to_code"]) == (
        False,
        ON,
        "410307",
    )


async def test_a_place_is_called_as_it_was_on_the_day(funds_http: httpx.AsyncClient, county: str) -> None:
    """A township that got another name: in the tree, the ranking of yuan-days and the judgement of a payment."""
    town = await Township(funds_http, county).open()
    payment = await pay(town, 1, "2017-05-01")
    changed = {"code": f"{county}101", "name": "改名镇", "level": "township", "parent_code": county}
    village = {
        **changed,
        "code": f"{county}101201",
        "name": "改名村",
        "level": "village",
        "parent_code": f"{county}101",
    }
    administrator = funds_caller(funds_http, "system_admin", "99")
    listed = {"listed_year": 2024, "listed_on": "2024-06-30", "regions": [changed, village]}
    assert (await administrator.post("/funds/v1/regions", listed)).status_code == 201
    inspector = funds_caller(funds_http, "inspector", county)
    for on, expected in (("2024-06-29", "第101镇"), ("2024-06-30", "改名镇")):
        root = await tree(inspector, county, on)
        assert expected in [one["name"] for one in root["children"]], on
        ranked = (await inspector.get("/funds/v1/idle/yuan-days", params={"as_of": on})).json()["items"]
        assert [one["name"] for one in ranked] == [expected], on
    shown = (await town.clerk.get(f"/funds/v1/payments/{payment}")).json()
    assert shown["judged"]["now"]["place"] == "201村"
