"""Chapter 11: quota split and never split, orders that a bank pays or brings back, a household's money paid again."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from demo.chapters.bookkeeping import BUREAU
from demo.chapters.paying import OVER_CAP_FEN, approve, upload
from demo.county import BUILDER, CHENGGUAN, COUNTY, GRANT_FEN, ROSTERS_PAID_ON, SHANGJIN, WAN, CountyNotice
from demo.library import Project, handed_down, received
from demo.rosters import as_csv, lines_of
from demo.screen import in_wan, in_yuan
from demo.story import Story
from deploy.onebox.logins import BANK
from treasury.money import wan, yuan

TITLE = "指标链：分解、支付令、银行回单与退汇重发，直到每一户"
FUND: Final = "sjfp"
NOTICE: Final = CountyNotice(
    "鄂财农发〔2018〕9号",
    "湖北省财政厅（演示）",
    "2018年通村公路指标（演示）",
    FUND,
    date(2018, 3, 15),
    (("通村公路", 200),),
)
DESKS: Final = {"treasury": "郧西县财政局预算股（指标）", "department": f"{BUREAU}指标"}
STATES: Final = {"issued": "已签发", "returned": "退汇", "paid": "已付款"}
ORDERS: Final = "/funds/v1/treasury-orders"
CONTRACT_FEN: Final = 78 * WAN
SEEN_ON: Final = "2018-12-31"


def tell(story: Story) -> None:
    project = _split(story)
    _order(story, project)
    _quota(story, project)
    _paid_again(story)
    _tree(story, project)
    _households(story)


def _open(story: Story, name: str, kind: str, book: str) -> str:
    body = {"region_code": COUNTY, "name": name, "kind": kind, "accounts": [{"name": name, "book": book}]}
    account: str = story.clerk.post("/funds/v1/units", body)["accounts"][0]["id"]
    story.accounts[name] = account
    return account


def _split(story: Story) -> Project:
    """200 万元 of quota: 120 to the bureau, 80 of these to a project that is being built, the rest rests."""
    desks = [_open(story, name, kind, "quota") for kind, name in DESKS.items()]
    _open(story, BANK.unit or BANK.name, "bank", "cash")  # of the name of its grant: it sees the orders addressed to it
    village = story.villages_of(SHANGJIN)[0]
    target = ("硬化里程", "公里", "3")
    project = Project(story, "YX2018-003", "通村公路", "infrastructure", village, "shangjin", {FUND: 80}, target)
    project.declare("上镇申〔2018〕1号", "2018-01-08")
    for stage, on in (
        ("reviewed", "2018-01-12"),
        ("published", "2018-01-15"),
        ("admitted", "2018-02-01"),
        ("planned", "2018-03-20"),
        ("tendering", "2018-03-25"),
        ("building", "2018-04-10"),
    ):
        project.step(stage, f"通村公路-{stage}", on)
    lot = received(story, NOTICE.request(desks[0]), desks[0])
    lot = handed_down(story, lot, desks[1], 120 * WAN, "西财预〔2018〕5号", "2018-03-22")
    handed_down(story, lot, project.quota, 80 * WAN, "西交指〔2018〕2号", "2018-04-12")
    project.sign(CONTRACT_FEN)
    project.progress(50, "2018-06-01")
    return project


def _request(story: Story, project: Project, number: int, fen: int, on: str, **more: Any) -> dict[str, Any]:
    return {
        "order_number": f"西支〔2018〕{number}号",
        "basis": "direct",
        "from_account_id": project.quota,
        "bank_account_id": story.accounts[BANK.unit or BANK.name],
        "payee_account_id": story.accounts[BUILDER],
        "payee_bank": "402521000017",
        "fund_code": FUND,
        "use": "infrastructure",
        "amount_fen": fen,
        "effective_on": on,
        "document": f"支付申请〔2018〕{number}号",
        **more,
    }


def _order(story: Story, project: Project) -> None:
    """Not beyond progress; the bank brings the order back, it is issued again out of the same lots and paid once."""
    refused = story.clerk.ask("POST", ORDERS, json=_request(story, project, 1, 50 * WAN, "2018-06-05")).json()
    story.same("超过进度的支付令", refused["type"], "/problems/over-progress")
    due = refused["figures"]["due_fen"]
    first = story.clerk.post(ORDERS, _request(story, project, 2, due, "2018-06-05"))
    bank = story.who(BANK.username)
    story.same("银行看到的支付令", [one["id"] for one in bank.every(ORDERS, as_of="2018-06-05")], [first["id"]])
    bounced = {"result": "returned", "bank_serial": "YXNS-TH-0001", "reason_code": "AC03", "effective_on": "2018-06-07"}
    bank.post(f"{ORDERS}/{first['id']}/result", bounced)
    again = _request(story, project, 3, due, "2018-06-11", reissues_order_id=first["id"])
    second = story.clerk.post(ORDERS, again)
    days = ("2018-06-06", "2018-06-10", "2018-06-11")
    sent, back, left = (_quota_lots(story, project, on) for on in days)
    restored = {lot: fen for lot, fen in back.items() if lot not in sent}
    story.same("重新签发所用的批次", {lot: fen for lot, fen in back.items() if lot not in left}, restored)
    story.same("退汇恢复的批次", sum(restored.values()), due)
    paid = {"result": "paid", "bank_serial": "YXNS-ZF-0002", "effective_on": "2018-06-12"}
    settled = bank.post(f"{ORDERS}/{second['id']}/result", paid)
    repeated = bank.ask("POST", f"{ORDERS}/{second['id']}/result", json=paid)
    story.same("重发的回单", (repeated.status_code, repeated.json()["result"]), (200, settled["result"]))
    shown = list(story.clerk.every(ORDERS, as_of=SEEN_ON))
    story.screen.table(
        "支付令与银行回单",
        ("支付令", "签发", "金额（万元）", "状态", "银行流水", "回单日期"),
        [
            (
                one["order_number"],
                one["effective_on"],
                wan(one["amount_fen"]),
                STATES[one["state"]],
                one["result"]["bank_serial"],
                one["result"]["effective_on"],
            )
            for one in shown
        ],
        right=(2,),
    )
    money = project.shown(SEEN_ON)["money"]
    story.must(
        (money["paid_fen"], money["in_transit_fen"]) == (due, 0),
        f"支付令 {in_wan(50 * WAN)} 超过进度被拒绝（应付 {in_wan(due)}）；{in_wan(due)} 退汇后重新签发，"
        "用的正是退汇恢复的那几批指标；回单报送两次只付一次",
    )


def _quota_lots(story: Story, project: Project, on: str) -> dict[str, int]:
    """What the project's quota still has of each lot on a day."""
    lots = story.clerk.every("/funds/v1/lots", account=project.quota, as_of=on)
    return {lot["id"]: lot["remaining_fen"] for lot in lots}


def _quota(story: Story, project: Project) -> None:
    page = story.clerk.get("/funds/v1/quota", as_of=SEEN_ON)
    names = ("received_fen", "handed_in_fen", "split_fen", "ordered_fen", "returned_in_fen", "resting_fen", "paid_fen")
    every = [*page["items"], page["total"]]
    story.screen.table(
        "指标链（万元）",
        ("单位", "上级下达", "分解收到", "分解下达", "签发支付令", "退汇恢复", "停留", "银行已付"),
        [(one["unit_name"] or "合计", *(wan(one[name]) for name in names)) for one in every],
        right=range(1, 8),
    )
    story.same("指标链未解释", {(one["unexplained_fen"], one["orders_unexplained_fen"]) for one in every}, {(0, 0)})
    total = page["total"]
    rests = {one["unit_name"]: one["resting_fen"] for one in page["items"]}
    own = next(one["resting_fen"] for one in page["items"] if one["ordered_fen"])
    story.must(
        total["received_fen"] == total["paid_fen"] + total["resting_fen"],
        f"指标 {in_wan(total['received_fen'])} = 已付 {wan(total['paid_fen'])} + 停留 {wan(total['resting_fen'])}："
        f"预算股未分解 {wan(rests[DESKS['treasury']])}、交通局未分解 {wan(rests[DESKS['department']])}、"
        f"{project.name}未支付 {wan(own)} 万元，各在各的账上",
    )


def _paid_again(story: Story) -> None:
    """A card is closed: the bank reports the row, its fen go back to their lots, and the next roster draws them."""
    batch = story.batches[f"{CHENGGUAN}/{ROSTERS_PAID_ON.isoformat()}"]
    line = max(batch.file.good)
    back = {"document": "YXNS-TK-0001", "effective_on": "2018-05-08", "reason": "account_closed"}
    returned = story.who(BANK.username).post(f"/funds/v1/payments/{batch.id}-{line}/returns", back)
    story.same("退汇金额", (returned["amount_fen"], returned["unexplained_fen"]), (GRANT_FEN, 0))
    rows = lines_of([batch.file.good[line]], GRANT_FEN, mistakes=0, over_cap_fen=OVER_CAP_FEN)
    file = as_csv("城关镇退汇重发.csv", rows, story.place, encoding="utf-8")
    again = upload(story, story.who("chengguan"), CHENGGUAN, file, "2018-05-21", "城财〔2018〕3号 退汇重发")
    paid = approve(story, story.who("chengguan-fuhe"), again)
    drawn = {span["from_lot_id"]: span["amount_fen"] for span in paid["spans"]}
    story.same("重发所用的批次", drawn, {one["lot_id"]: one["amount_fen"] for one in returned["lots"]})
    [state] = story.clerk.get("/funds/v1/payment-returns", batch=batch.id, as_of=SEEN_ON)["items"]
    story.must(
        state["status"] == "reissued",
        f"一户账户销户，{in_yuan(returned['amount_fen'])} 退汇，回到原来的资金批次；等候 {state['waits_days']} 天后"
        "由新名册重发，用的正是退回的那几批，只此一次",
    )


def _tree(story: Story, project: Project) -> None:
    root = story.inspector.get("/funds/v1/tree", as_of=SEEN_ON, depth=2)["root"]
    town = next(one for one in root["children"] if one["region_code"] == SHANGJIN)
    village = next(one for one in town["children"] if one["region_code"] == project.village)
    columns = ("received_fen", "passed_on_fen", "spent_fen", "resting_fen")
    story.screen.table(
        "资金树：签发支付令的项目所在（万元）",
        ("区划", "收到", "拨下", "支出", "结存"),
        [(one["name"], *(wan(one[name]) for name in columns)) for one in (root, town, village)],
        right=(1, 2, 3, 4),
    )
    every = [root, *root["children"], *town["children"]]
    story.same("资金树未解释", {one["unexplained_fen"] for one in every}, {0})
    money = project.shown(SEEN_ON)["money"]
    story.must(
        (village["spent_fen"], village["resting_fen"]) == (money["paid_fen"], money["resting_fen"]),
        f"银行付出的 {in_wan(village['spent_fen'])} 算签发支付令的{village['name']}支出；"
        f"全县支出 {wan(root['spent_fen'])}、结存 {wan(root['resting_fen'])}，各级未解释 0 分",
    )


def _households(story: Story) -> None:
    path, asked = "/funds/v1/tree/households", {"region": CHENGGUAN, "as_of": SEEN_ON}
    page = story.inspector.get(path, limit=1, **asked)
    homes = list(story.inspector.every(path, **asked))
    sums = tuple(sum(one[name] for one in homes) for name in ("received_fen", "returned_fen", "spent_fen"))
    story.same("各户之和", sums, (page["received_fen"], page["returned_fen"], page["spent_fen"]))
    story.same("农户未解释", page["unexplained_fen"], 0)
    twice = max(homes, key=lambda one: int(one["payments_n"]))
    story.must(
        len(homes) == page["households_n"],
        f"城关镇打开到户：{len(homes):,} 户收到 {yuan(sums[0])} 元、退回 {yuan(sums[1])} 元、净额 {yuan(sums[2])} 元，"
        f"逐户相加等于资金树；{twice['payee']} 发放 {twice['payments_n']} 次，净得 {in_yuan(twice['spent_fen'])}",
    )
