"""Chapter 1: places, funds, offices and accounts are registered."""

from __future__ import annotations

from typing import Any

from demo import regions
from demo.county import (
    BUILDER,
    BUREAU,
    COUNTY,
    GUANYIN,
    GUANYIN_SPLITS,
    SPECIAL_AREAS,
    TREASURY,
    TUMEN,
    TUMEN_SPLITS,
    collective_name,
    office_name,
)
from demo.published import FUNDS, notices
from demo.story import Story

TITLE = "登记区划、资金、单位与账户"


def tell(story: Story) -> None:
    places = 0
    administrator = story.who("xitong")
    for body in story.screen.steps("登记区划", list(regions.requests())):
        places += administrator.post("/funds/v1/regions", body)["recorded"]
    story.same("登记的区划数", places, len(story.place))

    nation = story.who("sheng-00")
    for fund in FUNDS.values():
        nation.post("/funds/v1/funds", vars(fund))
    listed = list(nation.every("/funds/v1/funds"))
    story.same("专项资金数", len(listed), len(FUNDS))

    opened = [*_treasuries(story), *_county_units(story)]
    kinds: dict[str, int] = {}
    for unit in story.screen.steps("开立单位与账户", opened):
        username, key, body = unit
        made = story.who(username).post("/funds/v1/units", body)
        story.units[body["name"]] = made["id"]
        story.accounts[key] = made["accounts"][0]["id"]
        kinds[body["kind"]] = kinds.get(body["kind"], 0) + 1

    story.screen.table(
        "已登记",
        ("内容", "数量"),
        [
            ("区划（全国到县，郧西到村）", f"{places:,}"),
            ("专项资金", len(listed)),
            ("各省市县财政（收款）", kinds["treasury"]),
            ("乡镇财政所", kinds["township_office"]),
            ("村集体", kinds["village_collective"]),
            ("农户一卡通（县与各乡镇）", kinds["households"]),
            ("部门、施工单位", kinds["department"] + kinds["contractor"]),
        ],
        right=(1,),
    )
    seen = list(story.clerk.every("/funds/v1/units"))
    own = [body for username, _, body in opened if username == "caizheng"]
    story.same("县财政看到的单位数", len(seen), len(own))
    story.must(
        all(unit["region_code"].startswith(COUNTY) for unit in seen),
        f"县财政经办只看到本县的 {len(seen)} 个单位，看不到其余 {len(opened) - len(own)} 个外县单位",
    )


def _unit(region: str, name: str, kind: str, account: str, book: str = "cash") -> dict[str, Any]:
    return {"region_code": region, "name": name, "kind": kind, "accounts": [{"name": account, "book": book}]}


def _treasuries(story: Story) -> list[tuple[str, str, dict[str, Any]]]:
    """A treasury for each place that a published notice brings money to, opened by its province's clerk."""
    counties = sorted({county for notice in notices() for county in notice.counties})
    return [
        (f"sheng-{county[:2]}", county, _unit(county, _treasury_name(story, county), "treasury", "国库单一账户"))
        for county in counties
    ]


def _treasury_name(story: Story, county: str) -> str:
    name = story.place[county]
    return "财政部" if county == "000000" else f"{name.removesuffix('本级')}财政局"


def _county_units(story: Story) -> list[tuple[str, str, dict[str, Any]]]:
    """Yunxi: the treasury, the bureau, a builder, and in each township its office and its households."""
    me = "caizheng"
    found = [
        (me, COUNTY, _unit(COUNTY, TREASURY, "treasury", "国库集中支付账户")),
        (me, f"{COUNTY} 农户", _unit(COUNTY, "郧西县农户一卡通", "households", "农户一卡通（县代发）")),
        (me, BUREAU, _unit(COUNTY, BUREAU, "department", "部门零余额账户")),
        (me, BUILDER, _unit(COUNTY, BUILDER, "contractor", "基本存款账户")),
    ]
    for code in sorted(story.place):
        if len(code) == 9 and code.startswith(COUNTY) and code not in SPECIAL_AREAS:  # noqa: PLR2004 - a township
            name = story.place[code]
            found.append((me, code, _unit(code, office_name(name), "township_office", "财政所专户")))
            found.append((me, f"{code} 农户", _unit(code, f"{name}农户一卡通", "households", "农户一卡通")))
    for township, count in ((TUMEN, TUMEN_SPLITS[2]), (GUANYIN, GUANYIN_SPLITS[2])):
        for village in story.villages_of(township)[:count]:
            name = collective_name(story.place[village])
            found.append((me, village, _unit(village, name, "village_collective", "村集体账户")))
    return found
