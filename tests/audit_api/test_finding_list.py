"""The list of findings: what is searched, in which order it comes, and that it tells what was known then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.audit_api.office import confirmed, confirmed_draft, finding, issued
from tests.audit_api.test_finding import order, refused
from tests.callers import Caller, audit_caller

FINDINGS = "/audit/v1/findings"
SAYING = (
    "SELECT finding_id FROM audit.findings_saying($1, ARRAY['资金'], 9e18::bigint, NULL, NULL, NULL, NULL, NULL, NULL,"
    " 'oldest', NULL, NULL, 51)"
)


async def drawn_up(inspector: Caller, **more: Any) -> str:
    answer = await inspector.post(FINDINGS, finding(**more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def listed(inspector: Caller, **query: Any) -> list[str]:
    answer = await inspector.get(FINDINGS, params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def facts(*what: str) -> dict[str, Any]:
    return {"recorded_facts": [{"what": one} for one in what]}


@pytest.fixture
def inspector(audit_http: httpx.AsyncClient, county: str) -> Caller:
    return audit_caller(audit_http, "inspector", county)


async def test_words_are_found_in_title_and_facts_and_all_of_them_have_to_occur(inspector: Caller) -> None:
    one = await drawn_up(inspector, title="挪用专项资金", facts="用于购置CT设备", **facts("修建戏台", "凭证第12号"))
    two = await drawn_up(inspector, title="滞留专项资金", facts="现金管理不规范", **facts("未拨付"))
    for text, expected in {
        "专项资金": [one, two],
        "ct设备": [one],
        "戏台": [one],
        "台": [one],
        "第12号": [one],
        "资金 戏台": [one],
        "戏台 CT　挪用": [one],
        "戏台 滞留": [],
        "不规范": [two],
        # Each pair of its characters is there, and the words are not: 资金 and 金管 and 管理.
        "资金管理": [],
        # A line ends between the title and the facts, and between two facts.
        "资金用于": [],
        "戏台凭证": [],
        "专项_金": [],
        "%": [],
    }.items():
        assert await listed(inspector, text=text) == expected, text


async def test_a_phrase_is_found_where_its_grams_are_in_many_others(inspector: Caller) -> None:
    for phrase, near in {
        "四五六七": "四五六，五六七",  # each three of them
        "一二三四五六": "一二三四五，二三四五六",  # each five of them
    }.items():
        for _ in range(55):  # more than are looked at in a first go
            await drawn_up(inspector, title=near)
        there = await drawn_up(inspector, title=phrase)
        assert await listed(inspector, text=phrase, limit=1) == [there]
        await drawn_up(inspector, title=near)
        assert await listed(inspector, text=phrase, sort="newest") == [there]


async def test_the_list_tells_what_was_known_then_as_each_finding_does(inspector: Caller, county: str) -> None:
    first = (await inspector.post(FINDINGS, finding(title="旧的标题", amount_fen=100))).json()
    drafted = clock.now().isoformat()
    again = finding(title="新的标题", amount_fen=900, class_code="F04", based_on=first["version_hash"])
    second = (await inspector.post(f"{FINDINGS}/{first['id']}/versions", again)).json()
    rewritten = clock.now().isoformat()
    await confirmed_draft(inspector.http, county, second)
    settled = clock.now().isoformat()
    await issued(inspector, order(first["id"], county))
    known: list[tuple[dict[str, str], str, str, str, int]] = [
        ({"known_at": drafted}, "旧的", "draft", "F01", 100),
        ({"known_at": rewritten}, "新的", "draft", "F04", 900),
        ({"known_at": settled}, "新的", "open", "F04", 900),
        ({}, "新的", "ordered", "F04", 900),
    ]
    for when, text, status, code, fen in known:
        page = (await inspector.get(FINDINGS, params=when)).json()
        file = (await inspector.get(f"{FINDINGS}/{first['id']}", params=when)).json()
        assert (page["known_at"], page["known_position"]) == (file["known_at"], file["known_position"])
        [told] = page["items"]
        assert {name: file[name] for name in told} == told
        assert (told["status"], told["class_code"], told["amount_fen"]) == (status, code, fen)
        for fits in (
            {"text": text},
            {"status": status},
            {"class_code": code, "text": "标题"},
            {"at_least_fen": fen, "at_most_fen": fen},
            {"status": status, "text": text, "at_least_fen": fen, "at_most_fen": fen},
        ):
            assert await listed(inspector, **when, **fits) == [first["id"]], (when, fits)
        for missed in (
            {"text": "旧的" if text == "新的" else "新的"},
            {"status": "closed"},
            {"status": "closed", "text": text},
            {"class_code": "F05", "text": text},
            {"at_least_fen": fen + 1},
            {"at_most_fen": fen - 1, "text": text},
        ):
            assert await listed(inspector, **when, **missed) == [], (when, missed)
    before = {"known_at": "2020-01-01T00:00:00Z"}
    assert (await listed(inspector, **before), await listed(inspector, **before, text="标题")) == ([], [])


@pytest.mark.parametrize("text", [None, "资金"])
async def test_pages_come_in_the_order_asked_for_and_are_whole(inspector: Caller, text: str | None) -> None:
    made = [
        {"amount_fen": 300, "found_on": "2017-03-01"},
        {"found_on": "2017-05-01"},
        {"amount_fen": 500, "found_on": "2017-03-01"},
        {"amount_fen": 300, "found_on": "2017-01-01"},
        {"amount_fen": 100, "found_on": "2017-04-01"},
    ]
    names = {await drawn_up(inspector, **more): str(at) for at, more in enumerate(made)}
    words = {"text": text} if text else {}
    for sort, expected in {"oldest": "01234", "newest": "43210", "amount": "23041", "found_on": "14203"}.items():
        for limit in (1, 2, 5):
            found, query = "", {"sort": sort, "limit": str(limit), **words}
            while True:
                page = (await inspector.get(FINDINGS, params=query)).json()
                found += "".join(names[one["id"]] for one in page["items"])
                if page["next"] is None:
                    break
                query["after"] = page["next"]
            assert found == expected, (sort, limit)
    marks = {}
    for sort in ("oldest", "newest", "amount", "found_on"):
        marks[sort] = (await inspector.get(FINDINGS, params={"sort": sort, "limit": "1"})).json()["next"]
    for sort in marks:
        for other, after in marks.items():
            answer = await inspector.get(FINDINGS, params={"sort": sort, "after": after, **words})
            assert answer.status_code == (200 if other == sort else 422), (sort, other)


async def test_a_search_of_words_judges_everything_else_alike(inspector: Caller, county: str) -> None:
    """The conditions stand twice, in a query and in a function of the database: both say the same."""
    place, report = county + "101", await filed(inspector)
    for number in range(12):
        about = (None, place, place + "201")[number % 3]
        amount = (None, 1, 100, 10**14)[number % 4]
        more = {"about_region": about, "amount_fen": amount, "class_code": f"F0{1 + number % 2}"}
        if number % 5 == 0:
            more["report_id"] = report
        await (confirmed(inspector, finding(**more)) if number % 2 else drawn_up(inspector, **more))
    asked = [
        {
            "status": status,
            "class_code": code,
            "about": about,
            "report": named,
            "at_least_fen": low,
            "at_most_fen": high,
        }
        for status in (None, "draft", "open")
        for code in (None, "F02")
        for about, named in ((None, None), (place, None), (place + "201", None), (None, report), (None, str(uuid4())))
        for low, high in ((None, None), (0, None), (1, 100), (101, None), (None, 0))
    ]
    sizes = set()
    for query in asked:
        told = {name: value for name, value in query.items() if value is not None}
        plain = await listed(inspector, **told, sort="newest")
        assert await listed(inspector, **told, sort="newest", text="资金") == plain, told
        sizes.add(len(plain))
    assert {0, 12} < sizes


async def filed(inspector: Caller) -> str:
    report = {"reference": "A1", "title": "审计结果", "auditor": "审计厅", "told": {}}
    answer = await inspector.post("/audit/v1/filed-reports", report)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_nobody_finds_words_outside_the_own_region(
    audit_http: httpx.AsyncClient, inspector: Caller, county: str, later: str
) -> None:
    one = await drawn_up(inspector)
    query = {"text": "资金", "county": county}
    for region, expected in ((county[:2], [one]), (county, [one]), (county + "101", [])):
        caller = audit_caller(audit_http, "inspector", region)
        assert await listed(caller, **query) == expected
        assert await listed(caller, county=county) == expected
    refused(await audit_caller(audit_http, "inspector", later).get(FINDINGS, params=query), 403, "outside-region")


@pytest.fixture
async def role(urls: dict[str, str]) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(urls["audit"])
    yield connection
    await connection.close()


async def test_the_function_that_searches_holds_rows_against_the_region_by_itself(
    role: asyncpg.Connection, inspector: Caller, county: str, later: str
) -> None:
    one = UUID(await drawn_up(inspector))
    for region, expected in ((county, [one]), (county[:4], [one]), (county + "101", []), (later, []), ("", [])):
        async with role.transaction():
            await role.execute("SELECT set_config('app.region', $1, true)", region)
            assert [row["finding_id"] for row in await role.fetch(SAYING, county)] == expected
            seen = await role.fetchval("SELECT count(*) FROM audit.finding_listed WHERE county_code = $1", county)
            assert seen == len(expected)
    assert await role.fetch(SAYING, county) == [], "outside of a request nobody calls"
    for statement in (
        "UPDATE audit.finding_listed SET amount_fen = 0",
        "DELETE FROM audit.finding_listed",
        "SELECT audit.finding_said('990001', gen_random_uuid(), 1)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await role.execute(statement)


async def test_who_is_forgotten_is_not_found_any_more(
    audit_http: httpx.AsyncClient, inspector: Caller, county: str, admin: asyncpg.Pool
) -> None:
    name = "虚构人李某某"
    kept = await drawn_up(inspector, title="虚构人李四", **facts("名单不全"))
    gone = await drawn_up(inspector, title=f"{name}冒领", facts=f"{name}冒领一次", **facts(f"{name}未退回"))
    assert await listed(inspector, text="虚构人") == [kept, gone]
    asked = await inspector.post(
        "/audit/v1/erasures",
        {
            "what": "finding",
            "id": gone,
            "fields": ["title", "facts"],
            "basis": "handled_unlawfully",
            "document": "个请〔2026〕3号",
            "on": "2026-03-03",
        },
    )
    assert asked.status_code == 201, asked.text
    decision = {
        "version_hash": asked.json()["version_hash"],
        "decision": "agreed",
        "opinion": "应予删除",
        "on": "2026-03-04",
    }
    other = audit_caller(audit_http, "inspector", county, subject="another.inspector")
    decided = await other.post(f"/audit/v1/erasures/{asked.json()['id']}/decision", decision)
    assert decided.status_code == 201, decided.text
    assert (await listed(inspector, text="虚构人"), await listed(inspector, text="李某")) == ([kept], [])
    left = await admin.fetchval(
        "SELECT count(*) FROM audit.finding_listed WHERE finding_id = $1 AND grams && audit.grams($2, $3, '{2}')",
        UUID(gone),
        county,
        name,
    )
    assert left == 0, "not even a pair of the name's characters is kept"


async def test_what_was_there_before_is_listed_by_the_same_statement(admin: asyncpg.Pool, inspector: Caller) -> None:
    """The rows a migration fills are those the triggers write."""
    from migrations.findings_listed_v1 import FILL  # noqa: PLC0415

    first = (await inspector.post(FINDINGS, finding(amount_fen=7))).json()
    again = finding(title="另一稿", based_on=first["version_hash"])
    second = (await inspector.post(f"{FINDINGS}/{first['id']}/versions", again)).json()
    await confirmed_draft(inspector.http, inspector.region, second)
    mine = "SELECT * FROM audit.finding_listed WHERE finding_id = $1 ORDER BY version_no"
    async with admin.acquire() as connection:
        change = connection.transaction()
        await change.start()
        written = await connection.fetch(mine, UUID(first["id"]))
        await connection.execute("DELETE FROM audit.finding_listed WHERE finding_id = $1", UUID(first["id"]))
        await connection.execute(f"{FILL} WHERE v.finding_id = '{first['id']}'")
        filled = await connection.fetch(mine, UUID(first["id"]))
        await change.rollback()
    assert len(written) == 2
    since = ("confirmed_position", "ordered_position", "closed_position")
    # When it was confirmed is asked of the last version alone: an earlier one was replaced by then.
    assert [dict(row) for row in filled][1] == [dict(row) for row in written][1]
    assert {**written[0], **{name: filled[0][name] for name in since}} == dict(filled[0])
