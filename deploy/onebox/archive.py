"""The file a backup is: a tar of a manifest with figures, the dump, and the evidence; its secrets lie in a file beside.

Both are written under another name, flushed, and renamed, readable by their owner alone. The secrets are kept apart
because a backup without the key-encrypting key holds no readable personal data.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from deploy.onebox.figures import Figures

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
EVIDENCE: Final = "evidence"
_EVIDENCE_FILE: Final = re.compile(r"evidence/[0-9]{6}/[0-9a-f]{2}/([0-9a-f]{64})\Z")


class ArchiveBroken(RuntimeError):
    """A file that is no backup, not whole, or of a format this version does not know."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `evidence` counts its files; `dump_sha256` is the dump's.

    `kek_mark` tells which key-encrypting key belongs to it; empty when the secrets are kept elsewhere.
    """

    made_at: str
    figures: Figures
    dump_sha256: str
    evidence: int
    format: int = FORMAT
    kek_mark: str = ""

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def keys_beside(archive: Path) -> Path:
    """Where the secrets of a backup lie."""
    return archive.with_name(archive.name + ".keys")


@contextmanager
def replaced(file: Path) -> Iterator[Path]:
    """A path to write to that becomes `file` when the block has ended well; mode 0600, on the disk before it counts."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield new
        descriptor = os.open(new, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def evidence_files(folder: Path) -> list[Path]:
    """The kept evidence files, without what is still being received."""
    return sorted(one for one in folder.glob("*/*/*") if one.is_file() and one.parent.parent.name.isdigit())


def sha256_of(file: Path) -> str:
    with file.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()


def write(file: Path, manifest: Manifest, dump: Path, evidence: Path) -> None:
    """Write the backup in one step: it is there whole, or not at all."""
    with replaced(file) as new, tarfile.open(new, "w") as tar:
        told = manifest.as_json()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(told), 0o600
        tar.addfile(entry, io.BytesIO(told))
        tar.add(dump, DUMP)
        for one in evidence_files(evidence):
            tar.add(one, f"{EVIDENCE}/{one.relative_to(evidence)}")


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, there: Path) -> None:
    """The bytes of a plain file and nothing else of it. `extract(filter=…)` came with 3.11.4; Debian 12 has 3.11.2."""
    there.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    packed = tar.extractfile(member)
    if packed is None:
        msg = f"备份中有不认识的内容：{member.name}"
        raise ArchiveBroken(msg)
    with packed, os.fdopen(os.open(there, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        shutil.copyfileobj(packed, new)


def read(file: Path, into: Path) -> Manifest:
    """Unpack a backup into an empty folder and see that it is whole, or raise `ArchiveBroken`."""
    try:
        with tarfile.open(file) as tar:
            for member in tar:
                if not member.isfile() or not (member.name in {MANIFEST, DUMP} or _EVIDENCE_FILE.match(member.name)):
                    msg = f"备份中有不认识的内容：{member.name}"
                    raise ArchiveBroken(msg)
                _unpack(tar, member, into / member.name)
        told: dict[str, Any] = json.loads((into / MANIFEST).read_text())
    except (OSError, tarfile.TarError, ValueError) as error:
        msg = f"{file} 不是完整的备份（{type(error).__name__}）"
        raise ArchiveBroken(msg) from error
    if told.get("format") != FORMAT:
        msg = f"备份的格式是 {told.get('format')}，本版本只认识 {FORMAT}"
        raise ArchiveBroken(msg)
    manifest = Manifest(**told)
    kept = evidence_files(into / EVIDENCE)
    if sha256_of(into / DUMP) != manifest.dump_sha256 or len(kept) != manifest.evidence:
        msg = f"{file} 与其清单不符：数据或证据文件不完整"
        raise ArchiveBroken(msg)
    for one in kept:
        if sha256_of(one) != one.name:
            msg = f"证据文件 {one.name} 的内容与其名称（SHA-256）不符"
            raise ArchiveBroken(msg)
    return manifest
