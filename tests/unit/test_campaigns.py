"""Campaigns and their parts, pure: within what a part lies, when a campaign ends, what a day finds missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit_api.engagements.campaigns import (
    Bounds,
    Owed,
    Part,
    holds_parts,
    must_be_over,
    must_hold_parts,
    must_lie_in,
    must_reach,
    owed,
)
from services.audit_api.engagements.refusals import (
    CampaignPartsOpen,
    EngagementDayRefused,
    NotACampaign,
    PartOutsideCampaign,
)
from services.audit_api.engagements.stages import Doc, EngagementKind, EngagementPaper, EngagementVerdict

DAYS = st.dates(date(2023, 1, 1), date(2023, 12, 31))
REGIONS = st.frozensets(st.sampled_from(["420322", "420322101", "420322101201", "420322102"]), min_size=1)
FUNDS = st.frozensets(st.sampled_from(["A", "B", "C"]))


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    days = sorted([draw(DAYS), draw(DAYS)])
    return Bounds(days[0], days[1], draw(REGIONS), draw(FUNDS))


@given(bounds(), bounds())
def test_a_part_looks_at_nothing_that_its_campaign_does_not(part: Bounds, whole: Bounds) -> None:
    try:
        must_lie_in(part, whole)
        inside = True
    except PartOutsideCampaign:
        inside = False
    days = {part.starts_on + timedelta(n) for n in range((part.ends_on - part.starts_on).days + 1)}
    in_time = all(whole.starts_on <= day <= whole.ends_on for day in days)
    in_place = all(any(one.startswith(held) for held in whole.regions) for one in part.regions)
    about = not whole.funds or (bool(part.funds) and part.funds <= whole.funds)
    assert inside == (in_time and in_place and about)


@given(bounds(), bounds(), bounds())
def test_what_lies_in_a_part_lies_in_its_campaign(inner: Bounds, part: Bounds, whole: Bounds) -> None:
    try:
        must_lie_in(inner, part)
        must_lie_in(part, whole)
    except PartOutsideCampaign:
        return
    must_lie_in(inner, whole)


@given(st.sampled_from(EngagementKind), st.booleans(), st.booleans())
def test_what_holds_parts_is_no_part_and_about_no_unit(kind: EngagementKind, of_a_unit: bool, is_part: bool) -> None:
    if holds_parts(kind, of_a_unit=of_a_unit, is_part=is_part):
        assert kind in (EngagementKind.CAMPAIGN, EngagementKind.PATROL)
        assert not of_a_unit
        assert not is_part
        must_hold_parts("x", kind, of_a_unit=of_a_unit, is_part=is_part)
        return
    with pytest.raises(NotACampaign):
        must_hold_parts("x", kind, of_a_unit=of_a_unit, is_part=is_part)


def test_a_campaign_lasts_as_long_as_the_parts_that_go_on() -> None:
    last = date(2023, 6, 30)
    going, over = Part(last, None), Part(date(2023, 8, 31), date(2023, 6, 1))
    must_reach(last, [going, over])
    must_reach(date(2023, 1, 1), [over])
    with pytest.raises(EngagementDayRefused):
        must_reach(last - timedelta(1), [going, over])


def test_a_campaign_ends_after_its_parts() -> None:
    on, today = date(2023, 6, 1), date(2023, 9, 1)
    must_be_over(on, [], today)
    must_be_over(on, [Part(on, on)], today)
    with pytest.raises(EngagementDayRefused):
        must_be_over(on - timedelta(1), [Part(on, on)], today)
    with pytest.raises(CampaignPartsOpen, match="共 2 个，尚有 1 个未结项"):
        must_be_over(on, [Part(on, on), Part(on, None)], today)


def test_a_day_finds_missing_what_was_due_the_day_before() -> None:
    due, ends_on = date(2023, 3, 9), date(2023, 6, 30)
    notice = Doc(1, EngagementPaper.NOTICE, date(2023, 3, 6), starts_on=due)
    late = Owed(EngagementPaper.START, due, 1)
    assert owed([notice], ends_on, due) == []
    assert owed([notice], ends_on, due + timedelta(1)) == [late]
    assert owed([replace(notice, verdict=EngagementVerdict.RETURNED)], ends_on, due + timedelta(1)) == []
    start, report = Doc(2, EngagementPaper.START, due), Doc(3, EngagementPaper.REPORT, due, due_on=due)
    assert owed([notice, start], ends_on, ends_on) == []
    assert owed([notice, start, report], ends_on, due + timedelta(2)) == [Owed(EngagementPaper.REPLY, due, 2)]
    reply, decision = Doc(4, EngagementPaper.REPLY, due), Doc(5, EngagementPaper.DECISION, due)
    assert owed([notice, start, report, reply], ends_on, due + timedelta(2)) == []
    assert owed([notice, start, report, decision], ends_on, due + timedelta(2)) == [], "decided on its silence"
    assert owed([start], ends_on, ends_on + timedelta(1)) == [Owed(EngagementPaper.CONCLUSION, ends_on, 1)]
    drawn = Doc(6, EngagementPaper.CONCLUSION, due)
    assert owed([start, drawn], ends_on, ends_on + timedelta(1)) == [Owed(EngagementPaper.CONCLUSION, ends_on, 1)]
    agreed = replace(drawn, verdict=EngagementVerdict.AGREED)
    assert owed([start, agreed], ends_on, ends_on + timedelta(1)) == []
