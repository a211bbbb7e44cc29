"""Reports over HTTP: what they hold, who may take them, and that taking one is on record before it leaves."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
from typing import Any
from uuid import uuid4

import asyncpg
import fastexcel
import httpx
import pytest

from chassis.database import Database
from services.audit_api.reports import service, store
from services.audit_api.reports.places import Places
from services.audit_api.reports.printing import PrintRoom
from services.audit_api.reports.schemas import ReportFormat
from tests.audit_api.engaged import Office
from tests.audit_api.feeds import FakeFeed, money, moved
from tests.audit_api.office import checker, confirmed, decision, finding, issued
from tests.audit_api.test_finding import alerted, order, refused
from tests.callers import audit_caller

AS_OF = {"as_of": "2017-11-30"}
URL = "/audit/v1/reports/"
NAMES = ("findings", "orders", "bulletin", "statistics")


@pytest.fixture(autouse=True)
def patient(audit_http: httpx.AsyncClient) -> None:
    """A busy machine breaks no promise: the printer may take its time."""
    audit_http.app.state.print_room = PrintRoom(most_seconds=300)  # type: ignore[attr-defined]


@pytest.fixture
async def cases(audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str) -> list[str]:
    """Two findings of 100000 fen, the first ordered and 40000 fen of it put right, and one of the next year."""
    inspector = audit_caller(audit_http, "inspector", county)
    lots = [uuid4() for _ in range(3)]
    alerts = await alerted(feed, database, county, *lots)
    found = []
    for at, (alert, day) in enumerate(zip(alerts, ("2017-11-01", "2017-11-05", "2018-01-05"), strict=True)):
        found.append((await confirmed(inspector, finding(alert, found_on=day, title=f"=第{at}项")))["id"])
    await inspector.post("/audit/v1/findings", finding(title="拟稿不入报表", amount_fen=7))
    await issued(inspector, order(found[0], county))
    feed.append(county, money(county, moved(county, (lots[0], 40_000))))
    await feed.follower(database, county).round()
    return found


def rows_of(section: dict[str, Any]) -> list[dict[str, Any]]:
    keys = [column["key"] for column in section["columns"]]
    return [dict(zip(keys, row["cells"], strict=True)) for row in section["rows"]]


async def taken(admin: asyncpg.Pool, county: str) -> list[dict[str, Any]]:
    rows = await admin.fetch(
        "SELECT body FROM audit.event WHERE stream = $1 AND kind = 'ReportTaken' ORDER BY position", county
    )
    return [json.loads(row["body"]) for row in rows]


async def test_the_list_of_findings_comes_to_what_the_findings_say(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    answer = await inspector.get(URL + "findings", params=AS_OF)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    [section] = told["sections"]
    assert [row["finding_id"] for row in rows_of(section)] == cases[:2], "the one of the next year is not there yet"
    first, second = rows_of(section)
    assert (first["units"], first["deadline"], first["state"]) == ("第一镇财政所", "2017-11-17", "整改中")
    assert (second["units"], second["deadline"], second["state"]) == ("", None, "已认定")
    assert section["totals"] == {"amount_fen": 200_000, "rectified_fen": 40_000, "outstanding_fen": 160_000}
    assert [proof["unexplained"] for proof in told["proofs"]] == [0, 0, 0]
    listed = (await inspector.get("/audit/v1/findings", params=AS_OF)).json()["items"]
    assert sum(one["amount_fen"] for one in listed if one["id"] in cases[:2]) == 200_000
    assert told["basis"]["path"] == URL + "findings"
    assert told["basis"]["parameters"] == {"county": county, **AS_OF}


async def test_the_ledger_of_orders_tells_steps_and_days_overdue(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    told = (await audit_caller(audit_http, "inspector", county).get(URL + "orders", params=AS_OF)).json()
    [row] = rows_of(told["sections"][0])
    assert (row["state"], row["days_overdue"], row["steps"]) == ("整改中", 13, "2017-11-02下达")
    assert (row["kind"], row["place"]) == ("立行立改", county + "101")
    assert told["sections"][0]["totals"] == {"amount_fen": 100_000, "rectified_fen": 40_000}


async def test_statistics_by_class_place_and_unit_come_to_the_same(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    told = (await audit_caller(audit_http, "inspector", county).get(URL + "statistics", params=AS_OF)).json()
    assert [one["heading"] for one in told["sections"]] == [
        "一、按问题分类",
        "二、按区划",
        "三、按责任单位",
        "四、按审计和专项整治项目",
    ]
    assert len({json.dumps(one["totals"]) for one in told["sections"]}) == 1
    places = {row["name"]: row for row in rows_of(told["sections"][1])}
    assert (places[county + "101"]["overdue_n"], places[county + "101"]["rectified_share"]) == (1, "40.00%")
    assert places["（尚未下达整改）"]["findings_n"] == 1


async def test_a_bulletin_is_of_the_year_of_its_day(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    of_2017 = (
        await inspector.get(URL + "bulletin", params={**AS_OF, "issuer": "某县纪委", "number": "〔2017〕3号"})
    ).json()
    assert of_2017["title"] == "关于2017年1—11月扶贫资金问题整改情况的通报"
    assert (of_2017["issuer"], of_2017["number"]) == ("某县纪委", "〔2017〕3号")
    assert "共认定问题2个" in of_2017["paragraphs"][0]
    assert of_2017["basis"]["parameters"] == {"county": county, **AS_OF, "since": "2017-01-01"}
    of_2018 = (await inspector.get(URL + "bulletin", params={"as_of": "2018-01-31"})).json()
    assert "共认定问题1个" in of_2018["paragraphs"][0]


@pytest.mark.parametrize("name", NAMES)
async def test_each_report_comes_in_each_format_and_is_on_record(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], admin: asyncpg.Pool, name: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    answers = [await inspector.get(URL + name, params={**AS_OF, "format": form}) for form in ("json", "xlsx", "pdf")]
    assert [one.status_code for one in answers] == [200, 200, 200], [one.text[:300] for one in answers]
    plain, sheet, pdf = answers
    assert "content-disposition" not in plain.headers
    assert pdf.content.startswith(b"%PDF-")
    assert pdf.headers["content-type"] == "application/pdf"
    for one, ending in ((sheet, "xlsx"), (pdf, "pdf")):
        assert one.headers["content-disposition"].startswith(
            f'attachment; filename="{county}-{name}-20171130.{ending}"; filename*=UTF-8'
        )
    book = fastexcel.read_excel(sheet.content)
    assert len(book.sheet_names) == len(plain.json()["sections"]) + 1

    records = await taken(admin, county)
    assert [(one["report"], one["file_format"]) for one in records] == [(name, "json"), (name, "xlsx"), (name, "pdf")]
    for one, record in zip(answers, records, strict=True):
        assert record["sha256"] == hashlib.sha256(one.content).hexdigest() == one.headers["x-content-sha256"]
        assert record["size_bytes"] == len(one.content)
        assert record["rows_n"] == sum(len(section["rows"]) for section in plain.json()["sections"])
        assert (record["reader"], record["parameters"]) == (f"inspector.{county}", plain.json()["basis"]["parameters"])


async def test_a_title_that_looks_like_a_formula_is_text(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    answer = await inspector.get(
        URL + "findings",
        params=AS_OF,
        headers={"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    )
    rows = fastexcel.read_excel(answer.content).load_sheet("表1", header_row=2).to_polars()
    assert rows["问题"].to_list()[:2] == ["'=第0项", "'=第1项"]
    assert rows["涉及金额（元）"].to_list() == [1000.0, 1000.0, 2000.0, 2000.0]


async def test_a_county_without_findings_is_told_so_in_every_format(audit_http: httpx.AsyncClient, county: str) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    told = (await inspector.get(URL + "findings", params=AS_OF)).json()
    assert told["sections"][0]["empty_because"] == "截至该日没有已认定的问题"
    for name in NAMES:
        answer = await inspector.get(URL + name, params={**AS_OF, "format": "pdf"})
        assert answer.status_code == 200, answer.text


async def test_reports_are_the_inspectors_and_of_their_own_county(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], admin: asyncpg.Pool
) -> None:
    for role, region in (("finance_clerk", county), ("township_clerk", county + "101"), ("feed_reader", county)):
        refused(await audit_caller(audit_http, role, region).get(URL + "findings"), 403, "forbidden")
    neighbour = audit_caller(audit_http, "inspector", str(int(county) - 1))
    refused(await neighbour.get(URL + "findings", params={"county": county}), 403, "outside-region")
    above = audit_caller(audit_http, "inspector", county[:4])
    refused(await above.get(URL + "findings"), 422, "county-needed")
    assert await taken(admin, county) == []
    seen = await above.get(URL + "findings", params={**AS_OF, "county": county})
    assert len(seen.json()["sections"][0]["rows"]) == 2


async def test_bad_requests_are_refused_and_leave_no_record(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    for params in ({"format": "docx"}, {"as_of": "2017-11-31"}, {"since": "yesterday"}, {"known_at": "2017-11-30"}):
        refused(await inspector.get(URL + "findings", params=params), 422, "invalid-request")
    refused(await inspector.get(URL + "nothing"), 422, "invalid-request")
    refused(await inspector.get(URL + "findings", headers={"Accept": "text/html"}), 406, "report-format-not-offered")
    assert await taken(admin, county) == []


async def test_a_report_of_more_rows_than_a_file_takes_is_refused_with_the_figures(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    for most, status in ((1, 409), (2, 200)):
        monkeypatch.setattr(service, "MOST_ROWS", dict.fromkeys(ReportFormat, most))
        answer = await inspector.get(URL + "findings", params=AS_OF)
        assert answer.status_code == status
        if status == 409:
            refused(answer, 409, "report-too-large")
            assert answer.json()["figures"] == {"rows_n": 2, "most": 1}
    narrowed = await inspector.get(URL + "findings", params={**AS_OF, "since": "2017-11-05"})
    assert len(narrowed.json()["sections"][0]["rows"]) == 1
    early, late = [
        (await inspector.get(URL + "findings", params={**AS_OF, **part})).json()
        for part in ({"until": "2017-11-04"}, {"since": "2017-11-05", "until": "2017-11-05"})
    ]
    assert [row["finding_id"] for part in (early, late) for row in rows_of(part["sections"][0])] == cases[:2]
    assert early["basis"]["parameters"] == {"county": county, **AS_OF, "until": "2017-11-04"}
    backwards = {**AS_OF, "since": "2017-11-05", "until": "2017-11-04"}
    refused(await inspector.get(URL + "findings", params=backwards), 409, "dates-out-of-order")
    bulletin = (await inspector.get(URL + "bulletin", params={**AS_OF, "until": "2017-11-04"})).json()
    assert "共认定问题2个" in bulletin["paragraphs"][0]
    monkeypatch.setattr(service, "MOST_READ", 1)
    refused(await inspector.get(URL + "statistics", params=AS_OF), 409, "report-too-large")
    assert len(await taken(admin, county)) == 5


async def test_a_report_that_is_a_fen_off_the_books_is_not_handed_out(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], admin: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = store.sums

    async def a_fen_off(*args: Any) -> Any:
        return dataclasses.replace(said := await sums(*args), amount_fen=said.amount_fen + 1)

    monkeypatch.setattr(store, "sums", a_fen_off)
    answer = await audit_caller(audit_http, "inspector", county).get(URL + "findings", params=AS_OF)
    refused(answer, 409, "report-does-not-tie")
    assert answer.json()["figures"]["parent"] - answer.json()["figures"]["parts"] == 1
    assert await taken(admin, county) == []


async def test_nothing_leaves_that_is_not_on_record(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError("the journal cannot be written")

    monkeypatch.setattr(service, "record_alone", broken)
    answer = await audit_caller(audit_http, "inspector", county).get(URL + "findings", params=AS_OF)
    assert answer.status_code == 500
    assert "第0项" not in answer.text


async def test_a_caller_gets_one_report_at_a_time_and_a_colleague_gets_theirs(
    audit_http: httpx.AsyncClient, county: str, cases: list[str]
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    colleague = audit_caller(audit_http, "inspector", county, subject="another")
    asked = {**AS_OF, "format": "pdf"}
    answers = await asyncio.gather(
        *(one.get(URL + "findings", params=asked) for one in (inspector, inspector, colleague))
    )
    assert sorted(one.status_code for one in answers[:2]) == [200, 409]
    assert answers[2].status_code == 200
    [late] = [one for one in answers if one.status_code == 409]
    refused(late, 409, "report-under-way")
    assert (await inspector.get(URL + "findings", params=asked)).status_code == 200


async def test_a_report_as_it_was_known_is_the_same_to_the_byte_whatever_came_later(
    audit_http: httpx.AsyncClient,
    database: Database,
    feed: FakeFeed,
    county: str,
    cases: list[str],
    admin: asyncpg.Pool,
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    [at] = await admin.fetchrow("SELECT max(recorded_at) FROM audit.event WHERE stream = $1", county)
    asked = {**AS_OF, "known_at": at.isoformat()}
    forms = [(name, form) for name in NAMES for form in ("json", "xlsx", "pdf")]
    before = {one: (await inspector.get(URL + one[0], params={**asked, "format": one[1]})).content for one in forms}

    # Later, of the same business days: more money put right, one more finding, one more order.
    lot = uuid4()
    [alert] = await alerted(feed, database, county, lot)
    late = await confirmed(inspector, finding(alert, found_on="2017-11-06"))
    await issued(inspector, order(cases[1], county, on="2017-11-06"))
    feed.append(county, money(county, moved(county, (lot, 10_000))))
    await feed.follower(database, county).round()

    now = (await inspector.get(URL + "findings", params=AS_OF)).json()["sections"][0]
    assert late["id"] in [row["finding_id"] for row in rows_of(now)]
    assert now["totals"]["rectified_fen"] == 50_000
    for one in forms:
        again = await inspector.get(URL + one[0], params={**asked, "format": one[1]})
        assert again.content == before[one], one
    then = json.loads(before["findings", "json"])
    assert then["sections"][0]["totals"]["rectified_fen"] == 40_000
    assert then["basis"]["known_at"] is not None
    assert then["basis"]["position"] < (await inspector.get(URL + "findings")).json()["basis"]["position"]


async def test_a_finding_is_in_no_report_before_another_person_confirmed_it(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    drafted = (await inspector.post("/audit/v1/findings", finding(amount_fen=7))).json()
    assert (await inspector.get(URL + "findings", params=AS_OF)).json()["sections"][0]["rows"] == []
    url = f"/audit/v1/findings/{drafted['id']}/reviews"
    answer = await checker(audit_http, county).post(url, decision(drafted, on="2017-11-20"))
    assert answer.status_code == 201, answer.text
    for day, n in (("2017-11-19", 0), ("2017-11-20", 1)):
        told = (await inspector.get(URL + "findings", params={"as_of": day})).json()
        assert len(told["sections"][0]["rows"]) == n, day


async def test_an_amount_within_another_is_shown_and_counted_once_and_one_about_so_much_is_marked(
    audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    total = await confirmed(inspector, finding(amount_fen=250_000, amount_known="approximate", title="全县滞留"))
    middle = await confirmed(inspector, finding(within_finding_id=total["id"], title="金额不明的一类"))
    lot = uuid4()
    [alert] = await alerted(feed, database, county, lot)
    inner = await confirmed(inspector, finding(alert, within_finding_id=middle["id"], title="其中一镇"))
    feed.append(county, money(county, moved(county, (lot, 60_000))))
    await feed.follower(database, county).round()

    told = (await inspector.get(URL + "findings", params=AS_OF)).json()
    [section] = told["sections"]
    assert section["totals"] == {"amount_fen": 250_000, "rectified_fen": 60_000, "outstanding_fen": 190_000}
    rows = {row["finding_id"]: row for row in rows_of(section)}
    assert (rows[total["id"]]["about"], rows[total["id"]]["rectified_fen"]) == ("约", 60_000)
    assert (rows[middle["id"]]["amount_fen"], rows[inner["id"]]["amount_fen"]) == (None, 100_000)
    assert rows[inner["id"]]["title"] == f"其中一镇（属第{rows[total['id']]['no']}项之内）"
    for name in ("statistics", "bulletin"):
        for one in (await inspector.get(URL + name, params=AS_OF)).json()["sections"]:
            assert (one["totals"]["amount_fen"], one["totals"]["findings_n"]) == (250_000, 3), one["heading"]

    # Only what is ordered is in the ledger: there the inner one counts until the outer one is ordered too.
    for id_, amount_fen in ((inner["id"], 100_000), (total["id"], 250_000)):
        await issued(inspector, order(id_, county))
        ledger = (await inspector.get(URL + "orders", params=AS_OF)).json()
        assert ledger["sections"][0]["totals"] == {"amount_fen": amount_fen, "rectified_fen": 60_000}
        assert [proof["unexplained"] for proof in ledger["proofs"]] == [0, 0, 0]
    printed = await inspector.get(URL + "findings", params={**AS_OF, "format": "pdf"})
    assert printed.status_code == 200, printed.text


async def test_places_are_told_by_name_and_findings_are_counted_by_engagement(
    audit_http: httpx.AsyncClient, county: str, cases: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # In the state's own dict: undone as an attribute, it would be gone for every test behind this one.
    state = audit_http.app.state._state  # type: ignore[attr-defined]
    monkeypatch.setitem(state, "places", Places({county: "某县", county + "101": "第一镇"}))
    office = Office(audit_http, county)
    await office.at_work(fund_codes=["zxfp"])
    inspector = audit_caller(audit_http, "inspector", county)
    named = await office.li.post(
        f"/audit/v1/engagements/{office.id}/findings", {"finding_id": cases[0], "on": "2023-03-10"}
    )
    assert named.status_code == 201, named.text

    async def counted(**query: str) -> dict[str, int]:
        told = (await inspector.get(URL + "statistics", params=query)).json()
        assert told["issuer"] == "某县监督检查机关"
        assert f"第一镇（{county}101）" in [row["name"] for row in rows_of(told["sections"][1])]
        return {row["name"]: row["findings_n"] for row in rows_of(told["sections"][3])}

    none = "（未列入审计、专项整治等项目）"
    assert await counted(as_of="2023-03-10") == {f"县农业农村局2022年衔接资金审计（{office.id[-8:]}）": 1, none: 2}
    assert await counted(as_of="2023-03-09") == {none: 3}
    [row] = rows_of((await inspector.get(URL + "orders", params=AS_OF)).json()["sections"][0])
    assert row["place"] == f"第一镇（{county}101）"
    letter = {"addressee": "各乡镇人民政府", "format": "pdf"}
    assert (await inspector.get(URL + "bulletin", params={**AS_OF, **letter})).status_code == 200
