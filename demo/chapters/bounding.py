"""Chapter 8: a township gets nothing of its neighbour's, a bank's loan counts once, and bad input does no harm."""

from __future__ import annotations

from typing import Any, Final
from uuid import uuid4

import httpx

from demo import bank
from demo.client import Caller, Unexpected, said
from demo.county import CHENGGUAN, COUNTY, FIRST_FUND, GRANT_FEN, LOOKED_ON, ROSTERS_PAID_ON, TUMEN
from demo.people import of_place
from demo.screen import in_wan
from demo.story import Story
from deploy.onebox.logins import BANK

TITLE = "边界：看不到邻镇的钱，银行重发只算一次，错误输入不留痕"
LOAN_FEN: Final = 5_000_000  # 5 万元, the limit of 银监发〔2017〕42号
SEEN_ON: Final = "2017-12-31"


def tell(story: Story) -> None:
    _neighbour(story)
    _bank(story)
    _bad_input(story)


def _neighbour(story: Story) -> None:
    """土门镇 asks for 城关镇's account, batch, payment, lots and payments, and for its own."""
    tumen, day = story.who("tumen"), LOOKED_ON.isoformat()
    account = story.accounts[CHENGGUAN]
    batch = story.batches[f"{CHENGGUAN}/{ROSTERS_PAID_ON.isoformat()}"]
    line = min(batch.file.good)
    asked: list[tuple[str, str, dict[str, str]]] = [
        ("邻镇账户余额", f"/funds/v1/accounts/{account}", {"as_of": day}),
        ("邻镇发放批次", f"/funds/v1/payment-batches/{batch.id}", {}),
        ("邻镇一户的追溯", f"/funds/v1/payments/{batch.id}-{line}/trace", {"as_of": SEEN_ON}),
        ("邻镇资金批次", "/funds/v1/lots", {"account": account, "as_of": day}),
        ("监督预警", "/audit/v1/alerts", {}),
    ]
    rows = []
    for what, path, params in asked:
        answer = tumen.ask("GET", path, params=params)
        got = answer.json()
        empty = answer.is_success and got["items"] == []
        story.same(f"土门镇查询{what}", empty or answer.status_code in {403, 404}, expected=True)
        rows.append((what, answer.status_code, got["empty_because"] if empty else got["detail"]))
    story.screen.table("土门镇经办查询城关镇", ("查询", "状态", "答复"), rows, right=(1,))
    own = tumen.get(f"/funds/v1/accounts/{story.accounts[TUMEN]}", as_of=day)
    spends = {
        "kind": "hand_down",
        "document": "越权测试",
        "effective_on": day,
        "from_account_id": account,
        "fund_code": FIRST_FUND,
        "lines": [{"to_account_id": story.accounts[TUMEN], "amount_fen": GRANT_FEN}],
    }
    story.same("动用邻镇资金", tumen.ask("POST", "/funds/v1/movements", json=spends).status_code, 404)
    story.must(
        own["unexplained_fen"] == 0, f"土门镇看得到自己的 {in_wan(own['balance_fen'])}，看不到也动不了邻镇的一分钱"
    )


def _bank(story: Story) -> None:
    lender = _registered_bank(story)
    borrower = of_place(story.people, CHENGGUAN)[5]
    body = {
        "bank_ref": "YXNS-2017-000001",
        "county_code": COUNTY,
        "borrower_id_number": borrower.id_number,
        "principal_fen": LOAN_FEN,
        "rate_ppm": 43_500,
        "disbursed_on": "2017-08-15",
        "due_on": "2020-08-15",
        "use": "养殖",
    }
    path, key = "/funds/v1/loans/disbursements", f"loan-{uuid4().hex}"
    first = lender.post(path, body, key=key)
    second = lender.ask("POST", path, json=body, key=key)
    story.same("重发的答复", (second.status_code, second.json()), (201, first))
    third = lender.ask("POST", path, json=body)
    story.same("换键重发的答复", (third.status_code, third.json()["id"]), (200, first["id"]))
    other = lender.ask("POST", path, json={**body, "principal_fen": LOAN_FEN - 1}, key=key)
    story.same("同一键不同内容", other.status_code, 422)
    loans = list(lender.every("/funds/v1/loans", county=COUNTY))
    story.same("贷款笔数", len(loans), 1)
    story.same("贷款答复里没有身份证号", borrower.id_number in str(loans), expected=False)
    story.must(
        sum(loan["principal_fen"] for loan in loans) == LOAN_FEN,
        f"银行同一笔 {in_wan(LOAN_FEN)} 放款报送三次（两次同键、一次换键），只记一笔；同一键改了金额被拒绝",
    )


def _registered_bank(story: Story) -> Caller:
    secret = bank.enter(story.who("xitong"), story.who("anquan"))
    caller = Caller.system(story.http, BANK.username, secret, BANK.name)
    story.introduce(BANK.username, caller)
    return caller


def _bad_input(story: Story) -> None:
    """Bad input comes back as a problem with a stable type; the books stay as they were."""
    day = LOOKED_ON.isoformat()
    account = f"/funds/v1/accounts/{story.accounts[COUNTY]}"
    before = story.clerk.get(account, as_of=day)
    order: dict[str, Any] = {
        "kind": "hand_down",
        "document": "错误输入测试",
        "effective_on": day,
        "from_account_id": story.accounts[COUNTY],
        "fund_code": FIRST_FUND,
        "lines": [{"to_account_id": story.accounts[TUMEN], "amount_fen": before["balance_fen"] * 10}],
    }
    cases: list[tuple[str, dict[str, Any]]] = [
        ("金额超过余额", order),
        ("金额写成小数", {**order, "lines": [{"to_account_id": story.accounts[TUMEN], "amount_fen": 1.5}]}),
        ("多出不认识的字段", {**order, "备注": "x"}),
        ("日期早于到账", {**order, "effective_on": "2017-01-05", "lines": [{**order["lines"][0], "amount_fen": 1}]}),
    ]
    rows = []
    for what, body in cases:
        answer = story.clerk.ask("POST", "/funds/v1/movements", json=body)
        _must_be_problem(answer)
        rows.append((what, answer.status_code, answer.json()["type"], answer.json()["detail"]))
    story.screen.table("错误输入", ("情形", "状态", "类型", "说明"), rows, right=(1,))
    after = story.clerk.get(account, as_of=day)
    story.must(
        after == before, f"{len(cases)} 次错误输入都得到明确的说明，账户前后一致：{in_wan(after['balance_fen'])}"
    )


def _must_be_problem(answer: httpx.Response) -> None:
    kind = answer.headers["content-type"]
    if answer.is_success or answer.is_server_error or not kind.startswith("application/problem+json"):
        raise Unexpected(said(answer))
