"""Teams of engagements: how many, who acts, and who keeps off (回避)."""

from __future__ import annotations

from uuid import uuid4

from tests.audit_api.engaged import PATH, Office, done, problem
from tests.callers import audit_caller


async def test_the_team_is_two_with_a_lead_and_only_members_act(office: Office) -> None:
    await office.plan(team=[{"person": "li", "role": "lead", "from_on": "2023-02-20"}])
    done(await office.notice("2023-03-06", "2023-03-09"))
    alone = await office.start("2023-03-09")
    assert problem(alone) == (409, "team-too-small")
    told = alone.json()["figures"]
    assert (told["members_n"], told["leads_n"], told["least_n"]) == (1, 1, 2)
    assert "第四十三条" in told["source"]
    unknown = await office.post("members", {"person": "wang", "from_on": "2023-03-09"})
    assert problem(unknown) == (409, "member-undeclared")
    assert unknown.json()["figures"] == {"person": "wang"}
    await office.declare("wang")
    done(await office.post("members", {"person": "wang", "from_on": "2023-03-09"}))
    assert problem(await office.post("members", {"person": "wang", "from_on": "2023-03-10"})) == (
        409,
        "already-on-team",
    )
    assert problem(await office.start("2023-03-09", office.wang)) == (403, "not-on-team")
    assert problem(await office.start("2023-03-09", office.chen)) == (403, "not-on-team")
    done(await office.start("2023-03-09"))
    done(await office.post("members/2/end", {"until_on": "2023-03-15"}))
    assert problem(await office.record("2023-03-16", office.wang)) == (403, "not-on-team")
    done(await office.record("2023-03-15", office.wang))
    assert problem(await office.post("members/2/end", {"until_on": "2023-03-16"})) == (404, "not-found")
    people = [(one["person"], one["until_on"]) for one in (await office.read())["team"]]
    assert people == [("li", None), ("wang", "2023-03-15")]
    assert (await office.read(as_of="2023-03-15"))["members_n"] == 2
    assert (await office.read(as_of="2023-03-16"))["members_n"] == 1


async def test_who_is_tied_to_the_unit_keeps_off(office: Office) -> None:
    member = {"person": "sun", "from_on": "2023-02-20"}
    await office.declare("sun")
    refused = await office.chen.post(PATH, office.plan_of(team=[{**member, "unit_id": office.unit}]))
    assert problem(refused) == (409, "recusal-needed")
    assert refused.json()["figures"] == {"person": "sun", "unit": "县农业农村局", "because": "为该单位人员"}
    await office.at_work()
    done(await office.post("members", {**member, "unit_id": str(uuid4())}))
    tie = {"kind": "unit", "related_unit_id": office.unit, "related_unit_name": "县农业农村局", "relation": "kin"}
    done(await office.record("2023-03-15", office.wang))
    done(await office.wang.post("/audit/v1/interest-declarations", tie))
    tied = await office.record("2023-03-15", office.wang)
    assert problem(tied) == (409, "recusal-needed")
    assert "kin" not in tied.text, "which tie it is, is told to nobody"
    other = {**tie, "related_unit_id": str(uuid4()), "related_unit_name": "县水利局"}
    done(await office.li.post("/audit/v1/interest-declarations", other))
    done(await office.record("2023-03-15", office.li))
    ming = office.person("ming")
    done(await ming.post("/audit/v1/interest-declarations", tie))
    assert problem(await office.post("members", {**member, "person": "ming"})) == (409, "recusal-needed")
    drawn = done(await office.paper("2023-03-20", office.li))
    assert problem(await office.review(drawn, "2023-03-21", office.wang)) == (409, "recusal-needed")
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    assert problem(await office.record("2023-03-20", of_it)) == (409, "recusal-needed")


async def test_nobody_of_the_unit_plans_or_changes_an_engagement_about_it(office: Office) -> None:
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    await office.plan()
    longer = {"ends_on": "2023-07-31", "document": "县审〔2023〕3号", "on": "2023-03-01"}
    for path, said in (
        (PATH, office.plan_of()),
        (f"{PATH}/{office.id}/members", {"person": "li", "from_on": "2023-02-20"}),
        (f"{PATH}/{office.id}/members/2/end", {"until_on": "2023-03-15"}),
        (f"{PATH}/{office.id}/period", longer),
    ):
        assert problem(await of_it.post(path, said)) == (409, "recusal-needed"), path
    assert (await office.read())["members_n"] == 2


async def test_the_own_unit_that_was_declared_keeps_off(office: Office) -> None:
    of_it = audit_caller(office.http, "inspector", office.county, subject="sun", unit="县农业农村局")
    done(await of_it.post("/audit/v1/interest-declarations", {"kind": "none"}))
    await office.plan()
    joined = await office.post("members", {"person": "sun", "from_on": "2023-02-20"})
    assert problem(joined) == (409, "recusal-needed"), "named without a unit, by whoever puts him on the team"


async def test_evidence_is_taken_by_two(office: Office) -> None:
    await office.at_work()
    done(await office.post("members/2/end", {"until_on": "2023-03-15"}))
    done(await office.record("2023-03-15"))
    alone = await office.record("2023-03-16")
    assert problem(alone) == (409, "team-too-small")
    assert (alone.json()["figures"]["members_n"], alone.json()["figures"]["least_n"]) == (1, 2)
    await office.declare("sun")
    done(await office.post("members", {"person": "sun", "from_on": "2023-03-16"}))
    done(await office.record("2023-03-16"))


async def test_nobody_leaves_before_the_own_last_act(office: Office) -> None:
    await office.at_work()
    drawn = done(await office.paper("2023-03-20", office.wang))
    refused = await office.post("members/2/end", {"until_on": "2023-03-19"})
    assert problem(refused) == (409, "engagement-day-refused")
    assert refused.json()["figures"]["earliest_on"] == "2023-03-20"
    done(await office.review(drawn, "2023-03-22"))
    assert problem(await office.post("members/1/end", {"until_on": "2023-03-21"})) == (409, "engagement-day-refused")
    done(await office.post("members/2/end", {"until_on": "2023-03-20"}))
    done(await office.post("members/1/end", {"until_on": "2023-03-22"}))


async def test_a_tie_to_a_place_counts_where_the_engagement_lies_in_it(office: Office) -> None:
    township = {"kind": "region", "related_region_code": office.county + "101", "relation": "former_post"}
    done(await office.wang.post("/audit/v1/interest-declarations", township))
    await office.declare("li", "wang")
    inside = await office.chen.post(PATH, office.plan_of(regions=[office.county + "101201"]))
    assert problem(inside) == (409, "recusal-needed")
    beside = await office.chen.post(PATH, office.plan_of(regions=[office.county + "102"]))
    assert beside.status_code == 201


async def test_whoever_came_to_be_tied_is_none_of_the_two(office: Office) -> None:
    await office.at_work()
    done(await office.record("2023-03-15"))
    tie = {"kind": "unit", "related_unit_id": office.unit, "related_unit_name": "县农业农村局", "relation": "kin"}
    done(await office.wang.post("/audit/v1/interest-declarations", tie))
    alone = await office.record("2023-03-16")
    assert problem(alone) == (409, "team-too-small")
    told = alone.json()
    assert (told["figures"]["members_n"], told["figures"]["recused_n"], told["figures"]["least_n"]) == (1, 1, 2)
    assert "另有 1 人应当回避、不计在内" in told["detail"]
    assert "wang" not in alone.text, "who, and by what, the declarations tell nobody"
    await office.declare("sun")
    done(await office.post("members", {"person": "sun", "from_on": "2023-03-16"}))
    done(await office.record("2023-03-16"))
