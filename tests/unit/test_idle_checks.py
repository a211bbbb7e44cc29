"""The published sentences about time: each derivable row gives exactly its days, every other one 无法判定."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from demo.files import rows
from demo.idle_checks import statement
from treasury.intervals import Answer, DayRange, Days, judge
from treasury.statements import About, Statement, derive, stated

ROWS = {row["idle_id"]: row for row in rows("published", "idle_checks.csv")}
WORKED_OUT = {"days_min", "days_max", "basis", "note"}


class AsPublished(Mapping[str, str]):
    """A row that refuses to tell what somebody worked out by hand."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row

    def __getitem__(self, column: str) -> str:
        assert column not in WORKED_OUT, f"{column} is the expected answer"
        return self._row[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)


def _number(cell: str) -> int | None:
    return int(cell) if cell else None


def test_all_published_rows_are_here() -> None:
    assert len(ROWS) == 20
    assert sum(1 for row in ROWS.values() if row["days_min"]) == 18


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_each_row_gives_its_days_from_its_own_facts(row: dict[str, str]) -> None:
    told = derive(statement(AsPublished(row)))
    assert told.days == Days(_number(row["days_min"]), _number(row["days_max"]))
    assert told.reason.startswith("无法判定") == (not row["days_min"])


def test_the_rows_without_days_say_why() -> None:
    silent = {name: derive(statement(row)).reason for name, row in ROWS.items() if not row["days_min"]}
    assert silent == {
        "IO04": "无法判定：到账日期不明，原文也没有写明时长",
        "IO10": "无法判定：支出率说的是一段期间内全部到账资金的支出比例，没有单笔到账日期可以起算",
    }


@pytest.mark.parametrize(
    ("row", "limit_days", "answer"),
    [
        ("IO01", 365, Answer.PASSED),
        ("IO01", 366, Answer.UNDECIDABLE),
        ("IO02", 365, Answer.UNDECIDABLE),
        ("IO02", 1095, Answer.NOT_PASSED),
        ("IO03", 365, Answer.PASSED),
        ("IO04", 30, Answer.UNDECIDABLE),
        ("IO05", 730, Answer.PASSED),
        ("IO06", 30, Answer.PASSED),
        ("IO08", 365, Answer.UNDECIDABLE),
        ("IO09", 363, Answer.UNDECIDABLE),
        ("IO09", 364, Answer.NOT_PASSED),
        ("IO10", 30, Answer.UNDECIDABLE),
        ("IO19", 730, Answer.PASSED),
        ("IO19", 883, Answer.PASSED),
        ("IO19", 884, Answer.UNDECIDABLE),
    ],
)
def test_a_limit_is_judged_only_where_the_days_decide_it(row: str, limit_days: int, answer: Answer) -> None:
    """IO02 says so itself (规则应输出“无法判定”), and IO05 should meet the two years."""
    found = judge(derive(statement(ROWS[row])).days, limit_days)
    assert found.answer is answer
    assert ("无法判定" in found.reason) == (answer is Answer.UNDECIDABLE)
    assert str(limit_days) in found.reason


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("闲置1年以上", Days(366)),
        ("已闲置2年以上", Days(731)),
        ("至2016年3月底闲置超过1年,最长逾15年", Days(366)),
        ("闲置15年以上", Days(5479)),
        ("闲置两年以上", Days(731)),
        ("闲置逾十年", Days(3653)),
        ("最长逾15年", Days()),
        ("最长闲置5年以上", Days()),
        ("部分已闲置2年以上", Days()),
        ("未闲置1年以上", Days()),
        ("闲置不超过1年", Days()),
        ("闲置1999年以上", Days()),
        ("形成闲置资金19.54亿元", Days()),
        ("", Days()),
    ],
)
def test_words_that_name_a_duration_are_a_fact(words: str, days: Days) -> None:
    assert stated(words) == days


def test_words_and_days_are_heard_together() -> None:
    """The dates allow 0 to 730 days, and the paper says more than a year: 366 to 730."""
    told = derive(
        Statement(
            About.IDLE,
            DayRange(date(2015, 1, 1), date(2016, 12, 31)),
            DayRange.on(date(2016, 12, 31)),
            "闲置1年以上",
        )
    )
    assert told.days == Days(366, 730)
    assert told.reason == "依据起止日期和原文写明的时长"
