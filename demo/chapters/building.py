"""Chapter 10: a project from its listing to its asset, its money held to progress, and what the asset then earns."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from demo.chapters.bookkeeping import DEPOSIT
from demo.county import BUILDER, COUNTY, FIRST_FUND, TUMEN, WAN, CountyNotice, collective_name
from demo.library import CHINESE, Project, handed_down, received
from demo.published import FUNDS
from demo.screen import in_wan, in_yuan
from demo.story import Story
from treasury.money import wan, yuan

TITLE = "项目库：申报到管护，按验收的进度付款，统筹整合，资产与收益"
SOURCES: Final = {FIRST_FUND: 60, "sjfp": 30}  # 万元
CONTRACT_FEN: Final = 80 * WAN
RETENTION_PPM: Final = 30_000
RELEASE_ON: Final = "2019-07-20"
FEED_IN_FEN: Final = 912_055  # 9,120.55 元 of electricity
USES: Final = {"public_posts": ("公益岗位", 6), "small_works": ("小型公益事业", 3), "awards": ("奖励补助", 1)}
SEEN_ON: Final = "2018-12-31"


def tell(story: Story) -> None:
    project = _project(story, "YX2018-001", ("装机容量", "千瓦", "100"))
    _listed(story, project)
    _paid_by_progress(story, project)
    _kept(story, project)
    _accepted(story, project)
    asset = _asset(story, project)
    _earns(story, project, asset)


def _project(story: Story, code: str, target: tuple[str, str, str] | None) -> Project:
    village = story.villages_of(TUMEN)[0]
    return Project(story, code, "村级光伏电站", "photovoltaic", village, "tumen", SOURCES, target)


def _listed(story: Story, project: Project) -> None:
    """No target, no admission; one with a target goes through publicity into the library and gets its accounts."""
    aimless = _project(story, "YX2018-002", None)
    aimless.declare("土镇申〔2018〕2号", "2018-01-08")
    step = {"stage": "reviewed", "document": "土镇审〔2018〕2号", "effective_on": "2018-01-12"}
    refused = aimless.who("reviewed").ask("POST", f"{aimless.path}/steps", json=step).json()
    story.same("没有绩效目标的项目", refused["type"], "/problems/no-performance-target")
    project.declare("土镇申〔2018〕1号", "2018-01-08")
    project.step("reviewed", "土镇审〔2018〕1号", "2018-01-12")
    project.step("published", "西扶公示〔2018〕1号", "2018-01-15")
    hasty = {"stage": "admitted", "document": "西扶库〔2018〕1号", "effective_on": "2018-01-18"}
    early = project.who("admitted").ask("POST", f"{project.path}/steps", json=hasty).json()
    story.same("公示期未满入库", early["type"], "/problems/publicity-too-short")
    publicity = early["figures"]
    project.step("admitted", "西扶库〔2018〕1号", "2018-02-01")
    project.step("planned", "西扶计〔2018〕1号", "2018-03-12")
    project.step("tendering", "西招〔2018〕7号", "2018-03-20")
    project.step("building", "开工令-1", "2018-04-10")
    story.must(
        bool(project.cash and project.quota),
        f"没有绩效目标的项目不得入库；公示 {publicity['stood_days']} 天（应满 {publicity['needed_days']} 天）就入库"
        "也被拒绝。期满入库、计划下达后，项目有了自己的账户",
    )


def _paid_by_progress(story: Story, project: Project) -> None:
    """Two sources come in; half of the work accepted pays for half, and in proportion to the sources."""
    for number, (fund, amount) in enumerate(SOURCES.items(), 6):
        treasury, on = story.accounts[COUNTY], date(2018, 3, 5)
        notice = CountyNotice(
            f"鄂财农发〔2018〕{number}号", "湖北省财政厅（演示）", "2018年项目资金（演示）", fund, on,
            (("光伏扶贫", amount),),
        )  # fmt: skip
        lot = received(story, notice.request(treasury), treasury)
        handed_down(story, lot, project.cash, amount * WAN, f"西财农〔2018〕{number}号", "2018-04-12")
    project.sign(CONTRACT_FEN, retention_ppm=RETENTION_PPM, release_on=RELEASE_ON)
    project.progress(50, "2018-06-01")
    over = story.clerk.ask("POST", "/funds/v1/movements", json=_payment(story, project, 45 * WAN, "2018-06-04"))
    refused = over.json()
    story.same("超过进度的付款", refused["type"], "/problems/over-progress")
    figures = refused["figures"]
    payable = figures["due_fen"] - figures["kept_fen"]
    paid = story.clerk.post("/funds/v1/movements", _payment(story, project, payable, "2018-06-04"))
    story.must(
        paid["unexplained_fen"] == 0,
        f"验收进度 50%：付款 {in_wan(45 * WAN)} 被拒绝（应付 {wan(figures['due_fen'])}、其中质保金 "
        f"{wan(figures['kept_fen'])} 万元）；付款 {in_wan(paid['total_fen'])} 通过",
    )
    sources = project.shown("2018-06-30")["sources"]
    story.screen.table(
        f"{project.name}：统筹整合的两项资金，按各自余额比例支付（元）",
        ("资金", "计划", "到位", "支付", "停留"),
        [
            (
                FUNDS[one["fund_code"]].name,
                *(yuan(one[name]) for name in ("planned_fen", "received_fen", "paid_fen", "resting_fen")),
            )
            for one in sources
        ],
        right=(1, 2, 3, 4),
    )
    story.must(
        sum(one["paid_fen"] for one in sources) == payable,
        f"两项来源支付之和 {in_yuan(payable)}，一分不差；每项资金的去向各自可追溯",
    )


def _payment(story: Story, project: Project, fen: int, on: str) -> dict[str, Any]:
    return {
        "kind": "pay",
        "document": f"西扶付 {on}",
        "effective_on": on,
        "from_account_id": project.cash,
        "drawn": "proportional",
        "lines": [{"to_account_id": story.accounts[BUILDER], "amount_fen": fen}],
    }


def _kept(story: Story, project: Project) -> None:
    """The rest is paid at full progress, but for the retention, which goes into the deposit until its day."""
    project.progress(100, "2018-07-10")
    [contractor] = project.shown("2018-07-11")["contractors"]
    story.clerk.post("/funds/v1/movements", _payment(story, project, contractor["payable_fen"], "2018-07-12"))
    keep = _payment(story, project, contractor["kept_fen"], "2018-07-12")
    deposit = [{"to_account_id": story.accounts[DEPOSIT], "amount_fen": contractor["kept_fen"]}]
    named = {"document": "质保2018-1", "release_on": RELEASE_ON, "contract_id": project.contract}
    kept = {**keep, **named, "kind": "retain", "lines": deposit}
    story.clerk.post("/funds/v1/movements", kept)
    money = project.shown("2018-07-31")["money"]
    story.must(
        money["paid_fen"] + money["retained_fen"] == CONTRACT_FEN,
        f"合同 {in_wan(CONTRACT_FEN)} = 已付 {wan(money['paid_fen'])} + 质保金 {wan(money['retained_fen'])}"
        f"（{RELEASE_ON} 起可付）；项目停留 {in_wan(money['resting_fen'])}",
    )


def _accepted(story: Story, project: Project) -> None:
    project.step("accepted", "验收报告〔2018〕1号", "2018-07-20")
    unmeasured = {"stage": "announced", "document": "西扶公告〔2018〕1号", "effective_on": "2018-07-25"}
    refused = project.who("announced").ask("POST", f"{project.path}/steps", json=unmeasured).json()
    story.same("目标完成情况未登记即公告", refused["type"], "/problems/targets-unreported")
    results = {
        "document": "绩效自评报告",
        "reached_on": "2018-07-20",
        "results": [{"code": "T1", "reached": "100"}],
    }
    [target] = story.who("caizheng-fuhe").post(f"{project.path}/target-results", results)["items"]
    project.step("announced", "西扶公告〔2018〕1号", "2018-07-25")
    story.must(
        target["reached"] == target["target"],
        f"验收：{target['text']} {target['reached']} / {target['target']} {target['unit']}，"
        f"完成 {target['reached_ppm'] // 10_000}%；没有登记完成情况时公告被拒绝",
    )


def _asset(story: Story, project: Project) -> str:
    """What was paid is an asset of the village, confirmed by somebody else; the way of the project is complete."""
    paid = project.shown("2018-07-31")["money"]["paid_fen"]
    body = {
        "project_id": project.id,
        "region_code": project.village,
        "name": "100 千瓦光伏电站",
        "kind": "operating",
        "owner_unit_id": story.units[collective_name(story.place[project.village])],
        "value_fen": paid,
        "capacity_w": 100_000,
        "care_unit": story.place[project.village],
        "document": "资产登记表",
        "registered_on": "2018-07-26",
    }
    asset: str = story.who("tumen").post("/funds/v1/assets", body)["id"]
    title = {"title_document": "确权〔2018〕1号", "confirmed_on": "2018-07-30"}
    story.who("tumen-fuhe").post(f"/funds/v1/assets/{asset}/confirmation", title)
    project.step("owned", "确权〔2018〕1号", "2018-07-31")
    project.step("maintained", "管护协议-1", "2018-08-01")
    whole = project.shown(SEEN_ON)
    story.screen.table(
        f"{project.name}（{story.place[project.village]}）的 {len(whole['steps'])} 步",
        ("阶段", "日期", "文件", "办理人", "停留（天）"),
        [
            (CHINESE[one["stage"]], one["effective_on"], one["document"], one["actor"], one["days"])
            for one in whole["steps"]
        ],
        right=(4,),
    )
    story.same("走过的阶段", [one["stage"] for one in whole["steps"]], list(CHINESE))
    tied = story.clerk.get(f"{project.path}/assets", as_of=SEEN_ON)
    story.must(
        tied["unexplained_fen"] == 0,
        f"项目支付 {in_wan(tied['paid_fen'])} 与登记资产 {in_wan(tied['assets_fen'])} 相符，未解释 0 分",
    )
    return asset


def _earns(story: Story, project: Project, asset: str) -> None:
    body = {
        "kind": "pv_feed_in",
        "period_from": "2018-08-01",
        "period_to": "2018-09-30",
        "amount_fen": FEED_IN_FEN,
        "energy_kwh": 21_000,
        "document": "电费结算单2018-3",
        "paid_into": "县光伏收益结转专户",
        "arrived_on": "2018-10-12",
    }
    income = story.clerk.post(f"/funds/v1/assets/{asset}/incomes", body)
    path = f"/funds/v1/incomes/{income['id']}"
    story.clerk.post(f"{path}/passing-on", {"document": "转付凭证", "passed_on": "2018-10-22"})
    lines = [
        {"use": use, "place_code": project.village, "weight": weight, "households_n": 0}
        for use, (_, weight) in USES.items()
    ]
    plan = {"document": "村民代表大会决议", "decided_on": "2018-11-05", "due_on": "2018-12-20", "lines": lines}
    story.who("tumen").post(f"{path}/share", plan)
    story.who("tumen").post(f"{path}/share/lines/1/payment", {"document": "公益岗位工资表", "paid_on": "2018-12-10"})
    shown = story.clerk.get(path, as_of=SEEN_ON)
    share = shown["share"]
    story.same("收益未解释", (shown["unexplained_fen"], shown["unshared_fen"]), (0, 0))
    parts = "、".join(f"{USES[one['use']][0]} {yuan(one['amount_fen'])}" for one in share["lines"])
    story.must(
        sum(one["amount_fen"] for one in share["lines"]) == FEED_IN_FEN,
        f"电费 {in_yuan(shown['amount_fen'])}（应于 {shown['passing_due_on']} 前转付，{shown['passed_on']} 已转付）"
        f"按 6:3:1 分配：{parts} 元，合计不差一分；到 {SEEN_ON} 逾期未发 {in_yuan(share['overdue_fen'])}",
    )
