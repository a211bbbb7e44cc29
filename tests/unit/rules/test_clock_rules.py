"""R19 and I01: from the day after a line, on the holder's own limit, with the figures in the sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.flags.crossings import Before, crossed_by, key, to_ask
from services.funds_api.flags.rules import i01_idle, r19_handed_down_late
from services.funds_api.flags.rules.catalogue import VERSIONS
from services.funds_api.flags.rules.lots import LotFacts
from services.funds_api.flags.rules.r19_handed_down_late import BOOKS, LEVELS
from services.funds_api.flags.rules.rule import Line, Policy
from tests.unit.rules.judging import COUNTY, NOBODY, judged, policy, value
from treasury.policy import Basis

AS_OF = date(2017, 11, 30)
IDLE = policy(idle_flag_days=180, idle_later_days=[365, 730])


def lot(days: int, kind: str = "township_office", stopped_days: int = 0) -> LotFacts:
    return LotFacts(
        subject_id=NOBODY,
        account_id=NOBODY,
        unit_id=NOBODY,
        unit_name="一镇财政所",
        unit_kind=kind,
        region_code="990001101",
        fund_code="F",
        document="县财农〔2017〕1号",
        amount_fen=123_456_78,
        clock_from=AS_OF - timedelta(days=days),
        as_of=AS_OF,
        stopped_days=stopped_days,
    )


@pytest.mark.parametrize(("days", "fires"), [(0, False), (29, False), (30, False), (31, True), (400, True)])
def test_handed_down_late_from_the_day_after_the_limit(days: int, fires: bool) -> None:
    verdict = judged(r19_handed_down_late.RULE, lot(days), policy(handdown_limit_days__township_office=30))
    assert (verdict is not None) == fires
    if verdict:
        assert (verdict.days, verdict.limit_days, verdict.mark) == (days, 30, "时限")


def test_a_kind_without_a_limit_is_not_asked() -> None:
    limits = policy(handdown_limit_days__treasury=30)
    assert judged(r19_handed_down_late.RULE, lot(400), limits) is None
    assert judged(r19_handed_down_late.RULE, lot(31, "treasury"), limits) is not None


@pytest.mark.parametrize(
    ("days", "mark", "limit"),
    [
        (180, None, 0),
        (181, "提示", 180),
        (365, "提示", 180),
        (366, "第2线", 365),
        (730, "第2线", 365),
        (731, "第3线", 730),
    ],
)
def test_idle_at_the_furthest_line_that_was_passed(days: int, mark: str | None, limit: int) -> None:
    verdict = judged(i01_idle.RULE, lot(days), IDLE)
    assert (verdict.mark if verdict else None) == mark
    assert (verdict.limit_days if verdict else 0) == limit


def test_spent_money_is_nobodys_idle_money() -> None:
    assert judged(i01_idle.RULE, lot(400, "contractor"), IDLE) is None


def test_the_sentence_has_the_figures_and_what_was_stopped() -> None:
    late = judged(r19_handed_down_late.RULE, lot(45), policy(handdown_limit_days__township_office=30))
    assert late is not None
    for figure in (
        "一镇财政所",
        "123,456.78",
        "45 天",
        "30 天",
        "15 天",
        "2017-10-16",
        "2017-11-30",
        "县财农〔2017〕1号",
    ):
        assert figure in late.explanation
    assert (
        judged(r19_handed_down_late.RULE, lot(45, stopped_days=15), policy(handdown_limit_days__township_office=30))
        is None
    )
    stopped = judged(i01_idle.RULE, lot(200, stopped_days=19), IDLE)
    assert stopped is not None
    assert "181 天（另有 19 天依文件停表）" in stopped.explanation


@pytest.mark.parametrize(("basis", "said"), [(Basis.LAW, "法定"), (Basis.PRACTICE, "惯例"), (Basis.ASSUMED, "暂定")])
def test_the_sentence_says_what_the_limit_rests_on(basis: Basis, said: str) -> None:
    limit = replace(value("handdown_limit_days.township_office", 30), basis=basis, source="某文")
    late = judged(r19_handed_down_late.RULE, lot(45), Policy([limit], COUNTY))
    assert late is not None
    assert late.explanation.endswith(f"超过应下达（拨付）时限 30 天（{said}：某文），超期 15 天，请核实")


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, ...]:
    kinds = frozenset({"treasury"})
    days = sorted(draw(st.sets(st.integers(1, 400), min_size=1, max_size=3)))
    return tuple(Line(f"第{at}线", kinds, value("k", one), one) for at, one in enumerate(days))


@given(lines(), st.integers(0, 900), st.lists(st.integers(0, 40), min_size=1, max_size=6))
def test_runs_of_any_days_ask_about_each_lot_and_line_once_in_all(
    drawn: tuple[Line, ...], age: int, gaps: list[int]
) -> None:
    """However the days between runs fall, a lot is asked about a line just when it has crossed it by the last run."""
    clock = AS_OF - timedelta(days=age)
    day, before, times = AS_OF, None, {line.name: 0 for line in drawn}
    for gap in gaps:
        day += timedelta(days=gap)
        covered = {}
        for line in drawn:
            done = before.covered.get(key(line)) if before else None
            since = date.fromisoformat(done) + timedelta(days=1) if done else clock - timedelta(days=5)
            asked = dict(to_ask(line, drawn, day, since, before if done else None))
            times[line.name] += clock in asked
            if clock in asked:
                assert clock + timedelta(days=line.days) < asked[clock] <= day
            covered[key(line)] = max(crossed_by(line, day).isoformat(), done or "")
        before = Before(day, 1, covered)
    crossed = {line.name for line in drawn if (day - clock).days > line.days}
    assert all(count <= 1 for count in times.values())
    assert {name for name, count in times.items() if count} <= crossed
    assert bool(crossed) == any(times.values())


@pytest.mark.parametrize(
    ("level", "book", "days", "limit"),
    [("county", "cash", 60, None), ("county", "cash", 61, 60), ("central", "cash", 31, 30), ("mixed", "cash", 31, 30)],
)
def test_a_treasury_is_held_to_the_clock_of_the_budget(level: str, book: str, days: int, limit: int | None) -> None:
    limits = policy(handdown_limit_days__treasury=30, handdown_clock__own_budget__special=60)
    verdict = judged(r19_handed_down_late.RULE, replace(lot(days, "treasury"), fund_level=level, book=book), limits)
    assert (verdict.limit_days if verdict else None) == limit


def test_days_counted_over_a_year_that_is_not_announced_say_so() -> None:
    limits = policy(handdown_limit_days__township_office={"days": 10, "counted": "working"})
    assert judged(r19_handed_down_late.RULE, lot(14), limits) is None
    known = judged(r19_handed_down_late.RULE, lot(15), limits)
    assert known is not None
    assert "时限 10 个工作日（法定：" in known.explanation
    assert "，超期 1 个工作日，请核实" in known.explanation
    assert "推定" not in known.explanation
    ahead = replace(lot(0), as_of=date(2050, 3, 31), clock_from=date(2050, 3, 1))
    assumed = judged(r19_handed_down_late.RULE, ahead, limits)
    assert assumed is not None
    assert "节假日安排尚未公布，按周末推定" in assumed.explanation


def test_on_free_days_after_the_last_one_no_working_day_has_gone_by() -> None:
    """Ten working days from Friday 3 November 2017 end on Friday the 17th."""
    limits = policy(handdown_limit_days__township_office={"days": 10, "counted": "working"})
    since = replace(lot(0), clock_from=date(2017, 11, 3))
    said = {}
    for day in (17, 18, 19, 20):
        verdict = judged(r19_handed_down_late.RULE, replace(since, as_of=date(2017, 11, day)), limits)
        said[day] = verdict and verdict.explanation.rpartition("，超期")[2]
    assert said == {17: None, 18: "不足 1 个工作日，请核实", 19: "不足 1 个工作日，请核实", 20: " 1 个工作日，请核实"}
    former = VERSIONS["R19", 2].judge(replace(since, as_of=date(2017, 11, 18)), limits)
    assert former is not None
    assert former.explanation.endswith("，超期 0 个工作日，请核实"), "as the flags of then say"


def test_a_flag_that_kept_only_a_number_of_stopped_days_is_judged_as_it_was() -> None:
    limits = policy(handdown_limit_days__township_office={"days": 10, "counted": "working"})
    for days in range(10, 30):
        kept, plain = lot(days, stopped_days=6), replace(lot(days), clock_from=AS_OF - timedelta(days=days - 6))
        one, other = (judged(r19_handed_down_late.RULE, facts, limits) for facts in (kept, plain))
        assert (one is None) == (other is None)
        if one and other:
            assert one.explanation.rpartition("超期")[2] == other.explanation.rpartition("超期")[2]


def test_lines_of_budgets_are_drawn_only_where_these_make_a_difference() -> None:
    """Each budget lies under exactly one line of its holder, so no lot is asked twice and none is left out."""
    limits = policy(
        handdown_limit_days__treasury=30,
        handdown_clock__own_budget__special=60,
        handdown_limit_days__township_office=30,
    )
    drawn = r19_handed_down_late.lines(limits, AS_OF)
    by_kind = {kind: [line for line in drawn if line.kinds == {kind}] for kind in ("treasury", "township_office")}
    assert [line.budgets for line in by_kind["township_office"]] == [None]
    own, others = sorted(by_kind["treasury"], key=lambda line: -line.days)
    assert (own.days, own.budgets) == (60, frozenset({"county.cash", "county.quota"}))
    assert others.days == 30
    assert others.budgets is not None
    assert own.budgets is not None
    assert not own.meets(others)
    assert own.budgets | others.budgets == {f"{level}.{book}" for level in LEVELS for book in BOOKS}
    assert len({key(line) for line in drawn}) == len(drawn)
