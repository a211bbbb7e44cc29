"""The key as an administrator hands it out, the tool as a department runs it: as processes, and then the upload."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import stat
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.onebox.secrecy import Secrets
from services.funds_api.comparisons import tool
from services.funds_api.comparisons.kinds import KINDS, ListKind, word_of
from tests.callers import funds_caller
from tests.conftest import KEK
from tests.funds_api.comparisons import LISTS, key_file, upload
from tests.funds_api.people import Township, id_number
from treasury.identifiers import id_check_character, is_id_number, normalise_id_number

ROOT = Path(__file__).parents[2]
TOOL = Path(tool.__file__)
SOURCE = TOOL.read_text()


async def ran(*command: str, **environment: str) -> tuple[int, str, str]:
    """A process to its end: code, what it printed, what it complained of."""
    own = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1", **environment}
    process = await asyncio.create_subprocess_exec(
        *command, env=own, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def tokenised(
    folder: Path, source: str | bytes, *options: str, kind: str = "dead", **more: str
) -> tuple[int, str, str]:
    """The tool over a department's file, isolated: no path, no packages, no project; the list goes to list.csv."""
    file = folder / "department.csv"
    file.write_bytes(source.encode() if isinstance(source, str) else source)
    named = {
        "key": str(folder / "key.json"),
        "on": "2017-12-31",
        "id": "身份证号",
        "out": str(folder / "list.csv"),
        **more,
    }
    return await ran(
        sys.executable, "-I", "-S", str(TOOL), str(file), "--kind", kind,
        *(part for name, value in named.items() for part in (f"--{name}", value)), *options,
    )  # fmt: skip


@pytest.fixture
def folder(funds_http: httpx.AsyncClient, county: str, tmp_path: Path) -> Path:
    """A folder of a department that has its county's key."""
    key_file(funds_http, county, tmp_path).rename(tmp_path / "key.json")
    return tmp_path


def old(place: int) -> str:
    number = id_number(place)
    return number[:6] + number[8:17]


async def test_from_the_key_to_the_hit(
    funds_http: httpx.AsyncClient, county: str, admin: asyncpg.Pool, urls: dict[str, str], tmp_path: Path
) -> None:
    await Township(funds_http, county, fen=0, households=range(5)).open()
    home = tmp_path / "var"
    home.mkdir()
    replace(Secrets.drawn(), kek=KEK).keep(home / "keys.json")
    command = [
        sys.executable,
        "-m",
        "deploy.onebox.exchange_key",
        "--county",
        county,
        "--for",
        "虚构县民政局",
        "--by",
        "张三",
    ]
    own = {"PYTHONPATH": str(ROOT), "QINGLIU_DATABASE_URL": urls["admin"]}
    file = tmp_path / "key.json"
    code, out, err = await ran(*command, "--home", str(home), "--to", str(file), **own)
    assert (code, err) == (0, "")
    key = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key["key"] not in out
    body = await admin.fetchval(
        "SELECT body FROM funds.event WHERE stream = $1 AND kind = 'ExchangeKeyHandedOut'", county
    )
    told = {"county_code": county, "department": "虚构县民政局", "handed_by": "张三", "key_mark": key["mark"]}
    assert json.loads(body) == told
    again = await ran(*command, "--home", str(home), "--to", str(file), **own)
    assert again[0] == 1
    assert "已存在" in again[2]
    assert await admin.fetchval("SELECT count(*) FROM funds.event WHERE kind = 'ExchangeKeyHandedOut'") == 1

    inspector = funds_caller(funds_http, "inspector", county)
    given_out = await inspector.get(f"{LISTS}/tool")
    assert given_out.text == SOURCE == (tmp_path / "qingliu_comparison_list.py").read_text()
    rows = [
        (id_number(1), "2017/3/1"),
        (old(2), "2017年3月2日"),
        (id_number(800), "20170303"),
        (id_number(1), "2017-03-01"),
    ]
    source = "虚构县死亡人员\n序号,姓名,身份证号,死亡日期\n" + "".join(f"1,张某,{one},{on}\n" for one, on in rows)
    code, out, err = await tokenised(tmp_path, source.encode("gb18030"), **{"from": "死亡日期"})
    assert (code, err) == (0, "")
    assert [part in out for part in ("读入行数：4", "写出条数：3", "15 位旧号升位：1", "并为一条：1")] == [True] * 4
    assert (tmp_path / "list.csv.summary.txt").read_text() == out
    made = (tmp_path / "list.csv").read_text()
    assert not [one for one, _ in rows if one in made or one in out]
    assert made.splitlines()[2:] == sorted(made.splitlines()[2:])

    version = (await upload(inspector, "dead", made)).json()["version"]
    assert (version["rows_n"], version["hits_n"], version["list_on"]) == (3, 2, "2017-12-31")
    assert f"SHA-256：{version['file_sha256']}" in out
    assert f"密钥标记：{(await inspector.get(LISTS)).json()['key_mark']}" in out


@pytest.mark.parametrize(
    ("elsewhere", "department", "kek", "why"),
    [
        ("999999", "民政局", KEK, "没有登记县级区划"),
        ("99", "民政局", KEK, "没有登记县级区划"),
        ("", " ", KEK, "须填写名称"),
        ("", id_number(1), KEK, "不得含证件号码"),
        ("", "民政局", "d3Jvbmcga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXMhISE=", "打不开"),
        ("", "民政局", None, "不存在"),
    ],
)
async def test_no_key_leaves_without_a_right_reason(
    elsewhere: str,
    department: str,
    kek: str | None,
    why: str,
    county: str,
    admin: asyncpg.Pool,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    asked = elsewhere or county
    if kek is not None:
        replace(Secrets.drawn(), kek=kek).keep(tmp_path / "keys.json")
    code, _, err = await ran(
        sys.executable, "-m", "deploy.onebox.exchange_key", "--county", asked, "--for", department, "--by", "张三",
        "--home", str(tmp_path), "--to", str(tmp_path / "key.json"),
        PYTHONPATH=str(ROOT), QINGLIU_DATABASE_URL=urls["admin"],
    )  # fmt: skip
    assert code == 1
    assert why in err
    assert not (tmp_path / "key.json").exists()
    # Of a province other tests write other things.
    handed = "SELECT count(*) FROM funds.event WHERE stream = $1 AND kind = 'ExchangeKeyHandedOut'"
    assert await admin.fetchval(handed, asked) == 0


async def test_lines_that_cannot_stand_are_named_without_a_number(folder: Path) -> None:
    wrong = {
        2: (id_number(1)[:17] + ("0" if id_number(1)[17] != "0" else "1"), "2017-01-01", "身份证号校验位不对"),
        3: ("99000019800231101X", "2017-01-01", "身份证号中的出生日期不存在"),
        4: (id_number(2)[:17], "2017-01-01", "身份证号不是 18 位（或 15 位旧号）"),
        5: ("", "2017-01-01", "没有填写身份证号"),
        6: (id_number(3), "", "没有填写“死亡日期”"),
        7: (id_number(3), "2018-01-01", "起始日期晚于名单日期 2017-12-31"),
        8: (id_number(3), "2017-13-01", "日期无法识别或不合常理"),
        9: ("6.22848E+17", "2017-01-01", "身份证号不是 18 位（或 15 位旧号）"),
    }
    good = [f"{id_number(4).lower()},2017-12-31", f"＝“{id_number(5)}”,2017-01-01"]
    source = "\n".join(["身份证号,死亡日期", *(f"{one},{on}" for one, on, _ in wrong.values()), *good])
    code, out, err = await tokenised(folder, source, **{"from": "死亡日期"})
    assert (code, out) == (1, "")
    assert err.splitlines()[:-1] == [f"第 {line} 行：{why}" for line, (_, _, why) in wrong.items()]
    assert not [one for one, _, _ in wrong.values() if one and one in err]
    assert {one.name for one in await asyncio.to_thread(lambda: list(folder.iterdir()))} == {
        "department.csv",
        "key.json",
    }
    code, out, _ = await tokenised(folder, source, "--skip-invalid", **{"from": "死亡日期"})
    assert code == 0
    assert [part in out for part in ("写出条数：2", "不合格行数：8")] == [True, True]
    code, _, err = await tokenised(folder, source, "--skip-invalid", **{"from": "死亡日期"})
    assert (code, "已存在" in err) == (1, True)


async def test_a_category_outside_the_words_of_its_kind_is_told_before_the_upload(folder: Path) -> None:
    """The column 姓名 taken for the category: no list, no name in what is said, and the words that may stand there."""
    names = ["张大力", "欧阳某某"]
    rows = [(id_number(1), "行政"), (id_number(2), names[0]), (id_number(3), "死亡证明"), (id_number(4), names[1])]
    rows += [(id_number(5), " 其他 "), (id_number(6), "")]
    source = "\n".join(["身份证号,身份", *(f"{one},{said}" for one, said in rows)])
    code, out, err = await tokenised(folder, source, kind="payroll", category="身份")
    why = "类别不是该类名单的用词（行政、事业、退休、离休、退职、公务员等；不能归入的写“其他”）"
    assert (code, out) == (1, "")
    *faults, words, end = err.splitlines()
    assert faults == [f"第 {line} 行：{why}" for line in (3, 4, 5)]
    assert words == f"该类名单类别列的全部用词：{'、'.join(KINDS[ListKind.PAYROLL].words)}"
    assert "有 3 行不合格" in end
    assert not [one for one in names if one in err]
    assert not (folder / "list.csv").exists()
    code, out, err = await tokenised(folder, source, "--skip-invalid", kind="payroll", category="身份")
    assert (code, "写出条数：3" in out) == (0, True)
    assert not [one for one in names if one in out + err + (folder / "list.csv").read_text()]


def words_told(kind: str, said: str) -> str:
    """What the tool says of a category: nothing when it may stand."""
    try:
        tool.must_be_word(said, kind)
    except tool.Wrong as wrong:
        return str(wrong)
    return ""


@pytest.mark.parametrize("kind", list(ListKind))
def test_the_tool_lets_stand_what_the_upload_does_and_nothing_else(kind: ListKind) -> None:
    every = {word for told in KINDS.values() for word in told.words}
    near = {f"{word}者" for word in every} | {word[:-1] for word in every} | {"张大力"}
    for said in (every | near) - {""}:
        assert (words_told(kind.value, said) == "") == (word_of(kind, said) is not None), said
    assert "张大力" not in words_told(kind.value, "张大力") != ""


async def test_the_words_of_a_kind_go_through_to_its_version(
    funds_http: httpx.AsyncClient, county: str, folder: Path
) -> None:
    """What the tool lets stand is taken, the other spellings of a word and the names of benefits too."""
    await Township(funds_http, county, fen=0, households=range(3)).open()
    inspector = funds_caller(funds_http, "inspector", county)
    for kind, said in (("business", "个体工商户"), ("eligible", "高龄津贴（八十岁）"), ("disability", "肢体残疾二级")):
        (folder / "list.csv").unlink(missing_ok=True)
        source = f"身份证号,类别\n{id_number(1)},{said}"
        code, _, err = await tokenised(folder, source, kind=kind, category="类别")
        assert (code, err) == (0, "")
        answer = await upload(inspector, kind, (folder / "list.csv").read_text())
        assert answer.status_code == 201, answer.text
        assert answer.json()["version"]["hits_n"] == 1


@pytest.mark.parametrize(
    ("source", "kind", "options", "why"),
    [
        (b"PK\x03\x04", "payroll", {}, "Excel 工作簿"),
        ("身份证号\n", "payroll", {}, "没有一行可写"),
        ("号码\n1", "payroll", {}, "没有找到这些列"),
        ("身份证号,身份证号\n1,2", "payroll", {}, "出现不止一次"),
        ("身份证号\n1", "dead", {}, "须指明：--from"),
        ("身份证号\n1", "dead", {"from": "1", "amount": "1"}, "没有这些列：--amount"),
        ("身份证号\n1", "payroll", {"id": "0"}, "从 1 起"),
        ("身份证号\n1", "payroll", {"key": "/nowhere/key.json"}, "密钥文件读不出来"),
        ("身份证号\n1", "payroll", {"out": "/nowhere/list.csv"}, "1 行不合格"),
    ],
)  # fmt: skip
async def test_what_the_tool_cannot_work_with(
    source: str | bytes, kind: str, options: dict[str, str], why: str, folder: Path
) -> None:
    code, out, err = await tokenised(folder, source, kind=kind, **options)
    assert (code, out) == (1, "")
    assert why in err
    assert not (folder / "list.csv").exists()


async def test_a_damaged_key_is_known_before_a_list_is_made(folder: Path) -> None:
    key = json.loads((folder / "key.json").read_text())
    (folder / "key.json").write_text(json.dumps({**key, "key": "00" * 32}))
    code, _, err = await tokenised(folder, f"身份证号\n{id_number(1)}", kind="payroll")
    assert (code, "密钥文件已损坏" in err) == (1, True)


async def test_columns_by_number_need_no_header(folder: Path) -> None:
    for first in ("", "号码;价值\n"):
        (folder / "list.csv").unlink(missing_ok=True)
        source = f"{first}{id_number(1)};7.05\n{id_number(2)};"
        code, _, err = await tokenised(folder, source, kind="car", id="1", amount="2", unit="万元")
        assert (code, err) == (0, "")
        lines = (folder / "list.csv").read_text().splitlines()
        assert lines[1] == "token,amount_fen"
        assert sorted(line.split(",")[1] for line in lines[2:]) == ["", "7050000"]


def test_the_tool_is_one_file_for_python_3_8_and_nothing_else() -> None:
    tree = ast.parse(SOURCE, feature_version=(3, 8))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in ([one.name for one in node.names] if isinstance(node, ast.Import)
                     else [node.module or "."] if isinstance(node, ast.ImportFrom) else [])
    }  # fmt: skip
    assert imported
    assert imported <= set(sys.stdlib_module_names) - {"socket", "urllib", "http", "ssl", "subprocess"}


numbers = st.builds(
    lambda region, day, serial: f"{region:06d}{day.year:04d}{day:%m%d}{serial:03d}",
    st.integers(0, 999_999), st.dates(), st.integers(0, 999),
).map(lambda first: first + id_check_character(first))  # fmt: skip
printed = st.one_of(numbers, numbers.map(lambda one: one.lower()), st.text("0123456789Xx １", max_size=19))


@given(printed)
def test_the_tool_takes_a_number_if_the_register_does(text: str) -> None:
    number = normalise_id_number(text)
    if is_id_number(number):
        assert tool.full_number(text) == number
    elif len(number) != tool.OLD_LENGTH:
        with pytest.raises(tool.Wrong):
            tool.full_number(text)


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_an_old_number_becomes_the_new_one_of_the_same_person(born: date, serial: int) -> None:
    first = f"990000{born:%Y%m%d}{serial:03d}"
    assert tool.full_number(first[:6] + first[8:]) == first + id_check_character(first)
