"""Codes of places over the years: a list ends what it omits, a document says what it became, names keep their days."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller

PATH = "/funds/v1/regions"


@pytest.fixture
def administrator(funds_http: httpx.AsyncClient) -> Caller:
    return funds_caller(funds_http, "system_admin", "99")


def division(code: str, name: str = "") -> dict[str, Any]:
    level = {6: "county", 9: "township", 12: "village"}[len(code)]
    parent = {6: code[:4], 9: code[:6], 12: code[:9]}[len(code)]
    return {"code": code, "name": name or f"地{code}", "level": level, "parent_code": parent}


async def codes(who: Caller, parent: str, day: str) -> dict[str, str]:
    answer = (await who.get(PATH, params={"parent": parent, "as_of": day})).json()
    assert answer["as_of"] == day
    return {one["code"]: one["name"] for one in answer["items"]}


async def test_a_years_list_ends_what_it_omits_and_keeps_the_old_names(administrator: Caller, county: str) -> None:
    body = {
        "scope": county,
        "listed_year": 2024,
        "listed_on": "2024-06-30",
        "document": "2024年统计用区划代码",
        "regions": [
            division(county + "101", "改名镇"),
            division(county + "103"),
            division(county + "101201", "201村"),
            division(county + "103201"),
        ],
    }
    answer = (await administrator.post(f"{PATH}/lists", body)).json()
    assert answer["new"] == [county + "103", county + "103201"]
    assert answer["closed"] == [county + end for end in ("101202", "102", "102201", "102202")]
    assert answer["without_successor"] == answer["closed"]
    assert answer["renamed"] == [county + "101"]
    assert await codes(administrator, county, "2024-06-29") == {county + "101": "第101镇", county + "102": "第102镇"}
    assert await codes(administrator, county, "2024-06-30") == {
        county + "101": "改名镇",
        county + "103": f"地{county}103",
    }
    one = (await administrator.get(f"{PATH}/{county}102", params={"as_of": "2024-06-30"})).json()
    assert (one["is_valid"], one["region"]["valid_to"], one["region"]["valid_from"]) == (False, "2024-06-30", None)
    older = {**body, "listed_year": 2023}
    assert (await administrator.post(f"{PATH}/lists", older)).json()["type"] == "/problems/region-list-older"
    again = {**body, "listed_year": 2025, "regions": [division(county + "102")]}
    refused = (await administrator.post(f"{PATH}/lists", again)).json()
    assert (refused["type"], refused["figures"]["valid_to"]) == ("/problems/region-closed", "2024-06-30")
    stray = {**body, "listed_year": 2025, "regions": [division("980001101")]}
    assert (await administrator.post(f"{PATH}/lists", stray)).status_code == 422


async def test_a_county_that_got_another_code_is_found_from_both_ends(
    administrator: Caller, county: str, admin: asyncpg.Pool
) -> None:
    """撤县设区: the old code ends with all that is below it, and the new one knows where it came from."""
    new = f"98{county[2:]}"
    await admin.execute(
        "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ('98', '另一虚构省', 'province',"
        " NULL, 2023), ($1, '另一虚构市', 'prefecture', '98', 2023) ON CONFLICT DO NOTHING",
        new[:4],
    )
    change = {
        "kind": "recoded",
        "document": "虚构批复〔2021〕1号",
        "effective_on": "2021-03-18",
        "links": [{"from_code": county, "to_code": new}],
        "closed": [county],
        "regions": [division(new, "虚构区")],
    }
    answer = await administrator.post(f"{PATH}/changes", change)
    assert answer.status_code == 201, answer.text
    detail = (await administrator.get(f"{PATH}/{new}")).json()
    assert [(one["from_code"], one["document"]) for one in detail["predecessors"]] == [(county, "虚构批复〔2021〕1号")]
    assert detail["region"]["valid_from"] == "2021-03-18"
    old = (await administrator.get(f"{PATH}/{county}", params={"as_of": "2021-03-17"})).json()
    assert (old["is_valid"], [one["to_code"] for one in old["successors"]]) == (True, [new])
    assert await codes(administrator, county, "2021-03-17") != {}
    assert await codes(administrator, county, "2021-03-18") == {}
    end = f"97{county[2:]}"
    later = {
        "kind": "split",
        "document": "虚构批复〔2023〕2号",
        "effective_on": "2023-01-01",
        "links": [{"from_code": new, "to_code": end}, {"from_code": new, "to_code": f"96{county[2:]}"}],
        "closed": [new],
        "regions": [{**division(code), "parent_code": None} for code in (end, f"96{county[2:]}")],
    }
    assert (await administrator.post(f"{PATH}/changes", later)).status_code == 201
    lineage = (await administrator.get(f"{PATH}/{end}/lineage")).json()
    assert {one["region"]["code"]: one["generation"] for one in lineage["predecessors"]} == {new: 1, county: 2}
    assert (await administrator.get(f"{PATH}/{county}/lineage")).json()["successors"][-1]["generation"] == 2
    assert (await administrator.post(f"{PATH}/changes", {**change, "effective_on": "2022-01-01"})).json()[
        "type"
    ] == "/problems/region-closed"


async def test_a_change_must_name_listed_codes_and_be_of_its_kind(administrator: Caller, county: str) -> None:
    change = {
        "kind": "merged",
        "document": "县政发〔2020〕1号",
        "effective_on": "2020-01-01",
        "links": [{"from_code": county + "102", "to_code": county + "109"}],
        "closed": [county + "102"],
    }
    unknown = (await administrator.post(f"{PATH}/changes", change)).json()
    assert (unknown["type"], unknown["figures"]["code"]) == ("/problems/region-unknown", county + "109")
    nowhere = {**change, "closed": [county + "101"], "regions": [division(county + "109")]}
    assert (await administrator.post(f"{PATH}/changes", nowhere)).json()["type"] == "/problems/region-change-shape"
    merged = {**change, "links": [{"from_code": county + "102", "to_code": county + "101"}]}
    assert (await administrator.post(f"{PATH}/changes", merged, key="merge-once-1")).status_code == 201
    again = await administrator.post(f"{PATH}/changes", merged, key="merge-once-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await codes(administrator, county, "2020-01-01") == {county + "101": "第101镇"}
    clerk = funds_caller(administrator.http, "finance_clerk", county)
    assert (await clerk.post(f"{PATH}/changes", merged)).status_code == 403
    assert (await clerk.get(f"{PATH}/{county}102/lineage")).json()["successors"][0]["region"]["code"] == county + "101"
    assert (await clerk.get(f"{PATH}/999999999999")).json()["type"] == "/problems/not-found"


async def test_a_name_put_right_in_the_same_year_was_never_another_one(administrator: Caller, county: str) -> None:
    code = county + "101"
    for year, name in ((2023, "正名镇"), (2024, "新名镇")):
        body = {"listed_year": year, "regions": [division(code, name)]}
        assert (await administrator.post(PATH, body)).status_code == 201
    detail = (await administrator.get(f"{PATH}/{code}", params={"as_of": "2023-12-31"})).json()
    assert [(one["name"], one["valid_to"]) for one in detail["former_names"]] == [("正名镇", "2024-01-01")]
    assert detail["region"]["name"] == "正名镇"


async def test_a_code_of_old_times_is_entered_with_its_days(administrator: Caller, county: str) -> None:
    code = county + "150"
    old = {**division(code), "valid_from": "2001-01-01", "valid_to": "2011-01-01"}
    assert (await administrator.post(PATH, {"listed_year": 2010, "regions": [old]})).status_code == 201
    assert code in await codes(administrator, county, "2010-12-31")
    assert code not in await codes(administrator, county, "2011-01-01")
    known = {**division(county + "101"), "valid_from": "2001-01-01"}
    refused = (await administrator.post(PATH, {"listed_year": 2023, "regions": [known]})).json()
    assert refused["type"] == "/problems/region-change-shape"


async def test_a_code_says_its_level_and_whose_part_it_is(administrator: Caller, county: str) -> None:
    """Rights and sums go by the beginning of a code: one that does not fit its level or its parent is not entered."""
    good = division(county + "109")
    for wrong, words in (
        ({**good, "level": "village"}, "应为 12 位，现为 9 位"),
        ({**good, "parent_code": f"96{county[2:]}"}, "应以上级代码"),
        ({**good, "parent_code": county + "109"}, "应以上级代码"),
    ):
        answer = await administrator.post(PATH, {"listed_year": 2024, "regions": [wrong]})
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "/body/regions/0")
        assert words in error["detail"], error
    assert (await administrator.get(f"{PATH}/{county}109")).status_code == 404
    orphan = {**division(county + "108"), "parent_code": None}
    assert (await administrator.post(PATH, {"listed_year": 2024, "regions": [good, orphan]})).status_code == 201
