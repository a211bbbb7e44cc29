"""Fen of a finding that nobody moves: ordered by two inspectors, kept by the books, released by two again."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.callers import audit_caller, funds_caller
from tests.contract.decided import Both
from tests.funds_api.desk import Desk, conserved, refused
from tests.funds_api.test_known_at import now

DOCUMENT = "县纪封存〔2017〕1号"
RELEASE = "县纪解封〔2017〕2号"


class Inspectors:
    """Two inspectors over a finding on 300,000 fen of the first township."""

    def __init__(self, both: Both, desk: Desk) -> None:
        self.both, self.desk = both, desk

    async def open(self) -> Inspectors:
        [alert] = [one for one in await self.both.alerts() if one["amount_fen"] == 300_000]
        self.lot = str(alert["lot_id"])
        self.finding = await self.both.finding([alert["id"]])
        return self

    async def draw(self, fen: int, lot: str = "", **more: Any) -> httpx.Response:
        body = {
            "finding_id": self.finding["id"],
            "document": DOCUMENT,
            "lots": [{"lot_id": lot or self.lot, "amount_fen": fen}],
            "reason": "资金去向不明，防止转移",
            "on": "2017-12-05",
            **more,
        }
        return await self.both.inspector.post("/audit/v1/quarantines", body)

    async def decide(
        self, drawn: dict[str, Any], path: str = "decision", by: Any = None, **more: Any
    ) -> httpx.Response:
        body = {
            "version_hash": drawn["version_hash"],
            "decision": "confirm",
            "opinion": "同意",
            "on": "2017-12-06",
            **more,
        }
        return await (by or self.both.checker).post(f"/audit/v1/quarantines/{drawn['id']}/{path}", body)

    async def order(self, fen: int) -> dict[str, Any]:
        """A quarantine that both sides have heard of."""
        drawn = written(await self.draw(fen))
        written(await self.decide(drawn))
        await self.heard()
        return await self.read(drawn["id"])

    async def release(self, quarantine: str, on: str = "2017-12-20") -> dict[str, Any]:
        body = {"document": RELEASE, "reason": "已查清", "on": on}
        drawn = written(await self.both.inspector.post(f"/audit/v1/quarantines/{quarantine}/release", body))
        written(await self.decide(drawn, "release/decision", on="2017-12-21"))
        await self.heard()
        return await self.read(quarantine)

    async def heard(self) -> None:
        await self.both.hear()
        await self.both.tell()
        await self.both.hear()

    async def read(self, quarantine: str, **asked: Any) -> dict[str, Any]:
        answer = await self.both.inspector.get(f"/audit/v1/quarantines/{quarantine}", params=asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def in_books(self, quarantine: str, **asked: Any) -> httpx.Response:
        return await self.both.asking.get(f"/funds/v1/quarantines/{quarantine}", params=asked)


def written(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.fixture
async def two(both: Both, desk: Desk) -> Inspectors:
    return await Inspectors(both, desk).open()


async def test_quarantined_fen_move_for_nobody_until_they_are_released(
    two: Inspectors, desk: Desk, admin: asyncpg.Pool
) -> None:
    told = await two.order(200_000)
    assert (told["status"], told["asked_fen"], told["kept_fen"], told["missing_fen"]) == (
        "confirmed",
        200_000,
        200_000,
        0,
    )
    figures = {"free_fen": 100_000, "held_fen": 200_000, "quarantined_fen": 200_000, "documents": [DOCUMENT]}
    out = {"from_account_id": desk.first}
    share = [
        {"to_account_id": desk.contractor, "amount_fen": 100_001, "lots": [{"lot_id": two.lot, "amount_fen": 100_001}]}
    ]
    for answer in (
        await desk.out(100_001, desk.contractor, "2017-12-07", kind="pay", **out),
        await desk.out(100_001, desk.contractor, "2017-12-07", kind="pay", lines=share, **out),
        await desk.out(100_001, desk.village, "2017-12-07", by=desk.township_clerk, **out),
        await desk.out(100_001, desk.contractor, "2017-12-07", kind="pay", drawn="proportional", **out),
        await desk.back(100_001, desk.first, "2017-12-07"),
        await desk.back(100_001, desk.first, "2017-12-07", kind="recover"),
        await desk.order(
            "take_back",
            "2017-12-07",
            fund_code="TEST-FUND",
            account_id=desk.first,
            to_account_id=desk.treasury,
            amount_fen=100_001,
        ),
        await desk.hold(100_001, desk.first),
    ):
        refused(answer, 409, "money-quarantined", {"asked_fen": 100_001, **figures})
        assert f"“{DOCUMENT}”" in answer.json()["detail"]
    brought = await admin.fetchval(
        "SELECT movement_id::text FROM funds.lot WHERE county_code = $1 AND id = $2", desk.county, two.lot
    )
    refused(await desk.undo(brought, "2017-12-07"), 409, "money-quarantined", {"asked_fen": 300_000, **figures})
    # What is free goes; what is quarantined stays in its year when the rest is carried over.
    assert (await desk.out(60_000, desk.contractor, "2017-12-07", kind="pay", **out)).status_code == 201
    carried = await desk.order("carry_over", "2017-12-31", account_id=desk.first, from_year=2017)
    assert (carried.json()["total_fen"], carried.json()["left_held_fen"]) == (40_000, 200_000), carried.text

    over = await two.release(told["id"])
    assert (over["status"], over["freed_fen"]) == ("release_confirmed", 200_000)
    assert (await desk.out(200_000, desk.contractor, "2017-12-31", kind="pay", **out)).status_code == 201
    await conserved(admin, desk.county)


async def test_the_hold_of_a_quarantine_is_neither_paid_from_nor_voided(
    two: Inspectors, desk: Desk, admin: asyncpg.Pool
) -> None:
    await two.order(200_000)
    holds = (await desk.clerk.get("/funds/v1/holds", params={"account": desk.first})).json()["items"]
    [hold] = [one for one in holds if one["purpose"] == "封存"]
    figures = {"hold_id": hold["id"], "document": DOCUMENT, "amount_fen": 200_000}
    paid = await desk.out(1, desk.contractor, "2017-12-07", kind="pay", from_account_id=desk.first, hold_id=hold["id"])
    refused(paid, 409, "hold-of-quarantine", figures)
    voided = await desk.clerk.post(f"/funds/v1/holds/{hold['id']}/voiding", {"reason": "不需要了"})
    refused(voided, 409, "hold-of-quarantine", figures)
    # Whatever the service lets pass, the database does not.
    for status in ("posted", "voided"):
        with pytest.raises(asyncpg.PostgresError) as held:
            await admin.execute(
                "UPDATE funds.hold SET status = $3, ended_position = 99 WHERE county_code = $1 AND id = $2",
                desk.county,
                hold["id"],
                status,
            )
        assert held.value.sqlstate == "QL415"


async def test_what_had_gone_or_is_held_for_a_payment_is_missing_and_told(two: Inspectors, desk: Desk) -> None:
    drawn = written(await two.draw(300_000))
    out = {"from_account_id": desk.first}
    assert (await desk.out(50_000, desk.contractor, "2017-12-05", kind="pay", **out)).status_code == 201
    hold = await desk.hold(30_000, desk.first)
    assert hold.status_code == 201
    written(await two.decide(drawn))
    before = now()
    await two.heard()
    told = await two.read(drawn["id"])
    assert (told["kept_fen"], told["missing_fen"], told["unexplained_fen"]) == (220_000, 80_000, 0)
    assert told["lots"] == [{"lot_id": two.lot, "amount_fen": 300_000, "kept_fen": 220_000}]
    books = (await two.in_books(drawn["id"])).json()
    assert [books[one] for one in ("asked_fen", "kept_fen", "missing_fen", "unexplained_fen")] == [
        300_000,
        220_000,
        80_000,
        0,
    ]
    assert (await two.read(drawn["id"], known_at=before))["kept_fen"] is None
    # The payment that was promised its fen gets them; nobody gets one fen more.
    paid = await desk.out(30_000, desk.contractor, "2017-12-07", kind="pay", hold_id=hold.json()["id"], **out)
    assert paid.status_code == 201, paid.text
    refused(
        await desk.out(1, desk.contractor, "2017-12-07", kind="pay", **out),
        409,
        "money-quarantined",
        {"free_fen": 0, "quarantined_fen": 220_000},
    )


async def test_one_draws_up_and_another_decides_over_the_version(two: Inspectors) -> None:
    drawn = written(await two.draw(100_000))
    assert (drawn["status"], drawn["kept_fen"]) == ("drawn", None)
    refused(await two.decide(drawn, by=two.both.inspector), 403, "own-decision", {})
    refused(await two.decide({**drawn, "version_hash": "0" * 64}), 409, "version-changed", {"named": "0" * 64})
    refused(await two.decide(drawn, "release/decision"), 409, "quarantine-step-not-possible", {"status": "drawn"})
    refused(await two.decide(drawn, on="2017-12-04"), 409, "dates-out-of-order", {"not_before": "2017-12-05"})
    written(await two.decide(drawn, decision="refuse", opinion="证据不足"))
    refused(await two.decide(drawn), 409, "quarantine-step-not-possible", {"status": "refused"})
    await two.heard()
    assert (await two.in_books(drawn["id"])).status_code == 404, "what was refused the money never hears of"
    told = await two.order(100_000)
    body = {"document": RELEASE, "reason": "已查清", "on": "2017-12-20"}
    path = f"/audit/v1/quarantines/{told['id']}/release"
    proposed = written(await two.both.inspector.post(path, body))
    refused(
        await two.decide(proposed, "release/decision", by=two.both.inspector, on="2017-12-20"), 403, "own-decision", {}
    )
    stays = written(await two.decide(proposed, "release/decision", decision="refuse", on="2017-12-21"))
    assert (stays["status"], stays["freed_fen"]) == ("release_refused", None)
    await two.heard()
    assert (await two.in_books(told["id"])).json()["in_force"] is True
    assert (await two.release(told["id"], on="2017-12-21"))["freed_fen"] == 100_000


async def test_no_more_is_quarantined_than_the_finding_is_bound_to(two: Inspectors) -> None:
    refused(
        await two.draw(300_001),
        409,
        "quarantined-too-much",
        {"lot_id": two.lot, "asked_fen": 300_001, "bound_fen": 300_000, "quarantined_fen": 0},
    )
    refused(await two.draw(1, on="2017-11-30"), 409, "dates-out-of-order", {"not_before": "2017-12-01"})
    written(await two.draw(200_000))
    refused(await two.draw(100_001), 409, "quarantined-too-much", {"quarantined_fen": 200_000})
    written(await two.draw(100_000))
    other = str(uuid4())
    refused(await two.draw(1, lot=other), 409, "lot-not-of-finding", {"lot_id": other})
    assert (await two.draw(1, finding_id=str(uuid4()))).status_code == 404
    assert (await two.draw(0)).status_code == 422


async def test_only_what_another_person_confirmed_is_quarantined(both: Both, desk: Desk, admin: asyncpg.Pool) -> None:
    [alert] = [one for one in await both.alerts() if one["amount_fen"] == 300_000]
    request = {
        "alert_ids": [alert["id"]],
        "class_code": "F01",
        "title": "一镇滞留",
        "facts": "资金到账后未拨付",
        "recorded_facts": [{"what": "资金到账后未拨付"}],
        "found_on": "2017-12-01",
        "lots": [{"lot_id": alert["lot_id"], "amount_fen": 200_000}],
    }
    two = Inspectors(both, desk)
    two.finding, two.lot = written(await both.inspector.post("/audit/v1/findings", request)), str(alert["lot_id"])
    refused(await two.draw(1), 409, "finding-not-confirmed", {"finding_id": two.finding["id"]})
    # Past the service, as its own role.
    place = (desk.county, uuid4(), two.finding["id"])
    async with admin.acquire() as connection:
        for step in ("drawn", "confirmed"):
            transaction = connection.transaction()
            await transaction.start()
            await as_audit(connection, desk.county)
            await connection.execute(
                "INSERT INTO audit.quarantine (county_code, region_code, id, finding_id, document, asked_fen)"
                " VALUES ($1, $1, $2, $3, '文', 1)",
                *place,
            )
            with pytest.raises(asyncpg.CheckViolationError, match="not confirmed"):
                await connection.execute(
                    "INSERT INTO audit.quarantine_step (county_code, region_code, quarantine_id, step_no, step,"
                    " done_on, done_by, made_by, document, words, version_hash)"
                    " VALUES ($1, $1, $2, 1, $3, '2017-12-05', 'a', CASE WHEN $3 = 'confirmed' THEN 'b' END, '文',"
                    " '由', repeat('0', 64))",
                    *place[:2],
                    step,
                )
            await transaction.rollback()
    # The same two people, in the same hour: the finding first, and then its money.
    decision = {
        "version_hash": two.finding["version_hash"],
        "decision": "confirm",
        "opinion": "同意",
        "on": "2017-12-01",
    }
    path = f"/audit/v1/findings/{two.finding['id']}/reviews"
    two.finding = written(await both.checker.post(path, decision))
    refused(await two.draw(200_001), 409, "quarantined-too-much", {"bound_fen": 200_000})
    told = await two.order(200_000)
    assert (told["status"], told["kept_fen"], told["stands_fen"]) == ("confirmed", 200_000, 200_000)


async def as_audit(connection: Any, county: str) -> None:
    """Go on in this transaction as the service's own role, in the county."""
    await connection.execute("SET LOCAL ROLE audit_app")
    await connection.execute("SELECT set_config('app.region', $1, true)", county)


async def test_a_quarantine_is_read_as_of_a_day_and_as_it_was_known(two: Inspectors, desk: Desk) -> None:
    began = now()
    told = await two.order(100_000)
    path = f"/audit/v1/quarantines/{told['id']}"
    ordered = now()
    await two.release(told["id"])
    for asked, status in (
        ({"as_of": "2017-12-05"}, "drawn"),
        ({"as_of": "2017-12-19"}, "confirmed"),
        ({"as_of": "2017-12-20"}, "release_drawn"),
        ({}, "release_confirmed"),
        ({"known_at": ordered}, "confirmed"),
    ):
        assert (await two.read(told["id"], **asked))["status"] == status, asked
    for asked in ({"as_of": "2017-12-04"}, {"known_at": began}):
        assert (await two.both.inspector.get(path, params=asked)).status_code == 404
        listed = (await two.both.inspector.get("/audit/v1/quarantines", params=asked)).json()
        assert (listed["items"], bool(listed["empty_because"])) == ([], True)
    # In the books fen are kept from the day on which they heard of it.
    today = ledger.today().isoformat()
    assert (await two.in_books(told["id"], as_of="2017-12-31")).status_code == 404
    assert [(await two.in_books(told["id"], **asked)).json()["in_force"] for asked in ({}, {"known_at": ordered})] == [
        False,
        True,
    ]
    live = {"live": "true", "as_of": today}
    assert (await two.both.asking.get("/funds/v1/quarantines", params=live)).json()["items"] == []
    [then] = (await two.both.asking.get("/funds/v1/quarantines", params={**live, "known_at": ordered})).json()["items"]
    assert (then["id"], then["released_on"], then["release_document"]) == (told["id"], None, None)


async def test_a_payment_and_a_quarantine_that_race_never_share_a_fen(
    two: Inspectors, desk: Desk, admin: asyncpg.Pool
) -> None:
    drawn = written(await two.draw(300_000))
    written(await two.decide(drawn))
    pays = [desk.out(25_000, desk.contractor, "2017-12-07", kind="pay", from_account_id=desk.first) for _ in range(10)]
    answers = await asyncio.gather(two.both.follower.round(), *pays)
    paid = sum(1 for one in answers[1:] if isinstance(one, httpx.Response) and one.status_code == 201)
    assert {one.status_code for one in answers[1:] if isinstance(one, httpx.Response)} <= {201, 409}
    await two.both.tell()
    kept = (await two.in_books(drawn["id"])).json()["kept_fen"]
    left = await admin.fetchval(
        "SELECT remaining_fen FROM funds.lot WHERE county_code = $1 AND id = $2", desk.county, two.lot
    )
    assert left == 300_000 - 25_000 * paid
    assert kept == left, "what the payments left is kept, and nothing was paid after it"
    await conserved(admin, desk.county)


async def test_others_neither_see_nor_order_quarantines(
    two: Inspectors, desk: Desk, audit_http: httpx.AsyncClient
) -> None:
    told = await two.order(100_000)
    for who in (
        audit_caller(audit_http, "finance_clerk", desk.county),
        audit_caller(audit_http, "township_clerk", desk.county + "101"),
    ):
        for path in ("/audit/v1/quarantines", f"/audit/v1/quarantines/{told['id']}"):
            assert (await who.get(path)).status_code == 403
        assert (await who.post("/audit/v1/quarantines", {})).status_code == 403
    neighbour = audit_caller(audit_http, "inspector", "990000")
    assert (await neighbour.get(f"/audit/v1/quarantines/{told['id']}")).status_code == 404
    township = funds_caller(desk.http, "township_clerk", desk.county + "101")
    assert (await township.get(f"/funds/v1/quarantines/{told['id']}")).status_code == 403
    clerk = (await desk.clerk.get(f"/funds/v1/quarantines/{told['id']}")).json()
    assert (clerk["document"], clerk["kept_fen"]) == (DOCUMENT, 100_000)
    assert two.finding["id"] not in str(clerk)


async def test_the_same_key_acts_once(two: Inspectors) -> None:
    body = {
        "finding_id": two.finding["id"],
        "document": DOCUMENT,
        "lots": [{"lot_id": two.lot, "amount_fen": 1}],
        "reason": "防止转移",
        "on": "2017-12-05",
    }
    first, again = [
        await two.both.inspector.post("/audit/v1/quarantines", body, key="quarantine-this-once") for _ in range(2)
    ]
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    listed = (await two.both.inspector.get("/audit/v1/quarantines", params={"finding": two.finding["id"]})).json()
    assert len(listed["items"]) == 1
