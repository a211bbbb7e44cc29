"""What `post_movements` takes from its caller and what it finds itself: parts in order, and no word of it on trust."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.funds_api.desk import Desk, conserved

THOUSANDS = 3_000


class Books:
    """The posting function called as the service's role calls it, in the county of a desk."""

    def __init__(self, connection: asyncpg.Connection, desk: Desk) -> None:
        self.connection, self.desk = connection, desk

    def move(self, source: str, target: str, fen: int, **more: Any) -> dict[str, Any]:
        name = str(uuid4())
        return {
            "id": name,
            "kind": "hand_down",
            "document": name,
            "document_key": name,
            "from": source,
            "to": target,
            "effective_on": "2017-05-01",
            "amount_fen": fen,
            "drawn": "named",
            "actor": "t",
            **more,
        }

    async def post(self, moves: list[dict[str, Any]], parts: list[dict[str, Any]]) -> int:
        async with self.connection.transaction():
            await self.connection.execute("SELECT set_config('app.region', $1, true)", self.desk.county)
            position: int = await self.connection.fetchval(
                "SELECT funds.post_movements($1, $2::jsonb, $3::jsonb, current_date)",
                self.desk.county,
                json.dumps(moves),
                json.dumps(parts),
            )
            # An act ends with its event; without one the next would carry the same position.
            await self.connection.execute(
                "SELECT funds.journal_append($1, $2, 'MoneyMoved', '{}', 't', 't', $3, sha256('t'), '{}')",
                self.desk.county,
                uuid4(),
                str(uuid4()),
            )
        return position

    async def oldest(self, account: str) -> str:
        lots = await self.desk.clerk.get("/funds/v1/lots", params={"account": account, "as_of": "2017-05-01"})
        found: str = lots.json()["items"][0]["id"]
        return found


def part(move: dict[str, Any], lot: str, fen: int, **more: Any) -> dict[str, Any]:
    return {"move": move["id"], "from_lot": lot, "to_lot": str(uuid4()), "amount_fen": fen, **more}


@pytest.fixture
async def books(desk: Desk, urls: dict[str, str]) -> Any:
    connection = await asyncpg.connect(urls["funds"])
    try:
        yield Books(connection, desk)
    finally:
        await connection.close()


async def test_parts_follow_their_movements(desk: Desk, books: Books, admin: asyncpg.Pool) -> None:
    lot = await books.oldest(desk.treasury)
    one, two = books.move(desk.treasury, desk.first, 30), books.move(desk.treasury, desk.second, 12)
    wrong = {
        "belongs to no movement": [part(two, lot, 12), part(one, lot, 30)],  # the other way round
        "does not add up": [part(one, lot, 30)],  # one without a part
        "belongs to no movement, or": [part(one, lot, 30), part(two, lot, 12), part(one, lot, 1)],  # one comes again
    }
    for message, parts in wrong.items():
        with pytest.raises(asyncpg.PostgresError, match=message):
            await books.post([one, two], parts)
    with pytest.raises(asyncpg.PostgresError, match="belongs to no movement"):
        await books.post([one], [{**part(one, lot, 30), "move": None}])
    with pytest.raises(asyncpg.PostgresError, match="does not add up"):
        await books.post([], [])
    assert await desk.balance(desk.treasury) == 1_000_000
    await books.post([one, two], [part(one, lot, 10), part(one, lot, 20), part(two, lot, 12)])
    assert [await desk.balance(at) for at in (desk.treasury, desk.first, desk.second)] == [999_958, 30, 12]
    await conserved(admin, desk.county)


async def test_nothing_that_the_books_know_is_believed(desk: Desk, books: Books, admin: asyncpg.Pool) -> None:
    """A place, a kind, a fund, a day of arrival or an end that the caller names stands nowhere."""
    lot = await books.oldest(desk.treasury)
    move = books.move(
        desk.treasury,
        desk.first,
        5,
        from_region="99",
        to_region="99",
        from_kind="outside",
        to_kind="households",
        flow="receive",
    )
    told = {"fund": "OTHER", "tranche": str(uuid4()), "arrived": "1999-01-01", "held_until": "2099-01-01"}
    told |= {"terminal": True, "source": desk.second, "target": desk.second, "drawn_year": 1999, "kind": "pay"}
    made = part(move, lot, 5, **told)
    await books.post([move], [made])
    row = await admin.fetchrow(
        "SELECT l.fund_code, l.tranche_id, l.account_id, l.region_code, l.is_terminal, l.fiscal_year,"
        "       d.days_rested, m.kind"
        "  FROM funds.lot l JOIN funds.draw d ON d.county_code = l.county_code AND d.to_lot_id = l.id"
        "  JOIN funds.movement m ON m.county_code = l.county_code AND m.id = l.movement_id"
        " WHERE l.county_code = $1 AND l.id = $2",
        desk.county,
        made["to_lot"],
    )
    origin = await admin.fetchrow("SELECT * FROM funds.lot WHERE county_code = $1 AND id = $2", desk.county, lot)
    assert origin is not None
    assert tuple(row or ()) == (
        "TEST-FUND",
        origin["tranche_id"],
        (await admin.fetchval("SELECT $1::uuid", desk.first)),
        desk.county + "101",
        False,
        origin["fiscal_year"],
        61,
        "hand_down",
    )
    other = books.move(desk.second, desk.first, 5)
    with pytest.raises(asyncpg.PostgresError, match="not on the drawn account"):
        await books.post([other], [part(other, lot, 5, source=desk.treasury)])
    await conserved(admin, desk.county)


async def test_thousands_of_lots_go_at_once_and_come_back(desk: Desk, books: Books, admin: asyncpg.Pool) -> None:
    lot = await books.oldest(desk.treasury)
    out = books.move(desk.treasury, desk.first, THOUSANDS * 3)
    parts = [part(out, lot, 3) for _ in range(THOUSANDS)]
    await books.post([out], parts)
    on = books.move(desk.first, desk.village, THOUSANDS * 3)
    await books.post([on], [part(on, one["to_lot"], 3) for one in parts])
    assert [await desk.balance(at) for at in (desk.first, desk.village)] == [0, THOUSANDS * 3]
    open_lots, entries = await admin.fetchrow(
        "SELECT (SELECT count(*) FROM funds.lot WHERE county_code = $1 AND account_id = $2 AND is_open),"
        " (SELECT count(*) FROM funds.entry WHERE county_code = $1 AND movement_id = $3)",
        desk.county,
        desk.village,
        on["id"],
    )
    assert (open_lots, entries) == (THOUSANDS, 2)  # many lots of one day of arrival are one entry at either end
    await conserved(admin, desk.county)
