"""The rows of a bundle: every event of the county that names a thing of the case, found without reading all."""

from __future__ import annotations

import json
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from chassis.identity import Principal
from chassis.moments import EVERYTHING
from services.audit_api.record.store import naming
from services.audit_api.record.verify import verify_bundle
from tests.audit_api.engaged import Office
from tests.audit_api.journals import empty_log
from tests.audit_api.office import checker, confirmed, confirmed_draft, decision, finding, issued
from tests.audit_api.ordering import ORDERS, Desk, done
from tests.audit_api.test_alert_outcomes import told
from tests.audit_api.test_alerts import ALERTS, raised
from tests.audit_api.test_evidence import send
from tests.audit_api.test_finding import order
from tests.audit_api.test_proofs import proof
from tests.audit_api.test_record import seal_audit
from tests.audit_api.test_supervision import notice
from tests.callers import LOG
from wire.quarantines import LotKept, MoneyQuarantined, MoneyReleased

REPEATS: Final = "/audit/v1/finding-repeats"
QUARANTINES: Final = "/audit/v1/quarantines"
OTHERS: Final = 3_000
BLOCKS: Final = 12


class Whole:
    """A case with everything in it, and beside it an alert and a finding that are none of it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.lot = uuid4()
        self.ids: set[str] = set()

    async def drive(self, office: Office) -> str:
        """The finding, from its flags to the look back."""
        self.stranger = await raised(self.desk)
        main = await self.dealt_with()
        finding_id = await self.found(main)
        await self.quarantined(finding_id)
        await self.put_right(finding_id)
        await office.at_work(fund_codes=["zxfp"])
        done(await office.post("findings", {"finding_id": finding_id, "on": "2023-03-15"}))
        return finding_id

    async def dealt_with(self) -> str:
        """Two alerts about one lot: triaged, assigned, merged, refuted in vain, and confirmed in the books."""
        desk = self.desk
        main, part = await raised(desk, lot=self.lot), await raised(desk, lot=self.lot, rule_code="R20")
        url = f"{ALERTS}/{main}"
        triage = {"triage": "urgent_check", "reason": "群众反映强烈", "on": "2017-11-01"}
        done(await desk.inspector.post(f"{url}/triages", triage))
        done(await desk.inspector.post(f"{url}/assignments", {"assignee": "li", "on": "2017-11-01"}))
        merging = {"alert_ids": [part], "reason": "同一笔滞留资金", "on": "2017-11-01"}
        done(await desk.inspector.post(f"{url}/merges", merging))
        refuting = {"reason": "系质保金", "on": "2017-11-01"}
        [made] = done(await desk.inspector.post(f"{url}/refutations", refuting))["refutations"]
        back = {"version_hash": made["version_hash"], "decision": "send_back", "opinion": "不属实", "on": "2017-11-01"}
        done(await desk.second.post(f"{url}/refutations/{made['id']}/decision", back))
        desk.feed.append(desk.county, told(desk.county, part, "confirmed"))
        await self.heard()
        self.ids |= {main, part, made["id"]}
        return main

    async def found(self, main: str) -> str:
        """A draft that was sent back, drawn up again and confirmed, with evidence; a repeat of an earlier one."""
        desk = self.desk
        lots = {"lots": [{"lot_id": str(self.lot), "amount_fen": 100_000}]}
        drawn = done(await desk.inspector.post("/audit/v1/findings", finding(main)))
        url = f"/audit/v1/findings/{drawn['id']}"
        done(await checker(desk.http, desk.county).post(f"{url}/reviews", decision(drawn, "send_back")))
        again = {**finding(main, title="更正"), "based_on": drawn["version_hash"], **lots}
        await confirmed_draft(desk.http, desk.county, done(await desk.inspector.post(f"{url}/versions", again)))
        kept = done(await send(desk.inspector, drawn["id"], b"%PDF-1.7\nreceipt"))["id"]
        signed = {"signed": True, "supplier": "第一镇财政所", "on": "2026-03-01"}
        done(await desk.inspector.post(f"/audit/v1/evidence/{kept}/signatures", signed))
        assert (await desk.second.get(f"/audit/v1/evidence/{kept}/content")).status_code == 200
        earlier = (await confirmed(desk.inspector, finding(amount_fen=1, found_on="2017-10-01")))["id"]
        link = {"finding_id": drawn["id"], "earlier_id": earlier, "reason": "再次滞留", "on": "2017-11-02"}
        linked = done(await desk.inspector.post(REPEATS, link))
        done(await desk.decided(desk.second, REPEATS, linked, "confirm", "2017-11-02"))
        undoing = f"{REPEATS}/{linked['id']}/undoing"
        drawn_up = done(await desk.third.post(undoing, {"reason": "单位更名", "on": "2017-11-03"}))["undoings"][-1]
        done(await desk.decided(desk.second, undoing, drawn_up, "confirm", "2017-11-03"))
        self.ids |= {drawn["id"], kept, linked["id"], drawn_up["id"]}
        return str(drawn["id"])

    async def quarantined(self, finding_id: str) -> None:
        """Ordered by two, kept by the books, released by two."""
        desk = self.desk
        asked = {
            "finding_id": finding_id,
            "document": "封存1号",
            "lots": [{"lot_id": str(self.lot), "amount_fen": 50_000}],
            "reason": "防止转移",
            "on": "2017-11-03",
        }
        drawn = done(await desk.inspector.post(QUARANTINES, asked))
        said = {"version_hash": drawn["version_hash"], "decision": "confirm", "opinion": "同意", "on": "2017-11-03"}
        done(await desk.second.post(f"{QUARANTINES}/{drawn['id']}/decision", said))
        kept = LotKept(lot_id=self.lot, asked_fen=50_000, kept_fen=50_000)
        this: dict[str, Any] = {"quarantine_id": UUID(drawn["id"]), "county_code": desk.county}
        desk.feed.append(desk.county, MoneyQuarantined(**this, kept_fen=50_000, missing_fen=0, lots=[kept]))
        await self.heard()
        asked = {"document": "解封1号", "reason": "已查清", "on": "2017-11-04"}
        let_go = done(await desk.inspector.post(f"{QUARANTINES}/{drawn['id']}/release", asked))
        said = {**said, "version_hash": let_go["version_hash"], "on": "2017-11-04"}
        done(await desk.second.post(f"{QUARANTINES}/{drawn['id']}/release/decision", said))
        desk.feed.append(desk.county, MoneyReleased(**this, freed_fen=50_000))
        await self.heard()
        self.ids.add(drawn["id"])

    async def put_right(self, finding_id: str) -> None:
        """An order with more time, supervision, proof, closure and a look back that found a relapse."""
        desk = self.desk
        order_id = (await issued(desk.inspector, order(finding_id, desk.county)))["id"]
        more = {"deadline": "2017-11-20", "reason": "农户外出务工", "on": "2017-11-10"}
        [asked] = done(await desk.clerk.post(f"{ORDERS}/{order_id}/extensions", more))["extensions"]
        done(await desk.decided(desk.inspector, f"{ORDERS}/{order_id}/extensions", asked, "grant", "2017-11-11"))
        supervised = await desk.supervised(order_id, notice("2017-12-10"))
        proved = done(await proof(desk.clerk, order_id))["id"]
        await desk.closed(order_id, "2017-12-12")
        seen = {"result": "relapsed", "note": "又见滞留", "on": "2018-03-01"}
        looked = await desk.looked_back(order_id, seen)
        self.ids |= {order_id, proved, asked["id"], supervised["supervisions"][0]["id"], looked["look_backs"][0]["id"]}

    async def heard(self) -> None:
        follower = self.desk.feed.follower(self.desk.database, self.desk.county)
        await follower.round()
        assert follower.stopped == {}


@pytest.fixture
async def whole(desk: Desk, admin: asyncpg.Pool, no_books: list[httpx.URL]) -> Whole:
    await empty_log(admin)
    return Whole(desk)


async def bundle_of(desk: Desk, finding_id: str, **asked: Any) -> dict[str, Any]:
    return done(await desk.inspector.get(f"/audit/v1/record/findings/{finding_id}", params=asked))


async def test_a_bundle_holds_every_row_that_names_a_thing_of_its_case_with_its_words(
    whole: Whole, office: Office, admin: asyncpg.Pool
) -> None:
    desk = whole.desk
    finding_id = await whole.drive(office)
    await seal_audit(desk.http, desk.database, desk.county)
    bundle = await bundle_of(desk, finding_id)
    naming = [f"%{one}%" for one in whole.ids]
    expected = await admin.fetch(
        "SELECT position, kind FROM audit.event WHERE stream = $1 AND body::text LIKE ANY ($2) ORDER BY position",
        desk.county,
        naming,
    )
    assert [(row["position"], row["kind"]) for row in bundle["rows"]] == [tuple(row) for row in expected]
    assert {row["kind"] for row in bundle["rows"]} >= {
        "AlertsTakenIn",
        "AlertTriaged",
        "AlertAssigned",
        "AlertsMerged",
        "AlertRefuted",
        "AlertRefutationSentBack",
        "AlertOutcomeHeard",
        "FindingSentBack",
        "EvidenceRead",
        "FindingRepeatUndone",
        "QuarantineAnswered",
        "ExtensionDecided",
        "SupervisionSent",
        "OrderLookedBack",
        "EngagementFindingNamed",
    }
    assert whole.stranger not in json.dumps(bundle), "an alert of another case"
    sealed = [row["log_position"] for row in bundle["rows"] if json.loads(row["body"]).get("text_sha256")]
    assert [one["log_position"] for one in bundle["texts"]] == sealed
    assert (bundle["words_gone_n"], bundle["not_sealed_yet"]) == (0, 0)
    assert "签名有效" in verify_bundle(bundle, LOG.key)

    # What an earlier release gave out had none of the alerts' rows: it is verified as it was.
    about = {row["log_position"] for row in bundle["rows"] if finding_id in row["body"]}
    older = {
        **bundle,
        "rows": [row for row in bundle["rows"] if row["log_position"] in about],
        "texts": [one for one in bundle["texts"] if one["log_position"] in about],
    }
    assert 0 < len(about) < len(bundle["rows"])
    assert "签名有效" in verify_bundle(older, LOG.key)


async def test_a_case_as_it_was_known_has_no_alert_that_came_to_it_later(whole: Whole, admin: asyncpg.Pool) -> None:
    desk = whole.desk
    main, part = await raised(desk, lot=whole.lot), await raised(desk, lot=whole.lot, rule_code="R20")
    drawn = done(await desk.inspector.post("/audit/v1/findings", finding(main)))
    known_at = await admin.fetchval("SELECT recorded_at FROM audit.stream_head WHERE stream = $1", desk.county)
    merging = {"alert_ids": [part], "reason": "同一笔滞留资金", "on": "2017-11-01"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/merges", merging))
    await seal_audit(desk.http, desk.database, desk.county)
    then = await bundle_of(desk, drawn["id"], known_at=known_at.isoformat())
    now = await bundle_of(desk, drawn["id"])
    assert [row["kind"] for row in then["rows"]] == ["AlertsTakenIn", "FindingDrawnUp"]
    assert [row["kind"] for row in now["rows"]] == ["AlertsTakenIn", "AlertsTakenIn", "FindingDrawnUp", "AlertsMerged"]
    parting = {**merging, "reason": "并非同一笔"}
    done(await desk.inspector.post(f"{ALERTS}/{main}/partings", parting))
    await seal_audit(desk.http, desk.database, desk.county)
    parted = await bundle_of(desk, drawn["id"])
    kinds = [row["kind"] for row in parted["rows"]]
    assert kinds == ["AlertsTakenIn", "FindingDrawnUp", "AlertsMerged", "AlertsParted"]
    assert await bundle_of(desk, drawn["id"], known_at=known_at.isoformat()) == then


async def test_the_rows_of_a_case_are_found_without_reading_the_journal(whole: Whole, admin: asyncpg.Pool) -> None:
    """Blocks read for the question that the service asks, with 3,000 events of other cases before and after."""
    desk = whole.desk
    await others(admin, desk.county)
    main = await raised(desk, lot=whole.lot)
    drawn = done(await desk.inspector.post("/audit/v1/findings", finding(main)))
    await others(admin, desk.county)
    await admin.execute("ANALYZE audit.event, audit.event_named")
    who = Principal("inspector", "web", frozenset({"inspector"}), desk.county, None, "t")
    asked = naming(who, desk.county, [UUID(drawn["id"]), UUID(main)], EVERYTHING)
    spelled = asked.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with desk.database.reading(desk.county) as tx:
        assert len((await tx.scalars(asked)).all()) == 2
        [plan] = await tx.scalar(text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {spelled}"))
    read = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    assert read <= BLOCKS, json.dumps(plan, indent=1)


async def others(admin: asyncpg.Pool, county: str) -> None:
    """Events of other things, a block of the journal for every few of them."""
    await admin.execute(
        "SELECT audit.journal_append($1, gen_random_uuid(), 'Told', json_build_object('finding_id', gen_random_uuid(),"
        " 'text_sha256', repeat(md5(n::text), 20))::text, 'a', 'r', 'key-' || n || gen_random_uuid(), sha256(''), '{}')"
        " FROM generate_series(1, $2) n",
        county,
        OTHERS,
    )
