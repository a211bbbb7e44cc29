"""Rosters of generated people that were paid, for tests of rules over real money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import asyncpg

from tests.callers import funds_caller
from tests.funds_api.people import Township, id_number


async def pay(town: Township, amounts: Mapping[int, str], on: str = "2017-05-01", **more: Any) -> str:
    """Pay these people (by place) these yuan on a day; the batch. Lines are those of the order, from 2 on."""
    rows = [(id_number(place), amount) for place, amount in amounts.items()]
    answer = await town.checked(rows, effective_on=on, **more)
    assert answer["batch"]["rows_bad"] == 0, await town.rejected(str(answer["batch"]["id"]))
    batch = str(answer["batch"]["id"])
    approved = await town.approve(batch)
    assert approved.status_code in {200, 201}, approved.text
    return batch


async def give_back(town: Township, batch: str, line: int, on: str, **more: Any) -> None:
    """The bank returns (a part of) what a row was paid."""
    bank = funds_caller(town.http, "bank", town.county, client_id="rcb")
    body = {"document": f"TH{uuid4().hex}", "effective_on": on, "reason": "account_closed", **more}
    answer = await bank.post(f"/funds/v1/payments/{batch}-{line}/returns", body)
    assert answer.status_code == 201, answer.text


async def undo(town: Township, batch: str, on: str, admin: asyncpg.Pool) -> None:
    """The payment of a roster is reversed (冲正)."""
    movement = await admin.fetchval("SELECT id FROM funds.movement WHERE batch_id = $1::uuid", batch)
    body = {"kind": "reverse", "document": "冲1", "effective_on": on, "movement_id": str(movement)}
    answer = await town.finance.post("/funds/v1/movements", body)
    assert answer.status_code == 201, answer.text
