"""Generates the households of Yunxi 郧西: people who do not exist and cannot exist.

ID numbers are well formed (birth date, check character) but begin with 99, a region code that was never issued; card
numbers pass the Luhn test in a range that no bank has; phone numbers begin with 101, which is not assigned. Names are
put together from lists. The same seed gives the same people, so a story can name one.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from demo.files import rows
from treasury.identifiers import id_check_character, luhn_check_digit

COUNTY: Final = "420322"
HOUSEHOLDS: Final = 47_500  # 14.45 万 poor people (2016) at 3.04 a household
SEED: Final = 420322_2017

# Persons in a household and how often in a hundred: a mean of 3.04.
PERSONS: Final = ((1, 13), (2, 24), (3, 29), (4, 20), (5, 9), (6, 4), (7, 1))
_SURNAMES: Final = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴"
    "莫孔向汤"
)
_GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍红鹏飞文辉力建国庆志远春梅海燕永福德安光荣"
    "忠义诚信和顺祥瑞云山川林森泉松柏成家兴旺富贵全胜利民生财源广发吉庆有余"
)
_FIRST_BIRTH: Final = date(1937, 1, 1)
_BIRTH_DAYS: Final = 60 * 365  # heads of household are 20 to 80 years old in 2017
_FIRST_LISTED: Final = date(2014, 3, 1)
_LISTED_DAYS: Final = 1000  # entered between March 2014 and November 2016
_COMMITTEE_SHARE: Final = 0.2  # a residents' committee (居委会) counts for a fifth of a village
_COMMITTEE_BELOW: Final = 200  # village codes 001-199 are residents' committees
_ID_REGION: Final = "990322"
_CARD_HEAD: Final = "6200000000"
_PHONE_HEAD: Final = "101"

COLUMNS: Final = ("村代码", "户主姓名", "身份证号", "银行卡号", "手机号", "人口数", "登记日期")


@dataclass(frozen=True)
class Household:
    """One row of the register, as a roster needs it."""

    village: str
    name: str
    id_number: str
    card: str
    persons_n: int


def villages(county: str = COUNTY) -> list[str]:
    """The county's village codes, ascending."""
    return sorted(row["code"] for row in rows("regions", "villages.csv") if row["code"].startswith(county))


def _shares(codes: Sequence[str], total: int, dice: random.Random) -> list[int]:
    """`total` households over the villages: uneven, none empty, summing exactly (largest remainders)."""
    weights = [dice.uniform(0.6, 1.6) * (_COMMITTEE_SHARE if int(code[9:]) < _COMMITTEE_BELOW else 1) for code in codes]
    whole = total - len(codes)
    exact = [whole * weight / sum(weights) for weight in weights]
    shares = [1 + int(one) for one in exact]
    by_remainder = sorted(range(len(codes)), key=lambda at: exact[at] - int(exact[at]), reverse=True)
    for at in by_remainder[: total - sum(shares)]:
        shares[at] += 1
    return shares


def _names(dice: random.Random, count: int) -> list[str]:
    surnames, given = dice.choices(_SURNAMES, k=count), dice.choices(_GIVEN, k=count)
    second = dice.choices([*_GIVEN, *[""] * (len(_GIVEN) // 2)], k=count)
    return [f"{one}{two}{three}" for one, two, three in zip(surnames, given, second, strict=True)]


def _id_numbers(dice: random.Random, count: int) -> list[str]:
    """Different ID numbers: a birth date and a serial of three digits make each, under a region that never was."""
    drawn = dice.sample(range(_BIRTH_DAYS * 999), count)
    births = [(_FIRST_BIRTH + timedelta(days=day)).strftime("%Y%m%d") for day in range(_BIRTH_DAYS)]
    first17 = [f"{_ID_REGION}{births[one // 999]}{one % 999 + 1:03d}" for one in drawn]
    return [one + id_check_character(one) for one in first17]


def _card(serial: int) -> str:
    head = f"{_CARD_HEAD}{serial:08d}"
    return head + luhn_check_digit(head)


def register(households: int = HOUSEHOLDS, seed: int = SEED, place: str = COUNTY) -> pl.DataFrame:
    """The register of poor households of a county or township, by village; columns as the import expects, all text."""
    dice = random.Random(seed)  # noqa: S311 - reproducible people, not secrets
    codes = villages(place)
    places = [code for code, share in zip(codes, _shares(codes, households, dice), strict=True) for _ in range(share)]
    sizes, frequencies = zip(*PERSONS, strict=True)
    cards = dice.sample(range(10**8), households)
    phones = dice.sample(range(10**8), households)
    listed = [(_FIRST_LISTED + timedelta(days=day)).isoformat() for day in range(_LISTED_DAYS)]
    return pl.DataFrame(
        {
            "村代码": places,
            "户主姓名": _names(dice, households),
            "身份证号": _id_numbers(dice, households),
            "银行卡号": [_card(serial) for serial in cards],
            "手机号": [f"{_PHONE_HEAD}{serial:08d}" for serial in phones],
            "人口数": [str(size) for size in dice.choices(sizes, frequencies, k=households)],
            "登记日期": dice.choices(listed, k=households),
        }
    )


def as_csv(people: pl.DataFrame) -> bytes:
    """The register as the CSV file that POST /funds/v1/households/imports takes."""
    return people.write_csv().encode()


def of_place(people: pl.DataFrame, region: str) -> list[Household]:
    """The households of a township or village, in the register's order."""
    found = people.filter(pl.col("村代码").str.starts_with(region))
    return [
        Household(row["村代码"], row["户主姓名"], row["身份证号"], row["银行卡号"], int(row["人口数"]))
        for row in found.iter_rows(named=True)
    ]


def stranger(seed: int) -> Household:
    """Somebody who is in no register: another region that never was."""
    dice = random.Random(seed)  # noqa: S311 - reproducible people, not secrets
    birth = date(1950, 1, 1) + timedelta(days=dice.randrange(14_000))
    first17 = f"990999{birth:%Y%m%d}{dice.randrange(1, 1000):03d}"
    return Household(
        f"{COUNTY}100200", _names(dice, 1)[0], first17 + id_check_character(first17), _card(dice.randrange(10**8)), 3
    )
