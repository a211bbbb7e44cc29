"""What a comparison list is refused for, as facts with their figures. None says a value that stood in a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(eq=False)
class RawNumbersSent(Exception):
    """What was sent holds runs of digits as long as an ID number; nothing of it was kept or is repeated.

    `where` are cells of the file, or what was said beside it (`in_file` is false).
    """

    lines_n: int
    where: list[str]
    in_file: bool = True

    def __str__(self) -> str:
        if not self.in_file:
            said = "、".join(self.where)
            return f"{said} 中有疑似身份证号（或银行卡号）的号码，只能写单位名称和文号；名单没有登记，一行也没有保存"
        shown = "、".join(self.where)
        more = f"等 {self.lines_n} 处" if self.lines_n > len(self.where) else ""
        return f"上传内容中有疑似身份证号（或银行卡号）的号码：{shown}{more}。文件已整份退回，一行也没有保存"


@dataclass(eq=False)
class ListFaulty(Exception):
    """Lines or columns of a list that cannot stand; the list was refused whole."""

    faults_n: int
    faults: list[str]

    def __str__(self) -> str:
        return f"名单有 {self.faults_n} 处不合要求：{'；'.join(self.faults)}。已整份退回，一行也没有保存"


@dataclass(eq=False)
class ListAltered(Exception):
    """A list whose seal does not fit its lines: it was changed, cut off, or opened and saved since it was made."""

    rows_n: int
    found_n: int

    def __str__(self) -> str:
        return f"名单生成后被改动过（生成时 {self.rows_n} 行，现有 {self.found_n} 行），封记对不上"


@dataclass(eq=False)
class ExchangeKeyDiffers(Exception):
    """A list that was made with another exchange key would meet nobody."""

    made_with: str
    county_has: str

    def __str__(self) -> str:
        return f"名单所用的交换密钥（标记 {self.made_with}）不是本县现用的密钥（标记 {self.county_has}）"


@dataclass(eq=False)
class AnotherList(Exception):
    """A list of another kind, or made for another county, than the address it was sent to; each with its name."""

    what: str
    made_for: str
    sent_to: str

    def __str__(self) -> str:
        return f"名单写明的{self.what}是“{self.made_for}”，上传地址却是“{self.sent_to}”的"


@dataclass(eq=False)
class ListKnown(Exception):
    """The very same list is in force already."""

    kind: str
    version_no: int
    list_on: date

    def __str__(self) -> str:
        return f"同一份文件已是现行的第 {self.version_no} 版（名单日期 {self.list_on}）"


@dataclass(eq=False)
class ListOvertaken(Exception):
    """Somebody else recorded a version of the same kind meanwhile."""

    kind: str
    version_no: int

    def __str__(self) -> str:
        return f"第 {self.version_no} 版刚由他人登记，本次没有保存"
