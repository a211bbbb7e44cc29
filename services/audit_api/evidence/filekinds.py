"""Which kind of file this is, told from its bytes and never from what the sender says. Unknown kinds are refused."""

from __future__ import annotations

import codecs
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 16
CHUNK_BYTES: Final = 1 << 20
_MAX_ZIP_ENTRIES: Final = 10_000
# Tab, line feed, form feed, carriage return; every other control byte is no text.
_TEXT_CONTROLS: Final = frozenset({9, 10, 12, 13})
_NOT_TEXT: Final = bytes(byte for byte in [*range(32), 127] if byte not in _TEXT_CONTROLS)


class FileKind(StrEnum):
    """The kinds that are kept: six that people send, and what this service drew from the ledger itself."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    XLSX = "xlsx"
    CSV = "csv"
    TXT = "txt"
    LEDGER_EXTRACT = "ledger_extract"


SENT: Final = tuple(kind for kind in FileKind if kind is not FileKind.LEDGER_EXTRACT)
MEDIA_TYPES: Final = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.CSV: "text/csv",
    FileKind.TXT: "text/plain",
    FileKind.LEDGER_EXTRACT: "application/json",
}
_MAGIC: Final = ((b"%PDF-", FileKind.PDF), (b"\x89PNG\r\n\x1a\n", FileKind.PNG), (b"\xff\xd8\xff", FileKind.JPEG))


def kind_of(path: Path, file_name: str) -> FileKind | None:
    """The kind of the file at `path`, or None. Only csv and txt, alike in their bytes, are told apart by the name."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return FileKind.XLSX if _is_workbook(path) else None
    if _is_text(path, "utf-8") or _is_text(path, "gb18030"):
        return FileKind.CSV if file_name.lower().endswith(".csv") else FileKind.TXT
    return None


def _is_workbook(path: Path) -> bool:
    """Whether a zip is a spreadsheet without macros. Reads the directory of the zip only; nothing is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    if len(names) > _MAX_ZIP_ENTRIES:
        return False
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return "[Content_Types].xml" in names and "xl/workbook.xml" in names and not macros


def _is_text(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                if chunk.translate(None, _NOT_TEXT) != chunk:
                    return False
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
