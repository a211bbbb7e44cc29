"""What is handed to the verifier as a file, a key or a console: damaged, disguised, too large, unreadable, or old."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.audit_api.record import notes
from services.audit_api.record.verify import (
    EMPTY_ROOT,
    KEYS_FORMAT,
    NOTE_KEY,
    Bad,
    Checkpoint,
    Key,
    _read,
    _rows,
    main,
    signature_holds,
    verify,
)
from tests.callers import LOG
from tests.unit.sealed_exports import Export, sealed_export

ROOT = Path(__file__).parents[2]
MARK = b"\xef\xbb\xbf"
IDENTITY = b"\x01" + bytes(31)


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "journal.tsv").read_bytes().splitlines(keepends=True)


def a_field_less(line: bytes) -> bytes:
    return b"\t".join(line.split(b"\t")[1:])


def no_number(line: bytes) -> bytes:
    fields = line.split(b"\t")
    return b"\t".join([*fields[:3], b"x", *fields[4:]])


def no_number_of_the_log(line: bytes) -> bytes:
    return b"x" + line


@pytest.mark.parametrize("damage", [a_field_less, no_number, no_number_of_the_log])
def test_a_row_that_cannot_be_read_is_refused_at_its_position(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    folder = sealed_export().write(tmp_path / "export")
    lines = lines_of(folder)
    lines[321] = damage(lines[321])
    (folder / "journal.tsv").write_bytes(b"".join(lines))
    with pytest.raises(Bad, match="导出文件的一行格式有误") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 321


def test_a_last_row_without_its_end_is_refused_at_its_position_and_an_unsealed_one_has_none(tmp_path: Path) -> None:
    folder = sealed_export().write(tmp_path / "export")
    (folder / "journal.tsv").write_bytes(b"".join(lines_of(folder))[:-1])
    with pytest.raises(Bad, match="导出文件的一行格式有误") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 599
    found = sealed_export()
    found.rows, found.unsealed = found.rows[:500], found.rows[500:]
    found.sign(500)
    folder = found.write(tmp_path / "unsealed")
    lines = lines_of(folder)
    lines[550] = a_field_less(lines[550])
    (folder / "journal.tsv").write_bytes(b"".join(lines))
    with pytest.raises(Bad, match="导出文件的一行格式有误") as bad:
        verify(folder, LOG.key)
    assert bad.value.position is None, "no position of the log"


def cut_to(found: Export, size: int) -> None:
    """The tail cut off, with its heads and checkpoints, as a careful forger would; what tiles there were stay."""
    del found.rows[size:]
    for row in found.rows:
        found.heads[row[1], row[2]] = (int(row[3]), row[13].decode())
    found.notes = found.notes[: size // 100]


def test_tiles_behind_a_tail_that_was_cut_tell_of_it(tmp_path: Path) -> None:
    found = sealed_export()
    cut_to(found, 300)
    folder = found.write(tmp_path / "cut")
    with pytest.raises(Bad, match="摘要不止这些：尾部被截去") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 300
    tiles = (folder / "tiles.tsv").read_bytes()
    (folder / "tiles.tsv").write_bytes(tiles.replace(b"\n1\t", b"\n5\t"))
    with pytest.raises(Bad, match="摘要缺失") as bad:
        verify(folder, LOG.key)
    assert bad.value.position == 256
    (folder / "tiles.tsv").write_bytes(tiles[: tiles.index(b"\n") + 1])
    assert verify(folder, LOG.key).startswith("300 条日志均与检查点相符"), "an older export is no forged one"


def test_what_an_editor_saved_with_a_mark_of_utf8_is_read_as_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = sealed_export()
    folder = found.write(tmp_path / "export")
    for name, content in (
        ("seen.txt", found.notes[2].encode()),
        ("keys.json", json.dumps({"format": KEYS_FORMAT, "size": 600, "changes": []}).encode()),
        ("export/export.json", (folder / "export.json").read_bytes()),
    ):
        (tmp_path / name).write_bytes(MARK + content)
    more = ["--seen", str(tmp_path / "seen.txt"), "--keys", str(tmp_path / "keys.json")]
    assert main([str(folder), "--key", LOG.key.text(), *more]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", ["export.json", "journal.tsv", "checkpoints.jsonl"])
def test_what_may_not_be_read_is_no_verdict(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sealed_export().write(tmp_path / "export")
    whole = Path.open

    def closed(file: Path, *arguments: Any, **more: Any) -> Any:
        if file.name == name:
            raise PermissionError(13, "Permission denied", str(file))
        return whole(file, *arguments, **more)

    monkeypatch.setattr(Path, "open", closed)  # a superuser may read everything
    assert main([str(folder), "--key", LOG.key.text()]) == 2
    assert capsys.readouterr().out == f"无法核验：没有读取的权限：{folder / name}\n"


def respelled(packed: str) -> str:
    """Another spelling in base64 of the same bytes: in the bits behind the last one."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert packed.endswith("=")
    return packed[:-2] + digits[digits.index(packed[-2]) + 1] + "="


def test_base64_has_one_spelling() -> None:
    note = sealed_export().notes[0]
    head, line = note.split("\n\n")
    origin, size, root = head.split("\n")
    _, name, packed = line.rstrip("\n").split(" ")
    Checkpoint.read(note).must_be_signed(LOG.key)
    for other in (
        f"{head}\n\n\u2014 {name} {respelled(packed)}\n",
        f"{origin}\n{size}\n{respelled(root)}\n\n{line}",
    ):
        with pytest.raises(Bad, match="检查点格式有误"):
            Checkpoint.read(other)
    with pytest.raises(Bad, match="公钥格式有误"):
        Key.read(LOG.key.text() + "=")


@pytest.mark.parametrize(
    "public",
    [
        IDENTITY,
        (2**255 - 20).to_bytes(32, "little"),  # order 2
        bytes(32),  # order 4
        bytes(31) + b"\x80",
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),  # order 8
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
        (2**255 - 19).to_bytes(32, "little"),  # no canonical point
        (2).to_bytes(32, "little"),  # no point of the curve
    ],
    ids=bytes.hex,
)
def test_a_key_under_which_everybody_signs_is_none(public: bytes) -> None:
    with pytest.raises(Bad, match="弱密钥"):
        Key.read(Key("log.test", NOTE_KEY, public).text())


def test_under_the_neutral_element_anything_is_signed() -> None:
    assert signature_holds(IDENTITY, b"whatever", IDENTITY + bytes(32)), "why such a key is refused where it is read"


def test_a_log_of_nothing_has_the_root_of_nothing_and_no_size_is_longer_than_a_position() -> None:
    assert Checkpoint.read(notes.checkpoint(LOG, 0, EMPTY_ROOT)).size == 0
    with pytest.raises(Bad, match="不是空日志的根") as bad:
        Checkpoint.read(notes.checkpoint(LOG, 0, b"r" * 32))
    assert bad.value.position == 0
    assert Checkpoint.read(notes.checkpoint(LOG, 2**63 - 1, b"r" * 32)).size == 2**63 - 1
    with pytest.raises(Bad, match="检查点内容有误"):
        Checkpoint.read(notes.checkpoint(LOG, 10**19, b"r" * 32))


def test_a_file_is_read_up_to_the_largest_and_no_further(tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text('{"a": 1}')
    assert _read(file, 8) == {"a": 1}
    with pytest.raises(Bad, match="文件过大，超过 7 字节"):
        _read(file, 7)


def test_a_line_is_read_up_to_the_longest_and_no_further(tmp_path: Path) -> None:
    folder = sealed_export().write(tmp_path / "export")
    longest = max(len(line) for line in lines_of(folder))
    assert len(list(_rows(folder, longest))) == 600
    with pytest.raises(ValueError, match="incomplete"):
        list(_rows(folder, longest - 1))


def said_on(encoding: str, *command: str) -> tuple[int, str]:
    """What a command says to a console of that encoding; and nothing is left to say on the other stream."""
    surroundings = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, *command], capture_output=True, check=False, env=surroundings
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
@pytest.mark.parametrize(
    ("module", "option"),
    [
        ("services.audit_api.record.verify", "--key"),
        ("services.audit_api.record.pack", "--finding"),
        ("services.audit_api.record.witness", "look"),
        ("deploy.onebox.log_key", "announce"),
    ],
)
def test_help_is_given_on_any_console(module: str, option: str, encoding: str) -> None:
    code, said = said_on(encoding, "-m", module, "--help")
    assert code == 0
    assert option in said
    assert ("\\u" in said) == (encoding == "ascii"), "what a console can show is shown as it is"


def test_a_verdict_is_given_on_any_console(tmp_path: Path) -> None:
    found = sealed_export()
    folder = str(found.write(tmp_path / "good"))
    found.rows[5][2] = "𠀀".encode()
    bad = str(found.write(tmp_path / "bad"))
    verifier = str(ROOT / "services" / "audit_api" / "record" / "verify.py")

    def said(encoding: str, path: str) -> tuple[int, str]:
        return said_on(encoding, verifier, "--key", LOG.key.text(), path)

    code, told = said("ascii", folder)
    assert (code, told.startswith("PASSED: \\u901a\\u8fc7")) == (0, True)
    code, told = said("ascii", bad)
    assert (code, told.startswith("FAILED: \\u4e0d")) == (1, True)
    assert said("ascii", str(tmp_path / "none"))[1].startswith("NOT VERIFIED: ")
    code, told = said("gbk", folder)
    assert (code, told.startswith("通过：600 条")) == (0, True)
    code, told = said("gbk", bad)
    assert (code, told.startswith("不通过："), "\\U00020000" in told) == (1, True, True)
