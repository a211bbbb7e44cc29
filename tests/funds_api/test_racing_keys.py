"""Whoever comes second to a key is told so by a problem of its own, also when both came before either was recorded.

One race per key that two requests can meet in. The journal of every county is held while both come as far as they can,
so that what each has looked up is the past when it writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import Index, UniqueConstraint

from services.funds_api.tables.rows import Row
from tests.callers import Caller, funds_caller
from tests.factories import notice_request, open_account
from tests.funds_api.comparisons import Entry, made
from tests.funds_api.comparisons import upload as list_upload
from tests.funds_api.desk import Desk
from tests.funds_api.library import Library, plan
from tests.funds_api.people import CSV, Township, id_number, register_csv, roster_csv
from tests.funds_api.test_income_book import Shared, last
from tests.funds_api.test_invoices import claim
from tests.funds_api.test_loans import bank_of, loan
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_policy_values import request as value_of
from tests.funds_api.test_publications import publish, waiting
from tests.funds_api.test_regions import division
from tests.funds_api.test_returns import Paid
from tests.funds_api.test_terms import FEE, new_fund, set_terms, terms
from tests.funds_api.test_two_entitlements import WAITS
from tests.funds_api.test_visits import pair, visit

Asked = Coroutine[Any, Any, httpx.Response]


@dataclass
class World:
    http: httpx.AsyncClient
    county: str
    admin: asyncpg.Pool

    @property
    def clerk(self) -> Caller:
        return funds_caller(self.http, "finance_clerk", self.county)


Race = Callable[[World], Awaitable[list[Asked]]]
RACES: dict[str, tuple[Race, str]] = {}
# Both are entered, one after the other.
SECOND_TOO = ""
# Unique keys that no two requests meet in, and why.
UNMET = {
    "uq_account_county_code_unit_id_name": "accounts come with their unit",
    "uq_event_stream_actor_idempotency_key": "claimed before anything is written",
    "ix_payment_batch_part": "parts are written by the one approval that divides their list, under its lock",
    "uq_flag_basis_county_code_rule_code_rule_version_values_sha256": "the basis that is there is taken",
    "uq_flag_run_daily": "opened by runners; who comes second goes on with what is open",
    "uq_flag_without_run": "what was found before is left as it is",
    "uq_person_county_code_match_token": "one for each number, which meets the key of its own token first",
    "uq_warning_county_code_run_id_rule_code_unit_id": "a rule of a run is done by the one that holds the run",
    "uq_order_result_county_code_movement_id": "a movement of its own",
    "uq_payment_county_code_batch_id_cum_fen": "counted under the lock of the batch",
    "uq_project_county_code_quota_account_id": "an account of its own",
    "uq_project_county_code_cash_account_id": "an account of its own",
    "uq_registry_act_county_code_position": "the next number of the journal",
    "uq_tranche_line": "lines come with their notice",
    "uq_treasury_order_county_code_movement_id": "a movement of its own",
}
BABY = {
    "name": "小张",
    "id_number": id_number(900),
    "joined_on": "2017-05-02",
    "reason": "birth",
    "document": "县扶贫发〔2017〕3号",
}


def race(key: str, slug: str) -> Callable[[Race], Race]:
    def enter(run: Race) -> Race:
        RACES[key] = (run, slug)
        return run

    return enter


@race("uq_unit_county_code_region_code_name", "unit-known")
async def _units(world: World) -> list[Asked]:
    await open_account(world.http, world.county, "treasury")
    unit = {"region_code": world.county, "name": "县农业局", "kind": "department", "accounts": [{"name": "专户"}]}
    return [world.clerk.post("/funds/v1/units", unit) for _ in range(2)]


@race("uq_project_county_code_code", "project-known")
async def _projects(world: World) -> list[Asked]:
    library = Library(world.http, world.county)
    await library.declare()
    return [library.declare(code="ROAD-1"), library.declare(code="ROAD-1", plan=plan(name="另一条路"))]


@race("pk_project_step", "stage-skipped")
async def _steps(world: World) -> list[Asked]:
    library = Library(world.http, world.county)
    await library.declare()
    return [library.step("reviewed"), library.step("reviewed")]


@race("uq_project_version_waiting", "change-not-now")
async def _changes(world: World) -> list[Asked]:
    library = Library(world.http, world.county)
    await library.walk("admitted")
    change = {"document": "变更1号", "reason": "改线", "reported_on": "2017-02-01", "plan": plan(name="改线")}
    return [library.lister.post(f"/funds/v1/projects/{library.id}/versions", change) for _ in range(2)]


@race("uq_project_contract_county_code_project_id_number", "contract-known")
async def _contracts(world: World) -> list[Asked]:
    library = Library(world.http, world.county)
    await library.fund_it()
    await library.walk("building")
    return [library.sign(100, number="合同〔2017〕1号"), library.sign(200, number="合同[2017]1号")]


@race("uq_asset_income_period", "income-known")
async def _incomes(world: World) -> list[Asked]:
    shared = await Shared(world.http, world.county).set_out(world.admin)
    asset = (await shared.clerk.get("/funds/v1/assets")).json()["items"][0]["id"]
    period = {"period_from": "2017-11-01", "period_to": "2017-11-30", "arrived_on": "2017-12-03"}
    return [shared.earn(asset, **period), shared.earn(asset, 5, **period)]


@race("pk_income_share", "income-shared")
async def _shares(world: World) -> list[Asked]:
    shared = await Shared(world.http, world.county).set_out(world.admin)
    asset = (await shared.clerk.get("/funds/v1/assets")).json()["items"][0]["id"]
    period = {"period_from": "2017-11-01", "period_to": "2017-11-30", "arrived_on": "2017-11-19"}
    income = (await shared.earn(asset, **period)).json()["id"]
    return [shared.share(income), shared.share(income)]


@race("uq_share_payment_county_code_undoes_id", "share-payment-undone")
async def _share_payments(world: World) -> list[Asked]:
    shared = await Shared(world.http, world.county).set_out(world.admin)
    entry = last(await shared.pay())
    return [shared.undo(entry), shared.undo(entry)]


@race("pk_closing", "closing-not-later")
async def _closings(world: World) -> list[Asked]:
    await open_account(world.http, world.county, "treasury")
    reviewer = funds_caller(world.http, "finance_reviewer", world.county)
    return [
        reviewer.post("/funds/v1/closings", {"through": "2017-12-31", "document": document})
        for document in ("甲", "乙")
    ]


@race("pk_fund", "fund-known")
async def _funds(world: World) -> list[Asked]:
    await new_fund(world.http)
    body = {"code": f"F-{uuid4().hex[:10]}", "level": "province", "stream": "扶贫发展"}
    clerk = funds_caller(world.http, "finance_clerk", "990000")
    return [clerk.post("/funds/v1/funds", {**body, "name": name}) for name in ("甲", "乙")]


@race("uq_fund_terms_day", "terms-known")
async def _terms(world: World) -> list[Asked]:
    await open_account(world.http, world.county, "treasury")
    code = await new_fund(world.http)
    return [set_terms(world.clerk, code, terms(world.county, {**FEE, "cap_ppm": cap})) for cap in (5_000, 6_000)]


@race("uq_loan_county_code_bank_bank_ref", "bank-ref-reused")
async def _loans(world: World) -> list[Asked]:
    await Township(world.http, world.county, fen=0, households=range(3)).open()
    bank = bank_of(world.http, world.county)
    path = "/funds/v1/loans/disbursements"
    return [bank.post(path, loan(world.county, borrower_id_number=id_number(place))) for place in (1, 2)]


@race("uq_notice_receipt_stands", "notice-known")
async def _notices(world: World) -> list[Asked]:
    account = await open_account(world.http, world.county, "treasury")
    notice = await notice_request(world.http, world.county, account, document_number="测财农〔2017〕1号")
    other = {**notice, "document_number": "测财农[2017]1号"}
    return [world.clerk.post("/funds/v1/notices", one) for one in (notice, other)]


@race("uq_movement_county_code_reverses_id", "already-reversed")
async def _reversals(world: World) -> list[Asked]:
    desk = await Desk(world.http, world.county).open()
    movement = (await desk.out(1_000, desk.first, "2017-05-01")).json()["movements"][0]["id"]
    return [desk.undo(movement, "2017-05-02"), desk.undo(movement, "2017-05-02")]


@race("the document of a movement", "document-used")
async def _documents(world: World) -> list[Asked]:
    desk = await Desk(world.http, world.county).open()
    return [desk.out(1_000, desk.first, "2017-05-01", document="县财〔2017〕1号") for _ in range(2)]


@race("the document of a hold", "document-holds")
async def _holds(world: World) -> list[Asked]:
    desk = await Desk(world.http, world.county).open()
    return [desk.hold(1_000, desk.treasury, document="支付申请1号") for _ in range(2)]


@race("uq_treasury_order_county_code_fiscal_year_order_key", "order-number-used")
async def _orders(world: World) -> list[Asked]:
    """Of two desks: out of one account the second finds the document of the first in its books."""
    chain = await Chain(world.http, world.county).open()
    desks = [chain.department["quota"], chain.township["quota"]]
    for desk in desks:
        assert (await chain.split(1_000, chain.treasury["quota"], desk)).status_code == 201
    number = {"order_number": "支〔2017〕1号"}
    return [chain.clerk.post("/funds/v1/treasury-orders", chain.order(100, desk, **number)) for desk in desks]


@race("the document of an order", "document-used")
async def _order_documents(world: World) -> list[Asked]:
    chain = await Chain(world.http, world.county).open()
    orders = [chain.order(fen, order_number="支〔2017〕1号") for fen in (100, 200)]
    return [chain.clerk.post("/funds/v1/treasury-orders", order) for order in orders]


@race("uq_treasury_order_county_code_reissues_id", "returned-quota-drawn")
async def _reissues(world: World) -> list[Asked]:
    chain = await Chain(world.http, world.county).open()
    old = await chain.issue(100)
    assert (await chain.result(old, "returned")).status_code == 201
    again = {"reissues_order_id": old["id"], "effective_on": "2017-05-10"}
    return [chain.clerk.post("/funds/v1/treasury-orders", chain.order(100, **again)) for _ in range(2)]


@race("the invoice of an order", "invoice-claimed")
async def _invoices(world: World) -> list[Asked]:
    chain = await Chain(world.http, world.county).open()
    desks = [chain.department["quota"], chain.township["quota"]]
    for desk in desks:
        assert (await chain.split(1_000, chain.treasury["quota"], desk)).status_code == 201
    return [
        chain.clerk.post("/funds/v1/treasury-orders", chain.order(100, desk, chain.village["cash"], **claim(100)))
        for desk in desks
    ]


@race("pk_order_result", "order-settled")
async def _results(world: World) -> list[Asked]:
    chain = await Chain(world.http, world.county).open()
    order = await chain.issue(100)
    return [chain.result(order), chain.result(order, "returned")]


@race("uq_order_result_county_code_bank_account_id_bank_serial", "bank-serial-used")
async def _serials(world: World) -> list[Asked]:
    chain = await Chain(world.http, world.county).open()
    return [chain.result(await chain.issue(fen), bank_serial="RCB1") for fen in (100, 200)]


@race("uq_payment_return_county_code_source_document_key", "return-serial-reused")
async def _returns(world: World) -> list[Asked]:
    paid = await Paid(world.http, world.county).open()
    return [paid.give_back(paid.line(row), document="TH1") for row in (1, 2)]


@race("uq_payment_return_county_code_hold_id", "return-too-large")
async def _kept(world: World) -> list[Asked]:
    paid = await Paid(world.http, world.county).open()
    return [paid.give_back(paid.line(1)), paid.give_back(paid.line(1))]


@race("pk_payment", "batch-not-draft")
async def _rosters(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    batch = await township.batch()
    return [township.put(batch, roster_csv([(id_number(place), "1.00")])) for place in (1, 2)]


@race("pk_publication", SECOND_TOO)
async def _publications(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    batch = await waiting(township)
    return [publish(township, batch, place=place) for place in ("村委会", "文化广场")]


@race("uq_person_county_code_token", "person-elsewhere")
async def _persons(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    homes = [await township.household(world.admin, place) for place in (1, 2)]
    return [township.finance.post(f"/funds/v1/households/{home}/members", BABY) for home in homes]


@race("a person of two registers", "register-overtaken")
async def _registers(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    files = [register_csv(world.county + "101201", [800, place]).encode() for place in (801, 802)]
    path = "/funds/v1/households/imports"
    return [township.finance.request("POST", path, content=raw, headers=CSV) for raw in files]


@race("a person of a register and of a household", "register-overtaken")
async def _register_and_household(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    home = await township.household(world.admin, 1)
    raw = register_csv(world.county + "101201", [900]).encode()
    return [
        township.finance.post(f"/funds/v1/households/{home}/members", BABY),
        township.finance.request("POST", "/funds/v1/households/imports", content=raw, headers=CSV),
    ]


@race("ix_person_one_head", "not-a-member")
async def _heads(world: World) -> list[Asked]:
    township = await Township(world.http, world.county).open()
    home, head = await township.household(world.admin, 1), await township.person(world.admin, 1)
    heirs = []
    for place in (901, 902):
        body = {**BABY, "id_number": id_number(place)}
        heirs.append((await township.change(f"{home}/members", body))["person_id"])
    gone = {"person_ids": [head], "left_on": "2017-06-01", "reason": "death", "document": "注销证明"}
    path = f"/funds/v1/households/{home}/departures"
    return [township.finance.post(path, {**gone, "new_head_id": heir}) for heir in heirs]


@race("uq_policy_value_waiting", "policy-value-waiting")
async def _values(world: World) -> list[Asked]:
    return [world.clerk.post("/funds/v1/policy-values", value_of(world.county, value=days)) for days in (60, 90)]


@race("uq_unit_leader_county_code_unit_id_from_on", "leader-known")
async def _leaders(world: World) -> list[Asked]:
    await open_account(world.http, world.county, "treasury")
    [unit] = (await world.clerk.get("/funds/v1/units")).json()["items"]
    body = {"unit_id": unit["id"], "from_on": "2017-01-01", "document": "分工〔2017〕1号", "post": "副县长"}
    return [world.clerk.post("/funds/v1/unit-leaders", {**body, "account": name}) for name in ("fu-1", "fu-2")]


@race("uq_helper_visit_county_code_household_id_helper_visited_on", "visit-known")
async def _visits(world: World) -> list[Asked]:
    town = await Township(world.http, world.county).open()
    home = await town.household(world.admin, 1)
    assert (await pair(town, {home: "bangfu-1"})).status_code == 201
    return [visit(town, home, "2017-02-01") for _ in range(2)]


@race("uq_comparison_version_county_code_kind_version_no", "comparison-list-overtaken")
async def _lists(world: World) -> list[Asked]:
    await Township(world.http, world.county).open()
    with TemporaryDirectory() as folder:
        file = made(world.http, world.county, "dead", [Entry(3, from_on="2017-02-01")], "2017-12-31", Path(folder))
    return [list_upload(funds_caller(world.http, "inspector", world.county), "dead", file) for _ in range(2)]


@race("pk_region", SECOND_TOO)
async def _regions(world: World) -> list[Asked]:
    administrator = funds_caller(world.http, "system_admin", "99")
    body = {"listed_year": 2017}
    named = [{**body, "regions": [division(world.county + "150", name)]} for name in ("甲镇", "乙镇")]
    return [administrator.post("/funds/v1/regions", one) for one in named]


@pytest.mark.parametrize("key", RACES)
async def test_whoever_comes_second_is_told_so(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, key: str
) -> None:
    run, slug = RACES[key]
    asked = await run(World(funds_http, county, admin))
    under_way: list[asyncio.Task[httpx.Response]] = []
    async with admin.acquire() as blocker, blocker.transaction():
        await blocker.fetch("SELECT FROM funds.stream_head FOR UPDATE")
        for one in asked:
            under_way.append(asyncio.create_task(one))
            while await admin.fetchval(WAITS) < len(under_way) and not under_way[-1].done():  # noqa: ASYNC110 - another server's
                await asyncio.sleep(0.01)
    answers = await asyncio.gather(*under_way)
    if slug == SECOND_TOO:
        assert [one.status_code for one in answers] == [201, 201], [one.text for one in answers]
        return
    assert sorted(one.status_code for one in answers) in ([200, 409], [201, 409]), [one.text for one in answers]
    second = next(one.json() for one in answers if one.status_code == 409)
    assert second["type"] == f"/problems/{slug}", second
    assert second["figures"]
    assert None not in second["figures"].values(), second
    assert second["advice"]


def test_every_unique_key_has_its_race() -> None:
    keys = {
        str(one.name)
        for table in Row.metadata.tables.values()
        for one in (*table.constraints, *table.indexes)
        if isinstance(one, UniqueConstraint) or (isinstance(one, Index) and one.unique)
    }
    assert len(keys) > 20
    assert keys == {key for key in RACES if key.startswith(("uq_", "ix_"))} | UNMET.keys()
