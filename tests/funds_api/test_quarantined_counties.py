"""A county's code ends while its inspectors keep money: nothing goes over before they have decided on it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.factories import open_account
from tests.funds_api.desk import refused
from tests.funds_api.quarantined import DOCUMENT, finding, quarantine, release
from tests.funds_api.test_successions import ON, Following, following

__all__ = ["following"]


@pytest.mark.parametrize("following", ["old before new"], indirect=True)
async def test_money_goes_over_once_its_finding_recovered_it_or_it_was_released(following: Following) -> None:
    handed = {
        "kind": "hand_down",
        "document": "文1",
        "effective_on": "2017-06-01",
        "fund_code": "TEST-FUND",
        "from_account_id": following.treasury,
        "lines": [{"to_account_id": following.town.office, "amount_fen": 6_000}],
    }
    assert (await following.town.finance.post("/funds/v1/movements", handed)).status_code == 201
    [lot] = [one for one in await _lots(following, following.town.office) if one["remaining_fen"] == 6_000]
    [other, *_] = await _lots(following, following.treasury)
    found = await finding(following.http, following.old, {lot["id"]: 6_000})
    await quarantine(following.http, following.old, {lot["id"]: 6_000}, found)
    keeps = await quarantine(following.http, following.old, {other["id"]: 1})
    figures = {"from_county": following.old, "quarantined_fen": 6_001, "documents": [DOCUMENT]}
    answer = await following.go()
    refused(answer, 409, "quarantine-stays", figures)
    assert f"“{DOCUMENT}”" in answer.json()["detail"]
    order = {
        "kind": "recover",
        "document": "追1",
        "effective_on": ON,
        "fund_code": "TEST-FUND",
        "account_id": following.town.office,
        "amount_fen": 6_000,
        "finding_id": str(found),
    }
    recovered = await following.town.finance.post("/funds/v1/movements", order)
    assert recovered.status_code == 201, recovered.text
    refused(await following.go(), 409, "quarantine-stays", {**figures, "quarantined_fen": 1})
    await release(following.http, following.old, keeps)
    await open_account(following.http, following.new, "outside", "县外")
    gone = await following.gone()
    assert gone["amount_fen"] == 1_010_000
    # What the new county keeps of it comes back to nobody.
    [came, *_] = await _lots(following, following.new_treasury, following.new)
    kept = await quarantine(following.http, following.new, {came["id"]: 5})
    refused(await following.undo(gone["id"]), 409, "money-quarantined", {"quarantined_fen": 5})
    await release(following.http, following.new, kept)
    assert (await following.undo(gone["id"])).status_code == 201
    await following.lawful()


@pytest.mark.parametrize("following", ["old before new"], indirect=True)
async def test_the_database_lets_no_quarantined_fen_leave_the_county(following: Following, admin: asyncpg.Pool) -> None:
    [lot] = await _lots(following, following.town.office)
    fen = lot["remaining_fen"]
    await quarantine(following.http, following.old, {lot["id"]: 1})
    move = {
        "id": str(uuid4()),
        "kind": "succeed",
        "document": "移交清册1号",
        "document_key": "移交清册1号",
        "from": following.town.office,
        "to": following.outside,
        "effective_on": ON,
        "amount_fen": fen,
        "drawn": "named",
        "actor": "a",
    }
    part = {"move": move["id"], "from_lot": lot["id"], "to_lot": str(uuid4()), "amount_fen": fen}
    async with admin.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE funds_app")
        await connection.execute("SELECT set_config('app.region', $1, true)", following.old)
        with pytest.raises(asyncpg.PostgresError) as held:
            await connection.execute(
                "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, $4)",
                following.old,
                json.dumps([move]),
                json.dumps([part]),
                ledger.today(),
            )
    assert held.value.sqlstate == "QL424"


async def _lots(following: Following, account: str, county: str = "") -> list[dict[str, Any]]:
    asked = {"account": account, "county": county or following.old, "as_of": ON}
    answer: httpx.Response = await following.inspector.get("/funds/v1/lots", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])
