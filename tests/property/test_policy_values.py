"""Laws of policy values: one value a day, the nearest region, editions that change only what is known after them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treasury.policy import (
    Basis,
    NoSuchRef,
    PolicyRef,
    PolicyValue,
    covers,
    ends_on,
    heard_in,
    in_force,
    known_by,
    last_editions,
    overlap,
)

START = date(2017, 1, 1)
REGIONS = ("00", "42", "4203", "420322", "420322101", "43")
days = st.integers(0, 40).map(lambda n: START + timedelta(days=n))
instants = st.integers(0, 40).map(lambda n: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=n))


@st.composite
def values(draw: st.DrawFn) -> list[PolicyValue]:
    """What a database lets in: no stated periods that overlap, editions in the order in which they are known."""
    kept: list[PolicyValue] = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        region, start = draw(st.sampled_from(REGIONS)), draw(days)
        end = draw(st.none() | st.integers(0, 20).map(lambda n, start=start: start + timedelta(days=n)))
        before = [one for one in kept if (one.region, one.valid_from) == (region, start)]
        last = max((one.known_since for one in before if one.known_since), default=None)
        since = draw(instants if before else st.none() | instants)
        if last is not None and since is not None:
            since = max(since, last + timedelta(minutes=1))
        one = PolicyValue("k", region, start, number, "文", Basis.PRACTICE, len(before) + 1, end, since)
        if not any(overlap(one, other) for other in last_editions(kept)):
            kept.append(one)
    return kept


def holding(found: list[PolicyValue], region: str, on: date) -> list[PolicyValue]:
    """The values of exactly this region that hold on a day, by the ends they are told to have."""
    last = [one for one in last_editions(found) if one.region == region]
    return [one for one in last if one.valid_from <= on <= (ends_on(one, last) or date.max)]


@given(values(), days)
def test_a_region_has_at_most_one_value_on_a_day(found: list[PolicyValue], on: date) -> None:
    for region in REGIONS:
        assert len(holding(found, region, on)) <= 1


@given(values(), days, st.sampled_from(REGIONS))
def test_the_nearest_region_with_a_value_on_the_day_is_heard(found: list[PolicyValue], on: date, asked: str) -> None:
    chosen = in_force(found, "k", asked, on)
    above = sorted((one for one in REGIONS if covers(one, asked)), key=lambda one: (one != "00", len(one)))
    expected = [one for region in above for one in holding(found, region, on)]
    assert chosen == (expected[-1] if expected else None)


@given(values(), days, st.sampled_from(REGIONS), st.randoms())
def test_the_order_of_the_values_decides_nothing(
    found: list[PolicyValue], on: date, asked: str, random: object
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert in_force(shuffled, "k", asked, on) == in_force(found, "k", asked, on)


@given(values(), st.data(), days, st.sampled_from(REGIONS), instants)
def test_a_later_edition_changes_only_what_is_known_after_it(
    found: list[PolicyValue], data: st.DataObject, on: date, asked: str, at: datetime
) -> None:
    if not found:
        return
    corrected = data.draw(st.sampled_from(last_editions(found)))
    floor = corrected.known_since or datetime(2020, 1, 1, tzinfo=UTC)
    since = floor + timedelta(minutes=data.draw(st.integers(1, 2000)))
    later = PolicyValue(
        "k", corrected.region, corrected.valid_from, 99, "更正", Basis.PRACTICE, corrected.edition + 1, None, since
    )
    before = in_force(known_by(found, at), "k", asked, on)
    after = in_force(known_by([*found, later], at), "k", asked, on)
    if at < since:
        assert after == before
    elif before is not None and before.ref == corrected.ref:
        assert after == later


@given(
    st.sampled_from(["idle_flag_days", "household_cap_fen.F-1.2"]), st.sampled_from(REGIONS), days, st.integers(1, 9)
)
def test_a_reference_is_read_as_it_is_written(key: str, region: str, start: date, edition: int) -> None:
    ref = PolicyRef(key, region, start, edition)
    assert PolicyRef.read(str(ref)) == ref
    assert str(ref) == f"{key}@{region}@{start}#{edition}"


@pytest.mark.parametrize("text", ["", "k@00@2017-01-01", "k@00@2017-02-30#1", "k@00@20170101#1", "k@00@2017-01-01#01"])
def test_what_names_no_edition_is_no_reference(text: str) -> None:
    with pytest.raises(NoSuchRef):
        PolicyRef.read(text)


def test_a_value_is_read_in_the_shape_it_has() -> None:
    def told(value: int | list[int] | dict[str, int | str]) -> PolicyValue:
        return PolicyValue("k", "00", START, value, "文", Basis.LAW)

    assert (told(7).number, told(7).numbers, told([7, 9]).numbers) == (7, [7], [7, 9])
    assert told({"days": 30, "counted": "working"}).named == {"days": 30}
    for value, reading in (([7], "number"), ({"03": 30}, "number"), ({"03": 30}, "numbers"), (7, "named")):
        with pytest.raises(TypeError):
            getattr(told(value), reading)  # type: ignore[arg-type]


@given(values(), days, st.sampled_from(REGIONS))
def test_what_a_book_reads_for_a_region_is_all_that_is_heard_there(
    found: list[PolicyValue], on: date, region: str
) -> None:
    """A book narrows by `heard_in`, the judgement hears by `covers`: neither loses what the other knows."""
    read = [one for one in found if one.region in heard_in(region)]
    assert read == [one for one in found if covers(one.region, region)]
    assert in_force(read, "k", region, on) == in_force(found, "k", region, on)
