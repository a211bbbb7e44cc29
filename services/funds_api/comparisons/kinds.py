"""The kinds of comparison lists: what each says, which department has it, and which columns it may and must have.

A new kind is one entry here. Which rules ask for it is theirs to say; nothing of a person is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ListKind(StrEnum):
    """What a list says of the people on it."""

    DEAD = "dead"
    PAYROLL = "payroll"
    VILLAGE_CADRE = "village_cadre"
    CADRE_RELATIVE = "cadre_relative"
    CAR = "car"
    FLAT = "flat"
    BUSINESS = "business"
    RESIDENT = "resident"
    DISABILITY = "disability"
    ELIGIBLE = "eligible"
    STUDENT = "student"
    INSURED = "insured"


class Column(StrEnum):
    """What an entry may say beside the token: days, a short word, fen, a count, another person, a place."""

    FROM_ON = "from_on"
    TO_ON = "to_on"
    CATEGORY = "category"
    AMOUNT_FEN = "amount_fen"
    COUNT_N = "count_n"
    REF_TOKEN = "ref_token"  # noqa: S105 - a column
    REGION_CODE = "region_code"


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` as officials say it, `department` that usually has the list, `meaning` of its columns; what is needed."""

    title: str
    department: str
    meaning: str
    columns: tuple[Column, ...]
    needed: tuple[Column, ...] = ()


_DAYS: Final = (Column.FROM_ON, Column.TO_ON)

# Departments are those of usual practice (assumed): who really gave a list is said with each version.
KINDS: Final[Mapping[ListKind, Kind]] = {
    ListKind.DEAD: Kind(
        "死亡人员",
        "公安、民政、卫健",
        "from_on 死亡日期，category 登记来源（死亡证明、火化、销户）",
        (Column.FROM_ON, Column.CATEGORY),
        (Column.FROM_ON,),
    ),
    ListKind.PAYROLL: Kind(
        "财政供养人员",
        "财政、人社",
        "from_on、to_on 供养起止，空为不详或至今，category 身份（行政、事业、退休）",
        (*_DAYS, Column.CATEGORY),
    ),
    ListKind.VILLAGE_CADRE: Kind(
        "村干部",
        "组织、民政",
        "region_code 任职村，from_on、to_on 任期，category 职务",
        (*_DAYS, Column.CATEGORY, Column.REGION_CODE),
        (Column.REGION_CODE,),
    ),
    ListKind.CADRE_RELATIVE: Kind(
        "村干部亲属",
        "组织、纪检",
        "ref_token 该村干部，category 关系（配偶、子女、父母），from_on、to_on 起止，region_code 村",
        (*_DAYS, Column.CATEGORY, Column.REF_TOKEN, Column.REGION_CODE),
        (Column.REF_TOKEN,),
    ),
    ListKind.CAR: Kind(
        "车辆",
        "公安交管",
        "from_on 登记日期，to_on 过户或注销日期，category 车型，amount_fen 价值，count_n 辆数",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N),
    ),
    ListKind.FLAT: Kind(
        "房产",
        "自然资源、住建",
        "from_on 登记日期，to_on 转出日期，category 用途（住宅、非住宅、安置房），count_n 套数，amount_fen 价值",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N, Column.REGION_CODE),
    ),
    ListKind.BUSINESS: Kind(
        "工商登记",
        "市场监管",
        "from_on 登记、to_on 注销或退出日期，category 身份（法人、股东、个体户），amount_fen 注册资本，count_n 户数",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.COUNT_N),
    ),
    ListKind.RESIDENT: Kind(
        "户籍人口",
        "公安",
        "from_on、to_on 落户与迁出日期，region_code 户籍地，category 户口性质（农业、非农业）",
        (*_DAYS, Column.CATEGORY, Column.REGION_CODE),
    ),
    ListKind.DISABILITY: Kind(
        "持残疾证人员",
        "残联",
        "from_on、to_on 证件有效期，category 类别与等级",
        (*_DAYS, Column.CATEGORY),
    ),
    ListKind.ELIGIBLE: Kind(
        "应享受人员",
        "乡村振兴、民政、医保",
        "category 应享受的待遇，from_on、to_on 应享受起止，amount_fen 应发金额",
        (*_DAYS, Column.CATEGORY, Column.AMOUNT_FEN, Column.REGION_CODE),
        (Column.CATEGORY,),
    ),
    ListKind.STUDENT: Kind("在校学生", "教育", "from_on、to_on 在校起止，category 学段", (*_DAYS, Column.CATEGORY)),
    ListKind.INSURED: Kind(
        "参保人员", "医保、人社", "from_on、to_on 参保起止，category 险种", (*_DAYS, Column.CATEGORY)
    ),
}
