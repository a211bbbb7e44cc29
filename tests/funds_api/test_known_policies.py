"""What was known is judged by the policy values recorded by then: one that is set late changes no earlier answer."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx

from tests.funds_api.test_assets import Register
from tests.funds_api.test_known_at import now, without_knowledge

# Each reading that a policy value decides: its path, the day, the value that is set late, and what it then decides.
LATE = {
    "project_advance_ppm": "100000",
    "pv_pass_on_workdays": "3",
    "idle_bands_days": "[7, 70]",
    "handdown_limit_days.treasury": "5",
}


async def told(register: Register, income: str, at: str | None) -> dict[str, Any]:
    """What each reading says, by the policy value that decides it."""
    readings = {
        "project_advance_ppm": (f"projects/{register.id}", "2017-05-01"),
        "pv_pass_on_workdays": (f"incomes/{income}", "2017-11-30"),
        "idle_bands_days": ("idle", "2017-12-31"),
        "handdown_limit_days.treasury": ("idle", "2017-04-10"),
        "values": ("policy-values", "2017-12-31"),
    }
    found = {}
    for value, (path, day) in readings.items():
        params = {"as_of": day, **({"known_at": at} if at else {})}
        answer = await register.clerk.get(f"/funds/v1/{path}", params=params)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["known_at"] is None) == (at is None)
        found[value] = without_knowledge(answer.json())
    return found


async def test_a_value_that_is_set_late_changes_no_answer_of_before(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    register = await Register(funds_http, county).open()
    income = (await register.earn(await register.station())).json()["id"]
    first = await told(register, income, None)
    kept = [(now(), first)]
    for key, value in LATE.items():
        await admin.execute(
            "INSERT INTO funds.policy_value VALUES ($1, $2, '2016-01-01', $3::text::jsonb, '县办法', 'practice')",
            key, county, value,
        )  # fmt: skip
        before, after = kept[-1][1], await told(register, income, None)
        assert after[key] != before[key], key
        assert (len(after["values"]["items"]), after["values"] == before["values"]) == (
            len(first["values"]["items"]),
            False,
        )
        kept.append((now(), after))
    for at, then in kept:
        assert await told(register, income, at) == then
    due = [then["pv_pass_on_workdays"]["passing_due_on"] for _, then in kept]
    assert due == ["2017-11-17", "2017-11-17", *["2017-11-08"] * 3], "3 November and ten working days, or three"
    assert [then["project_advance_ppm"]["contracts"][0]["due_fen"] for _, then in kept] == [180_000, *[60_000] * 4]


async def test_what_came_with_the_release_was_always_known(funds_http: httpx.AsyncClient, county: str) -> None:
    clerk = Register(funds_http, county).clerk
    ever = (await clerk.get("/funds/v1/policy-values", params={"known_at": "2001-01-01T00:00:00Z"})).json()["items"]
    assert {one["key"] for one in ever} >= {"idle_bands_days", "loan_max_fen", "pv_pass_on_workdays"}
