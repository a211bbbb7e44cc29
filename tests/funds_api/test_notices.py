"""Receiving notices: once, as printed, never more than stated, and in the county its money lives in."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from tests.callers import funds_caller
from tests.factories import notice_request, open_account


async def received(http: httpx.AsyncClient, county: str, **changes: Any) -> httpx.Response:
    clerk = funds_caller(http, "finance_clerk", county)
    account = await open_account(http, county, "treasury")
    return await clerk.post("/funds/v1/notices", await notice_request(http, county, account, **changes))


async def test_money_is_exact_to_the_fen_and_conserved(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """孟津 724.712484 万元 comes back as 724,712,484 fen."""
    answer = await received(funds_http, county, amounts=[150_000_000, 724_712_484], stated_total_fen=874_712_484)
    assert answer.status_code == 201, answer.text
    notice = answer.json()
    assert (notice["received_fen"], notice["unexplained_fen"], notice["discrepancies"]) == (874_712_484, 0, [])
    clerk = funds_caller(funds_http, "finance_clerk", county)
    read = (await clerk.get(f"/funds/v1/notices/{notice['id']}")).json()
    assert [line["amount_fen"] for line in read["lines"]] == [150_000_000, 724_712_484]
    assert read["unexplained_fen"] == 0
    lots = await admin.fetch("SELECT remaining_fen, arrived_on FROM funds.lot WHERE county_code = $1", county)
    assert sorted(lot["remaining_fen"] for lot in lots) == [150_000_000, 724_712_484]
    assert await admin.fetchval("SELECT sum_fen FROM funds.account WHERE county_code = $1", county) == 874_712_484


async def test_a_printed_sum_that_does_not_tie_stays_visible(funds_http: httpx.AsyncClient, county: str) -> None:
    answer = await received(
        funds_http, county, amounts=[20_480_000], stated_total_fen=428_000_000, completeness="partial"
    )
    assert answer.json()["received_fen"] == 20_480_000
    assert answer.json()["discrepancies"] == [
        {
            "check": "lines",
            "group_no": "",
            "printed_fen": 428_000_000,
            "summed_fen": 20_480_000,
            "difference_fen": -407_520_000,
        }
    ]


async def test_lines_beyond_the_total_are_refused_and_by_source_received(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    printed = {"amounts": [1_598_000_000], "stated_total_fen": 846_670_000}
    refused = await received(funds_http, county, **printed)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/notice-exceeded")
    assert refused.json()["figures"]["difference_fen"] == 751_330_000
    assert await admin.fetchval("SELECT count(*) FROM funds.tranche WHERE county_code = $1", county) == 0
    sources = [480_000_000, 366_670_000]
    kept = await received(funds_http, county, **printed, sources=sources, brought_by="sources")
    assert kept.status_code == 201, kept.text
    assert kept.json()["received_fen"] == 846_670_000
    assert [gap["difference_fen"] for gap in kept.json()["discrepancies"]] == [751_330_000]


async def test_one_document_of_one_issuer_is_received_once_whatever_its_brackets(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    number = f"县财农[2017]{uuid4().int % 100000}号"
    first = await received(funds_http, county, document_number=number)
    again = await received(funds_http, county, document_number=number.replace("[", "〔").replace("]", "〕"))
    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()["type"]) == (409, "/problems/notice-known")
    assert again.json()["figures"]["notice_id"] == first.json()["id"]


async def _neighbour(admin: asyncpg.Pool, county: str) -> str:
    other = f"{int(county) + 5000}"
    await admin.execute(
        "INSERT INTO funds.region VALUES ($1, '邻县', 'county', '9900', 2023) ON CONFLICT DO NOTHING", other
    )
    return other


async def _of_the_province(http: httpx.AsyncClient, county: str, number: str, fen: int, **changes: Any) -> Any:
    """What a county makes of its own line of a 指标文 of the province, which states 1,000 fen for all."""
    account = await open_account(http, county, "treasury")
    issued = {"issuer": "测试省财政厅", "title": "提前下达专项扶贫资金", "document_number": number}
    printed = {"region": county[:2], "stated_total_fen": 1_000, "completeness": "partial", **changes}
    request = await notice_request(http, county, account, amounts=[fen], **issued, **printed)
    return await funds_caller(http, "finance_clerk", county).post("/funds/v1/notices", request)


async def test_a_document_that_names_several_counties_is_received_by_each_of_them_once(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other, number = await _neighbour(admin, county), f"测财农〔2017〕{uuid4().int % 100000}号"
    first = await _of_the_province(funds_http, county, number, 600)
    second = await _of_the_province(funds_http, other, number, 400)
    assert (first.status_code, second.status_code) == (201, 201), second.text
    for here, there, own, fen in ((county, other, first, 600), (other, county, second, 400)):
        again = await _of_the_province(funds_http, here, number.replace("〔", "[").replace("〕", "]"), 1)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/notice-known"), again.text
        figures = again.json()["figures"]
        assert (figures["county_code"], figures["notice_id"]) == (here, own.json()["id"])
        clerk = funds_caller(funds_http, "finance_clerk", here)
        read = (await clerk.get(f"/funds/v1/notices/{own.json()['id']}")).json()
        assert (read["received_fen"], read["elsewhere_fen"], read["unexplained_fen"]) == (fen, 0, 0)
        assert [tranche["county_code"] for tranche in read["tranches"]] == [here]
        copy = first if here == other else second
        beside = (await clerk.get(f"/funds/v1/notices/{copy.json()['id']}")).json()
        assert (beside["tranches"], beside["elsewhere_fen"], beside["unexplained_fen"]) == ([], 1_000 - fen, 0), there


async def test_counties_together_receive_no_more_than_their_document_states(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other, number = await _neighbour(admin, county), f"测财农〔2017〕{uuid4().int % 100000}号"
    assert (await _of_the_province(funds_http, county, number, 600)).status_code == 201
    refused = await _of_the_province(funds_http, other, number, 401)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/notice-exceeded"), refused.text
    figures = {"stated_total_fen": 1_000, "parts_fen": 401, "elsewhere_fen": 600, "difference_fen": 1}
    assert figures.items() <= refused.json()["figures"].items()
    assert "其他县已按此文件接收的 6.00 元" in refused.json()["detail"]
    for stated in (None, 5_000):
        told = await _of_the_province(funds_http, other, number, 401, stated_total_fen=stated)
        assert figures.items() <= told.json()["figures"].items(), "what another county read in the document binds, too"
    assert await admin.fetchval("SELECT count(*) FROM funds.tranche WHERE county_code = $1", other) == 0
    assert (await _of_the_province(funds_http, other, number, 400)).status_code == 201


async def test_counties_that_receive_at_once_do_not_exceed_their_document(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other, number = await _neighbour(admin, county), f"测财农〔2017〕{uuid4().int % 100000}号"
    answers = await asyncio.gather(
        *(_of_the_province(funds_http, here, number, 600) for here in (county, other, county, other))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    received = "SELECT sum(amount_fen) FROM funds.tranche WHERE county_code = ANY($1)"
    assert await admin.fetchval(received, [county, other]) == 600


async def test_a_prefecture_list_puts_each_line_into_its_own_county(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other = await _neighbour(admin, county)
    here, there = await open_account(funds_http, county, "treasury"), await open_account(funds_http, other, "treasury")
    clerk = funds_caller(funds_http, "finance_clerk", "99")
    request = await notice_request(funds_http, county, here, amounts=[100, 200], region="99")
    request["lines"][1]["county_code"] = other
    request["accounts"][other] = there
    notice = (await clerk.post("/funds/v1/notices", request)).json()
    assert notice["received_fen"] == 300
    own = (await funds_caller(funds_http, "finance_clerk", county).get(f"/funds/v1/notices/{notice['id']}")).json()
    assert [tranche["amount_fen"] for tranche in own["tranches"]] == [100]
    assert (own["elsewhere_fen"], own["unexplained_fen"]) == (200, 0)
    streams = await admin.fetch(
        "SELECT stream FROM funds.event WHERE kind = 'NoticeReceived' AND stream = ANY($1)", [county, other]
    )
    assert sorted(row["stream"] for row in streams) == sorted([county, other])


async def test_a_county_receives_what_a_level_above_has_issued_and_for_itself_alone(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    account = await open_account(funds_http, county, "treasury")
    good = await notice_request(funds_http, county, account, amounts=[100], region=county[:2])
    answer = await clerk.post("/funds/v1/notices", good)
    assert (answer.status_code, answer.json().get("region_code")) == (201, county[:2]), answer.text
    others = await notice_request(funds_http, county, account, amounts=[100], region=county[:2])
    others["lines"][0]["county_code"] = "980001"
    answer = await clerk.post("/funds/v1/notices", {**others, "accounts": {"980001": account}})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/outside-region")


async def test_bad_notices_are_told_what_is_wrong(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk = funds_caller(funds_http, "finance_clerk", county)
    account = await open_account(funds_http, county, "treasury")
    good = await notice_request(funds_http, county, account)
    for change, status, slug in (
        ({"lines": []}, 422, "nothing-brought"),
        ({"accounts": {}}, 422, "account-missing"),
        ({"fund_code": "NOT-THERE"}, 404, "not-found"),
        ({"region_code": "980001"}, 403, "outside-region"),
        ({"stated_total_fen": 1.5}, 422, "invalid-request"),
        ({"stated_total_fen": "100"}, 422, "invalid-request"),
        ({"title": "甲\x00乙"}, 422, "invalid-request"),
        ({"surprise": 1}, 422, "invalid-request"),
    ):
        answer = await clerk.post("/funds/v1/notices", {**good, **change})
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    township = funds_caller(funds_http, "township_clerk", county + "101")
    assert (await township.post("/funds/v1/notices", good)).status_code == 403
    broken = await clerk.request(
        "POST", "/funds/v1/notices", content=b'{"a": NaN}', headers={"content-type": "application/json"}
    )
    assert (broken.status_code, broken.json()["type"]) == (400, "/problems/unreadable-body")
