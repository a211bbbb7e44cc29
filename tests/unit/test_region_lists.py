"""A yearly list beside what is known: what is new, what was renamed, what ended; and changes of codes by their kind."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.funds_api.regions.lists import (
    Place,
    RegionChangeShape,
    RegionClosed,
    RegionListOlder,
    below,
    check_change,
    check_ends,
    compare,
)

JULY = date(2024, 7, 1)


def place(code: str, year: int = 2023, name: str = "", **more: date) -> Place:
    level = {6: "county", 9: "township", 12: "village"}[len(code)]
    return Place(code, name or code, level, code[:6] if len(code) == 9 else None, year, **more)


KNOWN = {
    one.code: one
    for one in (place("990001"), place("990001101"), place("990001102"), place("990001101201"), place("990001102201"))
}


def test_a_list_ends_what_it_omits_with_everything_below_and_only_at_its_levels() -> None:
    plan = compare(KNOWN, [place("990001101", 2024, "新名"), place("990001103", 2024)], JULY, "990001")
    assert [(one.code, one.valid_from) for one in plan.new] == [("990001103", JULY)]
    assert [(old.name, new.name) for old, new in plan.renamed] == [("990001101", "新名")]
    assert plan.closed == ["990001102", "990001102201"]
    assert compare(KNOWN, [place("990001101", 2024)], JULY).closed == []


def test_the_first_list_does_not_say_since_when() -> None:
    assert compare({}, [place("990001101")], JULY, "990001").new[0].valid_from is None


def test_an_older_list_and_an_ended_code_are_refused() -> None:
    with pytest.raises(RegionListOlder):
        compare(KNOWN, [place("990001101", 2022)], JULY)
    with pytest.raises(RegionClosed):
        compare({"990001101": place("990001101", valid_to=JULY)}, [place("990001101", 2025)], JULY)
    with pytest.raises(RegionChangeShape, match="重复"):
        compare({}, [place("990001101"), place("990001101")], JULY)


def test_a_code_holds_from_its_first_day_until_the_day_before_its_end() -> None:
    one = place("990001101", valid_from=date(2020, 1, 1), valid_to=JULY)
    days = (date(2019, 12, 31), date(2020, 1, 1), date(2024, 6, 30), JULY)
    assert [one.holds(day) for day in days] == [False, True, True, False]
    with pytest.raises(RegionChangeShape, match="不能在"):
        check_ends({one.code: one}, [one.code], date(2020, 1, 1))


@pytest.mark.parametrize(
    ("kind", "links", "closed"),
    [
        ("recoded", [("990001", "990002")], {"990001"}),
        ("merged", [("990001", "990003"), ("990002", "990003")], {"990001", "990002"}),
        ("split", [("990001", "990002"), ("990001", "990003")], set()),
        ("redrawn", [("990001", "990002"), ("990002", "990001")], set()),
    ],
)
def test_a_change_is_of_its_kind(kind: str, links: list[tuple[str, str]], closed: set[str]) -> None:
    check_change(kind, links, closed)


@pytest.mark.parametrize(
    ("kind", "links", "closed"),
    [
        ("recoded", [("990001", "990002")], set()),  # another code, yet the old one goes on
        ("recoded", [("990001", "990003"), ("990002", "990003")], {"990001", "990002"}),
        ("recoded", [("990001", "990002"), ("990002", "990001")], {"990001", "990002"}),
        ("merged", [("990001", "990003"), ("990002", "990004")], set()),
        ("split", [("990001", "990003"), ("990002", "990004")], set()),
        ("redrawn", [("990001", "990001")], set()),
        ("redrawn", [("990001", "990001101")], set()),
        ("redrawn", [("990001", "990002"), ("990001", "990002")], set()),
        ("redrawn", [("990001", "990002")], {"990009"}),
    ],
)
def test_a_change_of_another_kind_is_refused(kind: str, links: list[tuple[str, str]], closed: set[str]) -> None:
    with pytest.raises(RegionChangeShape):
        check_change(kind, links, closed)


CODES = st.lists(st.sampled_from([f"99000110{town}{village}" for town in range(3) for village in ("", "201", "202")]))


@given(CODES, CODES)
def test_after_a_whole_list_exactly_its_codes_hold_at_its_levels(before: list[str], after: list[str]) -> None:
    known = {code: place(code) for code in before}
    plan = compare(known, [place(code, 2024) for code in dict.fromkeys(after)], JULY, "990001")
    levels = {place(code).level for code in after}
    left = {code for code in known if code not in plan.closed} | {one.code for one in plan.new}
    orphans = below(known, {code for code in plan.closed if len(code) == 9}, JULY)
    assert {code for code in left if place(code).level in levels} == set(after) - set(orphans)
    assert set(orphans) <= set(plan.closed)
