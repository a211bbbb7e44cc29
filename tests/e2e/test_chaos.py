"""A short storm: some kills at aimed moments, and the whole proof that the long one prints (`make chaos`)."""

from __future__ import annotations

import random
from collections import Counter

from chaos.__main__ import faults_of
from chaos.history import Fate
from chaos.killer import SHARES, Stage, Victim, planned
from chaos.storm import Storm

KILLS = 14


def test_some_kills_lose_nothing_and_double_nothing() -> None:
    told: list[str] = []
    outcome = Storm(kills=KILLS, minutes=8, seed=2017, scale=0.2, say=told.append).run()
    assert faults_of(outcome, KILLS) == []
    assert outcome.tally.n == KILLS
    assert {victim for victim, _ in outcome.tally.fell} == set(Victim)
    assert outcome.tally.missed <= KILLS // 4, "the killer no longer knows the stages by their statements"
    fates = Counter(act.fate for act in outcome.history.acts)
    assert fates[Fate.DONE] >= KILLS * 3
    assert sum(act.attempts > 1 for act in outcome.history.acts) >= KILLS, "the kills disturbed nobody"
    assert outcome.verdict.remaining_fen == outcome.verdict.received_fen > 0
    assert {one.name for one in outcome.restarts} >= {"postgres", "funds_api", "runner"}
    assert outcome.verdict.runs > 1
    assert outcome.verdict.flags == outcome.verdict.alerts > 0
    assert outcome.verdict.warnings > 0
    assert outcome.raised_again == 0
    assert outcome.verdict.sealed > outcome.verdict.events
    assert outcome.verdict.checkpoints > 1
    assert outcome.verdict.key_changes == 1


def test_the_shortest_storm_kills_everybody_once() -> None:
    for kills in (len(Victim), 12):
        assert len(plan := planned(kills, random.Random(1))) == kills  # noqa: S311
        assert {one.victim for one in plan} == set(Victim)


def test_two_hundred_kills_reach_every_stage_of_every_victim() -> None:
    plan = Counter((one.victim, one.stage) for one in planned(200, random.Random(1)))  # noqa: S311
    assert plan.total() == 200
    for victim, (_, stages) in SHARES.items():
        for stage in stages:
            assert plan[victim, stage] >= 3, (victim, stage)
    assert {stage for victim, stage in plan if victim is Victim.BACKEND} == set(Stage) - {Stage.STREAMING}
