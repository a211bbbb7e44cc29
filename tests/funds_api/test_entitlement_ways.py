"""An entitlement is paid to households or to persons, under one name, and what a household may get holds for all."""

from __future__ import annotations

from uuid import uuid4

import asyncpg
import pytest

from migrations.entitlement_v5 import FOLD_BRACKETS
from tests.factories import open_account
from tests.funds_api.people import Township
from tests.funds_api.test_household_year import ALONE, HEAD, SON, WIFE
from tests.funds_api.test_household_year import township as township  # noqa: PLC0414 - a fixture
from treasury.documents import normalise_document


@pytest.mark.parametrize(("first", "second"), [("household", "person"), ("person", "household")])
async def test_an_entitlement_is_not_opened_both_ways(township: Township, first: str, second: str) -> None:
    title = f"产业奖补{uuid4().hex[:8]}"
    paid = await township.checked([(HEAD, "10")], entitlement=title, per=first)
    assert (await township.approve(paid["batch"]["id"])).status_code == 201
    order = {
        "account_id": township.office,
        "fund_code": township.fund,
        "entitlement": title,
        "document": "文1",
        "effective_on": "2017-05-01",
        "per": second,
    }
    refused = await township.clerk.post("/funds/v1/payment-batches", order)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/paid-otherwise")
    figures = refused.json()["figures"]
    assert (figures["batch_id"], figures["per"], figures["other_per"]) == (paid["batch"]["id"], second, first)
    assert (await township.clerk.post("/funds/v1/payment-batches", {**order, "per": first})).status_code == 201


async def test_a_neighbours_batch_bars_the_other_way_and_is_not_told(township: Township) -> None:
    title = f"产业奖补{uuid4().hex[:8]}"
    await township.batch(title, per="person")
    order = {
        "account_id": await open_account(township.http, township.county + "102", "township_office"),
        "fund_code": township.fund,
        "entitlement": title,
        "document": "文1",
        "effective_on": "2017-05-01",
        "per": "household",
    }
    for caller, sees in ((township.neighbour, False), (township.finance, True)):
        refused = await caller.post("/funds/v1/payment-batches", order)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/paid-otherwise")
        assert (refused.json()["figures"]["batch_id"] is not None) == sees


async def test_a_batch_that_was_given_up_binds_nobody(township: Township) -> None:
    draft = await township.batch("误开", per="person")
    gone = await township.clerk.post(f"/funds/v1/payment-batches/{draft}/withdrawal", {"reason": "误开"})
    assert gone.status_code == 200
    assert (await township.checked([(HEAD, "10")], entitlement="误开"))["rows_good"] == 1


async def test_of_two_ways_opened_at_once_only_one_pays_a_household(township: Township, admin: asyncpg.Pool) -> None:
    """Opened side by side neither heard of the other: told apart behind the service, as a race would leave them."""
    become = "UPDATE funds.payment_batch SET entitlement = $2, per = $3 WHERE id::text = $1"
    whole, each, early = [await township.batch() for _ in range(3)]
    await township.checked([(WIFE, "5"), (ALONE, "5")], early)
    await admin.execute(become, whole, "两种办法", "household")
    await admin.execute(become, each, "两种办法", "person")
    assert (await township.checked([(HEAD, "10")], whole))["rows_good"] == 1
    checked = await township.checked([(SON, "10"), (ALONE, "10")], each)
    assert (checked["rows_good"], checked["by_reason"]) == (1, {"already_paid": 1})
    await admin.execute(become, early, "两种办法", "person")
    assert (await township.approve(whole)).status_code == 201
    late = await township.approve(early)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/paid-elsewhere")
    assert (late.json()["figures"]["rows_n"], late.json()["figures"]["first_line"]) == (1, 2)


async def test_persons_of_one_household_are_paid_by_several_batches_of_persons(township: Township) -> None:
    title = "学生资助"
    first = await township.checked([(WIFE, "10")], entitlement=title, per="person")
    assert (await township.approve(first["batch"]["id"])).status_code == 201
    second = await township.checked([(WIFE, "10"), (SON, "10")], entitlement=title, per="person")
    assert (second["rows_good"], second["by_reason"]) == (1, {"already_paid": 1})
    assert (await township.approve(second["batch"]["id"])).status_code == 201


@pytest.mark.parametrize("brackets", ["[]", "（）", "()", "【】", "﹝﹞"])
async def test_another_kind_of_bracket_makes_no_other_entitlement(
    township: Township, admin: asyncpg.Pool, brackets: str
) -> None:
    opened, closed = brackets
    printed, name = f"危房改造 {opened}2017{closed}", "危房改造〔2017〕"
    first = await township.checked([(HEAD, "10")], entitlement=name)
    assert first["batch"]["entitlement"] == name
    second = await township.checked([(HEAD, "10")], entitlement=printed)
    assert (second["batch"]["entitlement"], second["by_reason"]) == (name, {"already_paid": 1})
    # What was recorded before is folded to the same name.
    raw = f"危房改造{opened}2017{closed}"
    await admin.execute(
        "UPDATE funds.payment_batch SET entitlement = $2 WHERE id::text = $1", first["batch"]["id"], raw
    )
    await admin.execute(FOLD_BRACKETS)
    folded = "SELECT entitlement FROM funds.payment_batch WHERE id::text = $1"
    assert normalise_document(await admin.fetchval(folded, first["batch"]["id"])) == name


async def test_the_cap_of_a_payment_holds_for_all_members_of_a_household(
    township: Township, admin: asyncpg.Pool
) -> None:
    key = f"household_cap_fen.{township.fund}"
    await admin.execute(
        "INSERT INTO funds.policy_value VALUES ($1, $2, '2017-01-01', '5000', '县办法第三条', 'practice')",
        key,
        township.county,
    )
    rows = [(HEAD, "30"), (WIFE, "50.01"), (SON, "20.01"), (ALONE, "50")]
    checked = await township.checked(rows, per="person")
    assert await township.rejected(checked["batch"]["id"]) == {
        3: ["over_household_cap", "over_household_cap_together"],
        4: ["over_household_cap_together"],
    }
    path = f"/funds/v1/payment-batches/{checked['batch']['id']}/rejected-rows"
    [told] = (await township.clerk.get(path)).json()["items"][1]["reasons"]
    assert told["figures"] == {
        "roster_fen": 3_000,
        "amount_fen": 2_001,
        "cap_fen": 5_000,
        "source": "县办法第三条",
    }
    assert "其他成员 30.00 元，加本行 20.01 元，超过每户上限 50.00 元" in told["text"]
    assert (await township.checked([(HEAD, "30"), (SON, "20")], per="person"))["rows_good"] == 2, "to the fen"
