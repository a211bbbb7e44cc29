"""A backup is unpacked by what every Python 3.11 has: Debian 12's is older than `extract(filter=…)`."""

from __future__ import annotations

import hashlib
import io
import stat
import tarfile
from dataclasses import asdict
from pathlib import Path

import pytest

from deploy.onebox import archive
from deploy.onebox.figures import Figures

DUMP = b"dump"
MANIFEST = archive.Manifest("2026-11-23T00:00:00Z", Figures({}), hashlib.sha256(DUMP).hexdigest(), 0)


def packed(file: Path, *entries: tuple[str, bytes]) -> Path:
    with tarfile.open(file, "w") as tar:
        for name, content in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o4777
            tar.addfile(entry, io.BytesIO(content))
    return file


def test_a_backup_is_read_without_what_came_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(*_: object, **told: object) -> None:
        raise TypeError(told)

    monkeypatch.setattr(tarfile.TarFile, "extract", extract)
    monkeypatch.setattr(tarfile.TarFile, "extractall", extract)
    content = b"%PDF-1.7"
    name = hashlib.sha256(content).hexdigest()
    told = archive.Manifest(**{**asdict(MANIFEST), "evidence": 1}).as_json()
    file = packed(
        tmp_path / "a.tar",
        (archive.MANIFEST, told),
        (archive.DUMP, DUMP),
        (f"evidence/420322/{name[:2]}/{name}", content),
    )
    into = tmp_path / "into"
    into.mkdir()
    assert archive.read(file, into).evidence == 1
    assert (into / "evidence" / "420322" / name[:2] / name).read_bytes() == content
    assert stat.S_IMODE((into / archive.DUMP).stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["../database.dump", "/database.dump", "evidence/420322/ab/../../x", archive.DUMP])
def test_a_backup_writes_nothing_but_its_own_names_and_each_once(tmp_path: Path, name: str) -> None:
    into = tmp_path / "into"
    into.mkdir()
    file = packed(tmp_path / "a.tar", (archive.DUMP, DUMP), (name, b"other"), (archive.MANIFEST, MANIFEST.as_json()))
    with pytest.raises(archive.ArchiveBroken):
        archive.read(file, into)
    assert [one.name for one in tmp_path.iterdir()] in (["into", "a.tar"], ["a.tar", "into"])
