"""R25 over payments: whose accounts are is said when they open or of a later day; persons and cash are found."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.funds_api.asked import ask_rule, flags_of, run_rules
from tests.funds_api.desk import Desk, refused, written
from tests.funds_api.test_orders import Chain


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


async def test_of_an_order_the_payer_is_whose_quota_it_draws(funds_http: httpx.AsyncClient, county: str) -> None:
    chain = await Chain(funds_http, county).open()
    [payee] = (await opened(Desk(funds_http, county), "personal")).json()["accounts"]
    assert (await chain.split(300_000, chain.treasury["quota"], chain.department["quota"])).status_code == 201
    assert (await chain.result(await chain.issue(9_000, chain.department["quota"], payee["id"]))).status_code == 201
    assert (await run_rules(funds_http, county, "2017-06-01", "R25"))["new_n"] == 1
    [flag] = await flags_of(funds_http, county, "R25")
    assert flag["explanation"].startswith("县农业局于 "), flag["explanation"]
    inspector = funds_caller(funds_http, "inspector", county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]


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


async def told(desk: Desk, account: str, nature: str, on: str, by: Caller | None = None, **more: Any) -> httpx.Response:
    body = {"holder_nature": nature, "from_on": on, "document": "银行查询回单1号"}
    return await (by or desk.clerk).post(f"/funds/v1/accounts/{account}/natures", body, **more)


async def payee(desk: Desk, nature: str | None = None) -> tuple[str, str]:
    """An account of a contractor that got 1,000.00 元 on 10 May, and the movement."""
    assert (await desk.out(300_000, desk.first, "2017-04-10")).status_code == 201
    [account] = (await opened(desk, nature)).json()["accounts"]
    moved = await desk.out(100_000, account["id"], "2017-05-10", kind="pay", from_account_id=desk.first)
    assert moved.status_code == 201, moved.text
    return account["id"], str(moved.json()["movements"][0]["id"])


async def found(desk: Desk, on: str = "2017-06-01", **more: Any) -> list[str]:
    asked = await ask_rule(desk.http, desk.county, "R25", on, **more)
    assert asked.candidates_n == len(asked.hits)
    return [str(facts.subject_id) for facts, _ in asked.hits]


@pytest.mark.parametrize(("from_on", "fires"), [("2017-05-09", True), ("2017-05-10", True), ("2017-05-11", False)])
async def test_whose_an_account_was_on_the_day_of_the_payment_decides(desk: Desk, from_on: str, fires: bool) -> None:
    account, movement = await payee(desk)
    assert await found(desk) == []
    answer = await told(desk, account, "personal", from_on)
    assert (answer.status_code, answer.json()["until_on"]) == (201, None), answer.text
    assert await found(desk) == [movement] * fires


@pytest.mark.parametrize(("until_on", "fires"), [("2017-05-10", False), ("2017-05-11", True)])
async def test_from_the_day_on_which_it_is_a_units_it_is_asked_about_no_more(
    desk: Desk, until_on: str, fires: bool
) -> None:
    account, movement = await payee(desk, "personal")
    assert await found(desk) == [movement]
    assert (await told(desk, account, "unit", until_on)).status_code == 201
    assert await found(desk) == [movement] * fires


async def test_what_is_said_of_a_day_again_corrects_it_and_what_was_known_stays(
    desk: Desk, admin: asyncpg.Pool
) -> None:
    account, movement = await payee(desk)
    head = "SELECT position FROM funds.stream_head WHERE stream = $1"
    before = await admin.fetchval(head, desk.county)
    assert (await told(desk, account, "personal", "2017-01-01")).status_code == 201
    wrong = await admin.fetchval(head, desk.county)
    at = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    assert (await told(desk, account, "unit", "2017-01-01")).status_code == 201
    assert (await told(desk, account, "cash", "2018-01-01")).status_code == 201
    assert [await found(desk, known=known) for known in (before, wrong)] == [[], [movement]]
    assert await found(desk) == []
    path = f"/funds/v1/accounts/{account}/natures"
    shown = (await desk.clerk.get(path)).json()["items"]
    assert [(one["from_on"], one["until_on"], one["holder_nature"]) for one in shown] == [
        (None, "2017-01-01", None),
        ("2017-01-01", "2018-01-01", "unit"),
        ("2018-01-01", None, "cash"),
    ]
    shown = (await desk.clerk.get(path, params={"as_of": "2017-12-31"})).json()["items"]
    assert [(one["from_on"], one["until_on"]) for one in shown] == [(None, "2017-01-01"), ("2017-01-01", None)]
    shown = (await desk.clerk.get(path, params={"known_at": at})).json()["items"]
    assert [(one["from_on"], one["holder_nature"]) for one in shown] == [(None, None), ("2017-01-01", "personal")]


async def test_a_flag_raised_by_what_was_said_later_is_judged_again_to_the_same(desk: Desk) -> None:
    account, movement = await payee(desk)
    assert (await run_rules(desk.http, desk.county, "2017-06-01", "R25"))["new_n"] == 0
    assert (await told(desk, account, "personal", "2017-01-01")).status_code == 201
    assert (await run_rules(desk.http, desk.county, "2017-06-02", "R25"))["new_n"] == 1
    [flag] = await flags_of(desk.http, desk.county, "R25")
    assert (flag["subject_id"], flag["rule_version"]) == (movement, 3)
    inspector = funds_caller(desk.http, "inspector", desk.county)
    assert (await inspector.get(f"/funds/v1/flags/{flag['id']}/recomputation")).json()["same"]


async def test_who_may_say_it_of_what_and_once(desk: Desk, admin: asyncpg.Pool) -> None:
    account, _ = await payee(desk)
    before = await written(admin)
    path = f"/funds/v1/accounts/{account}/natures"
    neighbour = funds_caller(desk.http, "township_clerk", desk.county + "102")
    assert (await told(desk, account, "personal", "2017-01-01", neighbour)).status_code in {403, 404}
    assert (await neighbour.get(path)).status_code == 404
    inspector = funds_caller(desk.http, "inspector", desk.county)
    assert (await told(desk, account, "personal", "2017-01-01", inspector)).status_code == 403
    assert (await told(desk, str(uuid4()), "personal", "2017-01-01")).status_code == 404
    assert (await told(desk, account, "somebody", "2017-01-01")).status_code == 422
    assert (await told(desk, account, "personal", "2199-01-01")).json()["type"] == "/problems/dated-ahead"
    assert (
        await desk.clerk.post(path, {"holder_nature": "unit", "from_on": "2017-01-01", "document": ""})
    ).status_code == 422
    unit = await opened(desk, None, name="指标户", account={"book": "quota"})
    refused_of = await told(desk, unit.json()["accounts"][0]["id"], "personal", "2017-01-01")
    refused(refused_of, 409, "nature-of-no-account", {"book": "quota"})
    assert len((await desk.clerk.get(path)).json()["items"]) == 1
    key = uuid4().hex
    first, again = [await told(desk, account, "personal", "2017-01-01", key=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (await told(desk, account, "cash", "2017-01-01", key=key)).status_code == 422
    assert len((await desk.clerk.get(path)).json()["items"]) == 2
    events = "SELECT count(*) FROM funds.event WHERE stream = $1 AND kind = 'AccountNatureTold'"
    assert await admin.fetchval(events, desk.county) == 1
    assert before


async def test_the_database_takes_it_of_accounts_of_money_only_and_changes_nothing(
    desk: Desk, urls: dict[str, str]
) -> None:
    account, _ = await payee(desk)
    assert (await told(desk, account, "personal", "2017-01-01")).status_code == 201
    [quota] = (await opened(desk, None, name="指标户", account={"book": "quota"})).json()["accounts"]
    role = await asyncpg.connect(urls["funds"])
    row = (
        "INSERT INTO funds.account_nature"
        " (county_code, account_id, from_on, id, nature, document, region_code, recorded_by)"
        " VALUES ($1, $2, '2017-02-01', gen_random_uuid(), $3, '文', $1 || '101', '谁')"
    )
    try:
        for statement, arguments, says in (
            (row, [desk.county, account, "nobody"], "nature"),
            (row, [desk.county, quota["id"], "personal"], "none of money"),
            (
                "UPDATE funds.account_nature SET nature = 'unit' WHERE county_code = $1",
                [desk.county],
                "permission denied",
            ),
            ("DELETE FROM funds.account_nature WHERE county_code = $1", [desk.county], "permission denied"),
        ):
            await role.execute("SELECT set_config('app.region', $1, false)", desk.county)
            with pytest.raises(asyncpg.PostgresError, match=says):
                await role.execute(statement, *arguments)
    finally:
        await role.close()
