"""Chapter 9: held fen, a retention, a late entry and what was known before it, year-end, and the county's tree."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from chassis import clock
from demo.county import BUILDER, CHENGGUAN, COUNTY, FIRST_FUND, WAN, CountyNotice
from demo.screen import in_wan
from demo.story import Story
from treasury.money import wan

TITLE = "记账：冻结、质保金、补记与“当时知道什么”、结转结账、资金树"
BUREAU: Final = "郧西县交通运输局（演示）"
DEPOSIT: Final = "郧西县工程质保金专户（演示）"
NOTICE: Final = CountyNotice(
    "鄂财农发〔2017〕99号",
    "湖北省财政厅（演示）",
    "2017年农村公路建设资金（演示）",
    FIRST_FUND,
    date(2017, 12, 1),
    (("农村公路", 60),),
)
YEAR_END: Final = "2017-12-31"


def tell(story: Story) -> None:
    bureau, deposit = _open(story, BUREAU, "department"), _open(story, DEPOSIT, "retention")
    _receive(story, bureau)
    _hold(story, bureau)
    _retain(story, bureau, deposit)
    _late(story, bureau)
    _year_end(story, bureau)
    _tree(story)


def _open(story: Story, name: str, kind: str) -> str:
    body = {"region_code": COUNTY, "name": name, "kind": kind, "accounts": [{"name": "专户", "book": "cash"}]}
    account: str = story.clerk.post("/funds/v1/units", body)["accounts"][0]["id"]
    story.accounts[name] = account
    return account


def _order(kind: str, source: str, target: str, fen: int, document: str, on: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "document": document,
        "effective_on": on,
        "from_account_id": source,
        "fund_code": FIRST_FUND,
        "lines": [{"to_account_id": target, "amount_fen": fen}],
        "use": "infrastructure" if kind == "pay" else None,
        **more,
    }


def _receive(story: Story, bureau: str) -> None:
    """A notice of 60 万元, handed down whole to the bureau, by name."""
    treasury = story.accounts[COUNTY]
    tranche = story.clerk.post("/funds/v1/notices", NOTICE.request(treasury))["tranches"][0]
    lots = story.clerk.every("/funds/v1/lots", account=treasury, fund=FIRST_FUND, as_of=YEAR_END)
    [lot] = [one for one in lots if one["tranche_id"] == tranche["id"]]
    order = _order("hand_down", treasury, bureau, 60 * WAN, "西财建〔2017〕21号", "2017-12-04")
    order["lines"][0]["lots"] = [{"lot_id": lot["id"], "amount_fen": 60 * WAN}]
    story.same("下达", story.clerk.post("/funds/v1/movements", order)["total_fen"], 60 * WAN)


def _hold(story: Story, bureau: str) -> None:
    hold = story.clerk.post(
        "/funds/v1/holds",
        {
            "account_id": bureau,
            "fund_code": FIRST_FUND,
            "amount_fen": 20 * WAN,
            "document": "支付申请2017-118",
            "purpose": "公路工程进度款",
        },
    )
    builder = story.accounts[BUILDER]
    over = _order("pay", bureau, builder, 45 * WAN, "付字118号", "2017-12-10")
    refused = story.clerk.ask("POST", "/funds/v1/movements", json=over).json()
    story.same("超出冻结的支付", refused["type"], "/problems/money-held")
    figures = refused["figures"]
    paid = story.clerk.post(
        "/funds/v1/movements",
        _order("pay", bureau, builder, 20 * WAN, "付字119号", "2017-12-10", hold_id=hold["id"]),
    )
    story.must(
        paid["unexplained_fen"] == 0,
        f"冻结 {in_wan(20 * WAN)} 后，支付 {in_wan(figures['asked_fen'])} 被拒绝（可用 {wan(figures['free_fen'])}、"
        f"冻结 {wan(figures['held_fen'])} 万元）；凭冻结支付的 {in_wan(paid['total_fen'])} 用的正是冻结的那几批资金",
    )


def _retain(story: Story, bureau: str, deposit: str) -> None:
    story.clerk.post(
        "/funds/v1/movements",
        _order(
            "retain",
            bureau,
            deposit,
            2 * WAN,
            "质保2017-9",
            "2017-12-10",
            release_on="2018-12-10",
            contractor_id=story.units[BUILDER],
        ),
    )
    [lot] = list(story.clerk.every("/funds/v1/lots", account=deposit, as_of=YEAR_END))
    early = _order("pay", deposit, story.accounts[BUILDER], 2 * WAN, "付字120号", "2018-06-01")
    early["lines"][0]["lots"] = [{"lot_id": lot["id"], "amount_fen": 2 * WAN}]
    refused = story.clerk.ask("POST", "/funds/v1/movements", json=early).json()
    story.must(
        refused["type"] == "/problems/lot-retained",
        f"质保金 {in_wan(2 * WAN)} 仍算未支出；2018-06-01 支付被拒绝，{refused['figures']['release_on']} 起才可支付",
    )


def _late(story: Story, bureau: str) -> None:
    """A hand-down of the 8th recorded after all that: the day changes, what was known before does not."""
    before = clock.now().isoformat()
    late = _order("hand_down", bureau, story.accounts[CHENGGUAN], 8 * WAN, "西交〔2017〕6号", "2017-12-08")
    story.clerk.post("/funds/v1/movements", late)
    path = f"/funds/v1/accounts/{bureau}"
    now, then = (story.clerk.get(path, as_of="2017-12-09", **asked) for asked in ({}, {"known_at": before}))
    story.same("未解释", (now["unexplained_fen"], then["unexplained_fen"]), (0, 0))
    story.screen.table(
        "交通局 2017-12-09 的余额（万元），问两次",
        ("按什么时点的登记", "日志序号", "余额"),
        [("补记之前", then["known_position"], wan(then["balance_fen"])), ("现在", "全部", wan(now["balance_fen"]))],
        right=(1, 2),
    )
    story.must(
        then["balance_fen"] - now["balance_fen"] == 8 * WAN,
        "补记 12 月 8 日的 8 万元改变了那天的余额，没有改变“当时知道的余额”：两个答案都可复核",
    )


def _year_end(story: Story, bureau: str) -> None:
    order = {
        "kind": "carry_over",
        "document": "西财预〔2017〕结转1号",
        "effective_on": YEAR_END,
        "account_id": bureau,
        "from_year": 2017,
    }
    carried = story.clerk.post("/funds/v1/movements", order)["total_fen"]
    lots = list(story.clerk.every("/funds/v1/lots", account=bureau, as_of=YEAR_END))
    story.same("结转年度与起算日", {(one["fiscal_year"], one["clock_from"]) for one in lots}, {(2018, "2017-12-04")})
    story.who("caizheng-fuhe").post("/funds/v1/closings", {"through": YEAR_END, "document": "2017年度决算"})
    late = _order("hand_down", story.accounts[COUNTY], bureau, WAN, "西财建〔2017〕22号", "2017-12-20")
    refused = story.clerk.ask("POST", "/funds/v1/movements", json=late).json()
    story.must(
        refused["type"] == "/problems/books-closed",
        f"结转 {in_wan(carried)} 到 2018 年，停留天数照旧从 12 月 4 日算；"
        f"结账后再补记 {refused['figures']['effective_on']} 的业务被拒绝，更正只能冲正",
    )


def _tree(story: Story) -> None:
    tree = story.inspector.get("/funds/v1/tree", as_of=YEAR_END, depth=1)
    root = tree["root"]
    rows = [
        (
            one["name"],
            wan(one["received_fen"]),
            wan(one["passed_on_fen"]),
            wan(one["spent_fen"]),
            wan(one["resting_fen"]),
        )
        for one in sorted(root["children"], key=lambda one: -one["received_fen"])[:10]
    ]
    story.screen.table("郧西县资金树（万元，前十）", ("区划", "收到", "拨下", "支出", "结存"), rows, right=(1, 2, 3, 4))
    parts = sum(one["resting_fen"] + one["spent_fen"] for one in root["children"])
    story.same("各级未解释", {one["unexplained_fen"] for one in (root, *root["children"])}, {0})
    story.must(
        parts == root["resting_fen"] + root["spent_fen"],
        f"全县收到 {in_wan(root['received_fen'])}：支出 {wan(root['spent_fen'])}、结存 {wan(root['resting_fen'])}，"
        "等于各乡镇与县本级之和，未解释 0 分",
    )
