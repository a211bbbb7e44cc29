"""R24: money without a target at once, without results from the day after they were due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.funds_api.flags.rules.r24_no_performance_target import FORMER, RULE, TargetFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

ACCEPTED = date(2017, 10, 10)
VALUES = policy(target_results_days=60)


def project(targets: int, still_open: int, days: int | None) -> TargetFacts:
    return TargetFacts(
        subject_id=NOBODY,
        region_code="990001101201",
        amount_fen=80_000_000,
        as_of=ACCEPTED + timedelta(days=days or 0),
        code="P-17",
        name="通村公路",
        document="村申报〔2017〕1号",
        targets_n=targets,
        open_n=still_open,
        accepted_on=None if days is None else ACCEPTED,
    )


@pytest.mark.parametrize(
    ("targets", "still_open", "days", "fires"),
    [
        (0, 0, None, True),
        (1, 1, None, False),
        (1, 1, 59, False),
        (1, 1, 60, False),
        (1, 1, 61, True),
        (3, 1, 61, True),
        (3, 0, 61, False),
        (3, 0, 9_999, False),
    ],
)
def test_no_target_or_no_result_in_time(targets: int, still_open: int, days: int | None, fires: bool) -> None:
    assert (judged(RULE, project(targets, still_open, days), VALUES) is not None) == fires


def test_the_sentences_say_their_figures() -> None:
    verdict = judged(RULE, project(3, 2, 70), VALUES)
    assert verdict is not None
    for figure in ("P-17", "通村公路", "800,000.00", "2017-10-10", "70 天", "3 项", "2 项", "60 天"):
        assert figure in verdict.explanation
    assert (verdict.days, verdict.limit_days, verdict.mark) == (70, 60, "无结果:2017-10-10")
    assert [(one.item, one.amount_fen) for one in verdict.money] == [(f"project:{NOBODY}", 80_000_000)]
    bare = judged(RULE, project(0, 0, None), VALUES)
    assert bare is not None
    assert bare.mark == "无目标"
    assert "0 项" in bare.explanation


def test_what_went_back_is_told_beside_what_is_left() -> None:
    for facts, told in (
        (project(3, 2, 70), "到账资金 800,000.00 元（另已退回 12.00 元），2017-10-10 验收"),
        (project(0, 0, None), "已安排到账资金 800,000.00 元（另已退回 12.00 元），其方案"),
    ):
        verdict = judged(RULE, replace(facts, back_fen=1_200), VALUES)
        assert verdict is not None
        assert told in verdict.explanation
        assert FORMER[0].judge(facts, VALUES) == judged(RULE, facts, VALUES)


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), ACCEPTED) is None
    assert judged(RULE, project(0, 0, None), policy()) is None
