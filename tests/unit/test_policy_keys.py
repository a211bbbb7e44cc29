"""The catalogue of policy values: each shape with what fits it, what does not, and the near miss."""

from __future__ import annotations

from typing import Any

import pytest

from services.funds_api.policies.keys import CATALOGUE, KEYS
from treasury.policy_keys import FORMS, PolicyKey, Shape, Stricter, fault, looser


def about(shape: Shape, stricter: Stricter | None = None) -> PolicyKey:
    return PolicyKey("k", "某数值", "日", shape, 1, 100, "某规则", stricter)


FITS: list[tuple[Shape, Any]] = [
    (Shape.WHOLE, 1),
    (Shape.WHOLE, 100),
    (Shape.RATIO, 50),
    (Shape.ASCENDING, [1, 2, 100]),
    (Shape.CURVE, {"03": 30, "06": 50, "12": 100}),
    (Shape.CURVE, {"12": 100, "03": 30, "06": 30}),
    (Shape.DAY_COUNT, 30),
    (Shape.DAY_COUNT, {"days": 30, "counted": "calendar"}),
    (Shape.DAY_COUNT, {"days": 30, "counted": "working"}),
    (Shape.NAMED, {"农商行": 100, "abc": 1}),
]
SHAPELESS: list[tuple[Shape, Any]] = [
    (Shape.WHOLE, True),
    (Shape.WHOLE, 30.0),
    (Shape.RATIO, "50"),
    (Shape.ASCENDING, [2, 1]),
    (Shape.ASCENDING, list(range(1, 62))),
    (Shape.CURVE, {}),
    (Shape.CURVE, {"3": 30}),
    (Shape.CURVE, {"13": 30}),
    (Shape.CURVE, {"03": "30"}),
    (Shape.CURVE, {"03": 50, "06": 49}),
    (Shape.DAY_COUNT, "30"),
    (Shape.DAY_COUNT, {"days": 30}),
    (Shape.DAY_COUNT, {"days": 30, "counted": "lunar"}),
    (Shape.DAY_COUNT, {"days": 30, "counted": ["working"]}),
    (Shape.DAY_COUNT, {"days": True, "counted": "working"}),
    (Shape.DAY_COUNT, {"days": 30, "counted": "working", "more": 1}),
    (Shape.NAMED, {"": 1}),
    (Shape.NAMED, {"a\nb": 1}),
    (Shape.NAMED, {"a": None}),
    (Shape.NAMED, [1]),
]
BEYOND: list[tuple[Shape, Any, str]] = [
    (Shape.WHOLE, 0, "0 低于最低值 1（日）"),
    (Shape.WHOLE, 101, "101 高于最高值 100（日）"),
    (Shape.ASCENDING, [1, 101], "101 高于最高值 100（日）"),
    (Shape.CURVE, {"03": 0, "06": 50}, "0 低于最低值 1（日）"),
    (Shape.DAY_COUNT, 101, "101 高于最高值 100（日）"),
    (Shape.DAY_COUNT, {"days": 0, "counted": "working"}, "0 低于最低值 1（日）"),
    (Shape.NAMED, {"a": 1, "b": -1}, "-1 低于最低值 1（日）"),
]


@pytest.mark.parametrize(("shape", "value"), FITS)
def test_what_fits(shape: Shape, value: Any) -> None:
    assert fault(about(shape), value) is None


@pytest.mark.parametrize(("shape", "value"), SHAPELESS)
def test_another_shape_is_told_how_to_write_it(shape: Shape, value: Any) -> None:
    assert fault(about(shape), value) == f"应为{FORMS[shape]}"


@pytest.mark.parametrize(("shape", "value", "told"), BEYOND)
def test_a_figure_beyond_its_bounds_is_named(shape: Shape, value: Any, told: str) -> None:
    assert fault(about(shape), value) == told


WORKING = {"days": 22, "counted": "working"}


@pytest.mark.parametrize(
    ("value", "than", "lower", "higher"),
    [
        (30, 30, False, False),
        (31, 30, True, False),
        (29, 30, False, True),
        (30, {"days": 30, "counted": "calendar"}, False, False),
        (WORKING, 30, True, False),
        ({"days": 21, "counted": "working"}, 30, False, True),
        (31, WORKING, True, False),
        (30, WORKING, False, True),
        ([31], 30, False, False),
        ({"03": 31}, 30, False, False),
    ],
)
def test_which_value_asks_less(value: Any, than: Any, *, lower: bool, higher: bool) -> None:
    """22 working days take at least 30 calendar days and 4/5, 21 take 29 and 2/5: five are a week."""
    assert looser(about(Shape.DAY_COUNT, Stricter.LOWER), value, than) is lower
    assert looser(about(Shape.DAY_COUNT, Stricter.HIGHER), value, than) is higher
    assert looser(about(Shape.DAY_COUNT), value, than) is False


def test_each_key_stands_once_and_says_what_it_is() -> None:
    assert len({one.key for one in CATALOGUE}) == len(CATALOGUE)
    for one in CATALOGUE:
        assert all((one.name, one.unit, one.read_by)), one.key
        assert one.lowest < one.highest, one.key
        assert ("ppm" in one.key) == (one.shape == Shape.RATIO), "a name says its unit"


def test_a_key_per_something_is_known_with_it_and_no_other() -> None:
    assert KEYS.entry("household_cap_fen.PZ-2017") is KEYS.entry("household_cap_fen")
    assert KEYS.entry("household_cap_fen.PZ.2017") is KEYS.entry("household_cap_fen")
    assert KEYS.entry("handdown_limit_days.treasury.central") is KEYS.entry("handdown_limit_days.treasury")
    assert KEYS.entry("handdown_limit_days.treasury.town") is None
    assert [KEYS.entry(key) for key in ("household_cap_fen.", "household_cap_fen. x", "idle_flag_days.F", "")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("written", "meant"),
    [("idle_flag_day", "idle_flag_days"), ("loan_maximum_fen", "loan_max_fen"), ("handdown_limit_days", "handdown_")],
)
def test_a_slip_is_told_what_looks_like_it(written: str, meant: str) -> None:
    assert KEYS.near(written)[0].startswith(meant)
    assert len(KEYS.near(written)) <= 5


def test_nothing_looks_like_nonsense() -> None:
    assert KEYS.near("zzzz") == []
