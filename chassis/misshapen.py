"""What is wrong with the shape of a request, in Chinese: one sentence per kind of validation error that occurs.

Names the bound that was missed and never the value that missed it. The stable English kind goes out as `code` beside
the sentence; a kind that nobody has put into words is told as a wrong format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_NUMBER: Final = "应为整数"
_DAY: Final = "应为日期，格式 2017-06-30"
_INSTANT: Final = "应为带时区的时间，格式 2017-06-30T09:00:00+08:00"
_ID: Final = "应为编号（UUID）"
# By pydantic's kind of error; `{…}` are the bounds it gives. Its own words are English and repeat some values.
_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "缺少必填项",
    "extra_forbidden": "没有这个字段",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "至多 {max_length} 个字",
    "string_pattern_mismatch": "格式不符，应符合 {pattern}",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_parsing_size": "数字过大",
    "int_from_float": _NUMBER,
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "decimal_type": "应为数字",
    "decimal_parsing": "应为数字",
    "decimal_max_digits": "至多 {max_digits} 位数字",
    "decimal_max_places": "至多 {decimal_places} 位小数",
    "decimal_whole_digits": "整数部分至多 {whole_digits} 位",
    "finite_number": "应为有限的数字",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不得小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不得大于 {le}",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "datetime_object_invalid": _INSTANT,
    "timezone_aware": _INSTANT,
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "uuid_version": _ID,
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "union_tag_invalid": "应为 {expected_tags} 之一",
    "union_tag_not_found": "缺少 {discriminator}，无法判断种类",
    "list_type": "应为列表",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "none_required": "应为空（null）",
}
# Patterns of digits and of common codes are told in words; those of other codes stand as they are.
_DIGITS: Final = re.compile(r"\^\(?(\[0-9\]\{[0-9,]+\}(?:\|\[0-9\]\{[0-9,]+\})*)\)?\$")
_CODE: Final = re.compile(r"\^\[A-Za-z0-9\]\[A-Za-z0-9\._-\]\{0,([0-9]+)\}\$")
_LETTER_AND_DIGITS: Final = re.compile(r"\^\[A-Z\]\[0-9\]\{([0-9]+)\}\$")
_LOGIN: Final = re.compile(r"\^\[a-z\]\[a-z0-9\._-\]\{([0-9]+),([0-9]+)\}\$")
_OWN: Final = ("value_error", "assertion_error", "unknown_parameter")


def sentence(error: Mapping[str, Any]) -> str:
    """What is wrong with one field. Sentences of our own validators stand as they were written."""
    kind = error["type"]
    if kind in _OWN:
        return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    known = _SENTENCES.get(kind)
    if kind == "string_pattern_mismatch" and (told := _pattern(error["ctx"]["pattern"])):
        return told
    return known.format_map(_Bounds(error.get("ctx") or {})) if known else "不符合格式"


def _pattern(pattern: str) -> str | None:
    """What a common pattern asks for, in words."""
    if counted := _DIGITS.fullmatch(pattern):
        lengths = re.findall(r"\{([0-9,]+)\}", counted[1])
        return f"应为 {'、'.join(one.replace(',', ' 至 ') for one in lengths)} 位数字"
    if code := _CODE.fullmatch(pattern):
        return f"只能由字母、数字和 . _ - 组成，以字母或数字开头，至多 {int(code[1]) + 1} 个字符"
    if login := _LOGIN.fullmatch(pattern):
        sizes = f"{int(login[1]) + 1} 至 {int(login[2]) + 1}"
        return f"以小写字母开头，只能由小写字母、数字和 . _ - 组成，共 {sizes} 个字符"
    if numbered := _LETTER_AND_DIGITS.fullmatch(pattern):
        return f"应为 1 个大写字母加 {numbered[1]} 位数字"
    return None


class _Bounds(dict[str, Any]):
    """The bounds of an error as the sentences show them; one that is not given is left open."""

    def __getitem__(self, name: str) -> str:
        return str(self.get(name, "…")).replace(" or ", "、").replace(", ", "、").replace("'", "")
