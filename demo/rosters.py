"""Writes payment rosters the way townships send them, with mistakes planted on purpose, and remembers what was planted.

Three files: a UTF-8 CSV, a GB18030 CSV and an XLSX with a merged title, 万元, full-width digits and a totals line. For
each the line number of every planted mistake is kept, so that the story can hold the answer against it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import xlsxwriter

from demo.people import Household, stranger
from treasury.money import Unit

FULL_WIDTH: Final = str.maketrans("0123456789.", "０１２３４５６７８９．")
CSV_TYPE: Final = "text/csv"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Planted(StrEnum):
    """The mistakes that are planted, by the code of the reason they have to come back with."""

    CHECK_DIGIT = "id_check_digit"
    UNKNOWN = "unknown_household"
    DUPLICATE = "duplicate_in_file"
    OVER_CAP = "over_household_cap"
    NO_MONEY = "money_not_there"


@dataclass(frozen=True)
class Line:
    """A row of a roster: who, how much, and the mistake planted in it, if any."""

    household: Household
    amount_fen: int
    planted: Planted | None = None


@dataclass(frozen=True)
class RosterFile:
    """A roster as it is uploaded: its bytes, and what is planted on which line of the file."""

    name: str
    kind: str
    content: bytes
    planted: dict[int, Planted]
    good: dict[int, Household] = field(repr=False)
    good_fen: int


def _wrong_check_digit(household: Household) -> Household:
    head, last = household.id_number[:-1], household.id_number[-1]
    wrong = "0123456789X"[("0123456789X".index(last) + 1) % 11]
    return Household(household.village, household.name, head + wrong, household.card, household.persons_n)


def lines_of(
    households: Sequence[Household], amount_fen: int, *, mistakes: int, over_cap_fen: int, without_money: int = 0
) -> list[Line]:
    """A line per household with `mistakes` of each kind strewn in; the last `without_money` exceed the account."""
    paid = [Line(one, amount_fen) for one in households]
    for at in range(without_money):
        paid[-1 - at] = Line(paid[-1 - at].household, amount_fen, Planted.NO_MONEY)
    strewn: list[Line] = []
    for at in range(mistakes):
        strewn += [
            Line(_wrong_check_digit(stranger(10 * at + 1)), amount_fen, Planted.CHECK_DIGIT),
            Line(stranger(10 * at + 2), amount_fen, Planted.UNKNOWN),
            Line(paid[at].household, amount_fen, Planted.DUPLICATE),
        ]
    # The households that are over the cap are in no good row of this roster: they come from the end of the list.
    for _ in range(mistakes):
        spared = paid.pop(len(paid) - without_money - 1)
        strewn.append(Line(spared.household, over_cap_fen, Planted.OVER_CAP))
    step = max(1, (len(paid) - without_money - mistakes) // (len(strewn) + 1))
    for at, line in enumerate(strewn, 1):
        paid.insert(mistakes + at * step, line)
    return paid


def plain(household: Household, village: str, amount: str, number: int) -> list[str]:
    return [str(number), village, household.name, household.id_number, household.card, amount]


HEADER: Final = ("序号", "村", "姓名", "身份证号", "一卡通账号")


def _rows(lines: Sequence[Line], villages: dict[str, str], unit: Unit) -> Iterator[list[str]]:
    for number, line in enumerate(lines, 1):
        yield plain(line.household, villages[line.household.village], _printed(line.amount_fen, unit), number)


def _printed(fen: int, unit: Unit) -> str:
    """The fen in 元 or 万元 as a clerk types it, exact, without needless zeros."""
    whole, rest = divmod(fen, unit.fen)
    digits = len(str(unit.fen)) - 1
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")


def _file(name: str, kind: str, content: bytes, lines: Sequence[Line], first_line: int) -> RosterFile:
    numbered = list(enumerate(lines, first_line))
    return RosterFile(
        name,
        kind,
        content,
        planted={at: line.planted for at, line in numbered if line.planted is not None},
        good={at: line.household for at, line in numbered if line.planted is None},
        good_fen=sum(line.amount_fen for line in lines if line.planted is None),
    )


def as_csv(name: str, lines: Sequence[Line], villages: dict[str, str], *, encoding: str) -> RosterFile:
    """A CSV with its header in the first line and a totals line at the end, amounts in 元."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow([*HEADER, "补贴金额（元）"])
    writer.writerows(_rows(lines, villages, Unit.YUAN))
    writer.writerow(["合计", "", "", "", "", _printed(sum(line.amount_fen for line in lines), Unit.YUAN)])
    return _file(name, CSV_TYPE, sink.getvalue().encode(encoding), lines, first_line=2)


def as_workbook(name: str, title: str, lines: Sequence[Line], villages: dict[str, str]) -> RosterFile:
    """An XLSX with a merged title, a line that names the unit, 万元 beside 元, full-width digits and a totals line."""
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        sheet = book.add_worksheet("花名册")
        bold = book.add_format({"bold": True, "align": "center"})
        sheet.merge_range(0, 0, 0, 6, title, bold)
        sheet.write(1, 0, "单位：万元")
        for column, label in enumerate((*HEADER, "补贴标准（元）", "发放金额（万元）")):
            sheet.write(2, column, label, bold)
        for at, row in enumerate(_rows(lines, villages, Unit.WAN)):
            amount = row[-1].translate(FULL_WIDTH) if at % 7 == 0 else row[-1]
            id_number = row[3].translate(FULL_WIDTH) if at % 11 == 0 else row[3]
            cells = [*row[:3], id_number, row[4], "1000", amount]
            for column, cell in enumerate(cells):
                sheet.write_string(3 + at, column, cell)
        total = sum(line.amount_fen for line in lines)
        sheet.merge_range(3 + len(lines), 0, 3 + len(lines), 5, "合计", bold)
        sheet.write_string(3 + len(lines), 6, _printed(total, Unit.WAN))
    return _file(name, XLSX_TYPE, sink.getvalue(), lines, first_line=4)
