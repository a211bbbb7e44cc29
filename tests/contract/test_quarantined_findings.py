"""A finding and its quarantined fen: the finding's page lists them, and it does not close while any stand."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from tests.audit_api.office import issued
from tests.callers import audit_caller
from tests.contract.decided import Both
from tests.contract.test_quarantines import DOCUMENT, as_audit, written
from tests.contract.test_recovered_quarantines import Recovering
from tests.funds_api.desk import Desk, refused
from tests.funds_api.test_known_at import now

ORDERS = "/audit/v1/rectification-orders"


class Closing(Recovering):
    """A finding on 300,000 fen with one order, that its unit asks to close."""

    async def asked(self) -> dict[str, Any]:
        county = self.both.county
        order = {
            "finding_id": self.finding["id"],
            "unit_id": str(uuid4()),
            "unit_name": "一镇财政所",
            "region_code": county + "101",
            "kind": "at_once",
            "demand": "十五日内拨付到位",
            "on": "2017-12-02",
            "deadline": "2017-12-17",
        }
        order_id = (await issued(self.both.inspector, order))["id"]
        body = {"explanation": "已全部归还", "on": "2017-12-21"}
        self.unit = audit_caller(self.both.audit_http, "township_clerk", county + "101")
        return written(await self.unit.post(f"{ORDERS}/{order_id}/closure-requests", body))

    async def close(self, asked: dict[str, Any]) -> httpx.Response:
        body = {"version_hash": asked["version_hash"], "decision": "close", "opinion": "属实", "on": "2017-12-22"}
        return await self.both.inspector.post(f"{ORDERS}/{asked['id']}/reviews", body)

    async def file(self, **asked: Any) -> dict[str, Any]:
        answer = await self.both.inspector.get(f"/audit/v1/findings/{self.finding['id']}", params=asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
async def two(both: Both, desk: Desk) -> Closing:
    case = Closing(both, desk)
    await case.open()
    return case


async def test_a_finding_does_not_close_while_fen_of_it_are_quarantined(two: Closing) -> None:
    asked = await two.asked()
    drawn = written(await two.draw(200_000))
    written(await two.decide(drawn))
    figures = {"finding_id": two.finding["id"], "quarantined_fen": 200_000, "documents": [DOCUMENT]}
    # As soon as it was confirmed, also before the books have told what they keep.
    refused(await two.close(asked), 409, "finding-quarantined", figures)
    await two.heard()
    two.told = await two.read(drawn["id"])
    refused(await two.close(asked), 409, "finding-quarantined", figures)
    assert (await two.recover(150_000)).status_code == 201
    refused(await two.close(asked), 409, "finding-quarantined", figures)
    await two.heard()
    refused(await two.close(asked), 409, "finding-quarantined", {**figures, "quarantined_fen": 50_000})
    body = {"document": "解1", "reason": "已查清", "on": "2017-12-20"}
    path = f"/audit/v1/quarantines/{drawn['id']}/release"
    release = written(await two.both.inspector.post(path, body))
    refused(await two.close(asked), 409, "finding-quarantined", {"quarantined_fen": 50_000})
    written(await two.decide(release, "release/decision", on="2017-12-21"))
    assert written(await two.close(asked))["status"] == "closed"
    assert (await two.file())["status"] == "closed"


async def test_one_that_recovered_all_of_it_closes_without_a_release(two: Closing, desk: Desk) -> None:
    asked = await two.asked()
    two.told = await two.order(200_000)
    [movement] = (await two.recover(200_000)).json()["movements"]
    await two.heard()
    assert written(await two.close(asked))["status"] == "closed"
    # Undone afterwards it is quarantined again all the same: nobody released it, and two people still can.
    assert (await desk.undo(movement["id"], "2017-12-23")).status_code == 201
    refused(await two.pay(100_001, "2017-12-23"), 409, "money-quarantined", {"quarantined_fen": 200_000})
    await two.heard()
    assert [one["stands_fen"] for one in (await two.file())["quarantines"]] == [200_000]
    assert (await two.release(two.told["id"]))["freed_fen"] == 200_000


async def test_what_was_refused_or_had_gone_keeps_no_finding_open(two: Closing, desk: Desk) -> None:
    asked = await two.asked()
    written(await two.decide(written(await two.draw(100_000)), decision="refuse"))
    out = {"from_account_id": desk.first}
    assert (await desk.out(300_000, desk.contractor, "2017-12-05", kind="pay", **out)).status_code == 201
    assert (await two.order(100_000))["kept_fen"] == 0
    waits = written(await two.draw(100_000))
    assert written(await two.close(asked))["status"] == "closed"
    # What waited for its decision is decided no more but in one way.
    refused(await two.decide(waits), 409, "finding-closed", {"finding_id": two.finding["id"]})
    assert written(await two.decide(waits, decision="refuse"))["status"] == "refused"
    refused(await two.draw(1), 409, "finding-closed", {"finding_id": two.finding["id"]})


async def test_the_database_closes_no_finding_with_quarantined_fen(
    two: Closing, desk: Desk, admin: asyncpg.Pool
) -> None:
    await two.asked()
    await two.order(200_000)
    async with admin.acquire() as connection, connection.transaction():
        await as_audit(connection, desk.county)
        with pytest.raises(asyncpg.CheckViolationError, match="200000 fen quarantined"):
            await connection.execute(
                "UPDATE audit.finding SET status = 'closed', closed_on = '2017-12-22'"
                " WHERE county_code = $1 AND id = $2",
                desk.county,
                UUID(two.finding["id"]),
            )


async def test_what_the_books_could_not_keep_may_be_asked_for_again(two: Closing, desk: Desk) -> None:
    hold = await desk.hold(250_000, desk.first)
    told = await two.order(300_000)
    assert (told["kept_fen"], told["missing_fen"]) == (50_000, 250_000)
    voided = await desk.clerk.post(f"/funds/v1/holds/{hold.json()['id']}/voiding", {"reason": "不付了"})
    assert voided.status_code == 200
    refused(await two.draw(250_001), 409, "quarantined-too-much", {"quarantined_fen": 50_000})
    assert (await two.order(250_000))["kept_fen"] == 250_000


async def test_the_page_of_a_finding_lists_its_quarantines_as_they_were_known(two: Closing) -> None:
    began = now()
    assert (await two.file())["quarantines"] == []
    two.told = await two.order(200_000)
    second = written(await two.draw(40_000))
    ordered = now()
    assert (await two.recover(150_000)).status_code == 201
    await two.heard()
    await two.release(two.told["id"])

    def told(file: dict[str, Any]) -> list[tuple[Any, ...]]:
        return [
            (one["id"], one["status"], one["kept_fen"], one["recovered_fen"], one["stands_fen"], len(one["lots"]))
            for one in file["quarantines"]
        ]

    waits = (second["id"], "drawn", None, 0, 0, 1)
    assert told(await two.file()) == [(two.told["id"], "release_confirmed", 200_000, 150_000, 0, 1), waits]
    assert told(await two.file(known_at=ordered)) == [(two.told["id"], "confirmed", 200_000, 0, 200_000, 1), waits]
    assert told(await two.file(known_at=began)) == []
    assert told(await two.file(as_of="2017-12-05"))[0][:3] == (two.told["id"], "drawn", None)
    assert told(await two.file(as_of="2017-12-04")) == []


async def test_the_database_keeps_no_more_than_the_finding_is_bound_to(
    two: Closing, desk: Desk, admin: asyncpg.Pool
) -> None:
    two.told = await two.order(200_000)
    assert (await two.recover(50_000)).status_code == 201
    await two.heard()
    for lot, fen, fits in ((two.lot, 150_001, False), (two.lot, 150_000, True), (str(uuid4()), 1, False)):
        async with admin.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await as_audit(connection, desk.county)
            key = (desk.county, uuid4())
            await connection.execute(
                "INSERT INTO audit.quarantine (county_code, region_code, id, finding_id, document, asked_fen)"
                " VALUES ($1, $1, $2, $3, '文', 1)",
                *key,
                UUID(two.finding["id"]),
            )
            insert = connection.execute(
                "INSERT INTO audit.quarantine_lot (county_code, region_code, quarantine_id, lot_id, amount_fen)"
                " VALUES ($1, $1, $2, $3, $4)",
                *key,
                UUID(lot),
                fen,
            )
            if fits:
                await insert
            else:
                with pytest.raises(asyncpg.CheckViolationError, match="stand quarantined"):
                    await insert
            await transaction.rollback()
