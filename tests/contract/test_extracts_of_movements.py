"""A movement, a document and a household are frozen as evidence: what was known then, whatever was undone since."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.evidence.sweep import sweep
from tests.audit_api.test_erasures import Words, naming, standing
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller, funds_caller
from tests.contract.extracting import Case
from tests.funds_api.desk import Desk
from tests.funds_api.people import card, id_number
from tests.funds_api.quarantined import finding
from tests.funds_api.test_known_at import now
from tests.funds_api.test_returns import Paid

DOCUMENT = "西财农〔2017〕8号"


class Known:
    """What is frozen of one thing, and what a direct question to the books as of the same moment says."""

    def __init__(self, case: Case, what: str, about: str) -> None:
        self.case, self.what, self.about = case, what, about

    async def frozen(self, **more: Any) -> dict[str, Any]:
        answer = await self.case.draw(self.what, self.about, **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def content(self, drawn: dict[str, Any]) -> dict[str, Any]:
        answer = await self.case.inspector.get(f"/audit/v1/evidence/{drawn['id']}/content")
        assert hashlib.sha256(answer.content).hexdigest() == drawn["sha256"]
        direct = await funds_caller(self.case.funds, "inspector", self.case.county).get(
            drawn["path"], params=drawn["query"]
        )
        assert direct.content == answer.content, "asked again with what the extract says of its question"
        return dict(json.loads(answer.content))

    async def must_stay(self, drawn: dict[str, Any]) -> None:
        again = await self.case.recheck(drawn["id"])
        assert (again["same"], again["sha256_now"]) == (True, drawn["sha256"])


async def neighbouring(admin: asyncpg.Pool, county: str) -> str:
    """Another county with two townships, of another province."""
    code = "98" + county[2:]
    rows = [
        ("98", "虚构省二", "province", None),
        ("9800", "虚构市二", "prefecture", "98"),
        (code, "邻县", "county", "9800"),
    ]
    rows += [(code + one, f"邻县第{one}镇", "township", code) for one in ("101", "102")]
    rows += [(code + "101201", "邻村", "village", code + "101")]
    await admin.executemany(
        "INSERT INTO funds.region (code, name, level, parent_code, listed_year) VALUES ($1, $2, $3, $4, 2023)"
        " ON CONFLICT DO NOTHING",
        rows,
    )
    return code


async def handed_down(desk: Desk, fen: int, on: str, document: str = DOCUMENT) -> str:
    answer = await desk.out(fen, desk.first, on, document=document)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["movements"][0]["id"])


async def test_a_movement_is_frozen_with_its_draws_documents_and_desks(case: Case, desk: Desk) -> None:
    """450,000 fen out of two notices of 400,000 and 600,000; later undone, which was not known then."""
    moved = await handed_down(desk, 450_000, "2017-05-01")
    of = Known(case, "movement", moved)
    drawn = await of.frozen()
    assert (drawn["total_fen"], drawn["unexplained_fen"], drawn["total_of"]) == (450_000, 0, "业务金额")
    assert drawn["sentence"].startswith("截至 2017-12-31，按 ")
    assert f"第 {drawn['ledger_position']} 号" in drawn["sentence"]
    told = await of.content(drawn)
    assert (told["from_end"]["unit_name"], told["to_end"]["unit_name"]) == ("县国库", "一镇财政所")
    assert [one["amount_fen"] for one in told["parts"]] == [400_000, 50_000]
    assert {one["notice_id"] for one in told["sources"]} == {one["notice_id"] for one in told["parts"]}
    assert sum(one["amount_fen"] for one in told["sources"]) == 450_000
    assert told["reversed_by"] is None

    assert (await desk.out(10_000, desk.second, "2017-05-02")).status_code == 201
    undone = await desk.undo(moved, "2017-05-03")
    assert undone.status_code == 201, undone.text
    await of.must_stay(drawn)
    later = await of.frozen()
    told = await of.content(later)
    [back] = undone.json()["movements"]
    assert told["reversed_by"] == {"movement_id": back["id"], "document": "冲1", "effective_on": "2017-05-03"}
    assert later["sha256"] != drawn["sha256"]
    by_then = await of.frozen(asked={"as_of": "2017-05-02"})
    assert (await of.content(by_then))["reversed_by"] is None, "undone on a later day"
    undoing = await Known(case, "movement", back["id"]).frozen()
    assert (await Known(case, "movement", back["id"]).content(undoing))["reverses_id"] == moved


async def test_a_document_is_frozen_with_the_money_it_brought_and_what_was_done_by_it(case: Case, desk: Desk) -> None:
    lines = [{"to_account_id": to, "amount_fen": fen} for to, fen in ((desk.first, 100_000), (desk.second, 50_000))]
    first, _ = (await desk.out(0, desk.first, "2017-05-01", document=DOCUMENT, lines=lines)).json()["movements"]
    await handed_down(desk, 7, "2017-05-02", "西财农〔2017〕18号")
    of = Known(case, "document", "西财农[2017] 8号")
    drawn = await of.frozen()
    told = await of.content(drawn)
    assert told["by_kind"] == [
        {"kind": "hand_down", "movements_n": 2, "amount_fen": 150_000, "undone_fen": 0, "stands_fen": 150_000}
    ]
    assert ([one["amount_fen"] for one in told["movements"]], told["left_out_n"]) == ([100_000, 50_000], 0)
    assert (told["received_fen"], told["unexplained_fen"], told["notices"]) == (0, 0, [])

    assert (await desk.undo(first["id"], "2017-05-03")).status_code == 201
    await of.must_stay(drawn)
    [kind] = (await of.content(await of.frozen()))["by_kind"]
    assert (kind["amount_fen"], kind["undone_fen"], kind["stands_fen"]) == (150_000, 100_000, 50_000)

    # What came from above by a document of its own: found by the number that the notice prints, or by its title.
    clerk = desk.clerk
    [notice, *_] = [
        one
        for one in (await clerk.get("/funds/v1/notices", params={"limit": 200})).json()["items"]
        if one["tranches"] and one["tranches"][0]["county_code"] == case.county
    ]
    of = Known(case, "document", notice["title"])
    drawn = await of.frozen()
    told = await of.content(drawn)
    assert drawn["total_fen"] == told["received_fen"] == notice["received_fen"]
    assert (told["resting_fen"] + told["spent_fen"] + told["outside_fen"], told["unexplained_fen"]) == (
        notice["received_fen"],
        0,
    )
    assert [one["kind"] for one in told["movements"]] == ["receive"]
    assert [one["id"] for one in told["notices"]] == [notice["id"]]


async def test_a_household_is_frozen_with_what_it_received_masked(case: Case, admin: asyncpg.Pool) -> None:
    """The third household: 300 yuan; of another roster nothing; after a return it keeps nothing, and did then."""
    paid = await Paid(case.funds, case.county).open()
    household = await paid.town.household(admin, 2)
    of = Known(case, "household", household)
    drawn = await of.frozen()
    assert (drawn["total_fen"], drawn["unexplained_fen"]) == (30_000, 0)
    told = await of.content(drawn)
    [item] = told["items"]
    assert (item["payment_id"], item["amount_fen"], item["kept_fen"], item["status"]) == (
        paid.line(2),
        30_000,
        30_000,
        "paid",
    )
    assert (
        (item["entitlement"], item["effective_on"]) == (paid.entitlement, paid.approval["effective_on"])
        if ("effective_on" in paid.approval)
        else True
    )
    assert item["paid_by"].startswith("township_office")
    assert (item["payee"], told["head"]) == ("张*", "张*")
    raw = json.dumps(told, ensure_ascii=False)
    assert id_number(2) not in raw
    assert card(2) not in raw
    assert "id_number" not in raw

    back = await paid.give_back(paid.line(2))
    assert back.status_code == 201, back.text
    await of.must_stay(drawn)
    told = await of.content(await of.frozen())
    assert (told["paid_fen"], told["returned_fen"], told["kept_fen"]) == (30_000, 30_000, 0)
    assert [one["status"] for one in told["items"]] == ["returned"]

    other = Known(case, "household", await paid.town.household(admin, 30))
    none = await other.frozen()
    told = await other.content(none)
    assert (none["total_fen"], told["items"], bool(told["empty_because"])) == (0, [], True)


async def test_a_batch_that_is_undone_leaves_nothing_kept_and_what_was_frozen_as_it_was(
    case: Case, admin: asyncpg.Pool
) -> None:
    paid = await Paid(case.funds, case.county).open()
    of = Known(case, "household", await paid.town.household(admin, 4))
    drawn = await of.frozen()
    assert drawn["total_fen"] == 50_000
    order = {
        "kind": "reverse",
        "document": "冲1",
        "effective_on": "2017-05-08",
        "movement_id": paid.approval["movement_id"],
    }
    undone = await paid.town.finance.post("/funds/v1/movements", order)
    assert undone.status_code == 201, undone.text
    await of.must_stay(drawn)
    told = await of.content(await of.frozen())
    [item] = told["items"]
    assert (told["paid_fen"], told["kept_fen"], item["kept_fen"], item["status"]) == (0, 0, 0, "reversed")
    assert item["reversed_by"] == undone.json()["movements"][0]["id"]
    before = await of.frozen(asked={"as_of": "2017-05-07"})
    assert before["total_fen"] == 50_000


async def test_what_was_not_known_then_or_lies_with_a_neighbour_is_not_drawn(
    case: Case, desk: Desk, admin: asyncpg.Pool, audit_http: httpx.AsyncClient
) -> None:
    early = now()
    moved = await handed_down(desk, 450_000, "2017-05-01")
    paid = await Paid(case.funds, case.county).open()
    household = await paid.town.household(admin, 2)
    for what, about in (("movement", moved), ("document", DOCUMENT), ("household", household)):
        refused(await case.draw(what, about, asked={"known_at": early}), 409, "ledger-refused")
    refused(await case.draw("movement", moved, asked={"as_of": "2017-04-30"}), 409, "ledger-refused")
    assert (await case.draw("movement", moved, asked={"as_of": "2017-05-01"})).status_code == 201
    refused(await case.draw("document", DOCUMENT, asked={"as_of": "2017-04-30"}), 409, "ledger-refused")
    refused(await case.draw("household", household, asked={"as_of": "2015-12-31"}), 409, "ledger-refused")
    for what in ("movement", "household"):
        refused(await case.draw(what, str(uuid4())), 409, "ledger-refused")
        refused(await case.draw(what, "西财农"), 422, "invalid-request")
    for about in (" 西财农", "西财农\n", "", "长" * 201):
        refused(await case.draw("document", about), 422, "invalid-request")

    # Of a neighbour: its money is not ours, and its inspector sees no finding of ours.
    neighbour = await Desk(case.funds, await neighbouring(admin, case.county)).open()
    theirs = await handed_down(neighbour, 10, "2017-05-01", "邻财农〔2017〕1号")
    refused(await case.draw("movement", theirs), 409, "ledger-refused")
    refused(await case.draw("document", "邻财农〔2017〕1号"), 409, "ledger-refused")
    elsewhere = audit_caller(audit_http, "inspector", neighbour.county)
    refused(await elsewhere.post(case.path, {"what": "movement", "about": theirs}), 404, "not-found")
    refused(
        await elsewhere.post(f"{case.path}?county={case.county}", {"what": "movement", "about": moved}),
        403,
        "outside-region",
    )


@pytest.mark.parametrize("what", ["movement", "document", "household"])
async def test_the_same_key_twice_freezes_once(what: str, case: Case, desk: Desk, admin: asyncpg.Pool) -> None:
    about = {"movement": await handed_down(desk, 100, "2017-05-01"), "document": DOCUMENT}
    if what == "household":
        about[what] = await (paid := await Paid(case.funds, case.county).open()).town.household(admin, 1)
        assert paid.batch
    first = await case.draw(what, about[what], key=f"once-{what}")
    again = await case.draw(what, about[what], key=f"once-{what}")
    assert first.status_code == 201, first.text
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    refused(await case.draw("balance", desk.first, key=f"once-{what}"), 422, "idempotency-key-reused")
    [row] = (await case.inspector.get(case.path)).json()["items"]
    assert row == first.json()


async def test_forgetting_a_person_takes_the_extract_of_the_household_and_leaves_each_proof(
    case: Case, admin: asyncpg.Pool, audit_http: httpx.AsyncClient
) -> None:
    """Filed for the wrong household, it goes at once: nobody is handed it, asked again about it or printed it."""
    database: Database = audit_http.app.state.database  # type: ignore[attr-defined]
    paid = await Paid(case.funds, case.county).open()
    of = Known(case, "household", await paid.town.household(admin, 2))
    drawn = await of.frozen()
    assert (await of.content(drawn))["head"] == "张*"
    words = Words(audit_http, database, case.county)
    url = f"/audit/v1/evidence/{drawn['id']}"
    asked = (await words.maker.post(f"{url}/withdrawals", {"reason": "摘录了他户", "on": "2026-03-03"})).json()
    said = {"version_hash": asked["version_hash"], "decision": "agreed", "opinion": "同意", "on": "2026-03-03"}
    assert (await words.checker.post(f"{url}/withdrawals/1/decision", said)).status_code == 201
    await words.forget("evidence", drawn["id"], "content")

    refused(await words.maker.get(f"{url}/content"), 410, "evidence-forgotten")
    refused(await words.maker.get(f"{case.path}/{drawn['id']}/recheck"), 410, "evidence-forgotten")
    refused(await case.draw("household", of.about, asked={"known_at": drawn["known_at"]}), 410, "evidence-forgotten")
    [row] = (await case.inspector.get(case.path)).json()["items"]
    assert (row["sha256"], row["total_fen"]) == (drawn["sha256"], 30_000), "amounts and digests stay"
    assert await words.chain() == [told for told, _ in await standing(admin, case.county)]
    # The bytes themselves go by the sweep, as those of any file.
    shelf = audit_http.app.state.shelf  # type: ignore[attr-defined]
    swept = await sweep(shelf.place, database, clock.now() + timedelta(days=2), timedelta(days=1), 100)
    assert swept
    key = await admin.fetchval("SELECT path_key FROM audit.evidence WHERE id = $1", UUID(drawn["id"]))
    assert await shelf.place.has(key) is False


async def test_a_documents_number_that_names_somebody_goes_and_is_asked_for_no_more(
    case: Case, desk: Desk, admin: asyncpg.Pool, audit_http: httpx.AsyncClient
) -> None:
    number = "虚构人张某某困难补助审批表"
    await handed_down(desk, 100, "2017-05-01", number)
    drawn = await Known(case, "document", number).frozen()
    database: Database = audit_http.app.state.database  # type: ignore[attr-defined]
    words = Words(audit_http, database, case.county)
    await words.forget("evidence", drawn["id"], "about", "file_name")
    [row] = (await case.inspector.get(case.path)).json()["items"]
    assert (row["about"], row["sha256"]) == ("已删除", drawn["sha256"])
    assert number not in json.dumps(row, ensure_ascii=False)
    refused(await case.inspector.get(f"{case.path}/{drawn['id']}/recheck"), 404, "not-found")
    assert await naming(admin, number, case.county) == {}
    assert await words.chain() == [told for told, _ in await standing(admin, case.county)]


async def test_where_a_findings_money_rests_is_frozen(case: Case, desk: Desk) -> None:
    [lot, *_] = await desk.lots(desk.treasury)
    bound = await finding(case.funds, case.county, {lot["id"]: 300_000})
    of = Known(case, "finding", str(bound))
    drawn = await of.frozen()
    assert (drawn["total_fen"], drawn["total_of"], drawn["unexplained_fen"]) == (300_000, "问题认定的金额", 0)
    [one] = (await of.content(drawn))["lots"]
    assert [(place["unit_name"], place["fen"]) for place in one["rests"]] == [("县国库", 400_000)]
    await handed_down(desk, 150_000, "2017-05-01")
    await of.must_stay(drawn)
    [one] = (await of.content(await of.frozen()))["lots"]
    assert sorted((place["unit_name"], place["fen"]) for place in one["rests"]) == [
        ("一镇财政所", 150_000),
        ("县国库", 250_000),
    ]
    refused(await case.draw("finding", str(uuid4())), 409, "ledger-refused")
    refused(await case.draw("finding", "1"), 422, "invalid-request")
