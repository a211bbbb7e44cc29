"""What the register of households refuses, as facts with their figures; no person is named but by id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.funds_api import words


@dataclass(eq=False)
class IdNumberInvalid(Exception):
    """An ID number that cannot exist, by the field it stood in; which one is not repeated."""

    field: str

    def __str__(self) -> str:
        return "身份证号无效（应为 18 位，出生日期与校验位正确）"


@dataclass(eq=False)
class NotMembers(Exception):
    """People who do not belong to the household on that day."""

    household_id: str
    on: date
    persons_n: int

    def __str__(self) -> str:
        return f"所列人员中有 {self.persons_n} 人在 {self.on} 不是该户成员"


@dataclass(eq=False)
class HeadNeeded(Exception):
    """A household would be left without a head, or its new head is not among its people."""

    household_id: str

    def __str__(self) -> str:
        return "变动后的户须有一名户主，且户主须是该户成员"


@dataclass(eq=False)
class NobodyStays(Exception):
    """A split that nobody would stay behind from."""

    household_id: str

    def __str__(self) -> str:
        return "分户后原户没有成员；全户迁移请登记迁移"


@dataclass(eq=False)
class PersonElsewhere(Exception):
    """A person who belongs to a household of the county on that day."""

    on: date

    def __str__(self) -> str:
        return f"该身份证号在 {self.on} 已是本县另一在册户的成员"


@dataclass(eq=False)
class PersonDied(Exception):
    """Somebody whose death is recorded is to belong to a household again."""

    died_on: date
    document: str

    def __str__(self) -> str:
        return f"该身份证号已于 {self.died_on} 登记死亡（{self.document}），不能再登记入户"


@dataclass(eq=False)
class BeforeBirth(Exception):
    """Somebody is to belong to a household before the birth that the ID number tells, which is not repeated."""

    on: date

    def __str__(self) -> str:
        return f"入户日期 {self.on} 早于身份证号中的出生日期"


@dataclass(eq=False)
class RegisterOvertaken(Exception):
    """Some people of a register came into the county's by another act while it was judged: none of it was entered."""

    new_n: int
    known_n: int

    def __str__(self) -> str:
        return f"拟登记的 {self.new_n} 人中有 {self.known_n} 人刚刚另行登记，本次未登记任何人"


@dataclass(eq=False)
class VillageNotListed(Exception):
    """A place that is no village of the county on that day."""

    region_code: str
    on: date

    def __str__(self) -> str:
        return f"{self.region_code} 在 {self.on} 不是本县有效的 12 位村级区划代码"


@dataclass(eq=False)
class StandingRefused(Exception):
    """A household that cannot come from its standing into the one asked for."""

    household_id: str
    standing: str
    asked: str

    def __str__(self) -> str:
        now, asked = words.said(words.STANDINGS, self.standing), words.said(words.STANDINGS, self.asked)
        return f"该农户当前为“{now}”，不能改为“{asked}”"


@dataclass(eq=False)
class AppealTooLong(Exception):
    """A removal that leaves time to appeal beyond any deadline there is: a slip of the pen in the year."""

    appeal_until: date
    latest_on: date
    days: int
    source: str

    def __str__(self) -> str:
        most = f"申诉期最长 {self.days} 天，最晚可填 {self.latest_on}"
        return f"申诉截止日 {self.appeal_until} 过晚：{most}（{self.source}）"


@dataclass(eq=False)
class AlreadyThere(Exception):
    """A move to where the household lives, or out of the county of one that has left it."""

    household_id: str
    region_code: str

    def __str__(self) -> str:
        return f"该农户已在 {self.region_code} 或已迁出本县"
