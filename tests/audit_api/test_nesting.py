"""Amounts within amounts: no fen is counted twice, whatever lies within whatever, and nothing lies within itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.filed_reports.figures import FigureKind, worked_out
from services.audit_api.findings.nesting import Amount, counted_once, outer_of, parts_fen
from tests.audit_api.office import checker, confirmed, confirmed_draft, decision, finding
from tests.audit_api.test_finding import refused
from tests.callers import audit_caller

FINDINGS = "/audit/v1/findings"
NAMES = [UUID(int=number) for number in range(8)]


@st.composite
def forests(draw: st.DrawFn) -> list[Amount]:
    """Findings, each perhaps within an earlier one."""
    found: list[Amount] = []
    for name in NAMES[: draw(st.integers(0, 8))]:
        within = draw(st.sampled_from([None, *(one.id for one in found)]))
        found.append(Amount(name, draw(st.none() | st.integers(1, 10**12)), within))
    return found


def counted_once_fen(amounts: Iterable[Amount]) -> int:
    return sum(share.counted_fen for share in counted_once(amounts).values())


@given(amounts=forests(), data=st.data())
def test_no_fen_is_counted_twice(amounts: list[Amount], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(amounts))
    once = counted_once_fen(shuffled)
    assert once == counted_once_fen([*amounts, *amounts]) <= sum(one.amount_fen or 0 for one in amounts)
    by_name = {one.id: one for one in amounts}
    within = {one.id: one.within_id for one in amounts}
    counted = [one for one in amounts if one.amount_fen and not _inside(one, by_name)]
    assert once == sum(one.amount_fen or 0 for one in counted)
    for one in counted:
        assert not {outer.id for outer in counted} & set(outer_of(one.id, within)), "nothing counted holds another"


def _inside(one: Amount, by_name: dict[UUID, Amount]) -> bool:
    """Whether one lies within a finding whose amount is known, told by walking up (the plain recount)."""
    if one.within_id is None:
        return False
    outer = by_name[one.within_id]
    return outer.amount_fen is not None or _inside(outer, by_name)


def test_parts_are_those_directly_within_whose_amount_is_known() -> None:
    total, part, deep = NAMES[:3]
    amounts = [Amount(total, 10, None), Amount(part, 7, total), Amount(deep, 3, part), Amount(NAMES[3], None, total)]
    assert (parts_fen(total, amounts), parts_fen(part, amounts), parts_fen(deep, amounts)) == (7, 3, None)
    assert outer_of(total, {total: part, part: total}) == [part], "a circle ends"
    assert worked_out(FigureKind.RATIO, [1, 3]) == 333_333
    assert worked_out(FigureKind.RATIO, [2, 3]) == 666_667
    assert worked_out(FigureKind.SUM, [1, 2, -4]) == -1


async def test_an_amount_within_another_is_told_and_no_circle_is_closed(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)

    async def drafted(**more: Any) -> dict[str, Any]:
        answer = await inspector.post(FINDINGS, finding(**more))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    outer = await drafted(amount_fen=1000, published={"is_total": True})
    inner = await drafted(amount_fen=1000, within_finding_id=outer["id"])
    refused(
        await inspector.post(FINDINGS, finding(amount_fen=1001, within_finding_id=outer["id"])), 409, "nested-too-much"
    )
    about = await drafted(amount_fen=1001, within_finding_id=outer["id"], amount_known="approximate")
    assert about["amount_known"] == "approximate"
    refused(await inspector.post(FINDINGS, finding(amount_fen=1, within_finding_id=str(uuid4()))), 404, "not-found")
    again = {**finding(amount_fen=1000, within_finding_id=inner["id"]), "based_on": outer["version_hash"]}
    refused(await inspector.post(f"{FINDINGS}/{outer['id']}/versions", again), 409, "nested-in-circle")
    own = {**again, "within_finding_id": outer["id"]}
    refused(await inspector.post(f"{FINDINGS}/{outer['id']}/versions", own), 409, "nested-in-circle")
    for change in (inner["id"], about["id"]):
        with pytest.raises(asyncpg.CheckViolationError, match="within itself"):
            await admin.execute(
                "UPDATE audit.finding SET within_finding_id = $2 WHERE id = $1", UUID(outer["id"]), UUID(change)
            )
    whole = await confirmed(inspector, finding(amount_fen=900, published={"is_total": True}))
    part = await confirmed(inspector, finding(amount_fen=800, within_finding_id=whole["id"]))
    file = (await inspector.get(f"{FINDINGS}/{whole['id']}")).json()
    assert ([one["id"] for one in file["nested"]], file["nested_fen"]) == ([part["id"]], 800)
    assert file["parts_difference_fen"] == 100
    with pytest.raises(asyncpg.CheckViolationError, match="was confirmed"):
        await admin.execute("UPDATE audit.finding SET within_finding_id = NULL WHERE id = $1", UUID(part["id"]))


async def test_a_finding_comes_to_no_less_than_what_lies_within_it_also_when_it_is_written_anew(
    audit_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    outer = (await inspector.post(FINDINGS, finding(amount_fen=1000))).json()
    early = await confirmed(inspector, finding(amount_fen=600, within_finding_id=outer["id"]))
    late = (await inspector.post(FINDINGS, finding(amount_fen=900, within_finding_id=outer["id"]))).json()
    url = f"{FINDINGS}/{outer['id']}/versions"
    answer = await inspector.post(url, {**finding(amount_fen=599), "based_on": outer["version_hash"]})
    refused(answer, 409, "part-too-large")
    assert answer.json()["figures"] == {"part_id": early["id"], "part_fen": 600, "amount_fen": 599}
    assert "6.00 元" in answer.json()["detail"]
    about = {**finding(amount_fen=599, amount_known="approximate"), "based_on": outer["version_hash"]}
    told = (await inspector.post(url, about)).json()
    told = (await inspector.post(url, {**finding(amount_fen=899), "based_on": told["version_hash"]})).json()
    assert told["amount_fen"] == 899, "what is a draft yet holds nobody"
    refused(
        await checker(audit_http, county).post(f"{FINDINGS}/{late['id']}/reviews", decision(late)),
        409,
        "nested-too-much",
    )
    mended = {**finding(amount_fen=899, within_finding_id=outer["id"]), "based_on": late["version_hash"]}
    await confirmed_draft(
        audit_http, county, (await inspector.post(f"{FINDINGS}/{late['id']}/versions", mended)).json()
    )
    for amount_fen, of in ((898, outer), (1000, late)):
        with pytest.raises(asyncpg.CheckViolationError, match=r"would (hold|lie within)|was confirmed"):
            await admin.execute(
                "UPDATE audit.finding SET amount_fen = $2 WHERE id = $1", UUID(str(of["id"])), amount_fen
            )
    await confirmed_draft(audit_http, county, told)
    reported = await inspector.get("/audit/v1/reports/findings", params={"as_of": "2017-12-31"})
    assert reported.json()["sections"][0]["totals"]["amount_fen"] == 899


async def test_two_who_write_an_outer_smaller_and_confirm_an_inner_at_once_never_both_succeed(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    for _ in range(5):
        outer = (await inspector.post(FINDINGS, finding(amount_fen=1000))).json()
        inner = (await inspector.post(FINDINGS, finding(amount_fen=1000, within_finding_id=outer["id"]))).json()
        smaller = {**finding(amount_fen=10), "based_on": outer["version_hash"]}
        answers = await asyncio.gather(
            inspector.post(f"{FINDINGS}/{outer['id']}/versions", smaller),
            checker(audit_http, county).post(f"{FINDINGS}/{inner['id']}/reviews", decision(inner)),
        )
        assert sorted(one.status_code for one in answers) == [201, 409], [one.text for one in answers]


async def test_a_report_counts_once_what_lies_within_it_by_way_of_a_finding_of_no_report(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    filing = {"reference": "R1", "title": "审计报告", "auditor": "审计局", "told": {}}
    filed = (await inspector.post("/audit/v1/filed-reports", filing)).json()["id"]
    whole = await confirmed(inspector, finding(amount_fen=1000, report_id=filed))
    between = await confirmed(inspector, finding(amount_fen=800, within_finding_id=whole["id"]))
    await confirmed(inspector, finding(amount_fen=500, report_id=filed, within_finding_id=between["id"]))
    told = (await inspector.get(f"/audit/v1/filed-reports/{filed}")).json()
    assert (told["findings_n"], told["added_up_fen"], told["counted_once_fen"]) == (2, 1500, 1000)


async def test_classes_hold_from_their_day_and_a_finding_keeps_its_edition(
    audit_http: httpx.AsyncClient, county: str
) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    editions = {}
    for day in ("2005-01-31", "2005-02-01"):
        listed = (await inspector.get("/audit/v1/finding-classes", params={"as_of": day})).json()["items"]
        assert [one["code"] for one in listed] == [f"F{number:02}" for number in range(1, 19)]
        editions[day] = {one["edition"] for one in listed}
        drafted = (await inspector.post(FINDINGS, finding(found_on=day))).json()
        [version] = (await inspector.get(f"{FINDINGS}/{drafted['id']}/versions")).json()["items"]
        assert {version["class_edition"]} == editions[day]
    assert editions == {"2005-01-31": {1}, "2005-02-01": {2}}
    problems = {one["problem_class"] for one in listed}
    assert len(problems) == 6, "each of the six problems has a class below it"
    clerk = audit_caller(audit_http, "finance_clerk", county)
    refused(await clerk.get("/audit/v1/finding-classes"), 403, "forbidden")


async def test_findings_are_searched_by_what_a_page_is_found_along(audit_http: httpx.AsyncClient, county: str) -> None:
    inspector = audit_caller(audit_http, "inspector", county)
    ids = {}
    for name, more in {
        "a": {"amount_fen": 100, "about_region": county + "101", "title": "挪用100%资金"},
        "b": {"amount_fen": 200, "about_region": county + "102", "class_code": "F04"},
        "c": {"title": "挪用1000元资金"},
    }.items():
        ids[name] = (await inspector.post(FINDINGS, finding(**more))).json()["id"]
    ids["d"] = (await confirmed(inspector, finding(amount_fen=300, class_code="F04")))["id"]

    async def found(**query: Any) -> str:
        items = (await inspector.get(FINDINGS, params=query)).json()["items"]
        return "".join(name for name, one in ids.items() if one in {item["id"] for item in items})

    assert await found() == "abcd"
    assert await found(text="挪用") == "ac"
    assert await found(text="100%") == "a", "a sign of the search language is a sign"
    assert await found(at_least_fen=200) == "bd"
    assert await found(at_least_fen=200, at_most_fen=200) == "b"
    assert await found(at_most_fen=199) == "a"
    assert await found(about=county + "101") == "a"
    assert await found(about=county) == "ab"
    assert await found(class_code="F04", status="draft") == "b"
    assert await found(status="open") == "d"
    empty = (await inspector.get(FINDINGS, params={"text": "没有这样的问题"})).json()
    assert (empty["items"], bool(empty["empty_because"])) == ([], True)
    pages, query = [], {"limit": "1"}
    while True:
        page = (await inspector.get(FINDINGS, params=query)).json()
        pages += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert pages == sorted(ids.values())
