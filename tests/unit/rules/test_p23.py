"""P23: an accepted project whose completion nobody announced, from the day after the limit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.funds_api.flags.rules.p23_completion_not_announced import RULE, AnnouncementFacts, narrow
from tests.unit.rules.judging import NOBODY, judged, policy

ACCEPTED = date(2017, 10, 10)
VALUES = policy(completion_announce_days=30)


def accepted(days: int) -> AnnouncementFacts:
    return AnnouncementFacts(
        subject_id=NOBODY,
        region_code="990001101201",
        amount_fen=80_000_000,
        as_of=ACCEPTED + timedelta(days=days),
        code="P-17",
        name="通村公路",
        accepted_on=ACCEPTED,
        document="验收报告",
    )


@pytest.mark.parametrize(("days", "fires"), [(0, False), (29, False), (30, False), (31, True), (400, True)])
def test_from_the_day_after_the_limit(days: int, fires: bool) -> None:
    assert (judged(RULE, accepted(days), VALUES) is not None) == fires


def test_the_sentence_says_its_figures() -> None:
    verdict = judged(RULE, accepted(45), VALUES)
    assert verdict is not None
    for figure in ("P-17", "通村公路", "800,000.00", "2017-10-10", "45 天", "30 天", "验收报告"):
        assert figure in verdict.explanation
    assert [one.item for one in verdict.money] == [f"project:{NOBODY}"]


def test_without_a_value_nothing_is_asked() -> None:
    assert narrow(policy(), ACCEPTED) is None
    assert judged(RULE, accepted(999), policy()) is None
