"""Which kind of file this is, told from its bytes and never from what the sender says. Unknown kinds are refused."""

from __future__ import annotations

import codecs
import zipfile
import zlib
from enum import StrEnum
from pathlib import Path
from typing import Final

HEAD_BYTES: Final = 1024
CHUNK_BYTES: Final = 1 << 20
_MAX_ZIP_ENTRIES: Final = 10_000
_MAX_TYPES_BYTES: Final = 1 << 20
# Tab, line feed, form feed, carriage return; every other control byte is no text.
_TEXT_CONTROLS: Final = frozenset({9, 10, 12, 13})
_NOT_TEXT: Final = bytes(byte for byte in [*range(32), 127] if byte not in _TEXT_CONTROLS)
_PDF: Final = b"%PDF-"
# Excel's macros (Visual Basic and those of version 4), controls and embedded programs.
_WORKBOOK_RUNS: Final = ("vbaproject", "xl/macrosheets/", "xl/dialogsheets/", "xl/activex/", "xl/embeddings/")
# A script in an electronic document (GB/T 33190-2016 gives it none, readers may run one all the same).
_OFD_RUNS: Final = (".js", ".exe", ".dll", ".so")


class FileKind(StrEnum):
    """The kinds that are kept: seven that people send, and what this service drew from the ledger itself.

    OFD is what offices and the tax authority issue documents and invoices in (GB/T 33190-2016).
    """

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    XLSX = "xlsx"
    OFD = "ofd"
    CSV = "csv"
    TXT = "txt"
    LEDGER_EXTRACT = "ledger_extract"


SENT: Final = tuple(kind for kind in FileKind if kind is not FileKind.LEDGER_EXTRACT)
MEDIA_TYPES: Final = {
    FileKind.PDF: "application/pdf",
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileKind.OFD: "application/ofd",
    FileKind.CSV: "text/csv",
    FileKind.TXT: "text/plain",
    FileKind.LEDGER_EXTRACT: "application/json",
}
_MAGIC: Final = ((_PDF, FileKind.PDF), (b"\x89PNG\r\n\x1a\n", FileKind.PNG), (b"\xff\xd8\xff", FileKind.JPEG))


def kind_of(path: Path, file_name: str) -> FileKind | None:
    """The kind of the file at `path`, or None. Only csv and txt, alike in their bytes, are told apart by the name.

    A file that another program would read as something else as well is none: one that is also a zip, or that a reader
    of PDF would take for one (it looks for the mark in the first 1,024 bytes).
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.startswith(_PDF) and _PDF in head:
        return None
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return None if zipfile.is_zipfile(path) else kind
    if head.startswith(b"PK\x03\x04"):
        return _document_in(path)
    if not zipfile.is_zipfile(path) and (_is_text(path, "utf-8") or _is_text(path, "gb18030")):
        return FileKind.CSV if file_name.lower().endswith(".csv") else FileKind.TXT
    return None


def _document_in(path: Path) -> FileKind | None:
    """Which document a zip is. Reads its directory and one small list of it; nothing else is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _told_by(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        return None


def _told_by(archive: zipfile.ZipFile) -> FileKind | None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    lowered = [name.lower() for name in names]
    # Of two entries of one name two readers read different ones; a comment or an encrypted entry hides something.
    hides = archive.comment or any(entry.flag_bits & 1 for entry in entries)
    if hides or len(names) > _MAX_ZIP_ENTRIES or len(set(lowered)) != len(names):
        return None
    if "OFD.xml" in names:
        return None if any(name.endswith(_OFD_RUNS) for name in lowered) else FileKind.OFD
    runs = any(run in name for name in lowered for run in _WORKBOOK_RUNS)
    if runs or "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        return None
    if archive.getinfo("[Content_Types].xml").file_size > _MAX_TYPES_BYTES:
        return None
    with archive.open("[Content_Types].xml") as file:
        types = file.read(_MAX_TYPES_BYTES + 1)
    return None if b"macroenabled" in types.lower() else FileKind.XLSX


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
