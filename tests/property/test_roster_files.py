"""Damaged and hostile files: whatever the bytes, they are read as rows or refused as a file; nothing else happens."""

from __future__ import annotations

import contextlib
import io
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.vault import Vault, wrap_new_key
from services.funds_api.columns import FileUnreadable
from services.funds_api.households import register
from services.funds_api.payments import check, workbook
from tests.funds_api.people import id_number, read_roster, register_csv, roster_csv
from tests.funds_api.people import workbook as book_of

KEYS = [wrap_new_key(bytes(32), 1, "cell"), wrap_new_key(bytes(32), 1, "token")]
TOKENS = Vault(bytes(32), KEYS).tokens
BOOK = book_of([["标题"], ["姓名", "身份证号", "金额（元）"], ["张三", id_number(1), 1.5], ["x", id_number(2), "2"]])
ROSTER = roster_csv([(id_number(place), str(place)) for place in range(5)]).encode()
REGISTER = register_csv("990001101201", range(5)).encode()
PIECES = [b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf", "，".encode(), b"\t", b'""', b"<", b">"]


def damaged(raw: bytes, chance: random.Random) -> bytes:
    bent = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(bent) + 1)
        match chance.randrange(4):
            case 0:
                bent[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                bent[at:at] = chance.choice(PIECES)
            case 2:
                del bent[at : at + chance.randint(1, 30)]
            case _:
                bent[at:at] = bent[at : at + chance.randint(1, 50)]
    return bytes(bent)


def repacked(raw: bytes, chance: random.Random) -> bytes:
    """The workbook with some of its parts damaged and some gone, in a sound archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as whole, zipfile.ZipFile(out, "w") as bent:
        for name in whole.namelist():
            part = whole.read(name)
            if chance.random() < 0.95:
                bent.writestr(name, damaged(part, chance) if chance.random() < 0.3 else part)
    return out.getvalue()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    for raw in (damaged(ROSTER, chance), damaged(BOOK, chance), repacked(BOOK, chance), chance.randbytes(60)):
        try:
            _, rows = read_roster(raw)
        except FileUnreadable:
            continue
        else:
            assert check.with_tokens(rows, TOKENS).height == rows.height
            assert rows["line"].is_sorted()
    with contextlib.suppress(FileUnreadable):
        register.valid_numbers(register.read(damaged(REGISTER, chance)))


@pytest.mark.parametrize("reference", ["XFD1048576", "BA1", "A200000", "a1048576", "zz9"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/elsewhere.bin"])
def test_a_far_cell_is_refused_before_memory_is_taken(reference: str, part: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as whole, zipfile.ZipFile(out, "w") as bent:
        for name in whole.namelist():
            text = whole.read(name).replace(b'r="C2"', f'r = "{reference}"'.encode())
            bent.writestr(part if name == "xl/worksheets/sheet1.xml" else name, text)
    with pytest.raises(FileUnreadable, match="工作表过大"):
        read_roster(out.getvalue())


@pytest.mark.parametrize("filler", [b"\x00", b" ", b"<row/>"])
def test_a_part_that_is_packed_to_nothing_is_refused_unlooked_at(filler: bytes) -> None:
    """A file of some kilobytes would otherwise unpack to hundreds of MiB, each of them searched."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bent:
        for name in whole.namelist():
            bent.writestr(name, whole.read(name))
        bent.writestr("xl/media/picture.png", filler * (8 * 1024 * 1024 // len(filler)))
    assert len(out.getvalue()) < 64 * 1024
    with pytest.raises(FileUnreadable, match="解压后过大"):
        read_roster(out.getvalue())


@pytest.mark.parametrize("at", [0, workbook._LOOK_BYTES - 5, workbook._LOOK_BYTES, 3 * workbook._LOOK_BYTES - 1])
@pytest.mark.parametrize("cell", [b' r="XFD1"', b" r" + b" " * 1500 + b'="XFD1"', b' r="B' + b"0" * 1500 + b'200000"'])
def test_a_far_cell_is_seen_wherever_the_pieces_are_cut(at: int, cell: bytes) -> None:
    part = io.BytesIO(b"x" * at + cell + b"x" * (4 * workbook._LOOK_BYTES - at))
    assert workbook._has_far_cell(part, set())


def test_cells_up_to_the_bound_are_read() -> None:
    wide = book_of([["姓名", "身份证号", "金额", *range(3, workbook.MAX_COLUMNS)], ["张三", id_number(1), 1]])
    assert read_roster(wide)[1].height == 1
