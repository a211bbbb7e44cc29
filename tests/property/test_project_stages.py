"""The laws of a project's stages: none is skipped, no day goes back, makers do not check, money holds a project in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.projects import stages
from services.funds_api.projects.refusals import (
    NoPerformanceTarget,
    ObjectionOpen,
    ProjectHoldsMoney,
    PublicityTooShort,
    StageSkipped,
    StepByMaker,
    StepDateRefused,
    TargetsUnreported,
)
from services.funds_api.projects.stages import ORDER, Stage, Standing, Step, Way

START = date(2020, 1, 1)
TODAY = date(2021, 1, 1)
READY = Standing(
    targets_n=1,
    objections_open_n=0,
    resting_fen=0,
    in_transit_fen=0,
    paid_fen=0,
    publicity_days=10,
    publicity_source="指导意见",
    author="甲",
)
REFUSALS = (
    NoPerformanceTarget,
    ObjectionOpen,
    ProjectHoldsMoney,
    PublicityTooShort,
    StageSkipped,
    StepByMaker,
    StepDateRefused,
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(list(Stage)),
        st.integers(-3, 40),
        st.sampled_from(["甲", "乙", "丙", "丁"]),
        st.integers(0, 1),
        st.integers(0, 1),
        st.sampled_from([0, 0, 5]),
        st.booleans(),
    ),
    max_size=60,
)


def taken(acts: list[tuple[Stage, int, str, int, int, int, bool]]) -> list[tuple[Step, Standing]]:
    """The steps that the machine let through, each with what it was judged by; refused acts change nothing."""
    steps = [Step(Stage.DECLARED, START, "甲")]
    through = [(steps[0], READY)]
    for to, days, actor, targets, objections, resting, eager in acts:
        standing = replace(READY, targets_n=targets, objections_open_n=objections, resting_fen=resting)
        now = steps[-1]
        asked = (stages.following(now.stage) or to) if eager else to  # else most acts would be refused at once
        on = now.effective_on + timedelta(days=days)
        try:
            if asked is Stage.REMOVED:
                step = stages.remove(steps, standing, on, TODAY, actor)
            elif now.stage is not Stage.REMOVED and stages.at(asked) < stages.at(now.stage):
                step = stages.send_back(steps, asked, standing, on, TODAY, actor)
            else:
                step = stages.advance(steps, asked, standing, on, TODAY, actor)
        except REFUSALS:
            continue
        steps.append(step)
        through.append((step, standing))
    return through


@given(ACTS)
def test_no_stage_is_skipped_and_no_day_goes_back(acts: list[tuple[Stage, int, str, int, int, int, bool]]) -> None:
    steps = [step for step, _ in taken(acts)]
    for before, after in pairwise(steps):
        assert before.effective_on <= after.effective_on <= TODAY
        assert before.stage is not Stage.REMOVED, "nothing follows a removal"
        match after.way:
            case Way.FORWARD:
                assert ORDER.index(after.stage) == ORDER.index(before.stage) + 1
            case Way.SENT_BACK:
                assert ORDER.index(after.stage) < ORDER.index(before.stage)
            case Way.REMOVED:
                assert after.stage is Stage.REMOVED


def test_a_project_goes_on_from_acceptance_only_with_every_target_measured() -> None:
    built = [Step(stage, START, "甲") for stage in ORDER[: ORDER.index(Stage.ACCEPTED) + 1]]
    open_one = replace(READY, targets_n=2, targets_open=("KM",))
    with pytest.raises(TargetsUnreported) as refused:
        stages.advance(built, Stage.ANNOUNCED, open_one, START, TODAY, "乙")
    assert (refused.value.targets_n, refused.value.unreported_n, refused.value.codes) == (2, 1, ["KM"])
    assert stages.send_back(built, Stage.BUILDING, open_one, START, TODAY, "乙").stage is Stage.BUILDING
    assert stages.advance(built, Stage.ANNOUNCED, READY, START, TODAY, "乙").stage is Stage.ANNOUNCED


@given(ACTS)
def test_admission_has_its_targets_its_days_in_public_and_another_person(
    acts: list[tuple[Stage, int, str, int, int, int, bool]],
) -> None:
    through = taken(acts)
    for place, (step, standing) in enumerate(through):
        if step.way is not Way.FORWARD or step.stage is not Stage.ADMITTED:
            continue
        before = [one for one, _ in through[:place]]
        assert standing.targets_n > 0
        assert standing.objections_open_n == 0
        assert (step.effective_on - before[-1].effective_on).days >= standing.publicity_days
        latest = {one.stage: one.actor for one in before if one.way is Way.FORWARD}
        assert step.actor not in {latest[Stage.REVIEWED], latest[Stage.PUBLISHED], standing.author}


@given(ACTS)
def test_money_keeps_a_project_in_the_library_and_on_its_plan(
    acts: list[tuple[Stage, int, str, int, int, int, bool]],
) -> None:
    for step, standing in taken(acts):
        if step.way is not Way.FORWARD and stages.at(step.stage) < stages.at(Stage.PLANNED):
            assert standing.resting_fen == 0
        if step.way is Way.REMOVED:
            assert (standing.resting_fen, standing.paid_fen) == (0, 0)


def walk(until: Stage) -> list[Step]:
    """A clean way up to a stage: a fortnight and another person each time."""
    steps = [Step(Stage.DECLARED, START, "甲")]
    while steps[-1].stage is not until:
        to = stages.following(steps[-1].stage)
        assert to is not None
        actor = f"{len(steps)}号"
        steps.append(stages.advance(steps, to, READY, steps[-1].effective_on + timedelta(days=14), TODAY, actor))
    return steps


def test_the_whole_way_can_be_walked_and_ends() -> None:
    steps = walk(Stage.MAINTAINED)
    assert tuple(step.stage for step in steps) == ORDER
    with pytest.raises(StageSkipped):
        stages.advance(steps, Stage.DECLARED, READY, TODAY, TODAY, "乙")


def test_publicity_stands_to_the_day() -> None:
    steps = walk(Stage.PUBLISHED)
    since = steps[-1].effective_on
    with pytest.raises(PublicityTooShort) as refused:
        stages.advance(steps, Stage.ADMITTED, READY, since + timedelta(days=9), TODAY, "乙")
    assert (refused.value.stood_days, refused.value.earliest_on) == (9, since + timedelta(days=10))
    assert stages.advance(steps, Stage.ADMITTED, READY, since + timedelta(days=10), TODAY, "乙").stage is Stage.ADMITTED


def test_money_comes_after_the_plan_and_goes_out_once_building_begins() -> None:
    assert [stage for stage in Stage if stages.may_receive(stage)] == [
        Stage.PLANNED,
        Stage.TENDERING,
        Stage.BUILDING,
        Stage.ACCEPTED,
    ]
    assert {stage for stage in Stage if stages.may_pay(stage)} == set(ORDER[ORDER.index(Stage.BUILDING) :])
    assert {stage for stage in Stage if stages.has_plan(stage)} == set(ORDER[ORDER.index(Stage.PLANNED) :])
