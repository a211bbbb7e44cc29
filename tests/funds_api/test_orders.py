"""Treasury orders on the real database: the one way from quota to cash, paid once or back where it came from."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.callers import Caller, funds_caller
from tests.factories import fund, notice_request
from tests.funds_api.test_movements import conserved

ORDERS = "/funds/v1/treasury-orders"
BANK = "县农村商业银行"


async def opened(http: httpx.AsyncClient, region: str, kind: str, name: str, *books: str) -> dict[str, str]:
    """A unit of `kind` with one account per book; the accounts' ids by book."""
    clerk = funds_caller(http, "finance_clerk", region[:6])
    unit = {
        "region_code": region,
        "name": name,
        "kind": kind,
        "accounts": [{"name": f"{book}账", "book": book} for book in books],
    }
    answer = await clerk.post("/funds/v1/units", unit)
    assert answer.status_code == 201, answer.text
    return {account["book"]: account["id"] for account in answer.json()["accounts"]}


class Chain:
    """A county whose quota of 1,000,000 fen came in two notices: treasury, department, township, bank, payees."""

    def __init__(self, http: httpx.AsyncClient, county: str) -> None:
        self.http, self.county = http, county
        self.clerk = funds_caller(http, "finance_clerk", county)
        self.bank_client = funds_caller(http, "bank", county, unit=BANK, client_id="rcb", subject="rcb")

    async def open(self, use: str = "infrastructure") -> Chain:
        http, county = self.http, self.county
        self.use, self.fund = use, await fund(http, f"F-{uuid4().hex[:10]}")
        self.treasury = await opened(http, county, "treasury", "县财政局", "quota", "cash")
        self.department = await opened(http, county, "department", "县农业局", "quota", "cash")
        self.project = await opened(http, county, "department", "通村路项目", "quota", "cash")
        self.township = await opened(http, county + "101", "township_office", "一镇财政所", "quota", "cash")
        self.village = await opened(http, county + "101201", "village_collective", "村集体", "cash")
        self.bank = await opened(http, county, "bank", BANK, "cash")
        self.contractor = await opened(http, county, "contractor", "施工单位", "cash")
        for fen, day in ((400_000, "2017-03-01"), (600_000, "2017-04-01")):
            notice = await notice_request(
                http, county, self.treasury["quota"], amounts=[fen], received_on=day, fund_code=self.fund
            )
            assert (await self.clerk.post("/funds/v1/notices", notice)).status_code == 201
        return self

    async def split(self, fen: int, source: str, target: str, on: str = "2017-04-10", **more: Any) -> httpx.Response:
        """分解下达 by a document of its own."""
        order = {
            "kind": "hand_down",
            "document": f"县财指〔2017〕{uuid4().hex[:8]}号",
            "effective_on": on,
            "fund_code": self.fund,
            "from_account_id": source,
            "lines": [{"to_account_id": target, "amount_fen": fen}],
            **more,
        }
        return await self.clerk.post("/funds/v1/movements", order)

    def order(self, fen: int, source: str = "", payee: str = "", **changes: Any) -> dict[str, Any]:
        return {
            "order_number": f"支{uuid4().hex[:10]}",
            "basis": "direct",
            "from_account_id": source or self.treasury["quota"],
            "bank_account_id": self.bank["cash"],
            "payee_account_id": payee or self.contractor["cash"],
            "payee_bank": "402521000017",
            "fund_code": self.fund,
            "use": self.use,
            "amount_fen": fen,
            "effective_on": "2017-05-02",
            "document": "支付申请〔2017〕1号",
            **changes,
        }

    async def issue(self, fen: int, source: str = "", payee: str = "", **changes: Any) -> dict[str, Any]:
        answer = await self.clerk.post(ORDERS, self.order(fen, source, payee, **changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def result(
        self, order: dict[str, Any], result: str = "paid", by: Caller | None = None, **changes: Any
    ) -> httpx.Response:
        report = {"result": result, "bank_serial": f"RCB{uuid4().hex[:12]}", "effective_on": "2017-05-03", **changes}
        if result == "returned":
            report.setdefault("reason_code", "AC03")
        return await (by or self.bank_client).post(f"{ORDERS}/{order['id']}/result", report)

    async def balance(self, account: str, on: str = "2017-12-31") -> int:
        answer = (await self.clerk.get(f"/funds/v1/accounts/{account}", params={"as_of": on})).json()
        assert answer["unexplained_fen"] == 0
        return int(answer["balance_fen"])

    async def quota(self, on: str = "2017-12-31", by: Caller | None = None) -> dict[str, dict[str, Any]]:
        """The chain by desk, with the total under ""; every proof holds."""
        answer = await (by or self.clerk).get("/funds/v1/quota", params={"as_of": on})
        assert answer.status_code == 200, answer.text
        desks = {one["unit_name"]: one for one in answer.json()["items"]} | {"": answer.json()["total"]}
        assert {(one["unexplained_fen"], one["orders_unexplained_fen"]) for one in desks.values()} == {(0, 0)}
        return desks


@pytest.fixture
async def chain(funds_http: httpx.AsyncClient, county: str) -> Chain:
    return await Chain(funds_http, county).open()


def refused(answer: httpx.Response, slug: str, status: int = 409) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}"), answer.text
    return dict(answer.json()["figures"])


async def test_quota_is_split_ordered_and_paid_as_one_chain(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    treasury, department, project = (one["quota"] for one in (chain.treasury, chain.department, chain.project))
    assert (await chain.split(700_000, treasury, department)).status_code == 201
    assert (await chain.split(500_000, department, project, "2017-04-20")).status_code == 201
    await conserved(admin, county)
    order = await chain.issue(300_000, project)
    await conserved(admin, county)
    assert order["state"] == "issued"
    assert await chain.balance(chain.bank["cash"]) == 300_000

    desks = await chain.quota()
    assert (desks["县财政局"]["received_fen"], desks["县财政局"]["resting_fen"]) == (1_000_000, 300_000)
    assert (desks["县农业局"]["split_fen"], desks["县农业局"]["resting_fen"]) == (500_000, 200_000)
    assert (desks["通村路项目"]["ordered_fen"], desks["通村路项目"]["in_transit_fen"]) == (300_000, 300_000)

    paid = await chain.result(order)
    assert paid.status_code == 201, paid.text
    await conserved(admin, county)
    assert (paid.json()["state"], paid.json()["result"]["effective_on"]) == ("paid", "2017-05-03")
    assert await chain.balance(chain.contractor["cash"]) == 300_000
    assert await chain.balance(chain.bank["cash"]) == 0
    desks = await chain.quota()
    assert (desks["通村路项目"]["paid_fen"], desks["通村路项目"]["in_transit_fen"]) == (300_000, 0)
    assert desks[""]["resting_fen"] == 700_000


async def test_the_chain_of_a_fund_nobody_listed_is_not_told_as_nothing(chain: Chain) -> None:
    answer = await chain.clerk.get("/funds/v1/quota", params={"fund": "NO-SUCH-FUND"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "没有找到资金 NO-SUCH-FUND")
    assert (await chain.clerk.get("/funds/v1/quota", params={"fund": chain.fund})).status_code == 200


async def test_the_chain_is_told_as_it_stood_on_any_day(chain: Chain) -> None:
    treasury, project = chain.treasury["quota"], chain.project["quota"]
    await chain.split(700_000, treasury, project)
    order = await chain.issue(300_000, project)
    await chain.result(order, effective_on="2017-06-15")
    told = {}
    for day in ("2017-03-31", "2017-04-09", "2017-04-10", "2017-05-01", "2017-05-02", "2017-06-14", "2017-06-15"):
        total = (await chain.quota(day))[""]
        told[day] = tuple(total[name] for name in ("received_fen", "resting_fen", "in_transit_fen", "paid_fen"))
    assert told == {
        "2017-03-31": (400_000, 400_000, 0, 0),
        "2017-04-09": (1_000_000, 1_000_000, 0, 0),
        "2017-04-10": (1_000_000, 1_000_000, 0, 0),
        "2017-05-01": (1_000_000, 1_000_000, 0, 0),
        "2017-05-02": (1_000_000, 700_000, 300_000, 0),
        "2017-06-14": (1_000_000, 700_000, 300_000, 0),
        "2017-06-15": (1_000_000, 700_000, 0, 300_000),
    }
    seen = (await chain.clerk.get(f"{ORDERS}/{order['id']}", params={"as_of": "2017-06-14"})).json()
    assert (seen["state"], seen["result"]) == ("issued", None)


async def test_children_never_make_more_than_their_parent(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    treasury, department = chain.treasury["quota"], chain.department["quota"]
    await chain.split(700_000, treasury, department)
    figures = refused(await chain.split(300_001, treasury, department), "money-not-there")
    assert (figures["asked_fen"], figures["available_fen"]) == (300_001, 300_000)
    figures = refused(await chain.clerk.post(ORDERS, chain.order(700_001, department)), "money-not-there")
    assert figures["available_fen"] == 700_000
    await conserved(admin, county)


async def test_a_serial_acts_once_and_a_settled_order_takes_no_other_word(chain: Chain, county: str) -> None:
    order, other = await chain.issue(300_000), await chain.issue(200_000)
    key = uuid4().hex
    report = {"result": "paid", "bank_serial": "RCB-1", "effective_on": "2017-05-03"}
    path = f"{ORDERS}/{order['id']}/result"
    first = await chain.bank_client.post(path, report, key=key)
    replay = await chain.bank_client.post(path, report, key=key)
    assert (replay.status_code, replay.json()) == (201, first.json())
    again = await chain.bank_client.post(path, report)
    assert (again.status_code, again.json()) == (200, first.json())
    assert await chain.balance(chain.contractor["cash"]) == 300_000

    figures = refused(await chain.bank_client.post(path, {**report, "effective_on": "2017-05-04"}), "bank-serial-used")
    assert figures["order_id"] == order["id"]
    refused(await chain.bank_client.post(f"{ORDERS}/{other['id']}/result", report), "bank-serial-used")
    figures = refused(await chain.result(order, "returned"), "order-settled")
    assert (figures["amount_fen"], figures["state"], figures["bank_serial"]) == (300_000, "paid", "RCB-1")
    refused(await chain.result(other, effective_on="2017-05-01"), "movement-predates-arrival")
    assert await chain.balance(chain.bank["cash"]) == 200_000


async def test_only_the_right_accounts_make_an_order(chain: Chain) -> None:
    for wrong, slug in (
        (chain.order(1, chain.treasury["cash"]), "wrong-book"),
        (chain.order(1, bank_account_id=chain.department["cash"]), "wrong-account"),
        (chain.order(1, payee=chain.department["quota"]), "wrong-book"),
        (chain.order(1, payee=chain.bank["cash"]), "wrong-account"),
        (chain.order(1, chain.contractor["cash"]), "wrong-account"),
    ):
        refused(await chain.clerk.post(ORDERS, wrong), slug)
    cash = await chain.clerk.post(ORDERS, chain.order(1, chain.treasury["cash"]))
    assert cash.json()["detail"] == "支付令从指标账户支取，转出的却是资金账户"
    quota = await chain.clerk.post(ORDERS, chain.order(1, payee=chain.department["quota"]))
    assert quota.json()["detail"] == "支付令付入资金账户，在途账户或收款账户却是指标账户"
    refused(await chain.clerk.post(ORDERS, chain.order(1, use="no_such_use")), "not-found", 404)
    refused(await chain.clerk.post(ORDERS, chain.order(1, bank_account_id=str(uuid4()))), "not-found", 404)
    # The other ways from quota to cash are closed.
    crossed = await chain.split(1, chain.treasury["quota"], chain.department["cash"])
    refused(crossed, "wrong-book")
    assert crossed.json()["detail"] == "转出的是指标账，转入的是资金账，“下达拨付”不换账"
    refused(await chain.split(1, chain.treasury["quota"], chain.contractor["cash"], kind="pay"), "wrong-book")


async def test_an_order_number_counts_once_in_county_and_year(chain: Chain) -> None:
    order = chain.order(1_000, order_number="县支[2017]0001")
    key = uuid4().hex
    first = await chain.clerk.post(ORDERS, order, key=key)
    replay = await chain.clerk.post(ORDERS, order, key=key)
    assert (replay.status_code, replay.json()) == (201, first.json())
    again = chain.order(1_000, order_number="县支〔2017〕0001")
    used = refused(await chain.clerk.post(ORDERS, again), "order-number-used")
    assert used["fiscal_year"] == 2017
    assert used["effective_on"].startswith("2017-")
    assert used["amount_fen"] > 0
    next_year = {**again, "effective_on": "2018-01-04"}
    assert (await chain.clerk.post(ORDERS, next_year)).status_code == 201


async def test_who_may_and_who_sees(chain: Chain, funds_http: httpx.AsyncClient, county: str) -> None:
    await chain.split(400_000, chain.treasury["quota"], chain.township["quota"])
    township = funds_caller(funds_http, "township_clerk", county + "101")
    own = await township.post(
        ORDERS, chain.order(100_000, chain.township["quota"], chain.village["cash"], basis="authorised")
    )
    assert own.status_code == 201, own.text
    county_order = await chain.issue(50_000)
    neighbour = funds_caller(funds_http, "township_clerk", county + "102")
    for hidden in (own.json(), county_order):
        answer = await neighbour.get(f"{ORDERS}/{hidden['id']}")
        assert answer.status_code == 404
    assert (await neighbour.get(ORDERS)).json()["items"] == []
    assert (await neighbour.get(ORDERS)).json()["empty_because"]
    assert [one["id"] for one in (await township.get(ORDERS)).json()["items"]] == [own.json()["id"]]
    refused(await neighbour.post(ORDERS, chain.order(1, chain.township["quota"])), "not-found", 404)
    assert (await chain.quota(by=township))[""]["ordered_fen"] == 100_000
    assert set(await chain.quota(by=neighbour)) == {""}

    other_bank = funds_caller(funds_http, "bank", county, unit="邮储银行", client_id="psbc", subject="psbc")
    refused(await chain.result(county_order, by=other_bank), "not-found", 404)
    assert (await other_bank.get(ORDERS)).json()["items"] == []
    nobodys = funds_caller(funds_http, "bank", county, client_id="x", subject="x")
    refused(await chain.result(county_order, by=nobodys), "not-found", 404)
    assert len((await chain.bank_client.get(ORDERS)).json()["items"]) == 2
    refused(await chain.result(county_order, by=chain.clerk), "forbidden", 403)
    refused(await chain.bank_client.post(ORDERS, chain.order(1)), "forbidden", 403)
    assert (await chain.result(own.json())).status_code == 201
    assert (await township.get(f"{ORDERS}/{own.json()['id']}")).json()["state"] == "paid"


async def test_orders_are_listed_by_state_account_and_fund(chain: Chain) -> None:
    paid, waiting = await chain.issue(300_000), await chain.issue(200_000, payee=chain.village["cash"])
    await chain.result(paid)
    for query, expected in (
        ({"state": "paid"}, [paid]),
        ({"state": "issued"}, [waiting]),
        ({"account": chain.village["cash"]}, [waiting]),
        ({"fund": chain.fund}, [paid, waiting]),
        ({"fund": "OTHER"}, []),
        ({"as_of": "2017-05-01"}, []),
    ):
        answer = (await chain.clerk.get(ORDERS, params=query)).json()
        assert [one["id"] for one in answer["items"]] == [one["id"] for one in expected], query
    page = (await chain.clerk.get(ORDERS, params={"limit": 1})).json()
    rest = (await chain.clerk.get(ORDERS, params={"limit": 1, "after": page["next"]})).json()
    assert [page["items"][0]["id"], rest["items"][0]["id"]] == [paid["id"], waiting["id"]]


async def test_only_the_bank_moves_money_in_transit(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    order = await chain.issue(300_000)
    taken = await chain.split(1, chain.bank["cash"], chain.department["cash"], "2017-05-02")
    refused(taken, "wrong-account")
    assert (await chain.result(order)).status_code == 201
    await conserved(admin, county)


async def test_an_order_is_told_in_the_journal(chain: Chain, admin: asyncpg.Pool, county: str) -> None:
    order = await chain.issue(500_000)
    await chain.result(order, "returned")
    rows = await admin.fetch(
        "SELECT kind, body::jsonb->'movement'->>'kind' AS moved,"
        " jsonb_array_length(body::jsonb->'movement'->'draws') AS draws FROM funds.event"
        " WHERE stream = $1 AND kind LIKE 'TreasuryOrder%' ORDER BY position",
        county,
    )
    assert [tuple(row) for row in rows] == [
        ("TreasuryOrderIssued", "order", 2),
        ("TreasuryOrderSettled", "return", 2),
    ]


async def test_no_official_moves_what_is_in_transit(chain: Chain, urls: dict[str, str]) -> None:
    """Neither back nor on, nor anything into it: the bank still finds all of the order when it reports."""
    order = await chain.issue(100_000)
    bank, treasury = chain.bank["cash"], chain.treasury["cash"]
    back = {
        "document": "退",
        "effective_on": "2017-05-04",
        "account_id": bank,
        "amount_fen": 1,
        "fund_code": chain.fund,
    }
    for kind, more in (("return", {}), ("recover", {}), ("take_back", {"to_account_id": treasury})):
        answer = await chain.clerk.post("/funds/v1/movements", {"kind": kind, **back, **more})
        assert refused(answer, "wrong-account")["kind"] == "bank"
    cash = await notice_request(chain.http, chain.county, treasury, amounts=[500], fund_code=chain.fund)
    assert (await chain.clerk.post("/funds/v1/notices", cash)).status_code == 201
    assert refused(await chain.split(1, treasury, bank), "wrong-account")["kind"] == "bank"
    connection = await asyncpg.connect(urls["funds"])

    async def post(move: dict[str, Any]) -> None:
        async with connection.transaction():
            await connection.execute("SELECT set_config('app.region', $1, true)", chain.county)
            written = "SELECT funds.post_movements($1, $2, '[]', DATE '2017-05-04')"
            await connection.execute(written, chain.county, json.dumps([move]))

    try:
        for kind, source, target in (("take_back", bank, treasury), ("hand_down", treasury, bank)):
            told = {
                "id": str(uuid4()),
                "document": "x",
                "document_key": "x",
                "effective_on": "2017-05-04",
                "actor": "x",
            }
            ends = {"kind": kind, "from": source, "to": target, "amount_fen": 1, "drawn": "oldest"}
            with pytest.raises(asyncpg.PostgresError, match="do not fit"):
                await post({**told, **ends})
    finally:
        await connection.close()
    assert (await chain.result(order)).status_code == 201
