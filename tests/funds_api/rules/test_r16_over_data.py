"""R16 over the project library: the same work again, one contract twice, an advance and nothing accepted."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from services.funds_api.flags.rules.r16_repeated_project import NOISE, RepeatedFacts, work
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.library import Library, plan
from tests.funds_api.test_policy_values import Level


@pytest.fixture
async def library(funds_http: httpx.AsyncClient, county: str) -> Library:
    opened = Library(funds_http, county)
    await opened.fund_it()
    return opened


async def declared(library: Library, **changes: object) -> str:
    answer = await library.declare(plan=plan(**changes))
    assert answer.status_code == 201, answer.text
    return library.id


async def asked(library: Library, day: str = "2017-12-31", region: str = "") -> list[tuple[str, str]]:
    """(what is asked, of which project)."""
    found = await ask_rule(library.http, library.county, "R16", day, region)
    return sorted((facts.ask, str(facts.subject_id)) for facts, _ in found.hits if isinstance(facts, RepeatedFacts))


async def test_the_later_of_two_projects_of_one_work_is_asked_about(library: Library) -> None:
    await declared(library)
    later = await declared(library, name="2020年 通村公路（建设）项目", fiscal_year=2020)
    await declared(library, name="通村公路", fiscal_year=2024)
    await declared(library, name="通村公路", fiscal_year=2018, nature="continued")
    await declared(library, name="通村公路二期", fiscal_year=2018)
    await library.declare(region_code=library.county + "101202", plan=plan(fiscal_year=2018))
    found = [project for ask, project in await asked(library) if ask == "重名"]
    assert found == [later, later], "beside that of 2017 and the continued one of 2018; 2024 is four years after 2020"
    assert await asked(library, region=library.county + "102") == []
    assert await asked(library, "2017-01-04") == []


async def test_what_is_arranged_every_year_is_asked_about_by_its_contract_only(library: Library) -> None:
    """By the national words in force; a county that sets words of its own is asked by those."""
    await declared(library, name="2017年公益性岗位补贴项目", fiscal_year=2017)
    await declared(library, name="2018年公益性岗位补贴项目", fiscal_year=2018)
    await declared(library, name="2017年蓄水池", fiscal_year=2017)
    later = await declared(library, name="2018年蓄水池", fiscal_year=2018)
    assert await asked(library) == [("重名", later)]
    own = {"value": {"蓄水池": 1}, "valid_from": "2015-01-01", "source": "县扶贫发〔2015〕2号"}
    await Level(library.http, library.county).lay_down(key="recurring_project_words", **own)
    assert [ask for ask, project in await asked(library) if project != later] == ["重名"]


@pytest.mark.parametrize(
    "name", ["2019年通村公路（建设）项目", "通村 公路-工程", "建设项目", "蓄水池20口", "2017年度A区 Wi-Fi", "１２　村"]
)
async def test_the_query_reads_a_name_as_the_judgement_does(admin: asyncpg.Pool, name: str) -> None:
    assert await admin.fetchval("SELECT regexp_replace($1, $2, '', 'g')", name, NOISE) == work(name)


async def test_one_contract_in_two_projects_is_asked_about_in_the_later(library: Library) -> None:
    await library.walk("building", plan=plan(name="通村公路"))
    assert (await library.sign(300_000, number="西建合〔2017〕7号")).status_code == 201
    await library.walk("building", plan=plan(name="蓄水池"))
    second = library.id
    assert (await library.sign(200_000, number="西建合 [2017] 7号", signed_on="2017-05-01")).status_code == 201
    await library.walk("building", plan=plan(name="卫生室"))
    assert (await library.sign(100_000, number="西建合〔2017〕8号")).status_code == 201
    assert await asked(library) == [("合同", second)]
    assert await asked(library, "2017-04-30") == []


async def test_an_advance_without_progress_is_asked_about_from_the_day_after_its_limit(library: Library) -> None:
    library.cash = (await library.walk("building"))["cash_account_id"]
    signed = await library.sign(600_000)
    assert signed.status_code == 201, signed.text
    for moved in (
        await library.move("hand_down", library.treasury, library.cash, 800_000, "2017-04-20"),
        await library.move("pay", library.cash, library.contractor, 100_000, "2017-05-02", by=library.lister),
    ):
        assert moved.status_code == 201, moved.text
    assert await asked(library, "2017-10-29") == []
    assert await asked(library, "2017-10-30") == [("无进度", library.id)]
    run = await run_rules(library.http, library.county, "2017-10-30", "R16")
    assert run["new_n"] == 1
    [flag] = await flags_of(library.http, library.county, "R16")
    assert (flag["amount_fen"], flag["days"], flag["limit_days"]) == (100_000, 181, 180)
    assert flag["money"] == [{"item": f"project:{library.id}", "amount_fen": 100_000}]
    inspector = funds_caller(library.http, "inspector", library.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    await library.progress(signed.json()["id"], 200_000, "2017-11-05", accepted=False)
    assert await asked(library, "2017-11-05") == [("无进度", library.id)]
    await library.progress(signed.json()["id"], 300_000, "2017-11-06")
    assert await asked(library, "2017-11-05") == [("无进度", library.id)]
    assert await asked(library, "2017-11-06") == []
