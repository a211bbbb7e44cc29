"""The PDF of a report: its pages come to its totals, each character can be read out again, nothing told is markup."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib.resources
import json
import re
import struct
import zlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.audit_api.reports import findings_list, printer, printing
from services.audit_api.reports.facts import FindingFact
from services.audit_api.reports.model import Report, ReportDoesNotTie
from services.audit_api.reports.printing import PrintRoom
from services.audit_api.reports.refusals import ReportNotPrinted, ReportUnderWay
from tests.unit.test_report_model import finding, report

PATIENT = 300.0  # a busy machine breaks no promise


def of_many(rows_n: int) -> Report:
    """Titles of one to nine lines, so that no two pages hold as many rows; every last figure of a fen occurs."""
    found = [
        finding(10_000_019 * at % 10**11 + at, at, ("第一镇财政所",), title="滞留扶贫资金" * (1 + at * 7 % 20))
        for at in range(1, rows_n + 1)
    ]
    return report(findings_list.section(found))


async def pages_of(told: Report) -> tuple[list[dict[str, Any]], bytes]:
    head, _, pdf = (await printing._run(printing._told(told))).partition(b"\n")
    return json.loads(head)["pages"], pdf


def readable(pdf: bytes) -> set[str]:
    """Every character that the file says how to read out (its ToUnicode maps)."""
    found: set[str] = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"beginbfchar" not in text:
            continue
        for part in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
            found |= {bytes.fromhex(to.decode()).decode("utf-16-be") for to in re.findall(rb"<\w+>\s*<(\w+)>", part)}
    return set("".join(found))


async def test_the_pages_come_to_the_total_to_the_fen_and_hold_every_row_once() -> None:
    told = of_many(200)
    pages, pdf = await pages_of(told)
    [section] = told.sections
    totals = section.totals
    assert pdf.startswith(b"%PDF-")
    assert len(pages) > 8
    assert len({page["lines"] for page in pages}) > 2, "pages of one size would prove little"
    assert sum(page["lines"] for page in pages) == 200
    assert [sum(page["fen"][at] for page in pages) for at in range(3)] == [
        totals["amount_fen"],
        totals["rectified_fen"],
        totals["outstanding_fen"],
    ]
    assert [page["page"] for page in pages] == sorted({page["page"] for page in pages})


async def test_a_page_that_is_a_fen_off_or_a_row_short_is_not_handed_out() -> None:
    told = of_many(30)
    pages, _ = await pages_of(told)
    printing._must_tie(told, pages)
    off = [{**pages[0], "fen": [pages[0]["fen"][0] + 1, *pages[0]["fen"][1:]]}, *pages[1:]]
    with pytest.raises(ReportDoesNotTie, match="涉及金额"):
        printing._must_tie(told, off)
    with pytest.raises(ReportDoesNotTie, match="行数"):
        printing._must_tie(told, [{**pages[0], "lines": pages[0]["lines"] - 1}, *pages[1:]])


async def test_every_character_can_be_read_out_and_the_fonts_are_our_own() -> None:
    told = report(
        findings_list.section([finding(12_345_678_901, title="郧西县土门镇：蘑菇大棚〔2017〕12号，㙦、鄖陽")])
    )
    _, pdf = await pages_of(told)
    wanted = set("问题清单郧西县土门镇：蘑菇大棚〔2017〕12号，㙦鄖陽123,456,789.01本页合计第共页说明")
    assert wanted - readable(pdf) == set()
    assert set(re.findall(rb"/FontName ?/\w+\+(\w+)", pdf)) == {b"NotoSerifSC", b"NotoSansSC"}


async def test_what_is_told_is_never_read_as_markup() -> None:
    title = '#import "@preview/tablex:0.0.8" *粗* $x$ #read("/etc/passwd") = 标题 <label> \\ // 注'
    pages, pdf = await pages_of(report(findings_list.section([finding(title=title)])))
    assert len(pages) == 1
    assert set('#import"@/:*$()=<>\\') - readable(pdf) == set()


async def test_a_character_without_a_glyph_is_marked_and_the_report_is_printed() -> None:
    told = report(findings_list.section([finding(title="表情😀与\U000323af字")]))
    _, pdf = await pages_of(told)
    assert "〓" in readable(pdf)
    assert "😀" not in readable(pdf)


async def test_a_word_longer_than_its_column_is_broken_and_not_written_over_its_neighbours() -> None:
    """Twelve rows of one line each are a page; broken, each is more than ten lines high."""
    told = report(findings_list.section([finding(at, title="A" * 200) for at in range(1, 13)]))
    pages, _ = await pages_of(told)
    assert len(pages) > 1
    short = report(findings_list.section([finding(at, title="A" * 11) for at in range(1, 13)]))
    assert len((await pages_of(short))[0]) == 1


def font_that_draws(character: int, at: int = 0) -> bytes:
    """The package's own font, laid `at` bytes into a file, whose last group of characters is this one instead."""
    path = Path(str(importlib.resources.files(printer.FONTS))) / "NotoSerifSC-Regular.otf"
    font = bytearray(path.read_bytes())
    [tables_n] = struct.unpack_from(">H", font, 4)
    entries = {bytes(font[one : one + 4]): one for one in range(12, 12 + 16 * tables_n, 16)}
    [cmap] = struct.unpack_from(">I", font, entries[b"cmap"] + 8)
    [maps_n] = struct.unpack_from(">H", font, cmap + 2)
    for one in range(maps_n):
        start = cmap + struct.unpack_from(">I", font, cmap + 4 + 8 * one + 4)[0]
        if struct.unpack_from(">H", font, start)[0] == 12:
            [groups_n] = struct.unpack_from(">I", font, start + 12)
            struct.pack_into(">II", font, start + 16 + 12 * (groups_n - 1), character, character)
    for entry in entries.values():
        struct.pack_into(">I", font, entry + 8, struct.unpack_from(">I", font, entry + 8)[0] + at)
    return bytes(font)


async def test_a_character_that_only_the_countys_own_font_draws_is_printed(tmp_path: Path) -> None:
    told = report(findings_list.section([finding(title="人名\U000323af")]))
    tmp_path.joinpath("county.otf").write_bytes(font_that_draws(0x323AF))
    tmp_path.joinpath("broken.ttf").write_bytes(b"no font")
    answer = await printing._run(printing._told(told, str(tmp_path)))
    assert "\U000323af" in readable(answer.partition(b"\n")[2])


def test_a_collection_draws_what_any_of_its_fonts_draws() -> None:
    head = struct.pack(">4sIII", b"ttcf", 0x00010000, 1, 16)
    collection = printer.characters(head + font_that_draws(0x323AF, at=16))
    assert {0x323AF, ord("国")} <= collection


async def test_the_same_report_has_the_same_bytes() -> None:
    told = of_many(3)
    room = PrintRoom(PATIENT)
    assert (await room.printed(told)).pdf == (await room.printed(told)).pdf


async def test_a_printer_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    endless = tmp_path / "printer.py"
    endless.write_text("import signal; signal.pause()")
    monkeypatch.setattr(printing, "SCRIPT", endless)
    started: list[asyncio.subprocess.Process] = []
    spawn = asyncio.create_subprocess_exec

    async def kept(*args: Any, **more: Any) -> asyncio.subprocess.Process:
        started.append(await spawn(*args, **more))
        return started[-1]

    monkeypatch.setattr(printing.asyncio, "create_subprocess_exec", kept)
    with pytest.raises(ReportNotPrinted):
        await PrintRoom(most_seconds=2).printed(of_many(1))
    assert [one.returncode for one in started] == [-9]


async def test_a_printer_that_fails_gives_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "printer.py"
    broken.write_text("print('half a file'); raise SystemExit(1)")
    monkeypatch.setattr(printing, "SCRIPT", broken)
    with pytest.raises(ReportNotPrinted):
        await PrintRoom(PATIENT).printed(of_many(1))


async def test_a_caller_has_one_report_made_at_a_time() -> None:
    room = PrintRoom()
    async with room.turn("a", "findings"):
        with pytest.raises(ReportUnderWay):
            async with room.turn("a", "orders"):
                pass
        async with room.turn("b", "orders"):
            pass
    async with room.turn("a", "orders"):
        pass


def test_the_printer_is_told_no_secret() -> None:
    assert set(printing._ENVIRONMENT) == {"RAYON_NUM_THREADS"}
    assert date(2017, 11, 30).isoformat() in printing._told(of_many(1)).decode()


async def test_others_have_their_turn_while_a_report_is_printed() -> None:
    printing_one = asyncio.create_task(PrintRoom(PATIENT).printed(of_many(50)))
    turns_n = 0
    while not printing_one.done():
        await asyncio.sleep(0.001)
        turns_n += 1
    assert (await printing_one).pages_n > 2
    assert turns_n > 20


def letter_of(paragraphs_n: int, characters_n: int) -> Report:
    """A letter of so many paragraphs with so many characters each."""
    told = report(findings_list.section([finding()]))
    return dataclasses.replace(told, paragraphs=("国" * characters_n,) * paragraphs_n)


async def pages_of_letter(paragraphs_n: int, characters_n: int = 26) -> int:
    """How many pages a letter fills: its table begins on the next."""
    pages, _ = await pages_of(letter_of(paragraphs_n, characters_n))
    return int(pages[0]["page"]) - 1


async def test_a_page_of_a_letter_holds_22_lines_of_28_characters() -> None:
    # 26 characters behind an indent of two are one line, and 27 are two.
    begins = 14
    while await pages_of_letter(begins) < 3:
        begins += 1
    assert await pages_of_letter(begins + 21) == 3
    assert await pages_of_letter(begins + 22) == 4
    assert await pages_of_letter(begins + 21, 27) > 4


async def test_what_is_taller_than_a_page_goes_on_on_the_next() -> None:
    found = finding(12_345, units=tuple(f"第{at}镇财政所" for at in range(300)))
    pages, pdf = await pages_of(report(findings_list.section([found])))
    assert sum(page["lines"] for page in pages) == 1
    assert pdf.count(b"NotoSerifSC") > 0
    assert set("0123456789第镇财政所；") - readable(pdf) == set()
    assert await sheets(found) > 2


async def sheets(found: FindingFact) -> int:
    """On how many pages the list of one finding lies: the second section begins on the next."""
    one = findings_list.section([found])
    pages, _ = await pages_of(report(one, one))
    return int(pages[-1]["page"]) - 1


@pytest.mark.parametrize(
    ("families", "body", "title", "own"),
    [
        (["Noto Sans SC", "Noto Serif SC"], ["Noto Serif SC"], ["Noto Serif SC"], False),
        (
            ["FZXiaoBiaoSong-B05S", "FangSong_GB2312", "Noto Sans SC", "Noto Serif SC"],
            ["FangSong_GB2312", "Noto Serif SC"],
            ["FZXiaoBiaoSong-B05S", "Noto Serif SC"],
            True,
        ),
        (["方正小标宋简体", "仿宋"], ["仿宋", "Noto Serif SC"], ["方正小标宋简体", "Noto Serif SC"], True),
    ],
)
def test_the_fonts_of_the_office_come_before_ours(
    families: list[str], body: list[str], title: list[str], *, own: bool
) -> None:
    told = printer.chosen(families)
    assert (told["body"], told["title"], told["own_title"]) == (body, title, own)


async def test_a_folder_of_fonts_is_looked_into_and_one_that_is_not_there_harms_nothing(tmp_path: Path) -> None:
    told = report(findings_list.section([finding()]))
    ours = await PrintRoom(PATIENT).printed(told)
    for folder in (tmp_path, tmp_path / "nothing"):
        assert (await PrintRoom(PATIENT, str(folder)).printed(told)).pdf == ours.pdf
