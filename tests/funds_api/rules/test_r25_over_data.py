"""R25 over payments: accounts say whose they are when opened, and what went to a person or in cash is found."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from tests.callers import funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.desk import Desk, written


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    return await Desk(funds_http, county).open()


async def opened(desk: Desk, nature: str | None, **changes: Any) -> httpx.Response:
    unit = {
        "region_code": desk.county + "101",
        "name": f"收款方{nature}",
        "kind": "contractor",
        "accounts": [{"name": "收款户", **({"holder_nature": nature} if nature else {}), **changes.pop("account", {})}],
        **changes,
    }
    return await desk.clerk.post("/funds/v1/units", unit)


async def paid(desk: Desk, fen: int, nature: str | None) -> str:
    """A payment by the first township on 10 May to an account of that nature; its movement."""
    answer = await opened(desk, nature)
    assert answer.status_code == 201, answer.text
    [account] = answer.json()["accounts"]
    assert account["holder_nature"] == nature
    moved = await desk.out(fen, account["id"], "2017-05-10", kind="pay", from_account_id=desk.first)
    assert moved.status_code == 201, moved.text
    return str(moved.json()["movements"][0]["id"])


@pytest.mark.parametrize(
    ("nature", "fen", "fires"),
    [
        ("personal", 1, True),
        ("cash", 100_000, False),
        ("cash", 100_001, True),
        ("unit", 200_000, False),
        (None, 200_000, False),
    ],
)
async def test_what_went_to_a_person_or_was_drawn_in_cash(
    desk: Desk, nature: str | None, fen: int, fires: bool
) -> None:
    assert (await desk.out(300_000, desk.first, "2017-04-10")).status_code == 201
    movement = await paid(desk, fen, nature)
    asked = await ask_rule(desk.http, desk.county, "R25", "2017-06-01")
    assert [str(facts.subject_id) for facts, _ in asked.hits] == [movement] * fires
    assert asked.candidates_n == len(asked.hits)
    assert (await ask_rule(desk.http, desk.county, "R25", "2017-05-09")).candidates_n == 0
    assert (await ask_rule(desk.http, desk.county, "R25", "2017-06-01", desk.county + "102")).candidates_n == 0


async def test_it_is_asked_about_once_and_not_when_it_was_undone(desk: Desk) -> None:
    assert (await desk.out(300_000, desk.first, "2017-04-10")).status_code == 201
    movement = await paid(desk, 70_000, "personal")
    assert (await run_rules(desk.http, desk.county, "2017-06-01", "R25"))["new_n"] == 1
    [flag] = await flags_of(desk.http, desk.county, "R25")
    assert (flag["subject"], flag["subject_id"], flag["as_of"]) == ("movement", movement, "2017-05-10")
    assert flag["money"] == [{"item": f"movement:{movement}", "amount_fen": 70_000}]
    assert "收款方" not in flag["explanation"], "whose account it is, is not told"
    inspector = funds_caller(desk.http, "inspector", desk.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]
    assert (await run_rules(desk.http, desk.county, "2017-06-02", "R25"))["new_n"] == 0
    assert (await desk.undo(movement, "2017-06-10")).status_code == 201
    assert (await ask_rule(desk.http, desk.county, "R25", "2017-06-09")).candidates_n == 1
    assert (await ask_rule(desk.http, desk.county, "R25", "2017-06-10")).candidates_n == 0


async def test_only_an_account_of_money_says_whose_it_is(desk: Desk, admin: asyncpg.Pool) -> None:
    before = await written(admin)
    for answer in (
        await opened(desk, "personal", account={"book": "quota"}),
        await opened(desk, "personal", kind="households"),
        await opened(desk, "somebody"),
    ):
        assert answer.status_code == 422, answer.text
    assert await written(admin) == before
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.execute("UPDATE funds.account SET holder_nature = 'nobody' WHERE county_code = $1", desk.county)
