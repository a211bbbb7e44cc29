"""The flags of one warning: those its unit answers for, of lots, projects, orders and movements."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.funds_api.warnings import bundles as bundling
from services.funds_api.warnings.bundles import bundles
from tests.callers import Caller, funds_caller
from tests.factories import open_account
from tests.funds_api.asked import database, flags_of, run_rules
from tests.funds_api.desk import Desk
from tests.funds_api.library import Library, plan
from tests.funds_api.test_orders import Chain
from tests.funds_api.test_warnings import PATH

ISSUED = datetime(2017, 12, 1, 4, tzinfo=UTC)
FLAGS = "/funds/v1/flags"


async def told(http: httpx.AsyncClient, county: str, **asked: Any) -> dict[str, dict[str, Any]]:
    """The county's warnings by the name of their unit."""
    answer = await funds_caller(http, "inspector", county).get(PATH, params={"limit": 200, **asked})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    found = {one["unit_name"]: one for one in items}
    assert len(found) == len(items)
    return found


async def listed(by: Caller, warning: dict[str, Any], limit: int = 200) -> list[dict[str, Any]]:
    """All pages of the flags of a warning."""
    found: list[dict[str, Any]] = []
    asked: dict[str, Any] = {"warning": warning["id"], "limit": limit}
    while True:
        answer = await by.get(FLAGS, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        asked["after"] = page["next"]


def summed(flags: list[dict[str, Any]]) -> tuple[int, int]:
    """How many flags, and the fen that the unit answers for: an item that two flags name counts once."""
    items: dict[str, int] = {}
    for flag in flags:
        for one in flag["answered_for"]:
            items[one["item"]] = max(items.get(one["item"], 0), one["amount_fen"])
    assert len({flag["id"] for flag in flags}) == len(flags)
    return len(flags), sum(items.values())


def parts(flag: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["item"], one["amount_fen"]) for one in flag["answered_for"]]


@pytest.fixture
async def desk(funds_http: httpx.AsyncClient, county: str) -> Desk:
    """Late money with the treasury, both townships (two lots with the first), the first one's village; warned of."""
    opened = await Desk(funds_http, county).open()
    assert (await opened.out(500_000, opened.first, "2017-05-01")).status_code == 201
    assert (await opened.out(100_000, opened.second, "2017-05-01")).status_code == 201
    assert (await opened.out(50_000, opened.village, "2017-06-01", from_account_id=opened.first)).status_code == 201
    await run_rules(funds_http, county, "2017-11-30", "R19", at=ISSUED)
    return opened


async def test_each_warning_lists_its_own_flags_and_they_add_up(desk: Desk) -> None:
    seen: list[str] = []
    found = await told(desk.http, desk.county)
    assert {name: one["flags_n"] for name, one in found.items()} == {
        "县国库": 1,
        "一镇财政所": 2,
        "二镇财政所": 1,
        "村集体": 1,
    }
    for name, one in found.items():
        flags = await listed(desk.clerk, one, limit=1)
        assert summed(flags) == (one["flags_n"], one["amount_fen"]), name
        assert {flag["facts"]["unit_name"] for flag in flags} == {name}
        assert [parts(flag) for flag in flags] == [[(f"lot:{flag['lot_id']}", flag["amount_fen"])] for flag in flags]
        followed = (await desk.clerk.get(one["flags"])).json()
        assert (followed["items"], followed["next"]) == (await listed(desk.clerk, one), None)
        seen += [flag["id"] for flag in flags]
    whole = await flags_of(desk.http, desk.county, "R19")
    assert sorted(seen) == [flag["id"] for flag in whole]
    assert {flag["answered_for"] for flag in whole} == {None}, "said of a warning's list only"


async def test_it_narrows_further_and_what_is_no_warning_is_said(desk: Desk, admin: asyncpg.Pool) -> None:
    one = (await told(desk.http, desk.county))["一镇财政所"]
    for more, n in (
        ({"rule": "R19"}, 2),
        ({"rule": "I01"}, 0),
        ({"run": one["run_id"]}, 2),
        ({"run": str(uuid4())}, 0),
    ):
        answer = await desk.clerk.get(FLAGS, params={"warning": one["id"], **more})
        assert len(answer.json()["items"]) == n, more
    [lot, _] = [flag["lot_id"] for flag in await listed(desk.clerk, one)]
    for subject, n in ((lot, 1), (str(uuid4()), 0)):
        answer = await desk.clerk.get(FLAGS, params={"warning": one["id"], "subject": subject, "limit": 1})
        assert ([flag["lot_id"] for flag in answer.json()["items"]], answer.json()["next"]) == ([lot] * n, None)
    for asked, status in (
        ({"warning": str(uuid4())}, 404),
        ({"warning": "first"}, 422),
        ({"warning": one["id"], "as_of": "2017-11-30"}, 404),
        ({"warning": one["id"], "as_of": "2017-12-01"}, 200),
        ({"warning": one["id"], "known_at": "2017-12-02T00:00:00+08:00"}, 404),
        ({"warning": one["id"], "after": "nothing"}, 422),
    ):
        answer = await desk.clerk.get(FLAGS, params=asked)
        assert answer.status_code == status, (asked, answer.text)
    now = (await admin.fetchval("SELECT clock_timestamp()")).isoformat()
    assert len((await desk.clerk.get(FLAGS, params={"warning": one["id"], "known_at": now})).json()["items"]) == 2


async def test_a_unit_whose_flags_are_far_between_finds_them_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few flags of the run are looked at first."""
    found = await told(desk.http, desk.county)
    whole = {name: await listed(desk.clerk, one) for name, one in found.items()}
    for share in (0, 1, 2):
        monkeypatch.setattr(bundling, "_SHARE", share)
        for name, one in found.items():
            assert await listed(desk.clerk, one, limit=1) == whole[name], (name, share)


async def test_a_township_lists_its_own_warnings_only(desk: Desk) -> None:
    found = await told(desk.http, desk.county)
    other = funds_caller(desk.http, "township_clerk", desk.county + "102")
    for name, mine, theirs in (
        ("一镇财政所", 200, 404),
        ("村集体", 200, 404),
        ("二镇财政所", 404, 200),
        ("县国库", 404, 404),
    ):
        asked = {"warning": found[name]["id"]}
        assert (await desk.township_clerk.get(FLAGS, params=asked)).status_code == mine, name
        assert (await other.get(FLAGS, params=asked)).status_code == theirs, name
    assert summed(await listed(desk.township_clerk, found["一镇财政所"])) == (2, found["一镇财政所"]["amount_fen"])
    bank = funds_caller(desk.http, "bank", desk.county)
    assert (await bank.get(FLAGS, params={"warning": found["县国库"]["id"]})).status_code == 403


async def test_of_a_flag_about_several_units_each_sees_its_part(desk: Desk, admin: asyncpg.Pool) -> None:
    found = await told(desk.http, desk.county)
    [flag] = await listed(desk.clerk, found["村集体"])
    [theirs] = await desk.lots(desk.second, "2017-11-30")
    named = [(f"lot:{flag['lot_id']}", 30), (f"lot:{theirs['id']}", 12), (f"loan:{uuid4()}", 8)]
    await admin.executemany(
        "INSERT INTO funds.flag_money VALUES ($1, $2, $3, $4, $5)",
        [(desk.county, flag["id"], item, flag["region_code"], fen) for item, fen in named],
    )
    [own] = await listed(desk.clerk, found["村集体"])
    assert (own["id"], parts(own)) == (flag["id"], named[:1])
    shared = [one for one in await listed(desk.clerk, found["二镇财政所"]) if one["id"] == flag["id"]]
    assert [parts(one) for one in shared] == [named[1:2]]
    assert flag["id"] not in {one["id"] for one in await listed(desk.clerk, found["一镇财政所"])}


async def test_a_project_stays_with_the_unit_that_was_warned_of_it(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """Its plan names another unit by now, and a nearer unit took the old one's name: the list is as it was."""
    library = Library(funds_http, county)
    await library.fund_it()
    await open_account(funds_http, county, "department", "县交通局")
    await open_account(funds_http, county, "department", "县水利局")
    cash = (await library.walk("building"))["cash_account_id"]
    assert (await library.move("hand_down", library.treasury, cash, 800_000, "2017-04-20")).status_code == 201
    await admin.execute("DELETE FROM funds.project_target WHERE county_code = $1", county)
    await run_rules(funds_http, county, "2018-06-01", "R24", at=ISSUED)
    found = await told(funds_http, county, rule="R24")
    [one] = found.values()
    assert (one["unit_name"], one["flags_n"]) == ("县交通局", 1)
    flags = await listed(library.clerk, one)
    assert (summed(flags), parts(flags[0])) == ((1, one["amount_fen"]), [(f"project:{library.id}", one["amount_fen"])])

    await open_account(funds_http, library.village, "village_collective", "县交通局")
    assert await listed(library.clerk, one) == flags
    change = {
        "document": "变更1号",
        "reason": "职能划转",
        "reported_on": "2018-07-01",
        "plan": plan(responsible_unit="县水利局"),
    }
    made = await library.lister.post(f"/funds/v1/projects/{library.id}/versions", change)
    assert made.status_code == 201, made.text
    approval = {"document": "批复1号", "effective_on": "2018-07-02"}
    made = await library.approver.post(f"/funds/v1/projects/{library.id}/versions/2/approval", approval)
    assert made.status_code == 201, made.text
    assert await listed(library.clerk, one) == flags
    async with database(funds_http).reading(county) as tx:
        [now] = await bundles(tx, county, one["run_id"], "R24")
    assert now.name == "县水利局", "what is drawn up from now on goes to whom the plan names"


async def personal(http: httpx.AsyncClient, region: str, nature: str) -> str:
    """An account of somebody's own; its id."""
    unit = {
        "region_code": region,
        "name": f"收款方{uuid4().hex[:6]}",
        "kind": "contractor",
        "accounts": [{"name": "收款户", "holder_nature": nature}],
    }
    answer = await funds_caller(http, "finance_clerk", region[:6]).post("/funds/v1/units", unit)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["accounts"][0]["id"])


async def test_of_a_movement_the_unit_is_warned_that_sent_it(funds_http: httpx.AsyncClient, county: str) -> None:
    desk = await Desk(funds_http, county).open()
    payees = {nature: await personal(funds_http, county + "102", nature) for nature in ("personal", "unit")}
    for to, fen in ((desk.first, 90_000), (desk.second, 80_000)):
        assert (await desk.out(fen, to, "2017-04-10")).status_code == 201
    sent = [
        (desk.first, 70_000, "personal"),
        (desk.first, 5_000, "personal"),
        (desk.second, 80_000, "unit"),
        (desk.treasury, 3_000, "personal"),
    ]
    moved = []
    for source, fen, nature in sent:
        more = {"kind": "pay", "from_account_id": source}
        answer = await desk.out(fen, payees[nature], "2017-05-10", **more)
        assert answer.status_code == 201, answer.text
        moved.append(answer.json()["movements"][0]["id"])
    await run_rules(funds_http, county, "2017-06-01", "R25", at=ISSUED)
    found = await told(funds_http, county)
    assert {name: (one["flags_n"], one["amount_fen"]) for name, one in found.items()} == {
        "一镇财政所": (2, 75_000),
        "县国库": (1, 3_000),
    }
    for name, movements in (("一镇财政所", moved[:2]), ("县国库", moved[3:])):
        flags = await listed(desk.clerk, found[name], limit=1)
        assert sorted(flag["subject_id"] for flag in flags) == sorted(movements)
        assert summed(flags) == (found[name]["flags_n"], found[name]["amount_fen"])


async def test_what_a_bank_paid_by_an_order_is_the_desks_that_gave_it(
    funds_http: httpx.AsyncClient, county: str
) -> None:
    chain = await Chain(funds_http, county).open()
    payee = await personal(funds_http, county, "personal")
    assert (await chain.split(300_000, chain.treasury["quota"], chain.department["quota"])).status_code == 201
    for source, fen in ((chain.department["quota"], 120_000), (chain.treasury["quota"], 4_000)):
        paid = await chain.result(await chain.issue(fen, source, payee))
        assert paid.status_code == 201, paid.text
    await chain.result(await chain.issue(9_000, chain.department["quota"]))
    assert (await run_rules(funds_http, county, "2017-06-01", "R25", at=ISSUED))["new_n"] == 2
    found = await told(funds_http, county)
    assert {name: (one["flags_n"], one["amount_fen"]) for name, one in found.items()} == {
        "县农业局": (1, 120_000),
        "县财政局": (1, 4_000),
    }
    for one in found.values():
        assert summed(await listed(chain.clerk, one)) == (1, one["amount_fen"])


async def test_of_an_order_the_unit_is_warned_whose_quota_it_draws(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool
) -> None:
    """No rule asks about orders today: the flags are written behind the service's back, the orders are real."""
    chain = await Chain(funds_http, county).open()
    assert (await chain.split(300_000, chain.treasury["quota"], chain.department["quota"])).status_code == 201
    mine = await chain.issue(50_000, chain.department["quota"])
    other = await chain.issue(20_000, chain.treasury["quota"])
    run = uuid4()
    for subject, mark, fen in ((mine["id"], "a", 50_000), (mine["id"], "b", 60_000), (str(uuid4()), "a", 1_000)):
        await admin.execute(
            "INSERT INTO funds.flag (county_code, id, region_code, rule_code, rule_version, limit_days, as_of,"
            " amount_fen, days, facts, explanation, subject, subject_id, mark, run_id)"
            " VALUES ($1, $2, $1, 'R99', 1, 0, DATE '2017-06-01', $3, 7, '{}', '请核实', 'order', $4, $5, $6)",
            *(county, uuid4(), fen, subject, mark, run),
        )
    named = await admin.fetchval("SELECT id FROM funds.flag WHERE county_code = $1 AND mark = 'b'", county)
    for item, fen in ((f"order:{mine['id']}", 50_000), (f"order:{other['id']}", 10_000)):
        await admin.execute("INSERT INTO funds.flag_money VALUES ($1, $2, $3, $1, $4)", county, named, item, fen)
    async with database(funds_http).reading(county) as tx:
        found = await bundles(tx, county, run, "R99")
    assert {(one.name, one.flags_n, one.amount_fen, one.days) for one in found} == {
        ("县农业局", 2, 50_000, 7),
        ("县财政局", 1, 10_000, 7),
    }
