"""The printer: a process of its own that turns one report into one PDF and ends.

Started by `printing.py` with nothing of the service in it: no key in its environment, no file it may write, bounded
memory and time. It reads JSON from its input and answers with a line of JSON (the totals of the pages) and the PDF.
Its fonts are those of the package and of the folder that the county named, never the machine's; no package of typst is
looked for.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import json
import resource
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

MOST_BYTES: Final = 3 * 1024**3
MOST_CPU_SECONDS: Final = 30
LAYOUT: Final = Path(__file__).with_name("layout.typ")
FONTS: Final = "pylopdf_fonts_zh_cn"
SERIF: Final = "Noto Serif SC"
SANS: Final = "Noto Sans SC"
# A file for keeping (ISO 19005-2, level u): every character has its glyph and can be read out again, or it is refused.
STANDARD: Final = "a-2u"
_NO_PACKAGES: Final = "/nonexistent"


# 〓, which Chinese and Japanese typesetters put where a character is missing from the case.
MISSING: Final = "〓"
_ASCII: Final = 128
_CMAP_32: Final = 12
_FONT_FILES: Final = frozenset({".otf", ".ttf", ".otc", ".ttc"})


def characters(file: bytes) -> frozenset[int]:
    """The code points that the fonts of a file draw: their character maps of 32 bits (OpenType, cmap, format 12)."""
    if file[:4] != b"ttcf":
        return _characters(file, 0)
    [fonts_n] = struct.unpack_from(">I", file, 8)
    return frozenset[int]().union(*(_characters(file, at) for at in struct.unpack_from(f">{fonts_n}I", file, 12)))


def _characters(font: bytes, head: int) -> frozenset[int]:
    [tables_n] = struct.unpack_from(">H", font, head + 4)
    tables = {font[at : at + 4]: at for at in range(head + 12, head + 12 + 16 * tables_n, 16)}
    [start] = struct.unpack_from(">I", font, tables[b"cmap"] + 8)
    [maps_n] = struct.unpack_from(">H", font, start + 2)
    found: set[int] = set()
    for at in range(maps_n):
        [offset] = struct.unpack_from(">I", font, start + 4 + 8 * at + 4)
        if struct.unpack_from(">H", font, start + offset)[0] != _CMAP_32:
            continue
        [groups_n] = struct.unpack_from(">I", font, start + offset + 12)
        for group in range(groups_n):
            first, last, _ = struct.unpack_from(">III", font, start + offset + 16 + 12 * group)
            found.update(range(first, last + 1))
    return frozenset(found)


def drawn_by(folders: Sequence[Path]) -> frozenset[int]:
    """What the fonts in some folders draw; a file that is no font draws nothing, as the compiler takes it."""
    found: set[int] = set()
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        if path.suffix.lower() in _FONT_FILES:
            with contextlib.suppress(OSError, struct.error, KeyError):
                found |= characters(path.read_bytes())
    return frozenset(found)


def marked(text: str, drawn: frozenset[int]) -> str:
    """`text` with `MISSING` for what no font draws. ASCII stays: the text is JSON."""
    return "".join(one if ord(one) < _ASCII or ord(one) in drawn else MISSING for one in text)


def chosen(families: Sequence[str]) -> dict[str, Any]:
    """Which font stands for which: 仿宋 for the body, 小标宋 for titles, 黑体, 宋体; ours where there is no such."""

    def own(*names: str) -> list[str]:
        return [one for one in families if any(name in one.lower() for name in names) and not one.startswith("Noto ")]

    title, body, hei = own("xiaobiaosong", "小标宋"), own("fangsong", "仿宋"), own("simhei", "heiti", "黑体")
    return {
        "body": [*body[:1], SERIF],
        "title": [*title[:1], SERIF],
        "own_title": bool(title),
        "hei": [*hei[:1], SANS],
        "song": [SERIF],
    }


def main() -> None:
    """Print what the input says; the exit code is 1 and the reason in the error output if it cannot be."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import typst  # noqa: PLC0415 - within the bounds

    told = json.load(sys.stdin.buffer)
    folder = Path(str(importlib.resources.files(FONTS)))
    folders = [folder, *([Path(told["fonts_dir"])] if told["fonts_dir"] else [])]
    drawn = drawn_by(folders)
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(one) for one in folders]
    )
    compiler = typst.Compiler(
        str(LAYOUT),
        root=str(LAYOUT.parent),
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={
            "report": marked(json.dumps(told["report"], ensure_ascii=False), drawn),
            "fonts": json.dumps(chosen(fonts.families())),
        },
        package_path=_NO_PACKAGES,
        package_cache_path=_NO_PACKAGES,
    )
    pdf, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=[STANDARD], timestamp=told["timestamp"])
    if not isinstance(pdf, bytes):
        raise TypeError(type(pdf))
    pages = json.loads(compiler.query("<page-total>", field="value"))
    head = {"pages": pages, "warnings": [str(one) for one in warnings]}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + pdf)


if __name__ == "__main__":
    main()
