"""`make backup [TO=file]`: everything of an installation in one file, its secrets in another, while it runs or not.

The figures are read in the very snapshot that is dumped, so that a restore can be held against them. Evidence files
are never changed once kept, so copying them after the snapshot holds at least what it names.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import asyncpg

from chassis import clock
from deploy.onebox import archive
from deploy.onebox.archive import Manifest, keys_beside, replaced
from deploy.onebox.figures import SCHEMAS, Figures, figures_of
from deploy.onebox.installation import FAILURES, Installation, Refused, opens, run_tool
from deploy.onebox.processes import ROOT
from deploy.onebox.secrecy import Secrets
from deploy.onebox.stack import Report


async def _lacking(connection: asyncpg.Connection, evidence: Path) -> int:
    """How many of the files that were registered are not in the folder."""
    rows = await connection.fetch("SELECT DISTINCT path_key FROM audit.evidence")
    there = {str(one.relative_to(evidence)) for one in await asyncio.to_thread(archive.evidence_files, evidence)}
    return sum(row["path_key"] not in there for row in rows)


async def _dumped(url: str, keys: Path | None, evidence: Path, dump: Path) -> Figures:
    """Dump the database into `dump` and return the figures of that very snapshot."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if keys is not None and not await opens(connection, keys):
                msg = f"{keys} 中的 KEK 打不开数据库中的密钥：这不是这套数据的密钥文件"
                raise Refused(msg)
            if lacking := await _lacking(connection, evidence):
                msg = f"登记在册的 {lacking} 份证据文件不在 {evidence} 中；没有证据的备份不是完整的备份"
                raise Refused(msg)
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            named = [f"--schema={schema}" for schema in SCHEMAS]
            options = ["--format=custom", f"--snapshot={snapshot}", f"--file={dump}", *named]
            await asyncio.to_thread(run_tool, "pg_dump", url, *options)
            return await figures_of(connection)
    finally:
        await connection.close()


def make(installation: Installation, file: Path, report: Report = lambda _: None) -> Manifest:
    """Write a backup of `installation` to `file` and its secrets beside it; the manifest that went in."""
    if file.exists():
        msg = f"{file} 已存在；为免覆盖，未作备份"
        raise Refused(msg)
    with tempfile.TemporaryDirectory(prefix="qingliu-backup-") as scratch:
        dump = Path(scratch) / archive.DUMP
        with installation.database() as url:
            keys = installation.keys if installation.keys.exists() else None
            report("导出数据库并计算数字（同一快照，服务可以继续运行）")
            figures = asyncio.run(_dumped(url, keys, installation.evidence, dump))
        evidence = len(archive.evidence_files(installation.evidence))
        made_at = clock.now().isoformat(timespec="seconds")
        mark = Secrets.kept(keys).kek_mark if keys is not None else ""
        manifest = Manifest(made_at, figures, archive.sha256_of(dump), evidence, kek_mark=mark)
        if keys is not None:
            with replaced(keys_beside(file)) as new:
                shutil.copyfile(keys, new)
        report(f"写入 {file.name}（数据库 {dump.stat().st_size:,} 字节，证据文件 {evidence} 份）")
        archive.write(file, manifest, dump, installation.evidence)
    return manifest


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m deploy.onebox.backup")
    asked.add_argument("--to", type=Path, default=None)
    asked.add_argument("--home", type=Path, default=ROOT / "var")
    chosen = asked.parse_args()
    file: Path = chosen.to or ROOT / "backups" / f"qingliu-{clock.now():%Y%m%d-%H%M%S}.tar"
    try:
        installation = Installation(chosen.home, os.environ.get("QINGLIU_DATABASE_URL") or None)
        manifest = make(installation, file.absolute(), lambda step: print(f"… {step}", flush=True))
    except FAILURES as failed:
        print(f"备份失败：{failed}", file=sys.stderr)
        return 1
    for name, value in manifest.figures.items():
        if name.startswith(("版本", "县", "流水")):
            print(f"{name}: {value:,}" if isinstance(value, int) else f"{name}: {value}")
    print(f"共 {len(manifest.figures)} 项数字，恢复后逐项核对")
    print(f"备份：{file}（{file.stat().st_size:,} 字节，证据文件 {manifest.evidence} 份）")
    if manifest.kek_mark:
        print(f"密钥：{keys_beside(file)}（0600；含 KEK，与备份分开保管，丢失后个人信息无法恢复）")
    else:
        print("密钥不在本机的安装目录中，未备份；请另行保管 KEK 与签名密钥")
    return 0


if __name__ == "__main__":
    sys.exit(main())
