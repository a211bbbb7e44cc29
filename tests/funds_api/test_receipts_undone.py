"""What was undone of a document may be received again, and the database bounds all counties by what it states."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from tests.callers import funds_caller
from tests.factories import open_account
from tests.funds_api.test_notices import _neighbour, _of_the_province, received


def number() -> str:
    return f"测财农〔2017〕{uuid4().int % 100000}号"


async def receipts_of(admin: asyncpg.Pool, notice: str) -> list[UUID]:
    """The movements that brought a notice's money, in the order of its lines."""
    rows = await admin.fetch(
        "SELECT l.movement_id FROM funds.tranche t"
        " JOIN funds.lot l ON l.county_code = t.county_code AND l.tranche_id = t.id"
        " JOIN funds.movement m ON m.county_code = l.county_code AND m.id = l.movement_id AND m.kind = 'receive'"
        " WHERE t.notice_id = $1 ORDER BY t.line_no",
        UUID(notice),
    )
    return [row[0] for row in rows]


async def undo(http: httpx.AsyncClient, county: str, movement: UUID, document: str = "冲正") -> httpx.Response:
    order = {"kind": "reverse", "movement_id": str(movement), "document": document, "effective_on": "2017-05-01"}
    return await funds_caller(http, "finance_clerk", county).post("/funds/v1/movements", order)


async def test_a_county_receives_again_by_a_document_once_all_it_received_by_it_is_undone(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    await open_account(funds_http, county, "outside")
    document = number()
    first = (await received(funds_http, county, amounts=[100, 200], document_number=document)).json()
    one, two = await receipts_of(admin, first["id"])
    assert (await undo(funds_http, county, one)).status_code == 201
    refused = await received(funds_http, county, amounts=[100], document_number=document)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/notice-known")
    assert refused.json()["figures"]["stands_fen"] == 200
    assert "尚有 2.00 元没有冲正" in refused.json()["detail"]

    assert (await undo(funds_http, county, two)).status_code == 201
    again = await received(funds_http, county, amounts=[120, 200], document_number=document)
    assert again.status_code == 201, again.text
    third = await received(funds_http, county, amounts=[1], document_number=document)
    assert (third.status_code, third.json()["figures"]["notice_id"]) == (409, again.json()["id"])
    clerk = funds_caller(funds_http, "finance_clerk", county)
    told = [(await clerk.get(f"/funds/v1/notices/{one}")).json() for one in (first["id"], again.json()["id"])]
    assert [(one["received_fen"], one["undone_fen"], one["unexplained_fen"]) for one in told] == [
        (300, 300, 0),
        (320, 0, 0),
    ]


async def test_what_one_county_undid_leaves_room_to_its_neighbours_and_so_does_what_it_read_in_the_document(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other, document = await _neighbour(admin, county), number()
    await open_account(funds_http, county, "outside")
    first = (await _of_the_province(funds_http, county, document, 600)).json()
    assert (await _of_the_province(funds_http, other, document, 401)).status_code == 409
    [movement] = await receipts_of(admin, first["id"])
    assert (await undo(funds_http, county, movement)).status_code == 201
    wide = await _of_the_province(funds_http, other, document, 1_001, stated_total_fen=2_000)
    assert wide.status_code == 201, "what was undone whole states nothing either"
    refused = await _of_the_province(funds_http, county, document, 1_000, stated_total_fen=2_000)
    figures = {"stated_total_fen": 2_000, "parts_fen": 1_000, "elsewhere_fen": 1_001, "difference_fen": 1}
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/notice-exceeded")
    assert figures.items() <= refused.json()["figures"].items()
    assert (await _of_the_province(funds_http, county, document, 999, stated_total_fen=2_000)).status_code == 201


async def test_undoing_at_once_with_receiving_never_exceeds_the_document(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    other, document = await _neighbour(admin, county), number()
    await open_account(funds_http, county, "outside")
    first = (await _of_the_province(funds_http, county, document, 600)).json()
    [movement] = await receipts_of(admin, first["id"])
    answers = await asyncio.gather(
        undo(funds_http, county, movement), *(_of_the_province(funds_http, other, document, 1_000) for _ in range(3))
    )
    assert answers[0].status_code == 201
    assert sorted(one.status_code for one in answers[1:]) in ([201, 409, 409], [409, 409, 409])
    stands = "SELECT sum(received_fen - undone_fen) FROM funds.notice_receipt WHERE county_code = ANY($1)"
    assert await admin.fetchval(stands, [county, other]) in (0, 1_000)


class Beside:
    """Writes receipts as the service's role, without the service: what only the database refuses."""

    def __init__(self, connection: asyncpg.Connection, county: str, notice: str) -> None:
        self.connection, self.county, self.notice = connection, county, notice

    async def receive(self, fen: int, stated: int | None = 1_000, undone: int = 0) -> None:
        """A registration of the same document as `notice` by the county, without tranches."""
        await self.connection.execute("SELECT set_config('app.region', $1, true)", self.county)
        copied = uuid4()
        await self.connection.execute(
            "INSERT INTO funds.notice (id, region_code, issuer, title, document_key, document_number, cites, fund_code,"
            " fiscal_year, received_on, received_on_basis, stated_total_fen, received_fen, brought_by, completeness,"
            " source) SELECT $1, region_code, issuer, title, document_key, document_number, cites, fund_code,"
            " fiscal_year, received_on, received_on_basis, $3, $4, brought_by, completeness, source"
            " FROM funds.notice WHERE id = $2",
            copied,
            UUID(self.notice),
            stated,
            fen,
        )
        await self.connection.execute(
            "INSERT INTO funds.notice_receipt (county_code, notice_id, issuer, document_key, received_fen, undone_fen)"
            " SELECT $1, $2, issuer, document_key, $3, $4 FROM funds.notice WHERE id = $2",
            self.county,
            copied,
            fen,
            undone,
        )


@pytest.fixture
async def four(urls: dict[str, str]) -> AsyncIterator[list[asyncpg.Connection]]:
    async with AsyncExitStack() as stack:
        opened = [await asyncpg.connect(urls["funds"]) for _ in range(4)]
        for one in opened:
            stack.push_async_callback(one.close)
        yield opened


async def _registered(http: httpx.AsyncClient, county: str, fen: int) -> dict[str, Any]:
    answer = await _of_the_province(http, county, number(), fen)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_past_the_service_the_database_lets_no_counties_exceed_their_document(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, four: list[asyncpg.Connection]
) -> None:
    """Four counties at once, each within its own row-level view: 100 are there already, and only two times 400 fit."""
    notice = (await _registered(funds_http, county, 100))["id"]
    counties = [f"{int(county) + 5000 + 100 * number}" for number in range(4)]

    async def one(connection: asyncpg.Connection, other: str) -> str:
        try:
            async with connection.transaction():
                await Beside(connection, other, notice).receive(400)
        except asyncpg.PostgresError as error:
            return str(error.sqlstate)
        return "received"

    done = await asyncio.gather(*(one(*pair) for pair in zip(four, counties, strict=True)))
    assert sorted(done) == ["QL431", "QL431", "received", "received"]
    stands = "SELECT sum(received_fen) FROM funds.notice_receipt WHERE county_code = ANY($1)"
    assert await admin.fetchval(stands, [county, *counties]) == 900


async def test_past_the_service_the_second_of_two_connections_waits_and_sees_the_first(
    funds_http: httpx.AsyncClient, county: str, four: list[asyncpg.Connection]
) -> None:
    notice = (await _registered(funds_http, county, 100))["id"]
    first, second, *_ = four
    others = [f"{int(county) + 5000}", f"{int(county) + 6000}"]
    ahead = first.transaction()
    await ahead.start()
    await Beside(first, others[0], notice).receive(600)

    async def behind() -> None:
        async with second.transaction():
            await Beside(second, others[1], notice).receive(600)

    waiting = asyncio.create_task(behind())
    done, _ = await asyncio.wait([waiting], timeout=0.5)
    assert not done, "it waits for the document"
    await ahead.commit()
    with pytest.raises(asyncpg.PostgresError, match="1300 fen by a document that states 1000"):
        await waiting


async def test_past_the_service_a_receipt_stands_for_its_tranches_and_nobody_says_it_is_undone(
    funds_http: httpx.AsyncClient, county: str, four: list[asyncpg.Connection]
) -> None:
    notice = await _registered(funds_http, county, 100)
    own, other = Beside(four[0], county, notice["id"]), Beside(four[0], f"{int(county) + 5000}", notice["id"])
    for receipt, fen, stated, undone, told in (
        (own, 100, 1_000, 0, "uq_notice_receipt_stands"),
        (other, 901, None, 0, "1001 fen"),
        (other, 1, 100, 0, "states 100"),
        (other, 901, 1_000, 901, "not written as undone"),
        (other, 900, 1_000, 901, "ck_notice_receipt_undone"),
    ):
        with pytest.raises(asyncpg.PostgresError, match=told):
            async with four[0].transaction():
                await receipt.receive(fen, stated, undone)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await four[0].execute("UPDATE funds.notice_receipt SET undone_fen = received_fen")
    printed = "kind, county_code, amount_printed, amount_fen"
    await four[0].execute(
        f"INSERT INTO funds.notice_line (notice_id, part, line_no, {printed})"
        f" SELECT notice_id, part, 2, {printed} FROM funds.notice_line WHERE notice_id = $1",
        UUID(notice["id"]),
    )
    await four[0].execute("SELECT set_config('app.region', $1, false)", county)
    same = "county_code, notice_id, part, fund_code, fiscal_year, purpose, received_on"
    with pytest.raises(asyncpg.PostgresError, match="not what its receipt says"):
        await four[0].execute(
            f"INSERT INTO funds.tranche (id, line_no, amount_fen, {same})"
            f" SELECT gen_random_uuid(), 2, 1, {same} FROM funds.tranche WHERE notice_id = $1",
            UUID(notice["id"]),
        )


async def test_undoing_an_undoing_hears_the_bound_again(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, four: list[asyncpg.Connection]
) -> None:
    """The service undoes no undoing; posted past it, one would bring money back by a document that is used up."""
    other, document = await _neighbour(admin, county), number()
    outside = await open_account(funds_http, county, "outside")
    first = (await _of_the_province(funds_http, county, document, 600)).json()
    [movement] = await receipts_of(admin, first["id"])
    undone = (await undo(funds_http, county, movement)).json()["movements"][0]
    refused = await undo(funds_http, county, UUID(undone["id"]), "冲正之冲正")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-reversible")

    stands = "SELECT received_fen - undone_fen FROM funds.notice_receipt WHERE county_code = $1"
    lot = await admin.fetchval("SELECT id FROM funds.lot WHERE movement_id = $1", UUID(undone["id"]))
    again = {
        "id": str(uuid4()),
        "kind": "reverse",
        "document": "冲正之冲正",
        "document_key": "冲正之冲正",
        "from": outside,
        "to": undone["from_account_id"],
        "effective_on": "2017-05-02",
        "amount_fen": 600,
        "drawn": "named",
        "reverses": undone["id"],
        "actor": "x",
    }
    part = {"move": again["id"], "from_lot": str(lot), "to_lot": str(uuid4()), "amount_fen": 600}

    async def bring_back() -> None:
        async with four[0].transaction():
            await four[0].execute("SELECT set_config('app.region', $1, true)", county)
            post = "SELECT funds.post_movements($1, $2, $3, $4)"
            await four[0].execute(post, county, json.dumps([again]), json.dumps([part]), clock.now().date())

    await open_account(funds_http, other, "outside")
    taken = await _of_the_province(funds_http, other, document, 401)
    assert taken.status_code == 201
    with pytest.raises(asyncpg.PostgresError, match="1001 fen by a document that states 1000"):
        await bring_back()
    assert await admin.fetchval(stands, county) == 0
    assert (await undo(funds_http, other, (await receipts_of(admin, taken.json()["id"]))[0])).status_code == 201
    await bring_back()
    assert await admin.fetchval(stands, county) == 600, "now there is room"
