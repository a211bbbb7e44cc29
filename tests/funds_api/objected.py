"""A published roster of four rows, objections to some of them, and what its division says; plain functions of tests."""

from __future__ import annotations

import json
from typing import Any

import asyncpg
import httpx
import pytest

from tests.factories import open_account
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_publications import object_to, path, publish

ROWS = [(id_number(n), f"{amount}.00") for n, amount in enumerate((60, 40, 25, 75), 1)]


TOTAL = 20_000


WHOLE = {1: 6_000, 2: 4_000, 3: 2_500, 4: 7_500}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def days(admin: asyncpg.Pool, region: str, value: int, counted: str = "calendar", fund: str = "") -> None:
    """From 2017 on a list of the region is on show so many days before it is paid."""
    told = value if counted == "calendar" else {"days": value, "counted": counted}
    await admin.execute(
        "INSERT INTO funds.policy_value (key, region_code, valid_from, value, source, basis)"
        " VALUES ($1, $2, '2017-01-01', $3::jsonb, '县扶贫资金公告公示办法第五条', 'practice')",
        f"batch_publicity_days.{fund}".rstrip("."),
        region,
        json.dumps(told),
    )


async def shown(township: Township, rows: list[tuple[str, str]] = ROWS, **more: Any) -> str:
    """A checked roster of four rows (lines 2 to 5), to be paid on 1 May 2017 and on show since 24 April."""
    batch = str((await township.checked(rows, **more))["batch"]["id"])
    answer = await publish(township, batch)
    assert answer.status_code == 201, answer.text
    return batch


async def objected(township: Township, batch: str, *lines: int) -> list[str]:
    found = []
    for line in lines:
        raised = await object_to(township, batch, line=line)
        assert raised.status_code == 201, raised.text
        found.append(str(raised.json()["id"]))
    return found


async def paid(township: Township, batch: str) -> dict[str, Any]:
    answer = await township.approve(batch)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def proof(township: Township, batch: str) -> dict[str, Any]:
    answer = await township.clerk.get(path(batch))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def division(township: Township, batch: str) -> dict[str, Any]:
    told = dict((await proof(township, batch))["division"])
    assert told["unexplained_fen"] == 0
    parts = ("paid_fen", "reversed_fen", "waiting_fen", "ended_fen")
    assert sum(told[one] for one in parts) == told["total_fen"] == sum(one["amount_fen"] for one in told["parts"])
    return told


def part(told: dict[str, Any], line: int) -> dict[str, Any]:
    [found] = [one for one in told["parts"] if one["line"] == line]
    return dict(found)


async def free_fen(admin: asyncpg.Pool, county: str, account: str) -> tuple[int, int]:
    """What rests on an account, and what holds in force keep of it."""
    rests = "SELECT coalesce(sum(remaining_fen), 0)::bigint FROM funds.lot WHERE county_code = $1 AND account_id = $2"
    held = (
        "SELECT coalesce(sum(k.amount_fen), 0)::bigint FROM funds.hold_lot k JOIN funds.hold h"
        " ON h.county_code = k.county_code AND h.id = k.hold_id AND h.status = 'held'"
        " WHERE h.county_code = $1 AND h.account_id = $2"
    )
    return await admin.fetchval(rests, county, account), await admin.fetchval(held, county, account)


async def handing_down(township: Township, fen: int) -> dict[str, Any]:
    """An order of the township's office to a village, of the money that its rosters are paid from."""
    village = await open_account(township.http, township.county + "101201", "village_collective")
    return {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-04-30",
        "fund_code": township.fund,
        "from_account_id": township.office,
        "lines": [{"to_account_id": village, "amount_fen": fen}],
    }
