"""Turns the published notices in `data/published` into requests for POST /funds/v1/notices, exactly as printed.

Every amount is read as text and becomes fen without rounding; a sum that does not come out stays as it is. Where the
page leaves something open, one of these assumptions fills it, and nothing else does:

1. The day of receipt is the printed date; where only a month, a year or nothing is printed, it is the last day of the
   printed month or of the fund year, marked `assumed`. A fund year that is a span ("2017-2020") ends with its last.
2. Money of a line whose place has no GB/T 2260 code (功能区 such as 巴中经济开发区) and money of a notice whose own
   region has none (A36, 新乡市平原示范区) rests with the prefecture, under its six-digit code.
3. A notice for the whole country (A45) belongs to region 00, and its money to 000000, the centre.
4. A notice's own number is the one of its own issuer; numbers of the level above are cited (`OWN_NUMBER`).
5. A line brings money when the printed lines add up to the printed total, or when there is no total; else the sources
   bring it when they add up or when there is no line. So a partial excerpt never lets a notice bring more than it says.
6. A printed total of a class of lines that lie scattered over groups (A34: C级合计) is a memo: shown, not added up.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, Final

from demo.files import rows
from treasury.money import Unit, fen_from_text

NATION: Final = "000000"
COUNTY_DIGITS: Final = 6
LINE_LETTERS: Final = 200

# Places without a code of their own: the prefecture that answers for them (assumption 2).
ANSWERS_FOR: Final = {"A36": "410700"}

# The own number of each notice that prints one (assumption 4). All other numbers on the page are of the level above.
OWN_NUMBER: Final = {
    "A12": "孟脱贫组[2018]34号",
    "A14": "莆城委农办〔2025〕4号",
    "A16": "特扶领字[2018]13号",
    "A17": "商财预[2019]148号",
    "A18": "商财预[2020]131号",
    "A28": "凤巩领〔2022〕8号",
    "A29": "凤巩领〔2023〕6号",
    "A36": "平扶贫办〔2016〕20 号",
}


@dataclass(frozen=True)
class Fund:
    """A special fund as the demo registers it."""

    code: str
    name: str
    level: str
    stream: str


FUNDS: Final = {
    fund.code: fund
    for fund in (
        Fund("zyfp", "中央财政专项扶贫资金", "central", "扶贫发展"),
        Fund("sjfp", "省级财政专项扶贫资金", "province", "扶贫发展"),
        Fund("djfp", "市级财政专项扶贫资金", "prefecture", "扶贫发展"),
        Fund("xjfp", "县级财政专项扶贫资金", "county", "扶贫发展"),
        Fund("hefp", "财政专项扶贫资金（多级合并公告）", "mixed", "扶贫发展"),
        Fund("xjbz", "财政衔接推进乡村振兴补助资金", "mixed", "巩固成果"),
        Fund("sjxj", "省级财政衔接资金", "province", "巩固成果"),
        Fund("slfz", "水利发展资金", "province", "水利"),
        Fund("tczh", "统筹整合财政涉农资金", "mixed", "统筹整合"),
        Fund("mzfz", "少数民族发展资金", "mixed", "少数民族发展"),
        Fund("wfgz", "农村危房改造补助资金", "mixed", "住房安全"),
        Fund("jtjj", "扶持村级集体经济试点资金", "prefecture", "村级集体经济"),
    )
}
FUND_OF: Final = {
    **dict.fromkeys(("A10", "A16", "A39", "A45"), "zyfp"),
    **dict.fromkeys(("A01", "A41"), "sjfp"),
    "A17": "djfp",
    "A04": "xjfp",
    **dict.fromkeys(("A02", "A06", "A12", "A27", "A36"), "hefp"),
    **dict.fromkeys(("A13", "A29", "A33"), "xjbz"),
    **dict.fromkeys(("A14", "A28"), "sjxj"),
    "A18": "slfz",
    "A19": "tczh",
    **dict.fromkeys(("A25", "A26"), "mzfz"),
    "A34": "wfgz",
    "A38": "jtjj",
}

CLASS_TOTALS: Final = {"C级合计", "D级合计", "无房户合计"}

# 豫财农﹝2017﹞191号 … A list under one head (洛财预[2018]148、149、250号) is one number per member.
_NUMBER: Final = re.compile(r"([^;；/、()（）\s]+?[\[〔﹝(（](\d{4})[\]〕﹞)）])\s*([\d、]+)\s*号")


def numbers(printed: str) -> list[str]:
    """Every document number in a printed cell, in its printed spelling, a list under one head taken apart."""
    return [f"{head}{one}号" for head, _, members in _NUMBER.findall(printed) for one in members.split("、")]


def fen(amount_yuan: str) -> int:
    """The exact fen of a published amount in 元."""
    return fen_from_text(amount_yuan, Unit.YUAN)


def last_year(printed: str) -> str:
    """The last year of a fund year, which may be a span ("2017-2020")."""
    return printed.rpartition("-")[2]


def receipt(printed: str, fund_year: str) -> tuple[date, str]:
    """The day of receipt and whether it was printed or assumed (assumption 1)."""
    parts = [int(part) for part in (printed or last_year(fund_year)).split("-")]
    match parts:
        case [year, month, day]:
            return date(year, month, day), "printed"
        case [year, month]:
            return date(year, month, monthrange(year, month)[1]), "assumed"
        case [year]:
            return date(year, 12, 31), "assumed"
        case _:
            raise ValueError(printed)


def _or_none(cell: str) -> str | None:
    return cell or None


@dataclass(frozen=True)
class Notice:
    """One published notice: its row, its lines and its sources, and the request they make."""

    row: dict[str, str]
    lines: list[dict[str, str]]
    sources: list[dict[str, str]]

    @property
    def id(self) -> str:
        return self.row["notice_id"]

    @property
    def county_code(self) -> str:
        """The six-digit place where money rests that no line gives to another."""
        return self.row["region_code_now"] or ANSWERS_FOR[self.id]

    @property
    def region_code(self) -> str:
        return "00" if self.county_code == NATION else self.county_code

    @property
    def clerk_region(self) -> str:
        """The region of the clerk who records it: its province, or the nation."""
        return self.county_code[:2]

    @property
    def stated_fen(self) -> int | None:
        printed = self.row["stated_total_yuan"]
        return fen(printed) if printed else None

    @property
    def lines_fen(self) -> int:
        """Σ of the printed item lines."""
        return sum(fen(line["amount_yuan"]) for line in self.lines if line["line_type"] == "item")

    @property
    def sources_fen(self) -> int:
        """Σ of the printed sources."""
        return sum(fen(source["amount_yuan"]) for source in self.sources)

    @property
    def has_items(self) -> bool:
        return any(line["line_type"] == "item" for line in self.lines)

    @property
    def brought_by(self) -> str:
        """Which part of the notice brings the money (assumption 5)."""
        if self.has_items and self.stated_fen in {None, self.lines_fen}:
            return "lines"
        return "sources" if not self.has_items or self.sources_fen == self.stated_fen else "lines"

    @property
    def brought_fen(self) -> int:
        return self.lines_fen if self.brought_by == "lines" else self.sources_fen

    @property
    def counties(self) -> list[str]:
        """The counties that get money, in order."""
        if self.brought_by == "sources":
            return [self.county_code]
        return sorted({self._county_of(line) for line in self.lines if line["line_type"] == "item"})

    @property
    def document_number(self) -> str | None:
        return OWN_NUMBER.get(self.id)

    @cached_property
    def cites(self) -> list[str]:
        """The numbers on the page that are not the notice's own, each once, in printed order."""
        cells = [self.row["doc_numbers"], *(source["doc_number"] for source in self.sources)]
        own = numbers(self.document_number) if self.document_number else []
        return [number for number in dict.fromkeys(chain.from_iterable(map(numbers, cells))) if number not in own]

    def _county_of(self, line: dict[str, str]) -> str:
        code = line["region_code"]
        return code if len(code) == COUNTY_DIGITS else self.county_code

    def request(self, accounts: dict[str, str]) -> dict[str, Any]:
        """The body for POST /funds/v1/notices; `accounts` names the receiving account per county."""
        received_on, basis = receipt(self.row["notice_date"], self.row["fund_year"])
        return {
            "region_code": self.region_code,
            "issuer": self.row["issuer"],
            "title": self.row["title"],
            "document_number": self.document_number,
            "cites": self.cites,
            "fund_code": FUND_OF[self.id],
            "fiscal_year": int(last_year(self.row["fund_year"])),
            "issued_on_printed": _or_none(self.row["notice_date"]),
            "received_on": received_on.isoformat(),
            "received_on_basis": basis,
            "stated_total_fen": self.stated_fen,
            "brought_by": self.brought_by,
            "completeness": self.row["completeness"],
            "source": self._addresses(),
            "lines": [self._line(line) for line in self.lines],
            "sources": [self._source(source) for source in self.sources],
            "accounts": {county: accounts[county] for county in self.counties},
        }

    def _addresses(self) -> str:
        """Where it was published: all addresses, or the first and their number when they fill more than a line."""
        every = self.row["source_url"].split(" | ")
        joined = " ".join(every)
        return joined if len(joined) <= LINE_LETTERS else f"{every[0]} 等 {len(every)} 处"

    def _line(self, line: dict[str, str]) -> dict[str, Any]:
        place = "".join(filter(None, (line["region_name"], line["township"], line["village"])))
        return {
            "line_no": int(line["line_no"]),
            "kind": "memo" if line["line_type"] == "total" and line["item_name"] in CLASS_TOTALS else line["line_type"],
            "group_no": _or_none(line["group_no"]),
            "county_code": self._county_of(line),
            "region_code": _or_none(line["village_code_2023"] or line["township_code_2023"] or line["region_code"]),
            "place": _or_none(place),
            "purpose": _or_none(line["item_name"]),
            "responsible_unit": _or_none(line["responsible_unit"]),
            "fund_level": _or_none(line["fund_level"]),
            "document_number": None,
            "amount_printed": line["amount_published"],
            "amount_fen": fen(line["amount_yuan"]),
            "note": _or_none(line["note"]),
        }

    def _source(self, source: dict[str, str]) -> dict[str, Any]:
        return {
            "line_no": int(source["seq"]),
            "county_code": self.county_code,
            "purpose": _or_none(source["source_label"]),
            "fund_level": _or_none(source["fund_level"]),
            "document_number": _or_none(source["doc_number"]),
            "amount_printed": source["amount_wan"],
            "amount_fen": fen(source["amount_yuan"]),
            "note": _or_none(source["note"]),
        }


def notices() -> list[Notice]:
    """All published notices, by their id."""
    lines, sources = rows("published", "allocation_lines.csv"), rows("published", "allocation_sources.csv")
    return [
        Notice(
            row,
            [line for line in lines if line["notice_id"] == row["notice_id"]],
            [source for source in sources if source["notice_id"] == row["notice_id"]],
        )
        for row in rows("published", "allocation_notices.csv")
    ]


def published_differences() -> dict[str, int]:
    """What the published recomputation says: for each notice whose items miss its total, by how many fen."""
    return {
        row["ref"]: fen_from_text(row["diff"], Unit.WAN)
        for row in rows("published", "arithmetic_checks.csv")
        if row["check"] == "明细合计=总额" and row["result"] != "match"
    }
