"""Chapter 3: Yunxi in 2017. Money arrives, is handed down by documents, split, given back; the register comes in."""

from __future__ import annotations

import math
from typing import Any

from demo.county import (
    BUILDER,
    BUILDER_PAID,
    COUNTY,
    DIANZI,
    DIANZI_RETURNS,
    FIRST_DOCUMENT,
    FIRST_FUND,
    GRANT_FEN,
    GUANYIN,
    GUANYIN_SPLITS,
    LATER_HANDED_DOWN,
    NOTICES,
    PAID_SHARE,
    STORY_TOWNSHIPS,
    TREASURY,
    TUMEN,
    TUMEN_SPLITS,
    WAN,
)
from demo.people import as_csv, of_place
from demo.screen import in_wan
from demo.story import Story
from treasury.money import wan

TITLE = "郧西县 2017 年：资金到县、分解下达、建档立卡户入库"


def tell(story: Story) -> None:
    _receive(story)
    _hand_down(story)
    _import_households(story)


def _receive(story: Story) -> None:
    for notice in NOTICES:
        answer = story.clerk.post("/funds/v1/notices", notice.request(story.accounts[COUNTY]))
        story.county_tranches[notice.document] = answer["tranches"]
        story.same(f"{notice.document} 收到", answer["received_fen"], sum(one for _, one in notice.lines) * WAN)
    total = sum(tranche["amount_fen"] for tranches in story.county_tranches.values() for tranche in tranches)
    story.screen.table(
        "县财政收到的资金（虚构文件，演示用）",
        ("文号", "收文日期", "用途", "金额（万元）"),
        [
            (notice.document, notice.received_on, tranche["purpose"], wan(tranche["amount_fen"]))
            for notice in NOTICES
            for tranche in story.county_tranches[notice.document]
        ],
        right=(3,),
    )
    balance = story.clerk.get(f"/funds/v1/accounts/{story.accounts[COUNTY]}", as_of=NOTICES[-1].received_on.isoformat())
    story.same("县财政余额", (balance["balance_fen"], balance["unexplained_fen"]), (total, 0))
    story.must(balance["lots_fen"] == total, f"县财政账户 {in_wan(total)}，等于 6 笔资金批次之和，未解释 0 分")


def first_share_wan(story: Story, township: str) -> int:
    """What a township gets of 产业到户奖补 in 万元: planned for the story's townships, else what its roster needs."""
    if township in STORY_TOWNSHIPS:
        return STORY_TOWNSHIPS[township]
    return math.ceil(paid_n(story, township) * GRANT_FEN / WAN)


def paid_n(story: Story, township: str) -> int:
    """How many households of a township outside the story are on its roster."""
    return int(len(of_place(story.people, township)) * PAID_SHARE)


def _hand_down(story: Story) -> None:
    orders: list[dict[str, Any]] = []
    document, on = FIRST_DOCUMENT
    shares = {township: first_share_wan(story, township) for township in story.townships}
    orders.append(_order(story, "hand_down", document, on, FIRST_FUND, COUNTY, shares))
    orders.extend(
        _order(story, "hand_down", one.document, one.on, one.fund, one.giver, one.takers) for one in LATER_HANDED_DOWN
    )
    for township, (document, on, count, each) in ((TUMEN, TUMEN_SPLITS), (GUANYIN, GUANYIN_SPLITS)):
        villages = dict.fromkeys(story.villages_of(township)[:count], each)
        orders.append(_order(story, "hand_down", document, on, FIRST_FUND, township, villages))
    document, on, each = BUILDER_PAID
    orders.extend(
        _order(story, "pay", document, on, FIRST_FUND, village, {BUILDER: each})
        for village in story.villages_of(GUANYIN)[: GUANYIN_SPLITS[2]]
    )
    moved = 0
    rows: list[tuple[str, ...]] = []
    orders.sort(key=lambda order: str(order["effective_on"]))
    for order in story.screen.steps("分解下达与支付", orders):
        answer = story.clerk.post("/funds/v1/movements", order)
        story.same(f"{order['document']} 未解释金额", answer["unexplained_fen"], 0)
        story.same(f"{order['document']} 合计", answer["total_fen"], sum(line["amount_fen"] for line in order["lines"]))
        moved += len(answer["movements"])
        rows.append(
            (
                order["effective_on"],
                order["document"],
                "支付" if order["kind"] == "pay" else "下达",
                _holder(story, order["from_account_id"]),
                _takers(story, order),
                wan(answer["total_fen"]),
            )
        )
    rows.append(_give_back(story))
    columns = ("业务日期", "依据文件", "业务", "转出", "转入", "金额（万元）")
    story.screen.table("资金流转", columns, rows, right=(5,))
    story.must(
        moved > len(story.townships), f"{len(orders)} 份文件、{moved} 笔流转，每份文件的总额等于各笔之和，未解释 0 分"
    )


def _order(
    story: Story, kind: str, document: str, on: Any, fund: str, giver: str, takers: dict[str, int]
) -> dict[str, Any]:
    """A movement order; `takers` names accounts by place or unit, in 万元."""
    return {
        "kind": kind,
        "document": document,
        "effective_on": on.isoformat(),
        "from_account_id": story.accounts[giver],
        "fund_code": fund,
        "lines": [
            {"to_account_id": story.accounts[taker], "amount_fen": amount * WAN} for taker, amount in takers.items()
        ],
    }


def _holder(story: Story, account: str) -> str:
    key = next(key for key, value in story.accounts.items() if value == account)
    return TREASURY if key == COUNTY else story.place.get(key, key)


def _takers(story: Story, order: dict[str, Any]) -> str:
    names = [_holder(story, line["to_account_id"]) for line in order["lines"]]
    return names[0] if len(names) == 1 else f"{names[0]}等 {len(names)} 个"


def _give_back(story: Story) -> tuple[str, ...]:
    """店子镇 gives part of its money back; it returns to the treasury it came from."""
    document, on, amount = DIANZI_RETURNS
    body = {
        "kind": "return",
        "document": document,
        "effective_on": on.isoformat(),
        "account_id": story.accounts[DIANZI],
        "fund_code": FIRST_FUND,
        "amount_fen": amount * WAN,
    }
    answer = story.who("dianzi").post("/funds/v1/movements", body)
    back = {movement["to_account_id"] for movement in answer["movements"]}
    story.same("退回的去处", back, {story.accounts[COUNTY]})
    return on.isoformat(), document, "退回", story.place[DIANZI], TREASURY, wan(answer["total_fen"])


def _import_households(story: Story) -> None:
    content = as_csv(story.people)
    with story.screen.waiting("导入建档立卡户"):
        answer = story.clerk.send_file(
            "POST", "/funds/v1/households/imports", "郧西县建档立卡户.csv", content, "text/csv"
        )
    story.same("登记户数", answer["registered_n"], story.people.height)
    first = story.clerk.get("/funds/v1/households", limit=1)["items"][0]
    story.must(
        "*" in str(first),
        f"导入 {answer['registered_n']:,} 户（生成的虚构人口，身份证号以 99 开头），身份信息加密存放，查询只见掩码",
    )
