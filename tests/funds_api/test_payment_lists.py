"""A payment is judged by who belonged where on its day; its list is frozen; what stops a payee stops the payment."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.funds_api.people import Township, id_number, roster_csv
from tests.funds_api.test_household_changes import township as township  # noqa: PLC0414 - a fixture

BATCHES = "/funds/v1/payment-batches"


async def reasons(township: Township, rows: list[int], on: str = "2017-05-01", **more: str) -> dict[int, list[str]]:
    """The reasons by person of a roster uploaded by the county's clerk for a payment on that day."""
    batch = await township.batch(effective_on=on, **more)
    answer = await township.put(batch, roster_csv([(id_number(p), "1") for p in rows]), by=township.finance)
    assert answer.status_code == 200, answer.text
    found = await township.rejected(batch)
    return {rows[line - 2]: codes for line, codes in found.items()}


async def test_any_member_is_paid_for_the_household_and_the_role_is_shown(township: Township) -> None:
    told = await township.checked([(id_number(101), "1"), (id_number(2), "1")])
    assert (told["rows_good"], told["batch"]["list_on"]) == (2, "2017-05-01")
    page = (await township.clerk.get("/funds/v1/payments", params={"batch": told["batch"]["id"]})).json()
    assert [one["payee_role"] for one in page["items"]] == ["member", "head"]
    one = (await township.clerk.get(f"/funds/v1/payments/{page['items'][0]['id']}")).json()
    assert one["payee_role"] == "member"


async def test_where_policy_says_so_only_the_head_is_paid(township: Township, admin: asyncpg.Pool) -> None:
    await admin.execute(
        "INSERT INTO funds.policy_value VALUES ('payee_any_member', $1, '2017-01-01', '0', '县办法', 'practice')",
        township.county,
    )
    assert await reasons(township, [1, 101, 2]) == {101: ["payee_not_head", "duplicate_household"]}
    assert await reasons(township, [101], "2016-12-31") == {101: ["money_not_there"]}


async def test_a_household_is_paid_once_whichever_of_its_people_comes(township: Township) -> None:
    assert await reasons(township, [101, 2, 1, 102]) == {1: ["duplicate_household"], 102: ["duplicate_household"]}
    assert await reasons(township, [101, 2, 1], per="person") == {}
    first = await township.batch("助学金")
    await township.checked([(id_number(101), "1")], first)
    assert await reasons(township, [1, 2, 101], entitlement="助学金") == {
        1: ["already_paid"],
        101: ["duplicate_household", "already_paid"],
    }
    each = {"entitlement": "学生资助", "per": "person"}
    assert await reasons(township, [101], **each) == {}
    assert await reasons(township, [1, 2, 101], **each) == {101: ["already_paid"]}


async def test_a_paid_member_has_taken_the_households_entitlement(township: Township) -> None:
    rows = [(id_number(1), "1"), (id_number(2), "1")]
    one = (await township.checked(rows[:1], entitlement="补贴甲"))["batch"]["id"]
    assert (await township.finance.post(f"{BATCHES}/{one}/withdrawal", {"reason": "稍后"})).status_code == 200
    two = (await township.checked([(id_number(101), "1")], entitlement="补贴甲"))["batch"]["id"]
    assert (await township.approve(two)).status_code == 201
    assert await reasons(township, [1, 2], entitlement="补贴甲") == {1: ["already_paid"]}


async def test_each_payment_is_judged_by_its_own_day(township: Township, admin: asyncpg.Pool) -> None:
    county = township.county
    homes = {p: await township.household(admin, p) for p in (1, 2, 3, 4)}
    people = {p: await township.person(admin, p) for p in (101, 102, 103)}
    await township.change(
        "moves", {"household_ids": [homes[2]], "region_code": county + "102201", "effective_on": "2017-05-02"}
    )
    await township.change("moves", {"household_ids": [homes[4]], "effective_on": "2017-05-02"})
    await township.remove(homes[3], "2017-05-02")
    await township.change(
        f"{homes[1]}/departures", {"person_ids": [people[101]], "left_on": "2017-05-02", "reason": "death"}
    )
    split = {"person_ids": [people[102]], "head_id": people[102], "effective_on": "2017-05-02"}
    await township.change(f"{homes[1]}/splits", split)
    rows = [1, 101, 2, 3, 4, 102]
    # On the day before, everything was as it had been, whatever was recorded since.
    assert await reasons(township, rows, "2017-05-01", per="person") == {}
    assert await reasons(township, rows, "2017-05-02", per="person") == {
        101: ["not_member_then"],
        2: ["moved_away"],
        3: ["household_removed"],
        4: ["moved_away"],
    }
    assert await reasons(township, [1, 102], "2017-05-02") == {}  # two households now
    assert await reasons(township, [1, 102], "2017-05-01") == {102: ["duplicate_household"]}
    assert await reasons(township, [1, 900], "2015-12-31") == {1: ["not_member_then"], 900: ["unknown_household"]}


async def test_the_reasons_tell_since_when_and_by_what(township: Township, admin: asyncpg.Pool) -> None:
    county = township.county
    homes = [await township.household(admin, p) for p in (2, 3)]
    await township.change(
        "moves", {"household_ids": homes[:1], "region_code": county + "102201", "effective_on": "2017-04-01"}
    )
    await township.remove(homes[1], "2017-04-02")
    batch = await township.batch()
    # The township's own clerk, who does not see the neighbour's people any more.
    assert (await township.put(batch, roster_csv([(id_number(p), "1") for p in (2, 3)]))).status_code == 200
    items = (await township.clerk.get(f"{BATCHES}/{batch}/rejected-rows")).json()["items"]
    assert [one["reasons"][0]["code"] for one in items] == ["moved_away", "household_removed"]
    assert items[0]["reasons"][0]["figures"] == {"moved_on": "2017-04-01", "region_code": county + "102201"}
    assert items[1]["reasons"][0]["figures"] == {"removed_on": "2017-04-02", "document": "县扶贫发〔2017〕3号"}
    assert "县扶贫发〔2017〕3号" in items[1]["reasons"][0]["text"]
    # To the place where it lives now it is an ordinary household; to a third it is nobody.
    stranger = await Township(township.http, county, fen=0, households=range(0)).open()
    assert (await stranger.checked([(id_number(3), "1")]))["by_reason"] == {"household_removed": 1}


async def test_the_list_is_frozen_and_can_be_read_again(township: Township, admin: asyncpg.Pool) -> None:
    told = await township.checked([(id_number(p), "1") for p in (101, 2, 3)])
    path = f"{BATCHES}/{told['batch']['id']}/list"
    first = (await township.clerk.get(path)).json()
    assert (first["rows_n"], first["again_n"], first["unexplained_n"], first["stopped_n"]) == (3, 3, 0, 0)
    assert first["sha256"] == first["again_sha256"] == told["batch"]["list_sha256"]
    homes = [await township.household(admin, p) for p in (1, 2, 3)]
    await township.remove(homes[1], "2017-04-01")
    await township.change(
        "moves", {"household_ids": homes[2:], "region_code": township.county + "102201", "effective_on": "2017-04-01"}
    )
    person = await township.person(admin, 101)
    await township.change(
        f"{homes[0]}/departures", {"person_ids": [person], "left_on": "2017-04-01", "reason": "moved"}
    )
    later = (await township.clerk.get(path)).json()
    assert (later["again_sha256"], later["unexplained_n"]) == (first["sha256"], 0)
    assert (later["stopped_n"], later["stopped_first_line"]) == (3, 2)
    draft = await township.batch()
    assert (await township.clerk.get(f"{BATCHES}/{draft}/list")).status_code == 404
    assert (await township.neighbour.get(path)).status_code == 404


async def test_whoever_was_removed_since_the_check_is_not_paid_silently(
    township: Township, admin: asyncpg.Pool
) -> None:
    told = await township.checked([(id_number(p), "1") for p in (101, 2, 3)])
    batch = told["batch"]["id"]
    homes = {p: await township.household(admin, p) for p in (1, 2, 3)}
    await township.remove(homes[3], "2017-05-02")  # a day after the payment: no matter
    await township.change(
        "moves", {"household_ids": [homes[1]], "region_code": township.county + "101202", "effective_on": "2017-04-01"}
    )  # within the township: no matter
    await township.remove(homes[2], "2017-05-01")
    answer = await township.approve(batch)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/payments-stopped")
    assert answer.json()["figures"] == {
        "batch_id": batch, "rows_n": 1, "first_line": 3, "removed_n": 1, "left_n": 0, "moved_n": 0,
    }  # fmt: skip
    assert await admin.fetchval("SELECT count(*) FROM funds.movement WHERE batch_id::text = $1", batch) == 0
    one = [{"household_id": homes[2], "reason": "申诉成立"}]
    await township.change("reinstatements", {"effective_on": "2017-05-01", "households": one})
    assert (await township.approve(batch)).status_code == 201


async def test_of_an_approval_and_a_removal_at_once_each_knows_of_the_other_or_came_before(
    township: Township, admin: asyncpg.Pool
) -> None:
    for round_n in range(4):
        homes = await township.register([500 + round_n])
        assert homes["registered_n"] == 1
        told = await township.checked([(id_number(500 + round_n), "1")])
        batch = told["batch"]["id"]
        home = await township.household(admin, 500 + round_n)
        approved, removed = await asyncio.gather(township.approve(batch), township.remove(home, "2017-05-01"))
        paid = await admin.fetchval(
            "SELECT position FROM funds.event WHERE stream = $1 AND kind = 'PaymentsDisbursed'"
            " AND body->>'batch_id' = $2",
            township.county,
            batch,
        )
        if approved.status_code == 201:
            assert paid < removed["position"]
        else:
            assert (approved.status_code, paid) == (409, None)
            assert approved.json()["type"] == "/problems/payments-stopped"


async def test_a_withdrawal_is_not_told_by_what_was_known_before_it(township: Township, admin: asyncpg.Pool) -> None:
    batch = (await township.checked([(id_number(1), "10.00")]))["batch"]["id"]
    gone = await township.clerk.post(f"/funds/v1/payment-batches/{batch}/withdrawal", {"reason": "录错"})
    assert gone.status_code == 200, gone.text
    last = "SELECT recorded_at FROM funds.event WHERE stream = $1 ORDER BY position DESC LIMIT 2"
    after, before = [row[0] for row in await admin.fetch(last, township.county)]

    async def statuses(**known: str) -> list[str]:
        page = (await township.clerk.get("/funds/v1/payments", params={"batch": batch, **known})).json()
        one = (await township.clerk.get(f"/funds/v1/payments/{batch}-2", params=known)).json()
        return [page["items"][0]["status"], one["status"]]

    assert await statuses(known_at=before.isoformat()) == ["waiting", "waiting"]
    assert await statuses(known_at=after.isoformat()) == ["withdrawn", "withdrawn"]
    assert await statuses() == ["withdrawn", "withdrawn"]
