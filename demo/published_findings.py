"""The published reports and findings as requests, and `docs/published-findings.md` of the answers.

Each report is filed by the office that wrote it, under that office's place: 100000 for the nation, and for the report
on a county without a name the place of its author (黄石市, assumed). Which amount lies within which other stands in
`data/published-cases.csv`, judged by hand; the classes stand here. `tests/audit_api/test_published_findings.py` loads
all of it over HTTP and holds the page against what the system answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from demo.files import rows

NATION: Final = "100000"  # the nation, as maps code it; 000000 is a stream of the log itself
UNNAMED_COUNTY: Final = {"R15": "420200"}

# The report's own category → our class; where a category holds several, the finding is named. No class is “other”.
CLASS_OF: Final = {
    "违法违规(总)": "F02",
    "个人侵占": "F02",
    "虚报冒领或挤占挪用": "F02",
    "损失浪费": "F07",
    "违规列支": "F05",
    "闲置": "F01",
    "虚报冒领": "F03",
    "挤占挪用": "F04",
    "结转结余": "F01",
    "综合": "F02",
    "违法违纪(总)": "F02",
    "骗取套取": "F02",
    "平衡预算": "F04",
    "违规发放使用": "F02",
    "项目缓慢": "F07",
    "配套不到位": "F01",
    "招投标": "F16",
    "虚报冒领骗取套取": "F03",
    "违规使用": "F04",
    "违规收费": "F06",
    "贷款贴息对象不准": "F14",
    "虚报冒领或违规使用(总)": "F02",
    "整改": "F02",
    "整改-闲置": "F01",
    "建档立卡不准": "F11",
    "教育扶贫未落实": "F13",
    "贷款贴息违规": "F14",
    "易地搬迁/以工代赈": "F15",
    "健康扶贫未落实": "F13",
    "项目效果差": "F07",
    "利益联结弱": "F08",
    "平均主义分配": "F09",
    "虚假脱贫": "F12",
    "统筹整合推进慢": "F01",
    "骗取套取违规使用": "F02",
    "未公开公示": "F17",
    "项目效果差(总)": "F07",
    "项目管理与财务": "F16",
    "虚报冒领、挤占挪用等(总)": "F02",
    "典型问题类型": "F02",
    "结存(总)": "F01",
    "结存(不合理)": "F01",
    "结存原因": "F01",
    "结存(抽查)": "F01",
    "测算不准": "F01",
    "拨付不及时": "F01",
    "预算绩效": "F01",
    "政策未享受": "F13",
    "对象不符": "F11",
    "安排不足": "F01",
    "滞拨": "F01",
    "贷款违规": "F14",
}
CLASS_OF_FINDING: Final = {"R01-05": "F18", "R07-05": "F05"}

# Sums and ratios that reports state, in their own units (万元 × 100, persons, tenths of a percent in millionths).
_WAN: Final = "百元"
FIGURES: Final[Mapping[str, list[dict[str, Any]]]] = {
    "R01": [
        {"what": "违规金额占抽查资金", "kind": "ratio", "unit": "百万分之一", "stated": 184_000, "parts": [234, 1240]},
        {"what": "查处人数", "unit": "人", "stated": 123, "parts": [2, 78, 17, 26]},
    ],
    "R02": [{"what": "三年投入=中央+省", "unit": _WAN, "stated": 1_085_180, "parts": [1_044_485, 40_695]}],
    "R07": [
        {"what": "四类合计1.51亿", "unit": _WAN, "stated": 1_510_000, "parts": [557_313, 609_135, 219_478, 124_936]}
    ],
    "R10": [
        {"what": "未实现预期效果3.3亿", "unit": _WAN, "stated": 3_300_000, "parts": [1_410_000, 564_368, 1_330_000]}
    ],
    "R12": [{"what": "近500人", "unit": "人", "stated": 500, "parts": [231, 201, 14]}],
    "R15": [
        {
            "what": "六项结存原因合计3.37亿",
            "unit": _WAN,
            "stated": 3_370_000,
            "parts": [288_300, 1_067_200, 14_100, 15_900, 42_500, 1_941_100],
        }
    ],
    "R22": [
        {
            "what": "筹集=中央+省+州+县",
            "unit": _WAN,
            "stated": 2_205_735,
            "parts": [766_316, 1_131_369, 216_050, 92_109],
        },
        {"what": "筹集=支出+结转", "unit": _WAN, "stated": 2_205_735, "parts": [1_558_937, 692_574]},
    ],
}


@dataclass(frozen=True, slots=True)
class Book:
    """Under which place a report is filed, and by an inspector of which region."""

    county: str

    @property
    def region(self) -> str:
        """The region whose office files there."""
        code = self.county
        return (
            NATION[:2]
            if code == NATION
            else code.removesuffix("00").removesuffix("00")
            if code.endswith("00")
            else code
        )


def fen_of(wan: str) -> int | None:
    """万元 as printed, in fen; None where nothing was published."""
    return int(Decimal(wan) * 1_000_000) if wan else None


def reports() -> dict[str, dict[str, str]]:
    return {row["report_id"]: row for row in rows("published", "audit_reports.csv")}


def book_of(report: Mapping[str, str]) -> Book:
    code = UNNAMED_COUNTY.get(report["report_id"]) or report["region_code"]
    return Book(code if code not in {"", "000000"} else NATION)


def day_of(published: str) -> str:
    """The first day of publication; a year alone is dated to its last day (assumed)."""
    first = published.split(";", maxsplit=1)[0]
    return first if len(first) > len("2003") else f"{first}-12-31"


def report_request(row: Mapping[str, str]) -> dict[str, Any]:
    told = {
        "period": row["audit_period"],
        "published": row["published"],
        "scope": row["scope"],
        "region": row["region_name"],
        "region_code": row["region_code"],
        "overall_rectification": row["overall_rectification"],
        "source_type": row["source_type"],
        "excerpt": row["excerpt"],
        "source_url": row["source_url"],
        "note": row["note"],
    }
    figures = FIGURES.get(row["report_id"], [])
    return {
        "reference": row["report_id"],
        "title": row["title"],
        "auditor": row["auditor"],
        "told": {**_given(told), "figures": figures},
    }


def within() -> dict[str, str]:
    """The finding within whose amount each lies, by the judgement of `published-cases.csv`."""
    found: dict[str, str] = {}
    for row in rows("published-cases.csv"):
        told = row["not_added"]
        if match := re.match(r"within (R\d\d-\d\d)", told):
            found[row["id"]] = match[1]
        if match := re.match(r"total of (R\d\d)-(\d\d) to R\d\d-(\d\d)", told):
            for number in range(int(match[2]), int(match[3]) + 1):
                found[f"{match[1]}-{number:02}"] = row["id"]
        if match := re.match(r"contains (R\d\d-\d\d)", told):
            found[match[1]] = row["id"]
    return found


def totals() -> set[str]:
    """The findings published as the sum of others."""
    return {row["id"] for row in rows("published-cases.csv") if row["not_added"].startswith("total of")}


def findings() -> Iterator[dict[str, str]]:
    """The published findings, each after the one within whose amount it lies."""
    found = {row["finding_id"]: row for row in rows("published", "audit_findings.csv")}
    around = within()
    done: set[str] = set()

    def outer_first(name: str) -> Iterator[dict[str, str]]:
        if name in done:
            return
        if name in around:
            yield from outer_first(around[name])
        done.add(name)
        yield found[name]

    for name in found:
        yield from outer_first(name)


def finding_request(
    row: Mapping[str, str], report: Mapping[str, str], report_id: str, ids: Mapping[str, str]
) -> dict[str, Any]:
    name = row["finding_id"]
    amount_fen = fen_of(row["amount_wan"])
    counts = {
        noun: int(row[f"{noun}_n"])
        for noun in ("counties", "units", "persons", "households", "projects", "villages")
        if row[f"{noun}_n"]
    }
    published = {
        "reference": name,
        "category": row["category"],
        "about": row["region_name"],
        "amount_printed": row["amount_approx"],
        "base_fen": fen_of(row["base_wan"]),
        "counts": counts,
        "period": row["period"],
        "idle": row["idle_text"],
        "as_of": row["as_of"],
        "rectification": row["rectification"],
        "rectified_fen": fen_of(row["rectified_wan"]),
        "is_total": name in totals(),
        "note": row["note"],
    }
    return {
        "class_code": CLASS_OF_FINDING.get(name) or CLASS_OF[row["category"]],
        "title": row["finding_zh"],
        "facts": "；".join(part for part in (row["category"], row["finding_zh"], row["note"]) if part),
        "recorded_facts": [{"what": row["finding_zh"], **_given({"amount_fen": amount_fen})}],
        "found_on": day_of(report["published"]),
        "amount_known": "approximate" if row["amount_approx"] else "exact",
        "report_id": report_id,
        "published": _given(published),
        **_given(
            {
                "amount_fen": amount_fen,
                "about_region": row["region_code"],
                "within_finding_id": ids.get(within().get(name, "")),
            }
        ),
    }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", None, {}, False)}


OPENING: Final = """# Published findings, as filed

The 12 audit reports and 78 findings of `data/published/`, loaded through the API as an office would file them
(`demo/published_findings.py`), and what the system then answers beside what was printed, in 万元. The discipline cases
stand in [published-outcomes.md](published-outcomes.md).
`tests/audit_api/test_published_findings.py` loads them and holds this page against the answers.

- **printed**: Σ of the amounts of the report's rows, as they stand in the file; **added up**: the same, as filed.
- **counted once**: without what lies within the amount of another row (属…之内, and parts beside their total).
- R08 is about what was put right, and R15 and R24 also about money that is no poverty fund; no row is left out here.
- Amounts that were printed as numbers of projects only (“300多个项目”) have no fen and stay marked approximate.

| report | rows | with amount | approximate | printed | added up | counted once |
|---|---|---|---|---|---|---|
"""


def page(told: Mapping[str, Mapping[str, Any]]) -> str:
    """The page, from what the API answered about each report (by reference)."""
    printed: dict[str, int] = {}
    for row in rows("published", "audit_findings.csv"):
        printed[row["report_id"]] = printed.get(row["report_id"], 0) + (fen_of(row["amount_wan"]) or 0)
    lines = []
    for name, one in told.items():
        lines.append(
            _cells(
                name, one["findings_n"], one["with_amount_n"], one["approximate_n"], _wan(printed[name]),
                _wan(one["added_up_fen"]), _wan(one["counted_once_fen"]),
            )
        )  # fmt: skip
    sums = ("findings_n", "with_amount_n", "approximate_n")
    lines.append(
        _cells(
            "all", *(sum(one[key] for one in told.values()) for key in sums), _wan(sum(printed.values())),
            *(_wan(sum(one[key] for one in told.values())) for key in ("added_up_fen", "counted_once_fen")),
        )
    )  # fmt: skip
    lines += [
        "",
        "## Totals beside their parts",
        "",
        "| report | total | printed | parts | difference |",
        "|---|---|---|---|---|",
    ]
    for name, one in told.items():
        for total in one["totals"]:
            figures = (_wan(total[key]) for key in ("amount_fen", "parts_fen", "difference_fen"))
            lines.append(_cells(name, total["title"], *figures))
    lines += [
        "",
        "## Figures that reports state",
        "",
        "| report | figure | unit | stated | parts come to | difference |",
    ]
    lines.append("|---|---|---|---|---|---|")
    for name, one in told.items():
        for figure in one["figures"]:
            shown = (f"{figure[key]:,}" for key in ("stated", "worked_out", "difference"))
            lines.append(_cells(name, figure["what"], figure["unit"], *shown))
    return OPENING + "\n".join(lines) + "\n"


def _wan(fen: int) -> str:
    return f"{Decimal(fen) / 1_000_000:,.4f}".rstrip("0").rstrip(".")


def _cells(*cells: object) -> str:
    return "| " + " | ".join(str(one) for one in cells) + " |"
