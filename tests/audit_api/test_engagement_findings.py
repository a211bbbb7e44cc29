"""Findings that were made in an engagement."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from chassis import clock
from chassis.database import Database
from services.audit_api.engagements.refusals import FindingOutsideScope
from services.audit_api.engagements.scope import must_be_looked_at
from tests.audit_api.engaged import PATH, Office, done, problem
from tests.audit_api.feeds import FakeFeed
from tests.audit_api.office import confirmed, finding
from tests.audit_api.test_finding import alerted
from tests.callers import audit_caller


async def test_a_finding_is_made_in_one_engagement(
    office: Office, audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str
) -> None:
    [alert] = await alerted(feed, database, county, uuid4())
    made = (await office.chen.post("/audit/v1/findings", finding(alert))).json()["id"]
    await office.plan(fund_codes=["zxfp"])
    said = {"finding_id": made, "on": "2023-03-15"}
    assert problem(await office.post("findings", said)) == (409, "engagement-step-out-of-turn")
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    assert problem(await office.post("findings", {**said, "on": "2023-03-08"})) == (409, "engagement-day-refused")
    assert problem(await office.post("findings", said, office.chen)) == (403, "not-on-team")
    assert problem(await office.post("findings", {**said, "finding_id": str(uuid4())})) == (404, "not-found")
    before = clock.now().isoformat()
    assert done(await office.post("findings", said))["findings_n"] == 1
    again = await office.post("findings", said)
    assert problem(again) == (409, "finding-named-already")
    assert again.json()["figures"] == {"finding_id": made, "engagement_id": office.id}
    assert [one["finding_id"] for one in (await office.read(as_of="2023-03-15"))["findings"]] == [made]
    assert (await office.read(as_of="2023-03-14"))["findings"] == []
    assert (await office.read(known_at=before))["findings"] == []


@pytest.mark.parametrize(
    ("places", "funds", "strange"),
    [
        ({"410326101"}, {"A"}, None),
        ({"410326", "410326101"}, {"A"}, ("区划", ["410326"], ["410326101", "410326102"])),
        ({"410326102201"}, set(), None),
        ({"410326103", "410326101"}, {"A"}, ("区划", ["410326103"], ["410326101", "410326102"])),
        ({"410326101"}, {"B", "A"}, ("资金", ["B"], ["A"])),
        (set(), set(), None),
    ],
)
def test_what_a_finding_is_about_lies_in_what_is_looked_at(
    places: set[str], funds: set[str], strange: tuple[str, list[str], list[str]] | None
) -> None:
    regions = ["410326102", "410326101"]
    if strange is None:
        must_be_looked_at("x", places, funds, regions, ["A"])
        must_be_looked_at("x", places, {"B"}, regions, [])
        return
    with pytest.raises(FindingOutsideScope) as refusal:
        must_be_looked_at("x", places, funds, regions, ["A"])
    assert (refusal.value.what, refusal.value.named, refusal.value.allowed) == strange


async def test_a_finding_is_of_the_places_and_funds_that_are_looked_at(
    office: Office, audit_http: httpx.AsyncClient, database: Database, feed: FakeFeed, county: str, admin: asyncpg.Pool
) -> None:
    """The flag is about the first township and about money of zxfp."""
    [alert, other] = await alerted(feed, database, county, uuid4(), uuid4())
    made = (await office.chen.post("/audit/v1/findings", finding(alert))).json()
    said = {"finding_id": made["id"], "on": "2023-03-15"}
    told = {"finding_id": made["id"]}
    for wrong, figures in (
        ({"fund_codes": ["TEST-FUND"]}, {"what": "资金", "named": ["zxfp"], "allowed": ["TEST-FUND"]}),
        ({"regions": [county + "102"], "fund_codes": []}, {"what": "区划", "named": [county + "101"]}),
    ):
        await office.at_work(**wrong)
        refused = await office.post("findings", said)
        assert problem(refused) == (409, "finding-outside-scope")
        assert {**refused.json()["figures"], **told, **figures} == refused.json()["figures"]
        with pytest.raises(asyncpg.CheckViolationError, match="does not look at"):
            await admin.execute(
                "INSERT INTO audit.engagement_finding (county_code, finding_id, engagement_id, region_code, named_on,"
                " named_by) VALUES ($1, $2, $3, $1, $4, 'li')",
                county,
                UUID(made["id"]),
                UUID(office.id),
                date(2023, 3, 15),
            )
    await office.at_work(regions=[county + "101"], fund_codes=["zxfp"])
    assert done(await office.post("findings", said))["findings_n"] == 1

    # A draft that was named is redrawn within it alone; another alert of the same money and place may come in.
    url = f"/audit/v1/findings/{made['id']}/versions"
    wider = finding(alert, about_region=county, based_on=made["version_hash"])
    refused = await office.chen.post(url, wider)
    assert problem(refused) == (409, "finding-outside-scope")
    assert refused.json()["figures"]["named"] == [county]
    with pytest.raises(asyncpg.CheckViolationError, match="does not look at"):
        await admin.execute(
            "INSERT INTO audit.finding_version SELECT (jsonb_populate_record(v, jsonb_build_object('version_no', 9,"
            " 'about_region', v.county_code))).* FROM audit.finding_version v WHERE v.finding_id = $1",
            UUID(made["id"]),
        )
    both = finding(alert, other, about_region=county + "101201", based_on=made["version_hash"])
    assert done(await office.chen.post(url, both))["version_no"] == 2


async def test_an_engagement_counts_each_fen_of_its_findings_once(office: Office) -> None:
    """A total of 100 yuan, 30 of it told again within it by way of a finding that was not made here."""
    await office.at_work()
    total = await confirmed(office.chen, finding(amount_fen=10_000, title="合计"))
    between = await confirmed(office.chen, finding(amount_fen=4_000, within_finding_id=total["id"], title="其中"))
    inner = await confirmed(office.chen, finding(amount_fen=3_000, within_finding_id=between["id"], title="又其中"))
    beside = await confirmed(office.chen, finding(amount_fen=500, title="另一问题"))
    draft = done(await office.chen.post("/audit/v1/findings", finding(amount_fen=70_000, title="拟稿")))
    for one in (total, inner, beside, draft):
        done(await office.post("findings", {"finding_id": one["id"], "on": "2023-03-15"}))
    told = await office.read()
    assert told["totals"] == {
        "findings_n": 3,
        "drafts_n": 1,
        "closed_n": 0,
        "amount_fen": 10_500,
        "nested_fen": 3_000,
        "said_fen": 13_500,
        "rectified_fen": 0,
        "outstanding_fen": 10_500,
        "unexplained_fen": 0,
    }
    counted = {one["title"]: (one["amount_fen"], one["counted_fen"]) for one in told["findings"]}
    assert counted == {"合计": (10_000, 10_000), "又其中": (3_000, 0), "另一问题": (500, 500), "拟稿": (70_000, None)}
    early = (await office.read(as_of="2023-03-14"))["totals"]
    assert (early["findings_n"], early["drafts_n"], early["amount_fen"]) == (0, 0, 0)


async def test_a_campaign_counts_each_fen_of_its_parts_once(office: Office) -> None:
    told = await office.plan(kind="campaign", auditee_unit_id=None, auditee_name=None, ends_on="2023-09-30")
    whole = told["id"]
    done(await office.start("2023-03-01"))
    total = await confirmed(office.chen, finding(amount_fen=10_000, title="合计"))
    done(await office.post("findings", {"finding_id": total["id"], "on": "2023-03-15"}))
    for fen, within in ((4_000, total["id"]), (500, None)):
        await office.plan(part_of=whole)
        done(await office.notice("2023-03-06", "2023-03-09"))
        done(await office.start("2023-03-09"))
        made = await confirmed(office.chen, finding(amount_fen=fen, within_finding_id=within, title=f"{fen}"))
        done(await office.post("findings", {"finding_id": made["id"], "on": "2023-03-15"}))
    office.id = whole
    told = await office.read()
    parts = told["parts"]["totals"]
    assert (parts["findings_n"], parts["amount_fen"], parts["nested_fen"], parts["said_fen"]) == (
        3,
        10_500,
        4_000,
        14_500,
    )
    assert parts["unexplained_fen"] == 0
    assert (told["totals"]["findings_n"], told["totals"]["amount_fen"]) == (1, 10_000), "its own"


async def test_a_finding_tells_in_which_engagement_it_was_made(office: Office) -> None:
    await office.at_work()
    made = await confirmed(office.chen, finding(amount_fen=10_000))
    other = await confirmed(office.chen, finding(amount_fen=10_000))
    before = clock.now().isoformat()
    done(await office.post("findings", {"finding_id": made["id"], "on": "2023-03-15"}))
    url = f"/audit/v1/findings/{made['id']}"
    of = {"id": office.id, "title": "县农业农村局2022年衔接资金审计", "kind": "audit", "kind_name": "审计项目"}
    assert (await office.chen.get(url)).json()["engagement"] == of
    assert (await office.chen.get(url, params={"known_at": before})).json()["engagement"] is None
    assert (await office.chen.get(url, params={"as_of": "2023-03-14"})).json()["engagement"] is None
    listed = (await office.chen.get("/audit/v1/findings")).json()["items"]
    assert {one["id"]: one["engagement"] for one in listed} == {made["id"]: of, other["id"]: None}


async def test_of_two_engagements_that_name_a_finding_at_once_one_is_refused(office: Office) -> None:
    made = await confirmed(office.chen, finding(amount_fen=10_000))
    await office.at_work()
    first = office.id
    await office.at_work()
    said = {"finding_id": made["id"], "on": "2023-03-15"}
    both = await asyncio.gather(
        office.li.post(f"{PATH}/{first}/findings", said), office.wang.post(f"{PATH}/{office.id}/findings", said)
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    [refused] = [one for one in both if one.status_code == 409]
    assert problem(refused) == (409, "finding-named-already")


async def test_the_list_of_findings_is_narrowed_by_engagement(office: Office) -> None:
    whole = (await office.plan(kind="campaign", auditee_unit_id=None, auditee_name=None, ends_on="2023-09-30"))["id"]
    done(await office.start("2023-03-01"))
    own = await confirmed(office.chen, finding(amount_fen=100, title="专项整治发现"))
    done(await office.post("findings", {"finding_id": own["id"], "on": "2023-03-14"}))
    before = clock.now().isoformat()
    await office.plan(part_of=whole)
    part = office.id
    done(await office.notice("2023-03-06", "2023-03-09"))
    done(await office.start("2023-03-09"))
    made = await confirmed(office.chen, finding(amount_fen=200, title="审计发现 Account"))
    await confirmed(office.chen, finding(amount_fen=300, title="别处发现"))
    done(await office.post("findings", {"finding_id": made["id"], "on": "2023-03-15"}))

    async def listed(**params: Any) -> list[str]:
        answer = await office.chen.get("/audit/v1/findings", params=params)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await listed(engagement=part) == [made["id"]]
    assert await listed(engagement=whole) == [own["id"], made["id"]], "of a campaign also what its parts found"
    assert await listed(engagement=whole, sort="amount") == [made["id"], own["id"]]
    assert await listed(engagement=whole, as_of="2023-03-14") == [own["id"]]
    assert await listed(engagement=whole, as_of="2023-03-13") == []
    assert await listed(engagement=whole, known_at=before) == [own["id"]]
    assert await listed(engagement=whole, at_least_fen=150) == [made["id"]]
    for text in ("审计", "account", "审计 未拨付"):
        assert await listed(engagement=whole, text=text) == [made["id"]], text
    assert await listed(engagement=whole, text="别处") == []
    assert await listed(engagement=str(uuid4())) == []
    neighbour = audit_caller(office.http, "inspector", str(int(office.county) - 1))
    theirs = await neighbour.get("/audit/v1/findings", params={"engagement": whole})
    assert (theirs.status_code, theirs.json()["items"]) == (200, [])
