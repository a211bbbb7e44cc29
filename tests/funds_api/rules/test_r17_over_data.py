"""R17 over the income book: what was not passed on, not decided upon or not paid, as of a day and as known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from services.funds_api.flags.rules import r17_income_not_shared as r17
from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.test_assets import Register

RENT = {"kind": "rent", "energy_kwh": None, "paid_into": "村集体账户"}


@pytest.fixture
async def register(funds_http: httpx.AsyncClient, county: str) -> Register:
    return await Register(funds_http, county).open()


async def earned(register: Register, **changes: Any) -> str:
    answer = await register.earn(await register.station(), **changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def pass_on(register: Register, income: str, on: str) -> None:
    body = {"document": "转付凭证", "passed_on": on}
    answer = await register.clerk.post(f"/funds/v1/incomes/{income}/passing-on", body)
    assert answer.status_code == 201, answer.text


async def steps(register: Register, day: str) -> list[str]:
    """The steps asked about, which are the same when the query leaves nothing out."""
    late = date(2099, 1, 1)
    wide = replace(r17.RULE, narrow=lambda _policy, _day: {"pass_by": late, "decide_by": late, "pay_by": late})
    asked = await ask_rule(register.http, register.county, "R17", day)
    assert asked.hits == (await ask_rule(register.http, register.county, wide, day)).hits
    return sorted(facts.step for facts, _ in asked.hits if isinstance(facts, r17.IncomeFacts))


async def test_an_income_of_a_power_station_is_asked_about_step_by_step(register: Register) -> None:
    income = await earned(register)
    assert await steps(register, "2017-11-17") == []
    assert await steps(register, "2017-11-18") == ["转付"]
    run = await run_rules(register.http, register.county, "2017-11-18", "R17")
    assert run["new_n"] == 1
    [flag] = await flags_of(register.http, register.county, "R17")
    assert (flag["subject"], flag["subject_id"]) == ("project", register.id)
    assert flag["money"] == [{"item": f"income:{income}", "amount_fen": 100_001}]
    inspector = funds_caller(register.http, "inspector", register.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(register.http, register.county, "2017-11-25", "R17"))["new_n"] == 0

    await pass_on(register, income, "2017-11-20")
    assert await steps(register, "2017-11-19") == ["转付"]
    assert await steps(register, "2018-02-18") == [], "ninety days after it was passed on"
    assert await steps(register, "2018-02-19") == ["分配"]
    shared = await register.share(income)
    assert shared.status_code == 201, shared.text
    assert await steps(register, "2018-01-09") == [], "thirty days after 10 December"
    assert await steps(register, "2018-01-10") == ["兑现"]
    other = register.county + "102"
    assert (await ask_rule(register.http, register.county, "R17", "2018-01-10", other)).candidates_n == 0


async def test_what_was_paid_of_a_share_is_left_out_of_what_is_asked(register: Register) -> None:
    income = await earned(register, **RENT)
    shared = await register.share(income)
    assert shared.status_code == 201, shared.text
    first = shared.json()["lines"][0] if "lines" in shared.json() else shared.json()["share"]["lines"][0]
    path = f"/funds/v1/incomes/{income}/share/lines/1/payment"
    paid = await register.clerk.post(path, {"document": "发放单", "paid_on": "2017-12-05"})
    assert paid.status_code == 201, paid.text
    [(facts, verdict)] = (await ask_rule(register.http, register.county, "R17", "2018-01-10")).hits
    assert isinstance(facts, r17.IncomeFacts)
    assert (facts.amount_fen, facts.lines_n) == (100_001 - first["amount_fen"], 2)
    assert "2 项" in verdict.explanation


async def test_other_income_has_no_day_to_be_passed_on_and_what_was_undone_is_not_asked_about(
    register: Register,
) -> None:
    income = await earned(register, **RENT)
    assert await steps(register, "2017-12-31") == []
    assert await steps(register, "2018-02-01") == []
    assert await steps(register, "2018-02-02") == ["分配"]
    undone = await register.lister.post(
        f"/funds/v1/incomes/{income}/reversal", {"document": "更正", "reason": "登记有误", "undone_on": "2018-01-05"}
    )
    assert undone.status_code == 201, undone.text
    assert await steps(register, "2018-02-02") == []
