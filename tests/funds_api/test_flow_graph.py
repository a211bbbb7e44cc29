"""The graph of flows through the API: nodes and links that lose no fen, tied to the tranches, naming only one's own."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.callers import Caller
from tests.factories import fund, notice_request
from tests.funds_api.test_flows import END, River


@pytest.fixture
async def river(funds_http: httpx.AsyncClient, county: str) -> River:
    opened = await River(funds_http, county).open()
    await opened.run()
    return opened


async def graph(river: River, who: Caller | None = None, **asked: Any) -> dict[str, Any]:
    answer = await (who or river.clerk).get("/funds/v1/flow-graph", params={"as_of": END, **asked})
    assert answer.status_code == 200, answer.text
    found = dict(answer.json())
    column = {node["id"]: node["column"] for node in found["nodes"]}
    assert found["unexplained_fen"] == 0
    assert found["received_fen"] == found["tranches_fen"]
    assert all(node["unexplained_fen"] == 0 for node in found["nodes"])
    assert all(column[link["source"]] < column[link["target"]] for link in found["links"])
    for node in found["nodes"]:
        links = [*found["links"], *found["back_links"]]
        assert node["in_fen"] == sum(link["fen"] for link in links if link["target"] == node["id"])
        assert node["out_fen"] == sum(link["fen"] for link in links if link["source"] == node["id"])
    return found


async def test_by_level_the_money_runs_from_the_notice_to_the_builder_and_returns_run_back(river: River) -> None:
    found = await graph(river)
    assert [(node["id"], node["column"], node["rests_fen"]) for node in found["nodes"]] == [
        ("received", 0, 0),
        ("county", 1, 440_000),
        ("township", 2, 330_000),
        ("village", 3, 130_000),
        ("contractor", 4, 100_000),
    ]
    assert {(link["source"], link["target"], link["kind"], link["fen"]) for link in found["links"]} == {
        ("received", "county", "receive", 1_000_000),
        ("county", "township", "hand_down", 500_000),
        ("county", "village", "hand_down", 100_000),
        ("township", "village", "hand_down", 200_000),
        ("village", "contractor", "pay", 120_000),
    }
    assert {(link["source"], link["target"], link["kind"], link["fen"]) for link in found["back_links"]} == {
        ("contractor", "village", "recover", 20_000),
        ("village", "township", "return", 30_000),
        ("village", "county", "take_back", 40_000),
    }


async def test_by_unit_every_unit_is_a_node_and_sums_are_those_of_the_levels(river: River) -> None:
    found = await graph(river, by="unit")
    rests = {node["name"]: node["rests_fen"] for node in found["nodes"]}
    assert rests == {
        "来文资金": 0,
        "国库": 140_000,
        "扶贫办": 300_000,
        "一镇": 280_000,
        "二镇": 50_000,
        "201村": 70_000,
        "202村": 60_000,
        "施工": 100_000,
    }
    assert found["received_fen"] == sum(rests.values())


async def test_a_township_is_told_what_crossed_its_border_but_not_from_whom(river: River) -> None:
    found = await graph(river, river.township_clerk, by="unit")
    assert found["region_code"] == river.county + "101"
    assert {node["name"] for node in found["nodes"]} == {"本区划以外", "一镇", "201村", "施工"}
    elsewhere = next(node for node in found["nodes"] if node["id"] == "elsewhere")
    assert (elsewhere["in_fen"], elsewhere["out_fen"], elsewhere["rests_fen"]) == (50_000, 500_000, 0)
    refused = await river.township_clerk.get("/funds/v1/flow-graph", params={"region": river.county + "102"})
    assert refused.status_code == 403


async def test_the_graphs_of_the_funds_and_the_years_are_parts_of_the_whole(river: River) -> None:
    other = await fund(river.http, "OTHER-FUND")
    body = await notice_request(river.http, river.county, river.treasury, amounts=[77_000], fund_code=other)
    assert (await river.clerk.post("/funds/v1/notices", body)).status_code == 201
    whole = await graph(river)
    funds = [await graph(river, fund=code) for code in ("TEST-FUND", other)]
    assert whole["received_fen"] == sum(one["received_fen"] for one in funds) == 1_077_000
    assert (await graph(river, year=2017))["links"] == whole["links"]
    order = {"kind": "carry_over", "document": "结转", "effective_on": END, "from_year": 2017}
    await river.order({**order, "account_id": river.village})
    next_year = await graph(river, year=2018, as_of="2018-01-01")
    assert next_year["empty_because"] is not None
    this_year = {node["id"]: node for node in (await graph(river, year=2017, as_of="2018-01-01"))["nodes"]}
    assert (this_year["village"]["carried_fen"], this_year["village"]["rests_fen"]) == (-70_000, 60_000)


async def test_before_anything_happened_there_is_nothing_and_it_says_so(river: River) -> None:
    found = await graph(river, as_of="2017-02-28")
    assert (found["nodes"], found["links"], found["received_fen"]) == ([], [], 0)
    assert found["empty_because"]
