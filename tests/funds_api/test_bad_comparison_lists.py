"""Lists that are refused: whole, saying where and never what, and leaving nothing behind anywhere."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from services.funds_api.comparisons import listfile, matching
from services.funds_api.comparisons.kinds import KINDS, Column, ListKind
from services.funds_api.comparisons.refusals import ListFaulty, RawNumbersSent
from tests.callers import Caller, funds_caller
from tests.funds_api.comparisons import GIVEN, LISTS, Entry, department_csv, made, record, upload
from tests.funds_api.desk import refused, written
from tests.funds_api.people import CSV, Township, id_number, workbook

NUMBER = id_number(7)
OLD = NUMBER[:6] + NUMBER[8:17]
ARABIC = "".join(chr(0x660 + int(one)) for one in NUMBER[:17])
CHINESE = "".join("〇一二三四五六七八九"[int(one)] for one in NUMBER[:17])
FULL_WIDTH = NUMBER.translate({ord("0") + at: 0xFF10 + at for at in range(10)})


@pytest.fixture
async def township(funds_http: httpx.AsyncClient, county: str) -> Township:
    return await Township(funds_http, county, fen=0, households=range(3)).open()


@pytest.fixture
def inspector(funds_http: httpx.AsyncClient, county: str) -> Caller:
    return funds_caller(funds_http, "inspector", county)


def sealed(
    http: httpx.AsyncClient, county: str, kind: str, body: list[str], rows: int | str = -1, on: str = "2017-12-31"
) -> str:
    """A list sealed with the county's key, whatever stands in it: what a tool of somebody else's might make."""
    key = matching.exchange_key(http.app.state.vault, county)  # type: ignore[attr-defined]
    n = max(len(body) - 1, 0) if rows == -1 else rows
    heading = f"{listfile.FORMAT},1,{kind},{county},{on},{n},{matching.key_mark(key)}"
    return "\n".join([f"{heading},{matching.seal(key, chr(10).join([heading, *body]).encode())}", *body, ""])


def token(place: int) -> str:
    return "abcdefghijklmnop" * 2 if place == 0 else matching.in_letters(place.to_bytes(16, "big"))


RAW = {
    "plain": (f"{NUMBER},2017-01-01", "第 3 行第 1 列"),
    "with a small x": (f"{token(1)},99000019800101123x", "第 3 行第 2 列"),
    "old, of 15 digits": (f"{token(1)},{OLD}", "第 3 行第 2 列"),
    "full width": (f"{token(1)},{FULL_WIDTH}", "第 3 行第 2 列"),
    "with blanks": (f"{token(1)},{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}", "第 3 行第 2 列"),
    "with dashes": (f"{token(1)},{NUMBER[:6]}-{NUMBER[6:14]}–{NUMBER[14:]}", "第 3 行第 2 列"),
    "with marks nobody sees": (f"{token(1)},{NUMBER[:9]}\u200b{NUMBER[9:]}", "第 3 行第 2 列"),
    "inside a text": (f"{token(1)},2017-01-01,张某（身份证{NUMBER}）", "第 3 行第 3 列"),
    "for a spreadsheet": (f'"=""{NUMBER}""",2017-01-01', "第 3 行第 1 列"),
    "of another script": (f"{token(1)},{ARABIC}", "第 3 行第 2 列"),
    "in Chinese": (f"{token(1)},{CHINESE}", "第 3 行第 2 列"),
    "a bank card": (f"{token(1)},6299000000000012", "第 3 行第 2 列"),
    "beside a token": (f"{token(1)} {NUMBER},2017-01-01", "第 3 行第 1 列"),
}  # fmt: skip


@pytest.mark.parametrize("how", RAW)
async def test_a_list_with_a_number_in_it_is_refused_whole_and_leaves_nothing(
    how: str, funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool
) -> None:
    """Also under a right seal: whoever can seal a list can still have mistaken a column."""
    line, where = RAW[how]
    before = await written(admin)
    text = sealed(funds_http, township.county, "dead", ["token,from_on,category", line, f"{token(2)},2017-01-01,"])
    answer = await upload(inspector, "dead", text)
    refused(answer, 422, "raw-id-numbers", {"lines_n": 1, "where": [where]})
    for part in (NUMBER, NUMBER[:14], OLD, FULL_WIDTH, "张某"):
        assert part not in answer.text
    assert await written(admin) == before


@pytest.mark.parametrize("digits", [14, 15])
def test_runs_of_fifteen_digits_are_numbers_and_of_fourteen_are_not(digits: int) -> None:
    lines = ["token", "9" * digits]
    if digits == 15:
        with pytest.raises(RawNumbersSent):
            listfile.must_hold_no_number(lines)
    else:
        listfile.must_hold_no_number(lines)


def test_what_a_list_may_hold_is_no_number() -> None:
    """Figures of neighbouring columns are not one number, nor is a token, a place or the largest amount."""
    cells = ["token", token(3), "2017-01-31", "2017-12-31", "9" * 13, "999999", "420322101201", "2017年1-12月 第3批"]
    listfile.must_hold_no_number([",".join(cells), ";".join(cells), "\t".join(cells)])


async def test_a_department_s_own_file_is_told_by_its_places_only(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool
) -> None:
    before = await written(admin)
    raw = department_csv([Entry(at, "2017-01-01", category="李四") for at in range(100, 130)])
    for encoded in (raw.encode(), raw.encode("utf-8-sig"), raw.encode("gb18030"), raw.replace("\n", "\r\n").encode()):
        answer = await upload(inspector, "dead", encoded)
        where = [f"第 {line} 行第 2 列" for line in range(2, 22)]
        refused(answer, 422, "raw-id-numbers", {"lines_n": 30, "where": where})
        assert not [one for one in ("990000", "李四", "张某", "姓名") if one in answer.text]
    for given in ({**GIVEN, "source": f"县民政局 {NUMBER}"}, {**GIVEN, "document": FULL_WIDTH}):
        [name] = [name for name in GIVEN if given[name] != GIVEN[name]]
        text = sealed(funds_http, township.county, "payroll", ["token", token(1)])
        answer = await upload(inspector, "payroll", text, given)
        refused(answer, 422, "raw-id-numbers", {"where": [name], "in_file": False})
        assert "只能写单位名称和文号" in answer.json()["detail"]
    sheet = workbook([["身份证号"], [NUMBER]])
    for other in (sheet, gzip.compress(raw.encode()), raw.encode("utf-16"), b"", b"%PDF-1.7", b"\xff" * 20):
        assert (await upload(inspector, "dead", other)).json()["type"] == "/problems/file-unreadable"
    assert await written(admin) == before


MORE_WORDS = "等，见名单说明的 words；不能归入的写“其他”）"
FAULTY = {
    "no line": ("payroll", ["token"], "名单没有一行记录"),
    "nothing at all": ("payroll", [], "缺少“token”列"),
    "no token": ("payroll", ["from_on", "2017-01-01"], "缺少“token”列"),
    "a column twice": ("payroll", ["token,from_on,from_on", f"{token(1)},,"], "第 3 列“from_on”重复"),
    "a column of another kind": (
        "dead",
        ["token,from_on,amount_fen", f"{token(1)},2017-01-01,5"],
        "第 3 列不是该类名单的列，可用的列：token、from_on、category",
    ),
    "a needed column missing": ("dead", ["token", token(1)], "缺少“from_on”列"),
    "a needed cell empty": ("dead", ["token,from_on", f"{token(1)},"], "第 3 行 from_on：没有填写"),
    "a short token": ("payroll", ["token", token(1)[:31]], "第 3 行 token：不是 32 个 a–p 字母的令牌"),
    "a token of other letters": ("payroll", ["token", "q" * 32], "第 3 行 token：不是 32 个 a–p 字母的令牌"),
    "a hash of a number": (
        "payroll", ["token", "d41d8cd98f00b204e9800998ecf8427e"], "第 3 行 token：不是 32 个 a–p 字母的令牌",
    ),
    "an empty token": ("payroll", ["token,category", ",行政"], "第 3 行 token：不是 32 个 a–p 字母的令牌"),
    "too many cells": ("payroll", ["token", f"{token(1)},"], "第 3 行：列数与表头不同"),
    "a blank line": ("payroll", ["token,category", f"{token(1)},", "", f"{token(2)},"], "第 4 行：列数与表头不同"),
    "a line twice": ("payroll", ["token", token(1), token(2), token(1)], "第 5 行：与前面某行完全相同"),
    "no day": ("dead", ["token,from_on", f"{token(1)},2017/1/1"], "第 3 行 from_on：不是 2017-01-31 样式的日期"),
    "a day that is none": ("dead", ["token,from_on", f"{token(1)},2017-02-29"], "第 3 行 from_on：没有这一天"),
    "a day after the list's": (
        "dead", ["token,from_on", f"{token(1)},2018-01-01"], "第 3 行 from_on：晚于名单日期 2017-12-31",
    ),
    "a day too early": (
        "dead", ["token,from_on", f"{token(1)},1899-12-31"], "第 3 行 from_on：早于 1900-01-01 或晚于 2200-01-01",
    ),
    "an end before its beginning": (
        "payroll", ["token,from_on,to_on", f"{token(1)},2017-02-01,2017-01-31"], "第 3 行 to_on：早于 from_on",
    ),
    "a long category": (
        "payroll", ["token,category", f"{token(1)},{'长' * 21}"], "第 3 行 category：不是 1 至 20 个字的短词",
    ),
    "a telephone as category": (
        "payroll", ["token,category", f"{token(1)},10012345678"], "第 3 行 category：含有 8 位以上的数字",
    ),
    "an amount in 元": ("car", ["token,amount_fen", f"{token(1)},700.50"], "第 3 行 amount_fen：不是以分为单位的整数"),
    "no cars": ("car", ["token,count_n", f"{token(1)},0"], "第 3 行 count_n：不是正整数"),
    "somebody's own relative": (
        "cadre_relative", ["token,ref_token", f"{token(1)},{token(1)}"], "第 3 行 ref_token：与 token 是同一人",
    ),
    "no place": ("village_cadre", ["token,region_code", f"{token(1)},12345"], "第 3 行 region_code：不是区划代码"),
    "a name as category": (
        "payroll", ["token,category", f"{token(1)},行政", f"{token(2)},张某"],
        f"第 4 行 category：不是该类名单的用词（行政、事业、退休、离休、退职、公务员{MORE_WORDS}",
    ),
    "a word of another kind": (
        "dead", ["token,from_on,category", f"{token(1)},2017-01-01,行政"],
        f"第 3 行 category：不是该类名单的用词（死亡证明、火化、土葬、销户、户籍注销、宣告死亡{MORE_WORDS}",
    ),
    "a name instead of a benefit": (
        "eligible", ["token,category", f"{token(1)},张某"],
        "第 3 行 category：不含待遇名称的用词（补助、补贴、奖补、奖励、补偿、直补等，见名单说明的 words）",
    ),
    "names as categories": (
        "eligible",
        ["token,category", *(f"{token(at)},{chr(0x4E00 + at)}补助" for at in range(1, 102))],
        "category 列有 101 种不同的内容（至多 100 种），可能误用了姓名等列",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", FAULTY)
async def test_a_faulty_list_is_refused_whole_with_its_places(
    how: str, funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool
) -> None:
    kind, body, fault = FAULTY[how]
    before = await written(admin)
    answer = await upload(inspector, kind, sealed(funds_http, township.county, kind, body))
    refused(answer, 422, "comparison-list-faulty", {})
    assert fault in answer.json()["figures"]["faults"]
    assert await written(admin) == before


async def test_a_column_of_names_is_refused_without_a_name_in_the_answer(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool
) -> None:
    """Three people, far from a hundred words: the column 姓名 taken for the category, by a tool that let it be."""
    names = ["张大力", "欧阳某某", "李四"]
    before = await written(admin)
    for kind in ListKind:
        needed = [one.value for one in KINDS[kind].needed if one is not Column.CATEGORY]
        cells = {"from_on": "2017-01-01", "ref_token": token(99), "region_code": township.county + "101201"}
        head = ",".join(["token", "category", *needed])
        rows = [",".join([token(at), name, *(cells[one] for one in needed)]) for at, name in enumerate(names)]
        answer = await upload(inspector, kind, sealed(funds_http, township.county, kind, [head, *rows]))
        refused(answer, 422, "comparison-list-faulty", {"faults_n": 3})
        assert [one[:14] for one in answer.json()["figures"]["faults"]] == [
            f"第 {line} 行 category" for line in (3, 4, 5)
        ]
        assert not [one for one in names if one in answer.text]
    assert await written(admin) == before


SOUND = [
    ("dead", ["token,from_on", f"{token(1)},2017-12-31"]),
    ("dead", ["token,from_on", f"{token(1)},1900-01-01"]),
    ("payroll", ["token,from_on,to_on", f"{token(1)},2017-02-01,2017-02-01", f"{token(2)},,2199-12-31"]),
    ("eligible", ["token,category", f"{token(1)},{'长' * 18}补助", f"{token(2)},1234567补助"]),
    ("eligible", ["token,category", *(f"{token(at)},{chr(0x4E00 + at)}补助" for at in range(1, 101))]),
    ("payroll", ["token,category", f"{token(1)},行政", f"{token(2)},其他", f"{token(3)},"]),
    ("car", ["count_n,token,amount_fen", f"1,{token(1)},{'9' * 13}", f"999999,{token(1)},0"]),
]


@pytest.mark.parametrize(("kind", "body"), SOUND)
async def test_the_near_miss_of_each_fault_stands(
    kind: str, body: list[str], funds_http: httpx.AsyncClient, township: Township, inspector: Caller
) -> None:
    answer = await upload(inspector, kind, sealed(funds_http, township.county, kind, body))
    assert answer.status_code == 201, answer.text


def test_faults_are_counted_and_at_most_twenty_are_named(funds_http: httpx.AsyncClient) -> None:
    body = ["token,from_on", *(f"{token(at)},2018-01-01" for at in range(1, 31))]
    text = sealed(funds_http, "990001", "dead", body)
    key = matching.exchange_key(funds_http.app.state.vault, "990001")  # type: ignore[attr-defined]
    with pytest.raises(ListFaulty) as found:
        listfile.read(text.encode(), ListKind.DEAD, "990001", key)
    assert (found.value.faults_n, len(found.value.faults)) == (30, 20)


async def test_a_list_of_elsewhere_or_altered_is_told_from_one_of_ours(
    funds_http: httpx.AsyncClient, township: Township, inspector: Caller, admin: asyncpg.Pool, tmp_path: Path
) -> None:
    county = township.county
    before = await written(admin)
    text = made(funds_http, county, "dead", [Entry(at, "2017-01-01") for at in range(3)], "2017-12-31", tmp_path)
    lines = text.splitlines()
    refused(
        await upload(inspector, "payroll", text),
        422,
        "another-list",
        {"what": "种类", "made_for": "死亡人员（dead）", "sent_to": "财政供养人员（payroll）"},
    )
    other = made(funds_http, "990000", "dead", [Entry(1, "2017-01-01")], "2017-12-31", tmp_path)
    refused(await upload(inspector, "dead", other), 422, "another-list", {"what": "县", "made_for": "990000"})
    mark = lines[0].split(",")[6]
    foreign = text.replace(mark, "a" * 16)
    refused(
        await upload(inspector, "dead", foreign),
        422,
        "exchange-key-differs",
        {"made_with": "a" * 16, "county_has": mark},
    )
    for altered in (
        "\n".join(lines[:-1]),  # cut off
        text.replace("2017-01-01", "2016-01-01", 1),
        text.replace("2017-12-31", "2017-11-30", 1),  # another day of the list
        "\n".join([lines[0], lines[1], *reversed(lines[2:])]),
        text.replace("2017-01-01", "2017/1/1"),  # as a spreadsheet saves it
        text[:-2] + "x\n",
    ):
        refused(await upload(inspector, "dead", altered), 422, "comparison-list-altered", {"rows_n": 3})
    for no_list in (lines[1], "\n".join(lines[1:]), "张三,男\n", text.replace(",1,", ",2,", 1)):
        answer = await upload(inspector, "dead", no_list)
        assert answer.json()["type"] == "/problems/file-unreadable"
        assert "张三" not in answer.text
    odd = text.replace("dead", "张三", 1)
    refused(await upload(inspector, "dead", odd), 422, "another-list", {"made_for": "无法识别"})
    for lacking in ({"source": "谁"}, {"document": "文"}, {**GIVEN, "source": "  "}):
        assert (await upload(inspector, "dead", text, lacking)).status_code == 422
    assert await written(admin) == before
    assert (await upload(inspector, "dead", text)).status_code == 201


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line any logger writes, the database driver's and the web server's included."""
    found: list[str] = []

    class Kept(logging.Handler):
        def emit(self, entry: logging.LogRecord) -> None:
            if entry.name == "httpx":  # the test's own client, which is no part of the service
                return
            found.append(entry.getMessage() + str(vars(entry)))

    handler, root = Kept(logging.DEBUG), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.setLevel(level)
    root.removeHandler(handler)


async def test_of_planted_numbers_nothing_is_found_anywhere(
    funds_http: httpx.AsyncClient,
    township: Township,
    inspector: Caller,
    admin: asyncpg.Pool,
    tmp_path: Path,
    logged: list[str],
) -> None:
    """Fifty canaries: sent raw and refused, then sent as tokens; in tables, answers and logs none of them stands."""
    planted = [Entry(at, "2017-01-01", category="火化") for at in range(7000, 7050)]
    canaries = [id_number(one.place) for one in planted]
    answers = [
        await upload(inspector, "dead", department_csv(planted)),
        await inspector.request(
            "POST", f"{LISTS}/dead/versions", content=department_csv(planted).encode(), headers=CSV,
            params={**GIVEN, "source": canaries[0]},
        ),
        await upload(inspector, "payroll", sealed(funds_http, township.county, "payroll", ["token", *canaries])),
    ]  # fmt: skip
    assert {one.status_code for one in answers} == {422}
    await record(funds_http, township.county, "dead", planted, tmp_path)
    answers += [await inspector.get(path) for path in (LISTS, f"{LISTS}/dead", f"{LISTS}/dead/versions")]
    tables = await admin.fetch(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'funds'::regnamespace AND relkind IN ('r', 'p')"
    )
    rows = [row[0] for one in tables for row in await admin.fetch(f"SELECT t::text FROM funds.{one['name']} t")]
    assert len(rows) > 50
    assert logged
    everywhere = "\n".join([*rows, *logged, *(one.text for one in answers)])
    for one in canaries:
        for form in (one, one[:17], one.encode().hex(), one[:6] + one[8:17]):
            assert form not in everywhere
