"""Whatever code can stand in a sentence has its Chinese word, and misshapen requests are told in Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pytest
from pydantic import TypeAdapter, ValidationError

from chassis.fields import CountyCode, Day, Instant, Line, PositiveFen, RegionCode
from chassis.misshapen import sentence
from services.funds_api import words
from services.funds_api.assets.schemas import AssetKind
from services.funds_api.funds.schemas import UseCode
from services.funds_api.holds.schemas import HoldStatus
from services.funds_api.households.schemas import MemberRequest
from services.funds_api.households.standings import StandingKind
from services.funds_api.lots.schemas import MovementKind, OutOrder
from services.funds_api.orders.schemas import Cnaps
from services.funds_api.orders.states import OrderState
from services.funds_api.payments.schemas import BatchStatus, PaymentStatus
from services.funds_api.projects.stages import Stage
from services.funds_api.stops.schemas import StopKind
from services.funds_api.units.schemas import UnitKind
from services.funds_api.warnings.schemas import WarningState

PAIRS: list[tuple[Mapping[str, str], Iterable[str]]] = [
    (words.UNITS, UnitKind),
    (words.MOVEMENTS, MovementKind),
    (words.HOLDS, HoldStatus),
    (words.ORDERS, OrderState),
    (words.BATCHES, BatchStatus),
    (words.PAYMENTS, PaymentStatus),
    (words.STANDINGS, StandingKind),
    (words.ASSETS, AssetKind),
    (words.STAGES, Stage),
    (words.STOPS, StopKind),
    (words.WARNINGS, WarningState),
]


@pytest.mark.parametrize(("told", "codes"), PAIRS, ids=lambda one: getattr(one, "__name__", ""))
def test_every_code_has_a_word(told: Mapping[str, str], codes: Iterable[str]) -> None:
    assert set(codes) <= set(told)


ORDER = {
    "kind": "pay",
    "document": "文",
    "effective_on": "2017-05-01",
    "from_account_id": "019a0000-0000-7000-8000-000000000001",
    "lines": [],
}
SHAPES: list[tuple[object, object, str]] = [
    (OutOrder, {**ORDER, "surprise": 1}, "没有这个字段"),
    (OutOrder, {"kind": "pay"}, "缺少必填项"),
    (OutOrder, ORDER, "至少 1 项"),
    (OutOrder, {**ORDER, "kind": "gift"}, "应为 hand_down、pay、retain 之一"),
    (OutOrder, {**ORDER, "from_account_id": "x"}, "应为编号（UUID）"),
    (OutOrder, {**ORDER, "release_on": "2018-01-01", "lines": [{}]}, "缺少必填项"),
    (PositiveFen, 0, "应大于 0"),
    (PositiveFen, "5", "应为整数"),
    (PositiveFen, 10**15, "不得大于 100000000000000"),
    (Line, "", "至少 1 个字"),
    (Line, "a\x00b", "不得包含控制字符"),
    (RegionCode, "42x", "应为 2、4、6、9、12 位数字"),
    (CountyCode, "42x", "应为 6 位数字"),
    (Cnaps, "12", "应为 12 位数字"),
    (MemberRequest, {"card": "12"}, "应为 8 至 30 位数字"),
    (UseCode, "1", "格式不符，应符合 ^[a-z]"),
    (Day, "2017-13-01", "应为日期"),
    (Day, "2300-01-01", "不得大于 2200-01-01"),
    (Instant, "2017-01-01T00:00:00", "应为带时区的时间"),
]


@pytest.mark.parametrize(("shape", "value", "told"), SHAPES)
def test_misshapen_values_are_told_in_chinese(shape: object, value: object, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(shape).validate_python(value)
    said = [sentence(dict(one)) for one in refused.value.errors()]
    assert any(one.startswith(told) for one in said), said
    assert all(re.search("[\u4e00-\u9fff]", one) for one in said)
