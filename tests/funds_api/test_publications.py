"""Publicity of rosters: days and objections, and the payment that waits for both under terms that ask for them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.funds_api.lots import ledger
from tests.callers import funds_caller
from tests.funds_api.people import Township, id_number
from tests.funds_api.test_terms import set_terms, terms

ONE, TWO = id_number(1), id_number(2)
TERM = {"source": "指导意见第四条", "basis": "practice", "on_breach": "refuse"}
SEVEN = {"rule": "publicity", "publicity_days": 7, **TERM}
SHOWN = {"document": "公示〔2017〕3号", "place": "村务公开栏", "from_on": "2017-04-24"}


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county).open()


async def rule(township: Township, *rules: dict[str, Any]) -> None:
    answer = await set_terms(township.finance, township.fund, terms(township.county, *rules))
    assert answer.status_code == 201, answer.text


def path(batch: str, *more: str) -> str:
    return "/".join(("/funds/v1/payment-batches", batch, *more))


async def waiting(township: Township, **more: Any) -> str:
    """A checked batch of two rows, to be paid on 1 May 2017."""
    checked = await township.checked([(ONE, "60.00"), (TWO, "40.00")], **more)
    return str(checked["batch"]["id"])


async def publish(township: Township, batch: str, **changes: Any) -> httpx.Response:
    return await township.clerk.post(path(batch, "publications"), {**SHOWN, **changes})


async def object_to(township: Township, batch: str, **changes: Any) -> httpx.Response:
    body = {"raised_on": "2017-04-26", "text": "第二行有车", **changes}
    return await township.clerk.post(path(batch, "objections"), body)


async def answered(township: Township, batch: str, objection: str, **changes: Any) -> httpx.Response:
    body = {"closed_on": "2017-04-28", "outcome": "核实无车", **changes}
    return await township.reviewer.post(path(batch, "objections", objection, "answer"), body)


def broken(answer: httpx.Response) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/fund-rule-broken"), answer.text
    [breach] = answer.json()["figures"]["breaches"]
    return dict(breach)


@pytest.mark.parametrize(("from_on", "days"), [(None, None), ("2017-04-25", 6), ("2017-05-02", None)])
async def test_a_roster_that_was_not_public_long_enough_is_not_paid(
    township: Township, admin: asyncpg.Pool, from_on: str | None, days: int | None
) -> None:
    await rule(township, SEVEN)
    batch = await waiting(township)
    if from_on:
        assert (await publish(township, batch, from_on=from_on)).status_code == 201
    breach = broken(await township.approve(batch))
    told = {name: breach[name] for name in ("code", "published_days", "publicity_days", "objections_open_n")}
    assert told == {"code": "B08", "published_days": days, "publicity_days": 7, "objections_open_n": 0}
    moved = "SELECT count(*) FROM funds.movement WHERE county_code = $1 AND kind = 'disburse'"
    assert await admin.fetchval(moved, township.county) == 0
    assert (await publish(township, batch)).status_code == 201, "the latest record counts"
    paid = await township.approve(batch)
    assert (paid.status_code, paid.json()["flagged"]) == (201, []), paid.text


async def test_days_that_are_still_to_come_are_not_counted(township: Township) -> None:
    today = ledger.today()
    await rule(township, SEVEN)
    batch = await waiting(township, effective_on=str(today + timedelta(days=7)))
    assert (await publish(township, batch, from_on=str(today))).json()["before_upload_days"] == 0
    breach = broken(await township.approve(batch))
    assert (breach["published_days"], breach["publicity_days"]) == (0, 7)
    told = await publish(township, batch, from_on=str(today - timedelta(days=7)))
    assert told.json()["before_upload_days"] == 7, "nobody here can say when it was put up, but how long before"
    assert (await township.approve(batch)).status_code == 201


async def test_whoever_uploaded_a_roster_does_not_judge_what_is_objected(township: Township) -> None:
    batch = await waiting(township)
    await publish(township, batch)
    objection = (await object_to(township, batch)).json()["id"]
    both = funds_caller(township.http, ["township_clerk", "township_reviewer"], township.region, subject="li")
    body = {"closed_on": "2017-04-28", "outcome": "无"}
    refused = await both.post(path(batch, "objections", objection, "answer"), body)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/objection-to-own-work")
    assert (await answered(township, batch, objection)).status_code == 201


@pytest.mark.parametrize("on_breach", ["refuse", "flag"])
async def test_terms_say_how_long_before_its_upload_a_list_may_have_been_public(
    township: Township, on_breach: str
) -> None:
    """Seven days of some list on paper are no seven days of the list that is paid."""
    today = ledger.today()
    rule_days = {"rule": "publicity_before_upload", "before_upload_days": 2, **TERM, "on_breach": on_breach}
    await rule(township, {**SEVEN, "publicity_days": 1}, rule_days)
    batch = await waiting(township, effective_on=str(today))
    assert (await publish(township, batch, from_on=str(today - timedelta(days=3)))).json()["before_upload_days"] == 3
    answer = await township.approve(batch)
    if on_breach == "refuse":
        breach = broken(answer)
        assert (await publish(township, batch, from_on=str(today - timedelta(days=2)))).status_code == 201
        assert (await township.approve(batch)).json()["flagged"] == [], "the latest record counts"
    else:
        [breach] = answer.json()["flagged"]
    assert (breach["code"], breach["before_upload_days"], breach["allowed_days"]) == ("B11", 3, 2)


async def test_a_publication_that_nobody_recorded_was_not_before_the_upload(township: Township) -> None:
    await rule(township, {"rule": "publicity_before_upload", "before_upload_days": 0, **TERM})
    assert (await township.approve(await waiting(township))).status_code == 201


async def test_without_terms_nobody_asks(township: Township) -> None:
    assert (await township.approve(await waiting(township))).status_code == 201


async def test_terms_that_only_flag_pay_and_say_so(township: Township) -> None:
    await rule(township, {**SEVEN, "on_breach": "flag"})
    batch = await waiting(township)
    assert (await publish(township, batch, from_on="2017-04-25")).status_code == 201
    paid = await township.approve(batch)
    assert [(one["code"], one["published_days"]) for one in paid.json()["flagged"]] == [("B08", 6)]
    [flag] = (await township.finance.get("/funds/v1/flags", params={"as_of": "2017-12-31"})).json()["items"]
    assert (flag["rule_code"], flag["amount_fen"], flag["facts"]["publicity_days"]) == ("B08", 10_000, 7)


async def test_an_objection_to_the_list_keeps_it_from_being_paid_until_it_is_answered(township: Township) -> None:
    await rule(township, SEVEN)
    batch = await waiting(township)
    early = await object_to(township, batch)
    assert (early.status_code, early.json()["type"]) == (409, "/problems/not-published")
    await publish(township, batch)
    assert (await object_to(township, batch, raised_on="2017-04-23")).status_code == 409, "not yet on show"
    assert (await object_to(township, batch, line=99)).status_code == 404
    ahead = await object_to(township, batch, raised_on="2199-01-01")
    assert (ahead.status_code, ahead.json()["type"]) == (409, "/problems/objection-date-refused"), (
        "it stayed open for ever"
    )
    assert ahead.json()["detail"].startswith("提出异议之日 2199-01-01 晚于今天 ")
    raised = await object_to(township, batch)
    assert raised.status_code == 201, raised.text
    assert (raised.json()["line"], raised.json()["closed_on"]) == (None, None)
    breach = broken(await township.approve(batch))
    assert (breach["published_days"], breach["objections_open_n"]) == (7, 1)
    assert "1 件异议" in breach["sentence"]

    objection = raised.json()["id"]
    assert (await township.clerk.post(path(batch, "objections", objection, "answer"), {})).status_code == 403
    before = await answered(township, batch, objection, closed_on="2017-04-25")
    assert (before.status_code, before.json()["type"]) == (409, "/problems/objection-date-refused")
    assert before.json()["detail"].startswith("处理异议之日 2017-04-25 早于提出异议之日 ")
    assert (await answered(township, batch, objection)).json()["outcome"] == "核实无车"
    again = await answered(township, batch, objection)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/objection-closed")
    assert (await township.approve(batch)).status_code == 201


async def test_what_is_public_is_told_as_it_stood_on_a_day(township: Township) -> None:
    batch = await waiting(township)
    await publish(township, batch)
    objection = (await object_to(township, batch)).json()["id"]
    await answered(township, batch, objection)
    await publish(township, batch, from_on="2017-04-29", document="公示〔2017〕4号")
    told = {}
    for day in ("2017-04-23", "2017-04-24", "2017-04-26", "2017-04-28", "2017-04-30"):
        shown = (await township.clerk.get(path(batch, "publications"), params={"as_of": day})).json()
        told[day] = (shown["published_days"], len(shown["publications"]), shown["objections_open_n"])
    assert told == {
        "2017-04-23": (None, 0, 0),
        "2017-04-24": (0, 1, 0),
        "2017-04-26": (2, 1, 1),
        "2017-04-28": (4, 1, 0),
        "2017-04-30": (1, 2, 0),
    }
    listed = (await township.clerk.get(path(batch))).json()["batch"]["list_sha256"]
    assert {one["list_sha256"] for one in shown["publications"]} == {listed}
    assert (await township.neighbour.get(path(batch, "publications"))).status_code == 404


async def test_only_a_checked_batch_is_published_from_a_day_that_has_come(township: Township) -> None:
    draft = await township.batch()
    refused = await publish(township, draft)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-publishable")
    assert refused.json()["figures"]["status"] == "draft"
    batch = await waiting(township)
    ahead = await publish(township, batch, from_on="2199-01-01")
    assert (ahead.status_code, ahead.json()["type"]) == (409, "/problems/publication-date-refused")
    assert (await township.neighbour.post(path(batch, "publications"), SHOWN)).status_code == 404
    assert (await township.reviewer.post(path(batch, "publications"), SHOWN)).status_code == 403
    assert (await township.approve(batch)).status_code == 201
    assert (await publish(township, batch)).status_code == 409


async def test_inspectors_may_object_and_a_key_acts_once(township: Township, admin: asyncpg.Pool) -> None:
    batch = await waiting(township)
    first = await township.clerk.post(path(batch, "publications"), SHOWN, key="publication-of-the-batch")
    again = await township.clerk.post(path(batch, "publications"), SHOWN, key="publication-of-the-batch")
    assert (first.json()["seq"], again.json()) == (1, first.json())
    inspector = funds_caller(township.http, "inspector", township.county)
    body = {"raised_on": "2017-04-26", "text": "电话 13800138000 反映"}
    raised = await inspector.post(path(batch, "objections"), body)
    assert raised.status_code == 201, raised.text
    assert "13800138000" not in raised.json()["text"]
    events = await admin.fetch(
        "SELECT kind FROM funds.event WHERE stream = $1 ORDER BY position DESC LIMIT 2", township.county
    )
    assert [row["kind"] for row in events] == ["BatchObjected", "BatchPublished"]


async def test_an_objection_and_an_approval_race_and_one_is_heard(township: Township) -> None:
    await rule(township, SEVEN)
    batch = await waiting(township)
    await publish(township, batch)
    raised, paid = await asyncio.gather(object_to(township, batch), township.approve(batch))
    assert raised.status_code == 201
    if paid.status_code != 201:
        assert broken(paid)["objections_open_n"] == 1


async def test_households_are_paid_only_by_funds_that_may_pay_them(township: Township) -> None:
    payees = {"rule": "permitted_payees", "unit_kinds": ["contractor"], **TERM}
    await rule(township, payees)
    batch = await waiting(township)
    breach = broken(await township.approve(batch))
    assert (breach["code"], breach["payee_kind"], breach["permitted"]) == ("B03", "households", ["contractor"])
    wider = {**payees, "unit_kinds": ["contractor", "households"]}
    answer = await set_terms(township.finance, township.fund, terms(township.county, wider, valid_from="2017-05-01"))
    assert answer.status_code == 201, answer.text
    assert broken(await township.approve(batch))["code"] == "B03", "wider terms wait for a second person"
    waiting_set = {name: answer.json()[name] for name in ("region_code", "fiscal_year", "valid_from", "document")}
    reviewer = funds_caller(township.http, "finance_reviewer", township.county, subject="zhao")
    agreed = await reviewer.post(f"/funds/v1/funds/{township.fund}/terms/confirmation", waiting_set)
    assert agreed.status_code == 201, agreed.text
    assert (await township.approve(batch)).status_code == 201


async def test_what_households_are_paid_for_is_held_to_the_permitted_uses(
    township: Township, admin: asyncpg.Pool
) -> None:
    await rule(township, {"rule": "permitted_uses", "uses": ["production"], **TERM})
    for use, told in ((None, None), ("infrastructure", "infrastructure")):
        batch = await waiting(township, use=use)
        breach = broken(await township.approve(batch))
        assert (breach["code"], breach["use"], breach["permitted"]) == ("B01", told, ["production"])
    batch = await waiting(township, use="production")
    assert (await township.approve(batch)).status_code == 201
    assert (await township.clerk.get(path(batch))).json()["batch"]["use"] == "production"
    kept = "SELECT use_code FROM funds.movement WHERE county_code = $1 AND kind = 'disburse'"
    assert await admin.fetchval(kept, township.county) == "production"


async def test_a_barred_use_only_flags_when_the_terms_say_so(township: Township) -> None:
    await rule(township, {"rule": "barred_uses", "uses": ["infrastructure"], **TERM, "on_breach": "flag"})
    paid = await township.approve(await waiting(township, use="infrastructure"))
    assert [one["code"] for one in paid.json()["flagged"]] == ["B02"]
    clean = await township.approve(await waiting(township, use="production"))
    assert clean.json()["flagged"] == []


async def test_terms_about_people_and_about_money_are_flagged_together(township: Township) -> None:
    flags = {**TERM, "on_breach": "flag"}
    barred = {"rule": "barred_uses", "uses": ["infrastructure"], **flags}
    await rule(township, barred, {"rule": "person_cap", "cap_fen": 5_000, **flags})
    paid = await township.approve(await waiting(township, use="infrastructure"))
    assert paid.status_code == 201, paid.text
    assert sorted({one["code"] for one in paid.json()["flagged"]}) == ["B02", "B06"]


async def test_a_roster_is_no_management_fee_and_names_a_known_use(township: Township) -> None:
    order = {
        "account_id": township.office,
        "fund_code": township.fund,
        "entitlement": "产业奖补",
        "document": "文1",
        "effective_on": "2017-05-01",
    }
    for use, status in (("management_fee", 422), ("no_such_use", 404)):
        answer = await township.clerk.post("/funds/v1/payment-batches", {**order, "use": use})
        assert answer.status_code == status, answer.text
