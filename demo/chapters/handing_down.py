"""Chapter 3: Yunxi in 2017. Money arrives, is handed down by documents, split, given back; the register comes in."""

from __future__ import annotations

from typing import Any

from demo.county import (
    BUILDER,
    BUILDER_PAID,
    COUNTY,
    DIANZI,
    DIANZI_RETURNS,
    FIRST_DOCUMENT,
    FIRST_FUND,
    GRANTS,
    GUANYIN,
    GUANYIN_SPLITS,
    HANDED_DOWN,
    NOTICES,
    STORY_TOWNSHIPS,
    TREASURY,
    TUMEN,
    TUMEN_SPLITS,
    WAN,
    WORKS,
    Handing,
)
from demo.people import as_csv
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


def handings(story: Story) -> list[Handing]:
    """Every hand-down and payment of the year, in the order of their days."""
    document, on = FIRST_DOCUMENT
    found = [Handing(document, on, GRANTS, COUNTY, STORY_TOWNSHIPS), *HANDED_DOWN]
    for township, tranche, (document, on, count, each) in (
        (TUMEN, GRANTS, TUMEN_SPLITS),
        (GUANYIN, WORKS, GUANYIN_SPLITS),
    ):
        villages = dict.fromkeys(story.villages_of(township)[:count], each)
        found.append(Handing(document, on, tranche, township, villages))
    document, on, each = BUILDER_PAID
    found += [
        Handing(document, on, WORKS, village, {BUILDER: each}, kind="pay")
        for village in story.villages_of(GUANYIN)[: GUANYIN_SPLITS[2]]
    ]
    return sorted(found, key=lambda one: one.on)


def _hand_down(story: Story) -> None:
    every = handings(story)
    moved = 0
    rows: list[tuple[str, ...]] = []
    for one in story.screen.steps("分解下达与支付", every):
        answer = story.clerk.post("/funds/v1/movements", _order(story, one))
        story.same(f"{one.document} 未解释金额", answer["unexplained_fen"], 0)
        story.same(f"{one.document} 合计", answer["total_fen"], sum(one.takers.values()) * WAN)
        moved += len(answer["movements"])
        takers = [_holder(story, taker) for taker in one.takers]
        rows.append(
            (
                one.on.isoformat(),
                one.document,
                "支付" if one.kind == "pay" else "下达",
                _holder(story, one.giver),
                takers[0] if len(takers) == 1 else f"{takers[0]}等 {len(takers)} 个",
                wan(answer["total_fen"]),
            )
        )
    rows.append(_give_back(story))
    columns = ("业务日期", "依据文件", "业务", "转出", "转入", "金额（万元）")
    story.screen.table("资金流转", columns, rows, right=(5,))
    story.must(moved > len(every), f"{len(every)} 份文件、{moved} 笔流转，每份文件的总额等于各笔之和，未解释 0 分")


def _order(story: Story, one: Handing) -> dict[str, Any]:
    """The movement order: each taker's share is drawn from the lots of the very tranche the document is about."""
    document, line = one.tranche
    tranche = story.county_tranches[document][line - 1]["id"]
    fund = next(notice.fund for notice in NOTICES if notice.document == document)
    giver = story.accounts[one.giver]
    held = [
        [lot["id"], lot["remaining_fen"]]
        for lot in story.clerk.every("/funds/v1/lots", account=giver, fund=fund, as_of=one.on.isoformat())
        if lot["tranche_id"] == tranche
    ]
    lines = []
    for taker, amount in one.takers.items():
        wanted, shares = amount * WAN, []
        for lot in held:
            taken = min(wanted, lot[1])
            if taken:
                shares.append({"lot_id": lot[0], "amount_fen": taken})
                lot[1] -= taken
                wanted -= taken
        lines.append({"to_account_id": story.accounts[taker], "amount_fen": amount * WAN, "lots": shares})
    return {
        "kind": one.kind,
        "document": one.document,
        "effective_on": one.on.isoformat(),
        "from_account_id": giver,
        "fund_code": fund,
        "lines": lines,
        "use": "infrastructure" if one.kind == "pay" else None,
    }


def _holder(story: Story, key: str) -> str:
    return TREASURY if key == COUNTY else story.place.get(key, key)


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
