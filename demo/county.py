"""The plan of the story: what Yunxi 郧西 (420322) receives in 2017, hands on, pays, and lets lie.

The county, its townships and villages are real; **the notices, documents and sums here are made up** and say so in
their `source`. Dates are business dates: the story's clock is an argument, never the wall clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

COUNTY: Final = "420322"
WAN: Final = 1_000_000  # fen in 1 万元
GRANT_FEN: Final = 100_000  # 1,000 元 for a household
MADE_UP: Final = "演示数据：虚构文件，金额为演示而设"
LOOKED_ON: Final = date(2017, 11, 30)  # the day the county looks at its money

CHENGGUAN, TUMEN, SHANGJIN = f"{COUNTY}100", f"{COUNTY}101", f"{COUNTY}102"
DIANZI, JIAHE, YANGWEI, GUANYIN = f"{COUNTY}103", f"{COUNTY}104", f"{COUNTY}105", f"{COUNTY}106"
SPECIAL_AREAS: Final = {
    f"{COUNTY}400",
    f"{COUNTY}401",
    f"{COUNTY}402",
}  # 林区与工业园区, no finance office of their own

TREASURY: Final = "郧西县财政局"
BUREAU: Final = "郧西县扶贫开发办公室"
BUILDER: Final = "郧西县惠民建筑工程有限公司（演示）"
FIRST_FUND: Final = "zyfp"


@dataclass(frozen=True)
class CountyNotice:
    """A notice that the county treasury receives: one tranche per line."""

    document: str
    issuer: str
    title: str
    fund: str
    received_on: date
    lines: tuple[tuple[str, int], ...]  # purpose, 万元

    def request(self, account: str) -> dict[str, Any]:
        """The body for POST /funds/v1/notices."""
        return {
            "region_code": COUNTY,
            "issuer": self.issuer,
            "title": self.title,
            "document_number": self.document,
            "cites": [],
            "fund_code": self.fund,
            "fiscal_year": self.received_on.year,
            "issued_on_printed": self.received_on.isoformat(),
            "received_on": self.received_on.isoformat(),
            "received_on_basis": "printed",
            "stated_total_fen": sum(wan for _, wan in self.lines) * WAN,
            "brought_by": "lines",
            "completeness": "full",
            "source": MADE_UP,
            "lines": [
                {
                    "line_no": number,
                    "kind": "item",
                    "group_no": None,
                    "county_code": COUNTY,
                    "region_code": COUNTY,
                    "place": "郧西县",
                    "purpose": purpose,
                    "responsible_unit": None,
                    "fund_level": None,
                    "document_number": None,
                    "amount_printed": f"{wan}万元",
                    "amount_fen": wan * WAN,
                    "note": None,
                }
                for number, (purpose, wan) in enumerate(self.lines, 1)
            ],
            "sources": [],
            "accounts": {COUNTY: account},
        }


NOTICES: Final = (
    CountyNotice(
        "鄂财农发〔2017〕12号",
        "湖北省财政厅（演示）",
        "2017年中央财政专项扶贫资金（演示）",
        FIRST_FUND,
        date(2017, 3, 8),
        (("产业到户奖补", 3000), ("农村小型公益设施", 1400)),
    ),
    CountyNotice(
        "鄂财农发〔2017〕31号",
        "湖北省财政厅（演示）",
        "2017年省级财政专项扶贫资金（演示）",
        "sjfp",
        date(2017, 5, 10),
        (("产业发展", 800), ("雨露计划", 200)),
    ),
    CountyNotice(
        "鄂财社发〔2017〕45号",
        "湖北省财政厅（演示）",
        "2017年农村危房改造补助资金（演示）",
        "wfgz",
        date(2017, 6, 20),
        (("危房改造", 600),),
    ),
    CountyNotice(
        "十财农发〔2017〕66号",
        "十堰市财政局（演示）",
        "2017年市级财政专项扶贫资金（演示）",
        "djfp",
        date(2017, 7, 12),
        (("村级集体经济", 300),),
    ),
)


@dataclass(frozen=True)
class Handing:
    """Money of one tranche from one holder to others by one document: 万元 per receiving place or unit name.

    `tranche` is the notice's number and the line that brought the money: a document says which money it moves.
    """

    document: str
    on: date
    tranche: tuple[str, int]
    giver: str
    takers: dict[str, int]
    kind: str = "hand_down"


GRANTS: Final = ("鄂财农发〔2017〕12号", 1)  # 产业到户奖补
WORKS: Final = ("鄂财农发〔2017〕12号", 2)  # 农村小型公益设施
# What the story's townships get of 产业到户奖补; the households of the others are paid by the county itself.
STORY_TOWNSHIPS: Final = {CHENGGUAN: 150, TUMEN: 160, SHANGJIN: 140, DIANZI: 120, JIAHE: 170}
FIRST_DOCUMENT: Final = ("西财农〔2017〕8号", date(2017, 3, 20))
HANDED_DOWN: Final = (
    # The bureau and 羊尾镇 sit on their share of 公益设施; 观音镇 hands its own on to its villages.
    Handing("西财农〔2017〕14号", date(2017, 4, 6), WORKS, COUNTY, {BUREAU: 400, YANGWEI: 200, GUANYIN: 200}),
    Handing(
        "西财农〔2017〕23号",
        date(2017, 5, 25),
        ("鄂财农发〔2017〕31号", 1),
        COUNTY,
        {CHENGGUAN: 300, TUMEN: 200, SHANGJIN: 300},
    ),
    Handing(
        "西财社〔2017〕9号",
        date(2017, 7, 5),
        ("鄂财社发〔2017〕45号", 1),
        COUNTY,
        {TUMEN: 60, GUANYIN: 120, DIANZI: 100},
    ),
)
TUMEN_SPLITS: Final = ("土财〔2017〕5号", date(2017, 4, 10), 8, 10)  # document, day, villages, 万元 each
GUANYIN_SPLITS: Final = ("观财〔2017〕7号", date(2017, 4, 18), 5, 40)
BUILDER_PAID: Final = ("观镇政〔2017〕31号 工程款", date(2017, 8, 30), 35)  # by each of 观音镇's villages, 万元
DIANZI_RETURNS: Final = ("店财〔2017〕11号 结余退回", date(2017, 9, 15), 30)
ROSTERS_PAID_ON: Final = date(2017, 4, 20)
OTHERS_PAID_ON: Final = date(2017, 5, 12)
PAID_SHARE: Final = 0.6  # of the households of each township whose office does not pay itself


def office_name(township: str) -> str:
    """城关镇 → 城关镇财政所."""
    return f"{township}财政所"


def collective_name(village: str) -> str:
    """黄土梁村委会 → 黄土梁村集体经济组织."""
    return f"{village.removesuffix('村民委员会').removesuffix('村委会').removesuffix('居委会')}村集体经济组织"
