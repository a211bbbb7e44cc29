"""Records and working papers of engagements: signed or why not, and reviewed by somebody else."""

from __future__ import annotations

import asyncpg
import pytest

from tests.audit_api.engaged import Office, done, problem


async def test_maker_is_not_checker_and_a_version_is_named(office: Office, admin: asyncpg.Pool) -> None:
    await office.at_work()
    drawn = done(await office.paper("2023-03-20", office.wang))
    assert problem(await office.review(drawn, "2023-03-21", office.wang)) == (403, "own-decision")
    other = await office.review(drawn, "2023-03-21", version_hash="0" * 64)
    assert problem(other) == (409, "version-changed")
    assert other.json()["figures"]["stands"] == drawn["document"]["version_hash"]
    assert problem(await office.review(drawn, "2023-03-21", office.chen)) == (403, "not-on-team")
    assert problem(await office.review(drawn, "2023-03-19")) == (409, "engagement-day-refused")
    assert problem(await office.report("2023-03-22")) == (409, "papers-unreviewed")
    done(await office.review(drawn, "2023-03-21", decision="returned", opinion="补充依据"))
    again = await office.review(drawn, "2023-03-21")
    assert problem(again) == (409, "document-decided")
    assert again.json()["figures"]["verdict"] == "退回"
    done(await office.review(done(await office.paper("2023-03-22", office.wang)), "2023-03-22"))
    done(await office.report("2023-04-03"))
    decision = done(await office.decision("2023-04-19"))
    assert problem(await office.confirm(decision, "2023-04-20", office.li)) == (403, "own-decision")
    assert problem(await office.deliver(decision, "2023-04-20")) == (409, "engagement-step-out-of-turn")
    done(await office.confirm(decision, "2023-04-20"))
    assert problem(await office.deliver(decision, "2023-04-19")) == (409, "engagement-day-refused")
    done(await office.deliver(decision, "2023-04-20"))
    assert problem(await office.deliver(decision, "2023-04-20")) == (409, "engagement-step-out-of-turn")
    place = "WHERE county_code = $1 AND no = $2"
    for statement, state in (
        (f"UPDATE audit.engagement_document SET opinion = '改' {place}", "QL448"),
        (f"UPDATE audit.engagement_document SET delivered_on = '2023-05-01' {place}", "QL448"),
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await admin.execute(statement, office.county, decision["document"]["no"])
        assert refused.value.sqlstate == state


async def test_a_record_is_signed_or_says_why_not(office: Office, admin: asyncpg.Pool) -> None:
    await office.at_work()
    both = await office.record("2023-03-10", unsigned_because="拒绝签字")
    neither = await office.record("2023-03-10", signed_on=None)
    early = await office.record("2023-03-10", signed_on="2023-03-09")
    for answer in (both, neither, early):
        assert problem(answer) == (422, "invalid-request"), answer.text
    told = done(await office.record("2023-03-10", signed_on=None, unsigned_because="拒绝签字，见证人在场"))["document"]
    kept = next(one for one in (await office.read())["documents"] if one["no"] == told["no"])
    assert (kept["signed_on"], kept["unsigned_because"]) == (None, "拒绝签字，见证人在场")
    assert done(await office.record("2023-03-10", signed_on="2023-03-12"))["document"]["signed_on"] == "2023-03-12"
    insert = (
        "INSERT INTO audit.engagement_document (county_code, engagement_id, no, region_code, paper, title, content,"
        " done_on, supplier, signed_on, unsigned_because, version_hash, made_by)"
        " SELECT county_code, id, 90, county_code, 'record', '题', '文', '2023-03-10', '人', $2::text::date, $3,"
        " repeat('0', 64), 'li' FROM audit.engagement WHERE county_code = $1"
    )
    for signed, because in ((None, None), ("2023-03-10", "拒绝签字")):
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(insert, office.county, signed, because)
    missing = await office.paper("2023-03-20", rests_on=[99])
    assert problem(missing) == (404, "not-found")


async def test_nothing_is_decided_while_a_paper_waits(office: Office) -> None:
    await office.consulted()
    waiting = done(await office.paper("2023-04-10", office.wang))
    assert problem(await office.decision("2023-04-19")) == (409, "papers-unreviewed")
    done(await office.review(waiting, "2023-04-11"))
    done(await office.decision("2023-04-19"))
